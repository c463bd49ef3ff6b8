"""Whatever the method, the base that is asked is the base, and the tuned model is the one that is saved."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.engines.base import EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.transformers import TransformersEngine
from harness.models import Adapter, Model, resolve_base
from harness.records import Kind, Request
from harness.training import train

Write = Callable[..., Path]
SCHEDULE = {"max_steps": 6, "batch_size": 4, "warmup": 0}
METHODS: dict[str, dict[str, Any]] = {
    "lora": {"kind": "lora", "r": 4},
    "dora": {"kind": "dora", "r": 4},
    "pissa": {"kind": "lora", "r": 4, "init": "pissa"},
    "adalora": {"kind": "adalora", "init_r": 4, "target_r": 2},
    "ia3": {"kind": "ia3"},
    "prompt_tuning": {"kind": "prompt_tuning", "virtual_tokens": 4},
    "p_tuning": {"kind": "p_tuning", "virtual_tokens": 4, "hidden_size": 16},
    "prefix_tuning": {"kind": "prefix_tuning", "virtual_tokens": 4},
    "bottleneck": {"kind": "bottleneck"},
    "full": {"kind": "full"},
}


def perplexity(model: Model, texts: list[str]) -> float:
    models = [Model("base", model.base)] + ([model] if model.adapter else [])
    engine = TransformersEngine(EngineSettings(device="cpu"), models, Encoder.load(model.base.folder))
    asked = [Request(model.name, Kind.ROLLING, text) for text in texts]
    scored = [answer.likelihoods[0] for some in engine.answer(asked) for _, answer in some]
    return math.exp(-sum(one.total for one in scored) / sum(one.tokens for one in scored))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_both_sides_are_what_an_engine_finds_in_the_files(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], method: dict[str, Any]
) -> None:
    schedule = SCHEDULE | {"learning_rate": 0.003, "gradient_checkpointing": method["kind"] == "lora"}
    section = probes | {"every": 2, "limits": {}}
    made = train(write(chat_model, method=method, schedule=schedule, forgetting=section), tmp_path / "a")
    final = json.loads((made.folder / "training.json").read_text())["forgetting"]["final"]
    texts = (tmp_path / "text.txt").read_text().split("\n")
    base = resolve_base(str(chat_model))
    saved = Model("saved", base, made) if isinstance(made, Adapter) else Model("base", made)
    assert final["base_perplexity"] == pytest.approx(perplexity(Model("base", base), texts), rel=1e-4)
    assert final["tuned_perplexity"] == pytest.approx(perplexity(saved, texts), rel=1e-4)
    assert final["kl"]["value"] > 0


def test_over_a_base_in_4_bit_watching_moves_nothing_either(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any]
) -> None:
    pytest.importorskip("bitsandbytes")
    schedule = SCHEDULE | {"learning_rate": 0.01}
    method = {"kind": "qlora", "r": 4}
    plain = train(write(chat_model, method=method, schedule=schedule), tmp_path / "plain")
    section = probes | {"every": 1, "limits": {}}
    watched = train(write(chat_model, method=method, schedule=schedule, forgetting=section), tmp_path / "watched")
    name = "adapter_model.safetensors"
    assert (plain.folder / name).read_bytes() == (watched.folder / name).read_bytes()
