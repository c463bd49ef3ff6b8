"""From what a suite names to tasks of lm-evaluation-harness: a file, a folder, a task's, group's or tag's name."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.records import InputError, nearest
from harness.tasks.foreign.index import TaskIndex, index_folder
from harness.tasks.foreign.task import LmEvalTask
from harness.tasks.foreign.trust import package_folder
from harness.tasks.foreign.yaml_files import TaskFile, own_keys, read_task_file

#: How a suite asks for a name of the installed lm-eval package.
PREFIX = "lm_eval:"
#: Top-level keys that only lm-evaluation-harness knows.
_MARKS = {
    "dataset_path",
    "doc_to_text",
    "doc_to_target",
    "output_type",
    "metric_list",
    "include",
    "group",
    "class",
    "custom_dataset",
}
#: Groups within groups.
MAX_DEPTH = 10


def is_lm_eval(path: Path) -> bool:
    """Whether a file is in lm-evaluation-harness' format, told by its top-level keys. False for what is no YAML."""
    try:
        keys = own_keys(path)
    except InputError:
        return False
    return bool(_MARKS & keys) and "prompt" not in keys


def tasks_of_file(path: Path) -> list[LmEvalTask]:
    """The task of a file, or all tasks of the group that it defines.

    Names in a group are looked up below the file's folder, then in the installed lm-eval package.

    Raises:
        InputError: something is wrong or not supported; with file and line.
    """
    return _Expansion([path.resolve().parent]).of_file(read_task_file(path), {}, ())


def tasks_of_folder(folder: Path) -> list[LmEvalTask]:
    """Every task that a file below a folder defines; groups and tags name the same tasks once more.

    Raises:
        InputError: as `tasks_of_file`.
    """
    return [LmEvalTask(read_task_file(path)) for path in index_folder(folder.resolve()).tasks.values()]


def tasks_by_name(name: str) -> list[LmEvalTask]:
    """The task, or all tasks of the group or tag, of the installed lm-eval package.

    Raises:
        InputError: the package is missing or has no such name, or something is not supported.
    """
    root = package_folder()
    if root is None:
        raise InputError(f"{PREFIX}{name} needs the lm-eval package", mend="pip install lm-eval")
    return _Expansion([root]).of_name(name, {}, (), where=f"{PREFIX}{name}")


class _Expansion:
    """Follows names through groups and tags.

    Args:
        folders: Where names are looked up, in this order; the installed package comes last.
    """

    def __init__(self, folders: list[Path]) -> None:
        package = package_folder()
        self._folders = folders + ([package] if package is not None and package not in folders else [])
        self._own: dict[Path, TaskIndex] = {}

    def of_name(self, name: str, changes: dict[str, Any], groups: tuple[str, ...], *, where: str) -> list[LmEvalTask]:
        index = self._index(name)
        if index is None:
            known = [one for index in self._indexes() for one in index.names]
            raise InputError(f"no task, group or tag is named {name!r}", where=where, mend=_near(name, known))
        path = index.tasks.get(name) or index.groups.get(name)
        paths = [path] if path else [index.tasks[one] for one in sorted(index.tags[name])]
        return [task for path in paths for task in self.of_file(read_task_file(path), changes, groups)]

    def of_file(self, file: TaskFile, changes: dict[str, Any], groups: tuple[str, ...]) -> list[LmEvalTask]:
        if "group" not in file.values or "class" in file.values:
            return [LmEvalTask(file.with_values(changes), groups)]
        return self._of_group(file, file.values, changes, groups)

    def _of_group(
        self, file: TaskFile, group: dict[str, Any], changes: dict[str, Any], groups: tuple[str, ...]
    ) -> list[LmEvalTask]:
        name, members = str(group["group"]), group.get("task")
        if len(groups) >= MAX_DEPTH or name in groups:
            raise InputError(f"group {name!r} lists itself", where=file.where("group"), mend="break the circle")
        own = {key: value for key, value in group.items() if key not in _GROUP_KEYS}
        within = (*groups, name)
        found = []
        for at, member in enumerate([members] if isinstance(members, str) else members or ()):
            found += self._of_member(file, member, own | changes, within, file.where("task", at))
        if not found:
            raise InputError(f"group {name!r} lists no tasks", where=file.where("group"))
        return found

    def _of_member(
        self, file: TaskFile, member: Any, changes: dict[str, Any], groups: tuple[str, ...], where: str
    ) -> list[LmEvalTask]:
        if isinstance(member, str):
            return self.of_name(member, changes, groups, where=where)
        if not isinstance(member, dict) or not {"task", "group"} & set(member):
            raise InputError("an entry of 'task' must be a name, or hold 'task' or 'group'", where=where)
        if "group" in member:
            if self._index(str(member["group"])) is None:
                return self._of_group(file, member, changes, groups)
            more = {key: value for key, value in member.items() if key != "group"}
            return self.of_name(str(member["group"]), changes | more, groups, where=where)
        name = str(member["task"])
        if self._index(name) is None:
            # lm-evaluation-harness joins the names with "::"; a task's name is also a file's here.
            values = changes | member | {"task": f"{groups[-1]}.{name}"}
            return [LmEvalTask(replace(file, values=values), groups)]
        return self.of_name(name, changes | {key: v for key, v in member.items() if key != "task"}, groups, where=where)

    def _index(self, name: str) -> TaskIndex | None:
        return next((one for one in self._indexes() if name in one.names), None)

    def _indexes(self) -> Iterator[TaskIndex]:
        for folder in self._folders:
            if folder == package_folder():
                yield _package_index(folder)
            else:
                if folder not in self._own:
                    self._own[folder] = index_folder(folder)
                yield self._own[folder]


# Thousands of files that do not change while a program runs, unlike a user's own.
_package_index = lru_cache(maxsize=1)(index_folder)


#: What a group's file says of the group itself; any other key is a setting of its tasks.
_GROUP_KEYS = {"group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag"}


def _near(name: str, known: list[str]) -> str:
    # Thousands of names: without a near one, none is listed.
    mend = nearest(name, known)
    return mend if mend.startswith("did you mean") else "see `lm_eval ls tasks`"
