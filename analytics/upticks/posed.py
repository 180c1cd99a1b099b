"""A question put to counts: how they are cut, what is held against an answer, and the same weeks ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics._typing import BoolArray
from analytics.counts import Counts, allow_splices
from analytics.counts.completeness import Known
from analytics.errors import HistoryError, OptionError
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.answer import Asked, History
from analytics.kernels.windows.called import called_in
from analytics.kernels.windows.expected import NEEDED_DAYS
from analytics.kernels.windows.spans import Spans
from analytics.periods import DAY
from analytics.results.uptick import Null
from analytics.upticks.history import SAME_WEEKS, history_days, short_words
from analytics.upticks.nested import Nested, nested_in
from analytics.upticks.rows import Lost, no_data
from analytics.upticks.windows import (
    MIN_WINDOWS,
    Split,
    history_of,
    recent_completeness,
    spanned,
    split_counts,
    without_baseline,
)
from analytics.upticks.withheld import withheld

__all__ = ["Posed", "called_then", "counts_then", "null_of", "pose", "too_short_words"]


@dataclass(frozen=True, eq=False, slots=True)
class Posed:
    """Counts cut out and what is asked of them.

    `held` is why there is no verdict at all, as a word and in words (("", "") where there may be one), and
    `told` what a note says of it; `short` is why the history is too short, "" where it is not.
    """

    counts: Counts
    split: Split
    asked: Asked
    known: Known
    spans: Spans
    short: str
    held: tuple[Lost, str]
    told: list[str]

    def history(self, options: Mapping[str, Any]) -> History:
        """Return what an expectation is fitted to.

        Raises
        ------
        OptionError
            If the answer is to rest on an expectation and cannot.
        """
        counts = allow_splices(self.counts) if options["allow_splice"] else self.counts
        history = history_of(counts, self.split, options["calendar"])
        if self.short:  # the counts were begun earlier, without coverage: that is no history
            days = history_days(self.counts) - options["recent"] - self.spans.guard
            history = replace(history, days=max(days, 0))
        _check_expected(self.asked, history)
        return history

    def against(self, history: History, options: Mapping[str, Any]) -> tuple[Split, Nested | None]:
        """Return the stretch that is asked about, and what its regions lie in, where that is tested."""
        if self.short:
            return without_baseline(self.split), None
        if not options["nested"]:
            return self.split, None
        return self.split, nested_in(self.counts, self.split, self.asked, history)


def pose(counts: Counts, options: Mapping[str, Any], longest: int) -> Posed:
    """Cut the counts for a test, given the options of ``uptick_test`` and the recent window's days."""
    guard, baseline = options["guard"], options["baseline"]
    windows = 4 if options["recent"] == "scan" else MIN_WINDOWS  # a scan ranks sums, without a dispersion
    counts, spans = spanned(counts, longest, guard, baseline, windows)
    split = split_counts(counts, longest, spans.guard, baseline or spans.baseline, windows=windows)
    counts, known = recent_completeness(
        counts, split.length, options["completeness"], options["completeness_sd"]
    )
    asked = Asked(
        completeness=known.share,
        deviation=known.deviation,
        upper=options["direction"] == "greater",
        null=null_of(options),
        **{name: options[name] for name in ("shrink", "method", "alpha")},
        **{name: options[name] for name in ("confidence", "margin", "sought")},
    )
    short = short_words(counts, spans, longest)
    held, told = withheld(counts, split, short, allow_splice=options["allow_splice"])
    return Posed(counts, split, asked, known, spans, short, held, told)


def null_of(options: Mapping[str, Any]) -> Null:
    """Return the null hypothesis asked for; by rule it is the constant one where the other has no test.

    Examples
    --------
    >>> null_of({"null": "auto", "method": "c_test", "recent": 14, "baseline": None})
    'constant'
    """
    without = options["method"] not in ("pooled", "lrd_b") or options["recent"] == "scan"
    null: Null = options["null"]
    return "constant" if null == "auto" and (without or options["baseline"] == SAME_WEEKS) else null


def counts_then(counts: Counts, weeks: int) -> Counts | None:
    """Return the counts as of some weeks before; None where they had not begun."""
    if counts.finest == "week":
        day = counts.last_complete_day - 7 * weeks * DAY
    else:
        day = counts.as_of - 7 * weeks * DAY
    return None if day < counts.starts[0] else counts.until(day)


def called_then(counts: Counts, options: Mapping[str, Any], weeks: int) -> BoolArray | None:
    """Return which regions the same test called some weeks before; None where the history was too short.

    What a full test says beside that, limits and where an uptick starts, is not computed.
    """
    then = counts_then(counts, weeks)
    if then is None:
        return None
    try:
        posed = pose(then, options, options["recent"])
        history = posed.history(options)
        split, within = posed.against(history, options)
    except HistoryError:
        return None
    if posed.held[0]:
        return None if posed.held[0] == "short" else np.zeros(len(then.regions), bool)
    found = called_in(split, posed.asked, history, within.nest if within else None)
    lost = no_data(split, found.reasons, then.period_days)
    if all(word == "short" for word, _ in lost):
        return None
    sure = np.array([not (why or more) for why, (_, more) in zip(found.reasons, lost, strict=True)], bool)
    enough = found.observed >= MIN_OBSERVED if posed.asked.upper else True
    return np.asarray(sure & (found.qvalue <= posed.asked.alpha) & enough)


def too_short_words(history: History) -> str:
    """Say that a history is too short for an expectation."""
    return f"not adjusted: {history.days} days of history before the guard, {NEEDED_DAYS} needed"


def _check_expected(asked: Asked, history: History) -> None:
    """Raise where the answer is to rest on an expectation and cannot."""
    if asked.null == "constant":
        return
    if asked.method not in ("pooled", "lrd_b"):
        raise OptionError(
            f"method {asked.method!r} is for the constant null only",
            todo=f"leave out method, or null={asked.null!r}",
        )
    if asked.expected and not history.enough:
        raise OptionError(
            "the expected null cannot be tested",
            expected=f"at least {NEEDED_DAYS} days of history before the guard",
            found=too_short_words(history),
            todo="count from an earlier start (if the data begin before), or use null='constant'",
        )
