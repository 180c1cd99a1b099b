"""What had been reported by one day: delays that lately changed, and the days that reports come on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.errors import OptionError
from analytics.geo.calendars import calendar_days, calendar_names
from analytics.kernels.delays.report_days import cohorts_of, kind_rates, known_by_now, weekday_pvalue
from analytics.kernels.delays.reverse_time import Curves, beyond, triangle_of, whole_hazards
from analytics.kernels.delays.stretch import lately
from analytics.periods import DAY, WEEKDAYS, as_day, weekday_numbers
from analytics.results.words import format_number

__all__ = ["Now", "Seen", "holiday_days", "known_now"]

_WEEKDAY_LEVEL = 0.001  # of the test, below which weekdays are allowed for
_SURE = 0.95  # probability of a change from which it is said
_QUIET = 0.5  # of a weekday's usual share of the reports: with less it is named
_CLOSED = 0.1  # of the reports that would come on an average day: with less, a kind of day has none
_NEXT_TO_NOTHING = 4.6  # minus the logarithm of a share of 1 %
_HOLIDAY, _AFTER = 7, 8  # kinds of day, after the seven of the week


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """The reports that delays are measured from; int arrays of shape (reports,), and how far they go back.

    `age` and `days` count back from `known_on`.
    """

    delay: IntArray
    age: IntArray
    longest: int
    days: int
    known_on: np.datetime64


@dataclass(frozen=True, eq=False, slots=True)
class Now:
    """Share known on a day by the incident's age, and its deviation; shape (longest + 1, groups)."""

    share: FloatArray
    deviation: FloatArray
    notes: tuple[str, ...]


def holiday_days(named: Sequence[object], first: np.datetime64, last: np.datetime64) -> Days:
    """Return the holidays from `first` to `last`: terms of a calendar, or single days.

    Raises
    ------
    OptionError
        If one is neither.

    Examples
    --------
    >>> days = np.array(["2020-05-20", "2020-06-01"], dtype="datetime64[D]")
    >>> holiday_days(["eid_al_fitr", "2020-05-29"], *days).astype(str).tolist()
    ['2020-05-24', '2020-05-25', '2020-05-26', '2020-05-29']
    """
    if isinstance(named, str):
        raise OptionError("holidays are a list", found=repr(named), todo=f"holidays=[{named!r}]")
    days = np.arange(first, last + DAY, dtype="datetime64[D]")
    off = np.zeros(len(days), dtype=bool)
    for name in named:
        if name in calendar_names():
            off |= calendar_days(str(name), days)[:, 0]
        else:
            off |= days == as_day(name, "holidays")
    return days[off]


def known_now(seen: Seen, curves: Curves, holidays: Days | None = None) -> Now:
    """Return the groups' shares as they are on the day, given their curves of all days together.

    Parameters
    ----------
    seen : Seen
        The reports of all groups.
    curves : Curves
        The last group is the whole.
    holidays : datetime64[D] array, optional
    """
    nothing = np.zeros(len(seen.delay), dtype=np.int64)
    log_hazard, variance = whole_hazards(triangle_of(seen.delay, seen.age, nothing, 1, seen.longest))
    left, unsure = beyond(log_hazard), curves.spread * beyond(variance)
    changed, more, notes = _changed(seen, curves.spread, left, unsure)
    days, also, told = _report_days(seen, curves.spread, left, holidays)
    factor = changed * days
    own = -np.log(np.clip(curves.share, 1e-300, 1.0))
    relative = np.divide(own, left[:, None], out=np.ones_like(own), where=left[:, None] > 0)
    log_variance = (curves.deviation / np.clip(curves.share, 1e-300, None)) ** 2
    log_variance = log_variance * factor[:, None] ** 2
    log_variance += (more * days**2 + also * changed**2)[:, None] * relative**2
    share = np.exp(-own * factor[:, None])
    return Now(share, share * np.sqrt(log_variance), (*notes, *told))


def _changed(
    seen: Seen, spread: float, left: FloatArray, unsure: FloatArray
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return by what a change of the delay multiplies what is left, how unsure that is, and what is said."""
    found = lately(seen.delay, seen.age, seen.longest, spread)
    now = -np.log(np.clip(found.share, 1e-300, 1.0))
    factor = np.divide(now, left, out=np.ones_like(now), where=left > 0)
    total = (found.deviation / np.clip(found.share, 1e-300, None)) ** 2
    more = np.maximum(total - unsure * factor**2, 0.0)
    if found.changed < _SURE:
        return factor, more, []
    way, times = ("later", found.factor) if found.factor > 1 else ("sooner", 1 / found.factor)
    since = seen.known_on - (found.since - 1) * DAY
    return (
        factor,
        more,
        [
            f"delays: reports on the incidents since about {since} have come {way} than those before, by a "
            f"factor of about {format_number(times)}; the completeness allows for it, and is less sure"
        ],
    )


def _report_days(
    seen: Seen, spread: float, left: FloatArray, holidays: Days | None
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return the same of the kinds of day that reports came on and will come on."""
    none = np.ones(seen.longest + 1), np.zeros(seen.longest + 1)
    cohorts = cohorts_of(seen.delay, seen.age, seen.longest, seen.days)
    ago = np.arange(seen.days + seen.longest)
    by_weekday = weekday_pvalue(cohorts, weekday_numbers(seen.known_on - ago * DAY)) < _WEEKDAY_LEVEL
    notes = _weekday_words(seen) if by_weekday else []
    if not by_weekday and holidays is None:
        return *none, notes
    off = np.zeros(0, dtype="datetime64[D]") if holidays is None else holidays
    day = seen.known_on + (np.arange(seen.longest + 1)[:, None] - np.arange(seen.days)) * DAY
    kind = _kinds(day, off, by_weekday=by_weekday)
    if holidays is not None:
        past = seen.known_on - np.arange(seen.days) * DAY
        free = int(np.isin(past, off).sum())
        notes.append(
            f"delays: {free} of the {seen.days} days measured are holidays, which the completeness allows for"
            if free
            else "delays: none of the days measured is one of the holidays: what those do is not known"
        )
    rates = kind_rates(cohorts, kind, _AFTER + 1, spread)
    # On days without reports nothing more is known than on the last day with some.
    lately_kinds = _kinds(seen.known_on - np.arange(seen.longest) * DAY, off, by_weekday=by_weekday)
    idle = int(np.argmin(np.r_[rates.share[lately_kinds] < _CLOSED, False]))
    if rates.share[_HOLIDAY] < _CLOSED:  # what waits for the day after was no sooner known for it
        off = off[:0]
    age = np.arange(seen.longest + 1)
    now = _kinds(seen.known_on + (age[:, None] - age - idle) * DAY, off, by_weekday=by_weekday)
    rest, unsure = known_by_now(rates, now)
    rest = np.r_[np.full(idle, _NEXT_TO_NOTHING), rest[: len(rest) - idle]]
    unsure = np.r_[np.zeros(idle), unsure[: len(unsure) - idle]]
    return np.divide(rest, left, out=np.ones_like(rest), where=left > 0), unsure, notes


def _kinds(day: Days, holidays: Days, *, by_weekday: bool) -> IntArray:
    """Return which kind of day each is: the weekday (or 0), a holiday, or the day after the last of them."""
    off: BoolArray = np.isin(day, holidays)
    after = np.isin(day - DAY, holidays) & ~off
    weekday = weekday_numbers(day) if by_weekday else np.zeros(day.shape, dtype=np.int64)
    return np.where(off, _HOLIDAY, np.where(after, _AFTER, weekday))


def _weekday_words(seen: Seen) -> list[str]:
    """Name the weekdays on which few or no reports come, or else the one on which fewest do."""
    came = np.bincount(weekday_numbers(seen.known_on - (seen.age - seen.delay) * DAY), minlength=7)
    few = came < _QUIET * came.mean()
    names = [name.capitalize() + "s" for name, is_few in zip(WEEKDAYS, few, strict=True) if is_few]
    if names:
        return [f"delays: few or no reports come on {', '.join(names)}, which the completeness allows for"]
    least, most = (WEEKDAYS[int(at)].capitalize() + "s" for at in (came.argmin(), came.argmax()))
    return [
        f"delays: reports depend on the weekday (most come on {most}, fewest on {least}), which the "
        "completeness allows for"
    ]
