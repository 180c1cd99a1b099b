"""What a count is to be: its days, regions, rules and coverage, without looking at single incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics._typing import BoolArray, Days
from analytics.counts.areas import choose_areas_or_regions, columns_of_gap
from analytics.counts.completeness import Completeness, settled_completeness
from analytics.counts.placing import ChosenRegions, renamed_columns
from analytics.errors import InputError, OptionError
from analytics.filters import Filter
from analytics.incidents import Incidents, ScannedIncidents
from analytics.options import check_choice, check_flag, check_seed
from analytics.periods import DAY, Freq, as_day, as_gap, check_freq, check_week_start, day_range, period_days
from analytics.sources.coverage import CoveredFrom

__all__ = ["CountPlan", "Span", "Value", "plan_count", "stated_as_of"]

Span = Literal["start", "exclude", "spread"]
Value = Literal["incidents", "fatalities"]


@dataclass(frozen=True, eq=False, slots=True)
class CountPlan:
    """What a tally needs to know, and what its numbers will be called.

    Attributes
    ----------
    days : datetime64[D] array, shape (days,)
        Every day of the grid.
    chosen : ChosenRegions
        The regions, and the rule that places an incident in one of them.
    coverage : bool array, shape (days, regions)
    where : Filter or None
    freq, week_start, value, span, seed
        As for `count_incidents`.
    notes : tuple of str
    completeness : Completeness or None
        What the day the file was drawn says.
    gap_is_quiet : bool
        Whether a suspected gap is answered for.
    """

    days: Days
    chosen: ChosenRegions
    coverage: BoolArray
    where: Filter | None
    freq: Freq
    week_start: str
    value: Value
    span: Span
    seed: int
    notes: tuple[str, ...]
    completeness: Completeness | None = None
    gap_is_quiet: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Days and regions."""
        return len(self.days), len(self.chosen.names)

    @property
    def longest(self) -> int:
        """Days of the longest span an incident may be dated to before its date is too coarse."""
        return period_days(self.freq)


def plan_count(
    incidents: Incidents | ScannedIncidents,
    freq: str,
    *,
    week_start: str,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    start: object,
    covered_from: object,
    as_of: object,
    where: str | None,
    value: Value,
    span: Span,
    no_coverage: Iterable[object],
    seed: int,
    gap_is_quiet: bool | None,
) -> CountPlan:
    """Settle what is counted; for the options see `count_incidents`."""
    shown = check_freq(freq)
    check_week_start(week_start)
    check_choice("span", span, Span)
    check_choice("value", value, Value)
    check_seed(seed)
    check_flag(gap_is_quiet=bool(gap_is_quiet) if gap_is_quiet is None else gap_is_quiet)
    last = stated_as_of(incidents, as_of)
    first, began, notes = _first_day(incidents, start, covered_from, last)
    days = day_range(first, last)
    rule = None if where is None else incidents.filter(where)
    chosen = choose_areas_or_regions(incidents, by, regions, rule)
    covered = np.ones((len(days), len(chosen.names)), dtype=bool)
    covered[days < began] = False
    for gap in (*incidents.no_coverage, *(as_gap(spell) for spell in no_coverage)):
        covered[np.ix_(gap.window.contains(days), columns_of_gap(gap, chosen))] = False
    drawn = incidents.extracted
    if drawn is not None and drawn < last:
        covered[days > drawn] = False
        notes += (f"the file was drawn on {drawn}: later days have no coverage",)
    return CountPlan(
        days=days,
        chosen=chosen,
        coverage=covered,
        where=rule,
        freq=shown,
        week_start=week_start,
        value=value,
        span=span,
        seed=seed,
        notes=(*notes, *(() if where is None else renamed_columns(incidents, where)), *chosen.notes),
        completeness=settled_completeness(
            days,
            len(chosen.names),
            drawn,
            last,
            reports_dated=incidents.reports_dated,
        ),
        gap_is_quiet=incidents.gap_is_quiet if gap_is_quiet is None else gap_is_quiet,
    )


def stated_as_of(incidents: Incidents | ScannedIncidents, as_of: object) -> np.datetime64:
    """Return the last day the incidents may know about: the one given, or the one they were read with.

    Raises
    ------
    OptionError
        If neither is stated, or the one given is later.
    """
    if as_of is None:
        if incidents.as_of is None:
            raise OptionError(
                "as_of is not stated",
                expected="the last day the counts should know about",
                found=f"incidents up to {incidents.last_date}",
                todo="give as_of, here or to read_incidents",
            )
        return incidents.as_of
    last = as_day(as_of, "as_of")
    if incidents.as_of is not None and last > incidents.as_of:
        raise OptionError(
            "as_of is later than that of the incidents",
            expected=f"a day up to {incidents.as_of}",
            found=str(last),
            todo="read the file again with the later as_of",
        )
    return last


def _first_day(
    incidents: Incidents | ScannedIncidents, start: object, covered_from: object, last: np.datetime64
) -> tuple[np.datetime64, np.datetime64, tuple[str, ...]]:
    """Return the first day of the grid, the first day with coverage, and what is to be noted of them."""
    first = None if start is None else as_day(start, "start")
    given = None if covered_from is None else as_day(covered_from, "covered_from")
    told = CoveredFrom(given, "as stated") if given is not None else incidents.covered_from
    opens: np.datetime64
    if len(incidents):
        opens = incidents.first_date
    elif told is not None:
        opens = told.day
    elif first is not None:
        opens = first
    else:
        raise OptionError("start is not stated and there is no incident to take it from", todo="give start")
    if told is not None and told.day > opens:
        raise OptionError(
            "covered_from lies after the first incident",
            expected=f"a day up to {opens}, from which on every incident is in the file",
            found=str(told.day) if given is not None else f"{told.day}, {told.told}",
        )
    if first is None:
        moved = told is not None and not told.rule
        first = told.day if told is not None and moved else opens
        why = "from when it is covered" if moved else "the day of the first incident in the file"
        notes: tuple[str, ...] = (f"the grid starts on {first}, {why}; no start was given",)
    else:
        notes = _before_the_first(first, opens, told, given is not None)
    if first > last:
        raise InputError(
            "as_of lies before the data",
            expected=f"a day from {first} on",
            found=f"as_of {last}",
            todo=f"the file's last date is {incidents.last_date}" if len(incidents) else None,
        )
    return first, opens if told is None else told.day, notes


def _before_the_first(
    first: np.datetime64, opens: np.datetime64, told: CoveredFrom | None, given: bool
) -> tuple[str, ...]:
    """Say what is taken of the days from the start to the first incident."""
    if told is None:
        if first >= opens:
            return ()
        return (
            f"no coverage from {first} to {opens - DAY}: the first incident is of {opens}; give covered_from "
            "if the file holds all incidents from before",
        )
    notes = []
    if first < told.day:
        why = "" if given else f", {told.told}"
        notes.append(
            f"no coverage from {first} to {told.day - DAY}: the file is covered from {told.day}{why}"
        )
    quiet = max(first, told.day)
    if not given and quiet < opens:
        advice = "; if it begins later, give covered_from" if told.rule else ""
        notes.append(
            f"no incident is dated {quiet} to {opens - DAY}, which counts as zero: covered from {told.day}, "
            f"{told.told}{advice}"
        )
    return tuple(notes)
