"""From a training to a registered adapter that a suite names, with its figures, a full model and a model card."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.main import run as harness
from harness.models import resolve_adapter, resolve_base
from tests.packs import word_rows, write_pack, write_suite

Harness = Callable[..., Any]
ROWS = [{"prompt": f"The number after {n} is", "response": f" {n + 1}"} for n in range(24)]


def trained(folder: Path, name: str, **changes: Any) -> Path:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    recipe = {
        "adapter": name,
        "data": str(folder / "rows.jsonl"),
        "format": "text",
        "method": {"kind": "lora", "r": 4, "alpha": 8},
        "schedule": {"max_steps": 3, "learning_rate": 1e-3},
    } | changes
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    assert harness(["train", str(folder / f"{name}.yaml"), "--out", str(folder / name), "-q"]) == 0
    return folder / name


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with two versions of one adapter, and a run in which a suite named both."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_ADAPTERS", str(folder / "registry"))
        for name, rate in (("one", 1e-3), ("two", 3e-3)):
            adapter = trained(folder, name, schedule={"max_steps": 3, "learning_rate": rate})
            parent = ["--parent", "numbers"] if name == "two" else []
            assert harness(["adapters", "register", str(adapter), "--name", "numbers", *parent, "--tag", name]) == 0
        write_pack(folder, "words", word_rows(8))
        names = {"old": "registry:numbers:one", "new": "registry:numbers:2"}
        assert harness(["run", str(write_suite(folder, names)), "--out", str(folder / "run"), "-q"]) == 0
        assert harness(["adapters", "attach", str(folder / "run")]) == 0
    return folder


@pytest.fixture
def said(world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Harness:
    """Runs ``harness adapters`` with ``--json`` and returns what it said."""
    monkeypatch.setenv("HARNESS_ADAPTERS", str(world / "registry"))

    def say(*arguments: object, status: int = 0) -> Any:
        capsys.readouterr()
        assert harness(["adapters", *map(str, arguments), "--json"]) == status
        return json.loads(capsys.readouterr().out)

    return say


def test_a_version_knows_its_recipe_its_data_and_what_runs_measured(said: Harness, world: Path) -> None:
    shown = said("show", "numbers:one")
    record = json.loads((world / "one" / "training.json").read_text())
    assert shown["recipe"] == record["recipe"]
    assert shown["data_fingerprint"] == record["data"]["fingerprint"]
    assert shown["base_fingerprint"] == resolve_base("reference").fingerprint
    (figure,) = shown["figures"]
    results = json.loads((world / "run" / "results.json").read_text())
    (measured,) = [one for one in results["figures"] if one["model"] == "old"]
    assert (figure["value"], figure["interval"]) == (measured["value"], measured["interval"])
    assert [(row["number"], row["tags"], row["parent"]) for row in said("list")] == [
        (1, ["one"], None), (2, ["two"], "numbers:1"),
    ]  # fmt: skip


def test_diff_shows_what_changed(said: Harness) -> None:
    found = said("diff", "numbers:1", "numbers:2")
    assert found["settings"] == {"adapter": ["one", "two"], "schedule.learning_rate": [1e-3, 3e-3]}
    assert list(found["identities"]) == ["weights"]
    assert found["all"]["difference"] > 0
    assert [layer["where"] for layer in found["layers"]] == [f"layer {n}" for n in range(len(found["layers"]))]
    assert len(found["figures"]) == 1
    same = said("diff", "numbers:1", "numbers:1")
    assert (same["settings"], same["identities"], same["all"]["relative"]) == ({}, {}, 0.0)


def test_what_is_exported_is_read_by_the_hubs_client(said: Harness, world: Path, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    out = tmp_path / "card"
    said("export", "numbers:2", "--out", out, "--run", world / "run", "--license", "apache-2.0")
    card = ModelCard.load(out / "README.md")
    results = json.loads((world / "run" / "results.json").read_text())
    (measured,) = [one for one in results["figures"] if one["model"] == "new"]
    (result,) = card.data.eval_results
    assert (result.dataset_name, result.metric_type, result.metric_value) == (
        "words", measured["metric"], measured["value"],
    )  # fmt: skip
    assert result.metric_args["interval"] == [measured["interval"]["low"], measured["interval"]["high"]]
    assert card.data.model_name == "numbers"
    assert (card.data.license, card.data.library_name) == ("apache-2.0", "peft")
    assert "| words | exact\\_match |" in card.text and "learning_rate: 0.003" in card.text
    assert str(world) not in card.content
    assert resolve_adapter(str(out)).fingerprint == said("show", "numbers:2")["fingerprint"]
    assert {path.name for path in out.iterdir()} == {"README.md", "adapter_config.json", "adapter_model.safetensors"}
    assert os.access(out / "adapter_model.safetensors", os.W_OK)


def test_merging_prints_how_near_it_came(said: Harness, tmp_path: Path) -> None:
    found = said("merge", "numbers", "--out", tmp_path / "full", "--dtype", "float32")
    assert found["max_difference"] < 0.01 < found["effect"]
    assert resolve_base(str(tmp_path / "full")).fingerprint == found["fingerprint"]


def test_verify_ends_with_status_1_and_the_name_of_the_file(said: Harness, world: Path, tmp_path: Path) -> None:
    assert said("verify") == {"versions": 2, "faults": []}
    record = Path(said("show", "numbers:2")["folder"]) / "training.json"
    before = record.read_bytes()
    record.chmod(0o644)
    record.write_bytes(before.replace(b"reference", b"preferred", 1))
    (fault,) = said("verify", "numbers:2", status=1)["faults"]
    assert (fault["version"], fault["file"], fault["what"]) == ("numbers:2", "training.json", "was changed")
    record.write_bytes(before)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "nubmers"], "no adapter 'nubmers' is registered; did you mean 'numbers'?"),
        (["show", "numbers:3"], "numbers: has no version 3; the newest is 2"),
        (["diff", "numbers:1", "numbers:tow"], "did you mean 'two'?"),
        (["tag", "numbers", "3"], "'3' cannot be a tag"),
        (["register", "missing", "--name", "x"], "no such folder"),
        (["export", "numbers:1", "--out", "{world}", "--license", "mit"], "is already there"),
        (["export", "numbers:1", "--out", "{world}/new", "--run", "{world}/run", "--model", "nwe"], "is not numbers:1"),
        (["merge", "numbers:1", "--out", "{world}/new", "--base", "{world}"], "not a model in Hugging Face format"),
    ],
)
def test_what_is_wrong_is_one_line(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    monkeypatch.setenv("HARNESS_ADAPTERS", str(world / "registry"))
    assert harness(["adapters", *(argument.format(world=world) for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"{line.format(world=world)}" in error.replace(f"{world}/registry: ", "")
    assert not (world / "new").exists()


def test_tables_are_shown(world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HARNESS_ADAPTERS", str(world / "registry"))
    monkeypatch.setenv("COLUMNS", "120")
    for arguments, expected in (
        (["list"], "LORA r=4"),
        (["show", "numbers"], "schedule.learning_rate=0.003"),
        (["diff", "numbers:1", "numbers:2"], "layer 0"),
        (["diff", "numbers:1", "numbers:2", "--modules"], "q_proj"),
        (["tag", "numbers:1", "two"], "two: numbers:1 (before: numbers:2)"),
        (["tag", "numbers:2", "two"], "two: numbers:2"),
    ):
        assert harness(["adapters", *arguments]) == 0
        shown = capsys.readouterr().out
        assert expected in shown and "=None" not in shown


def test_a_suite_that_names_an_unknown_adapter_is_one_line(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARNESS_ADAPTERS", str(world / "registry"))
    write_pack(tmp_path, "words", word_rows(4))
    suite = write_suite(tmp_path, {"tuned": "registry:number:1"})
    assert harness(["run", str(suite), "--out", str(tmp_path / "run"), "-q"]) == 2
    assert "did you mean 'numbers'?" in capsys.readouterr().err
