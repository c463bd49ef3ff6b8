"""Definitions of public data sets run on the real data, from the sets' own files and from the hub's layout alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.records import prompt_text
from harness.tasks import Task, check_task, find_tasks

#: Samples that each task makes of the real data, and the target of its first.
EXPECTED = {
    "ag_news": (7600, "Business"),
    "banking77": (3080, "card_arrival"),
    "gsm8k": (700, "18"),
    "humaneval": (164, None),
    "medqa": (1273, None),
    "pubmed_qa": (500, "yes"),
    "pubmed_qa_question": (500, "yes"),
    "sms_spam": (5574, "ham"),
    "stsb": (264, "A man wearing a hard hat is dancing."),
    "trec": (500, "number"),
    "truthfulqa": (817, "The watermelon seeds pass through your digestive system"),
    "wikitext2": (1997, None),
}

#: A row as the hub holds it, of sets whose own files look different.
HUB_ROWS: dict[str, dict[str, Any]] = {
    "ucirvine/sms_spam/train": {"sms": "Ok lar... Joking wif u oni...\n", "label": 0},
    "fancyzhx/ag_news/test": {
        "text": "Fears for T N pension after talks Unions representing workers at Turner   Newall say they are "
        "'disappointed' after talks with stricken parent firm Federal Mogul.",
        "label": 2,
    },
    "CogComp/trec/test": {"text": "How far is it from Denver to Aspen ?", "coarse_label": 5, "fine_label": 40},
    "Salesforce/wikitext/wikitext-2-v1/validation": {
        "text": " <unk> systems for H. gammarus are under development , and production rates are still very low . \n"
    },
}


@pytest.fixture
def real(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_DATA", str(shared / "data"))
    return shared / "data"


def task_named(name: str) -> Task:
    (task,) = find_tasks([name], folder=Path())
    return task


def test_every_public_task_is_pinned_and_tested() -> None:
    tasks = find_tasks(["tag:public"], folder=Path())
    assert {task.name for task in tasks} == set(EXPECTED)
    for task in tasks:
        assert len(task.definition.data.revision or "") == 40
        assert task.definition.license


@pytest.mark.parametrize("name", EXPECTED)
def test_a_public_task_makes_samples_of_the_real_data(real: Path, name: str) -> None:
    task = task_named(name)
    samples = task.samples()
    count, target = EXPECTED[name]
    assert len(samples) == len({sample.key for sample in samples}) == count
    assert target is None or samples[0].target == target
    for sample in samples:
        assert prompt_text(sample.prompt).strip()
        assert bool(sample.target) != (task.output == "perplexity")
        if task.output == "multiple_choice":
            assert sample.target in sample.choices


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"humaneval"}))
def test_the_metrics_of_a_public_task_exist(name: str) -> None:
    assert task_named(name).metrics


def test_pubmed_qa_holds_the_official_labels(real: Path) -> None:
    lines = (real / "pubmed_qa" / "test.jsonl").read_text().splitlines()
    wanted = [json.loads(line)["final_decision"] for line in lines]
    assert [sample.target for sample in task_named("pubmed_qa").samples()] == wanted


def test_gsm8k_targets_are_the_numbers_after_the_hashes(real: Path) -> None:
    for sample in task_named("gsm8k").samples():
        assert float(sample.target) == float(sample.document["answer"].split("####")[1].replace(",", ""))


def test_medqa_asks_for_the_letter_of_the_right_option(real: Path) -> None:
    for sample in task_named("medqa").samples():
        assert sample.document["options"][sample.target]
        assert f"\n{sample.target}. {sample.document['options'][sample.target]}\n" in str(sample.prompt)


@pytest.mark.parametrize("place", HUB_ROWS)
def test_the_hubs_layout_gives_the_fields_that_the_original_files_give(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / f"{place}.jsonl").write_text(json.dumps(HUB_ROWS[place]))
    hub = "/".join(place.split("/")[:2])
    name = next(task.name for task in find_tasks(["tag:public"], folder=Path()) if task.definition.data.hub == hub)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    (from_hub,) = task_named(name).rows
    monkeypatch.setenv("HARNESS_DATA", str(shared / "data"))
    originals = [row.values for row in task_named(name).rows]
    assert from_hub.values in originals


def test_the_duplicates_of_real_data_are_found(real: Path) -> None:
    kinds = [problem.kind for problem in check_task(task_named("sms_spam"))]
    assert kinds == ["duplicate"] * 414
