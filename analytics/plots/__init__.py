"""Pictures of counts and of what the tests found: axes in, axes out.

Grey is context and one accent colour means *uptick*; a glyph or a marker always says the same, so that colour
is never the only code. Simulated data are marked inside every picture.
"""

from __future__ import annotations

from analytics._rooms import names_shown
from analytics.plots.alarms import plot_alarms
from analytics.plots.board import plot_alarm_board
from analytics.plots.calendar import plot_calendar
from analytics.plots.clusters import plot_scan
from analytics.plots.coverage import plot_completeness, plot_coverage
from analytics.plots.delay import plot_delay
from analytics.plots.interactive import interactive_alarm_board, interactive_map, interactive_trend
from analytics.plots.look import plot_style
from analytics.plots.maps import match_polygons, plot_map
from analytics.plots.movers import plot_movers
from analytics.plots.power import plot_power
from analytics.plots.ratios import plot_result
from analytics.plots.regions import plot_regions
from analytics.plots.style import ACCENT, GLYPHS, GREY, INK, region_label
from analytics.plots.trend import plot_trend
from analytics.plots.two_sources import plot_side_by_side
from analytics.plots.types import plot_types

__all__ = [
    "ACCENT",
    "GLYPHS",
    "GREY",
    "INK",
    "interactive_alarm_board",
    "interactive_map",
    "interactive_trend",
    "match_polygons",
    "plot_alarm_board",
    "plot_alarms",
    "plot_calendar",
    "plot_completeness",
    "plot_coverage",
    "plot_delay",
    "plot_map",
    "plot_movers",
    "plot_power",
    "plot_regions",
    "plot_result",
    "plot_scan",
    "plot_side_by_side",
    "plot_style",
    "plot_trend",
    "plot_types",
    "region_label",
]
__dir__ = names_shown(__name__)
