"""One model for both harnesses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.foreign.sides import House


@pytest.fixture(scope="session")
def their_model(base_folder: Path) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=str(base_folder), device="cpu", dtype="float32", batch_size=8)


@pytest.fixture(scope="session")
def house(base_folder: Path) -> Iterator[House]:
    opened = House.open(base_folder)
    yield opened
    opened.engine.close()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture(autouse=True)
def no_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """lm-eval lists the machine's packages and hardware after each run, which takes longer than the run."""
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
    monkeypatch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
