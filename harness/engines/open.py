"""From a suite's engine settings to an engine."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec

from harness.engines.base import Engine, EngineSettings
from harness.engines.encoding import Encoder
from harness.models import Model
from harness.records import InputError, content_hash, nearest

#: What opens an engine: settings, the models of a suite (which share one base), and the base's encoder.
Opener = Callable[[EngineSettings, Sequence[Model], Encoder], Engine]


def open_engine(settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> Engine:
    """Open the engine that the settings name.

    Raises:
        InputError: no such engine, or one that cannot work with these settings.
    """
    openers = {"transformers": _transformers, "vllm": _vllm, "server": _server, "replay": _replay}
    outside = {entry.name: entry for entry in entry_points(group="harness.engines")}
    kind = chosen_kind(settings)
    if kind in outside:
        opener: Opener = outside[kind].load()
        return opener(settings, models, encoder)
    if kind not in openers:
        raise InputError(f"unknown engine {kind!r}", where="engine.kind", mend=nearest(kind, [*openers, "auto"]))
    return openers[kind](settings, models, encoder)


def chosen_kind(settings: EngineSettings) -> str:
    """The engine that ``auto`` stands for: vllm where a GPU and vllm are, else transformers."""
    if settings.kind != "auto":
        return settings.kind
    if settings.device == "cpu" or find_spec("vllm") is None:
        return "transformers"
    import torch

    return "vllm" if torch.cuda.is_available() else "transformers"


def numerics(settings: EngineSettings) -> str:
    """What of the settings can change an answer: part of the key that answers are stored under."""
    kind = chosen_kind(settings)
    return content_hash([kind, settings.dtype, settings.device, settings.max_model_len, settings.options])


def _transformers(settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> Engine:
    from harness.engines.transformers import TransformersEngine

    return TransformersEngine(settings, models, encoder)


def _vllm(settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> Engine:
    if find_spec("vllm") is None:
        raise InputError(
            "vllm is not installed",
            where="engine.kind",
            mend="pip install 'adapter-harness[vllm]', or kind: transformers",
        )
    from harness.engines.vllm import VllmEngine

    return VllmEngine(settings, models, encoder)


def _server(settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> Engine:
    from harness.engines.server import ServerEngine

    return ServerEngine(settings, models, encoder)


def _replay(settings: EngineSettings, models: Sequence[Model], encoder: Encoder) -> Engine:
    from harness.engines.replay import ReplayEngine

    return ReplayEngine(settings, models, encoder)
