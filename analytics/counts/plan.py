"""What a count is to be: its days, regions, rules and coverage, without looking at single incidents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics._typing import BoolArray, Days
from analytics.counts.placing import ChosenRegions, choose_regions, gap_columns, renamed_columns
from analytics.errors import InputError, OptionError
from analytics.filters import Filter
from analytics.incidents import Incidents
from analytics.options import check_choice, check_seed
from analytics.periods import Freq, as_day, as_gap, check_freq, check_week_start, day_range, period_days

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

    @property
    def shape(self) -> tuple[int, int]:
        """Days and regions."""
        return len(self.days), len(self.chosen.names)

    @property
    def longest(self) -> int:
        """Days of the longest span an incident may be dated to before its date is too coarse."""
        return period_days(self.freq)


def plan_count(
    incidents: Incidents,
    freq: str,
    *,
    week_start: str,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    start: object,
    as_of: object,
    where: str | None,
    value: Value,
    span: Span,
    no_coverage: Iterable[object],
    seed: int,
) -> CountPlan:
    """Settle what is counted; for the options see `count_incidents`."""
    shown = check_freq(freq)
    check_week_start(week_start)
    check_choice("span", span, Span)
    check_choice("value", value, Value)
    check_seed(seed)
    last = stated_as_of(incidents, as_of)
    first, notes = _first_day(incidents, start, last)
    days = day_range(first, last)
    rule = None if where is None else incidents.filter(where)
    chosen = choose_regions(incidents, by, regions, rule)
    covered = np.ones((len(days), len(chosen.names)), dtype=bool)
    for gap in (*incidents.no_coverage, *(as_gap(spell) for spell in no_coverage)):
        covered[np.ix_(gap.window.contains(days), gap_columns(gap, chosen))] = False
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
    )


def stated_as_of(incidents: Incidents, as_of: object) -> np.datetime64:
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
    incidents: Incidents, start: object, last: np.datetime64
) -> tuple[np.datetime64, tuple[str, ...]]:
    dates = incidents.frame["date_start"].to_numpy().astype("datetime64[D]")
    notes: tuple[str, ...] = ()
    if start is not None:
        first = as_day(start, "start")
    elif not len(dates):
        raise OptionError("start is not stated and there is no incident to take it from", todo="give start")
    else:
        first = dates.min()
        notes = (
            f"the grid starts on {first}, the day of the first incident in the file; no start was given",
        )
    if first > last:
        raise InputError(
            "as_of lies before the data",
            expected=f"a day from {first} on",
            found=f"as_of {last}",
            todo=f"the file's last date is {incidents.last_date}",
        )
    return first, notes
