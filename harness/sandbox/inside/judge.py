"""The judging side: runs the task's tests in a process of their own, where the candidate is a stand-in for calls.

Comparisons happen here, on plain data; an object of the candidate's is a number here and equal to nothing but itself.
"""

from __future__ import annotations

import builtins
import os
import sys
from types import CodeType

from .candidate import STARTED, compiled, settle_chance
from .plain import NotPlain, decode, encode, receive, send

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


#: Reported first of all: from here on, what goes wrong is the candidate's doing.
READY = b"!"


class Gone(BaseException):
    """The candidate's process ended. No handler of the tests should take this for an exception it expects."""


class Unusable(BaseException):
    """The tests hand the candidate what cannot cross: their fault, whatever it does."""


class Raised(Exception):
    """The candidate raised something that has no equal here."""


class Candidate:
    """Calls across the pipe."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        #: The last exception that crossed: its object here, its type's name and message there.
        self.last: tuple[BaseException, str, str] | None = None
        self.asked = 0
        self.gone = False

    def has_started(self) -> bool:
        """Whether the process got as far as running what it is given."""
        try:
            return receive(self._reading) == STARTED
        except EOFError:
            return False

    def ask(self, *call: Any) -> tuple[Any, Any]:
        """Result and changed arguments of one call.

        Raises:
            Gone: nobody answers.
            Unusable: the arguments are no plain data.
            Exception: what the candidate raised, as the built-in exception of that name.
        """
        self.asked += 1
        try:
            message = encode(call, _number)
        except NotPlain as error:
            raise Unusable(str(error)) from None
        try:
            send(self._writing, message)
        except OSError:
            raise self._lost() from None
        return self.hear()

    def hear(self) -> tuple[Any, Any]:
        """The next answer."""
        try:
            answer = decode(receive(self._reading), lambda number: Remote(self, number))
        except EOFError:
            raise self._lost() from None
        except NotPlain as error:
            raise self._remember(Raised(str(error)), "NotPlain", str(error)) from None
        match answer:
            case ("ok", result, arguments):
                return result, arguments
            case ("raise", str(kind), str(message)):
                made = getattr(builtins, kind, None)
                if not (isinstance(made, type) and issubclass(made, Exception)) or made in _NOT_HERE:
                    made = Raised
                raise self._remember(made(message), kind, message)
        raise self._remember(Raised("an answer of another form"), "NotPlain", "an answer of another form")

    def _lost(self) -> Gone:
        self.gone = True
        return Gone()

    def _remember(self, error: Exception, kind: str, message: str) -> Exception:
        self.last = (error, kind, message[:500])
        return error


#: Exceptions that take more than a message, and those that would end a loop of the tests as if it were through.
_NOT_HERE: tuple[type[Exception], ...] = (
    *(UnicodeEncodeError, UnicodeDecodeError, UnicodeTranslateError, ExceptionGroup),
    *(StopIteration, StopAsyncIteration),
)


class Remote:
    """An object of the candidate's that is no plain data: a function, an instance, an iterator."""

    def __init__(self, candidate: Candidate, number: int) -> None:
        self.__dict__["_asked"] = candidate
        self.__dict__["_number"] = number

    def __call__(self, *given: Any, **named: Any) -> Any:
        result, now = self._asked.ask("call", self, list(given), named)
        for argument, changed in zip(given, now or (), strict=False):
            _update(argument, changed)
        return result

    def __getattr__(self, name: str) -> Any:
        return self._asked.ask("get", self, name)[0]

    def __setattr__(self, name: str, value: Any) -> None:
        self._asked.ask("set", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._asked.ask("item", self, key)[0]

    def __len__(self) -> int:
        return self._asked.ask("len", self)[0]

    def __bool__(self) -> bool:
        raise TypeError("an object of the candidate's is neither true nor false here")

    def __iter__(self) -> Iterator[Any]:
        iterator = self._asked.ask("iter", self)[0]
        while True:
            try:
                value = self._asked.ask("next", iterator)[0]
            except Raised:
                if self._asked.last[1] == "StopIteration":
                    return
                raise
            yield value


def _update(argument: Any, changed: Any) -> None:
    """Let the caller see what the candidate did to a list, dict or set that it was given."""
    if type(argument) is not type(changed) or argument == changed:
        return
    if isinstance(argument, list):
        argument[:] = changed
    elif isinstance(argument, (dict, set)):
        argument.clear()
        argument.update(changed)


def _number(value: Any) -> int:
    if isinstance(value, Remote):
        return int(value.__dict__["_number"])
    raise NotPlain(f"the tests pass a {type(value).__name__}, which is no plain data")


def judge(spec: dict[str, Any], reading: int, writing: int, report: int) -> None:
    """Run the tests and report ``(verdict, kind, detail)``.

    The verdict is ``pass``, ``wrong``, ``raised`` (by the candidate, an exception of that kind), ``gone``, or
    ``broken`` for tests that are unusable whatever the candidate does.

    Args:
        spec: ``given`` and ``tests`` (code), and ``entry_point``, the function that a ``check`` in the tests is handed.
    """
    os.write(report, READY)
    os.write(report, encode(_verdict(spec, Candidate(reading, writing)), _number))


def _verdict(spec: dict[str, Any], candidate: Candidate) -> tuple[str, str, str]:
    namespace: dict[str, Any] = {"__name__": "tests"}
    try:
        settle_chance(spec["given"], spec["tests"])
        exec(compiled(spec["given"], "<given>"), namespace)
        tests = compiled(spec["tests"], "<tests>")
        for name in _names(tests) & sys.stdlib_module_names:
            # A module that the tests use without importing it is ours: the candidate's could be anything.
            if f"{name}." in spec["tests"]:
                namespace.setdefault(name, __import__(name))
    except BaseException as error:  # noqa: BLE001
        return "broken", type(error).__name__, _message(error)
    if not candidate.has_started():
        return "broken", "ProcessLookupError", "the candidate's process did not start"
    try:
        verdict = _outcome(tests, spec["entry_point"], namespace, candidate)
    except Unusable as error:
        return "broken", "TypeError", str(error)
    except BaseException as error:  # noqa: BLE001
        verdict = _explained(error, candidate)
    # Tests that catch everything would take its end for an exception.
    return ("gone", "", "") if candidate.gone else verdict


def _outcome(
    tests: CodeType, entry_point: str, namespace: dict[str, Any], candidate: Candidate
) -> tuple[str, str, str]:
    """Run the tests, with the names that they do not have asked of the candidate."""
    candidate.hear()
    if entry_point:
        namespace[entry_point] = candidate.ask("name", entry_point)[0]
    for name in _names(tests) - set(namespace) - set(dir(builtins)):
        try:
            namespace[name] = candidate.ask("name", name)[0]
        except NameError:
            continue
    exec(tests, namespace)
    check = namespace.get("check")
    if callable(check) and not isinstance(check, Remote):
        if not entry_point:
            return "broken", "LookupError", "the tests define check, and nothing says what it is handed"
        check(namespace[entry_point])
    if not candidate.asked:
        return "broken", "LookupError", "the tests never ask for anything of the candidate's"
    return "pass", "", ""


def _names(code: CodeType) -> set[str]:
    """Every name that code or code within it may look up outside itself."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*(_names(one) for one in inner))


def _explained(error: BaseException, candidate: Candidate) -> tuple[str, str, str]:
    if candidate.last and candidate.last[0] is error:
        return "raised", *candidate.last[1:]
    if isinstance(error, NameError):
        return "raised", "NameError", _message(error)
    return "wrong", type(error).__name__, _message(error)


def _message(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500].removesuffix(": ")
