"""`report.html`: complete, small, and deaf to what its text says. Layout and scripts are tested in a browser."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from harness.records import Comparison, HarnessError
from harness.records.selection import PROBE_TAG
from harness.reports import html_report, write_reports
from harness.reports.plots import axis, forests
from harness.reports.samples import embed_samples, script_json
from harness.reports.tables import comparison_table
from tests.reports.bundle import bundle


def test_twenty_thousand_samples_stay_below_five_megabytes():
    comparison, verdict, manifest, samples = bundle(scale=18.2)
    assert samples.groupby(["task", "key"]).ngroups >= 20_000
    page = html_report(comparison, verdict, manifest, samples)
    assert len(page.encode()) < 5_000_000
    assert "Left out to keep it small" in page


def test_evidence_and_losses_are_carried_before_anything_else():
    comparison, verdict, _, samples = bundle()
    small = embed_samples(comparison, verdict, samples, budget=60_000)
    data = json.loads(small.json)
    keys = {(data["tasks"][entry[0]], entry[1]) for entry in data["entries"]}
    evidence = {(r.task, key) for r in verdict.rules if r.decision != "pass" for key in r.samples}
    assert evidence <= keys
    assert small.kept == len(keys) < small.total
    assert sum(small.left_out.values()) == small.total - small.kept


def test_nothing_is_left_out_of_a_small_run():
    comparison, verdict, _, samples = bundle()
    whole = embed_samples(comparison, verdict, samples)
    assert (whole.kept, whole.left_out) == (samples.groupby(["task", "key"]).ngroups, {})


def test_embedded_json_reads_back_and_can_close_no_tag():
    value = {"a": "</script><!--&\u2028\u2029"}
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_policy_allows_this_files_own_style_and_script_alone():
    page = html_report(*bundle(hostile=True))
    tags = _Page(page).tags
    policy = next(a["content"] for t, a in tags if t == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, kind in (("style", "style-src"), ("script", "script-src")):
        body = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)[-1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_hostile_text_adds_no_tag_and_no_attribute_to_the_page():
    tags = _Page(html_report(*bundle(hostile=True))).tags
    allowed = {t for t, _ in _Page(html_report(*bundle())).tags}
    assert {t for t, _ in tags} <= allowed
    assert not [a for _, attrs in tags for a in attrs if a.startswith("on") or a == "style"]
    assert not [attrs for _, attrs in tags if not (attrs.get("href") or "#").startswith("#") or "src" in attrs]


def test_a_run_without_a_gate_is_shown_without_a_verdict():
    comparison, _, manifest, samples = bundle()
    assert "No gate was set" in html_report(comparison, None, manifest, samples)


def test_axes_have_round_ticks_that_hold_every_value():
    for values in ([-0.3, 0.9], [12.0, 80.0], [0.0], [-63.2, -1.0], [1e-4]):
        scale = axis(values)
        assert scale.low <= min(values) and scale.high >= max(values) and scale.low <= 0 <= scale.high
        assert 0.0 in scale.ticks and 2 <= len(scale.ticks) <= 12
        assert scale.at(scale.low) == 0 and scale.at(scale.high) == 100


def test_only_figures_with_full_marks_are_drawn_in_points():
    comparison, *_ = bundle()
    probe = [t.model_copy(update={"tags": ["kl", PROBE_TAG]}) if t.name == "sentiment" else t for t in comparison.tasks]
    known = comparison.model_copy(update={
        "tasks": probe,
        "differences": [
            d.model_copy(update={"candidate_value": 3.7, "reference_value": 2.1}) if d.task == "closed_qa" else d
            for d in comparison.differences
        ],
    })  # fmt: skip
    every = {t.name for t in comparison.tasks} - {"sentiment", "closed_qa"}
    assert _drawn(known) == [every] * 2
    bits = {
        key: [
            one.model_copy(update={"metric": "bits_per_byte"}) if one.task == "ticket_summary" else one for one in rows
        ]
        for key, rows in (("figures", known.figures), ("differences", known.differences))
    }
    assert _drawn(known.model_copy(update=bits)) == [every - {"ticket_summary"}] * 2


def _drawn(comparison: Comparison) -> list[set[str]]:
    return [{line.task for line in forest.lines} for forest in forests(comparison_table(comparison))[1]]


def test_reports_are_written_whole_and_leave_nothing_beside(tmp_path):
    write_reports(tmp_path / "run", *bundle())
    written = {"report.html", "report.md", "junit.xml", "findings.sarif", "codequality.json"}
    assert {p.name for p in (tmp_path / "run").iterdir()} == written


def test_a_report_that_cannot_be_saved_is_an_error(tmp_path):
    (tmp_path / "run" / "report.html").mkdir(parents=True)  # a folder stands where the file should be
    with pytest.raises(HarnessError, match=r"report\.html"):
        write_reports(tmp_path / "run", *bundle())


def test_an_empty_comparison_still_makes_a_page():
    comparison, _, manifest, samples = bundle()
    empty = Comparison(**{**dict(comparison), "figures": [], "differences": []})
    assert "Release report" in html_report(empty, None, manifest, samples)
