"""What every page of ours has around its content: title, style, script, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

__all__ = ["menu_of", "page_of", "without_dead_links"]

_HERE = Path(__file__).resolve().parent


def page_of(*, title: str, description: str, head: str, main: str, foot: str, first: str) -> str:
    """Return a whole page.

    Parameters
    ----------
    title, description : str
        Text.
    head, main, foot : str
        HTML of the page's top, its content and its end.
    first : str
        The id that "to the content" leads to.
    """
    about = f'<meta name="description" content="{escape(description, quote=True)}">' if description else ""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{about}<style>\n{_file('web.css')}</style></head>\n"
        f'<body><a class="skip" href="#{first}">To the answer</a>{head}\n'
        f'<main class="wrap">{main}</main>\n<footer><div class="wrap">{escape(foot)}</div></footer>'
        f"<script>\n{_file('web.js')}</script></body></html>\n"
    )


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
