"""The weekly report: its numbers, what it says of them page by page, and how that is set.

``notebooks/weekly_report.ipynb`` calls these functions one after the other; :func:`weekly_report` runs that
notebook with parameters and sets it as a PDF. An office that wants another report copies the notebook.
Numbers come from :func:`weekly_numbers`, words from :func:`weekly_content`; ``show_...`` only set them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics._rooms import lazy_room

if TYPE_CHECKING:
    from analytics.reporting.content.weekly.content import WeeklyContent as WeeklyContent
    from analytics.reporting.content.weekly.content import weekly_content as weekly_content
    from analytics.reporting.content.weekly.figures import board_figure as board_figure
    from analytics.reporting.content.weekly.figures import calendar_figure as calendar_figure
    from analytics.reporting.content.weekly.figures import completeness_figure as completeness_figure
    from analytics.reporting.content.weekly.figures import coverage_figure as coverage_figure
    from analytics.reporting.content.weekly.figures import delay_figure as delay_figure
    from analytics.reporting.content.weekly.figures import severity_figure as severity_figure
    from analytics.reporting.content.weekly.figures import trend_figure as trend_figure
    from analytics.reporting.content.weekly.figures import types_figure as types_figure
    from analytics.reporting.content.weekly.front import FrontPage as FrontPage
    from analytics.reporting.content.weekly.front import front_page as front_page
    from analytics.reporting.content.weekly.guide import show_guide as show_guide
    from analytics.reporting.content.weekly.maps import map_figure as map_figure
    from analytics.reporting.content.weekly.numbers import WeeklyCounts as WeeklyCounts
    from analytics.reporting.content.weekly.numbers import WeeklyNumbers as WeeklyNumbers
    from analytics.reporting.content.weekly.numbers import weekly_numbers as weekly_numbers
    from analytics.reporting.content.weekly.reading import weekly_counts as weekly_counts
    from analytics.reporting.content.weekly.record import report_data as report_data
    from analytics.reporting.content.weekly.record import report_record as report_record
    from analytics.reporting.content.weekly.request import ReportRequest as ReportRequest
    from analytics.reporting.content.weekly.run import WeeklyReport as WeeklyReport
    from analytics.reporting.content.weekly.run import weekly_report as weekly_report
    from analytics.reporting.content.weekly.set_front import show_front as show_front
    from analytics.reporting.content.weekly.set_pages import show_cards as show_cards
    from analytics.reporting.content.weekly.set_pages import show_country as show_country
    from analytics.reporting.content.weekly.set_pages import show_kinds as show_kinds
    from analytics.reporting.content.weekly.set_pages import show_method as show_method
    from analytics.reporting.content.weekly.set_pages import show_regions as show_regions
    from analytics.reporting.content.weekly.set_pages import show_scorecard as show_scorecard
    from analytics.reporting.content.weekly.set_pages import show_trust as show_trust
    from analytics.reporting.content.weekly.set_pages import show_where as show_where

__all__, __getattr__, __dir__ = lazy_room(
    __name__,
    {
        "content": "WeeklyContent weekly_content",
        "figures": "board_figure calendar_figure completeness_figure coverage_figure delay_figure "
        "severity_figure trend_figure types_figure",
        "front": "FrontPage front_page",
        "guide": "show_guide",
        "maps": "map_figure",
        "numbers": "WeeklyCounts WeeklyNumbers weekly_numbers",
        "reading": "weekly_counts",
        "record": "report_data report_record",
        "request": "ReportRequest",
        "run": "WeeklyReport weekly_report",
        "set_front": "show_front",
        "set_pages": "show_cards show_country show_kinds show_method show_regions show_scorecard "
        "show_trust show_where",
    },
)
