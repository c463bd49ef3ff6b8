"""An imported pack asks and judges exactly what the foreign task does, or is not written."""

from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.tasks import PackTask, check_task, find_tasks
from harness.tasks.foreign import LmEvalTask, import_task
from tests.tasks.foreign.sides import House, write_task

ROWS = [
    {"my question": "What is red?", "options": ["a rose", "the sea"], "right": 0, "answers": ["rose", "a rose"]},
    {"my question": "What is blue?", "options": ["a rose", "the sky"], "right": 1, "answers": ["sky", "sea"]},
]
CHOICE = {
    "output_type": "multiple_choice",
    "description": "Answer well. ",
    "doc_to_text": "my question",
    "doc_to_choice": "{{options}}",
    "doc_to_target": "right",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_bytes"}, {"metric": "brier_score"}],
    "metadata": {"version": 2.0},
}
LETTERS = {"function": "regex", "regex_pattern": r"\w+"}
PAIRS = [{"name": "n", "filter": [{"function": "regex", "regex_pattern": "(a)(b)"}]}]
TEXT = {
    "doc_to_text": "{{options|join(' or ')}}?\n",
    "doc_to_target": "{{answers}}",
    "generation_kwargs": {"until": ["."], "max_gen_toks": 12},
    "filter_list": [
        {"name": "n", "filter": [{"function": "lowercase"}, {"function": "regex", "regex_pattern": r"\w+"}]}
    ],
    "metric_list": [{"metric": "exact_match", "ignore_case": True}],
}
LIKELY = {
    "output_type": "loglikelihood",
    "doc_to_text": "Not {{options[1]}} but",
    "doc_to_target": "{{' ' + options[0]}}",
}
WHOLE = {"output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{answers|join(' ')}}\n"}


def imported(path: Path) -> Path:
    (task,) = find_tasks([str(path)], folder=path.parent)
    assert isinstance(task, LmEvalTask)
    return import_task(task, path.parent / "packs")


@pytest.mark.parametrize("keys", [CHOICE, TEXT, LIKELY, WHOLE], ids=["choices", "text", "likelihood", "whole"])
def test_an_imported_pack_gives_the_same_figures(keys: dict[str, Any], house: House, tmp_path: Path) -> None:
    path = write_task(tmp_path, ROWS, **keys)
    pack = imported(path)
    there, here = house.ours(path), house.ours(pack)
    assert here.asked == there.asked
    assert list(here.scores.values()) == list(there.scores.values())
    assert list(here.figures.values()) == list(there.figures.values())
    task = PackTask.read(pack / "task.yaml")
    assert check_task(task) == []
    assert task.version == keys.get("metadata", {}).get("version", 0)


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        (CHOICE | {"num_fewshot": 1, "fewshot_split": "test"}, "num_fewshot: few-shot examples are drawn in another"),
        (CHOICE | {"target_delimiter": ""}, "row 1: the prompt or what is scored after it would differ"),
        (CHOICE | {"doc_to_choice": "{{[options[0], options[0]]}}"}, "row 1: two choices are the same text"),
        (CHOICE | {"doc_to_target": "{{right + 5}}"}, "is none of the choices"),
        (CHOICE | {"metric_list": [{"metric": "mcc"}, {"metric": "exact_match"}]}, "metric mcc .*metric exact_match"),
        (CHOICE | {"metric_list": [{"metric": "acc", "higher_is_better": False}]}, "another higher_is_better"),
        (TEXT | {"gen_prefix": "It is"}, "gen_prefix has no counterpart"),
        (TEXT | {"doc_to_text": "{{options[0]|regex_replace('a', 'b')}}"}, "regex_replace"),
        (TEXT | {"metadata": {"version": "1.5b"}}, "metadata.version '1.5b' is no whole number"),
        (
            TEXT | {"filter_list": [{"name": "n", "filter": [{"function": "regex", "regex_pattern": "(a)(b)"}]}]},
            "regex",
        ),
    ],
)
def test_what_would_differ_is_named_and_nothing_is_written(keys: dict[str, Any], what: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=what):
        imported(write_task(tmp_path, ROWS, **keys))
    assert not (tmp_path / "packs").exists()
