"""nbconvert exporter: any notebook that was run as one web page (`uptick-html`)."""

from __future__ import annotations

from html import escape
from typing import Any

from nbconvert.exporters import Exporter
from traitlets import Any as AnyTrait
from traitlets import Bool, Unicode

from analytics.reporting.formats.cells import CellWriter
from analytics.reporting.formats.shell import menu_of, page_of, without_dead_links
from analytics.reporting.notebook.cells import shown_cells
from analytics.reporting.notebook.office import read_template

__all__ = ["PageExporter"]


class PageExporter(Exporter):
    """A notebook as one HTML file that fetches nothing and needs no script to be read.

    What the notebook brings along does not run: its scripts are left out, drawings that could run are images,
    raw HTML in markdown is text. A cell that failed makes no page.
    """

    title = Unicode("", help="Title of the page; the notebook's first heading if empty").tag(config=True)
    meta = Unicode("", help="Last line of the page, such as the data cut-off").tag(config=True)
    simulated = Bool(False, help="Print SIMULATED DATA at the top").tag(config=True)
    office = AnyTrait(None, help="Folder of an office's template, with its template.toml").tag(config=True)
    echo = Bool(False, help="Show code unless a cell says otherwise").tag(config=True)

    export_from_notebook = "Web page (uptick)"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the page and the resources."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        writer = CellWriter()
        cells = shown_cells(nb, echo=self.echo)
        parts = [part for cell in cells for part in writer.cell(cell) if part]
        name = str(resources.get("metadata", {}).get("name", "") or "notebook")
        title = self.title or writer.title or name
        badge = '<strong class="badge">SIMULATED DATA</strong>' if self.simulated else ""
        head = f'<header class="head"><div class="wrap">{badge}{menu_of(writer.headings)}</div></header>'
        body = without_dead_links([f'<h1 id="top">{escape(title)}</h1>', *parts])
        marked = f"SIMULATED: {title}" if self.simulated else title
        page = page_of(
            title=marked,
            description="",
            head=head,
            main="\n".join(body),
            foot=self.meta or marked,
            first="top",
            office=read_template(self.office) if self.office else None,
        )
        resources["output_extension"] = self.file_extension
        return page, resources
