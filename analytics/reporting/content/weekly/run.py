"""`weekly_report`: the bundled notebook run with parameters and set as a PDF."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

from analytics.bundled import bundled_path
from analytics.errors import OutputError
from analytics.options import Progress
from analytics.reporting.content.weekly.names import check_not_another, report_name
from analytics.reporting.content.weekly.numbers import WeeklyCounts
from analytics.reporting.content.weekly.reading import weekly_counts
from analytics.reporting.content.weekly.request import PAPERS, ReportRequest, takes_request
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


@takes_request
def weekly_report(
    request: ReportRequest, *, output: Path | str, progress: Progress | None = None
) -> WeeklyReport:
    """Write the weekly report as a PDF, with the executed notebook beside it.

    Parameters
    ----------
    request : ReportRequest
        What the report is about; or its options one by one, as :class:`ReportRequest` lists them.
    output : Path
        Folder the two files go to; made if it is not there. Their name is the reported week's, with what was
        selected. A report made again from the same file with the same options replaces the former one.
    progress : callable, optional
        ``progress(done, total, what)`` before each step.

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
    if Path(output).suffix.lower() == ".pdf":
        raise OutputError(
            "the output of a report is a folder",
            expected="a folder, for the PDF and the notebook that made it",
            found=str(output),
            todo="leave .pdf out; the PDF is named after its week",
        )
    target = Path(output) / report_name(request)
    check_writable(target)
    check_not_another(target, request)
    if progress is not None:
        progress(0, 1, "reading and counting")
    # Worked out here first: what is wrong with the input is told before a kernel starts.
    scope = weekly_counts(request)
    if scope.request != request:  # a table of counts has weeks of its own
        request = scope.request
        target = Path(output) / report_name(request)
        check_writable(target)
        check_not_another(target, request)
    rendered = render_report(
        bundled_path(NOTEBOOK),
        parameters=replace(request, sha256=scope.incidents.fingerprint or None).parameters(),
        output=target,
        title=scope.title,
        subtitle=scope.subtitle,
        header=scope.heading_right,
        running=scope.heading,
        paper=PAPERS[request.paper],
        meta=scope.cutoff,
        as_of=request.as_of.item(),
        simulated=scope.simulated,
        progress=progress,
    )
    return WeeklyReport(
        **{field.name: getattr(rendered, field.name) for field in fields(RenderedReport)}, scope=scope
    )
