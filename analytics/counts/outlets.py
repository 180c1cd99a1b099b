"""Who reported the incidents counted, where the file names them: outlets by day and region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.periods import Window, week_first_day, week_label

__all__ = ["Outlets", "read_outlets"]


@dataclass(frozen=True, eq=False, slots=True)
class Outlets:
    """One entry for each incident counted and each outlet that reported it.

    Attributes
    ----------
    names, regions : tuple of str
    outlet, region : int64 array, shape (entries,)
        Where the entry's outlet and region stand in them.
    days : datetime64[D] array, shape (entries,)
    share : float array, shape (entries,)
        One over the number of outlets that reported the incident: its entries add up to 1.
    """

    names: tuple[str, ...]
    regions: tuple[str, ...]
    outlet: IntArray
    region: IntArray
    days: Days
    share: FloatArray

    def within(self, window: Window, region: str | None = None) -> BoolArray:
        """Return which entries are of a window and a region (None: of all)."""
        inside = np.asarray(window.contains(self.days))
        if region is None:
            return inside
        return np.asarray(inside & (self.region == self.regions.index(region)))

    def weight(self, window: Window, region: str | None = None) -> FloatArray:
        """Return how many incidents each outlet reported, an incident of several shared among them."""
        at = self.within(window, region)
        sums = np.bincount(self.outlet[at], self.share[at], minlength=len(self.names))
        return sums.astype(np.float64)

    def began(self) -> Days:
        """Return the day of each outlet's first incident, in any region."""
        first = np.full(len(self.names), np.datetime64("9999-12-31"), dtype="datetime64[D]")
        np.minimum.at(first, self.outlet, self.days)
        return first

    def per_week(self, week_start: str = "monday") -> pd.DataFrame:
        """Return how many outlets reported in each region and week: `region`, `week`, `start`, `outlets`."""
        rows = pd.DataFrame(
            {
                "region": np.array(self.regions, dtype=object)[self.region],
                "start": week_first_day(self.days, week_start),
                "outlet": self.outlet,
            }
        )
        out = rows.groupby(["region", "start"])["outlet"].nunique().rename("outlets").reset_index()
        days = out["start"].to_numpy().astype("datetime64[D]")
        out.insert(1, "week", [week_label(day, week_start) for day in days])
        return out

    def a_week(self, window: Window, region: str | None = None) -> float:
        """Return how many outlets reported in a week of a window, on average."""
        at = self.within(window, region)
        week = (self.days[at] - window.start).astype(np.int64) // 7
        pairs = np.unique(week * len(self.names) + self.outlet[at])
        return float(len(pairs) / (window.days / 7))


def read_outlets(
    named: pd.Series, days: Days, region: npt.NDArray[np.integer], regions: tuple[str, ...]
) -> Outlets | None:
    """Return who reported incidents, None where fewer than two outlets are named.

    Parameters
    ----------
    named : Series of str
        Outlets with semicolons between, as UCDP and ACLED write them; missing where none is named.
    days, region : array, shape (incidents,)
    regions : tuple of str

    Examples
    --------
    >>> day = np.array(["2020-04-13", "2020-04-14"], dtype="datetime64[D]")
    >>> found = read_outlets(pd.Series(["AP; Reuters", "AP"]), day, np.array([0, 0]), ("Kirkuk",))
    >>> found.names, found.weight(Window(day[0], day[1])).tolist()
    (('AP', 'Reuters'), [1.5, 0.5])
    """
    codes, uniques = pd.factorize(named)
    parts = [sorted({part.strip() for part in str(text).split(";")} - {""}) for text in uniques]
    names = sorted({name for part in parts for name in part})
    if len(names) < 2:
        return None
    at = {name: i for i, name in enumerate(names)}
    many = np.array([len(part) for part in parts] + [0], dtype=np.int64)  # the last: none is named
    flat = np.array([at[name] for part in parts for name in part], dtype=np.int64)
    begin = np.r_[0, np.cumsum(many)][:-1]
    size = many[codes]
    entry = np.repeat(np.arange(len(codes)), size)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(size) - size, size)
    return Outlets(
        tuple(names),
        regions,
        flat[begin[codes[entry]] + within],
        np.asarray(region, dtype=np.int64)[entry],
        days[entry],
        1.0 / size[entry],
    )
