"""CUSUM on counts: Poisson and negative binomial likelihood ratios.

References
----------
.. [1] Lucas, J. M. (1985). Counted data CUSUM's. Technometrics 27, 129-144.
.. [2] Hawkins, D. M., Olwell, D. H. (1998). Cumulative sum charts and charting for quality improvement.
       Springer.
.. [3] Brook, D., Evans, D. A. (1972). An approach to the probability distribution of CUSUM run length.
       Biometrika 59, 539-549.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors.compat import Compat, has_reference, only_as_in_r
from analytics.detectors.grid import grid_of, per_region
from analytics.detectors.training import ChartRows, Family, in_control
from analytics.former import renamed
from analytics.kernels.charts.cusum import likelihood_ratio
from analytics.kernels.charts.run_length import cusum_design
from analytics.options import check_above, check_one
from analytics.results import Alarms, DetectorRun

__all__ = ["cusum"]


@renamed(**only_as_in_r("cusum", "transform reference nb_alpha"))
@has_reference
def cusum(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    ratio: float = 2.0,
    arl: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    mean: float | npt.ArrayLike | None = None,
    dispersion: float | npt.ArrayLike | None = None,
    training: int | None = None,
    harmonics: int = 0,
    reset: bool = True,
    last: int | None = None,
    compat: Compat | None = None,
) -> Alarms:
    """Raise an alarm where evidence for `ratio` times the usual activity has added up.

    Null hypothesis: counts are independent, Poisson or negative binomial, around the in-control mean. The
    statistic is the cumulative log-likelihood ratio of `ratio` times that mean, never below 0, in nats
    [1]_ [2]_. It alarms at the threshold and starts again from 0.

    The in-control mean of a region is (incidents + 1/2) / periods over its training history, so a region
    that was silent has a small mean, not zero. The dispersion (variance over mean, at least 1) is by moments:
    the larger of that of single periods and of two-week sums. The threshold is the least one whose average
    run length in control, by Markov chain [3]_, reaches `arl`, and never less than one incident: one
    incident alone, however silent the region, is not an alarm. The chain takes mean and dispersion as
    known and periods as independent. On simulated weeks, 52 of them training and one false alarm a year
    wanted, there were 0.8 episodes (Poisson), 1.1 (negative binomial), 1.4 (Hawkes, branching 0.6), 1.2
    (INGARCH) and 1.3 (log-Gaussian Cox) a region-year; 300 regions of two years each, 3.5 incidents a week.
    Dispersed counts of one incident a week or fewer alarm more often, 1.2 to 1.3 times.

    Parameters
    ----------
    counts : Counts
    family : {"negative_binomial", "poisson"}
    ratio : float
        Increase to detect soonest, over 1.
    arl : float or array, one for each region, optional
        Periods to a false alarm on average, in control; one year by default. Not with `threshold`.
    threshold : float or array, one for each region, optional
        In nats.
    mean : float or array, optional
        In control: one number, one for each region, or shape (periods, regions). Estimated by default.
    dispersion : float or array, one for each region, optional
    training : int, optional
        Periods at the start that mean and dispersion come from, not tested; a year by default, none where
        both are given. At least 8, and half of those asked for, must have data.
    harmonics : int
        Pairs of yearly sine and cosine waves in the mean (a Poisson regression on the training history,
        which must then be most of a year).
        The threshold is then that of the region's average mean.
    reset : bool
        Whether the statistic starts again from 0 after an alarm.
    last : int, optional
        Report only the last so many periods; the chart still runs from the end of training.
    compat : {"surveillance"}, optional
        Do as R's ``surveillance::cusum`` does: :func:`analytics.detectors.surveillance.cusum`, a CUSUM of
        transformed counts.

    Returns
    -------
    Alarms
        `statistic` is the CUSUM before any reset, `upper_bound` the count from which on the period alarms.
        A period without coverage is not tested and leaves the statistic where it was.

    Raises
    ------
    OptionError
        If an option is unknown or does not fit the counts.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 0, 2, 1] * 14 + [6, 7, 9, 8]), start="2019-01-07")
    >>> cusum(counts, last=8).alarm[:, 0].tolist()
    [False, False, False, False, True, True, True, True]
    """
    check_one(arl=arl, threshold=threshold)
    check_above(1, ratio=ratio, arl=arl)
    check_above(0, threshold=threshold)
    grid = grid_of(counts, last=last)
    control = in_control(
        grid, family=family, mean=mean, dispersion=dispersion, training=training, harmonics=harmonics
    )
    wanted = limit = None
    if threshold is None:
        wanted = per_region(grid.periods_per_year if arl is None else arl, grid, "arl")
    else:
        limit = per_region(threshold, grid, "threshold")
    typical = control.mean.mean(axis=0)
    design = cusum_design(typical, control.dispersion, ratio=float(ratio), run_length=wanted)
    limit = design.threshold if limit is None else limit
    slope, drift = design.slope[None], design.drift[None]
    control, spread = control.thinned(grid)
    if len(control.mean) > 1:
        slope, drift = likelihood_ratio(control.mean, spread, float(ratio))
    rows = ChartRows.of(grid, control.start)
    rows.cusum(slope, drift, limit, restart=0.0 if reset else np.nan)
    law = "Poisson" if family == "poisson" else "negative binomial"
    run = DetectorRun(
        name="cusum_poisson" if family == "poisson" else "cusum_nb",
        null_hypothesis="counts are independent around the in-control mean",
        method=f"log-likelihood-ratio CUSUM for {ratio:g} times the in-control mean, {law} "
        "(null: independent counts around that mean; Lucas 1985, Hawkins and Olwell 1998)",
        resets=bool(reset),
        parameters={
            "family": family,
            "ratio": float(ratio),
            "arl": wanted,
            "threshold": limit,
            "mean": typical,
            "dispersion": control.dispersion,
            "training": control.start,
            "harmonics": harmonics,
            "reset": bool(reset),
        },
        rate=None if wanted is None else grid.periods_per_year / design.run_length,
        rate_basis="" if wanted is None else "run length by Markov chain, in-control counts independent",
    )
    return rows.alarms(run, control)
