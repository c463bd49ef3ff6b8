"""From what a user names to a service that answers."""

from collections.abc import Mapping

from harness.engines import Encoder, EngineSettings, open_engine
from harness.records import InputError, nearest
from harness.serving.limits import Limits
from harness.serving.models import open_models
from harness.serving.service import Service

#: Engines that hold models themselves.
ENGINES = ("auto", "transformers", "vllm")


def open_service(
    base: str, adapters: Mapping[str, str], engine: str = "auto", limits: Limits | None = None
) -> tuple[Service, list[str]]:
    """Examine base and adapters, load them, and start answering.

    Args:
        base: ``reference``, a folder or a hub id.
        adapters: Name to folder, hub id or ``registry:NAME``.
        engine: One of `ENGINES`.
        limits: How much may be asked for.

    Returns:
        The service, to be closed, and warnings about adapters.

    Raises:
        InputError: a model is unusable, or the engine unknown or not installed.
    """
    if engine not in ENGINES:
        raise InputError(f"no engine {engine!r} to serve with", where="--engine", mend=nearest(engine, list(ENGINES)))
    models, warnings = open_models(base, adapters)
    encoder, settings = Encoder.load(models[0].base.folder), EngineSettings(kind=engine)
    # vLLM takes 4096 where a model does not say, transformers whatever memory allows.
    context = models[0].base.context_length or 4096
    settings = settings.model_copy(update={"max_model_len": context})
    return Service(open_engine(settings, models, encoder), models, encoder, context, limits), warnings


def named_adapters(options: list[str]) -> dict[str, str]:
    """Adapters as ``NAME=FOLDER``; a folder alone goes by its own name.

    Raises:
        InputError: two have one name.
    """
    found: dict[str, str] = {}
    for option in options:
        name, equals, reference = option.partition("=")
        if not equals:
            name, reference = option.rstrip("/").rsplit("/", 1)[-1].removeprefix("registry:").split(":")[0], option
        if not reference.removeprefix("registry:"):
            raise InputError(f"nothing stands behind {option!r}", where="--adapter", mend="write NAME=FOLDER")
        if name in found:
            raise InputError(f"two adapters are called {name!r}", where="--adapter", mend="write NAME=FOLDER")
        found[name] = reference
    return found
