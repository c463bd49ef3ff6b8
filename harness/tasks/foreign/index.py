"""Which file of a folder holds which task, group or tag of lm-evaluation-harness."""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.records import InputError
from harness.tasks.foreign.yaml_files import read_task_file

_SKIPPED = {"__pycache__", ".ipynb_checkpoints"}


@dataclass
class TaskIndex:
    """The names that a folder's files define.

    Attributes:
        tasks: Task name to file.
        groups: Group name to file.
        tags: Tag to the names of its tasks.
    """

    tasks: dict[str, Path] = field(default_factory=dict)
    groups: dict[str, Path] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, Any]:
        """Everything that can be asked for."""
        return ChainMap(self.tasks, self.groups, self.tags)


def index_folder(root: Path) -> TaskIndex:
    """The index of all ``.yaml`` files below a folder. Files that cannot be read are left out, as there.

    Of files that define one name, the first by path counts.
    """
    index = TaskIndex()
    for path in task_paths(root):
        values = _values(path)
        name, tags = values.get("task"), values.get("tag") or []
        if "group" in values and "class" not in values:
            index.groups.setdefault(str(values["group"]), path)
        elif isinstance(name, str) and name not in index.tasks:
            index.tasks[name] = path
            for tag in tags if isinstance(tags, list) else [tags]:
                index.tags.setdefault(str(tag), []).append(name)
    return index


def task_paths(root: Path) -> list[Path]:
    """All ``.yaml`` files below a folder, in the order of their paths."""
    found = (path for path in root.glob("**/*.yaml") if not _SKIPPED & set(path.parts))
    return sorted(found, key=Path.as_posix)


def _values(path: Path) -> dict[str, Any]:
    try:
        return read_task_file(path).values
    except InputError:
        return {}
