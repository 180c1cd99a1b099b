"""More active recently? The recent window against a baseline, for every region at once.

Two null hypotheses, printed with every result. *Constant*: a region's mean rate in the recent window equals
that of its baseline. *Expected*: it equals what trend, season, weekday and calendar lead one to expect.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from analytics.counts import Counts
from analytics.errors import HistoryError, OptionError
from analytics.kernels.windows.answer import Answer, History, Method, answer
from analytics.kernels.windows.expected import PER_TERM
from analytics.options import check_choice, check_level, check_margin, check_single
from analytics.options.windows import days_of
from analytics.results import UptickResult, family_words, p_words
from analytics.results.uptick import Direction, Null
from analytics.upticks.before import rises_before
from analytics.upticks.evidence import Evidence
from analytics.upticks.history import short_notes
from analytics.upticks.method import NULL_WORDS, method_words
from analytics.upticks.nested import NESTED, nested_words
from analytics.upticks.notes import answer_notes, spread_notes, stretch_notes
from analytics.upticks.outlets import outlet_notes
from analytics.upticks.picked import picked_result
from analytics.upticks.posed import called_then, counts_then, pose, too_short_words
from analytics.upticks.rows import uptick_frame
from analytics.upticks.windows import Split, hold_back

__all__ = ["uptick_test"]


LENGTHS = (7, 14, 21, 28, 42, 56)


def uptick_test(
    counts: Counts,
    *,
    recent: int | Literal["scan"] = 14,
    guard: int | None = None,
    baseline: int | Literal["same_weeks"] | None = None,
    alpha: float = 0.05,
    margin: float = 1.5,
    confidence: float = 0.9,
    sought: float = 4.0,
    completeness: float | Sequence[float] | None = None,
    completeness_sd: float | Sequence[float] | None = None,
    direction: Direction = "greater",
    null: Null = "auto",
    calendar: Sequence[str] = (),
    method: Method = "pooled",
    shrink: bool = False,
    nested: bool = True,
    allow_splice: bool = False,
    lengths: Sequence[int] = LENGTHS,
) -> UptickResult:
    """Test whether each region has grown more active in the recent window.

    Parameters
    ----------
    counts : Counts
        Daily counts are used where they are held, even when weeks are shown. The recent window ends with the
        last period that was over at `as_of`.
    recent : int or "scan"
        Days in the window asked about. ``"scan"`` says that its length was chosen after looking: the best of
        `lengths` is tested as such, by the rotation of the largest standardised sum.
    guard : int, optional
        Days left out before the recent window; unless given 28, or, in a short history, as many whole weeks,
        at least two, as leave the baseline twelve weeks. A rise in the four weeks before the recent window is
        told in the notes, whether they are guard or baseline.
    baseline : int or "same_weeks", optional
        Days compared with, or the same weeks of all earlier years (and four weeks on either side). Unless
        given 364, or what there is: a recent window of 14 days is tested from 16 weeks of history on, and
        with less the grade is "no data: short". A note says what a short baseline costs.
    alpha : float
        Level of the verdict: p for one region, q (Benjamini-Hochberg) for several.
    margin : float
        "No uptick" is said where the one-sided 95 % upper limit of the rate ratio lies below it [2]_.
    confidence : float
        Coverage of the two-sided interval of the rate ratio. At 0.9 and alpha 0.05 a region alone is in
        uptick exactly when its lower end is above 1; upticks among several get intervals adjusted for the
        selection [5]_.
    sought : float
        "No sign of an uptick" is said where a rise to so many times would very likely have shown.
    completeness, completeness_sd : float, sequence of float, or None
        Share of the recent days' incidents already reported, and its standard deviation: one number, or one
        for each day. None: what the counts know. Where it is not known, an uptick may stand, since late
        reports only lower the count, but "no uptick" becomes "cannot be told", and decreases are not tested.
    direction : {"greater", "less"}
        An uptick, or a decrease.
    null : {"constant", "expected", "auto"}
        The null hypothesis the verdicts rest on; both p-values are in the frame, and the sentence says where
        they disagree. ``"auto"``: a region's answer rests on its expectation where the 730 days or more
        before the guard show a season that comes again each year (one so strong by chance in 1 of 100) and
        hold ten incidents a term, and on the constant mean elsewhere (Notes).
    calendar : sequence of str
        Calendar terms for the expected null: ``"ramadan"``, ``"eid_al_fitr"``, ``"eid_al_adha"``,
        ``"arbaeen"``, ``"curfew"``. Off by default; the notes say when the recent window overlaps one and the
        baseline does not.
    method : str
        ``"pooled"``: p-values are each region's own, and among six regions or more q-values start from the
        rank of a region's evidence among that of every window of the panel's year (Notes). ``"lrd_b"``:
        q-values start from the p-values, as also for decreases and where a region's answer rests on its
        expectation. ``"self_exciting"``: asks for more than earlier incidents draw after them, and finds
        more where they do. It and others, for comparison:
        :data:`analytics.kernels.windows.alternatives.METHODS`.
    shrink : bool
        Draw the dispersions of the regions together, never below a region's own; off by default (it made
        mixed panels worse).
    nested : bool
        Test districts within their governorate, where the counts hold all and know it (``counts.parents``): q
        at most alpha for the governorate, at most alpha / 2 among its districts [7]_. Else one family.
    allow_splice : bool
        Compare all the same where the rules of inclusion change between the first day of the baseline and the
        last of the recent window (``counts.splices``); a note says so. Else the grade is "no data: splice".
    lengths : sequence of int
        Candidate lengths in days for ``recent="scan"``.

    Returns
    -------
    UptickResult
        Observed, expected, rate ratio with interval, p-value, q-value, verdict with its reason, one of nine
        grades in words, the count an uptick starts at, and the smallest ratio detectable at 80 % power, both
        from the baseline alone [3]_. Its ``headline()`` is the answer in two sentences, its ``status`` what
        is new since the week before, ``watch()`` next week's lines. Its ``model("Kirkuk")`` is a
        region's expected model as a statsmodels results object.

    Raises
    ------
    HistoryError
        If no period is over, or the counts hold too few for a stated baseline.
    OptionError
        If an option is out of range.

    Notes
    -----
    Given the total, the recent share is beta-binomial. The dispersion is the variance of overlapping sums as
    long as the recent window over their mean, corrected for the finite number of windows and their
    correlation, at least 1; the tail is averaged over its uncertainty (variant A) and raised to the rotation
    p-value, which counts windows that do not lie across the rotation's join (variant B). Where a day's count
    depends on those before (a regression on the discounted past, shrunk to nothing where chance explains it),
    both are given the days before each window: they add at most a quarter to what is expected, being perhaps
    the rise's beginning, and take off at most half. What is smaller than a rotation can show, one over the
    baseline's days, is the window's rank among the baseline's: a model of one year cannot vouch for less.
    Only rises so large that a level not yet seen is less likely are below it [8]_; with a year none to less
    than 150 times the usual is below 0.001. Several
    regions are adjusted by variant A's own smaller values, so q may be smaller than p. With 20 of its own
    windows in the baseline or fewer the rotation stands, so that with twelve weeks of baseline no p-value is
    below 0.01. At dispersion 1 it is the conditional test of two Poisson means [1]_. A p-value below one over
    the number of disjoint baseline windows rests on the model and is marked ``model_based``; one below 0.01
    that rests on a single day is raised to what the other days give, at most to 0.01.

    Among six regions or more, a region's evidence is variant A's p-value with days counted up to a cap (where
    incidents come in same-day waves), to which the window's largest day adds at most tenfold. Its rank among
    the evidence of all windows of all regions' baselines, turned like wheels and counted by episodes, past
    upticks set aside, is a conformal p-value [4]_; it, or the region's own p-value where that is smaller,
    goes into Benjamini and Hochberg's procedure, so no region is called less than alone. False discovery
    rates and rises found are in benchmarks/results/panels.md. With fewer than 26 windows of baseline a
    window's evidence is taken from its latest days, as many as are left of a turned baseline. One year cannot
    show how years differ: where seasons do, 6.1 % of quiet panels had a false call, with ``baseline=1092``
    4.5 % (benchmarks/results/named_nowhere.md). A rise that no plausible dispersion explains is
    called however sparse the baseline: the largest p-value over dispersions up to twice the panel's largest,
    and at least up to 20 (more with less than a year of baseline, which may have seen no storm), stands for
    the region's own where it is smaller and at most 0.01.

    The interval inverts variant A, as if nothing were known of the days before, and is drawn to the side
    of 1 on which the verdict is. At 95 % its measured coverage at ratios 1 and 2 is 93 to 97 %, with
    these exceptions: more, up to 99 %, where a window holds few incidents or the counts are close to
    Poisson; less where whole spells are silent for weeks (83 to 88 % with long cease-fires), incidents
    come in campaigns of weeks (88 to 91 % at ratio 2), the spread grows (88 to 91 %) or weeks are entered
    on one day (92 % at two incidents a day; benchmarks/results/coverage.md). Under the constant null the
    test says "uptick" too often where there is season, trend or a drift of reporting; under the expected
    null where the season is sharp or the rate wanders: see benchmarks/results for measured sizes. A
    spread that grows through the baseline is seen, allowed for and warned of; 6.8 % are then called at 5
    %. On 46 steady processes, ten of them invented when the rule was fixed, at most 5.8 % are with a year
    of baseline (where levels stay for months and differ much), 5.7 % with three years and 4.9 % with ten
    weeks; at 0.1 % at most 0.2 % (three years 0.5 %, ten weeks none). At a true size of 5 % it finds 97 %
    of what the best possible test does in Poisson counts, 96 % in negative binomial ones, and 86 % of
    doublings and 88 % of triplings where incidents draw further ones (benchmarks/results/one_region.md).
    There, triplings that begin with the window are found in 43 % for 39 when the days before it were not
    yet given, those that began two weeks earlier in 47 % for 52. A rise to `detectable` times the usual
    is found in 81 to 99 % (benchmarks/results/detectable.md).

    Under the expected null the window-scale dispersion is that of the residuals, or, where it is larger, that
    of the expectation's own errors when the series is turned like a wheel of whole years [6]_; the p-value is
    raised to the rank of its error among those of all turns, and one that rests on a single day as above. At
    nominal 5 % it rejects 2.5 to 5.2 % of steady series, however slowly they move, in 20 processes
    (benchmarks/results/expected_steady.md). Of rises to twice the rate it finds 0 to 8 in a hundred fewer
    than the constant null where nothing else changes, and from 5 fewer to 17 more where there are season and
    trend; and it follows a trend that has ended: 11 to 15 % are called where a level fell for good 450 to 800
    days ago. In panels of 18 it finds what each region alone finds, for it shares nothing across them.

    So by the rule (``null="auto"``) a verdict rests on it where a season shows, and a trend alone does not
    count: the periodogram of the history's whole years, a log-linear trend taken out, holds more at one cycle
    a year and its multiples than between them (F test at 1 in 100). By chance 1 % of steady series show one,
    and 7 % of those are called at 5 %. Under a season with growth the constant null calls up to 12 % at the
    rising phase and next to none in the low season; the rule at most 6 % with three years, 8 % with two, and
    of doublings at 2 a day it finds 73 % for 58, under yearly offensives 49 % for 18. Elsewhere it is as the
    constant null: at most 5.9 % of 46 steady processes are called, false discoveries and escalations are the
    same, size-adjusted power is 97, 95 and 84 % of the best possible in Poisson, negative binomial and
    self-exciting counts (the expected null wherever it can be fitted: 90, 89 and 68 %;
    benchmarks/results/which_null.md). With another `method`, ``recent="scan"`` or a baseline of the same
    weeks the null is the constant one.

    References
    ----------
    .. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
           series. Biometrika 31, 313-323.
    .. [2] Altman, D. G., Bland, J. M. (1995). Absence of evidence is not evidence of absence. BMJ 311, 485.
    .. [3] Hoenig, J. M., Heisey, D. M. (2001). The abuse of power. The American Statistician 55, 19-24.
    .. [4] Bates, S., Candès, E., Lei, L., Romano, Y., Sesia, M. (2023). Testing for outliers with conformal
           p-values. Annals of Statistics 51, 149-178.
    .. [5] Benjamini, Y., Yekutieli, D. (2005). False discovery rate-adjusted multiple confidence intervals
           for selected parameters. JASA 100, 71-81.
    .. [6] Politis, D. N., Romano, J. P. (1992). A circular block-resampling procedure for stationary data. In
           LePage, R., Billard, L. (eds), Exploring the Limits of Bootstrap, 263-270. Wiley.
    .. [7] Yekutieli, D. (2008). Hierarchical false discovery rate-controlling methodology. JASA 103, 309-316.
    .. [8] Jeffreys, H. (1961). Theory of Probability, 3rd ed., section 3.23. Oxford University Press.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2019-01-01", "2020-04-12")
    >>> rng = np.random.default_rng(7)
    >>> daily = pd.DataFrame({"Kirkuk": rng.poisson(0.5, len(days))}, index=days)
    >>> daily.iloc[-14:] = rng.poisson(2.0, (14, 1))
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12")
    >>> uptick_test(counts).frame["verdict"].tolist()
    ['supported']
    """
    check_single(alpha=alpha, margin=margin, confidence=confidence, sought=sought)
    check_level(alpha=alpha, confidence=confidence)
    check_margin(margin)
    check_margin(sought, "sought")
    check_choice("direction", direction, Direction)
    check_choice("null", null, Null)
    check_choice("method", method, Method)
    recent = recent if isinstance(recent, str) and recent == "scan" else days_of("recent", recent)
    guard = None if guard is None else days_of("guard", guard)
    if baseline is not None and not isinstance(baseline, str):
        baseline = days_of("baseline", baseline)
    options = {
        "recent": recent,
        "guard": guard,
        "baseline": baseline,
        "alpha": alpha,
        "margin": margin,
        "confidence": confidence,
        "sought": sought,
        "completeness": completeness,
        "completeness_sd": completeness_sd,
        "direction": direction,
        "null": null,
        "calendar": tuple(calendar),
        "method": method,
        "shrink": shrink,
        "nested": nested,
        "allow_splice": allow_splice,
    }
    posed = pose(counts, options, max(lengths, default=0) if recent == "scan" else recent)
    counts, asked, held, known, spans = posed.counts, posed.asked, posed.held, posed.known, posed.spans
    parameters = options | {
        "guard": spans.guard,
        "baseline": baseline or spans.baseline,
        "completeness": known.mean,
        "completeness_sd": known.mean_deviation,
        "null": asked.null,
    }
    if recent == "scan":
        _check_scan(parameters | {"completeness_sd": completeness_sd})
        common = _common(counts, posed.split, baseline, calendar)
        common["notes"] = (*common["notes"], *posed.told)
        return picked_result(counts, posed.split, asked, tuple(lengths), common, parameters, held)
    history = posed.history(options)
    split, within = posed.against(history, options)
    found = hold_back(answer(split, asked, history, within.nest if within else None), held[1])
    frame = uptick_frame(split, counts, asked, found, held)
    common = _common(counts, split, baseline, calendar)
    notes = [*posed.told, *short_notes(spans, split.recent_window.days, frame)]
    if asked.upper and not held[0]:
        notes += [*rises_before(split, counts, alpha), *spread_notes(split, counts, alpha)]
        notes += outlet_notes(counts, split, frame)
    tested = int(frame["pvalue"].notna().sum())
    return UptickResult(
        **common | {"notes": (*common["notes"], *notes, *answer_notes(frame, asked))},
        frame=frame,
        parameters=parameters,
        family=nested_words(within, tested, alpha) if within else family_words(tested, len(frame)),
        method=method_words(asked, tested, bool(found.rests.any())),
        null_hypothesis=NULL_WORDS[asked.null] + (NESTED if within else ""),
        nulls=_nulls(found, history),
        evidence=Evidence(
            counts,
            split,
            asked,
            history,
            partial(_earlier, counts, options),
            partial(called_then, counts, options),
            within,
        ),
    )


def _earlier(counts: Counts, options: dict[str, Any], weeks: int) -> UptickResult | None:
    """Return the same test on the counts as of some weeks before; None where they are too short for it."""
    then = counts_then(counts, weeks)
    if then is None:
        return None
    try:
        result = uptick_test(then, **options)
    except HistoryError:
        return None
    return None if (result.frame["why"] == "short").all() else result


def _check_scan(parameters: dict[str, Any]) -> None:
    """Raise for options that a window picked after looking has no use for."""
    usual = {"null": "constant", "method": "pooled", "shrink": False, "completeness_sd": None, "calendar": ()}
    given = [name for name, value in usual.items() if parameters[name] != value]
    if given:
        named = ", ".join(given)
        raise OptionError(
            f"recent='scan' has no use for {named}",
            expected="the rotation of the largest standardised sum, under the constant null",
            todo=f"leave out {named}, or give the length of the recent window",
        )


def _common(
    counts: Counts, split: Split, baseline: int | str | None, calendar: Sequence[str]
) -> dict[str, Any]:
    """Return what every result states, whatever was asked."""
    return {
        "recent": split.recent_window,
        "baseline": split.baseline_window,
        "value": counts.value,
        "simulated": counts.simulated,
        "notes": stretch_notes(counts, split, baseline, calendar),
    }


def _terms(found: Answer, history: History) -> str:
    """Say what the expectation was fitted to, or why none was."""
    terms = found.expected.terms
    if terms is None:
        return too_short_words(history)
    fitted = ["trend", f"{terms.harmonics} annual harmonics"]
    fitted += ["weekday"] * terms.weekday + list(history.names)
    words = f"{', '.join(fitted)}, fitted to {history.days} days before the guard"
    pvalue = found.expected.pvalue
    left_out = int(np.isnan(pvalue).sum())
    if left_out:
        words += f"; {left_out} of {pvalue.size} regions not adjusted"
        words += f" (under {PER_TERM} incidents a term, or gaps)"
    return words


def _nulls(found: Answer, history: History) -> tuple[str, str]:
    """Say what was found under either null hypothesis."""

    def said(p: np.ndarray[Any, np.dtype[np.float64]]) -> str:
        if len(p) == 1:
            return p_words(p[0]) if np.isfinite(p[0]) else "not tested"
        return f"p at most 0.05 in {int((p <= 0.05).sum())} of {int(np.isfinite(p).sum())} regions"

    terms = _terms(found, history)
    expected = f": {said(found.expected.pvalue)} ({terms})" if history.enough else f": {terms}"
    return (
        f"Constant null (recent mean = baseline mean): {said(found.constant)}; "
        "not adjusted for season or trend.",
        f"Expected null (recent mean = trend, season and calendar){expected}.",
    )
