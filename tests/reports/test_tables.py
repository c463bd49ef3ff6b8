"""The comparison as a table, and in the shapes that machines and papers read."""

import io
import json

import pandas as pd
import pytest

from harness.reports import frame, to_csv, to_json, to_latex
from harness.reports.tables import comparison_table, main_metrics, references
from tests.reports.bundle import HOSTILE, MODELS, TASKS, bundle


@pytest.fixture(scope="module")
def comparison():
    return bundle()[0]


def test_candidates_stand_beside_what_they_are_compared_with():
    comparison, *_ = bundle(baseline="careful")
    assert comparison_table(comparison).models == ("careful", "careless", "base")
    assert comparison_table(comparison, "base").models == ("base", "careful", "careless")


def test_tasks_go_down_grouped_by_tag_and_models_across_with_the_reference_first(comparison):
    table = comparison_table(comparison)
    assert table.models == MODELS
    assert [group.tag for group in table.groups] == ["target", "forgetting", "safety"]
    assert [row.task.name for row in table.rows] == [task[0] for task in TASKS]


def test_a_refused_model_has_no_column(comparison):
    assert "renamed" not in comparison_table(comparison).models


def test_marks_follow_the_adjusted_p_value_and_the_direction_of_the_metric(comparison):
    marks = {(row.task.name, c.model): c.mark for row in comparison_table(comparison).rows for c in row.cells}
    assert marks["support_intent", "careful"] == "gain"
    assert marks["closed_qa", "careless"] == "loss"
    assert marks["medical_advice", "careless"] == "loss"  # the figure rose, and lower is better
    assert marks["sentiment", "careful"] == marks["sentiment", "base"] == ""


def test_every_reference_has_its_own_table_the_baseline_first():
    comparison = bundle(baseline="careful")[0]
    assert references(comparison) == ["careful", "base"]
    against = {c.model: c.difference for row in comparison_table(comparison, "base").rows for c in row.cells}
    assert against["careful"].reference == "base"


def test_a_short_table_keeps_first_metrics_and_those_that_rules_read(comparison):
    extra = [f.model_copy(update={"metric": "length"}) for f in comparison.figures]
    longer = comparison.model_copy(update={"figures": [*comparison.figures, *extra]})
    assert len(list(comparison_table(longer).rows)) == 2 * len(TASKS)
    assert len(list(comparison_table(longer, only=main_metrics(longer)).rows)) == len(TASKS)


def test_csv_json_and_frame_hold_the_same_figures(comparison):
    table = frame(comparison)
    assert len(table) == len(TASKS) * len(MODELS)
    read = pd.read_csv(io.StringIO(to_csv(comparison)))
    pd.testing.assert_series_equal(read["difference"], table["difference"])
    assert [row["value"] for row in json.loads(to_json(comparison))] == pytest.approx(table["value"].tolist())


def test_no_cell_of_the_csv_starts_a_spreadsheet_formula(comparison):
    texts = [text for text in HOSTILE if text.isascii()]
    figures = [f.model_copy(update={"signature": text}) for f, text in zip(comparison.figures * 3, texts, strict=False)]
    read = pd.read_csv(io.StringIO(to_csv(comparison.model_copy(update={"figures": figures}))), dtype=str)
    assert len(read) == len(texts)
    assert not read["signature"].str.match(r"^[=+\-@]").any()


def test_latex_escapes_what_is_special_and_keeps_one_column_a_model(comparison):
    text = to_latex(comparison_table(comparison))
    assert r"support\_intent" in text
    assert text.startswith(r"\begin{tabular}{llrrr}")
    rows = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {4}
