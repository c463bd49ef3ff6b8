"""Adapters' files on disk: one folder for each distinct set of files, named by its hash and never written again."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.models.beside_weights import CANARIES_FILE, EPOCHS, FORGETTING_LOG, STEPS
from harness.models.examine import TRAINING_RECORD
from harness.models.weights import weight_files
from harness.records import InputError, RunError

_CONFIG = "adapter_config.json"
_INDEX = "adapter_model.safetensors.index.json"
_BESIDE_WEIGHTS = (TRAINING_RECORD, "metrics.jsonl", STEPS, EPOCHS, FORGETTING_LOG, CANARIES_FILE)

#: File name to SHA-256.
Hashes = Mapping[str, str]


class Store:
    """The files of a registry. Only a holder of the registry's write lock may call `put`.

    Args:
        root: The registry's folder; ``content/`` in it holds the adapters, ``incoming/`` what is being copied.
    """

    def __init__(self, root: Path) -> None:
        self._content, self._incoming = root / "content", root / "incoming"

    def folder(self, content: str) -> Path:
        """Where the files of a content hash lie, or would."""
        return self._content / content

    @contextmanager
    def incoming(self, source: Path) -> Iterator[Path]:
        """A copy of an adapter's files, to be examined and then kept with `put`; what is not kept is removed."""
        # Whoever holds the lock is the only writer, so anything found here was left by a kill.
        shutil.rmtree(self._incoming, ignore_errors=True)
        folder = self._incoming / "adapter"
        try:
            folder.mkdir(parents=True)
            for path in adapter_files(source):
                _copy(path, folder / path.name)
            yield folder
        except OSError as error:
            raise RunError(
                f"cannot be copied into the registry ({error.strerror or error})",
                where=str(source),
                mend="free space or fix access",
            ) from error
        finally:
            shutil.rmtree(self._incoming, ignore_errors=True)

    def put(self, folder: Path) -> tuple[str, Hashes]:
        """Keep an incoming folder under the hash of its content; equal content is kept once.

        Returns:
            The content hash, and the hash of each file.
        """
        hashes = hash_files(folder)
        content = content_of(hashes)
        target = self.folder(content)
        if target.is_dir() and hash_files(target) != hashes:
            target.rename(folder.with_name("changed"))  # somebody wrote to it: the good copy takes its place
        if not target.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(target)
        return content, hashes

    def faults(self, content: str, recorded: Hashes) -> Iterator[tuple[str, str]]:
        """File name and fault of everything that is not as it was registered."""
        if content_of(recorded) != content:
            yield "registry.sqlite", f"the hashes recorded of {content[:12]} were changed"
        folder = self.folder(content)
        found = hash_files(folder) if folder.is_dir() else {}
        for name in sorted({*recorded, *found}):
            if name not in found:
                yield name, "is missing"
            elif name not in recorded:
                yield name, "was added"
            elif found[name] != recorded[name]:
                yield name, "was changed"


def adapter_files(folder: Path) -> list[Path]:
    """What of an adapter's folder is registered: what PEFT reads, and what a training here left beside it.

    Everything else (optimizer states, pickles, tokenizers) is left where it is.

    Raises:
        InputError: the weights are absent or pickled, or lie outside the folder.
    """
    return [*peft_files(folder), *(path for name in _BESIDE_WEIGHTS if (path := folder / name).is_file())]


def peft_files(folder: Path) -> list[Path]:
    """Configuration and weights: what PEFT reads.

    Raises:
        InputError: the weights are absent or pickled, or lie outside the folder.
    """
    weights = weight_files(folder, "adapter_model")
    for path in weights:
        if path.parent != folder:
            raise InputError("lies outside the adapter's folder", where=str(path), mend="mend the index of the weights")
    index = folder / _INDEX
    return [folder / _CONFIG, *weights, *([index] if index.is_file() else [])]


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a folder, read anew every time."""
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def content_of(hashes: Hashes) -> str:
    """SHA-256 over names and hashes of files."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def copy_adapter(source: Path, target: Path, more: Mapping[str, str]) -> None:
    """Write what PEFT reads of an adapter, and further text files, as a new folder that appears whole or not at all.

    Records of the training stay behind: they name folders, and canaries are secrets.
    """
    with new_folder(target) as partial:
        for path in peft_files(source):
            _copy(path, partial / path.name)
            (partial / path.name).chmod(0o644)
        for name, text in more.items():
            (partial / name).write_text(text, encoding="utf-8")


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside ``target`` that takes its name when the block ends well, and is removed otherwise.

    Raises:
        InputError: something is at ``target`` already.
        RunError: the folder cannot be written.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise InputError("is already there", where=str(target), mend="name a new folder with --out")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        yield partial
        partial.rename(target)
    except OSError as error:
        raise RunError(
            f"cannot be written ({error.strerror or error})", where=str(target), mend="free space or fix access"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    """Copy a file, on disk when this returns, and read-only: content is never written again."""
    with source.open("rb") as read, target.open("xb") as written:
        shutil.copyfileobj(read, written)
        _sync(written)
    target.chmod(0o444)


def _sync(handle: Any) -> None:
    handle.flush()
    os.fsync(handle.fileno())
