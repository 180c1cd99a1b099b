"""EWMA on counts, Poisson or negative binomial.

References
----------
.. [1] Borror, C. M., Champ, C. W., Rigdon, S. E. (1998). Poisson EWMA control charts. Journal of Quality
       Technology 30, 352-361.
.. [2] Brook, D., Evans, D. A. (1972). An approach to the probability distribution of CUSUM run length.
       Biometrika 59, 539-549.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors.grid import grid_of, per_region
from analytics.detectors.training import ChartRows, Family, in_control
from analytics.errors import OptionError
from analytics.kernels.charts.ewma import ewma_design, ewma_run, ewma_thinned
from analytics.options import check_above, check_level, check_one
from analytics.results import Alarms, DetectorRun

__all__ = ["ewma"]


def ewma(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    weight: float = 0.2,
    arl: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    mean: float | npt.ArrayLike | None = None,
    dispersion: float | npt.ArrayLike | None = None,
    training: int | None = None,
    reset: bool = True,
    last: int | None = None,
) -> Alarms:
    """Raise an alarm where a moving average, the latest periods weighing most, is too far above its mean.

    Null hypothesis: counts are independent, Poisson or negative binomial, around the in-control mean m with
    dispersion (variance over mean) d. ``Z = (1 - weight) Z + weight y`` starts at m; an alarm is Z more than
    `threshold` standard deviations above m, where the variance after t periods is
    ``d m weight / (2 - weight) (1 - (1 - weight)^(2t))`` [1]_. One-sided. After an alarm Z and t start again.

    The in-control mean of a region is (incidents + 1/2) / periods over its training history, the dispersion
    (at least 1) by moments: the larger of that of single periods and of two-week sums. The limits are the
    narrowest whose average run length, by Markov chain [2]_, reaches `arl`; none is so low that one incident
    alone, from the in-control mean, raises an alarm. The chain takes mean and dispersion as known and
    periods as independent. On simulated weeks, 52 of them training and one false alarm a year wanted, there
    were 1.0 episodes (Poisson), 1.1 (negative binomial), 1.4 (Hawkes, branching 0.6), 1.1 (INGARCH) and 1.3
    (log-Gaussian Cox) a region-year; on days, where the dispersion of two weeks is more than a moving
    average of days needs, 0.4 to 0.9; 300 regions of two years each, 3.5 incidents a week. Dispersed
    counts of one incident a week or fewer alarm 1.2 times as often as asked.

    Parameters
    ----------
    counts : Counts
    family : {"negative_binomial", "poisson"}
    weight : float
        Of the latest period, between 0 and 1.
    arl : float or array, one for each region, optional
        Periods to a false alarm on average, in control; one year by default. Not with `threshold`.
    threshold : float or array, one for each region, optional
        Standard deviations.
    mean, dispersion : float or array, one for each region, optional
        In control; estimated by default.
    training : int, optional
        Periods at the start that mean and dispersion come from, not tested; a year by default, none where
        both are given. At least 8, and half of those asked for, must have data.
    reset : bool
    last : int, optional
        Report only the last so many periods; the chart still runs from the end of training.

    Returns
    -------
    Alarms
        `statistic` is (Z - m) in standard deviations, before any reset; `upper_bound` the count above which
        the period alarms. A period without coverage is not tested and leaves Z where it was.

    Raises
    ------
    OptionError
        If an option does not fit the counts.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 0, 2, 1] * 14 + [6, 7, 9, 8]), start="2019-01-07")
    >>> ewma(counts, last=8).alarm[:, 0].tolist()
    [False, False, False, False, True, True, True, True]
    """
    check_level(weight=weight)
    check_one(arl=arl, threshold=threshold)
    check_above(1, arl=arl)
    check_above(0, threshold=threshold)
    grid = grid_of(counts, last=last)
    control = in_control(grid, family=family, mean=mean, dispersion=dispersion, training=training)
    if len(control.mean) > 1:
        raise OptionError("ewma takes one mean a region", expected=f"1 or {grid.shape[1]} numbers")
    level, spread = control.mean[0], control.dispersion
    wanted = rate = None
    if threshold is None:
        wanted = per_region(grid.periods_per_year if arl is None else arl, grid, "arl")
        design = ewma_design(level, spread, weight=weight, run_length=wanted)
        width, rate = design.width, grid.periods_per_year / design.run_length
    else:
        width = per_region(threshold, grid, "threshold")
    rows = ChartRows.of(grid, control.start)
    values, held = grid.values[control.start :], (width, float(weight), bool(reset))
    control, each = control.thinned(grid)
    if grid.reported is None:
        state, age = level.copy(), np.zeros(grid.shape[1])
        ewma_run(values, rows.usable(), level, np.sqrt(level * spread), *held, state, age, *rows.run())
    else:
        ewma_thinned(values, rows.usable(), control.mean, control.mean * each, *held, *rows.run())
    law = "Poisson" if family == "poisson" else "negative binomial"
    run = DetectorRun(
        name="ewma",
        null_hypothesis="counts are independent around the in-control mean",
        method=f"{law} EWMA with weight {weight:g} and time-varying limits (null: independent counts around "
        "the in-control mean; Borror, Champ and Rigdon 1998)",
        resets=bool(reset),
        parameters={
            "family": family,
            "weight": weight,
            "arl": wanted,
            "threshold": width,
            "mean": level,
            "dispersion": spread,
            "training": control.start,
            "reset": bool(reset),
        },
        rate=rate,
        rate_basis="" if rate is None else "run length by Markov chain, in-control counts independent",
    )
    return rows.alarms(run, control)
