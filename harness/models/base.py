"""What a model of a suite is: a base in a local folder, with or without an adapter. Values only."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Base:
    """A causal language model in Hugging Face format.

    Attributes:
        reference: As the user named it: a hub id or a folder.
        folder: Where its files lie on this machine.
        config: Its ``config.json``.
        fingerprint: Hash of weights, configuration and tokenizer.
    """

    reference: str
    folder: Path
    config: dict[str, Any] = field(repr=False)
    fingerprint: str

    @property
    def context_length(self) -> int | None:
        """Longest sequence in tokens, None where the configuration does not say."""
        value = self.config.get("max_position_embeddings") or self.config.get("n_positions")
        return int(value) if value else None


@dataclass(frozen=True)
class Adapter:
    """A PEFT adapter in a local folder.

    Attributes:
        method: The PEFT type, upper case (``LORA``, ``IA3``, ``PREFIX_TUNING``).
        rank: The largest rank, for the LoRA family; 0 otherwise.
        fingerprint: Hash of its weights and configuration.
    """

    reference: str
    folder: Path
    config: dict[str, Any] = field(repr=False)
    method: str
    rank: int
    fingerprint: str


@dataclass(frozen=True)
class Model:
    """One model of a suite, under the name that requests, scores and reports use."""

    name: str
    base: Base
    adapter: Adapter | None = None

    @property
    def fingerprint(self) -> str:
        """Identity of the weights that answer: the base's, and the adapter's if there is one."""
        return f"{self.base.fingerprint}+{self.adapter.fingerprint}" if self.adapter else self.base.fingerprint
