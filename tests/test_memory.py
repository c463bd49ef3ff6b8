"""A notebook, a sweep or a service runs many models in one process: each gives its memory back when it is done."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PrefixTuningConfig
from torch import nn

import harness
from tests.packs import word_rows, write_pack, write_suite


def modules() -> int:
    return sum(issubclass(type(thing), nn.Module) for thing in gc.get_objects())


@pytest.fixture
def left_over() -> Iterator[Callable[[], int]]:
    """How many modules of models are left, without the help of a collection that may come any time or never."""
    gc.collect()
    before = modules()
    gc.disable()
    yield lambda: modules() - before
    gc.enable()


@contextmanager
def interrupted(forward: int) -> Iterator[None]:
    """Ctrl-C in the middle of a model's work, at one of its layers' calls."""
    calls = iter(range(forward))

    def press(module: nn.Module, inputs: Any) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt

    with torch.nn.modules.module.register_module_forward_pre_hook(press):
        yield


@pytest.fixture
def suite(tmp_path: Path, make_adapter: Any) -> Path:
    # PEFT ties a base and its prefix to each other.
    prefix = PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    lora = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False)
    write_pack(tmp_path, "words", word_rows(3))
    return write_suite(tmp_path, {"lora": make_adapter("lora", lora), "prefix": make_adapter("prefix", prefix)})


def test_an_evaluation_leaves_no_model_in_memory(suite: Path, tmp_path: Path, left_over: Callable[[], int]) -> None:
    harness.evaluate(suite, tmp_path / "run")
    assert left_over() == 0


def test_an_interrupted_evaluation_leaves_none_though_a_notebook_keeps_the_exception(
    suite: Path, tmp_path: Path, left_over: Callable[[], int]
) -> None:
    with interrupted(200), pytest.raises(KeyboardInterrupt) as kept:
        harness.evaluate(suite, tmp_path / "run")
    assert left_over() == 0, kept


def test_a_training_leaves_no_model_in_memory(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path, left_over: Callable[[], int]
) -> None:
    harness.train(write(chat_model, schedule={"max_steps": 2}), tmp_path / "out")
    assert left_over() == 0


def test_an_interrupted_training_leaves_none_though_a_notebook_keeps_the_exception(
    write: Callable[..., Path], chat_model: Path, tmp_path: Path, left_over: Callable[[], int]
) -> None:
    with interrupted(40), pytest.raises(KeyboardInterrupt) as kept:
        harness.train(write(chat_model, schedule={"max_steps": 2}), tmp_path / "out")
    assert left_over() == 0, kept
