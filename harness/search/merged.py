"""Runs of several bases on the same samples, told as one: each trained base is a candidate beside the adapters."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from harness.comparison import RunScores, compare_models, read_scores, with_views
from harness.comparison.forgetting import Sources, forgetting_of
from harness.evaluation import Suite
from harness.evaluation.part import Part
from harness.gate import decide
from harness.records import Comparison, Verdict
from harness.records.progress import Progress
from harness.runs import Run
from harness.search.bench import Bench, Measured


def measure(
    bench: Bench,
    adapters: Mapping[str, Path],
    bases: Mapping[str, Path],
    out: Path,
    progress: Progress,
    part: Part | None = None,
) -> tuple[RunScores, Comparison, Verdict | None]:
    """Evaluate base and adapters in one run, in ``out``; each trained base in one of its own beside it.

    Args:
        part: Of the samples, the same one for all.

    Raises:
        InputError: a model cannot be used.
        RunError: a run broke.
    """
    measured = bench.measure(adapters, out, progress, part)
    runs = {
        name: bench.measure_base(base, out.with_name(f"{out.name}-{name}"), progress, part)
        for name, base in bases.items()
    }
    return _with_bases(measured, runs, bench.suite)


def _with_bases(
    measured: Measured, bases: Mapping[str, Run], suite: Suite
) -> tuple[RunScores, Comparison, Verdict | None]:
    """A run's scores, comparison and verdict with further bases among its candidates.

    Args:
        bases: By the name that the bare base of the run gets.
    """
    scores, run = read_scores(measured.run), measured.run
    if not bases:
        return scores, measured.comparison, measured.verdict
    others = {name: read_scores(other) for name, other in bases.items()}
    rows = [next(row for row in one.models if row.name == one.base) for one in others.values()]
    merged = replace(
        scores,
        models=[
            *scores.models,
            *(row.model_copy(update={"name": name}) for name, row in zip(others, rows, strict=True)),
        ],
        frame=pd.concat([scores.frame, *(_only(one.frame, one.base, name) for name, one in others.items())]),
    )

    def samples() -> pd.DataFrame:
        renamed = [_only(other.samples(), others[name].base, name) for name, other in bases.items()]
        return pd.concat([run.samples(), *renamed], ignore_index=True)

    viewed = with_views(merged, suite.gate, samples)
    references = sorted({rule.than for rule in suite.gate if rule.than and rule.than not in ("base", "baseline")})
    comparison = compare_models(viewed, references=references, seed=suite.seed)
    forgetting = forgetting_of(viewed, comparison, Sources.of(run.manifest, samples), seed=suite.seed)
    comparison = comparison.model_copy(update={"forgetting": forgetting})
    return merged, comparison, decide(comparison, suite.gate) if suite.gate else None


def _only(frame: pd.DataFrame, model: str, name: str) -> pd.DataFrame:
    """One model's rows, under another name."""
    return frame[frame["model"] == model].assign(model=name)
