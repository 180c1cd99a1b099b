"""`ReportTable`: one table, shown alike in a notebook (HTML) and in the PDF (Typst)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape as html_escape
from typing import Any, Literal

import pandas as pd

from analytics.errors import OptionError, nearest, unknown_option
from analytics.reporting.elements.drawn import DRAWN, How, drawn, is_missing
from analytics.reporting.notebook.escape import PROSE, array, label_name, soft, string

__all__ = ["Column", "ReportTable", "table_typst"]

Align = Literal["left", "right", "center"]
_ALIGNS = ("left", "right", "center")
_LONG = 32  # characters of a cell that is folded


def _pvalue(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


_FORMATS: dict[str, Callable[[Any], str]] = {
    "text": str,
    "integer": lambda v: f"{v:,.0f}",
    "number": lambda v: f"{v:,.1f}",
    "ratio": lambda v: f"{v:.2f}",
    "percent": lambda v: f"{100 * v:.0f} %",
    "pvalue": _pvalue,
    "date": lambda v: pd.Timestamp(v).strftime("%Y-%m-%d"),
}


@dataclass(frozen=True)
class Column:
    """How one column of a :class:`ReportTable` is shown.

    Parameters
    ----------
    name : str
        Column of the frame.
    header : str, optional
        Heading shown; the name if empty.
    align : {"left", "right", "center"}, optional
        Numbers to the right and everything else to the left unless given.
    format : str or callable, optional
        ``"text"``, ``"integer"``, ``"number"``, ``"ratio"``, ``"percent"``, ``"pvalue"``, ``"date"``,
        ``"spark"`` (the cells hold sequences of numbers, drawn as small bars, the last one in the accent
        colour), ``"interval"`` (low end, ratio, high end, drawn on a logarithmic line from 0.1 to 20), a
        Python format specification such as ``".3f"``, or a function from value to text. Missing values never
        reach it.
    width : str, optional
        ``"auto"``, or a share such as ``"2fr"``; columns with a share fill the page width together.
    """

    name: str
    header: str = ""
    align: Align | None = None
    format: str | Callable[[Any], str] = ""
    width: str = "auto"


@dataclass(frozen=True, eq=False)
class ReportTable:
    """A table for a report: the same content in a notebook and in the PDF.

    Parameters
    ----------
    frame : DataFrame
        One row a line; the index is not shown.
    columns : sequence of Column or str, optional
        Which columns, in which order; all of them by default.
    caption : str
        The takeaway, shown bold above the table.
    notes : sequence of str
        Lines below the table: denominators, families, sources.
    label : str
        Target for links, such as ``"tbl-movers"``.
    missing : str
        What stands for a missing value.
    emphasise : sequence of bool, optional
        Rows set in the accent colour, one value a row.

    Examples
    --------
    >>> import pandas as pd
    >>> table = ReportTable(
    ...     pd.DataFrame({"region": ["Kirkuk", "Diyala"], "observed": [12, None]}),
    ...     columns=[Column("region", "Governorate"), Column("observed", format="integer")],
    ... )
    >>> print(table)
    Governorate  observed
    Kirkuk             12
    Diyala              –
    """

    frame: pd.DataFrame
    columns: Sequence[Column | str] = ()
    caption: str = ""
    notes: Sequence[str] = ()
    label: str = ""
    missing: str = "–"
    emphasise: Sequence[bool] | None = None
    _resolved: tuple[Column, ...] = field(init=False, repr=False, default=())

    def __post_init__(self) -> None:
        names = [str(c) for c in self.frame.columns]
        wanted = [c if isinstance(c, Column) else Column(c) for c in (self.columns or names)]
        for column in wanted:
            if column.name not in names:
                close = nearest(column.name, names)
                raise OptionError(
                    f"the table has no column {column.name!r}",
                    expected=", ".join(names),
                    todo=f"did you mean {close[0]}?" if close else None,
                )
            if column.align is not None and column.align not in _ALIGNS:
                raise unknown_option("align", column.align, _ALIGNS)
        if self.emphasise is not None and len(self.emphasise) != len(self.frame):
            raise OptionError(
                "emphasise must hold one value a row",
                expected=f"{len(self.frame)} values",
                found=f"{len(self.emphasise)}",
            )
        object.__setattr__(self, "_resolved", tuple(self._with_defaults(c) for c in wanted))

    def _with_defaults(self, column: Column) -> Column:
        values = self.frame[column.name]
        number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        default: str | Callable[[Any], str] = "text"
        if pd.api.types.is_integer_dtype(values):
            default = "integer"
        elif number:
            default = "number"
        elif pd.api.types.is_datetime64_any_dtype(values):
            default = "date"
        chosen = column.format or default
        figures = number or (chosen in _FORMATS and chosen not in ("text", "date"))
        return Column(
            column.name,
            column.header or column.name,
            column.align or ("right" if figures else "left"),
            chosen,
            column.width,
        )

    def _texts(self, column: Column) -> list[str]:
        if callable(column.format):
            show = column.format
        elif column.format in _FORMATS:
            show = _FORMATS[column.format]
        else:
            spec = column.format
            try:
                format(1.0, spec)
            except ValueError:
                raise unknown_option("format", spec, [*_FORMATS, *DRAWN]) from None

            def show(value: Any) -> str:
                return format(value, spec)

        return [self.missing if is_missing(v) else show(v) for v in self.frame[column.name]]

    def _cells(self, how: How, text: Callable[[str], str]) -> list[list[str]]:
        """Return the body, row by row, each cell drawn or made by `text`."""
        by_column = [
            [drawn(str(c.format), how, v) for v in self.frame[c.name]]
            if c.format in DRAWN
            else [text(t) for t in self._texts(c)]
            for c in self._resolved
        ]
        return [list(row) for row in zip(*by_column, strict=True)]

    def _width(self, column: Column) -> str:
        """Return a width: where a column takes what the others leave, a long text shares it."""
        shared = any(c.width != "auto" for c in self._resolved)
        if not shared or column.width != "auto" or column.align != "left" or column.format in DRAWN:
            return column.width
        return "1fr" if max(map(len, self._texts(column)), default=0) > _LONG else "auto"

    def _emphasised(self) -> list[bool]:
        return [bool(e) for e in self.emphasise] if self.emphasise is not None else [False] * len(self.frame)

    def __str__(self) -> str:
        """Return the table as plain text."""
        heads = [c.header for c in self._resolved]
        rows = [heads, *self._cells("text", str)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
        lines = [
            "  ".join(
                cell.rjust(w) if c.align == "right" else cell.ljust(w)
                for cell, w, c in zip(row, widths, self._resolved, strict=True)
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*([self.caption] if self.caption else []), *lines, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return the table as HTML."""
        heads = "".join(
            f'<th style="text-align:{c.align}">{html_escape(c.header)}</th>' for c in self._resolved
        )
        body = []
        for row, hot in zip(self._cells("svg", html_escape), self._emphasised(), strict=True):
            style = "font-weight:bold;color:#C2410C;" if hot else ""
            body.append(
                "<tr>"
                + "".join(
                    f'<td style="text-align:{c.align};{style}">{cell}</td>'
                    for c, cell in zip(self._resolved, row, strict=True)
                )
                + "</tr>"
            )
        caption = f"<caption><strong>{html_escape(self.caption)}</strong></caption>" if self.caption else ""
        notes = "".join(f"<p><small>{html_escape(n)}</small></p>" for n in self.notes)
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}"

    def typst(self) -> str:
        """Return the table as Typst; every piece of data is a string literal."""
        cells = []
        for row, hot in zip(self._cells("typst", soft), self._emphasised(), strict=True):
            cells += [f"hot({cell})" if hot and cell.startswith('"') else cell for cell in row]
        return table_typst(
            widths=[self._width(c) for c in self._resolved],
            aligns=[c.align or "left" for c in self._resolved],
            header=[soft(c.header) for c in self._resolved],
            body=cells,
            caption=self.caption,
            notes=self.notes,
            label=self.label,
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        """Return plain text, HTML and Typst."""
        return {"text/plain": str(self), "text/html": self._repr_html_(), "text/x-typst": self.typst()}


def table_typst(
    *,
    widths: Sequence[str],
    aligns: Sequence[str],
    header: Sequence[str],
    body: Iterable[str],
    header_rows: int = 1,
    caption: str = "",
    notes: Sequence[str] = (),
    label: str = "",
) -> str:
    """Return a call of the template's table; `header` and `body` are Typst code, the rest is text."""
    for width in widths:
        if width != "auto" and not (width.endswith("fr") and width[:-2].replace(".", "", 1).isdigit()):
            raise OptionError(f"unknown column width {width!r}", expected='"auto" or a share such as "2fr"')
    lines = [
        "#uptick-table(",
        f"  columns: {array(widths)},",
        f"  align: {array(aligns)},",
        f"  header-rows: {header_rows if header else 0},",
        f"  header: {array(header)},",
        "  body: (",
        *(f"    {cell}," for cell in body),
        "  ),",
    ]
    if caption:
        lines.append(f"  caption: {soft(caption, PROSE)},")
    if notes:
        lines.append(f"  notes: {array(soft(n, PROSE) for n in notes)},")
    if label:
        lines.append(f"  name: {string(label_name(label))},")
    return "\n".join([*lines, ");"])
