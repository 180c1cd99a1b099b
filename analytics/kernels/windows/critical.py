"""The count of a window at which a tail falls to a level, found in a few looks at the tail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from analytics._typing import FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.common.tails import dispersion_nodes, mixed_tail

__all__ = ["QUICK", "critical_count", "least_count", "likely_count"]

QUICK = (8, 8)  # quadrature nodes where a third digit is enough
_SECANTS = 12  # looks, after which the interval is halved or what was stepped is doubled
_FAR = 12.0  # standard deviations, beyond which nothing is guessed
_LOOKS = 200
_TINY, _SURE = 1e-300, 1 - 1e-16


def least_count(
    tail: Callable[[FloatArray, IndexArray], FloatArray],
    level: FloatArray,
    guess: FloatArray,
    scale: FloatArray,
    *,
    upper: bool = True,
) -> FloatArray:
    """Smallest count whose upper tail is at most `level` (or largest whose lower tail is; -1 if none).

    Parameters
    ----------
    tail : function
        Takes counts and the places of their series; falls (lower: rises) with the count. Above the level any
        number above it will do.
    level, guess, scale : float arrays, shape (series,)
        `scale` is about the standard deviation of the count.
    upper : bool

    Returns
    -------
    float array, shape (series,)
        NaN where none was found in 200 looks.
    """
    sign = 1.0 if upper else -1.0
    goal = special.ndtri(level)
    # Rejected at `outer`, not at `inner`; below zero nothing can be observed: not rejected from above.
    inner = np.full(level.shape, -1.0 if upper else np.inf)
    outer = np.full(level.shape, np.inf if upper else -1.0)
    at = np.maximum(np.ceil(guess) if upper else np.floor(guess), 0.0)
    slope = 1 / np.maximum(scale, 1e-9)
    before, known = np.full(level.shape, np.nan), np.full(level.shape, np.nan)
    index, looks, step = np.arange(level.size), 0, 1.0
    while index.size and looks < _LOOKS:
        now = at[index]
        found = tail(now, index)
        # The probit of the tail is close to linear in the count: a secant leads to where it is the level's.
        short = special.ndtri(np.clip(found, _TINY, _SURE)) - goal[index]
        hit = found <= level[index]
        outer[index], inner[index] = np.where(hit, now, outer[index]), np.where(hit, inner[index], now)
        with np.errstate(invalid="ignore", divide="ignore"):
            rise = sign * (known[index] - short) / (now - before[index])
        slope[index] = np.where(np.isfinite(rise) & (rise > 0), rise, slope[index])
        before[index], known[index] = now, short
        looks += 1
        if looks <= _SECANTS:
            there = now + sign * short / slope[index]
            there = np.ceil(there) if upper else np.floor(there)
        else:
            step *= 2
            open_ = np.isinf(outer[index]) | np.isinf(inner[index])
            there = np.where(
                open_, now + sign * np.where(hit, -step, step), np.floor((outer + inner)[index] / 2)
            )
        low, high = np.minimum(inner, outer)[index] + 1, np.maximum(inner, outer)[index] - 1
        at[index] = np.clip(there, low, np.minimum(high, now + np.maximum(8 * now, 100.0)))
        index = index[np.abs(outer[index] - inner[index]) > 1]
    return np.where(np.isinf(inner) | np.isinf(outer), np.nan, outer)


def likely_count(
    mean: FloatArray, share: FloatArray, dispersion: Dispersion, level: FloatArray, *, upper: bool = True
) -> tuple[FloatArray, FloatArray]:
    """Return about where a tail falls to the level (Student's quantile, corrected for skewness), and a scale.

    `mean` is what the window would hold, `share` its exposure over the baseline's.
    """
    variance = dispersion.phi * np.maximum(mean, 0.1)
    spread = np.sqrt(variance * (1 + share))
    t = np.clip(-special.stdtrit(dispersion.edf, level), -_FAR, _FAR)
    skew = (2 * dispersion.phi - 1) / np.sqrt(variance)
    return mean + (1.0 if upper else -1.0) * t * spread + (t**2 - 1) / 6 * skew * spread, spread


def critical_count(
    base: FloatArray,
    recent: FloatArray,
    periods: FloatArray,
    dispersion: Dispersion,
    level: float | FloatArray,
    *,
    upper: bool = True,
) -> FloatArray:
    """Smallest recent count whose upper tail is at most `level` (or largest whose lower tail is; -1 if none).

    All arrays have shape ``(series,)``; `recent` and `periods` are exposures. Depends on the baseline alone.
    """
    levels = np.broadcast_to(np.asarray(level, dtype=float), base.shape)
    drawn = dispersion_nodes(dispersion.phi, dispersion.edf, QUICK[0])

    def tail(count: FloatArray, index: IndexArray) -> FloatArray:
        return mixed_tail(
            count,
            count + base[index],
            recent[index],
            periods[index],
            dispersion.phi[index],
            dispersion.edf[index],
            upper=upper,
            nodes=QUICK[0],
            spread_nodes=QUICK[1],
            drawn=drawn[index],
            level=levels[index],
        )

    guess, scale = likely_count(base / periods * recent, recent / periods, dispersion, levels, upper=upper)
    return least_count(tail, levels, guess, scale, upper=upper)
