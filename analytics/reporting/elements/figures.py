"""Figures for a report: bundled fonts in matplotlib, SVG that repeats to the byte, captions beside them."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape as html_escape
from typing import TYPE_CHECKING, Any, cast

from analytics.errors import OptionError
from analytics.plots.fonts import mend_texts, narrow_fonts, register_fonts
from analytics.plots.look import DIVERGING, SEQUENTIAL, STYLE, plot_style, usual_settings
from analytics.plots.style import ACCENT, GREY, INK, PALE, WIDTH
from analytics.reporting.languages.spoken import speak_figure
from analytics.reporting.notebook.escape import PROSE, label_name, soft, string, svg_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "ACCENT", "DIVERGING", "GREY", "INK", "PALE", "SEQUENTIAL", "TEXT_WIDTH",
    "ReportFigure", "report_figure", "report_style", "svg_width", "use_report_style",
]  # fmt: skip

TEXT_WIDTH = WIDTH
"""Width of the text on the page, in inches: a figure this wide is set at its own size."""

_SALT: str = STYLE["svg.hashsalt"]
_TALLEST = 620.0  # points: a page of text less a caption


@contextmanager
def report_style() -> Iterator[None]:
    """Draw in the look of the report inside a ``with`` block, whatever matplotlib was set to before.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with report_style():
    ...     plt.rcParams["svg.fonttype"]
    'path'
    """
    with plot_style():
        yield


def use_report_style() -> None:
    """Draw every further figure in the look of the report, and show figures of a notebook as SVG.

    One call at the top of a notebook. Two runs of the same notebook then give the same bytes.
    """
    import matplotlib as mpl

    register_fonts()
    mpl.rcParams.update(cast(Any, {**usual_settings(), **STYLE}))
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        show: Any = set_matplotlib_formats
        show("svg", metadata={"Date": None}, bbox_inches=None)


@dataclass(frozen=True)
class ReportFigure:
    """A finished figure with its takeaway and its description in words.

    Parameters
    ----------
    svg : str
        The picture.
    caption : str
        The takeaway, shown bold above the figure; written from the results.
    alt : str
        What can be seen, for those who cannot see it; required by PDF/UA.
    label : str
        Target for links, such as ``"fig-trend"``.
    """

    svg: str
    caption: str
    alt: str
    label: str = ""

    def __repr__(self) -> str:
        """Return the caption and the description."""
        return f"Figure: {self.caption} ({self.alt})"

    @property
    def file(self) -> str:
        """The picture's name beside the template that places it."""
        return svg_name(self.label)

    def picture(self) -> dict[str, str]:
        """Return what an output of a cell keeps of it: picture, caption, description, label."""
        return {"svg": self.svg, "caption": self.caption, "alt": self.alt, "label": label_name(self.label)}

    def typst(self) -> str:
        """Return the figure as Typst that places its picture."""
        parts = [string(self.file), f"alt: {string(self.alt)}", f"width: {svg_width(self.svg)}"]
        if self.caption:
            parts.append(f"caption: {soft(self.caption, PROSE)}")
        if self.label:
            parts.append(f"name: {string(label_name(self.label))}")
        return f"#uptick-figure({', '.join(parts)});"

    def _repr_html_(self) -> str:
        """Return the picture in HTML, with caption and description."""
        caption = (
            f"<figcaption><strong>{html_escape(self.caption)}</strong></figcaption>" if self.caption else ""
        )
        alt, picture = html_escape(self.alt), self.svg[self.svg.find("<svg") :]
        return f'<figure style="margin:0" aria-label="{alt}">{caption}{picture}</figure>'

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[Mapping[str, str], Mapping[str, object]]:
        """Return the SVG with caption and description as metadata, and HTML that shows both."""
        about = {"uptick": {"caption": self.caption, "alt": self.alt, "label": label_name(self.label)}}
        data = {"text/plain": repr(self), "text/html": self._repr_html_(), "image/svg+xml": self.svg}
        return data, {"image/svg+xml": about}


def report_figure(figure: Figure, *, caption: str, alt: str, label: str = "") -> ReportFigure:
    """Return a matplotlib figure as a finished :class:`ReportFigure`, and close it.

    Raises
    ------
    OptionError
        If `alt` is empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with report_style():
    ...     fig, ax = plt.subplots()
    ...     _ = ax.plot([1, 3, 2])
    ...     report_figure(fig, caption="Three weeks", alt="A line that rises and falls")
    Figure: Three weeks (A line that rises and falls)
    """
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    if not alt.strip():
        raise OptionError("a figure needs a description in words", todo="give alt=, one sentence")
    mend_texts(figure)
    speak_figure(figure)
    narrow_fonts(figure)
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": _SALT}):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return ReportFigure(buffer.getvalue().decode("utf-8"), caption, alt, label)


def svg_width(svg: str) -> str:
    """Return the width of a picture in Typst: its own where it says so, but no larger than the page.

    Examples
    --------
    >>> svg_width('<svg width="200pt" height="100pt">'), svg_width("<svg>")
    ('200.0pt', '100%')
    """
    found = [re.search(rf'<svg[^>]*?\s{side}="([\d.]+)(pt|px|in|)"', svg) for side in ("width", "height")]
    sizes = [float(m[1]) * {"pt": 1.0, "in": 72.0}.get(m[2], 0.75) for m in found if m]
    if len(sizes) < 2 or min(sizes) <= 0:
        return "100%"
    width = sizes[0] * min(1.0, 72 * TEXT_WIDTH / sizes[0], _TALLEST / sizes[1])
    return f"{width:.1f}pt" if width < 72 * TEXT_WIDTH * 0.97 else "100%"
