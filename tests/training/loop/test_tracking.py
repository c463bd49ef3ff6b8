"""Trackers and tables hold what the steps were, and change nothing of what is trained."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.records import InputError, Unavailable
from harness.training import read_recipe, train

Write = Callable[..., Path]
SCHEDULE = {"max_steps": 9, "batch_size": 4, "learning_rate": 0.01}
EVALUATION = {"fraction": 0.3, "every": 3}


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL", "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def trained(write: Write, chat_model: Path, tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, **changes: Any) -> Path:
        recipe = write(chat_model, schedule=SCHEDULE, evaluation=EVALUATION, **changes)
        return train(recipe, tmp_path / name / "made").folder

    return make


def lines(folder: Path, figure: str) -> dict[int, float]:
    read = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line[figure] for line in read if figure in line}


def test_the_tables_hold_the_lines_of_the_log(trained: Callable[..., Path]) -> None:
    folder = trained("a")
    steps = pd.read_parquet(folder / "metrics.parquet")
    for figure in ("loss", "held_out_loss", "learning_rate", "grad_norm", "tokens", "epoch"):
        known = steps.set_index("step")[figure].dropna()
        assert dict(known.items()) == lines(folder, figure)
    epochs = pd.read_parquet(folder / "epochs.parquet")
    numbers = steps.epoch.apply(lambda epoch: -(-epoch // 1)).astype(int)
    assert epochs.set_index("epoch").loss.to_dict() == pytest.approx(steps.groupby(numbers).loss.mean().to_dict())
    assert epochs.step.iloc[-1] == 9 and epochs.held_out_loss.iloc[-1] == lines(folder, "held_out_loss")[9]


def test_tensorboard_reads_the_steps_back(trained: Callable[..., Path]) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = trained("a", track=["tensorboard"])
    events = EventAccumulator(str(folder.parent / "tracking/tensorboard/test"))
    events.Reload()
    for figure in ("loss", "held_out_loss", "learning_rate"):
        found = {event.step: event.value for event in events.Scalars(figure)}
        assert found == pytest.approx(lines(folder, figure), rel=1e-6)


def test_mlflow_reads_the_steps_back_from_its_local_store(trained: Callable[..., Path]) -> None:
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    folder = trained("a", track=["mlflow"])
    client = mlflow.MlflowClient(f"sqlite:///{folder.parent / 'tracking/mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("harness").experiment_id])
    assert run.info.status == "FINISHED" and run.info.run_name == "test"
    found = {one.step: one.value for one in client.get_metric_history(run.info.run_id, "loss")}
    assert found == pytest.approx(lines(folder, "loss"))


def test_wandb_without_a_server_stays_offline(trained: Callable[..., Path]) -> None:
    pytest.importorskip("wandb")
    folder = trained("a", track=["wandb"])
    (run,) = (folder.parent / "tracking/wandb").glob("offline-run-*")
    written = next(run.glob("*.wandb")).read_bytes()
    assert b"held_out_loss" in written


def test_a_tracked_training_is_the_same_training(
    trained: Callable[..., Path], write: Write, chat_model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    plain, tracked = trained("a"), trained("b", track=["tensorboard"])
    for name in ("adapter_model.safetensors", "adapter_config.json", "metrics.jsonl"):
        assert (plain / name).read_bytes() == (tracked / name).read_bytes()
    records = [json.loads((folder / "training.json").read_text()) for folder in (plain, tracked)]
    assert records[0]["fingerprint"] == records[1]["fingerprint"]
    assert "track" not in records[1]["recipe"]


def test_a_tracker_that_fails_is_left_out_and_the_training_goes_on(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://host")
    heard: list[str] = []
    made = train(write(chat_model, schedule=SCHEDULE, track=["mlflow"]), tmp_path / "a", warn=heard.append)
    (text,) = [text for text in heard if "mlflow" in text]
    assert "mlflow no longer follows this training" in text
    assert len(lines(made.folder, "loss")) == 9


def test_a_missing_library_is_named_before_anything_is_read(
    write: Write, chat_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.training.loop.tracking.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"track: wandb is not installed.*adapter-harness\[track\]") as caught:
        train(write(chat_model, schedule=SCHEDULE, track=["wandb"]), tmp_path / "a")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="track"):
        read_recipe(write(chat_model, track=["comet"]))
