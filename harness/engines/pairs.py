"""What a likelihood request comes down to: pairs of context and continuation in token ids."""

from collections.abc import Iterator, Sequence

from harness.engines.encoding import Encoder
from harness.records import Kind, LogLikelihood, Request

#: Token ids of a context and of a continuation scored after it.
Pair = tuple[tuple[int, ...], tuple[int, ...]]


def request_pairs(encoder: Encoder, request: Request, context_length: int) -> list[Pair]:
    """The pairs of a request: one a continuation, or for a whole text one a window.

    A context that does not fit keeps its end, as lm-evaluation-harness does.
    """
    if request.kind is Kind.ROLLING or (request.kind is Kind.DIVERGENCE and not request.continuations):
        assert isinstance(request.prompt, str)
        return list(rolling_windows(encoder.text(request.prompt), encoder.prefix_id, context_length))
    pairs = []
    for continuation in request.continuations:
        context, rest = encoder.pair(request.prompt, continuation)
        room = max(1, context_length + 1 - len(rest))
        pairs.append((tuple(context[-room:]), tuple(rest)))
    return pairs


def rolling_windows(tokens: Sequence[int], prefix: int, length: int) -> Iterator[Pair]:
    """Cut a text into windows such that every token is scored once, each after as much context as fits.

    The windows are those of lm-evaluation-harness (``get_rolling_token_windows`` with ``context_len=1``): full windows
    without overlap, and a last one that reaches back so that its tokens have a full context.

    Args:
        tokens: Token ids of the text.
        prefix: Token that stands before the first one.
        length: Longest sequence that the model reads.
    """
    whole = (prefix, *tokens)
    done = 0
    while done < len(tokens):
        size = min(length, len(tokens) - done)
        end = done + size
        start = max(0, end - length) if done else 0
        yield whole[start : done + 1], whole[done + 1 : end + 1]
        done = end


def join_windows(windows: Sequence[LogLikelihood]) -> tuple[LogLikelihood, ...]:
    """The log-likelihood of a whole text from those of its windows."""
    per_token = tuple(value for window in windows for value in window.per_token)
    return (LogLikelihood(per_token, all(window.greedy for window in windows)),)
