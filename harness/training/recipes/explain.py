"""What a recipe may hold, read from its own definitions: each key with type, default and meaning, and each method."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from harness.models import Adapter, method_of, resolve_base
from harness.records import InputError, nearest
from harness.training.canaries import Canaries
from harness.training.forgetting.settings import Forgetting, Limits
from harness.training.recipes.methods import Method, PeftMethod, TrainingMethod
from harness.training.recipes.objectives import Objective, TrainingObjective
from harness.training.recipes.recipe import Recipe
from harness.training.recipes.sections import EarlyStopping, Evaluation, Schedule, StartAdapter
from harness.training.recipes.tuning import Span, Tuning

#: The classes behind the ``method:`` section, by their ``kind``.
METHODS: dict[str, type[TrainingMethod]] = {
    one.model_fields["kind"].default: one for one in get_args(get_args(Method)[0])
}
#: The classes behind the ``objective:`` section, by their ``kind``.
OBJECTIVES: dict[str, type[TrainingObjective]] = {
    one.model_fields["kind"].default: one for one in get_args(get_args(Objective)[0])
}
_SECTIONS: dict[str, type[BaseModel]] = {
    "recipe": Recipe, "start": StartAdapter, "objective, kind dpo": OBJECTIVES["dpo"], "schedule": Schedule,
    "evaluation": Evaluation, "evaluation.early_stopping": EarlyStopping, "forgetting": Forgetting,
    "forgetting.limits": Limits, "canaries": Canaries,
    "tune": Tuning, "tune.ranges.KEY": Span,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section; ``default`` is None where the key must be given."""

    name: str
    type: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What a method is good for.

    Attributes:
        engines: Which engines run what it makes.
        merges: Whether its update can be added to the base's weights; None where there is no update apart from them.
        parameters: Trained on the reference model, with the method's defaults.
        learning_rate: Where the recipe names none.
    """

    kind: str
    trains: str
    engines: tuple[str, ...]
    merges: bool | None
    parameters: int
    learning_rate: float
    keys: tuple[Key, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def explain_sections() -> dict[str, tuple[Key, ...]]:
    """The keys of each section of a recipe but ``method``."""
    return {name: tuple(key for key in _keys(model) if key.name != "kind") for name, model in _SECTIONS.items()}


def explain_objective(kind: str) -> tuple[str, tuple[Key, ...]]:
    """What an objective of `OBJECTIVES` teaches and at which learning rates, in words; and its keys."""
    objective = OBJECTIVES[kind]
    reads = "{prompt, chosen, rejected}" if objective.preferences else "conversations, or prompts with responses"
    share = "the method's own" if objective.rate_share == 1 else f"{objective.rate_share:g} of the method's"
    about = f"teaches {objective.summary}, from {reads}; usual learning rate: {share}"
    return about, tuple(key for key in _keys(objective) if key.name != "kind")


def explain_method(kind: str) -> MethodFacts:
    """Facts of a method, counted and asked rather than written down.

    Raises:
        InputError: there is no such method.
    """
    if kind not in METHODS:
        raise InputError(f"unknown method {kind!r}", where="method.kind", mend=nearest(kind, [*METHODS, *OBJECTIVES]))
    method = METHODS[kind]()
    engines, merges = _uses(method)
    return MethodFacts(
        kind=kind,
        trains=method.summary,
        engines=engines,
        merges=merges,
        parameters=_trained_parameters(method),
        learning_rate=method.usual_rate,
        keys=tuple(key for key in _keys(METHODS[kind]) if key.name != "kind"),
    )


def _uses(method: TrainingMethod) -> tuple[tuple[str, ...], bool | None]:
    """The engines that run what a method makes, and whether it can be merged."""
    if not isinstance(method, PeftMethod):
        return ("transformers", "vllm"), None
    config = method.config(steps=100, accumulation=1).to_dict()
    adapter = Adapter("", Path(), config, str(config["peft_type"].value), 0, "")
    # What vLLM reads is LoRA without a magnitude; `harness doctor --vllm` asks the one that is installed.
    served = adapter.method == "LORA" and not config.get("use_dora")
    return ("transformers", "vllm") if served else ("transformers",), method_of(adapter).merges_exactly


def _trained_parameters(method: TrainingMethod) -> int:
    import torch
    from peft import get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(resolve_base("reference").folder)
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    if isinstance(method, PeftMethod):
        model = get_peft_model(model, method.config(steps=100, accumulation=1))
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def _keys(model: type[BaseModel]) -> Iterator[Key]:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = None if name in required else _default(field)
        yield Key(name, _type(field), default, str(field.get("description", "")))


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if isinstance(default, dict):
        return str(default.get("kind", "see its section"))
    return "none" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _type(field: dict[str, Any]) -> str:
    """A type in words, from JSON Schema."""
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    choices = field.get("anyOf") or field.get("oneOf")
    if choices:
        named = [_type(one) for one in choices if one.get("type") != "null"]
        return " | ".join(dict.fromkeys(named))
    if "$ref" in field:
        return "section"
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    words = {"string": "text", "boolean": "true | false"}
    limits = {"exclusiveMinimum": "> {}", "minimum": ">= {}", "exclusiveMaximum": "< {}", "maximum": "<= {}"}
    said = [form.format(int(limit) if limit == int(limit) else limit)
            for key, form in limits.items() if (limit := field.get(key)) is not None]  # fmt: skip
    kind = str(field["type"])
    return f"{words.get(kind, kind)} {', '.join(said)}".strip()
