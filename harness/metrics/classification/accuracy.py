"""Accuracy of labels and of ranked choices."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import LabelReader, references, same_answer
from harness.records import InputError, Outcome, Response, Score


def gold_label(response: Response, reader: LabelReader, metric: str) -> str:
    """The sample's label.

    Raises:
        InputError: the sample has no label, or one that the task does not list.
    """
    wanted = references(response, metric)[0]
    label = reader.read(wanted)
    if label is None:
        raise InputError(
            f"sample {response.sample.key} has the label {wanted!r}, which is not among the task's labels",
            where=response.sample.task,
            mend="add it to the task's labels, or mend the row",
        )
    return label


@register("accuracy")
class Accuracy(MeanMetric):
    """Share of samples answered right.

    For multiple choice the answer is the choice of highest summed log-likelihood (the first of equals), as ``acc``
    of lm-evaluation-harness. For a task with labels it is the label that the text names (letter case and
    surrounding punctuation aside); a text that names none is wrong and counted as ``unparsed``. Otherwise the text
    must equal a reference. Statistics: ``(right, 1, unparsed)``.
    """

    is_rate = True

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        self.labels = tuple(labels)
        self._reader = LabelReader(self.labels)

    @property
    def signature(self) -> str:
        return f"{self.name}|choices:sum_loglikelihood|labels:{len(self.labels)}|match:{self._reader.rule}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        return {"unparsed": float(sums[2])}

    def _judge(self, response: Response) -> Score:
        if response.answer.likelihoods and response.sample.choices:
            chosen = ranked_choice(response, lambda choice: 1)
            return _rate(is_target(chosen, response, self.name), chosen)
        if self.labels:
            gold = gold_label(response, self._reader, self.name)
            found = self._reader.read(response.text)
            return _rate(found == gold, found)
        wanted = references(response, self.name)
        return _rate(any(same_answer(response.text, one) for one in wanted), response.text)


@register("accuracy_norm")
class NormalisedAccuracy(MeanMetric):
    """Accuracy of multiple choice after dividing each log-likelihood by the choice's length.

    ``by: characters`` equals ``acc_norm`` of lm-evaluation-harness, ``by: bytes`` its ``acc_bytes``. The space that
    separates prompt and choice does not count.
    """

    is_rate = True

    def __init__(self, *, labels: Sequence[str] = (), by: Literal["characters", "bytes"] = "characters") -> None:
        if by not in ("characters", "bytes"):
            raise InputError(f"accuracy_norm: by is {by!r}", mend="use characters or bytes")
        self.by = by

    @property
    def signature(self) -> str:
        return f"{self.name}|choices:loglikelihood_per_length|by:{self.by}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        return {"unparsed": float(sums[2])}

    def _judge(self, response: Response) -> Score:
        chosen = ranked_choice(response, self._length)
        return _rate(is_target(chosen, response, self.name), chosen)

    def _length(self, choice: str) -> int:
        bare = choice.removeprefix(" ")
        return max(1, len(bare.encode("utf-8", "surrogatepass") if self.by == "bytes" else bare))


def ranked_choice(response: Response, length: Callable[[str], int]) -> str:
    """The choice of highest log-likelihood over ``length(choice)``, the first of equals.

    Raises:
        InputError: the answer holds no log-likelihood for each choice.
    """
    sample, likelihoods = response.sample, response.answer.likelihoods
    if not sample.choices or len(likelihoods) != len(sample.choices):
        raise InputError(
            f"sample {sample.key} has {len(sample.choices)} choices and {len(likelihoods)} log-likelihoods",
            where=sample.task,
            mend="this metric needs a task of output kind multiple_choice",
        )
    values = [one.total / length(choice) for one, choice in zip(likelihoods, sample.choices, strict=True)]
    return sample.choices[int(np.argmax(values))]


def is_target(choice: str, response: Response, metric: str) -> bool:
    """Whether a choice is among the sample's references, the separating space aside."""
    return any(choice.strip() == one.strip() for one in references(response, metric))


def _rate(right: bool, extracted: str | None) -> Score:
    value = float(right)
    return Score(Outcome.SCORED, value, (value, 1.0, float(extracted is None)), extracted)
