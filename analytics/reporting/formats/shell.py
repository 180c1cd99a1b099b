"""What every page of ours has around its content: title, style, script, and nothing from elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from analytics.reporting.notebook.office import OfficeTemplate

__all__ = ["menu_of", "page_of", "without_dead_links"]

_HERE = Path(__file__).resolve().parent
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


def page_of(
    *,
    title: str,
    description: str,
    head: str,
    main: str,
    foot: str,
    first: str,
    office: OfficeTemplate | None = None,
) -> str:
    """Return a whole page.

    Parameters
    ----------
    title, description : str
        Text.
    head, main, foot : str
        HTML of the page's top, its content and its end.
    first : str
        The id that "to the content" leads to.
    office : OfficeTemplate, optional
        An office's own head, colours and foot.
    """
    dressed, top = ("", "") if office is None else (_office_style(office), _office_head(office))
    ends = [escape(foot)] if office is None or not office.footer else [escape(foot), escape(office.footer)]
    about = f'<meta name="description" content="{escape(description, quote=True)}">' if description else ""
    return _in_sight(
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{about}<style>\n{_file('web.css')}{dressed}</style></head>\n"
        f'<body><a class="skip" href="#{first}">To the answer</a>{top}{head}\n'
        f'<main class="wrap">{main}</main>\n<footer><div class="wrap">{"<br>".join(ends)}</div></footer>'
        f"<script>\n{_file('web.js')}</script></body></html>\n"
    )


def _in_sight(page: str) -> str:
    """Return a page whose characters that steer, or turn the text around them, are written as their codes."""
    return _STEERING.sub(lambda found: f"[U+{ord(found[0]):04X}]", page)


def _office_style(office: OfficeTemplate) -> str:
    """Return an office's colours: on white only, for a dark screen needs others."""
    said = f"h2, h3, .office b {{ color: {office.headings}; }} :root {{ --link: {office.links}; }}"
    return (
        f".office {{ border-bottom: 3px solid {office.rule}; padding: .6rem 0; }}\n"
        ".office .wrap { display: flex; gap: .8rem; align-items: center; }\n"
        ".office b { font-size: 1.15rem; } .office img { height: 2.6rem; background: #ffffff; }\n"
        ".office small { color: var(--grey); display: block; }\n"
        f"@media (prefers-color-scheme: light) {{ {said} }}\n@media print {{ {said} }}\n"
    )


def _office_head(office: OfficeTemplate) -> str:
    """Return an office's head: its logo, its name and the line below."""
    picture = ""
    if office.logo:
        kind = "svg+xml" if office.logo_kind == "svg" else "png"
        source = base64.b64encode(office.logo).decode("ascii")
        alt = escape(office.logo_alt, quote=True)
        picture = f'<img src="data:image/{kind};base64,{source}" alt="{alt}">'
    line = f"<small>{escape(office.line)}</small>" if office.line else ""
    named = f"<div><b>{escape(office.name)}</b>{line}</div>"
    return f'<div class="office"><div class="wrap">{picture}{named}</div></div>'


def menu_of(links: Iterable[tuple[str, str]]) -> str:
    """Return a list of links to places of the page, by id and text."""
    items = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in links)
    return f'<nav aria-label="Sections"><ul>{items}</ul></nav>'


def without_dead_links(parts: Sequence[str], *, more: str = "") -> list[str]:
    """Return parts of a page without links to places that neither they nor `more` hold.

    Examples
    --------
    >>> without_dead_links(['<a href="#a">1</a><a href="#b">2</a>', '<p id="a">3</p>'])
    ['<a href="#a">1</a><a>2</a>', '<p id="a">3</p>']
    """
    ids = set(re.findall(r'\sid="([^"]+)"', "".join([more, *parts])))

    def link(found: re.Match[str]) -> str:
        return found[0] if found[1] in ids else ""

    return [re.sub(r'(?<=<a) href="#([^"]+)"', link, part) for part in parts]


def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
