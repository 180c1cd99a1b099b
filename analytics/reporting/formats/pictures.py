"""Pictures inside a web page: SVG whose ids clash with nothing, the weeks as bars with their values."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["inline_svg", "spark", "weeks_chart"]

_USED = re.compile(r'(?:xlink:href="#|href="#|url\(#)([^")]+)')
_ID = re.compile(r'\sid="([^"]*)"')
_METADATA = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", flags=re.DOTALL)
# What could run or fetch: such a drawing is shown as an image, in which a browser lets nothing run.
_LOUD = re.compile(
    r"<script|<foreignObject|<style[^>]*>[^<]*(?:@import|url\(\s*['\"]?(?!#))|\son\w+\s*=|javascript:"
    r"|(?:href|src)\s*=\s*['\"](?!#|data:image/)",
    flags=re.IGNORECASE,
)
_GLYPH = re.compile(r' transform="translate\(([\d.]+) 0\)"/>')
_NUMBER = re.compile(r"scale\([^)]*\)|(?<![\w.#])\d+\.\d{3,}(?![\w.])")
_BETWEEN = re.compile(r">\s*\n\s*<(?!/?t)")  # texts, their parts and titles keep theirs
_REFERENCE = re.compile(r'((?:xlink:)?href="#|url\(#)([^")]+)(["\)])')
_LINK = re.compile(r'<a ([^>]*?)xlink:href="([^"]*)"([^>]*)>')
_WIDE, _HIGH, _LEFT, _TOP, _FOOT = 960, 230, 38, 12, 26


def _packed(svg: str) -> str:
    """Return a drawing without the blanks between its elements, numbers to a hundredth of a point."""

    def short(found: re.Match[str]) -> str:
        if found[0].startswith("scale"):
            return found[0]
        value = float(found[0])
        return f"{value:.2f}".rstrip("0").rstrip(".") if value >= 10 else f"{value:.4g}"

    text = _GLYPH.sub(lambda found: f' x="{float(found[1]):.0f}"/>', svg)
    text = text.replace("<use xlink:href=", "<use href=")
    return _BETWEEN.sub("><", _NUMBER.sub(short, text))


def inline_svg(svg: str, prefix: str, *, alt: str, names: Mapping[str, str] | None = None) -> str:
    """Return an SVG as it stands inside a page.

    Parameters
    ----------
    svg : str
    prefix : str
        What its ids begin with, so that two pictures of a page never share one; ids that nothing refers to
        are left out.
    alt : str
        What can be seen.
    names : mapping, optional
        Address of a link to what it says. The first link to an address can be reached by keyboard; others
        that lead to the same place are for the pointer alone.
    """
    text = _METADATA.sub("", svg[svg.find("<svg") :])
    if _LOUD.search(text):
        source = base64.b64encode(svg.encode("utf-8")).decode("ascii")
        return f'<img src="data:image/svg+xml;base64,{source}" alt="{escape(alt, quote=True)}">'
    text = _packed(text)
    linked = {address[1:] for _, address, _ in _LINK.findall(text) if address.startswith("#")}
    used = dict.fromkeys(name for name in _USED.findall(text) if name not in linked)
    short = {name: f"{prefix}-{at:x}" for at, name in enumerate(used)}
    text = _ID.sub(lambda found: f' id="{short[found[1]]}"' if found[1] in short else "", text)
    text = _REFERENCE.sub(lambda found: f"{found[1]}{short.get(found[2], found[2])}{found[3]}", text)
    seen: set[str] = set()

    def link(found: re.Match[str]) -> str:
        address = found[2]
        first = address not in seen
        seen.add(address)
        if not first:
            return f'<a href="{address}" tabindex="-1" aria-hidden="true">'
        said = escape((names or {}).get(address, address), quote=True)
        return f'<a href="{address}" aria-label="{said}"><title>{said}</title>'

    text = _LINK.sub(link, text)
    role = "group" if seen else "img"
    return text.replace("<svg", f'<svg role="{role}" aria-label="{escape(alt, quote=True)}"', 1)


def spark(values: Sequence[float | None], asked: int) -> str:
    """Return small bars, the last `asked` of them marked; nothing stands where a value is not known."""
    known = [float(value) for value in values if value is not None]
    top = max(known, default=0.0) or 1.0
    bars = "".join(
        f'<rect class="{"asked" if i >= len(values) - asked else "bar"}" x="{4 * i}" '
        f'y="{20 - 20 * value / top:.1f}" width="3" height="{max(20 * value / top, 0.5):.1f}"/>'
        for i, value in enumerate(values)
        if value is not None
    )
    said = f"Last {len(values)} weeks: " + ", ".join("no coverage" if v is None else f"{v:g}" for v in values)
    wide = 4 * len(values)
    return f'<svg class="spark" width="{wide}" height="20" role="img" aria-label="{said}">{bars}</svg>'


def weeks_chart(record: Mapping[str, Any], readout: str) -> str:
    """Return the weeks of all regions together over what was expected of them, with a value for each.

    Parameters
    ----------
    record : mapping
        Of a report.
    readout : str
        The id of the element that values are written to where script is allowed; without it each bar has
        its value as a title.
    """
    weeks = record["weeks"]
    values, low, high, usual = (weeks[name] for name in ("all", "low", "high", "expected"))
    asked = record["test"]["recent_days"] // 7
    top = _nice(max([v for v in (*values, *high) if v is not None], default=1))
    step = (_WIDE - _LEFT) / max(len(values), 1)

    def y(value: float) -> float:
        return _TOP + (_HIGH - _TOP - _FOOT) * (1 - value / top)

    band, parts = [], []
    for i, (start, value) in enumerate(zip(weeks["start"], values, strict=True)):
        x = _LEFT + i * step
        if low[i] is not None:
            size = max(y(low[i]) - y(high[i]), 0.0)
            corner = f'x="{x:.1f}" y="{y(high[i]):.1f}"'
            band.append(f'<rect class="band" {corner} width="{step + 0.3:.1f}" height="{size:.1f}"/>')
            band.append(f'<path class="usual" d="M{x:.1f} {y(usual[i]):.1f}h{step:.1f}"/>')
        parts.append(
            _week(
                x, step, y, value, _said(start, value, low[i], high[i]), _kind(i, len(values), asked, record)
            )
        )
    grid = "".join(
        f'<path class="grid" d="M{_LEFT} {y(tick):.1f}H{_WIDE}"/>'
        f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in (0, top / 2, top)
    )
    every = max(len(values) // 8, 1)
    names = "".join(
        f'<text x="{_LEFT + (i + 0.5) * step:.1f}" y="{_HIGH - 8}" text-anchor="middle">{start}</text>'
        for i, start in enumerate(weeks["start"])
        if i % every == every // 2
    )
    alt = escape(
        f"Bars of incidents a week, {len(values)} weeks to the week of {weeks['start'][-1]}, over the range "
        f"that each one's past year leads one to expect. {record['country']['sentence']}",
        quote=True,
    )
    about = f'dir="ltr" role="img" aria-label="{alt}" data-readout="{readout}"'
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDE} {_HIGH}" {about}>'
        f"{grid}{''.join(band)}{''.join(parts)}{names}</svg>"
    )


def _week(x: float, step: float, y: Any, value: float | None, said: str, kind: str) -> str:
    inside = f'y="{_TOP}" height="{_HIGH - _TOP - _FOOT}"'
    slot = f'<rect class="slot" x="{x:.1f}" width="{step:.1f}" {inside}/>'
    bar = f'<rect class="gap" x="{x + 1:.1f}" width="{max(step - 2, 1):.1f}" {inside}/>'
    if value is not None:
        size = max(y(0) - y(value), 0.8)
        place = f'x="{x + step * 0.14:.1f}" width="{step * 0.72:.1f}"'
        bar = f'<rect class="{kind}" {place} y="{y(0) - size:.1f}" height="{size:.1f}"/>'
    return f'<g class="week"><title>{escape(said)}</title>{slot}{bar}</g>'


def _kind(at: int, number: int, asked: int, record: Mapping[str, Any]) -> str:
    if at < number - asked:
        return "bar"
    return "asked up" if record["country"]["called"] else "asked"


def _said(start: str, value: float | None, low: float | None, high: float | None) -> str:
    text = f"Week of {start}: " + ("no coverage" if value is None else f"{value:,.0f}")
    return text if low is None or high is None else f"{text}; {low:,.0f} to {high:,.0f} to be expected"


def _nice(top: float) -> int:
    """Return the first round even number from `top` on.

    Examples
    --------
    >>> _nice(91), _nice(3), _nice(0), _nice(410)
    (100, 4, 2, 500)
    """
    least = max(top, 2)
    size = 10 ** (len(str(int(least))) - 1)
    steps = (int(m * size) for m in (1, 2, 4, 5, 6, 8, 10, 20))
    return next(step for step in steps if step >= least and step % 2 == 0)
