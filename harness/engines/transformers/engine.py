"""The engine over transformers and PEFT."""

from collections.abc import Container, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch

from harness.engines.base import Answered, Audience, Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.options import read_options
from harness.engines.pairs import join_windows, request_pairs
from harness.engines.release import collect
from harness.engines.transformers.adapters import AdapterBench, MergedBench
from harness.engines.transformers.batching import Batch, plan_batches
from harness.engines.transformers.bench import Bench
from harness.engines.transformers.divergence import divergence_pass
from harness.engines.transformers.generation import generate
from harness.engines.transformers.likelihood import shared_prefix_pass, whole_pass
from harness.engines.transformers.load import load_base
from harness.engines.transformers.options import TransformersOptions
from harness.models import Base, Model
from harness.records import Answer, Decoding, InputError, Kind, Request, RunError

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class TransformersEngine(Engine):
    """Base and adapters in this process: on the GPU where there is one, else on the CPU (in float32).

    Args:
        bench: Holds the models already; they are loaded if left out.
    """

    name = "transformers"

    def __init__(
        self, settings: EngineSettings, models: Sequence[Model], encoder: Encoder, bench: Bench | None = None
    ) -> None:
        self._options = read_options(settings, TransformersOptions)
        self._settings, self._encoder = settings, encoder
        self._models = list(models)
        base = models[0].base
        self._device = _device(settings)
        self._context = settings.max_model_len or base.context_length or 1 << 30
        self._pad = encoder.tokenizer.pad_token_id if encoder.tokenizer.pad_token_id is not None else encoder.prefix_id
        self._bench: Bench = bench or self._open_bench(base, models)

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        for batch in plan_batches(requests, self._cost, self._settings.batch_tokens):
            if any(request not in known for request in batch.requests):
                yield self._run_halving(batch, {})

    def stream(self, requests: Sequence[Request], audiences: Mapping[Request, Audience]) -> Iterator[Answered]:
        for batch in plan_batches(requests, self._cost, self._settings.batch_tokens):
            yield self._run_halving(batch, audiences)

    def describe(self) -> dict[str, Any]:
        return {
            "engine": self.name,
            "transformers": version("transformers"),
            "peft": version("peft"),
            "torch": str(torch.__version__),
            "device": str(self._device),
            "device_name": torch.cuda.get_device_name() if self._device.type == "cuda" else "cpu",
            "threads": torch.get_num_threads(),
            "dtype": str(self._dtype(self._models[0].base.config)).removeprefix("torch."),
            "batch_tokens": self._settings.batch_tokens,
            "quantization": self._options.quantization,
            "merged": self._options.merge,
            "chat_template": self._encoder.renders_chat,
        }

    def close(self) -> None:
        self._bench = None  # type: ignore[assignment]
        collect()

    def _open_bench(self, base: Base, models: Sequence[Model]) -> Bench:
        def load() -> Any:
            return load_base(base.folder, self._dtype(base.config), self._device, self._options.quantization)

        if not self._options.merge:
            return AdapterBench(load(), models)
        if self._options.quantization:
            raise InputError(
                "an adapter merged into a 4-bit or 8-bit base is not the adapter",
                where="engine.options",
                mend="drop one",
            )
        return MergedBench(load, models)

    def _dtype(self, config: dict[str, Any]) -> torch.dtype:
        if self._settings.dtype != "auto":
            return _DTYPES[self._settings.dtype]
        own = str(config.get("dtype") or config.get("torch_dtype") or "float32")
        return torch.float32 if self._device.type == "cpu" else _DTYPES.get(own, torch.float32)

    def _cost(self, request: Request) -> tuple[int, int]:
        if request.kind is Kind.GENERATE:
            assert request.decoding is not None
            return 1, len(self._encoder.prompt(request.prompt)) + request.decoding.max_tokens
        pairs = request_pairs(self._encoder, request, self._context)
        return len(pairs), max((len(context) + len(rest) for context, rest in pairs), default=1)

    def _run_halving(self, batch: Batch, audiences: Mapping[Request, Audience]) -> Answered:
        try:
            return self._run(batch, audiences)
        except torch.OutOfMemoryError:
            if len(batch.requests) == 1:
                raise RunError(
                    "out of memory with a single request",
                    where=f"model {batch.model!r}",
                    mend="use a smaller dtype, a shorter max_model_len or a GPU with more memory",
                ) from None
        torch.cuda.empty_cache()
        first, second = batch.halves()
        return self._run_halving(first, audiences) + self._run_halving(second, audiences)

    def _run(self, batch: Batch, audiences: Mapping[Request, Audience]) -> Answered:
        if batch.kind is Kind.DIVERGENCE:
            return list(zip(batch.requests, self._diverge(batch), strict=True))
        with self._bench.active(batch.model) as module:
            if batch.kind is Kind.GENERATE:
                answers = self._generate(module, batch, [audiences.get(request) for request in batch.requests])
            else:
                answers = self._score(module, batch)
        return list(zip(batch.requests, answers, strict=True))

    def _generate(self, module: Any, batch: Batch, audiences: Sequence[Audience | None]) -> list[Answer]:
        prompts = [self._encoder.prompt(request.prompt) for request in batch.requests]
        decodings = [request.decoding or Decoding() for request in batch.requests]
        context = self._context - self._bench.virtual_tokens(batch.model)
        rooms = [context - len(prompt) for prompt in prompts]
        if min(rooms) < 1:
            raise InputError(
                f"a prompt of {max(map(len, prompts))} tokens leaves no room in {context} tokens of context",
                where=f"model {batch.model!r}",
                mend="shorten the prompt, or leave the task out",
            )
        texts = generate(module, self._encoder, prompts, decodings, rooms, self._pad, audiences)
        return [Answer(generation=text) for text in texts]

    def _score(self, module: Any, batch: Batch) -> list[Answer]:
        pairs = [request_pairs(self._encoder, request, self._context) for request in batch.requests]
        score = whole_pass if self._bench.is_prompt_learning(batch.model) else shared_prefix_pass
        scored = iter(score(module, [pair for some in pairs for pair in some], self._pad))
        answers = []
        for request, some in zip(batch.requests, pairs, strict=True):
            likelihoods = tuple(next(scored) for _ in some)
            answers.append(
                Answer(likelihoods=join_windows(likelihoods) if request.kind is Kind.ROLLING else likelihoods)
            )
        return answers

    def _diverge(self, batch: Batch) -> list[Answer]:
        base = next(model.name for model in self._models if model.adapter is None)
        pairs = [request_pairs(self._encoder, request, self._context) for request in batch.requests]
        found = iter(
            divergence_pass(
                lambda: self._bench.active(base),
                None if batch.model == base else lambda: self._bench.active(batch.model),
                [pair for some in pairs for pair in some],
                self._pad,
                len(self._encoder.tokenizer),
            )
        )
        return [Answer(divergence=tuple(value for _ in some for value in next(found))) for some in pairs]


def _device(settings: EngineSettings) -> torch.device:
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise InputError("no GPU is available", where="engine.device", mend="set device: cpu or auto")
    return torch.device("cuda" if settings.device != "cpu" and torch.cuda.is_available() else "cpu")
