"""What a run found out about its own set-up stands in its reports, and samples seen in training beside the figure."""

from harness.records import Figure
from harness.reports import html_report, markdown_report
from harness.reports.setup import seen_in_training, setup_rows
from tests.reports.bundle import bundle

LIVE = {"liveness": {"careful": {"mean_change": 1.25}, "careless": {"mean_change": 0.5}}}


def extra(task: str, metric: str, model: str, value: float | None, samples: int = 200) -> Figure:
    return Figure(model=model, task=task, metric=metric, value=value, interval=None, samples=samples, unscorable=0,
                  errors=0, greater_is_better=False, signature=metric)  # fmt: skip


def with_figures(*figures: Figure):
    comparison, verdict, manifest, samples = bundle()
    return comparison.model_copy(update={"figures": [*comparison.figures, *figures]}), verdict, manifest, samples


def test_the_panel_answers_each_question_for_each_model():
    comparison, *_ = with_figures(
        extra("serving_parity", "logprob_gap", "careful", 0.0004),
        extra("noise_floor", "score_mismatch", "base", 0.03),
        extra("support_intent", "contaminated", "careful", 0.02),
        extra("support_intent", "contaminated", "base", None),
    )
    rows = {(row.question, row.measured): list(row.cells) for row in setup_rows(comparison, LIVE)}
    assert rows == {
        ("does the adapter act?", "mean change of log-probabilities from the base's, nats"): ["", "1.25", "0.5"],
        ("is what is served what was trained?", "logprob gap"): ["", "0.000", ""],
        ("do answers flip by themselves?", "score mismatch"): ["0.030", "", ""],
        ("was it trained on these samples?", "support_intent"): ["", "4 of 200", ""],
    }


def test_samples_seen_in_training_stand_beside_the_figure_they_flatter():
    comparison, verdict, manifest, samples = with_figures(extra("support_intent", "contaminated", "careful", 0.02))
    assert seen_in_training(comparison) == {("support_intent", "careful"): 4}
    assert "4 seen in training" in markdown_report(comparison, verdict)
    assert "4 seen in training" in html_report(comparison, verdict, manifest, samples)


def test_a_run_that_asked_nothing_of_itself_has_no_panel():
    comparison, verdict, manifest, samples = bundle()
    assert setup_rows(comparison, manifest) == []
    assert 'id="setup"' not in html_report(comparison, verdict, manifest, samples)
