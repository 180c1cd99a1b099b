"""From incidents to counts: every kept incident goes to exactly one place, and the places add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from analytics.counts.accounting import CountAccounting
from analytics.counts.grid import Counts
from analytics.counts.placing import choose_regions, gap_columns
from analytics.errors import InputError, OptionError, unknown_option
from analytics.filters import parse_filter
from analytics.incidents import Incidents
from analytics.periods import as_day, as_gap, check_freq, check_week_start, day_range
from analytics.schema import COARSE_DAYS, possible_span

__all__ = ["count_incidents", "stated_as_of"]

_DAY = np.timedelta64(1, "D")
Span = Literal["start", "exclude", "spread"]
Value = Literal["incidents", "fatalities"]
_BINS = ("grid", "where", "unknown", "set_apart", "outside", "unplaced", "region", "no_coverage")
_GRID, _WHERE, _UNKNOWN, _APART, _OUTSIDE, _UNPLACED, _REGION, _NO_COVERAGE = range(len(_BINS))


def count_incidents(
    incidents: Incidents,
    freq: str = "week",
    *,
    week_start: str = "monday",
    by: str | None = "admin1",
    regions: str | Sequence[str] | None = None,
    start: object = None,
    as_of: object = None,
    where: str | None = None,
    value: Value = "incidents",
    span: Span = "start",
    no_coverage: Iterable[object] = (),
    seed: int = 0,
) -> Counts:
    """Count incidents into a complete period x region grid.

    Parameters
    ----------
    incidents : Incidents
    freq : {"week", "day"}
        Period shown. Days are held either way, because tests work on days.
    week_start : str
        Day weeks start on (ACLED: ``"saturday"``). pandas' ``W-MON`` is refused.
    by : str or None
        Column to count by: canonical, or one of the source's own. None counts everything as one series.
    regions : str, list of str or None
        Name of a region set, or regions. None takes the named table of the country where there is one (Iraq's
        governorates or districts), else the values of all kept incidents before `where`, and notes it.
    start : date or None
        First day of the grid. None takes the first day of the kept incidents before `where`, and notes it.
    as_of : date or None
        Last day the counts know about, its whole day included. None takes the incidents' own.
    where : str or None
        Filter expression, such as ``"fatalities >= 1 and actor1 contains 'IS'"``.
    value : {"incidents", "fatalities"}
        What is summed. Incidents whose fatalities are not stated add nothing; the accounting says how many.
    span : {"start", "exclude", "spread"}
        What to do with incidents dated to a span longer than the period: count them on their first coded day,
        set them apart, or put each whole incident on one day of its span by chance.
    no_coverage : iterable
        Spells without coverage (``"2019-05-01..2019-05-20"``, ``"...@Region"``), beside the source's own.
    seed : int
        Seed of the allocation by ``span="spread"``.

    Returns
    -------
    Counts
        ``kept = grid + filtered + set apart + unplaced + outside the window + without coverage``.

    Raises
    ------
    OptionError, InputError, FilterError
        If an option is unknown, a region or column is not there, or no `as_of` is stated.
    """
    freq = check_freq(freq)
    check_week_start(week_start)
    if span not in ("start", "exclude", "spread"):
        raise unknown_option("span", span, ("start", "exclude", "spread"))
    if value not in ("incidents", "fatalities"):
        raise unknown_option("value", value, ("incidents", "fatalities"))
    frame = incidents.frame
    last = stated_as_of(incidents, as_of)
    first, notes = _first_day(incidents, start, last)
    days = day_range(first, last)

    place = np.full(len(frame), _GRID, dtype=np.int8)
    chosen_countries = frame["country"]
    if where is not None:
        outcome = parse_filter(where).evaluate(frame, incidents.extra)
        place[~outcome.mask] = _WHERE
        place[outcome.unknown] = _UNKNOWN
        if outcome.mask.any():
            chosen_countries = chosen_countries[outcome.mask]

    earliest, latest = possible_span(frame)
    width = (latest - earliest) // _DAY + 1
    long = width > (7 if freq == "week" else 1)
    day = frame["date_start"].to_numpy().astype("datetime64[D]")
    if span == "exclude":
        place[(place == _GRID) & long] = _APART
    elif span == "spread":
        draw = np.random.Generator(np.random.PCG64(seed)).random(len(frame))
        until = np.minimum(latest, last)  # the incident is known at as_of, so it did not happen later
        room = np.maximum((until - earliest) // _DAY + 1, 1)
        day = np.where(long, earliest + np.floor(draw * room).astype(np.int64) * _DAY, day)
    row = (day - first) // _DAY
    place[(place == _GRID) & ((row < 0) | (row >= len(days)))] = _OUTSIDE

    chosen = choose_regions(incidents, by, regions, chosen_countries.dropna().unique().tolist())
    notes += chosen.notes
    place[(place == _GRID) & (chosen.codes == -1)] = _UNPLACED
    place[(place == _GRID) & (chosen.codes == -2)] = _REGION

    covered = np.ones((len(days), len(chosen.names)), dtype=bool)
    for gap in (*incidents.no_coverage, *(as_gap(spell) for spell in no_coverage)):
        covered[np.ix_(gap.window.contains(days), gap_columns(gap, chosen))] = False
    inside = np.flatnonzero(place == _GRID)
    place[inside[~covered[row[inside], chosen.codes[inside]]]] = _NO_COVERAGE

    amount = np.ones(len(frame))
    unknown_value = 0
    if value == "fatalities":
        stated = frame["fatalities"]
        amount = stated.fillna(0).to_numpy(dtype=float)
        unknown_value = int((stated.isna().to_numpy() & np.isin(place, (_GRID, _UNPLACED))).sum())
        if unknown_value:
            notes += (
                f"{unknown_value:,} incidents do not state their fatalities and add nothing to the sums",
            )

    cells = len(days) * len(chosen.names)
    shape = (len(days), len(chosen.names))
    inside = np.flatnonzero(place == _GRID)
    flat = row[inside] * len(chosen.names) + chosen.codes[inside]
    coarse = inside[width[inside] >= COARSE_DAYS]
    coarse_flat = row[coarse] * len(chosen.names) + chosen.codes[coarse]
    lost = np.flatnonzero(place == _UNPLACED)
    tally = np.bincount(place, minlength=len(_BINS))
    filtered = {}
    if where is not None:
        filtered[f"where {where}"] = int(tally[_WHERE])
        if tally[_UNKNOWN]:
            filtered["where, on a missing value"] = int(tally[_UNKNOWN])
    if chosen.selected:
        filtered[f"region ({chosen.label})"] = int(tally[_REGION])
    return Counts(
        values=np.bincount(flat, amount[inside], cells).reshape(shape).astype(np.int32),
        coverage=covered,
        starts=days,
        regions=chosen.names,
        freq=freq,
        finest="day",
        week_start=week_start,
        as_of=last,
        by=by or "total",
        value=value,
        coarse=np.bincount(coarse_flat, amount[coarse], cells).reshape(shape).astype(np.int32),
        unplaced=np.bincount(row[lost], amount[lost], len(days)).astype(np.int32),
        whole=not chosen.selected,
        accounting=CountAccounting(
            kept=len(frame),
            grid=int(tally[_GRID]),
            filtered=filtered,
            set_apart=int(tally[_APART]),
            unplaced=int(tally[_UNPLACED]),
            outside=int(tally[_OUTSIDE]),
            no_coverage=int(tally[_NO_COVERAGE]),
            long_spans=int(long.sum()),
            unknown_value=unknown_value,
        ),
        simulated=incidents.simulated,
        notes=notes,
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
