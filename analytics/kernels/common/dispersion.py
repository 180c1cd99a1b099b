"""Dispersion at the scale of a window: how much sums of `length` periods vary, against a Poisson process.

Estimating the dispersion of window sums, rather than of single periods, absorbs autocorrelation and
self-excitation: whatever makes a fortnight vary is in the variance of fortnights.

References
----------
.. [1] Bayley, G. V., Hammersley, J. M. (1946). The "effective" number of independent observations in an
       autocorrelated time series. Supplement to the Journal of the Royal Statistical Society 8, 184-197.
.. [2] Marriott, F. H. C., Pope, J. A. (1954). Bias in the estimation of autocorrelations. Biometrika 41,
       390-402.
.. [3] Smyth, G. K. (2004). Linear models and empirical Bayes methods for assessing differential expression.
       Statistical Applications in Genetics and Molecular Biology 3, 3.
.. [4] Phipson, B., Lee, S., Majewski, I. J., Alexander, W. S., Smyth, G. K. (2016). Robust hyperparameter
       estimation protects against hypervariable genes. Annals of Applied Statistics 10, 946-963.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.negative_binomial import nb_kurtosis

__all__ = [
    "Dispersion",
    "chi2_share",
    "dispersion_at",
    "dispersion_from",
    "excess_growth",
    "shrink_dispersion",
    "window_dispersion",
    "window_sums",
]


_RHO_MAX = 0.9
_WIDE = 512  # series
_DEGREE = 40
_CORRECTION_MIN = 0.2  # a baseline shorter than about four windows could otherwise divide by nothing
_EDF_MIN = 1.0
_WINDOWS_MIN = 4
_PHI_MAX = 1e6
_GROWTH_MAX = 3.0  # beyond, a small count would be consistent with any ratio, however large
_SERIES_MIN = 10
_WINSOR = 0.1  # share of the log dispersions drawn in at either end before the prior is estimated


@dataclass(frozen=True, eq=False, slots=True)
class Dispersion:
    """Window-scale dispersion of each series; every array has shape ``(series,)``.

    Attributes
    ----------
    phi : float array
        Variance over mean of window sums, at least 1.
    edf : float array
        Effective degrees of freedom of `phi`, at least 1.
    rho : float array
        Correlation of window sums one window length apart, corrected for its bias, in 0..0.9.
    windows : int array
        Number of disjoint windows that fit into the covered baseline.
    """

    phi: FloatArray
    edf: FloatArray
    rho: FloatArray
    windows: IntArray

    def take(self, index: IndexArray) -> Dispersion:
        """Return that of some of the series."""
        return Dispersion(self.phi[index], self.edf[index], self.rho[index], self.windows[index])


def window_sums(values: npt.NDArray[np.number] | BoolArray, length: int) -> FloatArray:
    """Sum `length` consecutive rows from each start; shape ``(rows - length + 1, series)``.

    Examples
    --------
    >>> window_sums(np.array([[1], [2], [3]]), 2).ravel()
    array([3., 5.])
    """
    starts, series = max(values.shape[0] - length + 1, 0), values.shape[1]
    if series < _WIDE:
        total = np.zeros((values.shape[0] + 1, series))
        np.cumsum(values, axis=0, out=total[1:])
        return total[length:] - total[:-length]
    out = np.empty((starts, series))
    if starts:
        values[:length].sum(axis=0, out=out[0], dtype=float)
    for i in range(starts - 1):  # of many series a row at a time is faster by far
        np.add(out[i], values[i + length], out=out[i + 1])
        out[i + 1] -= values[i]
    return out


def window_dispersion(
    baseline: npt.NDArray[np.number],
    covered: BoolArray,
    length: int,
    *,
    expected: FloatArray | None = None,
    parameters: int = 1,
) -> Dispersion:
    """Estimate the dispersion of sums of `length` periods over a baseline.

    Parameters
    ----------
    baseline : array, shape (periods, series)
        Counts; entries without coverage are ignored.
    covered : bool array, same shape
        Which entries are data. Windows that touch an uncovered period are left out.
    length : int
        Length of the window in periods.
    expected : float array, shape (periods, series), optional
        Fitted means, where they are not flat: windows are then sums of counts minus means.
    parameters : int
        Number of parameters those means cost; 1 for a flat mean.

    Returns
    -------
    Dispersion
        ``phi = max(1, var(W) / mean(W) / c)`` with ``c = 1 - p (L/n)(1 + rho)/(1 - rho)``, and
        ``edf = (1.5 n/L - p) / (1 + kappa/2) * (1 - rho^2)/(1 + rho^2)``, where ``p`` is the number of
        parameters and ``kappa`` the excess kurtosis of a negative binomial window sum.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> counts = rng.poisson(2.0, (1400, 1))
    >>> bool(window_dispersion(counts, np.ones_like(counts, bool), 14).phi[0] < 1.3)
    True
    """
    every = bool(covered.all())
    counts = baseline if every else np.where(covered, baseline, 0.0)
    n = covered.sum(axis=0)
    excess = counts
    if expected is not None:
        excess = baseline - expected if every else np.where(covered, baseline - expected, 0.0)
    centred = window_sums(excess, length)
    m, pairs = np.full(n.shape, len(centred)), np.full(n.shape, len(centred) - length)
    if not every:
        whole = window_sums(covered, length) == length
        m, pairs = whole.sum(axis=0), (whole[length:] & whole[:-length]).sum(axis=0)
        centred[~whole] = 0.0
    m, pairs = np.maximum(m, 1), np.maximum(pairs, 1)
    centred -= centred.sum(axis=0) / m
    if not every:
        centred[~whole] = 0.0
    variance = np.einsum("ij,ij->j", centred, centred) / m
    mu = length * counts.sum(axis=0, dtype=float) / np.maximum(n, 1)
    lagged = np.einsum("ij,ij->j", centred[length:], centred[:-length]) / pairs
    return dispersion_from(mu, variance, lagged, n, length, parameters=parameters)


def dispersion_from(
    mu: FloatArray,
    variance: FloatArray,
    lagged: FloatArray,
    n: IntArray,
    length: int,
    *,
    parameters: int = 1,
) -> Dispersion:
    """Estimate the dispersion from the moments of window sums; arrays of shape (series,).

    Parameters
    ----------
    mu : float array
        Expected sum of a window.
    variance, lagged : float arrays
        Mean squared deviation of the window sums, and the mean product of those one length apart.
    n : int array
        Covered periods.
    length, parameters
        As in :func:`window_dispersion`.
    """
    rho = np.divide(lagged, variance, out=np.zeros_like(variance), where=variance > 0)
    # An autocorrelation estimated from m windows falls short by about (1 + 3 rho)/m [2].
    rho = np.maximum(rho, 0.0)
    rho = np.minimum(rho + (1 + 3 * rho) / np.maximum(n // length, _WINDOWS_MIN), _RHO_MAX)

    share = length / np.maximum(n, length)
    correction = np.maximum(1 - parameters * share * (1 + rho) / (1 - rho), _CORRECTION_MIN)
    phi = np.divide(variance, mu * correction, out=np.ones_like(variance), where=mu > 0)
    phi = np.maximum(phi, 1.0)

    safe = np.where(mu > 0, mu, 1.0)
    kappa = np.where(mu > 0, nb_kurtosis(safe, phi), 0.0)
    edf = (1.5 / share - parameters) / (1 + kappa / 2) * (1 - rho**2) / (1 + rho**2)
    return Dispersion(phi, np.maximum(edf, _EDF_MIN), rho, n // length)


def dispersion_at(phi: FloatArray, edf: FloatArray, level: FloatArray) -> FloatArray:
    """Return ``phi * edf / chi2(edf)`` at levels of the chi-square, 1 to 10^6; shape ``(series, levels)``.

    What a dispersion may be, given its estimate: what is averaged over it is averaged over these.
    """
    share = np.maximum(chi2_share(edf, level), 1e-300)
    return np.asarray(np.clip(phi[:, None] / share, 1.0, _PHI_MAX))


def chi2_share(edf: FloatArray, level: FloatArray) -> FloatArray:
    """Return quantiles of the chi-square over its degrees of freedom; shape ``(series, levels)``.

    From one degree of freedom on the logarithm is a polynomial in ``1 / sqrt(edf)``, right to nine digits
    within four standard deviations of the middle.

    Examples
    --------
    >>> chi2_share(np.array([1.0, 20.0]), np.array([0.5])).ravel().round(4)
    array([0.4549, 0.9669])
    """
    terms = chebyshev.chebvander(2 / np.sqrt(np.maximum(edf, 1.0)) - 1, _DEGREE)
    out = np.exp(terms @ _chi2_terms(tuple(level.tolist())))
    few = np.flatnonzero(~(edf >= 1))
    if few.size:
        out[few] = 2 * special.gammaincinv(edf[few, None] / 2, level[None, :]) / edf[few, None]
    return np.asarray(out)


@lru_cache(maxsize=32)
def _chi2_terms(level: tuple[float, ...]) -> FloatArray:
    x = chebyshev.chebpts1(_DEGREE + 1)
    edf = 4 / (1 + x) ** 2
    share = 2 * special.gammaincinv(edf[:, None] / 2, np.array(level)) / edf[:, None]
    terms = chebyshev.chebvander(x, _DEGREE)  # orthogonal over these points, so no system is solved
    terms[:, 1:] *= 2
    return np.asarray(terms.T @ np.log(share) / len(x))


def shrink_dispersion(dispersion: Dispersion) -> Dispersion:
    """Shrink dispersions towards their common value, never below a series' own estimate.

    A scaled inverse chi-square prior is fitted by the moments of the log dispersions [3]_, winsorised so that
    a few bursty series do not set it [4]_. In mixed panels bursty series are made worse by shrinking
    downwards, hence the floor; what remains is a gain in degrees of freedom. With fewer than ten series, or
    where the estimates vary no more than chance, the prior says nothing more than the data do.

    Returns
    -------
    Dispersion
        Larger or equal `phi`, larger `edf`.

    Examples
    --------
    >>> few = Dispersion(np.ones(3), np.full(3, 20.0), np.zeros(3), np.full(3, 26))
    >>> shrink_dispersion(few) is few
    True
    """
    phi, edf = dispersion.phi, dispersion.edf
    from scipy.optimize import brentq  # slow to load, and for this alone

    usable = edf > 2
    if usable.sum() < _SERIES_MIN:
        return dispersion
    # log phi less the bias of a log chi-square; its variance beyond trigamma(edf/2) is the prior's.
    e = np.log(phi[usable]) - special.digamma(edf[usable] / 2) + np.log(edf[usable] / 2)
    low, high = np.quantile(e, [_WINSOR, 1 - _WINSOR])
    drawn = np.clip(e, low, high)
    excess = drawn.var(ddof=1) - special.polygamma(1, edf[usable] / 2).mean()
    if excess <= 0:
        prior_edf, scale = 100.0, float(np.exp(drawn.mean()))
    else:
        prior_edf = 2 * brentq(lambda x: float(special.polygamma(1, x)) - excess, 1e-3, 1e4)
        scale = float(np.exp(drawn.mean() + special.digamma(prior_edf / 2) - np.log(prior_edf / 2)))
    shrunk = (prior_edf * scale + edf * phi) / (prior_edf + edf)
    return replace(dispersion, phi=np.maximum(phi, shrunk), edf=edf + prior_edf)


def excess_growth(log_ratio: FloatArray) -> FloatArray:
    """Return how much the dispersion's excess over 1 grows with the ratio."""
    return np.asarray(np.clip(np.exp(np.minimum(log_ratio, 5.0)), 1.0, _GROWTH_MAX))
