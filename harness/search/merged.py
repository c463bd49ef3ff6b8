"""Runs of several bases on the same samples, told as one: each trained base is a candidate beside the adapters."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from harness.comparison import RunScores, compare_models, read_scores, with_views
from harness.comparison.forgetting import Sources, forgetting_of
from harness.evaluation import Suite
from harness.gate import decide
from harness.records import Comparison, Verdict
from harness.runs import Run
from harness.search.bench import Measured


def with_bases(
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
