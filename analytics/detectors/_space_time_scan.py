"""Clusters of incidents in neighbouring regions, week by week: the prospective space-time scan."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, FloatArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, Grid, finest_ends, grid_of, make_alarms, per_region
from analytics.errors import OptionError
from analytics.geo.coordinates import region_coordinates
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.space.prospective import (
    Null,
    scan_places,
    untestable_scan,
)
from analytics.kernels.space.scan import DRAWN, great_circle
from analytics.kernels.windows.lrd import STEADY_WINDOWS
from analytics.options import MOST_REPLICATES, check_choice, check_level, check_seed, check_whole
from analytics.options.windows import check_periods, check_zones
from analytics.results import Alarms, DetectorRun

__all__ = ["space_time_scan"]

GAP = "no coverage over the whole time studied"
FITTED = "p-value from a fitted Gumbel distribution, below what the replicates can show"
FEW = f"a cluster of fewer than {MIN_OBSERVED} incidents is not called one"


def space_time_scan(
    counts: Counts,
    *,
    places: pd.DataFrame | npt.ArrayLike,
    window_max: int = 28,
    history: int = 364,
    max_share: float = 0.5,
    radius: float | None = None,
    null: Null = "rotation",
    alpha: float | npt.ArrayLike = 1 / 52,
    replicates: int = 999,
    seed: int = 0,
    last: int | None = None,
) -> Alarms:
    """Scan, for each period, for clusters of neighbouring regions that are still going on when it ends.

    Null hypothesis: each region has its own rate, the regions go up and down independently of each other, and
    the last days are like any others. An uptick everywhere at once is no cluster.

    Parameters
    ----------
    counts : Counts
        One region a place. Daily counts are used where they are held, even when weeks are shown.
    places : DataFrame or array, shape (regions, 2)
        Where each region is, as in :func:`analytics.upticks.scan_test`.
    window_max, history, max_share, radius, null
        As there; ``null="permutation"`` calls clusters that are none wherever one incident leads to others.
    alpha : float or array, shape (regions,)
        Alarm where the p-value of the region's cluster is at most this; 1/52 unless given.
    replicates : int
        Turned or dealt data sets for each period.
    seed : int
        Seed of the replicates (PCG64), the same for every period.
    last : int, optional
        Scan only the last so many periods over at `as_of`. A period takes about as long as one
        :func:`~analytics.upticks.scan_test`.

    Returns
    -------
    Alarms
        The clusters of a period are the strongest cylinders no two of which share a region. `statistic` and
        `pvalue`, the log likelihood ratio and its p-value, are those of the cluster a region belongs to: 0
        and 1 where it belongs to none. `expected` is the region's share of the period's incidents, from its
        share over the time studied. Where no replicate reaches the statistic the p-value is from the Gumbel
        distribution fitted to them, if that is smaller, and a note says so. A cluster of fewer than
        three incidents raises no alarm.

    Raises
    ------
    InputError
        If a region has no coordinates.
    HistoryError
        If `last` exceeds the periods there are.
    OptionError
        If an option is unknown or out of range.

    Notes
    -----
    The p-value allows for all places and lengths looked at in one period: `alpha` is the probability of any
    alarm on a quiet map in a period. It does not allow for the periods looked at: a cluster as strong comes
    up about once in ``period_days / pvalue`` days, its recurrence interval, or less often, because successive
    scans see much the same days. The strongest cluster of the last period is that of
    :func:`analytics.upticks.scan_test`, whose measured sizes stand there; so is its p-value, where replicates
    show it.

    References
    ----------
    .. [1] Kulldorff, M. (2001). Prospective time periodic geographical disease surveillance using a scan
           statistic. JRSS A 164, 61-72.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> daily = rng.poisson(0.2, (378, 12))
    >>> daily[-10:, :3] += rng.poisson(2.0, (10, 3))
    >>> counts = Counts.from_array(daily, freq="day", as_of="2020-04-12", regions=list("ABCDEFGHIJKL"))
    >>> where = [[35.0, 44.0 + 0.1 * i] for i in range(3)] + [[33.0, 40.0 + i] for i in range(9)]
    >>> alarms = space_time_scan(counts, places=where, replicates=199, last=1)
    >>> [name for name, raised in zip(alarms.regions, alarms.alarm[-1]) if raised]
    ['A', 'B', 'C']
    """
    check_choice("null", null, Null)
    step = counts.period_days
    check_periods(step, window_max=window_max, history=history)
    check_zones(max_share, radius, window_max=window_max, history=history, least=STEADY_WINDOWS)
    grid = grid_of(counts, last=last)
    level = per_region(alpha, grid, "alpha")
    check_level(alpha=level)
    check_whole(1, MOST_REPLICATES, replicates=replicates)
    if replicates < 1 / level.min() - 1:
        raise OptionError(
            "too few replicates for this level",
            expected=f"at least {int(np.ceil(1 / level.min())) - 1} at alpha {level.min():g}",
            found=str(replicates),
        )
    check_seed(seed)
    coordinates = region_coordinates(counts.regions, counts.by, places)
    scan = _Scan(window_max, history, max_share, radius, null, int(replicates), seed)
    long, found = _scan_rows(counts, grid, scan, great_circle(coordinates[:, 0], coordinates[:, 1]))
    called = found.pvalue <= level
    run = DetectorRun(
        name="space_time_scan",
        null_hypothesis="each region has its own rate, and regions go up and down independently",
        method=(
            "prospective space-time permutation scan (Kulldorff 2001; Kulldorff et al. 2005), p-value from "
            f"{DRAWN[null]}. Null hypothesis: the places go up and down independently of each other"
        ),
        kind="pvalue",
        overlap=-(-window_max // grid.counts.period_days),
        parameters={**asdict(scan), "alpha": level},
    )
    return make_alarms(
        grid,
        run,
        alarm=called & ~found.few,
        untested=[
            (np.broadcast_to(~long[:, None], called.shape), SHORT),
            (found.gap, GAP),
            *((mask, text) for text, mask in found.reasons.items()),
        ],
        remarks=[(called & found.few, FEW), (found.fitted, FITTED)],
        expected=found.expected,
        statistic=found.statistic,
        pvalue=found.pvalue,
        barred=found.few,
        notes=(
            "a region's p-value is that of the cluster it belongs to, for all places and lengths of one "
            f"{grid.freq}; repeated looks are not allowed for",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """The options of a scan, as its run records them."""

    window_max: int
    history: int
    max_share: float
    radius: float | None
    null: Null
    replicates: int
    seed: int


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """What each scan found of each region; arrays of shape (periods tested, regions)."""

    statistic: FloatArray
    pvalue: FloatArray
    expected: FloatArray
    gap: BoolArray
    fitted: BoolArray
    few: BoolArray
    reasons: dict[str, BoolArray]


def _scan_rows(counts: Counts, grid: Grid, scan: _Scan, distance: FloatArray) -> tuple[BoolArray, _Found]:
    """Scan at the end of each tested period; return which have history enough, and what was found."""
    step, ends = counts.period_days, finest_ends(counts, grid)
    span, width = scan.history // step, grid.counts.period_days // step
    long = (ends >= span) & (ends <= len(counts.starts)) & ~grid.counts.provisional[grid.first :]
    shape = (ends.size, grid.shape[1])
    gap, fitted, few = np.zeros((3, *shape), dtype=bool)
    found = _Found(np.zeros(shape), np.ones(shape), np.full(shape, np.nan), gap, fitted, few, {})
    for row in np.flatnonzero(long):
        part = slice(ends[row] - span, ends[row])
        tested = np.asarray(counts.coverage[part].all(axis=0))
        found.gap[row] = ~tested
        series = np.where(tested, counts.values[part], 0).astype(np.int64)
        total = series.sum(axis=0)
        reason = untestable_scan(series, tested)
        here = None
        alive = np.flatnonzero(total > 0)  # a place without incidents adds nothing to any statistic
        if not reason:
            here = scan_places(
                series[:, alive],
                distance[np.ix_(alive, alive)],
                scan.window_max // step,
                max_share=scan.max_share,
                radius=scan.radius,
                null=scan.null,
                replicates=scan.replicates,
                rng=np.random.Generator(np.random.PCG64(scan.seed)),
            )
            reason = f"every place alone holds more than {100 * scan.max_share:g} % of the incidents"
        if here is None:
            found.reasons.setdefault(reason, np.zeros(shape, dtype=bool))[row] = True
            continue
        found.expected[row] = total * (series[-width:].sum() / total.sum())
        found.statistic[row, alive], found.pvalue[row, alive] = here.statistic, here.pvalue
        found.fitted[row, alive], found.few[row, alive] = here.fitted, here.few
    return long, found
