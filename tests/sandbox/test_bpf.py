"""The seccomp filter's decisions, by an interpreter of classic BPF: also for machines that the tests do not run on."""

import struct

import pytest

from harness.sandbox.inside.bpf import build_filter
from harness.sandbox.inside.syscalls import ARCHITECTURES, free_calls

ALLOW, REFUSE, ABSENT, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
PID = 4242


def _numbers(table: str) -> dict[str, int]:
    return {name: int(number) for name, number in (word.split(":") for word in table.split())}


#: Numbers from the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
X86_64 = _numbers(
    """
    read:0 kill:62 tgkill:234 tkill:200 clone:56 fork:57 vfork:58 execve:59 execveat:322 socket:41 connect:42
    socketpair:53 sendto:44 sendmsg:46 ptrace:101 prctl:157 prlimit64:302 ioctl:16 fcntl:72 chmod:90 mount:165
    memfd_create:319 process_vm_readv:310 io_uring_setup:425 clone3:435 landlock_create_ruleset:444 setuid:105
    unshare:272 bpf:321 keyctl:250 shmget:29
    """
)
AARCH64 = _numbers(
    """
    read:63 kill:129 tgkill:131 tkill:130 clone:220 execve:221 execveat:281 socket:198 connect:203 socketpair:199
    sendto:206 sendmsg:211 ptrace:117 prctl:167 prlimit64:261 ioctl:29 fcntl:25 fchmodat:53 mount:40 memfd_create:279
    process_vm_readv:270 io_uring_setup:425 clone3:435 landlock_create_ruleset:444 setuid:146 unshare:97 bpf:280
    keyctl:219 shmget:194
    """
)
NUMBERS = {"x86_64": X86_64, "aarch64": AARCH64}
ALWAYS_REFUSED = (
    *("tkill", "fork", "vfork", "execveat", "socket", "connect", "sendmsg", "ptrace", "chmod", "fchmodat", "mount"),
    *("memfd_create", "process_vm_readv", "setuid", "unshare", "bpf", "keyctl", "shmget"),
)


def decide(program: bytes, machine: str, number: int, *arguments: int) -> int:
    """What the filter answers to one call."""
    given = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, ARCHITECTURES[machine], 0, *given)
    code = [struct.unpack_from("HBBI", program, at) for at in range(0, len(program), 8)]
    at, loaded = 0, 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (loaded,) = struct.unpack_from("<I", data, value)
        else:
            truth = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[operation]
            at += if_true if truth else if_false


@pytest.fixture(params=NUMBERS)
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def filtered(machine: str):
    program = build_filter(machine, PID)

    def answer(name: str, *arguments: int) -> int:
        return decide(program, machine, NUMBERS[machine][name], *arguments)

    return answer


def test_plain_calls_pass_and_dangerous_ones_do_not(machine, filtered) -> None:
    assert filtered("read", 0) == ALLOW
    for name in set(ALWAYS_REFUSED) & set(NUMBERS[machine]):
        assert filtered(name) == REFUSE, name
    for name in ("io_uring_setup", "clone3", "landlock_create_ruleset"):
        assert filtered(name) == ABSENT, name
    assert not set(free_calls(machine)) & {NUMBERS[machine].get(name) for name in ALWAYS_REFUSED}


def test_signals_and_limits_reach_nobody_else(filtered) -> None:
    for name in ("kill", "tgkill", "prlimit64"):
        assert filtered(name, PID) == ALLOW
        assert filtered(name, 1) == filtered(name, 2**32 - 1) == REFUSE
    assert filtered("prlimit64", 0) == ALLOW
    assert filtered("kill", 0) == REFUSE
    assert filtered("fcntl", 3, 8, 1) == filtered("fcntl", 3, 15, 1) == REFUSE
    assert filtered("fcntl", 3, 1) == ALLOW


def test_threads_may_be_made_and_processes_and_namespaces_may_not(filtered) -> None:
    thread = 0x3D0F00
    assert filtered("clone", thread) == ALLOW
    assert filtered("clone", 17) == filtered("clone", thread | 0x10000000) == REFUSE
    assert filtered("clone", 0x4111) == REFUSE


def test_sockets_are_pairs_that_know_no_address(filtered) -> None:
    assert filtered("socketpair", 1, 1) == ALLOW
    assert filtered("socketpair", 2, 1) == REFUSE
    assert filtered("sendto", 3, 0, 0, 0, 0) == ALLOW
    assert filtered("sendto", 3, 0, 0, 0, 1) == filtered("sendto", 3, 0, 0, 0, 1 << 40) == REFUSE


def test_terminals_and_process_settings_are_out_of_reach(filtered) -> None:
    assert filtered("ioctl", 0, 0x5401) == ALLOW
    assert filtered("ioctl", 0, 0x5412) == REFUSE  # TIOCSTI types into a terminal
    assert filtered("prctl", 15) == ALLOW
    assert filtered("prctl", 1, 0) == filtered("prctl", 4, 1) == REFUSE


def test_another_program_may_take_over_only_where_it_is_meant_to(machine, filtered) -> None:
    assert filtered("execve") == REFUSE
    assert decide(build_filter(machine, PID, may_exec=True), machine, NUMBERS[machine]["execve"]) == ALLOW


def test_calls_by_another_convention_kill() -> None:
    program = build_filter("x86_64", PID)
    assert decide(program, "x86_64", 0x40000000 | 41) == KILL
    assert decide(program, "aarch64", 63) == KILL


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        build_filter("riscv64", PID)
