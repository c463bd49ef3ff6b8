"""Writing so that a kill at any moment leaves either the old file or the new one."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.records.errors import InputError, RunError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    Raises:
        InputError: a file stands where a folder is needed, or a folder where the file is.
        RunError: the file cannot be saved. A result that is not on disk is an error, never a warning.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        _refuse_what_stands_in_the_way(path)
        raise RunError(
            f"cannot be saved ({error.strerror or error})", where=str(path), mend="free space or fix access"
        ) from error
    finally:
        # Where the folder itself is the trouble, that is the error to tell.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _refuse_what_stands_in_the_way(path: Path) -> None:
    if path.is_dir():
        raise InputError("is a folder, where a file is to be written", where=str(path), mend="name another place")
    above = next(parent for parent in path.parents if parent.exists())
    if not above.is_dir():
        raise InputError("is a file, not a folder", where=str(above), mend="name another place")


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document, keys in order, whole or not at all."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
