"""The web page in a browser: no request, no message, sorting, filtering, keyboard, a telephone's width.

Needs Playwright's package and a Chromium: ``pip install playwright``; the browser on the machine is used. The
check of accessibility also needs axe-core: ``AXE_CORE`` is the path of its axe.min.js, as its package has it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from analytics.reporting.content.weekly.record import kept_record
from analytics.reporting.formats.page import report_page

pytestmark = pytest.mark.system
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def address(sample_report, tmp_path_factory):
    path = tmp_path_factory.mktemp("web") / "report.html"
    document = sample_report.document
    path.write_text(report_page(kept_record(document.notebook), document), encoding="utf-8")
    assert path.stat().st_size < 1_500_000
    return path.as_uri()


@pytest.fixture(scope="module")
def axe():
    told = os.environ.get("AXE_CORE", "")
    if not Path(told).is_file():
        pytest.skip("AXE_CORE is not the path of axe-core's axe.min.js")
    return Path(told).read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=[60, 200])
def many(request, project, tmp_path_factory):
    """The page of a SIMULATED country of many regions, without boundaries."""
    from analytics.reporting.content.weekly import weekly_report

    spec = importlib.util.spec_from_file_location("ten_seconds", project / "benchmarks" / "ten_seconds.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("many")
    module.simulated_country(request.param, folder / "country.csv")
    made = weekly_report(folder / "country.csv", as_of=np.datetime64("2020-04-19"), output=folder)
    path = folder / "report.html"
    document = made.document
    path.write_text(report_page(kept_record(document.notebook), document), encoding="utf-8")
    return path.as_uri()


def serious(browser, axe, address, *, width=1100, scheme="light"):
    """What axe-core finds on a page, with how many rules were met."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
    )
    shown = context.new_page()
    shown.goto(address)
    shown.evaluate(axe)
    found = shown.evaluate("axe.run()")
    context.close()
    assert len(found["passes"]) > 30  # it looked at all
    return [
        (rule["id"], rule["impact"], rule["nodes"][0]["html"][:200])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser, address):
    shown = browser.new_page(viewport={"width": 1100, "height": 900})
    shown.goto(address)
    yield shown
    shown.close()


@pytest.mark.parametrize("width", [1100, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_for_nothing_says_nothing_and_fits(browser, address, width, scheme):
    shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked, said = [], []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(address)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.close()


def test_tables_sort_and_filter(page):
    table = page.locator("table.sorts", has=page.locator("caption", has_text="in uptick")).first
    names = table.locator("tbody tr td:first-child")
    before = names.all_inner_texts()
    table.locator("th button").first.click()
    assert names.all_inner_texts() == sorted(before)
    assert table.locator("th").first.get_attribute("aria-sort") == "ascending"
    table.locator("th button").first.click()
    assert names.all_inner_texts() == sorted(before, reverse=True)
    page.get_by_label("Show only rows with").first.fill("sha256")
    rows = page.locator("table.sorts", has=page.locator("caption", has_text="What was asked"))
    assert rows.locator("tbody tr:visible").count() == 0  # it is written SHA-256
    page.get_by_label("Show only rows with").first.fill("sha-256")
    assert rows.locator("tbody tr:visible").count() >= 1


def test_the_chart_tells_its_values_by_keyboard_and_pointer(page):
    page.locator("svg.chart").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#readout").inner_text().startswith("Week of 2020-04-13: 50; 27 to 74")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#readout").inner_text().startswith("Week of 2020-04-06: 66")


def test_a_region_of_the_map_leads_to_its_card(page):
    page.locator('figure svg a[aria-label^="Kirkuk"]').first.focus()
    page.keyboard.press("Enter")
    target = page.evaluate("document.querySelector(':target').textContent")
    assert "Kirkuk" in target


def test_without_script_all_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(address)
    assert shown.locator("h1").inner_text() == "Uptick in Kirkuk."
    assert shown.locator("th button").count() == 0
    shown.locator("details summary").first.click()
    assert "Kirkuk" in shown.locator("details[open] pre").inner_text()
    context.close()


@pytest.mark.parametrize("width", [1100, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, axe, address, width, scheme):
    assert serious(browser, axe, address, width=width, scheme=scheme) == []


def test_a_country_of_many_regions_fits_too(browser, many):
    for width in (1100, 375):
        shown = browser.new_page(viewport={"width": width, "height": 800})
        asked, said = [], []
        shown.on("request", lambda request, to=asked: to.append(request.url))
        shown.on("console", lambda message, to=said: to.append(message.text))
        shown.on("pageerror", lambda error, to=said: to.append(str(error)))
        shown.goto(many)
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert said == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        shown.close()


def test_axe_finds_nothing_serious_in_many_regions(browser, axe, many):
    assert serious(browser, axe, many, width=375, scheme="dark") == []
