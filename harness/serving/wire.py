"""What goes back over the wire: answers in the OpenAI protocol, whole or in pieces, and errors. No HTTP here."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from harness.records import HarnessError
from harness.serving.bodies import OpenAiBody
from harness.serving.pieces import Pieces
from harness.serving.service import Reply

#: What every part of an answer in the OpenAI protocol says: which answer it is, of which model. ``seed`` and
#: ``ignored`` (keys of the body that were not looked at) are beyond the protocol.
Head = dict[str, Any]

_KINDS = {404: "not_found_error", 429: "rate_limit_error"}


def error_body(status: int, line: str) -> dict[str, Any]:
    """One line in the shape of the OpenAI protocol."""
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    return {"error": {"message": line, "type": kind, "param": None, "code": status}}


def generated(model: str, reply: Reply) -> dict[str, Any]:
    """The answer to ``/api/v1/generate``."""
    said = reply.generation
    answer = {"text": said.text, "model_id": model, "tokens": said.tokens, "finish": said.finish}
    return answer if reply.seed is None else {**answer, "seed": reply.seed}


def completion_head(body: OpenAiBody, seed: int | None) -> Head:
    """What every part of the answer to ``/v1/completions`` says."""
    return _head("cmpl", "text_completion", body, seed)


def chat_head(body: OpenAiBody, seed: int | None) -> Head:
    """What every part of the answer to ``/v1/chat/completions`` says."""
    return _head("chatcmpl", "chat.completion.chunk" if body.stream else "chat.completion", body, seed)


def completion(head: Head, reply: Reply) -> dict[str, Any]:
    """The answer to ``/v1/completions``."""
    said = reply.generation
    choice = {"index": 0, "text": said.text, "logprobs": None, "finish_reason": said.finish}
    return {**head, "choices": [choice], "usage": usage(reply)}


def chat_completion(head: Head, reply: Reply) -> dict[str, Any]:
    """The answer to ``/v1/chat/completions``."""
    said = reply.generation
    message = {"role": "assistant", "content": said.text}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    return {**head, "choices": [choice], "usage": usage(reply)}


def completion_events(head: Head, pieces: Pieces, *, with_usage: bool) -> AsyncIterator[str]:
    """A completion as server-sent events, as it is made."""

    def choice(text: str, finish: str | None) -> dict[str, Any]:
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}

    return _events(head, [], choice, pieces, with_usage)


def chat_events(head: Head, pieces: Pieces, *, with_usage: bool) -> AsyncIterator[str]:
    """A turn as server-sent events, as it is made."""

    def choice(text: str, finish: str | None) -> dict[str, Any]:
        return {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}

    role = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    return _events(head, [role], choice, pieces, with_usage)


def usage(reply: Reply) -> dict[str, int]:
    """Tokens of prompt and answer."""
    asked, said = reply.prompt_tokens, reply.generation.tokens
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


async def _events(
    head: Head,
    before: list[dict[str, Any]],
    choice: Callable[[str, str | None], dict[str, Any]],
    pieces: Pieces,
    with_usage: bool,
) -> AsyncIterator[str]:
    for first in before:
        yield _event({**head, "choices": [first]})
    try:
        async for piece in pieces:
            yield _event({**head, "choices": [choice(piece, None)]})
        reply = await pieces.whole()
    except HarnessError as error:
        # The status has been sent; without [DONE] a client knows that this is not the end of an answer.
        yield _event(error_body(500, str(error)))
        return
    yield _event({**head, "choices": [choice("", reply.generation.finish)]})
    if with_usage:
        yield _event({**head, "choices": [], "usage": usage(reply)})
    yield "data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> str:
    # JSON escapes line breaks, so no text can begin an event of its own.
    return f"data: {json.dumps(value, ensure_ascii=True)}\n\n"


def _head(prefix: str, kind: str, body: OpenAiBody, seed: int | None) -> Head:
    head = {"id": f"{prefix}-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": body.model}
    beyond = {"seed": seed, "ignored": body.ignored or None}
    return head | {key: value for key, value in beyond.items() if value is not None}
