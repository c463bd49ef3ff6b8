"""YAML that a stranger may have written: depth and aliases are checked before anything is built from it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.records.errors import InputError

#: Values in values. libyaml's loader goes down by recursion in C, where too deep a text ends the process.
MAX_DEPTH = 100
#: Nodes of one file, aliases counted as often as they are used: a few lines can stand for billions of values.
MAX_NODES = 200_000
#: PyYAML's loader in C where it was built.
FastLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Composed:
    """What a YAML file says.

    Attributes:
        value: The document as plain values.
        node: The same as a tree whose nodes know their lines; None for an empty file.
        repeated: Keys that a mapping writes twice, each with file and line; ``value`` holds the last one.
    """

    value: Any
    node: yaml.Node | None
    repeated: tuple[tuple[str, str], ...]


def compose(path: Path, loader: Callable[[str], Any] = yaml.SafeLoader) -> Composed:
    """The one document of a file.

    Args:
        path: The file.
        loader: Makes a PyYAML loader of the file's text.

    Raises:
        InputError: the file is missing, unreadable, not YAML, or unfolds to too much.
    """
    text = read_text(path)
    try:
        _refuse_depth(text, path)
        made = loader(text)
        node = made.get_single_node()
        repeated = _repeated(node, path)
        return Composed(made.construct_document(node) if node is not None else None, node, repeated)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise InputError(f"not valid YAML: {getattr(error, 'problem', None) or error}", where=where) from None
    # PyYAML raises what comes of it where a value does not fit its tag, as in `!!bool perhaps`.
    except (ArithmeticError, AttributeError, LookupError, RecursionError, ValueError) as error:
        raise InputError(f"not valid YAML ({type(error).__name__}: {error})", where=str(path)) from None


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """A text file.

    Raises:
        InputError: it is missing, unreadable or not in this encoding.
    """
    try:
        return path.read_text(encoding=encoding)
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), mend="check the path") from None
    except IsADirectoryError:
        raise InputError("is a folder, not a file", where=str(path), mend="name a file in it") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"cannot be read as {encoding} text", where=f"{path}:{line}", mend="save it so") from None
    except (OSError, LookupError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})", where=str(path)) from None


def _refuse_depth(text: str, path: Path) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=FastLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            line = f":{event.start_mark.line + 1}" if event.start_mark else ""
            raise InputError(f"nests deeper than {MAX_DEPTH} levels", where=f"{path}{line}")


def _repeated(node: yaml.Node | None, path: Path) -> tuple[tuple[str, str], ...]:
    waiting, seen, found = [node] if node is not None else [], 0, []
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise InputError(f"holds more than {MAX_NODES} values", where=str(path))
        if isinstance(one, yaml.MappingNode):
            known: set[str] = set()
            for key, value in one.value:
                if str(key.value) in known:
                    found.append((str(key.value), f"{path}:{key.start_mark.line + 1}"))
                known.add(str(key.value))
                waiting.append(value)
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value
    return tuple(found)
