"""Pages of searches and methods: every figure is there, nothing hostile acts, nothing breaks where figures lack."""

import math
import re

import pytest

from harness.records import Interval
from harness.records.search import Confirmed, Measure, MethodRow, Methods, PairRow, Quality, Search, TrialRow
from harness.reports.methods import methods_markdown, methods_page, methods_text, plot
from harness.reports.search_plots import slices
from harness.reports.tune import tune_lines, tune_page, tune_text
from tests.reports.bundle import HOSTILE


def measure(value: float, half: float = 0.1) -> Measure:
    interval = Interval(low=value - half, high=value + half, level=0.95, method="m")
    return Measure(value=value, interval=interval)


def quality(score: float, lost: float | None = 1.0, failed: bool = False) -> Quality:
    return Quality(
        score=measure(score),
        base=measure(0.2),
        samples=50,
        gain=measure(100 * (score - 0.2), 9.0),
        forgetting=None if lost is None else measure(lost, 2.0),
        verdict="fail" if failed else "pass",
        failed_rules=["words accuracy: no_worse than base by 0.1"] if failed else [],
    )


def search(name: str = "support", *, probes: bool = True) -> Search:
    lost = [1.0, 8.0, 3.0] if probes else [None] * 3
    found = [quality(0.5, lost[0]), quality(0.9, lost[1]), quality(0.95, lost[2], failed=True)]
    values = [{"schedule.learning_rate": 0.001 * 10**i, "data": name} for i in range(5)]
    rows = [TrialRow(number=i, state="complete", values=values[i], quality=found[i], seconds=9) for i in range(3)]
    rows.append(TrialRow(number=3, state="pruned", values=values[3], reason=f"fell behind {name}", steps=20))
    rows.append(TrialRow(number=4, state="failed", values=values[4], reason=name))
    return Search(
        adapter=name, base=name, task=name, metric="accuracy", greater_is_better=True, bounded=True,
        subject_to_gate=True, against_forgetting=False, probes=["words"] if probes else [], confirm=0.5, sampler="tpe",
        pruner="median", seed=0, planned=5, trials=rows, best=1, front=[1, 0] if probes else [],
        confirmed=[Confirmed(number=1, quality=quality(0.8, lost[1]))],
        importances={"schedule.learning_rate": 0.9, "data": 0.1},
    )  # fmt: skip


def methods(name: str = "support") -> Methods:
    rows = [
        MethodRow(name="lora", method={"kind": "lora"}, learning_rate=2e-4, parameters=233_472, peak_memory=2**30,
                  memory_of="process", seconds=61.0, tokens_per_second=4321.0, quality=quality(0.9), groups="a"),
        MethodRow(name="ia3", method={"kind": "ia3"}, learning_rate=3e-3, quality=quality(0.5), groups="b"),
        MethodRow(name="dora", method={"kind": "dora"}, learning_rate=2e-4, reason=name),
    ]  # fmt: skip
    pair = PairRow(first="lora", second="ia3", difference=measure(40.0, 9.0), p_value=0.001, adjusted_p_value=0.001)
    return Methods(
        recipe=name, base=name, task=name, metric="accuracy", greater_is_better=True, bounded=True, probes=["words"],
        machine="Linux, 2 cores", rows=rows, pairs=[pair],
    )  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_reasons_do_not_act_in_a_page(name: str) -> None:
    for page in (tune_page(search(name)), methods_page(methods(name))):
        assert not re.search(r"<(script|img|iframe|base |svg onload|style>\*)", page)
        assert "default-src &#39;none&#39;" in page and "\x1b" not in page and "\u202e" not in page
        page.encode()
    assert "\x1b" not in methods_markdown(methods(name))


def test_the_figure_on_fresh_samples_comes_first_and_both_are_given() -> None:
    lines = list(tune_lines(search()))
    assert "0.900 [0.800, 1.000] on the 50 samples of the search" in lines[1]
    assert "never saw: 0.800 [0.700, 0.900]" in lines[2] and "gain +60.0 [+51.0, +69.0] points" in lines[2]
    assert "here by 0.100" in lines[3]
    page = tune_page(search())
    assert page.index("0.800 [0.700, 0.900]") < page.index("0.900 [0.800, 1.000]")
    assert "fails words accuracy: no_worse than base by 0.1" in page and "fell behind" in page


def test_pages_of_searches_without_probes_without_a_best_and_without_importances() -> None:
    bare = search(probes=False).model_copy(update={"best": None, "confirmed": [], "importances": {}})
    page = tune_page(bare)
    assert "No trial passes the gate" in page and "Gain against forgetting" not in page
    assert "Too few complete trials" in page
    assert list(tune_lines(bare))[1] == "no trial passes the gate: nothing is called the best"


def test_values_of_a_range_lie_to_scale_and_those_of_a_list_side_by_side() -> None:
    drawn, listed = [1.0e-4, 1.2e-4, 1.0e-2], [0.5, 2.0, 0.5]
    rows = [
        TrialRow(number=i, state="complete", values={"rate": drawn[i], "epochs": listed[i]}, quality=quality(0.5))
        for i in range(3)
    ]
    rate, epochs = slices(search().model_copy(update={"trials": rows, "importances": {}}))
    assert [mark.x for mark in rate.marks] == pytest.approx([0, 100 * math.log(1.2) / math.log(100), 100], abs=0.1)
    assert rate.labels == ((0.0, "0.0001"), (50.0, "0.001"), (100.0, "0.01"))
    assert epochs.labels == ((25.0, "0.5"), (75.0, "2"))


def test_terminals_show_searches_and_methods_in_eighty_columns() -> None:
    from rich.console import Console

    for shown in (tune_text(search()), methods_text(methods())):
        screen = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
        screen.print(shown)
        text = screen.export_text()
        assert "accuracy" in text and all(len(line) <= 80 for line in text.splitlines())


def test_methods_in_markdown_hold_cost_quality_and_what_failed() -> None:
    lines = methods_markdown(methods("out of memory")).splitlines()
    assert lines[2] == (
        "| lora | 233,472 | 1.00 GiB | 61 s | 4,321 | 0.900 \\[0.800, 1.000\\] | a | +70.0 \\[+61.0, +79.0\\] "
        "| +1.0 \\[−1.0, +3.0\\] |"
    )
    assert lines[4].startswith("| dora | – | – | – | – | failed |")
    assert any("1 of 1 pairs of methods differ" in line for line in lines) and "* dora: out of memory" in lines


def test_names_of_methods_that_lie_close_stand_in_the_order_of_their_points() -> None:
    close = methods()
    rows = [
        row.model_copy(update={"quality": quality(at)}) for row, at in zip(close.rows, (0.50, 0.53, 0.1), strict=True)
    ]
    drawn = plot(close.model_copy(update={"rows": rows}))
    assert drawn is not None
    lora, ia3, _ = drawn.places
    assert ia3.y[1] < lora.y[1] and ia3.name_at < lora.name_at
