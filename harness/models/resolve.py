"""From what a user writes (a folder, a hub id, ``reference``) to a base or an adapter on this machine."""

import re
from pathlib import Path
from typing import Any

from harness.models.base import Adapter, Base
from harness.models.weights import file_hash, read_json, tensor_shapes, weight_files
from harness.records import InputError, content_hash, reason, reference_model
from harness.records.hub import shown, unreached

#: The name of the model that ships with the harness.
REFERENCE = "reference"
#: Before the name of a registered adapter, which tells it from a folder and from a hub id: see `harness.registry`.
REGISTERED = "registry:"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
#: What is fetched from the hub: no pickles, no code.
_WANTED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken"]
#: Beside the weights, the files that decide what a base answers.
_SETTINGS = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja", "chat_template.json",
)  # fmt: skip


def resolve_base(reference: str, *, revision: str | None = None, folder: Path = Path()) -> Base:
    """The base model that ``reference`` names.

    Args:
        reference: ``reference`` (the model that ships with the harness), a folder, or a hub id.
        revision: Commit, branch or tag, for a hub id.
        folder: What a relative path is relative to: the folder of the suite or recipe.

    Raises:
        InputError: nothing lies there, the weights are absent, damaged or pickled, or the model needs its own code.
    """
    local = reference_model() if reference == REFERENCE else _locate(reference, revision, folder)
    if not (local / "config.json").is_file():
        adapter = (local / "adapter_config.json").is_file()
        what = "is an adapter, not a base model" if adapter else "no config.json: not a model in Hugging Face format"
        mend = "name the base it was trained on, and this folder under models" if adapter else "check the folder"
        raise InputError(what, where=str(local), mend=mend)
    config = read_json(local / "config.json")
    _refuse_own_code(config, local)
    files = weight_files(local, "model")
    tensor_shapes(files)
    fingerprint = content_hash([(path.name, file_hash(path)) for path in [*settings_files(local), *files]])
    return Base(reference, local, config, fingerprint)


def settings_files(folder: Path) -> list[Path]:
    """The files of a base, its weights aside, that decide what it answers: configuration, tokenizer, chat template."""
    named = [path for name in _SETTINGS if (path := folder / name).is_file()]
    return named + sorted([*folder.glob("*.model"), *folder.glob("*.tiktoken")])


def resolve_adapter(reference: str, *, revision: str | None = None, folder: Path = Path()) -> Adapter:
    """The adapter that ``reference`` names: a PEFT folder or a hub id.

    The fingerprint covers weights and configuration, but not the path of the base that PEFT writes into it, so that
    an adapter keeps its identity when folders move.

    Raises:
        InputError: nothing lies there, it is no PEFT adapter, or its weights are absent or pickled.
    """
    local = _locate(reference, revision, folder)
    path = local / "adapter_config.json"
    if not path.is_file() and (local / "config.json").is_file():
        raise InputError("a whole model, not an adapter", where=str(local), mend="name it as the base of a suite")
    if not path.is_file():
        raise InputError(
            "no adapter_config.json: not a PEFT adapter",
            where=str(local),
            mend="name the folder that save_pretrained of a PEFT model wrote",
        )
    config = read_json(path)
    if not isinstance(config.get("peft_type"), str):
        raise InputError("peft_type is missing", where=str(path), mend="save the adapter again with PEFT")
    try:
        rank = _rank(config)
    except (AttributeError, OverflowError, TypeError, ValueError):
        raise InputError("its rank is no number", where=str(path), mend="save the adapter again with PEFT") from None
    files = weight_files(local, "adapter_model")
    kept = {key: value for key, value in config.items() if key != "base_model_name_or_path"}
    fingerprint = content_hash([kept, [file_hash(one) for one in files]])
    return Adapter(reference, local, config, config["peft_type"].upper(), rank, fingerprint)


def _rank(config: dict[str, Any]) -> int:
    kind = config["peft_type"].upper()
    if kind == "ADALORA":
        return int(config.get("init_r") or 0)
    if kind != "LORA":
        return 0
    return max([int(config.get("r") or 0), *map(int, (config.get("rank_pattern") or {}).values())])


def _locate(reference: str, revision: str | None, folder: Path) -> Path:
    local = folder / Path(reference).expanduser()
    if local.is_dir():
        return local.resolve()
    if local.is_file():
        raise InputError("is a file, not a model folder", where=str(local), mend="name the folder it lies in")
    if not _HUB_ID.fullmatch(reference):
        raise InputError("no such folder", where=str(local), mend="check the path")
    return _download(reference, revision, local)


def _download(reference: str, revision: str | None, local: Path) -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    where = f"{reference}@{revision}" if revision else reference
    try:
        return Path(snapshot_download(reference, revision=revision, allow_patterns=_WANTED))
    except GatedRepoError:
        what, mend = "the hub asks for permission", "accept the model's terms there and run `hf auth login`"
    except RevisionNotFoundError:
        what, mend = "the hub knows the model, not this revision", "check the revision"
    except (RepositoryNotFoundError, HFValidationError):
        what, mend = f"neither a folder ({local}) nor a model on the hub", "check the name"
    except LocalEntryNotFoundError as error:
        cache = shown(constants.HF_HUB_CACHE)
        what = f"neither a folder ({local.absolute()}) nor in the hub's cache ({cache}), and {unreached(error)}"
        pinned = f" --revision {revision}" if revision else ""
        mend = f"check the name, or download the model once where there is a network (hf download {reference}{pinned})"
    # The hub's client raises whatever its transport does: a proxy that refuses, a full disk.
    except Exception as error:  # noqa: BLE001
        what, mend = f"could not be downloaded ({reason(error)})", "mend that, or name a folder that holds the model"
    raise InputError(what, where=where, mend=mend)


def _refuse_own_code(config: dict[str, Any], folder: Path) -> None:
    if "auto_map" not in config:
        return
    # Models that were taken into transformers often keep their auto_map; they load without it.
    from transformers import CONFIG_MAPPING

    if config.get("model_type") not in CONFIG_MAPPING:
        raise InputError(
            "the model needs code of its own (auto_map), which the harness does not run",
            where=str(folder / "config.json"),
            mend="use a model whose architecture is part of transformers",
        )
