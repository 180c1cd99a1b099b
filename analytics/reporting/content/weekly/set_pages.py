"""The pages of the weekly report behind the first, as a notebook shows them and as Typst sets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from analytics.reporting.content.weekly import figures
from analytics.reporting.content.weekly.content import WeeklyContent
from analytics.reporting.content.weekly.country import CountryPage
from analytics.reporting.content.weekly.guide import METHOD
from analytics.reporting.content.weekly.maps import map_figure
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.set_card import show_card
from analytics.reporting.content.weekly.where import Inside, WherePage
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure
from analytics.reporting.elements.pages import Heading, Layout, Part, ReportPage
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.reporting.notebook.escape import literal
from analytics.reporting.notebook.markdown import Headings, markdown_to_typst
from analytics.results import format_number
from analytics.results.words_days import length_words
from analytics.results.words_report import named_numbers

__all__ = [
    "show_cards",
    "show_country",
    "show_kinds",
    "show_method",
    "show_regions",
    "show_scorecard",
    "show_trust",
    "show_where",
]


def show_country(content: WeeklyContent, numbers: WeeklyNumbers) -> ReportPage | None:
    """Return the page on all regions together; None where it was not asked for."""
    page = content.country
    if page is None:
        return None
    front = content.front.country
    lead = ReportText([f"{front.lead} {front.aside}"])
    drawn: list[Part] = [figures.trend_figure(numbers), figures.calendar_figure(numbers)]
    return ReportPage([Heading(page.title, label="sec-country"), lead, *drawn, _comparisons(page)])


def _comparisons(page: CountryPage) -> ReportTable:
    rows = [
        (c.what, c.now, c.words, f"{c.beside} ({c.days})", c.then, c.interval or None)
        for c in page.comparisons
    ]
    frame = pd.DataFrame(rows, columns=["what", "now", "words", "beside", "then", "interval"])
    return ReportTable(
        frame,
        columns=[
            Column("what", "Compared"),
            Column("now", "Incidents", format=_whole),
            Column("words", "is", width="0.5fr"),
            Column("beside", "as against", width="1.5fr"),
            Column("then", "Incidents", format=_whole),
            Column("interval", "Interval", align="right"),
        ],
        caption=page.takeaway,
        notes=(page.note,),
        label="tbl-comparison",
        missing="",
    )


def show_where(content: WeeklyContent, numbers: WeeklyNumbers) -> ReportPage | None:
    """Return the page on places; None where it was not asked for."""
    page = content.where
    if page is None:
        return None
    pair = [made for show in ("level", "change") if (made := map_figure(numbers, show)) is not None]
    parts: list[Part] = [Heading("Where", label="sec-where"), side_by_side(pair)]
    if page.inside:
        parts.append(_inside(page, numbers))
    parts += [Heading("Another method, week by week", level=2), ReportText([" ".join(page.method)])]
    board = figures.board_figure(numbers) if page.board else None
    return ReportPage([*parts, *([board] if board is not None else [])])


def side_by_side(pair: Sequence[ReportFigure]) -> Layout:
    """Return figures beside each other."""
    said = [{"path": made.file, "alt": made.alt, "caption": made.caption} for made in pair]
    return Layout(
        f"#figure-pair({', '.join(map(literal, said))})",
        "".join(made._repr_html_() for made in pair),
        "\n".join(map(str, pair)),
        pair,
    )


def _inside(page: WherePage, numbers: WeeklyNumbers) -> ReportTable:
    def said(inside: Inside) -> str:
        named = [named_numbers(part.name, part.observed, part.usual) for part in inside.parts]
        return " · ".join(named) + (f" · elsewhere {inside.more:,.0f}" if inside.more else "")

    noun = numbers.region_noun(1)
    frame = pd.DataFrame(
        [(inside.region, inside.observed, said(inside)) for inside in page.inside],
        columns=["region", "observed", "inside"],
    )
    return ReportTable(
        frame,
        columns=[
            Column("region", noun[0].upper() + noun[1:]),
            Column("observed", length_words(RECENT).capitalize(), format="integer"),
            Column("inside", "Its districts, those with most incidents first", width="1fr"),
        ],
        caption=page.inside_title,
        notes=("Districts as the file names them; described, not tested.",),
        label="tbl-inside",
    )


def show_cards(content: WeeklyContent) -> ReportPage | None:
    """Return the cards of the regions in ▲ and △; None where there are none."""
    page = content.cards
    if page is None:
        return None
    cards: list[Part] = [show_card(card, content.front) for card in page.cards]
    left = [ReportText([page.left_out], kind="notice")] if page.left_out else []
    return ReportPage([Heading("In uptick, or above usual", label="sec-cards"), *cards, *left])


def show_regions(content: WeeklyContent) -> ReportPage | None:
    """Return the page on every region; None where it was not asked for."""
    page = content.regions
    if page is None:
        return None
    lines = [line for line in (page.folded, page.left_out) if line]
    table = replace(page.table, notes=(*lines, *page.table.notes))
    return ReportPage([Heading("Every region", label="sec-regions"), table])


def show_kinds(content: WeeklyContent, numbers: WeeklyNumbers) -> ReportPage | None:
    """Return the page on types and fatalities; None where it was not asked for."""
    page = content.kinds
    if page is None:
        return None
    parts: list[Part] = [Heading("What kind", label="sec-kinds")]
    types = figures.types_figure(numbers)
    parts.append(ReportText([page.types], kind="notice") if types is None else types)
    parts.append(Heading("Severity, apart from incidents", level=2))
    deadly = figures.severity_figure(numbers)
    parts += [deadly] if deadly is not None else []
    parts.append(ReportText([page.severity_note], kind="notice") if page.severity is None else page.severity)
    return ReportPage(parts)


def show_trust(content: WeeklyContent, numbers: WeeklyNumbers) -> ReportPage | None:
    """Return the page on what the figures rest on; None where it was not asked for."""
    page = content.trust
    if page is None:
        return None
    said = [page.completeness, page.delay, page.coverage, page.revisions, page.sources]
    parts: list[Part] = [
        Heading("Can we trust it", label="sec-trust"), ReportText([line for line in said if line]),
    ]  # fmt: skip
    drawn = [figures.delay_figure(numbers) if page.delay_known else None]
    drawn.append(figures.completeness_figure(numbers) if page.completeness_known else None)
    drawn.append(figures.coverage_figure(numbers) if page.gaps else None)
    parts += [made for made in drawn if made is not None]
    parts += [page.account, *([page.faults] if page.faults is not None else [])]
    parts += [Heading("Notes made on the way", level=2), ReportText(page.notes or ["None."], kind="notice")]
    return ReportPage(parts)


def show_scorecard(content: WeeklyContent) -> ReportPage | None:
    """Return what became of earlier calls, and next week's lines; None where it was not asked for."""
    page = content.scorecard
    if page is None:
        return None
    parts: list[Part] = [
        Heading("Scorecard, and what to watch", label="sec-scorecard"),
        ReportText([page.basis]),
    ]
    parts += [page.calls] if page.calls is not None else []
    return ReportPage([*parts, Heading("Next week", level=2), ReportText(page.watch)])


def show_method(content: WeeklyContent) -> ReportPage | None:
    """Return how to read the report and how it was made; None where it was not asked for."""
    page = content.method
    if page is None:
        return None
    head = Heading(METHOD, label="sec-method")
    nulls = ReportText(page.nulls, kind="notice")
    return ReportPage(
        [head, _markdown(page.reading), _markdown(page.method), nulls, page.parameters], small=True
    )


def _markdown(text: str) -> Layout:
    from analytics.reporting.formats.cells import markdown_html

    return Layout(markdown_to_typst(text, Headings()), markdown_html(text), text)


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else format_number(value)
