"""Is the increase inside larger than outside? The ratio of two rate ratios, with the dispersion of both.

Conditional on the totals of both series and of the recent window, the recent count inside follows Fisher's
noncentral hypergeometric distribution whose odds are the ratio of the two rate ratios: nothing is left of the
rates themselves, nor of a change common to both. Overdispersion multiplies the odds by a random factor whose
spread comes from the window-scale dispersion of each series.

References
----------
.. [1] Fisher, R. A. (1935). The logic of inductive inference. JRSS 98, 39-82.
.. [2] Bayley, G. V., Hammersley, J. M. (1946). The "effective" number of independent observations in an
       autocorrelated time series. Supplement to the Journal of the Royal Statistical Society 8, 184-197.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from analytics._typing import BoolArray, FloatArray, IndexArray
from analytics.kernels.common.dispersion import Dispersion, window_dispersion, window_sums
from analytics.kernels.common.quadrature import normal_nodes
from analytics.kernels.common.roots import roots
from analytics.kernels.common.tails import dispersion_nodes, log_choose

__all__ = [
    "ConcentrationTest",
    "concentration_limit",
    "concentration_test_arrays",
    "hypergeometric_tail",
    "rotation_of_pairs",
]


_NODES = 10  # over each dispersion
_SPREAD_NODES = 16  # over the random factor of the odds
_GRID = np.linspace(-14.0, 14.0, 113)  # log odds at which the exact tail is computed; steps of a quarter
_CHUNK = 500
_ROTATIONS = 64  # positions of each series, at most


@dataclass(frozen=True, eq=False, slots=True)
class ConcentrationTest:
    """Arrays of shape ``(sets,)``: counts, exposures, dispersions and p-values.

    `complete_inside` and `complete_outside` are the shares of the recent incidents already reported, and
    `doubt` the variance of the logarithm of their ratio.
    """

    recent_inside: FloatArray
    recent_outside: FloatArray
    baseline_inside: FloatArray
    baseline_outside: FloatArray
    recent_exposure: FloatArray
    baseline_exposure: FloatArray
    complete_inside: FloatArray
    complete_outside: FloatArray
    doubt: FloatArray
    dispersion_inside: Dispersion
    dispersion_outside: Dispersion
    rotation: FloatArray
    pvalue_a: FloatArray
    pvalue: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """Rate ratio inside over rate ratio outside; NaN for 0/0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(
                self.recent_inside
                * self.baseline_outside
                / (self.baseline_inside * self.recent_outside)
                / self.favour
            )

    @property
    def favour(self) -> FloatArray:
        """How many times as complete the recent reports are inside as outside."""
        return self.complete_inside / self.complete_outside


def _hypergeometric_grid(
    observed: FloatArray, inside: FloatArray, outside: FloatArray, recent: FloatArray, *, upper: bool
) -> FloatArray:
    """Mid-p tails at every log odds of the grid; shape (sets, grid)."""
    k = np.arange(int(recent.max(initial=0)) + 1)[None, :]
    s, n1, n0 = recent[:, None], inside[:, None], outside[:, None]
    possible = (k <= s) & (k <= n1) & (s - k <= n0)
    kk, rest = np.where(possible, k, 0), np.where(possible, s - k, 0)
    log_mass = np.where(possible, log_choose(n1, kk) + log_choose(n0, rest), -np.inf)
    count = observed[:, None]
    weight = np.where(k == count, 0.5, (k > count if upper else k < count).astype(float))
    out = np.empty((len(observed), _GRID.size))
    for column, log_odds in enumerate(_GRID):
        mass = log_mass + k * log_odds
        mass -= mass.max(axis=1, keepdims=True)
        np.exp(mass, out=mass)
        out[:, column] = (mass * weight).sum(axis=1) / mass.sum(axis=1)
    return out


def hypergeometric_tail(
    observed: FloatArray, inside: FloatArray, outside: FloatArray, recent: FloatArray, *, upper: bool = True
) -> FloatArray:
    """Mid-p tail of the recent count inside, given all totals, at odds 1 (Fisher's exact test with mid-p).

    Examples
    --------
    >>> one = np.ones(1)
    >>> float(hypergeometric_tail(3 * one, 10 * one, 10 * one, 4 * one)[0].round(4))
    0.1672
    """
    grid = _hypergeometric_grid(observed, inside, outside, recent, upper=upper)
    return np.asarray(grid[:, _GRID.size // 2])


def _fitted(inside: FloatArray, total: FloatArray, recent: FloatArray, odds: FloatArray) -> FloatArray:
    """Return the expected recent count inside, given the totals, at the stated odds (Cornfield)."""
    outside = total - inside
    a = odds - 1.0
    b = outside - recent + odds * (inside + recent)
    c = odds * inside * recent
    root = np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))
    return np.asarray(np.clip(2 * c / np.maximum(b + root, 1e-300), 0.0, np.minimum(inside, recent)))


def _mixed(
    grid: FloatArray,
    means: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    inside: Dispersion,
    outside: Dispersion,
    log_odds: FloatArray,
    doubt: FloatArray,
) -> FloatArray:
    """Average the exact tails over the random factor of the odds, `doubt` in it, and both dispersions."""
    excess1 = np.maximum(dispersion_nodes(inside.phi, inside.edf, _NODES) - 1, 0.0)
    excess0 = np.maximum(dispersion_nodes(outside.phi, outside.edf, _NODES) - 1, 0.0)
    weight = normal_nodes(_NODES)[1]
    z, spread = normal_nodes(_SPREAD_NODES)
    recent1, base1, recent0, base0 = (
        _lognormal(mean[:, None], excess)
        for mean, excess in zip(means, (excess1, excess1, excess0, excess0), strict=True)
    )
    centre1, spread1 = recent1[0] - base1[0], recent1[1] + base1[1]
    centre0, spread0 = base0[0] - recent0[0], recent0[1] + base0[1]
    centre = centre1[:, :, None] + centre0[:, None, :] + log_odds[:, None, None]
    deviation = np.sqrt(spread1[:, :, None] + spread0[:, None, :] + doubt[:, None, None])
    at = centre[..., None] + deviation[..., None] * z
    place = np.clip((at - _GRID[0]) / (_GRID[1] - _GRID[0]), 0.0, _GRID.size - 1.000001)
    low = place.astype(np.intp)
    part = place - low
    rows = np.arange(len(grid))[:, None, None, None]
    tail = grid[rows, low] * (1 - part) + grid[rows, low + 1] * part
    return np.asarray(np.einsum("iabz,a,b,z->i", tail, weight, weight, spread, optimize=True))


def _lognormal(mean: FloatArray, excess: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the logarithm of a lognormal factor with mean 1."""
    variance = np.log1p(excess / np.maximum(mean, 1e-12))
    return -variance / 2, variance


def _tail(test: ConcentrationTest, log_odds: FloatArray, grid: FloatArray, index: IndexArray) -> FloatArray:
    out = np.empty(index.shape)
    s1, s0, b1, b0 = (
        a[index]
        for a in (test.recent_inside, test.recent_outside, test.baseline_inside, test.baseline_outside)
    )
    n1, total, recent = s1 + b1, s1 + s0 + b1 + b0, s1 + s0
    shift = log_odds + np.log(test.favour[index])
    mean = _fitted(n1, total, recent, np.exp(shift))
    # Reports that are still to come leave the spread of the rates as it is: a factor of the whole mean.
    c1, c0 = test.complete_inside[index], test.complete_outside[index]
    means = (mean / c1, n1 - mean, (recent - mean) / c0, total - n1 - recent + mean)
    for first in range(0, index.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        chosen = index[part]
        out[part] = _mixed(
            grid[chosen],
            (means[0][part], means[1][part], means[2][part], means[3][part]),
            test.dispersion_inside.take(chosen),
            test.dispersion_outside.take(chosen),
            shift[part],
            test.doubt[chosen],
        )
    return out


def concentration_test_arrays(
    inside: npt.NDArray[np.number],
    outside: npt.NDArray[np.number],
    covered: BoolArray,
    *,
    length: int,
    guard: int = 0,
    upper: bool = True,
    complete: tuple[float, float] = (1.0, 1.0),
    doubt: float = 0.0,
) -> ConcentrationTest:
    """Test whether the rate inside rose more than the rate outside.

    Parameters
    ----------
    inside, outside : array, shape (baseline + guard + length, sets)
        Counts without a break: the baseline, the guard, and the recent window.
    covered : bool array, same shape
        Days on which both are data. Every recent period must be.
    length, guard : int
        Periods in the recent window, and left out before it.
    upper : bool
        More is asked about; otherwise less.
    complete : (float, float)
        Shares of the recent incidents inside and outside that have been reported. The odds are multiplied by
        their ratio.
    doubt : float
        Variance of the logarithm of that ratio.

    Returns
    -------
    ConcentrationTest
        `pvalue_a` is the model's; `pvalue` is the larger of it and the rotation p-value. `pvalue_a` is 1
        where no incident is recent, or all are on one side.
    """
    end = inside.shape[0] - length - guard
    base = covered[:end]
    dispersion = [window_dispersion(series[:end], base, length) for series in (inside, outside)]
    recent = [series[-length:].sum(axis=0).astype(float) for series in (inside, outside)]
    before = [np.where(base, series[:end], 0).sum(axis=0).astype(float) for series in (inside, outside)]
    sets = inside.shape[1]
    share = length / np.maximum(base.sum(axis=0), length)
    rho = (dispersion[0].rho + dispersion[1].rho) / 2
    correction = (1 - share) / np.maximum(1 - share * (1 + rho) / (1 - rho), 0.2)
    rotation = rotation_of_pairs(
        inside, outside, covered, length, correction=correction, upper=upper,
        favour=complete[0] / complete[1],
    )  # fmt: skip
    test = ConcentrationTest(
        recent[0],
        recent[1],
        before[0],
        before[1],
        np.full(sets, float(length)),
        base.sum(axis=0).astype(float),
        np.full(sets, complete[0]),
        np.full(sets, complete[1]),
        np.full(sets, doubt),
        dispersion[0],
        dispersion[1],
        rotation,
        np.ones(sets),
        np.ones(sets),
    )
    index = np.flatnonzero(
        (recent[0] + recent[1] > 0) & (recent[0] + before[0] > 0) & (recent[1] + before[1] > 0)
    )
    a = np.ones(sets)
    if index.size:
        a[index] = _tail(test, np.zeros(index.size), _grid_of(test, index, upper=upper), index)
    raised = np.maximum(a, rotation)
    test.pvalue_a[:], test.pvalue[:] = a, raised
    return test


def _grid_of(test: ConcentrationTest, index: IndexArray, *, upper: bool) -> FloatArray:
    grid = np.full((test.recent_inside.size, _GRID.size), np.nan)
    s1, s0 = test.recent_inside, test.recent_outside
    for first in range(0, index.size, _CHUNK):
        i = index[first : first + _CHUNK]
        grid[i] = _hypergeometric_grid(
            s1[i],
            s1[i] + test.baseline_inside[i],
            s0[i] + test.baseline_outside[i],
            s1[i] + s0[i],
            upper=upper,
        )
    return grid


def concentration_limit(test: ConcentrationTest, level: float, *, upper: bool) -> FloatArray:
    """One-sided confidence limit of the ratio of rate ratios, by inverting the model's test.

    Returns
    -------
    float array, shape (sets,)
        0 for a lower limit with nothing recent inside, infinite for an upper limit with nothing recent
        outside or nothing in the baseline inside; NaN where the totals leave nothing to be told.
    """
    s1, s0 = test.recent_inside, test.recent_outside
    b1, b0 = test.baseline_inside, test.baseline_outside
    limit = np.full(s1.shape, np.nan)
    told = (s1 + s0 > 0) & (s1 + b1 > 0) & (s0 + b0 > 0) & (b1 + b0 > 0)
    if upper:
        limit[told & ((s0 == 0) | (b1 == 0))] = np.inf
    else:
        limit[told & ((s1 == 0) | (b0 == 0))] = 0.0
    index = np.flatnonzero(told & np.isnan(limit))
    if not index.size:
        return limit
    grid = _grid_of(test, index, upper=not upper)
    goal = special.ndtri(level)

    def score(log_ratio: FloatArray, which: IndexArray) -> FloatArray:
        tail = _tail(test, log_ratio, grid, which)
        return np.asarray(special.ndtri(np.clip(tail, 1e-15, 1 - 1e-15)) - goal)

    start = np.log((s1 + 0.5) * (b0 + 0.5) / ((b1 + 0.5) * (s0 + 0.5)))[index] - np.log(test.favour[index])
    root = roots(
        lambda at, which: score(at, index[which]),
        start - 0.5,
        start + 0.5,
        xatol=1e-4,
        xrtol=0.0,
        fatol=1e-4,
    )
    limit[index] = np.exp(root)
    return limit


def rotation_of_pairs(
    inside: npt.NDArray[np.number],
    outside: npt.NDArray[np.number],
    covered: BoolArray,
    length: int,
    *,
    correction: FloatArray | float = 1.0,
    upper: bool = True,
    favour: float = 1.0,
) -> FloatArray:
    """Share of pairs of turned series whose last windows differ at least as much as the observed ones.

    Each series is turned like a wheel, independently of the other; up to 64 evenly spaced positions of each
    are paired, the observed pair among them. What is compared is the recent count inside less its expectation
    given all totals, in units of its hypergeometric standard deviation. `correction` is the ratio of the
    variance of a record's last window to that of its rotations, as in the scan's ``rotation_correction``.
    `favour` multiplies the odds of the observed pair: how many times as complete its reports are inside.
    """
    stretch = np.sqrt(np.broadcast_to(np.asarray(correction, dtype=float), inside.shape[1:]))
    periods = inside.shape[0]
    whole = np.concatenate([covered, covered[: length - 1]])
    valid = window_sums(whole, length) == length
    recent = periods - length
    step = max(length // 2, -(-periods // _ROTATIONS), 1)
    position = (recent - np.arange(0, periods, step)) % periods  # the observed one comes first
    sums = []
    for series in (inside, outside):
        wheel = np.concatenate([series, series[: length - 1]])
        sums.append(window_sums(np.where(whole, wheel, 0), length)[position])
    ok = valid[position]
    n1, n0 = (np.where(covered, series, 0).sum(axis=0).astype(float) for series in (inside, outside))
    out = np.empty(inside.shape[1])
    for first in range(0, out.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        s1, s0 = sums[0][:, None, part], sums[1][None, :, part]
        share = n1[part] / np.maximum(n1[part] + n0[part], 1)
        s = s1 + s0
        scale = np.sqrt(np.maximum(s * share * (1 - share), 1e-12))
        z = (s1 - s * share) / scale * (1 if upper else -1)
        if favour != 1.0:
            odds = favour * n1[part]
            own = odds / np.maximum(odds + n0[part], 1e-12)
            deviation = np.sqrt(np.maximum(s[0, 0] * own * (1 - own), 1e-12))
            z[0, 0] = (s1[0, 0] - s[0, 0] * own) / deviation * (1 if upper else -1)
        turned = z * stretch[part]
        turned[0, 0] = z[0, 0]
        pair = ok[:, None, part] & ok[None, :, part]
        out[part] = (pair & (turned >= z[0, 0] - 1e-9)).sum(axis=(0, 1)) / np.maximum(
            pair.sum(axis=(0, 1)), 1
        )
    return out
