"""Answers from a model that is in memory for another purpose, such as its training, and is left as it was found."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig

from harness.models import Base, Model


class LiveBench:
    """One adapted model as two: `TUNED` with its adapter switched on, `BASE` with it switched off.

    Args:
        module: The adapted model, which has ``disable_adapter``, or a base whose own weights are trained.
        dtype: Number format of the arithmetic (autocast where it is bfloat16), as in training.
        prompt_learning: The adapter puts virtual tokens before the prompt. The engine's ``max_model_len`` has to leave
            them out, so that both models have the same room.
        load_base: Gives the base where switching the adapter off does not: for weights that are themselves trained, or
            that starting factors were taken out of. What it gives is held until `release`.
    """

    BASE, TUNED = "base", "tuned"

    def __init__(
        self, module: Any, dtype: str, prompt_learning: bool = False, load_base: Callable[[], Any] | None = None
    ) -> None:
        self._module, self._dtype, self._prompt_learning, self._load_base = module, dtype, prompt_learning, load_base
        self._base: Any = None

    @classmethod
    def models(cls, base: Base) -> list[Model]:
        """The two models under the names that requests use."""
        return [Model(cls.BASE, base), Model(cls.TUNED, base)]

    @contextmanager
    def active(self, name: str) -> Iterator[Any]:
        """The module that answers for the model ``name``."""
        with ExitStack() as stack:
            kind = self._module.device.type
            stack.enter_context(torch.autocast(kind, torch.bfloat16, enabled=self._dtype == "bfloat16"))
            if name == self.TUNED:
                yield self._module
            elif self._load_base:
                self._base = self._base or self._load_base()
                yield self._base
            else:
                stack.enter_context(self._module.disable_adapter())
                yield self._module

    def is_prompt_learning(self, name: str) -> bool:
        return name == self.TUNED and self._prompt_learning

    def virtual_tokens(self, name: str) -> int:
        return 0

    def release(self) -> None:
        """Free the base that was loaded apart."""
        self._base = None


@contextmanager
def undisturbed(module: Any) -> Iterator[None]:
    """Whatever is asked of a model within, it and the random streams of this process are afterwards as before.

    Within, dropout is off, and nothing of the model's own generation settings gets into what a request asks for.
    """
    modes = [(one, one.training) for one in module.modules()]
    trained = [(weight, weight.requires_grad) for weight in module.parameters()]
    settings = [(one, one.generation_config) for one in module.modules() if "generation_config" in vars(one)]
    streams = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            module.eval()
            for one, _ in settings:
                one.generation_config = GenerationConfig()
            yield
    finally:
        random.setstate(streams[0])
        np.random.set_state(streams[1])
        for one, mode in modes:
            one.training = mode
        # Switching an adapter back on lets all its weights be trained, those too that were frozen.
        for weight, was_trained in trained:
            weight.requires_grad_(was_trained)
        for one, own in settings:
            one.generation_config = own
