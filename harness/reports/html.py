"""`report.html`: one file that opens offline. Gathers what the templates in ``reports/`` show; draws nothing itself."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from harness.records import Comparison, Verdict
from harness.reports.curves import training_curves
from harness.reports.forgetting import forgetting_panel
from harness.reports.forgetting_text import about, not_measured
from harness.reports.outcome import candidates, certainty, headline
from harness.reports.pages import asset, content_security_policy, environment
from harness.reports.plots import forests, strip, trade_off
from harness.reports.repeats import repeat_lines
from harness.reports.safety import SafetyPanel, safety_panel
from harness.reports.safety_text import health_line, summary
from harness.reports.samples import embed_samples
from harness.reports.setup import evaluated, seen_in_training, setup_rows
from harness.reports.tables import comparison_table, main_metrics, references
from harness.reports.visible import one_line, visible

_MANIFEST_LINES = 400


def html_report(
    comparison: Comparison,
    verdict: Verdict | None,
    manifest: dict[str, Any],
    samples: pd.DataFrame,
    safety: SafetyPanel | None = None,
) -> str:
    """The report as one HTML file.

    Args:
        samples: One row a sample, model and metric, with the columns task, key, model, prompt, target, response,
            metric, outcome, value, extracted and findings.
        safety: The checks of the run; made from ``samples`` if left out.
    """
    style, script = asset("report.css"), asset("report.js")
    embedded = embed_samples(comparison, verdict, samples)
    found = candidates(comparison, verdict)
    forgetting = forgetting_panel(comparison)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            style=style,
            script=script,
            policy=content_security_policy(style, script),
            data=Markup(embedded.json),
            embedded=embedded,
            written=str(manifest.get("written", "")).partition("T")[0],
            comparison=comparison,
            verdict=verdict,
            candidates=found,
            headline=headline(found),
            certainty=certainty(verdict),
            strips=_strips(comparison, verdict),
            views=_views(comparison, verdict),
            repeats=repeat_lines(comparison),
            trade=trade_off(comparison),
            forgetting=forgetting,
            about_forgetting=about(forgetting) if forgetting else "",
            not_measured=not_measured(forgetting) if forgetting else "",
            safety=safety or safety_panel(comparison, samples),
            flips=summary,
            health_line=health_line,
            evidence=_evidence(verdict),
            curves=training_curves(manifest),
            setup=setup_rows(comparison, manifest),
            setup_models=evaluated(comparison),
            seen=seen_in_training(comparison),
            manifest=_flatten({key: value for key, value in manifest.items() if key != "training"}),
        )
    )


def _views(comparison: Comparison, verdict: Verdict | None) -> list[dict[str, Any]]:
    """Table and forest against each reference."""
    views = []
    main = main_metrics(comparison, verdict)
    for reference in references(comparison):
        scale, panels = forests(comparison_table(comparison, reference, main))
        table = comparison_table(comparison, reference)
        views.append(
            {
                "reference": reference,
                "table": table,
                "main": main,
                "further": sum((row.task.name, row.metric) not in main for row in table.rows),
                "axis": scale,
                "forests": panels,
                "level": next((d.interval.level for d in comparison.differences), 0.95),
            }
        )
    return views


def _strips(comparison: Comparison, verdict: Verdict | None) -> dict[int, Any]:
    """The picture of each rule's evidence, by the rule's identity."""
    better = {(f.task, f.metric): f.greater_is_better for f in comparison.figures}
    rules = verdict.rules if verdict else []
    return {id(r): strip(r, better.get((r.task, r.metric), True)) for r in rules}


def _evidence(verdict: Verdict | None) -> dict[int, int]:
    """Number of each rule in the embedded data, for rules that name samples."""
    named = [r for r in verdict.rules if r.samples] if verdict else []
    return {id(r): i for i, r in enumerate(named)}


def _flatten(value: Any, path: str = "") -> list[tuple[str, str]]:
    """A nested document as lines of dotted path and value."""
    if isinstance(value, dict) and value:
        lines = [line for k, v in value.items() for line in _flatten(v, f"{path}.{k}" if path else str(k))]
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        lines = [line for i, v in enumerate(value) for line in _flatten(v, f"{path}[{i}]")]
    elif isinstance(value, list):
        lines = [(one_line(path), visible(", ".join(map(str, value)), 1_000))]
    else:
        lines = [(one_line(path), visible("" if value is None else value, 1_000))]
    return lines[:_MANIFEST_LINES]
