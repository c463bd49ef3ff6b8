"""Samples that stand in training data are found whole, in part or nearly; instructions and small talk are not."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.main import run as harness
from harness.comparison import compare
from harness.evaluation import evaluate, rescore
from harness.gate import gate_run
from harness.records import Message, Sample
from harness.runs import Run
from harness.training.contamination import TrainingText
from harness.training.rows.examples import Example
from tests.packs import write_pack, write_suite

PASSAGE = (
    "The lighthouse keeper climbed the narrow stairs every evening and lit the great lamp, although no ship had "
    "passed the rocks since the harbour was closed in the spring of that year."
)


def seen(text: str, *training: str) -> str | None:
    """The kind of overlap of one text with training rows, or None."""
    examples = [
        Example((Message("user", one), Message("assistant", "Yes.")), f"t:{i}") for i, one in enumerate(training, 1)
    ]
    found = TrainingText(examples).overlaps(
        [Sample("t", "k", f"Is this true? {text}", document={"text": text, "id": "7"})]
    )
    return found["k"].kind if found else None


@pytest.mark.parametrize(
    ("text", "training", "kind"),
    [
        (PASSAGE, PASSAGE, "exact"),
        (PASSAGE.upper(), PASSAGE.replace(",", " -- "), "exact"),
        ("It is cold today.", "it is cold today", "exact"),
        (PASSAGE, "He said: " + PASSAGE + " And then he slept.", "ngram"),
        ("an old man sat by the quiet river bank", "Once an old man sat by the quiet river bank. He slept.", "ngram"),
        (PASSAGE.replace("narrow", "steep").replace("although", "but").replace("harbour", "port"),
         PASSAGE, "near"),
        ("It is cold today.", "She said it is cold today, and left.", None),
        ("Yes.", "Yes.", None),
        (PASSAGE, "The keeper of the lighthouse had climbed many stairs, and every evening a great ship passed.", None),
        ("Is this true? Is it?", "Something else entirely.", None),
    ],
)  # fmt: skip
def test_overlaps_are_found_and_chance_is_not(text: str, training: str, kind: str | None) -> None:
    assert seen(text, "Another row of training data that has nothing to do with it.", training) == kind


def test_a_question_is_found_beside_a_longer_worked_answer_and_the_answer_without_its_question() -> None:
    document = {"question": PASSAGE, "answer": "It was in spring, since the passage says so. " * 9}
    sample = Sample("t", "k", f"Answer in a word.\n{PASSAGE}", document=document)
    for leaked in document.values():
        examples = [Example((Message("user", leaked), Message("assistant", "x")), "data.jsonl:9")]
        assert [one.kind for one in TrainingText(examples).overlaps([sample]).values()] == ["exact"]


def test_an_instruction_in_every_document_is_no_sign_of_the_sample() -> None:
    asked = "Rewrite the sentence below so that it is formal, without changing what it says or adding anything to it."
    documents = [{"instruction": asked, "input": f"She sang {i} songs."} for i in range(4)]
    samples = [Sample("t", str(i), f"{asked}\n{one['input']}", document=one) for i, one in enumerate(documents)]
    examples = [Example((Message("user", f"{asked}\nHe ran home."), Message("assistant", "She sang 3 songs.")), "d:1")]
    assert {key: one.kind for key, one in TrainingText(examples).overlaps(samples * 2).items()} == {"3": "exact"}


def test_the_training_row_and_the_shared_words_are_named() -> None:
    examples = [Example((Message("user", f"First. {PASSAGE}"),), "data.jsonl:9")]
    (found,) = TrainingText(examples).overlaps([Sample("t", "k", "p", document={"text": PASSAGE})]).values()
    assert found.where == "data.jsonl:9"
    assert found.shared.startswith("The lighthouse keeper climbed")
    assert len(found.shared.split()) == 13


@given(st.lists(st.text(max_size=200), max_size=5), st.text(max_size=200))
def test_any_text_can_be_looked_for_and_equal_ones_are_always_found(training: list[str], text: str) -> None:
    found = seen(text, *training, text)
    words = len([word for word in text.split() if any(c.isalnum() for c in word)])
    assert found == "exact" or words < 3 or not text.isascii()


def test_a_suite_counts_what_a_model_was_trained_on_and_the_gate_stops_it(tmp_path: Path) -> None:
    rows = [{"text": f"{PASSAGE} It happened {n} times.", "label": "yes"} for n in range(20)]
    write_pack(tmp_path, "words", rows)
    said = [{"model": m, "prompt": row["text"], "response": "yes"} for m in ("base", "candidate") for row in rows]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    training = [{"prompt": row["text"], "response": "yes"} for row in rows[:4]]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in training))
    suite = write_suite(
        tmp_path, models={"base": {}, "candidate": {}}, engine={"kind": "replay", "options": {"path": "said.jsonl"}},
        contamination={"candidate": "train.jsonl"},
        gate=[{"rule": "no_contamination"}], noise={"samples": 4},
    )  # fmt: skip
    run = evaluate(suite, tmp_path / "run")
    compare(run)
    verdict = gate_run(run)
    assert (verdict.decision, verdict.rules[0].observed) == ("fail", 1.0)  # the passage itself stands in every sample
    before = run.scores()
    rescore(run)
    pd.testing.assert_frame_equal(before, run.scores())
    figures = {f.model: f for f in run.results.figures if f.metric == "contaminated"}
    assert (figures["base"].value, figures["base"].unscorable) == (None, 20)


def test_a_clean_model_passes_and_its_task_keeps_its_fingerprint(tmp_path: Path) -> None:
    write_pack(tmp_path, "words", [{"text": f"The number after {n} is", "label": f"{n + 1}"} for n in range(3)])
    (tmp_path / "train.jsonl").write_text(json.dumps({"prompt": PASSAGE, "response": "yes"}) + "\n")
    fingerprints = set()
    for contamination in ({}, {"base": "train.jsonl"}):
        run = evaluate(write_suite(tmp_path, contamination=contamination), tmp_path / f"run{len(contamination)}")
        compare(run)
        fingerprints.add(run.results.tasks[0].fingerprint)
    (figure,) = [f for f in Run.open(tmp_path / "run1").results.figures if f.metric == "contaminated"]
    assert (figure.value, figure.samples) == (0.0, 3)
    assert len(fingerprints) == 1


def test_training_data_may_be_preferences_and_both_answers_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(tmp_path, "words", [{"text": PASSAGE, "label": "x"}, {"text": PASSAGE[::-1], "label": "y"}])
    train = tmp_path / "train.jsonl"
    train.write_text(json.dumps({"prompt": "Tell me.", "chosen": "Once, long ago.", "rejected": PASSAGE}) + "\n")
    assert harness(["data", "contamination", str(train), "-t", str(pack)]) == 1
    assert "words: 1 of 2 samples" in capsys.readouterr().out


def test_the_command_lists_overlaps_and_its_status_says_whether_there_are_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = write_pack(
        tmp_path, "words", [{"text": PASSAGE, "label": "x"}, {"text": "Nothing of it at all", "label": "y"}]
    )
    train = tmp_path / "train.jsonl"
    train.write_text(json.dumps({"prompt": PASSAGE, "response": "yes"}) + "\n")
    assert harness(["data", "contamination", str(train), "--tasks", str(pack)]) == 1
    said = capsys.readouterr().out
    assert "words: 1 of 2 samples stand in the training data" in said
    assert "exact  train.jsonl:1  The lighthouse keeper" in said
    train.write_text(json.dumps({"prompt": "Good day.", "response": "yes"}) + "\n")
    assert harness(["data", "contamination", str(train), "-t", str(pack), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"]["contaminated"] == 0
