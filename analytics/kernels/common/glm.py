"""Poisson regression of many series on one design, all series at once.

References
----------
.. [1] McCullagh, P., Nelder, J. A. (1989). Generalized Linear Models, 2nd edition. Chapman and Hall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray

__all__ = ["PoissonFit", "poisson_fit"]


_STEPS = 50
_TOLERANCE = 1e-8  # relative change of the deviance, as usual
_ETA = 30.0
_RIDGE = 1e-9  # keeps a design without information in some direction solvable; far below any estimate's error


@dataclass(frozen=True, eq=False, slots=True)
class PoissonFit:
    """Fit of every series.

    Attributes
    ----------
    coefficients : float array, shape (terms, series)
    covariance : float array, shape (series, terms, terms)
        Inverse information at dispersion 1.
    converged : bool array, shape (series,)
    """

    coefficients: FloatArray
    covariance: FloatArray
    converged: BoolArray

    def mean(self, design: FloatArray) -> FloatArray:
        """Return expected counts at exposure 1 for a design's rows; shape (rows, series)."""
        return np.asarray(np.exp(np.clip(design @ self.coefficients, -_ETA, _ETA)))


def poisson_fit(
    design: FloatArray,
    counts: npt.NDArray[np.number],
    exposure: npt.NDArray[np.number] | BoolArray,
) -> PoissonFit:
    """Fit a log-linear Poisson model to each series by iteratively reweighted least squares [1]_.

    Parameters
    ----------
    design : float array, shape (periods, terms)
        The same for every series; its first column is the intercept.
    counts : array, shape (periods, series)
    exposure : array, same shape
        Days each entry stands for; 0 (or False) where there are no data.

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
    terms, series = design.shape[1], counts.shape[1]
    share = np.asarray(exposure, dtype=float)
    y = np.where(share > 0, counts, 0.0)
    first, second = np.triu_indices(terms)
    products = design[:, first] * design[:, second]
    level = (y.sum(axis=0) + 0.5) / np.maximum(share.sum(axis=0), 1)
    beta = np.zeros((terms, series))
    beta[0] = np.log(level)
    deviance = np.full(series, np.inf)
    converged = np.zeros(series, dtype=bool)
    active = np.arange(series)
    information = np.empty((series, terms, terms))
    for _ in range(_STEPS):
        mu = share[:, active] * np.exp(np.clip(design @ beta[:, active], -_ETA, _ETA))
        packed = products.T @ mu
        block = np.empty((active.size, terms, terms))
        block[:, first, second] = packed.T
        block[:, second, first] = packed.T
        block += _RIDGE * np.eye(terms) * np.trace(block, axis1=1, axis2=2)[:, None, None]
        information[active] = block
        ratio = np.where(y[:, active] > 0, y[:, active] / np.maximum(mu, 1e-300), 1.0)
        now = 2 * (y[:, active] * np.log(ratio) - (y[:, active] - mu)).sum(axis=0)
        done = np.abs(now - deviance[active]) <= _TOLERANCE * (np.abs(now) + 0.1)
        converged[active[done]] = True
        deviance[active] = now
        score = design.T @ (y[:, active] - mu)
        step = np.linalg.solve(block, score.T[:, :, None])[:, :, 0].T
        # A step of more than 5 on the log scale comes from a series with almost nothing in it.
        beta[:, active[~done]] += np.clip(step[:, ~done], -5, 5)
        active = active[~done]
        if not active.size:
            break
    return PoissonFit(beta, np.asarray(np.linalg.inv(information), dtype=float), converged)
