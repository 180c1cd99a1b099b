"""The mean a detector expects while nothing happens: Poisson or negative binomial, on a few harmonics.

References
----------
.. [1] Höhle, M., Paul, M. (2008). Count data regression charts for the monitoring of surveillance time
       series. Computational Statistics and Data Analysis 52, 4357-4368.
.. [2] Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of Statistics
       15, 209-225.
.. [3] McCullagh, P., Nelder, J. A. (1989). Generalized Linear Models, 2nd edition. Chapman and Hall.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.glm import poisson_fit

__all__ = ["dispersion_ml", "fitted_mean", "harmonic_design"]


_TOLERANCE = 1e-8  # of the dispersion's inverse
_ROUNDS = 60  # alternations between mean and dispersion
_LOG_SIZE = (np.log(1e-4), np.log(1e8))  # sizes searched; the upper end is Poisson
_HALVINGS = 60


def harmonic_design(periods: int, *, harmonics: int, trend: bool, cycle: float) -> FloatArray:
    """Return intercept, trend (if asked) and harmonics; shape ``(periods, terms)``.

    Parameters
    ----------
    periods : int
        Rows; the first has time 1.
    harmonics : int
        Pairs of cosine and sine.
    trend : bool
    cycle : float
        Periods in a year.

    Examples
    --------
    >>> harmonic_design(2, harmonics=1, trend=True, cycle=4.0).round(3).tolist()
    [[1.0, 1.0, 0.0, 1.0], [1.0, 2.0, -1.0, 0.0]]
    """
    time = np.arange(1.0, periods + 1)
    columns = [np.ones(periods)] + ([time] if trend else [])
    for wave in range(1, harmonics + 1):
        angle = 2 * np.pi * wave * time / cycle
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


def fitted_mean(
    design: FloatArray,
    counts: npt.NDArray[np.number],
    known: BoolArray,
    alpha: FloatArray | None,
    start: FloatArray | None = None,
) -> FloatArray:
    """Fit a log-linear mean to the known rows of each series and return it on every row.

    Reweighted least squares from means near the counts, until the deviance changes by less than one part in
    10^8 [3]_. For negative binomial counts that leaves the seventh digit to where one started, so start and
    stop are those of R's ``glm``.

    Parameters
    ----------
    design : float array, shape (periods, terms)
    counts : array, shape (periods, series)
    known : bool array, same shape
        Rows to fit on.
    alpha : float array, shape (series,), or None
        Negative binomial dispersion, variance ``mean + alpha mean**2``; None is Poisson.
    start : float array, shape (periods, series), optional
        Means to start from.

    Returns
    -------
    float array, shape (periods, series)

    Examples
    --------
    >>> y = np.array([[1], [3], [9]])
    >>> fitted_mean(np.ones((3, 1)), y, np.array([[True], [True], [False]]), None)[2, 0].round(6)
    np.float64(2.0)
    """
    if design.shape[1] == 1:
        n = np.maximum(known.sum(axis=0), 1)
        level = np.where(known, counts, 0).sum(axis=0) / n
        return np.broadcast_to(level, (design.shape[0], counts.shape[1]))
    rows = known.any(axis=1)
    # A trend counted in thousands of days would make the normal equations lopsided; scaling changes nothing.
    scaled = design / np.maximum(np.abs(design[rows]).max(axis=0, initial=0.0), 1e-300)
    x, inside = scaled[rows], known[rows]
    y = np.where(inside, counts[rows], 0.0)
    near = y + 0.1 if alpha is None else y + (y == 0) / 6
    return poisson_fit(x, y, inside, alpha=alpha, start=near if start is None else start[rows]).mean(scaled)


def _dispersion(y: FloatArray, mu: FloatArray, inside: BoolArray) -> FloatArray:
    """Maximise the likelihood over alpha at fixed means, by halving on the logarithm of the size."""
    low = np.full(y.shape[1], _LOG_SIZE[0])
    high = np.full(y.shape[1], _LOG_SIZE[1])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        size = np.exp(middle)
        slope = (
            special.digamma(y + size) - special.digamma(size) - np.log1p(mu / size) + (mu - y) / (mu + size)
        )
        rising = np.where(inside, slope, 0.0).sum(axis=0) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return np.asarray(np.exp(-(low + high) / 2))


def dispersion_ml(
    design: FloatArray, counts: npt.NDArray[np.number], known: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Fit mean and dispersion of a negative binomial together, by maximum likelihood [2]_.

    Returns
    -------
    alpha : float array, shape (series,)
    mean : float array, shape (periods, series)

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> y = rng.negative_binomial(2.0, 0.4, (4000, 1))
    >>> alpha, mean = dispersion_ml(np.ones((4000, 1)), y, np.ones((4000, 1), bool))
    >>> float(alpha[0].round(1)), float(mean[0, 0].round(0))
    (0.5, 3.0)
    """
    rows = known.any(axis=1)
    y, inside = np.where(known, counts, 0.0)[rows], known[rows]
    mean = fitted_mean(design, counts, known, None)
    alpha = _dispersion(y, mean[rows], inside)
    for _ in range(_ROUNDS):
        mean = fitted_mean(design, counts, known, alpha, mean)
        now = _dispersion(y, mean[rows], inside)
        settled = np.abs(1 / now - 1 / alpha) <= _TOLERANCE
        alpha = now
        if settled.all() or design.shape[1] == 1:
            break
    return alpha, mean
