"""Text from data or markdown, as Typst that prints it and never runs it.

Text is always written as a Typst string literal (``"…"``), where only the backslash and the quotation mark
mean anything, never as markup. Characters that no bundled font can show are written as ``[U+1F600]``, so that
nothing is lost silently and the document stays within PDF/A. Runs of Arabic or Hebrew script are isolated, so
that ``≤ 5`` after an Arabic name keeps its side and its direction.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from analytics.plots.fonts import FONTS, known_characters

__all__ = [
    "CELL",
    "FONT_DIR",
    "PROSE",
    "array",
    "inline",
    "label_name",
    "literal",
    "printable",
    "soft",
    "string",
    "svg_name",
]

FONT_DIR = FONTS
CELL, PROSE = 24, 60  # letters of a word from which on it may be broken: in a cell, and in a line of text
_STEP, _TAIL = 8, 4  # letters between two breaks, and fewest after the last
_ZWSP, _ISOLATE = "\u200b", "\u2068"
_WORD = re.compile(r"[^\s\-\u2010-\u2015/\u200b]+")  # lines break after hyphens and slashes as it is
_HASH = re.compile(r"[0-9a-f]+")
_TOKEN = re.compile(r"\[U\+[0-9A-F]{4,6}\]|.", re.DOTALL)
_ARABIC = re.compile("[\u0620-\u06ff\u0750-\u08ff]")
# Letters of Arabic script that are not joined to the next one: a break after them changes no form.
_UNJOINED = re.compile(
    "[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf"
    "\u06d2\u06d3\u06d5\u06ee\u06ef]"
)
_CLINGS = {*range(0x200C, 0x2010), 0x2069}  # to what stands before; so do marks

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
    known = {*_INVISIBLE, *known_characters()}
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
    >>> printable("Tuz\tKhurmatu 中 \U0001f600")
    'Tuz Khurmatu 中 [U+1F600]'
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
    return _literal(_isolated(printable(str(text))))


def _literal(shown: str) -> str:
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def soft(text: object, longest: int = CELL) -> str:
    r"""Return a Typst string literal that prints `text`, in which words longer than `longest` may be broken.

    Zero-width spaces mark where: never before a mark, a joiner or a selector, nor between two joined letters
    of Arabic script. Hashes stay whole, so that they can be copied.

    Examples
    --------
    >>> soft("Abcdefghijklmnopqrstuvwxyz").replace("\u200b", "|"), soft("Tuz Khurmatu")
    ('"Abcdefgh|ijklmnop|qrstuvwxyz"', '"Tuz Khurmatu"')
    """
    shown = _isolated(printable(str(text)))
    if len(shown) > longest:
        shown = _WORD.sub(lambda word: _broken(word.group(), longest), shown)
    return _literal(shown)


def _broken(word: str, longest: int) -> str:
    if len(word) <= longest or _HASH.fullmatch(word):
        return word
    units: list[str] = []
    for token in _TOKEN.findall(word):
        clings = ord(token[0]) in _CLINGS or unicodedata.category(token[0]).startswith("M")
        if units and (clings or units[-1][-1] in ("\u200d", _ISOLATE)):
            units[-1] += token
        else:
            units.append(token)
    left = sum(map(_letters, units))
    if left <= longest:
        return word
    out, filled, before = "", 0, ""
    for unit in units:
        letter = unit.lstrip(_ISOLATE)[:1]
        joined = _ARABIC.match(before) and not _UNJOINED.match(before) and _ARABIC.match(letter)
        if filled >= _STEP and left >= _TAIL and not joined:
            out += _ZWSP
            filled = 0
        out += unit
        filled += _letters(unit)
        left -= _letters(unit)
        before = letter
    return out


def _letters(unit: str) -> int:
    """Return how many letters wide a unit is: a letter with its marks is one, a code as many as it has."""
    return len(unit) if unit.startswith("[U+") else 1


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
    return f"#{soft(text, PROSE)};"


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
    """Return a value as Typst: text is printed as it stands (long words may be broken).

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
    return soft(value)


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
