"""Which engine answers for which model of a suite, decided before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.engines.vllm.capability import refusal
from harness.engines.vllm.options import VllmOptions
from harness.models import Model, method_of
from harness.records import InputError

Way = Literal["shared", "merged", "transformers"]


@dataclass(frozen=True)
class Route:
    """How a model is served: by the vLLM that all share, by one of its own on merged weights, or by transformers.

    ``reason`` says why it is not the shared one.
    """

    model: Model
    way: Way
    reason: str = ""

    def __str__(self) -> str:
        if self.way == "shared":
            return "vllm" if self.model.adapter is None else "vllm, LoRA"
        done = "merged into a temporary model for vllm" if self.way == "merged" else "transformers engine"
        return f"{done} ({self.reason})"


def plan_routes(models: Sequence[Model], options: VllmOptions) -> dict[str, Route]:
    """Decide each model's route.

    Raises:
        InputError: an adapter cannot be served and the policy is to stop, or to merge what cannot be merged exactly.
    """
    return {model.name: _route(model, options) for model in models}


def _route(model: Model, options: VllmOptions) -> Route:
    reason = refusal(model.adapter) if model.adapter else ""
    if not reason:
        return Route(model, "shared")
    assert model.adapter is not None
    where = f"model {model.name!r}"
    if options.unsupported == "stop":
        raise InputError(
            f"vLLM cannot serve this adapter: {reason}",
            where=where,
            mend="set engine.options.unsupported to merge or transformers",
        )
    if options.unsupported == "transformers":
        return Route(model, "transformers", reason)
    quantized = options.quantization or model.base.config.get("quantization_config")
    if quantized or not method_of(model.adapter).merges_exactly:
        what = "a quantized base" if quantized else f"an adapter of this kind ({model.adapter.method})"
        raise InputError(
            f"vLLM cannot serve this adapter ({reason}), and {what} cannot be merged exactly",
            where=where,
            mend="set engine.options.unsupported to transformers",
        )
    return Route(model, "merged", reason)
