"""An adapter is examined before it is trusted, from its files alone: does it fit this base, and can it do anything?"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from harness.models.base import Adapter, Base
from harness.models.bottleneck_files import check_bottleneck
from harness.models.methods import BOTTLENECK
from harness.models.weights import Shapes, read_json, read_tensors, tensor_shapes, weight_files
from harness.records import InputError

#: The file that `harness.training` leaves beside the weights; it knows the base's fingerprint.
TRAINING_RECORD = "training.json"

_LORA = re.compile(r"(?P<module>.+)\.lora_(?P<side>A|B|embedding_A|embedding_B)(\.weight)?")
_UPDATE = re.compile(
    r"(?P<module>.+?)\.(lora_|ia3_|hada_|lokr_|vera_|oft_|boft_|hra_|fourierft_|randlora_|ln_tuning_|miss_|c3a_|"
    r"bottleneck_)"
)
_LAYER = re.compile(r"\.(?:layers|h|blocks|layer)\.(\d+)\.")
#: What transformers may put before the names that a checkpoint of the bare model holds (GPT-2: ``h.0`` on disk).
_MODEL_PREFIXES = ("model.", "transformer.", "gpt_neox.", "backbone.")
#: Tensors that are zero until trained; with all of them zero, a method does nothing.
_ZERO_UNTIL_TRAINED = {
    "ADALORA": "lora_E",
    "LOHA": "hada_w2_b",
    "VERA": "vera_lambda_b",
    "OFT": "oft_R",
    "RANDLORA": "randlora_lambda",
    BOTTLENECK: "bottleneck_up",
}


def examine_adapter(adapter: Adapter, base: Base | None) -> list[str]:
    """Check an adapter against a base, without loading either; without a base, only what its files alone can tell.

    Names that match no module of the base are not refused here: see `unmatched_tensors`.

    Returns:
        Warnings: signs that the adapter was trained on another base, which folders that moved also give.

    Raises:
        InputError: the weights are absent, damaged or not finite, were trained on a base of other dimensions, or
            cannot change anything (untrained).
    """
    files = weight_files(adapter.folder, "adapter_model")
    shapes = tensor_shapes(files)
    if not shapes:
        raise InputError("holds no tensors", where=str(files[0]), mend="save the adapter again with save_pretrained")
    if base is not None:
        _fits(adapter, base, shapes)
    if adapter.method == BOTTLENECK:
        check_bottleneck(adapter, shapes, _width(base) if base else None)
    _has_effect(adapter, _look_at_values(files))
    return list(_signs_of_another_base(adapter, base)) if base is not None else []


def unmatched_tensors(adapter: Adapter, base: Base) -> list[str]:
    """Tensors of the adapter whose module the base does not have: they are loaded into nothing.

    Read from the headers of the safetensors files, so it explains a no-op without loading a model.
    """
    modules = _modules(base)
    if adapter.method == BOTTLENECK:
        modules = _with_parents(modules)
    names = tensor_shapes(weight_files(adapter.folder, "adapter_model"))
    return sorted(name for name in names if (module := _module_of(name)) and _find(module, modules) is None)


def _module_of(name: str) -> str | None:
    """The module that a tensor changes; None for what belongs to none, such as the projections that VeRA's share."""
    found = _UPDATE.match(name)
    if found is None or found["module"] == "base_model":
        return None
    return found["module"].removeprefix("base_model.model.")


def _modules(base: Base) -> Shapes:
    """Weight shape of each module of the base."""
    shapes = tensor_shapes(weight_files(base.folder, "model"))
    modules = {name.removesuffix(".weight"): shape for name, shape in shapes.items() if name.endswith(".weight")}
    if "lm_head" not in modules:
        tied = next((shape for name, shape in modules.items() if name.endswith(("embed_tokens", "wte"))), None)
        if tied:
            modules["lm_head"] = tied
    return modules


def _with_parents(modules: Shapes) -> Shapes:
    """Modules that hold others too, which have no weight of their own: a bottleneck follows whole sub-layers."""
    parents = {name[:end] for name in modules for end, sign in enumerate(name) if sign == "."}
    return dict.fromkeys(parents, ()) | modules


def _width(base: Base) -> int | None:
    return base.config.get("hidden_size") or base.config.get("n_embd")


def _find(module: str, modules: Shapes) -> tuple[int, ...] | None:
    if module in modules:
        return modules[module]
    for prefix in _MODEL_PREFIXES:
        bare = module.removeprefix(prefix)
        if bare != module and bare in modules and not any(name.startswith(prefix) for name in modules):
            return modules[bare]
    return None


def _fits(adapter: Adapter, base: Base, shapes: Shapes) -> None:
    mend = f"the base here is {base.reference}; name the base it was trained on, or train it again on this one"
    layers = base.config.get("num_hidden_layers") or base.config.get("n_layer")
    width = _width(base)
    modules = {} if base.config.get("quantization_config") else _modules(base)
    for name, shape in shapes.items():
        where = f"{adapter.folder}: {name}"
        layer = _LAYER.search(name)
        if layer and layers and int(layer[1]) >= int(layers):
            raise InputError(f"trained on another base: layer {layer[1]} of {layers}", where=where, mend=mend)
        weight = _find(_module_of(name) or "", modules)
        if weight and not _agrees(name, shape, weight):
            raise InputError(
                f"trained on another base: {list(shape)} does not fit a weight of {list(weight)}",
                where=where,
                mend=mend,
            )
        if name == "prompt_embeddings" and adapter.method != "PREFIX_TUNING" and width and shape[-1] != width:
            raise InputError(f"trained on another base: width {shape[-1]}, not {width}", where=where, mend=mend)


def _agrees(name: str, shape: tuple[int, ...], weight: tuple[int, ...]) -> bool:
    """Does a LoRA factor fit a weight? Linear holds (out, in), GPT-2's Conv1D and embeddings (in, out)."""
    lora = _LORA.fullmatch(name)
    if lora is None or len(weight) != 2 or len(shape) != 2:
        return True
    inner = shape[1] if lora["side"].endswith("A") else shape[0]
    return inner in weight


class _Values:
    """What was seen of the values: which modules have an update that is zero, and which tensors are."""

    def __init__(self) -> None:
        self.zero: set[str] = set()
        self.all_ones: set[str] = set()
        self.names: list[str] = []


def _look_at_values(files: list[Path]) -> _Values:
    seen = _Values()
    for path, name, tensor in read_tensors(files):
        values = tensor.float() if tensor.is_floating_point() else tensor
        if not bool(values.isfinite().all()):
            share = 1 - float(values.isfinite().float().mean())
            raise InputError(
                f"{name} holds NaN or infinite values ({share:.1%} of it)",
                where=str(path),
                mend="the training diverged: train again with a lower learning rate",
            )
        seen.names.append(name)
        if not bool(values.any()):
            seen.zero.add(name)
        elif bool((values == 1).all()):
            seen.all_ones.add(name)
    return seen


def _has_effect(adapter: Adapter, seen: _Values) -> None:
    where, mend = str(adapter.folder), "train it, or name the folder with the trained weights"
    if adapter.method == "LORA":
        _lora_has_effect(adapter, seen)
    key = _ZERO_UNTIL_TRAINED.get(adapter.method)
    waiting = [name for name in seen.names if key and f".{key}" in name]
    if waiting and seen.zero.issuperset(waiting):
        raise InputError(f"untrained: every {key} is zero", where=where, mend=mend)
    if adapter.method == "IA3" and seen.all_ones.issuperset(seen.names):
        raise InputError("untrained: every IA3 factor is one", where=where, mend=mend)
    if seen.zero.issuperset(seen.names):
        raise InputError("untrained: every tensor is zero", where=where, mend=mend)


def _lora_has_effect(adapter: Adapter, seen: _Values) -> None:
    where = str(adapter.folder)
    sides: dict[str, list[str]] = {"A": [], "B": []}
    for name in seen.names:
        lora = _LORA.fullmatch(name)
        if lora is None and "lora_magnitude_vector" not in name:
            return  # a trained bias or head can act on its own
        if lora:
            sides[lora["side"][-1]].append(name)
    if not sides["B"]:
        raise InputError("holds no lora_B tensor", where=where, mend="save the adapter again with save_pretrained")
    for side, names in sides.items():
        if names and seen.zero.issuperset(names):
            raise InputError(
                f"untrained: every {side} is zero, so the adapter changes nothing",
                where=where,
                mend="train it, or name the folder with the trained weights",
            )
    if not adapter.config.get("lora_alpha"):
        raise InputError("lora_alpha is zero, so the adapter changes nothing", where=where, mend="set lora_alpha")


def _signs_of_another_base(adapter: Adapter, base: Base) -> Iterator[str]:
    record = adapter.folder / TRAINING_RECORD
    if record.is_file():
        trained_on = read_json(record).get("base_fingerprint")
        if trained_on and trained_on != base.fingerprint:
            yield f"{adapter.reference}: trained on a base with fingerprint {trained_on}, not {base.fingerprint}"
        return
    named = adapter.config.get("base_model_name_or_path")
    if named and PurePath(str(named)).name not in (PurePath(base.reference).name, base.folder.name):
        yield f"{adapter.reference}: its configuration names the base {named}, this one is {base.reference}"
