"""A document as Typst source, and as PDF."""

from __future__ import annotations

from typing import Any

from analytics.reporting.notebook.compile import CompiledPDF, compile_typst
from analytics.reporting.notebook.document import Document
from analytics.reporting.notebook.exporter import TypstExporter

__all__ = ["pdf_of", "typst_of"]


def typst_of(document: Document) -> tuple[str, dict[str, bytes]]:
    """Return the Typst source of a document, and the files it reads by their relative path."""
    make: Any = TypstExporter
    exporter = make(
        title=document.title,
        subtitle=document.subtitle,
        header=document.header,
        running=document.running,
        paper=document.paper,
        meta=document.meta,
        as_of=document.as_of.isoformat()[:10],
        simulated=document.simulated,
        office=document.office,
        language=document.language,
        trust_typst=True,  # a document was run here
    )
    source, resources = exporter.from_notebook_node(document.notebook, {"metadata": {"name": document.name}})
    return source, resources["outputs"]


def pdf_of(document: Document) -> CompiledPDF:
    """Return a document as PDF (PDF/A-2a and PDF/UA-1), the same bytes for the same document."""
    source, files = typst_of(document)
    return compile_typst(source, files, as_of=document.as_of)
