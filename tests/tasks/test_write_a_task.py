"""The guide's examples are valid, and packs come in as the guide says."""

import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import yaml

from harness.records import InputError
from harness.tasks import TaskDefinition, find_tasks
from harness.tasks.definition import DataSource
from harness.tasks.filters import KNOWN_FILTERS
from tests.tasks.pack import write_pack

GUIDE = Path(__file__).parents[2] / "docs" / "write-a-task.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_guides_examples_are_valid(example: str) -> None:
    assert TaskDefinition.model_validate(yaml.safe_load(example)).metrics


def test_the_guide_names_every_key_and_filter() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for name in [*TaskDefinition.model_fields, *DataSource.model_fields]:
        assert re.search(rf"(^|[ .{{`]){name}[`:]", text, re.MULTILINE), name
    for name in KNOWN_FILTERS:
        assert f"`{name}`" in text, name


def packs_of_a_package() -> Path:
    return Path(packs_of_a_package.folder)  # type: ignore[attr-defined]


def test_an_installed_package_brings_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(tmp_path, name="acme_mood", tags=["acme"])
    packs_of_a_package.folder = tmp_path  # type: ignore[attr-defined]
    entry = EntryPoint("acme", f"{__name__}:packs_of_a_package", "harness.tasks")
    monkeypatch.setattr("harness.tasks.registry.entry_points", lambda group: [entry] if group == entry.group else [])
    assert [task.name for task in find_tasks(["tag:acme"], folder=Path())] == ["acme_mood"]
    assert [task.name for task in find_tasks(["acme_*"], folder=Path())] == ["acme_mood"]
    write_pack(tmp_path, name="gsm8k")
    with pytest.raises(InputError, match="task 'gsm8k' exists twice"):
        find_tasks(["acme_mood"], folder=Path())


def test_a_registered_packs_folder_is_named_as_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(tmp_path / "tasks", name="acme_mood", task="mood")
    monkeypatch.setattr("harness.tasks.registry.content_root", lambda: tmp_path)
    with pytest.raises(InputError, match="task 'mood' lies in a folder named 'acme_mood'"):
        find_tasks(["acme_mood"], folder=Path())
