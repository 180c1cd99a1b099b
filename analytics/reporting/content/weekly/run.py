"""`weekly_report`: the bundled notebook run with parameters and set as a PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from analytics.bundled import bundled_path
from analytics.errors import OutputError
from analytics.periods import as_day
from analytics.reporting.content.weekly.names import check_not_another, report_name
from analytics.reporting.content.weekly.numbers import WeeklyCounts, column_to_count_by, weekly_counts
from analytics.reporting.notebook.render import RenderedReport, check_writable, render_report

__all__ = ["NOTEBOOK", "WeeklyReport", "weekly_report"]

NOTEBOOK = "notebooks/weekly_report.ipynb"


@dataclass(frozen=True)
class WeeklyReport(RenderedReport):
    """The files of a weekly report, and what it is about.

    Attributes
    ----------
    scope : WeeklyCounts
        Incidents and counts, with the account of every row.
    """

    scope: WeeklyCounts


def weekly_report(
    incidents_path: Path | None,
    *,
    sample: bool,
    as_of: np.datetime64,
    source: str = "auto",
    by: str | None = "admin1",
    where: str | None = None,
    regions: str | None = None,
    no_coverage: tuple[str, ...] = (),
    completeness: float | None = None,
    week_start: str = "monday",
    start: str | None = None,
    output: Path,
    columns: Mapping[str, str] | None = None,
    reading: Mapping[str, str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> WeeklyReport:
    """Write the weekly report as a PDF, with the executed notebook beside it.

    Parameters
    ----------
    incidents_path : Path or None
        File of incidents; None with ``sample=True``.
    sample : bool
        Use the bundled simulated sample.
    as_of : datetime64[D]
        Last day the data may know about.
    source, by, where, regions, no_coverage, completeness, week_start, start, columns, reading
        As for :func:`weekly_counts`.
    output : Path
        Folder the two files go to; made if it is not there. Their name is the reported week's, with what was
        selected. A report made again from the same file with the same options replaces the former one.
    progress : callable, optional
        ``progress(what, done, total)`` before each step.

    Returns
    -------
    WeeklyReport

    Raises
    ------
    HistoryError
        If there are too few days for the test; nothing is written then.
    UptickError
        If the file, an option or the folder cannot be used, or another report lies there under the same
        name; nothing is written then either.
    """
    as_of = as_day(as_of, "as_of")
    by = column_to_count_by(by)
    if Path(output).suffix.lower() == ".pdf":
        raise OutputError(
            "the output of a report is a folder",
            expected="a folder, for the PDF and the notebook that made it",
            found=str(output),
            todo="leave .pdf out; the PDF is named after its week",
        )
    target = Path(output) / report_name(
        as_of, week_start, by=by, where=where, regions=regions, no_coverage=list(no_coverage),
        completeness=completeness, start=start,
    )  # fmt: skip
    check_writable(target)
    parameters = {
        "incidents_path": None if incidents_path is None else str(incidents_path),
        "sample": sample,
        "as_of": str(as_of),
        "source": source,
        "by": by,
        "where": where,
        "regions": regions,
        "no_coverage": list(no_coverage),
        "completeness": completeness,
        "week_start": week_start,
        "start": start,
        "columns": dict(columns) if columns else None,
        "reading": dict(reading) if reading else None,
    }
    check_not_another(target, parameters)
    if progress is not None:
        progress("reading and counting", 0, 1)
    # Worked out here first: what is wrong with the input is told before a kernel starts.
    scope = weekly_counts(
        incidents_path, sample=sample, as_of=as_of, source=source, by=by, where=where, regions=regions,
        no_coverage=no_coverage, completeness=completeness, week_start=week_start, start=start,
        columns=columns, reading=reading,
    )  # fmt: skip
    rendered = render_report(
        bundled_path(NOTEBOOK),
        parameters=parameters,
        output=target,
        title=scope.title,
        subtitle=scope.subtitle,
        header=scope.label,
        meta=scope.cutoff,
        as_of=as_of.astype("datetime64[D]").item(),
        simulated=scope.simulated,
        progress=None if progress is None else lambda done, total, what: progress(what, done, total),
    )
    return WeeklyReport(
        **{field.name: getattr(rendered, field.name) for field in fields(RenderedReport)}, scope=scope
    )
