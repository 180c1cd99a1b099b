"""What public figures say of the article's weeks: each series as it counts, April 2020 among its own past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.claims import read_claims
from analytics.claims.published import MonthRank, month_ranks, published_figures
from analytics.periods import DAY
from analytics.plots.style import GREY, INK, PALE, WIDTH, new_axes
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure, report_figure
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.results import CANNOT_BE_TOLD
from analytics.results.words import counted, format_number, listed
from analytics.results.words_days import MONTHS, day_words

__all__ = [
    "MonthFigures",
    "deaths_figure",
    "hindsight_words",
    "month_figures",
    "month_words",
    "rank_table",
    "series_table",
    "two_weeks_words",
    "verdict_words",
]

DEATHS, EVENTS, CLAIMED = "ucdp_deaths_month", "acled_events_month", "is_claimed_attacks"
MONTH = "2020-04"
FIRSTS, LASTS = ("2017-06", "2010-02"), ("2020-04", "2024-12")
_YEAR = 12
_DRAWN = ("2017-06", "2020-12")
_NAMES = {
    DEATHS: "UCDP, deaths",
    EVENTS: "ACLED, events",
    CLAIMED: "the Islamic State's own claims",
    "press_incidents_week": "press counts by week",
    "is_operations": "a press report",
}


@dataclass(frozen=True)
class MonthFigures:
    """April 2020 in each series, and what the claim's window has of it.

    Attributes
    ----------
    deaths, deaths_before, lowest_since, usual, reached : see :func:`month_words`
    ranks : tuple of MonthRank
    events, claimed : list of int
        By month, in order, the last that of `MONTH` (claims: one more).
    in_month, before, after : int
        Days of the claim's window in the month and before it; days of the month after the article's.
    article : datetime64[D]
    """

    deaths: int
    deaths_before: int
    lowest_since: str
    usual: float
    reached: int
    ranks: tuple[MonthRank, ...]
    events: list[int]
    claimed: dict[str, int]
    in_month: int
    before: int
    after: int
    article: np.datetime64


def month_figures() -> MonthFigures:
    """Return everything the section says in numbers, from the bundled series and the article's claim.

    Examples
    --------
    >>> found = month_figures()
    >>> found.deaths_before, found.deaths, [(one.rank, one.number) for one in found.ranks]
    (40, 115, [(1, 35), (6, 123), (6, 91), (11, 179)])
    """
    table = published_figures(DEATHS)
    values = pd.Series(table["value"].to_numpy(dtype=float), pd.DatetimeIndex(table["start"]))
    month = pd.Timestamp(f"{MONTH}-01")
    before = month - pd.DateOffset(months=1)
    low = values.loc[: before - DAY.astype("timedelta64[s]")]
    lower = low[low < values[before]]
    year = values.loc[before - pd.DateOffset(months=_YEAR) : before - DAY.astype("timedelta64[s]")]
    claims = read_claims(bundled_path("seeds/claims.toml"))
    window = claims["more-active"].window(claims.article.date)
    days = np.arange(window.start, window.end + DAY)
    inside = days.astype("datetime64[M]") == np.datetime64(MONTH, "M")
    last = np.datetime64(MONTH, "M") + np.timedelta64(1, "M")
    claimed = published_figures(CLAIMED)
    return MonthFigures(
        deaths=int(values[month]),
        deaths_before=int(values[before]),
        lowest_since=_month(lower.index[-1]),
        usual=float(year.mean()),
        reached=int((year >= values[month]).sum()),
        ranks=tuple(month_ranks(values, MONTH, FIRSTS, LASTS)),
        events=published_figures(EVENTS)["value"].astype(int).tolist(),
        claimed={_month(s): int(v) for s, v in zip(claimed["start"], claimed["value"], strict=True)},
        in_month=int(inside.sum()),
        before=int((~inside).sum()),
        after=int((last.astype("datetime64[D]") - window.end) / DAY) - 1,
        article=window.end,
    )


def _month(day: Any) -> str:
    """Return a month in words.

    Examples
    --------
    >>> _month(np.datetime64("2020-04"))
    'April 2020'
    """
    stamp = pd.Timestamp(day)
    return f"{MONTHS[stamp.month - 1]} {stamp.year}"


def series_table() -> ReportTable:
    """Return each published series: what it counts, where, how far it goes, and who published it."""
    table = published_figures()
    rows = []
    for name, group in table.groupby("series", sort=False):
        spans = [f"{day_words(group[at].to_numpy()[i].astype('datetime64[D]'))}" for at, i in _ENDS]
        rows.append(
            {
                "series": _NAMES[str(name)],
                "counts": group["counts"].iloc[0],
                "area": group["area"].iloc[0].replace("+", " and "),
                "span": " to ".join(spans),
                "figures": len(group),
                "source": listed(list(dict.fromkeys(group["source"].map(_publisher)))),
            }
        )
    return ReportTable(
        pd.DataFrame(rows),
        columns=[
            Column("series", "Series", width="1fr"),
            Column("counts", "Counts", width="2.2fr"),
            Column("area", "Where", width="0.6fr"),
            Column("span", "From, to", width="1.1fr"),
            Column("figures", "Figures", format="integer"),
            Column("source", "Published by", width="1.1fr"),
        ],
        caption="Published, not simulated: what there is on the article's weeks, and what each series counts",
        notes=["No two of these count the same: they are never joined into one series."],
        label="tbl-public-series",
    )


_ENDS = (("start", 0), ("end", -1))


def _publisher(source: str) -> str:
    """Return who published a figure, without the page."""
    return source.split(",")[0].split("/")[0]


def rank_table() -> ReportTable:
    """Return the month's place among the month-on-month ratios, for each beginning and end of the series."""
    rows = [
        {
            "stretch": f"{_month(one.first)} to {_month(one.last)}",
            "ratios": one.number,
            "rank": one.rank,
            "share": f"{100 * one.rank / one.number:.0f} %",
        }
        for one in month_figures().ranks
    ]
    return ReportTable(
        pd.DataFrame(rows),
        columns=[
            Column("stretch", "Ratios of the months", width="1fr"),
            Column("ratios", "How many", format="integer"),
            Column("rank", f"Place of {_month(MONTH)}", format="integer"),
            Column("share", "As large or larger"),
        ],
        caption=f"UCDP's deaths in Iraq, a month over the month before: {_month(MONTH)} among its own past",
        notes=["Which beginning and which end is taken decides the place; none was stated beforehand."],
        label="tbl-public-ranks",
    )


def month_words() -> ReportText:
    """Say what the month was, in each series that has it."""
    of = month_figures()
    ratio = of.ranks[0].ratio
    february, march, april = of.events
    names = list(of.claimed)
    own = names.index(_month(MONTH))
    before, now, after = (of.claimed[name] for name in names[own - 1 : own + 2])
    high = f"{of.reached} of them {'was' if of.reached == 1 else 'were'} as high or higher"
    return ReportText(
        [
            f"UCDP's deaths rose from {of.deaths_before} in March to {of.deaths} in April 2020, to "
            f"{format_number(ratio)} times. Part of that is a low March: no month since {of.lowest_since} "
            f"had fewer. April was {format_number(of.deaths / of.usual)} times the mean of the twelve "
            f"months before March ({format_number(of.usual)}), and {high}. These are deaths in the "
            "conflicts of all groups, not attacks by one.",
            f"ACLED's events, of all actors, went from {march} to {april} "
            f"({format_number(april / march, 2)} times), after {february} in February. Only these three "
            "months are known here, so there is no past to hold them against.",
            f"The Islamic State claimed {now} attacks in Iraq and Syria together in April, {before} in March "
            f"({format_number(now / before)} times) and {after} in May. A claim is what a party to the "
            "conflict says of itself, and Iraq is not told apart.",
        ]
    )


def two_weeks_words() -> ReportText:
    """Say what a month cannot say about the claim's two weeks."""
    of = month_figures()
    march, april = counted(of.before, "day"), counted(of.in_month, "day")
    return ReportText(
        [
            f"The claim is about the {of.in_month + of.before} days that end on {day_words(of.article)}: "
            f"{march} of March and {april} of April. {of.after} of April's {of.in_month + of.after} days "
            "came after the article. Had everything in April happened after it, or all of it before, each "
            "monthly figure would be the same; and a fall within April reads like a rise. A month has no "
            "places either: a rise in the disputed areas does not show in it."
        ]
    )


def hindsight_words() -> ReportText:
    """Say what was not known then, and what was chosen after the fact."""
    of = month_figures()
    best = min(of.ranks, key=lambda one: one.rank / one.number)
    others = listed([f"{one.rank} of {one.number}" for one in of.ranks if one is not best])
    return ReportText(
        [
            f"This is hindsight. None of it was known on {day_words(of.article)}: a month is counted after "
            "it is over, and its figure is revised for years. The month was looked up because of the claim, "
            f"and the beginnings and ends were tried after it was seen: {best.rank} of {best.number} is the "
            f"most striking of {len(of.ranks)} choices, the others give {others}. So none of these places is "
            "a p-value."
        ],
        kind="notice",
    )


def verdict_words() -> ReportText:
    """Give the verdict, and why."""
    of = month_figures()
    return ReportText(
        [
            f"More active over the past two weeks: {CANNOT_BE_TOLD}, from public figures. None of them "
            "counts the Islamic State's attacks in Iraq by day or week up to then. What there is counts "
            "something else (deaths in all conflicts, events of all actors, claims in two countries), by "
            f"months of which the claim's days cover {of.in_month} of {of.in_month + of.after}. It does not "
            "speak against the claim either."
        ],
        kind="key",
    )


def deaths_figure() -> ReportFigure:
    """Return UCDP's deaths by month, the month and the one before marked."""
    table = published_figures(DEATHS)
    months = table["start"].to_numpy().astype("datetime64[M]")
    shown = (months >= np.datetime64(_DRAWN[0], "M")) & (months <= np.datetime64(_DRAWN[1], "M"))
    values, starts = table["value"].to_numpy(dtype=float)[shown], months[shown]
    own = np.isin(starts, np.array([MONTH], "datetime64[M]") - np.arange(2) * np.timedelta64(1, "M"))
    ax = new_axes((WIDTH, 2.4))
    x: Any = starts.astype("datetime64[D]")
    ax.bar(x, values, width=26, align="edge", color=[INK if one else PALE for one in own], linewidth=0)
    for start, value in zip(starts[own], values[own], strict=True):
        at: Any = start.astype("datetime64[D]") + 13 * DAY
        ax.text(at, value + 20, f"{value:.0f}", ha="center", fontsize=7, color=INK)
    ax.set_ylabel("deaths per month")
    ax.text(0.99, 0.95, "PUBLISHED, not simulated", transform=ax.transAxes, ha="right", va="top", color=GREY)
    low, high = (_month(at) for at in (starts[0], starts[-1]))
    drawn: Any = ax.figure
    return report_figure(
        drawn,
        caption=f"Published, not simulated: deaths in Iraq by month, all groups, {low} to {high} (UCDP GED)",
        alt=f"Bars of deaths per month from {low} to {high}, falling from {values.max():,.0f} at most to "
        f"{values[own][0]:.0f} in March 2020 and {values[own][1]:.0f} in April 2020, which are marked.",
        label="fig-public-deaths",
    )
