"""Farrington's regression on every tested week and region: what both Farrington detectors build on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.farrington.baseline import Baselines
from analytics.kernels.farrington.cells import fit_cells, sorted_by_level
from analytics.kernels.farrington.reference import TOLERANCE, fit_reference

__all__ = ["FarringtonFits", "fit_weeks"]


@dataclass(frozen=True, eq=False, slots=True)
class FarringtonFits:
    """Regressions of each tested week and region on its own baseline.

    Attributes
    ----------
    expected : float array, shape (tested, regions)
        Expectation in the tested week; NaN where there is no fit.
    phi : float array
        Dispersion, at least 1.
    trend : bool array
        Whether the trend was kept.
    slope : float array
        Trend a week on the log scale; NaN without.
    variance : float array
        Variance of the logarithm of the expectation; infinite where the season had no incident.
    leverage : float array
        Variance of the expectation over its own value, in units of phi: one over the number of weeks in the
        plainest case. With a season without incidents it is a limit, and finite.
    freedom : float array
        Residual degrees of freedom.
    converged, enough : bool arrays
        Whether the regression converged (the reference's loop may not); whether there was a baseline at all.
    """

    expected: FloatArray
    phi: FloatArray
    trend: BoolArray
    slope: FloatArray
    variance: FloatArray
    leverage: FloatArray
    freedom: FloatArray
    converged: BoolArray
    enough: BoolArray


def fit_weeks(
    values: npt.NDArray[np.int32],
    usable: BoolArray,
    tested: IntArray,
    baselines: Baselines,
    *,
    trend: bool,
    trend_level: float,
    reweight: bool,
    threshold: float,
    reference: int | None = None,
    tolerance: float = TOLERANCE,
) -> FarringtonFits:
    """Fit every region in every tested week.

    Parameters
    ----------
    values, usable : arrays, shape (periods, regions)
    tested : int array
        Rows to test.
    baselines : Baselines
    trend : bool
        Whether to try a trend; it is kept if its t test has ``p < trend_level`` and the expectation is not
        above the largest count of the baseline.
    trend_level : float
    reweight : bool
        Weight past outbreaks down: standardised Anscombe residuals above `threshold`.
    threshold : float
    reference : int, optional
        Fit as the reference does, with this one of its dispersions (`farrington_reference`). By default the
        maximum of the likelihood, weights and dispersions at that maximum.
    tolerance : float
        When the reference's loop stops.
    """
    shape = (len(tested), values.shape[1])
    # No baseline reaches back further than this.
    since = int(baselines.at.min(where=baselines.at >= 0, initial=len(values)))
    counts = np.ascontiguousarray(values[since:].T, dtype=float)
    covered = np.ascontiguousarray(usable[since:].T)
    freedom = np.maximum(np.arange(baselines.at.shape[1] + 1.0), 1.0)
    critical = -special.stdtrit(freedom, trend_level / 2)
    rows = np.flatnonzero(baselines.enough)
    full = [np.full(shape, np.nan) for _ in range(7)]
    expected, phi, slope, variance, leverage, freedom, state = full
    state[:] = -1.0
    if rows.size:
        weeks = tested[rows].astype(np.int64) - since
        at, level, levels = baselines.at[rows] - since, baselines.level[rows], baselines.levels
        options = trend, reweight, float(threshold), critical
        if reference is None:
            order, begin = sorted_by_level(at, level, levels)
            found = fit_cells(counts, np.cbrt(counts) ** 2, covered, weeks, order, begin, levels, *options)
            expected[rows], leverage[rows], phi[rows], slope[rows], freedom[rows] = found
            with np.errstate(divide="ignore"):
                variance[rows] = phi[rows] * leverage[rows] / expected[rows]
            state[rows] = np.where(np.isnan(expected[rows]), -1.0, 1.0)
        else:
            found = fit_reference(
                counts, covered, weeks, at, level, levels, *options, reference, float(tolerance)
            )
            expected[rows], variance[rows], phi[rows], slope[rows], freedom[rows], state[rows] = found
            leverage = expected * variance / phi
    return FarringtonFits(
        expected, phi, ~np.isnan(slope), slope, variance, leverage, freedom, state == 1, state >= 0
    )
