"""What is said where neither this machine nor the hub has what was looked for. Asks nothing of the network."""

from pathlib import Path

from harness.records.errors import reason


def unreached(error: BaseException) -> str:
    """A clause: which hub was asked, and why it did not answer."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return f"the hub ({constants.ENDPOINT}) is not asked, since HF_HUB_OFFLINE is set"
    return f"the hub ({constants.ENDPOINT}) could not be reached ({reason(error.__cause__ or error)})"


def shown(folder: Path | str) -> str:
    """A folder as a user would write it."""
    path, home = Path(folder), Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
