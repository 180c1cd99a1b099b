"""The only step of counting that looks at single incidents: each goes to exactly one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.counts.chance import chance_of
from analytics.counts.outlets import Outlets, read_outlets
from analytics.counts.plan import CountPlan
from analytics.errors import InputError
from analytics.incidents import Incidents
from analytics.periods import DAY
from analytics.schema import COARSE_DAYS, possible_span, span_days

__all__ = ["PLACES", "Sums", "Tally", "no_fatalities", "sums_of", "tally_incidents"]

PLACES = (
    "grid", "where", "unknown", "set_apart", "outside", "unplaced", "region", "no_coverage", "reported_later",
)  # fmt: skip
_GRID, _WHERE, _UNKNOWN, _APART, _OUTSIDE, _UNPLACED, _REGION, _NO_COVERAGE, _LATER = range(len(PLACES))
Sums = npt.NDArray[np.int32 | np.int64]
_OF_THE_DEAD = ("kill", "fatal", "dead", "death", "died", "kia", "tote", "mort", "muert", "fallec")


@dataclass(frozen=True, eq=False, slots=True)
class Tally:
    """Whole numbers, as any engine can return them.

    Attributes
    ----------
    values, coarse : int array, shape (days, regions)
        What is counted, and how much of it comes from incidents dated to seven days or more.
    unplaced : int array, shape (days,)
        What is counted of the incidents without a known region.
    places : dict of str to int
        Incidents in each of ``PLACES``.
    kept, long_spans, unknown_value : int
        Incidents in all, those dated to a span longer than the period, and of those in the grid or unplaced
        the ones whose value is not stated.
    daily : int64 array, shape (days,)
        Incidents known then, whether counted or not.
    everything : callable
        Makes the same by region, shape (days, regions + 1): the largest of these arrays, and few counts need
        it. The last column holds those in no region of the grid.
    notes : tuple of str
        What the filter asked for that no incident has.
    outlets : Outlets or None
        Who reported what is in the grid.
    """

    values: Sums
    coarse: Sums
    unplaced: Sums
    places: dict[str, int]
    kept: int
    long_spans: int
    unknown_value: int
    daily: IntArray
    everything: Callable[[], IntArray]
    notes: tuple[str, ...] = ()
    outlets: Outlets | None = None


def tally_incidents(incidents: Incidents, plan: CountPlan) -> Tally:
    """Send every incident to one place, and add up what is in the grid."""
    frame = incidents.frame
    place = np.full(len(frame), _GRID, dtype=np.int8)
    notes: tuple[str, ...] = ()

    def move(rows: BoolArray, to: int) -> None:
        if rows.any():
            place[(place == _GRID) & rows] = to

    if plan.where is not None:
        outcome = plan.where.evaluate(frame, incidents.extra)
        place[~outcome.mask] = _WHERE
        place[outcome.unknown] = _UNKNOWN
        notes = outcome.notes
        if not outcome.mask.any():
            notes = (f"no incident fits where {plan.where}: every count is 0", *notes)

    width = span_days(frame)
    long = width > plan.longest
    if plan.span == "exclude":
        move(long, _APART)
    row = (_days(incidents, plan, long) - plan.days[0]).astype(np.int64)
    out, late = (row < 0) | (row >= len(plan.days)), incidents.reported_after(plan.days[-1])
    move(out, _OUTSIDE)
    move(late, _LATER)

    region = plan.chosen.codes(incidents)
    move(region == -1, _UNPLACED)
    move(region == -2, _REGION)
    if not plan.coverage.all():
        counted = np.flatnonzero(place == _GRID)
        place[counted[~plan.coverage[row[counted], region[counted]]]] = _NO_COVERAGE

    amount, stated = _amounts(incidents, plan)
    inside, lost = _where(place == _GRID), np.flatnonzero(place == _UNPLACED)
    coarse = np.flatnonzero((width >= COARSE_DAYS) & (place == _GRID))
    days, regions = plan.shape

    def add(at: IntArray | slice) -> Sums:
        cells = row[at] * regions + region[at]
        return sums_of(cells, None if amount is None else amount[at], days * regions).reshape(days, regions)

    known = _where(~(out | late))

    def everything() -> IntArray:
        cells = row[known] * (regions + 1) + np.where(region < 0, regions, region)[known]
        return np.bincount(cells, minlength=days * (regions + 1)).reshape(days, regions + 1)

    return Tally(
        values=add(inside),
        coarse=add(coarse),
        unplaced=sums_of(row[lost], None if amount is None else amount[lost], days),
        places=dict(zip(PLACES, np.bincount(place, minlength=len(PLACES)).tolist(), strict=True)),
        kept=len(frame),
        long_spans=int(long.sum()),
        unknown_value=0 if stated is None else int((~stated[inside]).sum() + (~stated[lost]).sum()),
        daily=np.bincount(row[known], minlength=days),
        everything=everything,
        notes=notes,
        outlets=_outlets(frame["source_name"], inside, row, region, plan),
    )


def _where(rows: BoolArray) -> IntArray | slice:
    """Return the places that are true; a slice of everything, which copies nothing, where all are."""
    return slice(None) if rows.all() else np.flatnonzero(rows)


def sums_of(cells: IntArray, amounts: npt.NDArray[Any] | None, size: int) -> Sums:
    """Return what is added up in each cell: one each, or amounts; four bytes a cell where they hold it."""
    whole = amounts is None or (amounts.dtype.kind == "i" and bool((amounts >= 0).all()))
    if whole and (len(cells) if amounts is None else int(amounts.sum())) <= np.iinfo(np.int32).max:
        out = np.zeros(size, dtype=np.int32)
        np.add.at(out, cells, np.int32(1) if amounts is None else amounts.astype(np.int32))
        return out
    return np.bincount(cells, amounts, size).astype(np.int64)


def _outlets(
    named: pd.Series, inside: IntArray | slice, row: IntArray, region: IntArray, plan: CountPlan
) -> Outlets | None:
    if named.isna().all():
        return None
    codes, uniques = pd.factorize(named)
    kept = pd.Series(pd.Categorical.from_codes(codes[inside], uniques))
    return read_outlets(kept, plan.days[row[inside]], region[inside], plan.chosen.names)


def _days(incidents: Incidents, plan: CountPlan, long: BoolArray) -> Days:
    """Return the day each incident is counted on."""
    day = incidents.frame["date_start"].to_numpy().astype("datetime64[D]")
    if plan.span != "spread":
        return day
    earliest, latest = possible_span(incidents.frame)
    earliest, latest = earliest[long], latest[long]
    until = np.minimum(latest, plan.days[-1])  # the incident is known at as_of, so it did not happen later
    room = np.maximum((until - earliest) // DAY + 1, 1)
    drawn = np.floor(chance_of(incidents.frame[long], plan.seed) * room).astype(np.int64)
    day = day.copy()
    day[long] = earliest + drawn * DAY
    return day


def _amounts(incidents: Incidents, plan: CountPlan) -> tuple[npt.NDArray[Any] | None, BoolArray | None]:
    """Return what each incident adds, and whether that is stated; None where each adds one."""
    if plan.value == "incidents":
        return None, None
    number = incidents.frame["fatalities"]
    if len(number) and number.isna().all():
        raise no_fatalities(incidents.title, incidents.extra, mapped=incidents.source == "table")
    return number.fillna(0).to_numpy(), number.notna().to_numpy(dtype=bool)


def no_fatalities(title: str, extra: pd.DataFrame | None = None, *, mapped: bool = False) -> InputError:
    """Return the error for a sum of what no incident states; the likeliest other column is named."""
    numbers = [] if extra is None else [str(n) for n, values in extra.items() if values.dtype.kind in "iuf"]
    likely = [name for name in numbers if any(part in name.casefold() for part in _OF_THE_DEAD)]
    advice = f"name the column: columns={{'fatalities': {likely[0]!r}}}" if likely else None
    return InputError(
        "no incident states its fatalities, so there is nothing to sum",
        expected="a column of fatalities, such as fatalities, killed or deaths",
        found=f"other columns of numbers: {', '.join(numbers[:20])}" if numbers else "no column of numbers",
        where=title or None,
        todo=advice if mapped else None,
    )
