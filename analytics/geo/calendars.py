"""Days unlike others that move through the year, such as Ramadan, the Eids or a curfew: a country's calendar.

The days are data of a country (``data/<country>/calendar.csv``, each line with its source), and are looked
for in that country's counts alone. Iraq's Hijri dates follow the Umm al-Qura calendar. The sighting of the
moon shifts a day by one either way from place to place, and Iraq's Shia authorities often start a month one
day later: an effect of the first or last day cannot be read from it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray
from analytics.errors import InputError, unknown_option
from analytics.geo.countries import bundled_countries, find_country
from analytics.periods import DAY, Window, as_window

__all__ = [
    "Overlap",
    "calendar_days",
    "calendar_names",
    "calendar_shares",
    "calendar_windows",
    "calendar_years",
    "overlap_notes",
    "overlaps",
]


@dataclass(frozen=True, eq=False, slots=True)
class _Term:
    """One term of a country's calendar."""

    name: str
    label: str
    country: str
    windows: tuple[Window, ...]
    years: Window


@cache
def _terms() -> tuple[_Term, ...]:
    found = []
    for country in bundled_countries():
        path = country.folder / "calendar.csv"
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        years = as_window(country.calendar_years)
        for name, label in country.calendar_labels.items():
            windows = tuple(as_window((row["start"], row["end"])) for row in rows if row["name"] == name)
            found.append(_Term(name, label, country.name, windows, years))
    return tuple(found)


def _wanted(countries: Iterable[str] | None) -> tuple[_Term, ...]:
    if countries is None:
        return _terms()
    known = {country.name for name in countries if (country := find_country(name)) is not None}
    return tuple(term for term in _terms() if term.country in known)


def _term(name: str) -> _Term:
    """Return a term that is asked for by name, whatever the country: the first that has it."""
    for term in _terms():
        if term.name == name:
            return term
    raise unknown_option("calendar term", name, calendar_names())


def calendar_names(countries: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the names of the calendars' terms: of all countries with a calendar, or of some.

    Examples
    --------
    >>> calendar_names()
    ('ramadan', 'eid_al_fitr', 'eid_al_adha', 'arbaeen', 'curfew')
    >>> calendar_names(["Philippines"])
    ()
    """
    return tuple(dict.fromkeys(term.name for term in _wanted(countries)))


def calendar_years(name: str) -> Window:
    """Return the stretch of days that a term is known for.

    Examples
    --------
    >>> print(calendar_years("ramadan"))
    1990-01-01..2030-12-31
    """
    return _term(name).years


def calendar_windows(name: str) -> tuple[Window, ...]:
    """Return every occurrence of one term, earliest first.

    Raises
    ------
    OptionError
        If no calendar has such a term.

    Examples
    --------
    >>> [str(window) for window in calendar_windows("ramadan") if window.start.astype(str) > "2029-12"]
    ['2030-01-05..2030-02-03', '2030-12-26..2031-01-23']
    """
    return _term(name).windows


def calendar_days(names: str | Iterable[str], days: Days) -> BoolArray:
    """Return which days belong to which terms.

    Parameters
    ----------
    names : str or iterable of str
        Terms, of :func:`calendar_names`.
    days : datetime64[D] array, shape (days,)
        Days in the years the calendar covers (Iraq's: 1990-2030), in any order.

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
    for name in wanted:
        _check_years(day, calendar_years(name))
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


def _check_years(day: Days, years: Window) -> None:
    outside = ~years.contains(day)
    if outside.any():
        raise InputError(
            "the calendar does not cover these days",
            expected=f"days in {years}",
            found=f"days in {day[outside].min()}..{day[outside].max()}",
            todo="leave the calendar out, or choose a window inside these years",
        )


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many days of the recent window and of the baseline belong to one term, shown as `label`."""

    name: str
    recent_days: int
    recent_length: int
    baseline_days: int
    baseline_length: int
    label: str

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


def overlaps(
    recent: Window, baseline: Window, *, countries: Iterable[str] | None = None
) -> tuple[Overlap, ...]:
    """Return the terms that the recent window touches, with the days of the baseline that belong to them.

    Parameters
    ----------
    recent, baseline : Window
        Days outside the years a calendar covers belong to no term here.
    countries : iterable of str, optional
        Whose calendars are looked at; all there are unless given. A country without a calendar has no terms.

    Returns
    -------
    tuple of Overlap
        In the order of :func:`calendar_names`; empty if the recent window touches none.

    Examples
    --------
    >>> from analytics.periods import as_window
    >>> windows = as_window("2020-03-30..2020-04-12"), as_window("2019-03-05..2020-03-02")
    >>> print(overlaps(*windows, countries=["Iraq"])[0])
    14 of 14 recent days lie in the curfew of 2020, no day of the baseline
    >>> overlaps(*windows, countries=["Philippines"])
    ()
    """
    given = None if countries is None else tuple(countries)
    terms = _wanted(given)
    several = given is not None and len(given) > 1
    found = []
    for term in terms:
        recent_days, baseline_days = _shared(recent, term.windows), _shared(baseline, term.windows)
        if recent_days:
            label = f"{term.label} ({term.country})" if several else term.label
            found.append(Overlap(term.name, recent_days, recent.days, baseline_days, baseline.days, label))
    return tuple(found)


def overlap_notes(
    recent: Window, baseline: Window, fitted: Iterable[str] = (), *, countries: Iterable[str] | None = None
) -> list[str]:
    """Say which terms the recent window overlaps and nothing else accounts for.

    Parameters
    ----------
    recent, baseline : Window
    fitted : iterable of str
        Terms that a regression accounts for, where the baseline has days of them.
    countries : iterable of str, optional
        Whose calendars are looked at, as for :func:`overlaps`.
    """
    known = tuple(fitted)
    found = overlaps(recent, baseline, countries=countries)
    mostly = [o for o in found if o.recent_only or 2 * o.recent_days > o.recent_length]
    return [str(o) for o in mostly if o.recent_only or o.name not in known]


def _shared(window: Window, spells: tuple[Window, ...]) -> int:
    return sum(
        Window(max(window.start, spell.start), min(window.end, spell.end)).days
        for spell in spells
        if spell.start <= window.end and window.start <= spell.end
    )
