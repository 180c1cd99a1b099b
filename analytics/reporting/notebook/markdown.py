"""Markdown cells to Typst, through mistune's syntax tree. All text is escaped; links to the web only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import Any

import mistune

from analytics.reporting.elements.tables import table_typst
from analytics.reporting.notebook.escape import inline, label_name, lines_string, string
from analytics.reporting.notebook.html_tables import html_to_typst
from analytics.reporting.notebook.math import latex_to_typst

__all__ = ["Headings", "markdown_to_typst"]

Node = Mapping[str, Any]


@dataclass
class Headings:
    """What one document knows about its headings while its cells are converted one after the other.

    The first heading of level 1 is the notebook's own title and is dropped, since a report's title comes from
    its parameters. A level never jumps by more than one: PDF/UA does not allow it.
    """

    title: str = ""
    last: int = 0
    labels: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)

    def level(self, markdown_level: int) -> int:
        """Return the Typst level of a heading and remember it."""
        self.last = min(max(markdown_level - 1, 1), self.last + 1)
        return self.last


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], list[dict[str, Any]]]:
    return mistune.create_markdown(
        renderer="ast", plugins=["table", "strikethrough", "math", "url", "footnotes"]
    )  # type: ignore[return-value]


def markdown_to_typst(text: str, headings: Headings | None = None) -> str:
    """Return the Typst of a markdown text.

    Parameters
    ----------
    text : str
        Markdown with tables, strikethrough and ``$math$``.
    headings : Headings, optional
        The state of the document the text belongs to.

    Examples
    --------
    >>> print(markdown_to_typst("A *quiet* week #in Kirkuk."))
    #"A ";#emph[#"quiet";];#" week #in Kirkuk.";
    """
    state = headings if headings is not None else Headings()
    nodes = _parser()(text)
    state.notes = {
        note["attrs"]["key"]: _blocks(note["children"], state)
        for part in nodes
        if part["type"] == "footnotes"
        for note in part["children"]
    }
    return _blocks([n for n in nodes if n["type"] != "footnotes"], state)


def plain_text(nodes: Sequence[Node]) -> str:
    """Return the text of inline nodes without any formatting."""
    return "".join(n.get("raw", "") if "children" not in n else plain_text(n["children"]) for n in nodes)


def _blocks(nodes: Sequence[Node], headings: Headings) -> str:
    parts = (_block(node, headings) for node in nodes)
    return "\n\n".join(p for p in parts if p)


def _block(node: Node, headings: Headings) -> str:
    kind = node["type"]
    children: Sequence[Node] = node.get("children", ())
    if kind in ("paragraph", "block_text"):
        return _inlines(children, headings)
    if kind == "heading":
        return _heading(node, headings)
    if kind == "list":
        return _list(node, headings)
    if kind == "block_quote":
        return f"#quote(block: true)[{_blocks(children, headings)}];"
    if kind == "block_code":
        return f"#uptick-code({lines_string(node['raw'].rstrip())});"
    if kind == "block_math":
        return math_typst(node["raw"], block=True)
    if kind == "thematic_break":
        return "#line(length: 100%, stroke: hair);"
    if kind == "table":
        return _table(node, headings)
    if kind == "block_html":
        return html_to_typst(node["raw"])
    if kind == "blank_line":
        return ""
    return _blocks(children, headings) if children else inline(node.get("raw", ""))


def _heading(node: Node, headings: Headings) -> str:
    level = node["attrs"]["level"]
    if not plain_text(node["children"]).strip():  # PDF/UA knows no heading without words
        return ""
    if level == 1 and not headings.title and headings.last == 0:
        headings.title = plain_text(node["children"])
        return ""
    name = label_name(plain_text(node["children"])).lower()
    label = ""
    if name and name not in headings.labels:
        headings.labels.add(name)
        label = f" <{name}>"
    return f"#heading(level: {headings.level(level)})[{_inlines(node['children'], headings)}]{label}"


def _list(node: Node, headings: Headings) -> str:
    items = [f"[{_blocks(item['children'], headings)}]" for item in node["children"]]
    attrs = node.get("attrs", {})
    tight = "true" if node.get("tight", True) else "false"
    if attrs.get("ordered"):
        return f"#enum(tight: {tight}, start: {int(attrs.get('start', 1))}, {', '.join(items)});"
    return f"#list(tight: {tight}, {', '.join(items)});"


def _table(node: Node, headings: Headings) -> str:
    head = next(c for c in node["children"] if c["type"] == "table_head")
    body = [c for c in node["children"] if c["type"] == "table_body"]
    header = head["children"]
    cells = [cell for part in body for row in part["children"] for cell in row["children"]]
    return table_typst(
        widths=["auto"] * len(header),
        aligns=[(c.get("attrs") or {}).get("align") or "left" for c in header],
        header=[f'text(weight: "bold")[{_inlines(c["children"], headings)}]' for c in header],
        body=[f"[{_inlines(c['children'], headings)}]" for c in cells],
    )


def _inlines(nodes: Sequence[Node], headings: Headings) -> str:
    return "".join(_inline(node, headings) for node in nodes)


def _inline(node: Node, headings: Headings) -> str:
    kind = node["type"]
    children: Sequence[Node] = node.get("children", ())
    if kind == "text":
        return inline(unescape(node["raw"]))
    if kind == "footnote_ref":
        return f"#footnote[{headings.notes.get(node['raw'], '')}];"
    if kind in ("emphasis", "strong", "strikethrough"):
        call = {"emphasis": "emph", "strong": "strong", "strikethrough": "strike"}[kind]
        return f"#{call}[{_inlines(children, headings)}];"
    if kind == "codespan":
        return f"#raw({string(node['raw'])});"
    if kind == "inline_math":
        return math_typst(node["raw"], block=False)
    if kind == "linebreak":
        return "#linebreak();"
    if kind == "softbreak":
        return '#" ";'
    if kind == "link":
        return _link(node["attrs"]["url"], _inlines(children, headings))
    if kind == "image":  # a report holds no files from outside: the description stands for the picture
        return inline(f"[{plain_text(children)}]") if children else ""
    if kind == "inline_html":
        return "#linebreak();" if node["raw"].lower().startswith("<br") else ""
    return _inlines(children, headings) if children else inline(node.get("raw", ""))


def _link(url: str, body: str) -> str:
    if url.startswith("#"):
        return f"#uptick-ref({string(label_name(url[1:]))})[{body}];"
    if url.lower().startswith(("https://", "http://", "mailto:")):
        return f"#link({string(url)})[{body}];"
    return body


def math_typst(latex: str, *, block: bool) -> str:
    """Return a formula with its LaTeX source as the description that PDF/UA asks for."""
    source = " ".join(latex.split())
    flag = "true" if block else "false"
    return f"#math.equation(block: {flag}, alt: {string(source)}, $ {latex_to_typst(latex)} $);"
