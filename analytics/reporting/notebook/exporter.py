"""nbconvert exporters: a notebook as Typst (`uptick-typst`) and as PDF (`uptick-pdf`)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Any as AnyTrait
from traitlets import Bool, CaselessStrEnum, Unicode

from analytics.errors import OptionError
from analytics.reporting.elements.figures import svg_width
from analytics.reporting.languages import Language, find_language, spoken_typst, spoken_words
from analytics.reporting.notebook.cells import (
    Picture,
    ShownCell,
    opens_report,
    output_data,
    picture_of,
    pictures_on_page,
    shown_cells,
)
from analytics.reporting.notebook.compile import compile_typst
from analytics.reporting.notebook.escape import (
    PROSE,
    label_name,
    lines_string,
    literal,
    path_string,
    soft,
    string,
)
from analytics.reporting.notebook.html_tables import html_to_typst
from analytics.reporting.notebook.markdown import Headings, markdown_to_typst
from analytics.reporting.notebook.office import OfficeTemplate, read_template

__all__ = ["TypstExporter", "TypstPDFExporter", "template_files"]

_HERE = Path(__file__).resolve().parent
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
    running = Unicode("", help="Left end of the running header; the title if empty").tag(config=True)
    paper = CaselessStrEnum(["a4", "us-letter"], "a4", help="Size of the page").tag(config=True)
    meta = Unicode("", help="Left end of the footer, such as the data cut-off").tag(config=True)
    as_of = Unicode("", help="Date of the data (YYYY-MM-DD); the date of the document").tag(config=True)
    simulated = Bool(False, help="Print SIMULATED DATA on every page").tag(config=True)
    office = AnyTrait(None, help="Folder of an office's template, with its template.toml").tag(config=True)
    language = Unicode("en", help="What the pages are in: en, ar, or a file").tag(config=True)
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
        cells = list(shown_cells(nb, echo=self.echo))
        body = "\n\n".join(part for cell in cells for part in converter.cell(cell))
        name = str(resources.get("metadata", {}).get("name", "") or "report")
        office = read_template(self.office) if self.office else None
        language = find_language(self.language)
        files = {**template_files(folder, language), **converter.files}
        if office is not None and office.logo:
            files[f"{folder}/{_logo_file(office)}"] = office.logo
        resources["outputs"] = {**(resources.get("outputs") or {}), **files}
        resources["output_extension"] = self.file_extension
        opened = self.trust_typst and any(opens_report(o) for cell in cells for o in cell.outputs)
        title = self.title or converter.headings.title or name
        source = self._preamble(folder, title, office, opened=opened) + body + "\n"
        return spoken_typst(source, language), resources

    def _preamble(self, folder: str, title: str, office: OfficeTemplate | None, *, opened: bool) -> str:
        day = self._as_of()
        date = f"datetime(year: {day.year}, month: {day.month}, day: {day.day})" if day else "auto"
        return (
            f"#import {path_string(folder + '/template.typ')}: *\n"
            "#show: report.with(\n"
            f"  title: {string(title)},\n"
            f"  subtitle: {soft(self.subtitle, PROSE)},\n"
            f"  header: {string(self.header)},\n"
            f"  running: {string(self.running)},\n"
            f"  meta: {string(self.meta)},\n"
            f"  paper: {string(self.paper)},\n"
            f"  opened: {'true' if opened else 'false'},\n"
            f"  simulated: {'true' if self.simulated else 'false'},\n"
            f"  date: {date},\n"
            f"{_office(office)}"
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

    def cell(self, cell: ShownCell) -> Iterator[str]:
        """Yield the Typst of one cell: markdown, or code and outputs."""
        if cell.prose:
            yield markdown_to_typst(cell.prose, self.headings)
        if cell.code:
            yield f"#uptick-code({lines_string(cell.code)});"
        for output in cell.outputs:
            yield from self.output(output, cell.options)

    def output(self, output: Any, options: dict[str, str]) -> Iterator[str]:
        """Yield the Typst of one output; captions and label go to the first output that takes them."""
        if output.output_type == "stream":
            if output.name == "stdout" and output.text.strip():
                yield _stream(output.text)
            return
        data = output_data(output)
        if "text/x-typst" in data and self.exporter.trust_typst:
            self.files |= {f"{self.folder}/{p.name}": p.content for p in pictures_on_page(output)}
            yield data["text/x-typst"]
        elif (picture := picture_of(output, options)) is not None:
            yield self.image(picture)
        elif on_page := pictures_on_page(output):
            yield from map(self.image, on_page)
            yield html_to_typst(data.get("text/html", ""))
        elif "text/html" in data and data["text/html"].strip():
            label = options.pop("label", "") if "<table" in data["text/html"] else ""
            yield html_to_typst(data["text/html"], caption=options.pop("tbl-cap", ""), label=label)
        elif "text/markdown" in data:
            yield markdown_to_typst(data["text/markdown"], self.headings)
        elif "text/plain" in data and not _DRAWING.match(data["text/plain"]):
            yield _stream(data["text/plain"])

    def image(self, picture: Picture) -> str:
        """Return a figure and keep its file."""
        # Beside the template, whose function reads it.
        name = f"figure-{len(self.files) + 1:02d}.{picture.kind}"
        self.files[f"{self.folder}/{name}"] = picture.content
        width = svg_width(picture.content.decode("utf-8")) if picture.kind == "svg" else "auto"
        alt = string(picture.alt or "Figure without a description")
        parts = [string(name), f"alt: {alt}", f"width: {width}"]
        if picture.caption:
            parts.append(f"caption: {soft(picture.caption, PROSE)}")
        if picture.label:
            parts.append(f"name: {string(label_name(picture.label))}")
        return f"#uptick-figure({', '.join(parts)});"


def template_files(folder: str, language: Language | None = None) -> dict[str, bytes]:
    """Return the files of the template, as they lie in a folder beside the document."""
    files = {f"{folder}/{path.name}": path.read_bytes() for path in sorted(_HERE.glob("*.typ"))}
    if language is not None and not language.english:
        words = spoken_words(files[f"{folder}/words.typ"].decode("utf-8"), language)
        files[f"{folder}/words.typ"] = words.encode("utf-8")
    return files


def _logo_file(office: OfficeTemplate) -> str:
    return f"office.{office.logo_kind}"


def _office(office: OfficeTemplate | None) -> str:
    """Return the argument that hands an office's head, colours and foot to the template."""
    if office is None:
        return ""
    said = {
        "name": office.name,
        "line": office.line,
        "logo": _logo_file(office) if office.logo else "",
        "logo-alt": office.logo_alt,
        "footer": office.footer,
        "headings": office.headings,
        "links": office.links,
        "rule": office.rule,
    }
    return f"  office: {literal(said)},\n"


def _stream(text: str) -> str:
    # What a carriage return overwrote was never meant to stay.
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in _ANSI.sub("", text).split("\n")]
    return f"#uptick-stream({lines_string(chr(10).join(lines).strip(chr(10)))});"
