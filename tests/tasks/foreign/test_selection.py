"""Tasks, groups and tags are found as lm-evaluation-harness finds them, and told from the house's own packs."""

from pathlib import Path

import lm_eval
import pytest
import yaml

from harness.records import InputError
from harness.tasks import PackTask, find_tasks
from harness.tasks.foreign import LmEvalTask
from tests.packs import word_rows, write_pack
from tests.tasks.foreign.sides import write_task

ROWS = [{"q": "One?", "a": "one"}, {"q": "Two?", "a": "two"}]
KEYS = {"doc_to_text": "{{q}}", "doc_to_target": "{{a}}", "fewshot_split": "test"}
GROUPS = {
    "all": {"group": "all", "task": ["first", "tagged", {"group": "inner", "task": ["fourth"], "num_fewshot": 1}]},
    "changed": {"group": "changed", "task": [{"group": "all", "num_fewshot": 2}], "repeats": 1, "num_fewshot": 1},
    "own": {"group": "own", "task": [{"task": "made_here", **KEYS, "description": "Hi. "}], "num_fewshot": 1},
}


@pytest.fixture(autouse=True)
def small_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirteen thousand files take seconds to index; one family of tasks does not."""
    monkeypatch.setattr(
        "harness.tasks.foreign.select.package_folder", lambda: Path(lm_eval.__file__).parent / "tasks/arc"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, tag in (("first", None), ("second", "tagged"), ("third", ["tagged", "more"]), ("fourth", "more")):
        write_task(tmp_path, ROWS, name, **KEYS, tag=tag)
    data = yaml.safe_load((tmp_path / "first.yaml").read_text())
    GROUPS["own"]["task"][0] |= {key: data[key] for key in ("dataset_path", "dataset_kwargs", "test_split")}
    for name, group in GROUPS.items():
        (tmp_path / f"group_{name}.yaml").write_text(yaml.safe_dump(group))
    return tmp_path


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_gives_the_tasks_that_lm_eval_gives(name: str, folder: Path) -> None:
    from lm_eval.tasks import TaskManager

    there = TaskManager(include_defaults=False, include_path=str(folder)).load([name])["tasks"]
    here = find_tasks([f"./group_{name}.yaml"], folder=folder)
    assert {task.name: task.config.shots for task in here if isinstance(task, LmEvalTask)} == {
        key.replace("::", "."): task.config.num_fewshot or 0 for key, task in there.items()
    }
    assert all(name in task.tags for task in here)


def test_a_folder_gives_every_task_once(folder: Path) -> None:
    assert [task.name for task in find_tasks([str(folder)], folder=folder)] == ["first", "fourth", "second", "third"]


def test_a_name_is_looked_up_in_the_package() -> None:
    (task,) = find_tasks(["lm_eval:arc_easy"], folder=Path())
    assert (task.name, task.version, task.tags, task.output) == ("arc_easy", 1.0, ("ai2_arc",), "multiple_choice")
    assert [metric.name for metric in task.metrics] == ["acc", "acc_norm"]
    with pytest.raises(InputError, match="lm_eval:arc_eazy: no task, group or tag is named 'arc_eazy'; did you mean"):
        find_tasks(["lm_eval:arc_eazy"], folder=Path())


def test_both_formats_stand_beside_each_other(folder: Path) -> None:
    write_pack(folder, "words", word_rows(3))
    found = find_tasks(["./words", "./first.yaml", "./words/task.yaml"], folder=folder)
    assert [type(task) for task in found] == [PackTask, LmEvalTask]


def test_a_group_that_lists_itself_or_nothing_is_refused(folder: Path) -> None:
    (folder / "loop.yaml").write_text("group: loop\ntask: [loop]\n")
    (folder / "empty.yaml").write_text("group: empty\ntask: []\n")
    (folder / "lost.yaml").write_text("group: lost\ntask:\n  - first\n  - nowhere_to_be_found\n")
    for name, what in (
        ("loop", "loop.yaml:1: group 'loop' lists itself"),
        ("empty", "lists no tasks"),
        ("lost", "yaml:4: no"),
    ):
        with pytest.raises(InputError, match=what):
            find_tasks([f"./{name}.yaml"], folder=folder)


def test_includes_are_merged_in_a_chain(folder: Path) -> None:
    (folder / "base.yaml").write_text("include: first.yaml\nnum_fewshot: 1\ndescription: Base.\n")
    (folder / "leaf.yaml").write_text("include: [base.yaml]\ntask: leaf\ndescription: Leaf.\n")
    (task,) = find_tasks(["./leaf.yaml"], folder=folder)
    assert isinstance(task, LmEvalTask)
    assert (task.name, task.config.description, task.config.shots) == ("leaf", "Leaf.", 1)
    (folder / "first.yaml").write_text("include: leaf.yaml\n")
    with pytest.raises(InputError, match="includes itself"):
        find_tasks(["./leaf.yaml"], folder=folder)
