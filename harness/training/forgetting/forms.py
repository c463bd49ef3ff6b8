"""The answers that training data gives again and again, and whether an old task is answered with one of them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.records import Sample
from harness.training.forgetting.probes import Probe

#: An answer is a form if at least this many prompts, and this share of all, get it word by word.
LEAST_PROMPTS = 3
LEAST_SHARE = 0.01
#: Longer answers are texts.
LONGEST = 80


@dataclass(frozen=True)
class AnswerForms:
    """Short answers that many prompts of the training data share: its labels and set phrases.

    Attributes:
        forms: Normalised, the longest first.
        share: Share of the prompts that get one of them.
    """

    forms: tuple[str, ...]
    share: float

    def of(self, text: str) -> str | None:
        """The form that a text is or starts with."""
        said = normal(text)
        return next((form for form in self.forms if _starts(said, form)), None)

    def drifted(self, probe: Probe, base: Sequence[str], tuned: Sequence[str]) -> list[bool]:
        """Which of a probe's answers became an answer of the training data.

        An answer drifted if the tuned model starts it with a form that is no answer to any sample of the probe's task,
        and that the base did not start its own answer with.

        Args:
            base, tuned: What the two models said, sample by sample.
        """
        own = own_answers(probe)
        found = [self.of(text) for text in tuned]
        return [
            form is not None and form not in own and not _starts(normal(before), form)
            for form, before in zip(found, base, strict=True)
        ]


def answer_forms(answers: Iterable[tuple[str, str]]) -> AnswerForms:
    """The forms in training data.

    Args:
        answers: Identity of the prompt, and the answer.
    """
    prompts: dict[str, set[str]] = {}
    asked = set()
    for prompt, answer in answers:
        asked.add(prompt)
        if len(answer) <= LONGEST and "\n" not in answer.strip() and (form := normal(answer)):
            prompts.setdefault(form, set()).add(prompt)
    least = max(LEAST_PROMPTS, math.ceil(LEAST_SHARE * len(asked)))
    shared = {form: given for form, given in prompts.items() if len(given) >= least}
    covered = set().union(*shared.values())
    forms = tuple(sorted(shared, key=lambda form: (-len(form), form)))
    return AnswerForms(forms, len(covered) / max(1, len(asked)))


def own_answers(probe: Probe) -> frozenset[str]:
    """All answers that a task knows, whichever of its samples they belong to."""
    samples: list[Sample] = probe.task.samples()
    known = {text for sample in samples for text in (*sample.references, *sample.choices)}
    return frozenset(normal(text) for text in (*known, *probe.task.definition.labels))


def normal(text: str) -> str:
    """Letter case, white space and the marks around an answer aside."""
    return " ".join(text.casefold().split()).strip(" .,;:!?\"'`*()[]")


def _starts(text: str, form: str) -> bool:
    return text.startswith(form) and not text[len(form) : len(form) + 1].isalnum()
