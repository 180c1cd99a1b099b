"""HTML that libraries give (pandas above all) to Typst: tables with repeated headers, paragraphs, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, Tag

from analytics.reporting.elements.tables import table_typst
from analytics.reporting.notebook.escape import inline, lines_string, soft, string

__all__ = ["html_to_typst"]

_DROPPED = {"style", "script", "svg", "img", "head", "title", "button", "input", "canvas", "iframe"}
_INLINE = {"strong": "strong", "b": "strong", "em": "emph", "i": "emph", "s": "strike", "del": "strike"}
_NUMBER = re.compile(
    r"[<>≤≥~±+\-−–]?\s*[\d.,\s]*\d[\d.,\s]*(?:e[+-]?\d+)?\s*%?|[-–—]|nan|NaN|NA|<NA>|NaT|inf|"
)


def html_to_typst(html: str, *, caption: str = "", label: str = "") -> str:
    """Return the Typst of an HTML fragment: its tables, headings as bold lines, paragraphs and lists.

    Parameters
    ----------
    html : str
        What ``_repr_html_`` gave. Scripts, styles and pictures are dropped.
    caption, label : str
        For the first table.

    Examples
    --------
    >>> html_to_typst("<p>12 of <b>18</b></p>")
    '#"12 of ";#strong[#"18";];'
    """
    soup = BeautifulSoup(html, "html.parser")
    first = {"caption": caption, "label": label}
    return "\n\n".join(part for part in _blocks(soup, first) if part)


def _blocks(parent: Tag, first: dict[str, str]) -> Iterator[str]:
    run: list[str] = []
    for child in parent.children:
        if isinstance(child, Comment) or (isinstance(child, Tag) and child.name in _DROPPED):
            continue
        if isinstance(child, Tag) and child.name not in (
            *_INLINE,
            "span",
            "small",
            "code",
            "a",
            "br",
            "sub",
            "sup",
        ):
            yield "".join(run).strip()
            run = []
            yield from _block(child, first)
        else:
            run.append(_inline(child))
    yield "".join(run).strip()


def _block(tag: Tag, first: dict[str, str]) -> Iterator[str]:
    if tag.name == "table":
        yield _table(tag, caption=first.pop("caption", ""), label=first.pop("label", ""))
    elif tag.name in ("ul", "ol"):
        items = [
            f"[{chr(10).join(p for p in _blocks(li, first) if p)}]"
            for li in tag.find_all("li", recursive=False)
        ]
        if items:
            yield f"#{'list' if tag.name == 'ul' else 'enum'}({', '.join(items)});"
    elif tag.name == "pre":
        yield f"#uptick-stream({lines_string(tag.get_text().strip(chr(10)))});"
    elif re.fullmatch(r"h[1-6]", tag.name):
        yield f"#strong[{inline(_text(tag))}];"
    elif tag.name == "hr":
        yield "#line(length: 100%, stroke: hair);"
    else:
        yield from _blocks(tag, first)


def _inline(node: object) -> str:
    if isinstance(node, Tag):
        if node.name in _DROPPED:
            return ""
        if node.name == "br":
            return "#linebreak();"
        if node.name == "code":
            return f"#raw({string(_text(node))});"
        inner = "".join(_inline(child) for child in node.children)
        return f"#{_INLINE[node.name]}[{inner}];" if node.name in _INLINE and inner else inner
    if isinstance(node, Comment) or not isinstance(node, NavigableString):
        return ""
    text = re.sub(r"\s+", " ", str(node))
    return inline(text) if text.strip() else ""


def _text(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" " if tag.find("br") else "")).strip()


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(max(int(value), 1), 100) if value.isdecimal() and len(value) < 6 else 1


def _rows(table: Tag) -> tuple[list[Tag], list[Tag]]:
    """Return the header rows and the body rows."""
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    head = [row for row in rows if row.find_parent("thead") is not None]
    if not head and rows and not rows[0].find_all("td", recursive=False):
        head = rows[:1]
    return head, [row for row in rows if row not in head]


def _cells(row: Tag) -> list[Tag]:
    return row.find_all(["th", "td"], recursive=False)


def _table(table: Tag, *, caption: str, label: str) -> str:
    head, body = _rows(table)
    own = table.find("caption", recursive=False)
    grid = _Grid()
    header_cells = [grid.place(row, y, last=len(head)) for y, row in enumerate(head)]
    end = len(head) + len(body)
    body_cells = [grid.place(row, y, last=end, head=False) for y, row in enumerate(body, start=len(head))]
    width = max(grid.width, 1)
    return table_typst(
        widths=["auto"] * width,
        aligns=["right" if grid.figures.get(x) else "left" for x in range(width)],
        header=[c for row in header_cells for c in row],
        header_rows=len(head),
        body=[c for row in body_cells for c in row],
        caption=caption or (_text(own) if isinstance(own, Tag) else ""),
        label=label,
    )


class _Grid:
    """Which places of a table are taken, so that each cell gets its column and short rows are filled."""

    def __init__(self) -> None:
        self.taken: set[tuple[int, int]] = set()
        self.width = 0
        self.figures: dict[int, bool] = {}

    def place(self, row: Tag, y: int, *, last: int, head: bool = True) -> list[str]:
        """Return the Typst cells of row `y`, each at its stated place; none reaches row `last`."""
        cells = []
        x = 0
        for cell in _cells(row):
            while (x, y) in self.taken:
                x += 1
            columns, rows = _span(cell, "colspan"), min(_span(cell, "rowspan"), last - y)
            while any((x + dx, y) in self.taken for dx in range(1, columns)):
                columns -= 1  # a cell of an earlier row stands in the way
            self.taken.update((x + dx, y + dy) for dx in range(columns) for dy in range(rows))
            text = _text(cell)
            if not head:
                number = cell.name == "td" and _NUMBER.fullmatch(text) is not None
                self.figures[x] = self.figures.get(x, True) and number
            shown = f'text(weight: "bold", {soft(text)})' if head else soft(text)
            spans = "".join(f", {k}: {v}" for k, v in (("colspan", columns), ("rowspan", rows)) if v > 1)
            spans += ", align: center" if head and columns > 1 else ""
            cells.append(f"table.cell(x: {x}, y: {y}{spans}, {shown})")
            x += columns
            self.width = max(self.width, x)
        return cells
