"""What an executed notebook shows, cell by cell: the same for every format that is written from it."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.errors import InputError
from analytics.reporting.notebook.escape import svg_name

__all__ = [
    "Picture",
    "ShownCell",
    "opens_report",
    "output_data",
    "picture_of",
    "pictures_on_page",
    "shown_cells",
]

_OPTION = re.compile(r"#\|\s*([A-Za-z-]+)\s*:\s*(.*)")
_PLOTLY = "application/vnd.plotly.v1+json"
_KNOWN_OPTIONS = ("label", "fig-cap", "fig-alt", "tbl-cap", "echo", "output", "include", "warning")
_HIDDEN_TAGS = {"parameters", "injected-parameters", "remove_cell", "remove-cell", "hide-cell"}


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of the notebook.

    Parameters
    ----------
    content : bytes
        The file.
    kind : str
        ``"svg"`` or ``"png"``.
    caption, alt, label : str
        The takeaway, what can be seen, and the target for links; empty where not given.
    name : str
        The file's name where the page that shows it has given one.
    """

    content: bytes
    kind: str
    caption: str
    alt: str
    label: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class ShownCell:
    """A cell that readers see.

    Parameters
    ----------
    prose : str
        Markdown; empty for code.
    code : str
        Source to show; empty where it is hidden.
    outputs : tuple
        The outputs to show, none of them an error.
    options : dict
        What the ``#| key: value`` lines say. Captions and labels are taken out by the first output that uses
        them.
    """

    prose: str
    code: str
    outputs: tuple[Any, ...]
    options: dict[str, str]


def shown_cells(notebook: Any, *, echo: bool = False) -> Iterator[ShownCell]:
    """Yield the cells that readers see, in order.

    Parameters
    ----------
    notebook : NotebookNode
        As it was run.
    echo : bool
        Show code unless a cell says otherwise.

    Raises
    ------
    InputError
        If a cell has an unknown option, or failed.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        tags = set(cell.metadata.get("tags", ()))
        if tags & _HIDDEN_TAGS:
            continue
        if cell.cell_type == "markdown":
            yield ShownCell(cell.source, "", (), {})
        elif cell.cell_type == "code":
            options, code = _options(cell.source, number)
            if options.get("include") == "false":
                continue
            shows = options.get("echo", "true" if echo else "false") == "true"
            if not shows or tags & {"hide-input", "remove_input"}:
                code = ""
            for output in cell.outputs:
                if output.output_type == "error":
                    raise _failed(output, number, options)
            quiet = options.get("output") == "false" or tags & {"hide-output", "remove_output"}
            yield ShownCell("", code.strip(), () if quiet else tuple(cell.outputs), options)


def output_data(output: Any) -> dict[str, str]:
    """Return an output's representations, each as one text.

    Of a picture that only a script can draw its title remains, so that no output is left out in silence.
    """
    data = dict(output.get("data", {}))
    drawn: Any = data.pop(_PLOTLY, None)
    kinds = {kind: _joined(value) for kind, value in data.items()}
    if drawn is not None and not kinds:
        title = drawn.get("layout", {}).get("title", {}).get("text", "") if isinstance(drawn, Mapping) else ""
        text = html.unescape(title.replace("<br>", " "))
        kinds["text/plain"] = (
            f"A picture to point at, shown in the notebook only: {text or 'without a title'}"
        )
    return kinds


def picture_of(output: Any, options: dict[str, str]) -> Picture | None:
    """Return the figure an output holds, None where it holds none.

    Caption, description and label come from the cell's options, which lose them, or from the figure itself.
    """
    data = output_data(output)
    about: Mapping[str, Any] = {}
    if "image/svg+xml" in data:
        content, kind = data["image/svg+xml"].encode("utf-8"), "svg"
        about = output.get("metadata", {}).get("image/svg+xml", {})
    elif "image/png" in data:
        content, kind = base64.b64decode(data["image/png"]), "png"
    else:
        return None
    own: Mapping[str, str] = about.get("uptick", {})
    caption = options.pop("fig-cap", "") or own.get("caption", "")
    alt = options.pop("fig-alt", "") or own.get("alt", "") or caption
    label = options.pop("label", "") or own.get("label", "")
    return Picture(content, kind, caption, alt, label)


def _of_page(output: Any) -> Mapping[str, Any]:
    about: Mapping[str, Any] = output.get("metadata", {}).get("text/x-typst", {}).get("uptick", {})
    return about


def opens_report(output: Any) -> bool:
    """Return whether an output is a page that stands in place of the report's title."""
    return bool(_of_page(output).get("opens", False))


def pictures_on_page(output: Any) -> tuple[Picture, ...]:
    """Return the figures that an output's own Typst places, none where it places none."""
    return tuple(
        Picture(p["svg"].encode("utf-8"), "svg", p["caption"], p["alt"], p["label"], svg_name(p["label"]))
        for p in _of_page(output).get("pictures", ())
    )


def _options(source: str, number: int) -> tuple[dict[str, str], str]:
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
                f"unknown cell option #| {key}", expected=", ".join(_KNOWN_OPTIONS), where=f"cell {number}"
            )
        options[key] = value.lower() if value.lower() in ("true", "false") else value
        lines.pop(0)
    return options, "\n".join(lines)


def _failed(output: Any, number: int, options: Mapping[str, str]) -> InputError:
    return InputError(
        "the notebook holds a cell that failed, so no report is made from it",
        found=f"{output.get('ename', 'error')}: {output.get('evalue', '')}",
        where=f"cell {number}" + (f" ({options['label']})" if "label" in options else ""),
        todo="repair the cell and run the notebook again",
    )


def _joined(value: object) -> str:
    return "".join(value) if isinstance(value, list) else str(value)
