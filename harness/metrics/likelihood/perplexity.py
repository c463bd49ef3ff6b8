"""Perplexity per token, word and byte, bits per byte, and whether greedy decoding gives the target."""

import math
import re
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from harness.metrics.base import MeanMetric, register
from harness.metrics.common import mean_score, not_judged
from harness.records import InputError, LogLikelihood, Outcome, Response, Score, prompt_text


def first_likelihood(response: Response, metric: str) -> LogLikelihood:
    """The log-likelihood of the text, or of the first continuation.

    Raises:
        InputError: the task's output is not log-likelihoods.
    """
    if not response.answer.likelihoods:
        raise InputError(
            f"sample {response.sample.key} has no log-likelihood, which {metric} needs",
            where=response.sample.task,
            mend="use it in a task of output kind perplexity or loglikelihood",
        )
    return response.answer.likelihoods[0]


class SurprisalMetric(MeanMetric):
    """``exp`` of negative log-likelihood over a count of units. Statistics: ``(-log-likelihood, units)``."""

    greater_is_better = False

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|-sum_loglikelihood/{self.unit}"

    @property
    @abstractmethod
    def unit(self) -> str:
        """The unit's name, for signatures."""

    @abstractmethod
    def units(self, response: Response, likelihood: LogLikelihood) -> int:
        """How many units the text has."""

    def scale(self, mean: np.ndarray) -> np.ndarray:
        """From nats a unit to the figure."""
        with np.errstate(over="ignore"):
            return np.exp(mean)

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [self._judge(response) for response in responses]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        return self.scale(super().aggregate(sums))

    def _judge(self, response: Response) -> Score:
        likelihood = first_likelihood(response, self.name)
        units = self.units(response, likelihood)
        if not likelihood.tokens or not units or math.isnan(likelihood.total):
            return not_judged(Outcome.UNSCORABLE, 2)
        statistics = (-likelihood.total, float(units))
        return Score(Outcome.SCORED, float(self.aggregate(np.array(statistics))), statistics)


@register("perplexity")
class Perplexity(SurprisalMetric):
    """Perplexity per scored token; depends on the tokenizer, so compare it only between models that share one."""

    unit = "tokens"

    def units(self, response: Response, likelihood: LogLikelihood) -> int:
        return likelihood.tokens


@register("target_perplexity")
class TargetPerplexity(SurprisalMetric):
    """``exp`` of the mean negative log-likelihood of whole targets (``perplexity`` of lm-evaluation-harness)."""

    unit = "samples"

    def units(self, response: Response, likelihood: LogLikelihood) -> int:
        return 1


@register("word_perplexity")
class WordPerplexity(SurprisalMetric):
    """Perplexity per word of the text, split on white space as in lm-evaluation-harness."""

    unit = "words"

    def units(self, response: Response, likelihood: LogLikelihood) -> int:
        return len(re.split(r"\s+", prompt_text(response.sample.prompt)))


@register("byte_perplexity")
class BytePerplexity(SurprisalMetric):
    """Perplexity per UTF-8 byte of the text: comparable between tokenizers."""

    unit = "bytes"

    def units(self, response: Response, likelihood: LogLikelihood) -> int:
        return len(prompt_text(response.sample.prompt).encode("utf-8", "surrogatepass"))


@register("bits_per_byte")
class BitsPerByte(BytePerplexity):
    """Base-2 logarithm of the byte perplexity."""

    def scale(self, mean: np.ndarray) -> np.ndarray:
        return mean / math.log(2)


@register("greedy_accuracy")
class GreedyAccuracy(MeanMetric):
    """Share of samples whose target greedy decoding would give, token for token (``acc`` of LAMBADA)."""

    is_rate = True

    def __init__(self, *, labels: Sequence[str] = ()) -> None:
        pass

    @property
    def signature(self) -> str:
        return f"{self.name}|target:first_continuation"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        return [mean_score(float(first_likelihood(response, self.name).greedy)) for response in responses]
