"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real public data and models beside the repository, or where ``HARNESS_SHARED`` says."""
    folder = Path(os.environ.get("HARNESS_SHARED", _BESIDE))
    if not folder.is_dir():
        pytest.skip(f"real data is not here: no folder {folder} (set HARNESS_SHARED)")
    return folder
