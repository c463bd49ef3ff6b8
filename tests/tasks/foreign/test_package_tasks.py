"""Every task file of the installed lm-eval package is accepted, or refused in one line that says why and where."""

import re
from collections import Counter

import pytest

from harness.records import InputError
from harness.tasks.foreign import LmEvalTask
from harness.tasks.foreign.index import task_paths
from harness.tasks.foreign.trust import TRUST, package_folder
from harness.tasks.foreign.yaml_files import TaskFile, read_task_file

#: Measured with lm-eval 0.4.13: of so many tasks, so many load as they are, and so many where their Python is trusted.
TASKS, ACCEPTED, ACCEPTED_IF_TRUSTED = 13_123, 4_473, 10_912
LINE = re.compile(r"^/[^:]+:\d+: .+")


@pytest.fixture(scope="module")
def files() -> list[TaskFile]:
    folder = package_folder()
    assert folder is not None
    read = [read_task_file(path) for path in task_paths(folder)]
    return [file for file in read if "class" in file.values or ("task" in file.values and "group" not in file.values)]


def refusals(files: list[TaskFile]) -> list[str]:
    """Why tasks are refused; anything but an error of the house fails the test."""
    found = []
    for file in files:
        try:
            LmEvalTask(file)
        except InputError as error:
            found.append(str(error))
    return found


def test_the_share_of_accepted_tasks_does_not_fall(files: list[TaskFile]) -> None:
    refused = refusals(files)
    assert len(files) >= TASKS
    assert len(files) - len(refused) >= ACCEPTED
    assert all(LINE.match(line) and "\n" not in line for line in refused)
    assert Counter("Python" in line for line in refused)[False] <= 100


def test_most_refused_tasks_need_trust_in_their_python(files: list[TaskFile], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUST, "lm_eval")
    assert len(files) - len(refusals(files)) >= ACCEPTED_IF_TRUSTED
