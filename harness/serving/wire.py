"""What goes back over the wire: answers in the OpenAI protocol, whole or in pieces, and errors. No HTTP here."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

from harness.serving.service import Reply

#: A word with the white space after it: the pieces that a finished text is streamed in.
_PIECE = re.compile(r"\S+\s*|\s+")

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


def completion(model: str, reply: Reply) -> dict[str, Any]:
    """The answer to ``/v1/completions``."""
    said = reply.generation
    choice = {"index": 0, "text": said.text, "logprobs": None, "finish_reason": said.finish}
    return {**_head("cmpl", "text_completion", model, reply), "choices": [choice], "usage": usage(reply)}


def chat_completion(model: str, reply: Reply) -> dict[str, Any]:
    """The answer to ``/v1/chat/completions``."""
    said = reply.generation
    message = {"role": "assistant", "content": said.text}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
    return {**_head("chatcmpl", "chat.completion", model, reply), "choices": [choice], "usage": usage(reply)}


def completion_events(model: str, reply: Reply, *, with_usage: bool) -> Iterator[str]:
    """A finished completion as server-sent events."""
    head = _head("cmpl", "text_completion", model, reply)
    pieces = _PIECE.findall(reply.generation.text)
    choices = [{"index": 0, "text": piece, "logprobs": None, "finish_reason": None} for piece in pieces]
    choices.append({"index": 0, "text": "", "logprobs": None, "finish_reason": reply.generation.finish})
    yield from _events(head, choices, usage(reply) if with_usage else None)


def chat_events(model: str, reply: Reply, *, with_usage: bool) -> Iterator[str]:
    """A finished turn as server-sent events."""
    head = _head("chatcmpl", "chat.completion.chunk", model, reply)
    deltas = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in _PIECE.findall(reply.generation.text)]
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": reply.generation.finish})
    yield from _events(head, choices, usage(reply) if with_usage else None)


def usage(reply: Reply) -> dict[str, int]:
    """Tokens of prompt and answer."""
    asked, said = reply.prompt_tokens, reply.generation.tokens
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _events(head: dict[str, Any], choices: list[dict[str, Any]], used: dict[str, int] | None) -> Iterator[str]:
    for choice in choices:
        yield _event({**head, "choices": [choice]})
    if used is not None:
        yield _event({**head, "choices": [], "usage": used})
    yield "data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> str:
    # JSON escapes line breaks, so no text can begin an event of its own.
    return f"data: {json.dumps(value, ensure_ascii=True)}\n\n"


def _head(prefix: str, kind: str, model: str, reply: Reply) -> dict[str, Any]:
    head = {"id": f"{prefix}-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": model}
    return head if reply.seed is None else {**head, "seed": reply.seed}
