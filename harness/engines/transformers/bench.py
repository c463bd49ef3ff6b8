"""What the transformers engine asks of whatever holds its models."""

from contextlib import AbstractContextManager
from typing import Any, Protocol


class Bench(Protocol):
    """Holds the models of an engine and puts one at a time to work."""

    def active(self, name: str) -> AbstractContextManager[Any]:
        """The module that answers for the model ``name``."""

    def is_prompt_learning(self, name: str) -> bool:
        """Whether the model's adapter puts virtual tokens before the prompt, which a shared cache cannot hold."""

    def virtual_tokens(self, name: str) -> int:
        """How many positions of the context the model's adapter takes for itself; the model must be loaded."""
