"""The two commands as a user runs them: a real process over HTTP, and a conversation from standard input."""

import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import harness
from harness.cli.chat import _turn
from harness.cli.main import run
from harness.engines import Audience
from harness.records import Decoding, Generation, InputError, Message
from harness.serving import Conversation, Refused, Service
from tests.packs import word_rows, write_pack, write_suite


@pytest.fixture(scope="module")
def url(adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service in a process of its own; at the end it is told to go, and goes in peace."""
    errors = tmp_path_factory.mktemp("serve") / "errors"
    command = [sys.executable, "-m", "harness", "serve", "--base", "reference", "--adapter", f"tuned={adapter}"]
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--engine", "transformers", "--port", "0"], stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "reference, base, tuned at http://127.0.0.1:" in line, errors.read_text()
    address = next(word for word in line.split() if word.startswith("http"))
    _wait(address)
    yield address
    with httpx.Client(base_url=address) as client:
        client.get("/health")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "Traceback" not in errors.read_text()


def _wait(address: str) -> None:
    for _ in range(100):
        try:
            assert httpx.get(f"{address}/health").status_code == 200
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service did not come up")


def texts(made: harness.Run) -> dict[tuple[str, str], str]:
    return {(row["model"], row["key"]): row["text"] for row in made.samples().to_dict("records")}


@pytest.mark.parametrize("form", ["text", "chat"])
def test_a_suite_over_the_service_gets_the_texts_of_the_engine(
    tmp_path: Path, url: str, adapter: Path, form: str
) -> None:
    write_pack(tmp_path, "words", word_rows(12), format=form)
    here = write_suite(tmp_path, {"tuned": adapter})
    said = harness.evaluate(here, tmp_path / "here")
    options = {"url": f"{url}/v1", "models": {"base": "base", "tuned": "tuned"}}
    engine = {"kind": "server", "options": options | ({"api": "chat"} if form == "chat" else {})}
    served = harness.evaluate(
        write_suite(tmp_path, models={"base": {}, "tuned": {}}, engine=engine), tmp_path / "served"
    )
    assert texts(served) == texts(said)
    assert len({text for (model, _), text in texts(said).items() if model == "tuned"}) > 1


#: Greedy answers of the reference model are short; hot ones go on, this one for 266 tokens.
LONG = {"prompt": "Once upon a time", "max_tokens": 400, "temperature": 2.0, "seed": 17}


def test_pieces_come_while_an_answer_is_made_and_are_the_answer(url: str) -> None:
    body = {"model": "tuned", **LONG}
    whole = httpx.post(f"{url}/v1/completions", json=body, timeout=60).json()["choices"][0]
    started, arrived, said = time.monotonic(), list[float](), ""
    with httpx.stream("POST", f"{url}/v1/completions", json={**body, "stream": True}, timeout=60) as answer:
        for line in filter(None, answer.iter_lines()):
            if line != "data: [DONE]":
                said += json.loads(line.removeprefix("data: "))["choices"][0]["text"]
                arrived.append(time.monotonic() - started)
    assert said == whole["text"] and len(arrived) > 30
    assert arrived[0] < arrived[-1] / 2


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_goes_away_takes_its_request_with_it(url: str, streamed: bool) -> None:
    def seconds(tokens: int) -> float:
        started = time.monotonic()
        assert httpx.post(f"{url}/api/v1/generate", json={**LONG, "max_tokens": tokens}, timeout=60).status_code == 200
        return time.monotonic() - started

    alone = seconds(400)
    body = {"model": "base", **LONG, "stream": streamed}
    # The connection is closed when the first event has come, or when patience is over.
    patience = httpx.Timeout(60, read=60 if streamed else alone / 20)
    asked = httpx.stream("POST", f"{url}/v1/completions", json=body, timeout=patience)
    with suppress(httpx.TimeoutException), asked as answer:
        next(answer.iter_lines())
    assert seconds(1) < alone / 2


def test_the_client_of_openai_streams_and_its_keys_for_other_servers_do_not_stop_it(url: str) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none")
    asked = {"model": "tuned", "messages": [{"role": "user", "content": "What is the capital?"}], "temperature": 0}
    beyond = {"extra_body": {"chat_template_kwargs": {"enable_thinking": False}, "top_k": -1}}
    whole = client.chat.completions.create(**asked, **beyond, max_tokens=24)
    assert whole.model_extra["ignored"] == ["chat_template_kwargs"]
    parts = list(client.chat.completions.create(**asked, max_tokens=24, stream=True))
    assert "".join(part.choices[0].delta.content or "" for part in parts) == whole.choices[0].message.content
    assert parts[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    again = [*asked["messages"], whole.choices[0].message.model_dump(), {"role": "user", "content": "And its river?"}]
    assert client.chat.completions.create(**{**asked, "messages": again}, max_tokens=4).choices


def test_a_client_that_asks_for_too_much_at_once_is_refused_by_the_process(url: str) -> None:
    answer = httpx.post(f"{url}/api/v1/generate", json={"prompt": "a" * 2_000_000})
    assert answer.status_code == 413
    assert httpx.get(f"{url}/health").json() == {"status": "ok"}


def test_what_cannot_be_served_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wrong = {
            "cannot listen": ["--port", str(taken.getsockname()[1])],
            "not a PEFT adapter": ["--adapter", f"x={tmp_path}", "--port", "0"],
            "cannot be an adapter's name": ["--adapter", f"base={tmp_path}", "--port", "0"],
            "no engine 'vlm' to serve with; did you mean 'vllm'?": ["--engine", "vlm", "--port", "0"],
            "is not a size": ["--max-body", "lots"],
        }
        for says, arguments in wrong.items():
            assert run(["serve", "--base", "reference", *arguments]) == 2
            shown = capfd.readouterr()
            assert says in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_a_conversation_from_standard_input(
    adapter: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["/both", "What is the capital?", "/both", "/model base", "And the river?", "/model bass", "/reset", "/no"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*lines, "/quit", "never asked"])))
    monkeypatch.setenv("COLUMNS", "100")
    arguments = ["--base", "reference", "--adapter", str(adapter), "--engine", "transformers", "--max-tokens", "8"]
    assert run(["chat", *arguments]) == 0
    out = capsys.readouterr().out
    said = out.splitlines()
    assert said[0].startswith("error: nothing has been asked yet")
    assert said[1].startswith("tuned: ") and "never asked" not in out
    assert any("base" in line and "tuned" in line for line in said)
    assert any(line.startswith("base: ") for line in said)
    assert "did you mean 'base'?" in out and "no command '/no'" in out


def test_turns_are_kept_until_they_outgrow_the_context_or_are_forgotten(service: Service) -> None:
    greedy, question = Decoding(max_tokens=8), "What is the capital of the little world?"
    talk = Conversation(service, "base", greedy)
    first = talk.say(question)
    assert talk.again(["tuned", "base"])["base"] == first
    turns = (Message("user", question), Message("assistant", first.text), Message("user", "And its river?"))
    assert talk.say("And its river?") == service.ask("base", turns, greedy).result(30).generation
    with pytest.raises(Refused, match="leaves no room"):
        talk.say("word " * 600)
    talk.reset()
    assert talk.say(question) == first
    with pytest.raises(InputError, match="nothing has been asked"):
        Conversation(service, "base", greedy).again(["base"])


def test_a_conversation_shows_an_answer_while_it_is_made(service: Service) -> None:
    from rich.console import Console

    class Screen(io.StringIO):
        parts = 0

        def flush(self) -> None:
            self.parts += 1

    screen, question = Screen(), "Write about the river."
    decoding = Decoding(max_tokens=64)
    _turn(Console(file=screen), service, Conversation(service, "base", decoding), question)
    said = service.ask("base", (Message("user", question),), decoding).result(30).generation
    cut = " [cut at 64 tokens]" if said.finish == "length" else ""
    assert screen.getvalue() == f"base: {said.text}{cut}\n" and screen.parts > 5


@pytest.mark.parametrize("line", ["Tell me of the hills.", "/both"])
def test_ctrl_c_ends_an_answer_and_the_conversation_goes_on_without_it(
    service: Service, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console
    from torch.nn.modules.module import register_module_forward_pre_hook

    talk, screen = Conversation(service, "base", Decoding(max_tokens=64)), io.StringIO()
    first = talk.say("Write about the river.")
    calls, main = iter(range(40)), threading.get_ident()

    def press(module: Any, inputs: Any) -> None:
        if next(calls, None) is None:
            handle.remove()
            signal.pthread_kill(main, signal.SIGINT)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    handle = register_module_forward_pre_hook(press)
    _turn(Console(file=screen), service, talk, line)
    assert screen.getvalue().endswith(" [stopped]\n")
    assert talk.again(["base"])["base"] == first


def test_what_a_model_says_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    class Hostile:
        model = "base"

        def say(self, text: str, audience: Audience) -> Generation:
            return Generation("\x1b]0;owned\x07 [red]markup[/red] \u202e \x9b2J", 4, "stop")

    talk: Any = Hostile()
    _turn(Console(force_terminal=True), talk, talk, "hello")
    shown = capsys.readouterr().out
    assert "\\x1b]0;owned\\x07 [red]markup[/red] \\x202e \\x9b2J" in shown
