"""Python of task files: refused, unless its folder is named in ``HARNESS_TRUST_TASK_CODE``.

lm-evaluation-harness imports what a task file names with ``!function`` as soon as the file is read. Here a task file is
data; its code runs with the rights of whoever starts the harness, so a person has to say so first.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.records import InputError
from harness.tasks.foreign.config import IGNORED
from harness.tasks.foreign.yaml_files import Function, TaskFile

#: Folders, separated as in ``PATH``, whose task files may run Python; ``lm_eval`` is the installed package's.
TRUST = "HARNESS_TRUST_TASK_CODE"
#: Keys under which Python can stand in for a template or prepare the rows.
_RUNNABLE = ("process_docs", "doc_to_text", "doc_to_target", "doc_to_choice", "samples")


def package_folder() -> Path | None:
    """The folder of the installed lm-eval package's tasks, found without importing it."""
    spec = importlib.util.find_spec("lm_eval")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent / "tasks"


def check_functions(file: TaskFile) -> None:
    """Refuse Python that cannot run here, and Python that nobody has trusted.

    Raises:
        InputError: naming file, line, key and function.
    """
    for key, function in file.functions():
        if key in IGNORED:
            continue
        if key.rpartition(".")[2] not in _RUNNABLE:
            raise InputError(f"'{key}' is not supported: it is Python ({function})", where=function.where)
        if not _trusted(function.folder):
            raise InputError(
                f"'{key}' is Python ({function}), which runs only if you trust it",
                where=function.where,
                mend=f"read it, then put its folder into {TRUST}",
            )


def load_function(function: Function) -> Callable[..., Any]:
    """The Python that a trusted file names: from the module beside the file, else from an installed one.

    Raises:
        InputError: it is not trusted, or cannot be imported.
    """
    if not _trusted(function.folder):
        raise InputError(f"{function} is not trusted", where=function.where, mend=f"see {TRUST}")
    try:
        found = _import(function)
    except Exception as error:  # noqa: BLE001 - the module is the task author's and may fail in any way
        raise InputError(
            f"{function} cannot be imported ({type(error).__name__}: {error})", where=function.where
        ) from None
    if not callable(found):
        raise InputError(f"{function} is no function", where=function.where)
    return found


def run_function(function: Function, *arguments: Any, where: str = "") -> Any:
    """What a trusted function gives.

    Args:
        where: What it is run on, for errors; the file and line that name it unless given.

    Raises:
        InputError: it is not trusted, cannot be imported, or fails.
    """
    found = load_function(function)
    try:
        return found(*arguments)
    except Exception as error:  # noqa: BLE001 - the function is the task author's and may fail in any way
        what = f"{function} fails ({type(error).__name__}: {error})"
        raise InputError(what, where=where or function.where) from None


def _trusted(folder: Path) -> bool:
    named = [one for one in os.environ.get(TRUST, "").split(os.pathsep) if one]
    roots = [package_folder() if one == "lm_eval" else Path(one).expanduser().resolve() for one in named]
    return any(root is not None and folder.resolve().is_relative_to(root) for root in roots)


@lru_cache(maxsize=256)
def _import(function: Function) -> Any:
    module, _, name = function.name.rpartition(".")
    return getattr(_module(function.folder, module), name)


def _module(folder: Path, name: str) -> ModuleType:
    path = folder / f"{name.replace('.', '/')}.py"
    if not path.is_file():
        return importlib.import_module(name)
    # Two tasks may each have a utils.py: the path is the module's identity.
    key = f"harness_task_code.{path.with_suffix('')}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"no module at {path}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[key] = module
    return sys.modules[key]
