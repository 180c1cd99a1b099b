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

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.reporting.content.weekly import (
        ReportRequest as ReportRequest,
    )
    from analytics.reporting.content.weekly import (
        WeeklyReport as WeeklyReport,
    )
    from analytics.reporting.content.weekly import (
        weekly_report as weekly_report,
    )
    from analytics.reporting.elements.cards import (
        Card as Card,
    )
    from analytics.reporting.elements.cards import (
        ReportCards as ReportCards,
    )
    from analytics.reporting.elements.cards import (
        ReportText as ReportText,
    )
    from analytics.reporting.elements.figures import (
        ReportFigure as ReportFigure,
    )
    from analytics.reporting.elements.figures import (
        report_figure as report_figure,
    )
    from analytics.reporting.elements.figures import (
        report_style as report_style,
    )
    from analytics.reporting.elements.figures import (
        use_report_style as use_report_style,
    )
    from analytics.reporting.elements.tables import Column as Column
    from analytics.reporting.elements.tables import ReportTable as ReportTable
    from analytics.reporting.notebook.document import Document as Document
    from analytics.reporting.notebook.document import run_document as run_document
    from analytics.reporting.notebook.pdf import pdf_of as pdf_of
    from analytics.reporting.notebook.pdf import typst_of as typst_of
    from analytics.reporting.notebook.render import (
        RenderedReport as RenderedReport,
    )
    from analytics.reporting.notebook.render import (
        render_report as render_report,
    )

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "content.weekly": "ReportRequest WeeklyReport weekly_report",
        "elements.cards": "Card ReportCards ReportText",
        "elements.figures": "ReportFigure report_figure report_style use_report_style",
        "elements.tables": "Column ReportTable",
        "notebook.document": "Document run_document",
        "notebook.pdf": "pdf_of typst_of",
        "notebook.render": "RenderedReport render_report",
    },
)
