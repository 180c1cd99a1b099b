"""A season in a series of windows: how sure it is, and how sure the variance is if it is one.

Yearly harmonics are fitted to overlapping windows, more of them the more years there are. F compares what
they explain with what is left, whose degrees of freedom follow from its correlation one window apart [1]_.
A season that is real comes back every year, and a history of whole years holds all of it; only what is left
varies. The variance of the windows then has a relative variance of (4 s + 2 r) r / n, with s and r the shares
of the season and the rest, and n the windows that the rest is worth. A history of a year and a half holds a
part of the season twice: that adds the variance of a sine wave's variance over so many years.

Seasons differ from year to year. What the years covered show of it, the spread of the size of the season
fitted to all of them, counts as what is known beforehand does, each further year as much as that: one year
shows nothing of it.

References
----------
.. [1] Bayley, G. V., Hammersley, J. M. (1946). The "effective" number of independent observations in an
       autocorrelated time series. Supplement to the Journal of the Royal Statistical Society 8, 184-197.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from analytics._typing import BoolArray, FloatArray, IntArray

__all__ = ["Season", "season"]

_DAYS_SHORT = 0.02  # of a year: 52 weeks are one
_MOST_HARMONICS = 8
_RHO_MAX = 0.9
_HALF_SURE = 7.0  # of one year, F less one where a season is as sure as not; less by the root of the years
_STEEP = 4
_UNLIKE = 0.3  # relative error of a season's variance after one year, because seasons differ
_NOTHING = 1e-9


class Season(NamedTuple):
    """How sure a season is (0 to 1), its share of the variance, the scale of that variance's logarithm."""

    sure: float
    share: float
    scale: float


def season(deviations: FloatArray, whole: BoolArray, length: int, years: float, year: float) -> Season:
    """Look for a season in overlapping windows.

    Parameters
    ----------
    deviations : float array, shape (starts,)
        Of the window's sum from their mean, 0 where it is not whole.
    whole : bool array, shape (starts,)
    length : int
        Periods in a window.
    years : float
        Length of what is covered.
    year : float
        Periods in a year.

    Examples
    --------
    >>> at = np.arange(715)
    >>> wave = 20 * np.sin(2 * np.pi * at / 365.25)
    >>> noise = np.random.default_rng(1).normal(0, 2, 728)
    >>> noise = np.convolve(noise, np.ones(14), "valid")
    >>> found = season(wave + noise, np.ones(715, bool), 14, 2.0, 365.25)
    >>> bool(found.sure > 0.99), bool(season(noise, np.ones(715, bool), 14, 2.0, 365.25).sure < 0.5)
    (True, True)
    """
    many, seen = years * year / length, int(years + _DAYS_SHORT)
    if not seen:
        return Season(0.0, 0.0, 1.0)
    harmonics = min(3 * seen - 1, _MOST_HARMONICS)
    if whole.all():
        basis = _harmonics(len(whole), harmonics, year)
    else:
        basis = _orthogonal(np.flatnonzero(whole), harmonics, year)
    fitted, known = basis.shape[1], deviations[whole]
    total = max(float(known @ known), _NOTHING)
    fit = basis @ (known @ basis)
    left = np.zeros(len(whole))
    left[whole] = known - fit
    rest = max(float(left @ left) / total, _NOTHING)
    both = whole[length:] & whole[:-length]
    lagged = float((left[length:] * left[:-length])[both].mean()) if both.any() else 0.0
    # The fit takes (fitted + 1) / many from the correlation of what is left, and its share of the variance.
    rho = min(max(lagged * len(known) / (rest * total) + (fitted + 1) / many, 0.0), _RHO_MAX)
    freedom = max(many * (1 - rho) / (1 + rho) - fitted, 1.0)
    ratio = max(1 - rest, _NOTHING) * freedom / (fitted - 1) / rest
    sure = 1 / (1 + ((1 + _HALF_SURE / np.sqrt(seen)) / ratio) ** _STEEP)
    rest = min(rest * (1 + fitted / freedom), 1.0)
    share = 1 - rest
    square = (4 * share + 2 * rest) * rest / (freedom + fitted) + share**2 * _part_of_a_year(years)
    square += share**2 * (_UNLIKE**2 + 4 * (seen - 1) * _unlike(fit - fit.mean(), known, seen)) / seen**2
    return Season(float(sure), share, float(np.sqrt(square)))


def _unlike(fit: FloatArray, known: FloatArray, seen: int) -> float:
    """Return the variance of the size of a season from one year to another, 1 its mean size."""
    if seen == 1:
        return 0.0
    begins = len(fit) * np.arange(seen) // seen
    size = np.add.reduceat(fit * known, begins) / np.maximum(np.add.reduceat(fit**2, begins), _NOTHING)
    return float(size.var(ddof=1))


def _part_of_a_year(years: float) -> float:
    """Return the relative variance of a sine wave's variance over so many years, its phase random."""
    return float(1.5 * np.sinc(years) ** 4 + 0.5 * np.sinc(2 * years) ** 2)


@lru_cache(maxsize=16)
def _harmonics(size: int, number: int, year: float) -> FloatArray:
    return _orthogonal(np.arange(size), number, year)


def _orthogonal(at: IntArray, number: int, year: float) -> FloatArray:
    """Return orthogonal combinations of a constant and yearly harmonics at these periods, in columns."""
    angle = 2 * np.pi / year * at[:, None] * np.arange(1, number + 1)
    columns = np.column_stack([np.ones(len(at)), np.cos(angle), np.sin(angle)])
    return np.asarray(np.linalg.qr(columns)[0])
