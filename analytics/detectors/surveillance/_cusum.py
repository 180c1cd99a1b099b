"""The CUSUM of transformed counts as R has it, and as it is meant.

References
----------
.. [1] Rossi, G., Lampugnani, L., Marchi, M. (1999). An approximate CUSUM procedure for surveillance of health
       events. Statistics in Medicine 18, 2111-2122.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, grid_of, per_region
from analytics.detectors.training import ChartRows, InControl, given_mean, in_control, seasonal
from analytics.kernels.charts.cusum import (
    Transform,
    cusum_run,
    train,
    transform_bound,
)
from analytics.kernels.charts.cusum import transform as transformed
from analytics.options import check_choice, check_whole
from analytics.results import Alarms, DetectorRun

__all__ = ["cusum"]

_REFERENCE, _THRESHOLD = 1.04, 2.26  # Rossi et al.: run lengths 500 and 7 on a standard normal
_NB_ALPHA = 0.1
_ABOVE_ONE = 1 + 1e-9  # puts a threshold just out of reach of one incident


def cusum(
    counts: Counts,
    *,
    transform: Transform = "standard",
    reference: float = _REFERENCE,
    threshold: float | npt.ArrayLike | None = None,
    mean: float | npt.ArrayLike | Literal["glm"] | None = None,
    nb_alpha: float | None = None,
    training: int | None = None,
    harmonics: int = 0,
    reset: bool | None = None,
    faults: bool = True,
    last: int | None = None,
) -> Alarms:
    """Do as R's ``surveillance::cusum`` does: add up transformed counts minus a reference value [1]_.

    The faults: harmonics by week number over 52; bounds rounded up for ``standard``; the wrong power of the
    mean in the second-order term of ``anscombe2nd``; a negative root squared for ``rossi``; for ``none``
    and ``anscombeNegBin`` the distance to the threshold after the period, in place of a count.
    ``anscombeNegBin`` takes a hypergeometric function at an argument rounded to two digits.

    Parameters
    ----------
    counts : Counts
    transform : str
        ``standard``, ``rossi``, ``anscombe``, ``anscombe2nd``, ``pearsonNegBin`` or ``anscombeNegBin``
        scores, or counts (``none``) (R: ``trans``).
    reference : float
        R: ``k``.
    threshold : float or array, one for each region, optional
        In standard deviations; 2.26 unless given (R: ``h``). Without faults more where one incident alone
        would reach it.
    mean : float or array, optional
        In control: one number, one for each region, or shape (periods, regions) (R: ``m``). ``"glm"`` is
        ``harmonics=1``.
    nb_alpha : float, optional
        Of the negative binomial transformations, variance = mean + nb_alpha mean^2; 0.1, or without faults
        estimated (R: ``alpha``).
    training : int, optional
        Periods at the start that the mean comes from, not tested; a year by default, none where it is given.
        R takes everything before the periods it tests.
    harmonics : int
        Pairs of yearly waves in the mean.
    reset : bool, optional
        Whether the statistic starts again from 0 after an alarm: not in R.
    faults : bool
        With False the mean is that of :func:`analytics.detectors.cusum`, bounds are the counts from which
        on a period alarms, a period without incidents never adds evidence, and the statistic starts again.
    last : int, optional
        Report only the last so many periods.

    Returns
    -------
    Alarms
        `statistic` is the CUSUM before any reset.

    Examples
    --------
    >>> counts = Counts.from_array(np.array([1, 0, 2, 1] * 14 + [6, 7]), start="2019-01-07")
    >>> cusum(counts, last=3).alarm[:, 0].tolist()
    [False, True, True]
    """
    check_choice("transform", transform, Transform)
    check_whole(0, harmonics=harmonics)
    check_whole(1, training=training)
    if isinstance(mean, str):
        check_choice("mean", mean, Literal["glm"])
        mean, harmonics = None, max(harmonics, 1)
    grid = grid_of(counts, last=last, as_in_r=True)
    if faults:
        control = _in_control(grid, mean, training, harmonics)
    else:
        family: Literal["poisson", "negative_binomial"] = (
            "negative_binomial" if transform.endswith("NegBin") else "poisson"
        )
        control = in_control(grid, family=family, mean=mean, training=training, harmonics=harmonics)
    alpha: FloatArray | float
    if nb_alpha is not None:
        alpha = nb_alpha
    else:
        alpha = _NB_ALPHA if faults else (control.dispersion - 1) / control.mean.mean(axis=0)
    resets = not faults if reset is None else bool(reset)
    limit = per_region(_THRESHOLD if threshold is None else threshold, grid, "threshold")
    score = _scores(grid, control, transform, alpha, faults)
    if threshold is None and not faults:
        with np.errstate(divide="ignore", invalid="ignore"):
            one = transformed(transform, np.ones(1), control.mean, alpha=alpha)
        limit = np.maximum(limit, (one - reference).max(axis=0) * _ABOVE_ONE)
    rows = _run(grid, control.start, score, float(reference), limit, resets)
    bound = _bounds(rows, control, transform, alpha, limit + reference, resets, faults)
    if faults and transform in ("none", "anscombeNegBin"):
        bound = np.maximum(limit - rows.run()[0], 0.0)
    rows.run()[2][:] = bound
    run = DetectorRun(
        name=f"cusum_{transform}",
        null_hypothesis="counts are independent around the in-control mean",
        method=f"CUSUM of {transform} scores (null: independent counts around the in-control mean; Rossi, "
        "Lampugnani and Marchi 1999)" + (", as R's surveillance does it" if faults else ""),
        resets=resets,
        parameters={
            "transform": transform,
            "reference": float(reference),
            "threshold": limit,
            "nb_alpha": alpha,
            "training": control.start,
            "compat": "surveillance" if faults else None,
        },
    )
    return rows.alarms(run, control)


def _in_control(grid: Grid, mean: object, training: int | None, harmonics: int) -> InControl:
    """Return the plain mean, waves by week number over 52 as the reference has them; no dispersion."""
    year = 52 if grid.freq == "week" else 365
    start = min(training or (0 if mean is not None else year), grid.shape[0])
    trained = train(grid.values[:start], grid.usable[:start], fortnight=1, spread=False)
    short = (trained.periods < 1) & (mean is None)
    said = f"in control: the {start} {grid.freq}s of training before the tested ones"
    if mean is not None:
        level, said = given_mean(mean, grid, start), "in control: the mean given"
    elif harmonics and start < grid.shape[0]:
        label = grid.counts.labels()[0]
        first = int(label.rpartition("W")[2]) if grid.freq == "week" else 1
        turn = (first + np.arange(grid.shape[0])) / year
        level = seasonal(grid, trained.mean[None], start, trained.periods >= 1, harmonics, turn)
    else:
        level = trained.mean[None] - 0.5 / np.maximum(trained.periods, 1)
    return InControl(start, level, trained.dispersion, [(short, SHORT)], said)


def _scores(
    grid: Grid, control: InControl, kind: Transform, alpha: FloatArray | float, faults: bool
) -> FloatArray:
    y = grid.values[control.start :].astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = transformed(kind, y, control.mean, alpha=alpha, digits=2 if faults else None)
    if faults:
        return score
    # Second-order terms make silence a surprise where the mean is small.
    return np.asarray(np.where(y == 0, np.minimum(score, 0.0), score))


def _run(
    grid: Grid, start: int, score: FloatArray, reference: float, limit: FloatArray, resets: bool
) -> ChartRows:
    rows = ChartRows.of(grid, start)
    statistic, alarm, _ = rows.run()
    ones = np.ones((1, grid.shape[1]))
    restart, state = 0.0 if resets else np.nan, np.zeros(grid.shape[1])
    # The bound of the kernel is the score that would alarm, cut at 0; scores can be negative, so ask anew.
    cusum_run(
        score, grid.usable[start:], ones, ones * reference, limit, restart, state, statistic, alarm, None
    )
    return rows


def _bounds(
    rows: ChartRows,
    control: InControl,
    kind: Transform,
    alpha: FloatArray | float,
    reach: FloatArray,
    resets: bool,
    faults: bool,
) -> FloatArray:
    """Return the count whose score takes the statistic to the threshold; `reach`: that plus reference."""
    statistic, alarm, _ = rows.run()
    before = np.zeros(statistic.shape)
    before[1:] = statistic[:-1]
    if resets:
        before[1:][alarm[:-1]] = 0.0
    need = reach - before
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = transform_bound(kind, need, control.mean, alpha=alpha, faults=faults)
    if not faults:
        return np.asarray(np.where((need > 0) & (bound == 0), 1.0, bound))
    return np.ceil(bound) if kind == "standard" else bound
