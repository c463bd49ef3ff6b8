"""Hand-written facts, one a line, as tables that generators read."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def read_table(name: str) -> list[list[str]]:
    """The lines of a table, each split at its bars."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("|") for line in lines if line and not line.startswith("#")]


def read_groups(name: str) -> dict[str, list[list[str]]]:
    """The lines below each ``# heading``."""
    groups: dict[str, list[list[str]]] = {}
    heading = ""
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            heading = line.removeprefix("# ")
        elif line:
            groups.setdefault(heading, []).append(line.split("|"))
    return groups
