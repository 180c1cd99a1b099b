"""From incidents to windows of pairs: which name has how many incidents in which region and window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics._typing import BoolArray, Days, IntArray
from analytics.counts import Counts, count_incidents
from analytics.counts.areas import choose_areas_or_regions
from analytics.errors import HistoryError, OptionError
from analytics.incidents import Incidents
from analytics.periods import DAY
from analytics.results import counted
from analytics.upticks.windows import sure_coverage

__all__ = ["DebutPanel", "check_history", "debut_panel"]

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
    day, region, name, names, unnamed = _pairs(incidents, counts, of, by, regions, where)
    pair, which = np.unique(np.column_stack([region, name]), axis=0, return_inverse=True)
    which = which.ravel()
    many, days = counts.complete // recent, counts.complete
    begin = days - many * recent
    at = (day - begin) // recent
    inside = (at >= 0) & (at < many)
    windows = np.zeros((many, len(pair)), np.int64)
    np.add.at(windows, (at[inside], which[inside]), 1)
    covered = np.asarray(sure_coverage(counts)[begin:days].reshape(many, recent, -1).all(axis=1))
    early, late = day < days - recent, (day >= days - recent) & (day < days)
    last = np.full(len(pair), -1)
    np.maximum.at(last, which[early], day[early])
    first = np.full(len(pair), days)
    np.minimum.at(first, which[late], day[late])
    none = np.datetime64("NaT", "D")
    return DebutPanel(
        counts=counts,
        windows=windows,
        covered=covered,
        names=names,
        region=pair[:, 0],
        name=pair[:, 1],
        last_before=np.where(last >= 0, counts.starts[0] + last * DAY, none),
        first_recent=np.where(first < days, counts.starts[0] + first * DAY, none),
        before=np.bincount(which[early], minlength=len(pair)).astype(np.int64),
        unnamed=unnamed,
    )


def check_history(panel: DebutPanel, recent: int, silence: int, least: int) -> None:
    """Raise a HistoryError unless there is a silence, and `least` earlier windows after it.

    Raises
    ------
    HistoryError
    """
    needed, has = silence + (least + 1) * recent, panel.counts.complete
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


def _pairs(
    incidents: Incidents,
    counts: Counts,
    of: str,
    by: str | Sequence[str] | None,
    regions: str | Sequence[str] | None,
    where: str | None,
) -> tuple[IntArray, IntArray, IntArray, tuple[str, ...], int]:
    """Return day, region and name of each mention of a name, the names, and how many have none.

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
        named = np.array(
            [value == value and value is not None and str(value).strip() != "" for value in values]
        )
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
    return day[rows].astype(np.int64), region[rows], name, tuple(names), unnamed
