"""`report.html` in a real Chromium: no foreign text runs or breaks the layout, and what a reviewer clicks works."""

import pytest

from harness.reports import html_report
from tests.reports.bundle import bundle

pytestmark = pytest.mark.browser
expect = pytest.importorskip("playwright.sync_api").expect
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reports")
    made = {
        "plain": bundle(),
        "hostile": bundle(hostile=True),
        "many": bundle(extra=("second_try", "a_candidate_with_quite_a_long_name"), baseline="careful"),
    }
    for name, parts in made.items():
        (folder / f"{name}.html").write_text(html_report(*parts), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture
def show(chromium, reports):
    """Opens a report; fails the test on any console message, error, dialog or request but the file's own."""
    contexts, faults = [], []

    def opened(name: str, viewport: dict[str, int]):
        context = chromium.new_context(viewport=viewport)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda asked: faults.append(asked.url) if asked.url != reports[name] else None)
        page.goto(reports[name])
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def overflows(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_hostile_text_runs_or_breaks_the_layout(show, viewport):
    page = show("hostile", viewport)
    page.select_option("#f-change", "")
    page.click("#more")
    for box in page.query_selector_all("details:not([open]) > summary")[:34]:
        box.click()
    expect(page.locator(".body").nth(25)).to_be_attached()
    assert page.evaluate("window.pwned") is None
    assert page.title().startswith('"><img')
    assert not overflows(page)
    assert page.locator("main img, main iframe, main base, main svg animate, main script").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every(e => !e.getAttributeNames().some(n => n.startsWith('on')))"
    )


def test_the_policy_stops_scripts_that_would_be_added(chromium, reports):
    page = chromium.new_page()
    page.goto(reports["plain"])
    page.evaluate("""() => {
        const added = document.createElement("script");
        try { added.textContent = "window.pwned = 1"; document.body.append(added); } catch { window.refused = true; }
    }""")
    assert page.evaluate("[window.pwned, window.refused]") == [None, True]
    page.close()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["plain", "many"])
def test_nothing_runs_over_the_edge_or_over_its_neighbour(show, name, viewport):
    page = show(name, viewport)
    page.locator(".item summary").first.click()
    assert not overflows(page)
    tasks = page.locator(".item > summary > span:first-child").all()
    assert min(task.bounding_box()["width"] for task in tasks) > 90  # not squeezed by the tags beside it
    overlaps = page.evaluate("""() => {
        const places = '.tradeplot text, .forest .name, .forest .value, .card h3, .badge, nav a, .tag, .chip';
        const texts = [...document.querySelectorAll(places)].filter(e => e.checkVisibility());
        const boxes = texts.map(e => [e.textContent, e.getBoundingClientRect()]);
        const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        return boxes.flatMap(([t, a], i) =>
            boxes.slice(i + 1).filter(([, b]) => over(a, b)).map(([u]) => t + ' / ' + u));
    }""")
    assert overlaps == []


def test_the_verdict_is_the_first_thing_seen(show):
    page = show("plain", WIDE)
    for word in ("1 of 3 candidates may ship: careful.", "careless", "renamed"):
        assert page.get_by_text(word, exact=True).first.bounding_box()["y"] < 900


def test_a_rules_button_shows_the_samples_behind_it(show):
    page = show("plain", WIDE)
    page.locator(".rule.is-fail button").first.click()
    assert page.locator("#count").inner_text() == "20 samples"
    assert "careless: closed_qa" in page.locator("#rule-filter").inner_text()
    page.locator("#rule-filter button").click()
    assert page.locator("#count").inner_text() == "1,100 samples"


def test_a_safety_count_opens_as_many_samples_as_it_says(show):
    page = show("plain", WIDE)
    chip = page.locator("#safety .chip").last
    count = int(chip.inner_text().split()[0])
    chip.click()
    assert page.locator("#count").inner_text() == f"{count} samples"


def test_filters_and_search_narrow_the_list(show):
    comparison, *_ = bundle()
    lost = next(d.lost_count for d in comparison.differences if (d.candidate, d.task) == ("careless", "closed_qa"))
    page = show("plain", WIDE)
    page.select_option("#f-task", label="closed_qa")
    page.select_option("#f-model", label="careless")
    page.select_option("#f-change", "lost")
    assert page.locator("#count").inner_text() == f"{lost} samples"
    page.fill("#f-text", "TOWN 24?")
    expect(page.locator("#count")).to_have_text("1 sample")
    page.click("button[type=reset]")
    assert page.locator("#count").inner_text() == "1,100 samples"


def test_a_flipped_sample_marks_the_words_that_differ(show):
    page = show("plain", WIDE)
    page.select_option("#f-task", label="closed_qa")
    page.locator(".item summary").first.click()
    body = page.locator(".body").first
    assert body.locator("del").all_inner_texts() == ["the Arlen"]
    assert body.locator("ins").all_inner_texts() == ["billing"]


def test_everything_can_be_reached_and_opened_by_keyboard(show):
    page = show("plain", WIDE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".item summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".body")).to_have_count(1)


def test_the_reference_can_be_switched(show):
    page = show("many", WIDE)
    assert page.locator("#comparison .view:visible").count() == 1
    page.click("[data-view=view-1]")
    assert page.locator("#view-1").is_visible() and not page.locator("#view-0").is_visible()


def test_figures_stand_without_javascript(chromium, reports):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["many"])
    assert page.locator("#comparison .view:visible").count() == 2
    assert page.get_by_text("needs JavaScript").is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium, reports, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(reports["plain"])
    page.locator(".item summary").first.click()
    violations = axe.Axe().run(page).response["violations"]
    context.close()
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations if v["impact"] in ("serious", "critical")] == []
