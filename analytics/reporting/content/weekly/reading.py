"""Reading and counting everything that a weekly report is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts, count_incidents
from analytics.counts.count_table import CountTable
from analytics.counts.reading import read_count_table
from analytics.delays import with_measured_completeness
from analytics.errors import CountsTableError, InputError, OptionError
from analytics.geo.boundaries import file_digest
from analytics.incidents import Incidents, read_incidents
from analytics.incidents.asked import place_as_asked
from analytics.incidents.metadata import fingerprint
from analytics.periods import DAY, Window
from analytics.reporting.content.weekly.handed import handed_over
from analytics.reporting.content.weekly.numbers import ALL, RECENT, WeeklyCounts
from analytics.reporting.content.weekly.request import MEASURED, ReportRequest, takes_request
from analytics.upticks.windows import split_counts

__all__ = ["SAMPLE", "rests_on", "weekly_counts"]

SAMPLE = "data/iraq_simulated.csv"
_IN_SCOPE = "uptick_in_scope"


@takes_request
def weekly_counts(request: ReportRequest) -> WeeklyCounts:
    """Read and count everything the weekly report is about.

    Parameters
    ----------
    request : ReportRequest
        What the report is about; or its options one by one, as :class:`ReportRequest` lists them.

    Returns
    -------
    WeeklyCounts

    Raises
    ------
    HistoryError
        If there are too few days for the test.
    UptickError
        If the file or an option cannot be used.

    Examples
    --------
    >>> weekly_counts(sample=True, as_of="2020-04-19").label
    '2020-W16'
    """
    if (counted := handed_over(request)) is not None:
        _check_same(counted.incidents, request)  # boundaries are read again where they are drawn
        return counted
    try:
        incidents = _read(request)
    except CountsTableError:
        return _of_a_table(request)
    if request.placing is not None:
        incidents = place_as_asked(incidents, request.placing)
    _check_same(incidents, request)
    if request.missing is not None:
        raise OptionError("missing is for tables of counts", found="incidents", todo="leave it out")
    if request.gap_is_quiet:
        incidents = replace(incidents, gap_is_quiet=True)

    def count(
        of: Incidents,
        value: Literal["incidents", "fatalities"] = "incidents",
        only: str | None = request.where,
        by: str | None = request.by,
    ) -> Counts:
        return count_incidents(
            of, "week", week_start=request.week_start, by=by, regions=request.regions, start=request.start,
            covered_from=request.covered_from,
            as_of=request.as_of, where=only, value=value, no_coverage=request.no_coverage,
        )  # fmt: skip

    counts = count(incidents)
    if request.completeness == MEASURED:
        counts = with_measured_completeness(counts, incidents)
    split_counts(counts, RECENT, None, None)  # no history at all is told before anything is made
    unstated, scope = _without_fatalities(incidents, request.where)
    end = counts.last_complete_day
    return WeeklyCounts(
        request=request,
        incidents=incidents,
        counts=counts,
        total=counts.total(ALL),
        fatalities=count(_with_fatalities(incidents), "fatalities").total(ALL),
        unstated=count(unstated, "fatalities", scope).total(ALL),
        types=_by_type(count, incidents) if request.regions is None else None,
        week=Window(end - 6 * DAY, end),
    )


def _read(request: ReportRequest) -> Incidents:
    if request.store is not None:
        from analytics.store import Store  # loads the database

        return Store(request.store).as_of(
            request.as_of,
            known_on=request.known_on,
            source=request.source,
            reported_on="auto",
            **dict(request.reading or {}),
        )
    return read_incidents(
        bundled_path(SAMPLE) if request.incidents_path is None else request.incidents_path,
        request.source,
        as_of=request.as_of,
        columns=dict(request.columns) if request.columns else None,
        **dict(request.reading or {}),
    )


def _of_a_table(request: ReportRequest) -> WeeklyCounts:
    """Return the same of a table of counts: its weeks start on its own day."""

    def read(
        value: Literal["incidents", "fatalities"] = "incidents", by: str | None = request.by
    ) -> CountTable:
        return read_count_table(
            request.incidents_path,  # type: ignore[arg-type]
            as_of=request.as_of, value=value, by=by, regions=request.regions, where=request.where,
            start=request.start, covered_from=request.covered_from,
            week_start=None if request.week_start == "monday" else request.week_start,
            gap_is_quiet=request.gap_is_quiet or None, missing=request.missing, columns=request.columns,
            **dict(request.reading or {}),
        )  # fmt: skip

    if request.completeness == MEASURED:
        raise OptionError(
            "a table of counts has no days of report to measure completeness from",
            todo="give the share by hand, such as completeness=0.9",
        )
    if request.placing is not None:
        raise OptionError(
            "a table of counts cannot be placed on the map",
            expected="incidents with coordinates",
            found="counts by place",
            todo="leave placing out; regions are the places it names",
        )
    table = read()
    _check_same(table, request)
    request = replace(request, week_start=table.week_start)
    counts = table.counts(request.no_coverage)
    split_counts(counts, RECENT, None, None)
    total = counts.total(ALL)
    none = replace(total, values=np.zeros_like(total.values))
    stated = "fatalities" in table.has
    typed = "event_type" in table.has and request.regions is None
    end = counts.last_complete_day
    return WeeklyCounts(
        request=request,
        incidents=table,
        counts=counts,
        total=total,
        fatalities=read("fatalities").counts(request.no_coverage).total(ALL) if stated else none,
        unstated=none if stated else total,
        types=read(by="event_type").counts(request.no_coverage) if typed else None,
        week=Window(end - 6 * DAY, end),
    )


def _by_type(count: Callable[..., Counts], incidents: Incidents) -> Counts | None:
    if incidents.frame["event_type"].isna().all():
        return None
    return count(incidents, by="event_type")


def rests_on(incidents: Incidents | CountTable, request: ReportRequest) -> str:
    """Return the hash of everything a report is made of: data, what stands beside them, boundaries drawn."""
    drawn = "" if request.polygons is None else file_digest(Path(request.polygons))
    return fingerprint(incidents.fingerprint, drawn)


def _check_same(incidents: Incidents | CountTable, request: ReportRequest) -> None:
    """Stop where the file, or the metadata beside it, is not what the report was begun with."""
    found = rests_on(incidents, request)
    if request.sha256 is None or found == request.sha256:
        return
    beside = ", or the metadata beside it," if incidents.metadata_digest else ""
    if fingerprint(incidents.digest, incidents.metadata_digest) != found:
        beside = ", or what was given with it (metadata, actors, accepted pairs, regions, spellings),"
    raise InputError(
        f"the file{beside} has changed since the report was begun",
        expected=f"sha256 {request.sha256[:12]}",
        found=f"sha256 {found[:12]}" if incidents.digest else "no file",
        where=str(incidents.path or "the sample"),
        todo="make the report again, once nothing writes to the file",
    )


def _with_fatalities(incidents: Incidents) -> Incidents:
    """Return the incidents with 0 for each where none states fatalities: the report then says so itself."""
    if incidents.frame["fatalities"].notna().any():
        return incidents
    none = pd.Series(0, index=incidents.frame.index, dtype="Int64")
    return replace(incidents, frame=incidents.frame.assign(fatalities=none))


def _without_fatalities(incidents: Incidents, where: str | None) -> tuple[Incidents, str | None]:
    """Return the incidents with 1 for each that states no fatalities, and the filter that keeps the scope."""
    missing = incidents.frame["fatalities"].isna().astype("Int64")
    frame = incidents.frame.assign(fatalities=missing)
    if where is None:
        return replace(incidents, frame=frame), None
    inside = incidents.filter(where).mask(incidents.frame, incidents.extra)
    extra = incidents.extra.assign(**{_IN_SCOPE: pd.array(inside.astype(np.int64), dtype="Int64")})
    return replace(incidents, frame=frame, extra=extra), f"{_IN_SCOPE} = 1"
