"""The HTTP service answers as the engine does, in both forms, and says in one line why it does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from harness.engines import Encoder
from harness.serving.models import open_models, served_names
from tests.engines.plain import PlainLoop

PROMPT = "Once upon a time there was a small town"
TURNS = [{"role": "user", "content": "What is the capital of the little world?"}]


def generate(client: TestClient, **body: Any) -> Any:
    return client.post("/api/v1/generate", json={"prompt": PROMPT, "max_tokens": 8, **body})


def complain(client: TestClient, path: str, body: Any) -> tuple[int, str]:
    answer = client.post(path, json=body)
    error = answer.json()["error"]
    assert error["code"] == answer.status_code and "\n" not in error["message"]
    return answer.status_code, error["message"]


def events(text: str) -> list[Any]:
    lines = [block.removeprefix("data: ") for block in text.split("\n\n") if block]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def test_base_and_adapter_say_what_a_plain_loop_says(client: TestClient, base_folder: Path, adapter: Path) -> None:
    said = {name: generate(client, model_id=name).json() for name in ("base", "tuned")}
    assert said["base"]["text"].strip() == PlainLoop(base_folder).text(PROMPT, 8).strip()
    assert said["tuned"]["text"].strip() == PlainLoop(base_folder, adapter).text(PROMPT, 8).strip()
    assert said["base"]["text"] != said["tuned"]["text"]
    assert set(said["base"]) == {"text", "model_id", "tokens", "finish"}


def test_the_openai_forms_give_the_same_text_whole_and_in_pieces(client: TestClient) -> None:
    own = generate(client).json()["text"]
    body = {"model": "reference", "prompt": PROMPT, "max_tokens": 8, "temperature": 0}
    whole = client.post("/v1/completions", json=body).json()
    assert whole["choices"][0]["text"] == own and whole["usage"]["completion_tokens"] == 8
    streamed = client.post("/v1/completions", json={**body, "stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert "".join(one["choices"][0]["text"] for one in events(streamed.text)) == own
    assert events(streamed.text)[-1]["choices"][0]["finish_reason"] == "length"


def test_a_chat_is_streamed_with_role_text_finish_and_usage(client: TestClient) -> None:
    body = {"model": "base", "messages": TURNS, "max_completion_tokens": 12, "temperature": 0}
    whole = client.post("/v1/chat/completions", json=body).json()
    streamed = events(
        client.post(
            "/v1/chat/completions", json={**body, "stream": True, "stream_options": {"include_usage": True}}
        ).text
    )
    *chunks, last = streamed
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert last["usage"] == whole["usage"]


def test_token_ids_are_a_prompt_where_they_are_those_of_their_text(client: TestClient, base_folder: Path) -> None:
    ids = Encoder.load(base_folder).prompt(PROMPT)
    body = {"model": "base", "max_tokens": 8, "temperature": 0}
    said = client.post("/v1/completions", json={**body, "prompt": ids}).json()
    assert said["choices"][0]["text"] == generate(client).json()["text"]
    for strange in ([5, 2047, 5, 1, 1, 9], [10**9]):
        assert complain(client, "/v1/completions", {**body, "prompt": strange})[0] == 400


def test_a_sampled_answer_comes_with_its_seed_and_again_from_it(client: TestClient) -> None:
    first = generate(client, temperature=1.0).json()
    assert generate(client, temperature=1.0, seed=first["seed"]).json() == first
    assert any(generate(client, temperature=1.0).json()["text"] != first["text"] for _ in range(5))


def test_stop_strings_end_an_answer(client: TestClient) -> None:
    whole = generate(client).json()["text"]
    word = whole.split()[1]
    cut = generate(client, stop=[word]).json()
    assert cut["text"] == whole[: whole.find(word)] and cut["finish"] == "stop"


def test_models_and_health(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["reference", "base", "tuned"]
    listing = client.get("/api/v1/models").json()
    assert listing["context"] == 512 and [one["is_base"] for one in listing["models"]] == [True, True, False]


GENERATE, COMPLETE, CHAT = "/api/v1/generate", "/v1/completions", "/v1/chat/completions"


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        (GENERATE, {"prompt": "a", "max_token": 3}, 422, "unknown key 'max_token'; did you mean 'max_tokens'?"),
        (GENERATE, {"promt": "a"}, 422, "unknown key 'promt'; did you mean 'prompt'?"),
        (GENERATE, {"prompt": "a", "temperature": "hot"}, 422, "valid number (got 'hot')"),
        (GENERATE, {}, 422, "'prompt' is missing; add it"),
        (COMPLETE, {"modle": "base", "prompt": "a"}, 422, "unknown key 'modle'; did you mean 'model'?"),
        (COMPLETE, {"model": "base", "prompt": "a", "top_k": 5}, 422, "'top_k' is not supported here but as 0 or -1"),
        (CHAT, {"model": "base", "messages": [{"role": "user", "contents": "a"}]}, 422, "did you mean 'content'?"),
        (CHAT, {"model": "base", "messages": TURNS, "stream_options": {"include_use": 1}}, 422, "'include_usage'?"),
        (GENERATE, [], 422, "not a list"),
        (GENERATE, {"prompt": 3}, 422, "'prompt'"),
        (GENERATE, {"prompt": "a", "max_tokens": "8"}, 422, "'max_tokens'"),
        (GENERATE, {"prompt": "a", "max_tokens": 0}, 422, "'max_tokens'"),
        (GENERATE, {"prompt": "a", "temperature": 1e-9}, 422, "greedy"),
        (GENERATE, {"prompt": "a", "stop": [""]}, 422, "'stop"),
        (GENERATE, {"prompt": "a", "max_tokens": 65}, 400, "limit of 64"),
        (GENERATE, {"prompt": "a", "model_id": "tunde"}, 404, "did you mean 'tuned'?"),
        (GENERATE, {"prompt": "word " * 2_000}, 400, "context of 512"),
        (COMPLETE, {"model": "base", "prompt": "a", "n": 2}, 422, "'n' is not supported here but as 1"),
        (COMPLETE, {"model": "base", "prompt": "a", "logprobs": 0}, 422, "'logprobs' is not supported"),
        (COMPLETE, {"model": "base", "prompt": "a", "echo": True}, 422, "'echo' is not supported"),
        (COMPLETE, {"model": "base", "prompt": ["a", "b"]}, 422, "'prompt"),
        (CHAT, {"model": "base", "messages": []}, 422, "'messages'"),
        (CHAT, {"model": "base", "messages": [{"role": "tool", "content": "a"}]}, 422, "'messages.0.role'"),
        (CHAT, {"model": "base", "messages": TURNS, "tools": [{}]}, 422, "'tools' is not supported"),
        (CHAT, {"model": "base", "messages": TURNS, "temprature": 1}, 422, "did you mean 'temperature'?"),
    ],
)
def test_a_wrong_body_gets_its_status_and_one_line(
    client: TestClient, path: str, body: Any, status: int, says: str
) -> None:
    got, line = complain(client, path, body)
    assert (got, says in line) == (status, True), line


def test_keys_of_the_protocol_that_do_nothing_are_taken(client: TestClient) -> None:
    idle = {"n": 1, "user": "me", "presence_penalty": 0, "logit_bias": None, "echo": False, "tools": []}
    body = {"model": "base", "prompt": PROMPT, "max_tokens": 2, **idle}
    answer = client.post(COMPLETE, json=body)
    assert answer.status_code == 200 and "ignored" not in answer.json()


def test_keys_that_nobody_knows_are_named_in_every_part_of_the_answer(client: TestClient) -> None:
    body = {"model": "base", "prompt": PROMPT, "max_tokens": 2, "temperature": 0, "priority": 3, "x": {"y": [1]}}
    assert client.post(COMPLETE, json=body).json()["ignored"] == ["priority", "x"]
    for one in events(client.post(COMPLETE, json={**body, "stream": True}).text):
        assert one["ignored"] == ["priority", "x"]
    assert complain(client, GENERATE, {"prompt": "a", "priority": 3})[0] == 422


@pytest.mark.parametrize("path", [COMPLETE, CHAT])
def test_what_cannot_be_streamed_is_refused_with_its_status(client: TestClient, path: str) -> None:
    prompt: Any = (
        {"prompt": "word " * 2_000} if path == COMPLETE else {"messages": [{**TURNS[0], "content": "a " * 999}]}
    )
    status, line = complain(client, path, {"model": "base", "stream": True, **prompt})
    assert status == 400 and "context of 512" in line


@pytest.mark.parametrize(
    "body", [b"{", b'{"prompt": "\\ud800"}', b"\xff\xfe", b"[" * 15_000, b'{"prompt": "a", "temperature": NaN}', b""]
)
def test_garbage_is_refused_without_a_traceback(client: TestClient, body: bytes) -> None:
    answer = client.post(GENERATE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422) and "Traceback" not in answer.text


def test_a_body_past_the_limit_is_413_whether_its_length_is_said_or_not(client: TestClient) -> None:
    big = json.dumps({"prompt": "a" * 20_000}).encode()
    assert complain(client, GENERATE, {"prompt": "a" * 20_000})[0] == 413
    headers = {"Content-Type": "application/json"}
    assert client.post(GENERATE, content=iter([big[:15_000], big[15_000:]]), headers=headers).status_code == 413


def test_other_hosts_and_other_origins_get_nothing(client: TestClient) -> None:
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400
    plain = client.post(GENERATE, content=b'{"prompt": "a"}', headers={"Content-Type": "text/plain"})
    untyped = client.post(GENERATE, content=b'{"prompt": "a"}')
    assert plain.status_code == 422 and untyped.status_code == 422
    assert "Content-Type: application/json" in plain.text and "Content-Type: application/json" in untyped.text
    form = client.post(CHAT, content=b"{}", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert "Content-Type: application/json" in form.text
    answer = client.get("/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_unknown_paths_have_the_shape_of_every_error(client: TestClient) -> None:
    assert complain(client, "/v1/embeddings", {})[0] == 404
    assert complain(client, "/health", {})[0] == 405


def test_a_base_in_a_folder_does_not_show_where_it_lies(base_folder: Path) -> None:
    models, _ = open_models(str(base_folder), {})
    assert list(served_names(models)) == ["base"]


def test_no_page_of_documentation_loads_scripts_from_elsewhere(client: TestClient) -> None:
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 200]
