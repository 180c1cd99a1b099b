"""The figures of the weekly report, each with a takeaway and a description in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from analytics.incidents import Incidents
from analytics.periods import DAY
from analytics.plots import (
    plot_alarm_board,
    plot_calendar,
    plot_completeness,
    plot_coverage,
    plot_delay,
    plot_trend,
    plot_types,
)
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.where import BOARD_WEEKS, monitored
from analytics.reporting.elements.figures import TEXT_WIDTH, ReportFigure, report_figure
from analytics.reporting.languages.spoken import in_language
from analytics.results import counted, format_number, mark
from analytics.results.words_days import day_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "board_figure",
    "calendar_figure",
    "completeness_figure",
    "coverage_figure",
    "delay_figure",
    "severity_figure",
    "trend_figure",
    "types_figure",
]

YEARS = 6  # of the calendar
ROWS = 12  # regions on the board, and in the strip of coverage
TYPES, TYPE_WEEKS = 8, 12


@in_language
def trend_figure(numbers: WeeklyNumbers, *, weeks: int = 104) -> ReportFigure:
    """Return the trend of all regions together with the expected band, guard and window shaded."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(TEXT_WIDTH, 2.5), layout="constrained")
    plot_trend(numbers.total, band=numbers.band, result=numbers.national, periods=weeks, title=False, ax=ax)
    recent = numbers.national.recent
    begin = recent.start - numbers.national.guard * DAY
    ax.axvspan(cast(Any, begin), cast(Any, recent.start), facecolor="#F3F4F6", linewidth=0, zorder=0.1)
    ax.annotate(
        "guard", (cast(Any, begin), 1.0), xycoords=("data", "axes fraction"), fontsize=6.5, color="#565E6C",
        xytext=(1, -1), textcoords="offset points", va="top",
    )  # fmt: skip
    band = numbers.band.dropna(subset=["low"]).tail(weeks)
    above = int((band["observed"] > band["high"]).sum())
    latest = numbers.band.iloc[-1]
    if np.isnan(latest["low"]):
        place = "No expected range for the last week"
    else:
        side = "above" if latest["observed"] > latest["high"] else "below"
        inside = latest["low"] <= latest["observed"] <= latest["high"]
        place = (
            f"{counted(latest['observed'], 'incident')} in the last week, {'within' if inside else side} "
            f"the expected {latest['low']:,.0f} to {latest['high']:,.0f}"
        )
    alt = (
        f"Line of incidents per week over {weeks} weeks to {day_words(numbers.counts.as_of)}, with the range "
        f"expected from each week's own past year. {above} of {len(band)} weeks lie above it. The last "
        f"four weeks "
        "before the window are left out of what it is held against."
    )
    return report_figure(figure, caption=place, alt=numbers.marked(alt), label="fig-trend")


@in_language
def calendar_figure(numbers: WeeklyNumbers) -> ReportFigure:
    """Return the weeks of the last years, one row a year."""
    return _drawn(
        numbers,
        lambda: plot_calendar(numbers.total, years=YEARS),
        "fig-calendar",
        lambda said: f"Calendar of incidents per week, one row a year, darker for more. {said}.",
    )


@in_language
def board_figure(numbers: WeeklyNumbers) -> ReportFigure | None:
    """Return which regions another method raised an alarm for, week by week; None where it could not run."""
    watched, _ = monitored(numbers)
    if watched is None:
        return None
    rows = min(ROWS, max(int(watched.alarms.last(BOARD_WEEKS).alarm.any(axis=0).sum()), 2))
    return _drawn(
        numbers,
        lambda: plot_alarm_board(
            watched.alarms, most=rows, periods=BOARD_WEEKS, ax=_axes(0.75 + 0.165 * rows)
        ),
        "fig-board",
        lambda said: (
            f"Board of alarms, region by week over {BOARD_WEEKS} weeks, a triangle for an alarm. {said}."
        ),
    )


@in_language
def types_figure(numbers: WeeklyNumbers) -> ReportFigure | None:
    """Return types by week; None where none is stated."""
    types = numbers.types
    if types is None:
        return None
    return _drawn(
        numbers,
        lambda: plot_types(types, periods=TYPE_WEEKS, most=TYPES),
        "fig-types",
        lambda said: f"Table of incidents by type and week, darker for more. {said}.",
    )


@in_language
def completeness_figure(numbers: WeeklyNumbers) -> ReportFigure:
    """Return what share of each week is reported."""
    return _drawn(
        numbers,
        lambda: plot_completeness(numbers.total),
        "fig-completeness",
        lambda said: f"Share of each week's incidents already reported. {said}.",
    )


@in_language
def delay_figure(numbers: WeeklyNumbers) -> ReportFigure | None:
    """Return how late reports come; None of a table of counts."""
    incidents = numbers.incidents
    if not isinstance(incidents, Incidents):
        return None
    return _drawn(
        numbers,
        lambda: plot_delay(incidents),
        "fig-delay",
        lambda said: f"Curve of the share of incidents reported within so many days. {said}.",
    )


@in_language
def coverage_figure(numbers: WeeklyNumbers) -> ReportFigure:
    """Return where and when there was no coverage."""
    return _drawn(
        numbers,
        lambda: plot_coverage(numbers.counts, most=ROWS),
        "fig-coverage",
        lambda said: f"Strip a region, grey where there was coverage, hatched where there was none. {said}.",
    )


@in_language
def severity_figure(numbers: WeeklyNumbers, *, weeks: int = 104) -> ReportFigure | None:
    """Return fatalities per week as far as stated; None where nothing states them.

    Weeks in which no incident states them are left out.
    """
    import matplotlib.pyplot as plt

    series = numbers.fatalities_stated
    values, starts = series.values[-weeks:], series.starts[-weeks:]
    if np.isnan(values).all() or not numbers.fatalities_known:
        return None
    counts = numbers.fatalities.resample("week")
    silent = starts[np.isnan(values)]
    covered = counts.coverage & ~np.isin(counts.starts, silent)[:, None]
    shown = replace(counts, coverage=covered, values=np.where(covered, counts.values, 0).astype(np.int32))
    figure, ax = plt.subplots(figsize=(TEXT_WIDTH, 1.6), layout="constrained")
    plot_trend(shown, periods=weeks, gap="no coverage, or not stated", title=False, ax=ax)
    top = int(np.nanargmax(values))
    now = series.at(numbers.week.start)
    caption = (
        f"Fatalities as far as stated: {format_number(now, 0)} this week; the most in "
        f"these {len(values)} weeks were {values[top]:,.0f}, in the week of {day_words(starts[top])}"
    )
    unknown = int(numbers.unstated.values.sum())
    alt = f"Line of fatalities per week. {counted(unknown, 'incident')} of all weeks do not state fatalities."
    return report_figure(figure, caption=caption, alt=numbers.marked(alt), label="fig-fatalities")


def _axes(height: float) -> Axes:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(TEXT_WIDTH, height), layout="constrained")[1]


def _drawn(
    numbers: WeeklyNumbers, draw: Callable[[], Axes], label: str, alt: Callable[[str], str]
) -> ReportFigure:
    """Return a picture whose takeaway, written above it, becomes its caption."""
    ax = draw()
    said = ax.get_title(loc="left").replace("\n", " ").removeprefix(mark(numbers.simulated, "title"))
    ax.set_title("", loc="left")
    figure: Any = ax.get_figure(root=True)
    return report_figure(figure, caption=said, alt=numbers.marked(alt(said)), label=label)
