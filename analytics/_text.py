"""Text as it may be drawn, written and said: control characters in sight, cells that do not run."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pandas as pd

from analytics._limits import beyond_limits, parsed

__all__ = ["FORMULA", "inert", "inert_table", "one_line", "read_toml", "toml_fault", "visible"]

_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_ENDS = re.compile(r"[ \t]*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+[ \t]*")
# What a spreadsheet takes for a formula, after blanks and signs it leaves out; also in full width.
FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
_LONG = "a whole number of more than 64 bits, which TOML does not know"
_LEADING = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\ufeff]*")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?%?")


def read_toml(text: str) -> dict[str, Any]:
    """Return a TOML text as tables.

    Raises
    ------
    ValueError
        If it is none, or holds a whole number of more than 64 bits, which TOML does not know.
    RecursionError
        If it is nested too deeply.

    Examples
    --------
    >>> read_toml("a = 1")
    {'a': 1}
    """

    def beyond(value: object) -> bool:
        if isinstance(value, dict | list):
            return any(map(beyond, value.values() if isinstance(value, dict) else value))
        return isinstance(value, int) and not -(2**63) <= value < 2**63

    try:
        stated = parsed(tomllib.loads, text.removeprefix("\ufeff"))  # as Windows' editor begins a file
    except ValueError as error:
        if type(error) is ValueError:  # of Python, which reads whole numbers of more digits only when asked
            raise ValueError(_LONG) from None
        raise
    if beyond(stated):
        raise ValueError(_LONG)
    return stated


def toml_fault(error: Exception) -> str:
    """Return what is wrong with a TOML text, where the library speaks of its own limits too.

    Examples
    --------
    >>> toml_fault(ValueError("Expected '=' after a key"))
    "Expected '=' after a key"
    """
    return beyond_limits(error) or str(error)


def visible(text: str) -> str:
    r"""Return text with control characters written as their codes; line ends stay.

    Examples
    --------
    >>> visible("x\x01y")
    'x[U+0001]y'
    """
    return _CONTROL.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def one_line(text: str) -> str:
    r"""Return text without ends of lines, so that what stands in data is no line of an account.

    Examples
    --------
    >>> one_line("CC0\nrows read 9 = kept 9")
    'CC0 ⏎ rows read 9 = kept 9'
    """
    return _ENDS.sub(" ⏎ ", text)


def inert(text: str) -> str:
    r"""Return text that a spreadsheet does not run: an apostrophe before what it takes for a formula.

    A formula is text that begins with ``=``, ``+``, ``-`` or ``@`` (also after blanks), or with a tab or an
    end of line. A number is none. Control characters are made visible.

    Examples
    --------
    >>> inert("=1+1"), inert("-5"), inert("Kirkuk"), inert("\t=1+1")
    ("'=1+1", '-5', 'Kirkuk', "'\t=1+1")
    """
    if _NUMBER.fullmatch(text):
        return text
    begins = text[_LEADING.match(text).end() :][:1]  # type: ignore[union-attr]
    runs = bool(begins) and begins in FORMULA
    shown = "\t".join(map(visible, text.replace("\r\n", "\n").split("\t")))
    return "'" + shown if runs or text[:1] in ("\t", "\r", "\n") else shown


def inert_table(frame: pd.DataFrame) -> pd.DataFrame:
    r"""Return a table whose texts and column names no spreadsheet runs; numbers and dates are left alone.

    Examples
    --------
    >>> inert_table(pd.DataFrame({"region": ["+cmd", None], "low": [-1.5, 2.0]})).to_csv(index=False)
    "region,low\n'+cmd,-1.5\n,2.0\n"
    """

    def written(value: object) -> object:
        return inert(value) if isinstance(value, str) else value

    columns: dict[int, pd.Series] = {}
    for at in range(frame.shape[1]):
        values = frame.iloc[:, at]
        columns[at] = values.astype(object).map(written) if values.dtype.kind == "O" else values
    table = pd.DataFrame(columns, index=frame.index)
    table.columns = pd.Index([written(name) for name in frame.columns])
    return table
