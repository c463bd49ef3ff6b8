"""What a search over recipes and a comparison of methods found: ``tune.json`` and ``methods.json`` as typed values."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.records.results import Decision, Interval

Value = bool | int | float | str


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Measure(_Record):
    """A figure with what is known of its error."""

    value: float
    interval: Interval | None = None


class Quality(_Record):
    """What one part of the samples says of an adapter.

    Attributes:
        score: The objective's metric, in its own unit; ``base`` is the base's.
        samples: Behind the score.
        gain: Paired difference to the base under the objective's metric, turned so that more is better; in points
            (hundredths of the metric's range) where the metric is bounded, else in its own unit.
        forgetting: Mean drop against the base over the forgetting probes, in points; None without probes.
        verdict: What the suite's gate decided, None where it has no rules; ``failed`` are the rules in words.
        failed_rules: Rules that failed or could not be judged.
    """

    score: Measure
    base: Measure
    samples: int
    gain: Measure
    forgetting: Measure | None = None
    verdict: Decision | None = None
    failed_rules: list[str] = []


class TrialRow(_Record):
    """One training of a search.

    Attributes:
        values: What was chosen for each key of the recipe.
        quality: On the search's part of the samples; None unless the trial is complete.
        reason: Why a trial was pruned, or failed.
        seconds: Of training and evaluation together, as far as one process did them.
    """

    number: int
    state: Literal["complete", "pruned", "failed", "unfinished"]
    values: dict[str, Value]
    quality: Quality | None = None
    reason: str = ""
    steps: int = 0
    seconds: float = 0.0


class Confirmed(_Record):
    """A trial measured again on the samples that the search never saw."""

    number: int
    quality: Quality


class Search(_Record):
    """``tune.json``: a search over the values of a recipe.

    Attributes:
        task, metric: The objective.
        bounded: Whether gains are in points.
        subject_to_gate, against_forgetting: What else the search was after.
        probes: Tasks that forgetting is measured on.
        confirm: Share of the samples kept from the search.
        best: Number of the best trial; None where no trial is complete, or none passes the gate as demanded.
        front: Numbers of the complete trials that no other one beats in both gain and forgetting.
        confirmed: The best trial, and with two goals the whole front, on fresh samples.
        importances: Share of each key in the variance of the objective (fANOVA); empty with too few trials.
    """

    adapter: str
    base: str
    task: str
    metric: str
    greater_is_better: bool
    bounded: bool
    subject_to_gate: bool
    against_forgetting: bool
    probes: list[str]
    confirm: float
    sampler: str
    pruner: str
    seed: int
    planned: int
    trials: list[TrialRow]
    best: int | None
    front: list[int]
    confirmed: list[Confirmed]
    importances: dict[str, float]

    def trial(self, number: int) -> TrialRow:
        """The trial of a number."""
        return next(trial for trial in self.trials if trial.number == number)

    def confirmation(self, number: int | None) -> Quality | None:
        """What fresh samples say of a trial; None where it was not put to them."""
        return next((one.quality for one in self.confirmed if one.number == number), None)


class MethodRow(_Record):
    """One method of a comparison.

    Attributes:
        method: Its settings as a recipe writes them, defaults left out.
        reason: Why it could not be trained or evaluated; the figures are then missing.
        peak_memory: Bytes: what torch held on the GPU at most, or on a CPU the largest resident set of the process that
            trained (``memory_of`` says which).
        seconds: Of the training, loading and saving included; None where it was done in several goes.
        tokens_per_second: All tokens read, padding aside, from the first step to the last.
        quality: On the samples of the suite; ``groups`` are letters: two methods that share none differ significantly
            under the objective.
    """

    name: str
    method: dict[str, Any]
    learning_rate: float
    reason: str = ""
    parameters: int | None = None
    peak_memory: int | None = None
    memory_of: Literal["gpu", "process", ""] = ""
    seconds: float | None = None
    tokens_per_second: float | None = None
    quality: Quality | None = None
    groups: str = ""


class PairRow(_Record):
    """Two methods held against each other: first minus second under the objective, turned so that more is better.

    ``adjusted_p_value`` is Holm's over all pairs of the comparison.
    """

    first: str
    second: str
    difference: Measure
    p_value: float
    adjusted_p_value: float


class Methods(_Record):
    """``methods.json``: several methods trained on one data set, with one seed, over one base."""

    recipe: str
    base: str
    task: str
    metric: str
    greater_is_better: bool
    bounded: bool
    probes: list[str]
    machine: str
    rows: list[MethodRow]
    pairs: list[PairRow]
