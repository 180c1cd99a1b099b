"""CUSUM on counts: Poisson and negative binomial likelihood ratios, and the usual transformations.

References
----------
.. [1] Lucas, J. M. (1985). Counted data CUSUM's. Technometrics 27, 129-144.
.. [2] Hawkins, D. M., Olwell, D. H. (1998). Cumulative sum charts and charting for quality improvement.
       Springer.
.. [3] Rossi, G., Lampugnani, L., Marchi, M. (1999). An approximate CUSUM procedure for surveillance of health
       events. Statistics in Medicine 18, 2111-2122.
.. [4] Brook, D., Evans, D. A. (1972). An approach to the probability distribution of CUSUM run length.
       Biometrika 59, 539-549.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics.counts import Counts
from analytics.detectors.grid import Grid, check_above, grid_of, make_alarms, per_region
from analytics.detectors.training import Family, InControl, in_control
from analytics.errors import OptionError, unknown_option
from analytics.kernels.charts.cusum import (
    TRANSFORMS,
    Transform,
    cusum_run,
    likelihood_ratio,
    transform_bound,
)
from analytics.kernels.charts.cusum import transform as transformed
from analytics.kernels.charts.run_length import cusum_design
from analytics.results import Alarms, DetectorRun

__all__ = ["cusum"]


_REFERENCE, _THRESHOLD = 1.04, 2.26  # Rossi et al.: run lengths 500 and 7 on a standard normal
_ABOVE_ONE = 1 + 1e-9  # puts a threshold just out of reach of one incident


def cusum(
    counts: Counts,
    *,
    family: Family = "negative_binomial",
    ratio: float = 2.0,
    arl: float | npt.ArrayLike | None = None,
    threshold: float | npt.ArrayLike | None = None,
    mean: float | npt.ArrayLike | Literal["glm"] | None = None,
    dispersion: float | npt.ArrayLike | None = None,
    training: int | None = None,
    harmonics: int = 0,
    transform: Transform | None = None,
    reference: float = _REFERENCE,
    nb_alpha: float | None = None,
    reset: bool | None = None,
    last: int | None = None,
    compat: Literal["surveillance"] | None = None,
) -> Alarms:
    """Raise an alarm where evidence for `ratio` times the usual activity has added up.

    Null hypothesis: counts are independent, Poisson or negative binomial, around the in-control mean. The
    statistic is the cumulative log-likelihood ratio of `ratio` times that mean, never below 0, in nats
    [1]_ [2]_. It alarms at the threshold and starts again from 0.

    The in-control mean of a region is (incidents + 1/2) / periods over its training history, so a region
    that was silent has a small mean, not zero. The dispersion (variance over mean, at least 1) is by moments:
    the larger of that of single periods and of two-week sums. The threshold is the least one whose average
    run length in control, by Markov chain [4]_, reaches `arl`, and never less than one incident: one
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
        In nats; with `transform`, in standard deviations (2.26 unless given, and more where one incident
        alone would reach it).
    mean : float or array, optional
        In control: one number, one for each region, or shape (periods, regions). Estimated by default.
        ``"glm"`` is ``harmonics=1``.
    dispersion : float or array, one for each region, optional
    training : int, optional
        Periods of training, not tested: those right before the `last` ones, or the first ones. All before
        `last`, or the first year, by default. At least 8, and half of those asked for, must have data.
    harmonics : int
        Pairs of yearly sine and cosine waves in the mean (a Poisson regression on the training history,
        which must then be most of a year).
        The threshold is then that of the region's average mean.
    transform : str, optional
        Instead of the likelihood ratio: add up ``standard``, ``rossi``, ``anscombe``, ``anscombe2nd``,
        ``pearsonNegBin`` or ``anscombeNegBin`` scores, or counts (``none``), minus `reference` [3]_.
    reference : float
        Of the transformed CUSUM.
    nb_alpha : float, optional
        Of the negative binomial transformations, variance = mean + nb_alpha mean^2; estimated by default.
    reset : bool, optional
        Whether the statistic starts again from 0 after an alarm; True by default.
    last : int, optional
        Test only the last so many periods.
    compat : {"surveillance"}, optional
        Do as R's ``surveillance::cusum`` does: transformed scores (``standard`` unless stated), no reset, the
        mean of everything before the tested periods, `nb_alpha` 0.1, harmonics by week number over 52. Its
        bounds: rounded up for ``standard``; the wrong power of the mean in the second-order term of
        ``anscombe2nd``; a negative root squared for ``rossi``; for ``none`` and ``anscombeNegBin`` the
        distance to the threshold after the period, in place of a count. ``anscombeNegBin`` takes a
        hypergeometric function at an argument rounded to two digits.

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
    >>> import pandas as pd
    >>> weeks = pd.date_range("2019-01-07", periods=60, freq="7D")
    >>> frame = pd.DataFrame({"Kirkuk": [1, 0, 2, 1] * 14 + [6, 7, 9, 8]}, index=weeks)
    >>> counts = Counts.from_frame(frame, freq="week", as_of="2020-03-01")
    >>> cusum(counts, last=8).alarm[:, 0].tolist()
    [False, False, False, False, True, True, True, True]
    """
    options = dict(locals())
    options.pop("counts")
    _check(options)
    grid = grid_of(counts, last=last)
    control = in_control(
        grid,
        family=family,
        mean=mean,
        dispersion=dispersion,
        training=training,
        harmonics=harmonics,
        last=last,
        reference=compat is not None,
    )
    run_it = _likelihood if compat is None and transform is None else _transformed
    run, numbers = run_it(grid, control, options)
    return make_alarms(grid, run, untested=control.untested(grid), notes=(control.said,), **numbers)


def _check(options: dict[str, Any]) -> None:
    kind = options["transform"]
    if kind is not None and kind not in TRANSFORMS:
        raise unknown_option("transform", kind, TRANSFORMS)
    if options["compat"] not in (None, "surveillance"):
        raise unknown_option("compat", str(options["compat"]), ("surveillance",))
    check_above(1, arl=options["arl"])
    if options["compat"] is None:
        check_above(0, threshold=options["threshold"])
    if not options["ratio"] > 1:
        raise OptionError("ratio must be over 1", expected="such as 2", found=str(options["ratio"]))
    if options["arl"] is not None and (options["threshold"] is not None or kind or options["compat"]):
        raise OptionError("arl sets the threshold of the likelihood ratio", todo="give arl or threshold")


def _likelihood(
    grid: Grid, control: InControl, options: dict[str, Any]
) -> tuple[DetectorRun, dict[str, Any]]:
    ratio, poisson = float(options["ratio"]), options["family"] == "poisson"
    threshold, arl, wanted = options["threshold"], options["arl"], None
    if threshold is None:
        wanted = per_region(grid.periods_per_year if arl is None else arl, grid, "arl")
    typical = control.mean.mean(axis=0)
    design = cusum_design(typical, control.dispersion, ratio=ratio, run_length=wanted)
    limit = design.threshold if threshold is None else per_region(threshold, grid, "threshold")
    slope, drift = design.slope[None], design.drift[None]
    if len(control.mean) > 1:
        slope, drift = likelihood_ratio(control.mean, control.dispersion, ratio)
    shape = (grid.shape[0] - grid.first, grid.shape[1])
    start = control.start
    statistic, bound = np.empty(shape), np.empty(shape)
    alarm = np.zeros(shape, dtype=bool)
    at = start - grid.first
    statistic[:at] = bound[:at] = np.nan
    usable = grid.usable[start:]
    cusum_run(
        grid.values[start:],
        None if usable.all() else usable,
        slope,
        drift,
        limit,
        0.0 if options["reset"] is not False else np.nan,
        np.zeros(shape[1]),
        statistic[at:],
        alarm[at:],
        bound[at:],
    )
    law = "Poisson" if poisson else "negative binomial"
    run = DetectorRun(
        name="cusum_poisson" if poisson else "cusum_nb",
        method=f"log-likelihood-ratio CUSUM for {ratio:g} times the in-control mean, {law} "
        "(null: independent counts around that mean; Lucas 1985, Hawkins and Olwell 1998)",
        resets=options["reset"] is not False,
        parameters={
            "family": options["family"],
            "ratio": ratio,
            "arl": wanted,
            "threshold": limit,
            "mean": typical,
            "dispersion": control.dispersion,
            "training": options["training"],
            "harmonics": options["harmonics"],
        },
        rate=None if threshold is not None else grid.periods_per_year / design.run_length,
        rate_basis=""
        if threshold is not None
        else "run length by Markov chain, in-control counts independent",
    )
    return run, {
        "alarm": alarm,
        "statistic": statistic,
        "upper_bound": bound,
        "expected": control.rows(grid),
    }


def _transformed(
    grid: Grid, control: InControl, options: dict[str, Any]
) -> tuple[DetectorRun, dict[str, Any]]:
    compat = options["compat"] is not None
    kind: Transform = options["transform"] or "standard"
    k = float(options["reference"])
    limit = per_region(
        _THRESHOLD if options["threshold"] is None else options["threshold"], grid, "threshold"
    )
    reset = not compat if options["reset"] is None else options["reset"]
    mean = control.mean
    alpha: Any = options["nb_alpha"]
    if alpha is None:
        alpha = 0.1 if compat else (control.dispersion - 1) / mean.mean(axis=0)
    start = control.start
    y = grid.values[start:].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = transformed(kind, y, mean, alpha=alpha, digits=2 if compat else None)
        one = transformed(kind, np.ones(1), mean, alpha=alpha)
    if not compat:
        # Second-order terms make silence a surprise where the mean is small.
        score = np.where(y == 0, np.minimum(score, 0.0), score)
        if options["threshold"] is None:
            limit = np.maximum(limit, (one - k).max(axis=0) * _ABOVE_ONE)
    ones = np.ones((1, grid.shape[1]))
    shape = (grid.shape[0] - grid.first, grid.shape[1])
    statistic, bound = np.full(shape, np.nan), np.full(shape, np.nan)
    alarm, need = np.zeros(shape, dtype=bool), np.empty(y.shape)
    at = start - grid.first
    # The bound of the kernel is the score that would alarm, cut at 0; scores can be negative, so ask anew.
    cusum_run(
        score,
        grid.usable[start:],
        ones,
        ones * k,
        limit,
        0.0 if reset else np.nan,
        np.zeros(shape[1]),
        statistic[at:],
        alarm[at:],
        None,
    )
    before = np.zeros(y.shape)
    before[1:] = statistic[at:-1]
    if reset:
        before[1:][alarm[at:-1]] = 0.0
    need = limit + k - before
    with np.errstate(divide="ignore", invalid="ignore"):
        bound[at:] = transform_bound(kind, need, mean, alpha=alpha, faults=compat)
    if not compat:
        bound[at:] = np.where((need > 0) & (bound[at:] == 0), 1.0, bound[at:])
    if compat and kind == "standard":
        bound = np.ceil(bound)
    elif compat and kind in ("none", "anscombeNegBin"):
        bound[at:] = np.maximum(limit - statistic[at:], 0.0)
    run = DetectorRun(
        name=f"cusum_{kind}",
        method=f"CUSUM of {kind} scores (null: independent counts around the in-control mean; Rossi, "
        "Lampugnani and Marchi 1999)" + (", as R's surveillance does it" if compat else ""),
        resets=bool(reset),
        parameters={
            "transform": kind,
            "reference": k,
            "threshold": limit,
            "nb_alpha": alpha,
            "compat": options["compat"],
        },
    )
    return run, {
        "alarm": alarm,
        "statistic": statistic,
        "upper_bound": bound,
        "expected": control.rows(grid),
    }
