"""Other forms of a weekly report: the same numbers, nothing that runs, sentences that can stand alone."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from jsonschema import Draft202012Validator

from analytics.errors import InputError, OptionError, OutputError
from analytics.plots import plot_map
from analytics.reporting.content.weekly import report_record, weekly_counts, weekly_numbers
from analytics.reporting.content.weekly.front import front_page
from analytics.reporting.content.weekly.groups import page_lines
from analytics.reporting.content.weekly.record import MIME, kept_record
from analytics.reporting.formats import page as page_parts
from analytics.reporting.formats.cells import CellWriter
from analytics.reporting.formats.exporter import PageExporter
from analytics.reporting.formats.feed import alarm_feed
from analytics.reporting.formats.page import report_page
from analytics.reporting.formats.pictures import inline_svg, spark, weeks_chart
from analytics.reporting.formats.shell import _office_head
from analytics.reporting.formats.summary import report_summary
from analytics.reporting.formats.workbook import report_tables, report_workbook
from analytics.reporting.formats.write import check_formats, made_formats
from analytics.reporting.notebook.office import OfficeTemplate

ATOM = "{http://www.w3.org/2005/Atom}"
SENTENCES = {
    *("sentence", "sentences", "headline", "second", "summary", "news", "next_lines", "left_out"),
    *("means", "checks"),
}
MOST = 1_500_000  # bytes of the sample's page
HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script> \x01*b*"


@pytest.fixture(scope="module")
def numbers():
    return weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19"))


@pytest.fixture(scope="module")
def record(numbers):
    return report_record(numbers, front_page(numbers))


@pytest.fixture(scope="module")
def page(sample_report):
    document = sample_report.document
    return report_page(kept_record(document.notebook), document)


@pytest.fixture(scope="module")
def soup(page):
    return BeautifulSoup(page, "html.parser")


def hostile(record):
    """The sample's record, one region and one type under names that a spreadsheet or a browser might run."""
    text = json.dumps(record, ensure_ascii=False)
    name = json.dumps(HOSTILE, ensure_ascii=False)[1:-1]
    return json.loads(re.sub(r"Kirkuk", lambda _: name, text).replace('"clash"', f'"{name} 2"'))


# -- the record ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(project):
    return json.loads((project / "docs" / "report.schema.json").read_text(encoding="utf-8"))


def test_the_record_is_what_the_schema_says(record, schema):
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(json.dumps(record, allow_nan=False)))


@pytest.mark.slow
@pytest.mark.parametrize("asked", [{"by": None}, {"regions": "Kirkuk, Erbil"}, {"as_of": "2019-06-12"}])
def test_records_of_other_reports_are_too(schema, asked):
    numbers = weekly_numbers(weekly_counts(sample=True, **({"as_of": "2020-04-19"} | asked)))
    record = report_record(numbers, front_page(numbers))
    Draft202012Validator(schema).validate(json.loads(json.dumps(record, allow_nan=False)))
    assert len(record["regions"]) == len(numbers.counts.regions)


def test_the_documented_names_are_those_of_the_schema(project, schema):
    text = (project / "docs" / "report_json.md").read_text(encoding="utf-8")
    for name in (*schema["properties"], *schema["properties"]["regions"]["items"]["properties"]):
        assert f"`{name}`" in text, name


def test_the_numbers_are_those_of_the_test(record, numbers):
    frame = numbers.result.frame.set_index("region")
    for row in record["regions"]:
        for name in ("observed", "expected", "low", "high", "qvalue", "starts_at", "detectable"):
            known = frame.loc[row["region"], name]
            assert (row[name] is None) == bool(np.isnan(known)), (row["region"], name)
            assert row[name] is None or float(row[name]) == pytest.approx(known)
    weeks = numbers.counts.resample("week").to_frame()
    assert record["weeks"]["regions"]["Kirkuk"][-3:] == weeks["Kirkuk"].tolist()[-3:]
    at = record["weeks"]["start"].index("2019-05-13")
    assert record["weeks"]["regions"]["Anbar"][at] is None  # no coverage is no zero
    assert record["weeks"]["all"][at] is None


def test_nothing_is_lost_in_the_account(record):
    rows = record["row_accounting"]
    assert rows["rows_read"] == rows["kept"] + sum(rows["set_aside"].values())
    lines = {line["what"]: line["rows"] for line in record["row_account"]}
    parts = sum(n for what, n in lines.items() if what.startswith("of those kept: "))
    assert lines["kept"] == parts == rows["kept"]


def sentences(value, name=""):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from sentences(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from sentences(part, name)
    elif isinstance(value, str) and value and name in SENTENCES:
        yield value


def test_every_sentence_of_simulated_data_says_so(record):
    said = list(sentences(record))
    assert len(said) > 30
    assert [line for line in said if not line.startswith("SIMULATED data: ")] == []
    assert record["title"].startswith("SIMULATED: ")


def test_a_notebook_keeps_the_record_of_its_own_run(sample_report, record):
    kept = kept_record(sample_report.document.notebook)
    assert kept["regions"] == record["regions"]
    assert kept["summary"] == record["summary"]
    bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    with pytest.raises(InputError, match="keeps no data of its report"):
        kept_record(bare)


# -- summary ---------------------------------------------------------------------------------------------


def test_five_lines_that_can_be_quoted_alone(record, numbers):
    lines = report_summary(record).splitlines()
    assert len(lines) == 5
    assert all(line.startswith("SIMULATED data: ") for line in lines)
    assert "Iraq, fortnight 6 to 19 April 2020: Uptick in Kirkuk." in lines[0]
    front = front_page(numbers)
    assert f"How sure: {front.sure} New: {front.new}" in lines[0]
    status = front.standouts[0].status
    told = f"▲ Kirkuk: 45 in the fortnight, usual 15. {status[0].upper()}{status[1:]}. "
    assert f"{told}{front.standouts[0].facts}." in lines[1]
    assert "116 in the fortnight, usual 95" in lines[3]
    assert "reported so far: not known" in lines[4]


def test_a_week_without_an_uptick_names_the_closest():
    numbers = weekly_numbers(weekly_counts(sample=True, as_of="2019-11-10"))
    lines = report_summary(report_record(numbers, front_page(numbers))).splitlines()
    assert "Only 5 of 18 regions could be judged: no uptick there. How sure: " in lines[0]
    assert "No region stands out." in lines[1]


def test_markdown_of_data_formats_nothing(record):
    text = report_summary(hostile(record), markup="markdown")
    first, blank, *others = text.splitlines()
    assert first.startswith("**")
    assert first.endswith("**")
    assert blank == ""
    assert [line[:2] for line in others] == ["- "] * 4
    assert r"\<script\>" in first
    assert r"\*b\*" in first
    assert "[U+0001]" not in text.replace(r"\[U+0001\]", "")  # made visible, and escaped
    with pytest.raises(OptionError, match="markup"):
        report_summary(record, markup="html")


# -- workbook --------------------------------------------------------------------------------------------


def test_the_workbook_holds_the_tables(record, numbers):
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(record)))
    assert book.sheetnames == [f"{name} SIMULATED" for name in report_tables(record)]
    sheet = book["regions SIMULATED"]
    assert "no row of this is a real incident" in sheet["A1"].value
    head, *rows = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=2))
    found = pd.DataFrame(rows, columns=head).set_index("region")
    row = numbers.result.frame.set_index("region").loc["Kirkuk", ["observed", "expected", "starts_at"]]
    assert found.loc["Kirkuk", list(row.index)].tolist() == row.tolist()
    assert pd.isna(found.loc["Najaf", "pvalue"])
    weeks = book["weeks SIMULATED"]
    assert weeks.max_row == 2 + len(record["weeks"]["start"])


def test_nothing_in_the_workbook_runs(record):
    book = openpyxl.load_workbook(io.BytesIO(report_workbook(hostile(record))))
    texts = [
        cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)
    ]
    assert any("cmd|" in cell.value for cell in texts)
    for cell in texts:
        assert cell.data_type == "s"
        assert not cell.value.startswith(("=", "+", "@", "-c"))
        assert cell.hyperlink is None
    assert "\x01" not in "".join(cell.value for cell in texts)


def test_the_same_report_is_the_same_workbook(record):
    assert report_workbook(record) == report_workbook(record)


# -- feed ------------------------------------------------------------------------------------------------


def test_the_feed_has_an_entry_for_each_uptick(record):
    feed = ET.fromstring(alarm_feed(record))
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}title") for e in entries] == ["SIMULATED data: ▲ Kirkuk: uptick, 2020-W16"]
    for part in (feed, *entries):  # what RFC 4287 requires of both
        assert part.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", part.findtext(f"{ATOM}updated"))
        assert part.findtext(f"{ATOM}title")
    assert feed.find(f"{ATOM}author").findtext(f"{ATOM}name")
    said = entries[0].findtext(f"{ATOM}summary")
    assert said.startswith("SIMULATED data: ▲ Kirkuk: 45 in the fortnight, usual 15.")
    assert said.endswith("Reported so far: not known.")


def test_a_feed_keeps_earlier_weeks_and_says_nothing_twice(record):
    first = alarm_feed(record)
    assert alarm_feed(record, before=first) == first
    later = {**record, "as_of": "2020-04-26", "week": {**record["week"], "label": "2020-W17"}}
    feed = ET.fromstring(alarm_feed(later, before=first))
    entries = feed.findall(f"{ATOM}entry")
    assert [e.find(f"{ATOM}category").get("term") for e in entries] == ["2020-W17", "2020-W16"]
    assert len({e.findtext(f"{ATOM}id") for e in entries}) == 2
    assert feed.findtext(f"{ATOM}updated") == "2020-04-26T00:00:00Z"


def test_a_feed_of_other_reports_is_left_alone(record):
    other = alarm_feed({**record, "place": "Nigeria"})
    with pytest.raises(OutputError, match="of other reports"):
        alarm_feed(record, before=other)
    with pytest.raises(OutputError, match="no Atom feed"):
        alarm_feed(record, before=b"not a feed")


def test_names_in_a_feed_are_text(record):
    feed = ET.fromstring(alarm_feed(hostile(record)))
    title = feed.find(f"{ATOM}entry").findtext(f"{ATOM}title")
    assert "<script>alert(1)</script> [U+0001]*b*" in title


# -- page ------------------------------------------------------------------------------------------------


def test_the_page_stands_alone(page, soup):
    assert len(page.encode("utf-8")) < MOST
    for tag in soup.find_all(True):
        for name in ("src", "href", "xlink:href", "srcset", "action", "data"):
            address = str(tag.get(name, "#"))
            assert address.startswith(("#", "data:")), (tag.name, address[:80])
    assert not soup.find_all(["link", "iframe", "object", "embed", "img"])
    assert len(soup.find_all("script")) == 1
    assert re.findall(r"url\((?!#)", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)) == []
    assert not any(name.startswith("on") for tag in soup.find_all(True) for name in tag.attrs)


def test_ids_are_there_once_and_every_link_leads_somewhere(soup):
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inside = [a.get("href") or a.get("xlink:href") for a in soup.find_all("a")]
    targets = {address[1:] for address in inside if address.startswith("#")}
    assert targets <= set(ids)
    assert {f"region-{i}" for i in range(1, 19)} <= targets


def test_the_map_leads_to_cards_and_rows(soup, record):
    anchors = {row["region"]: row["anchor"] for row in record["regions"]}
    assert soup.find(id=anchors["Kirkuk"]).name == "article"
    assert "in uptick" in soup.find(id=anchors["Diyala"]).find_parent("table").find("caption").get_text()
    assert soup.find(id=anchors["Najaf"]).name == "li"  # told of below that table
    links = soup.select("figure svg a[aria-label]")
    said = {a["href"][1:]: a["aria-label"] for a in links}
    assert said[anchors["Kirkuk"]].startswith("Kirkuk: uptick: 45, usual 15")
    assert len(said) == 18


def test_the_page_says_what_the_front_page_says(soup, numbers):
    front = front_page(numbers)
    text = " ".join(soup.find(id="front").get_text(" ").split())
    assert soup.find("h1").get_text() == front.headline
    for said in (
        front.sure,
        front.new,
        front.falls,
        front.means,
        front.country.lead,
        *front.limits,
        *front.strip,
    ):
        assert said in text, said
    for item in front.standouts:
        assert item.lead in text
        assert item.facts in text
    for group in page_lines(front.groups):
        assert group.title in text
        assert all(part.names in text for part in group.parts)


def test_simulated_stands_in_badge_title_and_pictures(page, soup):
    assert soup.find(class_="badge").get_text() == "SIMULATED DATA"
    assert soup.title.get_text().startswith("SIMULATED: ")
    for picture in soup.select("figure svg"):
        assert "SIMULATED" in picture["aria-label"] or "SIMULATED" in picture.find_parent("figure").get_text()
    assert soup.find("meta", attrs={"name": "description"})["content"].startswith("SIMULATED data: ")


def test_the_chart_has_a_value_for_every_week(soup, record):
    titles = [g.find("title").get_text() for g in soup.select("svg.chart g.week")]
    assert len(titles) == len(record["weeks"]["start"])
    assert titles[-1].startswith("Week of 2020-04-13: 50; 27 to 74")
    assert "Week of 2019-05-13: no coverage" in titles


def test_the_data_are_inside_as_csv(soup, record):
    links = {a["download"]: a["href"] for a in soup.select("a[download]")}
    assert set(links) == {f"simulated-{name}.csv" for name in ("regions", "weeks", "types", "account")}
    content = base64.b64decode(links["simulated-regions.csv"].partition("base64,")[2])
    table = pd.read_csv(io.BytesIO(content))
    assert table["simulated"].all()
    assert table.set_index("region").loc["Kirkuk", "observed"] == 45
    assert table["observed"].tolist() == [row["observed"] for row in record["regions"]]


def test_tables_can_be_reached_and_read_by_all(soup):
    for box in soup.select("div.scroll"):
        assert (box["tabindex"], box["role"]) == ("0", "region")
        assert box["aria-label"]
    for head in soup.select("table th"):
        assert head["scope"] in ("col", "row")
    for picture in soup.select("svg"):
        hidden = picture.find_parent(attrs={"aria-hidden": "true"})
        assert hidden is not None or picture.get("aria-label")
    assert soup.html["lang"] == "en"
    assert len(soup.find_all("h1")) == 1


def notebook_of(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def shown(html="", markdown="", **data):
    if markdown:
        return nbformat.v4.new_markdown_cell(markdown)
    output = nbformat.v4.new_output("display_data", {"text/html": html, **data})
    return nbformat.v4.new_code_cell("x", outputs=[output])


def test_what_notebooks_bring_along_cannot_run_or_fetch(sample_report, record):
    document = replace(
        sample_report.document,
        notebook=notebook_of(
            shown('<p onclick="x()">a<script>bad()</script><img src="https://example.org/x.png"></p>'),
            shown('<a href="javascript:bad()">b</a><iframe src="https://example.org"></iframe>'),
            shown(markdown="## Here\n\nIf $\\hat\\phi = 1$ *so* <script>bad()</script>"),
        ),
    )
    text = report_page(hostile(record), document)
    soup = BeautifulSoup(text, "html.parser")
    assert len(soup.find_all("script")) == 1
    assert "bad()" not in soup.find("script").get_text()
    assert not soup.find_all(["img", "iframe"])
    assert "javascript:" not in text
    assert "onclick" not in text
    assert "example.org" not in text
    assert soup.find("math") is not None
    assert "<script>bad()</script>" in soup.find("main").get_text()  # shown as text
    assert "<script>alert(1)</script>" in soup.find("article").get_text()
    assert [a.get_text() for a in soup.select("nav a")][1] == "Here"


def test_a_drawing_that_could_run_is_shown_as_an_image(sample_report, record):
    quiet = '<svg width="9"><title>Bars: 1, 2</title><rect width="3"/></svg>'
    loud = (
        '<svg onload="bad()"/></svg>',
        "<svg><script>bad()</script></svg>",
        '<svg><image href="https://example.org/x.png"/></svg>',
        '<svg><a xlink:href="javascript:bad()"/></svg>',
    )
    cells = [shown(f"<p>{svg}</p>") for svg in (quiet, *loud)]
    text = report_page(record, replace(sample_report.document, notebook=notebook_of(*cells)))
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find("svg", attrs={"aria-label": "Bars: 1, 2"}) is not None
    images = [img["src"] for img in soup.find_all("img")]
    assert len(images) == 4
    assert all(source.startswith("data:image/svg+xml;base64,") for source in images)
    assert "bad()" not in text
    assert "example.org" not in text


def test_pages_of_a_notebook_keep_targets_descriptions_and_headings(sample_report, record):
    figure = f'<figure aria-label="Bars of weeks"><svg width="9">{"<g/>" * 3000}</svg></figure>'
    cells = [
        shown(f'<h2 id="sec-where">Where</h2><p id="front">x</p>{figure}<a href="#sec-where">up</a>'),
        shown('<p><a href="#nowhere">gone</a></p>'),
    ]
    text = report_page(record, replace(sample_report.document, notebook=notebook_of(*cells)))
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find("h2", id="sec-where").get_text() == "Where"
    assert len(soup.find_all(id="front")) == 1
    assert soup.select('div.picture svg[aria-label="Bars of weeks"]')
    assert soup.find("a", string="up")["href"] == "#sec-where"
    assert not soup.find("a", string="gone").has_attr("href")
    assert ("#sec-where", "Where") in [(a["href"], a.get_text()) for a in soup.select("nav a")]


def exported(*cells, **options):
    page, resources = PageExporter(**options).from_notebook_node(
        notebook_of(*cells), {"metadata": {"name": "notes"}}
    )
    assert resources["output_extension"] == ".html"
    return BeautifulSoup(page, "html.parser")


def test_any_notebook_is_a_page():
    plain = nbformat.v4.new_output("execute_result", {"text/plain": "1 < 2 <b>"}, execution_count=1)
    printed = nbformat.v4.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m\n")
    png = nbformat.v4.new_output("display_data", {"image/png": "aGk=", "text/plain": "Figure"})
    code = nbformat.v4.new_code_cell("#| fig-alt: what is seen\n#| fig-cap: The takeaway\n1", outputs=[png])
    soup = exported(
        shown(markdown="# Notes of mine\n\nText with $x^2$."),
        shown(markdown="## First <script>bad()</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        nbformat.v4.new_code_cell("print(1)", outputs=[printed, plain]),
        code,
    )
    assert soup.title.get_text() == soup.find("h1").get_text() == "Notes of mine"
    assert len(soup.find_all("h1")) == 1
    assert [a.get_text() for a in soup.select("nav a")] == ["First <script>bad()</script>"]
    assert [pre.get_text() for pre in soup.find_all("pre")] == ["red", "1 < 2 <b>"]
    image = soup.find("img")
    assert (image["src"], image["alt"]) == ("data:image/png;base64,aGk=", "what is seen")
    assert soup.find("figcaption").get_text() == "The takeaway"
    assert soup.find("th")["scope"] == "col"
    assert len(soup.find_all("script")) == 1
    assert "print(1)" not in soup.get_text()


def test_drawings_and_markdown_of_any_notebook_are_shown():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt"><path d="M0 0"/></svg>'
    drawn = nbformat.v4.new_output("display_data", {"image/svg+xml": svg, "text/plain": "Figure"})
    told = nbformat.v4.new_output("display_data", {"text/markdown": "It *rose*.", "text/plain": "p"})
    table = nbformat.v4.new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>"})
    code = nbformat.v4.new_code_cell("#| fig-alt: a dot\n1", outputs=[drawn])
    soup = exported(code, nbformat.v4.new_code_cell("2", outputs=[told, table]))
    assert soup.find("svg", attrs={"aria-label": "a dot"}) is not None
    assert soup.find("em").get_text() == "rose"
    assert soup.find("table").get("class") is None  # without a head there is nothing to sort by


def test_a_record_without_regions_in_groups_or_types_has_neither(record):
    assert "groups" in page_parts._groups(record)
    assert page_parts._groups({**record, "groups": []}) == ""
    assert page_parts._remaining(record, []) == []
    assert "Kirkuk" in page_parts._remaining(record, ["Kirkuk"])[0]
    assert "types.csv" in page_parts._data(record)
    assert "types.csv" not in page_parts._data({**record, "types": None})


def test_the_head_of_an_office_has_its_logo_where_there_is_one():
    plain = _office_head(OfficeTemplate(name="Office <A>", line="for all"))
    assert plain.count("<img") == 0
    assert "<b>Office &lt;A&gt;</b><small>for all</small>" in plain
    for kind, mime in (("svg", "svg+xml"), ("png", "png")):
        made = _office_head(OfficeTemplate(name="A", logo=b"drawn", logo_kind=kind, logo_alt='"A"'))
        assert f'<img src="data:image/{mime};base64,ZHJhd24=" alt="&quot;A&quot;">' in made
        assert "<small>" not in made


def test_what_a_page_is_called_and_marked():
    cell = nbformat.v4.new_code_cell("x = 1")
    soup = exported(cell, title="Mine & yours", simulated=True, echo=True, meta="data to 19 April")
    assert soup.title.get_text() == "SIMULATED: Mine & yours"
    assert soup.find(class_="badge").get_text() == "SIMULATED DATA"
    assert soup.find("footer").get_text() == "data to 19 April"
    assert soup.find("code").get_text() == "x = 1"
    assert exported(cell).title.get_text() == "notes"


def test_failed_cells_make_no_page(sample_report, record):
    failed = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("error", ename="E", evalue="v")])
    with pytest.raises(InputError, match="failed"):
        report_page(record, replace(sample_report.document, notebook=notebook_of(failed)))


def test_pictures_never_share_an_id():
    drawn = '<use xlink:href="#g1"/><g id="b"/><g clip-path="url(#g1)"/>'
    svg = f'<?xml?><svg id="a"><defs><path id="g1"/></defs>{drawn}</svg>'
    one, two = (inline_svg(svg, name, alt='A "map" & more') for name in ("p1", "p2"))
    assert 'id="p1-0"' in one
    assert '<use href="#p1-0"/>' in one
    assert "url(#p1-0)" in one
    assert 'id="b"' not in one
    assert set(re.findall(r'id="([^"]+)"', one)).isdisjoint(re.findall(r'id="([^"]+)"', two))
    assert 'aria-label="A &quot;map&quot; &amp; more"' in one


def test_a_drawing_is_packed_and_its_words_are_not():
    moved = '<use xlink:href="#g" transform="translate(63.90625 0)"/>'
    glyphs = f'<g transform="translate(100.377292 7.5) scale(0.0255 -0.0255)">\n {moved}\n</g>'
    packed = inline_svg(f"<svg>{glyphs}\n<text>a  <tspan>1.23456</tspan>\n b</text></svg>", "p", alt="")
    assert 'translate(100.38 7.5) scale(0.0255 -0.0255)"><use href="#p-0" x="64"/></g>' in packed
    assert "<text>a  <tspan>" in packed
    assert "\n b</text>" in packed


def test_small_bars_leave_out_what_is_not_known():
    drawn = BeautifulSoup(spark([1, None, 3, 4], 2), "html.parser")
    assert [rect["class"] for rect in drawn.find_all("rect")] == [["bar"], ["asked"], ["asked"]]
    assert drawn.svg["aria-label"] == "Last 4 weeks: 1, no coverage, 3, 4"


def test_a_chart_of_nothing_is_no_error(record):
    weeks = {name: [None] * 3 for name in ("all", "low", "high", "expected")}
    empty = {**record, "weeks": {"start": ["2020-01-06", "2020-01-13", "2020-01-20"], "regions": {}, **weeks}}
    assert weeks_chart(empty, "out").count('class="gap"') == 3


def test_rows_get_their_region_once():
    writer = CellWriter({"Kirkuk": "region-1", "Erbil": "region-2"})
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>Kirkuk</td></tr></tbody></table>"
    assert writer.html(table + table).count('id="region-1"') == 1
    assert writer.unused() == {"Erbil": "region-2"}


# -- writing ---------------------------------------------------------------------------------------------


def test_formats_are_checked(snapshot):
    assert check_formats("html, pdf,HTML") == ("pdf", "html")
    said = {}
    for asked in ("docx", "", []):
        with pytest.raises(OptionError) as error:
            check_formats(asked)
        said[repr(asked)] = str(error.value)
    assert said == snapshot


def test_each_format_goes_beside_the_pdf_and_the_feed_to_one_place(record, tmp_path):
    made = made_formats(("pdf", "xlsx", "json", "atom", "md", "txt"), record, None, tmp_path / "week.pdf")
    assert {name: path.name for name, (path, _) in made.items()} == {
        "xlsx": "week.xlsx",
        "json": "week.json",
        "atom": "uptick-weekly-alarms.atom",
        "md": "week.md",
        "txt": "week.txt",
    }
    assert json.loads(made["json"][1]) == json.loads(json.dumps(record))
    assert made["txt"][1].decode("utf-8") == report_summary(record)


def test_the_command_writes_without_a_notebook(run, tmp_path):
    code, out, err = run(
        "report", "--sample", "--week", "2020-W16", "--format", "json,xlsx,atom", "-o", tmp_path
    )
    assert (code, err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "uptick-weekly-2020-W16.json",
        "uptick-weekly-2020-W16.xlsx",
        "uptick-weekly-alarms.atom",
    ]
    assert "json: " in out
    assert ", SIMULATED data" in out


def test_the_command_prints_and_writes_nothing(run, tmp_path, monkeypatch, record):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analytics.reporting.content.weekly.run.report_record_of", lambda scope: record)
    code, out, err = run("report", "--sample", "--week", "2020-W16", "--summary", "--markdown")
    assert (code, err) == (0, "")
    assert out == report_summary(record, markup="markdown")
    code, out, err = run("report", "--sample", "--week", "2020-W16", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["headline"] == "SIMULATED data: Uptick in Kirkuk."
    assert list(tmp_path.iterdir()) == []


def polygons(path, names):
    square = [[0, 0], [1, 0], [1, 1], [0, 0]]
    features = [
        {
            "type": "Feature",
            "properties": {"NAME_1": name},
            "geometry": {"type": "Polygon", "coordinates": [[[x + 2 * i, y] for x, y in square]]},
        }
        for i, name in enumerate(names)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_names_of_polygons_that_match_nothing_are_told(run, tmp_path, snapshot, monkeypatch, record):
    monkeypatch.setattr("analytics.reporting.content.weekly.run.report_record_of", lambda scope: record)
    asked = ("report", "--sample", "--week", "2020-W16", "--format", "txt", "-o", tmp_path / "out")
    some = polygons(tmp_path / "some.geojson", ["Kirkuk", "Narnia"])
    code, out, _ = run(*asked, "--polygons", some)
    assert code == 0
    told = [line for line in out.splitlines() if "polygon" in line]
    assert told[0].startswith("note: 17 of 18 regions without a polygon: Anbar, Babil, ")
    assert told[1] == "note: polygons without a region in the counts: Narnia"
    none = polygons(tmp_path / "none.geojson", ["Narnia", "Mordor"])
    code, out, err = run(*asked, "--polygons", none)
    assert (code, out) == (2, "")
    assert err == snapshot


def test_options_that_do_not_go_together(run, snapshot):
    said = {}
    for more in (
        ("--summary", "--json"),
        ("--json", "--format", "html"),
        ("--markdown",),
        ("--format", "doc"),
    ):
        code, out, err = run("report", "--sample", "--week", "2020-W16", *more)
        assert (code, out) == (2, "")
        said[" ".join(more)] = err
    assert said == snapshot


def test_links_of_a_map_do_not_change_what_it_shows(numbers):
    import matplotlib.pyplot as plt

    bare, linked = plot_map(numbers.result), plot_map(numbers.result, links={"Kirkuk": "#region-9"})
    assert [t.get_text() for t in bare.texts] == [t.get_text() for t in linked.texts]
    plt.close("all")


def test_the_record_is_kept_where_readers_do_not_see_it(sample_report):
    cells = sample_report.document.cells
    assert not any(MIME in output.get("data", {}) for cell in cells for output in cell.outputs)
