"""The base with all its adapters, and switching between them: side by side in memory, or merged one at a time."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.models import Model, method_of
from harness.records import InputError, reason

#: PEFT methods that can lie side by side in one wrapped base; any other is put on when its turn comes.
_SIDE_BY_SIDE = frozenset({"LORA"})


class AdapterBench:
    """Holds one base model and puts one adapter at a time to work on it.

    LoRA adapters stay loaded together and are switched between. Other methods wrap the base in their own way and
    cannot lie beside them, so they are put on and taken off; requests come grouped by model, so once each.
    """

    def __init__(self, base: Any, models: Sequence[Model]) -> None:
        self._base = base
        self._models = {model.name: model for model in models}
        # PEFT mistakes a name that is part of its own prefixes ("a" of "lora_") for a parameter, and starts afresh.
        self._labels = {model.name: f"suite{place}" for place, model in enumerate(models)}
        self._wrapped: Any = None
        self._kind = ""
        # What PEFT had begun before it failed stays: asked again, the model would answer as its base, without a word.
        self._refused: dict[str, str] = {}

    @contextmanager
    def active(self, name: str) -> Iterator[Any]:
        """The module that answers for the model ``name``: the bare base, or the base with its adapter switched on."""
        adapter = self._models[name].adapter
        if adapter is None:
            if self._wrapped is None:
                yield self._base
            else:
                with self._wrapped.disable_adapter():
                    yield self._wrapped
            return
        self._load(name)
        self._wrapped.set_adapter(self._labels[name])
        yield self._wrapped

    def is_prompt_learning(self, name: str) -> bool:
        """Whether the model's adapter puts virtual tokens before the prompt, which a shared cache cannot hold."""
        adapter = self._models[name].adapter
        return adapter is not None and adapter.method in {"PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"}

    def virtual_tokens(self, name: str) -> int:
        """How many positions of the context the model's adapter takes for itself; the model must be loaded."""
        if not self.is_prompt_learning(name) or self._wrapped is None:
            return 0
        return int(self._wrapped.peft_config[self._labels[name]].num_virtual_tokens)

    def _load(self, name: str) -> None:
        from peft import PeftModel

        from harness.models.bottleneck import register_bottleneck

        register_bottleneck()
        adapter = self._models[name].adapter
        assert adapter is not None
        label = self._labels[name]
        if name in self._refused:
            raise self._refusal(name)
        if self._wrapped is not None and label in self._wrapped.peft_config:
            return
        try:
            with warnings.catch_warnings():
                # Keys that match no module of the base are found, and explained, by the liveness check.
                warnings.filterwarnings("ignore", message="Found missing adapter keys")
                # AdaLoRA's pattern names tensors, and PEFT looks for modules of these names.
                warnings.filterwarnings("ignore", message="The following rank_pattern keys did not match")
                if self._wrapped is not None and self._kind == adapter.method and adapter.method in _SIDE_BY_SIDE:
                    self._wrapped.load_adapter(str(adapter.folder), adapter_name=label, is_trainable=False)
                else:
                    self._take_off()
                    self._wrapped = PeftModel.from_pretrained(self._base, str(adapter.folder), adapter_name=label)
        # PEFT checks little of a configuration, and takes some of its texts for regular expressions.
        except (ValueError, RuntimeError, TypeError, OSError, LookupError, AttributeError, re.error) as error:
            self._refused[name] = reason(error)
            raise self._refusal(name) from error
        self._kind = adapter.method
        self._wrapped.eval()

    def _refusal(self, name: str) -> InputError:
        return InputError(
            f"PEFT cannot put this adapter on the base ({self._refused[name]})",
            where=f"model {name!r}",
            mend="train it on this base, or name the base it was trained on",
        )

    def _take_off(self) -> None:
        if self._wrapped is None:
            return
        self._base = (
            self._wrapped.base_model
            if self._wrapped.active_peft_config.is_prompt_learning
            else (self._wrapped.unload())
        )
        self._wrapped = None


class MergedBench:
    """Answers from weights into which an adapter was merged, as a merged model would be served.

    Each adapter is merged into a base loaded afresh; one such model is held at a time, since requests come grouped.
    """

    def __init__(self, load: Callable[[], Any], models: Sequence[Model]) -> None:
        self._load, self._models = load, {model.name: model for model in models}
        self._held: tuple[str, Any] | None = None

    @contextmanager
    def active(self, name: str) -> Iterator[Any]:
        """The module that answers for the model ``name``."""
        if self._held is None or self._held[0] != name:
            self._held = None
            self._held = name, self._merged(self._models[name])
        yield self._held[1]

    def is_prompt_learning(self, name: str) -> bool:
        return False

    def virtual_tokens(self, name: str) -> int:
        return 0

    def _merged(self, model: Model) -> Any:
        from peft import PeftModel

        if model.adapter is None:
            return self._load()
        if not method_of(model.adapter).merges_exactly:
            raise InputError(
                f"{model.adapter.method} adapters cannot be merged exactly",
                where=f"model {model.name!r}",
                mend="merge: false",
            )
        return PeftModel.from_pretrained(self._load(), str(model.adapter.folder)).merge_and_unload(safe_merge=True)
