"""The server engine against a server that refuses, stalls, lies and breaks off: no answer is lost or made up."""

from pathlib import Path
from typing import Any

import pytest

from harness.engines import Encoder, EngineSettings
from harness.engines.server import ServerEngine
from harness.engines.server.client import retry_after
from harness.models import Model, resolve_base
from harness.records import Answer, Decoding, InputError, Kind, Message, Request, RunError
from tests.engines.server.misbehaving import Behaviour, serving

NAMES = {"base": "plain", "one": "tuned"}


def opened(base_folder: Path, url: str, **options: Any) -> ServerEngine:
    base = resolve_base(str(base_folder))
    models = [Model(name, base) for name in NAMES]
    options = {"url": url, "models": NAMES, "first_wait": 0.02, **options}
    return ServerEngine(EngineSettings(kind="server", options=options), models, Encoder.load(base_folder))


def asked(count: int, model: str = "one", **decoding: Any) -> list[Request]:
    return [Request(model, Kind.GENERATE, f"Number {i}", decoding=Decoding(**decoding)) for i in range(count)]


def answers_of(engine: ServerEngine, requests: list[Request]) -> dict[Request, Answer]:
    return {request: answer for batch in engine.answer(requests) for request, answer in batch}


@pytest.mark.parametrize("step", ["500", "503", "429:0", "cut", "garbage", "slow:1.5"])
def test_what_may_pass_is_tried_again(step: str, base_folder: Path) -> None:
    behaviour = Behaviour(step, step)
    with serving(behaviour) as url:
        answers = answers_of(opened(base_folder, url, timeout=0.5, concurrency=1), asked(3, stop=("STOP",)))
    assert len(behaviour.seen) == 5
    texts = {answer.generation.text for answer in answers.values() if answer.generation}
    assert len(answers) == 3
    assert all(text.startswith("tuned read") and text.endswith("then ") for text in texts)


def test_retry_after_is_honoured(base_folder: Path) -> None:
    behaviour = Behaviour("429:1")
    with serving(behaviour) as url:
        answers_of(opened(base_folder, url), asked(1))
    (first, *_), (second, *_) = behaviour.seen
    assert 1.0 <= second - first < 5


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after("2.5") == 2.5
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") is None and retry_after(None) is None


def test_giving_up_keeps_what_was_answered_and_names_the_last_problem(base_folder: Path) -> None:
    behaviour = Behaviour("good", "good", *["500"] * 20)
    kept: dict[Request, Answer] = {}
    with (
        serving(behaviour) as url,
        pytest.raises(RunError, match=r"no usable answer after 3 attempts \(the last: status 500\)"),
    ):
        for batch in opened(base_folder, url, retries=2, concurrency=1).answer(asked(4)):
            kept.update(batch)
    assert len(kept) == 2


def test_a_refusal_is_not_tried_again(base_folder: Path) -> None:
    behaviour = Behaviour("400:prompt is too rude")
    with serving(behaviour) as url, pytest.raises(InputError, match="the server says 400: prompt is too rude"):
        answers_of(opened(base_folder, url), asked(1))
    assert len(behaviour.seen) == 1


def test_an_answer_outside_the_protocol_is_an_error(base_folder: Path) -> None:
    with serving(Behaviour("empty")) as url, pytest.raises(RunError, match=r"not of the OpenAI protocol \(no choices"):
        answers_of(opened(base_folder, url), asked(1))


def test_no_more_than_the_allowed_number_are_under_way(base_folder: Path) -> None:
    behaviour = Behaviour()
    behaviour.delay = 0.05
    with serving(behaviour) as url:
        answers = answers_of(opened(base_folder, url, concurrency=3), asked(20))
    assert len(answers) == 20
    assert behaviour.most_under_way == 3


def test_known_requests_are_not_asked(base_folder: Path) -> None:
    behaviour, requests = Behaviour(), asked(5)
    with serving(behaviour) as url:
        batches = list(opened(base_folder, url).answer(requests, set(requests[:4])))
    assert [request for batch in batches for request, _ in batch] == requests[4:]
    assert len(behaviour.seen) == 1


def test_chat_sends_turns_to_the_served_name(base_folder: Path) -> None:
    behaviour = Behaviour()
    request = Request("base", Kind.GENERATE, (Message("system", "Be kind."), Message("user", "Hello")), (), Decoding())
    with serving(behaviour) as url:
        answer = answers_of(opened(base_folder, url, api="chat"), [request])[request]
    assert answer.generation and answer.generation.text == "plain heard Hello" and answer.generation.tokens == 3
    body = behaviour.seen[0][2]
    assert body["messages"][0] == {"role": "system", "content": "Be kind."} and body["temperature"] == 0


def test_tasks_that_need_log_likelihoods_are_refused_before_anything_is_generated(base_folder: Path) -> None:
    behaviour = Behaviour()
    requests = [*asked(3), Request("one", Kind.LOGLIKELIHOOD, "Q:", (" a", " b"))]
    for options in ({"api": "chat"}, {}):
        with serving(behaviour) as url, pytest.raises(InputError, match="multiple-choice, log-likelihood and perplex"):
            answers_of(opened(base_folder, url, **options), requests)
    assert all("echo" in body for _, _, body, _ in behaviour.seen)


def test_the_key_comes_from_the_environment_and_is_shown_nowhere(
    base_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaviour = Behaviour()
    monkeypatch.setenv("SOME_KEY", "hush-hush")
    with serving(behaviour) as url:
        engine = opened(base_folder, url, api_key_env="SOME_KEY")
        answers_of(engine, asked(1))
        assert behaviour.seen[0][3]["Authorization"] == "Bearer hush-hush"
        assert "hush-hush" not in str(engine.describe())
        monkeypatch.delenv("SOME_KEY")
        with pytest.raises(InputError, match="SOME_KEY is not set"):
            opened(base_folder, url, api_key_env="SOME_KEY")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "http://user:word@localhost/v1"}, "must hold no key"),
        ({"url": "localhost:8000"}, "must be an http or https address"),
        ({"models": {"bose": "plain"}}, "did you mean 'base'"),
        ({"models": {"base": "plane", "one": "tuned"}}, "does not serve 'plane'; did you mean 'plain'"),
        ({"concurency": 2}, "did you mean 'concurrency'"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str, base_folder: Path) -> None:
    with serving(Behaviour()) as url, pytest.raises(InputError, match=message):
        opened(base_folder, **{"url": url, **options})


def test_no_server_is_said_in_one_line(base_folder: Path) -> None:
    with pytest.raises(RunError, match="no usable answer after 2 attempts"):
        opened(base_folder, "http://127.0.0.1:9/v1", retries=1)
