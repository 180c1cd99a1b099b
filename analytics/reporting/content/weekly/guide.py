"""'How to read the report': one page for those who receive it, the same words as in the documentation."""

from __future__ import annotations

import copy
from dataclasses import replace

from analytics.bundled import bundled_path
from analytics.errors import OptionError
from analytics.reporting.elements.pages import Heading, Layout, ReportPage
from analytics.reporting.languages import find_language
from analytics.reporting.notebook.document import Document
from analytics.reporting.notebook.markdown import Headings, markdown_to_typst

__all__ = ["GUIDE", "METHOD", "guide_text", "guided", "show_guide"]

GUIDE = "docs/how_to_read.md"
METHOD = "How to read this report, and method"
"""Title of the section on method where there is no guide beside it; with one it is the method alone."""
_SOURCE = """\
#| label: guide
#| echo: false
from analytics.reporting.content import weekly

weekly.show_guide({language!r})"""


def show_guide(language: str = "en") -> ReportPage:
    """Return the page on how to read a report.

    Parameters
    ----------
    language : str
        Of the report, as ``ReportRequest.language`` has it.

    Raises
    ------
    OptionError
        If the language has no such page: English within a report of another direction cannot be read.

    Examples
    --------
    >>> print(str(show_guide()).splitlines()[0])
    How to read the report
    """
    from analytics.reporting.formats.cells import markdown_html

    title, _, text = guide_text(language).strip().partition("\n")
    text = text.strip().replace("\n## ", "\n### ")  # a part of the report, below its sections
    head = Heading(title.removeprefix("# "), label="sec-guide")
    body = Layout(markdown_to_typst(text, Headings(last=1)), markdown_html(text), text)
    page = ReportPage([head, body], small=True)
    shown = Layout(f"#pagebreak(weak: true)\n{page.typst()}", page._repr_html_(), str(page))
    return ReportPage([shown])


def guide_text(language: str = "en") -> str:
    """Return the page as markdown; its first line is its title.

    Raises
    ------
    OptionError
        If the language has no such page.
    """
    spoken = find_language(language)
    if spoken.english:
        return bundled_path(GUIDE).read_text(encoding="utf-8")
    if "guide" not in spoken.pages:
        raise OptionError(
            f"there is no guide in {spoken.title}",
            expected="a text under guide in [pages] of the language's file, as ar.toml has it",
            todo="add it, or leave --with-guide (with_guide) out",
        )
    return spoken.pages["guide"]


def guided(document: Document) -> Document:
    """Return a document with that page at its end, as a cell of its notebook."""
    import nbformat

    data, metadata = show_guide(document.language)._repr_mimebundle_()
    output = nbformat.v4.new_output(  # type: ignore[no-untyped-call]
        "execute_result", data=dict(data), metadata=dict(metadata), execution_count=None
    )
    source = _SOURCE.format(language=document.language)
    cell = nbformat.v4.new_code_cell(source, id="how-to-read", outputs=[output])  # type: ignore[no-untyped-call]
    notebook = copy.deepcopy(document.notebook)
    for shown in (output for each in notebook.cells for output in each.get("outputs", ())):
        for kind, text in shown.get("data", {}).items():
            if isinstance(text, str) and METHOD in text:
                shown.data[kind] = text.replace(METHOD, "Method")  # one entry of a menu is on reading
    notebook.cells.append(cell)
    return replace(document, notebook=notebook)
