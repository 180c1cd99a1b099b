"""`render_report`: a notebook and its parameters in, a PDF and the executed notebook out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.errors import OutputError
from analytics.files import check_writable, write_together
from analytics.options import Progress, part_of
from analytics.reporting.notebook.document import Document, Paper, run_document
from analytics.reporting.notebook.office import read_template

__all__ = ["RenderedReport", "check_writable", "render_report"]


@dataclass(frozen=True)
class RenderedReport:
    """What :func:`render_report` wrote.

    Parameters
    ----------
    pdf, notebook : Path
        The PDF and the executed notebook beside it.
    pages : int
        Pages of the PDF.
    seconds_execute, seconds_convert : float
        How long the run took, and the conversion to PDF.
    document : Document
        What the PDF was written from, and other formats can be.
    """

    pdf: Path
    notebook: Path
    pages: int
    seconds_execute: float
    seconds_convert: float
    document: Document


def render_report(
    notebook: Path | str,
    *,
    parameters: Mapping[str, Any],
    output: Path | str,
    title: str,
    subtitle: str = "",
    header: str = "",
    meta: str = "",
    as_of: dt.date,
    simulated: bool = False,
    running: str = "",
    paper: Paper = "a4",
    template: Path | str | None = None,
    progress: Progress | None = None,
) -> RenderedReport:
    """Run a notebook with parameters, set it as a PDF and keep the executed notebook beside it.

    Parameters
    ----------
    notebook : Path
        The notebook; one cell tagged ``parameters``.
    parameters : mapping
        Values for that cell.
    output : Path
        The PDF to write; the executed notebook gets the same name with ``.ipynb``. Both appear together when
        everything went well, and nothing otherwise.
    title, subtitle, header, meta, as_of, simulated, running, paper
        As :class:`Document` has them.
    template : path, optional
        Folder of an office's own head, colours and foot, as
        :func:`analytics.reporting.notebook.office.read_template` reads it.
    progress : callable, optional
        ``progress(done, total, what)`` before each step.

    Raises
    ------
    OutputError
        If `output` cannot be written; found out before any work is done.
    UptickError
        If a cell fails, with the cell and the last line of its error.
    """
    target = Path(output).absolute()
    if target.suffix.lower() != ".pdf" and not target.is_dir():
        raise OutputError("the output is no PDF", expected="a name that ends in .pdf", found=target.name)
    check_writable(target)
    office = None if template is None else read_template(template)
    started = time.perf_counter()
    document = run_document(
        notebook, parameters=parameters, title=title, subtitle=subtitle, header=header, meta=meta,
        as_of=as_of, simulated=simulated, name=target.stem, running=running, paper=paper,
        office=office, progress=progress, steps_after=1,
    )  # fmt: skip
    ran = time.perf_counter()
    steps = sum(cell.cell_type == "code" for cell in document.notebook.cells)
    part_of(progress)(steps, steps + 1, "setting the PDF")
    # The Jupyter machinery is loaded only now: a wrong output folder is told at once.
    from analytics.reporting.notebook.pdf import pdf_of

    made = pdf_of(document)
    converted = time.perf_counter()
    kept = target.with_suffix(".ipynb")
    write_together({kept: document.notebook_text().encode("utf-8"), target: made.pdf})
    return RenderedReport(target, kept, made.pages, ran - started, converted - ran, document)
