"""For samples that were generated several times: how much of a figure's error is sampling, and what would narrow it."""

from harness.records import Comparison, Figure
from harness.reports.visible import one_line


def repeat_lines(comparison: Comparison) -> list[str]:
    """One sentence a figure that has repeated generations, the candidates' and the base's alike."""
    return [_sentence(figure) for figure in comparison.figures if figure.repeats]


def _sentence(figure: Figure) -> str:
    assert figure.repeats is not None
    repeats = figure.repeats
    better = "repetitions" if repeats.generation_share > 0.5 else "samples"
    return (
        f"{one_line(figure.task, 80)} {one_line(figure.metric, 80)} of {one_line(figure.model, 80)}: "
        f"{repeats.samples:,} samples, {repeats.repetitions} generations each; {repeats.generation_share:.0%} of the "
        f"variance comes from sampling, so more {better} would help more"
    )
