"""Comparisons built straight from counts, so that gate tests need no samples."""

from functools import lru_cache

from harness.records import Comparison, Difference, Figure, ModelRow, TaskRow
from harness.stats import PairedRates, Rate


@lru_cache(None)
def paired_interval(rates, level=0.95):
    """Tango's interval, once for each table: simulations draw the same tables again and again."""
    return rates.interval(level)


@lru_cache(None)
def rate_interval(rate):
    return rate.interval()


@lru_cache(None)
def p_no_difference(rates):
    return rates.p_no_difference()


def figure(task, model, right, n, *, metric="accuracy", greater=True, unscorable=0, failed=()):
    rate = Rate(right, n) if n else None
    return Figure(
        model=model,
        task=task,
        metric=metric,
        value=rate.value if rate else None,
        interval=rate_interval(rate) if rate else None,
        samples=n,
        unscorable=unscorable,
        errors=0,
        greater_is_better=greater,
        signature=metric,
        failed=list(failed),
        estimate=rate.to_json() if rate else {},
    )


def difference(task, rose, fell, n, *, both=0, metric="accuracy", greater=True, candidate="new", reference="base"):
    """``both`` samples have value 1 under both models."""
    rates = PairedRates(n, rose, fell)
    up, down = [f"up{i}" for i in range(rose)], [f"down{i}" for i in range(fell)]
    return Difference(
        candidate=candidate,
        reference=reference,
        task=task,
        metric=metric,
        tags=[],
        greater_is_better=greater,
        pairs=n,
        unpaired=0,
        candidate_value=(both + rose) / n,
        reference_value=(both + fell) / n,
        difference=rates.value,
        interval=paired_interval(rates),
        p_value=p_no_difference(rates),
        adjusted_p_value=p_no_difference(rates),
        method="test",
        minimum_detectable=rates.minimum_detectable(),
        gained=up if greater else down,
        lost=down if greater else up,
        gained_count=rose if greater else fell,
        lost_count=fell if greater else rose,
        estimate=rates.to_json(),
    )


def comparison(figures=(), differences=(), tasks=("q",), tags=(), models=("base", "new"), refused=()):
    return Comparison(
        suite="s",
        base="base",
        baseline="base",
        models=[
            ModelRow(
                name=name,
                base="b",
                fingerprint=name,
                status="refused" if name in refused else "evaluated",
                reason="changes nothing" if name in refused else "",
            )
            for name in (*models, *refused)
        ],
        tasks=[TaskRow(name=name, tags=list(tags), fingerprint="f", samples=1) for name in tasks],
        figures=list(figures),
        differences=list(differences),
    )


def flips(rose, fell, n, both, *, task="q", greater=True):
    """One candidate against the base on one task."""
    return comparison(
        [
            figure(task, "base", both + fell, n, greater=greater),
            figure(task, "new", both + rose, n, greater=greater),
        ],
        [difference(task, rose, fell, n, both=both, greater=greater)],
        tasks=[task],
    )
