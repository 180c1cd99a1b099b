"""Rises that no plausible dispersion explains: a bound for regions whose baseline tells no dispersion.

With two incidents in a year a region's dispersion is anything, and a test that averages over all that it
might be never calls a rise, however large. Some of it is not plausible, though: incidents do not come in
clusters of hundreds where those of other regions come in tens. The p-value here is the largest over all
dispersions from the region's own to a stated ceiling, a valid one whenever the truth lies below the ceiling.
The ceiling is twice the largest window-scale dispersion of the panel, and never less than 20 with a year of
baseline. A shorter one may have seen none of the storms there are: with fewer than 26 windows the least
ceiling is as many times higher as a year holds more. What is not beyond all doubt is no extreme: a bound
above 0.01 counts for nothing.
"""

from __future__ import annotations

import numpy as np

from analytics._typing import FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.tails import mixed_tail
from analytics.kernels.windows.critical import least_count, likely_count
from analytics.kernels.windows.lrd import FEW

__all__ = ["CEILING", "DOUBT", "bounded_pvalue", "dispersion_ceiling", "least_doubted"]


CEILING = 20.0  # no panel is taken to be less dispersed than this at most
BEYOND = 2.0  # times the largest dispersion seen
WHOLE = 26  # windows in a year
DOUBT = 0.01  # a larger bound leaves room for doubt
_GRID = 6
_SPREAD_NODES = 12


def dispersion_ceiling(phi: FloatArray, base: FloatArray, windows: float = WHOLE) -> float:
    """Largest dispersion taken to be plausible for any region of a panel.

    Parameters
    ----------
    phi, base : float arrays, shape (regions,)
        Dispersion of window sums and incidents in the baseline; regions with fewer than five do not count.
    windows : float
        Recent windows that fit into the baseline.

    Examples
    --------
    >>> dispersion_ceiling(np.array([1.2, 14.0, 90.0]), np.array([30.0, 80.0, 2.0]))
    28.0
    >>> dispersion_ceiling(np.array([1.2, 14.0, 90.0]), np.array([30.0, 80.0, 2.0]), windows=13)
    40.0
    """
    known = phi[(base >= FEW) & np.isfinite(phi)]
    least = CEILING * max(WHOLE / max(windows, 1), 1.0)
    return float(max(least, BEYOND * known.max(initial=1.0)))


def bounded_pvalue(
    window: FloatArray,
    base: FloatArray,
    exposure: FloatArray,
    periods: FloatArray,
    phi: FloatArray,
    ceiling: FloatArray | float,
    *,
    level: FloatArray | None = None,
) -> FloatArray:
    """Largest p-value of the recent count over all dispersions from the region's own to the ceiling.

    It is also the larger of that of the window and that with the mean of the other days in place of the
    largest, so that no single day makes an extreme.

    Parameters
    ----------
    window : array, shape (length, series)
        Counts of the recent window.
    base, exposure, periods, phi : float arrays, shape (series,)
        Incidents in the baseline, exposures of the window and of the baseline, and the dispersion.
    ceiling : float or array, shape (series,)
        Largest dispersion that is plausible.
    level : float array, shape (series,), optional
        What is above it need not be worked out.

    Returns
    -------
    float array, shape (series,)
        1 where it would be above 0.01, or above `level`.

    Examples
    --------
    >>> one = np.ones(1)
    >>> p = bounded_pvalue(np.full((14, 1), 11.0), 4 * one, 14 * one, 364 * one, one, 20.0)
    >>> bool(p[0] < 1e-6)  # 154 in a fortnight after 4 in a year
    True
    """
    length = window.shape[0]
    total = window.sum(axis=0).astype(float)
    counts = [total]
    if length > 1:
        counts.append(np.floor((total - window.max(axis=0)) * length / (length - 1)))
    top = np.broadcast_to(np.asarray(ceiling, dtype=float), total.shape)
    lowest = np.clip(phi, 1.0, top)
    most = np.full(total.shape, DOUBT) if level is None else np.minimum(level, DOUBT)
    out, left = np.zeros(total.shape), np.arange(total.size)
    # The largest is mostly that at the ceiling, without a day: what is doubted is doubted there.
    for step in np.linspace(1.0, 0.0, _GRID):
        for count in counts[::-1]:
            at = lowest[left] * (top[left] / lowest[left]) ** step
            tail = _known_tail(count[left], base[left], exposure[left], periods[left], at, most[left])
            out[left] = np.maximum(out[left], tail)
            left = left[out[left] <= most[left]]
    return np.where(out <= most, out, 1.0)


def least_doubted(
    base: FloatArray, exposure: FloatArray, periods: FloatArray, ceiling: float, level: FloatArray
) -> FloatArray:
    """Return the smallest count whose p-value at the ceiling is at most the level; shape (series,)."""

    def tail(count: FloatArray, index: IndexArray) -> FloatArray:
        at = np.full(index.shape, ceiling)
        return _known_tail(count, base[index], exposure[index], periods[index], at, level[index])

    share = exposure / periods
    every = np.full(base.shape, ceiling)
    known = Dispersion(every, np.full(base.shape, 1e9), 0 * base, np.zeros(base.shape, int))
    guess, scale = likely_count(base * share, share, known, level)
    return least_count(tail, level, guess, scale)


def _known_tail(
    count: FloatArray,
    base: FloatArray,
    exposure: FloatArray,
    periods: FloatArray,
    phi: FloatArray,
    level: FloatArray,
) -> FloatArray:
    """Return tails at a dispersion that is known, exact where they are at most the level."""
    return mixed_tail(
        count,
        count + base,
        exposure,
        periods,
        phi,
        np.full(phi.shape, 1e9),
        nodes=1,
        spread_nodes=_SPREAD_NODES,
        drawn=phi[:, None],
        level=level,
    )
