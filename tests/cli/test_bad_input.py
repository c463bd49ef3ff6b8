"""Whatever is wrong with the input, the user reads one line that says what, where and how to mend it; status 2."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness.cli.main import run
from tests.packs import word_rows, write_pack, write_suite

Break = Callable[[Path, Path], dict[str, Any]]


def edited_adapter(source: Path, target: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> Path:
    shutil.copytree(source, target)
    tensors = load_file(target / "adapter_model.safetensors")
    change(tensors)
    save_file(tensors, target / "adapter_model.safetensors")
    return target


def with_nan(folder: Path, adapter: Path) -> dict[str, Any]:
    def spoil(tensors: dict[str, torch.Tensor]) -> None:
        next(iter(tensors.values()))[0, 0] = float("nan")

    return {"adapters": {"tuned": edited_adapter(adapter, folder / "nan", spoil)}}


def untrained(folder: Path, adapter: Path) -> dict[str, Any]:
    def flatten(tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in tensors.items():
            if "lora_B" in name:
                tensor.zero_()

    return {"adapters": {"tuned": edited_adapter(adapter, folder / "zero", flatten)}}


def of_another_base(folder: Path, adapter: Path) -> dict[str, Any]:
    def widen(tensors: dict[str, torch.Tensor]) -> None:
        for name, tensor in list(tensors.items()):
            tensors[name] = torch.cat([tensor, tensor], dim=1 if "lora_A" in name else 0).contiguous()

    return {"adapters": {"tuned": edited_adapter(adapter, folder / "wide", widen)}}


def pickled(folder: Path, adapter: Path) -> dict[str, Any]:
    target = folder / "pickled"
    shutil.copytree(adapter, target)
    (target / "adapter_model.safetensors").rename(target / "adapter_model.bin")
    return {"adapters": {"tuned": target}}


def empty_data(folder: Path, adapter: Path) -> dict[str, Any]:
    (folder / "words" / "test.jsonl").write_text("")
    return {}


def row_without_field(folder: Path, adapter: Path) -> dict[str, Any]:
    (folder / "words" / "test.jsonl").write_text('{"text": "a", "label": "b"}\n{"text": "c"}\n')
    return {}


def long_prompt(folder: Path, adapter: Path) -> dict[str, Any]:
    write_pack(folder, "words", [{"text": "word " * 3000, "label": "b"}])
    return {}


def unknown_label(folder: Path, adapter: Path) -> dict[str, Any]:
    rows = [{"text": "a", "label": "yes"}, {"text": "b", "label": "maybe"}]
    write_pack(folder, "words", rows, labels=["yes", "no"], metrics=["f1_macro"])
    return {}


def unknown_metric(folder: Path, adapter: Path) -> dict[str, Any]:
    write_pack(folder, "words", word_rows(2), metrics=["exact_mach"])
    return {}


def unknown_filter(folder: Path, adapter: Path) -> dict[str, Any]:
    write_pack(folder, "words", word_rows(2), filters=["stripp"])
    return {}


def broken_json(folder: Path, adapter: Path) -> dict[str, Any]:
    (folder / "words" / "test.jsonl").write_text('{"text": "a", "label": "b"}\n{"text": \n')
    return {}


TABLE: dict[str, tuple[Break, str]] = {
    "a wrong key": (
        lambda f, a: {"taskss": ["./words"]},
        r"suite\.yaml:\d+: unknown key 'taskss'; did you mean 'tasks'",
    ),
    "an unknown task": (lambda f, a: {"tasks": ["sentimnt"]}, r"sentimnt.*did you mean 'sentiment'"),
    "a tag of no task": (lambda f, a: {"tasks": ["tag:forgeting"]}, r"forgeting"),
    "a missing task folder": (lambda f, a: {"tasks": ["./nowhere"]}, r"nowhere"),
    "an unknown metric": (unknown_metric, r"unknown metric 'exact_mach'.*did you mean 'exact_match'"),
    "an unknown filter": (unknown_filter, r"task\.yaml:\d+: .*stripp"),
    "an unknown engine": (lambda f, a: {"engine": {"kind": "vlm"}}, r"unknown engine 'vlm'; did you mean 'vllm'"),
    "a missing base": (lambda f, a: {"base": "./no-model"}, r"no-model"),
    "a missing adapter": (lambda f, a: {"adapters": {"tuned": "./no-adapter"}}, r"tuned.*no-adapter"),
    "an adapter of another base": (of_another_base, r"tuned.*(shape|width|base)"),
    "an adapter with NaN weights": (with_nan, r"tuned.*(NaN|not finite)"),
    "an adapter with pickled weights only": (pickled, r"tuned.*(pickle|safetensors)"),
    "an adapter without effect": (untrained, r"tuned.*(untrained|zero)"),
    "an empty data set": (empty_data, r"words.*(empty|no rows|no samples)"),
    "a row without its field": (row_without_field, r"test\.jsonl:2: .*label"),
    "broken JSON": (broken_json, r"test\.jsonl:2: "),
    "a prompt longer than the context": (long_prompt, r"'words': the prompt of sample \w+ has \d+ tokens"),
    "a label the task does not know": (unknown_label, r"maybe"),
    "a rule over a task that is not there": (
        lambda f, a: {"gate": [{"tasks": "sentmnt", "rule": "at_least", "value": 0.5}]},
        r"sentmnt",
    ),
    "a rule over a metric that is not there": (
        lambda f, a: {"gate": [{"tasks": "words", "metric": "bleuu", "rule": "at_least", "value": 0.5}]},
        r"bleuu",
    ),
}


@pytest.fixture(scope="module")
def adapter(make_adapter: Any) -> Path:
    return Path(make_adapter("good"))


@pytest.mark.parametrize("case", TABLE)
def test_one_line_says_what_where_and_how_to_mend(
    case: str, tmp_path: Path, adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks, expected = TABLE[case]
    write_pack(tmp_path, "words", word_rows(3))
    keys = breaks(tmp_path, adapter)
    suite = write_suite(tmp_path, keys.pop("adapters", {"tuned": adapter}), **keys)
    status = run(["run", str(suite), "--out", str(tmp_path / "run"), "--quiet"])
    said = capsys.readouterr().err.strip()
    assert status == 2, said
    assert said.startswith("error: ") and said.count("\n") == 0, said
    assert re.search(expected, said), said
    assert not (tmp_path / "run" / "samples").exists(), "a sample was spent on bad input"


@pytest.mark.parametrize("command", ["score", "compare", "gate", "report"])
def test_a_folder_that_is_no_run_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, str(tmp_path)]) == 2
    assert "is not a run folder" in capsys.readouterr().err


def test_a_damaged_manifest_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"state": "complete"})[:-4])
    assert run(["compare", str(tmp_path)]) == 2
    assert "manifest.json" in capsys.readouterr().err


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gaet"]) == 2
    assert "did you mean 'gate'?" in capsys.readouterr().err


def test_a_run_that_cannot_be_saved_is_an_error(
    tmp_path: Path, adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(tmp_path, "words", word_rows(2))
    (tmp_path / "taken").write_text("a file where the run folder should be")
    assert run(["run", str(write_suite(tmp_path)), "--out", str(tmp_path / "taken"), "--quiet"]) == 2
    assert f"{tmp_path}/taken: is a file, not a folder" in capsys.readouterr().err
    assert run(["run", str(write_suite(tmp_path)), "--out", "/proc/harness", "--quiet"]) == 3
    assert "/proc/harness" in capsys.readouterr().err
