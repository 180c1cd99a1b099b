"""Tables that come with types (Parquet, a DataFrame), turned into text like all others."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from analytics._limits import limit, raise_advice
from analytics.errors import InputError
from analytics.options import install_advice
from analytics.sources.limits import check_inflated

__all__ = ["as_text", "read_parquet", "twice_error"]


def read_parquet(data: bytes, name: str) -> pd.DataFrame:
    """Read a Parquet file as text."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
    except ImportError:
        raise InputError(
            f"{name} is a Parquet file and pyarrow is not installed",
            todo=f"{install_advice('parquet')}, or save the table as CSV",
        ) from None
    try:
        from pyarrow import parquet

        about = parquet.read_metadata(io.BytesIO(data))
        if about.num_rows * about.num_columns > limit("cells"):
            raise InputError(
                f"{name} has more cells than is read unasked",
                expected=f"at most {limit('cells'):,}",
                found=f"{about.num_rows:,} rows of {about.num_columns:,} columns",
                where=name,
                todo="cut it to the countries and years that are asked about; "
                + raise_advice("cells", about.num_rows * about.num_columns),
            )
        check_inflated(about.num_rows * about.num_columns, len(data), name)
        names = Counter(parquet.read_schema(io.BytesIO(data)).names)
        twice = sorted(title for title, times in names.items() if times > 1)
        if twice:
            raise twice_error(twice, name)
        table = _bytes_as_text(parquet.read_table(io.BytesIO(data)))
        _check_text(table, name)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _not_readable(name, error, name) from None
    try:
        return _table_as_text(table)
    except (pa.ArrowException, OSError, ValueError) as error:  # times past all calendars
        raise _not_readable(name, error, f"{name}{_first_fault(table)}") from None


def _bytes_as_text(table: Any) -> Any:
    """Return a table with its bytes as text, where they are: some programs write text and do not say so."""
    import pyarrow as pa

    is_bytes = (
        pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view
    )  # fmt: skip
    for at, field in enumerate(table.schema):
        if any(holds(field.type) for holds in is_bytes):
            with suppress(pa.ArrowInvalid):  # shapes on the map are no text
                text = table.column(at).cast(pa.large_binary()).cast(pa.large_string())
                table = table.set_column(at, field.name, text)
    return table


def _table_as_text(table: Any) -> pd.DataFrame:
    # What pandas noted in the file would turn columns into an index, and an index is no column.
    return as_text(table.to_pandas(ignore_metadata=True))


def _not_readable(name: str, error: Exception, where: str) -> InputError:
    found = f"{type(error).__name__}: {' '.join(str(error)[:120].split())}"
    return InputError(f"{name} cannot be read as a Parquet file", found=found, where=where)


def twice_error(twice: Sequence[str], name: str) -> InputError:
    """Return the error for a table of which two columns have one name."""
    return InputError(
        f"{name} has two columns of the same name",
        expected="every column named once",
        found=", ".join(twice),
        where=name,
        todo="rename one of them in the file, or delete the one that is not needed",
    )


def _first_fault(table: Any) -> str:
    """Return where the first cell stands that does not become text, the header being row 1."""

    def fails(first: int, last: int, title: str) -> bool:
        try:
            _table_as_text(table.select([title]).slice(first, last - first))
        except Exception:
            return True
        return False

    for title in dict.fromkeys(table.column_names):
        first, last = 0, table.num_rows
        if not fails(first, last, title):
            continue
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (first, middle) if fails(first, middle, title) else (middle, last)
        return f", row {first + 2}, column {title}" if fails(first, last, title) else f", column {title}"
    return ""


def _check_text(table: Any, name: str) -> None:
    """Raise the error for text that is not UTF-8, which pandas finds only where it is used."""
    import pyarrow as pa

    for title, column in zip(table.column_names, table.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            row = _not_utf8(column)
            raise InputError(
                f"{name} holds text that cannot be read",
                expected="UTF-8 throughout, as Parquet has it",
                found=str(error)[:120],
                where=f"{name}, {f'row {row}, ' if row else ''}column {title}",
                todo="repair that text, or write the file again",
            ) from None


def _not_utf8(column: Any) -> int | None:
    """Return the row of the first text that is not UTF-8, the header being row 1."""
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    for row, value in enumerate(column.cast(pa.large_binary()).to_pylist(), start=2):
        try:
            (value or b"").decode("utf-8")
        except UnicodeDecodeError:
            return row
    return None


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return typed columns as text, missing values as ``""``; an index that has a name is a column too."""
    if any(level is not None for level in frame.index.names):
        frame = frame.reset_index()
    names = [str(c) for c in frame.columns]
    _refuse_halves(names, "names of columns")
    columns = {i: _column_as_text(frame.iloc[:, i]) for i in range(frame.shape[1])}
    out = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    out.columns = pd.Index(names)
    return out


def _column_as_text(column: pd.Series) -> pd.Series:
    column = column.reset_index(drop=True)
    missing = column.isna()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        midnight = (column.dropna() == column.dropna().dt.normalize()).all()
        text = column.dt.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M:%S")
    elif isinstance(column.dtype, (pd.CategoricalDtype, pd.PeriodDtype)) or column.dtype == object:
        values = [str(v) for v in column.to_numpy(dtype=object)]
        _refuse_halves(values, f"column {column.name}")
        text = pd.Series(values, dtype="str")
    else:
        text = column.astype("str")
    filled: pd.Series = text.astype("str").mask(missing, "")
    return filled


def _refuse_halves(values: list[str], where: str) -> None:
    """Raise an :class:`InputError` at half a pair of surrogates, which no encoding writes."""
    try:
        "".join(values).encode("utf-8")
        return
    except UnicodeEncodeError:
        pass
    at, text = next(told for told in enumerate(values, start=1) if re.search("[\ud800-\udfff]", told[1]))
    raise InputError(
        "the DataFrame holds text that cannot be written",
        expected="Unicode throughout",
        found=ascii(text[:40]),
        where=f"the DataFrame, {where}, value {at}",
        todo="repair that text: often bytes that were read with errors='surrogateescape'",
    )
