"""`render_report`: a notebook and its parameters in, a PDF and the executed notebook out."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.errors import OutputError

__all__ = ["RenderedReport", "render_report"]


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
    check_writable(target)
    # The Jupyter machinery is loaded only now: a wrong output folder is told at once.
    from analytics.reporting.execute import run_notebook
    from analytics.reporting.exporter import TypstPDFExporter

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


def check_writable(target: Path) -> None:
    """Raise an `OutputError` unless `target` can be written.

    Parameters
    ----------
    target : Path
        A file that need not be there yet; missing folders above it count as writable when they can be made.
    """
    if target.is_dir():
        raise OutputError("the output is a folder, not a file", where=str(target), todo="give a file name")
    folder = target.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".uptick-"):
            pass
    except OSError as error:
        raise OutputError(
            "the output folder is not writable",
            found=error.strerror or str(error),
            where=str(folder),
            todo="choose another folder",
        ) from error


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files beside their names, then rename them all, so that no reader sees half a file."""
    written: list[tuple[Path, Path]] = []
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".uptick-", suffix=path.suffix)
            written.append((Path(name), path))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        for temporary, path in written:
            temporary.replace(path)
    except OSError as error:
        for temporary, _ in written:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            "the report cannot be written",
            found=error.strerror or str(error),
            where=str(error.filename or ""),
        ) from error
