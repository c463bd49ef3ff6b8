"""ROUGE equals the rouge-score package, bit for bit."""

import json

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer

from harness.metrics import build_metric
from tests.metrics.helpers import said

NAMES = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def _random_pairs(size: int) -> list[tuple[str, list[str]]]:
    random = np.random.default_rng(3)
    words = ["run", "running", "cat", "cats", "a", "b", "the", "Häuser", "x1", "...", "\n"]

    def text() -> str:
        return " ".join(random.choice(words, size=random.integers(0, 25)))

    return [(text(), [text() for _ in range(random.integers(1, 4))]) for _ in range(size)]


@pytest.mark.parametrize("stemmer", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_values_equal_rouge_score_with_several_references_and_lines(name, stemmer):
    scorer = RougeScorer([name], use_stemmer=stemmer)
    pairs = [*_random_pairs(400), ("", ["a"]), ("a", [""]), ("", [""]), ("日本", ["日本"])]
    scores = build_metric({"name": name, "stemmer": stemmer}).measure([said(text, *refs) for text, refs in pairs])
    assert [s.value for s in scores] == [scorer.score_multi(refs, text)[name].fmeasure for text, refs in pairs]


@pytest.mark.parametrize("name", NAMES)
def test_values_on_real_summaries_equal_rouge_score(name, shared):
    documents = json.loads((shared / "data" / "summeval" / "summeval_half.json").read_text())
    rows = list(documents.values() if isinstance(documents, dict) else documents)[:5]
    scorer = RougeScorer([name], use_stemmer=True)
    pairs = [(one["sys_summ"], row["ref_summs"]) for row in rows for one in list(row["sys_summs"].values())[:4]]
    pairs = [(". \n".join(text.split(". ")), [". \n".join(ref.split(". ")) for ref in refs]) for text, refs in pairs]
    scores = build_metric({"name": name, "stemmer": True}).measure([said(text, *refs) for text, refs in pairs])
    assert [s.value for s in scores] == [scorer.score_multi(refs, text)[name].fmeasure for text, refs in pairs]
