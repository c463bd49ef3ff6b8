"""One real vLLM on the CPU build, with the reference model and three adapters, for all tests of this folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.engines import Encoder, Engine, EngineSettings
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Answer, Request
from tests.engines.plain import PlainLoop

collect_ignore_glob = [] if find_spec("vllm") else ["test_*.py"]


@dataclass
class World:
    """An open engine, its models, and the plain loop that each is held against."""

    engine: Engine
    models: list[Model]
    folders: dict[str, Path | None]
    encoder: Encoder

    def plain(self, name: str) -> PlainLoop:
        return PlainLoop(self.models[0].base.folder, self.folders[name])

    def ask(self, requests: list[Request]) -> dict[Request, Answer]:
        return {request: answer for batch in self.engine.answer(requests) for request, answer in batch}


@pytest.fixture(scope="session")
def folders(base_folder: Path, make_adapter: Callable[..., Path]) -> dict[str, Path | None]:
    from peft import LoraConfig

    def lora(**settings: object) -> LoraConfig:
        return LoraConfig(init_lora_weights=False, **settings)  # type: ignore[arg-type]

    attention = ["q_proj", "v_proj"]
    return {
        "base": None,
        "small": make_adapter("small", lora(r=4, target_modules=attention), seed=1),
        "scaled": make_adapter("scaled", lora(r=8, use_rslora=True, target_modules=["gate_proj", "down_proj"]), seed=2),
        "patterned": make_adapter(
            "patterned",
            lora(r=8, rank_pattern={"q_proj": 2}, alpha_pattern={"v_proj": 3}, target_modules="all-linear"),
            seed=3,
        ),
    }


def models_of(base_folder: Path, folders: dict[str, Path | None]) -> list[Model]:
    base = resolve_base(str(base_folder))
    return [Model(name, base, resolve_adapter(str(path)) if path else None) for name, path in folders.items()]


@pytest.fixture(scope="session")
def world(base_folder: Path, folders: dict[str, Path | None]) -> Iterator[World]:
    from harness.engines.vllm import VllmEngine

    models, encoder = models_of(base_folder, folders), Encoder.load(base_folder)
    with VllmEngine(EngineSettings(kind="vllm", options={"window": 48}), models, encoder) as engine:
        yield World(engine, models, folders, encoder)
