"""The level, trend and season of many regions, each with its own terms, past upticks weighing less.

References
----------
.. [1] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm for
       the early detection of outbreaks of infectious disease. Journal of the Royal Statistical Society A 159,
       547-563. (Weights from Anscombe residuals.)
.. [2] Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.cholesky import solve_positive

__all__ = ["Levels", "fit_levels", "means", "two_thirds"]

_TILE = 80_000  # cells of regions fitted together: their arrays stay in the processor's cache
_PRODUCT = 240_000  # multiplications at a time, below which no BLAS starts threads
_WALL = 1e12  # information of a term that must stay where it is
_SMALL = 1e-5
_FEW = 0.7  # below this share, those that go on are put together
_TABLE = 1_000_000
_FIRST, _NEXT, _LAST = 15, 3, 4  # Newton steps at most: at first, with new weights, with fewer terms


@dataclass(frozen=True, eq=False, slots=True)
class Levels:
    """Coefficients (regions, terms), their covariance (regions, terms, terms), and the dispersion."""

    beta: FloatArray
    covariance: FloatArray
    phi: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class _Model:
    """The columns of the regression, their products in pairs, and what bounds an estimate."""

    design: FloatArray
    across: FloatArray
    products: FloatArray
    pairs: tuple[IndexArray, IndexArray]
    diagonal: IndexArray
    needed: IntArray
    cap: float
    phi_min: float
    eta_max: float

    def information(self, weighted: FloatArray, free: FloatArray, wall: FloatArray) -> FloatArray:
        """Return the information of regions whose weights times means are given, in lower triangles."""
        packed = _times(weighted, self.products)
        first = packed[:, 0] + 1e-12 + 1e-9 * packed[:, 0]
        packed[:, self.diagonal] += (1e-12 + 1e-9 * first)[:, None]
        packed[:, 0] = first
        packed *= free
        packed[:, self.diagonal] += wall
        return packed

    def walls(self, barred: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Return what bars terms: factors of the information, and what is added to its diagonal."""
        free = ~(barred[:, self.pairs[0]] | barred[:, self.pairs[1]])
        return free.astype(float), np.where(barred, _WALL, 0.0)

    def inverse(self, packed: FloatArray) -> FloatArray:
        """Return the inverses of lower triangles; (regions, terms, terms)."""
        terms = self.design.shape[1]
        out = np.zeros((len(packed), terms, terms))
        out[:, np.arange(terms), np.arange(terms)] = 1.0
        solve_positive(packed.copy(), out)
        return out


def two_thirds(counts: FloatArray) -> FloatArray:
    """Return ``counts ** (2 / 3)``; whole numbers, so that most are looked up.

    Examples
    --------
    >>> two_thirds(np.array([0.0, 8.0, 27.0])).round(9)
    array([0., 4., 9.])
    """
    most = counts.max(initial=0.0)
    if most >= min(_TABLE, counts.size):
        return np.asarray(counts ** (2 / 3))
    return np.asarray((np.arange(most + 1) ** (2 / 3))[counts.astype(np.intp)])


def fit_levels(
    y: FloatArray,
    usable: BoolArray,
    design: FloatArray,
    start: FloatArray,
    needed: IntArray,
    cap: float,
    phi_min: float,
    eta_max: float,
    *,
    root: FloatArray | None = None,
) -> Levels:
    """Level, trend and season of every region.

    Parameters
    ----------
    y : float array, shape (regions, weeks)
        0 where not usable.
    usable : bool array, same shape
    design : float array, shape (weeks, terms)
    start : float array, shape (regions, terms)
        Where to begin; the first column is -inf where nothing is known. Holds the coefficients before terms
        were left out, afterwards.
    needed : int array
        Weeks a region needs for the trend and for each wave of the year.
    cap : float
        Residuals from which on a week weighs less.
    phi_min, eta_max : float
        The least dispersion, and the largest absolute logarithm of a mean.
    root : float array, same shape as `y`, optional
        :func:`two_thirds` of `y`, where the caller has it.
    """
    regions, weeks = y.shape
    terms = design.shape[1]
    pairs = np.tril_indices(terms)
    model = _Model(
        np.ascontiguousarray(design),
        np.ascontiguousarray(design.T),
        np.ascontiguousarray(design[:, pairs[0]] * design[:, pairs[1]]),
        pairs,
        np.flatnonzero(pairs[0] == pairs[1]),
        needed,
        cap,
        phi_min,
        eta_max,
    )
    found = Levels(np.empty((regions, terms)), np.empty((regions, terms, terms)), np.empty(regions))
    root = two_thirds(y) if root is None else root
    step = max(1, _TILE // max(weeks, 1))
    for low in range(0, regions, step):
        part = slice(low, low + step)
        one = _fit(y[part], root[part], usable[part], start[part], model)
        found.beta[part], found.covariance[part], found.phi[part] = one.beta, one.covariance, one.phi
    return found


def means(beta: FloatArray, across: FloatArray, eta_max: float) -> FloatArray:
    """Return what coefficients (regions, terms) expect at the columns (terms, weeks) of a design.

    Examples
    --------
    >>> means(np.array([[0.0, 30.0]]), np.array([[1.0, 1.0], [0.0, 1.0]]), 2.0).round(3)
    array([[1.   , 7.389]])
    """
    eta = _times(beta, across)
    if not (np.abs(beta) @ np.abs(across).max(axis=1) < eta_max).all():
        np.minimum(eta, eta_max, out=eta)
        np.maximum(eta, -eta_max, out=eta)
    return np.asarray(np.exp(eta, out=eta))


def _times(rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Return the matrix product, in pieces so small that it takes one thread and always the same order."""
    inner, width = columns.shape
    out = np.empty((len(rows), width))
    step = max(1, _PRODUCT // (inner * width))
    for low in range(0, len(rows), step):
        np.matmul(rows[low : low + step], columns, out=out[low : low + step])
    return out


def _fit(y: FloatArray, root: FloatArray, usable: BoolArray, start: FloatArray, model: _Model) -> Levels:
    """Fit some regions; `start` is improved in place."""
    terms = start.shape[1]
    known = usable.sum(axis=1)
    level = np.log((y.sum(axis=1, where=usable) + 0.5) / np.maximum(known, 1))
    short = known < model.needed[0]
    plain = short | ~(start[:, 0] > -1e9)
    start[plain] = 0.0
    start[plain, 0] = level[plain]
    barred = np.zeros(start.shape, dtype=bool)
    barred[short, 1:] = True
    spent = np.where(short, 1.0, float(terms))
    weight = usable.astype(float)
    mu, matrix = _newton(y, weight, start, barred, _FIRST, model)
    for _ in range(2):
        phi = _spread(y, mu, weight, spent, model.phi_min)
        _weigh_down(root, usable, mu, phi, model.cap, weight)
        mu, matrix = _newton(y, weight, start, barred, _NEXT, model)
    phi = _spread(y, mu, weight, spent, model.phi_min)
    beta = start.copy()
    covariance = model.inverse(matrix) * phi[:, None, None]
    fewer = ~short & _bar(beta, covariance, known, barred, model.needed)
    at = np.flatnonzero(fewer)
    if at.size:
        ours = np.where(barred[at], 0.0, beta[at])
        ours[:, 0] = _level(y[at], weight[at], ours, model)
        mean, matrix[at] = _newton(y[at], weight[at], ours, barred[at], _LAST, model)
        beta[at], phi[at] = ours, _spread(y[at], mean, weight[at], 1.0, model.phi_min)
    covariance = model.inverse(matrix) * phi[:, None, None]
    free = ~barred
    covariance *= free[:, :, None] & free[:, None, :]
    return Levels(beta, covariance, phi)


def _newton(
    y: FloatArray, weight: FloatArray, beta: FloatArray, barred: BoolArray, steps: int, model: _Model
) -> tuple[FloatArray, FloatArray]:
    """Take Newton steps until they are small, each region for itself; `beta` is improved in place.

    Returns the means and the information (in lower triangles) at the coefficients before the last step.
    """
    mu, matrix = np.empty_like(y), np.empty((len(y), model.products.shape[1]))
    free, wall = model.walls(barred)
    at, can = np.arange(len(y)), (~barred).astype(float)
    for step in range(steps + 1):
        mean = means(beta[at], model.across, model.eta_max)
        excess = y - mean
        excess *= weight
        change = _times(excess, model.design) * can
        packed = model.information(np.multiply(weight, mean, out=excess), free, wall)
        factors = packed.copy()
        solve_positive(factors, change[:, None])
        going = can[:, 0] > 0
        more = going & (np.abs(change).max(axis=1) >= _SMALL)
        last = going & ~more if step < steps else going
        mu[at[last]], matrix[at[last]] = mean[last], packed[last]
        if step < steps:
            beta[at] += np.clip(change, -2.0, 2.0)
        if step == steps or not more.any():
            break
        can[~more] = 0.0  # these stay where they are
        if more.sum() < _FEW * at.size:
            at, y, weight = at[more], y[more], weight[more]
            can, free, wall = can[more], free[more], wall[more]
    return mu, matrix


def _spread(
    y: FloatArray, mu: FloatArray, weight: FloatArray, spent: float | FloatArray, phi_min: float
) -> FloatArray:
    chi = (weight * (y - mu) ** 2 / mu).sum(axis=1)
    return np.asarray(np.maximum(phi_min, chi / np.maximum(weight.sum(axis=1) - spent, 1.0)))


def _weigh_down(
    root: FloatArray, usable: BoolArray, mu: FloatArray, phi: FloatArray, cap: float, weight: FloatArray
) -> None:
    """Weigh weeks less whose Anscombe residual is beyond `cap` [1]_."""
    half = np.sqrt(mu)
    residual = (root / np.cbrt(half) - half) * (1.5 / np.sqrt(phi))[:, None]
    far = residual > cap
    weight[:] = usable
    weight[far & usable] = (cap / residual[far & usable]) ** 2


def _bar(
    beta: FloatArray, covariance: FloatArray, known: IntArray, barred: BoolArray, needed: IntArray
) -> BoolArray:
    """Bar the trend and each wave of the year that do not pay for themselves [2]_; say where any was."""
    price = np.log(np.maximum(known, 1))
    out = np.zeros(len(beta), dtype=bool)
    for g, least in enumerate(needed):
        at, size = (1, 1) if g == 0 else (2 * g, 2)
        if g == 0:
            wald = beta[:, 1] ** 2 / covariance[:, 1, 1]
        else:
            a, b, c = covariance[:, at, at], covariance[:, at, at + 1], covariance[:, at + 1, at + 1]
            u, v = beta[:, at], beta[:, at + 1]
            wald = (c * u * u - 2 * b * u * v + a * v * v) / (a * c - b * b)
        bad = (wald < size * price) | (known < least)
        barred[bad, at : at + size] = True
        out |= bad
    return out


def _level(y: FloatArray, weight: FloatArray, beta: FloatArray, model: _Model) -> FloatArray:
    """Return the intercept that goes with the other coefficients."""
    rest = beta.copy()
    rest[:, 0] = 0.0
    above = 0.5 + (weight * y).sum(axis=1)
    return np.asarray(
        np.log(above / np.maximum((weight * means(rest, model.across, model.eta_max)).sum(axis=1), 1e-9))
    )
