"""What the page on kinds says: types week by week; fatalities low, best, high and not stated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.periods import DAY, Window
from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import counted, format_number
from analytics.results.words_days import span_words

__all__ = ["KindsPage", "kinds_page"]


@dataclass(frozen=True)
class KindsPage:
    """Kinds of incidents, and how deadly they were; described, not tested.

    Attributes
    ----------
    types : str
        Why there is no table of types, "" where there is one to be drawn.
    severity : ReportTable or None
        None where nothing states fatalities; `severity_note` then says so.
    severity_note : str
    """

    types: str
    severity: ReportTable | None
    severity_note: str


def kinds_page(numbers: WeeklyNumbers) -> KindsPage:
    """Return what is said of kinds."""
    types = ""
    if numbers.types is None:
        why = "Regions were selected" if numbers.request.regions is not None else "No event type is stated"
        types = f"{why}, so there is no table by type."
    if not numbers.fatalities_known:
        return KindsPage(types, None, "Nothing states fatalities; a missing figure is not a zero.")
    return KindsPage(types, _severity(numbers), "")


def _severity(numbers: WeeklyNumbers) -> ReportTable:
    start, year_ago = numbers.week.start, numbers.last_year()
    low, high = numbers.estimates
    series = (
        numbers.weeks, WeekSeries.of(numbers.unstated), low, numbers.fatalities_stated, high,
    )  # fmt: skip
    spells = (
        ("This week", start, 1),
        ("Last week", weeks_on(start, -1), 1),
        ("Mean of the 4 weeks before", weeks_on(start, -4), 4),
        (numbers.last_year_words.capitalize(), year_ago, 1),
    )
    rows = []
    for name, first, length in spells:
        total, unknown, least, best, most = (s.mean(first, length) for s in series)
        share = unknown / total if total > 0 else np.nan
        a_stated = best / (total - unknown) if total > unknown else np.nan
        days = span_words(Window(first, first + (7 * length - 1) * DAY))
        rows.append((name, days, total, share, least, best, most, a_stated))
    frame = pd.DataFrame(
        rows, columns=["spell", "days", "incidents", "unstated", "low", "best", "high", "each"]
    )
    dead, unknown = frame["best"].iloc[0], WeekSeries.of(numbers.unstated).at(start)
    said = "The dead of this week: not stated, or coverage not complete"
    if not np.isnan(dead):
        said = f"{dead:,.0f} dead stated this week; {counted(unknown, 'incident')} without a figure"
    figure = format_number
    return ReportTable(
        frame,
        columns=[
            Column("spell", "Weeks"),
            Column("days", "Days"),
            Column("incidents", "Incidents", format=_whole),
            Column("low", "Dead, low", format=_whole),
            Column("best", "best", format=_whole),
            Column("high", "high", format=_whole),
            Column("unstated", "Not stated", format="percent"),
            Column("each", "Dead per incident stated", format=lambda v: figure(v, 1)),
        ],
        caption=said,
        notes=(
            "Low and high as the source gives them; where it gives none, its best figure stands for both. "
            "A missing "
            "figure is not a zero and adds nothing. Described, not tested: a single incident can make a "
            "week.",
        ),
        label="tbl-fatalities",
    )


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
