"""A response: what a metric judges."""

from dataclasses import dataclass

from harness.records.answer import Answer
from harness.records.sample import Sample


@dataclass(frozen=True, slots=True)
class Response:
    """A sample, the engine's answer, and the text that the task's filters read from it.

    ``text`` is the filtered generation, or the most likely choice; None where the filters found nothing to read.
    ``repetition`` numbers the generations of a sample that is generated more than once, from 0.
    """

    sample: Sample
    answer: Answer
    text: str | None
    repetition: int = 0
