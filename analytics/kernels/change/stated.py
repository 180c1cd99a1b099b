"""A change of level at a stated time: log-linear fits, and how much slow ups and downs could fake one.

The dispersion that matters to a change of level is that of the slowest movements of the series. It is
estimated from the residuals' projections on a few low-frequency cosines, cleared of the model's own terms;
whatever autocorrelation and self-excitation do at that scale is in it.

References
----------
.. [1] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
       practice. Journal of Business and Economic Statistics 36, 541-559.
.. [2] Grenander, U., Rosenblatt, M. (1957). Statistical analysis of stationary time series. Wiley.
.. [3] Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components.
       Biometrics Bulletin 2, 110-114.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import dispersion_at
from analytics.kernels.common.glm import PoissonFit, poisson_fit
from analytics.kernels.common.negative_binomial import nb_kurtosis
from analytics.kernels.common.quadrature import normal_nodes
from analytics.periods import YEAR_DAYS

__all__ = [
    "cosine_count",
    "cosines",
    "effective_freedom",
    "fit_loglinear",
    "profile_limit",
    "segmented_design",
    "signed_root",
    "slow_dispersion",
    "spread_quantile",
    "spread_tail",
]


WEEKS_A_YEAR = YEAR_DAYS / 7
_TOLERANCE = 1e-9
_RIDGE = 1e-10
_NODES = 16
_COSINES_MIN = 4
_LOG_RATIO_MAX = 12.0  # a limit beyond this is 0 or infinity
_HALVINGS = 40


def fit_loglinear(
    counts: FloatArray, design: FloatArray, covered: BoolArray, offset: FloatArray | None = None
) -> PoissonFit:
    """Fit the Poisson means of many series on one design, starting near the counts.

    Parameters
    ----------
    counts : float array, shape (periods, series)
    design : float array, shape (periods, terms)
    covered : bool array, shape (periods, series)
    offset : float array, shape (periods, series), optional

    Examples
    --------
    >>> fit = fit_loglinear(np.array([[2.0], [4.0], [6.0]]), np.ones((3, 1)), np.ones((3, 1), bool))
    >>> float(np.exp(fit.coefficients[0, 0]).round(6))
    4.0
    """
    mean = np.where(covered, counts, 0.0).sum(axis=0) / np.maximum(covered.sum(axis=0), 1)
    near = 0.5 * (counts + mean + 0.1)
    return poisson_fit(design, counts, covered, offset=offset, start=near, tolerance=_TOLERANCE, ridge=_RIDGE)


def segmented_design(weeks: FloatArray, *, trend: bool = True, slope: bool = True) -> FloatArray:
    """Return the design of a change at week 0: intercept, trend, change of slope, change of level (last).

    Parameters
    ----------
    weeks : float array, shape (periods,)
        Weeks since the change; negative before it. Trends are per year, so that terms are of one size.

    Examples
    --------
    >>> segmented_design(np.array([-1.0, 0.0]), trend=False, slope=False)
    array([[1., 0.],
           [1., 1.]])
    """
    after = (weeks >= 0).astype(float)
    years = weeks / WEEKS_A_YEAR
    terms = [np.ones(weeks.size)]
    if trend:
        terms.append(years)
    if slope:
        terms.append(years * after)
    return np.stack([*terms, after], axis=1)


def cosine_count(periods: int) -> int:
    """Return how many cosines to use: 0.4 n^(2/3), rounded down, at least 4 [1]_.

    Examples
    --------
    >>> cosine_count(52), cosine_count(156)
    (5, 11)
    """
    return max(_COSINES_MIN, int(0.4 * periods ** (2 / 3)))


def cosines(periods: int, count: int) -> FloatArray:
    """Return the `count` slowest cosines, each of length one; shape (periods, count)."""
    at = np.arange(periods)[:, None] + 0.5
    return np.asarray(np.sqrt(2 / periods) * np.cos(np.pi * at * np.arange(1, count + 1) / periods))


def slow_dispersion(
    counts: FloatArray, mu: FloatArray, design: FloatArray, covered: BoolArray, count: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """Estimate the dispersion of slow movements about a fitted mean, and its degrees of freedom.

    Parameters
    ----------
    counts, mu : float array, shape (periods, series)
    design : float array, shape (periods, terms)
        What `mu` was fitted on; the cosines are cleared of it.
    covered : bool array, shape (periods, series)
    count : int, optional
        Number of cosines; :func:`cosine_count` unless given.

    Returns
    -------
    phi, edf : float array, shape (series,)
        ``phi`` is the mean square of the projections of Pearson residuals over what it is for independent
        residuals of variance 1, ``edf`` by Satterthwaite [3]_, lowered for heavy tails. Not bounded below.

    Examples
    --------
    >>> y = np.random.default_rng(0).poisson(5.0, (800, 1)).astype(float)
    >>> one, all_ = np.ones((800, 1)), np.ones((800, 1), bool)
    >>> phi, _ = slow_dispersion(y, np.full_like(y, y.mean()), one, all_)
    >>> bool(0.5 < phi[0] < 2.0)
    True
    """
    periods, terms = counts.shape[0], design.shape[1]
    basis = cosines(periods, cosine_count(periods) if count is None else count)
    root = np.where(covered, np.sqrt(mu), 0.0)
    residual = np.where(covered, (counts - mu) / np.maximum(np.sqrt(mu), 1e-12), 0.0)
    weighted = root.T[:, :, None] * design
    gram = weighted.transpose(0, 2, 1) @ weighted
    ridge = _RIDGE * np.trace(gram, axis1=1, axis2=2) + 1e-300
    gram += ridge[:, None, None] * np.eye(terms)
    cross = np.einsum("nj,snp->sjp", basis, weighted)
    seen = np.einsum("nj,ns,nk->sjk", basis, covered.astype(float), basis, optimize=True)
    cleared = seen - cross @ np.linalg.solve(gram, cross.transpose(0, 2, 1))
    projected = residual.T @ basis
    trace = np.maximum(np.trace(cleared, axis1=1, axis2=2), 1e-12)
    phi = (projected**2).sum(axis=1) / trace
    freedom = trace**2 / np.maximum((cleared**2).sum(axis=(1, 2)), 1e-12)
    n = np.maximum(covered.sum(axis=0), 1)
    mean = np.where(covered, counts, 0.0).sum(axis=0) / n
    return phi, effective_freedom(phi, freedom, mean, n)


def effective_freedom(
    phi: FloatArray, freedom: FloatArray | float, mean: FloatArray, periods: FloatArray | float
) -> FloatArray:
    """Lower the degrees of freedom for the excess kurtosis of a negative binomial week."""
    bounded = np.maximum(phi, 1.0)
    safe = np.maximum(mean, 1e-12)
    kappa = nb_kurtosis(safe, bounded)
    return np.asarray(np.maximum(1 / (1 / np.maximum(freedom, 1e-3) + kappa / (2 * periods)), 1.0))


_Z, _WEIGHT = normal_nodes(_NODES)


def _deviations(phi: FloatArray, edf: FloatArray) -> FloatArray:
    """Return the root's standard deviation at the nodes of the dispersion's uncertainty; (series, nodes)."""
    return np.asarray(np.sqrt(dispersion_at(phi, edf, special.ndtr(_Z))))


def spread_tail(root: FloatArray, phi: FloatArray, edf: FloatArray) -> FloatArray:
    """Upper tail of a signed root, averaged over the dispersion's uncertainty, dispersion at least 1.

    Without that bound it is Student's t with `edf` degrees of freedom.

    Examples
    --------
    >>> from scipy import stats
    >>> p = spread_tail(np.array([20.0]), np.array([100.0]), np.array([9.0]))
    >>> bool(abs(p[0] - stats.t.sf(2.0, 9)) < 1e-4)
    True
    """
    return np.asarray(special.ndtr(-root[:, None] / _deviations(phi, edf)) @ _WEIGHT)


def spread_quantile(level: float, phi: FloatArray, edf: FloatArray) -> FloatArray:
    """Signed root whose :func:`spread_tail` is `level`."""
    deviations = _deviations(phi, edf)
    low, high = np.zeros(phi.shape), -special.ndtri(level) * deviations.max(axis=1)
    for _ in range(60):
        middle = (low + high) / 2
        above = special.ndtr(-middle[:, None] / deviations) @ _WEIGHT > level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(high)


def signed_root(
    counts: FloatArray, design: FloatArray, covered: BoolArray, full: PoissonFit, *, column: int, value: float
) -> FloatArray:
    """Signed root of the deviance of one coefficient: above 0 where the estimate exceeds `value`."""
    offset = np.broadcast_to(value * design[:, [column]], counts.shape)
    rest = fit_loglinear(counts, np.delete(design, column, axis=1), covered, offset)
    gain = np.maximum(rest.deviance - full.deviance, 0.0)
    return np.asarray(np.sign(full.coefficients[column] - value) * np.sqrt(gain))


def profile_limit(
    counts: FloatArray,
    design: FloatArray,
    covered: BoolArray,
    full: PoissonFit,
    root: FloatArray,
    *,
    column: int,
    upper: bool,
) -> FloatArray:
    """Value of a coefficient at which its signed root is `root` (``-root`` for the upper limit).

    Returns
    -------
    float array, shape (series,)
        -inf or inf where the deviance never gets there.
    """
    rest = np.delete(design, column, axis=1)
    sign = 1.0 if upper else -1.0
    near = np.clip(full.coefficients[column], -_LOG_RATIO_MAX, _LOG_RATIO_MAX)
    far = np.full(near.shape, sign * _LOG_RATIO_MAX)

    def beyond(at: FloatArray) -> BoolArray:
        fit = fit_loglinear(counts, rest, covered, at * design[:, [column]])
        return np.asarray(fit.deviance - full.deviance >= root**2)

    open_ = ~beyond(far)
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        out = beyond(middle)
        near, far = np.where(out, near, middle), np.where(out, middle, far)
    return np.where(open_, sign * np.inf, far)
