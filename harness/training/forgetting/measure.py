"""What base and tuned model answered, as figures with intervals, and the limits that they cross."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from harness.records import Answer, Kind, Request
from harness.stats import Estimate, PairedRates, Rate, bootstrap_difference, bootstrap_figure
from harness.training.forgetting.probes import Probe
from harness.training.forgetting.settings import Limits
from harness.training.forgetting.watched import Watched
from harness.training.repeats import Diverged

#: Confidence that all intervals of a measurement hold at once (Bonferroni).
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ProbeLoss:
    """How a probe fared. ``drop`` is accuracy lost, base minus tuned; flips are counted in samples."""

    probe: str
    samples: int
    base: float
    tuned: float
    drop: Interval
    negative_flips: int
    positive_flips: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """A limit that a measurement lies above, interval and all; ``probe`` is empty where it is on no single probe."""

    limit: str
    probe: str
    step: int
    value: float
    low: float
    high: float
    bound: float

    def __str__(self) -> str:
        what = self.limit + (f" of {self.probe}" if self.probe else "")
        return f"{what} is {self.value:.3g} [{self.low:.3g}, {self.high:.3g}], the limit {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One look at the model after ``step`` steps.

    Attributes:
        level: Of each interval; all of them hold together with `CONFIDENCE`.
        together: All probes as one; None where there are fewer than two.
        negative_flips: Share of all probe samples that were right and are wrong. None without probes.
        format_drift: Share of the generated answers that became the training data's. None where it is not measured.
        kl: KL(base‖tuned) in nats a token of the text.
        base_perplexity, tuned_perplexity: A token, on the text.
        perplexity_ratio: Tuned over base.
    """

    step: int
    level: float
    probes: tuple[ProbeLoss, ...]
    together: ProbeLoss | None
    negative_flips: Interval | None
    format_drift: Interval | None
    kl: Interval
    base_perplexity: float
    tuned_perplexity: float
    perplexity_ratio: Interval

    def crossed(self, limits: Limits) -> list[Crossing]:
        """The limits that lie below the whole interval; that on accuracy first, its worst probe before the others."""
        dropped = [*self.probes, *([self.together] if self.together else [])]
        dropped.sort(key=lambda one: -one.drop.value)
        figures = [("accuracy_drop", one.probe, one.drop) for one in dropped]
        figures += [
            (name, "", figure)
            for name in ("negative_flips", "format_drift", "kl", "perplexity_ratio")
            if (figure := getattr(self, name)) is not None
        ]
        return [
            Crossing(name, probe, self.step, figure.value, figure.low, figure.high, bound)
            for name, probe, figure in figures
            if (bound := getattr(limits, name)) is not None and figure.low > bound
        ]

    def to_json(self) -> dict[str, Any]:
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


@dataclass(frozen=True)
class Reading:
    """What one model's answers come to.

    Attributes:
        right: For each probe, which samples were answered right.
        said: For each probe that generates, the texts.
        surprisal: Nats, shape ``(texts,)``.
        tokens: Of each text, shape ``(texts,)``.
    """

    right: Mapping[str, np.ndarray]
    said: Mapping[str, Sequence[str]]
    surprisal: np.ndarray
    tokens: np.ndarray


def requests(watched: Watched, model: str) -> list[Request]:
    """All that is asked of a model."""
    asked = [request for probe in watched.probes for some in probe.requests(model) for request in some]
    return [*asked, *watched.text_requests(model, Kind.ROLLING)]


def read_answers(watched: Watched, model: str, answers: Mapping[Request, Answer]) -> Reading:
    """Judge a model's answers to `requests`."""
    right, said = {}, {}
    for probe in watched.probes:
        given = [[answers[request] for request in some] for some in probe.requests(model)]
        right[probe.task.name] = probe.right(given)
        if probe.generates:
            said[probe.task.name] = ["" if (one := some[0].generation) is None else one.text for some in given]
    scored = [answers[request].likelihoods[0] for request in watched.text_requests(model, Kind.ROLLING)]
    return Reading(
        right, said, np.array([-one.total for one in scored]), np.array([float(one.tokens) for one in scored])
    )


def measure(
    watched: Watched, step: int, base: Reading, tuned: Reading, divergence: Sequence[Sequence[float]]
) -> Measurement:
    """Figures of one look.

    Args:
        divergence: For each text, KL(base‖tuned) at each token.

    Raises:
        RunError: the tuned model gives no finite probabilities.
    """
    level = 1 - (1 - CONFIDENCE) / watched.figures
    probes = tuple(_probe_loss(probe, base, tuned, level) for probe in watched.probes)
    together = _together(watched.probes, base, tuned, level)
    ratio = _per_token(tuned.surprisal - base.surprisal, base.tokens, level, step)
    return Measurement(
        step=step,
        level=level,
        probes=probes,
        together=together if len(probes) > 1 else None,
        negative_flips=_flips(watched.probes, base, tuned, level),
        format_drift=_drift(watched, base, tuned, level) if watched.measures_drift else None,
        kl=_per_token(np.array([math.fsum(one) for one in divergence]), base.tokens, level, step, least=0.0),
        base_perplexity=_exp(base.surprisal.sum() / base.tokens.sum()),
        tuned_perplexity=_exp(tuned.surprisal.sum() / tuned.tokens.sum()),
        perplexity_ratio=Interval(_exp(ratio.value), _exp(ratio.low), _exp(ratio.high)),
    )


def _probe_loss(probe: Probe, base: Reading, tuned: Reading, level: float) -> ProbeLoss:
    name = probe.task.name
    return _loss(name, base.right[name], tuned.right[name], probe.clusters, level)


def _together(probes: Sequence[Probe], base: Reading, tuned: Reading, level: float) -> ProbeLoss | None:
    if not probes:
        return None
    return _loss("all probes", _joined(base.right, probes), _joined(tuned.right, probes), _sources(probes), level)


def _loss(name: str, base: np.ndarray, tuned: np.ndarray, clusters: list[str] | None, level: float) -> ProbeLoss:
    negative, positive = int(np.sum(base & ~tuned)), int(np.sum(~base & tuned))
    estimate: Estimate | None = PairedRates(len(base), rose=negative, fell=positive)
    if clusters is not None:
        ours, theirs = (np.column_stack([one, np.ones(len(one))]) for one in (base, tuned))
        estimate = bootstrap_difference(ours, theirs, _mean, clusters=np.array(clusters))
    assert estimate is not None
    return ProbeLoss(
        name, len(base), float(base.mean()), float(tuned.mean()), _interval(estimate, level), negative, positive
    )


def _flips(probes: Sequence[Probe], base: Reading, tuned: Reading, level: float) -> Interval | None:
    if not probes:
        return None
    flipped = _joined(base.right, probes) & ~_joined(tuned.right, probes)
    return _share(flipped, _sources(probes), level)


def _drift(watched: Watched, base: Reading, tuned: Reading, level: float) -> Interval:
    probes = [probe for probe in watched.probes if probe.generates]
    drifted = [
        watched.forms.drifted(probe, base.said[probe.task.name], tuned.said[probe.task.name]) for probe in probes
    ]
    return _share(np.concatenate([np.array(one, dtype=bool) for one in drifted]), _sources(probes), level)


def _joined(right: Mapping[str, np.ndarray], probes: Sequence[Probe]) -> np.ndarray:
    return np.concatenate([right[probe.task.name] for probe in probes])


def _sources(probes: Sequence[Probe]) -> list[str] | None:
    """The source of each sample of several probes; None where no two samples share one."""
    if all(probe.clusters is None for probe in probes):
        return None
    own = ([f"{probe.task.name} {sample.key}" for sample in probe.samples] for probe in probes)
    return [one for probe, keys in zip(probes, own, strict=True) for one in probe.clusters or keys]


def _share(values: np.ndarray, clusters: list[str] | None, level: float) -> Interval:
    estimate: Estimate | None = Rate(int(values.sum()), len(values))
    if clusters is not None:
        rows = np.column_stack([values, np.ones(len(values))])
        estimate = bootstrap_figure(rows, _mean, clusters=np.array(clusters))
    assert estimate is not None
    return _interval(estimate, level)


def _per_token(sums: np.ndarray, tokens: np.ndarray, level: float, step: int, least: float = -math.inf) -> Interval:
    """A mean over tokens, resampled by text."""
    estimate = bootstrap_figure(np.column_stack([sums, tokens]), _mean) if np.isfinite(sums).all() else None
    if estimate is None:
        raise Diverged(
            f"the model gives no finite probabilities on the text after step {step}",
            where="forgetting.text",
            mend="lower schedule.learning_rate, or max_grad_norm",
        )
    found = _interval(estimate, level)
    return Interval(found.value, max(least, found.low), found.high)


def _interval(estimate: Estimate, level: float) -> Interval:
    found = estimate.decisive_interval(level)
    return Interval(estimate.value, found.low, found.high)


def _mean(sums: np.ndarray) -> np.ndarray:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _exp(nats: float) -> float:
    """Finite for any model, however broken."""
    return math.exp(min(float(nats), 700.0))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
