"""Counts for each so many people or square kilometres: shown beside the counts, never tested."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.counts.grid import Counts
from analytics.errors import InputError, OptionError, nearest
from analytics.files import read_whole
from analytics.periods import YEAR_DAYS

__all__ = ["rate_table", "read_denominators"]

_LISTED = 10
_NAMES = ("region", "name")


def rate_table(counts: Counts, of: Mapping[str, float] | pd.Series, *, per: float = 100_000) -> pd.DataFrame:
    """Return the incidents of each region for each so many people, or for each so many square kilometres.

    Rates are a way of showing counts. Every test works on the counts themselves: a region is compared with
    its own past, in which its people are much the same.

    Parameters
    ----------
    counts : Counts
    of : mapping or Series
        Region to people living in it, or to its km2; such as :meth:`Regions.people` and :meth:`Regions.area`.
    per : float
        How many of them a rate is for.

    Returns
    -------
    DataFrame
        `region`, `count` (over all covered periods), `days` (how many are covered), `of`, `rate` (incidents
        in all, for each `per`), `yearly_rate` (a year of 365.25 days, NA without a covered day).

    Raises
    ------
    InputError
        If a region has none, or it is not more than 0; the message names all such regions.
    OptionError
        If `per` is not more than 0.

    Examples
    --------
    >>> counts = Counts.from_array([[3, 0], [1, 2]], start="2020-04-06", regions=["Kirkuk", "Diyala"])
    >>> rate_table(counts, {"Kirkuk": 1_600_000, "Diyala": 1_700_000})[["region", "count", "rate"]].round(3)
       region  count   rate
    0  Kirkuk      4   0.25
    1  Diyala      2  0.118
    """
    if not (np.isfinite(per) and per > 0):
        raise OptionError("per is no number of people or km2", expected="more than 0", found=f"{per:g}")
    values = {str(name): float(n) for name, n in dict(of).items() if not pd.isna(n)}
    absent = [name for name in counts.regions if name not in values]
    if absent:
        close = nearest(absent[0], [name for name in values if name not in counts.regions])
        raise InputError(
            f"{len(absent)} of {len(counts.regions)} regions have no denominator, so no rate",
            expected="people (or km2) of each region counted",
            found=f"none for {', '.join(absent[:_LISTED])}" + (", ..." if len(absent) > _LISTED else ""),
            todo=f"is {close[0]} meant for {absent[0]}?" if close else None,
        )
    bad = [name for name in counts.regions if not (np.isfinite(values[name]) and values[name] > 0)]
    if bad:
        raise InputError(
            "a rate needs people (or km2)",
            expected="more than 0",
            found=", ".join(f"{n}: {values[n]:g}" for n in bad[:_LISTED]),
        )
    number = counts.values.sum(axis=0, dtype=np.int64)
    days = counts.coverage.sum(axis=0) * (7 if counts.finest == "week" else 1)
    base = np.array([values[name] for name in counts.regions])
    rate = number / base * per
    with np.errstate(divide="ignore", invalid="ignore"):
        yearly = np.where(days > 0, rate * YEAR_DAYS / days, np.nan)
    return pd.DataFrame(
        {
            "region": pd.Series(counts.regions, dtype="str"),
            "count": number,
            "days": days,
            "of": base,
            "rate": pd.array(np.where(days > 0, rate, np.nan), dtype="Float64"),
            "yearly_rate": pd.array(yearly, dtype="Float64"),
        }
    )


def read_denominators(path: str | Path) -> dict[str, float]:
    """Return what a CSV file states of each region: a column ``region``, and one of numbers (``population``).

    Raises
    ------
    InputError
        If the file cannot be read, has other columns, or a number cannot be read; a region twice is one too.
    """
    try:
        text = read_whole(Path(path)).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("the populations cannot be read", found=str(error), where=str(path)) from error
    head = [name.strip().casefold() for name in rows[0]] if rows else []
    if len(head) != 2 or head[0] not in _NAMES:
        raise InputError(
            "the populations are no table of two columns",
            expected="region and population (or km2)",
            found=", ".join(head[:8]) or "nothing",
            where=str(path),
        )
    found: dict[str, float] = {}
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        name = row[0].strip()
        try:
            number = float(row[1].replace(" ", ""))
        except (ValueError, IndexError):
            raise InputError(
                "a population is no number", found=repr(",".join(row)), where=f"{path}, line {line}"
            ) from None
        if name in found:
            raise InputError(
                "a region stands twice among the populations", found=name, where=f"{path}, line {line}"
            )
        found[name] = number
    return found
