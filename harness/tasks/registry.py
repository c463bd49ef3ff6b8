"""Tasks by name, tag, pattern or path, in the house's own format or lm-evaluation-harness'."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path

from harness.records import InputError, content_root, nearest
from harness.tasks import foreign
from harness.tasks.base import Task
from harness.tasks.task import PackTask

_FILE = "task.yaml"


def known_packs() -> dict[str, Path]:
    """The task.yaml of every registered pack by name: those that ship with the harness, and installed packages'.

    An entry point of the group ``harness.tasks`` names a function without arguments that returns a folder of packs.

    Raises:
        InputError: two folders hold a pack of one name.
    """
    folders = [content_root() / "tasks"]
    folders += [Path(entry.load()()) for entry in entry_points(group="harness.tasks")]
    packs: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted(folder.glob(f"*/{_FILE}"))):
        name = path.parent.name
        if name in packs:
            raise InputError(f"task {name!r} exists twice, also at {packs[name]}", where=str(path), mend="rename one")
        packs[name] = path
    return packs


def find_tasks(selectors: Sequence[str], *, folder: Path) -> list[Task]:
    """The tasks that selectors name, each once, in their order.

    Args:
        selectors: A name, ``tag:forgetting``, a pattern (``medical_*``), a path (it starts with ``.``, ``/`` or ``~``)
            of a pack, its task.yaml, or a folder of packs; a path of a YAML file of lm-evaluation-harness, or of a
            folder of those; or ``lm_eval:NAME`` for a task, group or tag of the installed lm-eval package.
        folder: What relative paths start from.

    Raises:
        InputError: a selector names nothing; with the nearest known name.
    """
    found: dict[str, Task] = {}
    for selector in selectors:
        for task in _select(selector, folder):
            other = found.setdefault(task.name, task)
            if other.path.resolve() != task.path.resolve():
                raise InputError(f"two tasks are named {task.name!r}", where=str(task.path), mend=f"see {other.path}")
            # A group may list a task with settings of its own.
            if other.definition.model_copy(update={"tags": task.definition.tags}) != task.definition:
                what = f"task {task.name!r} is asked for twice, with different settings"
                raise InputError(what, where=selector, mend="name one of them otherwise, or drop it")
    return list(found.values())


def _select(selector: str, folder: Path) -> list[Task]:
    if selector.startswith((".", "/", "~")):
        return _by_path(selector, folder)
    if selector.startswith(foreign.PREFIX):
        return [*foreign.tasks_by_name(selector.removeprefix(foreign.PREFIX))]
    packs = known_packs()
    if selector.startswith("tag:"):
        return _by_tag(selector.removeprefix("tag:"), packs)
    if any(sign in selector for sign in "*?["):
        names = [name for name in packs if fnmatchcase(name, selector)]
    else:
        names = [selector] if selector in packs else []
    if not names:
        mend = nearest(selector, list(packs))
        if (folder / selector).exists():
            mend = f"for the folder of that name write ./{selector}"
        raise InputError(f"unknown task {selector!r}", mend=mend)
    return [_registered(name, packs[name]) for name in names]


def _by_tag(tag: str, packs: dict[str, Path]) -> list[Task]:
    tasks = [_registered(name, path) for name, path in packs.items()]
    tagged = [task for task in tasks if tag in task.tags]
    if not tagged:
        known = sorted({one for task in tasks for one in task.tags})
        raise InputError(f"no task has the tag {tag!r}", mend=nearest(tag, known))
    return tagged


def _registered(name: str, path: Path) -> Task:
    task = PackTask.read(path)
    if task.name != name:
        raise InputError(f"task {task.name!r} lies in a folder named {name!r}", where=str(path), mend="name both alike")
    return task


def _by_path(selector: str, folder: Path) -> list[Task]:
    path = folder / Path(selector).expanduser()
    if path.is_file():
        return _of_file(path)
    if (path / _FILE).is_file():
        return _of_file(path / _FILE)
    inner = sorted(path.glob(f"*/{_FILE}"))
    tasks = [task for one in inner for task in _of_file(one)] or [*foreign.tasks_of_folder(path)]
    if not tasks:
        mend = "name a task pack, a folder that holds some, or tasks of lm-evaluation-harness"
        raise InputError(f"no {_FILE} here", where=str(path), mend=mend)
    return tasks


def _of_file(path: Path) -> list[Task]:
    return [*foreign.tasks_of_file(path)] if foreign.is_lm_eval(path) else [PackTask.read(path)]
