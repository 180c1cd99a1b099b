"""Upticks of stated size, length and shape put into counts that have none of their own to be sure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from analytics._typing import FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import OptionError, nearest
from analytics.options import check_choice, check_whole
from analytics.periods import DAY, as_day

__all__ = ["InjectedUptick", "Shape", "add_upticks", "check_uptick", "inject", "shape_weights"]

Shape = Literal["block", "ramp", "decay", "lognormal"]

HALVINGS = 4  # of a decay over its length
SPREAD_SD, SPREAD_SHARE = 0.5, 0.95  # sd of the log time of a case; the share of cases its length holds


@dataclass(frozen=True, eq=False)
class InjectedUptick:
    """What was put in.

    Attributes
    ----------
    added : int array, shape (periods, regions)
        Incidents added, on the counts' finest grid.
    regions : tuple of str
    start, end : datetime64[D]
        First and last day of the uptick.
    ratio : float or None
        Rate in the uptick over the region's mean rate.
    size : int or None
        Incidents drawn for each region, whether or not there was coverage to count them.
    shape : str
    lost : int
        Incidents that fell where there is no coverage, and were not counted.
    seed : int
    """

    added: IntArray
    regions: tuple[str, ...]
    start: np.datetime64
    end: np.datetime64
    ratio: float | None
    size: int | None
    shape: str
    lost: int
    seed: int


def shape_weights(shape: str, periods: int) -> FloatArray:
    """Return the share of an uptick's incidents expected in each of its periods.

    Parameters
    ----------
    shape : {"block", "ramp", "decay", "lognormal"}
        All periods alike; rising in a straight line from the first to the last; falling by half four times;
        rising and falling as the density of LogNormal(0, 0.5), of which the length holds 95 %.
    periods : int

    Examples
    --------
    >>> shape_weights("ramp", 4).tolist()
    [0.1, 0.2, 0.3, 0.4]
    """
    check_choice("shape", shape, Shape)
    check_whole(1, unit="periods", length=periods)
    at = np.arange(periods)
    if shape == "block":
        weights = np.ones(periods, dtype=float)
    elif shape == "ramp":
        weights = at + 1.0
    elif shape == "decay":
        weights = 0.5 ** (HALVINGS * at / periods)
    else:
        spread = stats.lognorm(SPREAD_SD)
        edges = np.linspace(0, float(spread.ppf(SPREAD_SHARE)), periods + 1)
        weights = np.asarray(np.diff(spread.cdf(edges)), dtype=float)
    return np.asarray(weights / weights.sum())


def add_upticks(
    mean: FloatArray,
    start: IntArray,
    periods: int,
    shape: str,
    rows: int,
    rng: np.random.Generator,
    *,
    ratio: float | None = None,
    size: int | None = None,
) -> IntArray:
    """Draw one uptick's incidents for each series.

    Parameters
    ----------
    mean : float array, shape (series,)
        Incidents a period without the uptick.
    start : int array, shape (series,)
        Row of the first period.
    periods : int
        Length.
    shape : str
    rows : int
        Length of the series.
    rng : Generator
    ratio, size : float and int
        One of them: the incidents are Poisson with (ratio - 1) times the usual mean of the uptick's length,
        or exactly `size`.

    Returns
    -------
    int array, shape (rows, series)
    """
    weights = shape_weights(shape, periods)
    added = np.zeros((rows, mean.size), dtype=np.int64)
    at = start + np.arange(periods)[:, None]
    if ratio is not None:
        drawn = rng.poisson((ratio - 1) * periods * mean * weights[:, None])
    else:
        drawn = rng.multinomial(int(size or 0), weights, size=mean.size).T
    added[at, np.arange(mean.size)] = drawn
    return added


def check_uptick(ratio: float | None, size: int | None, length: int, shape: str) -> None:
    """Raise OptionError unless exactly one of ratio and size is given and all are in range."""
    shape_weights(shape, 1)
    if (ratio is None) == (size is None):
        raise OptionError(
            "an uptick needs a ratio or a size",
            expected="one of the two, such as ratio=3",
            found="both" if ratio is not None else "neither",
        )
    if ratio is not None and not (np.isfinite(ratio) and ratio > 1):
        raise OptionError("ratio must be above 1", expected="such as 3", found=str(ratio))
    check_whole(1, unit="incidents", size=size)
    if length is None:
        raise OptionError("an uptick needs a length", expected="a number of days", found="None")
    check_whole(1, unit="days", length=length)


def inject(
    counts: Counts,
    *,
    regions: str | Sequence[str],
    start: object,
    length: int = 14,
    ratio: float | None = None,
    size: int | None = None,
    shape: str = "block",
    seed: int,
) -> tuple[Counts, InjectedUptick]:
    """Put an uptick of known size into counts.

    Parameters
    ----------
    counts : Counts
        At their finest grid: days, where there are days.
    regions : str or sequence of str
        Where; each region gets an uptick of its own.
    start : date
        First day. For weekly counts, the week that holds it.
    length : int
        Days; for weekly counts rounded up to whole weeks.
    ratio : float
        The rate in the uptick over the region's mean rate in its covered periods. The incidents added are
        Poisson.
    size : int
        Or: the number of incidents added to each region.
    shape : {"block", "ramp", "decay", "lognormal"}
        See :func:`shape_weights`.
    seed : int

    Returns
    -------
    counts : Counts
        Marked as simulated, with a note that says what was put in. Nothing is added where there is no
        coverage.
    truth : InjectedUptick

    Raises
    ------
    OptionError
        If a region is unknown, the uptick does not lie within the counts, or an option is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Kirkuk": [1, 2, 1, 1]}, index=["2020-W13", "2020-W14", "2020-W15", "2020-W16"])
    >>> quiet = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> busy, truth = inject(quiet, regions="Kirkuk", start="2020-04-06", length=14, size=8, seed=1)
    >>> busy.simulated, int(truth.added.sum()), int(busy.values.sum())
    (True, 8, 13)
    """
    check_uptick(ratio, size, length, shape)
    names = (regions,) if isinstance(regions, str) else tuple(regions)
    for name in names:
        if name not in counts.regions:
            close = nearest(name, counts.regions)
            raise OptionError(
                f"unknown region {name!r}",
                expected=", ".join(counts.regions[:30]),
                todo=f"did you mean {' or '.join(close)}?" if close else None,
            )
    first = as_day(start, "start")
    step = counts.period_days
    row = int((first - counts.starts[0]) // (step * DAY))
    periods = -(-int(length) // step)
    end = counts.starts[0] + (row + periods) * step * DAY - DAY
    if row < 0 or end > counts.as_of:
        raise OptionError(
            "the uptick does not lie within the counts",
            expected=f"within {counts.starts[0]}..{counts.as_of}",
            found=f"{first}..{end}",
        )
    columns = np.array([counts.regions.index(name) for name in dict.fromkeys(names)])
    rng = np.random.Generator(np.random.PCG64(seed))
    covered = counts.coverage[:, columns] & ~counts.provisional[:, None]
    mean = counts.values[:, columns].sum(axis=0, where=covered) / np.maximum(covered.sum(axis=0), 1)
    begin = np.full(columns.size, row)
    drawn = add_upticks(mean, begin, periods, shape, len(counts.starts), rng, ratio=ratio, size=size)
    kept = np.where(counts.coverage[:, columns], drawn, 0)
    added = np.zeros(counts.values.shape, dtype=np.int64)
    added[:, columns] = kept
    named = ", ".join(counts.regions[i] for i in columns)
    what = f"{ratio:g} times the mean rate" if ratio is not None else f"{size} incidents a region"
    begins = counts.starts[row]
    note = f"an uptick was put in by simulation: {named}, {begins}..{end}, {what}, shape {shape}, seed {seed}"
    changed = replace(
        counts,
        values=(counts.values + added).astype(np.int32),
        accounting=None,
        simulated=True,
        notes=(*counts.notes, note),
    )
    truth = InjectedUptick(
        added=added,
        regions=tuple(counts.regions[i] for i in columns),
        start=begins,
        end=end,
        ratio=ratio,
        size=size,
        shape=shape,
        lost=int((drawn - kept).sum()),
        seed=seed,
    )
    return changed, truth
