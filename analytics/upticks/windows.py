"""What a test takes from the counts: baseline, guard and recent window, completeness, silences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics.counts import Counts
from analytics.counts.completeness import Known
from analytics.counts.spliced import spliced
from analytics.counts.stated import state_completeness
from analytics.counts.sure import sure_coverage
from analytics.errors import HistoryError
from analytics.geo.calendars import calendar_shares, calendar_windows
from analytics.kernels.windows.answer import Answer, History, Stretch
from analytics.kernels.windows.expected import history_before
from analytics.kernels.windows.lrd import MIN_WINDOWS
from analytics.kernels.windows.spans import Spans
from analytics.options.windows import check_windows
from analytics.periods import DAY, YEAR_OF_WEEKS, Window, label_periods
from analytics.upticks.history import SAME_WEEKS, lengthened, spans_in

RULES = "other rules of inclusion, "  # how the reason begins where those change

__all__ = [
    "MIN_WINDOWS",
    "SAME_WEEKS",
    "Known",
    "Split",
    "history_of",
    "hold_back",
    "known_share",
    "known_window",
    "recent_completeness",
    "spanned",
    "split_counts",
    "state_completeness",
    "too_short",
    "unanswered",
    "without_baseline",
]


_YEAR_DAYS = np.timedelta64(YEAR_OF_WEEKS, "D")
_BESIDE = np.timedelta64(28, "D")


@dataclass(frozen=True, eq=False, slots=True)
class Split(Stretch):
    """The counts cut out as one stretch, with the days that baseline and recent window go over."""

    baseline_window: Window
    recent_window: Window


def too_short(what: str, counts: Counts, recent: int, guard: int, baseline: int) -> HistoryError:
    """Return (not raise) the error for counts that hold too few complete periods."""
    unit, size = ("weeks", 7) if counts.finest == "week" else ("days", 1)
    labels = label_periods(counts.starts[: counts.complete], counts.finest, counts.week_start)
    has = f"{labels[0]}..{labels[-1]}" if labels else "none complete"
    name = counts.regions[0] if len(counts.regions) == 1 else f"each of {len(counts.regions)} regions"
    need = (recent + guard + baseline) // size
    parts = f"recent {recent // size} + guard {guard // size} + baseline {baseline // size}"
    return HistoryError(
        f"{what} needs {need} {unit} ({parts}); {name} has {len(labels)}, {has}",
        todo="count from an earlier start (if the data begin before), or ask for a shorter baseline",
    )


def spanned(
    counts: Counts, recent: int, guard: int | None, baseline: int | str | None, windows: int
) -> tuple[Counts, Spans]:
    """Return how long guard and baseline are, and the counts, begun earlier where they are too short."""
    spans = spans_in(counts, recent, guard, baseline, windows)
    if spans.enough:
        return counts, spans
    if not counts.complete:
        raise too_short("uptick_test", counts, recent, spans.guard, spans.baseline)
    return lengthened(counts, spans.needed), spans


def split_counts(
    counts: Counts,
    recent: int,
    guard: int | None,
    baseline: int | str | None,
    *,
    windows: int = MIN_WINDOWS,
    what: str = "uptick_test",
) -> Split:
    """Cut the counts, working back from the last period that was over at `as_of`; lengths are in days.

    ``baseline="same_weeks"`` takes the same weeks of every earlier year in the counts: the recent window
    moved back by whole years, and four weeks on either side. The baseline must hold `windows` recent windows;
    `what` names the test in an error. Lengths that are None are what the history allows (:func:`spanned`).

    Raises
    ------
    OptionError
        If a length is not a whole number of periods, or the baseline holds fewer recent windows.
    HistoryError
        If the counts hold too few periods.
    """
    counts, spans = spanned(counts, recent, guard, baseline, windows)
    guard, baseline = spans.guard, spans.baseline if baseline is None else baseline
    step = counts.period_days
    complete = counts.complete
    same_weeks = baseline == SAME_WEEKS
    if isinstance(baseline, str):  # there is no other word: `spanned` has refused it
        baseline = complete * step - recent - guard
        least = 2 * YEAR_OF_WEEKS
        if baseline < least:
            raise too_short(f"{what} on the same weeks of earlier years", counts, recent, guard, least)
    check_windows(recent, guard, baseline, step, windows)
    first = complete - (recent + guard + baseline) // step
    if first < 0:
        raise too_short(what, counts, recent, guard, baseline)
    middle, late = first + baseline // step, complete - recent // step

    def window(begin: int, end: int) -> Window:
        return Window(counts.starts[begin], counts.starts[end - 1] + (step - 1) * DAY)

    covered = counts.coverage[first:complete]
    if same_weeks:
        start, end = counts.starts[late], counts.starts[complete - 1]
        ago = np.arange(1, baseline // YEAR_OF_WEEKS + 2) * _YEAR_DAYS
        day = counts.starts[first:complete][:, None]
        near = (day >= start - ago - _BESIDE) & (day <= end - ago + _BESIDE)
        covered = covered & (near.any(axis=1) | (np.arange(first, complete) >= middle))[:, None]
    return Split(
        counts.values[first:complete],
        covered,
        recent // step,
        guard // step,
        window(first, middle),
        window(late, complete),
    )


def without_baseline(split: Split) -> Split:
    """Return the stretch with nothing known of its baseline, so that nothing is compared with it."""
    covered = split.covered.copy()
    covered[: len(split.baseline)] = False
    return replace(split, covered=covered)


def history_of(counts: Counts, split: Split, calendar: Sequence[str] = ()) -> History:
    """Cut out what an expectation is fitted to, with the calendar terms that its days have seen."""
    for name in calendar:
        calendar_windows(name)  # an unknown term is an error however long the history
    step = counts.period_days
    last = int((split.recent_window.end - counts.starts[0]) / DAY + 1) // step
    first, days = history_before(last, split.length, split.guard, step)
    part = slice(first, last)
    starts = counts.starts[part]
    history = History(
        starts.astype("datetime64[D]").astype(np.int64),
        counts.values[part],
        sure_coverage(counts)[part],
        step,
        days,
    )
    if not calendar or not history.enough:
        return history
    share = calendar_shares(calendar, starts, step)
    seen = share[: days // step].any(axis=0)
    if not seen.any():
        return history
    names = tuple(name for name, known in zip(calendar, np.ravel(seen), strict=True) if known)
    return replace(history, extra=share[:, seen], names=names)


def recent_completeness(
    counts: Counts, periods: int, share: object, deviation: object
) -> tuple[Counts, Known]:
    """Return the counts and the completeness of the last periods over, as options or the counts state it."""
    begin, end = counts.complete - periods, counts.complete
    if share is not None or deviation is not None:
        counts = state_completeness(counts, begin, end, share, deviation)
    known = known_window(counts, begin, end)
    if share is not None and deviation is not None and known.deviation is None:
        known = replace(known, deviation=np.zeros_like(known.share))
    return counts, known


def hold_back(found: Answer, why: str) -> Answer:
    """Return an answer that gives no verdict, if there is a reason why."""
    if not why:
        return found
    nothing = np.full(len(found.pvalue), np.nan)
    return replace(found, reasons=[why] * len(found.reasons), pvalue=nothing, family=nothing, qvalue=nothing)


def known_window(counts: Counts, begin: int, end: int) -> Known:
    """Return the completeness of the periods from `begin` to before `end`."""
    known = counts.completeness
    return Known() if known is None else known.window(counts.coverage[begin:end], slice(begin, end))


def known_share(counts: Counts, begin: int, end: int, given: float | None) -> float | None:
    """Return the share for a test that takes one number: the one given, or the window's mean."""
    return given if given is not None else known_window(counts, begin, end).mean


def unanswered(counts: Counts, first: np.datetime64, last: np.datetime64) -> str:
    """Return why a test that uses the days `first` to `last` gives no verdict, "" where it may.

    A suspected silence, or a change of the rules of inclusion (:func:`analytics.counts.allow_splices`).
    """
    said = spliced(counts, first, last)
    return silent_in(counts, first, last) or (f"{RULES}{said}" if said else "")


def silent_in(counts: Counts, first: np.datetime64, last: np.datetime64) -> str:
    """Return which suspected silence lies in the days `first` to `last`, in words; "" where there is none."""
    for window in counts.silences:
        if window.start <= last and window.end >= first:
            return f"nothing at all is recorded {window}: a gap in the data, or quiet? (see notes)"
    return ""
