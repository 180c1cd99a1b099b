"""The likelihood ratio charts as R has them."""

from __future__ import annotations

from typing import Literal

import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors._glr import glr_alarms, glr_method
from analytics.detectors.glr_training import Change, Direction, GlrOptions, train_chart
from analytics.detectors.grid import grid_of, per_region
from analytics.detectors.training import Family
from analytics.former import renamed
from analytics.kernels.charts import glr as kernel
from analytics.options import check_above, check_choice
from analytics.results import Alarms

__all__ = ["glr"]

Returns = Literal["value", "cases"]

_THRESHOLD, _CYCLE = 5.0, {"week": 52.0, "day": 365.0}


@renamed(alpha="nb_alpha", ret="returns")
def glr(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    window: int | None = None,
    min_window: int = 1,
    change: Change = "intercept",
    ratio: float | npt.ArrayLike | None = None,
    direction: Direction = "greater",
    threshold: float | npt.ArrayLike | None = None,
    returns: Returns = "value",
    harmonics: int = 1,
    trend: bool = False,
    refit: bool = False,
    nb_alpha: float | npt.ArrayLike | None = None,
    training: int | None = None,
    reset: bool = True,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::algo.glrpois`` and ``algo.glrnb`` do.

    Windows of two periods and more count as soon as they are limited (Poisson levels); epidemic charts start
    Newton steps where the last window's ended, so that some windows are lost (Poisson), or take the ratio of
    the levels for the slope (negative binomial); weeks have a year of 52.
    Otherwise the alarms are those of :func:`analytics.detectors.glr`.

    Parameters
    ----------
    counts, family, window, min_window, change, ratio, direction, trend, refit, reset, last
        As in :func:`analytics.detectors.glr` (R: ``M``, ``Mtilde``, ``change``, ``theta`` (its logarithm),
        ``dir``, ``mu0``).
    threshold : float or one per region, optional
        5 unless told, whatever run length that gives (R: ``c.ARL``).
    returns : {"value", "cases"}
        "cases" also gives, as `upper_bound`, the smallest count that would have alarmed (R: ``ret``).
    harmonics : int
        One by default, for any history (R: ``S``).
    nb_alpha : float or one per region, optional
        Variance ``mean + nb_alpha mean**2``; by maximum likelihood unless given (R: ``alpha``).
    training : int, optional
        Periods at the start that mean and dispersion come from, not tested; a year by default. R takes
        everything before the periods it tests.

    Examples
    --------
    >>> import numpy as np
    >>> counts = Counts.from_array(np.array([2, 1, 3, 2] * 15 + [9, 9]), start="2019-01-07")
    >>> glr(counts, family="poisson", training=52, last=2).alarm[:, 0].tolist()
    [True, True]
    """
    check_choice("returns", returns, Returns)
    options = GlrOptions(
        family, window, min_window, change, ratio, direction, returns == "cases", trend, refit, reset
    )
    options.check()
    check_above(0, threshold=threshold)
    grid = grid_of(counts, last=last, as_in_r=True)
    trained = train_chart(
        grid,
        options,
        training=round(grid.periods_per_year) if training is None else training,
        harmonics=harmonics,
        cycle=_CYCLE[grid.freq],
        fewest=0,
        dispersion="ml" if nb_alpha is None and not options.poisson else None,
        nb_alpha=nb_alpha,
    )
    code = kernel.LEVEL if ratio is None else kernel.FIXED
    if change == "epidemic":
        code = kernel.EPIDEMIC_POISSON_CHAIN if options.poisson else kernel.EPIDEMIC_RATIO
    shortest, longest = min_window, window
    if window is not None:
        shortest, longest = min_window + (options.poisson and change == "intercept"), window + 1
    chart = options.chart(code, shortest=shortest, longest=longest, opens=trained.start)
    level = per_region(_THRESHOLD if threshold is None else threshold, grid, "threshold")
    method = glr_method(options, chart, harmonics) + "; as R surveillance computes it."
    said = {"parameters": {"nb_alpha": trained.model.alpha, "compat": "surveillance"}}
    return glr_alarms(grid, options, chart, trained, level, method, said)
