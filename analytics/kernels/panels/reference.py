"""The panel's own year as the reference that a region's evidence is ranked among.

Each region's baseline is turned like a wheel, in ninety-one steps; the evidence of each window against the
rest of its wheel, for all regions together, is the reference. Turned windows overlap and bursts last, so the
extreme ones come in episodes, and episodes are what a rank counts, each for as many windows as an episode
has on average, the inverse of the extremal index [1]_. A past offensive is one episode however long it was.
Episodes far beyond what the rest of the year leads one to expect are upticks themselves, and would hide the
next one: they are set aside [2]_, and every rank counts a tenth of an episode more in return. In windows of
fewer than seven periods, which spare no day, single waves lie far beyond it too: less is set aside there
(as much, and weekly panels of waves had 5.6 % false; benchmarks/results/panels_further.md).

A turned window is held against less than the whole baseline: it is itself left out, with days on either side.
The same count is stronger evidence against a longer baseline, so that the recent window, held against all of
it, would rank too high: in files of 26 weeks 5.0 to 6.3 % of what self-exciting panels called was false. With
fewer than 26 windows of baseline it is held against its latest days, as many as a turned window is
(:func:`compared_with`): 3.5 % is false (benchmarks/results/panels_further.md). With a year that made no
difference. Setting no episodes aside, or leaving out more days beside turned windows, did not mend it;
turning the guard along with the baseline, so that a longer one is left, found fewer rises (7 for 10 % with 16
weeks).

What one year does not hold no rank in it can show. Where fighting seasons differ from year to year 6.1 % of
quiet panels have a false call. Of 1,500 other ones 6.7 % had, 5.3 % by each region's own p-value alone, and
6.1 % with twice as many days left out beside turned windows, which was not enough. With three years of
baseline 4.5 % have (benchmarks/results/named_nowhere.md).

References
----------
.. [1] Leadbetter, M. R. (1983). Extremes and local dependence in stationary sequences. Zeitschrift für
       Wahrscheinlichkeitstheorie und verwandte Gebiete 65, 291-306.
.. [2] Davies, L., Gather, U. (1993). The identification of multiple outliers. Journal of the American
       Statistical Association 88, 782-792.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.panels.caps import capped_windows
from analytics.kernels.panels.evidence import evidence_of
from analytics.kernels.windows.lrd import DAYS_TO_SPARE, FIRM_FROM

__all__ = ["Reference", "compared_with", "least_rank", "most_windows", "set_aside", "turned_evidence"]


CELLS = 50_000  # windows in the reference, at most
TURNS = 91  # of a baseline that is longer than that
LEFT_OUT = 2 / 13  # of a turned baseline, at most
CLUSTERED = 0.01  # share of the reference, the smallest, whose episodes give their mean length
BODY = (0.1, 0.35)  # the windows with something in them, by rank, that say what to expect beyond them
UNEXPECTED = 0.1  # an episode is set aside where fewer than so many are expected as extreme
UNEXPECTED_COARSE = 0.03  # ... in windows of fewer than seven periods
RETURNED = 0.1  # of an episode, counted by every rank for those set aside by chance
_LEAST = 20  # windows with something in them, with fewer of which none is set aside
_ROUNDS = 20
_NEAR = 0.2  # beyond this evidence every window counts, not episodes alone
_TINY, _SAME = 1e-300, 1e-9


def turned_evidence(
    baseline: npt.NDArray[np.integer], covered: BoolArray, *, length: int, guard: int
) -> FloatArray:
    """Evidence of the windows of each turned baseline against the rest of it.

    Parameters
    ----------
    baseline : int array, shape (regions, periods)
        Taken as joined end to start.
    covered : bool array, same shape
        Which entries are data.
    length, guard : int
        Periods in a window, and left out on either side of it: never more than a thirteenth of the baseline.

    Returns
    -------
    float array, shape (regions, turns)
        NaN where the window or what is left of the baseline is not covered well enough, and, in panels of
        more than 50,000 windows, for all but every n-th.
    """
    regions, periods = baseline.shape
    ends = np.arange(periods, 0, -_step(periods))
    out = np.full((regions, ends.size), np.nan)
    left = _left_out(periods, guard)
    rest = periods - length - left
    if rest < length or not regions:
        return out
    cells = np.arange(0, out.size, -(-out.size // CELLS))
    region, turn = np.divmod(cells, ends.size)
    # What a window spills lies after it, what spills into it before: half of what is left out on each side.
    before = left - left // 2
    held = capped_windows(baseline, covered, region, ends[turn], length=length, guard=before, baseline=rest)
    enough = (held.days * 2 >= length) & (held.periods * 2 >= rest)
    out.ravel()[cells] = np.where(enough, evidence_of(held, length), np.nan)
    return out


def _left_out(periods: int, guard: int) -> int:
    """Periods of a baseline left out beside a turned window, on both sides together."""
    return min(2 * guard, int(periods * LEFT_OUT))


def compared_with(periods: int, length: int, guard: int) -> int:
    """Return how many periods of a baseline, the latest, the recent window's evidence is taken from.

    All of them with 26 windows of baseline or more; with fewer as many as a turned window is held against.

    Examples
    --------
    >>> compared_with(364, 14, 28), compared_with(140, 14, 28), compared_with(84, 14, 14)
    (364, 105, 58)
    """
    rest = periods - length - _left_out(periods, guard)
    return periods if periods // length >= FIRM_FROM or rest < length else rest


def _step(periods: int) -> int:
    """Periods by which a baseline is turned from one window to the next."""
    return max(periods // TURNS, 1)


def most_windows(regions: int, periods: int) -> int:
    """Return how many windows a reference has, if all are covered."""
    number = regions * len(range(0, periods, _step(periods)))
    return -(-number // max(-(-number // CELLS), 1))


def least_rank(length: float, windows: int) -> float:
    """Return the smallest rank there can be, given the mean length of an episode and how many windows."""
    return min(length * (1 + RETURNED) / (length + windows), 1.0)


def _runs(extreme: BoolArray, apart: int) -> BoolArray:
    """Return which extreme windows begin an episode: none as extreme in the `apart` turns before."""
    before = np.zeros(extreme.shape, bool)
    for turn in range(1, min(apart, extreme.shape[1] - 1) + 1):
        before |= np.roll(extreme, turn, axis=1)
    return extreme & ~before


def _mean_length(extreme: BoolArray, apart: int) -> float:
    first = int(_runs(extreme, apart).sum())
    return float(extreme.sum() / first) if first else 1.0


def set_aside(turned: FloatArray, apart: int, unexpected: float = UNEXPECTED) -> BoolArray:
    """Return the windows that are upticks themselves: of episodes far beyond what the others lead to expect.

    The number of windows at least as extreme falls with the evidence like a power, at most in proportion to
    it: the power is that between the most extreme tenth and third of the windows with something in them.

    Parameters
    ----------
    turned : float array, shape (regions, turns)
        Evidence; the turns of a region are joined end to start. NaN and 1 where there is nothing.
    apart : int
        Extreme windows so many turns apart or fewer belong to one episode.
    unexpected : float
        An episode is set aside where fewer than so many are expected as extreme.

    Returns
    -------
    bool array, same shape

    Examples
    --------
    >>> turned = np.random.default_rng(0).random((18, 91))
    >>> turned[3, 40:44] = 1e-6
    >>> found = set_aside(turned, 3)
    >>> bool(found[3, 40:44].all()), int(found.sum())  # and what lies close by
    (True, 8)
    """
    log = np.log(np.where(np.isnan(turned), 1.0, np.maximum(turned, _TINY)))
    told = log < 0
    gone = np.zeros(turned.shape, bool)
    for _ in range(_ROUNDS):
        body = np.sort(log[told & ~gone])
        if body.size < _LEAST:
            break
        inner, outer = (max(int(share * body.size), 2) for share in BODY)
        a, b = body[inner], body[outer]
        power = min(np.log((outer + 1) / (inner + 1)) / max(b - a, _SAME), 1.0)
        length = _mean_length((log <= a) & told & ~gone, apart)
        at = a - np.log((inner + 1) / length / unexpected) / power
        beyond = (log < at) & told & ~gone
        if not beyond.any():
            break
        gone |= _joined(beyond, (log <= b) & told, apart)
    return gone


def _joined(seeds: BoolArray, members: BoolArray, apart: int) -> BoolArray:
    """Return the seeds, and the members within `apart` turns of them or of another member so joined."""
    rows = np.flatnonzero(seeds.any(axis=1))
    found, inside = seeds[rows], members[rows]
    steps = range(1, min(apart + 1, seeds.shape[1] - 1) + 1)
    while True:
        near = found.copy()
        for turn in steps:
            near |= np.roll(found, turn, axis=1) | np.roll(found, -turn, axis=1)
        near &= inside
        near |= found
        if (near == found).all():
            out = np.zeros(seeds.shape, bool)
            out[rows] = found
            return out
        found = near


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """The evidence of a panel's year, to rank among.

    Attributes
    ----------
    windows : float array, shape (windows,)
        Logarithm of the evidence of all turned windows, sorted; 0 for those set aside.
    begun : int array, shape (windows + 1,)
        Episodes among the most extreme 0, 1, ... of them.
    length : float
        Mean number of windows in an episode of extreme ones, at least 1.
    """

    windows: FloatArray
    begun: IntArray
    length: float

    @classmethod
    def of(cls, turned: FloatArray, *, periods: int, length: int) -> Reference:
        """Take in what :func:`turned_evidence` returned.

        `periods` are those of the baselines that were turned, `length` those of a window.
        """
        apart = (length - 1) // _step(periods)
        unexpected = UNEXPECTED if length >= DAYS_TO_SPARE else UNEXPECTED_COARSE
        counted = np.where(set_aside(turned, apart, unexpected), 1.0, turned)
        log = np.log(np.where(np.isnan(counted), 1.0, np.maximum(counted, _TINY)))
        before = np.zeros(log.shape)
        for turn in range(1, min(apart, log.shape[1] - 1) + 1):
            before = np.minimum(before, np.roll(log, turn, axis=1))
        known = ~np.isnan(turned)
        windows, size = np.sort(log[known]), 1.0
        if windows.size:
            least = windows[max(int(CLUSTERED * windows.size) - 1, 0)]
            size = _mean_length(known & (log <= least) & (log < 0), apart)
        # A window goes on with an episode from the evidence on at which one shortly before it belongs to it.
        joins = np.searchsorted(np.sort(np.maximum(log, before)[known]), windows, side="right")
        begun = np.searchsorted(windows, windows, side="right") - joins
        return cls(windows, np.maximum.accumulate(np.r_[0, begun]), size)

    def rank(self, evidence: FloatArray) -> FloatArray:
        """Return the share of the reference with as much evidence, the window itself among them.

        That is (1.1 + episodes at least as extreme) times their mean length, over the windows; between
        two windows of the reference the rank grows with the logarithm. Beyond an evidence of 0.2 all windows
        are counted. 1 where there is no reference.

        Examples
        --------
        >>> turned = np.ones((1, 200))
        >>> turned[0, [10, 11, 90, 120]] = [0.01, 0.02, 0.02, 0.04]
        >>> reference = Reference.of(turned, periods=200, length=3)
        >>> (reference.rank(np.array([0.001, 0.01, 0.02, 0.04])) * (1.5 + 200)).round(2)
        array([1.65, 3.15, 4.65, 6.15])
        """
        size = self.windows.size
        if not size:
            return np.ones(evidence.shape)
        at = np.log(np.maximum(evidence, _TINY))
        below = np.searchsorted(self.windows, at + _SAME, side="right")
        after = np.minimum(below, size - 1)
        low, high = self.windows[np.maximum(below - 1, 0)], self.windows[after]
        inside = (below > 0) & (below < size)
        part = np.divide(at - low, high - low, out=np.zeros(at.shape), where=inside & (high > low))
        more = np.minimum(self.length * (self.begun[after + 1] - self.begun[below]), 1.0)
        episodes = self.length * (1 + RETURNED + self.begun[below]) + np.clip(part, 0.0, 1.0) * more
        counted = np.where(evidence <= _NEAR, episodes, np.maximum(episodes, self.length + below))
        return np.asarray(np.minimum(counted / (self.length + size), 1.0))
