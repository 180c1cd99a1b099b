"""Whether the history of a series shows a season that comes again each year.

The periodogram of whole years has a line at one cycle a year and at each multiple of it; between the lines
stands what does not come again: chance, storms, slow movement, a level that rose or fell for good. The lines'
mean over the mean of what stands between them is an F ratio where counts come independently, and no larger
where they move slowly, for then most of the variance lies below one cycle a year [1]_. A log-linear trend is
taken out first.

References
----------
.. [1] Priestley, M. B. (1981). Spectral Analysis and Time Series, section 6.1.4. Academic Press.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, special

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.glm import poisson_fit
from analytics.periods import YEAR_DAYS

__all__ = ["SEASON_LEVEL", "season_pvalue", "shows_season"]

SEASON_LEVEL = 0.01  # a season so unlikely to be chance is one
_MOST_YEARS = 5


def season_pvalue(
    values: npt.NDArray[np.number], covered: BoolArray, *, harmonics: int, step: int
) -> FloatArray:
    """Return how likely a season as strong as each series shows would be by chance.

    Parameters
    ----------
    values : array, shape (periods, series)
        Counts of at least two years; the latest whole years, at most five, are looked at, week by week.
    covered : bool array, same shape
        Which entries are data.
    harmonics : int
        Lines looked at: one cycle a year, two, and so on.
    step : int
        Days in a period.

    Returns
    -------
    float array, shape (series,)

    Examples
    --------
    >>> day = np.arange(1095)[:, None]
    >>> rate = np.exp(np.array([0.0, 1.0]) * np.sin(2 * np.pi * day / 365.25))
    >>> counts = np.random.default_rng(0).poisson(rate)
    >>> season_pvalue(counts, counts >= 0, harmonics=3, step=1).round(3)
    array([0.702, 0.   ])
    """
    block = 7 // step
    years = min(len(values) * step // 365, _MOST_YEARS)
    weeks = min(round(years * YEAR_DAYS / 7), len(values) // block)
    part = np.s_[len(values) - weeks * block :]
    inside = covered[part].reshape(weeks, block, -1)
    counts = np.where(inside, values[part].reshape(inside.shape), 0).sum(axis=1, dtype=float)
    design = np.column_stack([np.ones(weeks), np.linspace(-0.5, 0.5, weeks)])
    exposure = inside.sum(axis=1, dtype=float)
    fitted = poisson_fit(design, counts, exposure).fitted
    residual = np.divide(counts - fitted, np.sqrt(fitted), out=np.zeros(fitted.shape), where=fitted > 0)
    power = np.abs(fft.rfft(residual, axis=0)[1 : years * (harmonics + 1)]) ** 2
    annual = np.arange(1, len(power) + 1) % years == 0
    line, between = power[annual].mean(axis=0), power[~annual].mean(axis=0)
    ratio = np.divide(line, between, out=np.zeros(line.shape), where=between > 0)
    return np.asarray(special.fdtrc(2 * annual.sum(), 2 * (~annual).sum(), ratio))


def shows_season(
    values: npt.NDArray[np.number], covered: BoolArray, *, harmonics: int, step: int
) -> BoolArray:
    """Return which histories show a season; arguments are those of :func:`season_pvalue`."""
    return np.asarray(season_pvalue(values, covered, harmonics=harmonics, step=step) <= SEASON_LEVEL)
