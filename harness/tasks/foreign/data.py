"""Rows of a task of lm-evaluation-harness: local files through the ``datasets`` library as there, hub data through the
house's order (``HARNESS_DATA``, then the hub). Nothing here runs code of a data set.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.records import InputError, nearest
from harness.tasks.definition import DataSource
from harness.tasks.files import read_rows
from harness.tasks.foreign.config import LmEvalConfig
from harness.tasks.foreign.yaml_files import TaskFile
from harness.tasks.sources import MIRRORS, mirrored

if TYPE_CHECKING:
    from datasets import Dataset

#: Loaders of the ``datasets`` library that only read; ``pandas`` and ``arrow`` files are not in reach of a task.
BUILDERS = ("json", "csv", "parquet", "text")
#: What ``dataset_kwargs`` may hold. ``trust_remote_code`` is dropped there as here: data sets run no code any more.
_OPTIONS = ("data_files", "data_dir", "column_names", "header", "delimiter", "sep", "field", "encoding", "revision")
_DROPPED = ("trust_remote_code", "verification_mode")


def check_data(config: LmEvalConfig, file: TaskFile) -> None:
    """Refuse data settings that are not supported, before anything is loaded.

    Raises:
        InputError: naming file, line and key.
    """
    for key in config.dataset_kwargs or {}:
        if key not in (*_OPTIONS, *_DROPPED):
            where = file.where("dataset_kwargs", key)
            raise InputError(f"'dataset_kwargs.{key}' is not supported", where=where, mend=nearest(key, list(_OPTIONS)))
    if config.dataset_path in BUILDERS and not _files(config):
        raise InputError("names no data_files", where=file.where("dataset_path"), mend="add dataset_kwargs.data_files")


def load_split(config: LmEvalConfig, file: TaskFile, split: str) -> "Dataset":
    """One split of a task's data.

    Raises:
        InputError: it cannot be found or read, or lies where a task may not read.
    """
    from datasets import Dataset

    where = f"{file.where('dataset_path')} {config.dataset_path}[{split}]"
    source = _hub_source(config, split)
    found = mirrored(source, split) if source is not None else None
    if found is not None:
        rows = [row.values for row in read_rows(*found)]
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
        return _guarded(lambda: Dataset.from_dict(columns), where, "mend the data")
    inner = "/".join(filter(None, (config.dataset_path, config.dataset_name, f"{split}.jsonl")))
    mend = f"connect, or put {inner} into a folder and name that in {MIRRORS}"
    return _guarded(lambda: _load(config, file, split), where, "check the file" if source is None else mend)


def _load(config: LmEvalConfig, file: TaskFile, split: str) -> "Dataset":
    from datasets import disable_progress_bars, enable_progress_bars, load_dataset

    options = {key: value for key, value in (config.dataset_kwargs or {}).items() if key not in _DROPPED}
    path = config.dataset_path
    if path in BUILDERS:
        options["data_files"] = _inside(options["data_files"], file)
    elif _is_local(path, file):
        path = _inside(path, file)
    disable_progress_bars()
    try:
        return load_dataset(path, config.dataset_name, split=split, **options)
    finally:
        enable_progress_bars()


def _hub_source(config: LmEvalConfig, split: str) -> DataSource | None:
    """The data as a hub data set; None for local files."""
    options = config.dataset_kwargs or {}
    try:
        return (
            DataSource(
                hub=config.dataset_path, config=config.dataset_name, split=split, revision=options.get("revision")
            )
            if config.dataset_path not in BUILDERS
            else None
        )
    except ValidationError:
        return None


def _files(config: LmEvalConfig) -> list[str]:
    return list(_flat((config.dataset_kwargs or {}).get("data_files")))


def _flat(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _flat(one)


def _inside(value: Any, file: TaskFile) -> Any:
    """``data_files`` with every path made absolute.

    Raises:
        InputError: a path leads out of the folders that a task may read: its file's, the current one, ``HARNESS_DATA``.
    """
    if isinstance(value, dict):
        return {key: _inside(one, file) for key, one in value.items()}
    if isinstance(value, list):
        return [_inside(one, file) for one in value]
    roots = [root.resolve() for root in _roots(file)]
    for root in roots:
        path = (root / str(value)).resolve()
        if path.exists() and any(path.is_relative_to(one) for one in roots):
            return str(path)
    raise InputError(
        f"{str(value)!r} is not a file below the task file, the current folder or {MIRRORS}",
        where=file.where("dataset_kwargs", "data_files"),
        mend="copy it there",
    )


def _is_local(path: str, file: TaskFile) -> bool:
    return path.startswith((".", "/", "~")) or any((root / path).is_dir() for root in _roots(file)[:1])


def _roots(file: TaskFile) -> list[Path]:
    named = os.environ.get(MIRRORS)
    return [file.path.parent, Path.cwd(), *([Path(named)] if named else [])]


def _guarded(work: Any, where: str, mend: str) -> "Dataset":
    try:
        return work()
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - the library fails in many ways; the user needs one line
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"data cannot be loaded ({reason})", where=where, mend=mend) from None
