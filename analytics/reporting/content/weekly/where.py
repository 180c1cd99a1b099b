"""What the page on places says: another method's alarms, and the districts inside each region."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analytics.errors import UptickError
from analytics.monitoring import MonitorResult, monitor
from analytics.reporting.content.weekly.numbers import WeeklyNumbers

__all__ = ["BOARD_WEEKS", "Inside", "Part", "WherePage", "inside_parts", "monitored", "where_page"]

BOARD_WEEKS = 26
_REGIONS, _DISTRICTS = 6, 5


@dataclass(frozen=True)
class Part:
    """A part of a region's incidents: in the window, and as many as the baseline leads one to expect."""

    name: str
    observed: float
    usual: float


@dataclass(frozen=True)
class Inside:
    """The districts of one region, those with most incidents of the window first; `more` is the rest."""

    region: str
    observed: float
    parts: tuple[Part, ...]
    more: float


@dataclass(frozen=True)
class WherePage:
    """Places.

    Attributes
    ----------
    method : tuple of str
        What another, more sensitive method says, and how many false alarms it may raise.
    board : bool
        Whether there is a board of its alarms to be drawn.
    inside : tuple of Inside
        The regions with most incidents of the window; empty where no districts are stated.
    inside_title : str
    """

    method: tuple[str, ...]
    board: bool
    inside: tuple[Inside, ...]
    inside_title: str


def where_page(numbers: WeeklyNumbers) -> WherePage:
    """Return what is said of places."""
    watched, why = monitored(numbers)
    method: tuple[str, ...] = (f"Alarms of another method are not shown: {why}.",)
    if watched is not None:
        said = watched.sentence() if not numbers.simulated else watched.sentence().partition(": ")[2]
        method = (
            "Another method, more sensitive and not the one that calls an uptick: it holds the last week "
            f"against a forecast. {said}",
            watched.expectation(),
        )
    inside = _inside(numbers)
    most = ""
    if inside:
        first, part = inside[0], inside[0].parts[0]
        most = f"{part.name} carries {part.observed:,.0f} of the {first.observed:,.0f} in {first.region}"
    return WherePage(method, watched is not None, inside, most)


def monitored(numbers: WeeklyNumbers) -> tuple[MonitorResult | None, str]:
    """Return what the recommended detector says week by week, or None and why not."""
    try:
        return monitor(numbers.counts, last=BOARD_WEEKS), ""
    except UptickError as error:
        return None, str(error).splitlines()[0]


def inside_parts(
    rows: pd.DataFrame, column: str, numbers: WeeklyNumbers, region: str, most: int
) -> tuple[tuple[Part, ...], float]:
    """Return the parts of one region's window by the values of a column, and what is left of it.

    Parameters
    ----------
    rows : DataFrame
        Of :func:`counted_rows`, this region's.
    column : str
    numbers : WeeklyNumbers
    region : str
    most : int
        Parts named.
    """
    result = numbers.result
    row = numbers.rows.loc[numbers.rows["region"] == region].iloc[0]
    day = rows["day"].to_numpy().astype("datetime64[D]")
    name = rows[column].astype("str").str.strip()
    name = name.where(rows[column].notna() & (name != ""), "not stated")
    now = name[result.recent.contains(day)].value_counts()
    then = name[result.baseline.contains(day)].value_counts()
    scale = row["expected"] / row["baseline_total"] if row["baseline_total"] > 0 else row["expected"]
    table = pd.DataFrame({"now": now, "then": then}).fillna(0.0)
    table = table[(table["now"] > 0) | (table["then"] * scale >= 1)].rename_axis("name").reset_index()
    table = table.sort_values(["now", "then", "name"], ascending=[False, False, True]).head(most)
    parts = tuple(
        Part(str(part), float(n), float(t * scale)) for part, n, t in table.itertuples(index=False, name=None)
    )
    return parts, float(now.sum() - sum(part.observed for part in parts))


def _inside(numbers: WeeklyNumbers) -> tuple[Inside, ...]:
    rows = numbers.counted
    if rows is None or numbers.counts.by != "admin1" or rows["district"].isna().all():
        return ()
    largest = numbers.rows[numbers.rows["observed"] > 0].sort_values(
        "observed", ascending=False, kind="stable"
    )
    found = []
    for name, observed in largest[["region", "observed"]].head(_REGIONS).itertuples(index=False, name=None):
        parts, more = inside_parts(rows[rows["region"] == name], "district", numbers, name, _DISTRICTS)
        parts = tuple(part for part in parts if part.observed > 0)
        if parts:
            found.append(Inside(str(name), float(observed), parts, more + 0.0))
    return tuple(found)
