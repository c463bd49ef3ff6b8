"""What is heard of an answer while it is made is the beginning of that answer, for every row of a batch."""

import threading
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path

import pytest

from harness.engines import Audience, Encoder
from harness.records import Decoding
from harness.serving import Reply, Service

PROMPT = "Once upon a time there was a small town"


class Listener:
    """Keeps what it hears, and whether the answer was already there; waits for ``enough`` pieces."""

    def __init__(self, enough: int = 10_000) -> None:
        self.heard, self.early = list[str](), list[bool]()
        self.reply: Future[Reply] | None = None
        self._enough, self._asked = enough, threading.Event()
        self.audience = Audience(lambda: len(self.heard) < self._enough, self._hears)

    def ask(self, service: Service, model: str, decoding: Decoding) -> "Future[Reply]":
        self.reply = service.ask(model, PROMPT, decoding, self.audience)
        self._asked.set()
        return self.reply

    def _hears(self, text: str) -> None:
        assert self._asked.wait(20) and self.reply is not None
        if text and text != (self.heard or [""])[-1]:
            self.heard.append(text)
            self.early.append(not self.reply.done())


@pytest.mark.parametrize("decoding", [Decoding(60), Decoding(60, temperature=1.0, seed=3), Decoding(60, (" the ",))])
def test_each_asker_hears_its_own_model_before_the_answer_is_there(service: Service, decoding: Decoding) -> None:
    listeners = [(Listener(), model) for model in ("base", "tuned", "base", "tuned")]
    replies = [listener.ask(service, model, decoding) for listener, model in listeners]
    for (listener, model), reply in zip(listeners, replies, strict=True):
        text = reply.result(60).generation.text
        assert text == service.ask(model, PROMPT, decoding).result(60).generation.text
        assert all(listener.early) and (len(listener.heard) > 5 or decoding.stop)
        assert all(
            later.startswith(one) for one, later in zip(listener.heard, [*listener.heard[1:], text], strict=True)
        )
        assert listener.heard[0] != text


def test_an_answer_that_nobody_waits_for_ends_and_its_neighbour_does_not(service: Service) -> None:
    alone = service.ask("base", PROMPT, Decoding(60, temperature=1.0, seed=2)).result(60).generation
    leaving, staying = Listener(enough=3), Listener()
    left = leaving.ask(service, "base", Decoding(60, temperature=1.0, seed=1))
    stayed = staying.ask(service, "base", Decoding(60, temperature=1.0, seed=2))
    assert left.result(60).generation.tokens < 10
    assert stayed.result(60).generation == alone


def test_an_audience_that_ends_the_command_ends_its_own_request_alone(service: Service) -> None:
    """As ``harness chat | head`` does: its reader leaves while the engine's thread shows the answer."""

    def leaves(text: str) -> None:
        raise SystemExit(0)

    neighbour = service.ask("base", PROMPT, Decoding(8))
    with pytest.raises(SystemExit):
        service.ask("base", PROMPT, Decoding(9), Audience(lambda: True, leaves)).result(20)
    assert neighbour.result(20).generation == service.ask("base", PROMPT, Decoding(8)).result(20).generation


def test_two_who_ask_the_same_are_heard_apart(service: Service) -> None:
    alone = service.ask("base", PROMPT, Decoding(40)).result(60).generation
    leaving, staying = Listener(enough=2), Listener()
    replies = [one.ask(service, "base", Decoding(40)) for one in (leaving, staying)]
    assert replies[1].result(60).generation == alone and len(staying.heard) > 10


def test_what_later_tokens_may_change_is_held_back(base_folder: Path) -> None:
    encoder, text = Encoder.load(base_folder), "Ça va 😀 日本 <|en said"
    ids, stops = encoder.text(text), Decoding(99, ("<|end", "said so"))
    said = [encoder.settled([], ids[:count], stops) for count in range(len(ids) + 1)]
    assert all(later.startswith(one) for one, later in pairwise(said))
    assert not any("\ufffd" in one or one.endswith("<|en") for one in said)
    # Only the start of a stop at the very end is kept.
    assert said[-1] == encoder.decode([], ids).removesuffix("said")
