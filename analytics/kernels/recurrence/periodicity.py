"""Is there a period? And does a weekday stand out? Both for overdispersed, autocorrelated counts.

The periodogram of any stationary series wanders up at low frequencies when bursts last; a test for a period
has to divide that out. Here a smooth spectrum is fitted by exponential regression of the periodogram on
a polynomial in log frequency, and the largest ratio of periodogram to fit is compared with that of white
noise put through the same steps. Ordinates are the spectrum times independent exponentials, and the fit
has a log link, so the spectrum's polynomial drops out of the ratio: the null does not depend on it.

References
----------
.. [1] Fisher, R. A. (1929). Tests of significance in harmonic analysis. Proceedings of the Royal Society A
       125, 54-59.
.. [2] Bloomfield, P. (1973). An exponential model for the spectrum of a scalar time series. Biometrika 60,
       217-226.
.. [3] Lomb, N. R. (1976). Least-squares frequency analysis of unequally spaced data. Astrophysics and Space
       Science 39, 447-462.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.periods import YEAR_DAYS

__all__ = ["Periodicity", "periodicity_test", "weekday_pvalues"]


ORDER = 2  # of the polynomial in log frequency
_PAD = 4  # ordinates searched per Fourier frequency
_NEWTON = 12
_EULER = 0.5772156649015329
_BATCH = 500
_DAILY = 100  # periods in a year above which they are days
_ROUNDING = 1e-12  # share of the squares; a period that counts can show leaves far more
_LIKELIHOOD_DROP = 1.92  # half the 95 % quantile of chi-square with one degree of freedom


@dataclass(frozen=True, eq=False, slots=True)
class Periodicity:
    """The strongest period of each series; arrays of shape ``(series,)``.

    Attributes
    ----------
    power : float array
        Largest ratio of periodogram to smooth spectrum in the range; about 1 on average without a period.
    pvalue : float array
    period, low, high : float array
        Period of the largest ratio, and the range of periods next to it that fit nearly as well (an
        approximate 95 % interval, if there is a period), in periods of the series.
    amplitude, amplitude_upper : float array
        Amplitude of that cycle as a share of the mean rate, and the largest that a period in the range could
        have without having shown (one-sided 95 %).
    """

    power: FloatArray
    pvalue: FloatArray
    period: FloatArray
    low: FloatArray
    high: FloatArray
    amplitude: FloatArray
    amplitude_upper: FloatArray


def _residuals(counts: FloatArray, covered: BoolArray, year: float, *, weekdays: bool = False) -> FloatArray:
    """Return counts less mean, straight trend and, from a year on, one annual wave; 0 if uncovered.

    With `weekdays` each weekday has a mean of its own.
    """
    n = len(counts)
    time = np.arange(n)
    columns = [np.ones(n), time / n - 0.5]
    if n >= year:
        angle = 2 * np.pi * time / year
        columns += [np.cos(angle), np.sin(angle)]
    if weekdays:
        columns += [(time % 7 == day).astype(float) for day in range(1, 7)]
    base = np.column_stack(columns) * covered[:, None]
    q, _ = np.linalg.qr(base)
    seen = np.where(covered[:, None], counts, 0.0)
    return np.asarray(seen - q @ (q.T @ seen))


def _nothing_left(counts: FloatArray, covered: BoolArray, year: float) -> BoolArray:
    """Whether nothing but rounding is left of a series once mean, trend, annual wave and weekday are out."""
    left = _residuals(counts, covered, year, weekdays=year > _DAILY)
    scale = (np.where(covered[:, None], counts, 0.0) ** 2).sum(axis=0)
    return np.asarray((left**2).sum(axis=0) <= _ROUNDING * scale)


def _exponential_fit(power: FloatArray, design: FloatArray) -> FloatArray:
    """Coefficients of log spectrum on the design, maximum likelihood for exponential ordinates."""
    beta = np.linalg.pinv(design) @ (np.log(power) + _EULER)
    scoring = np.linalg.inv(design.T @ design) @ design.T
    for _ in range(_NEWTON):
        fitted = np.exp(np.clip(design @ beta, -60, 60))
        beta += np.clip(scoring @ (power / fitted - 1), -1.0, 1.0)
    return np.asarray(beta)


def _search(
    counts: FloatArray, covered: BoolArray, shortest: float, longest: float, year: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ratios over the range of periods, shape (frequencies, series); those frequencies; the periodogram."""
    n = len(counts)
    transform = np.fft.rfft(_residuals(counts, covered, year), n * _PAD, axis=0)
    power = np.abs(transform) ** 2 / covered.sum()
    frequency = np.arange(len(power)) / (n * _PAD)
    # The fit reaches an octave beyond the range on either side, short of the weekly line and Nyquist.
    top = min(2 / shortest, max(1.05 / shortest, 0.13 if year > 100 else 0.5))
    fourier = np.arange(len(power)) % _PAD == 0
    fitted = np.flatnonzero(fourier & (frequency >= 0.5 / longest) & (frequency <= top))
    inside = np.flatnonzero((frequency >= 1 / longest - 1e-12) & (frequency <= 1 / shortest + 1e-12))
    log = np.log(frequency[np.concatenate([fitted, inside])])
    low, high = log[: len(fitted)].min(), log[: len(fitted)].max()
    design = np.polynomial.chebyshev.chebvander(2 * (log - low) / (high - low) - 1, ORDER)
    floor = 1e-12 * np.maximum(power[fitted].mean(axis=0), 1e-300)
    beta = _exponential_fit(np.maximum(power[fitted], floor), design[: len(fitted)])
    return power[inside] / np.exp(design[len(fitted) :] @ beta), frequency[inside], power[inside]


def periodicity_test(
    values: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    shortest: float,
    longest: float,
    replicates: int,
    rng: np.random.Generator,
    year: float = YEAR_DAYS,
) -> Periodicity:
    """Test series with the same coverage for a period between `shortest` and `longest`.

    Null hypothesis: a stationary series whose log spectrum is smooth (a quadratic in log frequency) around
    the range; overdispersion and autocorrelation are part of it. Trend and an annual wave are taken out.

    Parameters
    ----------
    values : array, shape (periods, series)
        A series of which nothing is left once mean, trend, annual wave and weekday are taken out has no
        period: its p-value is 1.
    covered : bool array, shape (periods,)
        Uncovered periods enter as average; with many of them the ratio is only approximately free of the
        spectrum.
    shortest, longest : float
        Range of periods searched, in periods of the series.
    replicates : int
        White-noise series that make the null distribution; shared by all series.
    rng : numpy.random.Generator
    year : float
        Length of a year in periods of the series.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> rate = 1 + 0.8 * np.cos(2 * np.pi * np.arange(730) / 45)
    >>> found = periodicity_test(rng.poisson(rate)[:, None], np.ones(730, bool), shortest=14, longest=120,
    ...                          replicates=199, rng=rng)
    >>> bool(found.pvalue[0] == 0.005), bool(44 < found.period[0] < 46)
    (True, True)
    """
    counts = values.astype(float)
    ratio, frequency, power = _search(counts, covered, shortest, longest, year)
    best = ratio.argmax(axis=0)
    every = np.arange(counts.shape[1])
    top = ratio[best, every]
    null = np.concatenate(
        [
            _search(
                rng.standard_normal((len(counts), min(_BATCH, replicates - done))),
                covered,
                shortest,
                longest,
                year,
            )[0].max(axis=0)
            for done in range(0, replicates, _BATCH)
        ]
    )
    null.sort()
    pvalue = (1 + replicates - np.searchsorted(null, top - 1e-9)) / (1 + replicates)
    pvalue[_nothing_left(counts, covered, year)] = 1.0
    low, high = _range(ratio, frequency, best, top)
    spectrum = power[best, every] / top
    n = covered.sum()
    mean = np.where(covered[:, None], counts, 0).sum(axis=0) / n
    # A wave of amplitude a adds n a^2 / 4 to the periodogram at its frequency.
    amplitude = 2 * np.sqrt(np.maximum(power[best, every] - spectrum, 0) / n) / mean
    worst = (power / ratio).max(axis=0)
    beyond = special.chndtrinc(2 * top, 2.0, 0.05)
    beyond = np.where(np.isfinite(beyond), np.maximum(beyond, 0.0), 0.0)
    upper = 2 * np.sqrt(worst * beyond / 2 / n) / mean
    return Periodicity(top, pvalue, 1 / frequency[best], low, high, amplitude, np.maximum(upper, amplitude))


def _range(
    ratio: FloatArray, frequency: FloatArray, best: IndexArray, top: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """First periods on either side of the best one whose ratio has dropped too far (or the range's ends)."""
    near = ratio >= top - _LIKELIHOOD_DROP
    at = np.arange(len(ratio))[:, None]
    left = np.where(~near & (at < best), at, 0).max(axis=0)
    right = np.where(~near & (at > best), at, len(ratio) - 1).min(axis=0)
    return 1 / frequency[right], 1 / frequency[left]


def weekday_pvalues(
    weeks: npt.NDArray[np.number], covered: BoolArray, *, replicates: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Test whether weekdays differ, by turning every week by its own number of days.

    What weeks have in common, and how unlike they are, stays; so does the order within a week but for the
    turn. Exact for independent days; a little cautious under autocorrelation, measured.

    Parameters
    ----------
    weeks : array, shape (weeks, 7, series)
        Counts of whole weeks.
    covered : bool array, shape (weeks, series)
        Weeks that are wholly covered.
    replicates : int
    rng : numpy.random.Generator

    Returns
    -------
    pvalue : float array, shape (series,)
        1 where there is no incident.
    totals : float array, shape (7, series)
        Incidents on each day of the covered weeks.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> weeks = rng.poisson([[[1], [1], [1], [1], [1], [1], [3]]], (60, 7, 1))
    >>> p, totals = weekday_pvalues(weeks, np.ones((60, 1), bool), replicates=199, rng=rng)
    >>> p
    array([0.005])
    """
    number, days, series = weeks.shape
    counts = np.where(covered[:, None, :], weeks, 0).astype(float)
    totals = counts.sum(axis=0)
    observed = ((totals - totals.mean(axis=0)) ** 2).sum(axis=0)
    # turned[week, turn] is the week turned by that many days.
    turned = np.stack([np.roll(counts, -turn, axis=1) for turn in range(days)], axis=1)
    flat = turned.reshape(number * days, days * series)
    exceed = np.zeros(series)
    done = 0
    while done < replicates:
        batch = min(_BATCH, replicates - done)
        chosen = np.zeros((batch, number * days))
        turns = rng.integers(0, days, (batch, number)) + days * np.arange(number)
        np.put_along_axis(chosen, turns, 1.0, axis=1)
        sums = (chosen @ flat).reshape(batch, days, series)
        spread = ((sums - sums.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        exceed += (spread >= observed - 1e-9).sum(axis=0)
        done += batch
    return (1 + exceed) / (1 + replicates), totals
