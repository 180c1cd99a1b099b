"""The weekly report: its numbers, and the sentences, cards, figures and tables written from them.

``notebooks/weekly_report.ipynb`` calls these functions one after the other; :func:`weekly_report` runs that
notebook with parameters and sets it as a PDF. An office that wants another report copies the notebook.
"""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.reporting.content.weekly.figures import (
    ratio_figure,
    region_figure,
    severity_figure,
    trend_figure,
)
from analytics.reporting.content.weekly.front import FrontPage, front_page
from analytics.reporting.content.weekly.maps import map_figure
from analytics.reporting.content.weekly.numbers import (
    WeeklyCounts,
    WeeklyNumbers,
    weekly_numbers,
)
from analytics.reporting.content.weekly.reading import weekly_counts
from analytics.reporting.content.weekly.record import report_data, report_record
from analytics.reporting.content.weekly.request import ReportRequest
from analytics.reporting.content.weekly.run import WeeklyReport, weekly_report
from analytics.reporting.content.weekly.set_front import show_front
from analytics.reporting.content.weekly.tables import (
    accounting_table,
    comparison_table,
    movers_table,
    notes_text,
    parameter_table,
    quarantine_table,
    sensitivity_table,
    severity_table,
    type_table,
)
from analytics.reporting.content.weekly.words import front_cards, key_sentences, notices, null_sentences

__all__ = [
    "FrontPage",
    "ReportRequest",
    "WeeklyCounts",
    "WeeklyNumbers",
    "WeeklyReport",
    "accounting_table",
    "comparison_table",
    "front_cards",
    "front_page",
    "key_sentences",
    "map_figure",
    "movers_table",
    "notes_text",
    "notices",
    "null_sentences",
    "parameter_table",
    "quarantine_table",
    "ratio_figure",
    "region_figure",
    "report_data",
    "report_record",
    "sensitivity_table",
    "severity_figure",
    "severity_table",
    "show_front",
    "trend_figure",
    "type_table",
    "weekly_counts",
    "weekly_numbers",
    "weekly_report",
]
__dir__ = names_shown(__name__)
