"""What was forgotten: what each adapter lost of what the base could do, and what that bought. Arranged, not drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Comparison, Difference, Figure, Forgetting, Interval, Loss, Transfer
from harness.records.forgetting import ALL_PROBES
from harness.reports.numbers import MISSING, bounds, decimals, number, signed
from harness.reports.plots import points


@dataclass(frozen=True)
class Measured:
    """A figure in words: ``text`` with ``range``, and in ``note`` what it counts or why there is none.

    ``lost`` says that the interval leaves "no loss" out.
    """

    text: str
    range: str = ""
    note: str = ""
    lost: bool = False

    @property
    def line(self) -> str:
        """Text and range."""
        return f"{self.text} {self.range}".rstrip()


@dataclass(frozen=True)
class Cost:
    """One adapter over all probes, in the order of `COLUMNS`."""

    model: str
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
    """One probe: the base's figure, and each adapter's."""

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
class ForgettingPanel:
    """All that reports show of forgetting, against one reference."""

    reference: str
    targets: tuple[str, ...]
    costs: tuple[Cost, ...]
    probes: tuple[ProbeRow, ...]
    sequence: TransferMatrix | None


#: What stands over the cells of a `Cost`.
COLUMNS = (
    "Mean drop, points",
    "Forgot, of what was right",
    "Answers in the new task's form",
    "Perplexity of text",
    "KL, nats a token",
    "Mean gain, points",
    "Points lost for each gained",
)
_WORDS = {
    "average_score": "average score",
    "backward_transfer": "backward transfer",
    "forward_transfer": "forward transfer",
    "forgetting_measure": "forgetting",
}


def forgetting_panel(comparison: Comparison) -> ForgettingPanel | None:
    """What was forgotten against the base; None where the run has no probe and no sequence."""
    forgetting = comparison.forgetting
    if forgetting is None:
        return None
    read = forgetting.probes or forgetting.texts
    losses = [loss for loss in forgetting.losses if read and loss.reference == comparison.base]
    sequence = _sequence(forgetting.sequence, comparison.base) if forgetting.sequence else None
    if not losses and sequence is None:
        return None
    return ForgettingPanel(
        reference=comparison.base,
        targets=tuple(task.name for task in comparison.tasks if task.name in forgetting.targets),
        costs=tuple(_cost(loss) for loss in losses),
        probes=(*_probe_rows(comparison, forgetting, losses), *_text_rows(comparison, forgetting, losses)),
        sequence=sequence,
    )


def _cost(loss: Loss) -> Cost:
    figures = {figure.metric: figure for figure in loss.figures if figure.task == ALL_PROBES}

    def cell(measure: str, factor: float, places: int, no_loss: float | None = 0.0, sign: str = "") -> Measured:
        figure = figures.get(measure)
        if figure is None or figure.value is None or figure.interval is None:
            return Measured(MISSING, note=loss.missing.get(measure, ""))
        low = figure.interval.low
        return Measured(
            sign + number(factor * figure.value, places),
            bounds(_times(figure.interval, factor), places),
            _counted(figure),
            no_loss is not None and low > no_loss,
        )

    return Cost(
        loss.candidate,
        (
            cell("mean_drop", 100.0, 1),
            _percent(cell("conditional_forgetting", 100.0, 1, None)),
            _percent(cell("format_drift", 100.0, 1)),
            cell("perplexity_ratio", 1.0, 3, 1.0, "×"),
            cell("kl", 1.0, 3, None),
            cell("mean_gain", 100.0, 1, None),
            cell("forgetting_per_gain", 1.0, 3, None),
        ),
    )


def _percent(cell: Measured) -> Measured:
    return cell if cell.text == MISSING else Measured(f"{cell.text} %", cell.range, cell.note, cell.lost)


def _counted(figure: Figure) -> str:
    counts = figure.breakdown
    if "forgot" in counts:
        return f"{counts['forgot']:,.0f} of {counts['right_before']:,.0f} forgot, {counts['learned']:,.0f} learned"
    if "after" in counts:
        return f"{counts['before']:.1%} before, {counts['after']:.1%} now"
    return ""


def _probe_rows(comparison: Comparison, forgetting: Forgetting, losses: Sequence[Loss]) -> list[ProbeRow]:
    differences = {(d.task, d.metric, d.candidate): d for d in comparison.differences if d.reference == comparison.base}
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
        change=Measured(signed(-middle, 1), bounds(_times(interval, -1.0), 1, sign=True), lost=low > 0),
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
        rows.append(ProbeRow(task, metric, _figure_text(values.get(comparison.base)), cells))
    return rows


def _text_cell(loss: Loss, task: str, value: float | None) -> ProbeCell | None:
    ratio = next((f for f in loss.figures if (f.task, f.metric) == (task, "perplexity_ratio")), None)
    if ratio is None or ratio.interval is None:
        return None
    change = Measured(f"×{number(ratio.value)}", bounds(ratio.interval), lost=ratio.interval.low > 1)
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
