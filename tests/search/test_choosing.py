"""What is called best, what is on the front, and which methods share a letter."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records.search import Measure, PairRow, Quality, TrialRow
from harness.search.letters import letters
from harness.search.pareto import best_number, pareto_front

figures = st.integers(-5, 5).map(float)


def trial(
    number: int, gain: float, lost: float | None = 0.0, failed: bool = False, score: float | None = None
) -> TrialRow:
    found = Quality(
        score=Measure(value=gain if score is None else score),
        base=Measure(value=0.0),
        samples=10,
        gain=Measure(value=gain),
        forgetting=None if lost is None else Measure(value=lost),
        failed_rules=["words accuracy: no_worse than base"] if failed else [],
    )
    return TrialRow(number=number, state="complete", values={}, quality=found)


@settings(deadline=None)
@given(st.lists(st.tuples(figures, figures), min_size=1, max_size=8))
def test_the_front_is_what_nothing_beats(points: list[tuple[float, float]]) -> None:
    front = pareto_front([trial(i, *point) for i, point in enumerate(points)], gated=False)
    best = {(g, f) for g, f in points if not any((g2 >= g and f2 <= f) and (g2, f2) != (g, f) for g2, f2 in points)}
    assert {points[i] for i in front} == best and len(front) == len(best)
    assert [points[i][0] for i in front] == sorted((points[i][0] for i in front), reverse=True)


def test_a_trial_that_fails_a_rule_is_neither_best_nor_on_the_front() -> None:
    rows = [trial(0, 9.0, failed=True), trial(1, 5.0), trial(2, 3.0)]
    assert best_number(rows, None, gated=True, greater_is_better=True) == 1
    assert best_number(rows, None, gated=False, greater_is_better=True) == 0
    assert pareto_front(rows, gated=True) == [1]
    assert best_number(rows[:1], None, gated=True, greater_is_better=True) is None


def test_of_equal_scores_the_one_that_forgot_less_is_best() -> None:
    rows = [trial(0, 5.0, 3.0), trial(1, 5.0, 1.0), trial(2, 5.0, 2.0)]
    assert best_number(rows, None, gated=False, greater_is_better=True) == 1


def test_a_metric_that_should_be_small_is_best_when_smallest() -> None:
    rows = [trial(0, 1.0, None, score=3.0), trial(1, 2.0, None, score=2.0)]
    assert best_number(rows, None, gated=False, greater_is_better=False) == 1


def test_with_two_goals_the_best_has_the_largest_gain_less_forgetting() -> None:
    rows = [trial(0, 60.0, 30.0), trial(1, 50.0, 5.0), trial(2, 10.0, 0.0)]
    front = pareto_front(rows, gated=False)
    assert front == [0, 1, 2] and best_number(rows, front, gated=False, greater_is_better=True) == 1


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=6, max_size=6), st.permutations([0.1, 0.2, 0.3, 0.4]))
def test_methods_share_a_letter_exactly_where_they_do_not_differ(real: list[bool], values: list[float]) -> None:
    names = ["a", "b", "c", "d"]
    couples = list(itertools.combinations(names, 2))
    pairs = [
        PairRow(first=x, second=y, difference=Measure(value=0.1), p_value=0.0, adjusted_p_value=0.01 if differ else 0.5)
        for (x, y), differ in zip(couples, real, strict=True)
    ]
    marks = letters(pairs, dict(zip(names, values, strict=True)), greater_is_better=True)
    for (x, y), differ in zip(couples, real, strict=True):
        assert bool(set(marks[x]) & set(marks[y])) is not differ
    assert "a" in marks[max(names, key=lambda name: values[names.index(name)])]
