"""The judged side: runs the candidate's code, then answers calls to it over a pipe.

Whatever the code does to this process, only bytes that `plain` can read as data reach the other side.
"""

from __future__ import annotations

import builtins
import sys
from types import ModuleType

from .plain import NotPlain, decode, encode, receive, send

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

_MUTABLE = (list, dict, set, bytearray)
#: The first message, sent before any judged code runs.
STARTED = b"started"


def compiled(code: str, name: str) -> CodeType:
    """Code compiled by itself, not under the future statements of this file."""
    return compile(code, name, "exec", dont_inherit=True)


def settle_chance(*codes: str) -> None:
    """Let code that draws at random draw the same in every run."""
    if any("random" in code for code in codes):
        import random

        random.seed(0)


class Server:
    """Answers calls to a namespace. Objects that are no plain data stay here and go by number."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._kept: list[Any] = []

    def keep(self, value: Any) -> int:
        """The number an object goes by."""
        self._kept.append(value)
        return len(self._kept) - 1

    def answer(self, message: bytes) -> bytes:
        """The answer to one call: ``("ok", result, arguments as they are now or None)`` or ``("raise", ...)``."""
        try:
            verb, target, *rest = decode(message, self._kept.__getitem__)
            result, arguments = getattr(self, f"_{verb}")(target, *rest)
            return encode(("ok", result, arguments), self.keep)
        except BaseException as error:  # noqa: BLE001
            return raised(error)

    def _name(self, name: str) -> tuple[Any, None]:
        if name not in self._namespace:
            raise NameError(f"name {name!r} is not defined")
        return self._namespace[name], None

    def _call(self, function: Any, given: list[Any], named: dict[str, Any]) -> tuple[Any, Any]:
        result = function(*given, **named)
        return result, given if any(isinstance(one, _MUTABLE) for one in given) else None

    def _get(self, thing: Any, name: str) -> tuple[Any, None]:
        return getattr(thing, name), None

    def _set(self, thing: Any, name: str, value: Any) -> tuple[None, None]:
        setattr(thing, name, value)
        return None, None

    def _item(self, thing: Any, key: Any) -> tuple[Any, None]:
        return thing[key], None

    def _len(self, thing: Any) -> tuple[int, None]:
        return len(thing), None

    def _iter(self, thing: Any) -> tuple[Any, None]:
        return iter(thing), None

    def _next(self, iterator: Any) -> tuple[Any, None]:
        return next(iterator), None


def raised(error: BaseException) -> bytes:
    """An exception as its type's name and a short message."""
    kind = next((one.__name__ for one in type(error).__mro__ if hasattr(builtins, one.__name__)), "Exception")
    try:
        said = str(error)[:300]
    except BaseException:  # noqa: BLE001
        said = ""
    if isinstance(error, NotPlain):
        kind = "TypeError"
    return encode(("raise", kind, f"{type(error).__name__}: {said}"), _nothing)


def serve(spec: dict[str, Any], reading: int, writing: int) -> None:
    """Run the candidate's code and answer until nobody asks any more.

    Args:
        spec: ``given`` (code of the task that the candidate may use), ``code``, and ``entry_point``, the name it must
            define itself: a stub in ``given`` does not count.
    """
    # Not __main__: what a script does when it is started is none of the tests' business.
    module = sys.modules["candidate"] = ModuleType("candidate")
    namespace = module.__dict__
    send(writing, STARTED)
    try:
        settle_chance(spec["given"], spec["code"])
        exec(compiled(spec["given"], "<given>"), namespace)
        namespace.pop(spec["entry_point"], None)
        exec(compiled(spec["code"], "<candidate>"), namespace)
        send(writing, encode(("ok", None, None), _nothing))
    except BaseException as error:  # noqa: BLE001
        send(writing, raised(error))
        return
    server = Server(namespace)
    while True:
        try:
            message = receive(reading)
        except EOFError:
            return
        try:
            send(writing, server.answer(message))
        except NotPlain as error:
            send(writing, raised(error))


def _nothing(value: Any) -> int:
    raise NotPlain(f"a {type(value).__name__} is no plain data")
