"""How long answers are, beside their references, their sources and their own compressed form."""

import gzip
from collections.abc import Sequence

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, not_judged, references
from harness.records import InputError, Outcome, Response, Score, prompt_text


class _RatioOfSums(MeanMetric):
    """One length over another, both summed over samples. Statistics: the two lengths."""

    def _ratio(self, above: int, below: int) -> Score:
        if below == 0:
            return not_judged(Outcome.UNSCORABLE, 2)
        return Score(Outcome.SCORED, above / below, (float(above), float(below)))


@register("length_ratio")
class LengthRatio(_RatioOfSums):
    """Words of all answers over words of all first references. 1 is the references' length; neither side is better."""

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|words:split_on_space|reference:first"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [
            self._ratio(len((one.text or "").split()), len(references(one, self.name)[0].split())) for one in responses
        ]


@register("compression_ratio")
class CompressionRatio(_RatioOfSums):
    """Words of all sources over words of all answers: how much shorter summaries are (Grusky et al. 2018).

    Neither side is better. An empty answer is unscorable.

    Args:
        source: The field of the data that holds the text to summarise; the whole prompt if left out.
    """

    def __init__(self, *, labels: Sequence[str] = (), source: str | None = None) -> None:
        self.source = source

    @property
    def signature(self) -> str:
        return f"{self.name}|words:split_on_space|source:{self.source or 'prompt'}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._ratio(len(self._source(one).split()), len((one.text or "").split())) for one in responses]

    def _source(self, response: Response) -> str:
        sample = response.sample
        if self.source is None:
            return prompt_text(sample.prompt)
        if not isinstance(sample.document.get(self.source), str):
            raise InputError(
                f"sample {sample.key} has no text in field {self.source!r}, which {self.name} needs",
                where=sample.task,
                mend="name the field that holds the source",
            )
        return str(sample.document[self.source])


@register("gzip_ratio")
class GzipRatio(MeanMetric):
    """Bytes of an answer over bytes of its gzip, averaged over answers: repetitive text compresses well.

    Comparable between answers of about the same length only (Shaib et al. 2024); gzip's own header keeps short texts
    below 1. Neither side is better. An empty answer is unscorable.
    """

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|level:9|bytes:utf-8"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge((one.text or "").encode("utf-8", errors="replace")) for one in responses]

    def _judge(self, said: bytes) -> Score:
        if not said.strip():
            return not_judged(Outcome.UNSCORABLE, 2)
        return mean_score(float(np.float64(len(said)) / len(gzip.compress(said, 9, mtime=0))))
