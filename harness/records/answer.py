"""An answer: what an engine gave back for one request."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Generation:
    """Generated text, without the stop string that ended it. ``finish`` is ``stop`` or ``length``."""

    text: str
    tokens: int
    finish: str


@dataclass(frozen=True, slots=True)
class LogLikelihood:
    """Log-probabilities (natural logarithm) of one continuation's tokens, and whether greedy decoding gives it."""

    per_token: tuple[float, ...]
    greedy: bool

    @property
    def total(self) -> float:
        return sum(self.per_token)

    @property
    def tokens(self) -> int:
        return len(self.per_token)


@dataclass(frozen=True, slots=True)
class Answer:
    """One generation, or one log-likelihood for each continuation of the request, in its order.

    ``divergence`` is KL(base‖model) in nats at each token, where that was asked.
    """

    generation: Generation | None = None
    likelihoods: tuple[LogLikelihood, ...] = ()
    divergence: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        if self.generation is not None:
            g = self.generation
            return {"text": g.text, "tokens": g.tokens, "finish": g.finish}
        if self.divergence:
            return {"divergence": list(self.divergence)}
        return {"likelihoods": [[list(one.per_token), one.greedy] for one in self.likelihoods]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        if "text" in value:
            return cls(generation=Generation(value["text"], value["tokens"], value["finish"]))
        if "divergence" in value:
            return cls(divergence=tuple(value["divergence"]))
        pairs = value["likelihoods"]
        return cls(likelihoods=tuple(LogLikelihood(tuple(tokens), greedy) for tokens, greedy in pairs))
