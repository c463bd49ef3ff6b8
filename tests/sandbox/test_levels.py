"""The level is what withstood the self-test; without one, or below what is demanded, nothing is run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.records import InputError, Unavailable
from harness.sandbox import Ending, Limits, Trial, demand, level, levels, run_trials
from harness.sandbox.levels import LEVELS, contains

_AS_NOBODY = """
import json, sys
from harness.sandbox import Limits, Trial, run_trial
from harness.sandbox.levels import LEVELS, contains
offered = [parts for parts in LEVELS if contains(parts)]
codes = ["def f(): return 1", "import os\\ndef f(): return os.fork()", "def f(): return open('/etc/passwd').read()"]
trials = [Trial(code, "assert f() == 1") for code in codes]
print(json.dumps([[run_trial(trial, parts, Limits()).ending for trial in trials] for parts in offered]))
"""


@pytest.mark.parametrize("parts", [(), ("landlock",), ("seccomp",)])
def test_half_a_sandbox_does_not_count(parts: tuple[str, ...]) -> None:
    assert not contains(parts)


def test_this_machine_has_the_strongest_level_that_contains() -> None:
    assert level() == next((parts for parts in LEVELS if contains(parts)), ())


def test_nothing_is_run_without_a_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "level", lambda: ())
    with pytest.raises(Unavailable, match="nothing contains it"):
        run_trials([Trial("x = 1", "pass")])


def test_a_level_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "level", lambda: ("landlock", "seccomp"))
    assert demand() == demand("seccomp") == demand("landlock+seccomp") == ("landlock", "seccomp")
    with pytest.raises(Unavailable, match=r"landlock\+seccomp here, without bwrap"):
        demand("landlock+seccomp+bwrap")
    with pytest.raises(InputError, match="docker"):
        demand("docker")


def test_a_sandbox_needs_no_privilege() -> None:
    python = shutil.which(f"python3.{sys.version_info[1]}", path="/usr/bin:/usr/local/bin")
    if os.geteuid() != 0 or python is None:
        pytest.skip("needs root, to become nobody, and an interpreter that nobody may start")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    paths = os.pathsep.join([str(Path(harness.__file__).parents[1]), packages])
    environment = {"PYTHONPATH": paths, "PATH": os.environ["PATH"]}
    command = [python, "-c", _AS_NOBODY]
    done = subprocess.run(
        command, user=65534, group=65534, extra_groups=[], env=environment, cwd="/tmp", capture_output=True, text=True
    )
    if "ModuleNotFoundError" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("nobody may not read these packages")
    endings = json.loads(done.stdout)
    assert endings
    assert all(ended[0] == "pass" and not {"pass", "broken"} & set(ended[1:]) for ended in endings)


def test_many_trials_come_back_in_order_and_a_timeout_is_tried_again_alone(tmp_path: Path) -> None:
    if not level():
        pytest.skip("nothing contains code on this machine")
    codes = [f"def f(): return {number}" for number in range(6)]
    trials = [Trial(code, "assert f() % 2 == 0") for code in codes]
    endings = [judgement.ending for judgement in run_trials(trials)]
    assert endings == [Ending.PASS, Ending.WRONG] * 3
    stuck = Trial("import time\ndef f(): time.sleep(60)", "f()")
    assert run_trials([stuck], Limits(seconds=0.5))[0].ending is Ending.TIMEOUT


def test_a_timeout_that_passes_alone_has_passed_and_equal_trials_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.sandbox import batch
    from harness.sandbox.trial import Judgement

    heard: list[str] = []

    def busy_at_first(trial: Trial, parts: tuple[str, ...], limits: Limits) -> Judgement:
        heard.append(trial.code)
        return Judgement(Ending.TIMEOUT if heard.count(trial.code) == 1 else Ending.PASS)

    monkeypatch.setattr(batch, "run_trial", busy_at_first)
    monkeypatch.setattr(batch, "demand", lambda wanted: ("landlock", "seccomp"))
    assert [one.ending for one in run_trials([Trial("a", ""), Trial("b", ""), Trial("a", "")])] == [Ending.PASS] * 3
    assert sorted(heard[:2]) == ["a", "b"] and heard[2:] == ["a", "b"]
