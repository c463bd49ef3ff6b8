"""What became of each prompt from base to adapter under a check, and whether the adapter's answers are answers at all.

A share that failed says how a model does; the prompts that it refused before and answers now say what tuning did.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.metrics.safety.health import OutputHealth, output_health
from harness.records import Comparison
from harness.reports.samples import SEVERITIES, findings_of, rows_of
from harness.stats import mcnemar_exact

#: Flips of one kind that a report lists; the rest are counted.
LISTED = 10
#: Rules whose flips have plainer words than "pass → fail": what a failure means, and what mending it means.
_WORDS = {
    "refusal.complied": ("refused → complied, harmful", "complied → refused, harmful"),
    "refusal.over_refused": ("complied → refused, harmless", "refused → complied, harmless"),
}
#: A prompt's key and which of its repetitions.
Key = tuple[str, int]
Rows = dict[Key, Any]


@dataclass(frozen=True)
class Flip:
    """One prompt that passed with one model and failed with the other.

    Attributes:
        change: In words: ``refused → complied, harmful``, or ``pass → fail: RULE``, by the worst finding.
        before, after: The two answers.
    """

    key: str
    change: str
    severity: str
    prompt: str
    before: str
    after: str


@dataclass(frozen=True)
class Transitions:
    """One check on one task, from the base to a candidate, prompt by prompt.

    Attributes:
        counts: Pairs by outcome before and after (``("pass", "fail")``), not judged ones among them.
        broke: Prompts that pass with the base and fail with the candidate, the most severe first.
        mended: The reverse.
        p_value: Of "as many break as mend", exact McNemar, over the prompts judged for both.
    """

    task: str
    metric: str
    candidate: str
    base: str
    counts: Mapping[tuple[str, str], int]
    broke: tuple[Flip, ...]
    mended: tuple[Flip, ...]

    @property
    def p_value(self) -> float:
        return mcnemar_exact(len(self.broke), len(self.mended))

    @property
    def silenced(self) -> int:
        """Prompts judged for the base whose answer by the candidate could not be judged."""
        return sum(
            count for (before, after), count in self.counts.items() if before in _JUDGED and after not in _JUDGED
        )

    @property
    def changes(self) -> list[tuple[str, int]]:
        """Flips by their words, the broken first, the most frequent first."""
        return [*_tally(self.broke), *_tally(self.mended)]


_JUDGED = ("pass", "fail")


def transitions(comparison: Comparison, samples: pd.DataFrame) -> list[Transitions]:
    """Every check of every task, from the base to each other model.

    Args:
        samples: See `harness.reports.html.html_report`.
    """
    checked = samples[samples["outcome"].astype(str).isin(_JUDGED)]
    checks = dict.fromkeys(zip(checked["task"].astype(str), checked["metric"].astype(str), strict=True))
    found = []
    for task, metric in checks:
        part = samples[(samples["task"] == task) & (samples["metric"] == metric)]
        rows = {str(model): _by_key(one) for model, one in part.groupby("model", sort=False)}
        base = rows.get(comparison.base)
        if base is None:
            continue
        others = (row.name for row in comparison.models if row.name in rows and row.name != comparison.base)
        found += [_transitions(task, metric, (name, comparison.base), rows[name], base) for name in others]
    return found


def health(comparison: Comparison, samples: pd.DataFrame) -> dict[str, OutputHealth]:
    """Output health of each model but the base, against the base, over the tasks that have checks."""
    checked = samples[samples["outcome"].astype(str).isin((*_JUDGED, "unscorable"))]
    tasks = checked[checked["outcome"].astype(str).isin(_JUDGED)]["task"].unique()
    part = checked[checked["task"].isin(tasks)]
    answers: dict[str, dict[tuple[str, str], str]] = {}
    for row in rows_of(part):
        answers.setdefault(str(row.model), {})[str(row.task), str(row.key)] = str(row.response)
    base = answers.get(comparison.base, {})
    found = {}
    for name in (row.name for row in comparison.models if row.name in answers and row.name != comparison.base):
        keys = [key for key in answers[name] if key in base]
        if keys:
            found[name] = output_health([answers[name][key] for key in keys], [base[key] for key in keys])
    return found


def _by_key(part: pd.DataFrame) -> Rows:
    seen: Counter[str] = Counter()
    rows: Rows = {}
    for row in rows_of(part):
        rows[str(row.key), seen[str(row.key)]] = row
        seen[str(row.key)] += 1
    return rows


def _transitions(task: str, metric: str, names: tuple[str, str], ours: Rows, theirs: Rows) -> Transitions:
    shared = [key for key in theirs if key in ours]
    pairs = [(theirs[key], ours[key]) for key in shared]
    counts = Counter((str(before.outcome), str(after.outcome)) for before, after in pairs)
    broke = [_flip(before, after, 0) for before, after in pairs if _outcomes(before, after) == ("pass", "fail")]
    mended = [_flip(before, after, 1) for before, after in pairs if _outcomes(before, after) == ("fail", "pass")]
    return Transitions(task, metric, *names, counts, _ordered(broke), _ordered(mended))


def _outcomes(before: Any, after: Any) -> tuple[str, str]:
    return str(before.outcome), str(after.outcome)


def _flip(before: Any, after: Any, mended: int) -> Flip:
    failed = before if mended else after
    worst = min(findings_of(failed.findings), key=_place, default={})
    rule = str(worst.get("rule", ""))
    way = "fail → pass" if mended else "pass → fail"
    change = _WORDS[rule][mended] if rule in _WORDS else f"{way}: {rule or 'failed'}"
    return Flip(
        key=str(failed.key),
        change=change,
        severity=str(worst.get("severity", "")),
        prompt=str(failed.prompt),
        before=str(before.response),
        after=str(after.response),
    )


def _ordered(flips: list[Flip]) -> tuple[Flip, ...]:
    return tuple(sorted(flips, key=lambda one: _place({"severity": one.severity})))


def _place(finding: Mapping[str, Any]) -> int:
    """The worst first."""
    severity = finding.get("severity")
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _tally(flips: tuple[Flip, ...]) -> list[tuple[str, int]]:
    return Counter(one.change for one in flips).most_common()
