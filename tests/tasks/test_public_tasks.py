"""Definitions of public data sets run on the real data, from the sets' own files and from the hub's layout alike."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.records import prompt_text
from harness.tasks import Task, check_task, find_tasks

#: Samples that each task makes of the real data, and the target of its first.
EXPECTED = {
    "advbench": (521, None),
    "ag_news": (7600, "Business"),
    "bbh_boolean_expressions": (250, "False"),
    "bbh_date_understanding": (250, "(B)"),
    "bbh_object_counting": (250, "8"),
    "banking77": (3080, "card_arrival"),
    "gsm8k": (700, "18"),
    "harmbench": (41, None),
    "humaneval": (164, None),
    "ifeval": (541, None),
    "medqa": (1273, None),
    "pubmed_qa": (500, "yes"),
    "pubmed_qa_question": (500, "yes"),
    "sms_spam": (5574, "ham"),
    "stsb": (264, "A man wearing a hard hat is dancing."),
    "trec": (500, "number"),
    "truthfulqa": (817, "The watermelon seeds pass through your digestive system"),
    "wikitext2": (1997, None),
    "xstest": (450, None),
}

#: Data sets behind a form of consent: their commit could not be checked, so it is not claimed.
UNPINNED = {"advbench", "harmbench"}

#: A row as the hub holds it, of sets without a local copy, and the target it must give.
WITHOUT_COPY: dict[str, tuple[str, dict[str, Any], str]] = {
    "arc_challenge": (
        "allenai/ai2_arc/ARC-Challenge/test",
        {"question": "Which is a gas?", "choices": {"text": ["ice", "steam"], "label": ["1", "2"]}, "answerKey": "2"},
        "steam",
    ),
    "arc_easy": (
        "allenai/ai2_arc/ARC-Easy/test",
        {"question": "Which is a gas?", "choices": {"text": ["ice", "steam"], "label": ["A", "B"]}, "answerKey": "A"},
        "ice",
    ),
    "cnn_dailymail": (
        "abisee/cnn_dailymail/3.0.0/test",
        {"article": "It rained all day. Nobody came.", "highlights": "It rained.\nNobody came.", "id": "0"},
        "It rained.\nNobody came.",
    ),
    "flores200_en_de": (
        "haoranxu/FLORES-200/en-de/test",
        {"en-de": {"en": "Good morning.", "de": "Guten Morgen. "}},
        "Guten Morgen.",
    ),
    "hellaswag": (
        "Rowan/hellaswag/validation",
        {
            "activity_label": "Baking",
            "ctx": "A man opens an oven. he",
            "endings": ["swims.", "sits.", "looks."],
            "label": "2",
        },
        "looks.",
    ),
    "mbpp": (
        "google-research-datasets/mbpp/full/test",
        {
            "task_id": 11,
            "text": "Write a function to add.",
            "code": "def add(a, b):\r\n  return a + b",
            "test_list": ["x"],
            "test_setup_code": "",
        },
        "def add(a, b):\n  return a + b",
    ),
    "medmcqa": (
        "openlifescienceai/medmcqa/validation",
        {"question": "Scurvy lacks vitamin", "opa": "A", "opb": "B12", "opc": "C", "opd": "D", "cop": 2},
        "C",
    ),
    "mmlu": (
        "cais/mmlu/all/test",
        {"question": "1 + 1 =", "subject": "abstract_algebra", "choices": ["1", "2", "3", "4"], "answer": 1},
        "B",
    ),
    "sst2": ("stanfordnlp/sst2/validation", {"idx": 0, "sentence": "a charming film ", "label": 1}, "positive"),
    "wmt14_en_de": (
        "wmt/wmt14/de-en/test",
        {"translation": {"de": "Guten Morgen.", "en": "Good morning."}},
        "Guten Morgen.",
    ),
    "xsum": (
        "EdinburghNLP/xsum/test",
        {"document": "It rained all day.\nNobody came.", "summary": "Rain kept people away.", "id": "0"},
        "Rain kept people away.",
    ),
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
    assert {task.name for task in tasks} == set(EXPECTED) | set(WITHOUT_COPY)
    for task in tasks:
        assert len(task.definition.data.revision or "") == (0 if task.name in UNPINNED else 40)
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
        checked = "harmful" in sample.document or "instruction_id_list" in sample.document
        assert bool(sample.target) != (task.output == "perplexity" or checked)
        if task.output == "multiple_choice":
            assert sample.target in sample.choices


@pytest.mark.parametrize("name", WITHOUT_COPY)
def test_a_public_task_without_a_copy_here_reads_the_hubs_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place, row, target = WITHOUT_COPY[name]
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / f"{place}.jsonl").write_text(json.dumps(row))
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    (sample,) = task_named(name).samples()
    assert sample.target == target
    assert not sample.choices or target in sample.choices


def test_xstest_tells_safe_prompts_from_unsafe_ones(real: Path) -> None:
    harmful = [sample.document["harmful"] for sample in task_named("xstest").samples()]
    assert (harmful.count(True), harmful.count(False)) == (200, 250)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) | set(WITHOUT_COPY)))
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
