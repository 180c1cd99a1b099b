"""Farrington's regression as R's ``surveillance`` fits it: by iteratively reweighted least squares.

Kept apart from :mod:`analytics.kernels.farrington.regression` because it keeps what is wrong in the
reference: stale working weights, and for the flexible detector a dispersion computed with the wrong weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.common.compiled import compiled

__all__ = ["CLIPPED", "OVERWRITTEN", "TOLERANCE", "fit_reference"]


OVERWRITTEN, CLIPPED = 0, 1  # the dispersion in the standard error: computed with the wrong weights, or phi
_EPSILON = 2.220446049250313e-16
TOLERANCE = 1e-8
_ITERATIONS = 25


@compiled
def _irls(
    y: Any,
    t: Any,
    level: Any,
    prior: Any,
    n: int,
    levels: int,
    trend: bool,
    mu: Any,
    work: Any,
    sums: Any,
    tolerance: float,
) -> Any:
    """Fit by IRLS; `mu`, the working weights `work` and the level sums are left in place.

    `work` and `sums` belong to the mean before the last step, as in the reference.
    """
    eta = np.empty(n)
    last = 0.0
    for i in range(n):
        mu[i] = y[i] + 0.1
        eta[i] = np.log(mu[i])
        last += prior[i] * _deviance(y[i], mu[i])
    slope, information, converged = 0.0, 0.0, False
    for _ in range(_ITERATIONS):
        sums[:] = 0.0
        for i in range(n):
            work[i] = prior[i] * mu[i]
            eta[i] += (y[i] - mu[i]) / mu[i]
            j = level[i]
            sums[0, j] += work[i]
            sums[1, j] += work[i] * t[i]
            sums[2, j] += work[i] * eta[i]
        for j in range(levels):
            if sums[0, j] > 0:
                sums[1, j] /= sums[0, j]
                sums[2, j] /= sums[0, j]
        if trend:
            cross, information = 0.0, 0.0
            for i in range(n):
                gap = t[i] - sums[1, level[i]]
                cross += work[i] * gap * (eta[i] - sums[2, level[i]])
                information += work[i] * gap * gap
            slope = cross / information if information > 0 else 0.0
        deviance = 0.0
        for i in range(n):
            j = level[i]
            eta[i] = sums[2, j] + slope * (t[i] - sums[1, j])
            mu[i] = max(np.exp(eta[i]), _EPSILON)
            deviance += prior[i] * _deviance(y[i], mu[i])
        if not np.isfinite(deviance):
            break
        if abs(deviance - last) / (abs(deviance) + 0.1) < tolerance:
            converged = True
            break
        last = deviance
    return slope, information, converged


@compiled
def _deviance(y: Any, mu: Any) -> Any:
    if y > 0:
        return 2.0 * (y * np.log(y / mu) - (y - mu))
    return 2.0 * mu


@compiled
def _pearson(y: Any, mu: Any, weights: Any, n: int, df: int) -> Any:
    total = 0.0
    for i in range(n):
        residual = (y[i] - mu[i]) / mu[i]
        total += weights[i] * residual * residual
    return total / df


@compiled
def _anscombe(
    y: Any,
    t: Any,
    level: Any,
    mu: Any,
    work: Any,
    sums: Any,
    n: int,
    trend: bool,
    information: float,
    phi: float,
    threshold: float,
    prior: Any,
) -> None:
    """Write the weights of each observation, from its standardised Anscombe residual, into `prior`."""
    total = 0.0
    for i in range(n):
        j = level[i]
        hat = 1.0 / sums[0, j]
        if trend and information > 0:
            hat += (t[i] - sums[1, j]) ** 2 / information
        hat *= work[i]
        s = 1.5 * (y[i] ** (2.0 / 3.0) * mu[i] ** (-1.0 / 6.0) - np.sqrt(mu[i])) / np.sqrt(phi * (1.0 - hat))
        prior[i] = 1.0 / (s * s) if s > threshold else 1.0
        total += prior[i]
    for i in range(n):
        prior[i] *= n / total


@compiled
def _gather(
    values: Any, usable: Any, now: int, at: Any, level: Any, y: Any, t: Any, group: Any, present: Any
) -> Any:
    """Bring the covered weeks of a baseline to the front; return how many, and the largest count."""
    n, largest = 0, 0.0
    present[:] = 0.0
    for i in range(at.size):
        k = at[i]
        if k >= 0 and usable[k]:
            y[n], t[n], group[n] = values[k], k - now, level[i]
            largest = max(largest, y[n])
            present[group[n]] = 1.0
            n += 1
    return n, largest


@compiled
def _fit(
    y: Any,
    t: Any,
    group: Any,
    n: int,
    levels: int,
    fitted: int,
    trend: bool,
    reweight: bool,
    threshold: float,
    critical: Any,
    rule: int,
    largest: float,
    mu: Any,
    work: Any,
    prior: Any,
    sums: Any,
    tolerance: float,
) -> Any:
    """Fit one cell; return what `fit_reference` does of it."""
    while True:
        df = n - fitted - (1 if trend else 0)
        prior[:n] = 1.0
        slope, information, converged = _irls(y, t, group, prior, n, levels, trend, mu, work, sums, tolerance)
        if not converged:
            if trend:
                trend = False
                continue
            return np.nan, np.nan, np.nan, np.nan, np.nan, 0.0
        phi = max(1.0, _pearson(y, mu, work, n, df))
        spread = phi if rule == CLIPPED else _pearson(y, mu, work, n, df)
        if reweight:
            _anscombe(y, t, group, mu, work, sums, n, trend, information, phi, threshold, prior)
            slope, information, converged = _irls(
                y, t, group, prior, n, levels, trend, mu, work, sums, tolerance
            )
            phi = max(1.0, _pearson(y, mu, work, n, df))
            spread = phi if rule == CLIPPED else _pearson(y, mu, prior, n, df)
        centre = sums[2, 0] - slope * sums[1, 0]
        variance = 1.0 / sums[0, 0]
        if not trend:
            return np.exp(centre), spread * variance, phi, np.nan, df, 1.0
        # The trend is tested with the dispersion as it is, never with the one raised to 1.
        raw = spread if rule == OVERWRITTEN else _pearson(y, mu, work, n, df)
        if (
            information > 0
            and abs(slope) * np.sqrt(information / raw) > critical[df]
            and np.exp(centre) <= largest
        ):
            variance += sums[1, 0] ** 2 / information
            return np.exp(centre), spread * variance, phi, slope, df, 1.0
        trend = False


@compiled
def fit_reference(
    values: Any,
    usable: Any,
    tested: Any,
    at: Any,
    level: Any,
    levels: int,
    trend: bool,
    reweight: bool,
    threshold: float,
    critical: Any,
    rule: int,
    tolerance: float,
) -> Any:
    """Fit every cell.

    Parameters
    ----------
    values, usable : float and bool arrays, shape (regions, periods)
    tested : int array, shape (tested,)
    at, level : int arrays, shape (tested, longest)
        See :class:`analytics.kernels.farrington.baseline.Baselines`.
    levels : int
    trend : bool
        Whether a trend may be fitted at all.
    reweight : bool
    threshold : float
        Anscombe residuals above it are weighted down.
    critical : float array
        ``|t|`` above which a trend is kept, by degrees of freedom.
    rule : int
        `OVERWRITTEN` or `CLIPPED`.
    tolerance : float
        Relative change of the deviance at which iteration stops; `TOLERANCE` in the reference.

    Returns
    -------
    tuple of float arrays, shape (tested, regions)
        Expectation, variance of its logarithm, phi, slope a week (NaN without trend), residual degrees of
        freedom, state: 1 fitted, 0 not converged, -1 no baseline to fit.
    """
    rows, regions, longest = tested.size, values.shape[0], at.shape[1]
    expected = np.full((rows, regions), np.nan)
    error = np.full((rows, regions), np.nan)
    phis = np.full((rows, regions), np.nan)
    slopes = np.full((rows, regions), np.nan)
    freedom = np.full((rows, regions), np.nan)
    state = np.full((rows, regions), -1.0)
    y, t = np.empty(longest), np.empty(longest)
    group = np.empty(longest, dtype=np.int64)
    mu, work, prior = np.empty(longest), np.empty(longest), np.empty(longest)
    sums = np.empty((3, levels))
    present = np.empty(levels)
    for r in range(rows):
        for c in range(regions):
            n, largest = _gather(values[c], usable[c], tested[r], at[r], level[r], y, t, group, present)
            fitted = int(present.sum())
            if n == 0 or present[0] == 0.0 or n <= fitted + (1 if trend else 0):
                continue
            expected[r, c], error[r, c], phis[r, c], slopes[r, c], freedom[r, c], state[r, c] = _fit(
                y, t, group, n, levels, fitted, trend, reweight, threshold, critical, rule, largest, mu,
                work, prior, sums, tolerance,
            )  # fmt: skip
    return expected, error, phis, slopes, freedom, state
