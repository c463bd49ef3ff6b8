"""Where a task's rows are found: a folder of local mirrors, the pack itself, the hub - in this order."""

import os
import re
from pathlib import Path
from typing import Literal

from harness.records import InputError, reason
from harness.records.hub import shown, unreached
from harness.tasks.definition import DataSource, FileOptions
from harness.tasks.files import SUFFIXES, Row, map_rows, read_rows

#: Names a folder of local mirrors, laid out by hub id (``org/name/test.jsonl`` or ``name/test.jsonl``).
MIRRORS = "HARNESS_DATA"
Part = Literal["test", "fewshot"]
_OF = re.compile(r"-of-(\d+)\.")


def load_rows(data: DataSource, folder: Path, part: Part = "test") -> list[Row]:
    """The rows of a task's data, or of its few-shot data.

    Args:
        folder: The pack's folder.

    Raises:
        InputError: the data cannot be found or read, or a path leads out of the pack.
    """
    if data.path is not None:
        name = data.path if part == "test" else data.fewshot
        return read_rows([inside(folder, str(name))], data)
    split = data.split if part == "test" else str(data.fewshot)
    found = mirrored(data, split, part)
    if found is not None:
        return read_rows(*found)
    return _from_hub(data, split)


def inside(folder: Path, name: str) -> Path:
    """A file of a pack.

    Raises:
        InputError: the path leads out of the folder, through a link too: a pack may read its own files only.
    """
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise InputError(
            f"path {name!r} leads out of the folder", where=str(folder), mend="keep data files beside task.yaml"
        )
    return path


def mirrored(data: DataSource, split: str, part: Part = "test") -> tuple[list[Path], FileOptions] | None:
    """The files of a hub data set below ``HARNESS_DATA`` and how to read them; None where there are none."""
    root = os.environ.get(MIRRORS)
    if not root:
        return None
    if data.mirror is not None:
        name = data.mirror.path if part == "test" else data.mirror.fewshot
        if name is not None and (path := Path(root) / name).is_file():
            return [path], data.mirror
    hub = str(data.hub)
    for top in (hub, hub.split("/")[-1]):
        for middle in filter(None, (data.config, "data", ".")):
            paths = split_files(Path(root) / top / middle, split)
            if paths:
                return paths, data
    return None


def split_files(folder: Path, split: str) -> list[Path]:
    """``test.jsonl`` and its like, or the shards that the hub names ``test-00000-of-00001.parquet``.

    Raises:
        InputError: a shard is missing.
    """
    whole = [path for suffix in SUFFIXES if (path := folder / f"{split}{suffix}").is_file()]
    return whole[:1] or complete(sorted(folder.glob(f"{split}-*-of-*.parquet")))


def complete(shards: list[Path]) -> list[Path]:
    """The same shards (``NAME-00000-of-00002.parquet``), if all that their names promise are there.

    Raises:
        InputError: a shard is missing.
    """
    wanted = max((int(found[1]) for path in shards if (found := _OF.search(path.name))), default=0)
    if len(shards) < wanted:
        raise InputError(
            f"holds {len(shards)} of {wanted} shards", where=str(shards[0].parent), mend="fetch the others"
        )
    return shards


def _from_hub(data: DataSource, split: str) -> list[Row]:
    from datasets import config, load_dataset
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()

    label = f"{data.hub}[{split}]"
    mend = f"connect, or put {data.hub}/{split}.jsonl into a folder and name that in {MIRRORS}"
    try:
        table = load_dataset(str(data.hub), data.config, revision=data.revision, split=split)
    except ConnectionError as error:
        root = os.environ.get(MIRRORS)
        mirrors = f"not below {MIRRORS} ({shown(root)})" if root else f"no folder of mirrors ({MIRRORS} is not set)"
        cache = shown(config.HF_DATASETS_CACHE)
        what = f"the data set is nowhere: {mirrors}, not in the hub's cache ({cache}), and {unreached(error)}"
        raise InputError(what, where=label, mend=mend) from None
    except Exception as error:  # noqa: BLE001 - the hub's client fails in many ways; the user needs one line
        raise InputError(f"cannot be fetched from the hub ({reason(error)})", where=label, mend=mend) from None
    rows = [Row(dict(values), f"{label} row {number}") for number, values in enumerate(table, 1)]
    return map_rows(rows, data, label)
