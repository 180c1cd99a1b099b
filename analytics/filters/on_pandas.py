"""The pandas back end: a tree to two boolean arrays, true and unknown."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from analytics.errors import FilterError, nearest
from analytics.filters.tree import (
    Column,
    Compare,
    Contains,
    In,
    Kind,
    Missing,
    Node,
    Value,
    compile_filter,
    fail_at,
)

__all__ = ["FilterOutcome", "evaluate", "possible"]

_PLURAL = {"text": "text", "number": "numbers", "date": "dates", "truth": "true or false"}


@dataclass(frozen=True, eq=False, slots=True)
class FilterOutcome:
    """What a filter says of each row.

    Attributes
    ----------
    mask : ndarray of bool, shape (n,)
        Rows for which the filter is true: those kept.
    unknown : ndarray of bool, shape (n,)
        Rows for which missing values leave it neither true nor false; they are not kept.
    notes : tuple of str
        Texts asked for that no row holds, with the nearest that some row does.
    """

    mask: np.ndarray
    unknown: np.ndarray
    notes: tuple[str, ...] = ()


_Truths = tuple[np.ndarray, np.ndarray]  # true, unknown
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MOST_COMPARED = 2_000
_MOST_NOTED = 5
_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T].*)?$"


class _Pandas:
    """Compiles to two boolean arrays, true and unknown."""

    def __init__(self, text: str, frame: pd.DataFrame, extra: pd.DataFrame | None) -> None:
        self.text = text
        self.frame = frame
        self.extra = pd.DataFrame(index=frame.index) if extra is None else extra
        self.notes: list[str] = []

    def compare(self, node: Compare) -> _Truths:
        values, targets = self._operands(node.column, (node.value,))
        if node.op not in ("=", "!=") and values.dtype.kind not in "fM":
            known = "=, != or in" if node.value.kind == "truth" else "=, !=, in or contains"
            self._mismatch(node.column, node.value, known, f"{node.op}, which needs an order")
        missing = self._missing(values)
        return _OPERATORS[node.op](values, targets[0]) & ~missing, missing

    def isin(self, node: In) -> _Truths:
        values, targets = self._operands(node.column, node.values)
        missing = self._missing(values)
        return np.isin(values, targets) & ~missing, missing

    def contains(self, node: Contains) -> _Truths:
        series = self._series(node.column)
        if self._empty(node.column, series):
            return np.zeros(len(series), dtype=bool), np.ones(len(series), dtype=bool)
        if _kind(series) != "text":
            self._mismatch(node.column, node.value, "a column of text", _PLURAL[str(_kind(series))])
        codes, distinct = _distinct(series)
        needle = _caseless(str(node.value.value))
        hits = np.array([*(needle in _caseless(text) for text in distinct), False], dtype=bool)
        return hits[codes], codes < 0

    def missing(self, node: Missing) -> _Truths:
        series = self._series(node.column)
        blank = _distinct(series)[0] < 0 if _kind(series) == "text" else series.isna().to_numpy(dtype=bool)
        return blank, np.zeros(len(blank), dtype=bool)

    def negate(self, item: _Truths) -> _Truths:
        true, unknown = item
        return ~true & ~unknown, unknown

    def every(self, items: Sequence[_Truths]) -> _Truths:
        true = np.logical_and.reduce([true for true, _ in items])
        possible = np.logical_and.reduce([true | unknown for true, unknown in items])
        return true, possible & ~true

    def some(self, items: Sequence[_Truths]) -> _Truths:
        true = np.logical_or.reduce([true for true, _ in items])
        possible = np.logical_or.reduce([true | unknown for true, unknown in items])
        return true, possible & ~true

    def _series(self, column: Column) -> pd.Series:
        for table in (self.frame, self.extra):
            if column.name in table.columns:
                if list(table.columns).count(column.name) > 1:
                    fail_at(self.text, column.at, f"more than one column is named {column.name!r}")
                series: pd.Series = table[column.name]
                if isinstance(series.dtype, pd.CategoricalDtype):
                    series = pd.Series(series.cat.categories).convert_dtypes().reindex(series.cat.codes)
                if _kind(series) is None:
                    fail_at(
                        self.text,
                        column.at,
                        f"column {column.name!r} holds values no filter compares",
                        found=str(series.dtype),
                    )
                return series
        known = list(dict.fromkeys(str(name) for table in (self.frame, self.extra) for name in table.columns))
        close = nearest(column.name, known)
        return fail_at(
            self.text,
            column.at,
            f"unknown column {column.name!r}",
            expected=f"one of {', '.join(known)}",
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )

    def _operands(self, column: Column, values: tuple[Value, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Return the column and the written values as arrays that NumPy compares."""
        series, kind = self._series(column), values[0].kind
        held = _kind(series)
        own = column.name in self.frame.columns
        if self._empty(column, series):
            return np.full(len(series), np.nan), np.full(len(values), np.nan)
        if held == "date" and kind == "text":
            values, kind = tuple(self._as_date(column, value) for value in values), "date"
        if held == "text" and kind in ("number", "date") and not own:
            series = self._parsed(column, series, values[0])
        elif held != kind:
            hints = {
                ("text", "number"): f"quote the value: '{values[0].value}'",
                ("date", "number"): "write a day, such as 2020-04-13",
                ("number", "text"): "write the number without quotes",
            }
            todo = hints.get((str(held), kind))
            self._mismatch(column, values[0], _PLURAL[str(held)], _PLURAL[kind], todo)
        written = [value.value for value in values]
        if kind == "text":
            return self._text_operands(column, series, [str(text) for text in written])
        if kind == "date":
            days = series.to_numpy(dtype="datetime64[us]").astype("datetime64[D]")
            return days, np.array(written, dtype="datetime64[D]")
        if kind == "truth":
            codes = series.astype("boolean").astype("Int8").to_numpy(dtype=np.int8, na_value=-1)
            return codes, np.array(written, dtype=np.int8)
        return series.to_numpy(dtype=np.float64, na_value=np.nan), np.array(written, dtype=np.float64)

    def _text_operands(
        self, column: Column, series: pd.Series, written: list[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        codes, distinct = _distinct(series)
        place = {text: code for code, text in enumerate(distinct)}
        absent = [text for text in written if _composed(text) not in place] if distinct else []
        for text in absent[:_MOST_NOTED]:
            close = _like(text, distinct) if len(distinct) <= _MOST_COMPARED else []
            like = f"; nearest: {', '.join(map(repr, close))}" if close else ""
            if not close and len(distinct) <= _MOST_NOTED:
                like = f"; it holds {', '.join(map(repr, distinct))}"
            self.notes.append(f"no row has {column.name} = {text!r}{like}")
        if absent[_MOST_NOTED:]:
            self.notes.append(f"nor any of {len(absent) - _MOST_NOTED} more asked for in {column.name}")
        return codes, np.array([place.get(_composed(text), -2) for text in written], dtype=np.int64)

    def _empty(self, column: Column, series: pd.Series) -> bool:
        """Whether this is a column of the source without any value, whose type says nothing."""
        return column.name not in self.frame.columns and bool(series.isna().all())

    def _missing(self, values: np.ndarray) -> np.ndarray:
        if values.dtype.kind in "fM":
            return np.asarray(np.isnat(values) if values.dtype.kind == "M" else np.isnan(values))
        return np.asarray(values == -1)

    def _as_date(self, column: Column, value: Value) -> Value:
        try:
            if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value.value)):
                raise ValueError
            return Value("date", date.fromisoformat(str(value.value)), value.at)
        except ValueError:
            self._mismatch(column, value, "a date, such as 2020-04-13", repr(value.value))

    def _parsed(self, column: Column, series: pd.Series, value: Value) -> pd.Series:
        """Read a text column of the source as numbers or dates; all of its values must be."""
        codes, distinct = _distinct(series)
        text = pd.Series([one.strip() for one in distinct], dtype="str")
        parsed: pd.Series
        if value.kind == "number":
            parsed = pd.to_numeric(text, errors="coerce").astype("float64")
        else:
            days = text.where(text.str.match(_ISO)).str.slice(0, 10)
            parsed = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
        wrong = parsed.isna().to_numpy()
        if wrong.any():
            rows = int(wrong[codes[codes >= 0]].sum())
            examples = ", ".join(repr(one) for one in text[wrong][:3])
            found = f"{rows} of {len(series)} values that are not, such as {examples}"
            self._mismatch(column, value, _PLURAL[value.kind], found, "compare it with a quoted text")
        return parsed.reindex(codes)

    def _mismatch(
        self, column: Column, value: Value, expected: str, found: str, todo: str | None = None
    ) -> NoReturn:
        what = f"column {column.name!r} cannot be compared like this"
        fail_at(self.text, value.at, what, expected=expected, found=found, todo=todo)


def evaluate(text: str, node: Node, frame: pd.DataFrame, extra: pd.DataFrame | None = None) -> FilterOutcome:
    """Evaluate a tree on two tables of equal length; `text` is what errors quote."""
    if extra is not None and len(extra) != len(frame):
        raise FilterError(
            "the two tables of a filter differ in length",
            expected=f"{len(frame)} rows",
            found=f"{len(extra)} rows",
        )
    backend = _Pandas(text, frame, extra)
    true, unknown = compile_filter(node, backend)
    return FilterOutcome(true, unknown, tuple(dict.fromkeys(backend.notes)))


class _Known(_Pandas):
    """Compiles for the columns it has; what is compared with any other column is unknown."""

    def compare(self, node: Compare) -> _Truths:
        return super().compare(node) if self._has(node.column) else self._unknown()

    def isin(self, node: In) -> _Truths:
        return super().isin(node) if self._has(node.column) else self._unknown()

    def contains(self, node: Contains) -> _Truths:
        return super().contains(node) if self._has(node.column) else self._unknown()

    def missing(self, node: Missing) -> _Truths:
        return super().missing(node) if self._has(node.column) else self._unknown()

    def _has(self, column: Column) -> bool:
        return column.name in self.frame.columns

    def _unknown(self) -> _Truths:
        return np.zeros(len(self.frame), dtype=bool), np.ones(len(self.frame), dtype=bool)


def possible(text: str, node: Node, known: pd.DataFrame) -> np.ndarray:
    """Return the rows that a tree may still be true of when only the columns of `known` are."""
    true, unknown = compile_filter(node, _Known(text, known, None))
    return np.asarray(true | unknown)


def _kind(series: pd.Series) -> Kind | None:
    types = pd.api.types
    if types.is_bool_dtype(series.dtype):
        return "truth"
    if types.is_numeric_dtype(series.dtype):
        return "number"
    if types.is_datetime64_dtype(series.dtype):
        return "date"
    text = types.is_string_dtype(series.dtype) or types.is_object_dtype(series.dtype)
    return "text" if text and types.infer_dtype(series, skipna=True) in ("string", "empty") else None


def _distinct(series: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return each row's position among the distinct texts (-1: missing or blank), and those texts."""
    codes, values = pd.factorize(series)
    place: dict[str, int] = {}
    texts = [_composed(str(value)) for value in values]
    merged = [place.setdefault(text, len(place)) if text.strip() else -1 for text in texts]
    return np.array([*merged, -1], dtype=np.int64)[codes], list(place)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _caseless(text: str) -> str:
    """Return text without case; the Turkish letters I and İ, ı and i are one."""
    return _composed(text).casefold().replace("i\N{COMBINING DOT ABOVE}", "i").replace("ı", "i")


def _like(text: str, held: list[str]) -> list[str]:
    """Return up to three texts like one that is not held, or that hold it but for case and accents."""
    return nearest(text, held) or [one for one in held if _bare(text) in _bare(one)][:3]


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
