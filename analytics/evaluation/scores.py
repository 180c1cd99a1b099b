"""How well alarms answer the truth: numbers on arrays of shape (periods, series).

Every measure but the median delay is a ratio of sums over series, so one bootstrap over clusters of series
gives all their standard errors.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.common.episodes import EPISODE_DAYS, episode_onsets
from analytics.periods import YEAR_DAYS

__all__ = [
    "Confusion",
    "Estimate",
    "Kind",
    "Uniformity",
    "confusion",
    "detections",
    "episodes_at",
    "estimate_ratio",
    "filled",
    "match_episodes",
    "match_share",
    "randomised_pit",
    "realised_fdr",
    "resampling_weights",
    "uniformity",
]

Kind = Literal["share", "rate", "mean"]

BOOTSTRAP = 1999


class Confusion(NamedTuple):
    """Tested cells of each series: alarms in an uptick and outside it, none in it and outside; (series,)."""

    true_alarms: IntArray
    false_alarms: IntArray
    misses: IntArray
    quiet: IntArray

    def ratios(self) -> dict[str, tuple[IntArray, IntArray]]:
        """Return numerator and denominator of each measure, series by series.

        The measures are sensitivity, specificity, fpr, ppv and f1, 2 TP / (2 TP + FP + FN).
        """
        tp, fp, fn, tn = self
        return {
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "fpr": (fp, tn + fp),
            "ppv": (tp, tp + fp),
            "f1": (2 * tp, 2 * tp + fp + fn),
        }


class Estimate(NamedTuple):
    """A ratio of sums, its standard error, and its 95 % interval."""

    value: float
    se: float
    low: float
    high: float


class Uniformity(NamedTuple):
    """How far p-values are from uniform.

    `histogram` holds the share in each bin, `distance` is Kolmogorov's: the largest gap between the empirical
    distribution and the uniform one; `tails` the share at or below each of `levels`.
    """

    n: int
    histogram: FloatArray
    distance: float
    levels: tuple[float, ...]
    tails: FloatArray


def confusion(alarm: BoolArray, truth: BoolArray, tested: BoolArray | None = None) -> Confusion:
    """Count the tested cells by alarm and truth.

    Examples
    --------
    >>> alarm = np.array([[True], [False], [True]])
    >>> truth = np.array([[True], [True], [False]])
    >>> [int(part[0]) for part in confusion(alarm, truth)]
    [1, 1, 1, 0]
    """
    known = np.ones(alarm.shape, dtype=bool) if tested is None else tested
    cells = (alarm & truth, alarm & ~truth, ~alarm & truth, ~alarm & ~truth)
    return Confusion(*((cell & known).sum(axis=0, dtype=np.int64) for cell in cells))


def detections(
    alarm: BoolArray,
    first: IntArray,
    last: IntArray,
    period_days: int,
    *,
    start: bool = True,
    merge_days: int = EPISODE_DAYS,
) -> tuple[BoolArray, FloatArray]:
    """Return whether each series' uptick was detected, and after how many periods.

    Parameters
    ----------
    alarm : bool array, shape (periods, series)
    first, last : int array, shape (series,)
        First and last row of the uptick.
    period_days : int
    start : bool
        An uptick is detected by an episode that starts in it; otherwise by any alarm in it, also one of an
        episode that had started before.
    merge_days : int

    Returns
    -------
    detected : bool array, shape (series,)
    delay : float array, shape (series,)
        Periods from `first` to the first such alarm; NaN where not detected.

    Examples
    --------
    >>> alarm = np.array([[False], [True], [True], [False]])
    >>> detections(alarm, np.array([2]), np.array([3]), 7)
    (array([False]), array([nan]))
    >>> detections(alarm, np.array([2]), np.array([3]), 7, start=False)
    (array([ True]), array([0.]))
    """
    raised = episode_onsets(alarm, period_days, merge_days=merge_days) if start else alarm
    row = np.arange(len(alarm))[:, None]
    inside = raised & (row >= first) & (row <= last)
    detected = np.asarray(inside.any(axis=0))
    return detected, np.where(detected, inside.argmax(axis=0) - first, np.nan)


def filled(statistic: FloatArray, tested: BoolArray) -> FloatArray:
    """Return the statistic, minus infinity where nothing was tested or there is none."""
    return np.where(tested & ~np.isnan(statistic), statistic, -np.inf)


def _before(values: FloatArray, gap: int) -> FloatArray:
    """Return the largest value of the `gap` rows before each; minus infinity before the first."""
    largest = np.full(values.shape, -np.inf)
    for back in range(1, min(gap, len(values) - 1) + 1):
        np.maximum(largest[back:], values[:-back], out=largest[back:])
    return largest


def _sorted_onsets(
    statistic: FloatArray, tested: BoolArray, period_days: int, merge_days: int
) -> tuple[FloatArray, FloatArray]:
    # A cell starts an episode at threshold c exactly if c is above all before it and at most its own value.
    values = filled(statistic, tested)
    before = _before(values, merge_days // period_days)
    opens = values > before
    return np.sort(values[opens]), np.sort(before[opens])


def episodes_at(
    statistic: FloatArray,
    tested: BoolArray,
    thresholds: npt.ArrayLike,
    period_days: int,
    *,
    merge_days: int = EPISODE_DAYS,
) -> IntArray:
    """Return the number of episodes of all series together at each threshold, an alarm being at or above it.

    Examples
    --------
    >>> statistic = np.array([[3.0], [1.0], [2.0], [5.0]])
    >>> episodes_at(statistic, np.ones((4, 1), bool), [1, 2.5, 4, 6], 7).tolist()
    [1, 2, 1, 0]
    """
    own, before = _sorted_onsets(statistic, tested, period_days, merge_days)
    at = np.asarray(thresholds, dtype=float)
    reached = own.size - np.searchsorted(own, at, side="left")
    joined = before.size - np.searchsorted(before, at, side="left")
    return np.asarray(reached - joined, dtype=np.int64)


def match_episodes(
    statistic: FloatArray,
    tested: BoolArray,
    per_year: npt.ArrayLike,
    period_days: int,
    *,
    merge_days: int = EPISODE_DAYS,
) -> FloatArray:
    """Return the lowest threshold that, with all higher ones, keeps a rate of episodes per series-year.

    Episodes join at low thresholds, so that their number falls again; thresholds below the first crossing, or
    below the one with the most episodes, are left out.

    Parameters
    ----------
    statistic : float array, shape (periods, series)
        Of series without an uptick. An alarm is a value at or above the threshold.
    tested : bool array, same shape
    per_year : float or array
        Rates to keep.
    period_days : int
    merge_days : int

    Returns
    -------
    float array, shape of `per_year`
        Infinite where even the highest value of the statistic comes too often.

    Examples
    --------
    >>> statistic = np.arange(1.0, 53)[:, None] * [1, 100]
    >>> match_episodes(statistic, np.ones((52, 2), bool), [0.4, 0.6, 2.0], 7).tolist()
    [inf, 100.0, 52.0]
    """
    years = tested.sum() * period_days / YEAR_DAYS
    values = np.unique(filled(statistic, tested))[::-1]
    candidates = values[np.isfinite(values)]
    episodes = episodes_at(statistic, tested, candidates, period_days, merge_days=merge_days)
    most = np.maximum.accumulate(episodes) if episodes.size else episodes
    kept = np.searchsorted(most, np.asarray(per_year, dtype=float) * years, side="right")
    kept = np.minimum(kept, int(episodes.argmax()) + 1) if episodes.size else kept
    return np.asarray(np.append(np.inf, candidates)[kept])


def match_share(statistic: FloatArray, tested: BoolArray, share: float) -> float:
    """Return the lowest threshold that at most this share of the tested cells reaches.

    Examples
    --------
    >>> match_share(np.arange(10.0)[:, None], np.ones((10, 1), bool), 0.2)
    8.0
    """
    values = np.sort(filled(statistic, tested)[tested])
    candidates = np.unique(values[np.isfinite(values)])
    reached = values.size - np.searchsorted(values, candidates, side="left")
    kept = candidates[reached <= share * values.size * (1 + 1e-12)]
    return float(kept[0]) if kept.size else np.inf


def resampling_weights(clusters: int, *, seed: int, n: int = BOOTSTRAP) -> IntArray:
    """Return how often each cluster is drawn in each of `n` bootstrap samples; shape (n, clusters)."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return np.asarray(rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=n))


def estimate_ratio(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, weights: IntArray, *, kind: Kind = "share"
) -> Estimate:
    """Return the ratio of two sums over clusters, with the bootstrap's standard error and interval.

    Parameters
    ----------
    numerator, denominator : arrays, shape (clusters,)
    weights : int array, shape (samples, clusters)
        From :func:`resampling_weights`.
    kind : {"share", "rate", "mean"}
        What is divided: cases among cases, events by time, a sum by its number of terms. Where a share is 0
        or 1, or a rate 0, the bootstrap has nothing to vary; the interval is then the exact one, of Clopper
        and Pearson or of the Poisson distribution, and holds for independent cases.

    Returns
    -------
    Estimate
        NaN where the denominator is zero.

    Examples
    --------
    >>> weights = resampling_weights(4, seed=1)
    >>> estimate_ratio([1, 0, 2, 1], [2, 2, 2, 2], weights).value
    0.5
    """
    over, under = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    total, whole = float(over.sum()), float(under.sum())
    if not whole > 0:
        return Estimate(np.nan, np.nan, np.nan, np.nan)
    value = total / whole
    if kind == "rate" and total == 0:
        return Estimate(value, 0.0, 0.0, float(stats.chi2.ppf(0.975, 2) / 2 / whole))
    if kind == "share" and total in (0, whole):
        low = 0.0 if total == 0 else float(0.025 ** (1 / whole))
        return Estimate(value, 0.0, low, 1.0 if total else float(1 - 0.025 ** (1 / whole)))
    drawn = weights @ under
    with np.errstate(invalid="ignore", divide="ignore"):
        again = (weights @ over)[drawn > 0] / drawn[drawn > 0]
    if over.size < 2 or again.size < 2:
        return Estimate(value, np.nan, np.nan, np.nan)
    low, high = np.quantile(again, [0.025, 0.975])
    return Estimate(value, float(again.std(ddof=1)), float(low), float(high))


def realised_fdr(rejected: BoolArray, truth: BoolArray) -> tuple[float, float, float]:
    """Return the share of false ones among the rejected hypotheses, its standard error, and the power.

    Parameters
    ----------
    rejected, truth : bool array, shape (families, hypotheses)
        Families are replicates, or periods far enough apart; hypotheses are regions.

    Returns
    -------
    fdr, se, power : float
        The mean over families of false / max(rejected, 1), and the share of true hypotheses rejected.

    Examples
    --------
    >>> rejected = np.array([[True, True, False], [False, False, False]])
    >>> truth = np.array([[True, False, True], [False, False, False]])
    >>> realised_fdr(rejected, truth)
    (0.25, 0.25, 0.5)
    """
    share = (rejected & ~truth).sum(axis=1) / np.maximum(rejected.sum(axis=1), 1)
    se = float(share.std(ddof=1) / np.sqrt(share.size)) if share.size > 1 else np.nan
    power = float((rejected & truth).sum() / truth.sum()) if truth.any() else np.nan
    return float(share.mean()), se, power


def randomised_pit(at_least: FloatArray, above: FloatArray, *, seed: int) -> FloatArray:
    """Return p-values drawn between P(Y > y) and P(Y >= y): uniform if the predictive distribution is right.

    Parameters
    ----------
    at_least, above : float arrays
        The predictive probabilities P(Y >= y) and P(Y > y) of each observed count.
    seed : int

    References
    ----------
    .. [1] Czado, C., Gneiting, T., Held, L. (2009). Predictive model assessment for count data. Biometrics
           65, 1254-1261.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    return np.asarray(above + rng.random(np.shape(above)) * (at_least - above))


def uniformity(
    pvalues: FloatArray, *, bins: int = 10, levels: tuple[float, ...] = (0.001, 0.01, 0.05)
) -> Uniformity:
    """Return histogram, Kolmogorov distance from uniform, and tail shares; NaN are left out.

    No test of uniformity is made: p-values of windows that overlap depend on each other.

    Examples
    --------
    >>> uniformity((np.arange(100) + 0.5) / 100).distance
    0.005
    """
    known = np.sort(np.ravel(pvalues)[~np.isnan(np.ravel(pvalues))])
    n = known.size
    if not n:
        return Uniformity(0, np.full(bins, np.nan), np.nan, levels, np.full(len(levels), np.nan))
    histogram = np.histogram(known, bins=bins, range=(0.0, 1.0))[0] / n
    rank = np.arange(n)
    distance = max(float(((rank + 1) / n - known).max()), float((known - rank / n).max()))
    tails = np.searchsorted(known, levels, side="right") / n
    return Uniformity(n, histogram, round(distance, 12), levels, tails)
