"""`Document`: a notebook that was run, with all that a format needs to be written from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analytics.options import Progress

if TYPE_CHECKING:
    from analytics.reporting.notebook.cells import Picture, ShownCell
    from analytics.reporting.notebook.office import OfficeTemplate

__all__ = ["Document", "Paper", "run_document"]

Paper = Literal["a4", "us-letter"]


@dataclass(frozen=True, eq=False)
class Document:
    """A notebook that was run here, and what is printed around it.

    A format is a function of a document: :func:`analytics.reporting.notebook.pdf.pdf_of` is the first.

    Parameters
    ----------
    notebook : NotebookNode
        As it was run, with outputs, without times and addresses.
    title, subtitle, header, running, meta : str
        Title, the line below it, the right end of the running header (the ISO week) and its left end (the
        title, from the second page on, if empty), the left end of the footer (data cut-off and hash).
    as_of : date
        Date of the data: the date of the document, so that the same input gives the same bytes.
    simulated : bool
        Whether SIMULATED DATA stands on every page.
    name : str
        The file's name without its ending.
    paper : {"a4", "us-letter"}
        Size of the page.
    office : OfficeTemplate, optional
        An office's own head, colours and foot.
    language : str
        What its pages are set in; its notebook stays English.
    """

    notebook: Any
    title: str
    as_of: dt.date
    subtitle: str = ""
    header: str = ""
    meta: str = ""
    simulated: bool = False
    name: str = "report"
    running: str = ""
    paper: Paper = "a4"
    office: OfficeTemplate | None = None
    language: str = "en"

    @cached_property
    def cells(self) -> tuple[ShownCell, ...]:
        """The cells that readers see."""
        from analytics.reporting.notebook.cells import shown_cells

        return tuple(shown_cells(self.notebook))

    @cached_property
    def figures(self) -> tuple[Picture, ...]:
        """The figures in order, each with caption, description and label."""
        from analytics.reporting.notebook.cells import picture_of, pictures_on_page

        found: list[Picture] = []
        for cell in self.cells:
            for output in cell.outputs:
                alone = picture_of(output, dict(cell.options))
                found += pictures_on_page(output) if alone is None else (alone,)
        return tuple(found)

    def notebook_text(self) -> str:
        """Return the executed notebook as the text of its file."""
        import nbformat

        return str(nbformat.writes(self.notebook)) + "\n"  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        mark = ", SIMULATED data" if self.simulated else ""
        return f"<Document {self.title!r}, as of {self.as_of}{mark}>"


def run_document(
    notebook: Path | str,
    *,
    parameters: Mapping[str, Any],
    title: str,
    as_of: dt.date,
    subtitle: str = "",
    header: str = "",
    meta: str = "",
    simulated: bool = False,
    name: str = "report",
    running: str = "",
    paper: Paper = "a4",
    office: OfficeTemplate | None = None,
    language: str = "en",
    progress: Progress | None = None,
    steps_after: int = 0,
    environment: Mapping[str, str] | None = None,
) -> Document:
    """Run a notebook with parameters and return it as a document; nothing is written.

    Parameters
    ----------
    notebook : Path
        The notebook; one cell tagged ``parameters``.
    parameters : mapping
        Values for that cell.
    title, as_of, subtitle, header, meta, simulated, name, running, paper, office, language
        As :class:`Document` has them.
    progress : callable, optional
        ``progress(done, total, what)`` before each step.
    steps_after : int
        How many steps the caller adds to the total.
    environment : mapping, optional
        Variables that the notebook's kernel finds set, beside those set here.

    Raises
    ------
    UptickError
        If a cell fails, with the cell and the last line of its error.
    """
    from analytics.reporting.notebook.execute import run_notebook

    executed = run_notebook(
        Path(notebook), parameters, progress=progress, steps_after=steps_after, environment=environment
    )
    return Document(
        executed, title, as_of, subtitle, header, meta, simulated, name, running, paper, office, language
    )  # fmt: skip
