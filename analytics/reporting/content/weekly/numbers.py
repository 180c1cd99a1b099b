"""The numbers of a weekly report, all of them results of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.counts import Counts
from analytics.counts.accounting import CountAccounting
from analytics.counts.count_table import CountTable
from analytics.counts.stated import state_latest
from analytics.former import refuse_former
from analytics.geo import find_country
from analytics.incidents import Incidents
from analytics.incidents.placement import AREA
from analytics.periods import DAY, Window, parse_week, week_first_day, week_label
from analytics.reporting.content.weekly.request import ReportRequest
from analytics.reporting.content.weekly.rows import counted_rows
from analytics.reporting.content.weekly.series import WeekSeries, weeks_on
from analytics.results import UptickResult, counted, mark
from analytics.results.words_days import day_words, week_words
from analytics.results.words_status import status_words

__all__ = [
    "ALL",
    "BASELINE",
    "GUARD",
    "RECENT",
    "WeeklyCounts",
    "WeeklyNumbers",
    "weekly_numbers",
    "with_status",
]

ALL = "all regions together"
RECENT, GUARD, BASELINE = 14, 28, 364


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
    def placed(self) -> CountAccounting:
        """Where each incident went, of rows or of the table of counts."""
        if self.counts.accounting is None:
            raise AssertionError("counts of a report have no account")
        return self.counts.accounting

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
        if self.counts.by not in ("admin1", "admin2", "country", AREA):
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
    def place(self) -> str:
        """The place the report is about: its country, the region where there is one, or "" if not known."""
        asked = self.request.regions
        names = [country.name if (country := find_country(n)) else n for n in self.counts.countries]
        where = names[0] if len(names) == 1 else counted(len(names), "country", "countries") if names else ""
        if self.single and not self.undivided:
            return self.counts.regions[0] if not where else f"{self.counts.regions[0]}, {where}"
        if asked is None and self.counts.whole:
            return where
        asked = asked or ","  # of circles it is said how many there are
        part = asked.replace("_", " ") if "," not in asked else counted(len(self.counts.regions), "region")
        return f"{where}: {part}" if where else part

    @property
    def name(self) -> str:
        """What the report is called."""
        return self.request.title or "Weekly trend report"

    @property
    def title(self) -> str:
        """The document's title: it leaves the page, so it says where data are simulated."""
        return self.marked(", ".join(part for part in (self.place, self.name, self.label) if part))

    @property
    def subtitle(self) -> str:
        """What the report is about: data, week, selection."""
        about = self.request.subtitle or self.incidents.title or "a table of incidents"
        parts = [about, f"week {self.week.start} to {self.week.end}"]
        if self.request.where:
            parts.append(f"where {self.request.where}")
        if self.request.regions:
            parts.append(f"regions: {self.request.regions}")
        return " · ".join(parts)

    @property
    def heading(self) -> str:
        """The left end of each page's head: place and name of the report."""
        return " · ".join(part.upper() for part in (self.place, self.name) if part)

    @property
    def heading_right(self) -> str:
        """The right end of each page's head: week, issue, next issue."""
        asked = self.request
        parts = [week_words(self.week, self.counts.week_start)]
        parts += [f"issue {asked.issue}"] if asked.issue else []
        if asked.next_issue:
            parts.append(f"next: {day_words(np.datetime64(asked.next_issue), year=False)}")
        return " · ".join(parts)

    @property
    def cutoff(self) -> str:
        """The data cut-off and the file's digest, for the foot of each page."""
        digest, beside = self.incidents.digest, self.incidents.metadata_digest
        parts = [f"data to {day_words(self.counts.as_of)}"]
        parts += [f"sha256 {digest[:12]}"] if digest else []
        parts += [f"metadata {beside[:12]}"] if beside else []
        parts += [self.request.handling] if self.request.handling else []
        return " · ".join(parts)


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

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row a region, by grade, with its status, and that in words with the last seven days."""
        return with_status(self.result, self.result.ranked())

    @cached_property
    def counted(self) -> pd.DataFrame | None:
        """The incidents counted, with `region` and `day`; None of a table of counts."""
        if isinstance(self.incidents, CountTable):
            return None
        asked = self.request
        return counted_rows(
            self.incidents, self.counts, by=asked.by, regions=asked.regions, where=asked.where
        )

    @cached_property
    def estimates(self) -> tuple[WeekSeries, WeekSeries]:
        """Weekly fatalities at their low and high estimates; the best one where a row states no other."""
        best, rows = self.fatalities_stated, self.counted
        if rows is None:
            unknown = WeekSeries(best.starts, np.full(len(best.starts), np.nan))
            return unknown, unknown
        first = week_first_day(rows["day"].to_numpy().astype("datetime64[D]"), self.counts.week_start)
        stated = rows["fatalities"]

        def summed(column: str) -> WeekSeries:
            value = rows[column].where(stated.notna()).fillna(stated)
            sums = value.fillna(0).astype(float).groupby(first).sum()
            by_week = sums.reindex(best.starts.astype("datetime64[s]"), fill_value=0.0).to_numpy(dtype=float)
            return WeekSeries(best.starts, np.where(np.isnan(best.values), np.nan, by_week))

        return summed("fatalities_low"), summed("fatalities_high")

    @cached_property
    def watch(self) -> pd.DataFrame:
        """Next week's lines."""
        return self.result.watch()

    def band_of(self, counts: Counts) -> pd.DataFrame:
        """Return what past weeks of one series were expected to hold, as far as it had been reported."""
        return _band(counts, self.request)

    @cached_property
    def weekly(self) -> Mapping[str, WeekSeries]:
        """Each region's weeks up to the reported one."""
        weeks = self.counts.resample("week")
        kept = slice(int(weeks.starts[0] < self.counts.starts[0]), None)
        starts = weeks.starts[kept]
        values = np.where(weeks.coverage, weeks.values, np.nan)[kept][starts <= self.week.start]
        starts = starts[starts <= self.week.start]
        return {name: WeekSeries(starts, values[:, at]) for at, name in enumerate(weeks.regions)}

    @cached_property
    def weeks(self) -> WeekSeries:
        """The weeks of all regions together, up to the reported one."""
        series = WeekSeries.of(self.total)
        kept = series.starts <= self.week.start
        return WeekSeries(series.starts[kept], series.values[kept])


def with_status(result: UptickResult, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a result with each region's `status`, and `status_words` as a page says it."""
    regions = list(result.frame["region"])
    if result.evidence is None:
        before = now = usual = np.full(len(regions), np.nan)
    else:
        before, now, usual = result.evidence.last_days(result.frame)
    status = result.status.reindex(regions)
    said = [status_words(*parts) for parts in zip(status, before, now, usual, strict=True)]
    words = pd.Series(said, index=regions, dtype="str")
    return rows.assign(status=rows["region"].map(status), status_words=rows["region"].map(words))


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
    >>> from analytics.reporting.content.weekly import weekly_counts
    >>> numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19"))
    >>> numbers.result.regions("supported")
    ['Kirkuk']
    """
    from analytics.upticks import uptick_test  # what is only read and counted needs none of the tests

    def test(counts: Counts, recent: int = RECENT) -> UptickResult:
        return uptick_test(
            counts,
            recent=recent,
            completeness=scope.request.stated_completeness,
            allow_splice=scope.request.allow_splice,
        )

    return WeeklyNumbers(
        **{field.name: getattr(scope, field.name) for field in fields(WeeklyCounts)},
        result=test(scope.counts),
        national=test(scope.total),
        week_test=test(scope.total, 7),
        band=_band(scope.total, scope.request),
    )


def _band(counts: Counts, request: ReportRequest) -> pd.DataFrame:
    from analytics.upticks import expected_band

    share = request.stated_completeness
    return expected_band(counts if share is None else state_latest(counts, counts.complete, share))
