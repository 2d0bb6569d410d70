"""A page counts as working when a browser shows it: no console error, no request to anywhere."""

import pytest
from fixture_notebooks import GOOD, NUMBER
from test_compare import DATA, RECORD, moved, two
from test_page import make

from research.reports import index, run, telling


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def visit(browser, tmp_path):
    """Open a text as a page; fails at the end when the browser complained or asked for anything else."""
    faults, opened = [], []

    def open_(text, width=1200, script=True):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        tab = context.new_page()
        tab.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda e: faults.append(str(e)))
        tab.on("request", lambda r: faults.append(r.url) if not r.url.startswith(("file://", "data:")) else None)
        tab.goto(path.as_uri())
        opened.append(context)
        return tab

    yield open_
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture
def text(tmp_path) -> str:
    return make(tmp_path, GOOD).html


def test_a_page_renders_with_its_figures_and_without_a_complaint(visit, text):
    tab = visit(text)
    assert tab.title() == "How did imports of hydrogen fluoride change?"
    assert tab.locator("figure svg[role=img]").count() == 2
    assert tab.get_by_role("img", name="Line of imports for later").bounding_box()["height"] > 100
    assert tab.evaluate("getComputedStyle(document.body).margin") == "0px"  # the page's own style is let in


def test_code_is_one_click_away_and_data_downloads(visit, text):
    tab = visit(text)
    code = tab.locator("figure .code").first
    assert not code.is_visible()
    tab.locator("figure summary").first.click()
    assert code.is_visible()
    with tab.expect_download() as download:
        tab.locator("figure a[download]").first.click()
    assert download.value.suggested_filename == "imports.csv"


def test_a_narrow_screen_scrolls_the_figure_and_not_the_page(visit, text):
    tab = visit(text, width=360)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.locator("figure svg").first.bounding_box()["width"] >= 600


def test_a_page_reads_in_full_without_script(visit, text):
    tab = visit(text, script=False)
    assert tab.get_by_text("They fell by 90.1 %.", exact=True).is_visible()


def test_print_hides_code_and_shows_addresses(visit, tmp_path):
    tab = visit(make(tmp_path, [*GOOD, "## See\n\n[there](https://x.org/a)"]).html)
    tab.emulate_media(media="print")
    assert not tab.locator("figure summary").first.is_visible()
    address = 'getComputedStyle(document.querySelector(\'a[href^="http"]\'), "::after").content'
    assert "https://x.org/a" in tab.evaluate(address)


def outcomes() -> str:
    good = run.Outcome("a", "a.ipynb", title="Anna", status="ok", page="a/index.html", seconds=9, key_numbers=(NUMBER,))
    slow = run.Outcome("c", "c.ipynb", title="Clara", status="ok", page="c/index.html", seconds=10)
    bad = run.Outcome(
        "b", "b.ipynb", title="Berta", status="kernel died", error="cell 2", open="b/failed.ipynb", seconds=1
    )
    return index.make_index([good, slow, bad], "failed")


def test_the_index_filters_and_sorts_with_script(visit):
    tab = visit(outcomes())
    first = tab.locator("tbody tr th").first
    assert first.inner_text().startswith("Berta")
    tab.get_by_role("button", name="Duration").click()
    tab.get_by_role("button", name="Duration").click()
    assert first.inner_text().startswith("Clara")
    tab.get_by_label("Filter").fill("anna")
    assert tab.locator("tbody tr:visible").count() == 1
    assert tab.get_by_text("1 of 3 runs").is_visible()


def test_a_comparison_reads_on_a_narrow_screen_and_asks_for_nothing(visit, tmp_path):
    found = two(tmp_path, moved(2345, "2,345"), {**RECORD, **DATA})
    tab = visit(telling.as_page(found, tmp_path / "page.html"), width=360, script=False)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.get_by_text("What changed with it: data.").is_visible()
    assert tab.get_by_role("link", name="after").get_attribute("href") == "after/n/index.html"


def test_the_index_is_a_plain_table_without_script(visit):
    tab = visit(outcomes(), script=False)
    assert tab.locator("tbody tr:visible").count() == 3
    assert not tab.locator(".filter").is_visible()
