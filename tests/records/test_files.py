"""A file is written whole or not at all, and what cannot be written is an error."""

from pathlib import Path

import pytest

from harness.records import InputError, RunError
from harness.records.files import replacing, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_json(path, {"a": 1})
    before = path.read_bytes()
    with pytest.raises(KeyError), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyError("the writer broke")
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken" / "report.md", tmp_path / "taken" / "deep" / "report.md"):
        with pytest.raises(InputError, match=rf"^{tmp_path}/taken: is a file, not a folder"):
            write_text(path, "text")
    (tmp_path / "report.md").mkdir()
    with pytest.raises(InputError, match=r"report.md: is a folder, where a file is to be written"):
        write_text(tmp_path / "report.md", "text")


def test_what_cannot_be_written_otherwise_broke_the_run() -> None:
    with pytest.raises(RunError, match=r"/proc/harness/report.md: cannot be saved"):
        write_text(Path("/proc/harness/report.md"), "text")


def test_json_is_the_same_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "one.json", {"b": "ä", "a": [1.5]})
    write_json(tmp_path / "two.json", {"a": [1.5], "b": "ä"})
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
