"""The front page as a notebook shows it and as Typst sets it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from analytics.reporting.content.weekly.content import WeeklyContent
from analytics.reporting.content.weekly.front import Country, FrontPage
from analytics.reporting.content.weekly.groups import Group, page_lines
from analytics.reporting.content.weekly.maps import map_figure
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.standouts import WHOLE, Standout
from analytics.reporting.elements.drawn import bars, spark_svg
from analytics.reporting.elements.figures import ReportFigure
from analytics.reporting.elements.pages import Layout, ReportPage
from analytics.reporting.notebook.escape import literal, string
from analytics.results import mark
from analytics.results.words_report import numbers_words

__all__ = ["show_front", "strip", "typst_standout"]

STRIP_KEY = (
    "Incidents per week, this fortnight marked; line: mean of the year before; shaded: the range it leads "
    "one to expect"
)
_SQUASHED = 100  # from here on a third line is drawn rather than bars in half the height
_ROLES = {"uptick": "#C2410C", "far_below": "#1D4E89"}


def show_front(content: WeeklyContent, numbers: WeeklyNumbers) -> ReportPage:
    """Return the front page, with a map where there are several regions."""
    page, picture = content.front, map_figure(numbers)
    figures = () if picture is None else (picture,)
    shown = Layout(_typst(page, picture), _html(page, picture), _text(page), figures)
    return ReportPage([shown], opens=True)


def _typst(page: FrontPage, picture: ReportFigure | None) -> str:
    said = {
        "headline": page.headline,
        "below": [part for part in (("How sure", page.sure), ("New", page.new)) if part[1]],
        "limits": [{"said": f"{part}.", "strong": part.startswith("Only ")} for part in page.limits],
        "alarm": page.alarm,
        "strip": page.strip,
        "standouts": [typst_standout(item) for item in page.standouts],
        "whole": WHOLE if len(page.standouts) <= WHOLE + 1 else 2,
        "asked": page.asked_weeks,
        "closest": [typst_standout(item) for item in page.closest],
        "nothing": page.nothing,
        "left-out": page.left_out,
        "comment": page.comment,
        "falls": page.falls,
        "news": page.news,
        "groups": [_group(group) for group in page_lines(page.groups)],
        "country": {
            "name": page.country.name,
            "lead": page.country.lead,
            "aside": page.country.aside,
            "strip": strip(page.country, page.asked_weeks, simulated=page.simulated),
        },
        "means": page.means,
        "link": "How to read this report: see its last section.",
    }
    place = ""
    if picture is not None:
        key = literal(page.key.split("   "))
        place = f", map: {string(picture.file)}, map-alt: {string(picture.alt)}, map-key: {key}"
    return f"#weekly-front({literal(said)}{place});"


def typst_standout(item: Standout) -> dict[str, Any]:
    """Return what the template shows of a region that stands out."""
    return {
        "region": item.region,
        "tile": f"{item.tile} on the map" if item.tile else "",
        "sign": item.sign,
        "grade": item.grade,
        "lead": item.lead,
        "short": numbers_words(item.observed, item.usual),
        "facts": item.facts,
        "status": item.status[:1].upper() + item.status[1:],
        "checks": item.checks,
        "comment": item.comment,
        "bars": bars(item.weeks),
    }


def _group(group: Group) -> dict[str, Any]:
    parts = [{"sign": p.sign, "names": p.names, "aside": p.aside} for p in group.parts]
    return {"key": group.key, "title": group.title, "number": group.number, "parts": parts}


def strip(country: Country, asked: int, *, simulated: bool) -> Mapping[str, Any]:
    """Return what the template draws of a series of weeks over what was expected of them."""
    known = [v for v in (*country.weeks, *country.high) if not math.isnan(v)]
    ticks = nice_ticks(max(known, default=1.0))
    last = len(country.starts) - 1
    marked = sorted({0, last // 3, 2 * last // 3, last})
    alt = (
        f"{mark(simulated)}Bars of incidents per week over {len(country.weeks)} weeks to the week of "
        f"{country.starts[-1]}, over the range expected from each one's own past year. {country.lead} "
        f"{country.aside}"
    ).rstrip()
    return {
        "weeks": country.weeks,
        "low": country.low,
        "high": country.high,
        "usual": country.usual,
        "top": max(ticks[-1], max(known, default=1.0)),
        "ticks": ticks,
        "names": [(at, country.starts[at]) for at in marked],
        "asked": asked,
        "hot": country.called,
        "key": STRIP_KEY + ("; ✕: no data." if any(map(math.isnan, country.weeks)) else "."),
        "alt": alt,
    }


def _html(page: FrontPage, picture: ReportFigure | None) -> str:
    colour = _ROLES["uptick"] if page.alarm else "#1F2937"
    parts = [
        f'<h1 style="color:{colour}">{escape(page.headline)}</h1>',
        *(
            f"<p><big><b>{name}:</b> {escape(text)}</big></p>"
            for name, text in (("How sure", page.sure), ("New", page.new))
            if text
        ),
    ]
    parts.append(f"<p><small>{escape('  ·  '.join((*page.limits, *page.strip)))}</small></p>")
    parts += [picture._repr_html_()] if picture is not None else []
    for item in (*page.standouts, *page.closest):
        side = f"border-left:3px solid {_ROLES.get(item.grade, '#1F2937')};padding-left:10px"
        said = "<br>".join(
            escape(line) for line in (item.status, item.facts, item.checks, item.comment) if line
        )
        tile = f" <small>{item.tile} on the map</small>" if item.tile else ""
        name = f"<b>{escape(item.sign)} {escape(item.region)}</b>{tile}"
        head = f"{name} {spark_svg(item.weeks, page.asked_weeks)}"
        parts.append(f'<div style="{side}">{head}<br>{escape(item.lead)}<br><small>{said}</small></div>')
    lines = (page.falls, page.left_out, *page.comment, *page.news)
    parts += [f"<p>{escape(line)}</p>" for line in lines if line]
    rows = "".join(
        f"<tr><td>{escape(group.title)}</td><td>{group.number}</td><td>{escape(_group_text(group))}</td></tr>"
        for group in page_lines(page.groups)
    )
    country = page.country
    parts += [
        f"<table>{rows}</table>",
        f"<p><b>{escape(country.name)}</b> {escape(country.lead)} <small>{escape(country.aside)}</small> "
        f"{spark_svg(country.weeks, page.asked_weeks)}</p>",
        f"<p><small><b>Uptick</b> means: {escape(page.means)}</small></p>",
    ]
    return "\n".join(parts)


def _group_text(group: Group) -> str:
    return " ".join(
        f"{part.sign} {part.names}".strip() + (f" ({part.aside})" if part.aside else "")
        for part in group.parts
    )


def _text(page: FrontPage) -> str:
    lines = [f"{group.title}, {group.number}: {_group_text(group)}".rstrip(": ") for group in page.groups]
    return "\n".join([mark(page.simulated) + page.headline, *page.sentences()[1:], *lines])


def nice_ticks(top: float) -> list[int]:
    """Return a few round numbers from zero up to about `top`.

    Examples
    --------
    >>> nice_ticks(91), nice_ticks(3), nice_ticks(0), nice_ticks(1142)
    ([0, 50, 100], [0, 2, 4], [0, 1], [0, 500, 1000, 1500])
    """
    if top <= 1:
        return [0, 1]
    size = 10 ** math.floor(math.log10(top / 2))
    steps = [int(m * size) for m in (1, 2, 2.5, 5, 10) if (m * size) % 1 == 0]
    two, three = (next(step for step in steps if step * number >= top) for number in (2, 3))
    if top >= _SQUASHED and 3 * three < 0.8 * 2 * two:
        return [three * number for number in range(4)]
    return [0, two, 2 * two]
