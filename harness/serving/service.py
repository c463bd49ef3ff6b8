"""One engine for many askers: requests wait in a queue, and one thread answers them in batches.

Neither engine nor tokenizer may be used from two threads at once, so that thread is the only one that touches them.
"""

import logging
import math
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from harness.engines import Audience, Encoder, Engine
from harness.models import Model
from harness.records import Decoding, Generation, HarnessError, Kind, Prompt, Request, RunError, nearest
from harness.serving.limits import Limits
from harness.serving.models import served_names
from harness.serving.refusals import Busy, Refused, UnknownModel

_LOG = logging.getLogger("harness.serving")


@dataclass(frozen=True)
class TokenIds:
    """A prompt that the client has encoded itself."""

    ids: tuple[int, ...]


#: What is asked: a text, the turns of a conversation, or token ids.
Asked = Prompt | TokenIds


@dataclass(frozen=True)
class Reply:
    """An answer, the length of its prompt in tokens, and the seed it was sampled with (None for a greedy one)."""

    generation: Generation
    prompt_tokens: int
    seed: int | None


@dataclass(frozen=True)
class _Job:
    model: str
    asked: Asked
    decoding: Decoding
    audience: Audience | None
    future: "Future[Reply]"


class Service:
    """Answers requests to a base and its adapters. Takes the engine over, and closes it.

    Args:
        engine: An open engine over ``models``.
        models: The bare base first.
        encoder: The base's.
        context: Tokens that a prompt and its answer may have together.
        limits: How much may be asked for.
    """

    def __init__(
        self, engine: Engine, models: Sequence[Model], encoder: Encoder, context: int, limits: Limits | None = None
    ) -> None:
        self.limits, self.context = limits or Limits(), context
        self.models = {model.name: model for model in models}
        #: What clients may call each model, and the model's own name.
        self.names = served_names(models)
        self._engine, self._encoder = engine, encoder
        self._waiting: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._last_batch = 1.0
        self._thread = threading.Thread(target=self._work, name="harness-serving", daemon=True)
        self._thread.start()

    def ask(self, model: str, asked: Asked, decoding: Decoding, audience: Audience | None = None) -> "Future[Reply]":
        """Put a request in the queue. A sampled one without a seed gets one; see `seeded`.

        Who waits hears the text while it is made, from the engine's thread, as far as the engine tells. The future
        fails with `Refused` where the prompt cannot be answered, and with `RunError` where the engine broke.

        Raises:
            UnknownModel: no such model is served.
            Busy: too many are waiting.
            Refused: more tokens are asked for than the limit.
        """
        if model not in self.names:
            raise UnknownModel(f"no model {model[:100]!r} is served", mend=nearest(model[:100], list(self.names)))
        if decoding.max_tokens > self.limits.tokens:
            raise Refused(f"max_tokens {decoding.max_tokens} is above the limit of {self.limits.tokens}")
        job = _Job(self.names[model], asked, seeded(decoding), audience, Future())
        with self._changed:
            if self._closed:
                raise Busy("the service is shutting down", wait=10)
            if len(self._waiting) >= self.limits.waiting:
                wait = math.ceil(self._last_batch)
                raise Busy(f"{len(self._waiting)} requests are waiting already", wait=wait)
            self._waiting.append(job)
            self._changed.notify()
        return job.future

    @property
    def alive(self) -> bool:
        """Whether requests are still answered."""
        return self._thread.is_alive() and not self._closed

    def close(self) -> None:
        """Answer what waits, then free the engine. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        while jobs := self._take():
            started = time.monotonic()
            self._answer([job for job in jobs if job.future.set_running_or_notify_cancel()])
            self._last_batch = max(1.0, time.monotonic() - started)
            # A service runs for weeks; what the encoder remembers of every prompt would never be freed.
            self._encoder.forget()

    def _take(self) -> list[_Job]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self.limits.concurrency))]

    def _answer(self, jobs: Sequence[_Job]) -> None:
        asked: dict[Request, list[_Job]] = {}
        for job in jobs:
            try:
                asked.setdefault(self._request(job), []).append(job)
            except Refused as refused:
                job.future.set_exception(refused)
            except Exception as error:  # noqa: BLE001 - a chat template raises what it likes, a tokenizer too
                job.future.set_exception(Refused(f"the prompt cannot be encoded ({_first_line(error)})"))
        if asked:
            self._ask_engine(asked)

    def _ask_engine(self, asked: dict[Request, list[_Job]]) -> None:
        left = dict(asked)
        audiences = {request: one for request, jobs in asked.items() if (one := _together(jobs)) is not None}
        try:
            for batch in self._engine.stream(list(asked), audiences):
                for request, answer in batch:
                    assert answer.generation is not None
                    tokens = len(self._encoder.prompt(request.prompt))
                    for job in left.pop(request):
                        job.future.set_result(Reply(answer.generation, tokens, job.decoding.seed))
            if left:
                raise RunError("the engine gave no answer")
        except BaseException as error:  # noqa: BLE001 - one broken request must end neither the thread nor the others
            if len(asked) > 1:
                for request, jobs in left.items():
                    self._ask_engine({request: jobs})
                return
            # An audience whose reader has left ends the command (SystemExit), which is for the asker's thread to raise.
            if isinstance(error, Exception) and not isinstance(error, HarnessError):
                _LOG.error("the engine broke", exc_info=error)
                error = RunError(f"the engine broke ({type(error).__name__}); the service's log says more")
            for job in (job for some in left.values() for job in some):
                job.future.set_exception(error)

    def _request(self, job: _Job) -> Request:
        """The request that goes to the engine: no more tokens than its own prompt leaves room for.

        An engine cuts a batch at the room that its longest prompt leaves; who shares a batch must not matter.
        """
        prompt = self._text(job.asked.ids) if isinstance(job.asked, TokenIds) else job.asked
        length = len(self._encoder.prompt(prompt))
        if length >= self.context:
            raise Refused(
                f"the prompt has {length} tokens, which leaves no room in the model's context of {self.context}",
                mend="shorten it",
            )
        decoding = replace(job.decoding, max_tokens=min(job.decoding.max_tokens, self.context - length))
        return Request(job.model, Kind.GENERATE, prompt, decoding=decoding)

    def _text(self, ids: Sequence[int]) -> str:
        text = str(self._encoder.tokenizer.decode(list(ids), skip_special_tokens=False))
        if self._encoder.prompt(text) != list(ids):
            raise Refused("these token ids are not what the tokenizer makes of their text", mend="send the text")
        return text


def seeded(decoding: Decoding) -> Decoding:
    """The same with a seed, where it is sampled and has none."""
    if decoding.temperature > 0 and decoding.seed is None:
        return replace(decoding, seed=secrets.randbelow(2**31))
    return decoding


def _together(jobs: Sequence[_Job]) -> Audience | None:
    """Those who asked the same, as one audience; a job without one waits for the whole text in any case."""
    audiences = [job.audience for job in jobs if job.audience is not None]
    hearing = [audience.hears for audience in audiences if audience.hears is not None]

    def hears(text: str) -> None:
        for one in hearing:
            one(text)

    def waits() -> bool:
        return len(audiences) < len(jobs) or any(audience.waits() for audience in audiences)

    return Audience(waits, hears if hearing else None) if audiences else None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
