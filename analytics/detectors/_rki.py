"""The RKI rule: the count against the confidence limit of the mean of the same weeks before."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, grid_of, make_alarms, per_region
from analytics.detectors.windows import check_windows
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts.poisson_limits import crow_gardner_upper
from analytics.kernels.windows.same_weeks import same_weeks
from analytics.results import Alarms, DetectorRun

__all__ = ["rki"]


TOO_FEW = "fewer than half of the reference periods have coverage"
_SMALL = 20  # up to this mean the Poisson limit, above it mean + 2 sd
_PRINTED = {11: 19.05}  # Crow and Gardner's table rounds this one down


def rki(
    counts: Counts,
    *,
    b: int = 2,
    w: int = 4,
    include_current_year: bool = False,
    threshold: float | npt.ArrayLike = 1.0,
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
) -> Alarms:
    """Raise an alarm where a count exceeds the upper 95 % limit of the mean of its reference weeks.

    Parameters
    ----------
    counts : Counts
        By week or by day, as shown.
    b : int
        Past years whose weeks are looked at.
    w : int
        Periods on either side of the same one in each past year, and periods just before this one.
    include_current_year : bool
        Whether the `w` periods just before count too. The usual settings: RKI 1 is ``b=0, w=6`` with the
        current year, RKI 2 ``b=1, w=6`` with it, RKI 3 (the default) ``b=2, w=4`` without.
    threshold : float or array, one for each region
        How far to the limit the count must go: 1 is the limit, 2 twice as far from the mean.
    last : int, optional
        Test only the last so many periods over at `as_of`.
    compat : {"surveillance"}, optional
        Give what R's surveillance 1.20.3 gives.

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
    Null hypothesis: the count comes from the distribution of its reference counts. Up to a mean of 20 the
    limit is the upper 95 % confidence limit of a Poisson mean when that mean was counted (Crow and Gardner
    1959), above 20 it is mean + 2 sd. It is a rule of thumb: it carries no stated false alarm rate, hence
    no p-value.

    Differences from the reference: the same week a year ago is found by its date, not 52 weeks back; the
    Poisson limit runs straight from one whole number to the next, where the reference rounds the mean down,
    which puts the limit up to 2 counts too low; the sd is at least the square root of the mean, so that a
    constant series has a limit above itself; at least half of the reference periods need coverage. With
    ``compat="surveillance"`` the limits are those of the printed table (three decimals).

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
    >>> found = rki(week, b=0, w=6, include_current_year=True)
    >>> found.latest()[["observed", "expected", "upper_bound", "alarm"]].round(3).to_numpy().tolist()
    [[6, 1.5, 6.005, False]]
    """
    if compat not in (None, "surveillance"):
        raise unknown_option("compat", compat, ("surveillance",))
    grid = grid_of(counts, last=last)
    limits = per_region(threshold, grid, "threshold")
    if (limits <= 0).any() or (compat and (limits != 1).any()):
        expected = "1 with compat='surveillance'" if compat else "above 0"
        raise OptionError("threshold is not usable", expected=expected, found=str(threshold))
    b, w = check_windows(b, w, include_current_year, grid)
    past = same_weeks(
        grid.values,
        grid.usable,
        grid.starts,
        first=grid.first,
        period_days=grid.counts.period_days,
        years=b,
        half=w,
        current=include_current_year,
        calendar=compat is None,
        squares=True,
    )
    few = 2 * past.number < max(past.due, 2)
    number = np.maximum(past.number, 1)
    mean = past.total / number
    spread = np.maximum(past.squares * number - past.total**2, 0) / (number * np.maximum(number - 1.0, 1.0))
    limit = _reference_limit(mean, spread) if compat else _limit(mean, spread)
    y = grid.values[grid.first :]
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = (y - mean) / (limit - mean)
    bound = limit if compat else mean + limits * (limit - mean)
    if compat:
        # A limit at the mean itself: 0/0 where the count is there too.
        statistic = np.where(np.isnan(statistic), 0.0, statistic)
    return make_alarms(
        grid,
        DetectorRun(
            name="rki",
            method=f"the count against the upper 95 % limit of the mean of {past.due} reference {grid.freq}s "
            "(Poisson up to 20, then mean + 2 sd); null: it comes from their distribution (Höhle 2007)",
            parameters={
                "b": b,
                "w": w,
                "include_current_year": include_current_year,
                "threshold": float(limits[0]) if (limits == limits[0]).all() else limits,
                "compat": compat,
            },
        ),
        alarm=y > bound if compat else statistic > limits,
        untested=[(past.short, SHORT), (few, TOO_FEW)],
        expected=mean,
        upper_bound=bound,
        statistic=statistic,
    )


def _limit(mean: FloatArray, variance: FloatArray) -> FloatArray:
    known = crow_gardner_upper(_SMALL)
    poisson = np.interp(mean, np.arange(_SMALL + 1.0), known)
    large = mean + 2 * np.sqrt(np.maximum(variance, mean))
    return np.asarray(np.where(mean <= _SMALL, poisson, large))


def _reference_limit(mean: FloatArray, variance: FloatArray) -> FloatArray:
    table = crow_gardner_upper(_SMALL).round(3)
    for count, printed in _PRINTED.items():
        table[count] = printed
    small = table[np.minimum(np.floor(mean), _SMALL).astype(np.int64)]
    return np.asarray(np.where(mean <= _SMALL, small, mean + 2 * np.sqrt(variance)))
