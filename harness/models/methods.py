"""What each PEFT method allows an engine to do: merge, mix adapters in one batch. One table, no imports of PEFT."""

from dataclasses import dataclass, replace
from typing import Any

from harness.models.base import Adapter

#: What stands under ``peft_type`` of a bottleneck adapter (`harness.models.bottleneck`): no name that PEFT knows.
BOTTLENECK = "HARNESS_BOTTLENECK"
#: Initialisations that subtract from the base's weights when PEFT loads the adapter, so that base and neighbours move.
_INITIALISATIONS_THAT_MOVE_THE_BASE = ("pissa", "olora", "corda", "loftq")


@dataclass(frozen=True, slots=True)
class Method:
    """What is known of a PEFT method.

    Attributes:
        merges_exactly: Its update can be added to the base's weights without changing the function.
        mixes_in_batch: PEFT's ``adapter_names`` is honoured, so one batch may hold rows of several adapters. Other
            methods raise or, worse, ignore it silently: their rows go in a batch of their own.
        is_prompt_learning: It prepends virtual tokens instead of changing layers.
        moves_base: Loading it changes the base's own weights, so it needs a copy of the base for itself.
        nature: What it is, for a reader who wanted to merge it; empty where that is unknown.
    """

    merges_exactly: bool
    mixes_in_batch: bool = False
    is_prompt_learning: bool = False
    moves_base: bool = False
    nature: str = ""


_PROMPT = Method(merges_exactly=False, is_prompt_learning=True, nature="virtual tokens are not a change of weights")
_MERGES = Method(merges_exactly=True)
#: For methods that are not listed, the safe answer to each question.
_UNKNOWN = Method(merges_exactly=False)

METHODS: dict[str, Method] = {
    "LORA": Method(merges_exactly=True, mixes_in_batch=True),
    "ADALORA": _MERGES,
    "LOHA": _MERGES,
    "LOKR": _MERGES,
    "VERA": _MERGES,
    "OFT": _MERGES,
    "BOFT": _MERGES,
    "HRA": _MERGES,
    "FOURIERFT": _MERGES,
    "RANDLORA": _MERGES,
    "IA3": _MERGES,
    "LN_TUNING": _MERGES,
    "PREFIX_TUNING": _PROMPT,
    "PROMPT_TUNING": _PROMPT,
    "MULTITASK_PROMPT_TUNING": _PROMPT,
    "P_TUNING": _PROMPT,
    "CPT": _PROMPT,
    BOTTLENECK: Method(merges_exactly=False, nature="a bottleneck adapter is not a change of weights"),
}


def method_of(adapter: Adapter) -> Method:
    """The method of an adapter, with what its configuration takes away.

    DoRA, a trained bias, trained tokens and LoRA on bare parameters are not honoured by a mixed batch; PiSSA and its
    like change the base's weights when they are loaded.
    """
    method = METHODS.get(adapter.method, _UNKNOWN)
    if adapter.method != "LORA":
        return method
    config = adapter.config
    if any(config.get(key) for key in ("use_dora", "trainable_token_indices", "target_parameters", "alora_config")):
        method = replace(method, mixes_in_batch=False)
    if config.get("bias", "none") != "none":
        method = replace(method, mixes_in_batch=False)
    if _moves_base(config):
        method = replace(method, mixes_in_batch=False, moves_base=True)
    return method


def _moves_base(config: dict[str, Any]) -> bool:
    initialisation = str(config.get("init_lora_weights", "")).lower()
    return initialisation.startswith(_INITIALISATIONS_THAT_MOVE_THE_BASE)
