"""One version of a registered adapter, and what a run measured of it. Values only."""

from dataclasses import dataclass
from typing import Any

from harness.records import Figure


@dataclass(frozen=True)
class Version:
    """What the registry knows of an adapter.

    Attributes:
        number: Counted from 1 within the name.
        content: SHA-256 over its files: the name of the folder that holds them.
        fingerprint: Hash of weights and configuration, as runs name it.
        parameters: Numbers in its tensors.
        base: The base it was registered on, as far as it is known: ``reference``, a folder or a hub id.
        base_fingerprint, data_fingerprint: Of what it was trained on; None where nothing tells.
        recipe: As ``harness train`` recorded it; None for adapters that came from elsewhere.
        created: UTC, ISO 8601.
        parent: ``NAME:VERSION`` of the adapter that it goes on from or replaces.
    """

    name: str
    number: int
    content: str
    fingerprint: str
    method: str
    rank: int
    parameters: int
    base: str | None
    base_fingerprint: str | None
    data_fingerprint: str | None
    recipe: dict[str, Any] | None
    created: str
    parent: str | None
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}:{self.number}"


@dataclass(frozen=True)
class Measured:
    """A figure of a run in which a registered adapter answered.

    Attributes:
        task_fingerprint: Figures of one task may stand side by side only where this is equal.
        is_main: The first metric of its task.
        run: The run's folder when it was attached.
    """

    run: str
    suite: str
    task_fingerprint: str
    is_main: bool
    figure: Figure
