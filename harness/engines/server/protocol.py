"""The OpenAI protocol: bodies to send, and what comes back read strictly. No HTTP here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.engines.encoding import Encoder
from harness.engines.pairs import Pair
from harness.records import Decoding, Generation, InputError, LogLikelihood, Message, Prompt


class Malformed(Exception):
    """A body that is JSON but not what the protocol says."""


def completion_body(name: str, prompt: str | Sequence[int], decoding: Decoding) -> dict[str, Any]:
    """What ``/completions`` is sent to continue a prompt."""
    return {"model": name, "prompt": prompt if isinstance(prompt, str) else list(prompt), **_sampling(decoding)}


def vllm_extras(decoding: Decoding, stop_ids: Sequence[int]) -> dict[str, Any]:
    """What ``/completions`` of vLLM takes beyond the protocol.

    The defaults of a model's generation config must not leak into what a task asks for, and token ids come back so
    that text is made of them as the other engines make it.
    """
    return {
        "top_k": decoding.top_k,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "stop_token_ids": list(stop_ids),
        "add_special_tokens": False,
        "return_token_ids": True,
    }


def chat_body(name: str, prompt: Prompt, decoding: Decoding) -> dict[str, Any]:
    """What ``/chat/completions`` is sent. A text becomes one turn of the user."""
    turns = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    if turns[-1].role == "assistant":
        raise InputError(
            "a prompt that ends in a turn of the assistant cannot be continued over the chat protocol",
            where=f"prompt {turns[0].content[:60]!r}",
            mend="set engine.options.api to completions",
        )
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    return {"model": name, "messages": messages, **_sampling(decoding)}


def scoring_body(name: str, pair: Pair, *, is_vllm: bool) -> dict[str, Any]:
    """What ``/completions`` is sent to score a continuation: echo, with the log-probabilities of the prompt."""
    context, rest = pair
    # Two tokens can have the same text, and the answer lists the most likely ones under it.
    extras = {"return_tokens_as_token_ids": True} if is_vllm else {}
    return {
        **extras,
        "model": name,
        "prompt": [*context, *rest],
        "max_tokens": 1,
        "temperature": 0.0,
        "echo": True,
        "logprobs": 1,
    }


def read_generation(
    body: dict[str, Any], encoder: Encoder, prompt_ids: Sequence[int], decoding: Decoding
) -> Generation:
    """The first choice of a completion or chat answer.

    Raises:
        Malformed: it has none, or one without text.
    """
    choice = _choice(body)
    ids = choice.get("token_ids")
    if isinstance(ids, list) and ids and "text" in choice:
        generation = encoder.generation(prompt_ids, ids, decoding)
        return replace(generation, finish="stop") if choice.get("finish_reason") == "stop" else generation
    text = choice["message"].get("content") if isinstance(choice.get("message"), dict) else choice.get("text")
    if text is None and isinstance(choice.get("message"), dict):
        text = ""  # a refusal, or nothing said
    if not isinstance(text, str):
        raise Malformed("no text")
    cut = min((at for at in (text.find(stop) for stop in decoding.stop) if at >= 0), default=None)
    kept = text if cut is None else text[:cut]
    counted = (body.get("usage") or {}).get("completion_tokens")
    tokens = counted if isinstance(counted, int) else len(encoder.text(kept))
    return Generation(kept, tokens, "length" if choice.get("finish_reason") == "length" and cut is None else "stop")


def read_likelihood(body: dict[str, Any], pair: Pair) -> LogLikelihood | None:
    """The log-likelihood that a scoring answer holds; None where the server gives no log-probabilities of prompts.

    Raises:
        Malformed: it is not an answer of the protocol.
    """
    context, rest = pair
    said = _choice(body).get("logprobs")
    values = said.get("token_logprobs") if isinstance(said, dict) else None
    if not isinstance(values, list) or len(values) < len(context) + len(rest):
        return None
    end = len(context) + len(rest)
    scored = values[len(context) : end]
    tops = (said.get("top_logprobs") or [])[len(context) : end] if isinstance(said, dict) else []
    if not all(isinstance(value, int | float) for value in scored):
        return None
    # The most likely token is listed beside the scored one unless it is the scored one.
    best = [max(top.values(), default=value) <= value for top, value in zip(tops, scored, strict=False) if top]
    return LogLikelihood(tuple(float(value) for value in scored), len(best) == len(scored) and all(best))


def _sampling(decoding: Decoding) -> dict[str, Any]:
    body: dict[str, Any] = {"max_tokens": decoding.max_tokens, "temperature": decoding.temperature}
    if decoding.temperature > 0:
        body["top_p"] = decoding.top_p
        if decoding.seed is not None:
            body["seed"] = decoding.seed
    if decoding.stop:
        body["stop"] = list(decoding.stop)
    return body


def _choice(body: dict[str, Any]) -> dict[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Malformed("no choices")
    return choices[0]
