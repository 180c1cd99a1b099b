"""From incidents to windows of pairs: which name has how many incidents in which region and window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, Days, IntArray
from analytics.counts import Counts, count_incidents
from analytics.counts.areas import choose_areas_or_regions
from analytics.counts.sure import sure_coverage
from analytics.errors import HistoryError, OptionError
from analytics.incidents import Incidents
from analytics.periods import DAY
from analytics.results import counted

__all__ = ["DebutPanel", "check_history", "debut_panel", "panel_of_counts"]

_ACTOR = "actor"


@dataclass(frozen=True, eq=False, slots=True)
class DebutPanel:
    """Windows of every pair of name and region that has an incident.

    Attributes
    ----------
    counts : Counts
        All incidents asked about, by day and region.
    windows : int array, shape (windows, pairs)
        The last window ends on the last day that was over.
    covered : bool array, shape (windows, regions)
    names : tuple of str
    region, name : int arrays, shape (pairs,)
    last_before : datetime64[D] array, shape (pairs,)
        Last day of an incident before the recent window, NaT where there is none.
    first_recent : datetime64[D] array, shape (pairs,)
        First day of one within it, NaT where there is none.
    before : int array, shape (pairs,)
        Incidents before the recent window.
    unnamed : int
        Incidents counted in a region that have no name.
    """

    counts: Counts
    windows: IntArray
    covered: BoolArray
    names: tuple[str, ...]
    region: IntArray
    name: IntArray
    last_before: Days
    first_recent: Days
    before: IntArray
    unnamed: int


@dataclass(frozen=True, eq=False, slots=True)
class _Mentions:
    """Where and when a name stands, and how often; how many incidents have none."""

    period: IntArray
    region: IntArray
    name: IntArray
    times: IntArray
    names: tuple[str, ...]
    unnamed: int


def debut_panel(
    incidents: Incidents,
    of: str,
    *,
    recent: int,
    as_of: object,
    start: object,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    where: str | None,
    no_coverage: Iterable[object],
) -> DebutPanel:
    """Cut incidents into windows of `recent` days, each pair of name and region apart."""
    counts = count_incidents(
        incidents, "day", by=by, regions=regions, where=where, start=start, as_of=as_of,
        no_coverage=no_coverage,
    )  # fmt: skip
    incidents = incidents.known_on(counts.as_of)
    return _cut(counts, _mentions(incidents, counts, of, by, regions, where), recent)


def panel_of_counts(by_name: Mapping[str, Counts], recent: int) -> DebutPanel:
    """Cut counts into windows of `recent` days; those of all names have the same periods and regions.

    Raises
    ------
    OptionError
        If there are none, or they do not fit together.
    """
    tables = list(by_name.values())
    if not tables:
        raise OptionError("there are no counts to look for new names in", expected="counts of each name")
    first = tables[0]
    for name, counts in by_name.items():
        if counts.regions != first.regions or not np.array_equal(counts.starts, first.starts):
            raise OptionError(
                f"the counts of {name} do not fit those of {next(iter(by_name))}",
                expected="the same periods and regions for each name",
                found=repr(counts),
                todo="count all of them from the same start, to the same as_of, with the same regions",
            )
    covered = np.asarray(np.logical_and.reduce([counts.coverage for counts in tables]))
    values = np.stack([np.where(covered, counts.values, 0) for counts in tables])
    which, period, region = np.nonzero(values)
    times = values[which, period, region].astype(np.int64)
    known = replace(first, coverage=covered, values=values.sum(axis=0, dtype=np.int32), accounting=None)
    return _cut(known, _Mentions(period, region, which, times, tuple(by_name), 0), recent)


def _cut(counts: Counts, found: _Mentions, recent: int) -> DebutPanel:
    pair, which = np.unique(np.column_stack([found.region, found.name]), axis=0, return_inverse=True)
    which, at = which.ravel(), found.period
    length, end = recent // counts.period_days, counts.complete
    many = end // length
    begin = end - many * length
    inside = (at >= begin) & (at < end)
    windows = np.zeros((many, len(pair)), np.int64)
    np.add.at(windows, ((at[inside] - begin) // length, which[inside]), found.times[inside])
    sure = sure_coverage(counts)[begin:end].reshape(many, length, len(counts.regions))
    early, late = at < end - length, (at >= end - length) & (at < end)
    last = np.full(len(pair), -1)
    np.maximum.at(last, which[early], at[early])
    first = np.full(len(pair), end)
    np.minimum.at(first, which[late], at[late])
    before = np.zeros(len(pair), np.int64)
    np.add.at(before, which[early], found.times[early])
    none, step = np.datetime64("NaT", "D"), counts.period_days * DAY
    return DebutPanel(
        counts=counts,
        windows=windows,
        covered=np.asarray(sure.all(axis=1)),
        names=found.names,
        region=pair[:, 0],
        name=pair[:, 1],
        last_before=np.where(last >= 0, counts.starts[0] + last * step, none),
        first_recent=np.where(first < end, counts.starts[0] + first * step, none),
        before=before,
        unnamed=found.unnamed,
    )


def check_history(panel: DebutPanel, recent: int, silence: int, least: int) -> None:
    """Raise a HistoryError unless there is a silence, and `least` earlier windows after it.

    Raises
    ------
    HistoryError
    """
    needed, has = silence + (least + 1) * recent, panel.counts.complete * panel.counts.period_days
    usable = int(panel.covered[silence // recent : -1].any(axis=1).sum()) if has >= needed else least
    if has >= needed and usable >= least:
        return
    parts = f"silence {silence} + {least} earlier windows and the recent one of {recent}"
    raise HistoryError(
        f"emerging_test needs {needed} days with coverage ({parts})",
        found=f"{has} days, {panel.counts.starts[0]}..{panel.counts.last_complete_day}"
        + ("" if has < needed else f", with coverage in {counted(usable, 'earlier window')}"),
        todo="count from an earlier start (if the data begin before), or ask for a shorter silence",
    )


def _mentions(
    incidents: Incidents,
    counts: Counts,
    of: str,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    where: str | None,
) -> _Mentions:
    """Return where the names of a column stand.

    An actor may stand in two columns; an incident in which one stands twice is one.
    """
    frame = incidents.frame
    rule = None if where is None else incidents.filter(where)
    region = choose_areas_or_regions(incidents, by, regions, rule).codes(incidents)
    day = (frame["date_start"].to_numpy().astype("datetime64[D]") - counts.starts[0]) // DAY
    keep = ~incidents.reported_after(counts.as_of) & (region >= 0) & (day >= 0) & (day < len(counts.starts))
    if rule is not None:
        keep &= rule.evaluate(frame, incidents.extra).mask
    at = np.flatnonzero(keep)
    at = at[counts.coverage[day[at], region[at]]]
    both = of == _ACTOR and not incidents.has(_ACTOR)
    mentions, codes, names = [], [], dict[str, int]()
    for column in ("actor1", "actor2") if both else (incidents.called(of, " to look for new ones in"),):
        table = frame if column in frame.columns else incidents.extra
        values = table[column].to_numpy(dtype=object)[at]
        named = np.array([not pd.isna(value) and str(value).strip() != "" for value in values], dtype=bool)
        mentions.append(at[named])
        codes += [names.setdefault(str(value).strip(), len(names)) for value in values[named]]
    if not names:
        raise OptionError(
            f"no incident counted has a name in {of}",
            expected="a column whose names are watched, such as actor, event_type or one of the file's own",
            todo="name another column",
        )
    rows, name = np.concatenate(mentions), np.array(codes, dtype=np.int64)
    once = np.unique(np.column_stack([rows, name]), axis=0) if len(rows) else np.empty((0, 2), np.int64)
    rows, name = once[:, 0], once[:, 1]
    unnamed = len(at) - len(np.unique(rows))
    days = day[rows].astype(np.int64)
    return _Mentions(days, region[rows], name, np.ones(len(rows), np.int64), tuple(names), unnamed)
