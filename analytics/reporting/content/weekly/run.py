"""`weekly_report`: the bundled notebook run with parameters, set as a PDF and written in other forms."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analytics.bundled import bundled_path
from analytics.errors import OutputError
from analytics.files import check_writable, write_together
from analytics.options import Progress
from analytics.reporting.content.weekly.handed import handing_over
from analytics.reporting.content.weekly.issue import changes_since, check_issue, read_issue
from analytics.reporting.content.weekly.names import check_not_another, report_name
from analytics.reporting.content.weekly.numbers import WeeklyCounts, weekly_numbers
from analytics.reporting.content.weekly.own import dressed_request, own_parameters
from analytics.reporting.content.weekly.reading import rests_on, weekly_counts
from analytics.reporting.content.weekly.request import PAPERS, ReportRequest, takes_request
from analytics.reporting.formats.write import RUN_FOR, check_formats, made_formats
from analytics.reporting.notebook.document import Document, run_document
from analytics.reporting.notebook.office import OfficeTemplate, read_template

__all__ = ["NOTEBOOK", "WeeklyReport", "report_record_of", "weekly_report"]

NOTEBOOK = "notebooks/weekly_report.ipynb"


@dataclass(frozen=True)
class WeeklyReport:
    """The files of a weekly report, and what it is about.

    Attributes
    ----------
    pdf, notebook : Path or None
        The PDF and the executed notebook; None where no notebook was run.
    pages : int
        Pages of the PDF.
    seconds_execute, seconds_convert : float
        How long the run took, and the conversion to PDF.
    document : Document or None
        The notebook as it was run.
    scope : WeeklyCounts
        Incidents and counts, with the account of every row.
    files : mapping
        The other formats: name to path.
    notes : tuple of str
        Which regions have no polygon in the file of polygons, and which polygons no region.
    """

    pdf: Path | None
    notebook: Path | None
    pages: int
    seconds_execute: float
    seconds_convert: float
    document: Document | None
    scope: WeeklyCounts
    files: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@takes_request
def weekly_report(
    request: ReportRequest,
    *,
    output: Path | str,
    formats: str | Iterable[str] = ("pdf",),
    template: Path | str | None = None,
    notebook: Path | str | None = None,
    with_guide: bool = False,
    progress: Progress | None = None,
) -> WeeklyReport:
    """Write the weekly report as a PDF, with the executed notebook beside it, and in other forms.

    Parameters
    ----------
    request : ReportRequest
        What the report is about; or its options one by one, as :class:`ReportRequest` lists them.
    output : Path
        Folder the files go to; made if it is not there. Their name is the reported week's, with what was
        selected. A report made again from the same file with the same options replaces the former one.
    formats : iterable of str, or text with commas
        ``"pdf"``; ``"html"``, one page that needs neither network nor script; ``"xlsx"``, its tables;
        ``"json"``, everything it says (docs/report_json.md); ``"atom"``, a feed of the upticks called;
        ``"md"`` and ``"txt"``, five lines. All are made of one run. Without PDF and HTML no notebook is run.
    template : path, optional
        Folder of an office's own head, colours and foot (docs/own_report.md).
    notebook : path, optional
        An office's own notebook in place of the bundled one; it gets those of the request's parameters that
        its cell of parameters assigns.
    with_guide : bool
        Append "How to read the report", a page for those who receive it.
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
    wanted = check_formats(formats)
    office = None if template is None else read_template(template)
    request = dressed_request(request, office)
    own = None if notebook is None else Path(notebook)
    own_names = None if own is None else own_parameters(own, request)
    if with_guide:
        from analytics.reporting.content.weekly.guide import guide_text, guided  # sets pages, loads figures

        guide_text(request.language)  # a language without one is told before any work
    read_issue(request.previous)  # what is no earlier issue is told before any work
    if Path(output).suffix.lower() == ".pdf":
        raise OutputError(
            "the output of a report is a folder",
            expected="a folder, for the PDF and the notebook that made it",
            found=str(output),
            todo="leave .pdf out; the PDF is named after its week",
        )
    target = _target(request, output, own, own_names)
    if progress is not None:
        progress(0, 1, "reading and counting")
    # Worked out here first: what is wrong with the input is told before a kernel starts.
    scope = weekly_counts(request)
    if scope.request != request:  # a table of counts has weeks of its own
        target = _target(scope.request, output, own, own_names)
    check_issue(scope.request.previous, scope)
    told = _polygon_notes(scope)
    if own is None and not RUN_FOR & set(wanted):
        made = made_formats(wanted, report_record_of(scope), None, target, request.language)
        write_together(dict(made.values()))
        files = {name: at for name, (at, _) in made.items()}
        return WeeklyReport(None, None, 0, 0.0, 0.0, None, scope, files, told)
    started = time.perf_counter()
    document = _run(scope, target.stem, own, own_names, office, progress)
    if with_guide:
        document = guided(document)
    ran = time.perf_counter()
    contents = {target.with_suffix(".ipynb"): document.notebook_text().encode("utf-8")}
    pages = 0
    if "pdf" in wanted:
        pages, contents[target] = _set(document, progress)
    made = {}
    if set(wanted) - {"pdf"}:
        from analytics.reporting.content.weekly.record import kept_record

        made = made_formats(wanted, kept_record(document.notebook), document, target, request.language)
    write_together(contents | dict(made.values()))
    return WeeklyReport(
        target if "pdf" in wanted else None,
        target.with_suffix(".ipynb"),
        pages,
        ran - started,
        time.perf_counter() - ran,
        document,
        scope,
        {name: at for name, (at, _) in made.items()},
        told,
    )


def _polygon_notes(scope: WeeklyCounts) -> tuple[str, ...]:
    """Return which names of a given file of polygons match nothing; a file that cannot serve is told here."""
    if scope.request.polygons is None or scope.undivided:
        return ()
    from analytics.plots import match_polygons

    found = match_polygons(scope.counts, polygons=scope.request.polygons)
    return () if found is None else found.notes()


def report_record_of(scope: WeeklyCounts) -> Mapping[str, Any]:
    """Return everything a report on these counts says, without running its notebook."""
    from analytics.reporting.content.weekly.front import front_page
    from analytics.reporting.content.weekly.record import report_record

    check_issue(scope.request.previous, scope)
    numbers = weekly_numbers(scope)
    before = read_issue(scope.request.previous)
    changes = None if before is None else changes_since(numbers, before)
    return report_record(numbers, front_page(numbers, changes))


def _target(
    request: ReportRequest, output: Path | str, own: Path | None, names: Sequence[str] | None
) -> Path:
    """Return where the PDF goes, once it is clear that it may."""
    kind = {} if own is None else {"kind": re.sub(r"[^\w.-]+", "-", own.stem)}
    target = (Path(output) / report_name(request, **kind)).absolute()
    check_writable(target)
    check_not_another(target, request, names)
    return target


def _run(
    scope: WeeklyCounts,
    name: str,
    own: Path | None,
    names: Sequence[str] | None,
    office: OfficeTemplate | None,
    progress: Progress | None,
) -> Document:
    """Run the notebook on what was asked for."""
    request = replace(scope.request, sha256=rests_on(scope.incidents, scope.request) or None)
    parameters = request.parameters()
    if names is not None:
        parameters = {name: parameters[name] for name in names}
    with handing_over(replace(scope, request=request)) as environment:
        return run_document(
            bundled_path(NOTEBOOK) if own is None else own,
            parameters=parameters,
            title=scope.title,
            subtitle=scope.subtitle,
            header=scope.heading_right,
            running=scope.heading,
            paper=PAPERS[request.paper],
            meta=scope.cutoff,
            as_of=request.as_of.item(),
            simulated=scope.simulated,
            name=name,
            office=office,
            language=request.language,
            progress=progress,
            steps_after=1,
            environment=environment,
        )


def _set(document: Document, progress: Progress | None) -> tuple[int, bytes]:
    """Set the PDF; the Jupyter machinery is loaded only now: a wrong output folder is told at once."""
    from analytics.reporting.notebook.pdf import pdf_of

    if progress is not None:
        steps = sum(cell.cell_type == "code" for cell in document.notebook.cells)
        progress(steps, steps + 1, "setting the PDF")
    made = pdf_of(document)
    return made.pages, made.pdf
