"""What cannot be written while training, told as that whichever library was writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from harness.records import RunError


class Unsaved(RunError):
    """A training could not write something; with room and access, the same command goes on."""


@contextmanager
def told_unsaved(target: Path) -> Iterator[None]:
    """Turn a full disk, or one that refuses, inside the block into an error that names the folder.

    Raises:
        Unsaved: something cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        # Whoever read what a caller's function prints is gone, which is no matter of the disk.
        raise
    except (OSError, RuntimeError, SafetensorError) as error:
        if not (isinstance(error, OSError) or _is_of_a_writer(str(error))):
            raise
        raise Unsaved(f"cannot be saved ({error})", where=str(target), mend="free space or fix access") from error


def _is_of_a_writer(text: str) -> bool:
    """safetensors and torch.save have no class of such errors; torch names the file of its source, which reads too."""
    return "I/O error" in text or ("inline_container.cc" in text and "Reader" not in text)
