"""YAML of strangers: what would break a loader is one line that names the file."""

from pathlib import Path

import pytest

from harness.records import InputError, read_yaml
from harness.tasks.foreign.select import is_lm_eval
from harness.tasks.foreign.yaml_files import read_task_file

DOUBLING = "a0: &a0 [1, 1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
# Deep enough that PyYAML's loader in C ends the process with a segmentation fault.
HOSTILE = {
    "nests deeper than 100 levels": "task: x\ndeep: " + "[" * 200_000 + "]" * 200_000,
    "holds more than 200000 values": DOUBLING,
    "not valid YAML": "task: 2024-99-99\n",
    "cannot be read": b"task: \xff\xfe\n",
    "no such file": None,
}


@pytest.mark.parametrize("says", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(says: str, tmp_path: Path) -> None:
    path, content = tmp_path / "task.yaml", HOSTILE[says]
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (read_yaml, read_task_file):
        with pytest.raises(InputError, match=says) as caught:
            read(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert not is_lm_eval(path)


@pytest.mark.parametrize("value", ["!!bool perhaps", "!!timestamp today", "!!int ''", "1" + ":59" * 400 + ".5"])
def test_a_value_that_does_not_fit_its_tag_is_refused(value: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(f"suite: {value}\n")
    with pytest.raises(InputError, match=r"suite\.yaml: not valid YAML"):
        read_yaml(path)


def test_a_list_within_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("models: &again [*again]\n")
    with pytest.raises(InputError, match="holds more than"):
        read_yaml(path)


def test_a_key_that_stands_twice_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("suite: a\nmodels:\n  base: {}\n  base: {}\n")
    with pytest.raises(InputError, match=r"key 'base' stands twice") as caught:
        read_yaml(path)
    assert f"{path}:4" in str(caught.value)
