"""Where training rows come from: a file, the folder of a data set, or a hub id. No code of a data set runs."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from harness.records import HubId, InputError, Word
from harness.tasks.definition import DataSource
from harness.tasks.sources import complete, load_rows, mirrored, split_files
from harness.training.data.faults import Fault
from harness.training.data.read import SUFFIXES, RawRow, kind, read_rows

_NAME = r"\w[\w.-]*"
_HUB = re.compile(rf"({_NAME}/{_NAME})(?:@({_NAME}))?(?:(?:/({_NAME}))?/({_NAME}))?")

#: A shard of a file: ``train-00000-of-00002.jsonl``, ``part-0001.csv.gz``.
_SHARD = re.compile(r"(\D*?)[-_.]?(\d+)(?:-of-\d+)?(?:\.\w+){1,2}")


class HubData(BaseModel):
    """A part of a data set on the hub; as text ``org/name@revision/subset/split``, of which the name is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub: HubId = Field(description="id of the data set: org/name")
    subset: Word | None = Field(None, description="one of its configurations")
    split: Word = Field("train", description="which of its parts")
    revision: Word | None = Field(None, description="commit, branch or tag; the newest if left out")

    def __str__(self) -> str:
        at = f"@{self.revision}" if self.revision else ""
        return "/".join(filter(None, (self.hub + at, self.subset, self.split)))


@dataclass(frozen=True)
class RawData:
    """Rows as their source has them, and the lines that are none. ``folder`` comes before each ``where``."""

    name: str
    folder: Path
    rows: list[RawRow]
    faults: list[Fault]

    def place(self, where: str) -> str:
        """Where a row stands, with the folder of its file."""
        return str(self.folder / where)


def read_source(reference: Path | str, folder: Path = Path()) -> RawData:
    """All rows of a file, of a local data set, or of a data set on the hub.

    A file or folder comes first; what is neither and reads ``org/name``, ``org/name/split`` or
    ``org/name/subset/split`` (``@revision`` after the name pins it) is looked for below ``HARNESS_DATA`` and on the
    hub. A folder is a data set saved by ``datasets``, or holds a file named ``train``.

    Args:
        folder: What a path is relative to.

    Raises:
        InputError: there is no such source, or it holds no row that can be read.
    """
    path = folder / reference
    if path.is_dir():
        return _saved(path) if (path / "state.json").is_file() or _is_dict(path) else _files(path)
    hub = None if path.exists() else _hub_id(reference)
    if hub is None:
        rows, faults = read_rows(path)
        return RawData(str(path), path.parent, rows, faults)
    name, revision, subset, split = hub.groups()
    return _from_hub(HubData(hub=name, revision=revision, subset=subset, split=split or "train"))


def located(reference: str, folder: Path) -> str:
    """A reference that means the same from anywhere: the whole path of what is here, a hub id as it is."""
    path = folder / reference
    return str(path.resolve()) if path.exists() or _hub_id(reference) is None else reference


def _hub_id(reference: Path | str) -> re.Match[str] | None:
    return None if kind(Path(reference)) in SUFFIXES else _HUB.fullmatch(str(reference))


def _from_hub(data: HubData) -> RawData:
    source = DataSource(hub=data.hub, config=data.subset, split=data.split, revision=data.revision)
    found = mirrored(source, data.split)
    if found is not None:
        return _joined(str(data), Path(), [(path, f"{data.hub}/{path.name}") for path in found[0]])
    try:
        table = load_rows(source, Path())
    except InputError as error:
        raise InputError(f"no such file, and {error.what}", where=str(data), mend=error.mend) from None
    rows = [RawRow(f"{data.hub}[{data.split}]:{number}", row.values) for number, row in enumerate(table, 1)]
    return RawData(str(data), Path(), rows, [])


def _files(folder: Path) -> RawData:
    """The training part of a folder laid out as the hub does, or the shards of one file."""
    paths = split_files(folder, "train") or split_files(folder / "data", "train") or complete(_shards(folder))
    if not paths:
        what = "a folder without a file named train, nor the shards of one file"
        raise InputError(what, where=str(folder), mend="name a file in it")
    return _joined(str(folder), folder, [(path, str(path.relative_to(folder))) for path in paths])


def _shards(folder: Path) -> list[Path]:
    """The numbered files of one name: those named train, or all where no others are."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and kind(path) in SUFFIXES]
    shards = [(found, path) for path in files if (found := _SHARD.fullmatch(path.name))]
    names = {found[1] for found, _ in shards}
    if "train" not in names and (len(names) > 1 or len(shards) < len(files)):
        return []
    parts = [(found, path) for found, path in shards if found[1] == "train" or len(names) == 1]
    return [path for _, path in sorted(parts, key=lambda part: int(part[0][2]))]


def _joined(name: str, folder: Path, files: list[tuple[Path, str]]) -> RawData:
    read = [read_rows(path, shown) for path, shown in files]
    rows = [row for found, _ in read for row in found]
    return RawData(name, folder, rows, [fault for _, faults in read for fault in faults])


def _is_dict(folder: Path) -> bool:
    return (folder / "dataset_dict.json").is_file()


def _saved(folder: Path) -> RawData:
    """A data set that ``save_to_disk`` wrote, or the training part of several."""
    from datasets import load_from_disk

    part = folder / "train" if _is_dict(folder) else folder
    try:
        table = load_from_disk(str(part))
        rows = [RawRow(f"{part.name}:{number}", dict(row)) for number, row in enumerate(table, 1)]
    except Exception as error:  # noqa: BLE001 - a broken folder fails in many ways; the user needs one line
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"not a data set that can be read ({reason})", where=str(part)) from None
    if not rows:
        raise InputError("holds no rows", where=str(part), mend="add training rows")
    return RawData(str(folder), part.parent, rows, [])
