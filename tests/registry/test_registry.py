"""Registered adapters are kept whole, once, and in order, whoever writes at the same time and whatever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.models import resolve_adapter
from harness.records import InputError
from harness.registry import Registry

Make = Callable[..., Path]
WEIGHTS = "adapter_model.safetensors"

_WRITER = """
import sys
from pathlib import Path
from harness.registry import Registry
registry, folders = Registry(Path(sys.argv[1])), sys.argv[4:]
for n in range(int(sys.argv[2])):
    version, _ = registry.register(Path(folders[n % len(folders)]), sys.argv[3], tags=[f"tag{n}"])
    print(version, flush=True)
"""


@pytest.fixture(scope="module")
def adapters(make_adapter: Make) -> list[Path]:
    return [make_adapter("first", seed=1), make_adapter("second", seed=2)]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def change(folder: Path, edit: Callable[[dict], dict]) -> None:  # type: ignore[type-arg]
    from safetensors.torch import load_file, save_file

    save_file(edit(load_file(folder / WEIGHTS)), folder / WEIGHTS)


def writer(registry: Registry, count: int, name: str, folders: list[Path]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _WRITER, str(registry.root), str(count), name, *map(str, folders)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_a_registered_adapter_is_the_one_that_was_given(registry: Registry, adapters: list[Path]) -> None:
    version, warnings = registry.register(adapters[0], "support", tags=["prod"])
    given = resolve_adapter(str(adapters[0]))
    assert (str(version), version.base, warnings) == ("support:1", "reference", [])
    assert (version.fingerprint, version.method, version.rank) == (given.fingerprint, "LORA", 8)
    assert registry.adapter("registry:support:prod").fingerprint == given.fingerprint
    assert registry.get("support") == registry.get("support:1") == registry.get("support:prod") == version
    assert version.parameters > 1000


def test_equal_content_is_stored_once_and_versions_count_on(registry: Registry, adapters: list[Path]) -> None:
    registry.register(adapters[0], "support")
    registry.register(adapters[0], "support", parent="support")
    registry.register(adapters[1], "support", parent="support:1")
    registry.register(adapters[0], "other")
    assert [(str(v), v.parent) for v in registry.versions()] == [
        ("other:1", None), ("support:1", None), ("support:2", "support:1"), ("support:3", "support:1"),
    ]  # fmt: skip
    assert len(list((registry.root / "content").iterdir())) == 2


def test_a_tag_moves_and_says_from_where(registry: Registry, adapters: list[Path]) -> None:
    registry.register(adapters[0], "support", tags=["prod"])
    registry.register(adapters[1], "support")
    version, before = registry.tag("support:2", "prod")
    assert (version.number, before, version.tags) == (2, 1, ("prod",))
    assert registry.get("support:1").tags == ()
    again, warnings = registry.register(adapters[0], "support", tags=["prod"])
    assert (again.number, again.tags) == (3, ("prod",))
    assert warnings == ["has the same files as support:1", "the tag prod was moved here from support:2"]


def test_what_only_a_trainer_needs_and_pickles_are_left_out(
    registry: Registry, adapters: list[Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(adapters[0], tmp_path / "checkpoint")
    (folder / "optimizer.pt").write_bytes(b"pickle")
    version, _ = registry.register(folder, "support")
    assert sorted(path.name for path in registry.folder(version).iterdir()) == ["adapter_config.json", WEIGHTS]


def test_what_was_measured_in_its_training_is_kept_and_shown(
    registry: Registry, adapters: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(adapters[0], tmp_path / "trained")
    lost, kl = {"value": 0.25, "low": 0.1, "high": 0.4}, {"value": 0.5, "low": 0.4, "high": 0.6}
    final = {"together": {"drop": lost, "samples": 64}, "probes": [], "kl": kl}
    (folder / "training.json").write_text(json.dumps({"forgetting": {"final": final}, "stopped": {"reason": "kl"}}))
    names = ["epochs.parquet", "forgetting.jsonl", "metrics.jsonl", "metrics.parquet"]
    for name in names:
        (folder / name).write_text(name)
    version, _ = registry.register(folder, "support")
    assert {name: (registry.folder(version) / name).read_text() for name in names} == {name: name for name in names}
    from harness.cli.adapters import show

    show("support", registry.root)
    line = "accuracy lost 0.250 [0.100, 0.400] (64 samples), KL from the base 0.500 [0.400, 0.600] nats a token"
    assert f"{line}, stopped by a limit" in capsys.readouterr().out
    # A record from elsewhere says something else there.
    (folder / "training.json").write_text(json.dumps({"forgetting": {"final": ["x"]}}))
    registry.register(folder, "other")
    show("other", registry.root)
    assert "not measured" in capsys.readouterr().out


def zero(folder: Path) -> None:
    change(folder, lambda tensors: {name: tensor * 0 for name, tensor in tensors.items()})


def spoil(folder: Path) -> None:
    change(folder, lambda tensors: {name: tensor * float("nan") for name, tensor in tensors.items()})


def pickle(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "adapter_model.bin")


def trained_elsewhere(folder: Path) -> None:
    (folder / "training.json").write_text(json.dumps({"base": "reference", "base_fingerprint": "0" * 20}))


def wrong_record(folder: Path) -> None:
    (folder / "training.json").write_text(json.dumps({"base_fingerprint": ["x"]}))


def nest(folder: Path, levels: int) -> None:
    inside = '{"a":' * levels + "0" + "}" * levels
    (folder / "training.json").write_text(f'{{"base": "reference", "recipe": {inside}}}')


def deep_recipe(folder: Path) -> None:
    nest(folder, 500)


def endless_recipe(folder: Path) -> None:
    nest(folder, 100_000)


def index_outside(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder.parent / "outside.safetensors")
    index = {"weight_map": {"a": "../outside.safetensors"}}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (zero, "untrained"),
        (spoil, "holds NaN"),
        (pickle, "the weights are pickled"),
        (trained_elsewhere, "was trained on a base with fingerprint 000"),
        (wrong_record, "is not the record of a training"),
        (deep_recipe, "is not the record of a training"),
        (endless_recipe, "cannot be read as JSON"),
        (index_outside, "lies outside the adapter's folder"),
    ],
)
def test_an_adapter_that_cannot_be_trusted_is_refused_and_leaves_nothing(
    registry: Registry, adapters: list[Path], tmp_path: Path, damage: Callable[[Path], None], what: str
) -> None:
    folder = shutil.copytree(adapters[0], tmp_path / "bad")
    damage(folder)
    with pytest.raises(InputError, match=what) as caught:
        registry.register(folder, "bad")
    assert str(folder) in str(caught.value) or "outside" in str(caught.value)
    assert registry.versions() == []
    assert not list(registry.root.rglob("*.safetensors"))


def test_wrong_names_are_one_line_with_the_nearest_known_name(registry: Registry, adapters: list[Path]) -> None:
    registry.register(adapters[0], "support", tags=["prod"])
    for reference, said in {
        "suport": "did you mean 'support'?",
        "support:7": "has no version 7; the newest is 1",
        "support:prd": "did you mean 'prod'?",
        "../support": "names no registered adapter",
        "support:1:2": "names no registered adapter",
    }.items():
        with pytest.raises(InputError) as caught:
            registry.get(reference)
        assert said in str(caught.value)
    for name in ("", "a/b", "..", "a b", "x" * 101):
        with pytest.raises(InputError, match="cannot be the name"):
            registry.register(adapters[0], name)
    for tag in ("7", "a:b", ""):
        with pytest.raises(InputError, match="cannot be a tag"):
            registry.tag("support", tag)
    with pytest.raises(InputError, match="no adapter 'x' is registered"):
        registry.register(adapters[0], "y", parent="x")
    assert [str(version) for version in registry.versions()] == ["support:1"]


def test_a_base_that_is_not_here_is_said_and_the_rest_is_checked(
    registry: Registry, adapters: list[Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(adapters[0], tmp_path / "moved")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "nobody/nothing"}))
    version, warnings = registry.register(folder, "moved")
    assert (version.base, version.base_fingerprint) == ("nobody/nothing", None)
    assert "nobody/nothing is not on this machine" in warnings[0]
    zero(folder)
    with pytest.raises(InputError, match="untrained"):
        registry.register(folder, "moved")


def test_a_file_that_is_no_registry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite").write_text("something else entirely, and long enough to be read as a header")
    with pytest.raises(InputError, match="is not a registry of adapters"):
        Registry(tmp_path).versions()


def test_tampering_is_named(registry: Registry, adapters: list[Path]) -> None:
    first, second = (registry.register(folder, "support")[0] for folder in adapters)
    assert registry.verify() == (2, [])
    weights = registry.folder(first) / WEIGHTS
    weights.chmod(0o644)
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match="support:1: was changed after it was registered"):
        registry.adapter("registry:support:1")
    (registry.folder(second) / "evil.py").write_text("")
    found = [(fault.version, fault.file, fault.what) for fault in registry.verify()[1]]
    assert found == [("support:1", WEIGHTS, "was changed"), ("support:2", "evil.py", "was added")]
    (registry.folder(second) / "evil.py").unlink()
    (registry.folder(second) / "adapter_config.json").unlink()
    (fault,) = registry.verify("support:2")[1]
    assert (fault.file, fault.what) == ("adapter_config.json", "is missing")


def test_registering_again_mends_what_was_changed(registry: Registry, adapters: list[Path]) -> None:
    version, _ = registry.register(adapters[0], "support")
    (registry.folder(version) / "adapter_config.json").unlink()
    registry.register(adapters[0], "support")
    assert registry.verify() == (2, [])


def test_hashes_changed_along_with_the_files_are_found(registry: Registry, adapters: list[Path]) -> None:
    import sqlite3

    from harness.registry.store import hash_files

    version, _ = registry.register(adapters[0], "support")
    weights = registry.folder(version) / WEIGHTS
    weights.chmod(0o644)
    shutil.copyfile(adapters[1] / WEIGHTS, weights)
    with sqlite3.connect(registry.root / "registry.sqlite") as db:
        db.execute("UPDATE files SET sha256 = ? WHERE name = ?", (hash_files(weights.parent)[WEIGHTS], WEIGHTS))
    (fault,) = registry.verify()[1]
    assert fault.file == "registry.sqlite"


def test_two_writers_lose_nothing(registry: Registry, adapters: list[Path]) -> None:
    writers = [writer(registry, 20, "support", [folder]) for folder in adapters]
    said = [one.communicate(timeout=120) for one in writers]
    assert [one.returncode for one in writers] == [0, 0], said
    assert sorted(int(line.split(":")[1]) for out, _ in said for line in out.split()) == list(range(1, 41))
    assert [version.number for version in registry.versions("support")] == list(range(1, 41))
    assert registry.verify() == (40, [])
    assert len(list((registry.root / "content").iterdir())) == 2


def test_a_kill_at_any_moment_leaves_no_half_adapter(registry: Registry, make_adapter: Make) -> None:
    folders = [make_adapter(f"a{n}", seed=10 + n) for n in range(3)]
    told: list[str] = []
    for delay in (0.0, 0.003, 0.011):
        one = writer(registry, 1000, "support", folders)
        assert one.stdout is not None
        told.append(one.stdout.readline().strip())  # it is at work now
        time.sleep(delay)
        one.send_signal(signal.SIGKILL)
        told += one.communicate()[0].split()
    found = [str(version) for version in registry.versions()]
    assert set(told) <= set(found)
    assert found == [f"support:{n + 1}" for n in range(len(found))]
    assert registry.verify()[1] == []
    registry.register(folders[0], "support")
    assert not (registry.root / "incoming").exists()
