"""How much history a test has, how long guard and baseline are in it, and what a short one costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError, unknown_option
from analytics.kernels.windows.lrd import ALWAYS_TURNED, MIN_WINDOWS
from analytics.kernels.windows.spans import BASELINE, GUARD, Spans, spans_of
from analytics.periods import DAY
from analytics.results import format_number

__all__ = ["SAME_WEEKS", "SHORT", "history_days", "lengthened", "short_notes", "short_words", "spans_in"]

SAME_WEEKS = "same_weeks"
SHORT = "short history"
_LONGEST = 110_000  # days, three hundred years: dates are of 1900 to 2200


def history_days(counts: Counts) -> int:
    """Return the days from the first with coverage in any region to the last period over at `as_of`.

    Examples
    --------
    >>> history_days(Counts.from_array([[1], [0], [2]], freq="day", start="2020-04-13", as_of="2020-04-15"))
    3
    """
    covered = np.flatnonzero(counts.coverage[: counts.complete].any(axis=1))
    return int(counts.complete - covered[0]) * counts.period_days if covered.size else 0


def spans_in(
    counts: Counts, recent: int, guard: int | None, baseline: int | str | None, windows: int = MIN_WINDOWS
) -> Spans:
    """Return how long guard and baseline are; :mod:`analytics.kernels.windows.spans` has the rule.

    A baseline of the same weeks is as long as there are days, and always enough here.
    """
    if isinstance(baseline, str):
        if baseline != SAME_WEEKS:
            raise unknown_option("baseline", baseline, (SAME_WEEKS, "a number of days"))
        return Spans(GUARD if guard is None else guard, BASELINE, 0, True)
    return spans_of(history_days(counts), recent, guard, baseline, step=counts.period_days, windows=windows)


def lengthened(counts: Counts, days: int) -> Counts:
    """Return the counts with periods without coverage before them, so that `days` are over at `as_of`.

    Examples
    --------
    >>> counts = Counts.from_array([[1], [0], [2]], freq="day", start="2020-04-13", as_of="2020-04-15")
    >>> longer = lengthened(counts, 5)
    >>> longer.complete, longer.coverage[:, 0].tolist()
    (5, [False, False, True, True, True])
    """
    step = counts.period_days
    more = days // step - counts.complete
    if more <= 0:
        return counts
    if days > _LONGEST:
        raise OptionError(
            "the windows are longer than any history",
            expected=f"recent, guard and baseline of at most {_LONGEST:,} days in all",
            found=f"{days:,} days",
        )
    starts = counts.starts[0] - step * DAY * np.arange(more, 0, -1)
    width = len(counts.regions)
    none = np.zeros((more, width), np.int32)

    def before(values: np.ndarray | None, nothing: np.ndarray) -> np.ndarray | None:
        return None if values is None else np.concatenate([nothing, values]).astype(values.dtype)

    known = counts.completeness
    if known is not None:
        gap = np.full((more, width), np.nan)
        known = replace(
            known,
            share=np.concatenate([gap, known.share]),
            deviation=np.concatenate([gap, known.deviation]),
        )
    return replace(
        counts,
        values=np.concatenate([none, counts.values]).astype(counts.values.dtype),
        coverage=np.concatenate([none.astype(bool), counts.coverage]),
        starts=np.concatenate([starts, counts.starts]),
        coarse=before(counts.coarse, none),
        unplaced=before(counts.unplaced, none[:, 0] if width else np.zeros(more, np.int32)),
        completeness=known,
    )


def short_words(counts: Counts, spans: Spans, recent: int) -> str:
    """Return why a history is too short for any verdict, "" where it is not.

    Examples
    --------
    >>> counts = Counts.from_array([[1]] * 9, freq="week", start="2020-01-06", as_of="2020-03-08")
    >>> short_words(counts, spans_in(counts, 14, None, None), 14)
    '9 weeks of history, 16 needed (2 recent, 2 left out, 12 to compare with)'
    """
    if spans.enough:
        return ""
    days = history_days(counts)
    size = 7 if all(n % 7 == 0 for n in (spans.needed, recent, spans.guard, spans.baseline)) else 1
    has = f"{days // size} {'weeks' if size == 7 else 'days'}" if days >= size else f"{days} days"
    parts = (
        f"{recent // size} recent, {spans.guard // size} left out, {spans.baseline // size} to compare with"
    )
    return f"{has} of history, {spans.needed // size} needed ({parts})"


def short_notes(spans: Spans, recent: int, frame: pd.DataFrame) -> list[str]:
    """Say what the shortness of a baseline costs; nothing of one of 364 days.

    Examples
    --------
    >>> frame = pd.DataFrame({"pvalue": [0.3], "detectable": [3.04]})
    >>> counts = Counts.from_array([[1]] * 20, freq="week", start="2020-01-06", as_of="2020-05-24")
    >>> short_notes(spans_in(counts, 14, None, None), 14, frame)[0].split("; ")[1:]
    ['no p-value is below 0.0071', 'only a rise to 3.0 times would very likely (4 in 5) be told']
    """
    if spans.baseline >= BASELINE or not spans.enough:
        return []
    shorter = f"a baseline of {spans.baseline // 7} weeks where {BASELINE // 7} are usual"
    if spans.guard < GUARD:
        shorter += f", and a guard of {spans.guard} days where {GUARD} are"
    seen = frame["detectable"].dropna()
    if not frame["pvalue"].notna().any():
        return [f"{SHORT}: {shorter}"]
    if spans.baseline // recent <= ALWAYS_TURNED:
        shorter += f"; no p-value is below {format_number(1 / spans.needed, 4)}"
    if seen.empty:
        cost = "no rise can be told with it"
    elif len(seen) == 1:
        where = "" if len(frame) == 1 else f", in {frame.loc[seen.index[0], 'region']} alone,"
        cost = f"only a rise to {format_number(seen.iloc[0])} times{where} would very likely (4 in 5) be told"
    else:
        cost = (
            f"a rise would very likely (4 in 5) be told from {format_number(seen.min())} times on, in half "
            f"of the {len(seen)} regions where one can be from {format_number(seen.median())}"
        )
    return [f"{SHORT}: {shorter}; {cost}"]
