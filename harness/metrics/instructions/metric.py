"""The metric over a prompt's instructions: all followed, or not."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.instructions.registry import BadInstruction, follows, instruction_names
from harness.records import Finding, Outcome, Response, Score

_NAMES = "instruction_id_list"
_ARGUMENTS = "kwargs"


@register("instruction_following")
class InstructionFollowing(MeanMetric):
    """Share of answers that follow every instruction of their prompt (IFEval's prompt-level accuracy).

    The instructions stand in the sample's document as IFEval publishes them: ``instruction_id_list``, and ``kwargs``
    with one mapping an instruction. The breakdown has the share of single instructions followed, overall
    (``instruction_level``) and of each kind. A sample whose instructions nobody could check is an error.

    Statistics: ``(followed all, 1)``, then for each kind of instruction those followed and those asked.

    Args:
        loose: Also accept an answer that follows without its first line, its last line or its stars.

    Source: Zhou et al. 2023, https://github.com/google-research/google-research/tree/master/instruction_following_eval.
    """

    is_rate = True
    default_loose = False

    def __init__(self, *, labels: Sequence[str] = (), loose: bool | None = None) -> None:
        self.loose = self.default_loose if loose is None else loose
        self._names = instruction_names()

    @property
    def signature(self) -> str:
        libraries = "|".join(f"{name}:{version(name)}" for name in ("langdetect", "nltk"))
        return f"{self.name}|{'loose' if self.loose else 'strict'}|level:prompt|kinds:{len(self._names)}|{libraries}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        followed, asked = np.asarray(sums[2::2], dtype=float), np.asarray(sums[3::2], dtype=float)
        parts = {"instruction_level": float(followed.sum() / asked.sum())} if asked.sum() else {}
        shares = zip(self._names, followed, asked, strict=True)
        return parts | {f"{self.name}[{name}]": float(got / of) for name, got, of in shares if of}

    def _judge(self, response: Response) -> Score:
        width = 2 + 2 * len(self._names)
        try:
            verdicts = instruction_verdicts(response.sample.document, response.text or "", loose=self.loose)
        except BadInstruction as error:
            reason = Finding("instruction", "error", str(error))
            return Score(Outcome.ERROR, None, (0.0,) * width, findings=(reason,))
        statistics = [float(all(verdict for _, verdict in verdicts)), 1.0, *[0.0] * (width - 2)]
        for name, verdict in verdicts:
            place = 2 + 2 * self._names.index(name)
            statistics[place] += verdict
            statistics[place + 1] += 1
        broken = ", ".join(name for name, verdict in verdicts if not verdict)
        return Score(
            Outcome.SCORED, statistics[0], tuple(statistics), f"broken: {broken}" if broken else "all followed"
        )


@register("instruction_following_loose")
class LooseInstructionFollowing(InstructionFollowing):
    """The same by IFEval's loose rule, which forgives an opening or closing line and Markdown's stars."""

    default_loose = True


def instruction_verdicts(document: Mapping[str, Any], answer: str, *, loose: bool = False) -> list[tuple[str, bool]]:
    """Each instruction of a row and whether the answer follows it. An empty answer follows none.

    Raises:
        BadInstruction: the row has no instructions, or one that nobody could check.
    """
    versions = [version for version in (_loosened(answer) if loose else [answer]) if version.strip()]
    verdicts = []
    for name, arguments in _instructions(document):
        follows(name, arguments, "")  # a bad instruction is one whatever the answer
        verdicts.append((name, any(follows(name, arguments, version) for version in versions)))
    return verdicts


def _instructions(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    names, arguments = document.get(_NAMES), document.get(_ARGUMENTS)
    if not isinstance(names, list | tuple) or not isinstance(arguments, list | tuple) or not names:
        raise BadInstruction(f"the row has no lists {_NAMES!r} and {_ARGUMENTS!r}")
    if len(names) != len(arguments) or not all(isinstance(one, Mapping) for one in arguments):
        raise BadInstruction(f"the row's {_ARGUMENTS!r} are not one mapping for each of {_NAMES!r}")
    return [(str(name), one) for name, one in zip(names, arguments, strict=True)]


def _loosened(answer: str) -> list[str]:
    lines = answer.split("\n")
    cut = [answer, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return [*cut, *(text.replace("*", "") for text in cut)]
