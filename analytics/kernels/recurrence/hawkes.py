"""A self-exciting process fitted to counts by period, many series at once.

The conditional mean of a period is ``mean * (1 - b) + b * e``, where ``e`` is the exponentially discounted
past count and ``b`` the branching ratio: the expected number of incidents that one incident sets off in later
periods. This is a Hawkes process [1]_ with an exponential kernel seen in bins, and a reparametrised
INGARCH(1,1). Incidents set off within the same period are not told apart from chance; the negative binomial
conditional distribution leaves room for them.

References
----------
.. [1] Hawkes, A. G. (1971). Spectra of some self-exciting and mutually exciting point processes.
       Biometrika 58, 83-90.
.. [2] Ogata, Y. (1988). Statistical models for earthquake occurrences and residual analysis for point
       processes. JASA 83, 9-27.
.. [3] Czado, C., Gneiting, T., Held, L. (2009). Predictive model assessment for count data. Biometrics 65,
       1254-1261.
.. [4] Ljung, G. M., Box, G. E. P. (1978). On a measure of lack of fit in time series models. Biometrika 65,
       297-303.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal, special, stats

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.negative_binomial import log_rising, nb_below

__all__ = ["HawkesFit", "conditional_means", "fit_hawkes", "hawkes_residuals", "simulate_hawkes"]


LAGS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0, 10.0, 13.0, 17.0, 22.0, 28.0)  # mean lags tried, in periods
BRANCHING = np.concatenate([np.arange(0.0, 0.98, 0.04), [0.99]])
_SIZES = np.exp(np.linspace(np.log(0.03), np.log(300.0), 25))  # sizes of the negative binomial, then Poisson
_ROUNDS = 2  # of lag and branching ratio given the size, and the size given them
_STEPS = 4


@dataclass(frozen=True, eq=False, slots=True)
class HawkesFit:
    """Fitted parameters; arrays of shape ``(series,)`` unless stated.

    Attributes
    ----------
    mean : float array
        Mean count a period, as fitted.
    branching, low, high : float array
        Branching ratio, and the ends of its profile-likelihood interval.
    lag : float array
        Mean lag of the kernel, in periods; means little where the branching ratio is near 0.
    size : float array
        Size of the conditional negative binomial; infinite for Poisson.
    loglik : float array
        Log-likelihood at the fit.
    gain : float array
        Twice the log-likelihood over that of independent periods with the same mean and their own best size.
    """

    mean: FloatArray
    branching: FloatArray
    low: FloatArray
    high: FloatArray
    lag: FloatArray
    size: FloatArray
    loglik: FloatArray
    gain: FloatArray


def _discounted(counts: FloatArray, mean: FloatArray, lag: float | FloatArray) -> FloatArray:
    """Discounted past count at the start of each period; starts at the mean."""
    stay = 1 - 1 / np.asarray(lag, dtype=float)
    if stay.ndim == 0:
        past = np.concatenate([mean[None], counts[:-1]])
        start = (stay * mean)[None]
        weight = np.full(len(counts), 1.0 - stay)
        drive = past * weight[:, None]
        drive[0] = mean * (1 - stay)
        out, _ = signal.lfilter([1.0], [1.0, -float(stay)], drive, axis=0, zi=start)
        return np.asarray(out)
    out = np.empty_like(counts)
    now = mean.copy()
    for period, row in enumerate(counts):
        out[period] = now
        now = stay * now + (1 - stay) * row
    return out


def _fill(values: npt.NDArray[np.number], covered: BoolArray) -> tuple[FloatArray, FloatArray]:
    n = np.maximum(covered.sum(axis=0), 1)
    mean = np.where(covered, values, 0).sum(axis=0) / n
    return np.where(covered, values, mean), mean


def _loglik(counts: FloatArray, covered: BoolArray, rate: FloatArray, size: FloatArray | float) -> FloatArray:
    """Log-likelihood of each series, without the factorials of the counts."""
    size = np.asarray(size, dtype=float)
    safe = np.maximum(rate, 1e-12)
    finite = np.isfinite(size)
    k = np.where(finite, size, 1.0)
    nb = log_rising(k, counts) - (counts + k) * np.log1p(safe / k) + counts * (np.log(safe) - np.log(k))
    term = nb if finite.all() else np.where(finite, nb, counts * np.log(safe) - safe)
    return np.asarray(np.where(covered, term, 0.0).sum(axis=0))


def _best_size(counts: FloatArray, covered: BoolArray, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the size of greatest likelihood (infinite if Poisson does as well), and the log-likelihood."""
    series = np.arange(counts.shape[1])
    values = np.full((len(_SIZES), counts.shape[1]), -np.inf)
    for i in range(0, len(_SIZES), 6):
        values[i] = _loglik(counts, covered, rate, _SIZES[i])
    for jump in (3, 2, 1, 1):
        middle = values.argmax(axis=0)
        for side in (-jump, jump):
            near = np.clip(middle + side, 0, len(_SIZES) - 1)
            values[near, series] = _loglik(counts, covered, rate, _SIZES[near])
    at = values.argmax(axis=0)
    # By now both neighbours of the best have been looked at, wherever it lies.
    inner = np.clip(at, 1, len(_SIZES) - 2)
    log_size = np.log(_SIZES)[at] + np.where(
        at == inner, _vertex(*(values[inner + i, series] for i in (-1, 0, 1))), 0.0
    ) * np.log(_SIZES[1] / _SIZES[0])
    best = _loglik(counts, covered, rate, np.exp(log_size))
    poisson = _loglik(counts, covered, rate, np.inf)
    return np.where(poisson >= best, np.inf, np.exp(log_size)), np.maximum(poisson, best)


def _vertex(left: FloatArray, middle: FloatArray, right: FloatArray) -> FloatArray:
    """Offset of the top of the parabola through three equally spaced values, within half a step."""
    bend = left - 2 * middle + right
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = 0.5 * (left - right) / bend
    return np.where(np.isfinite(offset) & (bend < 0), np.clip(offset, -0.5, 0.5), 0.0)


def fit_hawkes(
    values: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    conditional: str = "negative_binomial",
    confidence: float = 0.95,
) -> HawkesFit:
    """Fit branching ratio, lag, mean and dispersion by maximum likelihood.

    The lag is chosen on a grid with the mean at the sample mean; the branching ratio is then profiled over
    mean and size on a grid and refined between its points. The interval holds the branching ratios whose
    profile lies within half a chi-square quantile of the top. Uncovered periods
    count as average in the discounted past and not at all in the likelihood.

    Parameters
    ----------
    values : array, shape (periods, series)
        Each series must hold at least one incident.
    covered : bool array, same shape
    conditional : {"negative_binomial", "poisson"}
    confidence : float

    Returns
    -------
    HawkesFit

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> fit = fit_hawkes(rng.poisson(1.0, (1000, 1)), np.ones((1000, 1), bool))
    >>> bool(fit.branching[0] < 0.2), bool(fit.low[0] == 0.0)
    (True, True)
    """
    counts, mean = _fill(values, covered)
    pasts = np.stack([_discounted(counts, mean, lag) for lag in LAGS])
    series = counts.shape[1]
    poisson = conditional == "poisson"
    still = np.broadcast_to(mean, counts.shape)
    size = np.full(series, np.inf)
    floor = _loglik(counts, covered, still, np.inf)
    if not poisson:
        size, floor = _best_size(counts, covered, still)
    surface = np.empty((len(LAGS), len(BRANCHING), series))
    every = np.arange(series)
    for _ in range(1 if poisson else _ROUNDS):
        constant = _loglik(counts, covered, still, size)
        for i in range(len(LAGS)):
            surface[i] = constant + _surface(counts, covered, mean, pasts[i], size)
        top = surface.max(axis=0)
        best = top.argmax(axis=0)
        lag = surface.argmax(axis=0)[best, every]
        rate = _rate(mean, pasts[lag, :, every].T, BRANCHING[best])
        if not poisson:
            size, _ = _best_size(counts, covered, rate)
    # Mean and size are profiled too: with them fixed, the interval would be too short near 0 and 1.
    profile = np.empty((len(BRANCHING), series))
    lags = surface.argmax(axis=0)
    level = np.empty((len(BRANCHING), series))
    for j, share in enumerate(BRANCHING):
        shares, past = np.full(series, share), pasts[lags[j], :, every].T
        level[j] = _best_mean(counts, covered, mean, past, shares, size)
        rate = _rate(level[j], past, shares)
        profile[j] = (
            _loglik(counts, covered, rate, np.inf) if poisson else _best_size(counts, covered, rate)[1]
        )
    best = profile.argmax(axis=0)
    inner = np.clip(best, 1, len(BRANCHING) - 3)  # the last step is shorter
    shift = _vertex(*(profile[inner + i, every] for i in (-1, 0, 1))) * (BRANCHING[1] - BRANCHING[0])
    branching = BRANCHING[best] + np.where(best == inner, shift, 0.0)
    mean = level[best, every]
    rate = _rate(mean, pasts[lags[best, every], :, every].T, branching)
    if poisson:
        loglik = _loglik(counts, covered, rate, np.inf)
    else:
        size, loglik = _best_size(counts, covered, rate)
    loglik = np.maximum(loglik, profile.max(axis=0))
    drop = 2 * (loglik - profile) - stats.chi2.ppf(confidence, 1)
    low, high = _ends(drop, branching)
    return HawkesFit(
        mean, branching, low, high, np.array(LAGS)[lags[best, every]], size, loglik, 2 * (loglik - floor)
    )


def _best_mean(
    counts: FloatArray,
    covered: BoolArray,
    start: FloatArray,
    past: FloatArray,
    share: FloatArray,
    size: FloatArray,
) -> FloatArray:
    """Mean of greatest likelihood at a given branching ratio, by Fisher scoring from the sample mean."""
    mean = start
    for _ in range(_STEPS):
        rate = np.maximum(_rate(mean, past, share), 1e-12)
        weight = np.where(covered, 1 / (rate * (1 + rate / size)), 0.0)
        step = (weight * (counts - rate)).sum(axis=0) / np.maximum((1 - share) * weight.sum(axis=0), 1e-12)
        mean = np.clip(mean + step, mean / 2, mean * 2)
        mean = np.clip(mean, start / 10, start * 10)
    return mean


def _rate(mean: FloatArray, past: FloatArray, share: FloatArray) -> FloatArray:
    return mean * (1 - share) + share * past


def _surface(
    counts: FloatArray, covered: BoolArray, mean: FloatArray, past: FloatArray, size: FloatArray
) -> FloatArray:
    """Log-likelihood at each branching ratio for one lag, less that at a branching ratio of 0."""
    finite = np.isfinite(size)
    k = np.where(finite, size, 1.0)
    tilt = np.where(covered, past / np.maximum(mean, 1e-12) - 1, 0.0)
    seen = np.where(covered, counts, 0.0)
    out = np.zeros((len(BRANCHING), counts.shape[1]))
    weight = np.where(covered, counts + k, 0.0)
    pull = mean / (mean + k)
    for j, share in enumerate(BRANCHING[1:], start=1):
        up = np.log1p(share * tilt)
        gained = (seen * up).sum(axis=0)
        lost = np.where(
            finite,
            (weight * np.log1p(share * pull * tilt)).sum(axis=0),
            mean * share * tilt.sum(axis=0),
        )
        out[j] = gained - lost
    return out


def _ends(drop: FloatArray, top: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the profile leaves the interval on either side of the top, between grid points."""
    inside = drop <= 0
    points = len(BRANCHING)
    every = np.arange(drop.shape[1])
    some = inside.any(axis=0)
    first, last = inside.argmax(axis=0), points - 1 - inside[::-1].argmax(axis=0)

    def between(inner: IndexArray, outer: IndexArray) -> FloatArray:
        a, b = drop[inner, every], drop[outer, every]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(b > a, -a / (b - a), 0.0)
        return np.asarray(BRANCHING[inner] + part * (BRANCHING[outer] - BRANCHING[inner]))

    low = np.where(first == 0, 0.0, between(first, np.maximum(first - 1, 0)))
    high = np.where(last == points - 1, 1.0, between(last, np.minimum(last + 1, points - 1)))
    return np.where(some, np.minimum(low, top), top), np.where(some, np.maximum(high, top), top)


def conditional_means(values: npt.NDArray[np.number], covered: BoolArray, fit: HawkesFit) -> FloatArray:
    """Conditional mean of each period given the periods before it; shape ``(periods, series)``."""
    counts, mean = _fill(values, covered)
    return _rate(mean, _discounted(counts, mean, fit.lag), fit.branching)


def hawkes_residuals(
    values: npt.NDArray[np.number],
    covered: BoolArray,
    fit: HawkesFit,
    draws: FloatArray,
    *,
    lags: int = 14,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Goodness of fit by time rescaling for binned data.

    Under the model the compensator turns the incidents into a Poisson process of rate one [2]_; in bins that
    is the randomised probability integral transform of each count [3]_, which is then uniform and independent
    from period to period.

    Parameters
    ----------
    values, covered : array, shape (periods, series)
    fit : HawkesFit
    draws : float array, shape (periods, series)
        Independent uniform numbers, for the randomisation.
    lags : int

    Returns
    -------
    residuals : float array, shape (periods, series)
        Standard normal under the model; NaN where not covered.
    uniform, independent : float array, shape (series,)
        P-values of uniformity (Kolmogorov-Smirnov; parameters were estimated, so too large rather than too
        small) and of no autocorrelation up to `lags` (Ljung-Box [4]_, no degrees of freedom taken off).
    """
    rate = np.maximum(conditional_means(values, covered, fit), 1e-12)
    lower, upper = nb_below(values - 1, rate, fit.size), nb_below(values, rate, fit.size)
    uniform = np.clip(lower + draws * (upper - lower), 1e-12, 1 - 1e-12)
    residuals = np.where(covered, special.ndtri(uniform), np.nan)
    p_uniform = np.array(
        [stats.kstest(u[c], "uniform").pvalue for u, c in zip(uniform.T, covered.T, strict=True)]
    )
    z = np.where(covered, residuals, 0.0)
    n = covered.sum(axis=0)
    z = np.where(covered, z - z.sum(axis=0) / np.maximum(n, 1), 0.0)
    square = np.maximum((z**2).sum(axis=0), 1e-12)
    statistic = np.zeros(values.shape[1])
    for lag in range(1, min(lags, len(z) - 2) + 1):
        statistic += ((z[lag:] * z[:-lag]).sum(axis=0) / square) ** 2 / np.maximum(n - lag, 1)
    p_independent = special.chdtrc(min(lags, len(z) - 2), n * (n + 2) * statistic)
    return residuals, p_uniform, p_independent


def simulate_hawkes(
    mean: float,
    branching: float,
    lag: float,
    size: float,
    *,
    periods: int,
    series: int,
    rng: np.random.Generator,
    burn: int = 100,
) -> IntArray:
    """Draw independent series of the fitted process; shape ``(periods, series)``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> simulate_hawkes(1.0, 0.5, 3.0, np.inf, periods=50, series=2, rng=rng).shape
    (50, 2)
    """
    out = np.empty((burn + periods, series), dtype=np.int64)
    past = np.full(series, float(mean))
    stay = 1 - 1 / lag
    for period in range(burn + periods):
        rate = mean * (1 - branching) + branching * past
        if np.isfinite(size):
            rate = rate * rng.standard_gamma(size, series) / size
        out[period] = rng.poisson(rate)
        past = stay * past + (1 - stay) * out[period]
    return out[burn:]
