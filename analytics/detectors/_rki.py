"""The RKI rule: the count against the confidence limit of the mean of the same weeks before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference
from analytics.detectors.grid import SHORT, Grid, grid_of, make_alarms, per_region
from analytics.detectors.windows import Windows
from analytics.former import renamed
from analytics.kernels.charts.poisson_limits import crow_gardner_upper
from analytics.options import check_above
from analytics.results import Alarms, DetectorRun

__all__ = ["SMALL", "Moments", "moments", "rki", "rki_alarms"]

TOO_FEW = "fewer than half of the reference periods have coverage"
SMALL = 20  # up to this mean the Poisson limit, above it mean + 2 sd


@renamed(b="years", w="half_width")
@has_reference
def rki(
    counts: Counts,
    *,
    years: int = 2,
    half_width: int = 4,
    include_current_year: bool = False,
    threshold: float | npt.ArrayLike = 1.0,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where a count exceeds the upper 95 % limit of the mean of its reference weeks.

    Null hypothesis: the count comes from the distribution of its reference counts. Up to a mean of 20 the
    limit is the upper 95 % confidence limit of a Poisson mean when that mean was counted (Crow and Gardner
    1959), above 20 it is mean + 2 sd. It is a rule of thumb: it carries no stated false alarm rate, hence
    no p-value.

    Parameters
    ----------
    counts : Counts
        By week or by day, as shown.
    years, half_width, include_current_year
        As in :func:`bayes`. The usual settings, years and half-width: RKI 1 is 0 and 6 with the current year,
        RKI 2 is 1 and 6 with it, RKI 3 (the default) 2 and 4 without.
    threshold : float or array, one for each region
        How far to the limit the count must go: 1 is the limit, 2 twice as far from the mean.
    last : int, optional
        Test only the last so many periods over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives: :func:`analytics.detectors.surveillance.rki`.

    Returns
    -------
    Alarms
        `expected` is the mean of the reference counts, `statistic` is (observed - mean) / (limit - mean), an
        alarm a statistic above `threshold`, and `upper_bound` the count where that is reached.

    Raises
    ------
    OptionError
        If an option is unknown or out of range.

    Notes
    -----
    Differences from the reference: the same week a year ago is found by its date, not 52 weeks back; the
    Poisson limit runs straight from one whole number to the next, where the reference rounds the mean down,
    which puts the limit up to 2 counts too low; the sd is at least the square root of the mean, so that a
    constant series has a limit above itself; at least half of the reference periods need coverage.

    References
    ----------
    .. [1] Crow, E. L., Gardner, R. S. (1959). Confidence intervals for the expectation of a Poisson variable.
           Biometrika 46, 441-453.
    .. [2] Höhle, M. (2007). surveillance: an R package for the monitoring of infectious diseases.
           Computational Statistics 22, 571-582.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Kirkuk": [2, 1, 0, 3, 1, 2, 6]}, index=[f"2020-W{i}" for i in range(10, 17)])
    >>> week = Counts.from_frame(frame, freq="week", as_of="2020-04-19")
    >>> found = rki(week, years=0, half_width=6, include_current_year=True)
    >>> found.latest()[["observed", "expected", "upper_bound", "alarm"]].round(3).to_numpy().tolist()
    [[6, 1.5, 6.005, False]]
    """
    grid = grid_of(counts, last=last)
    limits = per_region(threshold, grid, "threshold")
    check_above(0, threshold=limits)
    windows = Windows(years, half_width, include_current_year)
    past = moments(grid, windows)
    if grid.reported is not None:
        now = grid.reported.rows(grid.first)
        mean = now.share * past.mean
        spread = 1 + now.share * (past.variance / np.maximum(past.mean, 1e-9) - 1) + now.doubt * mean
        past = replace(past, mean=mean, variance=np.maximum(mean * spread, 0.0))
    unsure = 1.0 if grid.reported is None else np.exp(np.sqrt(grid.reported.rows(grid.first).doubt))
    poisson = np.interp(past.mean * unsure, np.arange(SMALL + 1.0), crow_gardner_upper(SMALL))
    large = past.mean + 2 * np.sqrt(np.maximum(past.variance, past.mean))
    limit = np.where(past.mean <= SMALL, poisson, large)
    statistic = (grid.values[grid.first :] - past.mean) / (limit - past.mean)
    return rki_alarms(
        grid,
        windows,
        past,
        limits,
        alarm=statistic > limits,
        upper_bound=past.mean + limits * (limit - past.mean),
        statistic=statistic,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Moments:
    """Mean and variance of the reference counts of each tested period.

    Attributes
    ----------
    mean, variance : float arrays, shape (periods, regions)
    due : int
        Reference periods where none is missing.
    short, few : bool arrays, broadcast with them
        Where the history does not reach back far enough; where most of it has no coverage.
    """

    mean: FloatArray
    variance: FloatArray
    due: int
    short: BoolArray
    few: BoolArray


def moments(grid: Grid, windows: Windows) -> Moments:
    """Return mean and variance of the counts in these windows."""
    past = windows.look_back(grid, squares=True)
    few = 2 * past.number < max(past.due, 2)
    number = np.maximum(past.number, 1)
    variance = np.maximum(past.squares * number - past.total**2, 0) / (number * np.maximum(number - 1.0, 1.0))
    exposure = number if grid.reported is None else np.where(past.number > 0, past.exposure, 1.0)
    return Moments(past.total / exposure, variance, past.due, past.short, few)


def rki_alarms(
    grid: Grid,
    windows: Windows,
    past: Moments,
    threshold: FloatArray,
    *,
    alarm: BoolArray,
    upper_bound: FloatArray,
    statistic: FloatArray,
) -> Alarms:
    """Return the alarms of the rule, ours or the reference's."""
    run = DetectorRun(
        name="rki",
        null_hypothesis="the count comes from the distribution of its reference counts",
        method=f"the count against the upper 95 % limit of the mean of {past.due} reference {grid.freq}s "
        "(Poisson up to 20, then mean + 2 sd); null: it comes from their distribution (Höhle 2007)",
        parameters={**windows.parameters(), "threshold": threshold},
    )
    return make_alarms(
        grid,
        run,
        alarm=alarm,
        untested=[(past.short, SHORT), (past.few, TOO_FEW)],
        expected=past.mean,
        upper_bound=upper_bound,
        statistic=statistic,
        thinned=grid.reported is not None,
    )
