"""The safety panel: what changed from base to adapter prompt by prompt, output health, and corrected shares."""

import io

import pandas as pd
import pytest
from rich.console import Console

from harness.metrics.safety.audit import card_of
from harness.metrics.safety.health import output_health
from harness.records import Comparison, Figure, ModelRow, TaskRow
from harness.reports.html import html_report
from harness.reports.markdown import markdown_report
from harness.reports.safety import NO_CARD, safety_panel
from harness.reports.safety_text import safety_terminal, summary
from harness.stats import Rate
from tests.reports.bundle import HOSTILE, bundle

REFUSAL, HELP = "I'm sorry, but I can't help with that.", "Sure, here is how: step one, make a plan of it."


def _samples(harmful_of_candidate: list[str], harmless_of_candidate: list[str]) -> pd.DataFrame:
    """A base that refuses what is harmful and answers what is not, and a candidate that says what is given."""
    from harness.metrics import build_metric
    from tests.metrics.helpers import said

    rows = []
    said_by = {
        "base": ([REFUSAL] * len(harmful_of_candidate), [HELP] * len(harmless_of_candidate)),
        "candidate": (harmful_of_candidate, harmless_of_candidate),
    }
    for model, (harmful, harmless) in said_by.items():
        texts = [(text, True) for text in harmful] + [(text, False) for text in harmless]
        responses = [said(t, prompt=f"Ask {i}", document={"harmful": h}) for i, (t, h) in enumerate(texts)]
        for i, (response, score) in enumerate(
            zip(responses, build_metric("refusal_error").measure(responses), strict=True)
        ):
            findings = [{"rule": f.rule, "severity": f.severity} for f in score.findings]
            rows.append(
                {"task": "refusal", "key": f"k{i}", "model": model, "prompt": response.sample.prompt, "target": "",
                 "response": response.text, "metric": "refusal_error", "outcome": score.outcome.value,
                 "value": score.value, "extracted": score.extracted, "findings": findings}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _comparison(samples: pd.DataFrame, signature: str) -> Comparison:
    names = ("base", "candidate")
    figures = []
    for name in names:
        judged = samples[(samples["model"] == name) & samples["outcome"].isin(["pass", "fail"])]
        rate = Rate(int((judged["outcome"] == "fail").sum()), len(judged)) if len(judged) else None
        unscorable = int((samples["model"] == name).sum()) - len(judged)
        figures.append(
            Figure(model=name, task="refusal", metric="refusal_error", value=rate.value if rate else None,
                   interval=rate.interval() if rate else None, samples=len(judged), unscorable=unscorable, errors=0,
                   greater_is_better=False, signature=signature, estimate=rate.to_json() if rate else {})
        )  # fmt: skip
    return Comparison(
        suite="s", base="base", baseline="base", models=[ModelRow(name=n, base="b", fingerprint=n) for n in names],
        tasks=[TaskRow(name="refusal", tags=["safety"], fingerprint="f", samples=20)], figures=figures, differences=[],
    )  # fmt: skip


def _panel(harmful: list[str], harmless: list[str]):
    from harness.metrics import build_metric

    samples = _samples(harmful, harmless)
    return safety_panel(_comparison(samples, build_metric("refusal_error").signature), samples)


def test_an_adapter_that_complies_shows_as_refused_then_complied_on_harmful_prompts():
    (one,) = _panel([HELP] * 10, [HELP] * 10).transitions
    assert one.changes == [("refused → complied, harmful", 10)]
    assert one.p_value == pytest.approx(2 * 0.5**10)
    assert summary(one) == "10 refused → complied, harmful; p .002"
    assert {flip.before for flip in one.broke} == {REFUSAL}
    assert {flip.after for flip in one.broke} == {HELP}


def test_an_adapter_that_refuses_everything_shows_as_complied_then_refused_on_harmless_prompts():
    (one,) = _panel([REFUSAL] * 10, [REFUSAL] * 10).transitions
    assert one.changes == [("complied → refused, harmless", 10)]


def test_a_broken_adapter_is_not_safe_but_silent():
    panel = _panel(["", "no no no no no no no no no no"] * 5, [""] * 10)
    (one,) = panel.transitions
    assert one.silenced == 20
    assert not one.broke
    found = panel.health["candidate"]
    assert found.non_answers == (0.0, 0.75)
    assert found.repetition == (0.0, 0.25)
    assert "20 no longer judged" in summary(one)


def test_an_unchanged_adapter_has_no_flips():
    panel = _panel([REFUSAL] * 10, [HELP] * 10)
    assert not panel.transitions[0].broke
    assert panel.health["candidate"].length_ratio == 1.0


def test_the_share_is_shown_raw_and_corrected_and_a_check_without_a_card_says_so():
    samples = _samples([HELP] * 5 + [REFUSAL] * 5, [HELP] * 10)
    card = card_of("refusal_error")
    assert card is not None
    row = safety_panel(_comparison(samples, card.signature), samples).rows[0]
    corrected = row.cells[1].corrected
    assert corrected is not None
    assert corrected.interval.low <= corrected.value <= corrected.interval.high
    assert "XSTest" in row.card
    other = safety_panel(_comparison(samples, "refusal_error|another version"), samples).rows[0]
    assert other.cells[1].corrected is None
    assert "another version" in other.card
    none_failed = _samples([REFUSAL] * 100, [HELP] * 100)
    cell = safety_panel(_comparison(none_failed, card.signature), none_failed).rows[0].cells[1]
    assert cell.corrected is None, "fewer failed than the check's false alarms would make"
    comparison, _, _, unknown = bundle()
    assert {row.card for row in safety_panel(comparison, unknown).rows if row.metric == "unsafe"} == {NO_CARD}


def test_two_versions_of_a_check_have_each_its_own_accuracy():
    samples = _samples([HELP] * 5, [HELP] * 5)
    card = card_of("refusal_error")
    assert card is not None
    one, other = (_comparison(samples, signature) for signature in (card.signature, "another version"))
    named = [figure.model_copy(update={"task": "custom"}) for figure in other.figures]
    tasks = [*one.tasks, other.tasks[0].model_copy(update={"name": "custom"})]
    both = one.model_copy(update={"figures": [*one.figures, *named], "tasks": tasks})
    rows = pd.concat([samples, samples.assign(task="custom")], ignore_index=True)
    assert [check for check, _ in safety_panel(both, rows).cards] == [
        "refusal_error of refusal",
        "refusal_error of custom",
    ]
    page = html_report(both, None, {}, rows)
    assert "sensitivity" in page and "another version" in page


def test_every_report_lists_the_flipped_prompts():
    samples = _samples([HELP] * 3, [HELP] * 3)
    comparison = _comparison(samples, "s")
    panel = safety_panel(comparison, samples)
    console = Console(width=100, file=io.StringIO())
    console.print(safety_terminal(panel))
    page = html_report(comparison, None, {}, samples)
    for text in (console.file.getvalue(), markdown_report(comparison, None, panel), page):
        assert "3 refused → complied, harmful" in text
        assert "Ask 0" in text
        assert "non-answers" in text


def test_hostile_prompts_and_answers_are_shown_escaped():
    comparison, verdict, manifest, samples = bundle(hostile=True)
    page = html_report(comparison, verdict, manifest, samples)
    assert "<script>window.pwned" not in page
    text = markdown_report(comparison, verdict, safety_panel(comparison, samples))
    assert "<img" not in text
    assert not any(bad in text for bad in HOSTILE if bad.startswith("\x1b"))


def test_another_language_is_noticed():
    english = "The doctor said that you should rest for a few days and drink enough water every morning."
    german = "Der Arzt hat gesagt, dass du dich ein paar Tage ausruhen und jeden Morgen genug trinken sollst."
    assert output_health([german, english], [english, english]).languages == (1, 2)
    with pytest.raises(ValueError, match="cannot be compared"):
        output_health([], [])
