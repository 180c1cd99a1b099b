"""The RKI rule as R has it: limits from the printed table."""

from __future__ import annotations

import numpy as np

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors._rki import SMALL, moments, rki_alarms
from analytics.detectors.grid import grid_of
from analytics.detectors.windows import Windows
from analytics.former import renamed
from analytics.kernels.charts.poisson_limits import crow_gardner_upper
from analytics.results import Alarms

__all__ = ["rki"]

_PRINTED = {11: 19.05}  # Crow and Gardner's table rounds this one down


@renamed(b="years", w="half_width")
def rki(
    counts: Counts,
    *,
    years: int = 2,
    half_width: int = 4,
    include_current_year: bool = False,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::algo.rki`` does.

    The same week a year ago is 52 periods back. The limits are those of the printed table (three decimals),
    at the mean rounded down, which puts them up to 2 counts too low; above 20 they are mean + 2 sd, so that
    a constant series has the limit at itself.

    Parameters
    ----------
    counts, years, half_width, include_current_year, last
        As in :func:`analytics.detectors.rki` (R: ``b``, ``w``, ``actY``).

    Returns
    -------
    Alarms
        As there; `upper_bound` is the limit itself.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([2, 1, 0, 3, 1, 2, 6]), start="2020-03-02")
    >>> found = rki(counts, years=0, half_width=6, include_current_year=True, last=1)
    >>> found.upper_bound.tolist(), found.alarm.tolist()
    ([[5.323]], [[True]])
    """
    grid = grid_of(counts, last=last, as_in_r=True)
    windows = Windows(years, half_width, include_current_year, calendar=False)
    past = moments(grid, windows)
    limit = _limit(past.mean, past.variance)
    y = grid.values[grid.first :]
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = (y - past.mean) / (limit - past.mean)
    # A limit at the mean itself: 0/0 where the count is there too.
    statistic = np.where(np.isnan(statistic), 0.0, statistic)
    threshold = np.ones(grid.shape[1])
    return rki_alarms(grid, windows, past, threshold, alarm=y > limit, upper_bound=limit, statistic=statistic)


def _limit(mean: FloatArray, variance: FloatArray) -> FloatArray:
    table = crow_gardner_upper(SMALL).round(3)
    for count, printed in _PRINTED.items():
        table[count] = printed
    small = table[np.minimum(np.floor(mean), SMALL).astype(np.int64)]
    return np.asarray(np.where(mean <= SMALL, small, mean + 2 * np.sqrt(variance)))
