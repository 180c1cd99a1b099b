"""Suspected gaps in the data, and regions that fall silent while others report; both in words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, IntArray
from analytics.counts.plan import CountPlan
from analytics.counts.reading_columns import Unit, period_ends
from analytics.counts.tally import Tally
from analytics.kernels.common.silence import Silence, collapses, implausible_silences, may_hold_silence
from analytics.periods import Window
from analytics.results.words import counted, format_number

__all__ = ["GAP", "QUIET", "find_silences", "table_silences"]

GAP = "suspected gap: "  # how the note of a suspected gap begins
QUIET = "; taken as quiet, as stated"  # and how it ends where somebody has answered for it
_MOST = 3  # collapses named


def find_silences(plan: CountPlan, tally: Tally) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """Return the suspected gaps that are not answered for, and what is to be said of silences.

    A gap is looked for in all incidents of the file, whatever is counted of them; a collapse in what is
    counted.
    """
    some = np.asarray(plan.coverage.any(axis=1))
    gaps: list[Silence] = []
    if may_hold_silence(tally.daily, some):
        gaps = implausible_silences(tally.everything(), np.c_[plan.coverage, some])
    windows = tuple(_window(gap, plan.days) for gap in gaps)
    said = [
        _gap_words(gap, window, answered=plan.gap_is_quiet) for gap, window in zip(gaps, windows, strict=True)
    ]
    said += _collapse_words(tally.values, plan.coverage, plan.days, plan.chosen.names, gaps)
    return () if plan.gap_is_quiet else windows, tuple(said)


def table_silences(
    everything: IntArray, covered: BoolArray, starts: Days, unit: Unit, answered: bool
) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """Return the same of a table of counts: `everything` in it, period by period."""
    gaps = implausible_silences(everything[:, None], covered[:, None])
    ends = period_ends(starts, unit)
    windows = tuple(Window(starts[gap.first], ends[gap.end - 1]) for gap in gaps)
    said = tuple(
        _gap_words(gap, window, answered=answered) for gap, window in zip(gaps, windows, strict=True)
    )
    return () if answered else windows, said


def _window(silence: Silence, days: Days) -> Window:
    return Window(days[silence.first], days[silence.end - 1])


def _gap_words(gap: Silence, window: Window, *, answered: bool) -> str:
    expected = f"about {format_number(gap.expected)} incidents were to be expected"
    found = f"no incident at all is dated {window} ({counted(window.days, 'day')}), where {expected}"
    if answered:
        return f"{found}{QUIET}"
    return (
        f"{GAP}{found}. If the data have a gap there: --no-coverage {window}; if it was quiet: "
        "--gap-is-quiet (gap_is_quiet=True). Until then windows that touch it get no verdict"
    )


def _collapse_words(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    days: Days,
    regions: tuple[str, ...],
    gaps: list[Silence],
) -> list[str]:
    if len(regions) < 2:
        return []
    asked = covered.copy() if gaps else covered
    for gap in gaps:
        asked[gap.first : gap.end] = False
    said = [
        f"{regions[at]} has none {_window(found, days)}, where about {format_number(found.expected)} were to "
        "be expected, while other regions report: a collapse, or its reports are missing"
        for at, found in collapses(values, asked)
    ]
    more = len(said) - _MOST
    return said[:_MOST] + ([f"{counted(more, 'more silence')} of single regions"] if more > 0 else [])
