"""Since a date, or since when? A lasting change of level, at a stated date or an unknown one.

Null hypothesis: no change of level. The weekly counts may be overdispersed, autocorrelated and self-exciting;
their slow ups and downs are what a change has to stand out from.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import Direction
from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.options import (
    check_choice,
    check_installed,
    check_level,
    check_margin,
    check_share,
    check_whole,
)
from analytics.periods import as_day
from analytics.results import SUPPORTED, ClaimResult, Verdict
from analytics.upticks.change_stated import (
    MIN_AFTER,
    MIN_BEFORE,
    MIN_SLOPE,
    Model,
    placebo_dates,
    placebo_rank,
    stated_change,
)
from analytics.upticks.change_unknown import MIN_WEEKS, online_tables, several_changes, unknown_change
from analytics.upticks.decide import LATE, Found, decide_all, ratio_bound, too_few
from analytics.upticks.incomplete import without_incomplete
from analytics.upticks.notes import family_notes, unplaced_notes
from analytics.upticks.weeks import Weeks, cut_weeks
from analytics.upticks.windows import known_share, unanswered

__all__ = ["change_test"]

PLACEBO_ALLOWANCE = 2.0  # placebo dates overlap, so that their share is itself uncertain
_DECREASE = "late reports could make any decrease (completeness not known)"
_DATED = 4  # regions whose dates stand in the notes; all are in the frame
STATED = (
    "segmented log-linear Poisson mean of weekly counts; signed root of the deviance over the dispersion of "
    "slow movements (low-frequency cosines cleared of the model), averaged over its uncertainty"
)
UNKNOWN = (
    "largest of the two-mean deviances over all dates (sup-F), each over the dispersion of slow movements "
    "beside that date, against simulated critical values"
)


def change_test(
    counts: Counts,
    *,
    date: object = None,
    direction: Direction = "greater",
    trend: bool | None = None,
    slope: bool | None = None,
    trim: float = 0.15,
    multiple: bool = False,
    min_weeks: int = 13,
    false_changes: float = 0.05,
    expected_run: int = 104,
    alpha: float = 0.05,
    margin: float = 1.5,
    completeness: float | None = None,
) -> ClaimResult:
    """Test whether the level has changed since a date, or at some date.

    Parameters
    ----------
    counts : Counts
        Daily counts are summed over weeks that begin on the weekday of `date`, or, without one, that end with
        the last complete day. Weekly counts keep their weeks; a week in which `date` lies is left out.
    date : date or None
        First day of the new level, stated before the data were looked at. None: not known, and estimated.
    direction : {"greater", "less"}
    trend, slope : bool or None
        With a date only: a log-linear trend throughout, and a change of it at the date. None: both (the
        slope from 8 weeks after the date on).
    trim : float
        Without a date: share of the weeks at either end in which no change is looked for.
    multiple : bool
        Without a date: also look for several changes (needs the extra ``change``).
    min_weeks : int
        Fewest weeks between several changes.
    false_changes : float
        Probability of any change in white noise, which sets the penalty of several changes.
    expected_run : int
        Weeks a level is expected to last beforehand, for the Bayesian run length.
    alpha : float
        Level of the verdict: p for one region, q (Benjamini-Hochberg) for several.
    margin : float
        "Not supported" is said where the one-sided 95 % limit of the level ratio lies below it (above 1 /
        margin for a decrease); without a date, at every date that was looked at.
    completeness : float or None
        Share of the incidents since the date already reported. None: not known; then *not supported* is not
        said and decreases are not tested. Without a date only None or 1; periods known to be less than 90 %
        complete are then left out.

    Returns
    -------
    ClaimResult
        `estimate` is the ratio of the level after to before: with a date, at the date, against the trend
        before it continued; without, at the best date, with limits that allow for its choice. Columns of its
        own: before, after (incidents), weeks_before, weeks_after, dispersion. With a date: slope (factor a
        week by which the trend changes) with slope_low, slope_high and slope_pvalue; placebo_pvalue, the rank
        of the date among `placebos` earlier ones, each tested on equally many weeks before and after; and
        ``details["placebo"]``. Without: date (best),
        date_first and date_last (95 % set of dates), statistic; ``details["online"]``, the posterior
        probability of a change in the last weeks (negative binomial, and gamma-Poisson for comparison);
        ``details["run_length"]``; with `multiple`, ``details["changes"]``.

    Raises
    ------
    HistoryError
        If there are fewer than 26 weeks before and 4 after the date, or 52 without one.
    OptionError
        If an option is out of range, or `multiple` is asked for and ruptures is not installed.

    Notes
    -----
    The dispersion is estimated from 0.4 n^(2/3) low-frequency cosines [1]_, cleared of the model's terms, so
    the p-value is Student's t's with few degrees of freedom, lowered for heavy tails, with the dispersion
    held at 1 or above. Sizes and power are in ``benchmarks/results/change.md``. Fails where the mean moves by
    itself within the series: season and curvature are not modelled, and short series (52 weeks) with a yearly
    season are rejected too often. The placebo dates show it: where there are enough of them (19 at 5 %) and
    more than twice `alpha` of them show as small a p-value, a change is not called.

    A stated date must be stated beforehand: the best of many dates tested as if stated is rejected far too
    often. In self-exciting processes a new rate shows only gradually, so the level *at* the date is then
    below the one reached, with a slope above 1.

    Without a date the p-value allows for the choice of the date; for Poisson counts, and for fewer than about
    two years, it is conservative. The set of dates inverts the likelihood ratio [2]_ with the slow
    dispersion; it may skip dates, and the first and last are shown. Where the test has little power, the
    changes it does find are extreme ones, and their sets of dates hold the true one less often.

    Penalty of several changes [4]_: the quantile of the gain of the best one or two changes in white noise,
    each over the dispersion left beside the best two. The rate of false changes it leads to is measured in
    the same file; it is not held where levels do move for months (long cease-fires, strong self-excitation
    with a long memory): to it, these are changes of level. The Bayesian run length [3]_ takes weeks as
    independent given the level, with the slow dispersion as that of each week; it is a description, not a
    test.

    References
    ----------
    .. [1] Lazarus, E., Lewis, D. J., Stock, J. H., Watson, M. W. (2018). HAR inference: recommendations for
           practice. Journal of Business and Economic Statistics 36, 541-559.
    .. [2] Eo, Y., Morley, J. (2015). Likelihood-ratio-based confidence sets for the timing of structural
           breaks. Quantitative Economics 6, 463-497. The statistic: Andrews, D. W. K. (1993). Econometrica
           61, 821-856.
    .. [3] Adams, R. P., MacKay, D. J. C. (2007). Bayesian online changepoint detection. arXiv:0710.3742.
    .. [4] Killick, R., Fearnhead, P., Eckley, I. A. (2012). Optimal detection of changepoints with a linear
           computational cost. JASA 107, 1590-1598.

    Examples
    --------
    >>> days = pd.date_range("2017-04-17", "2020-04-12")
    >>> rng = np.random.default_rng(3)
    >>> rate = np.where(days >= "2019-10-01", 1.5, 0.5)
    >>> daily = pd.DataFrame({"Kirkuk": rng.poisson(rate)}, index=days)
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12")
    >>> change_test(counts, date="2019-10-01").frame["verdict"].tolist()
    ['supported']
    >>> found = change_test(counts).frame.iloc[0]
    >>> bool(found["date_first"] <= pd.Timestamp("2019-10-01") <= found["date_last"] + pd.Timedelta(days=6))
    True
    """
    check_level(alpha=alpha, false_changes=false_changes)
    check_choice("direction", direction, Direction)
    check_margin(margin)
    check_share(completeness=completeness)
    check_whole(1, min_weeks=min_weeks)
    check_whole(2, expected_run=expected_run)
    _check(date, trend, slope, trim, multiple, completeness)
    sign = 1 if direction == "greater" else -1
    completeness = _known(counts, date, completeness)
    counts, left_out = without_incomplete(counts) if date is None else (counts, [])
    if date is None:
        found = _unknown(counts, sign, trim, min_weeks, expected_run, false_changes if multiple else None)
        found.parameters["false_changes"] = false_changes
    else:
        model = Model(trend is None or trend, slope is None or slope, sign, completeness or 1.0)
        found = _stated(counts, as_day(date, "date"), model, alpha, chosen=slope is None)
    tested = direction == "greater" or completeness is not None
    silent = unanswered(counts, counts.starts[0], counts.last_complete_day)
    if silent:
        found.columns["untested"] = np.full(len(counts.regions), silent, dtype=object)
    if silent or not tested:
        for name in {"pvalue", "slope_pvalue"} & found.columns.keys():
            found.columns[name] = np.full(len(counts.regions), np.nan)
    frame = _frame(found.columns, counts.regions, found.details.get("placebo"))
    frame["verdict"], frame["reason"] = _verdicts(
        frame, found.columns["untested"], alpha, margin, sign, known=completeness is not None, tested=tested
    )
    notes = [*counts.notes, *left_out, *found.notes, *(_dated(frame) if date is None else [])]
    if completeness is None:
        notes.append("completeness since the date is not known: 'not supported' is never said")
    trended = bool(found.parameters.get("trend"))
    adjusted = "trend adjusted for, season not" if trended else "not adjusted for season or trend"
    given = {"direction": direction, "alpha": alpha, "margin": margin, "completeness": completeness}
    return ClaimResult(
        claim=f"the level {'rose' if sign > 0 else 'fell'} {found.when}",
        frame=frame.drop(columns="limit"),
        estimate_name=f"ratio of the weekly level of {counts.value}",
        null_hypothesis="no change of level" + (" against the trend" if trended else ""),
        method=f"{found.method}; {adjusted}.",
        parameters={**given, **found.parameters, "weeks": f"{found.weeks.starts[0]}..{found.weeks.end}"},
        details=found.details,
        simulated=counts.simulated,
        notes=(*notes, *unplaced_notes(counts), *family_notes(frame)),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Changes:
    """What was found at a stated date or an unknown one, and the words for it."""

    weeks: Weeks
    columns: dict[str, npt.NDArray[Any]]
    details: dict[str, pd.DataFrame]
    parameters: dict[str, object]
    when: str
    method: str
    notes: list[str]


def _known(counts: Counts, date: object, given: float | None) -> float | None:
    """Return the share reported since the date; without one, only that all of it is known to be complete."""
    begin = 0 if date is None else int(np.searchsorted(counts.starts, as_day(date, "date")))
    share = known_share(counts, begin, counts.complete, given)
    return share if given is not None or date is not None or share == 1 else None


def _unknown(
    counts: Counts, sign: int, trim: float, min_weeks: int, expected_run: int, false_changes: float | None
) -> _Changes:
    """Look for a date, and, with `false_changes`, for several."""
    weeks = cut_weeks(counts)
    if len(weeks.starts) < max(MIN_WEEKS, 3 * min_weeks):
        raise _too_short(weeks, max(MIN_WEEKS, 3 * min_weeks))
    details = online_tables(weeks, counts.regions, expected_run=expected_run, min_weeks=min_weeks)
    several = false_changes is not None
    if false_changes is not None:
        details["changes"] = several_changes(
            weeks, counts.regions, min_weeks=min_weeks, false_changes=false_changes
        )
    return _Changes(
        weeks=weeks,
        columns=unknown_change(weeks, sign=sign, trim=trim),
        details=details,
        parameters={
            "date": None, "trim": trim, "expected_run": expected_run, "multiple": several,
            "min_weeks": min_weeks,
        },
        when="at some date",
        method=UNKNOWN,
        notes=["the detectable ratio depends on the date, which is not known: not given"],
    )  # fmt: skip


def _stated(counts: Counts, day: np.datetime64, model: Model, alpha: float, *, chosen: bool) -> _Changes:
    """Test the stated date; `chosen`: a change of slope is fitted only where there are weeks enough."""
    weeks = cut_weeks(counts, day)
    _check_date(weeks, day)
    notes = []
    if chosen and len(weeks.starts) - weeks.first < MIN_SLOPE:
        model = replace(model, slope=False)
        notes.append(f"fewer than {MIN_SLOPE} weeks since the date: no change of slope is fitted")
    if weeks.split:
        notes.append(f"the week in which {day} lies is left out")
    return _Changes(
        weeks=weeks,
        columns=stated_change(weeks, model, alpha=alpha),
        details={"placebo": placebo_dates(weeks, model, counts.regions)},
        parameters={"date": str(day), "trend": model.trend, "slope": model.slope},
        when=f"on {day}",
        method=STATED,
        notes=notes,
    )


def _dated(frame: pd.DataFrame) -> list[str]:
    """Return one note for each of the first few regions with a change: when it was."""
    rows = frame[frame["verdict"] == SUPPORTED].sort_values("pvalue", kind="stable").head(_DATED)
    return [
        f"{row['region']}: best date {row['date']:%Y-%m-%d}, 95 % set {row['date_first']:%Y-%m-%d} to "
        f"{row['date_last']:%Y-%m-%d}"
        for row in rows.to_dict("records")
    ]


def _check(
    date: object,
    trend: bool | None,
    slope: bool | None,
    trim: float,
    multiple: bool,
    completeness: float | None,
) -> None:
    """Raise for a trim out of range, and for options that do not go with a stated date, or without one."""
    if not 0.05 <= trim < 0.5:
        raise OptionError("trim is out of range", expected="0.05 or more, below 0.5", found=str(trim))
    if date is None and (trend or slope or completeness not in (None, 1)):
        raise OptionError(
            "trend, slope and a completeness below 1 need a stated date",
            todo="state the date, or leave them out",
        )
    if date is not None and multiple:
        raise OptionError(
            "several changes are looked for only where no date is stated", todo="leave out date"
        )
    if multiple:
        instead = "leave out multiple=True"
        check_installed("ruptures", what="several changes are searched", extra="change", instead=instead)


def _too_short(weeks: Weeks, needed: int) -> HistoryError:
    number = len(weeks.starts)
    span = f", {weeks.starts[0]}..{weeks.end}" if number else ""
    return HistoryError(
        f"change_test needs {needed} complete weeks to look for a date; there are {number}{span}",
        todo="count from an earlier start (if the data begin before)",
    )


def _check_date(weeks: Weeks, day: np.datetime64) -> None:
    number = len(weeks.starts)
    after = number - weeks.first
    if number and weeks.first >= MIN_BEFORE and after >= MIN_AFTER:
        return
    span = f", {weeks.starts[0]}..{weeks.end}" if number else ""
    raise HistoryError(
        f"change_test needs {MIN_BEFORE} complete weeks before {day} and {MIN_AFTER} from it on",
        found=f"{min(weeks.first, number)} before and {max(after, 0)} after{span}",
        todo="count from an earlier start (if the data begin before), or ask about an earlier date",
    )


def _frame(
    columns: dict[str, npt.NDArray[np.generic]], regions: tuple[str, ...], placebo: pd.DataFrame | None
) -> pd.DataFrame:
    first = ("estimate", "low", "high", "pvalue")
    frame = pd.DataFrame({"region": list(regions)} | {name: columns[name] for name in first})
    frame["qvalue"] = benjamini_hochberg(frame["pvalue"].to_numpy(dtype=float))
    for name, column in columns.items():
        if name not in (*first, "untested"):
            frame[name] = column
    if placebo is not None:
        number, rank = placebo_rank(placebo, regions)
        frame["placebos"] = number
        frame["placebo_pvalue"] = np.where(frame["pvalue"].notna(), rank, np.nan)
    return frame


def _verdicts(
    frame: pd.DataFrame,
    untested: npt.NDArray[np.object_],
    alpha: float,
    margin: float,
    sign: int,
    *,
    known: bool,
    tested: bool,
) -> tuple[list[Verdict], list[str]]:
    rows = []
    for row, why in zip(frame.to_dict("records"), untested, strict=True):
        higher = float(row["after" if sign > 0 else "before"])
        rows.append(
            Found(
                row["pvalue"],
                row["qvalue"],
                ratio_bound(float(row["limit"]), margin, upper=sign > 0, digits=2),
                untested=why or ("" if tested else _DECREASE),
                few=too_few(higher, MIN_OBSERVED, "call a change") or _placebos_show(row, alpha),
                doubt="" if known else LATE,
            )
        )
    return decide_all(rows, alpha)


def _placebos_show(row: Mapping[Hashable, Any], alpha: float) -> str:
    """Return that placebo dates show as much as the date asked about, "" where they do not."""
    number = row.get("placebos", 0)
    if number < round(1 / alpha) - 1 or not row["placebo_pvalue"] > PLACEBO_ALLOWANCE * alpha:
        return ""
    found = round(row["placebo_pvalue"] * (number + 1)) - 1
    return f"{found} of {number} placebo dates, where nothing is claimed, show as much"
