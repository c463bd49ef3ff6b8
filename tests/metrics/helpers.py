"""Builds responses for metric tests in a line."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.metrics import Metric
from harness.records import Answer, Generation, LogLikelihood, Response, Sample, Score


def said(
    text: str | None,
    *references: str,
    prompt: str = "",
    key: str = "k",
    finish: str = "stop",
    document: dict[str, Any] | None = None,
) -> Response:
    sample = Sample("task", key, prompt, references=references, document=document or {})
    return Response(sample, Answer(generation=Generation(text or "", len((text or "").split()), finish)), text)


def ranked(choices: Sequence[str], totals: Sequence[float], target: str) -> Response:
    sample = Sample("task", "k", "Question?", references=(target,), choices=tuple(choices))
    likelihoods = tuple(LogLikelihood((total,), False) for total in totals)
    return Response(sample, Answer(likelihoods=likelihoods), choices[int(np.argmax(totals))])


def sums(scores: Sequence[Score]) -> np.ndarray:
    return np.array([score.statistics for score in scores]).sum(0)


def figure(metric: Metric, responses: Sequence[Response]) -> float:
    return float(metric.aggregate(sums(metric.measure(responses))))
