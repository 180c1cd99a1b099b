"""EARS C1, C2 and C3 as R has them: the estimates taken for the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics.counts import Counts
from analytics.detectors._ears import EarsRule, Method, ears_alarms, ears_grid
from analytics.kernels.charts.ears import empty_answers
from analytics.kernels.charts.ears_reference import ears_reference
from analytics.results import Alarms

__all__ = ["UNDEFINED", "ears"]

UNDEFINED = "a constant baseline leaves the statistic undefined"


def ears(
    counts: Counts,
    *,
    method: Method = "C1",
    baseline: int = 7,
    alpha: float | npt.ArrayLike | None = None,
    min_sigma: float = 0.0,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::earsC`` does.

    The bound is ``mean + z * sd``, without a correction for the estimates, and every event above a constant
    baseline alarms. C3 sums the two periods *before* and leaves today's count out, and is not tested where
    that is 0/0.

    Parameters
    ----------
    counts, method, baseline, alpha, min_sigma, last
        As in :func:`analytics.detectors.ears` (R: ``minSigma``).

    Returns
    -------
    Alarms
        As there; alarm iff ``observed`` is above ``upper_bound``.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([2, 1, 0, 3, 1, 2, 1, 9]), freq="day", start="2020-04-06")
    >>> ears(counts, last=1).upper_bound.round(2).tolist()
    [[4.44]]
    """
    rule = EarsRule(method, baseline, min_sigma)
    grid, levels = ears_grid(counts, rule, alpha, last, as_in_r=True)
    threshold = -special.ndtri(levels)
    arrays = empty_answers(grid.shape[0] - grid.first, grid.shape[1], rule.gaps(grid))
    ears_reference(*rule.common(grid), threshold, rule.cumulated, *arrays)
    upper = arrays[1]
    undefined = ((np.isnan(upper), UNDEFINED),) if rule.cumulated else ()
    parameters = {"alpha": levels, "threshold": threshold, "compat": "surveillance"}
    return ears_alarms(grid, rule, arrays, parameters, undefined=undefined)
