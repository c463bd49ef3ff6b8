"""What was forgotten, as people read it: equal figures in HTML, Markdown and the terminal, and what a click opens."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

import harness
from harness.records import Comparison
from harness.reports import html_report, markdown_report, report_run, terminal_report
from harness.reports.forgetting import MEASURES, forgetting_panel
from harness.reports.plots import trade_off
from tests.forgotten import base_answers, constant_answers, hot_answers, new_rows, old_rows, replayed, right
from tests.packs import write_pack
from tests.reports.bundle import HOSTILE, bundle

GOLDEN = Path(__file__).parent / "golden"
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> harness.Run:
    answers = {"base": base_answers(), "hot": hot_answers(), "constant": constant_answers(), "same": base_answers()}
    folder = tmp_path_factory.mktemp("forgotten")
    rows = [{"text": f"Third {i}", "label": "yes"} for i in range(20)]
    write_pack(folder, "third", rows, tags=["other"])
    for place, said in enumerate(answers.values()):
        said |= {row["text"]: "yes" if i < 5 * place else "no" for i, row in enumerate(rows)}
    steps = [{"model": "hot", "task": "queues"}, {"model": "constant", "task": "third"}]
    settings = {"tasks": ["./capitals", "./queues", "./third"], "forgetting": {"targets": ["queues"]}}
    run = replayed(folder, answers, sequence=steps, **settings)
    report_run(run)
    return run


@pytest.fixture(scope="module")
def replacement(tmp_path_factory: pytest.TempPathFactory) -> harness.Run:
    """A candidate that is to replace a released adapter: it lost 5 of the base's, and 3 of 21 that the other has."""
    candidate = right(old_rows(), set(range(5, 30))) | right(new_rows(), set(range(36)), "neither")
    answers = {"base": base_answers(), "released": hot_answers(), "candidate": candidate}
    run = replayed(tmp_path_factory.mktemp("replacement"), answers, baseline="released")
    report_run(run)
    return run


def printed(comparison: Comparison, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), no_color=True, highlight=False)
    console.print(terminal_report(comparison, None, width))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_same_figures_stand_in_every_form(run: harness.Run) -> None:
    markdown, terminal = markdown_report(run.comparison, None), printed(run.comparison, 80)
    html = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "| hot | base | 22.5 \\[" in markdown and "12 of 30 forgot, 3 learned" in markdown
    assert "12 of 30 forgot, 3 learned" in html
    for name in MEASURES.values():
        assert name in markdown and name.replace("'", "&#39;") in html
        assert name in terminal or name == MEASURES["kl"]  # which nobody asked for
    hot = next(line for line in terminal.splitlines() if line.startswith("│ Forgot, of what was right"))
    assert "40.0%" in hot and "100.0%" in hot
    assert "Points lost for each gained: no gain shown (same)" in " ".join(terminal.replace("│", " ").split())


def test_losses_against_the_adapter_that_is_replaced_come_first(replacement: harness.Run) -> None:
    markdown = markdown_report(replacement.comparison, None)
    section = markdown[markdown.index("## What was forgotten") :]
    assert section == (GOLDEN / "forgetting.md").read_text(encoding="utf-8")
    terminal = printed(replacement.comparison, 80)
    panel = terminal[terminal.index("╭─ what was forgotten") : terminal.index("╭─ verdict")]
    assert panel == (GOLDEN / "forgetting.txt").read_text(encoding="utf-8")


def test_the_plot_says_what_the_table_says(run: harness.Run) -> None:
    plot, panel = trade_off(run.comparison), forgetting_panel(run.comparison)
    assert plot is not None and panel is not None
    drop, gain = (panel.columns.index(MEASURES[measure]) for measure in ("mean_drop", "mean_gain"))
    table = {cost.model: (cost.cells[drop].text, cost.cells[gain].text) for cost in panel.against[0].costs}
    drawn = {p.name: (f"{-p.kept[1]:.1f}", f"{p.gained[1]:.1f}") for p in plot.points}
    assert drawn == {name: (lost.replace("−", "-"), won) for name, (lost, won) in table.items()}


def test_the_matrix_frames_what_was_learnt_where(run: harness.Run) -> None:
    panel = forgetting_panel(run.comparison)
    assert panel is not None and panel.sequence is not None
    assert [[learnt for *_, learnt in row.cells] for row in panel.sequence.rows] == [
        [False, False], [True, False], [False, True],
    ]  # fmt: skip
    assert [text for text, *_ in panel.sequence.rows[0].cells] == ["25.0", "0.0"]
    assert "| base | 25.0 | 0.0 |" in markdown_report(run.comparison, None)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_terminal_keeps_its_width_and_loses_no_adapter(run: harness.Run, width: int) -> None:
    text = printed(run.comparison, width)
    part = text[text.index("what was forgotten") :]
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert all(name in part for name in ("hot", "constant", "same"))


def test_a_run_without_probes_has_no_such_section() -> None:
    probed, _, manifest, samples = bundle()
    comparison = probed.model_copy(update={"forgetting": None})
    assert "What was forgotten" not in markdown_report(comparison, None)
    assert "forgetting-title" not in html_report(comparison, None, manifest, samples)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_names_stay_text(run: harness.Run, text: str) -> None:
    name = text[:60].encode("utf-8", "replace").decode()
    found = run.comparison.model_dump()
    for loss in found["forgetting"]["losses"]:
        loss["candidate"] = f"{name}{loss['candidate']}"
        loss["missing"] = dict.fromkeys(loss["missing"], name)
    for difference in found["differences"]:
        difference["candidate"] = f"{name}{difference['candidate']}"
    poisoned = Comparison.model_validate(found)
    shown, plain = (markdown_report(one, None) for one in (poisoned, run.comparison))
    assert shown.count("\n") == plain.count("\n")
    assert "<script" not in shown and "\x1b" not in printed(poisoned, 80)


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_count_opens_the_samples_that_were_lost(chromium: Any, run: harness.Run, viewport: dict[str, int]) -> None:
    faults: list[str] = []
    context = chromium.new_context(viewport=viewport)
    page = context.new_page()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(Path(run.folder / "report.html").resolve().as_uri())
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.click("button[data-change=lost][data-model=hot]")
    assert page.inner_text("#count") == "12 samples"
    page.click("button[data-change=gained][data-model=hot]")
    assert page.inner_text("#count") == "3 samples"
    assert page.locator("#forgetting .learnt").count() == 2
    context.close()
    assert faults == []


@pytest.mark.browser
def test_a_count_opens_what_was_lost_against_that_very_model(chromium: Any, replacement: harness.Run) -> None:
    page = chromium.new_page()
    page.goto(Path(replacement.folder / "report.html").resolve().as_uri())
    lost = "button[data-change=lost][data-model=candidate]:visible"
    assert page.locator("#forgetting .cost .group").all_inner_texts() == ["against released", "against base"]
    page.click(lost)
    assert page.inner_text("#count") == "3 samples"
    assert "against released" in page.inner_text("#rule-filter")
    page.click("#forgetting [data-view=lost-1]")
    page.click(lost)
    assert page.inner_text("#count") == "5 samples"
    page.close()


@pytest.mark.browser
def test_metrics_that_decide_nothing_stand_behind_a_button(chromium: Any, replacement: harness.Run) -> None:
    page = chromium.new_page()
    page.goto(Path(replacement.folder / "report.html").resolve().as_uri())
    rows = page.locator("#view-0 tr.further")
    assert rows.count() == 1 and not rows.first.is_visible()
    page.get_by_role("button", name="Show 1 further metric").first.click()
    assert rows.first.is_visible()
    page.close()
