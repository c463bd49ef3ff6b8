"""What lies in a run folder beside the samples: results.json, comparison.json and verdict.json as typed values."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.records.waiver import Waiver

Decision = Literal["pass", "fail", "inconclusive", "unavailable", "waived"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Interval(_Record):
    """A confidence interval and how it was made."""

    low: float
    high: float
    level: float
    method: str


class ModelRow(_Record):
    """A model of a run. ``status`` is ``refused`` for an adapter that failed a check; ``reason`` says which."""

    name: str
    base: str
    adapter: str | None = None
    fingerprint: str
    status: Literal["evaluated", "refused"] = "evaluated"
    reason: str = ""


class TaskRow(_Record):
    """A task of a run; equal fingerprints (prompt, data, metrics) are what allows a comparison.

    Attributes:
        looks: Where samples were taken until the rules were decided: how many had been taken at each look.
        available: How many samples there were to take; 0 where all of them were taken at once.
        slice_of: The task that a rule's slice was cut from; empty for whole tasks, which are what rules select.
    """

    name: str
    tags: list[str]
    fingerprint: str
    samples: int
    description: str = ""
    looks: list[int] = []
    available: int = 0
    slice_of: str = ""


class Repeats(_Record):
    """What generating each sample several times shows of a figure's error.

    Attributes:
        generation_share: Share of the squared standard error that comes from sampling; the rest is the choice of
            samples.
    """

    samples: int
    repetitions: int
    generation_share: float


class Figure(_Record):
    """One model's value of one metric on one task. The figures of a task stand in the order of its metrics.

    Attributes:
        samples: Those that take part in the value, each generation of a repeated sample counted; ``unscorable`` and
            ``errors`` come on top.
        failed: Keys of samples that failed a check, or that a rate counts on its worse side; at most 200.
        estimate: The sampling distribution, as `harness.stats` reads it back.
        breakdown: Parts of the figure (per-class scores, counts), where the metric has them.
        signature: Says exactly how the figure was computed.
        repeats: For a mean over samples that were generated several times.
    """

    model: str
    task: str
    metric: str
    value: float | None
    interval: Interval | None
    samples: int
    unscorable: int
    errors: int
    greater_is_better: bool
    signature: str
    breakdown: dict[str, float] = {}
    failed: list[str] = []
    estimate: dict[str, Any] = {}
    repeats: Repeats | None = None


class Results(_Record):
    """``results.json``: every figure of a run. Holds nothing that changes when a run is repeated."""

    suite: str
    base: str
    baseline: str
    models: list[ModelRow]
    tasks: list[TaskRow]
    figures: list[Figure]


class Difference(_Record):
    """A paired difference: candidate minus reference, in the metric's unit, over the samples both were scored on.

    Attributes:
        pairs: Samples compared, each generation of a repeated sample counted. ``unpaired`` ones were judged for one
            of the two models only.
        gained, lost: Sample keys whose value moved to the better or the worse side, the largest move first; at most
            200 each. ``gained_count`` and ``lost_count`` are complete.
        p_value: Two-sided, of no difference; ``adjusted_p_value`` by Holm over the comparison.
        minimum_detectable: The smallest true difference found with 80 % power at this sample size.
        estimate: The distribution of the difference, as `harness.stats` reads it back.
    """

    candidate: str
    reference: str
    task: str
    metric: str
    tags: list[str]
    greater_is_better: bool
    pairs: int
    unpaired: int
    candidate_value: float
    reference_value: float
    difference: float
    interval: Interval
    p_value: float
    adjusted_p_value: float
    method: str
    minimum_detectable: float | None
    gained: list[str]
    lost: list[str]
    gained_count: int = 0
    lost_count: int = 0
    estimate: dict[str, Any] = {}


class Loss(_Record):
    """What one candidate lost of what a reference could do, as figures that a rule can bound.

    Attributes:
        figures: One a measure (see `harness.records.forgetting`) and task; over all probes they stand under
            `ALL_PROBES`. ``failed`` lists the samples that were lost, ``breakdown`` the counts behind a share.
        missing: Measures without a figure over all probes, and why.
    """

    candidate: str
    reference: str
    figures: list[Figure]
    missing: dict[str, str] = {}


class Transfer(_Record):
    """What a sequence of trainings kept and passed on.

    Attributes:
        models: In the order of their training.
        tasks: What each was trained for; ``metrics`` say what is scored, more being better.
        before: The base's score on each task.
        scores: Row by row, each model's score on every task.
        figures: The measures of `harness.stats.continual`, of the last model.
    """

    models: list[str]
    tasks: list[str]
    metrics: list[str]
    before: list[float]
    scores: list[list[float]]
    figures: list[Figure]


class Forgetting(_Record):
    """What tuning cost.

    Attributes:
        probes: Tasks on which a loss is looked for, and the metric that is read on each.
        targets: Tasks on which a gain is looked for, likewise.
        texts: Tasks whose texts' likelihood is compared.
        forms: Answers of the target tasks, which old prompts should not get.
        losses: Of every candidate against each model that it is compared with.
        sequence: Where the suite says in which order its models were trained.
    """

    probes: dict[str, str]
    targets: dict[str, str]
    texts: list[str]
    forms: list[str]
    losses: list[Loss]
    sequence: Transfer | None = None


class Comparison(_Record):
    """``comparison.json``: each candidate against the base and the baseline."""

    suite: str
    base: str
    baseline: str
    models: list[ModelRow]
    tasks: list[TaskRow]
    figures: list[Figure]
    differences: list[Difference]
    forgetting: Forgetting | None = None


class RuleVerdict(_Record):
    """What one rule decided for one candidate on one task.

    Attributes:
        rule: The rule in words (``no_worse than base by 0.05``).
        evidence: One sentence with the figures that decided it.
        observed, interval, bound: The figure or difference, what is known of it, and the bound of the rule.
        p_value: Of "the rule is met" where it failed, else of "the rule is not met". Only failing is adjusted (by
            Holm, over the candidate's rules): to pass, a candidate has to pass every rule.
        samples_needed: For an inconclusive rule, about how many more samples would decide it.
        samples: Keys of the samples that speak against the candidate, the worst first.
        waiver: What lets a rule through that is not met; ``waives`` is what it would have been without.
        taken, available: Where samples were taken until the rules were decided: how many, and of how many.
    """

    candidate: str
    task: str
    metric: str
    rule: str
    decision: Decision
    evidence: str
    observed: float | None = None
    interval: Interval | None = None
    bound: float | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None
    samples_needed: int | None = None
    samples: list[str] = []
    waiver: Waiver | None = None
    waives: Decision | None = None
    taken: int | None = None
    available: int | None = None

    @property
    def stops(self) -> bool:
        """Whether the rule keeps the candidate from passing."""
        return self.decision not in ("pass", "waived")


class Verdict(_Record):
    """``verdict.json``: per candidate and over all. Exit status 0 pass, 1 fail, 4 inconclusive."""

    suite: str
    decision: Decision
    exit_status: int
    candidates: dict[str, Decision]
    rules: list[RuleVerdict]
