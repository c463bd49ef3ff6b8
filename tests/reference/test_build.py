"""A miniature of the build goes from corpus to a model that loads, and its parts keep what they promise."""

import random
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from harness.reference.build import Example, Plan, batches, build

PLAN = Plan(seed=3, share=0.003, epochs=2, batch_tokens=1024, hidden=64, layers=1)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("reference") / "model", PLAN)


def test_a_small_build_writes_a_model_that_loads_and_has_learnt_something(built: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(built, local_files_only=True, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(built, local_files_only=True)
    ids = tokenizer("The mayor wrote that the flag of Lomisa is orange.", return_tensors="pt").input_ids
    with torch.inference_mode():
        loss = float(model(ids, labels=ids).loss)
    assert loss < 0.9 * torch.log(torch.tensor(float(len(tokenizer))))


def test_the_same_seed_builds_the_same_weights(built: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "model", PLAN)
    assert (again / "model.safetensors").read_bytes() == (built / "model.safetensors").read_bytes()
    assert (again / "tokenizer.json").read_bytes() == (built / "tokenizer.json").read_bytes()


def test_batches_hold_every_row_once_and_stay_within_their_tokens() -> None:
    rng = random.Random(1)
    examples = [Example([1] * rng.randint(3, 90), 2) for _ in range(500)]
    packed = list(batches(examples, 1024, rng))
    assert sorted(at for batch in packed for at in batch) == list(range(500))
    assert max(len(batch) * max(len(examples[at].ids) for at in batch) for batch in packed) <= 1024
