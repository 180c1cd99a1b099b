"""nbconvert exporters: a notebook as Typst (`uptick-typst`) and as PDF (`uptick-pdf`)."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Bool, Unicode

from analytics.errors import InputError, OptionError
from analytics.reporting.elements.figures import TEXT_WIDTH
from analytics.reporting.notebook.compile import compile_typst
from analytics.reporting.notebook.escape import label_name, lines_string, path_string, string
from analytics.reporting.notebook.html_tables import html_to_typst
from analytics.reporting.notebook.markdown import Headings, markdown_to_typst

__all__ = ["TypstExporter", "TypstPDFExporter"]

TEMPLATE = Path(__file__).resolve().parent / "template.typ"
_TALLEST = 620.0  # points: a page of text less a caption
_OPTION = re.compile(r"#\|\s*([A-Za-z-]+)\s*:\s*(.*)")
_KNOWN_OPTIONS = ("label", "fig-cap", "fig-alt", "tbl-cap", "echo", "output", "include", "warning")
_HIDDEN_TAGS = {"parameters", "injected-parameters", "remove_cell", "remove-cell", "hide-cell"}
# What pyplot functions return when a cell ends with them: no reader of a report wants it.
_DRAWING = re.compile(r"(\[|array\(\[+)?<(Axes|Figure|matplotlib\.)|Text\(")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class TypstExporter(Exporter):
    """A notebook as Typst source, its figures and the template as resources beside it.

    Title, subtitle and dates are traits, set by the caller from the report's parameters: what a notebook
    stores about itself is not used, except that its first heading is the title when none is given.
    ``text/x-typst`` outputs are Typst code, so they are used only when `trust_typst` says that the notebook
    was run here; else the HTML of the same object is converted.
    """

    title = Unicode("", help="Title of the document").tag(config=True)
    subtitle = Unicode("", help="Line below the title").tag(config=True)
    header = Unicode("", help="Right end of the running header, such as the ISO week").tag(config=True)
    meta = Unicode("", help="Left end of the footer, such as the data cut-off").tag(config=True)
    as_of = Unicode("", help="Date of the data (YYYY-MM-DD); the date of the document").tag(config=True)
    simulated = Bool(False, help="Print SIMULATED DATA on every page").tag(config=True)
    echo = Bool(False, help="Show code unless a cell says otherwise").tag(config=True)
    trust_typst = Bool(False, help="Use text/x-typst outputs; only for notebooks you ran").tag(config=True)

    export_from_notebook = "Typst (uptick)"
    output_mimetype = "text/x-typst"

    def _file_extension_default(self) -> str:
        return ".typ"

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the Typst source and the resources with the files it needs."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        folder = str(resources.get("output_files_dir") or "files")
        converter = _Converter(self, folder)
        body = "\n\n".join(part for cell in nb.cells for part in converter.cell(cell))
        name = str(resources.get("metadata", {}).get("name", "") or "report")
        files = {f"{folder}/template.typ": TEMPLATE.read_bytes(), **converter.files}
        resources["outputs"] = {**(resources.get("outputs") or {}), **files}
        resources["output_extension"] = self.file_extension
        return self._preamble(folder, self.title or converter.headings.title or name) + body + "\n", resources

    def _preamble(self, folder: str, title: str) -> str:
        day = self._as_of()
        date = f"datetime(year: {day.year}, month: {day.month}, day: {day.day})" if day else "auto"
        return (
            f"#import {path_string(folder + '/template.typ')}: *\n"
            "#show: report.with(\n"
            f"  title: {string(title)},\n"
            f"  subtitle: {string(self.subtitle)},\n"
            f"  header: {string(self.header)},\n"
            f"  meta: {string(self.meta)},\n"
            f"  simulated: {'true' if self.simulated else 'false'},\n"
            f"  date: {date},\n"
            ")\n\n"
        )

    def _as_of(self) -> dt.date | None:
        if not self.as_of:
            return None
        try:
            return dt.date.fromisoformat(self.as_of)
        except ValueError:
            raise OptionError(
                "the report's as_of is no date", expected="YYYY-MM-DD", found=repr(self.as_of)
            ) from None


class TypstPDFExporter(TypstExporter):
    """A notebook as PDF (PDF/A-2a and PDF/UA-1), set by Typst."""

    export_from_notebook = "Report PDF (uptick)"
    output_mimetype = "application/pdf"

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the bytes of the PDF; ``resources["uptick"]`` holds the number of pages."""
        source, resources = super().from_notebook_node(nb, resources, **kw)
        files = resources.pop("outputs")
        compiled = compile_typst(source, files, as_of=self._as_of())
        resources["outputs"] = {}
        resources["uptick"] = {"pages": compiled.pages, "warnings": compiled.warnings}
        return compiled.pdf, resources


class _Converter:
    """The cells of one notebook, one after the other."""

    def __init__(self, exporter: TypstExporter, folder: str) -> None:
        self.exporter = exporter
        self.folder = folder
        self.headings = Headings()
        self.files: dict[str, bytes] = {}
        self.number = 0

    def cell(self, cell: Any) -> Iterator[str]:
        """Yield the Typst of one cell: markdown, or code and outputs."""
        self.number += 1
        tags = set(cell.metadata.get("tags", ()))
        if tags & _HIDDEN_TAGS or cell.cell_type not in ("markdown", "code"):
            return
        if cell.cell_type == "markdown":
            yield markdown_to_typst(cell.source, self.headings)
            return
        options, code = self.options(cell.source)
        if options.get("include") == "false":
            return
        echo = options.get("echo", "true" if self.exporter.echo else "false") == "true"
        if echo and code.strip() and not tags & {"hide-input", "remove_input"}:
            yield f"#uptick-code({lines_string(code.strip())});"
        if options.get("output") == "false" or tags & {"hide-output", "remove_output"}:
            outputs = [o for o in cell.outputs if o.output_type == "error"]
        else:
            outputs = cell.outputs
        for output in outputs:
            yield from self.output(output, options)

    def options(self, source: str) -> tuple[dict[str, str], str]:
        """Return the cell options (``#| key: value`` lines at the top) and the code below them."""
        options: dict[str, str] = {}
        lines = source.lstrip("\n").split("\n")
        while lines and (match := _OPTION.fullmatch(lines[0].strip())):
            key, value = match.groups()
            value = value.strip()
            if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            if key not in _KNOWN_OPTIONS:
                raise InputError(
                    f"unknown cell option #| {key}",
                    expected=", ".join(_KNOWN_OPTIONS),
                    where=f"cell {self.number}",
                )
            options[key] = value.lower() if value.lower() in ("true", "false") else value
            lines.pop(0)
        return options, "\n".join(lines)

    def output(self, output: Any, options: dict[str, str]) -> Iterator[str]:
        """Yield the Typst of one output; captions and label go to the first output that takes them."""
        if output.output_type == "error":
            raise InputError(
                "the notebook holds a cell that failed, so no report is made from it",
                found=f"{output.get('ename', 'error')}: {output.get('evalue', '')}",
                where=f"cell {self.number}" + (f" ({options['label']})" if "label" in options else ""),
                todo="repair the cell and run the notebook again",
            )
        if output.output_type == "stream":
            if output.name == "stdout" and output.text.strip():
                yield _stream(output.text)
            return
        data = {kind: _joined(value) for kind, value in output.data.items()}
        about: Mapping[str, Any] = output.get("metadata", {})
        if "text/x-typst" in data and self.exporter.trust_typst:
            yield data["text/x-typst"]
        elif "image/svg+xml" in data:
            svg = data["image/svg+xml"]
            yield self.image(
                svg.encode("utf-8"), "svg", _svg_width(svg), about.get("image/svg+xml", {}), options
            )
        elif "image/png" in data:
            yield self.image(base64.b64decode(data["image/png"]), "png", "auto", {}, options)
        elif "text/html" in data and data["text/html"].strip():
            label = options.pop("label", "") if "<table" in data["text/html"] else ""
            yield html_to_typst(data["text/html"], caption=options.pop("tbl-cap", ""), label=label)
        elif "text/markdown" in data:
            yield markdown_to_typst(data["text/markdown"], self.headings)
        elif "text/plain" in data and not _DRAWING.match(data["text/plain"]):
            yield _stream(data["text/plain"])

    def image(
        self, content: bytes, kind: str, width: str, about: Mapping[str, Any], options: dict[str, str]
    ) -> str:
        """Return a figure and keep its file."""
        name = f"figure-{len(self.files) + 1:02d}.{kind}"  # beside the template, whose function reads it
        self.files[f"{self.folder}/{name}"] = content
        own: Mapping[str, str] = about.get("uptick", {})
        caption = options.pop("fig-cap", "") or own.get("caption", "")
        alt = options.pop("fig-alt", "") or own.get("alt", "") or caption
        label = options.pop("label", "") or own.get("label", "")
        parts = [string(name), f"alt: {string(alt or 'Figure without a description')}", f"width: {width}"]
        if caption:
            parts.append(f"caption: {string(caption)}")
        if label:
            parts.append(f"name: {string(label_name(label))}")
        return f"#uptick-figure({', '.join(parts)});"


def _joined(value: object) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _stream(text: str) -> str:
    # What a carriage return overwrote was never meant to stay.
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in _ANSI.sub("", text).split("\n")]
    return f"#uptick-stream({lines_string(chr(10).join(lines).strip(chr(10)))});"


def _svg_width(svg: str) -> str:
    """Return the width of a picture: its own where it says so, but no larger than the page."""
    found = [re.search(rf'<svg[^>]*?\s{side}="([\d.]+)(pt|px|in|)"', svg) for side in ("width", "height")]
    sizes = [float(m[1]) * {"pt": 1.0, "in": 72.0}.get(m[2], 0.75) for m in found if m]
    if len(sizes) < 2 or min(sizes) <= 0:
        return "100%"
    width = sizes[0] * min(1.0, 72 * TEXT_WIDTH / sizes[0], _TALLEST / sizes[1])
    return f"{width:.1f}pt" if width < 72 * TEXT_WIDTH * 0.97 else "100%"
