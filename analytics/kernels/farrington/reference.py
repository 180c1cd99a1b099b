"""Farrington's regression as R's ``surveillance`` fits it: by iteratively reweighted least squares.

Kept apart from :mod:`analytics.kernels.farrington.regression` because it keeps what is wrong in the
reference: stale working weights, and for the flexible detector a dispersion computed with the wrong weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics._typing import FloatArray
from analytics.kernels.common.compiled import compiled
from analytics.kernels.farrington.regression import powers

__all__ = ["CLIPPED", "OVERWRITTEN", "TOLERANCE", "fit_reference"]


OVERWRITTEN, CLIPPED = 0, 1  # the dispersion in the standard error: computed with the wrong weights, or phi
_EPSILON = 2.220446049250313e-16
_LOG_EPSILON = float(np.log(_EPSILON))
_STEEPEST = 30.0  # of slope times span
TOLERANCE = 1e-8
_ITERATIONS = 25


@compiled
def _irls(
    y: Any,
    t: Any,
    level: Any,
    prior: Any,
    logs: Any,
    n: int,
    levels: int,
    trend: bool,
    span: int,
    mu: Any,
    work: Any,
    sums: Any,
    eta: Any,
    table: Any,
    tolerance: float,
) -> Any:
    """Fit by IRLS; leave in place `mu`, its logarithm `eta`, the working weights `work` and the level sums.

    `work` and `sums` belong to the mean before the last step, as in the reference. `logs` holds the
    logarithms of the counts, those of the means that the reference begins with, and the deviances there.
    """
    last = 0.0
    for i in range(n):
        mu[i] = y[i] + 0.1
        eta[i] = logs[1, i]
        last += prior[i] * logs[2, i]
    slope, information, converged = 0.0, 0.0, False
    for _ in range(_ITERATIONS):
        for j in range(levels):
            sums[0, j] = sums[1, j] = sums[2, j] = 0.0
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
        _means(t, level, n, levels, slope, span, sums, mu, eta, table)
        deviance = 0.0
        for i in range(n):
            part = mu[i] - y[i]
            if y[i] > 0:
                part += y[i] * (logs[0, i] - eta[i])
            deviance += prior[i] * 2.0 * part
        if not np.isfinite(deviance):
            break
        if abs(deviance - last) / (abs(deviance) + 0.1) < tolerance:
            converged = True
            break
        last = deviance
    return slope, information, converged


@compiled
def _means(
    t: Any, level: Any, n: int, levels: int, slope: float, span: int, sums: Any, mu: Any, eta: Any, table: Any
) -> None:
    """Write the means of all weeks and their logarithms: a factor of the level times one of the week."""
    if (
        abs(slope) * span > _STEEPEST
    ):  # far from any solution: the factors could overflow where the means do not
        for i in range(n):
            eta[i] = max(sums[2, level[i]] + slope * (t[i] - sums[1, level[i]]), _LOG_EPSILON)
            mu[i] = np.exp(eta[i])
        return
    if slope != 0.0:
        powers(slope, span, table)
    for j in range(levels):
        sums[3, j] = sums[2, j] - slope * sums[1, j]
        sums[4, j] = np.exp(sums[3, j])
    for i in range(n):
        j = level[i]
        eta[i], mu[i] = sums[3, j], sums[4, j]
        if slope != 0.0:
            eta[i] += slope * t[i]
            mu[i] *= table[span + int(t[i])]
        if mu[i] < _EPSILON:
            eta[i], mu[i] = _LOG_EPSILON, _EPSILON


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
    root: Any,
    t: Any,
    level: Any,
    mu: Any,
    eta: Any,
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
        if y[i] <= mu[i]:  # no residual above 0
            prior[i] = 1.0
            total += 1.0
            continue
        j = level[i]
        hat = 1.0 / sums[0, j]
        if trend and information > 0:
            hat += (t[i] - sums[1, j]) ** 2 / information
        hat *= work[i]
        s = 1.5 * (root[i] * np.exp(-eta[i] / 6.0) - np.sqrt(mu[i])) / np.sqrt(phi * (1.0 - hat))
        prior[i] = 1.0 / (s * s) if s > threshold else 1.0
        total += prior[i]
    for i in range(n):
        prior[i] *= n / total


@compiled
def _gather(
    values: Any,
    usable: Any,
    region: int,
    now: int,
    at: Any,
    level: Any,
    floats: Any,
    logs: Any,
    group: Any,
    levels: int,
    present: Any,
) -> Any:
    """Bring the covered weeks of a baseline to the front; return how many, levels, largest count and span.

    `values` holds the counts, then what :func:`fit_reference` makes of them.
    """
    n, fitted, largest, span = 0, 0, 0.0, 8
    for j in range(levels):
        present[j] = 0
    for i in range(at.size):
        k = at[i]
        if k >= 0 and usable[region, k]:
            floats[0, n], floats[1, n], floats[2, n] = values[0, region, k], k - now, values[1, region, k]
            logs[0, n], logs[1, n], logs[2, n] = (
                values[2, region, k],
                values[3, region, k],
                values[4, region, k],
            )
            group[n] = level[i]
            if floats[0, n] > largest:
                largest = floats[0, n]
            if now - k > span:
                span = now - k
            fitted += 1 - present[level[i]]
            present[level[i]] = 1
            n += 1
    return n, fitted, largest, span


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
    span: int,
    root: Any,
    logs: Any,
    mu: Any,
    eta: Any,
    work: Any,
    prior: Any,
    sums: Any,
    table: Any,
    tolerance: float,
) -> Any:
    """Fit one cell; return what `fit_reference` does of it."""
    while True:
        df = n - fitted - (1 if trend else 0)
        for i in range(n):
            prior[i] = 1.0
        slope, information, converged = _irls(
            y, t, group, prior, logs, n, levels, trend, span, mu, work, sums, eta, table, tolerance
        )
        if not converged:
            if trend:
                trend = False
                continue
            return np.nan, np.nan, np.nan, np.nan, np.nan, 0.0
        phi = max(1.0, _pearson(y, mu, work, n, df))
        spread = phi if rule == CLIPPED else _pearson(y, mu, work, n, df)
        if reweight:
            _anscombe(y, root, t, group, mu, eta, work, sums, n, trend, information, phi, threshold, prior)
            slope, information, converged = _irls(
                y, t, group, prior, logs, n, levels, trend, span, mu, work, sums, eta, table, tolerance
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
) -> FloatArray:
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
    float array, shape (6, tested, regions)
        Expectation, variance of its logarithm, phi, slope a week (NaN without trend), residual degrees of
        freedom, state: 1 fitted, 0 not converged, -1 no baseline to fit.
    """
    rows, longest = tested.size, at.shape[1]
    reach = max(8, int((tested[:, None] - at).max(where=at >= 0, initial=0)))
    with np.errstate(divide="ignore"):
        logs = np.log(values)
    begun = np.log(values + 0.1)
    first = 2.0 * (np.where(values > 0, values * (np.where(values > 0, logs, 0.0) - begun), 0.0) + 0.1)
    found = np.full((6, rows, len(values)), np.nan)
    found[5] = -1.0
    _fit_all(
        np.stack([values, values ** (2.0 / 3.0), logs, begun, first]), usable, tested, at, level, levels,
        trend, reweight, threshold, critical, rule, tolerance, found, np.empty((10, longest)),
        np.empty(longest, dtype=np.int64), np.empty(levels, dtype=np.int64), np.empty((5, levels)),
        np.empty(reach + 1),
    )  # fmt: skip
    return found


@compiled
def _fit_all(
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
    found: Any,
    floats: Any,
    group: Any,
    present: Any,
    sums: Any,
    table: Any,
) -> None:
    """Fill what `fit_reference` returns; the last five are work space."""
    y, t, root, logs = floats[0], floats[1], floats[2], floats[3:6]
    mu, work, prior, eta = floats[6], floats[7], floats[8], floats[9]
    for r in range(tested.size):
        for c in range(values.shape[1]):
            n, fitted, largest, span = _gather(
                values, usable, c, tested[r], at[r], level[r], floats, logs, group, levels, present
            )
            if n == 0 or present[0] == 0 or n <= fitted + (1 if trend else 0):
                continue
            answer = _fit(
                y, t, group, n, levels, fitted, trend, reweight, threshold, critical, rule, largest, span,
                root, logs, mu, eta, work, prior, sums, table, tolerance,
            )  # fmt: skip
            for k in range(6):
                found[k, r, c] = answer[k]
