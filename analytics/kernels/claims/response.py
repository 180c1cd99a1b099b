"""What follows an event, beside what follows other times with the same past.

Whoever reacts to high activity acts at its peak, and activity falls afterwards whatever is done: regression
to the mean. So the days after an event are compared with the days after other times, in the same region,
from which as much was to be expected. What was to be expected is a prognosis made from the past alone, at
several time scales [1]_. Whether a day may serve for comparison is decided by its past alone too: leaving
out days that were *followed* by an event would leave out the days that were followed by activity [2]_.

References
----------
.. [1] Hansen, B. B. (2008). The prognostic analogue of the propensity score. Biometrika 95, 481-488.
.. [2] Li, Y. P., Propert, K. J., Rosenbaum, P. R. (2001). Balanced risk set matching. JASA 96, 870-882.
.. [3] Abadie, A., Imbens, G. W. (2011). Bias-corrected matching estimators for average treatment effects.
       Journal of Business and Economic Statistics 29, 1-11.
.. [4] Fieller, E. C. (1954). Some problems in interval estimation. JRSS B 16, 175-185.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal, special

from analytics._typing import BoolArray, FloatArray, IndexArray, IntArray
from analytics.kernels.common.dispersion import window_sums

__all__ = ["SCALES", "MatchedResponse", "matched_response"]


SCALES = (1.0, 4.0, 14.0, 56.0)  # mean ages, in days, of the past that the prognosis is made from


@dataclass(frozen=True, eq=False, slots=True)
class MatchedResponse:
    """What followed events and what followed matched times.

    Attributes
    ----------
    treated : int array, shape (events, 2)
        Day and region of each event used.
    observed, expected : float array, shape (events,)
        Incidents in the window after each event, and after its matched times (shifted by the difference that
        remains in the prognosis).
    before : float array, shape (events, 2)
        Incidents in the window up to the event, and the mean of its matched times.
    beyond : bool array, shape (events,)
        Whether more was to be expected at the event than at any time of its region that could be matched:
        there the comparison extrapolates.
    weights : float array, shape (days, regions)
        How much each day serves as a matched time; sums to the number of events.
    prognosis : float array, shape (days, regions)
    ratio, low, high, lower, upper : float
        Observed over expected, two-sided 95 % and one-sided 95 % limits.
    less, greater : float
        One-sided p-values.
    error : float
        Standard error of the log ratio at a ratio of 1.
    blocks : int
        Stretches of time that hold an event: what the standard error rests on.
    """

    treated: IntArray
    observed: FloatArray
    expected: FloatArray
    before: FloatArray
    beyond: BoolArray
    weights: FloatArray
    prognosis: FloatArray
    ratio: float
    low: float
    high: float
    lower: float
    upper: float
    less: float
    greater: float
    error: float
    blocks: int


def past_scales(values: FloatArray, scales: tuple[float, ...] = SCALES) -> FloatArray:
    """Exponentially weighted means of the past, that day included; shape (days, series, scales)."""
    out = np.empty((*values.shape, len(scales)))
    for i, scale in enumerate(scales):
        stay = scale / (1 + scale)
        start = values[: max(int(4 * scale), 28)].mean(axis=0, keepdims=True)
        out[:, :, i] = signal.lfilter([1 - stay], [1, -stay], values, axis=0, zi=stay * start)[0]
    return out


def _prognosis(features: FloatArray, outcome: FloatArray, use: BoolArray, region: IndexArray) -> FloatArray:
    """Weighted least squares on the past, within regions; then every day's expected outcome."""
    count = np.maximum(np.bincount(region[use], minlength=region.max() + 1), 1)

    def centre(x: FloatArray) -> FloatArray:
        return (np.bincount(region[use], x[use], minlength=count.size) / count)[region]

    raw = np.concatenate([features, np.sqrt(features)], axis=1)
    shift = np.stack([centre(raw[:, i]) for i in range(raw.shape[1])], axis=1)
    level = centre(outcome)
    x, y = (raw - shift)[use], (outcome - level)[use]
    # Counts vary with their mean: a first fit gives the weights of the second.
    fit = np.zeros(raw.shape[1])
    weight = np.asarray(1 / np.maximum(level[use], 0.25), dtype=float)
    for _ in range(2):
        ridge = 1e-3 * np.diag((weight[:, None] * x**2).sum(axis=0) + 1e-9)
        fit = np.linalg.solve((x * weight[:, None]).T @ x + ridge, (x * weight[:, None]).T @ y)
        weight = np.asarray(1 / np.maximum(level[use] + x @ fit, 0.1 * level[use] + 0.05))
    return np.asarray(np.maximum(level + (raw - shift) @ fit, 0.0))


def matched_response(
    events: BoolArray,
    values: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    window: int,
    clear: int,
    matched: int,
    skip: int = 56,
) -> MatchedResponse:
    """Compare what follows events with what follows matched times.

    Parameters
    ----------
    events : bool array, shape (days, regions)
        Days with at least one event.
    values, covered : array, shape (days, regions)
        Incidents. Windows that touch an uncovered day are not used.
    window : int
        Days after the event that are counted; the day itself belongs to the past.
    clear : int
        Days without an event before a day that may be used, as event or as matched time.
    matched : int
        Matched times for each event.
    skip : int
        Days at the start that only serve as past.
    """
    days = values.shape[0]
    y = np.where(covered, values, 0).astype(float)
    sums = window_sums(y, window)
    outcome, before = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    outcome[: days - window] = sums[1:]
    before[window - 1 :] = sums
    eligible = _eligible(events, covered, window=window, clear=clear, skip=skip)
    # Gaps would read as quiet days of the past: the prognosis alone takes the region's mean there.
    mean = y.sum(axis=0) / np.maximum(covered.sum(axis=0), 1)
    features = past_scales(np.where(covered, y, mean))
    at = day, region = np.nonzero(eligible)
    is_treated = events[at]
    expected = np.full(y.shape, np.nan)
    expected[at] = _prognosis(features[at], outcome[at], ~is_treated, region)
    prognosis, left = expected[at], outcome[at] - expected[at]

    found = _match(prognosis, left, before[at], is_treated, region, matched)
    used = found.events
    observed, weights = outcome[at][used], np.zeros(y.shape)
    weights[at] = found.weight

    block, size = day // (2 * window), int(days // (2 * window)) + 1
    shift = np.asarray(np.bincount(block, found.weight * np.nan_to_num(left), size), dtype=float)
    followed = np.bincount(block[used], observed, size).astype(float)
    foreseen = np.bincount(block[used], prognosis[used], size).astype(float) + shift
    blocks = int((np.bincount(block[used], minlength=size) > 0).sum())
    return MatchedResponse(
        treated=np.stack([day[used], region[used]], axis=1),
        observed=observed,
        expected=found.expected,
        before=np.stack([before[at][used], found.before], axis=1),
        beyond=found.beyond,
        weights=weights,
        prognosis=expected,
        blocks=blocks,
        **_limits(followed, foreseen, blocks, float(found.noise.sum() + (shift**2).sum())),
    )


def _eligible(events: BoolArray, covered: BoolArray, *, window: int, clear: int, skip: int) -> BoolArray:
    """Return which days may be used: covered before and after, no event shortly before."""
    days, regions = events.shape
    whole = np.zeros(events.shape, bool)
    whole[window - 1 : days - window] = window_sums(covered, 2 * window) == 2 * window
    whole[:skip] = False
    padded = np.concatenate([np.zeros((clear, regions), bool), events])
    return np.asarray(whole & ~(window_sums(padded, clear)[:days] > 0))


@dataclass(frozen=True, eq=False, slots=True)
class _Matched:
    """Events that could be matched (rows of those given), and how much each row serves as a matched time."""

    events: IndexArray
    expected: FloatArray
    noise: FloatArray
    beyond: BoolArray
    before: FloatArray
    weight: FloatArray


def _match(
    prognosis: FloatArray,
    left: FloatArray,
    before: FloatArray,
    is_treated: BoolArray,
    region: IndexArray,
    matched: int,
) -> _Matched:
    """Match each event with the times of its region whose prognosis is nearest.

    `left` is what followed beyond the prognosis; arrays have one row for each day and region used.
    """
    events, controls = np.flatnonzero(is_treated), np.flatnonzero(~is_treated)
    weight = np.zeros(len(prognosis))
    expected, noise, was = (np.full(events.size, np.nan) for _ in range(3))
    beyond = np.zeros(events.size, bool)
    for r in np.unique(region[events]):
        mine = np.flatnonzero(region[events] == r)
        pool = controls[region[controls] == r]
        if not pool.size:
            continue
        own = prognosis[events[mine]]
        k = min(matched, pool.size)
        distance = np.abs(prognosis[pool][None, :] - own[:, None])
        near = pool[np.argpartition(distance, k - 1, axis=1)[:, :k]]
        np.add.at(weight, near, 1 / k)
        expected[mine] = left[near].mean(axis=1) + own
        noise[mine] = (left[near] ** 2).mean(axis=1)
        beyond[mine] = own > prognosis[pool].max()
        was[mine] = before[near].mean(axis=1)
    used = np.isfinite(expected)
    return _Matched(events[used], expected[used], noise[used], beyond[used], was[used], weight)


def _limits(a: FloatArray, c: FloatArray, blocks: int, plain: float) -> dict[str, float]:
    """Ratio of sums over blocks with p-values and Fieller's limits.

    `plain` is the variance of the difference that the matched times alone foresee. Counts are skewed, so the
    variance among few events goes with their sum; the p-values take the larger of both variances' tails.
    """
    total, against = float(a.sum()), float(c.sum())
    names = ("ratio", "low", "high", "lower", "upper", "less", "greater", "error")
    if blocks < 2 or against <= 0:
        return dict.fromkeys(names, np.nan)
    factor = blocks / (blocks - 1)
    aa, ac, cc = (float(v) * factor for v in ((a * a).sum(), (a * c).sum(), (c * c).sum()))
    variance = aa - 2 * ac + cc
    scores = (total - against) / np.sqrt(np.maximum([variance, plain], 1e-12))
    less = float(special.stdtr(blocks - 1, scores).max())
    greater = float(special.stdtr(blocks - 1, -scores).max())

    def roots(level: float) -> tuple[float, float]:
        q = special.stdtrit(blocks - 1, 1 - level) ** 2
        # (total - x against)^2 = q (aa - 2 x ac + x^2 cc)
        k2, k1, k0 = against**2 - q * cc, total * against - q * ac, total**2 - q * aa
        inside = k1 * k1 - k2 * k0
        if k2 <= 0:
            return 0.0, np.inf
        root = np.sqrt(max(inside, 0.0))
        return max((k1 - root) / k2, 0.0), (k1 + root) / k2

    low, high = roots(0.025)
    lower, upper = roots(0.05)
    return {
        "ratio": total / against, "low": low, "high": high, "lower": lower, "upper": upper,
        "less": less, "greater": greater, "error": float(np.sqrt(max(plain, 0.0)) / against),
    }  # fmt: skip
