"""OutbreakP as R has it: it never starts again."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors._outbreak_p import outbreak_p_run
from analytics.detectors.grid import grid_of, make_alarms, per_region
from analytics.former import renamed
from analytics.kernels.charts.onset import onset_scan
from analytics.options import check_above, check_choice
from analytics.results import Alarms

__all__ = ["outbreak_p"]

Returns = Literal["cases", "value"]

_MOST = 200  # counts looked at for the bound


@renamed(ret="returns")
def outbreak_p(
    counts: Counts,
    *,
    threshold: float | npt.ArrayLike = 100.0,
    returns: Returns = "cases",
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::algo.outbreakP`` does.

    All past periods are kept for good, so that one rise raises alarms from then on. One incident after any
    number of quiet periods is as improbable as there were such periods, and alarms.
    Otherwise the alarms are those of :func:`analytics.detectors.outbreak_p`.

    Parameters
    ----------
    counts, threshold, last
        As in :func:`analytics.detectors.outbreak_p` (R: ``k``).
    returns : {"cases", "value"}
        What `upper_bound` holds: the smallest count that raises an alarm, up to 200, or the likelihood ratio
        (R: ``ret``).

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 2, 0, 1, 1, 9, 9]), start="2020-03-09")
    >>> outbreak_p(counts).alarm[:, 0].tolist()
    [False, False, False, False, False, True, True]
    """
    check_choice("returns", returns, Returns)
    grid = grid_of(counts, last=last, as_in_r=True)
    levels = per_region(threshold, grid, "threshold")
    check_above(1, threshold=levels)
    statistic, alarm, level, bound = onset_scan(
        grid.values,
        grid.usable,
        grid.first,
        np.log(levels),
        False,
        returns == "cases",
        _MOST,
        0.0,
        np.zeros((0, 0)),
    )
    if returns == "value":
        with np.errstate(over="ignore"):
            bound = np.exp(statistic)
    run = outbreak_p_run(levels, resets=False, returns=returns, compat="surveillance")
    return make_alarms(grid, run, alarm=alarm, expected=level, upper_bound=bound, statistic=statistic)
