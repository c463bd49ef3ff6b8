"""A verdict cannot be forged: each cheat passes a judge that shares its process with the code, and fails ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.sandbox import Ending, Judgement, Limits, Trial, demand, level, run_trial, surroundings
from harness.sandbox.inside.judge import READY
from harness.sandbox.inside.plain import encode

pytestmark = pytest.mark.skipif(not level(), reason="nothing contains code on this machine")

TESTS = (
    "import math\nassert f(2) == 4\nassert all(f(n) == n * n for n in range(3))\nassert math.isclose(f(1.5), 2.25)\n"
)

#: An evaluation script of the usual kind: code and tests in one process, which reports its own verdict.
_NAIVE_JUDGE = """
import os, signal, sys
code, tests, report = sys.argv[1], sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
signal.setitimer(signal.ITIMER_REAL, 0.5)
verdict = []
try:
    namespace = {}
    exec(code, namespace)
    exec(tests, namespace)
    verdict.append("passed")
except Exception:
    verdict.append("failed")
os.write(report, verdict[0].encode())
"""

#: What the tests' process reports when all is well, in its own bytes.
FORGED = READY + encode(("pass", "", ""), int)

CHEATS = {
    "exit_status": "import os\ndef f(n):\n    os._exit(0)\n",
    "exit_at_import": "import sys\ndef f(n): return 0\nsys.exit(0)\n",
    "always_equal": (
        "class Any:\n"
        "    def __eq__(self, other): return True\n"
        "    def __rsub__(self, other): return 0\n"
        "    def __float__(self): return 2.25\n"
        "def f(n): return Any()\n"
    ),
    "always_equal_number": (
        "class Any(float):\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(n): return Any(2.25)\n"
    ),
    "frames": (
        "import sys\n"
        "def f(n):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
        "            if value == []:\n"
        "                value.append('passed')\n"
        "        frame = frame.f_back\n"
        "    raise ValueError\n"
    ),
    "patched_builtins": (
        "import builtins, math\n"
        "builtins.all = lambda them: True\n"
        "math.isclose = lambda *them, **more: True\n"
        "def f(n): return 4\n"
    ),
    "forged_report": (
        "import os\n"
        "def f(n):\n"
        "    for file in range(3, 64):\n"
        f"        for said in (b'passed', {FORGED!r}):\n"
        "            try:\n"
        "                os.write(file, said)\n"
        "            except OSError:\n"
        "                pass\n"
        "    os._exit(0)\n"
    ),
    "cancelled_timer": (
        "import signal, time\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "def f(n):\n"
        "    time.sleep(0.25)\n"
        "    return n * n\n"
    ),
    "other_tests": ("import sys\ndef f(n):\n    sys._getframe(1).f_globals['f'] = lambda n: n * n\n    return 4\n"),
}


def naive_judge(code: str, folder: Path) -> bool:
    """What the usual evaluation script makes of it: whether it says ``passed``, or ends as if nothing were amiss."""
    with (folder / "report").open("wb+") as report:
        command = [sys.executable, "-S", "-c", _NAIVE_JUDGE, code, TESTS, str(report.fileno())]
        status = subprocess.run(command, pass_fds=[report.fileno()], timeout=20, check=False).returncode
        report.seek(0)
        said = report.read()
    return said.startswith(b"passed") or (not said and status == 0)


def tried(code: str, tests: str, **more: str) -> Judgement:
    return run_trial(Trial(code, tests, **more), demand(), Limits(seconds=10))


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_passes_the_usual_judge_and_not_ours(name: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    limits = Limits(seconds=0.1 if name == "cancelled_timer" else 10)
    judgement = run_trial(Trial(CHEATS[name], TESTS), parts, limits)
    assert judgement.ending not in (Ending.PASS, Ending.BROKEN), judgement
    assert naive_judge(CHEATS[name], tmp_path)


def test_honest_code_passes_and_honest_mistakes_do_not(parts: tuple[str, ...], tmp_path: Path) -> None:
    right, wrong = "def f(n): return n * n", "def f(n): return n + n"
    assert run_trial(Trial(right, TESTS), parts, Limits()) == Judgement(Ending.PASS)
    assert run_trial(Trial(wrong, TESTS), parts, Limits()).ending is Ending.WRONG
    assert naive_judge(right, tmp_path) and not naive_judge(wrong, tmp_path)


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("def f(n): return None", Ending.WRONG),
        ("def f(n): raise KeyError(n)", Ending.ERROR),
        ("def f(n): return f(n)", Ending.ERROR),
        ("def f(n) return n", Ending.ERROR),
        ("def g(n): return n", Ending.ERROR),
        ("", Ending.ERROR),
        ("import socket\ndef f(n): return socket.socket()", Ending.FORBIDDEN),
        ("def f(n): return bytearray(10 ** 10)", Ending.MEMORY),
        ("def f(n): return 'x' * (40 << 20)", Ending.ERROR),
        ("import ctypes\ndef f(n): return ctypes.string_at(0)", Ending.ERROR),
        ("import os\nfor file in range(3, 64):\n    try: os.close(file)\n    except OSError: pass\n", Ending.ERROR),
        ("import os, signal\ndef f(n): os.kill(os.getpid(), signal.SIGXCPU)", Ending.TIMEOUT),
    ],
)
def test_each_way_to_fail_has_its_name(code: str, ending: Ending) -> None:
    judgement = tried(code, "assert f(2) == 4")
    assert judgement.ending is ending, judgement
    assert judgement.reason


@pytest.mark.parametrize(
    "tests", ["assert f(2) ==", "import os; os._exit(0)", "raise SystemExit(0)", "f(2); os._exit(0)"]
)
def test_tests_that_end_early_are_never_a_pass(tests: str) -> None:
    assert tried("def f(n): return 4", tests).ending is not Ending.PASS


def test_unusable_tests_are_told_from_wrong_code() -> None:
    assert tried("def f(n): return 4", "assert f(2) ==").ending is Ending.BROKEN
    assert tried("def f(n): return 4", "pass", given="import no_such_module").ending is Ending.BROKEN


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("def f(a): a.append(3); a[0] = 0", "x = [1, 2]\nf(x)\nassert x == [0, 2, 3]"),
        ("def f(a): a['k'] = {1}", "x = {}\nf(x)\nassert x == {'k': {1}}"),
        ("def f(*a, k=0): return a, k", "assert f(1, (2,), k='é') == ((1, (2,)), 'é')"),
        (
            "def f(): return 10 ** 5000, -0.0, 1j, b'\\0', None, True",
            "assert f()[0] == 10 ** 5000\nassert f()[3] == b'\\0'",
        ),
        ("def f(): yield from (1, 2)", "assert list(f()) == [1, 2]"),
        ("import itertools\ndef f(): return itertools.count()", "assert next(iter(f())) == 0"),
        (
            "def f(): raise ValueError('no')",
            "try:\n    f()\n    assert 0\nexcept ValueError as e:\n    assert 'no' in str(e)",
        ),
        (
            "class Node:\n    def __init__(self, v): self.v, self.next = v, None\n    def size(self): return 1\n"
            "def f(n): return 1 + (f(n.next) if n.next else 0)",
            "root = Node(1)\nroot.next = Node(2)\nassert f(root) == 2\nassert root.next.v == 2\n"
            "assert root.size() == 1",
        ),
        ("def f(n): return lambda m: n + m", "assert f(1)(2) == 3"),
        ("from collections import Counter\ndef f(s): return Counter(s)", "assert f('aab') == {'a': 2, 'b': 1}"),
        ("def f(s): return list(set(s))", "assert f('abcdefgh') == f('abcdefgh')"),
        ("import asyncio\nasync def g(): return 1\ndef f(): return asyncio.run(g())", "assert f() == 1"),
        (
            "import threading\ndef f():\n    t = threading.Thread(target=int)\n    t.start()\n    return t.join() or 1",
            "assert f() == 1",
        ),
        (
            "import tempfile\ndef f():\n    with tempfile.TemporaryFile() as t:\n        return t.write(b'abc')",
            "assert f() == 3",
        ),
        (
            "from typing import List\ndef f(a: List[int]) -> int: return sum(a)",
            "assert f([1]) == 1\nassert f.__name__ == 'f'",
        ),
    ],
)
def test_ordinary_code_runs_as_it_would_anywhere(code: str, tests: str) -> None:
    assert tried(code, tests) == Judgement(Ending.PASS)


@pytest.mark.skipif(
    not any(Path(folder, "numpy").is_dir() for folder in surroundings.libraries()),
    reason="numpy is installed elsewhere",
)
def test_installed_packages_can_be_used_and_their_numbers_are_numbers() -> None:
    code = "import numpy\ndef f(a): return numpy.sum(a), numpy.float32(0.5), numpy.bool_(True)"
    assert tried(code, "assert f([1, 2]) == (3, 0.5, True)") == Judgement(Ending.PASS)


def test_a_module_that_tests_use_is_never_the_candidates() -> None:
    fake = "class math:\n    isclose = staticmethod(lambda *them: True)\ndef f(n): return 0"
    tests = "assert math.isclose(f(1.5), 2.25)"
    assert tried(fake, tests).ending is Ending.WRONG
    assert tried("import math\ndef f(n): return math.pow(n, 2)", tests) == Judgement(Ending.PASS)
    assert tried("def copy(n): return [n]", "assert copy(1) == [1]") == Judgement(Ending.PASS)


@pytest.mark.parametrize("tests", ["pass", "assert 1 == 1", "def check(candidate):\n    assert candidate(1) == 1"])
def test_tests_that_ask_nothing_are_broken(tests: str) -> None:
    assert tried("def f(n): return n", tests).ending is Ending.BROKEN


def test_what_a_script_does_when_started_is_not_run() -> None:
    script = "def f(): return __name__\nif __name__ == '__main__':\n    raise SystemExit(1)\n"
    assert tried(script, "assert f() == 'candidate'") == Judgement(Ending.PASS)
    model = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
    assert tried(f"{model}def f(): return P(2).x", "assert f() == 2") == Judgement(Ending.PASS)


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("def f(n): raise StopIteration", "assert all(map(lambda n: f(n) == n * n, range(3)))"),
        (
            "import os\ndef f(n): os._exit(0)",
            "try:\n    f(-1)\n    caught = False\nexcept:\n    caught = True\nassert caught",
        ),
        ("def f(n): n.clear(); n.append(7)", "x = [1]\nassert f(x) == 1"),
        ("class R:\n    __bool__ = lambda s: True\ndef f(n): return R()", "assert f(1)"),
    ],
)
def test_tests_that_natively_could_be_fooled_are_not(code: str, tests: str) -> None:
    assert tried(code, tests).ending in (Ending.WRONG, Ending.ERROR)


def test_what_cannot_be_handed_over_is_the_fault_of_the_tests() -> None:
    assert tried("def f(g): return g(1)", "assert f(lambda n: n) == 1").ending is Ending.BROKEN


def test_chance_is_the_same_in_every_run() -> None:
    code = "import random\ndef f(): return random.random()"
    tests = "import random\nassert (f(), random.random()) == (0.8444218515250481, 0.8444218515250481)"
    assert tried(code, tests) == Judgement(Ending.PASS)


def test_a_reason_is_the_same_in_every_run() -> None:
    code = "import os\ndef f(): open(os.getcwd() + '/absent')"
    assert tried(code, "f()").reason == "FileNotFoundError: [Errno 2] No such file or directory: 'folder/absent'"


def test_helpers_of_the_task_are_the_tasks_on_both_sides() -> None:
    given = "def double(n): return 2 * n\ndef f(n):\n    '''Four times n.'''\n"
    tests = "def check(candidate):\n    assert candidate(1) == double(double(1))\n"
    honest = tried("def f(n): return double(double(n))", tests, given=given, entry_point="f")
    assert honest == Judgement(Ending.PASS)
    cheating = tried("def double(n): return 0\ndef f(n): return 0", tests, given=given, entry_point="f")
    assert cheating.ending is Ending.WRONG
    assert tried("x = 1", tests, given=given, entry_point="f").ending is Ending.ERROR
