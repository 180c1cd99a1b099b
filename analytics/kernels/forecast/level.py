"""The level, trend and season of many regions, each with its own terms, past upticks weighing less.

References
----------
.. [1] Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm for
       the early detection of outbreaks of infectious disease. Journal of the Royal Statistical Society A 159,
       547-563. (Weights from Anscombe residuals.)
.. [2] Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
"""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.compiled import compiled

__all__ = ["fit_levels"]


@compiled
def _information(
    y: FloatArray,
    weight: FloatArray,
    design: FloatArray,
    beta: FloatArray,
    barred: BoolArray,
    mu: FloatArray,
    score: FloatArray,
    matrix: FloatArray,
    eta_max: float,
) -> None:
    """Means, score and information of a weighted Poisson regression of one region; barred terms stay put."""
    weeks, terms = design.shape
    for p in range(terms):
        score[p] = 0.0
        for q in range(p + 1):
            matrix[p, q] = 0.0
    for t in range(weeks):
        eta = 0.0
        for p in range(terms):
            eta += design[t, p] * beta[p]
        m = np.exp(min(max(eta, -eta_max), eta_max))
        mu[t] = m
        w = weight[t]
        if w > 0:
            excess, wm = w * (y[t] - m), w * m
            for p in range(terms):
                score[p] += design[t, p] * excess
                d = wm * design[t, p]
                for q in range(p + 1):
                    matrix[p, q] += d * design[t, q]
    for p in range(terms):
        matrix[p, p] += 1e-12 + 1e-9 * matrix[0, 0]
        for q in range(p):
            if barred[p] or barred[q]:
                matrix[p, q] = 0.0
            matrix[q, p] = matrix[p, q]
        if barred[p]:
            matrix[p, p] = 1e12
            score[p] = 0.0


@compiled
def _newton(
    y: FloatArray,
    weight: FloatArray,
    design: FloatArray,
    beta: FloatArray,
    barred: BoolArray,
    mu: FloatArray,
    score: FloatArray,
    matrix: FloatArray,
    steps: int,
    eta_max: float,
) -> None:
    """Newton steps until they are small; `mu` and `matrix` are those of the coefficients left behind."""
    for step in range(steps + 1):
        _information(y, weight, design, beta, barred, mu, score, matrix, eta_max)
        if step == steps:
            break
        change = np.linalg.solve(matrix, score)
        largest = 0.0
        for p in range(beta.size):
            beta[p] += min(max(change[p], -2.0), 2.0)
            largest = max(largest, abs(change[p]))
        if largest < 1e-5:
            break


@compiled
def _spread(y: FloatArray, mu: FloatArray, weight: FloatArray, spent: float, phi_min: float) -> float:
    chi, total = 0.0, 0.0
    for t in range(y.size):
        if weight[t] > 0:
            chi += weight[t] * (y[t] - mu[t]) ** 2 / mu[t]
            total += weight[t]
    return max(phi_min, chi / max(total - spent, 1.0))


@compiled
def _weigh_down(
    y: FloatArray, usable: BoolArray, mu: FloatArray, phi: float, cap: float, weight: FloatArray
) -> None:
    """Weigh weeks less whose Anscombe residual is beyond `cap` [1]_."""
    for t in range(y.size):
        if usable[t]:
            r = 1.5 * (y[t] ** (2 / 3) * mu[t] ** (-1 / 6) - np.sqrt(mu[t])) / np.sqrt(phi)
            weight[t] = 1.0 if r <= cap else (cap / r) ** 2


@compiled
def _bar(
    beta: FloatArray, matrix: FloatArray, phi: float, needed: IntArray, known: int, barred: BoolArray
) -> bool:
    """Bar the trend and each wave of the year that do not pay for themselves [2]_; say whether any was."""
    inverse = np.linalg.inv(matrix) * phi
    price = np.log(known)
    any_barred = False
    for g in range(len(needed)):
        if g == 0:
            wald, size, at = beta[1] ** 2 / inverse[1, 1], 1, 1
        else:
            at, size = 2 * g, 2
            a, b, c = inverse[at, at], inverse[at, at + 1], inverse[at + 1, at + 1]
            u, v = beta[at], beta[at + 1]
            wald = (c * u * u - 2 * b * u * v + a * v * v) / (a * c - b * b)
        if wald < size * price or known < needed[g]:
            any_barred = True
            for p in range(at, at + size):
                barred[p] = True
    return any_barred


@compiled
def _level(y: FloatArray, weight: FloatArray, design: FloatArray, beta: FloatArray, eta_max: float) -> float:
    """Return the intercept that goes with the other coefficients."""
    above, below = 0.5, 0.0
    for t in range(y.size):
        if weight[t] > 0:
            eta = 0.0
            for p in range(1, beta.size):
                eta += design[t, p] * beta[p]
            above += weight[t] * y[t]
            below += weight[t] * np.exp(min(max(eta, -eta_max), eta_max))
    return float(np.log(above / max(below, 1e-9)))


@compiled
def fit_levels(
    y: FloatArray,
    usable: BoolArray,
    design: FloatArray,
    start: FloatArray,
    needed: IntArray,
    cap: float,
    phi_min: float,
    eta_max: float,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Level, trend and season of every region; `y` and `usable` are (regions, weeks).

    Returns the coefficients, their covariance, the dispersion, and (in `start`) the coefficients before terms
    were left out.
    """
    regions, weeks = y.shape
    terms = design.shape[1]
    betas, covariance = np.zeros((regions, terms)), np.zeros((regions, terms, terms))
    phis = np.ones(regions)
    weight, mu = np.empty(weeks), np.empty(weeks)
    score, matrix = np.empty(terms), np.empty((terms, terms))
    barred = np.zeros(terms, dtype=np.bool_)
    for j in range(regions):
        known, total = 0, 0.0
        for t in range(weeks):
            weight[t] = 1.0 if usable[j, t] else 0.0
            if usable[j, t]:
                known += 1
                total += y[j, t]
        level = np.log((total + 0.5) / max(known, 1))
        if not start[j, 0] > -1e9:
            start[j] = 0.0
            start[j, 0] = level
        barred[:] = False
        beta = start[j]
        short = known < needed[0]
        if short:
            beta[:] = 0.0
            beta[0] = level
            barred[1:] = True
        spent = 1.0 if short else float(terms)
        _newton(y[j], weight, design, beta, barred, mu, score, matrix, 15, eta_max)
        for _ in range(2):
            phi = _spread(y[j], mu, weight, spent, phi_min)
            _weigh_down(y[j], usable[j], mu, phi, cap, weight)
            _newton(y[j], weight, design, beta, barred, mu, score, matrix, 3, eta_max)
        phi = _spread(y[j], mu, weight, spent, phi_min)
        betas[j] = beta
        if not short and _bar(beta, matrix, phi, needed, known, barred):
            for p in range(terms):
                if barred[p]:
                    betas[j, p] = 0.0
            betas[j, 0] = _level(y[j], weight, design, betas[j], eta_max)
            _newton(y[j], weight, design, betas[j], barred, mu, score, matrix, 4, eta_max)
            phi = _spread(y[j], mu, weight, 1.0, phi_min)
        phis[j] = phi
        inverse = np.linalg.inv(matrix)
        for p in range(terms):
            for q in range(terms):
                if not (barred[p] or barred[q]):
                    covariance[j, p, q] = inverse[p, q] * phi
    return betas, covariance, phis
