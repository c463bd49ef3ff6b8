"""A request: one thing asked of an engine. Plain and hashable, so that equal requests are asked once."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from harness.records.hashing import content_hash
from harness.records.sample import Prompt


class Kind(StrEnum):
    """What is asked: new text, log-likelihoods of given continuations, or of a whole text.

    ``DIVERGENCE`` asks how far the next-token distribution is from the base's, at each token of a continuation or of a
    whole text. It takes both models' logits at once, which only the transformers engine has.
    """

    GENERATE = "generate"
    LOGLIKELIHOOD = "loglikelihood"
    ROLLING = "rolling"
    DIVERGENCE = "divergence"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How text is generated. Greedy unless ``temperature`` is above zero.

    ``seed`` is set for sampled requests only and comes from (seed, task, sample, repetition).
    """

    max_tokens: int = 64
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked of one model.

    Attributes:
        model: Name of the model within the suite.
        kind: What is asked.
        prompt: Text or turns. For ``ROLLING``, and for ``DIVERGENCE`` without continuation, the text whose every token
            is scored.
        continuations: For ``LOGLIKELIHOOD``: texts scored after the prompt, which is encoded once for all. One at most
            for ``DIVERGENCE``.
        decoding: For ``GENERATE``.
    """

    model: str
    kind: Kind
    prompt: Prompt
    continuations: tuple[str, ...] = ()
    decoding: Decoding | None = None

    def key(self, model_fingerprint: str) -> str:
        """Identity of the answer: what is asked, and the weights it is asked of (not the model's name)."""
        prompt = self.prompt if isinstance(self.prompt, str) else [[m.role, m.content] for m in self.prompt]
        decoding = asdict(self.decoding) if self.decoding else None
        return content_hash([model_fingerprint, self.kind, prompt, self.continuations, decoding])
