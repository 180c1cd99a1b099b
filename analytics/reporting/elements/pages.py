"""`ReportPage`: several elements shown as one output, with headings and pictures of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from typing import Any, Protocol

from analytics.reporting.elements.figures import ReportFigure
from analytics.reporting.notebook.escape import PROSE, label_name, soft

__all__ = ["Heading", "Layout", "Part", "ReportPage"]


class Part(Protocol):
    """What stands on a page."""

    def typst(self) -> str:
        """Return it as Typst."""
        ...

    def _repr_html_(self) -> str:
        """Return it as HTML."""
        ...


@dataclass(frozen=True)
class Heading:
    """A heading of a page.

    Parameters
    ----------
    text : str
    level : int
        1 for a section, 2 for a part of it.
    label : str
        Target for links, such as ``"sec-where"``.
    """

    text: str
    level: int = 1
    label: str = ""

    def __str__(self) -> str:
        """Return its text."""
        return self.text

    def typst(self) -> str:
        """Return the heading as Typst."""
        target = f" <{label_name(self.label)}>" if self.label else ""
        return f"#heading(level: {self.level}, {soft(self.text, PROSE)}){target}"

    def _repr_html_(self) -> str:
        """Return the heading as HTML."""
        name = f' id="{html_escape(label_name(self.label))}"' if self.label else ""
        return f"<h{self.level + 1}{name}>{html_escape(self.text)}</h{self.level + 1}>"


@dataclass(frozen=True, eq=False)
class Layout:
    """Something set by a function of the template, with its own HTML and the pictures it places.

    Parameters
    ----------
    code : str
        Typst.
    html, text : str
        The same for a notebook, and for a terminal.
    figures : sequence of ReportFigure
        What `code` places, by :attr:`ReportFigure.file`.
    """

    code: str
    html: str
    text: str
    figures: Sequence[ReportFigure] = ()

    def __str__(self) -> str:
        """Return it as plain text."""
        return self.text

    def typst(self) -> str:
        """Return it as Typst."""
        return self.code

    def _repr_html_(self) -> str:
        """Return it as HTML."""
        return self.html


@dataclass(frozen=True, eq=False)
class ReportPage:
    """Elements one below the other, shown as one output of a cell.

    Parameters
    ----------
    parts : sequence of Part
        Headings, tables, figures, texts, layouts. Without parts nothing is shown.
    opens : bool
        Whether the page opens the report, in place of the title that the template prints.
    small : bool
        Whether its text is small print.

    Examples
    --------
    >>> print(ReportPage([Heading("Where"), Layout("#[Kirkuk]", "<p>Kirkuk</p>", "Kirkuk")]))
    Where
    Kirkuk
    """

    parts: Sequence[Part]
    opens: bool = False
    small: bool = False

    def __str__(self) -> str:
        """Return one part after the other as plain text."""
        return "\n".join(str(part) for part in self.parts)

    __repr__ = __str__

    @property
    def figures(self) -> tuple[ReportFigure, ...]:
        """The figures on the page, in order."""
        return tuple(_figures(self.parts))

    def typst(self) -> str:
        """Return the page as Typst."""
        code = "\n\n".join(part.typst() for part in self.parts)
        return f"#[\n#set text(size: 8.2pt)\n{code}\n]" if self.small else code

    def _repr_html_(self) -> str:
        """Return the page as HTML."""
        return "\n".join(part._repr_html_() for part in self.parts)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[Mapping[str, str], Mapping[str, Any]]:
        """Return plain text, HTML and Typst, the pictures beside them."""
        if not self.parts:
            return {}, {}
        about: dict[str, Any] = {
            "opens": self.opens,
            "pictures": [figure.picture() for figure in self.figures],
        }
        data = {"text/plain": str(self), "text/html": self._repr_html_(), "text/x-typst": self.typst()}
        return data, {"text/x-typst": {"uptick": about}}


def _figures(parts: Iterable[Part]) -> Iterable[ReportFigure]:
    for part in parts:
        if isinstance(part, ReportFigure):
            yield part
        elif isinstance(part, Layout):
            yield from part.figures
