"""The only step of counting that looks at single incidents: each goes to exactly one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts.outlets import Outlets, read_outlets
from analytics.counts.plan import CountPlan
from analytics.errors import InputError
from analytics.incidents import Incidents
from analytics.periods import DAY
from analytics.schema import COARSE_DAYS, possible_span

__all__ = ["PLACES", "Tally", "tally_incidents"]

PLACES = (
    "grid", "where", "unknown", "set_apart", "outside", "unplaced", "region", "no_coverage", "reported_later",
)  # fmt: skip
_GRID, _WHERE, _UNKNOWN, _APART, _OUTSIDE, _UNPLACED, _REGION, _NO_COVERAGE, _LATER = range(len(PLACES))
_OF_THE_DEAD = ("kill", "fatal", "dead", "death", "died", "kia", "tote", "mort", "muert", "fallec")


@dataclass(frozen=True, eq=False, slots=True)
class Tally:
    """Whole numbers, as any engine can return them.

    Attributes
    ----------
    values, coarse : int64 array, shape (days, regions)
        What is counted, and how much of it comes from incidents dated to seven days or more.
    unplaced : int64 array, shape (days,)
        What is counted of the incidents without a known region.
    places : dict of str to int
        Incidents in each of ``PLACES``.
    kept, long_spans, unknown_value : int
        Incidents in all, those dated to a span longer than the period, and of those in the grid or unplaced
        the ones whose value is not stated.
    everything : int64 array, shape (days, regions + 1)
        Incidents known then, whether counted or not; the last column holds those in no region of the grid.
    notes : tuple of str
        What the filter asked for that no incident has.
    outlets : Outlets or None
        Who reported what is in the grid.
    """

    values: IntArray
    coarse: IntArray
    unplaced: IntArray
    places: dict[str, int]
    kept: int
    long_spans: int
    unknown_value: int
    everything: IntArray
    notes: tuple[str, ...] = ()
    outlets: Outlets | None = None


def tally_incidents(incidents: Incidents, plan: CountPlan) -> Tally:
    """Send every incident to one place, and add up what is in the grid."""
    frame = incidents.frame
    place = np.full(len(frame), _GRID, dtype=np.int8)
    notes: tuple[str, ...] = ()
    if plan.where is not None:
        outcome = plan.where.evaluate(frame, incidents.extra)
        place[~outcome.mask] = _WHERE
        place[outcome.unknown] = _UNKNOWN
        notes = outcome.notes
        if not outcome.mask.any():
            notes = (f"no incident fits where {plan.where}: every count is 0", *notes)

    earliest, latest = possible_span(frame)
    width = (latest - earliest) // DAY + 1
    long = width > plan.longest
    if plan.span == "exclude":
        place[(place == _GRID) & long] = _APART
    row = (_days(incidents, plan, earliest, latest, long) - plan.days[0]) // DAY
    out, late = (row < 0) | (row >= len(plan.days)), incidents.reported_after(plan.days[-1])
    place[(place == _GRID) & out] = _OUTSIDE
    place[(place == _GRID) & late] = _LATER

    region = plan.chosen.codes(incidents)
    place[(place == _GRID) & (region == -1)] = _UNPLACED
    place[(place == _GRID) & (region == -2)] = _REGION
    inside = np.flatnonzero(place == _GRID)
    place[inside[~plan.coverage[row[inside], region[inside]]]] = _NO_COVERAGE

    amount, stated = _amounts(incidents, plan)
    inside, lost = np.flatnonzero(place == _GRID), np.flatnonzero(place == _UNPLACED)
    coarse = inside[width[inside] >= COARSE_DAYS]
    days, regions = plan.shape

    def add(at: IntArray) -> IntArray:
        cells = np.bincount(row[at] * regions + region[at], amount[at], days * regions)
        return cells.reshape(days, regions).astype(np.int64)

    known = np.flatnonzero(~out & ~late)
    column = np.where(region < 0, regions, region)[known]
    everything = np.bincount(row[known] * (regions + 1) + column, minlength=days * (regions + 1))

    return Tally(
        values=add(inside),
        coarse=add(coarse),
        unplaced=np.bincount(row[lost], amount[lost], days).astype(np.int64),
        places=dict(zip(PLACES, np.bincount(place, minlength=len(PLACES)).tolist(), strict=True)),
        kept=len(frame),
        long_spans=int(long.sum()),
        unknown_value=int((~stated[inside]).sum() + (~stated[lost]).sum()),
        everything=everything.reshape(days, regions + 1),
        notes=notes,
        outlets=read_outlets(
            frame["source_name"].iloc[inside], plan.days[row[inside]], region[inside], plan.chosen.names
        ),
    )


def _days(incidents: Incidents, plan: CountPlan, earliest: Days, latest: Days, long: BoolArray) -> Days:
    """Return the day each incident is counted on."""
    day = incidents.frame["date_start"].to_numpy().astype("datetime64[D]")
    if plan.span != "spread":
        return day
    draw = np.random.Generator(np.random.PCG64(plan.seed)).random(len(day))
    until = np.minimum(latest, plan.days[-1])  # the incident is known at as_of, so it did not happen later
    room = np.maximum((until - earliest) // DAY + 1, 1)
    return np.where(long, earliest + np.floor(draw * room).astype(np.int64) * DAY, day)


def _amounts(incidents: Incidents, plan: CountPlan) -> tuple[FloatArray, BoolArray]:
    """Return what each incident adds, and whether that is stated."""
    if plan.value == "incidents":
        return np.ones(len(incidents)), np.ones(len(incidents), dtype=bool)
    number = incidents.frame["fatalities"]
    if len(number) and number.isna().all():
        raise _no_fatalities(incidents)
    return number.fillna(0).to_numpy(dtype=float), number.notna().to_numpy(dtype=bool)


def _no_fatalities(incidents: Incidents) -> InputError:
    """Return the error for a sum of what no incident states; the likeliest column of the file is named."""
    numbers = [str(name) for name, values in incidents.extra.items() if values.dtype.kind in "iuf"]
    likely = [name for name in numbers if any(part in name.casefold() for part in _OF_THE_DEAD)]
    advice = f"name the column: columns={{'fatalities': {likely[0]!r}}}" if likely else None
    return InputError(
        "no incident states its fatalities, so there is nothing to sum",
        expected="a column of fatalities, such as fatalities, killed or deaths",
        found=f"other columns of numbers: {', '.join(numbers[:20])}" if numbers else "no column of numbers",
        where=incidents.title or None,
        todo=advice if incidents.source == "table" else None,
    )
