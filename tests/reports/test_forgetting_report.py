"""What was forgotten, as people read it: equal figures in HTML, Markdown and the terminal, and what a click opens."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

import harness
from harness.records import Comparison
from harness.reports import markdown_report, report_run, terminal_report
from harness.reports.forgetting import COLUMNS, forgetting_panel
from tests.forgotten import base_answers, constant_answers, hot_answers, replayed
from tests.packs import write_pack
from tests.reports.bundle import HOSTILE, bundle

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


def printed(comparison: Comparison, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), no_color=True, highlight=False)
    console.print(terminal_report(comparison, None, width))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_same_figures_stand_in_every_form(run: harness.Run) -> None:
    markdown, terminal = markdown_report(run.comparison, None), printed(run.comparison, 80)
    html = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "| hot | 22.5 \\[" in markdown and "12 of 30 forgot, 3 learned" in markdown
    assert "12 of 30 forgot, 3 learned" in html
    for name in COLUMNS:
        assert name in markdown and name in terminal and name.replace("'", "&#39;") in html
    hot = next(line for line in terminal.splitlines() if line.startswith("│ Forgot, of what was right"))
    assert "40.0 %" in hot and "100.0 %" in hot
    assert "same, Points lost for each gained: no gain shown" in terminal


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
    comparison, _, manifest, samples = bundle()
    from harness.reports import html_report

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
