"""Whether the delays of the last weeks' incidents are longer or shorter than those before, and what follows.

The delays of incidents since some day may be those of the incidents before, all of them multiplied by one
factor. Neither the day nor the factor is known, nor whether there was a change at all: each has a prior, the
reports weigh them, and the share reported is the mean over what they leave possible. Nothing is decided, so
there is no step where a change is just not found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import FloatArray, IntArray
from analytics.kernels.delays.reverse_time import Triangle, beyond, triangle_of, whole_hazards

__all__ = ["SINCE", "Lately", "lately"]

SINCE = (28, 56, 112)  # days of incidents since which the delays may have changed
_CHANGED = 0.3  # probability that they have, before the reports are looked at
_FACTOR = 0.7  # standard deviation of the factor's logarithm, if they have
_GRID = np.linspace(-1.6, 1.6, 65)
_BEFORE, _SINCE = 30, 5  # reports without which two stretches are not compared
_BANDWIDTH = 0.25  # of the logarithm of delays, over which hazards are averaged before they are stretched


@dataclass(frozen=True, eq=False, slots=True)
class Lately:
    """Share of today's incidents reported within u days, given what is known of a change.

    Attributes
    ----------
    share, deviation : float array, shape (longest + 1,)
    changed : float
        Probability that the delays have changed.
    since : int
        Days of incidents that most likely have the new delays; 0 where no change was possible.
    factor : float
        Geometric mean of what they are multiplied by, given that they changed since then.
    """

    share: FloatArray
    deviation: FloatArray
    changed: float
    since: int
    factor: float


def lately(delay: IntArray, age: IntArray, longest: int, spread: float) -> Lately:
    """Return the share reported as it is lately; arguments as for ``triangle_of``.

    Parameters
    ----------
    spread : float
        How many reports carry what one would if they came independently (``report_spread``).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> age, delay = rng.integers(0, 300, 4000), rng.geometric(0.2, 4000) - 1
    >>> delay = np.where(age < 56, 2 * delay, delay)
    >>> seen = (delay <= age) & (delay <= 60)
    >>> found = lately(delay[seen], age[seen], 60, 1.0)
    >>> found.changed > 0.99, found.since, 1.6 < found.factor < 2.4
    (True, 56, True)
    """
    nothing = np.zeros(len(delay), dtype=np.int64)
    log_hazard, variance = whole_hazards(triangle_of(delay, age, nothing, 1, longest))
    steady = np.exp(-beyond(log_hazard))
    total = 1 - _CHANGED
    mean, second = total * steady, total * steady**2 * (1 + spread * beyond(variance))
    prior = np.exp(-0.5 * (_GRID / _FACTOR) ** 2)
    prior *= _CHANGED / len(SINCE) / prior.sum()
    best = (0.0, 0, 0.0)
    for since in SINCE:
        parts = triangle_of(delay, age, (age < since).astype(np.int64), 2, longest)
        if (parts.reports.sum(axis=0) < (_BEFORE, _SINCE)).any():
            continue
        before = Triangle(parts.reports[:, :1], parts.exposed[:, :1])
        curves = _stretched(_smoothed(before))
        likelihood = _log_likelihood(curves, parts.reports[:, 1], parts.exposed[:, 1]) / spread
        weight = prior * np.exp(np.minimum(likelihood - likelihood[len(_GRID) // 2], 600))
        unsure = spread * beyond(whole_hazards(before)[1])
        mean, second = mean + weight @ curves, second + weight @ curves**2 * (1 + unsure)
        total += weight.sum()
        best = max(best, (float(weight.sum()), since, float(weight @ _GRID / weight.sum())))
    mean, second = mean / total, second / total
    return Lately(
        mean,
        np.sqrt(np.maximum(second - mean**2, 0)),
        float(1 - (1 - _CHANGED) / total) if best[1] else 0.0,
        best[1],
        float(np.exp(best[2])),
    )


def _smoothed(triangle: Triangle) -> FloatArray:
    """Return the curve with hazards averaged over neighbouring delays; those of the first days stay."""
    came, among = triangle.reports[1:, 0].astype(float), triangle.exposed[1:, 0].astype(float)
    at = np.log1p(np.arange(1, len(came) + 1))
    near = np.exp(-0.5 * ((at[:, None] - at) / _BANDWIDTH) ** 2)
    hazard = (near @ came) / (near @ among + 1.0)
    return np.asarray(np.exp(-beyond(np.r_[0.0, -np.log1p(-hazard)])))


def _stretched(share: FloatArray) -> FloatArray:
    """Return the curve with delays multiplied by each factor of the grid, shape (factors, longest + 1)."""
    days = np.arange(len(share) + 1)
    curves = np.interp(days[1:] / np.exp(_GRID)[:, None], days, np.r_[0.0, share])
    return np.asarray(curves / curves[:, -1:])


def _log_likelihood(curves: FloatArray, reports: IntArray, exposed: IntArray) -> FloatArray:
    """Return that of right-truncated delays under each curve, shape (factors,)."""
    hazard = 1 - curves[:, :-1] / np.maximum(curves[:, 1:], 1e-12)
    hazard = np.clip(hazard, 1e-9, 1 - 1e-9)
    came, not_yet = reports[1:], (exposed - reports)[1:]
    return np.asarray(np.log(hazard) @ came + np.log1p(-hazard) @ not_yet)
