"""Text from data or markdown, as Typst that prints it and never runs it.

Text is always written as a Typst string literal (``"…"``), where only the backslash and the quotation mark
mean anything, never as markup. Characters that no bundled font can show are written as ``[U+4E2D]``, so that
nothing is lost silently and the document stays within PDF/A. Runs of Arabic or Hebrew script are isolated, so
that ``≤ 5`` after an Arabic name keeps its side and its direction.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

__all__ = ["FONT_DIR", "array", "inline", "label_name", "literal", "printable", "string", "svg_name"]

FONT_DIR = Path(__file__).resolve().parent / "fonts"

_WHITESPACE = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# Overrides, embeddings and isolates of the input could reorder the text around them; the byte order mark is
# not allowed in PDF/A. Direction marks and joiners (U+200C..200F, U+061C) stay: Persian and Sorani need them.
_NEVER = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}
_INVISIBLE = {0xFE0E, 0xFE0F}
_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RTL_RUN = re.compile(
    f"[{_RTL}](?:[^A-Za-z\u00c0-\u024f\u2066-\u2069]*[{_RTL}])?(?:[\u200c-\u200f]*[{_RTL}])*"
)


@lru_cache(maxsize=1)
def _not_shown() -> re.Pattern[str]:
    """Return the pattern of all characters that no bundled font can show."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    known = set(_INVISIBLE)
    for path in sorted(FONT_DIR.glob("*-Regular.ttf")):
        with TTFont(path, lazy=True) as font:
            known.update(font.getBestCmap())
    known -= _NEVER
    ranges: list[list[int]] = []
    for code in sorted(known):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
    return re.compile(f"[^{inside}]")


def printable(text: str) -> str:
    r"""Return `text` on one line, with every character that cannot be shown written as its code.

    Examples
    --------
    >>> printable("Tuz\tKhurmatu 中")
    'Tuz Khurmatu [U+4E2D]'
    """
    flat = _WHITESPACE.sub(" ", text)
    return _not_shown().sub(lambda m: f"[U+{ord(m.group()):04X}]", flat)


def _isolated(text: str) -> str:
    return _RTL_RUN.sub(lambda m: f"\u2068{m.group()}\u2069", text)


def string(text: object) -> str:
    r"""Return a Typst string literal that prints `text`.

    Examples
    --------
    >>> print(string('#image("x") $x$ ] *bold* @ref // \\'))
    "#image(\"x\") $x$ ] *bold* @ref // \\"
    """
    shown = _isolated(printable(str(text)))
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_string(path: str) -> str:
    r"""Return a Typst string literal of a file's path, every character kept.

    Examples
    --------
    >>> print(path_string('中/a"b.svg'))
    "中/a\"b.svg"
    """
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def lines_string(text: str) -> str:
    r"""Return a Typst string literal that keeps line ends and tabs (as four spaces), for monospaced blocks.

    Examples
    --------
    >>> print(lines_string("a\n\tb"))
    "a\n    b"
    """
    parts = (string(line.expandtabs(4))[1:-1] for line in text.split("\n"))
    return '"' + "\\n".join(parts) + '"'


def inline(text: object) -> str:
    """Return Typst markup that prints `text`, closed by ``;`` so that nothing after it is read as arguments.

    Examples
    --------
    >>> inline("a*b")
    '#"a*b";'
    """
    return f"#{string(text)};"


def array(items: Iterable[str]) -> str:
    """Return a Typst array of items that are Typst code already; the comma after a single item is needed.

    Examples
    --------
    >>> array(['"a"'])
    '("a",)'
    """
    parts = list(items)
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def literal(value: object) -> str:
    """Return a value as Typst: text is printed as it stands, a mapping becomes a dictionary.

    Examples
    --------
    >>> literal({"name": "Kirkuk", "weeks": [3, 4.5], "hot": True, "note": None})
    '(name: "Kirkuk", weeks: (3, 4.5), hot: true, note: none)'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name}: {literal(v)}' for name, v in value.items()) or ':'})"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return array(literal(item) for item in value)
    return string(value)


def svg_name(label: str) -> str:
    """Return the file name of a picture with a label.

    Examples
    --------
    >>> svg_name("fig: map"), svg_name("")
    ('fig-map.svg', 'figure.svg')
    """
    return f"{label_name(label) or 'figure'}.svg"


def label_name(text: str) -> str:
    """Return `text` as a Typst label: letters, digits, hyphens.

    Examples
    --------
    >>> label_name("fig: Kirkuk/trend")
    'fig-Kirkuk-trend'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
