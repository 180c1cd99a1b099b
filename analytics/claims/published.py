"""What has been published about the same insurgency: the only real figures beside simulated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.errors import unknown_option

__all__ = ["CAVEAT", "MonthRank", "month_ranks", "published_figures", "published_quarters"]

CAVEAT = (
    "Published totals follow rules of their own about what counts as an attack and whose it was, and the "
    "rules differ between publications: two figures for the third quarter of 2020 do not agree. They are "
    "never joined into one series, nor with the counts tested here"
)


def published_quarters() -> pd.DataFrame:
    """Return published totals of attacks by the Islamic State in Iraq, 2018 to 2021.

    Returns
    -------
    DataFrame
        start, end, attacks (missing where only a rate is stated), attacks_a_quarter, stated, source.

    Examples
    --------
    >>> published_quarters()["attacks"].dropna().astype(int).tolist()
    [1470, 1669, 566, 808, 510]
    """
    file = bundled_path("data/published_quarters.csv")
    return pd.read_csv(file, parse_dates=["start", "end"], dtype={"attacks": "Int64"})


def published_figures(series: str | None = None) -> pd.DataFrame:
    """Return published figures on Iraq around April 2020, one a row; different series are never joined.

    Parameters
    ----------
    series : str, optional
        One of them; all unless given.

    Returns
    -------
    DataFrame
        series, start, end, area, value, counts (what is counted), source.

    Raises
    ------
    OptionError
        If there is no such series.

    Examples
    --------
    >>> published_figures("acled_events_month")["value"].tolist()
    [197, 176, 183]
    """
    table = pd.read_csv(bundled_path("data/published_figures.csv"), parse_dates=["start", "end"])
    if series is None:
        return table
    if series not in set(table["series"]):
        raise unknown_option("series", series, tuple(table["series"].unique()))
    return table[table["series"] == series].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class MonthRank:
    """The place of one month among the month-on-month ratios of a stretch, the largest first.

    Attributes
    ----------
    first, last : datetime64[M]
        The months whose ratios to the month before are ranked, both included.
    rank, number : int
    ratio : float
        Of the month itself.
    """

    first: np.datetime64
    last: np.datetime64
    rank: int
    number: int
    ratio: float


def month_ranks(
    values: pd.Series, month: str, firsts: tuple[str, ...], lasts: tuple[str, ...]
) -> list[MonthRank]:
    """Return the place of a month's ratio for every beginning and end of the stretch that it is ranked in.

    Parameters
    ----------
    values : Series
        By month (datetime64), without holes and without zeros.
    month : str
        Such as ``"2020-04"``.
    firsts, lasts : tuple of str
        First and last months whose ratios are ranked.

    Examples
    --------
    >>> months = pd.date_range("2020-01-01", periods=5, freq="MS")
    >>> values = pd.Series([4, 2, 6, 3, 12], months)
    >>> found = month_ranks(values, "2020-03", ("2020-02",), ("2020-03", "2020-05"))
    >>> [(str(one.last), one.rank, one.number) for one in found]
    [('2020-03', 1, 2), ('2020-05', 2, 4)]
    """
    ratios = (values / values.shift(1)).iloc[1:]
    months = ratios.index.to_numpy().astype("datetime64[M]")
    own = float(ratios.to_numpy()[months == np.datetime64(month, "M")][0])
    found = []
    for last in lasts:
        for first in firsts:
            inside = (months >= np.datetime64(first, "M")) & (months <= np.datetime64(last, "M"))
            rank = 1 + int((ratios.to_numpy()[inside] > own).sum())
            ends = np.datetime64(first, "M"), np.datetime64(last, "M")
            found.append(MonthRank(*ends, rank=rank, number=int(inside.sum()), ratio=own))
    return found
