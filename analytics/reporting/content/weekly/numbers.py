"""The numbers of a weekly report, all of them results of the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analytics.bundled import bundled_path
from analytics.counts import Counts, count_incidents
from analytics.counts.count_table import CountTable
from analytics.counts.reading import read_count_table
from analytics.errors import CountsTableError, InputError
from analytics.former import refuse_former
from analytics.geo import find_country
from analytics.incidents import Incidents, read_incidents
from analytics.periods import DAY, Window, parse_week, week_label
from analytics.reporting.content.weekly.request import ReportRequest, takes_request
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.results import (
    UptickResult,
    mark,
)
from analytics.upticks import expected_band, uptick_test
from analytics.upticks.windows import split_counts

__all__ = [
    "SAMPLE",
    "WeeklyCounts",
    "WeeklyNumbers",
    "weekly_counts",
    "weekly_numbers",
]

SAMPLE = "data/iraq_simulated.csv"
ALL = "all regions together"
RECENT, GUARD, BASELINE = 14, 28, 364
_IN_SCOPE = "uptick_in_scope"


@dataclass(frozen=True, eq=False, kw_only=True)
class WeeklyCounts:
    """What a weekly report is about, read and counted.

    Attributes
    ----------
    request : ReportRequest
        What was asked for.
    incidents : Incidents or CountTable
        What was read.
    counts, total, fatalities : Counts
        Incidents by region, their sum, and the sum of fatalities; held by day, shown by week.
    unstated : Counts
        Incidents, of those in `total`, whose fatalities are not stated.
    types : Counts or None
        Incidents by event type; None where no type is given or regions are selected.
    week : Window
        The reported week, the last one that was over at `as_of`.
    """

    request: ReportRequest
    incidents: Incidents | CountTable
    counts: Counts
    total: Counts
    fatalities: Counts
    unstated: Counts
    types: Counts | None
    week: Window

    if not TYPE_CHECKING:  # a type checker is to go on refusing what is not there

        def __getattr__(self, name: str) -> Any:
            moved = {n: f"request.{n}" for n in ("where", "regions", "completeness", "no_coverage")}
            refuse_former("WeeklyCounts", name, reading="request.read_with()", **moved)
            raise AttributeError(f"WeeklyCounts has no attribute {name!r}")

    @property
    def label(self) -> str:
        """The reported week's label, such as ``2020-W16``."""
        return week_label(self.week.start, self.counts.week_start)

    @property
    def running(self) -> Window | None:
        """The days of the week still running at `as_of`, None if no week is."""
        if self.counts.as_of == self.week.end:
            return None
        return Window(self.week.end + DAY, self.counts.as_of)

    @property
    def simulated(self) -> bool:
        """Whether the incidents are simulated."""
        return self.incidents.simulated

    @property
    def single(self) -> bool:
        """Whether there is only one region, so that the two tests are one."""
        return len(self.counts.regions) == 1

    @property
    def undivided(self) -> bool:
        """Whether all incidents are one series, because nothing was counted by."""
        return self.counts.by == "total"

    @property
    def fatalities_known(self) -> bool:
        """Whether anything read states its fatalities."""
        if isinstance(self.incidents, CountTable):
            return "fatalities" in self.incidents.has
        return bool(self.incidents.frame["fatalities"].notna().any())

    def marked(self, text: str) -> str:
        """Return a text that says so where the data are simulated."""
        return f"{mark(self.simulated, 'title')}{text}"

    def region_noun(self, number: int = 2) -> str:
        """Return what the regions are called, in the singular for 1."""
        if self.undivided:
            return "series"
        if self.counts.by not in ("admin1", "admin2", "country"):
            return f"value of {self.counts.by}" if number == 1 else f"values of {self.counts.by}"
        units = {find_country(name) for name in self.counts.countries}
        country = units.pop() if len(units) == 1 else None
        unit = None if country is None else country.units.get(self.counts.by)
        if unit is None:
            return "region" if number == 1 else "regions"
        return unit.one if number == 1 else unit.many

    @property
    def fatalities_stated(self) -> WeekSeries:
        """Weekly fatalities; NaN also where none of a week's incidents states them."""
        dead, unknown, all_ = (WeekSeries.of(c) for c in (self.fatalities, self.unstated, self.total))
        silent = (all_.values > 0) & (unknown.values == all_.values)
        return WeekSeries(dead.starts, np.where(silent, np.nan, dead.values))

    def last_year(self) -> np.datetime64:
        """Return the first day of the same week a year before: the same ISO week where there is one."""
        year, _, week = self.label.partition("-W")
        if self.last_year_words == "52 weeks before":
            return weeks_on(self.week.start, -52)
        return parse_week(f"{int(year) - 1}-W{week}").start

    @property
    def last_year_words(self) -> str:
        """What :meth:`last_year` is called: a week 53, or one that is no ISO week, has no namesake."""
        _, iso, week = self.label.partition("-W")
        return "same week last year" if iso and week != "53" else "52 weeks before"

    @property
    def title(self) -> str:
        """The report's title."""
        return self.marked(f"Weekly report, {self.label}")

    @property
    def subtitle(self) -> str:
        """What the report is about: data, week, selection."""
        about = self.incidents.title or "a table of incidents"
        parts = [about, f"week {self.week.start} to {self.week.end}"]
        if self.request.where:
            parts.append(f"where {self.request.where}")
        if self.request.regions:
            parts.append(f"regions: {self.request.regions}")
        return " · ".join(parts)

    @property
    def cutoff(self) -> str:
        """The data cut-off and the file's digest, for the foot of each page."""
        digest, beside = self.incidents.digest, self.incidents.metadata_digest
        said = f" · sha256 {digest[:12]}" if digest else ""
        said += f" · metadata {beside[:12]}" if beside else ""
        return f"data to {self.counts.as_of}{said}"


@dataclass(frozen=True, eq=False, kw_only=True)
class WeeklyNumbers(WeeklyCounts):
    """What a weekly report says, before it is put in words.

    Attributes
    ----------
    result, national : UptickResult
        The test of each region, and of all of them together.
    week_test : UptickResult
        The reported week alone, all regions together, against the same baseline.
    band : DataFrame
        What past weeks were expected to hold.
    """

    result: UptickResult
    national: UptickResult
    week_test: UptickResult
    band: pd.DataFrame


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
    try:
        incidents = read_incidents(
            bundled_path(SAMPLE) if request.incidents_path is None else request.incidents_path,
            request.source,
            as_of=request.as_of,
            columns=dict(request.columns) if request.columns else None,
            **dict(request.reading or {}),
        )
    except CountsTableError:
        return _of_a_table(request)
    _check_same(incidents, request)
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
    split_counts(counts, RECENT, GUARD, BASELINE)  # too short a history is told before anything is made
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
            gap_is_quiet=request.gap_is_quiet or None, columns=request.columns, **dict(request.reading or {}),
        )  # fmt: skip

    table = read()
    _check_same(table, request)
    request = replace(request, week_start=table.week_start)
    counts = table.counts(request.no_coverage)
    split_counts(counts, RECENT, GUARD, BASELINE)
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


def weekly_numbers(scope: WeeklyCounts) -> WeeklyNumbers:
    """Test what was counted.

    Parameters
    ----------
    scope : WeeklyCounts
        What :func:`weekly_counts` returns.

    Returns
    -------
    WeeklyNumbers

    Examples
    --------
    >>> numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19"))
    >>> numbers.result.regions("supported")
    ['Kirkuk']
    """

    def test(counts: Counts, recent: int = RECENT) -> UptickResult:
        return uptick_test(
            counts, recent=recent, guard=GUARD, baseline=BASELINE, completeness=scope.request.completeness
        )

    return WeeklyNumbers(
        **{field.name: getattr(scope, field.name) for field in fields(WeeklyCounts)},
        result=test(scope.counts),
        national=test(scope.total),
        week_test=test(scope.total, 7),
        band=expected_band(scope.total, guard=GUARD, baseline=BASELINE),
    )


def _by_type(count: Callable[..., Counts], incidents: Incidents) -> Counts | None:
    if incidents.frame["event_type"].isna().all():
        return None
    return count(incidents, by="event_type")


def _check_same(incidents: Incidents | CountTable, request: ReportRequest) -> None:
    """Stop where the file, or the metadata beside it, is not what the report was begun with."""
    if request.sha256 is None or incidents.fingerprint == request.sha256:
        return
    beside = ", or the metadata beside it," if incidents.metadata_digest else ""
    raise InputError(
        f"the file{beside} has changed since the report was begun",
        expected=f"sha256 {request.sha256[:12]}",
        found=f"sha256 {incidents.fingerprint[:12]}" if incidents.digest else "no file",
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
