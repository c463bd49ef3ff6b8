"""The bodies of requests, read strictly: what would change the answer, and is not known here, is refused by name."""

import difflib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.records import Decoding, Message

#: Below this a temperature makes logits overflow; zero is greedy.
_COLDEST = 0.01
#: Keys of the protocol that say nothing about the text: taken and not looked at.
_NO_EFFECT = frozenset(
    {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "parallel_tool_calls"}
)
#: Keys of the protocol, and of vLLM beyond it, that are taken with these values alone, at which they do nothing.
_ONLY: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "suffix": ("",),
    "response_format": ({"type": "text"},),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "modalities": (["text"],),
    "reasoning_effort": (),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
    "tool_calls": ([],),
    "function_call": ("none", "auto"),
    "top_k": (0, -1),
    "min_p": (0,),
    "min_tokens": (0,),
    "repetition_penalty": (1,),
    "length_penalty": (1,),
    "use_beam_search": (False,),
    "ignore_eos": (False,),
    "bad_words": ([],),
    "stop_token_ids": ([],),
    "allowed_token_ids": (),
    "prompt_logprobs": (),
    "structured_outputs": (),
    "guided_json": (),
    "guided_regex": (),
    "guided_choice": (),
    "guided_grammar": (),
}  # fmt: skip
#: Likeness (`difflib`) from which an unknown key is a known one misspelt: of modle and model it is 0.8.
_MISSPELT = 0.8

_Stop = Annotated[str, Field(min_length=1, max_length=200)]
_TokenId = Annotated[int, Field(ge=0, lt=2**31)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Sampling(_Body):
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    seed: int | None = Field(None, ge=0, lt=2**63)
    stop: _Stop | Annotated[list[_Stop], Field(max_length=16)] | None = None

    @field_validator("temperature")
    @classmethod
    def _warm_enough(cls, value: float) -> float:
        if 0 < value < _COLDEST:
            raise ValueError(f"is 0 for greedy decoding, or at least {_COLDEST}")
        return value

    def _decoding(self, max_tokens: int) -> Decoding:
        stops = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampled = self.temperature > 0
        return Decoding(
            max_tokens,
            stops,
            self.temperature,
            top_p=self.top_p if sampled else 1.0,
            seed=self.seed if sampled else None,
        )


class GenerateBody(_Sampling):
    """``POST /api/v1/generate``: a text that is continued as it is."""

    prompt: str
    model_id: str = "base"
    max_tokens: int = Field(64, ge=1)

    def decoding(self) -> Decoding:
        """How the text is to be generated."""
        return self._decoding(self.max_tokens)


class _Protocol(_Body):
    """A part of the OpenAI protocol. Its clients send keys of other servers, which must not stop them."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_what_does_nothing(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        # A key that is null is a key that is left out, as in the protocol.
        kept = {key: given for key, given in value.items() if given is not None and key not in _NO_EFFECT}
        for key, given in kept.items():
            _refuse_what_would_be_missed(key, given, list(cls.model_fields))
        return {key: given for key, given in kept.items() if key not in _ONLY}

    @property
    def ignored(self) -> list[str]:
        """Keys that nothing is known of, and that were not looked at."""
        return sorted(key[:100] for key in self.model_extra or {})[:20]


class StreamOptions(_Protocol):
    """``stream_options`` of the OpenAI protocol."""

    include_usage: bool = False


class OpenAiBody(_Sampling, _Protocol):
    """What both forms of the OpenAI protocol have."""

    model: str
    temperature: float = Field(1.0, ge=0, le=2)
    stream: bool = False
    stream_options: StreamOptions | None = None

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with the number of tokens."""
        return self.stream_options is not None and self.stream_options.include_usage


class CompletionBody(OpenAiBody):
    """``POST /v1/completions``: a text, or the token ids of one."""

    prompt: str | Annotated[list[_TokenId], Field(min_length=1)]
    max_tokens: int = Field(16, ge=1)

    def decoding(self) -> Decoding:
        """How the text is to be generated."""
        return self._decoding(self.max_tokens)


class Turn(_Protocol):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str
    name: str | None = None


class ChatBody(OpenAiBody):
    """``POST /v1/chat/completions``: turns, which the model's chat template renders."""

    messages: list[Turn] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)

    def turns(self) -> tuple[Message, ...]:
        """The turns as a prompt."""
        return tuple(Message(turn.role, turn.content) for turn in self.messages)

    def decoding(self, most: int) -> Decoding:
        """How the text is to be generated; ``most`` tokens where the body names no number."""
        return self._decoding(self.max_completion_tokens or self.max_tokens or most)


def _refuse_what_would_be_missed(key: str, given: Any, known: list[str]) -> None:
    """A key that would change the answer, or that is a known one misspelt, is not passed over."""
    if key in _ONLY and not any(_same(given, harmless) for harmless in _ONLY[key]):
        only = " or ".join(json.dumps(harmless) for harmless in _ONLY[key])
        raise ValueError(f"{key!r} is not supported here" + (f" but as {only}" if only else ""))
    if key in _ONLY or key in known:
        return
    if meant := difflib.get_close_matches(key, known, n=1, cutoff=_MISSPELT):
        raise ValueError(f"unknown key {key!r}; did you mean {meant[0]!r}?")


def _same(given: Any, harmless: Any) -> bool:
    """Equal, and of one kind: JSON's false is not 0."""
    return isinstance(given, bool) == isinstance(harmless, bool) and bool(given == harmless)
