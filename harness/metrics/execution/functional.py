"""The metric ``functional_correctness``: does the code that a model wrote pass the task's tests?"""

import sys
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import not_judged
from harness.metrics.safety.code.extract import find_code
from harness.records import Finding, InputError, Outcome, Response, Score
from harness.sandbox import Ending, Judgement, Limits, Trial, node, parse_level, run_trials

#: Ways to fail, counted beside the figure.
_FAILURES = (Ending.WRONG, Ending.TIMEOUT, Ending.MEMORY, Ending.FORBIDDEN, Ending.ERROR)
_WIDTH = 2 + len(_FAILURES)
_LANGUAGES = {"python": "python", "py": "python", "javascript": "javascript", "js": "javascript"}


@register("functional_correctness")
class FunctionalCorrectness(MeanMetric):
    """Share of answers whose code passes all tests of its sample; with one greedy answer a sample, pass@1.

    Code is run as it was written: what does not parse, is cut off or is not there fails, as it does in HumanEval.
    ``extracted`` says how a trial ended: pass, wrong, timeout, memory, forbidden or error. A sample without tests, or
    in a language that is not run here, is an error of the metric and not of the model.

    Statistics: ``(passed, 1, wrong, timeout, memory, forbidden, error)``; the breakdown counts the latter.

    Args:
        tests: Field of the document with the tests: Python text, or a list of statements.
        entry_point: Field with the name of the function; needed where the tests define ``check``.
        given: Field with code of the task that the answer may continue, or use: imports, helpers, a stub.
        seconds: Time of one sample, on a machine of nominal speed.
        memory: MiB of one sample.
        sandbox: Level that is demanded (``landlock+seccomp``); any that contains code if left out.

    The language is the document's ``language``, Python if it names none.
    """

    is_rate = True

    def __init__(
        self,
        *,
        tests: str = "tests",
        entry_point: str = "",
        given: str = "",
        seconds: float = 4.0,
        memory: int = 1024,
        sandbox: str = "",
        labels: Sequence[str] = (),
    ) -> None:
        if not (isinstance(seconds, (int, float)) and 0 < seconds <= 600):
            raise InputError(f"{self.name}: seconds is {seconds!r}", mend="give a number up to 600")
        if not (isinstance(memory, int) and 64 <= memory <= 1 << 20):
            raise InputError(f"{self.name}: memory is {memory!r}", mend="give MiB, at least 64")
        parse_level(sandbox)
        self._tests, self._entry_point, self._given = tests, entry_point, given
        self._limits = Limits(seconds=seconds, memory=memory << 20)
        self.isolation: str = sandbox

    @property
    def signature(self) -> str:
        fields = f"tests:{self._tests}|entry_point:{self._entry_point}|given:{self._given}"
        limits = f"seconds:{self._limits.seconds:g}|memory:{self._limits.memory >> 20}"
        return f"{self.name}|{fields}|{limits}|python:{sys.version_info[0]}.{sys.version_info[1]}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        """See `Metric.measure`.

        Raises:
            InputError: a sample lacks a field.
            Unavailable: nothing contains code on this machine as demanded.
        """
        trials = [self._trial(response) for response in responses]
        wanted = [trial for trial in trials if isinstance(trial, Trial)]
        judgements = iter(run_trials(wanted, self._limits, wanted=self.isolation))
        return [_score(next(judgements)) if isinstance(trial, Trial) else _not_run(trial) for trial in trials]

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        return {ending.value: float(count) for ending, count in zip(_FAILURES, sums[2:], strict=True)}

    def _trial(self, response: Response) -> Trial | str:
        """What to run, or why nothing is."""
        document = response.sample.document
        named = str(document.get("language") or "python")
        language = _LANGUAGES.get(named.casefold())
        tests = self._field(response, self._tests)
        text = tests if isinstance(tests, str) else "\n".join(map(str, tests or ()))
        if language is None or not text.strip():
            return f"no tests that run {named}"
        if language == "javascript" and not node():
            return "node, which runs JavaScript, is not installed"
        given = str(self._field(response, self._given) or "")
        entry_point = str(self._field(response, self._entry_point) or "")
        return Trial(_written(response, language, given), text, given, entry_point, language)

    def _field(self, response: Response, name: str) -> Any:
        if not name:
            return None
        if name not in response.sample.document:
            raise InputError(
                f"sample {response.sample.key} has no field {name!r}, which {self.name} needs",
                where=response.sample.task,
                mend=f"name the fields of the data, such as {{name: {self.name}, tests: ...}}",
            )
        return response.sample.document[name]


def _written(response: Response, language: str, given: str) -> str:
    """The code of an answer; a body alone is completed with the code that it continues."""
    code = find_code(response.text or "", language).text
    if code.lstrip("\n")[:1].isspace():
        return f"{given.rstrip()}\n{code}" if given else textwrap.dedent(code)
    return code


def _score(judgement: Judgement) -> Score:
    ending, reason = judgement.ending, judgement.reason
    if ending is Ending.BROKEN:
        return _not_run(f"the tests cannot be run: {reason}")
    value = float(ending is Ending.PASS)
    severity = "high" if ending is Ending.FORBIDDEN else "medium"
    findings = () if value else (Finding(f"execution.{ending}", severity, reason),)
    statistics = (value, 1.0, *(float(ending is failure) for failure in _FAILURES))
    return Score(Outcome.SCORED, value, statistics, ending.value, findings)


def _not_run(reason: str) -> Score:
    return not_judged(Outcome.ERROR, _WIDTH, extracted=reason)
