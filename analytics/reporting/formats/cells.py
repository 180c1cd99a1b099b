"""Cells of an executed notebook as HTML for one page: text escaped, tables that sort, pictures inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import Any

from bs4 import BeautifulSoup, Tag

from analytics.reporting.formats.pictures import inline_svg
from analytics.reporting.notebook.cells import ShownCell, output_data, picture_of
from analytics.reporting.notebook.escape import label_name

__all__ = ["CellWriter", "markdown_html"]

_SVG = re.compile(r"<svg\b.*?</svg>", flags=re.DOTALL)
_ALIGN = re.compile(r"text-align:\s*(left|right|center)")
_ACCENT = re.compile(r"color:\s*#C2410C", flags=re.IGNORECASE)
_SORTED = 4  # rows from which a table sorts
_SMALL = 8000  # characters of a drawing that stands in a line or a cell
_KEPT = {
    *("href", "src", "alt", "title", "id", "colspan", "rowspan", "scope", "dir", "lang", "open", "role"),
    *("data-svg", "start", "value", "width", "height"),
}
_DROPPED = ("script", "style", "iframe", "object", "embed", "link", "meta", "form")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class CellWriter:
    """Writes the cells of one page, one after the other.

    Parameters
    ----------
    rows : mapping
        Text of a table's first cell to the id that its row gets, once: a region, and where links to it lead.
        Only where `names_rows`, which a caller may turn off for cells that are about something else.
    names : mapping
        Address of a link inside a picture to what it says.
    """

    def __init__(self, rows: Mapping[str, str] | None = None, names: Mapping[str, str] | None = None) -> None:
        self._rows = dict(rows or {})
        self._names = dict(names or {})
        self._ids: set[str] = {"front", "data", "readout", "others", "top", *self._rows.values()}
        self._pictures = 0
        self.title = ""
        self.names_rows = True
        self.headings: list[tuple[str, str]] = []

    def unused(self) -> dict[str, str]:
        """Return the rows that no table has held so far, and their ids."""
        return dict(self._rows)

    def cell(self, cell: ShownCell) -> Iterator[str]:
        """Yield the HTML of one cell."""
        if cell.prose:
            yield self.prose(cell.prose)
        if cell.code:
            yield f"<pre><code>{escape(cell.code)}</code></pre>"
        options = dict(cell.options)
        for output in cell.outputs:
            yield self.output(output, options)

    def output(self, output: Any, options: dict[str, str]) -> str:
        """Return the HTML of one output: a figure, a table or page, or text."""
        if output.output_type == "stream":
            text = _ANSI.sub("", output.text).strip() if output.name == "stdout" else ""
            return f"<pre>{escape(text)}</pre>" if text else ""
        data = output_data(output)
        if "text/x-typst" not in data and (picture := picture_of(output, options)) is not None:
            if picture.kind == "svg":
                return self.figure(
                    picture.content.decode("utf-8"), picture.caption, picture.alt, picture.label
                )
            source = base64.b64encode(picture.content).decode("ascii")
            alt = escape(picture.alt or "Figure", quote=True)
            image = f'<img src="data:image/png;base64,{source}" alt="{alt}">'
            return self._figure(image, picture.caption, picture.label)
        if data.get("text/html", "").strip():
            return self.html(data["text/html"])
        if "text/markdown" in data:
            return self.prose(data["text/markdown"])
        text = data.get("text/plain", "")
        return f"<pre>{escape(_ANSI.sub('', text))}</pre>" if text else ""

    def figure(self, svg: str, caption: str, alt: str, label: str = "") -> str:
        """Return a picture with its takeaway."""
        return self._figure(self._picture(svg, alt or caption or "Figure"), caption, label)

    def _figure(self, picture: str, caption: str, label: str) -> str:
        name = f' id="{escape(label_name(label))}"' if label and self._new(label_name(label)) else ""
        above = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        return f"<figure{name}>{above}{picture}</figure>"

    def _picture(self, svg: str, alt: str) -> str:
        self._pictures += 1
        return (
            f'<div class="picture">{inline_svg(svg, f"p{self._pictures}", alt=alt, names=self._names)}</div>'
        )

    def _new(self, name: str) -> bool:
        """Return whether an id is not taken yet, and take it."""
        if name in self._ids:
            return False
        self._ids.add(name)
        return True

    def html(self, html: str) -> str:
        """Return an output's own HTML as it fits into the page; nothing in it runs or fetches."""
        drawings: list[str] = []

        def keep(found: re.Match[str]) -> str:
            drawings.append(found[0])
            return f"<i data-svg='{len(drawings) - 1}'></i>"

        soup = BeautifulSoup(_SVG.sub(keep, html), "html.parser")
        for unwanted in soup.find_all(_DROPPED):
            unwanted.decompose()
        for tag in soup.find_all(True):
            self._tag(tag)
        for table in soup.find_all("table"):
            self._table(table, soup)
        alts = {
            str(place["data-svg"]): figure.get("aria-label", "")
            for figure in soup.find_all("figure")
            for place in figure.find_all("i", attrs={"data-svg": True})
        }
        text = str(soup)
        for i, drawing in enumerate(drawings):
            drawn = self._drawing(drawing, str(alts.get(str(i), "")))
            text = text.replace(f'<i data-svg="{i}"></i>', drawn)
        return text

    def _drawing(self, svg: str, alt: str) -> str:
        """Return a small drawing as it is, a large one as a picture on white."""
        said = re.search(r"<title>(.*?)</title>", svg, flags=re.DOTALL)
        named = alt or (unescape(said[1]) if said else "Bars")
        if len(svg) > _SMALL:
            return self._picture(svg, named)
        self._pictures += 1
        return inline_svg(svg, f"p{self._pictures}", alt=named, names=self._names)

    def _tag(self, tag: Tag) -> None:
        """Take out what runs, what fetches and what colours; keep alignment as a class."""
        style = str(tag.attrs.pop("style", ""))
        formula = tag.name == "math" or tag.find_parent("math") is not None
        for name in list(tag.attrs):
            if not (name in _KEPT or name.startswith("aria-") or (formula and not name.startswith("on"))):
                del tag[name]
        for name in ("href", "src"):
            address = str(tag.get(name, ""))
            if address and not address.startswith(("#", "data:image/", "https://", "http://")):
                del tag[name]
        if tag.has_attr("id") and tag.name not in ("h1", "h2") and not self._new(str(tag["id"])):
            del tag["id"]
        if tag.name == "img" and not str(tag.get("src", "")).startswith("data:"):
            tag.decompose()
            return
        aligned = _ALIGN.search(style)
        classes = [{"right": "r", "center": "c"}[aligned[1]]] if aligned and aligned[1] != "left" else []
        if _ACCENT.search(style):
            classes.append("hot")
        tag.attrs.pop("class", None)
        if classes:
            tag["class"] = " ".join(classes)
        if tag.name in ("h1", "h2", "h3", "h4"):
            self._heading(tag)

    def _heading(self, tag: Tag) -> None:
        text = tag.get_text(" ", strip=True)
        if tag.name == "h1" and not self.headings and not self.title:  # the page has one of its own
            self.title = text
            tag.decompose()
            return
        if tag.name in ("h1", "h2"):
            tag.name = "h2"
            own = str(tag.get("id", "")) or f"s{len(self.headings) + 1}"
            tag["id"] = own if self._new(own) else f"s{len(self.headings) + 1}"
            self.headings.append((str(tag["id"]), text))

    def _table(self, table: Tag, soup: BeautifulSoup) -> None:
        head = table.find("thead")
        body = table.find("tbody")
        if isinstance(head, Tag) and isinstance(body, Tag):
            firsts = [row.find(["td", "th"]) for row in body.find_all("tr")]
            # Where a first cell is empty, a row belongs to the one above it: sorting would part them.
            if len(firsts) >= _SORTED and all(cell and cell.get_text(strip=True) for cell in firsts):
                table["class"] = "sorts"
        for cell in table.find_all("th"):
            cell["scope"] = "col" if cell.find_parent("thead") else "row"
        for row in table.find_all("tr"):
            first = row.find("td")
            text = first.get_text(" ", strip=True) if isinstance(first, Tag) else ""
            if self.names_rows and text in self._rows:
                row["id"] = self._rows.pop(text)
        caption = table.find("caption")
        name = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else "Table"
        box = soup.new_tag(
            "div", attrs={"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}
        )
        table.wrap(box)

    def prose(self, markdown: str) -> str:
        """Return markdown as HTML: raw HTML in it is text, formulas are MathML."""
        return self.html(markdown_html(markdown))


def markdown_html(text: str) -> str:
    """Return markdown as HTML: raw HTML in it is text, formulas are MathML."""
    import mistune
    from latex2mathml.converter import convert

    def inline(renderer: Any, formula: str) -> str:
        return str(convert(formula))

    def block(renderer: Any, formula: str) -> str:
        return f"<div>{convert(formula, display='block')}</div>"

    parser = mistune.create_markdown(
        escape=True, plugins=["table", "strikethrough", "math", "url", "footnotes"]
    )
    renderer: Any = parser.renderer
    renderer.register("inline_math", inline)
    renderer.register("block_math", block)
    return str(parser(text))
