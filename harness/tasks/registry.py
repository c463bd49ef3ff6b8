"""Tasks by name, tag, pattern or path."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path

from harness.records import InputError, content_root, nearest
from harness.tasks.task import Task

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
        selectors: A name, ``tag:forgetting``, a pattern (``medical_*``), or a path (it starts with ``.``, ``/`` or
            ``~``) of a pack, its task.yaml, or a folder of packs.
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
    return list(found.values())


def _select(selector: str, folder: Path) -> list[Task]:
    if selector.startswith((".", "/", "~")):
        return _by_path(selector, folder)
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
    task = Task.read(path)
    if task.name != name:
        raise InputError(f"task {task.name!r} lies in a folder named {name!r}", where=str(path), mend="name both alike")
    return task


def _by_path(selector: str, folder: Path) -> list[Task]:
    path = folder / Path(selector).expanduser()
    if path.is_file():
        return [Task.read(path)]
    if (path / _FILE).is_file():
        return [Task.read(path / _FILE)]
    inner = sorted(path.glob(f"*/{_FILE}"))
    if not inner:
        raise InputError(f"no {_FILE} here", where=str(path), mend="name a task pack, or a folder that holds some")
    return [Task.read(one) for one in inner]
