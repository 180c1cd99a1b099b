"""Typst source to PDF bytes: bundled fonts only, a fixed time stamp, PDF/A-2a and PDF/UA-1."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from analytics.errors import UptickError
from analytics.files import scratch_folder
from analytics.reporting.notebook.escape import FONT_DIR

__all__ = ["CompiledPDF", "compile_typst", "fonts"]

STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
_EPOCH = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class CompiledPDF:
    """A compiled document: its bytes, the number of pages, and what Typst warned about."""

    pdf: bytes
    pages: int
    warnings: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def fonts() -> Any:
    """Return the bundled fonts; fonts of the machine are never used."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[FONT_DIR])


def compile_typst(
    source: str, files: Mapping[str, bytes] | None = None, *, as_of: dt.date | None = None
) -> CompiledPDF:
    r"""Return the PDF of a Typst source.

    Parameters
    ----------
    source : str
        The document; it may read nothing but `files`.
    files : mapping of str to bytes, optional
        Relative path to content.
    as_of : date, optional
        The time stamp of the PDF, so that the same input gives the same bytes (2000-01-01 if not given).

    Raises
    ------
    UptickError
        If Typst does not accept the source.

    Examples
    --------
    >>> compiled = compile_typst('#set document(title: "One page")\nA quiet week.')
    >>> compiled.pdf[:5], compiled.pages
    (b'%PDF-', 1)
    """
    import typst

    day = as_of or _EPOCH
    stamp = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    with scratch_folder() as folder:
        root = folder
        for name, content in (files or {}).items():
            path = (root / name).resolve()
            if not path.is_relative_to(root.resolve()):
                raise UptickError("a file of the report lies outside its folder", found=name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        main = root / "main.typ"
        main.write_text(source, encoding="utf-8")
        compiler = typst.Compiler(str(main), root=str(root), font_paths=fonts(), ignore_system_fonts=True)
        try:
            pdf, warned = compiler.compile_with_warnings(
                format="pdf", pdf_standards=[*STANDARDS], timestamp=stamp
            )
            counted = json.loads(compiler.query("<uptick-pages>", field="value"))
        except typst.TypstError as error:
            raise UptickError(
                "Typst does not accept the document",
                found=error.message,
                where=_place(error, root),
                todo="; ".join(error.hints) or None,
            ) from error
    assert isinstance(pdf, bytes)  # one PDF, not a list of pages
    pages = int(counted[0]) if counted else 1
    return CompiledPDF(pdf, pages, tuple(w.message for w in warned))


def _place(error: Any, root: Path) -> str | None:
    """Return the lines of Typst's own diagnosis that show the place."""
    lines = [line.rstrip() for line in str(error.diagnostic or "").splitlines() if line.strip()]
    return " ".join(" ".join(lines[1:4]).replace(str(root), "").split()) or None
