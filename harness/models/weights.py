"""Weights on disk, read without a model: which safetensors files a folder holds, their tensors, their hash."""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records import InputError
from harness.records.hashing import DIGITS

if TYPE_CHECKING:
    import torch

Shapes = dict[str, tuple[int, ...]]


def weight_files(folder: Path, stem: str) -> list[Path]:
    """The safetensors files of ``folder``: one file, or the shards that its index names.

    Args:
        stem: ``model`` for a base, ``adapter_model`` for an adapter.

    Raises:
        InputError: there are none, there are only pickled ones, or a shard is absent.
    """
    whole, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
    if whole.is_file():
        return [whole]
    if index.is_file():
        shards = sorted({folder / name for name in read_json(index).get("weight_map", {}).values()})
        for shard in shards:
            if not shard.is_file():
                raise InputError("this shard is absent", where=str(shard), mend="copy or download the whole folder")
        return shards
    pickled = sorted([*folder.glob("*.bin"), *folder.glob("*.pt"), *folder.glob("*.pth"), *folder.glob("*.ckpt")])
    if pickled:
        raise InputError(
            f"the weights are pickled ({pickled[0].name}), and a pickle can run code when it is read",
            where=str(folder),
            mend="save them as safetensors with save_pretrained",
        )
    raise InputError(f"no weights: {whole.name} is absent", where=str(folder), mend="check the folder")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        InputError: the file is absent, unreadable or not a JSON object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"cannot be read as JSON ({error})", where=str(path)) from None
    if not isinstance(value, dict):
        raise InputError("is not a JSON object", where=str(path))
    return value


def tensor_shapes(files: list[Path]) -> Shapes:
    """Names and shapes of all tensors, from the files' headers alone.

    Raises:
        InputError: a file is cut off or is not safetensors.
    """
    return {name: shape for path in files for name, shape in _header(str(path), *_stamp(path)).items()}


def read_tensors(files: list[Path]) -> Iterator[tuple[Path, str, "torch.Tensor"]]:
    """One tensor after the other, so that memory holds no more than the largest."""
    for path in files:
        with _opened(path, "pt") as handle:
            for name in handle.keys():  # noqa: SIM118 (a handle is not a mapping)
                yield path, name, handle.get_tensor(name)


def file_hash(path: Path) -> str:
    """Hash of a file's content, computed once per path, size and time of change within this process."""
    return _content_hash(str(path), *_stamp(path))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=4096)
def _content_hash(path: str, size: int, changed: int) -> str:
    del size, changed  # part of the cache's key only
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()[:DIGITS]


@lru_cache(maxsize=256)
def _header(path: str, size: int, changed: int) -> Shapes:
    del size, changed  # part of the cache's key only
    with _opened(Path(path), "np") as handle:
        return {name: tuple(handle.get_slice(name).get_shape()) for name in handle.keys()}  # noqa: SIM118


def _opened(path: Path, framework: str) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework=framework)
    except (SafetensorError, OSError) as error:
        with path.open("rb") as handle:
            pointer = handle.read(40).startswith(b"version https://git-lfs")
        what = "is a Git LFS pointer, not weights" if pointer else f"is cut off or not safetensors ({error})"
        mend = "run `git lfs pull`" if pointer else "copy or download it again"
        raise InputError(what, where=str(path), mend=mend) from None
