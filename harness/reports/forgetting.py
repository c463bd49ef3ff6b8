"""What was forgotten: what each adapter lost of what the base and the baseline could do, and what that bought.

Arranged here, drawn elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Comparison, Difference, Figure, Forgetting, Interval, Loss, Transfer
from harness.records.forgetting import ALL_PROBES
from harness.reports.numbers import MISSING, bounds, decimals, number, signed
from harness.reports.plots import points
from harness.reports.tables import references


@dataclass(frozen=True)
class Measured:
    """A figure in words: ``text`` with ``range``, and in ``note`` what it counts or why there is none.

    ``mark`` is ``loss`` or ``gain`` where the interval leaves "no change" out.
    """

    text: str
    range: str = ""
    note: str = ""
    mark: str = ""

    @property
    def line(self) -> str:
        """Text and range."""
        return f"{self.text} {self.range}".rstrip()


@dataclass(frozen=True)
class Cost:
    """One adapter against one reference, over all probes: a cell for each of the panel's columns."""

    model: str
    reference: str
    cells: tuple[Measured, ...]


@dataclass(frozen=True)
class ProbeCell:
    """One adapter on one probe; ``words`` say what a sample that moved did: forgot or learned, or worse or better."""

    model: str
    value: str
    change: Measured
    forgot: int
    learned: int
    note: str
    words: tuple[str, str] = ("forgot", "learned")


@dataclass(frozen=True)
class ProbeRow:
    """One probe: the reference's figure, and each adapter's."""

    task: str
    metric: str
    before: str
    cells: tuple[ProbeCell | None, ...]


@dataclass(frozen=True)
class MatrixRow:
    """One model of a sequence: its score on each task in words, and as a step of ten for the shade."""

    model: str
    cells: tuple[tuple[str, int, bool], ...]


@dataclass(frozen=True)
class TransferMatrix:
    """The matrix of a sequence, and its measures."""

    tasks: tuple[tuple[str, str], ...]
    rows: tuple[MatrixRow, ...]
    measures: tuple[tuple[str, Measured], ...]


@dataclass(frozen=True)
class Losses:
    """What every adapter lost against one reference; ``probes`` have a cell for each of ``costs``."""

    reference: str
    costs: tuple[Cost, ...]
    probes: tuple[ProbeRow, ...]


@dataclass(frozen=True)
class ForgettingPanel:
    """All that reports show of forgetting.

    Attributes:
        columns: What stands over the cells of a `Cost`: the measures that have a figure for any adapter.
        absent: The other measures, each with why it has none.
        against: By reference, the baseline first.
    """

    targets: tuple[str, ...]
    columns: tuple[str, ...]
    absent: tuple[tuple[str, str], ...]
    against: tuple[Losses, ...]
    sequence: TransferMatrix | None

    @property
    def by_adapter(self) -> list[tuple[Losses, int]]:
        """Each adapter's place under every reference; adapters that are a reference themselves come last."""
        named = {losses.reference for losses in self.against}
        found = [(losses, place) for losses in self.against for place in range(len(losses.costs))]
        models = list(dict.fromkeys(losses.costs[place].model for losses, place in found))
        models.sort(key=lambda name: name in named)
        return sorted(found, key=lambda one: models.index(one[0].costs[one[1]].model))


#: Measures over all probes, and how each is called.
MEASURES = {
    "mean_drop": "Mean drop, points",
    "conditional_forgetting": "Forgot, of what was right",
    "format_drift": "Answers in the new task's form",
    "perplexity_ratio": "Perplexity of text",
    "kl": "KL, nats a token",
    "mean_gain": "Mean gain, points",
    "forgetting_per_gain": "Points lost for each gained",
}
_WORDS = {
    "average_score": "average score",
    "backward_transfer": "backward transfer",
    "forward_transfer": "forward transfer",
    "forgetting_measure": "forgetting",
}


def forgetting_panel(comparison: Comparison) -> ForgettingPanel | None:
    """What was forgotten against the baseline and the base; None where the run has no probe and no sequence."""
    forgetting = comparison.forgetting
    if forgetting is None:
        return None
    read = forgetting.losses if forgetting.probes or forgetting.texts else []
    measured = {f.metric for loss in read for f in loss.figures if f.task == ALL_PROBES and f.interval}
    against = []
    for reference in references(comparison):
        losses = [loss for loss in read if loss.reference == reference]
        costs = tuple(_cost(loss, measured) for loss in losses)
        rows = (*_probe_rows(comparison, forgetting, losses), *_text_rows(comparison, forgetting, losses))
        against += [Losses(reference, costs, rows)] if losses else []
    # Everything is measured against the base: what is missing there is missing everywhere.
    missing = next((loss.missing for loss in read if loss.reference == comparison.base), {})
    sequence = _sequence(forgetting.sequence, comparison.base) if forgetting.sequence else None
    if not against and sequence is None:
        return None
    return ForgettingPanel(
        targets=tuple(task.name for task in comparison.tasks if task.name in forgetting.targets),
        columns=tuple(name for measure, name in MEASURES.items() if measure in measured),
        absent=tuple((name, missing.get(measure, "")) for measure, name in MEASURES.items() if measure not in measured),
        against=tuple(against),
        sequence=sequence,
    )


def _cost(loss: Loss, measured: set[str]) -> Cost:
    figures = {figure.metric: figure for figure in loss.figures if figure.task == ALL_PROBES}

    def cell(
        measure: str, factor: float = 100.0, places: int = 1, *, same: float | None = None, form: str = "{}"
    ) -> Measured:
        figure = figures.get(measure)
        if figure is None or figure.value is None or figure.interval is None:
            return Measured(MISSING, note=loss.missing.get(measure, ""))
        mark = "" if same is None else _mark(figure.interval, same)
        text = form.format(number(factor * figure.value, places))
        return Measured(text, bounds(_times(figure.interval, factor), places), _counted(figure), mark)

    cells = {
        "mean_drop": cell("mean_drop", same=0.0),
        "conditional_forgetting": cell("conditional_forgetting", form="{}%"),
        "format_drift": cell("format_drift", same=0.0, form="{}%"),
        "perplexity_ratio": cell("perplexity_ratio", 1.0, 3, same=1.0, form="×{}"),
        "kl": cell("kl", 1.0, 3),
        "mean_gain": cell("mean_gain"),
        "forgetting_per_gain": cell("forgetting_per_gain", 1.0, 3),
    }
    return Cost(loss.candidate, loss.reference, tuple(cells[measure] for measure in MEASURES if measure in measured))


def _mark(interval: Interval, same: float) -> str:
    """Of a figure that grows with what is lost, and is ``same`` where nothing is."""
    return "loss" if interval.low > same else "gain" if interval.high < same else ""


def _counted(figure: Figure) -> str:
    counts = figure.breakdown
    if "forgot" in counts:
        return f"{counts['forgot']:,.0f} of {counts['right_before']:,.0f} forgot, {counts['learned']:,.0f} learned"
    if "after" in counts:
        return f"{counts['before']:.1%} before, {counts['after']:.1%} now"
    return ""


def _probe_rows(comparison: Comparison, forgetting: Forgetting, losses: Sequence[Loss]) -> list[ProbeRow]:
    pairs = {(loss.candidate, loss.reference) for loss in losses}
    differences = {
        (d.task, d.metric, d.candidate): d for d in comparison.differences if (d.candidate, d.reference) in pairs
    }
    rows = []
    for task, metric in ((t.name, forgetting.probes[t.name]) for t in comparison.tasks if t.name in forgetting.probes):
        found = [(loss, differences.get((task, metric, loss.candidate))) for loss in losses]
        known = [d for _, d in found if d is not None]
        if known:
            cells = tuple(_probe_cell(loss, d) if d else None for loss, d in found)
            rows.append(ProbeRow(task, metric, _figure_text(known[0].reference_value), cells))
    return rows


def _probe_cell(loss: Loss, d: Difference) -> ProbeCell:
    own = {figure.metric: figure for figure in loss.figures if figure.task == d.task}
    low, middle, high = (-end for end in reversed(points(d)))
    interval = d.interval.model_copy(update={"low": low, "high": high})
    flips, drift = own.get("negative_flips"), own.get("format_drift")
    counts = flips.breakdown if flips else {}
    return ProbeCell(
        model=d.candidate,
        value=_figure_text(d.candidate_value),
        change=Measured(signed(-middle, 1), bounds(_times(interval, -1.0), 1, sign=True), mark=_mark(interval, 0.0)),
        forgot=int(counts["forgot"]) if counts else d.lost_count,
        learned=int(counts["learned"]) if counts else d.gained_count,
        words=("forgot", "learned") if counts else ("worse", "better"),
        note=f"{drift.breakdown['after']:.1%} in the new form" if drift and drift.breakdown["after"] else "",
    )


def _text_rows(comparison: Comparison, forgetting: Forgetting, losses: Sequence[Loss]) -> list[ProbeRow]:
    rows = []
    for task in forgetting.texts:
        figures = [f for f in comparison.figures if f.task == task]
        metric = figures[0].metric if figures else ""
        values = {f.model: f.value for f in figures if f.metric == metric}
        cells = tuple(_text_cell(loss, task, values.get(loss.candidate)) for loss in losses)
        before = values.get(losses[0].reference) if losses else None
        rows.append(ProbeRow(task, metric, _figure_text(before), cells))
    return rows


def _text_cell(loss: Loss, task: str, value: float | None) -> ProbeCell | None:
    ratio = next((f for f in loss.figures if (f.task, f.metric) == (task, "perplexity_ratio")), None)
    if ratio is None or ratio.interval is None:
        return None
    change = Measured(f"×{number(ratio.value)}", bounds(ratio.interval), mark=_mark(ratio.interval, 1.0))
    return ProbeCell(loss.candidate, _figure_text(value), change, 0, 0, "")


def _sequence(found: Transfer, base: str) -> TransferMatrix:
    scores = [(base, found.before), *zip(found.models, found.scores, strict=True)]
    rows = tuple(
        MatrixRow(
            model,
            tuple(
                (number(100 * value, 1), min(9, max(0, int(10 * value))), row == column + 1)
                for column, value in enumerate(line)
            ),
        )
        for row, (model, line) in enumerate(scores)
    )
    measures = tuple(
        (
            _WORDS[figure.metric],
            Measured(
                number(100 * (figure.value or 0.0), 1),
                bounds(_times(figure.interval, 100.0), 1) if figure.interval else "",
            ),
        )
        for figure in found.figures
    )
    return TransferMatrix(tuple(zip(found.tasks, found.metrics, strict=True)), rows, measures)


def _times(interval: Interval, factor: float) -> Interval:
    low, high = sorted((factor * interval.low, factor * interval.high))
    return interval.model_copy(update={"low": low, "high": high})


def _figure_text(value: float | None) -> str:
    return number(value, decimals([value]))
