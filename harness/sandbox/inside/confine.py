"""A process confines itself, for good: resource limits, privileges, Landlock, seccomp. No way back is left to it."""

from __future__ import annotations

import ctypes
import os
import resource
import stat

from .bpf import build_filter

# typing costs more to import than all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 24, 38, 22
_SECCOMP_MODE_FILTER, _SIGKILL = 2, 9
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all machines
_CAPSET = {"x86_64": 126, "aarch64": 91}
_LAST_CAPABILITY = 40

_EXECUTE, _WRITE_FILE, _READ_FILE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 14
_READ_DIR, _REMOVE, _MAKE_DIR, _MAKE_FILE, _MAKE_LINK, _MOVE = 1 << 3, 3 << 4, 1 << 7, 1 << 8, 1 << 12, 1 << 13
_READ = _READ_FILE | _READ_DIR
_OWN = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE | _MAKE_DIR | _MAKE_FILE | _MAKE_LINK | _MOVE
_FOR_FILES_ONLY = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
#: Rights on the file system that Landlock knows since each version of its interface, and on the network.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP, _TCP_SINCE = 0b11, 4
_SCOPES, _SCOPES_SINCE = 0b11, 6  # abstract sockets and signals

_libc = ctypes.CDLL(None, use_errno=True)


class CannotConfine(Exception):
    """The kernel refused a part of the confinement."""


def confine(settings: dict[str, Any], *, may_exec: bool = False) -> None:
    """Give up everything that judged code does not need.

    Args:
        settings: ``parts`` (of ``landlock`` and ``seccomp``), ``limits`` (resource name to number), ``user`` (whom to
            become, or None), ``keeps_files`` (whether to go on reading files as before, with no other privilege),
            ``readable`` and ``runnable`` (paths), ``folder`` (the one place to write).
        may_exec: Another program takes over: one of ``runnable``.

    Raises:
        CannotConfine: a part failed; nothing may be run then.
    """
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    for name, value in settings["limits"].items():
        # The signal that tells of spent time comes at the soft limit, before the kill at the hard one.
        _limit(getattr(resource, f"RLIMIT_{name}"), value, value + (name == "CPU"))
    rules = _rules(settings) if "landlock" in settings["parts"] else []
    _drop_privileges(settings["user"], settings["keeps_files"])
    # Becoming another user clears it.
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if rules:
        _landlock(rules)
    if "seccomp" in settings["parts"]:
        _seccomp(may_exec)


def landlock_version() -> int:
    """The kernel's version of the Landlock interface, 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def _limit(what: int, soft: int, hard: int) -> None:
    _, most = resource.getrlimit(what)
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(what, (soft, hard))


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise CannotConfine(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _drop_privileges(user: int | None, keeps_files: bool) -> None:
    if os.geteuid() == 0:
        for capability in range(_LAST_CAPABILITY + 1):
            _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)  # fails where it is not held anyway
    if user is not None:
        if os.getgroups():
            os.setgroups([])
        effective = os.geteuid() if keeps_files else user
        os.setresgid(user, effective, effective)
        # The limit on threads is counted for the real user, and not at all for root.
        os.setresuid(user, effective, effective)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if _libc.syscall(_CAPSET[os.uname().machine], header, (ctypes.c_uint32 * 6)()):
        raise CannotConfine(f"capset: {os.strerror(ctypes.get_errno())}")


def _rules(settings: dict[str, Any]) -> list[tuple[int, int]]:
    """Open file descriptors of paths, and the rights beneath each."""
    wanted = [(path, _READ) for path in settings["readable"]]
    wanted += [(path, _READ | _EXECUTE) for path in settings["runnable"]]
    wanted += [("/dev/null", _READ | _WRITE_FILE | _TRUNCATE), (settings["folder"], _OWN)]
    return [(os.open(path, os.O_PATH | os.O_CLOEXEC), rights) for path, rights in wanted]


def _landlock(rules: list[tuple[int, int]]) -> None:
    version = landlock_version()
    handled = sum(rights for since, rights in _FILE_RIGHTS.items() if since <= version)
    tcp = _TCP if version >= _TCP_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    attributes = (ctypes.c_uint64 * 3)(handled, tcp, scopes)
    size = 24 if scopes else 16 if tcp else 8
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
    for file, rights in rules:
        allowed = rights & handled
        if not stat.S_ISDIR(os.fstat(file).st_mode):
            allowed &= _FOR_FILES_ONLY
        # struct landlock_path_beneath_attr is packed: 8 bytes of rights, 4 of file descriptor.
        rule = allowed.to_bytes(8, "little") + file.to_bytes(4, "little")
        if _libc.syscall(_ADD_RULE, ruleset, 1, rule, 0):
            raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
        os.close(file)
    if _libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise CannotConfine(f"landlock: {os.strerror(ctypes.get_errno())}")
    os.close(ruleset)


def _seccomp(may_exec: bool) -> None:
    code = build_filter(os.uname().machine, os.getpid(), may_exec=may_exec)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    if _libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program)):
        raise CannotConfine(f"seccomp: {os.strerror(ctypes.get_errno())}")
