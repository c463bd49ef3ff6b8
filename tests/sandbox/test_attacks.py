"""Every attack works outside the sandbox and is contained inside, at every level that this machine offers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox import Ending, Limits, Trial, process, run_trial
from tests.sandbox.attacks import ATTACKS, DAEMON
from tests.sandbox.conftest import World

LIMITS = Limits(seconds=10, folder=8 << 20)
#: How an attack ends inside where its ending is a promise.
ENDINGS = {
    "read_etc": {Ending.FORBIDDEN, Ending.ERROR},
    "tcp": {Ending.FORBIDDEN},
    "udp": {Ending.FORBIDDEN},
    "fork_bomb": {Ending.FORBIDDEN},
    "shell": {Ending.FORBIDDEN},
    "allocate_object": {Ending.MEMORY},
    "fill_disk": {Ending.FORBIDDEN},
    "fill_disk_deep_down": {Ending.FORBIDDEN},
    "fill_disk_unseen": {Ending.FORBIDDEN},
    "many_files": {Ending.FORBIDDEN},
}


def works_outside(code: str, world: World, folder: Path) -> bool:
    """Run an attack in a bare interpreter, as an evaluation script would."""
    program = f"{code}\nsucceeded = attack({world.names!r})\nprint()\nprint(succeeded)"
    with (folder / "output").open("wb+") as output:
        environment = {**os.environ, "HARNESS_TEST_TOKEN": "secret"}
        command = [sys.executable, "-S", "-c", program]
        subprocess.run(command, input=b"secret", stdout=output, cwd=folder, env=environment, timeout=30)
        output.seek(max(0, output.seek(0, os.SEEK_END) - 20))
        return output.read().decode().split()[-1:] == ["True"]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_works_outside_and_is_contained_inside(
    name: str, world: World, parts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_TEST_TOKEN", "secret")
    free = tmp_path / "free"
    free.mkdir()
    judgement = run_trial(Trial(ATTACKS[name], f"assert attack({world.names!r}) is True"), parts, LIMITS)
    assert judgement.ending is not Ending.PASS, judgement
    assert judgement.ending is not Ending.BROKEN, judgement
    assert judgement.ending in ENDINGS.get(name, set(Ending)), judgement
    assert world.marks() == []
    assert works_outside(ATTACKS[name], world, free)


def test_what_ignores_sigterm_and_never_returns_is_ended(parts: tuple[str, ...], own_folder: Path) -> None:
    stubborn = "import signal, time\nfor one in (15, 2, 1, 24):\n    signal.signal(one, signal.SIG_IGN)\n"
    outside = subprocess.Popen([sys.executable, "-c", f"{stubborn}print(1, flush=True)\ntime.sleep(60)"], stdout=-1)
    outside.stdout.readline()
    outside.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        outside.wait(0.3)
    outside.kill()
    outside.wait()
    outside.stdout.close()
    code = f"{stubborn}def f():\n    while True:\n        time.sleep(1)\n"
    assert run_trial(Trial(code, "f()"), parts, Limits(seconds=1)).ending is Ending.TIMEOUT
    assert processes_of_sandboxes(own_folder) == []


def test_nothing_is_left_running_or_lying_about(
    parts: tuple[str, ...], world: World, tmp_path: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert works_outside(DAEMON, world, tmp_path)
    time.sleep(1.3)
    assert world.marks() == ["a file"]
    deep = "import os\nfor _ in range(300):\n    os.mkdir('d')\n    os.chdir('d')\nopen('f', 'w').close()\n"
    locked = "os.mkdir('locked', 0o300)\nopen('locked/f', 'w').close()\n"
    made: list[Path] = []

    class Recorded(process.Folder):
        def __init__(self, owner: int | None) -> None:
            super().__init__(owner)
            made.append(self.path)

    monkeypatch.setattr(process, "Folder", Recorded)
    run_trial(Trial(f"{deep}{locked}def f(): return 1", "assert f() == 1"), parts, Limits())
    assert processes_of_sandboxes(own_folder) == []
    assert len(made) == 2 and not any(path.exists() for path in made)


def test_a_killed_harness_leaves_no_process_behind(parts: tuple[str, ...], own_folder: Path) -> None:
    program = (
        "from harness.sandbox import *\n"
        f"run_trial(Trial('import time\\nprint()\\ntime.sleep(60)', 'f()'), {parts!r}, Limits(seconds=60))"
    )
    harness = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 20
    while len(processes_of_sandboxes(own_folder)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    harness.kill()
    harness.wait()
    while processes_of_sandboxes(own_folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of_sandboxes(own_folder) == []


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the sandboxes of this test have their folders, so that those of other tests are not taken for them."""
    folder = Path(tempfile.mkdtemp(prefix="own-"))
    folder.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    shutil.rmtree(folder)  # a harness that was killed leaves its own


def processes_of_sandboxes(own: Path) -> list[int]:
    """Processes that were started by a sandbox of this test: their home lies in its folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"HOME={own}/".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
