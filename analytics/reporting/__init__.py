"""Notebook to Typst to PDF.

A report is a notebook run with parameters and set as a PDF. Notebooks show results through four objects that
look alike on the screen and on paper:

- ``ReportTable(frame, columns=[Column("region", "Region"), Column("ratio", format="ratio")], caption=...)``
- ``ReportCards([Card("incidents", "42", "mean of four weeks: 31", accent=True), ...])``
- ``ReportText(["First sentence.", ...], kind="key" | "paragraphs" | "notice" | "provisional")``
- ``report_figure(fig, caption="takeaway", alt="what can be seen", label="fig-trend")``

``use_report_style()``, called once at the top of the notebook, sets fonts, colours and SVG.
``render_report(...)`` runs and sets the notebook. Plain outputs work too: pandas tables, matplotlib figures
with ``#| fig-cap:`` and ``#| fig-alt:``, markdown with ``$math$``, printed text. docs/reporting.md says more.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.reporting.elements.cards import Card, ReportCards, ReportText
    from analytics.reporting.elements.figures import (
        ReportFigure,
        report_figure,
        report_style,
        use_report_style,
    )
    from analytics.reporting.elements.tables import Column, ReportTable
    from analytics.reporting.notebook.render import RenderedReport, render_report

_PUBLIC = {
    "Card": "elements.cards",
    "Column": "elements.tables",
    "RenderedReport": "notebook.render",
    "ReportCards": "elements.cards",
    "ReportFigure": "elements.figures",
    "ReportTable": "elements.tables",
    "ReportText": "elements.cards",
    "render_report": "notebook.render",
    "report_figure": "elements.figures",
    "report_style": "elements.figures",
    "use_report_style": "elements.figures",
}

__all__ = [
    "Card",
    "Column",
    "RenderedReport",
    "ReportCards",
    "ReportFigure",
    "ReportTable",
    "ReportText",
    "render_report",
    "report_figure",
    "report_style",
    "use_report_style",
]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        value = getattr(import_module(f"analytics.reporting.{_PUBLIC[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'analytics.reporting' has no attribute {name!r}")
