"""One day: whether its count is exceptional beside the baseline's ordinary days.

Null hypothesis: the day is one of the region's days, drawn at random. Its count then follows the spread of
daily counts over the baseline (given the weekday), quiet spells and bursts alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.former import renamed
from analytics.kernels.claims.day_judged import judge_days
from analytics.kernels.common.limits import MIN_OBSERVED_DAY
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.options import check_at_least, check_flag, check_level, check_share, check_single, check_whole
from analytics.periods import YEAR_DAYS, Window
from analytics.results import ClaimResult, Verdict, counted, format_number, interval_words
from analytics.upticks.day_inputs import DaysAsked, ask_days
from analytics.upticks.decide import Found, Limit, decide_all, too_few
from analytics.upticks.notes import family_notes, unplaced_notes
from analytics.upticks.windows import known_share, unanswered

__all__ = ["day_test"]


MIN_BASELINE = 182  # days a baseline must ask for, so that a rank can reach the 1 % level with room to spare
MIN_COVERED = 91  # ... and that must be covered
METHOD = (
    "predictive tail of a gamma- or lognormal-mixed Poisson (the larger), averaged over the uncertainty of "
    "mean, weekday factor and dispersion, raised to the rank among the baseline's days where one of those "
    "reached the count, and kept to a Pareto tail beyond them; for a day picked as the largest of "
    "several, the tail of their maximum (Sidak's bound)"
)


@renamed(margin="margin_days")
def day_test(
    counts: Counts,
    *,
    date: object = None,
    picked: int | str | Window = 1,
    guard: int = 28,
    baseline: int = 364,
    weekday: bool = True,
    alpha: float = 0.05,
    margin_days: float = 30.0,
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
    margin_days : float
        "Not supported" is said where such a day comes at least once in so many days (one-sided 95 % limit),
        or at least once in as many as it was picked from.
    completeness : float or None
        Share of the day's incidents already reported. None: what the counts know, if
        anything; where it is not known, *not supported* is not said.

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
    _check_options(counts, guard, baseline, picked)
    check_single(alpha=alpha)
    check_level(alpha=alpha)
    check_at_least(1, margin_days=margin_days)
    check_share(completeness=completeness)
    check_flag(weekday=weekday)
    asked = ask_days(counts, picked=picked, date=date, guard=guard, baseline=baseline)
    days = asked.window if asked.date is None else Window(asked.date, asked.date)
    begin, end = np.searchsorted(counts.starts, [days.start, days.end])
    completeness = known_share(counts, int(begin), int(end) + 1, completeness)
    untested = np.full(len(counts.regions), "", dtype=object)
    untested[asked.values_covered.sum(axis=0) < MIN_COVERED] = (
        f"the baseline has coverage for fewer than {MIN_COVERED} days"
    )
    untested[~asked.covered] = "the day has no coverage"
    if silent := unanswered(counts, asked.baseline.start, asked.window.end):
        untested[:] = silent
    numbers = judge_days(
        asked.values,
        asked.values_covered,
        asked.weekdays,
        np.flatnonzero(untested == ""),
        asked.observed,
        asked.weekday,
        asked.often,
        adjust=weekday,
        alpha=alpha,
        completeness=completeness or 1.0,
    )
    frame = _frame(counts.regions, asked, numbers)
    frame["verdict"], frame["reason"] = _verdicts(
        frame, numbers["limit"], untested, alpha=alpha, margin=margin_days, known=completeness is not None
    )
    return ClaimResult(
        claim=_claim(asked),
        frame=frame,
        estimate_name=f"{counts.value} that day, beside the range of an ordinary day",
        null_hypothesis="the day is an ordinary one: drawn at random from days like the baseline's"
        + (", given its weekday" if weekday else "")
        + (f"; the {asked.window.days} days picked from likewise" if asked.window.days > 1 else ""),
        method=METHOD + ". Not adjusted for season or trend.",
        parameters={
            "date": None if asked.date is None else str(asked.date),
            "picked": str(asked.window),
            "picked_days": asked.window.days,
            "baseline": str(asked.baseline),
            "guard": guard,
            "weekday": weekday,
            "alpha": alpha,
            "margin_days": margin_days,
            "completeness": completeness,
        },
        simulated=counts.simulated,
        notes=tuple(_notes(counts, frame, asked, known=completeness is not None)),
    )


def _check_options(counts: Counts, guard: int, baseline: int, picked: object) -> None:
    if counts.finest != "day":
        raise OptionError(
            "day_test needs daily counts", expected="counts held by day", found="counts held by week",
            todo="count the incidents again; days are held unless the source has only weeks",
        )  # fmt: skip
    check_whole(0, unit="days", guard=guard)
    check_whole(MIN_BASELINE, unit="days", baseline=baseline)
    if not isinstance(picked, str | Window):
        check_whole(1, unit="days", picked=picked)


def _claim(asked: DaysAsked) -> str:
    days = asked.window.days
    if asked.date is None:
        return f"{asked.window.end if days == 1 else f'the largest day of {asked.window}'} is exceptional"
    among = f", as the largest of the {days} days {asked.window}" if days > 1 else ""
    return f"{asked.date} is exceptional{among}"


def _frame(regions: tuple[str, ...], asked: DaysAsked, numbers: dict[str, FloatArray]) -> pd.DataFrame:
    """Return one row a region, without verdict and reason."""
    return_days = 1 / numbers["chance"]
    expected = numbers["expected"]
    return pd.DataFrame(
        {
            "region": list(regions),
            "date": asked.days.astype("datetime64[us]"),
            "estimate": np.where(asked.covered, asked.observed, np.nan),
            "low": numbers["low"],
            "high": numbers["high"],
            "pvalue": numbers["pvalue"],
            "qvalue": benjamini_hochberg(numbers["pvalue"]),
            "detectable": numbers["detectable"],
            "expected": expected,
            "ratio": asked.observed / np.where(expected > 0, expected, np.nan),
            "return_days": return_days,
            "return_low": numbers["return_low"],
            "return_high": numbers["return_high"],
            "return_years": return_days / YEAR_DAYS,
            "picked": asked.often.sum(axis=0).astype(int),
            "dispersion": numbers["dispersion"],
            "baseline_total": np.where(asked.values_covered, asked.values, 0).sum(axis=0),
            "baseline_days": asked.values_covered.sum(axis=0),
            "coarse": asked.coarse,
            "model_based": numbers["pvalue"] < numbers["floor"],
        }
    )


def _verdicts(
    frame: pd.DataFrame,
    limit: FloatArray,
    untested: npt.NDArray[np.object_],
    *,
    alpha: float,
    margin: float,
    known: bool,
) -> tuple[list[Verdict], list[str]]:
    rows = []
    for row, bound, why in zip(frame.to_dict("records"), limit, untested, strict=True):
        count = row["estimate"]
        rows.append(
            Found(
                row["pvalue"],
                row["qvalue"],
                Limit(bool(count == 0 or bound <= max(margin, row["picked"])), *_said(row)),
                untested=why,
                few=too_few(count, MIN_OBSERVED_DAY, "call a day exceptional"),
                doubt="" if known else _doubt(row),
                called=_once(row),
            )
        )
    return decide_all(rows, alpha)


def _once(row: Mapping[Hashable, Any]) -> str:
    """Say how often such a day comes."""
    if not row["baseline_total"]:
        return "the baseline holds none at all"
    return (
        f"such a day comes once in {format_number(row['return_days'])} days "
        f"(95 % interval {interval_words(row['return_low'], row['return_high'], 1)})"
    )


def _said(row: Mapping[Hashable, Any]) -> tuple[str, str]:
    """Return the reasons of a day that is an ordinary one, and of one that may be more."""
    once = _once(row)
    ruled_out = "nothing is recorded on the day" if row["estimate"] == 0 else once
    if not row["baseline_total"]:
        return ruled_out, once
    among = f"; it was picked from {counted(row['picked'], 'day')}" if row["picked"] > 1 else ""
    called = format_number(row["detectable"], 0)
    return ruled_out, f"{once}{among}; a count of {called} would have been called"


def _doubt(row: Mapping[Hashable, Any]) -> str:
    """Say why a day with few incidents so far is not called an ordinary one."""
    if row["estimate"] == 0:
        return "nothing is recorded on the day so far (completeness not known)"
    return f"{_once(row)}, but late reports could still raise the count (completeness not known)"


def _notes(counts: Counts, frame: pd.DataFrame, asked: DaysAsked, *, known: bool) -> list[str]:
    notes = [*counts.notes, *family_notes(frame)]
    if not known:
        notes.append("completeness of the day is not known: 'not supported' is never said")
    if frame["model_based"].any():
        notes.append(
            "p-values marked model-based are smaller than the ranks of the baseline's days could show"
        )
    if frame["coarse"].any():
        notes.append(f"{int(frame['coarse'].sum())} of the incidents tested have coarse dates")
    if asked.window.days > 1:
        largest = np.where(asked.inside_covered, asked.inside, -1).max(axis=0)
        below = int((frame["estimate"].to_numpy() < largest).sum())
        if below:
            notes.append(
                f"in {counted(below, 'region')} the day is not the largest of those it was picked from"
            )
    return notes + unplaced_notes(counts)
