"""A table that stays in its engine: its distinct values are brought back, and look-ups joined to it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, IntArray
from analytics.errors import InputError
from analytics.incidents.lazy.engines import brought_in, kept_in_engine, the_ibis
from analytics.incidents.lazy.together import put_together
from analytics.options import check_choice
from analytics.sources.columns import Columns, fold
from analytics.sources.files import Na, RawTable, load
from analytics.sources.typed import as_text

__all__ = ["MOST", "NO_DAY", "ROW", "Piece", "Raw", "attach", "changed", "memory_table"]

MOST = 1_000_000  # distinct combinations of values that are looked up one by one
NO_DAY = -(10**6)  # stands for a day that is not known, where rows are looked up by it
ROW = "row"
_UTC = ("UTC", "Etc/UTC", "Z", "GMT", "+00:00")
_SAMPLE = 1_000  # rows looked at to know a source
_NO_NUMBER = -(2**31)  # stands for a missing whole number in a key


@contextmanager
def within_calendars(name: str) -> Iterator[None]:
    """Say so where a day of an engine lies past all calendars: it cannot be brought back."""
    try:
        yield
    except BaseException as error:  # Polars panics, which is no Exception
        if "out of range" not in str(error).replace("-", " "):
            raise
        raise InputError(
            f"{name} holds a day past all calendars", expected="years 1 to 9999", found=str(error), where=name
        ) from None


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """What is said of each distinct combination of the values of some columns.

    Attributes
    ----------
    keys : tuple of str
        Columns of the engine's table that are looked up; none: one thing is said of all rows.
    frame : DataFrame
        One row a combination: the keys, then what is said.
    weigh : callable
        Says how many rows have each; asked only where that matters.
    """

    keys: tuple[str, ...]
    frame: pd.DataFrame
    weigh: Callable[[], IntArray]

    @property
    def weight(self) -> IntArray:
        """How many rows have each combination."""
        return self.weigh()

    def rows(self, of: BoolArray) -> int:
        """Return how many rows of the table have one of some combinations."""
        return int(self.weight[of].sum()) if of.any() else 0


class Raw:
    """The columns of a table in an engine, as ``r0``, ``r1`` ... and their keys ``k0``, ``k1`` ...

    A key is what a value is looked up by: text, ``""`` where it is missing, or a whole number.

    Parameters
    ----------
    table : ibis table
    name : str
        How to speak of it in errors.
    row : str, optional
        Its column that numbers the rows.
    na : {"auto", "missing", "text"}
        What cells ``NA`` are.
    files : sequence of Path
        The Parquet files that it is, where it is some.
    """

    def __init__(
        self, table: Any, name: str, *, row: str | None, na: Na = "auto", files: Sequence[Path] = ()
    ) -> None:
        check_choice("na", na, Na)
        self.name, self.ordered, self.files = name, row is not None, tuple(files)
        self.names = [one for one in table.columns if one != row]
        with within_calendars(name):
            head = table.select(*self.names).limit(_SAMPLE).to_pandas()
        sample = load(head, na="text") if len(head) else RawTable(as_text(head), name, np.zeros(0, np.int64))
        self.sample = RawTable(sample.frame, name, sample.rows)
        self.columns = Columns(self.sample)
        self.at = {actual: at for at, actual in enumerate(self.sample.frame.columns)}
        columns = [_held(table[one]) for one in self.names]
        chosen = {f"r{at}": column for at, column in enumerate(columns)}
        self.dtypes = [column.type() for column in columns]
        self._zones = _zones(self.files)
        self.table = table.select(**chosen, **({ROW: table[row].cast("int64")} if row else {}))
        self.weighted = False  # each row stands for ``u_n`` rows that are equal in the columns it has
        self.few = False  # and there are at most a million
        self._na = na
        self._blank_na = na == "missing"

    def without_na(self, *, known: bool) -> None:
        """Settle whether cells ``NA`` are missing: in a source known by name, or if several hold some."""
        if self._na != "auto":
            return
        if known:
            self._blank_na = True
            return
        texts = {
            f"h{at}": (self.table[f"r{at}"] == "NA").sum()
            for at, kind in enumerate(self.dtypes)
            if kind.is_string()
        }
        if texts:
            found = self.table.aggregate(**texts).to_pandas().iloc[0].fillna(0)
            self._blank_na = int((found > 0).sum()) >= 2

    def count(self, table: Any) -> Any:
        """Return the expression of how many rows of the file a table holds."""
        return table.u_n.sum() if self.weighted else table.count()

    def condensed(self, rows: Any, at: Sequence[int]) -> Raw:
        """Return rows with some of the columns alone, equal ones put together, in a table of their own.

        The engine keeps it, on disk where it has to. Whole files are gone through without it where that is
        quicker.
        """
        made = copy.copy(self)
        made.table, made.few = self._together(rows, sorted(at))
        made.weighted = True
        return made

    def _together(self, rows: Any, at: Sequence[int]) -> tuple[Any, bool]:
        columns = [f"r{one}" for one in at]
        if self.files and rows is self.table:
            found = put_together(self.files, [self.names[one] for one in at], "u_n")
            if found is not None:
                return brought_in(self.table, found.rename_columns([*columns, "u_n"])), len(found) <= MOST
        grouped = rows.group_by(columns).aggregate(u_n=self.count(rows))
        return kept_in_engine(grouped), False

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def position(self, name: str) -> int:
        """Return the position of a column, by its folded name."""
        return self.at[self.columns.actual(name)]

    def dtype(self, name: str) -> Any:
        """Return the engine's type of a column, by its folded name."""
        return self.dtypes[self.position(name)]

    def key(self, name: str) -> str:
        """Return the name of a column's key, by its folded name."""
        return f"k{self.position(name)}"

    def with_keys(self, table: Any, keys: Sequence[str]) -> Any:
        """Return a table with the keys it does not have yet."""
        new = {
            key: self.key_of(table, int(key[1:]))
            for key in keys
            if key[0] == "k" and key not in table.columns and f"r{key[1:]}" in table.columns
        }
        return table.mutate(**new) if new else table

    def key_of(self, table: Any, at: int) -> Any:
        """Return the expression of a key."""
        column, kind = table[f"r{at}"], self.dtypes[at]
        if kind.is_integer():
            return column.cast("int64").fill_null(_NO_NUMBER)
        return self.text_of(table, at)

    def text_of(self, table: Any, at: int) -> Any:
        """Return the expression of a column's text, ``""`` where it is missing."""
        column, kind = table[f"r{at}"], self.dtypes[at]
        if not kind.is_string():
            self._refuse_zone(at)
            return _as_string(column, kind).fill_null("")
        text = column.fill_null("")
        return the_ibis().ifelse(text == "NA", "", text) if self._blank_na else text

    def _refuse_zone(self, at: int) -> None:
        """Raise an error for times of another zone than UTC: an engine would take the day in UTC."""
        name = self.names[at]
        if name in self._zones:
            raise InputError(
                f"column {name} of {self.name} holds times of {self._zones[name]}",
                expected="days, or times in UTC or of no zone",
                where=self.name,
                todo="read it whole (read_incidents), or write days",
            )

    def distinct(self, table: Any, keys: Sequence[str], *, most: int = MOST) -> pd.DataFrame | None:
        """Return the distinct combinations of keys and ``n``, how many rows have each; None past `most`."""
        table = self.with_keys(table, keys)
        if not keys:
            return pd.DataFrame({"n": [int(self.count(table).to_pandas())]})
        grouped = table.group_by(list(keys)).aggregate(n=self.count(table))
        with within_calendars(self.name):
            found: pd.DataFrame = grouped.limit(most + 1).to_pyarrow().to_pandas()
        if len(found) > most:
            return None
        for key in keys:
            if key[0] == "k" and not self.dtypes[int(key[1:])].is_integer():
                found[key] = found[key].astype("str").fillna("")
        return found

    def values_of(self, name: str) -> tuple[pd.DataFrame, Callable[[], IntArray]] | None:
        """Return the distinct whole numbers of a column (folded name), and what counts the rows of each.

        An engine finds numbers in half the time that it takes to count them. None for other columns, and
        where there are too many.
        """
        if self.weighted or not self.dtype(name).is_integer():
            return None
        key = self.key(name)
        keyed = self.with_keys(self.table, [key])
        found: pd.DataFrame = keyed.select(key).distinct().limit(MOST + 1).to_pyarrow().to_pandas()

        @cache
        def weigh() -> IntArray:
            counted = self.distinct(self.table, [key])
            rows = None if counted is None else counted.set_index(key)["n"].reindex(found[key])
            if rows is None or len(rows) != len(found) or rows.isna().any():
                raise changed()
            return rows.to_numpy(dtype=np.int64)

        return None if len(found) > MOST else (found, weigh)

    def look(self, table: Any, names: Sequence[str], days: Sequence[str] = ()) -> pd.DataFrame:
        """Return the distinct combinations of columns (folded names) and days.

        Raises
        ------
        InputError
            If there are more than can be looked up one by one.
        """
        found = self.distinct(table, [*map(self.key, names), *days])
        if found is None:
            raise self.too_many([self.columns.actual(name) for name in names])
        return found

    def too_many(self, names: Sequence[str]) -> InputError:
        """Return the error for more distinct values than are looked up."""
        return InputError(
            f"{' and '.join(names)} of {self.name} hold{'' if len(names) > 1 else 's'} more different values "
            "than are looked up one by one",
            expected=f"at most {MOST:,}",
            where=self.name,
            todo="give it as a column of days, numbers or names (a time of day is not needed)",
        )

    def mini(self, found: pd.DataFrame, names: Sequence[str]) -> Columns:
        """Return distinct values as a table of text, as it would stand in a file of these rows alone."""
        texts = {}
        for name in names:
            values = found[self.key(name)]
            if pd.api.types.is_integer_dtype(values.dtype):
                values = values.astype("str").mask(values == _NO_NUMBER, "")
            texts[self.columns.actual(name)] = values.astype("str")
        frame = pd.DataFrame(texts, index=pd.RangeIndex(len(found)))
        return Columns(RawTable(frame, self.name, np.arange(2, len(found) + 2, dtype=np.int64)))

    def first(self, names: Sequence[str]) -> str | None:
        """Return the first of some folded names that is a column."""
        return next((name for name in map(fold, names) if name in self.columns), None)


def changed() -> InputError:
    """Return the error for a table that says one thing and then another."""
    return InputError(
        "the table changed while its incidents were counted",
        expected="a table that holds still",
        todo="count a copy, or within one transaction",
    )


def _held(column: Any) -> Any:
    """Return a column as it is looked up: as text where its whole numbers may not fit with those below 0."""
    return column.cast("string") if column.type().is_uint64() else column


def _zones(files: Sequence[Path]) -> dict[str, str]:
    """Return the zones of columns of times in Parquet files, by column, but for UTC."""
    from pyarrow import parquet, types  # type: ignore[import-untyped]

    fields = [field for path in files for field in parquet.read_schema(path)]
    timed = [field for field in fields if types.is_timestamp(field.type)]
    return {field.name: field.type.tz for field in timed if field.type.tz not in (None, *_UTC)}


def _as_string(column: Any, kind: Any) -> Any:
    if kind.is_timestamp():
        column = column.date()
    elif kind.is_floating():
        column = the_ibis().ifelse(column.isnan(), the_ibis().null(kind), column)
    return column.cast("string")


def memory_table(frame: pd.DataFrame) -> Any:
    """Return a table in memory that an engine joins to its own."""
    import pyarrow as pa

    return the_ibis().memtable(pa.Table.from_pandas(frame, preserve_index=False))


def attach(table: Any, piece: Piece, names: Sequence[str]) -> Any:
    """Return a table with some of what a piece says of each row; its keys must be there."""
    wanted = [name for name in names if name not in table.columns]
    if not piece.keys:
        one = piece.frame.iloc[0]
        return table.mutate(**{name: _literal(one[name], piece.frame[name].dtype) for name in wanted})
    said = memory_table(piece.frame[[*piece.keys, *wanted]])
    joined = table.left_join(said, list(piece.keys))
    return joined.select(*table.columns, *wanted)


def _literal(value: object, dtype: Any) -> Any:
    ibis = the_ibis()
    kind = {"b": "boolean", "i": "int64", "I": "int64", "f": "float64", "M": "timestamp"}.get(
        dtype.kind, "string"
    )
    if pd.isna(value):  # type: ignore[call-overload]
        return ibis.null(kind)
    plain = value.item() if isinstance(value, np.generic) else value
    return ibis.literal(plain, type=kind)
