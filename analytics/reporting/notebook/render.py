"""`render_report`: a notebook and its parameters in, a PDF and the executed notebook out."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.errors import OutputError
from analytics.files import check_writable, write_together

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
    """

    pdf: Path
    notebook: Path
    pages: int
    seconds_execute: float
    seconds_convert: float


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
    progress: Callable[[int, int, str], None] | None = None,
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
    title, subtitle, header, meta : str
        Title, the line below it, the right end of the running header (the ISO week), the left end of the
        footer (data cut-off and hash).
    as_of : date
        Date of the data: the date of the document, so that the same input gives the same bytes.
    simulated : bool
        Print SIMULATED DATA on every page.
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
    # The Jupyter machinery is loaded only now: a wrong output folder is told at once.
    from analytics.reporting.notebook.execute import run_notebook
    from analytics.reporting.notebook.exporter import TypstPDFExporter

    started = time.perf_counter()
    executed = run_notebook(Path(notebook), parameters, progress=progress, steps_after=1)
    ran = time.perf_counter()
    if progress is not None:
        steps = sum(cell.cell_type == "code" for cell in executed.cells)
        progress(steps, steps + 1, "setting the PDF")
    make: Any = TypstPDFExporter
    exporter = make(
        title=title,
        subtitle=subtitle,
        header=header,
        meta=meta,
        as_of=as_of.isoformat()[:10],
        simulated=simulated,
        trust_typst=True,  # it was run just now, from our own notebook
    )
    pdf, resources = exporter.from_notebook_node(executed, {"metadata": {"name": target.stem}})
    converted = time.perf_counter()
    kept = target.with_suffix(".ipynb")
    write_together({kept: _text(executed).encode("utf-8"), target: pdf})
    pages = resources["uptick"]["pages"]
    return RenderedReport(target, kept, pages, ran - started, converted - ran)


def _text(nb: Any) -> str:
    import nbformat

    return str(nbformat.writes(nb)) + "\n"  # type: ignore[no-untyped-call]
