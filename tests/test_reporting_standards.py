"""The PDF is what it says it is: tagged, titled, described, in the standards named; and not long."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pikepdf
import pytest
from pdfua import validate

from analytics.reporting import pdf_of

MOST = 8  # pages of a report on eighteen regions, on either paper
# What pdfua 0.1 cannot read in any file: it takes an array for a dictionary.
NOT_READ = {"UA-14-001"}
RULES = 11  # of the subset that pdfua checks, evaluated at least
PICTURES = r"(SIMULATED(:| data:) )?(Line|Calendar|Board|Map|Table|Curve|Strip|Bars|Share)\b"


@pytest.fixture(scope="module", params=["a4", "us-letter"])
def made(sample_report, request):
    return pdf_of(replace(sample_report.document, paper=request.param))


@pytest.fixture(scope="module")
def pdf(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as opened:
        yield opened


def tags(element, found):
    """Every element of the structure, by its role."""
    if isinstance(element, pikepdf.Array):
        for child in element:
            tags(child, found)
    elif isinstance(element, pikepdf.Dictionary):
        if "/S" in element:
            found.setdefault(str(element.S), []).append(element)
        if "/K" in element:
            tags(element.K, found)
    return found


def test_a_report_takes_eight_pages_at_most_on_either_paper(made):
    assert 5 <= made.pages <= MOST
    assert made.warnings == ()


def test_an_independent_checker_finds_nothing(made, tmp_path):
    """It covers a part of PDF/UA-1 and says so itself; the compiler holds the file to PDF/A-2a."""
    path = tmp_path / "report.pdf"
    path.write_bytes(made.pdf)
    report = validate(str(path))
    assert not report.findings
    assert {rule.rule_id for rule in report.skipped} <= NOT_READ
    assert len(report.outcomes) >= RULES


def test_the_metadata_name_the_standards(pdf):
    with pdf.open_metadata() as meta:
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("2", "A")
        assert meta["pdfuaid:part"] == "1"
        assert "SIMULATED" in meta["dc:title"]
    assert pdf.Root.MarkInfo.Marked
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.Root.Lang).startswith("en")


def test_the_outline_has_every_section(pdf):
    with pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[:2] == ["The country", "Where"]
    assert {"Every region", "Can we trust it"} <= set(titles)


def test_every_figure_tells_what_it_shows(pdf, sample_report):
    found = tags(pdf.Root.StructTreeRoot.K, {})
    said = [str(figure.Alt) for figure in found["/Figure"]]
    assert len(said) >= 8
    captions = {figure.caption for figure in sample_report.document.figures if figure.caption}
    for alt in said:
        shown = re.sub("[\u2066-\u2069\u200b]", "", alt)
        assert re.match(PICTURES, shown), shown
        assert shown not in captions
        about = min((shown.replace(caption, "") for caption in captions), key=len)
        assert len(about) > 40, shown  # more than its takeaway


def test_tables_have_heads_and_headings_are_in_order(pdf):
    found = tags(pdf.Root.StructTreeRoot.K, {})
    assert len(found["/TH"]) > 20
    assert len(found["/H1"]) >= 8
    assert "/H3" not in found or "/H2" in found
