"""Which engine answers for which model of a suite, decided before anything starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.engines.vllm.capability import refusal, touched_heads
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
    if obstacle := _obstacle_to_merging(model, options):
        raise InputError(
            f"vLLM cannot serve this adapter ({reason}), and {obstacle} cannot be merged exactly",
            where=where,
            mend="set engine.options.unsupported to transformers",
        )
    return Route(model, "merged", reason)


def _obstacle_to_merging(model: Model, options: VllmOptions) -> str:
    assert model.adapter is not None
    if options.quantization or model.base.config.get("quantization_config"):
        return "an adapter of a quantized base"
    if not method_of(model.adapter).merges_exactly:
        return f"an adapter of this kind ({model.adapter.method})"
    # One tensor serves as embedding and head there; an update of one of them would change both.
    if model.base.config.get("tie_word_embeddings") and touched_heads(model.adapter):
        return "an update of one of two tied tensors"
    return ""
