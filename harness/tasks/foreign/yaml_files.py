"""Task files of lm-evaluation-harness as plain values: includes merged, every key with its file and line.

Python that a file names with ``!function`` is noted, never imported here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from harness.records import InputError
from harness.records.yaml_text import FastLoader, compose

#: Files that one may include, one through another.
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Function:
    """``!function module.name``: Python of the task's author.

    Attributes:
        name: As the file writes it.
        folder: The file's folder, where the module is looked for first.
        where: File and line.
    """

    name: str
    folder: Path
    where: str

    def __str__(self) -> str:
        return f"!function {self.name}"


class _TaskLoader(FastLoader):
    path: Path


def _function(loader: _TaskLoader, node: yaml.ScalarNode) -> Function:
    where = f"{loader.path}:{node.start_mark.line + 1}"
    return Function(str(loader.construct_scalar(node)), loader.path.parent, where)


_TaskLoader.add_constructor("!function", _function)


@dataclass
class TaskFile:
    """The merged content of a file and of what it includes.

    Attributes:
        path: The file itself.
        values: Its top-level keys; they win over those of included files.
        repeated: Keys that a mapping writes twice, each with file and line; ``values`` holds the last one.
    """

    path: Path
    values: dict[str, Any]
    repeated: tuple[tuple[str, str], ...] = ()
    _nodes: dict[str, tuple[Path, yaml.Node, yaml.Node]] = field(default_factory=dict, repr=False)

    def where(self, *steps: str | int) -> str:
        """File and line of a key: ``where("metric_list", 0, "metric")``; of the file where the key is not written."""
        if not steps or str(steps[0]) not in self._nodes:
            return f"{self.path}:1"
        path, key, node = self._nodes[str(steps[0])]
        line = key.start_mark.line
        for step in steps[1:]:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return f"{path}:{line + 1}"

    def with_values(self, values: dict[str, Any]) -> "TaskFile":
        """The same file with some values replaced, as a group that lists a task may do."""
        return TaskFile(self.path, self.values | values, self.repeated, self._nodes)

    def functions(self) -> Iterator[tuple[str, Function]]:
        """All Python that the file names, each with the key it stands under (``fewshot_config.doc_to_text``)."""
        for key, value in self.values.items():
            yield from _functions(key, value)


def read_task_file(path: Path) -> TaskFile:
    """A file with its includes.

    Raises:
        InputError: it or an included file is missing, no YAML, no mapping, or includes itself.
    """
    return _read(path.resolve(), ())


def own_keys(path: Path) -> set[str]:
    """The top-level keys of a file, without those of its includes.

    Raises:
        InputError: it is missing, no YAML or no mapping.
    """
    return set(_parse(path).values)


def _read(path: Path, stack: tuple[Path, ...]) -> TaskFile:
    if path in stack or len(stack) > MAX_DEPTH:
        raise InputError("includes itself", where=str(stack[-1]), mend="break the circle")
    own = _parsed(path, path.stat().st_mtime_ns) if path.is_file() else _parse(path)
    own = replace(own, values=dict(own.values))
    included = own.values.pop("include", [])
    names = included if isinstance(included, list) else [included]
    merged = TaskFile(path, {})
    for name in names:
        if not isinstance(name, str):
            raise InputError("'include' is no path", where=own.where("include"))
        try:
            other = _read((path.parent / name).resolve(), (*stack, path))
        except InputError as error:
            if error.what == "no such file":
                raise InputError(f"includes {name!r}, which is not there", where=own.where("include")) from None
            raise
        # What a file lists for itself is not passed on (lm_eval.tasks._yaml_loader.load_yaml).
        other.values.pop("task_list", None)
        merged.values |= other.values
        merged.repeated += other.repeated
        merged._nodes |= other._nodes
    merged.values |= own.values
    merged.repeated += own.repeated
    merged._nodes |= own._nodes
    return merged


# Thousands of files of a package include the same few.
@lru_cache(maxsize=256)
def _parsed(path: Path, changed: int) -> TaskFile:
    return _parse(path)


def _parse(path: Path) -> TaskFile:
    def loader(text: str) -> _TaskLoader:
        made = _TaskLoader(text)
        made.path = path
        return made

    composed = compose(path, loader)
    values, node = composed.value, composed.node
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise InputError("is not a mapping of keys to values", where=f"{path}:1")
    nodes = {key.value: (path, key, value) for key, value in node.value} if node is not None else {}
    return TaskFile(path, values, composed.repeated, nodes)


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k.start_mark.line, v) for k, v in node.value if k.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _functions(key: str, value: Any) -> Iterator[tuple[str, Function]]:
    if isinstance(value, Function):
        yield key, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _functions(f"{key}.{name}", one)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _functions(f"{key}[{at}]", one)
