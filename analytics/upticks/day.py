"""One day: whether its count is exceptional beside the baseline's ordinary days.

Null hypothesis: the day is one of the region's days, drawn at random. Its count then follows the spread of
daily counts over the baseline (given the weekday), quiet spells and bursts alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IndexArray, IntArray
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.kernels.claims.ordinary_day import (
    OrdinaryDay,
    day_pvalue,
    exceedance,
    exceedance_limits,
    ordinary_day,
    smallest_count,
)
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.options import check_level
from analytics.periods import Window, as_day, as_window
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    ClaimResult,
    Verdict,
    format_number,
    format_p,
)

__all__ = ["day_test"]


MIN_BASELINE = 182  # days a baseline must ask for, so that a rank can reach the 1 % level with room to spare
MIN_COVERED = 91  # ... and that must be covered
MIN_OBSERVED = 2  # a single incident is not called exceptional, however quiet the place
_YEAR = 365.25
_DAY = np.timedelta64(1, "D")
METHOD = (
    "predictive tail of a gamma- or lognormal-mixed Poisson (the larger), averaged over the uncertainty of "
    "mean, weekday factor and dispersion, raised to the rank among the baseline's days where one of those "
    "reached the count, and kept to a Pareto tail beyond them; for a day picked as the largest of "
    "several, the tail of their maximum (Sidak's bound)"
)


def day_test(
    counts: Counts,
    *,
    date: object = None,
    picked: int | str | Window = 1,
    guard: int = 28,
    baseline: int = 364,
    weekday: bool = True,
    alpha: float = 0.05,
    margin: float = 30.0,
    completeness: float | None = None,
) -> ClaimResult:
    """Test whether a day's count is exceptional in each region.

    Parameters
    ----------
    counts : Counts
        Held by day.
    date : date or None
        The day asked about. None: the last day that is over at `as_of`, or, with `picked`, each region's
        largest day of those picked from (the latest of equals).
    picked : int, str or Window
        The days the day was picked from as the largest: a window (``"2020-03-30..2020-04-12"``), or the
        number of days that end with the last one over at `as_of`. 1: the day was named beforehand. Whoever
        looked through a month and reports its worst day must say 30.
    guard, baseline : int
        Days left out before the day (or before the days picked from), and days compared with.
    weekday : bool
        Compare with the same weekday: factors shrunk towards 1 by empirical Bayes.
    alpha : float
        Level of the verdict: p for one region, q (Benjamini-Hochberg) for several.
    margin : float
        "Not supported" is said where such a day comes at least once in `margin` days (one-sided 95 % limit),
        or at least once in as many days as it was picked from.
    completeness : float or None
        Share of the day's incidents already reported. None: not known, and *not supported* is not said.

    Returns
    -------
    ClaimResult
        `estimate` is the day's count, `low` and `high` the central 95 % of an ordinary day's, `detectable`
        the smallest count that would be called. Columns of its own: `date`, `expected`, `ratio` (observed
        over expected), `return_days` with `return_low` and `return_high` (95 %), `return_years`, `picked`
        (covered days picked from), `dispersion`, `baseline_total`, `baseline_days`, `coarse` (incidents of
        the day whose dates are coarse), `model_based` (p below what the ranks of the baseline can show).

    Raises
    ------
    OptionError
        If counts are weekly, the date is not among those picked from, or an option is out of range.
    HistoryError
        If the counts hold too few days.

    Notes
    -----
    The p-value is that of a day drawn at random from days like the baseline's. In an autocorrelated or
    self-exciting series a day inside a burst is more often high than that, and is then rightly called
    exceptional for an *ordinary* day: the test says nothing about whether it is exceptional given the week
    around it. The return period counts days that reach the count, on any weekday; in a bursty series they
    come together, so the gap between bursts is longer. Sidak's bound holds under positive dependence, which
    makes the correction for picking conservative. With one year of baseline and 30 days picked from, a
    rejection at 5 % is always model-based: 30 in 365 is the smallest rank. Beyond
    the baseline's largest day the p-value falls no faster than a Pareto tail of exponent 3, because how rare
    a wave unlike any before it is, the baseline cannot say. The interval of the return period holds the true
    one less often than it says where the level wanders (83 to 90 % for long-memory processes). Not adjusted
    for season or trend. Measured sizes are in ``benchmarks/results/day.md``.

    References
    ----------
    .. [1] Bulmer, M. G. (1974). On fitting the Poisson lognormal distribution to species-abundance data.
           Biometrics 30, 101-110.
    .. [2] Sidak, Z. (1967). Rectangular confidence regions for the means of multivariate normal
           distributions. JASA 62, 626-633.
    .. [3] Efron, B., Morris, C. (1975). Data analysis using Stein's estimator and its generalizations. JASA
           70, 311-319.

    Examples
    --------
    >>> days = pd.date_range("2019-01-01", "2020-04-12")
    >>> daily = pd.DataFrame({"Kirkuk": np.arange(len(days)) % 5 == 0}, index=days).astype(int)
    >>> daily.loc["2020-04-12"] = 4
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12")
    >>> day_test(counts, date="2020-04-12").frame[["estimate", "high", "verdict"]].values.tolist()
    [[4.0, 1.0, 'supported']]
    """
    check_level(alpha=alpha)
    _check_options(counts, guard, baseline, margin, completeness)
    window, asked = _picked(counts, picked, date)
    cut = _cut(counts, window, guard, baseline)
    first = int((window.start - counts.starts[0]) / _DAY)
    inside = counts.values[first : first + window.days]
    inside_covered = counts.coverage[first : first + window.days]
    if asked is None:
        shown = np.where(inside_covered, inside, -1)
        at = window.days - 1 - np.argmax(shown[::-1], axis=0)
    else:
        at = np.full(len(counts.regions), int((asked - window.start) / _DAY))
    series = np.arange(len(counts.regions))
    observed = inside[at, series].astype(float)
    covered_day = inside_covered[at, series]
    days = window.start + at * _DAY
    weekdays = _weekday(window.start + np.arange(window.days) * _DAY)
    often = np.stack([inside_covered[weekdays == d].sum(axis=0) for d in range(7)]).astype(float)

    reasons = np.full(len(counts.regions), "", dtype=object)
    reasons[cut.covered.sum(axis=0) < MIN_COVERED] = (
        f"the baseline has coverage for fewer than {MIN_COVERED} days"
    )
    reasons[~covered_day] = "the day has no coverage"
    columns = _test(
        cut,
        np.flatnonzero(reasons == ""),
        observed,
        _weekday(days),
        often,
        weekday,
        alpha,
        completeness or 1.0,
    )
    columns["return_days"] = 1 / columns.pop("chance")
    frame = pd.DataFrame(
        {
            "region": list(counts.regions),
            "date": days.astype("datetime64[us]"),
            "estimate": np.where(covered_day, observed, np.nan),
            "low": columns["low"],
            "high": columns["high"],
            "pvalue": columns["pvalue"],
            "qvalue": benjamini_hochberg(columns["pvalue"]),
            "detectable": columns["detectable"],
            "expected": columns["expected"],
            "ratio": observed / np.where(columns["expected"] > 0, columns["expected"], np.nan),
            "return_days": columns["return_days"],
            "return_low": columns["return_low"],
            "return_high": columns["return_high"],
            "return_years": columns["return_days"] / _YEAR,
            "picked": often.sum(axis=0).astype(int),
            "dispersion": columns["dispersion"],
            "baseline_total": np.where(cut.covered, cut.values, 0).sum(axis=0),
            "baseline_days": cut.covered.sum(axis=0),
            "coarse": 0 if counts.coarse is None else counts.coarse[first + at, series],
            "model_based": columns["pvalue"] < columns["floor"],
        }
    )
    frame["verdict"], frame["reason"] = _verdicts(
        frame, columns["limit"], list(reasons), alpha=alpha, margin=margin, known=completeness is not None
    )
    what = f"{window.end}" if asked is None and window.days == 1 else f"{asked}"
    claim = (
        f"{what} is exceptional"
        if asked is not None or window.days == 1
        else f"the largest day of {window} is"
    )
    claim += "" if claim.endswith("exceptional") else " exceptional"
    if window.days > 1 and asked is not None:
        claim += f", as the largest of the {window.days} days {window}"
    return ClaimResult(
        claim=claim,
        frame=frame,
        estimate_name=f"{counts.value} that day, beside the range of an ordinary day",
        null_hypothesis="the day is an ordinary one: drawn at random from days like the baseline's"
        + (", given its weekday" if weekday else "")
        + (f"; the {window.days} days picked from likewise" if window.days > 1 else ""),
        method=METHOD + ". Not adjusted for season or trend.",
        parameters={
            "date": None if asked is None else str(asked),
            "picked": str(window),
            "picked_days": window.days,
            "baseline": str(cut.window),
            "guard": guard,
            "weekday": weekday,
            "alpha": alpha,
            "margin_days": margin,
            "completeness": completeness,
        },
        simulated=counts.simulated,
        notes=_notes(counts, frame, completeness, inside, inside_covered),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Cut:
    values: npt.NDArray[np.int32]
    covered: BoolArray
    weekday: IntArray
    window: Window


def _weekday(days: Days) -> IntArray:
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) % 7)  # 1970-01-01 was a Thursday


def _check_options(
    counts: Counts, guard: int, baseline: int, margin: float, completeness: float | None
) -> None:
    if counts.finest != "day":
        raise OptionError(
            "day_test needs daily counts", expected="counts held by day", found="counts held by week",
            todo="count the incidents again; days are held unless the source has only weeks",
        )  # fmt: skip
    if baseline < MIN_BASELINE or guard < 0:
        raise OptionError(
            "the days compared with are too few to say what is exceptional, or the guard is negative",
            expected=f"baseline of at least {MIN_BASELINE} days, guard of at least 0",
            found=f"baseline {baseline}, guard {guard}",
        )
    if not margin >= 1:
        raise OptionError("margin must be at least 1", expected="days, such as 30", found=str(margin))
    if completeness is not None and not 0 < completeness <= 1:
        raise OptionError(
            "completeness is not usable", expected="above 0 and at most 1", found=str(completeness)
        )


def _picked(counts: Counts, picked: int | str | Window, date: object) -> tuple[Window, np.datetime64 | None]:
    """Return the days picked from and the day, None where it is each region's largest."""
    last = min(counts.starts[-1], counts.as_of)
    asked = None if date is None else as_day(date, "date")
    if isinstance(picked, int) and not isinstance(picked, bool):
        if picked < 1:
            raise OptionError("picked must be at least 1", expected="a number of days", found=str(picked))
        end = asked if picked == 1 and asked is not None else last
        window = Window(end - (picked - 1) * _DAY, end)
    else:
        window = as_window(picked, "picked")
    if window.end > last:
        raise OptionError(
            "the day is not over at as_of", expected=f"a day up to {last}", found=str(window.end)
        )
    if asked is not None and not window.start <= asked <= window.end:
        raise OptionError(
            "the day is not among those it was picked from", expected=f"a day in {window}", found=str(asked),
            todo="give picked as a window, such as '2020-03-14..2020-04-12'",
        )  # fmt: skip
    return window, asked


def _cut(counts: Counts, window: Window, guard: int, baseline: int) -> _Cut:
    end = int((window.start - counts.starts[0]) / _DAY) - guard
    if end - baseline < 0:
        raise HistoryError(
            f"day_test needs {baseline + guard} days before {window.start} "
            f"(guard {guard} + baseline {baseline})",
            found=f"{max(end + guard, 0)} days, from {counts.starts[0]}",
            todo="count from an earlier start, or ask for a shorter baseline",
        )
    part = slice(end - baseline, end)
    starts = counts.starts[part]
    return _Cut(counts.values[part], counts.coverage[part], _weekday(starts), Window(starts[0], starts[-1]))


def _test(
    cut: _Cut,
    index: IndexArray,
    observed: FloatArray,
    at: IntArray,
    often: FloatArray,
    adjust: bool,
    alpha: float,
    completeness: float,
) -> dict[str, FloatArray]:
    names = (
        "pvalue", "low", "high", "detectable", "expected", "chance", "return_low", "return_high", "limit",
        "dispersion", "floor",
    )  # fmt: skip
    out = {name: np.full(observed.size, np.nan) for name in names}
    if not index.size:
        return out
    values, covered = cut.values[:, index], cut.covered[:, index]
    count, weekdays, times = observed[index], at[index], often[:, index]
    day = ordinary_day(values, covered, cut.weekday, adjust=adjust)
    pvalue = np.empty(index.size)
    detectable = np.empty(index.size)
    # Coverage may leave regions different numbers of days to pick from: one batch for each.
    for n in np.unique(times.sum(axis=0)):
        of = np.flatnonzero(times.sum(axis=0) == n)
        some = (_some(day, of), values[:, of], covered[:, of], cut.weekday)
        pvalue[of], _ = day_pvalue(*some, count[of], weekdays[of], times[:, of], completeness=completeness)
        detectable[of] = smallest_count(*some, weekdays[of], times[:, of], alpha)
    series = np.arange(index.size)
    today = np.zeros((7, index.size))
    today[weekdays, series] = 1.0
    low, high = _ordinary_range(day, today, completeness)
    levels = exceedance_limits(day, count / completeness, (0.025, 0.05, 0.975))
    found = {
        "pvalue": pvalue,
        "low": low,
        "high": high,
        "detectable": np.maximum(detectable, MIN_OBSERVED),
        "expected": day.mean * day.factor[weekdays, series] * completeness,
        "chance": np.where(
            day.total > 0, exceedance(day, count / completeness, np.full((7, index.size), 1 / 7)), np.nan
        ),
        "return_low": 1 / levels[2],
        "return_high": 1 / np.maximum(levels[0], 1e-12),
        "limit": 1 / np.maximum(levels[1], 1e-12),
        "dispersion": day.phi,
        "floor": times.sum(axis=0) / (day.days + 1),
    }
    for name, array in found.items():
        out[name][index] = array
    return out


def _some(day: OrdinaryDay, of: IndexArray) -> OrdinaryDay:
    return OrdinaryDay(
        day.mean[of],
        day.total[of],
        day.days[of],
        day.factor[:, of],
        day.spread[:, of],
        day.phi[of],
        day.edf[of],
    )


def _ordinary_range(
    day: OrdinaryDay, today: FloatArray, completeness: float
) -> tuple[FloatArray, FloatArray]:
    """Smallest counts exceeded with a probability of at most 97.5 % and 2.5 %: the central 95 %."""

    def quantile(level: float) -> FloatArray:
        low, high = np.full(day.mean.shape, -1.0), np.ceil(4 * day.mean) + 4
        while (short := exceedance(day, high + 1, today, completeness=completeness) > level).any():
            low, high = np.where(short, high, low), np.where(short, 2 * high, high)
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            enough = exceedance(day, middle + 1, today, completeness=completeness) <= level
            open_ = high - low > 1
            high, low = np.where(open_ & enough, middle, high), np.where(open_ & ~enough, middle, low)
        return high

    return quantile(0.975), quantile(0.025)


def _verdicts(
    frame: pd.DataFrame,
    limit: FloatArray,
    reason_before: list[str],
    *,
    alpha: float,
    margin: float,
    known: bool,
) -> tuple[list[Verdict], list[str]]:
    verdicts: list[Verdict] = []
    reasons: list[str] = []
    names = ("estimate", "pvalue", "qvalue", "return_days", "return_low", "return_high", "detectable")
    for count, p, q, period, low, high, called, picked, total, bound, untested in zip(
        *(frame[name].to_numpy(dtype=float) for name in names),
        frame["picked"],
        frame["baseline_total"],
        limit,
        reason_before,
        strict=True,
    ):
        verdict: Verdict = CANNOT_BE_TOLD
        once = (
            f"such a day comes once in {format_number(period)} days "
            f"(95 % interval {format_number(low)} to {format_number(high)})"
        )
        if not total:
            once = "the baseline holds none at all"
        ordinary = bound <= max(margin, picked)
        reason = untested
        if untested:
            pass
        elif q <= alpha and count >= MIN_OBSERVED:
            verdict, reason = SUPPORTED, once
        elif q <= alpha:
            reason = f"{count:.0f} incident is too few to call a day exceptional"
        elif p <= alpha:
            reason = f"p = {format_p(p)} alone, but q = {format_p(q)} among the regions tested"
        elif count == 0 and known:
            verdict, reason = NOT_SUPPORTED, "nothing is recorded on the day"
        elif count == 0:
            reason = "nothing is recorded on the day so far (completeness not known)"
        elif ordinary and known:
            verdict, reason = NOT_SUPPORTED, once
        elif ordinary:
            reason = f"{once}, but late reports could still raise the count (completeness not known)"
        elif not total:
            reason = once
        else:
            among = f"; it was picked from {picked} days" if picked > 1 else ""
            reason = f"{once}{among}; a count of {format_number(called, 0)} would have been called"
        verdicts.append(verdict)
        reasons.append(reason)
    return verdicts, reasons


def _notes(
    counts: Counts,
    frame: pd.DataFrame,
    completeness: float | None,
    inside: npt.NDArray[np.int32],
    covered: BoolArray,
) -> tuple[str, ...]:
    notes = list(counts.notes)
    if len(frame) > 1:
        tested = int(frame["pvalue"].notna().sum())
        notes.append(
            f"q-values: Benjamini-Hochberg over the {tested} of {len(frame)} regions that could be tested"
        )
    if completeness is None:
        notes.append("completeness of the day is not known: 'not supported' is never said")
    if frame["model_based"].any():
        notes.append(
            "p-values marked model-based are smaller than the ranks of the baseline's days could show"
        )
    if frame["coarse"].any():
        notes.append(f"{int(frame['coarse'].sum())} of the incidents tested have coarse dates")
    if len(inside) > 1:
        largest = np.where(covered, inside, -1).max(axis=0)
        below = int((frame["estimate"].to_numpy() < largest).sum())
        if below:
            notes.append(f"in {below} regions the day is not the largest of those it was picked from")
    if counts.unplaced is not None and counts.unplaced.any():
        notes.append(f"{int(counts.unplaced.sum()):,} unplaced {counts.value} are in no region tested")
    return tuple(notes)
