"""Which samples a report carries and in what compact form: those that decided something first, up to a size."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.records import Comparison, RuleVerdict, Verdict
from harness.reports.visible import one_line, visible

#: Bytes of samples a report carries at most; the whole file stays below 5 MB.
BUDGET = 3_800_000
SEVERITIES = ("critical", "high", "medium", "low")
_PROMPT, _ANSWER, _SHORT = 3_000, 4_000, 300
#: Stands between different generations of one sample by one model.
_BETWEEN = "\n\n⁂\n\n"

#: What a sample is in, by the order of `_Index.kind`.
_KINDS = ("flips", "flips", *["findings"] * 5, "flips", "without a judgement", "other samples")

Where = tuple[str, str]


@dataclass(frozen=True)
class Embedded:
    """Samples ready to stand inside an HTML file.

    Attributes:
        json: Escaped, so that it can close no tag: see `script_json`.
        kept, total: Samples (pairs of task and key) carried, and of the run.
        left_out: Samples not carried, by what they are (``flips``, ``findings``, ``other samples``).
    """

    json: str
    kept: int
    total: int
    left_out: dict[str, int]


def rows_of(samples: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples; their fields are what the column holds, which no type can say."""
    return samples.itertuples(index=False)


def findings_of(value: Any) -> list[dict[str, Any]]:
    """A cell of the column ``findings`` as a list, also where Parquet gave an array or nothing."""
    if value is None or isinstance(value, float | str):
        return []
    return [dict(one) for one in value if one is not None]


def script_json(value: Any) -> str:
    """JSON that is safe inside ``<script>``: no ``<``, ``>``, ``&``, U+2028 or U+2029 stands in it as such."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def embed_samples(
    comparison: Comparison, verdict: Verdict | None, samples: pd.DataFrame, budget: int = BUDGET
) -> Embedded:
    """Choose and write down samples.

    First those that a rule names as evidence, then losses, failed checks by severity, gains, samples without a
    judgement, and all others; within each kind the tasks take turns, so that none crowds out another.
    """
    index = _Index(comparison, verdict, samples)
    kinds = {where: index.kind(where) for where in index.entries}
    turn: Counter[tuple[int, str]] = Counter()
    order = []
    for where, kind in kinds.items():
        order.append((kind, turn[kind, where[0]], where))
        turn[kind, where[0]] += 1
    texts: list[str] = []
    kept: dict[Where, int] = {}
    size = 0
    for _, _, where in sorted(order):
        text = script_json(index.entry(where))
        if size + len(text.encode()) > budget:
            continue
        size += len(text.encode()) + 1
        kept[where] = len(texts)
        texts.append(text)
    left = Counter(_KINDS[kinds[w]] for w in kinds if w not in kept)
    head = script_json(index.head(kept))[:-1]
    return Embedded(f'{head},"entries":[{",".join(texts)}]}}', len(texts), len(kinds), dict(left))


class _Index:
    """The samples by task and key, and what the comparison and the verdict say about each."""

    def __init__(self, comparison: Comparison, verdict: Verdict | None, samples: pd.DataFrame) -> None:
        self.tasks = _numbers(samples["task"].astype(str).unique())
        self.models = _numbers(samples["model"].astype(str).unique())
        self.metrics = _numbers(samples["metric"].astype(str).unique())
        self.findings: dict[tuple[str, str], int] = {}
        self.candidates = dict.fromkeys(d.candidate for d in comparison.differences if d.candidate in self.models)
        self.rules = [r for r in verdict.rules if r.samples] if verdict else []
        #: Samples of a slice stand under the task that it was cut from.
        self.whole = {task.name: task.slice_of or task.name for task in comparison.tasks}
        self.evidence = {where for r in self.rules if r.stops for where in self._named(r)}
        self.flips = _flips(comparison)
        self.entries: dict[Where, list[Any]] = {}
        for row in rows_of(samples):
            self.entries.setdefault((str(row.task), str(row.key)), []).append(row)

    def _named(self, rule: RuleVerdict) -> list[Where]:
        return [(self.whole.get(rule.task, rule.task), key) for key in rule.samples]

    def kind(self, where: Where) -> int:
        """How soon a sample is carried: 0 evidence, 1 lost, 2-5 findings by severity, 6 failed, 7 gained, ..."""
        if where in self.evidence:
            return 0
        moved = {sign for *_, sign in self.flips.get(where, ())}
        if -1 in moved:
            return 1
        rows = self.entries[where]
        severities = {f.get("severity") for row in rows for f in findings_of(row.findings)}
        worst = next((i for i, name in enumerate(SEVERITIES) if name in severities), None)
        if worst is not None:
            return 2 + worst
        outcomes = {str(row.outcome) for row in rows}
        if "fail" in outcomes:
            return 6
        return 7 if 1 in moved else 8 if outcomes & {"unscorable", "error"} else 9

    def entry(self, where: Where) -> list[Any]:
        """``[task, key, prompt, target, answers, judgements, flips]``; names are numbers into `head`'s lists."""
        rows = self.entries[where]
        said: dict[str, dict[str, None]] = {}
        for r in rows:
            said.setdefault(str(r.model), {})[_text(r.response)] = None
        answers = [[self.models[model], visible(_BETWEEN.join(texts), _ANSWER)] for model, texts in said.items()]
        judgements = [self._judgement(r) for r in rows]
        flips = [
            [self.models[c], self.models[r], self.metrics.get(m, -1), sign]
            for c, r, m, sign in self.flips.get(where, ())
            if c in self.models and r in self.models
        ]
        first = rows[0]
        head = [self.tasks[where[0]], one_line(where[1], 80), visible(_text(first.prompt), _PROMPT)]
        return [*head, visible(_text(first.target), _SHORT * 4), answers, judgements, flips]

    def head(self, kept: dict[Where, int]) -> dict[str, Any]:
        rules = [
            {"candidate": self.models.get(r.candidate, -1), "task": self.tasks.get(self.whole.get(r.task, ""), -1),
             "words": one_line(f"{r.candidate}: {r.task} {r.metric} {r.rule}"),
             "entries": [kept[where] for where in self._named(r) if where in kept]}
            for r in self.rules
        ]  # fmt: skip
        found = [[one_line(name, 80), one_line(severity, 20)] for name, severity in self.findings]
        shown = {name: [one_line(v, 80) for v in getattr(self, name)] for name in ("tasks", "models", "metrics")}
        return {**shown, "candidates": [self.models[c] for c in self.candidates], "findings": found, "rules": rules}

    def _judgement(self, row: Any) -> list[Any]:
        value = float(f"{row.value:.4g}") if row.value is not None and math.isfinite(row.value) else None
        found = [
            [self.findings.setdefault((str(f.get("rule", "")), str(f.get("severity", ""))), len(self.findings)),
             visible(f.get("reason", ""), _SHORT), one_line(f.get("cwe") or "", 40)]
            for f in findings_of(row.findings)
        ]  # fmt: skip
        extracted = (
            row.extracted
            if isinstance(row.extracted, str) and row.extracted.strip() != _text(row.response).strip()
            else None
        )
        shown = None if extracted is None else one_line(extracted)
        return [self.models[str(row.model)], self.metrics[str(row.metric)], str(row.outcome), value, shown, found]


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""


def _flips(comparison: Comparison) -> dict[Where, list[tuple[str, str, str, int]]]:
    flips: dict[Where, list[tuple[str, str, str, int]]] = {}
    for d in comparison.differences:
        for keys, sign in ((d.gained, 1), (d.lost, -1)):
            for key in keys:
                flips.setdefault((d.task, key), []).append((d.candidate, d.reference, d.metric, sign))
    return flips


def _numbers(names: Iterable[Any]) -> dict[str, int]:
    return {str(name): i for i, name in enumerate(names)}
