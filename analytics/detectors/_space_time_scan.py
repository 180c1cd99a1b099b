"""Clusters of incidents in neighbouring regions, week by week: the prospective space-time scan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray
from analytics.counts import Counts
from analytics.detectors.grid import SHORT, grid_of, make_alarms, per_region
from analytics.errors import OptionError
from analytics.geo.coordinates import region_coordinates
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.space.prospective import (
    Null,
    scan_places,
    untestable_scan,
)
from analytics.kernels.space.scan import great_circle
from analytics.kernels.windows.lrd import MIN_WINDOWS
from analytics.options import check_choice, check_level, check_periods, check_seed, check_zones
from analytics.periods import DAY
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
        Latitude and longitude of each region, as in :func:`analytics.upticks.scan_test`.
    window_max : int
        Longest cluster in days; clusters are the last 1, 2, ... days (or weeks) up to this.
    history : int
        Days studied, the last ones included.
    max_share : float
        Largest share of all incidents the places of a cluster may hold.
    radius : float, optional
        Largest distance in km of a cluster's places from its centre.
    null : {"rotation", "permutation"}
        By turning each region's series like a wheel, which keeps the dependence within each; or by dealing
        the dates anew over all incidents [2]_, which calls clusters that are none wherever one incident leads
        to others.
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
        distribution fitted to them [3]_, if that is smaller, and a note says so. A cluster of fewer than
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
    .. [2] Kulldorff, M., Heffernan, R., Hartman, J., Assunção, R., Mostashari, F. (2005). A space-time
           permutation scan statistic for disease outbreak detection. PLoS Medicine 2, e59.
    .. [3] Abrams, A. M., Kleinman, K., Kulldorff, M. (2010). Gumbel based p-value approximations for spatial
           scan statistics. International Journal of Health Geographics 9, 61.

    Examples
    --------
    >>> days = pd.date_range("2019-04-01", "2020-04-12")
    >>> rng = np.random.default_rng(3)
    >>> daily = pd.DataFrame(rng.poisson(0.2, (len(days), 12)), index=days, columns=list("ABCDEFGHIJKL"))
    >>> daily.iloc[-10:, :3] += rng.poisson(2.0, (10, 3))
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12").resample("day")
    >>> where = [[35.0, 44.0 + 0.1 * i] for i in range(3)] + [[33.0, 40.0 + i] for i in range(9)]
    >>> alarms = space_time_scan(counts, places=where, replicates=199, last=1)
    >>> [name for name, raised in zip(alarms.regions, alarms.alarm[-1]) if raised]
    ['A', 'B', 'C']
    """
    check_choice("null", null, Null)
    step = counts.period_days
    check_periods(step, window_max=window_max, history=history)
    check_zones(max_share, radius, window_max=window_max, history=history, least=MIN_WINDOWS)
    grid = grid_of(counts, last=last)
    level = per_region(alpha, grid, "alpha")
    check_level(alpha=level)
    if isinstance(replicates, bool) or replicates != int(replicates) or replicates < 1 / level.min() - 1:
        raise OptionError(
            "too few replicates for this level",
            expected=f"at least {int(np.ceil(1 / level.min())) - 1} at alpha {level.min():g}",
            found=str(replicates),
        )
    check_seed(seed)
    coordinates = region_coordinates(counts.regions, counts.by, places)
    distance = great_circle(coordinates[:, 0], coordinates[:, 1])
    rows = np.arange(grid.first, grid.shape[0])
    size = grid.counts.period_days
    # One past the last of the finest periods that each row ends with.
    ends = (((grid.starts[rows] - counts.starts[0]) / DAY).astype(np.int64) + size) // step
    span, longest, width = history // step, window_max // step, size // step
    long = (ends >= span) & (ends <= len(counts.starts)) & ~grid.counts.provisional[rows]
    shape = (rows.size, grid.shape[1])
    statistic, pvalue = np.zeros(shape), np.ones(shape)
    expected = np.full(shape, np.nan)
    gap, fitted, few = np.zeros((3, *shape), dtype=bool)
    reasons: dict[str, BoolArray] = {}
    for row in np.flatnonzero(long):
        part = slice(ends[row] - span, ends[row])
        tested = np.asarray(counts.coverage[part].all(axis=0))
        gap[row] = ~tested
        series = np.where(tested, counts.values[part], 0).astype(np.int64)
        total = series.sum(axis=0)
        reason = untestable_scan(series, tested)
        found = None
        alive = np.flatnonzero(total > 0)  # a place without incidents adds nothing to any statistic
        if not reason:
            found = scan_places(
                series[:, alive],
                distance[np.ix_(alive, alive)],
                longest,
                max_share=max_share,
                radius=radius,
                null=null,
                replicates=int(replicates),
                rng=np.random.Generator(np.random.PCG64(seed)),
            )
            if found is None:
                reason = f"every place alone holds more than {100 * max_share:g} % of the incidents"
        if found is None:
            reasons.setdefault(reason, np.zeros(shape, dtype=bool))[row] = True
            continue
        expected[row] = total * (series[-width:].sum() / total.sum())
        statistic[row, alive], pvalue[row, alive] = found.statistic, found.pvalue
        fitted[row, alive], few[row, alive] = found.fitted, found.few
    called = pvalue <= level
    run = DetectorRun(
        name="space_time_scan",
        null_hypothesis="each region has its own rate, and regions go up and down independently",
        method=(
            "prospective space-time permutation scan (Kulldorff 2001; Kulldorff et al. 2005), p-value from "
            + (
                "turning each place's series independently"
                if null == "rotation"
                else "dealing the dates anew over all incidents"
            )
            + ". Null hypothesis: the places go up and down independently of each other"
        ),
        kind="pvalue",
        overlap=-(-window_max // size),
        parameters={
            "window_max": window_max,
            "history": history,
            "max_share": max_share,
            "radius": radius,
            "null": null,
            "alpha": float(level[0]) if (level == level[0]).all() else level.tolist(),
            "replicates": int(replicates),
            "seed": seed,
        },
    )
    return make_alarms(
        grid,
        run,
        alarm=called & ~few,
        untested=[
            (np.broadcast_to(~long[:, None], shape), SHORT),
            (gap, GAP),
            *((mask, text) for text, mask in reasons.items()),
        ],
        remarks=[(called & few, FEW), (fitted, FITTED)],
        expected=expected,
        statistic=statistic,
        pvalue=pvalue,
        barred=few,
        notes=(
            "a region's p-value is that of the cluster it belongs to, for all places and lengths of one "
            f"{grid.freq}; repeated looks are not allowed for",
        ),
    )
