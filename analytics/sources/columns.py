"""A raw table's columns, found by name: cleaned text, words, numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from analytics._coded import Codes, coded, in_arrow, repeated, spelt
from analytics._typing import BoolArray, FloatArray
from analytics.errors import InputError, nearest
from analytics.sources.dates import DIGITS
from analytics.sources.files import RawTable
from analytics.sources.text import one_column_error

__all__ = ["NOT_STATED", "NULLS", "Columns", "clean_text", "fold"]

# Words that stand where a number was not stated: the number is missing, never 0, and the row is not flagged.
NOT_STATED = frozenset(
    ("", "a number of", "an unknown number", "few", "many", "n/a", "na", "nan", "not reported", "not stated",
     "null", "several", "some", "unk", "unknown", "unspecified", "-", "?")
)  # fmt: skip
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# A decimal comma, where no number of the column has a point; three digits behind it may be thousands.
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,([0-9]{1,2}|[0-9]{4,})")
# Text that stands for a missing value in tables exported from databases and spreadsheets. Beside these only
# what has no letter and no digit ("-", "?") is taken for missing, with a note.
NULLS = ("NULL", "null", "(null)", "<NA>", "NaN", "nan", "NaT", "N/A", "n/a", "N.A.", "n.a.", "#N/A", "#REF!",
         "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "(unplaced)")  # fmt: skip
_LONG_KNOWN = frozenset(NULLS[:7]) - {"(null)"}  # no word is lost on these


def fold(name: str) -> str:
    """Return a column's name as it is compared: without case, everything but letters and digits as ``_``.

    Examples
    --------
    >>> fold(" Event Date "), fold("ADM1_EN")
    ('event_date', 'adm1_en')
    """
    return re.sub(r"[\W_]+", "_", name.strip().casefold()).strip("_")


def clean_text(value: str) -> str:
    """Return text with single spaces and composed characters (NFC).

    Examples
    --------
    >>> clean_text("Maysān  province ")
    'Maysān province'
    """
    return unicodedata.normalize("NFC", " ".join(value.split()))


class Columns:
    """A raw table's columns, found by folded name, never by position.

    Parameters
    ----------
    raw : RawTable
        The table of text.
    """

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.frame = raw.frame
        self._names: dict[str, str] = {}
        # Where two names fold to one, the choice must not depend on their order in the file.
        for name in sorted(raw.frame.columns, key=lambda n: (n != fold(n), n)):
            self._names.setdefault(fold(name), name)
        self._coded: dict[str, tuple[Codes, pd.Series]] = {}
        self.read_as_missing: dict[str, set[str]] = {}  # by folded name, what stood there in place of a text

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self.frame)

    def names(self) -> tuple[str, ...]:
        """Return the folded names, in the order of the file."""
        place = {name: at for at, name in enumerate(self.frame.columns)}
        return tuple(sorted(self._names, key=lambda name: place[self._names[name]]))

    def actual(self, name: str) -> str:
        """Return the column's name as the file spells it."""
        return self._names[name]

    def first(self, names: Iterable[str]) -> str | None:
        """Return the first of `names` (folded) that is there, as the file spells it."""
        return next((self._names[n] for n in names if n in self._names), None)

    def require(self, names: Sequence[str], source: str) -> None:
        """Raise the error for columns that must be there and are not."""
        absent = [name for name in names if name not in self]
        if absent:
            raise self.missing(absent, names, source)

    def missing(self, absent: Sequence[str], looked_for: Sequence[str], source: str) -> InputError:
        """Return the error for columns that were looked for and are not there."""
        found = list(self.frame.columns)
        if len(found) == 1 and self.raw.head:
            return one_column_error(self.raw.name, self.raw.head, self.raw.delimiter, found[0])
        close = {name: nearest(name, found, most=1) for name in absent}
        hints = [f"{name} = {near[0]}?" for name, near in close.items() if near]
        return InputError(
            f"{self.raw.name} lacks {'columns' if len(absent) > 1 else 'a column'} that {source} incidents "
            f"must have: {', '.join(absent)}",
            expected=", ".join(looked_for),
            found=", ".join(found[:60]) + (f" and {len(found) - 60} more" if len(found) > 60 else ""),
            where=self.raw.name,
            todo=f"did you mean {' '.join(hints)}" if hints else None,
        )

    def strings(self, name: str) -> pd.Series:
        """Return the column as it stood; ``""`` throughout where there is none."""
        if name in self._names:
            return self.frame[self._names[name]]
        return repeated("", self.frame.index)

    def coded(self, name: str) -> tuple[Codes, pd.Series]:
        """Return the code of each row and the distinct texts as they stood; looked up once and kept."""
        if name not in self._coded:
            self._coded[name] = coded(self.strings(name))
        return self._coded[name]

    def forget(self) -> None:
        """Let the codes go, which take room."""
        self._coded.clear()

    def holds(self, name: str, rule: Callable[[str], bool]) -> BoolArray:
        """Return which rows hold a text for which a rule is true; asked once for each distinct text."""
        codes, texts = self.coded(name)
        return np.array([rule(text) for text in texts], dtype=bool)[codes]

    def text(self, name: str, *, missing: Iterable[str] = ()) -> pd.Series:
        """Return the column's text cleaned, NaN where blank or one of the `missing` words."""
        drop, stands = {"", *missing}, self.read_as_missing.setdefault(name, set())

        def cleaned(value: str) -> str | None:
            text = clean_text(value)
            if text in drop or (missing and not any(map(str.isalnum, text))):
                if text and text not in _LONG_KNOWN:
                    stands.add(text)
                return None
            return text

        return self.map(name, cleaned)

    def map(self, name: str, function: Callable[[str], str | None]) -> pd.Series:
        """Return the column with `function` applied to each distinct value."""
        codes, texts = self.coded(name)
        before = texts.tolist()
        words = [function(value) for value in before]
        if words == before and name in self._names:
            return self.strings(name)
        return spelt(words, codes, self.frame.index)

    def words(self, name: str) -> pd.Series:
        """Return the column's text cleaned and folded to lower case, ``""`` where blank."""
        return self.map(name, lambda value: clean_text(value).casefold())

    def numbers(self, name: str) -> tuple[FloatArray, BoolArray]:
        """Return the column's numbers (NaN where none) and where there is text that is no number."""
        codes, texts = self.coded(name)
        text = texts.str.strip()
        if not text.str.isascii().all():
            text = text.str.translate(DIGITS)
        if text.str.contains(",", regex=False).any():
            decimal = text.str.fullmatch(_DECIMAL_COMMA)
            if decimal.any() and not text.str.contains(".", regex=False).any():
                text = text.mask(decimal, text.str.replace(",", ".", regex=False))
        readable = text.str.fullmatch(_NUMBER).to_numpy(dtype=bool)
        values = np.full(len(text), np.nan)
        values[readable] = _floats(text[readable])
        unreadable = ~readable
        unreadable[~readable] = ~text[~readable].str.casefold().isin(NOT_STATED).to_numpy(dtype=bool)
        return values[codes], unreadable[codes]


def _floats(numbers: pd.Series) -> FloatArray:
    """Return texts of numbers as the nearest floats, infinite past all of them."""
    arrow = in_arrow(numbers)
    if arrow is not None:
        with suppress(ValueError):  # a plus sign, or past all floats
            return np.asarray(arrow.cast("float64").to_numpy(), dtype=np.float64)
    return np.array([float(number) for number in numbers], dtype=np.float64)
