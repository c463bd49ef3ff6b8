"""All that a recipe's ``forgetting:`` section asks for, found and checked before a model is loaded."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engines.encoding import Encoder
from harness.records import InputError, Kind, Request
from harness.training.forgetting.forms import AnswerForms, answer_forms
from harness.training.forgetting.probes import Probe, find_probes, find_texts
from harness.training.forgetting.settings import USUAL_LIMITS, Forgetting, Limits


@dataclass(frozen=True)
class Watched:
    """What is asked, and what may be lost.

    Attributes:
        limits: Those that hold: the recipe's own, or the usual ones that can be measured.
        forms: Answers by which format drift is told.
        room: Longest sequence in tokens that base and tuned model both have room for; None where nothing says.
    """

    settings: Forgetting
    probes: tuple[Probe, ...]
    texts: tuple[str, ...]
    forms: AnswerForms
    limits: Limits
    room: int | None

    @property
    def measures_drift(self) -> bool:
        """Whether there are answers that could drift, and forms that they could drift to."""
        return bool(self.forms.forms) and any(probe.generates for probe in self.probes)

    @property
    def figures(self) -> int:
        """How many figures with an interval one measurement gives."""
        together = int(len(self.probes) > 1)
        return len(self.probes) + together + int(bool(self.probes)) + int(self.measures_drift) + 2

    def every(self, steps: int) -> int:
        """Steps between two measurements."""
        return self.settings.every or max(1, -(-steps // 4))

    def text_requests(self, model: str, kind: Kind) -> list[Request]:
        """What is asked of a model about the texts."""
        return [Request(model, kind, text) for text in self.texts]


def find_watched(
    settings: Forgetting, folder: Path, answers: Iterable[tuple[str, str]], encoder: Encoder, room: int | None
) -> Watched:
    """Find and check what is to be watched.

    Args:
        folder: What the recipe's paths are relative to.
        answers: Of the training data: the identity of each prompt, and its answer.

    Raises:
        InputError: a probe or the text cannot be used, or a limit is on something that cannot be measured.
    """
    probes = tuple(find_probes(settings, folder))
    found = Watched(settings, probes, tuple(find_texts(settings, folder)), answer_forms(answers), Limits(), room)
    _check_lengths(found, encoder)
    missing = _unmeasured(found)
    given = settings.limits
    for name, reason in missing.items():
        if given is not None and getattr(given, name) is not None:
            raise InputError(f"cannot be measured: {reason}", where=f"forgetting.limits.{name}", mend="drop this limit")
    limits = given if given is not None else USUAL_LIMITS.model_copy(update=dict.fromkeys(missing))
    return Watched(settings, probes, found.texts, found.forms, limits, room)


def _unmeasured(watched: Watched) -> dict[str, str]:
    """The limits that nothing can be held against, and why."""
    missing: dict[str, Any] = {}
    if not watched.probes:
        missing |= dict.fromkeys(("accuracy_drop", "negative_flips", "format_drift"), "there are no probes")
    elif not watched.forms.forms:
        missing["format_drift"] = "the answers of the training data are free text, none is shared by several prompts"
    elif not watched.measures_drift:
        missing["format_drift"] = "no probe is answered in text"
    return missing


def _check_lengths(watched: Watched, encoder: Encoder) -> None:
    if watched.room is None:
        return
    for probe in watched.probes:
        for sample in probe.samples:
            length = len(encoder.prompt(sample.prompt))
            if length >= watched.room:
                raise InputError(
                    f"the prompt of sample {sample.key} has {length} tokens, {watched.room} fit into the context",
                    where=f"forgetting.probes, task {probe.task.name!r}",
                    mend="name other probes",
                )
