"""A figure of lm-evaluation-harness, by the names that it uses, computed by the house's own metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from harness.metrics.base import Metric, register
from harness.metrics.likelihood import (
    BitsPerByte,
    BytePerplexity,
    GreedyAccuracy,
    TargetPerplexity,
    WordPerplexity,
)
from harness.metrics.lm_eval.choices import (
    ChoiceAccuracy,
    ChoiceBrier,
    ChoiceMatthews,
    GreedyChoice,
    MutualInformationAccuracy,
    SecondChoiceF1,
)
from harness.metrics.lm_eval.filters import INVALID, Pipeline, apply_pipeline
from harness.metrics.text import Bleu, Chrf, ChrfPlusPlus, ExactMatch, Ter
from harness.records import InputError, Response, Score, nearest

#: For each output type of lm-evaluation-harness, its metrics that are known here.
METRICS: Mapping[str, Mapping[str, Callable[..., Metric]]] = {
    "generate_until": {
        "exact_match": ExactMatch,
        "bleu": Bleu,
        "chrf": Chrf,
        "chrf++": ChrfPlusPlus,
        "ter": Ter,
    },
    "multiple_choice": {
        "acc": ChoiceAccuracy,
        "acc_norm": lambda: ChoiceAccuracy("characters"),
        "acc_bytes": lambda: ChoiceAccuracy("bytes"),
        "acc_mutual_info": MutualInformationAccuracy,
        "exact_match": GreedyChoice,
        "f1": SecondChoiceF1,
        "mcc": ChoiceMatthews,
        "brier_score": ChoiceBrier,
    },
    "loglikelihood": {"acc": GreedyAccuracy, "perplexity": TargetPerplexity},
    "loglikelihood_rolling": {
        "word_perplexity": WordPerplexity,
        "byte_perplexity": BytePerplexity,
        "bits_per_byte": BitsPerByte,
    },
}


@register("lm_eval")
class LmEvalMetric(Metric):
    """One figure of a task of lm-evaluation-harness.

    Args:
        metric: Its name there.
        output: The task's ``output_type``, which decides what the name means.
        figure: What the figure is called here; several filter pipelines give several figures of one metric.
        filters: The pipeline that reads the generated text, as ``filter_list`` writes it.
        options: What else the ``metric_list`` entry says (``ignore_case``).
        greater_is_better: As ``higher_is_better`` says; the metric's own direction unless given.

    Raises:
        InputError: there is no such metric for this output, or it refuses an option.
    """

    def __init__(
        self,
        *,
        labels: Sequence[str] = (),
        metric: str = "exact_match",
        output: str = "generate_until",
        figure: str | None = None,
        filters: Sequence[Mapping[str, Any]] = (),
        options: Mapping[str, Any] = MappingProxyType({}),
        greater_is_better: bool | None = None,
    ) -> None:
        known = METRICS.get(output, {})
        if metric not in known:
            raise InputError(f"metric {metric!r} is unknown for output {output}", mend=nearest(metric, list(known)))
        try:
            self._inner = known[metric](**options)
        except TypeError as error:
            raise InputError(f"metric {metric!r} does not take these options ({error})") from None
        self._metric, self._output = metric, output
        self._filters = Pipeline.validate_python([dict(one) for one in filters])
        self.name = figure or self.name
        self.is_rate = self._inner.is_rate
        self.greater_is_better = self._inner.greater_is_better if greater_is_better is None else greater_is_better

    @property
    def bounds(self) -> tuple[float, float] | None:
        return self._inner.bounds

    @property
    def signature(self) -> str:
        steps = ";".join(one.model_dump_json(exclude_defaults=True) for one in self._filters)
        return f"{self.name}|lm_eval:{self._output}.{self._metric}|filters:{steps or 'none'}|{self._inner.signature}"

    def measure(self, responses: Sequence[Response]) -> list[Score]:
        if self._output != "generate_until":
            return self._inner.measure(responses)
        scores = self._inner.measure([replace(response, text=self._text(response)) for response in responses])
        return [replace(one, extracted=None if one.extracted == INVALID else one.extracted) for one in scores]

    def aggregate(self, sums: np.ndarray) -> np.ndarray:
        return self._inner.aggregate(sums)

    def breakdown(self, sums: np.ndarray) -> dict[str, float]:
        return self._inner.breakdown(sums)

    def _text(self, response: Response) -> str | None:
        generation = response.answer.generation
        text = apply_pipeline(self._filters, generation.text if generation else "", response.sample.document)
        # A match counts an answer in which nothing was found; figures of text judge the text that stands for it.
        return None if text == INVALID and self._metric == "exact_match" else text
