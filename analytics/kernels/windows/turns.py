"""How far an extrapolated season and trend are from what came: the series turned like a wheel.

The error of an expectation is a weighted sum of the days: the window's, less the history's with the weights
of the regression. A stationary series may be turned like a wheel without changing its law, and at every turn
the same weights show an error of the same law, with all that slow correlation, the fit and the extrapolation
put into it [1]_ [2]_. On a wheel of whole years the weights give nothing to an annual season, which turns
along. They give something to a trend where the wheel closes and the last year meets the first. So a trend is
taken out before, but only as far as it exceeds what turns of the residuals show: taken out whole, a series
that moves slowly would look steadier than it is.

References
----------
.. [1] Politis, D. N., Romano, J. P. (1992). A circular block-resampling procedure for stationary data. In
       LePage, R., Billard, L. (eds), Exploring the Limits of Bootstrap, 263-270. Wiley.
.. [2] Besag, J., Diggle, P. J. (1977). Simple Monte Carlo tests for spatial pattern. Applied Statistics 26,
       327-333.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from analytics._typing import BoolArray, FloatArray
from analytics.kernels.common.dispersion import window_sums
from analytics.periods import YEAR_DAYS

__all__ = ["Turns", "turned"]

CHANCE = (
    6.0  # a squared studentised trend up to this is taken for chance; beyond, what exceeds it is taken out
)
_LEAST = 0.25  # where errors are standardised, an expectation counts as at least this share of the mean
_TIED = 1e-9
_ROUNDS, _STEEPEST = 3, 1.0  # steps to the growth a year that levels a series, on the log scale; its bound
_SERIES = 256  # at a time, so that work arrays stay in the processor's cache


@dataclass(frozen=True, eq=False, slots=True)
class Turns:
    """What the turns of each series show; arrays of shape ``(series,)``.

    Attributes
    ----------
    rank : float array
        Share of the turns, the series as it stands among them, whose standardised error is at least as large.
    spread : float array
        Mean squared error over the expectation, with the recent window taken as expected: the window's
        dispersion and what the uncertainty of the expectation adds to it.
    """

    rank: FloatArray
    spread: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class _Wheel:
    """The wheel in steps of `block` periods, of which step 0 begins at period `first`.

    `weights` are the regression's, of each step for the sum of the recent window; `slope` those of a trend.
    `start` is where the window begins at each turn. `aligned` is
    the step where the recent window begins, if it is whole steps, else -1.
    """

    block: int
    first: int
    length: int
    trend: FloatArray
    slope: FloatArray
    weights: FloatArray
    start: npt.NDArray[np.intp]
    aligned: int

    @classmethod
    def of(cls, design: FloatArray, length: int, guard: int, step: int) -> _Wheel:
        """Take as many whole years as the design has rows for, up to its last."""
        block = 7 // step
        years = len(design) * step // YEAR_DAYS
        turns = int(years * YEAR_DAYS / 7) or len(design) // block
        rows = turns * block
        design = design[-rows:]
        split = rows - length - guard
        first, history = split % block, split // block
        steps = np.roll(design, -first, axis=0).reshape(turns, block, -1).mean(axis=1)
        weights = np.zeros(turns)
        known = steps[:history]
        weights[:history] = known @ np.linalg.solve(known.T @ known, design[-length:].sum(axis=0) / block)
        slope = np.linalg.solve(steps.T @ steps, steps.T)[1]
        start = (rows - length + block * np.arange(turns)) % rows
        late = rows - length - first
        aligned = late // block if late % block == 0 and length % block == 0 else -1
        return cls(block, first, length, steps[:, 1], slope, weights, start, aligned)

    @property
    def rows(self) -> int:
        """Periods of the wheel."""
        return len(self.weights) * self.block

    def steps(self, values: npt.NDArray[np.number] | BoolArray) -> FloatArray:
        """Sum periods to steps."""
        around = np.roll(values, -self.first, axis=0) if self.first else values
        return np.asarray(around.reshape(len(self.weights), self.block, -1).sum(axis=1, dtype=float))

    def windows(
        self, values: npt.NDArray[np.number] | BoolArray, steps: FloatArray, factor: FloatArray
    ) -> FloatArray:
        """Return the sum of the window at each turn; the values sum to `steps`, each times its factor."""
        if self.aligned >= 0:
            scaled = steps * factor
            held = sum(np.roll(scaled, -j, axis=0) for j in range(self.length // self.block))
            return np.asarray(np.roll(held, -self.aligned, axis=0))
        every = values * np.roll(np.repeat(factor, self.block, axis=0), self.first, axis=0)
        return window_sums(np.concatenate([every, every[: self.length]]), self.length)[self.start]

    def level(self, steps: FloatArray) -> FloatArray:
        """Return the factors that take a log-linear trend out of the steps, as far as it exceeds chance."""
        mean = np.maximum(steps.mean(axis=0), 1e-12)
        growth = np.zeros(steps.shape[1])
        for _ in range(_ROUNDS):
            flat = steps * np.exp(-np.outer(self.trend, growth))
            growth = np.clip(growth + self.slope @ flat / mean, -_STEEPEST, _STEEPEST)
        chance = (_around(self.slope, flat) ** 2).mean(axis=0) / mean**2
        share = np.clip(1 - CHANCE * chance / np.maximum(growth**2, 1e-300), 0, 1)
        return np.asarray(np.exp(-np.outer(self.trend, share * growth)))


def turned(
    values: npt.NDArray[np.number],
    covered: BoolArray,
    mean: FloatArray,
    design: FloatArray,
    *,
    length: int,
    guard: int,
    step: int = 1,
    factor: FloatArray,
    upper: bool = True,
) -> Turns:
    """Turn each series and look at the error of its expectation at every turn, in steps of a week.

    Parameters
    ----------
    values : array, shape (periods, series)
        Counts without a break; the last `length` periods are the recent window. Weekday and calendar effects
        are taken out.
    covered : bool array, same shape
        Which entries are data; the recent window must be. Others are taken as expected, and windows that
        touch them are not compared.
    mean : float array, same shape
        What the regression expects.
    design : float array, shape (periods, terms)
        Intercept, trend, and annual harmonics.
    length, guard, step : int
        Periods in the recent window, left out before it; days in a period.
    factor : float array, shape (series,)
        Share of the recent incidents already reported.
    upper : bool

    Returns
    -------
    Turns

    Examples
    --------
    >>> from analytics.kernels.windows.expected import seasonal_design
    >>> counts = np.random.default_rng(0).poisson(0.5, (1137, 2))
    >>> counts[-14:, 1] += 2
    >>> design = seasonal_design(np.arange(1137), trend=True, harmonics=3, weekday=False)
    >>> flat = np.full(counts.shape, 0.5)
    >>> turns = turned(counts, counts >= 0, flat, design, length=14, guard=28, factor=np.ones(2))
    >>> turns.rank.round(3), turns.spread.round(1)
    (array([0.346, 0.006]), array([1.5, 1.1]))
    """
    wheel = _Wheel.of(design, length, guard, step)
    rank, spread = np.empty(values.shape[1]), np.empty(values.shape[1])
    for at in range(0, values.shape[1], _SERIES):
        part = np.s_[-wheel.rows :, at : at + _SERIES]
        some = slice(at, at + _SERIES)
        rank[some], spread[some] = _turned(
            wheel, values[part], covered[part], mean[part], factor[some], 1.0 if upper else -1.0
        )
    return Turns(rank, spread)


def _turned(
    wheel: _Wheel,
    values: npt.NDArray[np.number],
    covered: BoolArray,
    mean: FloatArray,
    factor: FloatArray,
    sign: float,
) -> tuple[FloatArray, FloatArray]:
    length, touched = wheel.length, -(-wheel.length // wheel.block)
    whole = bool(covered.all())
    every = np.ones((len(wheel.weights), 1))
    valid = np.ones((len(wheel.start), values.shape[1]), bool)
    if not whole:
        valid = wheel.windows(covered, wheel.steps(covered), every) == length
    filled = values.astype(float) if whole else np.where(covered, values, mean)
    usual = filled.copy()
    usual[-length:] = mean[-length:]
    # Trend and spread are found without what the recent window holds, the rank with it.
    steps = wheel.steps(usual)
    level = wheel.level(steps)
    least = _LEAST * (steps * level).sum(axis=0) / wheel.rows * length + 1e-9

    expected = _around(wheel.weights, steps * level)
    apart = valid.copy()
    apart[:touched] = apart[len(apart) - touched + 1 :] = False
    square = (wheel.windows(usual, steps, level) - expected) ** 2 / np.maximum(expected, least)
    spread = np.where(apart, square, 0.0).sum(axis=0) / np.maximum(apart.sum(axis=0), 1)

    steps = wheel.steps(filled)
    expected = _around(wheel.weights, steps * level)
    expected[0] *= factor
    score = sign * (wheel.windows(filled, steps, level) - expected)
    score /= np.sqrt(np.maximum(expected, least))
    beyond = valid & (score >= score[0] - _TIED)
    return beyond.sum(axis=0) / np.maximum(valid.sum(axis=0), 1), spread


def _around(weights: FloatArray, steps: FloatArray) -> FloatArray:
    """Return the weighted sums of the wheel's steps at every turn; shape (turns, series)."""
    turned = fft.rfft(weights).conj()[:, None] * fft.rfft(steps, axis=0)
    return np.asarray(fft.irfft(turned, n=len(weights), axis=0))
