"""The packs written for this project: they regenerate byte for byte, repeat nothing, and their Python is right."""

import importlib
import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.metrics.instructions.metric import instruction_verdicts
from harness.metrics.instructions.registry import instruction_names
from harness.tasks import check_task, find_tasks

ROOT = Path(__file__).resolve().parents[2]
GENERATORS = ROOT / "tools" / "packs"
PACKS = sorted(path.stem for path in GENERATORS.glob("*.py") if path.stem != "writing")


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> ModuleType:
    monkeypatch.syspath_prepend(str(GENERATORS))
    before = set(sys.modules)
    module = importlib.import_module(request.param)
    for name in set(sys.modules) - before:
        monkeypatch.delitem(sys.modules, name)
    return module


def rows_of(name: str, file: str = "test.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "tasks" / name / file).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("generator", PACKS, indirect=True)
def test_a_generator_gives_the_bytes_of_its_pack(generator: ModuleType) -> None:
    for file, rows in generator.files().items():
        written = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        assert (ROOT / "tasks" / generator.NAME / file).read_text(encoding="utf-8") == written


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_has_a_card_enough_samples_and_nothing_to_mend(name: str) -> None:
    (task,) = find_tasks([name], folder=ROOT)
    samples = task.samples()
    assert len(samples) >= 200
    assert len({(sample.prompt, sample.choices) for sample in samples}) == len(samples)
    assert check_task(task) == []
    card = (ROOT / "tasks" / name / "README.md").read_text(encoding="utf-8")
    assert f"| Samples | {len(samples)}," in card
    assert "CC0-1.0" in card


@pytest.mark.parametrize("name", ["medical_qa", "drug_information", "general_knowledge"])
def test_the_right_option_stands_anywhere(name: str) -> None:
    rows = rows_of(name)
    places = Counter(row["options"].index(row["answer"]) for row in rows)
    assert sorted(places) == [0, 1, 2, 3]
    assert max(places.values()) < 0.35 * len(rows)


def test_all_diagnoses_are_equally_frequent_and_none_is_named_in_its_note() -> None:
    rows = rows_of("diagnosis_notes")
    assert set(Counter(row["label"] for row in rows).values()) == {22}
    assert not [row for row in rows if row["label"].replace("_", " ") in row["note"].lower()]


def test_every_answer_of_the_reading_pack_stands_in_its_passage() -> None:
    assert not [row for row in rows_of("reading") if row["answer"] not in row["passage"]]


def passes(code: str, tests: list[str]) -> bool:
    names: dict[str, Any] = {}
    exec(code, names)
    try:
        for test in tests:
            exec(test, names)
    except (AssertionError, IndexError):
        return False
    return True


def test_python_solutions_pass_their_tests() -> None:
    rows = [row for row in rows_of("code_generation") if row["language"] == "Python"]
    assert len(rows) >= 40
    assert all(len(row["tests"]) == 3 and passes(row["solution"], row["tests"]) for row in rows)


def test_every_python_bug_fails_a_test_that_its_mended_twin_passes() -> None:
    rows = [row for row in rows_of("bug_fixing") if row["language"] == "Python"]
    assert not [row for row in rows if passes(row["buggy"], row["tests"]) or not passes(row["fixed"], row["tests"])]


@pytest.mark.parametrize("name", ["code_generation", "bug_fixing", "code_optimisation"])
def test_a_code_pack_asks_for_each_of_five_languages_alike(name: str) -> None:
    assert set(Counter(row["language"] for row in rows_of(name)).values()) == {42}


def test_a_fast_python_function_returns_what_the_slow_one_returns() -> None:
    inputs: dict[str, tuple[Any, ...]] = {
        "joining": (["a", "b", "a"],),
        "membership": ([1, 2, 3, 2], [2, 3]),
        "formula": (10,),
        "repeats": ([1, 2, 1],),
        "counts": ([1, 2, 1],),
        "totals": ([3, 4, 5],),
    }
    for row in rows_of("code_optimisation"):
        if row["language"] == "Python":
            results = []
            for code in (row["slow"], row["fast"]):
                names: dict[str, Any] = {}
                exec(code, names)
                (function,) = (value for name, value in names.items() if name != "__builtins__")
                results.append(function(*inputs[row["idiom"]]))
            assert results[0] == results[1]


def test_each_kind_of_instruction_is_asked_often_enough_and_every_row_can_be_checked() -> None:
    rows = rows_of("instruction_following")
    kinds = Counter(name for row in rows for name in row["instruction_id_list"])
    assert set(kinds) == set(instruction_names())
    assert min(kinds.values()) >= 10
    for row in rows:
        assert len(set(row["instruction_id_list"])) == len(row["instruction_id_list"])
        assert not any(verdict for _, verdict in instruction_verdicts(row, ""))
