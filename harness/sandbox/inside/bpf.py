"""The seccomp filter as a classic BPF program: what is not allowed here is refused.

Refused calls fail with EPERM; calls newer than Linux 5.0 fail with ENOSYS, because libraries try them first and fall
back (seccomp(2), section "Caveats").
"""

from __future__ import annotations

import struct

from .syscalls import ARCHITECTURES, free_calls, guarded_calls

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38
_NUMBER, _ARCHITECTURE = 0, 4
#: Where x86_64 begins to number its 32-bit-pointer variant, and where all machines number alike since Linux 5.1.
_X32, _NEW = 0x40000000, 424

_THREAD, _NAMESPACES = 0x00010000, 0x7E020080
#: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: what opening and reading a file asks for.
_FILE_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
#: PR_SET_NAME, PR_GET_NAME, PR_SET_VMA.
_OWN_PRCTLS = (15, 16, 0x53564D41)
#: F_SETOWN, F_SETSIG, F_SETOWN_EX: they make the kernel send a signal to any process of the same user.
_SIGNALLING_FCNTLS = (8, 10, 15)
_UNIX = 1


def build_filter(machine: str, pid: int, *, may_exec: bool = False) -> bytes:
    """The filter's instructions (``struct sock_filter[]``).

    Threads may be made, processes may not; signals reach nobody else than ``pid``; there are no sockets but pairs.

    Args:
        machine: ``x86_64`` or ``aarch64``.
        pid: The process that will be confined.
        may_exec: Another program may take the process over (which one, Landlock says).

    Raises:
        KeyError: the machine is neither.
    """
    program = [
        _op(_LOAD, _ARCHITECTURE),
        _op(_EQUAL, ARCHITECTURES[machine], 1, 0),
        _op(_RETURN, _KILL),
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        program += [_op(_AT_LEAST, _X32, 0, 1), _op(_RETURN, _KILL)]
    for number in free_calls(machine):
        program += _rule(number, [_op(_RETURN, _ALLOW)])
    calls = guarded_calls(machine)
    program += _rule(calls["kill"], _one_of(0, [pid]))
    program += _rule(calls["tgkill"], _one_of(0, [pid]))
    program += _rule(calls["prlimit64"], _one_of(0, [0, pid]))
    program += _rule(calls["prctl"], _one_of(0, _OWN_PRCTLS))
    program += _rule(calls["ioctl"], _one_of(1, _FILE_IOCTLS))
    program += _rule(calls["socketpair"], _one_of(0, [_UNIX]))
    program += _rule(calls["fcntl"], _none_of(1, _SIGNALLING_FCNTLS))
    program += _rule(calls["clone"], _thread_only())
    program += _rule(calls["sendto"], _no_address())
    program += _rule(calls["execve"], [_op(_RETURN, _ALLOW if may_exec else _REFUSE)])
    program += [_op(_AT_LEAST, _NEW, 0, 1), _op(_RETURN, _ABSENT), _op(_RETURN, _REFUSE)]
    return b"".join(program)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _rule(number: int, body: list[bytes]) -> list[bytes]:
    """``body`` decides about the call; it ends in a return, so that the number is still loaded after it."""
    return [_op(_EQUAL, number, 0, len(body)), *body]


def _low(argument: int) -> int:
    return 16 + 8 * argument  # little-endian machines, both


def _one_of(argument: int, values: Iterable[int]) -> list[bytes]:
    body = [_op(_LOAD, _low(argument))]
    for value in values:
        body += [_op(_EQUAL, value, 0, 1), _op(_RETURN, _ALLOW)]
    return [*body, _op(_RETURN, _REFUSE)]


def _none_of(argument: int, values: Iterable[int]) -> list[bytes]:
    body = [_op(_LOAD, _low(argument))]
    for value in values:
        body += [_op(_EQUAL, value, 0, 1), _op(_RETURN, _REFUSE)]
    return [*body, _op(_RETURN, _ALLOW)]


def _thread_only() -> list[bytes]:
    return [
        _op(_LOAD, _low(0)),
        _op(_ANY_BIT, _NAMESPACES, 1, 0),
        _op(_ANY_BIT, _THREAD, 1, 0),
        _op(_RETURN, _REFUSE),
        _op(_RETURN, _ALLOW),
    ]


def _no_address() -> list[bytes]:
    # A datagram pair could otherwise reach any socket of the machine by its address.
    return [
        _op(_LOAD, _low(4)),
        _op(_EQUAL, 0, 0, 3),
        _op(_LOAD, _low(4) + 4),
        _op(_EQUAL, 0, 0, 1),
        _op(_RETURN, _ALLOW),
        _op(_RETURN, _REFUSE),
    ]
