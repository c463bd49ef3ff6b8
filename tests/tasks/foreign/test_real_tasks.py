"""Task files of the installed lm-eval package on real public data: the same in lm-evaluation-harness and here."""

import csv
import json
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import lm_eval
import pytest

from harness.tasks.foreign.yaml_files import read_task_file
from tests.tasks.foreign.sides import House, assert_equal, theirs, write_task

PACKAGE = Path(lm_eval.__file__).parent / "tasks"
Rows = list[dict[str, Any]]


def jsonl(path: Path) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in path.open(encoding="utf-8"))


def arc(data: Path) -> Rows:
    """MedQA's questions with the columns of ARC."""
    rows = sorted(islice(jsonl(data / "medqa/test.jsonl"), 60), key=lambda row: len(row["question"]))
    return [
        {
            "question": row["question"],
            "choices": {"label": list(row["options"]), "text": list(row["options"].values())},
            "answerKey": row["answer"],
        }
        for row in rows[:8]
    ]


def truthful(data: Path) -> Rows:
    with (data / "truthfulqa/TruthfulQA.csv").open(encoding="utf-8") as handle:
        rows = list(islice(csv.DictReader(handle), 8))
    return [
        {
            "question": row["Question"],
            "mc1_targets": {"choices": [row["Best Answer"], *row["Incorrect Answers"].split("; ")]},
        }
        for row in rows
    ]


def mmlu(data: Path) -> Rows:
    """TruthfulQA's questions with the columns of MMLU."""
    rows = [(row["question"], row["mc1_targets"]["choices"]) for row in truthful(data)]
    return [{"question": question, "choices": (some * 2)[:4], "answer": 0} for question, some in rows]


def boolq(data: Path) -> Rows:
    rows = [row for row in jsonl(data / "pubmed_qa/test.jsonl") if row["final_decision"] != "maybe"]
    return [
        {
            "passage": row["contexts"][0],
            "question": row["question"].rstrip("?"),
            "label": row["final_decision"] == "yes",
        }
        for row in rows[:6]
    ]


def sst2(data: Path) -> Rows:
    lines = (data / "sms_spam/SMSSpamCollection.tsv").read_text(encoding="utf-8").splitlines()[:8]
    return [{"sentence": text, "label": int(label == "ham")} for label, text in (line.split("\t") for line in lines)]


def lambada(data: Path) -> Rows:
    lines = (data / "wikitext2/valid.txt").read_text(encoding="utf-8").splitlines()
    return [{"text": line.strip()} for line in lines if 100 < len(line) < 400][:8]


def gsm8k(data: Path) -> Rows:
    return sorted(islice(jsonl(data / "gsm8k/test.jsonl"), 40), key=lambda row: len(row["question"]))[:8]


def boolean_expressions(data: Path) -> Rows:
    return json.loads((data / "bbh/boolean_expressions.json").read_text(encoding="utf-8"))["examples"][:6]


def german(data: Path) -> Rows:
    rows = islice(jsonl(data / "wmt17_en_de/systems.jsonl"), 6)
    return [{"translation": {"en": row["LIUM-NMT"], "de": row["reference"]}} for row in rows]


TASKS: dict[str, tuple[str, Callable[[Path], Rows], dict[str, Any]]] = {
    "arc_easy": ("arc/arc_easy.yaml", arc, {}),
    "truthfulqa_mc1": ("truthfulqa/truthfulqa_mc1.yaml", truthful, {}),
    "mmlu": ("mmlu/default/mmlu_abstract_algebra.yaml", mmlu, {"fewshot_split": "test", "num_fewshot": 3}),
    "boolq": ("super_glue/boolq/default.yaml", boolq, {"num_fewshot": 1}),
    "sst2": ("glue/sst2/default.yaml", sst2, {"num_fewshot": 3}),
    "lambada": ("lambada/lambada_openai.yaml", lambada, {}),
    "gsm8k": ("gsm8k/gsm8k.yaml", gsm8k, {"num_fewshot": 1, "max_gen_toks": 48}),
    "bbh": ("bbh/cot_fewshot/boolean_expressions.yaml", boolean_expressions, {"num_fewshot": 1, "max_gen_toks": 48}),
    "translation": ("translation/wmt16_en-de.yaml", german, {"fewshot_split": "train", "max_gen_toks": 24}),
}


@pytest.mark.parametrize("name", TASKS)
def test_real_task(name: str, house: House, their_model: Any, shared: Path, tmp_path: Path) -> None:
    file, make_rows, changes = TASKS[name]
    rows = make_rows(shared / "data")
    path = write_task(tmp_path, rows, include=str(PACKAGE / file), splits={"train": rows[::-1]}, **real(file, changes))
    assert_equal(theirs(their_model, path), house.ours(path))


def real(file: str, changes: dict[str, Any]) -> dict[str, Any]:
    """What has to change for local data and a small context, the generation settings of the file kept."""
    changes = {"test_split": "test", "training_split": "train", "validation_split": None} | changes
    if "max_gen_toks" in changes:
        own = read_task_file(PACKAGE / file).values["generation_kwargs"]
        changes["generation_kwargs"] = own | {"max_gen_toks": changes.pop("max_gen_toks")}
    return changes
