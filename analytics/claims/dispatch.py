"""Each kind of claim put to the data: which test answers it, and what its result says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from analytics._typing import Direction
from analytics.claims.answer import Answer, Options, answered, seen_words
from analytics.claims.contrast import contrast, contrast_words
from analytics.claims.newcomer import emerging_answer
from analytics.claims.series import Asked, Unanswerable, fitting
from analytics.kernels.windows.spans import BASELINE, GUARD
from analytics.periods import DAY, Window
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    Verdict,
    counted,
    format_number,
    p_words,
)
from analytics.upticks.change import change_test
from analytics.upticks.concentration import concentration_test
from analytics.upticks.day import day_test
from analytics.upticks.recent import uptick_test
from analytics.upticks.recurring import recurrence_test
from analytics.upticks.response import response_test

__all__ = ["ANSWERS", "Answer", "Options"]

SPELL = 91  # days without any incident, from which activity is not said to have gone on


def _guard(options: Options) -> int:
    return GUARD if options.guard is None else options.guard


def _baseline(options: Options, window: Window) -> int:
    asked = BASELINE if options.baseline is None else options.baseline
    return max(asked, 8 * window.days)  # a baseline holds eight windows at least


def _direction(asked: Asked) -> Direction:
    return "less" if asked.claim.direction == "less" else "greater"


def _recent(asked: Asked, options: Options) -> Answer:
    direction, baseline = _direction(asked), _baseline(options, asked.window)
    fits = options.baseline is None and baseline == BASELINE  # to the history, where it is short
    result = uptick_test(
        asked.series(),
        recent=asked.window.days,
        guard=options.guard,
        baseline=None if fits else baseline,
        alpha=options.alpha,
        margin=options.margin,
        confidence=0.95,  # as every test of a claim
        completeness=options.completeness,
        direction=direction,
    )
    row = result.frame.iloc[0]
    found = ""
    if not np.isnan(row["pvalue"]):
        found = f"{row['observed']:.0f} where {format_number(row['expected'])} were expected"
        if row["null"] == "expected":
            found += f"; against the baseline's mean {p_words(row['pvalue_constant'])}"
        elif not np.isnan(row["pvalue_expected"]):
            found += f"; against trend and season {p_words(row['pvalue_expected'])}"
    return answered(
        "uptick_test",
        result,
        "rate ratio",
        seen_words(row["detectable"], "{} times the rate {}", direction),
        found,
        estimate="rate_ratio",
    )


def _day(asked: Asked, options: Options) -> Answer:
    claim, day = asked.claim, asked.window.end
    result = day_test(
        asked.series(),
        date=day,
        picked=Window(day - (claim.picked - 1) * DAY, day),
        guard=_guard(options),
        baseline=BASELINE if options.baseline is None else options.baseline,
        alpha=options.alpha,
        completeness=options.completeness,
    )
    row = result.frame.iloc[0]
    stated = ""
    if claim.count is not None and not np.isnan(row["estimate"]):
        stated = f"the claim says {claim.count}, the data hold {row['estimate']:.0f}"
        if row["estimate"] < claim.count:
            stated += ", so not all of it is in them"
    picked = f"taken as the largest of the {claim.picked} days that end with it" if claim.picked > 1 else ""
    return answered(
        "day_test",
        result,
        "incidents that day (an ordinary day's range)",
        seen_words(row["detectable"], "{} on the day {}", digits=0),
        stated,
        picked,
    )


def _concentration(asked: Asked, options: Options) -> Answer:
    counts = asked.count(every=True)
    result = concentration_test(
        counts,
        regions_inside=asked.claim.region_set or asked.members(),
        recent=asked.window.days,
        guard=_guard(options),
        baseline=_baseline(options, asked.window),
        alpha=options.alpha,
        margin=options.margin,
    )
    row = result.frame.iloc[0]
    shares = ""
    if not np.isnan(row["share_recent"]) and not np.isnan(row["share_baseline"]):
        shares = (
            f"{row['share_recent']:.0%} of the window's incidents lie there, "
            f"{row['share_baseline']:.0%} of the baseline's"
        )
    return answered(
        "concentration_test",
        result,
        "ratio of rate ratios",
        seen_words(row["detectable"], "a rise {} times that elsewhere {}"),
        shares,
    )


def _change(asked: Asked, options: Options) -> Answer:
    direction = _direction(asked)
    result = change_test(
        asked.series(),
        date=asked.window.start,
        direction=direction,
        alpha=options.alpha,
        margin=options.margin,
        completeness=options.completeness,
    )
    row = result.frame.iloc[0]
    placebo = ""
    if row["placebos"] and not np.isnan(row["placebo_pvalue"]):
        rank = format_number(row["placebo_pvalue"], 2)
        placebo = f"rank {rank} among {row['placebos']} earlier dates for which nothing is claimed"
    return answered(
        "change_test",
        result,
        "ratio of the weekly level",
        seen_words(row["detectable"], "{} times the level {}", direction),
        placebo,
        details=dict(result.details),
    )


def _recurrence(asked: Asked, options: Options) -> Answer:
    result = recurrence_test(
        fitting(asked, asked.window.start).series(),
        alpha=options.alpha,
        margin=options.margin,
        replicates=options.replicates,
        seed=options.seed,
    )
    row = result.frame.iloc[0]
    return answered(
        "recurrence_test",
        result,
        "days from one uptick to the next, median",
        seen_words(row["detectable"], "fortnights with {} times the rate {}"),
        details=dict(result.details),
    )


def _persistence(asked: Asked, options: Options) -> Answer:
    """Describe, without a p-value: one attack after a declaration shows that attacks went on."""
    counts = fitting(asked, asked.window.start).series()
    values, covered = counts.values[:, 0], counts.coverage[:, 0]
    number, days = int(values.sum()), int(covered.sum())
    seen = f"a spell of {SPELL} days without"
    if days < 2 * SPELL:
        return Answer(
            "longest spell", CANNOT_BE_TOLD, f"there is coverage for {days} days, fewer than {2 * SPELL}"
        )
    # Days without coverage, or in a suspected gap, may have been quiet or not: they count against "they went
    # on" and never for a spell without.
    spell, end = _longest_quiet(values > 0)
    suspected = np.any([window.contains(counts.starts) for window in counts.silences], axis=0)
    certain, certain_end = _longest_quiet((values > 0) | ~covered | suspected)
    found = (
        f"{number:,} {asked.definition} in {days:,} days with coverage; the longest spell without lasts "
        f"{counted(spell, 'day')}, to {counts.starts[end]}"
    )
    verdict: Verdict = CANNOT_BE_TOLD
    if number and spell < SPELL:
        verdict = SUPPORTED
        found += "; no test is needed, since any incident shows that they go on"
    elif certain < SPELL and np.any(suspected):
        found += "; nothing at all is recorded then: a gap in the data, or quiet? (see notes)"
    elif certain < SPELL:
        found += f", with days without coverage in it ({certain} days on end with coverage)"
    elif options.completeness is None and not covered[certain_end + 1 :].any():
        found += "; reports may still come (completeness not known)"
    else:
        verdict = NOT_SUPPORTED
    return Answer(
        "longest spell",
        verdict,
        found,
        "days of the longest spell without",
        float(spell),
        detectable=float(SPELL),
        could_be_seen=seen,
    )


def _longest_quiet(broken: Any) -> tuple[int, int]:
    """Return the length of the longest run of days that nothing breaks, and its last day."""
    edges = np.r_[-1, np.flatnonzero(broken), len(broken)]
    lengths = np.diff(edges) - 1
    longest = len(lengths) - 1 - int(np.argmax(lengths[::-1]))
    return int(lengths[longest]), int(edges[longest + 1]) - 1


def _response(asked: Asked, options: Options) -> Answer:
    claim = asked.claim
    here = fitting(asked, asked.window.start)
    negated = claim.direction == "not less"
    result = response_test(
        here.count(activity=("operation",)),
        here.count(),
        direction="greater" if claim.direction == "greater" else "less",
        alpha=options.alpha,
        margin=options.margin,
    )
    row = result.frame.iloc[0]
    verdict, pvalue, fewer = row["verdict"], row["pvalue"], ""
    if negated:
        # The claim is that operations change nothing for the better: the answers change places.
        verdict = {SUPPORTED: NOT_SUPPORTED, NOT_SUPPORTED: SUPPORTED}.get(verdict, CANNOT_BE_TOLD)
        if not np.isnan(pvalue):
            fewer, pvalue = f"that incidents become fewer has {p_words(pvalue)}", np.nan
    used = f"{row['used']} of {row['events']} days with an operation can be compared"
    answer = answered(
        "response_test",
        result,
        "incidents after operations, relative to matched times",
        seen_words(row["detectable"], "{} times {}", "greater" if claim.direction == "greater" else "less"),
        fewer,
        used,
        details=dict(result.details),
    )
    return replace(answer, verdict=verdict, pvalue=pvalue)


def _causal(asked: Asked, options: Options) -> Answer:
    why = "a cause cannot be read from counts of incidents"
    try:
        table = contrast(asked)
    except Unanswerable as error:
        return Answer("contrast", CANNOT_BE_TOLD, f"{why}; no contrast can be shown: {error}")
    row = table[table["claimed"]].iloc[0]
    name = "rate after over before" if asked.claim.everywhere else "ratio of rate ratios, described only"
    return Answer(
        "contrast",
        CANNOT_BE_TOLD,
        f"{why}; {contrast_words(table, asked.claim.place)}",
        name,
        row["ratio"],
        could_be_seen="none: no size of effect shows a cause",
        details={"contrast": table},
    )


ANSWERS: dict[str, Callable[[Asked, Options], Answer]] = {
    "recent": _recent,
    "day": _day,
    "concentration": _concentration,
    "change": _change,
    "recurrence": _recurrence,
    "persistence": _persistence,
    "response": _response,
    "emerging": emerging_answer,
    "causal": _causal,
}
