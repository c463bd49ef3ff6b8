"""One trial: a candidate's code against a task's tests, in two confined processes, judged from what they report."""

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import StrEnum
from io import FileIO

from harness.records import RunError
from harness.sandbox.inside.judge import READY
from harness.sandbox.inside.plain import NotPlain, decode
from harness.sandbox.limits import Limits, machine_factor
from harness.sandbox.process import Process

#: Seconds between two looks at what the processes have written.
_GLANCE = 0.025
_LARGEST_REPORT = 1 << 16
#: Seconds that a process which was heard of last is given to end by itself, so that its status can be told.
_LAST_MOMENT = 0.5


class Ending(StrEnum):
    """How a trial ended. ``BROKEN`` speaks of the tests, all others of the candidate."""

    PASS = "pass"
    WRONG = "wrong"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    FORBIDDEN = "forbidden"
    ERROR = "error"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Trial:
    """Code and what it is tried with.

    Attributes:
        code: What the model wrote.
        tests: Python: statements with assertions, or a function ``check`` that takes the candidate's function. They run
            in a process of their own; names they do not define are the candidate's.
        given: Python of the task that both sides may use (imports, helpers; a stub of ``entry_point`` does not count).
        entry_point: The function that the candidate must define; needed for a ``check``.
        language: ``python`` or ``javascript``.
    """

    code: str
    tests: str
    given: str = ""
    entry_point: str = ""
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a trial ended, and why in words."""

    ending: Ending
    reason: str = ""


_RAISED = {"MemoryError": Ending.MEMORY, "PermissionError": Ending.FORBIDDEN}
#: SIGKILL comes from the kernel when memory runs out, SIGSYS from seccomp, SIGXCPU from the limit on processor time,
#: SIGABRT and SIGTRAP from V8 when its heap is full.
_SIGNALLED: dict[int, Ending] = {
    signal.SIGKILL: Ending.MEMORY,
    signal.SIGSYS: Ending.FORBIDDEN,
    signal.SIGXCPU: Ending.TIMEOUT,
}
_SIGNALLED_NODE = _SIGNALLED | {signal.SIGABRT: Ending.MEMORY, signal.SIGTRAP: Ending.MEMORY}


def run_trial(trial: Trial, parts: Sequence[str], limits: Limits) -> Judgement:
    """Try a candidate.

    Args:
        parts: What confines the processes: of ``landlock``, ``seccomp`` and ``bwrap``.
        limits: ``seconds`` is stretched by `machine_factor`.

    Raises:
        RunError: the processes cannot be started.
    """
    limits = replace(limits, seconds=limits.seconds * machine_factor())
    with ExitStack() as stack:
        try:
            candidate, tests, reports = _start(trial, parts, limits, stack)
        except OSError as error:
            raise RunError(f"cannot start a sandbox: {error}") from None
        heard = _wait(reports, limits, (candidate, tests))
        if isinstance(heard, Judgement):
            return heard
        signals = _SIGNALLED_NODE if trial.language == "javascript" else _SIGNALLED
        return _judgement(heard, candidate, tests, signals)


def _start(trial: Trial, parts: Sequence[str], limits: Limits, stack: ExitStack) -> tuple[Process, Process, FileIO]:
    """Both processes, connected by pipes, and the end at which the tests' report arrives."""
    asked, asking = _pipe(stack)
    answered, answering = _pipe(stack)
    reports, reporting = _pipe(stack)
    alive, _ = _pipe(stack)
    role = "node" if trial.language == "javascript" else "candidate"
    common = {"given": trial.given, "entry_point": trial.entry_point}
    theirs = {"alive": alive.fileno(), "reading": asked.fileno(), "writing": answering.fileno()}
    candidate = Process(role, parts, limits, theirs, common | {"code": trial.code})
    stack.callback(candidate.close)
    theirs |= {"reading": answered.fileno(), "writing": asking.fileno(), "report": reporting.fileno()}
    tests = Process("tests", parts, limits, theirs, common | {"tests": trial.tests})
    stack.callback(tests.close)
    for end in (asked, asking, answered, answering, reporting):
        end.close()
    return candidate, tests, reports


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    reading, writing = os.pipe()
    return stack.enter_context(FileIO(reading)), stack.enter_context(FileIO(writing, "w"))


def _wait(reports: FileIO, limits: Limits, processes: Sequence[Process]) -> bytes | Judgement:
    """All that the tests' process reports until it ends."""
    deadline = time.monotonic() + limits.seconds
    poll = select.poll()
    poll.register(reports, select.POLLIN)
    heard = b""
    while (left := deadline - time.monotonic()) > 0:
        if poll.poll(1000 * min(_GLANCE, left)):
            chunk = os.read(reports.fileno(), _LARGEST_REPORT)
            heard += chunk
            if not chunk or len(heard) > _LARGEST_REPORT:
                return heard
        elif any(process.overflows() for process in processes):
            return Judgement(Ending.FORBIDDEN, "wrote more into its folder than it may")
    return Judgement(Ending.TIMEOUT, f"took longer than {limits.seconds:.3g} s")


def _judgement(heard: bytes, candidate: Process, tests: Process, signals: Mapping[int, Ending]) -> Judgement:
    if heard[:1] != READY:
        return Judgement(Ending.BROKEN, f"the tests did not start: {tests.printed()}")
    try:
        verdict, kind, detail = decode(heard[len(READY) :], int)
    except (NotPlain, ValueError):
        who = "the tests' process, which reads what the candidate returns,"
        return _by_status(tests.ended(_LAST_MOMENT), who, _SIGNALLED)
    # The folder's name is another one each time.
    detail = detail.replace(str(candidate.folder.path), "folder")
    if verdict == "gone":
        return _by_status(candidate.ended(_LAST_MOMENT), "the candidate's process", signals)
    if verdict == "raised":
        return Judgement(_RAISED.get(kind, Ending.ERROR), detail)
    if verdict == "broken":
        detail = f"{detail} {candidate.printed()}".strip()
    return Judgement(Ending(verdict), detail)


def _by_status(status: int | None, who: str, signals: Mapping[int, Ending]) -> Judgement:
    if status is None:
        return Judgement(Ending.ERROR, f"{who} stopped answering")
    if status >= 0:
        return Judgement(Ending.ERROR, f"{who} ended before the tests did, with status {status}")
    return Judgement(signals.get(-status, Ending.ERROR), f"{who} was ended by signal {-status}")
