"""Farrington's regression as R's ``surveillance`` fits it: by iteratively reweighted least squares.

Kept apart from :mod:`analytics.kernels.farrington.regression` because it keeps what is wrong in the
reference: stale working weights, and for the flexible detector a dispersion computed with the wrong weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

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
    y: Any, t: Any, begin: Any, prior: Any, logs: Any, n: int, levels: int, trend: bool, span: int,
    mu: Any, work: Any, sums: Any, eta: Any, table: Any, tolerance: float,
) -> Any:  # fmt: skip
    """Fit by IRLS; leave in place `mu`, its logarithm `eta`, the working weights `work` and the level sums.

    `work` and `sums` belong to the mean before the last step, as in the reference. Weeks stand level by
    level, as `begin` says. `logs` holds the logarithms of the counts, times the counts, those of the means
    that the reference begins with, and the deviances there.
    """
    last = 0.0
    for i in range(n):
        mu[i] = y[i] + 0.1
        eta[i] = logs[1, i]
        last += prior[i] * logs[2, i]
    if not trend:
        return 0.0, 0.0, _flat(y, begin, prior, logs, levels, last, mu, work, sums, eta, tolerance)
    slope, information, converged = 0.0, 0.0, False
    for _ in range(_ITERATIONS):
        cross, information = 0.0, 0.0
        for j in range(levels):
            total, times, logged, square, both = 0.0, 0.0, 0.0, 0.0, 0.0
            for i in range(begin[j], begin[j + 1]):
                weight = prior[i] * mu[i]
                at = weight * t[i]
                step = eta[i] + (y[i] - mu[i]) / mu[i]
                work[i] = weight
                total += weight
                times += at
                logged += weight * step
                square += at * t[i]
                both += at * step
            if total > 0:
                cross += both - times * logged / total
                information += square - times * times / total
                times /= total
                logged /= total
            sums[0, j], sums[1, j], sums[2, j] = total, times, logged
        slope = cross / information if information > 0 else 0.0
        deviance = _means(y, t, begin, prior, logs, levels, slope, span, sums, mu, eta, table)
        if not np.isfinite(deviance):
            break
        if abs(deviance - last) / (abs(deviance) + 0.1) < tolerance:
            converged = True
            break
        last = deviance
    return slope, information, converged


@compiled
def _flat(
    y: Any, begin: Any, prior: Any, logs: Any, levels: int, last: float, mu: Any, work: Any, sums: Any,
    eta: Any, tolerance: float,
) -> bool:  # fmt: skip
    """Do the same without a trend; all weeks of a level then have one mean, and its sums say all."""
    for j in range(levels):
        weight, held, logged, total, steps = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(begin[j], begin[j + 1]):
            weight += prior[i]
            held += prior[i] * y[i]
            logged += prior[i] * logs[0, i]
            work[i] = prior[i] * mu[i]
            total += work[i]
            steps += work[i] * (eta[i] + (y[i] - mu[i]) / mu[i])
        sums[0, j], sums[2, j] = total, (steps / total if total > 0 else 0.0)
        sums[5, j], sums[6, j], sums[7, j], sums[8, j] = weight, held, logged, 0.0
    converged = False
    for step in range(_ITERATIONS):
        deviance = 0.0
        for j in range(levels):
            if sums[5, j] > 0:
                if step > 0:
                    sums[8, j] = sums[4, j]
                    sums[0, j] = sums[5, j] * sums[4, j]
                    sums[2, j] = sums[3, j] + (sums[6, j] / sums[5, j] - sums[4, j]) / sums[4, j]
                # From log 0.1 - 1 or more, and down by 1 a step at most: R's least mean is never reached.
                sums[3, j], sums[4, j] = sums[2, j], np.exp(sums[2, j])
                fit = sums[5, j] * sums[4, j] - sums[6, j]
                deviance += 2.0 * (fit + (sums[7, j] - sums[3, j] * sums[6, j]))
        if abs(deviance - last) / (abs(deviance) + 0.1) < tolerance:
            converged = True
            break
        last = deviance
    for j in range(levels):
        for i in range(begin[j], begin[j + 1]):
            eta[i], mu[i] = sums[3, j], sums[4, j]
            if sums[8, j] > 0:  # more than one step
                work[i] = prior[i] * sums[8, j]
    return converged


@compiled
def _means(
    y: Any, t: Any, begin: Any, prior: Any, logs: Any, levels: int, slope: float, span: int, sums: Any,
    mu: Any, eta: Any, table: Any,
) -> float:  # fmt: skip
    """Write the means of all weeks (level times week) and their logarithms; return the deviance."""
    # Far from any solution the factors could overflow where the means do not.
    far = abs(slope) * span > _STEEPEST
    if not far:
        powers(slope, span, table)
    deviance = 0.0
    for j in range(levels):
        centre = sums[2, j] - slope * sums[1, j]
        factor = 0.0 if far else np.exp(centre)
        for i in range(begin[j], begin[j + 1]):
            log = centre + slope * t[i]
            mean = np.exp(max(log, _LOG_EPSILON)) if far else factor * table[span + int(t[i])]
            if mean < _EPSILON or log < _LOG_EPSILON:
                log, mean = _LOG_EPSILON, _EPSILON
            eta[i], mu[i] = log, mean
            deviance += prior[i] * 2.0 * (mean - y[i] + (logs[0, i] - y[i] * log))
    return deviance


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
    begin: Any,
    levels: int,
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
    for j in range(levels):
        for i in range(begin[j], begin[j + 1]):
            prior[i] = 1.0
            if y[i] > mu[i]:  # no other residual is above 0
                hat = 1.0 / sums[0, j]
                if trend and information > 0:
                    hat += (t[i] - sums[1, j]) ** 2 / information
                hat *= work[i]
                s = 1.5 * (root[i] * np.exp(-eta[i] / 6.0) - np.sqrt(mu[i])) / np.sqrt(phi * (1.0 - hat))
                if s > threshold:
                    prior[i] = 1.0 / (s * s)
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
    levels: int,
    begin: Any,
) -> Any:
    """Bring the covered weeks of a baseline to the front; return how many, levels, largest count and span.

    The weeks stand level by level; `begin` gets where each begins, and the last ends. `values` holds the
    counts, then what :func:`fit_reference` makes of them.
    """
    n, fitted, largest, span = 0, 0, 0.0, 8
    for j in range(levels + 1):
        begin[j] = 0
    for i in range(at.size):
        k = at[i]
        if k >= 0 and usable[region, k]:
            floats[0, n], floats[1, n], floats[2, n] = values[0, region, k], k - now, values[1, region, k]
            logs[0, n], logs[1, n], logs[2, n] = (
                values[2, region, k],
                values[3, region, k],
                values[4, region, k],
            )
            if floats[0, n] > largest:
                largest = floats[0, n]
            if now - k > span:
                span = now - k
            begin[level[i] + 1] += np.uint64(1)
            n += 1
    for j in range(levels):
        fitted += 1 if begin[j + 1] > 0 else 0
        begin[j + 1] += begin[j]
    return n, fitted, largest, span


@compiled
def _fit(
    y: Any,
    t: Any,
    begin: Any,
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
            y, t, begin, prior, logs, n, levels, trend, span, mu, work, sums, eta, table, tolerance
        )
        if not converged:
            if trend:
                trend = False
                continue
            return np.nan, np.nan, np.nan, np.nan, np.nan, 0.0
        phi = max(1.0, _pearson(y, mu, work, n, df))
        spread = phi if rule == CLIPPED else _pearson(y, mu, work, n, df)
        if reweight:
            _anscombe(
                y, root, t, begin, levels, mu, eta, work, sums, n, trend, information, phi, threshold, prior
            )
            slope, information, converged = _irls(
                y, t, begin, prior, logs, n, levels, trend, span, mu, work, sums, eta, table, tolerance
            )
            phi = max(1.0, _pearson(y, mu, work, n, df))
            spread = phi if rule == CLIPPED else _pearson(y, mu, prior, n, df)
        centre = sums[2, 0] - slope * sums[1, 0] if trend else sums[2, 0]  # no times are summed without
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
    order = np.argsort(level, axis=1, kind="stable")
    at, level = np.take_along_axis(at, order, axis=1), np.take_along_axis(level, order, axis=1)
    logs = special.xlogy(values, values)
    begun = np.log(values + 0.1)
    first = 2.0 * (logs - values * begun + 0.1)
    found = np.full((6, rows, len(values)), np.nan)
    found[5] = -1.0
    _fit_all(
        np.stack([values, values ** (2.0 / 3.0), logs, begun, first]), usable, tested, at, level, levels,
        trend, reweight, threshold, critical, rule, tolerance, found, np.empty((10, longest)),
        np.empty(levels + 1, dtype=np.uint64), np.empty((9, levels)), np.empty(reach + 1),
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
    begin: Any,
    sums: Any,
    table: Any,
) -> None:
    """Fill what `fit_reference` returns; the last four are work space."""
    y, t, root, logs = floats[0], floats[1], floats[2], floats[3:6]
    mu, work, prior, eta = floats[6], floats[7], floats[8], floats[9]
    for r in range(tested.size):
        for c in range(values.shape[1]):
            n, fitted, largest, span = _gather(
                values, usable, c, tested[r], at[r], level[r], floats, logs, levels, begin
            )
            if n == 0 or begin[1] == 0 or n <= fitted + (1 if trend else 0):
                continue
            answer = _fit(
                y, t, begin, n, levels, fitted, trend, reweight, threshold, critical, rule, largest, span,
                root, logs, mu, eta, work, prior, sums, table, tolerance,
            )  # fmt: skip
            for k in range(6):
                found[k, r, c] = answer[k]
