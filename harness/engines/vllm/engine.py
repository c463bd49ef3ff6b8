"""The engine over vLLM: windows of requests through one vLLM, and through others where one cannot serve a model."""

import tempfile
from collections.abc import Container, Iterator, Sequence
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from harness.engines.base import Answered, Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.merge import merge_into
from harness.engines.options import read_options
from harness.engines.vllm.asks import Ask, Said, Work, contexts_to_warm, plan_work
from harness.engines.vllm.options import VllmOptions
from harness.engines.vllm.routes import plan_routes
from harness.engines.vllm.runner import Runner
from harness.engines.vllm.start import Start, import_vllm, on_cpu
from harness.models import Model
from harness.records import InputError, Request

#: Answers handed on together, so that each save is worth its cost.
BATCH = 64
#: vLLM's own default share of GPU memory, divided where several engines must live on one GPU.
MEMORY_SHARE = 0.9


class VllmEngine(Engine):
    """One vLLM for a base and all LoRA adapters that it can serve; the rest by policy (`VllmOptions.unsupported`).

    Requests go in windows, formed from all requests by model, kind and prompt, so that equal prefixes meet in the
    cache. Within a window answers are handed on as they finish.
    """

    name = "vllm"

    def __init__(self, settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> None:
        self._settings, self._encoder = settings, encoder
        self._options = read_options(settings, VllmOptions)
        self._vllm = import_vllm(self._options.verbose)
        if settings.device != "auto" and (settings.device == "cpu") != on_cpu():
            raise InputError(
                f"the installed vLLM computes on the {'CPU' if on_cpu() else 'GPU'}",
                where="engine.device",
                mend="set device: auto, or kind: transformers",
            )
        self._models = list(models)
        self._routes = plan_routes(models, self._options)
        self._context = settings.max_model_len or models[0].base.context_length or 4096
        self._folder = tempfile.TemporaryDirectory(prefix="harness-merged-")
        self._runners: dict[str, Runner] = {}
        self._fallback: Engine | None = None
        if shared := self._shared_models():
            self._runner(shared[0].name)

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        distinct = list(dict.fromkeys(requests))
        elsewhere = [one for one in distinct if self._routes[one.model].way == "transformers"]
        here = [one for one in distinct if self._routes[one.model].way != "transformers"]
        for window in plan_windows(self._plan(here), self._options.window):
            if any(work.request not in known for work in window):
                yield from self._run(window)
        if any(one not in known for one in elsewhere):
            yield from self._transformers().answer(elsewhere, known)

    def describe(self) -> dict[str, Any]:
        distribution = packages_distributions().get("vllm", ["vllm"])[0]
        about: dict[str, Any] = {
            "engine": self.name,
            "vllm": self._vllm.__version__,
            "distribution": distribution,
            "transformers": version("transformers"),
            "device": "cpu" if on_cpu() else "cuda",
            "dtype": self._dtype(),
            "max_model_len": self._context,
            "chat_template": self._encoder.renders_chat,
            "options": self._options.model_dump(exclude_none=True),
            "served_by": {name: str(route) for name, route in self._routes.items()},
        }
        shared = self._runners.get("")
        if shared is not None:
            about["block_size"] = shared.config.cache_config.block_size
            about["max_num_seqs"] = shared.config.scheduler_config.max_num_seqs
            about["max_loras"] = shared.config.lora_config.max_loras if shared.config.lora_config else 0
        return about

    def close(self) -> None:
        for runner in self._runners.values():
            runner.close()
        self._runners = {}
        if self._fallback is not None:
            self._fallback.close()
            self._fallback = None
        self._folder.cleanup()

    def _plan(self, requests: Sequence[Request]) -> list[Work]:
        place = {model.name: i for i, model in enumerate(self._models)}
        works = [plan_work(self._encoder, request, self._context) for request in requests]
        return sorted(
            works,
            key=lambda work: (
                self._runner_key(work.request.model),
                place[work.request.model],
                work.request.kind,
                work.asks[0].prompt if work.asks else (),
            ),
        )

    def _run(self, window: Sequence[Work]) -> Iterator[Answered]:
        done: Answered = [(work.request, work.answer(())) for work in window if not work.asks]
        by_runner: dict[str, list[Work]] = {}
        for work in window:
            if work.asks:
                by_runner.setdefault(self._runner_key(work.request.model), []).append(work)
        for works in by_runner.values():
            for answered in answers_as_they_finish(self._runner(works[0].request.model), works):
                done.append(answered)
                if len(done) >= BATCH:
                    yield done
                    done = []
        if done:
            yield done

    def _runner_key(self, name: str) -> str:
        return name if self._routes[name].way == "merged" else ""

    def _runner(self, name: str) -> Runner:
        key = self._runner_key(name)
        if key not in self._runners:
            start = self._merged_start(name) if key else self._shared_start()
            adapters = {} if key else {m.name: m.adapter for m in self._shared_models() if m.adapter}
            stop_ids = sorted(self._encoder.stop_ids)
            self._runners[key] = Runner(start, self._settings, self._options, adapters, stop_ids)
        return self._runners[key]

    def _shared_models(self) -> list[Model]:
        return [route.model for route in self._routes.values() if route.way == "shared"]

    def _shared_start(self) -> Start:
        base = self._models[0].base
        adapters = list({m.adapter.fingerprint: m.adapter for m in self._shared_models() if m.adapter}.values())
        return Start(
            base.folder, base.folder, adapters, self._dtype(), self._context, self._own_process(), self._memory_share()
        )

    def _merged_start(self, name: str) -> Start:
        folder = Path(self._folder.name) / str(len(self._runners))
        merge_into(self._routes[name].model, folder, self._encoder.tokenizer, self._dtype())
        return Start(folder, folder, (), self._dtype(), self._context, True, self._memory_share())

    def _own_process(self) -> bool:
        return self._options.own_process if self._options.own_process is not None else not on_cpu()

    def _memory_share(self) -> float | None:
        """Each engine's share of the GPU, None where there is but one and the user says nothing."""
        ways = [route.way for route in self._routes.values()]
        engines = ways.count("merged") + ("shared" in ways) + ("transformers" in ways)
        if self._options.gpu_memory_utilization is not None:
            return self._options.gpu_memory_utilization
        return None if engines == 1 or on_cpu() else round(MEMORY_SHARE / engines, 3)

    def _dtype(self) -> str:
        """As the transformers engine resolves it: float32 on the CPU, else the model's own."""
        if self._settings.dtype != "auto":
            return self._settings.dtype
        config = self._models[0].base.config
        return "float32" if on_cpu() else str(config.get("dtype") or config.get("torch_dtype") or "float32")

    def _transformers(self) -> Engine:
        if self._fallback is None:
            from harness.engines.transformers import TransformersEngine

            settings = self._settings.model_copy(update={"kind": "transformers", "options": {}})
            models = [route.model for route in self._routes.values() if route.way == "transformers"]
            self._fallback = TransformersEngine(settings, models, self._encoder)
        return self._fallback


def plan_windows(works: Sequence[Work], size: int) -> Iterator[list[Work]]:
    """Cut planned work into windows of at most ``size`` asks; one request's asks stay together."""
    window: list[Work] = []
    asks = 0
    for work in works:
        if window and asks + len(work.asks) > size:
            yield window
            window, asks = [], 0
        window.append(work)
        asks += len(work.asks)
    if window:
        yield window


def answers_as_they_finish(runner: Runner, works: Sequence[Work]) -> Iterator[tuple[Request, Any]]:
    """Ask everything that ``works`` need, each equal ask once, and yield each request's answer when it is complete."""
    asks = list(dict.fromkeys(ask for work in works for ask in work.asks))
    warm = contexts_to_warm(asks)
    places = {ask: place for place, ask in enumerate([*warm, *asks])}
    readers: dict[int, list[int]] = {}
    missing = []
    for number, work in enumerate(works):
        missing.append(len(set(work.asks)))
        for ask in dict.fromkeys(work.asks):
            readers.setdefault(places[ask], []).append(number)
    said: dict[Ask, Said] = {}
    ordered = list(places)
    for place, words in runner.run(ordered):
        said[ordered[place]] = words
        for number in readers.get(place, ()):
            missing[number] -= 1
            if missing[number] == 0:
                yield works[number].request, works[number].answer([said[ask] for ask in works[number].asks])
