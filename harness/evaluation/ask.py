"""Getting requests answered: what is stored is never asked again, what is new is stored as soon as it is there."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from harness.engines import Engine
from harness.records import Answer, Request, RunError
from harness.records.progress import Progress
from harness.runs import AnswerStore


class Desk:
    """Takes requests to the store first and to the engine for the rest. The engine is opened when first needed.

    Args:
        stores: The run's own store, and then any shared cache. New answers go into all of them.
        identities: For each model's name, what identifies its answers: weights, engine and numerical settings.
        open_engine: Called at most once.
    """

    def __init__(
        self, stores: Sequence[AnswerStore], identities: Mapping[str, str], open_engine: Callable[[], Engine]
    ) -> None:
        self._stores, self._identities, self._open = stores, identities, open_engine
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine | None:
        """The engine, None while none was needed."""
        return self._engine

    def ask(self, requests: Sequence[Request], stage: str, progress: Progress) -> dict[Request, Answer]:
        """Answers to all requests.

        Raises:
            RunError: the engine left a request unanswered, or an answer cannot be saved.
        """
        answers = self._stored(requests)
        progress(stage, len(answers), len(requests))
        if len(answers) < len(requests):
            known = frozenset(answers)
            for batch in self._opened().answer(requests, known):
                self._save(dict(batch))
                answers |= {request: answer for request, answer in batch if request not in known}
                progress(stage, len(answers), len(requests))
        missing = [request for request in requests if request not in answers]
        if missing:
            raise RunError(f"the engine left {len(missing)} of {len(requests)} requests unanswered")
        return answers

    def ask_again(self, requests: Sequence[Request], stage: str, progress: Progress) -> dict[Request, Answer]:
        """Answers that the engine gives anew, whatever is stored: each request alone, in random order.

        They are kept in the run's own store, apart from the first ones, so that a resumed run ends in the same bytes.

        Raises:
            RunError: the engine left a request unanswered, or an answer cannot be saved.
        """
        keys = {request: request.key(f"{self._identities[request.model]}|again") for request in requests}
        stored = self._stores[0].get(keys.values())
        answers = {request: stored[key] for request, key in keys.items() if key in stored}
        order = sorted((request for request in keys if request not in answers), key=lambda request: keys[request])
        for request in order:
            answers |= {one: answer for batch in self._opened().answer([request]) for one, answer in batch}
            if request not in answers:
                raise RunError("the engine left a request unanswered", where=f"model {request.model!r}")
            self._stores[0].put({keys[request]: answers[request]})
            progress(stage, len(answers), len(keys))
        return answers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine is not None:
            self._engine.close()
        for store in self._stores:
            store.close()

    def _opened(self) -> Engine:
        if self._engine is None:
            self._engine = self._open()
        return self._engine

    def _key(self, request: Request) -> str:
        return request.key(self._identities[request.model])

    def _stored(self, requests: Sequence[Request]) -> dict[Request, Answer]:
        keys = {request: self._key(request) for request in requests}
        found: dict[str, Answer] = {}
        for store in self._stores:
            found |= store.get(key for key in keys.values() if key not in found)
        if len(self._stores) > 1 and found:
            self._stores[0].put(found)
        return {request: found[key] for request, key in keys.items() if key in found}

    def _save(self, batch: Mapping[Request, Answer]) -> None:
        rows = {self._key(request): answer for request, answer in batch.items()}
        for store in self._stores:
            store.put(rows)
