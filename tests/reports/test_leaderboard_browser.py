"""The leaderboard in a real Chromium: sorting, filtering and links to a view work, and foreign text stays text."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.comparison.entries import Entry
from harness.comparison.leaderboard import Board, Leaderboard, Overall, Standing
from harness.records import Figure, Interval, ModelRow, TaskRow
from harness.reports.leaderboard import write_leaderboard
from harness.stats.ranks import Rank
from tests.reports.bundle import HOSTILE

pytestmark = pytest.mark.browser
VALUES = {"alpha": 0.5, "beta": 0.9, "gamma": 0.7}


def a_board(task: str, tag: str, entries: dict[str, Entry], values: dict[str, float]) -> Board:
    order = sorted(values, key=lambda name: -values[name])
    standings = [
        Standing(entries[name], a_figure(name, task, values[name]), Rank(place, place, 3, (0,)))
        for place, name in enumerate(order, 1)
    ]
    row = TaskRow(name=task, tags=[tag], fingerprint="f", samples=90, description=HOSTILE[0] + HOSTILE[3])
    return Board(row, "accuracy", True, standings, [], {})


def a_figure(model: str, task: str, value: float) -> Figure:
    interval = Interval(low=value - 0.1, high=min(1.0, value + 0.1), level=0.95, method="wilson")
    return Figure(model=model, task=task, metric="accuracy", value=value, interval=interval, samples=90, unscorable=2,
                  errors=0, greater_is_better=True, signature=HOSTILE[0])  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    entries = {
        name: Entry(name, name, ModelRow(name=name, base="b" if name == "alpha" else HOSTILE[1], fingerprint=name,
                                         adapter=HOSTILE[0]), ("run",))
        for name in VALUES
    }  # fmt: skip
    upside = {name: 1 - value for name, value in VALUES.items()}
    boards = [a_board("words", "language", entries, VALUES), a_board("sums", "arithmetic", entries, upside)]
    overall = [Overall(entries[n], 0.5, Rank(i, 1, 3, (0,))) for i, n in enumerate(("beta", "gamma", "alpha"), 1)]
    write_leaderboard(Leaderboard(list(entries.values()), boards, overall, [0, 1]), folder, HOSTILE[0] + "Title")
    return folder


@pytest.fixture
def page(chromium) -> Iterator:
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    yield page
    page.close()
    assert faults == []


def models(page) -> list[str]:
    return page.eval_on_selector_all("#board tbody tr:not([hidden])", "rows => rows.map(r => r.dataset.name)")


def test_a_click_sorts_by_a_task_another_turns_it_and_the_address_remembers(page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    assert models(page) == ["beta", "gamma", "alpha"]
    page.get_by_role("button", name="sums").click()
    assert models(page) == ["alpha", "gamma", "beta"]
    page.get_by_role("button", name="sums").click()
    assert models(page) == ["beta", "gamma", "alpha"]
    page.get_by_role("button", name="Model").click()
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert models(page) == ["alpha", "beta", "gamma"]
    assert page.locator('[aria-sort="ascending"]').inner_text().startswith("Model")


def test_filters_hide_models_and_tasks_and_say_how_many_are_left(page, site: Path) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_label("Find a model").fill("ET")
    assert models(page) == ["beta"]
    assert page.locator("#count").inner_text() == "1 of 3 models"
    page.get_by_label("Find a model").fill("")
    page.get_by_role("combobox", name="Tasks").select_option("arithmetic")
    assert page.get_by_role("button", name="words").is_hidden()
    assert page.get_by_role("button", name="sums").is_visible()
    page.get_by_role("combobox", name="Base").select_option("b")
    assert models(page) == ["alpha"]


@pytest.mark.parametrize("name", ["index.html", "tasks/words.html"])
@pytest.mark.parametrize("width", [1200, 390])
def test_pages_hold_foreign_text_as_text_and_fit_the_screen(page, site: Path, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, form[action]").count() == 0


@pytest.mark.parametrize("name", ["index.html", "tasks/words.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium, site: Path, name: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto((site / name).as_uri())
    violations = axe.Axe().run(page).response["violations"]
    context.close()
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")] == []
