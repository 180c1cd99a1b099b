"""The recent-window test, period by period: more active lately than over the year before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.counts import Counts
from analytics.counts.sure import sure_coverage
from analytics.detectors.grid import SHORT, Grid, finest_ends, grid_of, make_alarms, per_region
from analytics.errors import OptionError
from analytics.kernels.windows.lrd import MIN_WINDOWS
from analytics.kernels.windows.recent import Lengths, Reported, RollingTest, rolling_test, stacked
from analytics.kernels.windows.recent_expected import ADJUSTED_REASONS, rolling_expected_test
from analytics.kernels.windows.spans import Spans, spans_of
from analytics.options import check_choice, check_level
from analytics.options.windows import check_windows
from analytics.periods import Freq, check_freq
from analytics.results import Alarms, DetectorRun

__all__ = ["recent_window"]


Null = Literal["constant", "expected", "auto"]

USUAL = 10**6  # days of history with which nothing is shortened
PARTLY = "part of the recent window has no coverage"
_SMALLEST = 1e-300
_NULLS = {
    "constant": "a mean rate as in the {baseline} days before a guard of {guard}",
    "expected": "the mean that trend and annual harmonics, fitted before a guard of {guard} days, predict",
    "auto": "the mean that trend and annual harmonics, fitted before a guard of {guard} days, predict where "
    "a season shows in two years of history or more, elsewhere a mean rate as in the {baseline} days before",
}


def recent_window(
    counts: Counts,
    *,
    recent: int = 14,
    guard: int | None = None,
    baseline: int | None = None,
    alpha: float | npt.ArrayLike = 1 / 52,
    null: Null = "auto",
    every: Freq | None = None,
    last: int | None = None,
    bound: bool = False,
) -> Alarms:
    """Test, for each period, the window of the last `recent` days that ends with it.

    Null hypothesis: a region's mean rate in the recent window equals that of its baseline (``"constant"``),
    or what trend and season lead one to expect (``"expected"``, and by default where a season shows). The
    test is that of
    :func:`analytics.upticks.uptick_test`, and the last period over at `as_of` has its p-value.

    Parameters
    ----------
    counts : Counts
        Daily counts are used where they are held, even when weeks are shown: a row is a week, the windows are
        of days.
    recent : int
        Days in the window asked about.
    guard, baseline : int, optional
        Days left out before it, and compared with; unless given 28 and 364, or what the history before a
        window allows, as in :func:`analytics.upticks.uptick_test`: from 16 weeks on.
    alpha : float or array, shape (regions,)
        Alarm where the p-value is at most this; 1/52 unless given.
    null : {"auto", "constant", "expected"}
        The null hypothesis. ``"expected"`` fits a trend and annual harmonics to up to five years before each
        window's guard; it needs 730 days, and is about ten times slower. ``"auto"``, as in `uptick_test`:
        that where those days show a season, the constant one elsewhere; looking for one takes two to six
        times as long as the constant null alone.
    every : {"day", "week"}, optional
        Test daily counts day by day or week by week, however they are shown.
    last : int, optional
        Test only the last so many periods over at `as_of`.
    bound : bool
        Compute `upper_bound`, which takes about three times as long; under the constant null only, so that
        windows have none whose test rests on their expectation.

    Returns
    -------
    Alarms
        `pvalue` and `statistic`, -log10 of it, refer to the whole window that ends with the period.
        `observed` is the period's own count, and `expected` what the period would hold at the null's
        rate: ``recent / period_days`` times that is the expected count of the window. `upper_bound` is the
        count of this period at which the model's tail reaches `alpha`, the rest of the window being what it
        is; the rotation may still hold the alarm back.
        A window partly without coverage has the p-value of its covered days, as long as they are at least
        half of it, for the record; nothing is concluded from it, and `alarm` is NA with a note, as
        :func:`analytics.upticks.uptick_test` grades it "no data".

    Raises
    ------
    OptionError
        If a length is not a whole number of periods, the baseline is shorter than eight windows, or `alpha`
        is out of range.
    HistoryError
        If `last` exceeds the periods there are.

    Notes
    -----
    Given the total, the recent share is beta-binomial, with the dispersion of overlapping sums as long as the
    window; the p-value is raised to the rotation p-value (LRD, variant B). At
    dispersion 1 it is the conditional test of two Poisson means [1]_. Windows of successive weeks overlap, so
    their p-values are dependent: ``overlap`` in the run says over how many periods.

    References
    ----------
    .. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
           series. Biometrika 31, 313-323.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2018-12-31", "2020-04-12")
    >>> rng = np.random.default_rng(7)
    >>> daily = pd.DataFrame({"Kirkuk": rng.poisson(0.5, len(days))}, index=days)
    >>> daily.iloc[-14:] = rng.poisson(2.0, (14, 1))
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12").resample("day")
    >>> alarms = recent_window(counts, every="week", last=4)
    >>> alarms.alarm.ravel()
    array([False, False,  True,  True])
    """
    check_choice("null", null, Null)
    if null == "expected" and bound:
        raise OptionError("bound is for the constant null only", todo="leave out bound, or null='constant'")
    if every is not None and check_freq(every) != counts.freq:
        if counts.finest == "week":
            raise OptionError("weekly counts cannot be tested day by day", found=f"every={every!r}")
        counts = replace(counts, freq=every)
    step = counts.period_days
    usual = spans_of(USUAL, recent, guard, baseline, step=step)
    check_windows(recent, usual.guard, usual.baseline, step, MIN_WINDOWS)
    grid = grid_of(counts, last=last)
    level = per_region(alpha, grid, "alpha")
    check_level(alpha=level)
    rows = np.arange(grid.first, grid.shape[0])
    ends = finest_ends(counts, grid)
    over = ~grid.counts.provisional[rows] & (ends <= len(counts.starts))
    covered = np.flatnonzero(counts.coverage.any(axis=1))
    begin = int(covered[0]) if covered.size else len(counts.starts)
    spans = [spans_of(int(end - begin) * step, recent, guard, baseline, step=step) for end in ends.tolist()]
    # A stated baseline may lie before the first day with coverage; what is not covered is left out of it.
    before = np.array([one.needed // step for one in spans], dtype=np.int64)
    long = np.array([one.enough for one in spans], dtype=bool) if baseline is None else ends >= before
    long &= over
    day = counts.starts.astype("datetime64[D]").astype(np.int64)

    def tested(at: IntArray, one: Spans) -> RollingTest:
        lengths = Lengths(recent // step, one.guard // step, one.baseline // step)
        reported = _reported(counts, at, lengths.length)
        if null == "expected":
            return rolling_expected_test(
                day, counts.values, counts.coverage, at, lengths, step=step, reported=reported
            )
        levels = level if bound else None
        found = rolling_test(counts.values, counts.coverage, at, lengths, levels=levels, reported=reported)
        if null == "constant":
            return found
        # A season is looked for in days under the same rules of inclusion, as `uptick_test` does.
        sure = sure_coverage(counts)
        other = rolling_expected_test(
            day, counts.values, sure, at, lengths, step=step, reported=reported, seasonal=True
        )
        return _put_in(found, other)

    test = _tested_by_spans(tested, ends[long], [one for one, keep in zip(spans, long, strict=True) if keep])
    latest = spans[-1] if spans else usual
    guard, baseline = latest.guard, latest.baseline
    parameters = {"recent": recent, "guard": guard, "baseline": baseline, "null": null, "alpha": level}
    return _alarms(grid, test, long, level, parameters, step, before * step)


def _put_in(found: RollingTest, other: RollingTest) -> RollingTest:
    """Return the tests, with the others where there are such."""
    at = np.isfinite(found.pvalue) & np.isfinite(other.pvalue)
    return replace(
        found,
        pvalue=np.where(at, other.pvalue, found.pvalue),
        expected=np.where(at, other.expected, found.expected),
        bound=None if found.bound is None else np.where(at, np.nan, found.bound),
    )


def _reported(counts: Counts, ends: IntArray, length: int) -> Reported | None:
    """Return the completeness of these windows' periods, as `uptick_test` reads it; None where all are in."""
    if counts.completeness is None:
        return None
    share, deviation = counts.completeness.share, counts.completeness.deviation
    lost = np.asarray((np.isnan(share) & counts.coverage).any(axis=1))
    found = Reported(np.nan_to_num(share, nan=1.0), np.nan_to_num(deviation), lost)
    return found if found.part(ends, length).any() else None


def _tested_by_spans(
    tested: Callable[[IntArray, Spans], RollingTest], ends: IntArray, spans: list[Spans]
) -> RollingTest:
    """Test ends with the same guard and baseline together; the earliest ones have shorter ones."""
    kinds = sorted(set(spans), key=lambda one: (one.baseline, one.guard)) or [spans_of(0, 7)]
    parts, places = [], []
    for kind in kinds:
        at = np.flatnonzero([one == kind for one in spans])
        parts.append(tested(ends[at], kind))
        places.append(at)
    if len(parts) == 1:
        return parts[0]
    back = np.argsort(np.concatenate(places), kind="stable")
    return stacked(parts, back)


def _alarms(
    grid: Grid,
    test: RollingTest,
    long: BoolArray,
    level: FloatArray,
    parameters: dict[str, Any],
    step: int,
    reach: IntArray,
) -> Alarms:
    recent = parameters["recent"]
    shape = (long.size, grid.shape[1])
    size = grid.counts.period_days
    length = recent // step

    def spread(found: npt.NDArray[np.number], empty: float) -> FloatArray:
        out = np.full(shape, empty)
        out[long] = found
        return out

    code = spread(test.code, 0)
    pvalue = spread(test.pvalue, np.nan)
    expected = spread(test.expected * (size / step) / np.maximum(test.days, 1), np.nan)
    if grid.counts.completeness is not None:
        expected *= np.nan_to_num(grid.counts.completeness.share[grid.first :], nan=1.0)
    upper = None
    own = grid.values[grid.first :]
    if test.bound is not None:
        # What the rest of the window holds counts towards the bound of the whole.
        upper = np.maximum(spread(test.bound, np.nan) - (spread(test.observed, np.nan) - own), 0.0)
    short = np.broadcast_to(~long[:, None], shape)
    # A period without a count of its own still ends a window, most of which may have coverage.
    running = np.broadcast_to(grid.counts.provisional[:, None], grid.shape)
    alarms = make_alarms(
        replace(grid, usable=~running),
        DetectorRun(
            name="recent_window",
            null_hypothesis=f"the recent window has {_NULLS[parameters['null']].format(**parameters)}",
            method=(
                "conditional beta-binomial test with window-scale dispersion (LRD, variant B) of the last "
                f"{recent} days. Null hypothesis: {_NULLS[parameters['null']].format(**parameters)}"
            ),
            kind="pvalue",
            overlap=-(-recent // size),
            parameters=parameters,
        ),
        alarm=pvalue <= level,
        untested=[(short, SHORT), *((code == i, text) for i, text in enumerate(ADJUSTED_REASONS) if i)],
        recorded=[(spread(test.days, length) < length, PARTLY)],
        expected=expected,
        upper_bound=upper,
        statistic=-np.log10(np.maximum(pvalue, _SMALLEST)),
        pvalue=pvalue,
        thinned=True,
        reach=None if parameters["null"] == "expected" else reach,
        notes=(f"p-values refer to the {recent} days that end with the period",),
    )
    return replace(alarms, covered=grid.usable[grid.first :])
