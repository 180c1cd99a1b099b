"""The card of one region, as a notebook shows it and as Typst sets it."""

from __future__ import annotations

from html import escape

from analytics.reporting.content.weekly.cards import Notable, RegionCard
from analytics.reporting.content.weekly.front import FrontPage
from analytics.reporting.content.weekly.set_front import strip, typst_standout
from analytics.reporting.content.weekly.where import Part
from analytics.reporting.elements.drawn import spark_svg
from analytics.reporting.elements.pages import Layout
from analytics.reporting.notebook.escape import literal
from analytics.results import format_number
from analytics.results.words_report import named_numbers

__all__ = ["show_card"]

_TICKS = {True: "✓", False: "✗", None: "·"}


def show_card(card: RegionCard, front: FrontPage) -> Layout:
    """Return one region's card."""
    said = {
        **typst_standout(card.standout),
        "strip": strip(card.weeks, front.asked_weeks, simulated=front.simulated),
        "parts": [{"title": title, "lines": _lines(parts, more)} for title, parts, more in card.parts],
        "notable": [_incident(n) for n in card.notable],
        "left": card.notable_left,
        "checks": [{"sign": _TICKS[c.stands], "what": c.what, "found": c.found} for c in card.checks],
    }
    return Layout(f"#region-card({literal(said)}, {front.asked_weeks})", _html(card, front), _text(card))


def _incident(incident: Notable) -> str:
    where = f", {incident.district}" if incident.district else ""
    return f"{incident.day}{where}: {incident.kind}, {incident.casualties}"


def _lines(parts: tuple[Part, ...], more: float) -> list[tuple[str, str, str]]:
    lines = [
        (p.name, f"{p.observed:,.0f}", f"usual {format_number(p.usual, 0 if p.usual >= 2 else 1)}")
        for p in parts
    ]
    return [*lines, ("others", f"{more:,.0f}", "")] if more > 0 else lines


def _said(card: RegionCard) -> list[str]:
    parts = [
        f"{title}: " + ", ".join(named_numbers(p.name, p.observed, p.usual) for p in parts)
        for title, parts, _ in card.parts
    ]
    notable = [_incident(n) for n in card.notable]
    checks = [f"{_TICKS[c.stands]} {c.what}: {c.found}" for c in card.checks]
    item = card.standout
    return [
        line
        for line in (item.status, item.facts, *parts, *notable, card.notable_left, *checks, item.comment)
        if line
    ]


def _text(card: RegionCard) -> str:
    item = card.standout
    return "\n".join([f"{item.sign} {item.region}: {item.lead}", *_said(card)])


def _html(card: RegionCard, front: FrontPage) -> str:
    item = card.standout
    lines = "".join(f"<li>{escape(line)}</li>" for line in _said(card))
    drawn = spark_svg(card.weeks.weeks, front.asked_weeks)
    return (
        f"<h3>{escape(item.sign)} {escape(item.region)}</h3><p>{escape(item.lead)} "
        f"{drawn}</p><ul>{lines}</ul>"
    )
