"""Plots of what a training lost: points within the plot, the limit in sight, nothing a name could break."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.reports.curves import training_curves
from harness.reports.forgetting_curves import forgetting_curves

SUMMARY: dict[str, Any] = {
    "accuracy_drop": [[5, 0.0, -0.02, 0.02], [10, 0.25, 0.15, 0.3]],
    "kl": [[5, 0.0, 0.0, 0.001], [10, 0.036, 0.025, 0.052]],
    "limits": {"accuracy_drop": 0.05},
    "stopped": "stopped after step 10",
}
TRAINED = {"method": "lora", "steps": 10, "seconds": 3.0, "trained_parameters": 12, "warnings": [],
           "loss": [[1, 4.0], [10, 2.0]], "evaluation": []}  # fmt: skip


def test_each_figure_starts_at_the_base_and_ends_at_its_last_measurement() -> None:
    drop, kl = forgetting_curves(SUMMARY, 20)
    assert drop.line == "0.0,93.75 25.0,93.75 50.0,15.62"
    assert drop.limit == 78.12 and kl.limit is None
    assert drop.said == "0.250 [0.150, 0.300] after step 10, the limit 0.05"
    assert kl.said == "0.036 [0.025, 0.052] after step 10"
    assert [label for _, label in drop.ticks] == ["0", "0.1", "0.2", "0.3"]


def test_a_training_that_was_not_watched_has_no_such_plot() -> None:
    (before,) = training_curves({"training": {"a": TRAINED}})
    (plain,) = training_curves({"training": {"a": TRAINED | {"forgetting": None}}})
    (watched,) = training_curves({"training": {"a": TRAINED | {"forgetting": SUMMARY}}})
    assert before == plain and plain.forgotten == () and plain.stopped == ""
    assert len(watched.forgotten) == 2 and watched.stopped == "stopped after step 10"


def test_figures_next_to_nothing_are_a_flat_line() -> None:
    (kl,) = forgetting_curves({"accuracy_drop": [], "kl": [(1, 5e-324, 0.0, 5e-324)], "limits": {}}, 1)
    assert kl.line == "0.0,100.0 100.0,100.0"


def test_losses_at_step_zero_or_of_nothing_have_a_plot() -> None:
    (curve,) = training_curves({"training": {"a": TRAINED | {"loss": [[0, 2.0], [0, 5e-324]]}}})
    assert curve.loss == "0.0,50.0"


FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(st.tuples(st.integers(1, 10_000), FINITE, FINITE, FINITE), max_size=20), st.one_of(st.none(), FINITE))
def test_any_figures_stay_within_the_plot(points: list[tuple[float, float, float, float]], limit: float | None) -> None:
    ordered = [(step, sorted(ends)[1], min(ends), max(ends)) for step, *ends in sorted(points)]
    limits = {} if limit is None else {"kl": limit}
    for plot in forgetting_curves({"accuracy_drop": [], "kl": ordered, "limits": limits}, 100):
        places = [float(number) for pair in (plot.line + " " + plot.band).split() for number in pair.split(",")]
        places += [place for place, _ in plot.ticks]
        assert all(-0.01 <= place <= 100.01 for place in places)
        assert len(plot.ticks) <= 7
