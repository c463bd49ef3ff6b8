"""The engine over HTTP: every request on its own, a bounded number under way at once."""

import asyncio
import threading
from collections.abc import Callable, Container, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any

from harness.engines.base import Answered, Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.options import read_options
from harness.engines.pairs import Pair, join_windows, request_pairs
from harness.engines.server.client import Client, Refused, api_key
from harness.engines.server.options import ServerOptions
from harness.engines.server.protocol import (
    Malformed,
    chat_body,
    completion_body,
    read_generation,
    read_likelihood,
    scoring_body,
    vllm_extras,
)
from harness.models import Model
from harness.records import Answer, Decoding, InputError, Kind, LogLikelihood, Request, RunError, nearest

_DONE = object()


class ServerEngine(Engine):
    """Any OpenAI-compatible endpoint. The base's folder here gives the tokenizer; the weights are the server's."""

    name = "server"

    def __init__(self, settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> None:
        self._options = read_options(settings, ServerOptions)
        self._encoder = encoder
        self._models = list(models)
        api_key(self._options)
        unknown = next((name for name in self._options.models if name not in {m.name for m in models}), None)
        if unknown:
            mend = nearest(unknown, [model.name for model in models])
            raise InputError(f"no model {unknown!r} in the suite", where="engine.options.models", mend=mend)
        self._served = {model.name: self._options.models.get(model.name, _default_name(model)) for model in models}
        listing = run_alone(self._list_models)
        self._is_vllm = any(entry.get("owned_by") == "vllm" for entry in listing)
        self._context = self._context_length(settings, listing)
        self._check_served([str(entry.get("id")) for entry in listing])

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        wanted = [request for request in dict.fromkeys(requests) if request not in known]
        # Equal beginnings one after the other: the server's own prefix cache pays.
        wanted.sort(key=lambda request: (self._served[request.model], self._encoder.render(request.prompt)))
        scored = next((request for request in wanted if request.kind is not Kind.GENERATE), None)
        if scored is not None:
            run_alone(lambda: self._prove_scoring(scored))
        yield from self._stream(wanted)

    def describe(self) -> dict[str, Any]:
        return {
            "engine": self.name,
            "url": self._options.url,
            "api": self._options.api,
            "served_as": self._served,
            "server": "vllm" if self._is_vllm else "unknown",
            "concurrency": self._options.concurrency,
            "chat_template": "the server's" if self._options.api == "chat" else self._encoder.renders_chat,
        }

    async def _list_models(self) -> list[dict[str, Any]]:
        async with Client(self._options) as client:
            try:
                listing = await client.get("models")
            except Refused as refused:
                if refused.status in (404, 405):  # a server without the listing
                    return []
                raise
        entries = listing.get("data")
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def _check_served(self, names: list[str]) -> None:
        for model, served in self._served.items():
            if names and served not in names:
                raise InputError(
                    f"the server does not serve {served!r}",
                    where=f"model {model!r}",
                    mend=f"{nearest(served, names)} (engine.options.models maps names)",
                )

    def _context_length(self, settings: EngineSettings, listing: list[dict[str, Any]]) -> int:
        own = settings.max_model_len or self._models[0].base.context_length or 1 << 30
        # A scored sequence is one token longer than its context, and the server insists on generating one more.
        served = [int(n) - 2 for entry in listing if isinstance(n := entry.get("max_model_len"), int)]
        return min([own, *served])

    async def _prove_scoring(self, request: Request) -> None:
        async with Client(self._options) as client:
            await self._score_pair(client, request.model, ((self._encoder.prefix_id,), (self._encoder.prefix_id,)))

    def _stream(self, requests: Sequence[Request]) -> Iterator[Answered]:
        queue: SimpleQueue[Any] = SimpleQueue()
        stop = threading.Event()

        def main() -> None:
            try:
                asyncio.run(self._ask_all(requests, queue, stop))
            except BaseException as error:  # noqa: BLE001 (handed to the thread that reads the queue)
                queue.put(error)
            queue.put(_DONE)

        worker = threading.Thread(target=main, name="harness-server-engine", daemon=True)
        worker.start()
        try:
            yield from _batches(queue)
        finally:
            stop.set()
            worker.join()

    async def _ask_all(self, requests: Sequence[Request], queue: "SimpleQueue[Any]", stop: threading.Event) -> None:
        waiting = iter(requests)

        async def work(client: Client) -> None:
            for request in waiting:
                if stop.is_set():
                    return
                queue.put((request, await self._ask(client, request)))

        async with Client(self._options) as client:
            workers = [asyncio.create_task(work(client)) for _ in range(min(self._options.concurrency, len(requests)))]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()

    async def _ask(self, client: Client, request: Request) -> Answer:
        if request.kind is Kind.GENERATE:
            return await self._generate(client, request)
        pairs = request_pairs(self._encoder, request, self._context)
        said = tuple([await self._score_pair(client, request.model, pair) for pair in pairs])
        return Answer(likelihoods=join_windows(said) if request.kind is Kind.ROLLING else said)

    async def _generate(self, client: Client, request: Request) -> Answer:
        decoding, served = request.decoding or Decoding(), self._served[request.model]
        ids = self._encoder.prompt(request.prompt)
        if self._options.api == "chat":
            path, body = "chat/completions", chat_body(served, request.prompt, decoding)
        else:
            prompt = ids if self._options.send == "tokens" else self._encoder.render(request.prompt)
            path, body = "completions", completion_body(served, prompt, decoding)
            if self._is_vllm:
                body |= vllm_extras(decoding, sorted(self._encoder.stop_ids))
        answer = await client.post(path, body)
        try:
            return Answer(generation=read_generation(answer, self._encoder, ids, decoding))
        except Malformed as error:
            raise _not_the_protocol(error, self._options.url, path) from error

    async def _score_pair(self, client: Client, model: str, pair: Pair) -> LogLikelihood:
        if not pair[1]:
            return LogLikelihood((), True)
        refusal = InputError(
            "this server gives no log-probabilities of prompts, which multiple-choice, log-likelihood and perplexity "
            "tasks need",
            where=self._options.url,
            mend="leave those tasks out, serve the model with `vllm serve` and api: completions, or use another engine",
        )
        if self._options.api == "chat" or self._options.send == "text":
            raise refusal
        try:
            answer = await client.post("completions", scoring_body(self._served[model], pair, is_vllm=self._is_vllm))
            said = read_likelihood(answer, pair)
        except Refused as refused:
            if refused.status not in (400, 404, 422, 501):
                raise
            raise refusal from refused
        except Malformed as error:
            raise _not_the_protocol(error, self._options.url, "completions") from error
        if said is None:
            raise refusal
        return said


def run_alone(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine to its end, whether or not this thread has an event loop of its own (a notebook has)."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def _batches(queue: "SimpleQueue[Any]") -> Iterator[Answered]:
    """What is ready, as soon as anything is."""
    while True:
        ready = [queue.get()]
        try:
            while True:
                ready.append(queue.get_nowait())
        except Empty:
            pass
        answered = [item for item in ready if isinstance(item, tuple)]
        if answered:
            yield answered
        for item in ready:
            if isinstance(item, BaseException):
                raise item
            if item is _DONE:
                return


def _default_name(model: Model) -> str:
    return model.name if model.adapter else model.base.reference


def _not_the_protocol(error: Malformed, url: str, path: str) -> RunError:
    return RunError(f"the server's answer is not of the OpenAI protocol ({error})", where=f"{url}/{path}")
