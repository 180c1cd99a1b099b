"""A likelihood ratio chart on many series: the mean it expects, its dispersion, its threshold, its run."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.charts import glr as kernel
from analytics.kernels.charts.focus import exact_glr
from analytics.kernels.charts.glr_threshold import (
    Estimate,
    Run,
    RunLengths,
    simulated_run_lengths,
    simulated_threshold,
)
from analytics.kernels.charts.in_control import dispersion_ml, fitted_mean
from analytics.kernels.common.dispersion import window_dispersion

__all__ = ["Chart", "MeanModel", "chart_thresholds", "one_incident", "run_chart", "window_alpha"]


_MEAN_STEP, _SPREAD_STEP, _FINE = 0.2, 0.1, 0.01  # steps of what shares a threshold, on the log scale


@dataclass(frozen=True, slots=True)
class Chart:
    """What is looked for.

    Attributes
    ----------
    change : int
        LEVEL, FIXED, EPIDEMIC, or one of the reference's two; see `analytics.kernels.charts.glr`.
    sign : float
        1 for increases, -1 for decreases.
    shortest : int
    longest : int or None
        Windows, in periods with data; None: all.
    cases : bool
        Whether the smallest count that would alarm is wanted.
    reset, refit : bool
        Start afresh, and fit the mean again, after an alarm.
    opens : int
        First period whose count an epidemic may feed on.
    """

    change: int
    sign: float
    shortest: int
    longest: int | None
    cases: bool
    reset: bool
    refit: bool
    opens: int

    @property
    def exact(self) -> bool:
        """Whether pruning can be used: a change of level, over all change times."""
        return self.change == kernel.LEVEL and self.longest is None and not self.cases


@dataclass(frozen=True, eq=False, slots=True)
class MeanModel:
    """The mean while nothing happens, and how it is fitted.

    Attributes
    ----------
    counts, known : arrays, shape (periods, series)
    design : float array, shape (periods, terms)
    flat : bool array, shape (series,)
        Series whose mean is flat whatever the design.
    alpha : float array, shape (series,)
        Negative binomial dispersion; 0 is Poisson.
    share : float array, shape (periods, series), or None
        How much of each period is reported; None: all of it. A negative binomial keeps its `alpha` then.
    """

    counts: npt.NDArray[np.int32]
    known: BoolArray
    design: FloatArray
    flat: BoolArray
    alpha: FloatArray
    share: FloatArray | None = None

    def mean(self, until: int | IntArray, series: BoolArray | slice = slice(None)) -> FloatArray:
        """Fit on the periods before `until` (one, or one for each series); (1, series) if flat and alike."""
        fitted = self._fitted(until, series)
        return fitted if self.share is None else fitted * self.share[:, series]

    def _fitted(self, until: int | IntArray, series: BoolArray | slice) -> FloatArray:
        counts, flat, alpha = self.counts[:, series], self.flat[series], self.alpha[series]
        known = self.known[:, series] & (np.arange(len(self.counts))[:, None] < until)
        level = np.where(known, counts, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        if self.design.shape[1] == 1:
            return np.asarray(level[None, :])
        mean = np.repeat(level[None, :], len(counts), axis=0)
        # A negative binomial's fit starts and weighs differently even where its dispersion is 0.
        for some, spread in ((~flat & (alpha == 0), False), (~flat & (alpha > 0), True)):
            if some.any():
                given = alpha[some] if spread else None
                mean[:, some] = fitted_mean(self.design, counts[:, some], known[:, some], given)
        return mean


def window_alpha(
    counts: npt.NDArray[np.number],
    known: BoolArray,
    mean: FloatArray,
    length: int,
    terms: int,
    *,
    dispersion: FloatArray | None = None,
) -> FloatArray:
    """Dispersion whose single periods vary as sums of `length` do: ``(phi - 1) / mean``; shape (series,).

    With `dispersion` that is phi, and nothing is estimated.

    Examples
    --------
    >>> y = np.random.default_rng(1).poisson(2.0, (700, 1))
    >>> bool(window_alpha(y, y >= 0, np.full((1, 1), 2.0), 7, 1)[0] < 0.2)
    True
    """
    whole = np.broadcast_to(mean, counts.shape)
    phi = dispersion
    if phi is None:
        phi = window_dispersion(counts, known, length, expected=whole, parameters=terms).phi
    level = np.where(known, whole, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    alpha = np.divide(phi - 1, level, out=np.zeros_like(phi), where=level > 0)
    return np.asarray(np.where(phi > 1 + 1e-9, alpha, 0.0))


def one_incident(mean: FloatArray, alpha: FloatArray, fixed: bool, ratio: FloatArray) -> FloatArray:
    """Statistic of one incident in one period, and none before, for increases; shape of `mean`.

    Parameters
    ----------
    mean, alpha, ratio : float arrays, shape (series,)
    fixed : bool
        Whether the ratio is `ratio`, not the likeliest above 1.

    Examples
    --------
    >>> mean, none = np.array([0.1, 2.0]), np.zeros(2)
    >>> one_incident(mean, none, False, none).round(2).tolist()
    [1.4, 0.0]
    """
    after = ratio * mean if fixed else np.maximum(1.0, mean)
    spread = np.where(alpha > 0, alpha, 1.0)
    grown = np.log((1 + spread * after) / (1 + spread * mean)) * (1 + 1 / spread)
    gain = np.log(after / mean) - np.where(alpha > 0, grown, after - mean)
    return np.asarray(np.maximum(gain, 0.0))


def run_chart(
    chart: Chart,
    counts: npt.NDArray[np.int32],
    usable: BoolArray,
    mean: FloatArray,
    alpha: FloatArray,
    ratio: FloatArray,
    threshold: FloatArray,
    begin: IntArray,
    model: MeanModel | None = None,
) -> tuple[FloatArray, BoolArray, FloatArray, FloatArray]:
    """Return statistic, alarm, the smallest count that would have alarmed, and the mean, which refits change.

    Parameters
    ----------
    mean : float array, shape (periods, series) or (1, series)
    begin : int array, shape (series,)
        First period of each series; as many as there are: none.
    model : MeanModel, optional
        Where the mean is fitted again after an alarm.
    """
    periods, series = counts.shape
    statistic = np.full((periods, series), np.nan)
    alarm = np.zeros((periods, series), dtype=bool)
    needed = np.full((periods, series) if chart.cases else (1, 1), np.nan)
    if not chart.exact or (chart.refit and model is not None):
        mean = np.array(np.broadcast_to(mean, (periods, series)))
    begin = begin.copy()
    while (begin < periods).any():
        stop = chart.refit and model is not None
        if chart.exact:
            found = exact_glr(
                counts, usable, mean, alpha, threshold, begin, chart.sign, chart.shortest, chart.reset, stop,
                statistic, alarm,
            )  # fmt: skip
        else:
            found = kernel.window_glr(
                counts, usable, mean, alpha, ratio, threshold, begin, chart.opens, chart.change, chart.sign,
                chart.shortest, chart.longest or periods, chart.cases, chart.reset, stop, statistic, alarm,
                needed,
            )  # fmt: skip
        if not stop or model is None:
            break
        begin = np.where(begin < periods, found + 1, periods)
        some = begin < periods
        if some.any():
            later = np.arange(periods)[:, None] >= begin[some]
            mean[:, some] = np.where(later, model.mean(begin[some], some), mean[:, some])
    return statistic, alarm, needed, mean


def _copies(chart: Chart, steps: Sequence[int], length: int, how: str) -> tuple[float, float, Estimate, Run]:
    """Return mean and dispersion of copies, how they are estimated anew, and how the chart runs on them."""
    mean, spread = float(np.exp(steps[0] * _MEAN_STEP)), float(np.exp(steps[1] * _SPREAD_STEP))
    ratio = float(np.exp(steps[2] * _FINE))

    def estimate(counts: IntArray) -> tuple[FloatArray, FloatArray]:
        inside = np.ones(counts.shape, dtype=bool)
        level = counts.mean(axis=0)
        if how == "window":
            return level, window_alpha(counts, inside, level[None, :], length, 1)
        if how == "ml":
            return level, dispersion_ml(np.ones((len(counts), 1)), counts, inside)[0]
        return level, np.full(counts.shape[1], (spread - 1) / mean)

    def run(counts: IntArray, level: FloatArray, alpha: FloatArray) -> FloatArray:
        copies = counts.shape[1]
        return run_chart(
            replace(chart, cases=False, reset=False, refit=False, opens=0),
            counts.astype(np.int32),
            np.ones(counts.shape, dtype=bool),
            level[None, :],
            alpha,
            np.full(copies, ratio),
            np.full(copies, np.inf),
            np.zeros(copies, dtype=np.int64),
        )[0]

    return mean, spread, estimate, run


@lru_cache(maxsize=4096)
def _threshold(
    chart: Chart, steps: tuple[int, int, int, int], training: int, length: int, how: str
) -> tuple[float, float]:
    mean, spread, estimate, run = _copies(chart, steps, length, how)
    seed, arl = zlib.crc32(repr(steps).encode()), float(np.exp(steps[3] * _FINE))
    return simulated_threshold(mean, spread, arl, training=training, estimate=estimate, run=run, seed=seed)


@lru_cache(maxsize=256)
def _run_lengths(
    chart: Chart, steps: tuple[int, int, int], training: int, length: int, how: str
) -> RunLengths:
    mean, spread, estimate, run = _copies(chart, steps, length, how)
    seed = zlib.crc32(repr(steps).encode())
    return simulated_run_lengths(mean, spread, training=training, estimate=estimate, run=run, seed=seed)


def chart_thresholds(
    chart: Chart,
    mean: FloatArray,
    alpha: FloatArray,
    ratio: FloatArray,
    arl: FloatArray,
    *,
    training: int,
    length: int,
    how: str,
    several: bool = False,
) -> tuple[FloatArray, float]:
    """Return thresholds for average run lengths, and their largest Monte Carlo error.

    Series whose mean agrees to a fifth and dispersion to a tenth, on the log scale, share one; thresholds
    are kept for the next call.

    Parameters
    ----------
    mean, alpha, ratio, arl : float arrays, shape (series,)
    training : int
    length : int
        Window that the dispersion is estimated at.
    how : {"known", "window", "ml"}
        Whether the dispersion is estimated, and how.
    several : bool
        Whether each series has a run length of its own, as where one is looked for: then one simulation of
        each group serves all of them. Otherwise it has as many periods as the run length needs.
    """
    steps = np.column_stack(
        [
            np.round(np.log(mean) / _MEAN_STEP),
            np.round(np.log1p(alpha * mean) / _SPREAD_STEP),
            np.round(np.log(ratio) / _FINE),
            np.round(np.log(arl) / _FINE),
        ]
    ).astype(int)
    groups, member = np.unique(steps, axis=0, return_inverse=True)
    a, b, c, d = groups.T.tolist()
    found = [
        _run_lengths(chart, group[:3], training, length, how).threshold(float(np.exp(group[3] * _FINE)))
        if several
        else _threshold(chart, group, training, length, how)
        for group in zip(a, b, c, d, strict=True)
    ]
    thresholds, errors = np.array(found).T
    return np.asarray(thresholds[member.ravel()]), float(errors.max())
