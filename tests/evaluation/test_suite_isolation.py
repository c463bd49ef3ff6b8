"""Whether generated code can be contained is settled before any model is asked, and stands in the manifest."""

from pathlib import Path

import pytest

from harness.evaluation.isolation import check_isolation, isolation
from harness.evaluation.suite import load_suite
from harness.records import InputError, Unavailable
from harness.sandbox import levels
from harness.tasks import Task, find_tasks
from tests.packs import write_pack, write_suite


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, Task]:
    repeated = {"name": "pass_at_k", "k": 1, "of": {"name": "secure_pass_rate", "sandbox": "bwrap"}}
    metrics = {"plain": ["exact_match"], "run": ["functional_correctness"], "repeated": [repeated]}
    for name, wanted in metrics.items():
        write_pack(tmp_path, name, [{"text": "a", "label": "b"}], metrics=wanted)
    return {name: find_tasks([f"./{name}"], folder=tmp_path)[0] for name in metrics}


def test_a_machine_without_a_sandbox_runs_only_tasks_that_need_none(
    tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "level", lambda: ())
    check_isolation([tasks["plain"]], "")
    with pytest.raises(Unavailable, match="nothing contains it"):
        check_isolation([tasks["plain"], tasks["run"]], "")


def test_a_suite_and_a_metric_within_another_can_demand_a_level(
    tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "level", lambda: ("landlock", "seccomp"))
    check_isolation([tasks["run"]], "landlock+seccomp")
    check_isolation([tasks["plain"]], "bwrap")
    with pytest.raises(Unavailable, match="without bwrap"):
        check_isolation([tasks["run"]], "bwrap")
    with pytest.raises(Unavailable, match="without bwrap"):
        check_isolation([tasks["repeated"]], "")


def test_the_manifest_names_the_level_where_code_is_run(
    tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.evaluation.isolation.level", lambda: ("landlock", "seccomp"))
    assert isolation([tasks["plain"]]) is None
    assert isolation([tasks["plain"], tasks["repeated"]]) == "landlock+seccomp"


def test_a_suite_that_names_no_level_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"suite\.yaml:\d+.*docker"):
        load_suite(write_suite(tmp_path, sandbox="docker"))
