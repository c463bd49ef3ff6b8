"""Whether the terms that a sample calls for are used."""

import re
from collections.abc import Sequence

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import not_judged
from harness.records import InputError, Outcome, Response, Score, content_hash

#: Terms of one sample, and characters of one term, at most.
MAX_TERMS, MAX_LENGTH = 1000, 200


@register("terminology_usage")
class TerminologyUsage(MeanMetric):
    """Terms used over terms called for, both summed over samples: term recall, whole words of any case.

    It says that a term occurs, not that it is used rightly.

    Args:
        terms: The vocabulary of the task (its labels if left out). A sample calls for those that its references use.
        field: Instead, the field of the data that lists the terms a sample calls for.

    Statistics: ``(used, called for)``. A sample that calls for none is unscorable.
    """

    def __init__(self, *, labels: Sequence[str] = (), terms: Sequence[str] = (), field: str | None = None) -> None:
        if (terms and field) or not (terms or field or labels):
            raise InputError("terminology_usage takes either 'terms' or 'field'")
        self.terms, self.field = _checked(terms or ([] if field else labels), "terminology_usage: terms"), field

    @property
    def signature(self) -> str:
        wanted = f"field:{self.field}" if self.field else f"terms:{content_hash(self.terms)},used by a reference"
        return f"{self.name}|{wanted}|case:ignored|match:whole words"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def _judge(self, response: Response) -> Score:
        wanted = self._wanted(response)
        if not wanted:
            return not_judged(Outcome.UNSCORABLE, 2)
        used = [term for term in wanted if _occurs(term, response.text or "")]
        return Score(
            Outcome.SCORED, len(used) / len(wanted), (float(len(used)), float(len(wanted))), ", ".join(used) or "none"
        )

    def _wanted(self, response: Response) -> list[str]:
        sample = response.sample
        if self.field is None:
            return [term for term in self.terms if any(_occurs(term, one) for one in sample.references)]
        listed = sample.document.get(self.field)
        if not isinstance(listed, list | tuple):
            raise InputError(
                f"sample {sample.key} has no list in field {self.field!r}, which {self.name} needs", where=sample.task
            )
        return _checked(listed, f"{sample.task}: field {self.field!r}")


def _checked(terms: Sequence[str], where: str) -> list[str]:
    unique = list(dict.fromkeys(str(term).strip() for term in terms))
    if len(unique) > MAX_TERMS or any(not term or len(term) > MAX_LENGTH for term in unique):
        raise InputError(f"at most {MAX_TERMS} terms of 1 to {MAX_LENGTH} characters", where=where)
    return unique


def _occurs(term: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text, re.IGNORECASE))
