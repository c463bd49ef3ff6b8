"""Many askers, one engine: batches, a full queue, an engine that breaks, and an orderly end."""

import threading
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from harness.engines import Answered, Encoder, Engine
from harness.models import Model, resolve_base
from harness.records import Answer, Decoding, Generation, InputError, Request, RunError
from harness.serving import Busy, Limits, Refused, Service, TokenIds, UnknownModel, named_adapters, read_size
from harness.serving.app import make_app

GREEDY = Decoding(max_tokens=4)


class Gated(Engine):
    """Echoes prompts when it is let; breaks on ``poison``. ``batches`` are the sizes it was given."""

    name = "gated"

    def __init__(self) -> None:
        self.open, self.batches, self.closed = threading.Event(), list[int](), 0

    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        assert self.open.wait(20)
        self.batches.append(len(requests))
        requests = [request for request in requests if request.prompt != "lost"]
        if any(request.prompt == "poison" for request in requests):
            raise ValueError("secret /path\nand more")
        yield [(request, Answer(Generation(str(request.prompt), 1, "stop"))) for request in requests]

    def describe(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def gated(base_folder: Path) -> Iterator[tuple[Gated, Service]]:
    engine, base = Gated(), resolve_base(str(base_folder))
    service = Service(engine, [Model("base", base)], Encoder.load(base_folder), 512, Limits(concurrency=4, waiting=6))
    yield engine, service
    engine.open.set()
    service.close()


def test_what_waits_is_answered_in_batches_and_the_rest_is_told_to_come_back(gated: tuple[Gated, Service]) -> None:
    engine, service = gated
    first = service.ask("base", "first", GREEDY)
    while not first.running():
        threading.Event().wait(0.01)
    waiting = [service.ask("base", f"number {i}", GREEDY) for i in range(6)]
    with pytest.raises(Busy, match="6 requests are waiting already"):
        service.ask("base", "one too many", GREEDY)
    refused = TestClient(make_app(service)).post("/api/v1/generate", json={"prompt": "one too many"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
    engine.open.set()
    assert [one.result(20).generation.text for one in waiting] == [f"number {i}" for i in range(6)]
    assert engine.batches == [1, 4, 2]


def test_a_request_that_breaks_the_engine_takes_no_other_with_it(gated: tuple[Gated, Service]) -> None:
    engine, service = gated
    asked = {text: service.ask("base", text, GREEDY) for text in ("before", "poison", "after")}
    engine.open.set()
    assert asked["before"].result(20).generation.text == "before"
    assert asked["after"].result(20).generation.text == "after"
    with pytest.raises(RunError, match="the engine broke"):
        asked["poison"].result(20)
    with pytest.raises(RunError, match="no answer"):
        service.ask("base", "lost", GREEDY).result(20)
    answer = TestClient(make_app(service)).post("/api/v1/generate", json={"prompt": "poison"})
    assert answer.status_code == 500 and "ValueError" in answer.text
    assert "secret" not in answer.text and "Traceback" not in answer.text


def test_closing_answers_what_waits_and_takes_no_more(gated: tuple[Gated, Service]) -> None:
    engine, service = gated
    waiting = [service.ask("base", f"number {i}", GREEDY) for i in range(5)]
    engine.open.set()
    service.close()
    assert all(one.done() and one.exception() is None for one in waiting)
    assert engine.closed and not service.alive
    with pytest.raises(Busy, match="shutting down"):
        service.ask("base", "late", GREEDY)


def test_what_cannot_be_asked_is_refused_before_the_engine_sees_it(gated: tuple[Gated, Service]) -> None:
    engine, service = gated
    engine.open.set()
    with pytest.raises(UnknownModel, match="did you mean 'base'"):
        service.ask("bass", "a", GREEDY)
    with pytest.raises(Refused, match="limit of 1024"):
        service.ask("base", "a", Decoding(max_tokens=1025))
    for hostile in ("word " * 2_000, "a" * 100_000, TokenIds((10**9,)), "\ud800"):
        with pytest.raises(Refused):
            service.ask("base", hostile, GREEDY).result(20)
    assert engine.batches == []


def test_who_shares_a_batch_does_not_shorten_an_answer(service: Service) -> None:
    alone = service.ask("base", "Once upon a time", Decoding(max_tokens=40)).result(30)
    long = service.ask("base", "word " * 240, Decoding(max_tokens=40))
    short = service.ask("base", "Once upon a time", Decoding(max_tokens=40))
    assert short.result(30).generation == alone.generation
    said = long.result(30)
    assert said.prompt_tokens + said.generation.tokens <= 512 and said.generation.finish == "length"


def test_sizes_and_names_are_read() -> None:
    assert [read_size(text) for text in ("1MB", "500kB", "12")] == [10**6, 500_000, 12]
    for wrong in ("", "0", "-1", "1.5MB", "1 TB", "9" * 40):
        with pytest.raises(InputError, match="is not a size"):
            read_size(wrong)
    assert named_adapters(["runs/one/", "b=two", "registry:legal:3"]) == {
        "one": "runs/one/",
        "b": "two",
        "legal": "registry:legal:3",
    }
    with pytest.raises(InputError, match="two adapters"):
        named_adapters(["x/one", "y/one"])
