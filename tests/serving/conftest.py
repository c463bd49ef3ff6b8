"""One service over the reference model and an adapter, for all tests of the room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="fastapi is not installed")
from fastapi.testclient import TestClient

from harness.serving import Limits, Service, open_service
from harness.serving.app import make_app


@pytest.fixture(scope="session")
def adapter(make_adapter: Callable[..., Path]) -> Path:
    return make_adapter("tuned")


@pytest.fixture(scope="session")
def service(adapter: Path) -> Iterator[Service]:
    opened, warnings = open_service("reference", {"tuned": str(adapter)}, "transformers", Limits(20_000, 64, 4, 16))
    assert warnings == []
    with opened:
        yield opened


@pytest.fixture(scope="session")
def client(service: Service) -> TestClient:
    # Not as a context manager: the service outlives the application.
    return TestClient(make_app(service, ["127.0.0.1"]), "http://127.0.0.1", raise_server_exceptions=False)
