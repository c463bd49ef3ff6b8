"""The same task file, data and model in lm-evaluation-harness and here: prompts byte for byte, scores and figures."""

from pathlib import Path
from typing import Any

import pytest

from tests.tasks.foreign.sides import House, assert_equal, theirs, write_task

CHOICES = [
    {"q": "Which one is red?", "options": ["a rose", "the sky", "grass"], "right": 0},
    {"q": "Wo läuft der Hund? ", "options": ["im Hof", "über die Straße", "日本語"], "right": 2},
    {"q": "Two and two make", "options": ["four", "4", "four"], "right": 2},
    {"q": "A cow gives", "options": ["milk", "milk and more milk than you need", "no"], "right": 0},
    {"q": "“Quotes” and {{braces}}?", "options": [" led by a space", "x", "yes"], "right": 1},
    {"q": "Which one is red?", "options": ["a rose", "the sky", "grass"], "right": 0},
]
TEXT = {"output_type": "generate_until", "doc_to_text": "{{q}}\nAnswer:", "doc_to_target": "{{options[right]}}"}
CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{q}}\nAnswer:",
    "doc_to_choice": "{{options}}",
    "doc_to_target": "right",
}
SHORT = {"until": ["\n"], "max_gen_toks": 12, "do_sample": False}
ALL_OF_CHOICES = ["acc", "acc_norm", "acc_bytes", "exact_match", "brier_score", "mcc"]


def check(house: House, their_model: Any, path: Path) -> None:
    assert_equal(theirs(their_model, path), house.ours(path))


def metrics(*names: str) -> list[dict[str, Any]]:
    return [{"metric": name} for name in names]


CORNERS: dict[str, dict[str, Any]] = {
    "ranked": CHOICE | {"metric_list": metrics(*ALL_OF_CHOICES)},
    "mutual information": CHOICE | {"metric_list": metrics("acc", "acc_mutual_info")},
    "own metrics": CHOICE,
    "delimiters": CHOICE
    | {"target_delimiter": "\n", "fewshot_delimiter": " ### ", "num_fewshot": 2, "description": "Say:"},
    "no delimiter": CHOICE | {"target_delimiter": "", "num_fewshot": 1},
    "examples of the same split": CHOICE | {"num_fewshot": 3, "fewshot_split": "test"},
    "first examples of the same split": CHOICE
    | {"num_fewshot": 2, "fewshot_split": "test", "fewshot_config": {"sampler": "first_n"}},
    "column names": CHOICE | {"doc_to_text": "q", "doc_to_choice": "options", "num_fewshot": 1},
    "fixed choices and places": CHOICE
    | {"doc_to_choice": ["yes", "no"], "doc_to_target": 1, "metric_list": metrics("f1")},
    "named choices": CHOICE | {"doc_to_choice": {"a": "rose", "b": "sky"}, "doc_to_target": "sky"},
    "the target's text": CHOICE | {"doc_to_target": "{{options[right]}}"},
    "several right choices": CHOICE | {"doc_to_target": "{{[0, right]}}"},
    "no such place": CHOICE | {"doc_to_target": "{{right + 2}}"},
    "trailing space": CHOICE | {"doc_to_text": "{{q}} \n \n", "num_fewshot": 1},
    "prefix": CHOICE | {"gen_prefix": "The answer is", "num_fewshot": 2},
    "description by row": CHOICE | {"description": "Think of {{options|length}} things.\n\n", "num_fewshot": 1},
    "endings": CHOICE
    | {"doc_to_text": "right", "doc_to_target": "{{q}}", "doc_to_choice": "options", "metric_list": metrics("acc")},
    "endings with examples": CHOICE
    | {"doc_to_text": "right", "doc_to_target": "{{q}}", "metric_list": metrics("acc"), "num_fewshot": 2},
    "generated": TEXT | {"generation_kwargs": SHORT, "num_fewshot": 2},
    "defaults of generation": TEXT | {"fewshot_delimiter": "."},
    "several targets": TEXT | {"doc_to_target": "{{options}}", "generation_kwargs": SHORT},
    "generated prefix": TEXT | {"gen_prefix": "It is ", "num_fewshot": 2, "generation_kwargs": SHORT},
    "examples without answers": TEXT
    | {
        "generation_kwargs": SHORT,
        "num_fewshot": 2,
        "fewshot_config": {
            "sampler": "first_n",
            "doc_to_text": "{{q}} -> {{options[right]}}\n",
            "doc_to_target": "",
            "samples": [{"q": "One", "options": ["two"], "right": 0}, {"q": "Two", "options": ["three"], "right": 0}],
        },
    },
    "regex_replace": TEXT
    | {
        "doc_to_text": "{{q | regex_replace('[aeiou]+', '_')}}\n{% if right %}\n{{right}}\n{% endif %}\n",
        "generation_kwargs": SHORT,
    },
    "translated": TEXT | {"metric_list": metrics("bleu", "chrf", "chrf++", "ter"), "generation_kwargs": SHORT},
    "likelihood": {
        "output_type": "loglikelihood",
        "doc_to_text": "{{q}} ",
        "doc_to_target": "{{options[right]}}",
        "num_fewshot": 1,
    },
}


WHOLE = {
    "output_type": "loglikelihood_rolling",
    "doc_to_text": "",
    "doc_to_target": "{{q}} {{options}}\n",
}


@pytest.mark.parametrize("corner", CORNERS)
def test_corner(corner: str, house: House, their_model: Any, tmp_path: Path) -> None:
    keys = {"splits": {"train": list(reversed(CHOICES))}, "training_split": "train", **CORNERS[corner]}
    rows = [{**row, "options": row["options"][:2], "right": row["right"] % 2} for row in CHOICES]
    check(house, their_model, write_task(tmp_path, rows if corner == "fixed choices and places" else CHOICES, **keys))


def test_whole_texts(house: House, their_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [*CHOICES, {"q": "again and again " * 300, "options": ["é" * 400], "right": 0}]
    path = write_task(tmp_path, long, **WHOLE)
    monkeypatch.setattr(their_model, "add_bos_token", False)
    check(house, their_model, path)


def test_whole_texts_differ_where_lm_eval_scores_a_second_beginning(
    house: House, their_model: Any, tmp_path: Path
) -> None:
    """Where a tokenizer writes a beginning of sequence, lm-eval scores that token after another one of its kind."""
    path = write_task(tmp_path, CHOICES, **WHOLE, metric_list=metrics("bits_per_byte"))
    there, here = theirs(their_model, path), house.ours(path)
    assert there.asked == here.asked
    for ((text,),), (total, _) in zip(there.asked, there.scores["bits_per_byte"], strict=True):
        assert sum(house.logprobs(their_model.tokenizer.bos_token + text)) == pytest.approx(total, rel=1e-5)
