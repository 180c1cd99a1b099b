"""Log-linear regression of many series on one design, all series at once: Poisson, or negative binomial.

References
----------
.. [1] McCullagh, P., Nelder, J. A. (1989). Generalized Linear Models, 2nd edition. Chapman and Hall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray

__all__ = ["PoissonFit", "poisson_fit"]


_STEPS = 80
_TOLERANCE = 1e-8  # relative change of the deviance, as usual
_ETA = 25.0
_RIDGE = 1e-13
_NOTHING = 1e-12
_STRIDE = 5.0
_HALVINGS = 40


@dataclass(frozen=True, eq=False, slots=True)
class PoissonFit:
    """Fit of every series.

    Attributes
    ----------
    coefficients : float array, shape (terms, series)
    fitted : float array, shape (periods, series)
        Expected counts at the exposures fitted on; 0 where there are no data.
    deviance : float array, shape (series,)
    converged : bool array, shape (series,)
    alpha : float array, shape (series,), or None
        Negative binomial dispersion; None is Poisson.
    """

    coefficients: FloatArray
    fitted: FloatArray
    deviance: FloatArray
    converged: BoolArray
    alpha: FloatArray | None = None

    def mean(self, design: FloatArray) -> FloatArray:
        """Return expected counts at exposure 1 for a design's rows; shape (rows, series)."""
        return np.asarray(np.exp(np.clip(design @ self.coefficients, -_ETA, _ETA)))

    def covariance(self, design: FloatArray) -> FloatArray:
        """Return the inverse information for the design fitted on; shape (series, terms, terms)."""
        weight = self.fitted if self.alpha is None else self.fitted / (1 + self.alpha * self.fitted)
        products = _Products(design)
        block = products.information(weight)
        return np.asarray(np.linalg.inv(block + products.pull(block, _RIDGE)), dtype=float)


class _Products:
    """Products of the columns of a design, each pair once."""

    def __init__(self, design: FloatArray) -> None:
        self.terms = design.shape[1]
        self.first, self.second = np.triu_indices(self.terms)
        self.pairs = (design[:, self.first] * design[:, self.second]).T

    def information(self, weight: FloatArray) -> FloatArray:
        packed = (self.pairs @ weight).T
        block = np.empty((len(packed), self.terms, self.terms))
        block[:, self.first, self.second] = packed
        block[:, self.second, self.first] = packed
        return block

    def pull(self, block: FloatArray, ridge: float) -> FloatArray:
        size = ridge * np.trace(block, axis1=1, axis2=2) + _NOTHING
        return np.asarray(size[:, None, None] * np.eye(self.terms))


@dataclass(frozen=True, eq=False, slots=True)
class _Series:
    """What is fitted: design, counts, known part of the mean, dispersion; when to stop, how strong a pull."""

    design: FloatArray
    y: FloatArray
    base: FloatArray
    alpha: FloatArray | None
    tolerance: float
    ridge: float

    def of(self, series: npt.NDArray[np.intp]) -> _Series:
        """Return some of the series."""
        over = None if self.alpha is None else self.alpha[series]
        return _Series(self.design, self.y[:, series], self.base[:, series], over, self.tolerance, self.ridge)

    def level(self) -> FloatArray:
        """Return the coefficients of a constant rate."""
        beta = np.zeros((self.design.shape[1], self.y.shape[1]))
        beta[0] = np.log((self.y.sum(axis=0) + 0.5) / np.maximum(self.base.sum(axis=0), 1))
        return beta

    def at(self, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return means and deviance."""
        mu = self.base * np.exp(np.clip(self.design @ beta, -_ETA, _ETA))
        return mu, _deviance(self.y, mu, self.alpha)


def poisson_fit(
    design: FloatArray,
    counts: npt.NDArray[np.number],
    exposure: npt.NDArray[np.number] | BoolArray,
    *,
    offset: FloatArray | None = None,
    alpha: FloatArray | None = None,
    start: FloatArray | None = None,
    tolerance: float = _TOLERANCE,
    ridge: float = _RIDGE,
) -> PoissonFit:
    """Fit a log-linear model to each series by iteratively reweighted least squares [1]_.

    A series whose steps find no rest (one incident in a year of weeks and a yearly wave: the likelihood has
    no maximum) is fitted once more, each step halved until it leads upwards. Its means then add up to its
    counts, as those of every other Poisson fit do.

    Parameters
    ----------
    design : float array, shape (periods, terms)
        The same for every series; its first column is the intercept.
    counts : array, shape (periods, series)
    exposure : array, same shape
        Days each entry stands for; 0 (or False) where there are no data.
    offset : float array, same shape, optional
        Part of the logarithm of the mean that is known.
    alpha : float array, shape (series,), optional
        Negative binomial with variance ``mean + alpha mean**2``; Poisson by default.
    start : float array, same shape as the counts, optional
        Means to start from, above 0; those of a constant rate by default.
    tolerance : float
        Relative change of the deviance at which to stop.
    ridge : float
        Pull of the coefficients towards 0, as a share of the information's trace: keeps a design without
        information in some direction solvable.

    Returns
    -------
    PoissonFit

    Examples
    --------
    >>> counts = np.array([[2], [4], [6]])
    >>> fit = poisson_fit(np.ones((3, 1)), counts, np.ones((3, 1), bool))
    >>> float(np.exp(fit.coefficients[0, 0]).round(6))
    4.0
    """
    share = np.asarray(exposure, dtype=float)
    known = share > 0
    base = share if offset is None else share * np.exp(offset)
    data = _Series(design, np.where(known, counts, 0.0), base, alpha, tolerance, ridge)
    fit = _fit(data, None if start is None else np.where(known, start, 0.0))
    # Worse than a constant rate: the steps led out to where the means are cut off.
    astray = fit.deviance > data.at(data.level())[1]
    if start is None:
        astray |= ~fit.converged
    if astray.any():
        lost = np.flatnonzero(astray)
        again = _fit(data.of(lost), None, halve=True)
        better = again.deviance < fit.deviance[lost]
        for field in ("coefficients", "fitted", "deviance", "converged"):
            getattr(fit, field)[..., lost[better]] = getattr(again, field)[..., better]
    return fit


def _fit(data: _Series, start: FloatArray | None, *, halve: bool = False) -> PoissonFit:
    y, base, alpha = data.y, data.base, data.alpha
    products = _Products(data.design)
    beta = data.level() if start is None else np.zeros((data.design.shape[1], y.shape[1]))
    gap = np.zeros_like(y)  # what the means one starts from have beyond the coefficients one starts from
    if start is None:
        mu = base * np.exp(beta[0])
    else:
        mu = start
        gap = np.log(np.divide(mu, base, out=np.ones_like(mu), where=base > 0))
    fitted = mu.copy()
    deviance = _deviance(y, mu, alpha)
    converged = np.zeros(y.shape[1], dtype=bool)
    active = np.arange(y.shape[1])
    for step in range(_STEPS):
        part = data.of(active)
        weight, excess = mu, part.y - mu
        if part.alpha is not None:
            weight, excess = mu / (1 + part.alpha * mu), excess / (1 + part.alpha * mu)
        if not step and start is not None:
            excess = excess + weight * gap
        block = products.information(weight)
        pull = products.pull(block, data.ridge)
        score = (data.design.T @ excess).T[:, :, None] - pull @ beta.T[active, :, None]
        change = np.linalg.solve(block + pull, score)[:, :, 0].T
        if halve:
            change = _upwards(part, beta[:, active], change, deviance[active])
        elif start is None:
            # A step as long on the log scale comes from a series with almost nothing in it.
            change = np.clip(change, -_STRIDE, _STRIDE)
        beta[:, active] += change
        mu, now = part.at(beta[:, active])
        done = np.abs(now - deviance[active]) <= data.tolerance * (np.abs(now) + 0.1)
        fitted[:, active], deviance[active], converged[active] = mu, now, done
        active, mu = active[~done], mu[:, ~done]
        if not active.size:
            break
    return PoissonFit(beta, fitted, deviance, converged, alpha)


def _upwards(data: _Series, beta: FloatArray, change: FloatArray, deviance: FloatArray) -> FloatArray:
    """Halve the steps of those series whose deviance would rise."""
    far = np.arange(len(deviance))
    for _ in range(_HALVINGS):
        far = far[data.of(far).at(beta[:, far] + change[:, far])[1] > deviance[far]]
        if not far.size:
            break
        change[:, far] /= 2
    return change


def _deviance(y: FloatArray, mu: FloatArray, alpha: FloatArray | None) -> FloatArray:
    poisson = special.kl_div(y, mu)
    if alpha is None:
        return np.asarray(2 * poisson.sum(axis=0))
    some = np.where(alpha > 0, alpha, 1.0)
    spread = poisson + (y - mu) - (y + 1 / some) * np.log((1 + some * y) / (1 + some * mu))
    return np.asarray(2 * np.where(alpha > 0, spread, poisson).sum(axis=0))
