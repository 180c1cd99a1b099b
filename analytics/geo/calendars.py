"""Days unlike others that move through the year: Ramadan, the Eids, Arbaeen; and Iraq's curfew of 2020.

The days are data (``data/calendar.csv``, each line with its source). Hijri dates follow the Umm al-Qura
calendar. The sighting of the moon shifts a day by one either way from place to place, and Iraq's Shia
authorities often start a month one day later: an effect of the first or last day cannot be read from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray
from analytics.bundled import bundled_path
from analytics.errors import InputError, unknown_option
from analytics.periods import DAY, Window, as_window

__all__ = [
    "CALENDAR_YEARS",
    "Overlap",
    "calendar_days",
    "calendar_names",
    "calendar_shares",
    "calendar_windows",
    "overlap_notes",
    "overlaps",
]


CALENDAR_YEARS = Window(np.datetime64("1990-01-01"), np.datetime64("2030-12-31"))
_LABELS = {
    "ramadan": "Ramadan",
    "eid_al_fitr": "Eid al-Fitr",
    "eid_al_adha": "Eid al-Adha",
    "arbaeen": "Arbaeen and the week before",
    "curfew": "the curfew of 2020",
}


@cache
def _table() -> dict[str, tuple[Window, ...]]:
    with bundled_path("data/calendar.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        name: tuple(as_window((row["start"], row["end"])) for row in rows if row["name"] == name)
        for name in _LABELS
    }


def calendar_names() -> tuple[str, ...]:
    """Return the names of the calendar's terms.

    Examples
    --------
    >>> calendar_names()
    ('ramadan', 'eid_al_fitr', 'eid_al_adha', 'arbaeen', 'curfew')
    """
    return tuple(_LABELS)


def calendar_windows(name: str) -> tuple[Window, ...]:
    """Return every occurrence of one term, earliest first.

    Raises
    ------
    OptionError
        If the calendar has no such term.

    Examples
    --------
    >>> [str(window) for window in calendar_windows("ramadan") if window.start.astype(str) > "2029-12"]
    ['2030-01-05..2030-02-03', '2030-12-26..2031-01-23']
    """
    if name not in _LABELS:
        raise unknown_option("calendar term", name, calendar_names())
    return _table()[name]


def calendar_days(names: str | Iterable[str], days: Days) -> BoolArray:
    """Return which days belong to which terms.

    Parameters
    ----------
    names : str or iterable of str
        Terms, of :func:`calendar_names`.
    days : datetime64[D] array, shape (days,)
        Days in 1990-2030, in any order.

    Returns
    -------
    bool array, shape (days, names)

    Raises
    ------
    OptionError
        If the calendar has no such term.
    InputError
        If a day lies outside the years the calendar covers: it is not known, which is not "no".

    Examples
    --------
    >>> days = np.arange("2020-04-22", "2020-04-26", dtype="datetime64[D]")
    >>> calendar_days(["ramadan", "curfew"], days).astype(int).T
    array([[0, 0, 1, 1],
           [0, 0, 0, 0]])
    """
    wanted = (names,) if isinstance(names, str) else tuple(names)
    windows = [calendar_windows(name) for name in wanted]
    day = np.asarray(days, dtype="datetime64[D]")
    _check_years(day)
    out = np.zeros((day.size, len(wanted)), dtype=np.bool_)
    for column, spells in enumerate(windows):
        starts = np.array([spell.start for spell in spells], dtype="datetime64[D]")
        ends = np.array([spell.end for spell in spells], dtype="datetime64[D]")
        last = np.searchsorted(starts, day, side="right") - 1  # occurrences of a term never overlap
        out[:, column] = (last >= 0) & (day <= ends[np.maximum(last, 0)])
    return out


def calendar_shares(names: Iterable[str], starts: Days, period_days: int) -> FloatArray:
    """Return the share of each period's days that belong to each term; shape (periods, names).

    Parameters
    ----------
    names : iterable of str
        Terms, of :func:`calendar_names`.
    starts : datetime64[D] array, shape (periods,)
        First day of each period.
    period_days : int

    Examples
    --------
    >>> calendar_shares(["ramadan"], np.array(["2020-04-20"], "datetime64[D]"), 7).round(3)
    array([[0.429]])
    """
    wanted = tuple(names)
    day = starts[:, None] + np.arange(period_days) * DAY
    inside = calendar_days(wanted, day.ravel()).reshape(len(starts), period_days, len(wanted))
    return np.asarray(inside.mean(axis=1), dtype=float)


def _check_years(day: Days) -> None:
    outside = ~CALENDAR_YEARS.contains(day)
    if outside.any():
        raise InputError(
            "the calendar does not cover these days",
            expected=f"days in {CALENDAR_YEARS}",
            found=f"days in {day[outside].min()}..{day[outside].max()}",
            todo="leave the calendar out, or choose a window inside these years",
        )


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many days of the recent window and of the baseline belong to one term."""

    name: str
    recent_days: int
    recent_length: int
    baseline_days: int
    baseline_length: int

    @property
    def label(self) -> str:
        """Name of the term as a reader knows it."""
        return _LABELS[self.name]

    @property
    def recent_only(self) -> bool:
        """Whether no day of the baseline belongs to it: its effect cannot be told from an uptick."""
        return self.baseline_days == 0

    def __str__(self) -> str:
        """Say it in a sentence without a full stop."""
        baseline = (
            "no day" if self.recent_only else f"{self.baseline_days:,} of {self.baseline_length:,} days"
        )
        return (
            f"{self.recent_days} of {self.recent_length} recent days lie in {self.label}, "
            f"{baseline} of the baseline"
        )


def overlaps(recent: Window, baseline: Window, names: Iterable[str] | None = None) -> tuple[Overlap, ...]:
    """Return the terms that the recent window touches, with the days of the baseline that belong to them.

    Parameters
    ----------
    recent, baseline : Window
        Days outside 1990-2030 belong to no term here.
    names : iterable of str, optional
        Terms to look at; all of them unless given.

    Returns
    -------
    tuple of Overlap
        In the order of :func:`calendar_names`; empty if the recent window touches none.

    Examples
    --------
    >>> from analytics.periods import as_window
    >>> found = overlaps(as_window("2020-03-30..2020-04-12"), as_window("2019-03-05..2020-03-02"))
    >>> print(found[0])
    14 of 14 recent days lie in the curfew of 2020, no day of the baseline
    """
    found = []
    for name in calendar_names() if names is None else tuple(names):
        windows = calendar_windows(name)
        recent_days, baseline_days = _shared(recent, windows), _shared(baseline, windows)
        if recent_days:
            found.append(Overlap(name, recent_days, recent.days, baseline_days, baseline.days))
    return tuple(found)


def overlap_notes(recent: Window, baseline: Window, fitted: Iterable[str] = ()) -> list[str]:
    """Say which terms the recent window overlaps and nothing else accounts for.

    Parameters
    ----------
    recent, baseline : Window
    fitted : iterable of str
        Terms that a regression accounts for, where the baseline has days of them.
    """
    known = tuple(fitted)
    found = overlaps(recent, baseline)
    mostly = [o for o in found if o.recent_only or 2 * o.recent_days > o.recent_length]
    return [str(o) for o in mostly if o.recent_only or o.name not in known]


def _shared(window: Window, spells: tuple[Window, ...]) -> int:
    return sum(
        Window(max(window.start, spell.start), min(window.end, spell.end)).days
        for spell in spells
        if spell.start <= window.end and window.start <= spell.end
    )
