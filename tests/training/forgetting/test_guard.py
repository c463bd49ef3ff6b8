"""A watched training is the same training; a limit stops it, and what is saved is within the limits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.engines.base import EngineSettings
from harness.engines.encoding import Encoder
from harness.engines.transformers import TransformersEngine
from harness.models import Adapter, Model, resolve_adapter, resolve_base
from harness.records import HarnessError, Kind, Request
from harness.training import Step, train

Write = Callable[..., Path]
Looks = Callable[[Path], list[dict[str, Any]]]
SCHEDULE = {"max_steps": 12, "batch_size": 4, "learning_rate": 0.02, "warmup": 8, "save_every": 3}
METHOD = {"kind": "lora", "dropout": 0.1}


class Killed(BaseException):
    """Nothing catches it, so that nothing is put in order."""


def bytes_of(folder: Path) -> dict[str, bytes]:
    names = ("adapter_model.safetensors", "adapter_config.json", "metrics.jsonl")
    return {name: (folder / name).read_bytes() for name in names}


def record(folder: Path) -> Any:
    return json.loads((folder / "training.json").read_text())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_watching_moves_nothing_of_the_training(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], looks: Looks, dtype: str
) -> None:
    # Dropout draws from the random streams in every step; the sampled probe would too.
    pack = tmp_path / "packs/say/task.yaml"
    pack.write_text(pack.read_text().replace("max_tokens: 4", "max_tokens: 4\n  temperature: 0.7"))
    section = probes | {"every": 2, "limits": {}}
    recipe = {"method": METHOD, "schedule": SCHEDULE, "dtype": dtype}
    plain = train(write(chat_model, **recipe), tmp_path / "plain")
    watched = train(write(chat_model, **recipe, forgetting=section), tmp_path / "watched")
    assert bytes_of(plain.folder) == bytes_of(watched.folder)
    rows = looks(watched.folder)
    assert [row["step"] for row in rows] == [2, 4, 6, 8, 10, 12]
    assert rows[-1]["kl"]["value"] > rows[0]["kl"]["value"] > 0
    kept = record(watched.folder)["forgetting"]
    assert kept["final"] == rows[-1] and kept["measurements"] == 6 and kept["probes"] == ["pick", "say"]
    assert "forgetting" not in record(plain.folder) and not (plain.folder / "forgetting.jsonl").exists()


def test_killed_and_resumed_it_ends_in_the_same_bytes_and_the_same_measurements(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], looks: Looks
) -> None:
    schedule = SCHEDULE | {"max_steps": 24}
    recipe = write(chat_model, method=METHOD, schedule=schedule, forgetting=probes | {"every": 4, "limits": {}})
    whole = train(recipe, tmp_path / "whole")

    def die(step: Step) -> None:
        if step.step == 17:
            raise Killed

    with pytest.raises(Killed):
        train(recipe, tmp_path / "cut", watch=die)
    assert not (tmp_path / "cut").exists()
    with (tmp_path / ".cut.partial/forgetting.jsonl").open("a") as torn:
        torn.write('{"step": 99, "pro')
    cut = train(recipe, tmp_path / "cut")
    assert record(cut.folder)["resumed_from_step"] == 15
    assert bytes_of(cut.folder) == bytes_of(whole.folder)
    assert timeless(looks(cut.folder)) == timeless(looks(whole.folder))


def timeless(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def mean_kl(adapter: Adapter, base: Path, texts: list[str]) -> float:
    """As an engine finds it that knows the saved files alone."""
    found = resolve_base(str(base))
    models = [Model("base", found), Model("adapter", found, adapter)]
    engine = TransformersEngine(EngineSettings(device="cpu"), models, Encoder.load(found.folder))
    requests = [Request("adapter", Kind.DIVERGENCE, text) for text in texts]
    values = [value for some in engine.answer(requests) for _, answer in some for value in answer.divergence]
    return sum(values) / len(values)


def test_a_crossed_limit_stops_and_keeps_the_last_weights_within_it(
    write: Write,
    chat_model: Path,
    tmp_path: Path,
    probes: dict[str, Any],
    looks: Looks,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from harness.cli.main import run

    free = train(
        write(chat_model, schedule=SCHEDULE, forgetting=probes | {"every": 2, "limits": {}}), tmp_path / "free"
    )
    rows = looks(free.folder)
    bound = (rows[1]["kl"]["low"] + rows[2]["kl"]["low"]) / 2
    section = probes | {"every": 2, "limits": {"kl": bound}}
    recipe = write(chat_model, schedule=SCHEDULE, forgetting=section)
    assert run(["train", str(recipe), "--out", str(tmp_path / "stopped")]) == 1
    said = capsys.readouterr()
    assert "kept are the weights of step 4" in said.err.splitlines()[-1]
    assert [line.split()[0] for line in said.out.splitlines()][3:7] == ["probe", "pick", "say", "all"]
    ended = record(tmp_path / "stopped")
    assert [row["step"] for row in looks(tmp_path / "stopped")] == [2, 4, 6]
    assert (ended["steps"], ended["saved_step"]) == (6, 4)
    stopped = ended["stopped"]
    assert (stopped["limit"], stopped["step"], stopped["kept_step"], stopped["bound"]) == ("kl", 6, 4, bound)
    assert stopped["low"] > bound
    assert ended["forgetting"]["final"]["step"] == 4
    texts = (tmp_path / "text.txt").read_text().split("\n")
    saved = resolve_adapter(str(tmp_path / "stopped"))
    assert mean_kl(saved, chat_model, texts) == pytest.approx(rows[1]["kl"]["value"], rel=1e-4)


def test_without_any_weights_within_the_limits_nothing_is_saved(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli.main import run

    recipe = write(chat_model, schedule=SCHEDULE, forgetting=probes | {"every": 8, "limits": {"kl": 1e-6}})
    assert run(["train", str(recipe), "--out", str(tmp_path / "none"), "--quiet"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: ") and "stopped after step 8, where kl is" in said and "none are kept" in said
    assert not (tmp_path / "none").exists()
    # Given again, it goes on from its checkpoint and ends the same way: going on is not what to advise.
    assert run(["train", "status", str(tmp_path / "none")]) == 0
    status = capsys.readouterr().out
    assert "failed" in status and "stopped after step 8, where kl is" in status and "or raise the limit" in status
    assert "would end there again" in status and "goes on from" not in status
    with pytest.raises(HarnessError, match="stopped after step 8"):
        train(recipe, tmp_path / "none")


def test_warn_goes_on_and_says_so_once(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], looks: Looks
) -> None:
    said: list[str] = []
    section = probes | {"every": 4, "limits": {"kl": 1e-6}, "on_limit": "warn"}
    adapter = train(write(chat_model, schedule=SCHEDULE, forgetting=section), tmp_path / "a", warn=said.append)
    ended = record(adapter.folder)
    assert ended["steps"] == ended["saved_step"] == 12 and "stopped" not in ended
    about = [line for line in said if "kl is" in line]
    assert len(about) == 1 and about[0].startswith("after step 4, kl is") and about[0] in ended["warnings"]
    assert all(row["crossed"][0]["limit"] == "kl" for row in looks(adapter.folder))


def test_a_warning_that_was_said_before_a_kill_is_kept_and_not_said_again(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any]
) -> None:
    section = probes | {"every": 2, "limits": {"kl": 1e-6}, "on_limit": "warn"}
    recipe = write(chat_model, schedule=SCHEDULE, forgetting=section)

    def die(step: Step) -> None:
        if step.step == 8:
            raise Killed

    with pytest.raises(Killed):
        train(recipe, tmp_path / "a", watch=die)
    said: list[str] = []
    adapter = train(recipe, tmp_path / "a", warn=said.append)
    assert not [line for line in said if "kl is" in line]
    [kept] = [line for line in record(adapter.folder)["warnings"] if "kl is" in line]
    assert kept.startswith("after step 2, kl is")


def test_what_is_measured_last_is_what_is_saved(
    write: Write, chat_model: Path, tmp_path: Path, probes: dict[str, Any], looks: Looks
) -> None:
    evaluation = {"fraction": 0.3, "every": 1, "keep_best": True}
    schedule = SCHEDULE | {"learning_rate": 0.2}
    section = probes | {"every": 5, "limits": {}}
    adapter = train(write(chat_model, schedule=schedule, evaluation=evaluation, forgetting=section), tmp_path / "a")
    ended = record(adapter.folder)
    assert ended["saved_step"] < 12, "the best weights should not be the last"
    assert ended["forgetting"]["final"]["step"] == ended["saved_step"]
    texts = (tmp_path / "text.txt").read_text().split("\n")
    assert isinstance(adapter, Adapter)
    assert mean_kl(adapter, chat_model, texts) == pytest.approx(ended["forgetting"]["final"]["kl"]["value"], rel=1e-4)
