"""The parity probe tells an engine that serves an adapter from one that drops it."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from harness.engines import Answered, Engine, EngineSettings
from harness.engines.parity import first_divergence, measure_parity
from harness.engines.transformers import TransformersEngine
from harness.models import Model
from harness.records import Request
from tests.engines.vllm.conftest import World

PROMPTS = [f"Once upon a time there {verb}" for verb in ("was", "lived", "stood", "sang", "came", "went")]


class DropsAdapters(Engine):
    """A server that answers for an adapter with the base's weights, as servers have been seen to do."""

    name = "drops"

    def __init__(self, inner: Engine) -> None:
        self.inner = inner

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        as_base = {replace(request, model="base") for request in requests}
        answers = {request: answer for batch in self.inner.answer(list(as_base)) for request, answer in batch}
        yield [(request, answers[replace(request, model="base")]) for request in requests]

    def describe(self) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def reference(world: World) -> Iterator[TransformersEngine]:
    models: list[Model] = world.models
    with TransformersEngine(EngineSettings(dtype="float32", device="cpu"), models, world.encoder) as engine:
        yield engine


@pytest.mark.vllm
def test_vllm_agrees_with_peft_on_every_adapter(world: World, reference: TransformersEngine) -> None:
    names = list(world.folders)
    found = measure_parity(reference, world.engine, names, "base", PROMPTS, world.encoder)
    assert [parity.model for parity in found] == names
    for parity in found:
        assert parity.equal_texts == 1.0 and set(parity.divergences) == {None}
        assert parity.max_difference < 2e-4 and parity.mean_difference < 2e-5
        assert parity.tokens >= parity.prompts == len(PROMPTS)
        assert parity.effect is None if parity.model == "base" else (parity.effect or 0) > 0.01


@pytest.mark.vllm
def test_an_engine_that_drops_adapters_is_found_out(world: World, reference: TransformersEngine) -> None:
    (parity,) = measure_parity(reference, DropsAdapters(reference), ["patterned"], "base", PROMPTS, world.encoder)
    assert parity.effect == 0.0
    assert parity.max_difference > 0.1
    assert parity.equal_texts < 1.0 and any(place is not None for place in parity.divergences)
    assert parity.to_json()["model"] == "patterned"


def test_texts_part_at_the_first_token_that_differs() -> None:
    assert first_divergence([1, 2, 3], [1, 2, 3]) is None
    assert first_divergence([1, 2, 3], [1, 9, 3]) == 1
    assert first_divergence([1, 2], [1, 2, 3]) == 2
