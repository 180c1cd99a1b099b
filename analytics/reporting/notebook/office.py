"""`OfficeTemplate`: an office's own head, colours and foot of a report, from a folder with one file."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from analytics._text import read_toml, toml_fault, visible
from analytics.errors import InputError, unknown_option
from analytics.files import read_whole

__all__ = ["TEMPLATE_FILE", "OfficeTemplate", "read_template"]

TEMPLATE_FILE = "template.toml"
_TEXTS = ("name", "line", "logo", "logo_alt", "footer", "title", "author", "handling")
_COLOURS = {"headings": 4.5, "links": 4.5, "rule": 3.0}  # least contrast with white: WCAG 2.2, 1.4.3, 1.4.11
_LONGEST = 120  # characters: a head and a foot are one line
_LARGEST = 200_000  # bytes: a logo lies inside every report
_INK = "#1F2937"


@dataclass(frozen=True)
class OfficeTemplate:
    """How an office's reports are dressed; what they say, and the colour of an uptick, stay as they are.

    Attributes
    ----------
    name, line : str
        At the head of the first page, and the smaller line below it.
    logo : bytes
        SVG or PNG, beside the name; empty where there is none.
    logo_kind : str
        ``"svg"`` or ``"png"``.
    logo_alt : str
        What the logo shows, in words.
    footer : str
        A line at the foot of every page.
    title, author, handling : str or None
        What a report's options of these names are unless given.
    headings, links, rule : str
        Colours such as ``"#1D4E89"``: of headings, of links and of the rule below the head.
    """

    name: str = ""
    line: str = ""
    logo: bytes = b""
    logo_kind: str = ""
    logo_alt: str = ""
    footer: str = ""
    title: str | None = None
    author: str | None = None
    handling: str | None = None
    headings: str = _INK
    links: str = _INK
    rule: str = _INK

    def stated(self) -> dict[str, str]:
        """Return which options of a report it states, and how."""
        named = {"title": self.title, "author": self.author, "handling": self.handling}
        return {name: value for name, value in named.items() if value is not None}

    def __repr__(self) -> str:
        return f"<OfficeTemplate {self.name!r}>"


def read_template(folder: Path | str | OfficeTemplate) -> OfficeTemplate:
    """Read an office's template: a folder that holds ``template.toml``, and a logo if it names one.

    Parameters
    ----------
    folder : path
        ::

            name = "Office of Incident Analysis"   # every key may be left out
            line = "Weekly analysis"
            logo = "logo.svg"                      # or .png, beside this file
            logo_alt = "A compass rose"            # needed with a logo
            footer = "Questions to the desk"
            title = "Weekly incident report"       # as --title, unless that is given
            author = "Analysis desk"
            handling = "For internal use"

            [colours]
            headings = "#1D4E89"
            links = "#1D4E89"
            rule = "#1D4E89"

    Raises
    ------
    InputError
        If the folder, its file, the logo or a colour cannot be used; the message says which.
    OptionError
        If it states something that is not known.

    Examples
    --------
    >>> read_template("no such folder")
    Traceback (most recent call last):
    ...
    analytics.errors.InputError: there is no template in no such folder
      expected: a folder that holds template.toml
      where: no such folder
      what to do: uptick init DIR lays one
    """
    if isinstance(folder, OfficeTemplate):
        return folder
    path = Path(folder) / TEMPLATE_FILE
    stated = _stated(Path(folder), path)
    texts = {key: _text(stated, key, path) for key in _TEXTS if key in stated}
    colours = stated.get("colours", {})
    if not isinstance(colours, Mapping):
        raise _unusable("colours", path, 'a table [colours] with lines such as headings = "#1D4E89"', colours)
    for key in colours:
        if key not in _COLOURS:
            raise unknown_option(f"colour in {path}", key, tuple(_COLOURS))
    inks = {key: _colour(key, value, path) for key, value in colours.items()}
    logo = texts.pop("logo", None)
    dressed = replace(OfficeTemplate(), **texts, **inks)  # type: ignore[arg-type]
    if logo is None:
        return dressed
    if not texts.get("logo_alt"):
        raise InputError(
            "the template's logo has no description",
            expected='logo_alt = "what the logo shows", for readers who cannot see it',
            where=str(path),
        )
    kind, content = _logo(Path(folder) / logo)
    return replace(dressed, logo=content, logo_kind=kind)


def _stated(folder: Path, path: Path) -> dict[str, Any]:
    try:
        stated = read_toml(read_whole(path).decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"there is no template in {folder}",
            expected=f"a folder that holds {TEMPLATE_FILE}",
            where=str(folder),
            todo="uptick init DIR lays one",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            "the template cannot be read",
            expected='TOML: lines such as name = "Office of Incident Analysis"',
            found=toml_fault(error)[:200],
            where=str(path),
        ) from None
    for key in stated:
        if key not in (*_TEXTS, "colours"):
            raise unknown_option(f"key in {path}", key, (*_TEXTS, "colours"))
    return stated


def _text(stated: Mapping[str, Any], key: str, path: Path) -> str:
    value = stated[key]
    if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
        raise _unusable(key, path, "one line of text in quotes", value)
    if len(value) > _LONGEST:
        raise _unusable(key, path, f"{_LONGEST} characters or fewer", f"{len(value)} characters")
    return visible(value.strip())


def _colour(key: str, value: object, path: Path) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
        raise _unusable(key, path, 'a colour such as "#1D4E89"', value)
    least, found = _COLOURS[key], contrast(value)
    if found < least:
        raise InputError(
            f"the template's colour of {key} is too pale to be read on white",
            expected=f"a contrast of at least {least:g} to 1",
            found=f"{value}, {found:.1f} to 1",
            where=str(path),
            todo="choose a darker one",
        )
    return value.upper()


def contrast(colour: str) -> float:
    """Return the contrast of a colour with white (WCAG 2.2).

    Examples
    --------
    >>> contrast("#000000"), round(contrast("#777777"), 2)
    (21.0, 4.48)
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (light + 0.05)


def _logo(path: Path) -> tuple[str, bytes]:
    """Return the kind and the bytes of a logo that both the PDF and the page can show."""
    kind = path.suffix.lower().removeprefix(".")
    try:
        content = read_whole(path)
    except OSError as error:
        raise InputError(
            "the template's logo cannot be read", found=error.strerror or str(error), where=str(path)
        ) from None
    wrong = _fault(kind, content)
    if wrong:
        raise InputError(
            "the template's logo cannot be used",
            expected=f"an SVG or PNG of at most {_LARGEST // 1000} kB, whole in itself",
            found=wrong,
            where=str(path),
        )
    return kind, content


def _fault(kind: str, content: bytes) -> str:
    """Return what is wrong with a logo, "" if nothing."""
    if kind not in ("svg", "png"):
        return f"a file that ends in .{kind}" if kind else "a file without an ending"
    if len(content) > _LARGEST:
        return f"{len(content) / 1000:,.0f} kB"
    if kind == "svg":
        return _svg_fault(content)
    from matplotlib.image import imread

    try:
        imread(io.BytesIO(content), format="png")
    except (OSError, SyntaxError, ValueError) as error:
        return f"no whole PNG: {str(error)[:100]}"
    return ""


def _svg_fault(content: bytes) -> str:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return "an SVG with a document type of its own: save it as plain SVG"
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        return f"no SVG: {error}"
    if root.tag.rpartition("}")[2] != "svg":
        return f"XML whose outermost element is {root.tag.rpartition('}')[2]}"
    if not root.get("viewBox") and not (root.get("width") and root.get("height")):
        return "an SVG without a size: neither viewBox nor width and height"
    for element in root.iter():
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] == "href" and not value.startswith(("#", "data:")):
                return f"an SVG that fetches {value[:60]}"
    return ""


def _unusable(key: str, path: Path, expected: str, found: object) -> InputError:
    return InputError(
        f"{key} of the template cannot be used",
        expected=expected,
        found=found if isinstance(found, str) else repr(found)[:80],
        where=str(path),
    )
