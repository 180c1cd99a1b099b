"""`ReportRequest`: what a weekly report is asked to be about, listed and checked in one place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import numpy as np

from analytics.errors import OptionError, unknown_option
from analytics.incidents.placement import AREA
from analytics.options import check_flag, check_share
from analytics.periods import as_day, as_gap, check_week_start
from analytics.reporting.languages.language import find_language
from analytics.reporting.notebook.document import Paper

__all__ = ["MEASURED", "PAPERS", "READING", "SECTIONS", "SHOWING", "ReportRequest", "takes_request"]

READING = (
    "sheet", "encoding", "delimiter", "date_style", "header_row", "na", "country", "extracted", "report_days",
    "mapping", "actors", "accepted",
)  # fmt: skip
MEASURED = "measured"
SECTIONS = ("country", "where", "cards", "regions", "kinds", "trust", "scorecard", "method")
PAPERS: Mapping[str, Paper] = {"a4": "a4", "letter": "us-letter"}
SHOWING = (
    "title", "subtitle", "issue", "next_issue", "author", "handling", "comment", "previous", "polygons",
    "paper", "sections", "language",
)  # fmt: skip
"""What changes how a report looks, not what it is about."""
_LONGEST = 900  # characters of an analyst's comment: more would push the answer off the first page

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class ReportRequest:
    """What a weekly report is asked to be about; checked, and in one spelling, when it is made.

    Parameters
    ----------
    incidents_path : path, optional
        File of incidents; None with ``sample=True``.
    sample : bool
        Use the bundled simulated sample.
    store : path, optional
        A store (:class:`analytics.Store`) in place of a file: what it knew on `as_of`. `source` is one of its
        sources, where it holds several.
    known_on : date, optional
        With a store: the day whose knowledge is taken, in place of `as_of`.
    as_of : date
        Last day the data may know about. The reported week is the last one that was over then.
    source, columns
        As for :func:`analytics.read_incidents`.
    by, where, regions, no_coverage, week_start, start, covered_from
        As for :func:`analytics.count_incidents`; `regions` is the name of a set, or names with commas. With
        None or ``"none"`` to count by, all incidents are one series.
    gap_is_quiet : bool
        A spell without any incident that looks like a gap in the data was quiet.
    missing : {"auto", "zero", "uncovered"}, optional
        What a row that is not in a table of counts means, as for :func:`analytics.counts.read_counts`.
    placing : mapping, optional
        Regions on the map, as for :func:`analytics.incidents.asked.place_as_asked`: a file of boundaries,
        circles, or a road. The report is then by area.
    completeness : float or "measured", optional
        Share of the recent days' incidents already reported, or that it is measured from the days of the
        reports; None: not known.
    allow_splice : bool
        Compare across a change of the rules of inclusion, and say so on the first page.
    reading : mapping, optional
        `sheet`, `encoding`, `delimiter`, `date_style`, `header_row`, `na`, `country`, `extracted` and
        `report_days`, for a file that does not say by itself.
    title : str, optional
        What the report is called; "Weekly trend report" unless given. The place is named before it.
    subtitle : str, optional
        A line below the headline.
    issue, author, handling : str, optional
        Number of the issue, who answers for it, and how it may be passed on.
    next_issue : date, optional
        When the next one comes out.
    comment : str, optional
        What the analyst says: paragraphs, of which one that begins with a region's name and a colon stands
        beside that region.
    previous : path, optional
        The notebook kept beside an earlier issue: what has changed since is then said.
    polygons : path, optional
        GeoJSON file of the regions; a country's bundled boundaries unless given.
    paper : {"a4", "letter"}
    language : str
        ``"en"``, ``"ar"``, or a file of one's own (docs/languages.md): what pages, figures and summary say it
        in.
    sections : sequence of str, optional
        Which of ``SECTIONS`` follow the front page, or their names with commas; all unless given, ``"none"``
        for the front page alone.
    sha256 : str, optional
        The hash that the file must have, with the metadata beside it where there are any
        (``Incidents.fingerprint``); None: any. :func:`weekly_report` states that of what it has read, so that
        its notebook cannot read anything else under the same name.

    Raises
    ------
    UptickError
        If an option cannot be used, or neither or both of a file and the sample are given.

    Examples
    --------
    >>> request = ReportRequest(sample=True, as_of="2020-04-19", by="none")
    >>> request.as_of, request.by
    (np.datetime64('2020-04-19'), None)
    >>> ReportRequest.from_parameters(request.parameters()) == request
    True
    """

    incidents_path: str | Path | None = None
    _: KW_ONLY
    sample: bool = False
    store: str | Path | None = None
    known_on: Any = None
    as_of: Any
    source: str = "auto"
    by: str | None = "admin1"
    where: str | None = None
    regions: str | None = None
    no_coverage: tuple[str, ...] = ()
    gap_is_quiet: bool = False
    completeness: float | Literal["measured"] | None = None
    allow_splice: bool = False
    week_start: str = "monday"
    start: str | None = None
    covered_from: str | None = None
    placing: Mapping[str, Any] | None = None
    missing: str | None = None
    columns: Mapping[str, str] | None = None
    reading: Mapping[str, Any] | None = None
    title: str | None = None
    subtitle: str | None = None
    issue: str | None = None
    next_issue: str | None = None
    author: str | None = None
    handling: str | None = None
    comment: str | None = None
    previous: str | Path | None = None
    polygons: str | Path | None = None
    paper: str = "a4"
    sections: tuple[str, ...] = SECTIONS
    language: str = "en"
    sha256: str | None = None

    def __post_init__(self) -> None:
        self._check_origin()
        check_week_start(self.week_start)
        if self.completeness != MEASURED:
            check_share(completeness=np.nan if isinstance(self.completeness, str) else self.completeness)
        check_flag(gap_is_quiet=self.gap_is_quiet, allow_splice=self.allow_splice)
        if self.placing and self.by == "admin1":
            object.__setattr__(self, "by", AREA)
        for name in self.reading or ():
            if name not in READING:
                raise unknown_option("reading option", name, READING)
        if self.paper not in PAPERS:
            raise unknown_option("paper", self.paper, tuple(PAPERS))
        find_language(self.language)
        if len(self.comment or "") > _LONGEST:
            raise OptionError(
                "the analyst's comment is too long for the front page",
                expected=f"{_LONGEST} characters or fewer",
                found=f"{len(self.comment or ''):,}",
            )
        one_spelling = {
            "incidents_path": None if self.incidents_path is None else Path(self.incidents_path),
            "store": None if self.store is None else Path(self.store),
            "known_on": None if self.known_on is None else str(as_day(self.known_on, "known_on")),
            "as_of": as_day(self.as_of, "as_of"),
            "by": None if self.by is None or self.by.casefold() == "none" else self.by,
            "no_coverage": tuple(str(as_gap(spell)) for spell in self.no_coverage),
            "start": None if self.start is None else str(as_day(self.start, "start")),
            "next_issue": None if self.next_issue is None else str(as_day(self.next_issue, "next_issue")),
            "issue": None if self.issue is None else str(self.issue),
            "previous": None if self.previous is None else Path(self.previous),
            "polygons": None if self.polygons is None else Path(self.polygons),
            "comment": (self.comment or "").strip() or None,
            "sections": _sections(self.sections),
            "language": str(self.language),
            "covered_from": None
            if self.covered_from is None
            else str(as_day(self.covered_from, "covered_from")),
            "columns": dict(self.columns) if self.columns else None,
            "placing": dict(self.placing) if self.placing else None,
            "reading": dict(self.reading) if self.reading else None,
        }
        for name, value in one_spelling.items():
            object.__setattr__(self, name, value)

    def _check_origin(self) -> None:
        """Raise an error unless it is one of a file, the sample and a store."""
        named = {"a file": self.incidents_path is not None, "the sample": self.sample}
        named |= {"a store": self.store is not None}
        there = [name for name, is_there in named.items() if is_there]
        if len(there) != 1:
            raise OptionError(
                f"{' and '.join(there)} are both given" if there
                else "give a file of incidents, the sample or a store",
                expected="one of them",
                todo="give FILE, sample (--sample) for the bundled simulated data, or store (--store)",
            )  # fmt: skip
        if self.store is None and self.known_on is not None:
            raise OptionError("known_on is for a store", todo="give store, or leave it out")
        if self.store is not None and (self.columns or set(self.reading or ()) - {"actors", "accepted"}):
            raise OptionError(
                "a store's files are read as they were when they were added",
                expected="no columns and no options of reading with a store",
            )

    def parameters(self) -> dict[str, Any]:
        """Return the values for the notebook's cell of parameters: text, numbers, lists and dicts."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_parameters(cls, names: Mapping[str, Any]) -> ReportRequest:
        """Return the request that parameters state, such as a notebook's variables; other names are left.

        Parameters
        ----------
        names : mapping
            Name to value, as :meth:`parameters` gives them.
        """
        return cls(**{field.name: names[field.name] for field in fields(cls) if field.name in names})

    def selection(self) -> dict[str, Any]:
        """Return what narrows the report down, as far as it is not the usual."""
        names = (
            "by",
            "where",
            "regions",
            "no_coverage",
            "gap_is_quiet",
            "completeness",
            "start",
            "covered_from",
            "missing",
            "placing",
            "known_on",
            "allow_splice",
        )
        usual = {field.name: field.default for field in fields(self)}
        return {n: getattr(self, n) for n in names if getattr(self, n) != usual[n]}

    @property
    def stated_completeness(self) -> float | None:
        """The share that is stated; None where it is measured or not known."""
        return None if isinstance(self.completeness, str) else self.completeness

    def read_with(self) -> dict[str, Any]:
        """Return how the file is read, as far as that is given; columns as ``column date_start``."""
        columns = {f"column {name}": column for name, column in (self.columns or {}).items()}
        return {**columns, **(self.reading or {})}


def _sections(given: object) -> tuple[str, ...]:
    """Return the sections asked for, in the order they stand in."""
    names = given.split(",") if isinstance(given, str) else SECTIONS if given is None else given
    wanted = [str(name).strip() for name in names]  # type: ignore[attr-defined]
    if wanted in (["none"], [""], []):
        return ()
    for name in wanted:
        if name not in SECTIONS:
            raise unknown_option("section", name, SECTIONS)
    return tuple(name for name in SECTIONS if name in wanted)


def takes_request(function: Callable[Concatenate[ReportRequest, P], R]) -> Callable[..., R]:
    """Let a function of a request take the request's options as well, listed nowhere again.

    Examples
    --------
    >>> @takes_request
    ... def day(request):
    ...     return request.as_of
    >>> bool(day(sample=True, as_of="2020-04-19") == day(ReportRequest(sample=True, as_of="2020-04-19")))
    True
    """
    listed = inspect.signature(ReportRequest)
    own = list(inspect.signature(function).parameters.values())[1:]

    @wraps(function)
    def call(request: ReportRequest | str | Path | None = None, /, **options: Any) -> R:
        given = {name: options.pop(name) for name in listed.parameters if name in options}
        if not isinstance(request, ReportRequest):
            path = {} if request is None else {"incidents_path": request}
            request = ReportRequest(**{**path, **given})
        elif given:
            raise OptionError(
                "a request and options of a request are both given",
                expected="one of the two",
                found=", ".join(given),
                todo="dataclasses.replace(request, ...) changes a request",
            )
        return function(request, **options)  # type: ignore[call-arg]

    returned = inspect.signature(function).return_annotation
    call.__signature__ = listed.replace(  # type: ignore[attr-defined]
        parameters=[*listed.parameters.values(), *own], return_annotation=returned
    )
    return call


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path | np.datetime64) else value
