"""From requests to what vLLM is asked, and back from what it says to answers.

A continuation of n tokens is scored by one prompt that ends before its last token: the first n - 1 are read from
prompt log-probabilities, the last from the next token's. Continuations that share all but their last token therefore
share one ask, and options that are single tokens cost one ask a question. The context itself is read from the prefix
cache, which vLLM switches off for prompt log-probabilities unless told otherwise; an answer whose scored tokens came
out of the cache is recognised by its count of cached tokens, and asked again afresh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.engines.encoding import Encoder
from harness.engines.pairs import Pair, join_windows, request_pairs
from harness.records import Answer, Decoding, InputError, Kind, LogLikelihood, Request

#: Most token ids that vLLM scores for one next token (its ``MAX_LOGPROB_TOKEN_IDS``).
MAX_NEXT_IDS = 128
#: A context of more tokens than this is encoded by an ask of its own before options of several tokens read it from
#: the cache: with prompt log-probabilities, vLLM computes logits for every token that was not cached.
WARM_FROM = 256


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked of vLLM.

    Attributes:
        rows: Tokens at the end of ``prompt`` whose log-probabilities are wanted.
        next_ids: Tokens whose log-probabilities as the next token are wanted.
        decoding: For generation; ``rows`` and ``next_ids`` are then empty.
        fresh: Read nothing from the prefix cache.
    """

    model: str
    prompt: tuple[int, ...]
    rows: int = 0
    next_ids: tuple[int, ...] = ()
    decoding: Decoding | None = None
    fresh: bool = False

    def afresh(self) -> "Ask":
        return replace(self, fresh=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What vLLM said to one ask.

    Attributes:
        new_ids: Generated tokens; for a scoring ask the most likely next token.
        rows: Log-probability and whether most likely, for each wanted token of the prompt.
        next_logprobs: By token id.
    """

    new_ids: tuple[int, ...]
    rows: tuple[tuple[float, bool], ...] = ()
    next_logprobs: dict[int, float] | None = None


@dataclass(frozen=True)
class Work:
    """A request with the asks it comes down to; ``answer`` makes its answer from what was said to them, in order."""

    request: Request
    asks: tuple[Ask, ...]
    answer: Callable[[Sequence[Said]], Answer]


def plan_work(encoder: Encoder, request: Request, context_length: int) -> Work:
    """Break a request into asks.

    Raises:
        InputError: a prompt to continue leaves no room for a single token.
    """
    if request.kind is Kind.GENERATE:
        return _generation(encoder, request, context_length)
    return _scoring(request, request_pairs(encoder, request, context_length))


def _generation(encoder: Encoder, request: Request, context_length: int) -> Work:
    decoding = request.decoding or Decoding()
    prompt = tuple(encoder.prompt(request.prompt))
    room = context_length - len(prompt)
    if room < 1:
        raise InputError(
            f"a prompt of {len(prompt)} tokens leaves no room in a context of {context_length}",
            where=f"model {request.model!r}, prompt {str(request.prompt)[:60]!r}",
            mend="shorten the prompt, take fewer examples, or use a model with a longer context",
        )
    ask = Ask(request.model, prompt, decoding=replace(decoding, max_tokens=min(decoding.max_tokens, room)))

    def answer(said: Sequence[Said]) -> Answer:
        return Answer(generation=encoder.generation(prompt, said[0].new_ids, decoding))

    return Work(request, (ask,), answer)


def _scoring(request: Request, pairs: Sequence[Pair]) -> Work:
    wanted: dict[tuple[tuple[int, ...], int], list[int]] = {}
    places: list[tuple[tuple[tuple[int, ...], int], int] | None] = []
    for context, rest in pairs:
        if not rest:
            places.append(None)
            continue
        key = ((*context, *rest[:-1]), len(rest) - 1)
        ids = wanted.setdefault(key, [])
        if rest[-1] not in ids:
            ids.append(rest[-1])
        places.append((key, rest[-1]))
    asks: dict[tuple[tuple[tuple[int, ...], int], int], Ask] = {}
    for (prompt, rows), ids in wanted.items():
        for start in range(0, len(ids), MAX_NEXT_IDS):
            ask = Ask(request.model, prompt, rows, tuple(ids[start : start + MAX_NEXT_IDS]))
            asks.update({((prompt, rows), token): ask for token in ask.next_ids})
    distinct = list(dict.fromkeys(asks.values()))
    order = {id(ask): place for place, ask in enumerate(distinct)}

    def answer(said: Sequence[Said]) -> Answer:
        likelihoods = tuple(
            LogLikelihood((), True) if place is None else _read(said[order[id(asks[place])]], place[1])
            for place in places
        )
        return Answer(likelihoods=join_windows(likelihoods) if request.kind is Kind.ROLLING else likelihoods)

    return Work(request, tuple(distinct), answer)


def _read(said: Said, last: int) -> LogLikelihood:
    assert said.next_logprobs is not None
    per_token = (*(value for value, _ in said.rows), said.next_logprobs[last])
    return LogLikelihood(per_token, all(best for _, best in said.rows) and said.new_ids[0] == last)


def contexts_to_warm(asks: Sequence[Ask]) -> list[Ask]:
    """Asks that put into the prefix cache the long contexts which several of ``asks`` score tokens after."""
    readers: dict[tuple[str, tuple[int, ...]], int] = {}
    already = {(ask.model, ask.prompt) for ask in asks if not ask.rows}
    for ask in asks:
        context = (ask.model, ask.prompt[: len(ask.prompt) - ask.rows])
        if ask.rows and len(context[1]) > WARM_FROM:
            readers[context] = readers.get(context, 0) + 1
    return [
        Ask(model, prompt, next_ids=(prompt[-1],))
        for (model, prompt), count in readers.items()
        if count > 1 and (model, prompt) not in already
    ]
