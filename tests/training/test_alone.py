"""A training in a process of its own: it is heard step by step, and does not outlive whoever hears it."""

import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.records import RunError
from harness.training import Recipe, alone, read_recipe
from harness.training.alone import train_alone

Write = Callable[..., Path]
ROWS = [{"prompt": f"The colour of box {i}:", "response": "a very bright green"} for i in range(16)]


def test_steps_are_heard_until_all_is_saved(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = read_recipe(write(chat_model, ROWS, schedule={"max_steps": 4, "batch_size": 2}))
    heard = list(train_alone(recipe, tmp_path, tmp_path / "out", tmp_path / "log"))
    assert [(one.step, one.steps, one.saved) for one in heard] == [(i, 4, False) for i in (1, 2, 3, 4)] + [(4, 4, True)]
    assert [one.at for one in heard] == sorted(one.at for one in heard) and heard[0].at > 0
    assert [one.memory for one in heard] == sorted(one.memory for one in heard) and heard[0].memory > 100 * 2**20
    record = json.loads((tmp_path / "out" / "training.json").read_text())
    assert (record["tokens"], record["steps"]) == (heard[-1].tokens, 4)


def test_who_no_longer_listens_ends_the_training(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = read_recipe(write(chat_model, ROWS, schedule={"max_steps": 100_000, "batch_size": 2}))
    before = set(psutil.Process().children())
    training = train_alone(recipe, tmp_path, tmp_path / "out", tmp_path / "log")
    assert next(training).step == 1
    [process] = set(psutil.Process().children()) - before
    training.close()
    assert not process.is_running() and not (tmp_path / "out").exists()


def test_patience_ends_it_without_an_error(write: Write, chat_model: Path, tmp_path: Path) -> None:
    recipe = read_recipe(write(chat_model, ROWS))
    assert not list(train_alone(recipe, tmp_path, tmp_path / "out", tmp_path / "log", patience=0.05))


def test_names_reach_it_whatever_encoding_its_streams_have(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    path = write(chat_model, ROWS, data="größe.jsonl", schedule={"max_steps": 2, "batch_size": 2})
    (tmp_path / "rows.jsonl").rename(tmp_path / "größe.jsonl")
    assert list(train_alone(read_recipe(path), tmp_path, tmp_path / "out", tmp_path / "log"))[-1].saved


def test_where_the_kernel_does_not_say_the_peak_of_memory_it_is_asked_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, of = alone._peak()
    (tmp_path / "status").write_text("Name:\tpython\nVmRSS:\t1 kB\n")
    for status in ("status", "absent"):
        monkeypatch.setattr(alone, "_STATUS", tmp_path / status)
        assert alone._peak()[1] == of and held / 2 < alone._peak()[0]


def test_it_fails_in_the_trainings_own_words_and_takes_no_module_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "yaml.py").write_text("raise SystemExit('taken for a module')")
    monkeypatch.chdir(tmp_path)
    recipe = Recipe(adapter="a", data="rows.jsonl")
    with pytest.raises(RunError, match=r"rows.jsonl: no such data file"):
        list(train_alone(recipe, tmp_path, tmp_path / "out", tmp_path / "log"))
