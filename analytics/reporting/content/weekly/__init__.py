"""The weekly report: its numbers, what it says of them page by page, and how that is set.

``notebooks/weekly_report.ipynb`` calls these functions one after the other; :func:`weekly_report` runs that
notebook with parameters and sets it as a PDF. An office that wants another report copies the notebook.
Numbers come from :func:`weekly_numbers`, words from :func:`weekly_content`; ``show_...`` only set them.
"""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.reporting.content.weekly.content import WeeklyContent, weekly_content
from analytics.reporting.content.weekly.figures import (
    board_figure,
    calendar_figure,
    completeness_figure,
    coverage_figure,
    delay_figure,
    severity_figure,
    trend_figure,
    types_figure,
)
from analytics.reporting.content.weekly.front import FrontPage, front_page
from analytics.reporting.content.weekly.guide import show_guide
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
from analytics.reporting.content.weekly.set_pages import (
    show_cards,
    show_country,
    show_kinds,
    show_method,
    show_regions,
    show_scorecard,
    show_trust,
    show_where,
)

__all__ = [
    "FrontPage",
    "ReportRequest",
    "WeeklyContent",
    "WeeklyCounts",
    "WeeklyNumbers",
    "WeeklyReport",
    "board_figure",
    "calendar_figure",
    "completeness_figure",
    "coverage_figure",
    "delay_figure",
    "front_page",
    "map_figure",
    "report_data",
    "report_record",
    "severity_figure",
    "show_cards",
    "show_country",
    "show_front",
    "show_guide",
    "show_kinds",
    "show_method",
    "show_regions",
    "show_scorecard",
    "show_trust",
    "show_where",
    "trend_figure",
    "types_figure",
    "weekly_content",
    "weekly_counts",
    "weekly_numbers",
    "weekly_report",
]
__dir__ = names_shown(__name__)
