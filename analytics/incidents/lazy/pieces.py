"""Text larger than memory: split piece by piece, as files of text are, into Parquet that an engine reads."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.errors import InputError
from analytics.sources.files import column_names, load
from analytics.sources.registry import layouts
from analytics.sources.swift import IrregularError
from analytics.sources.text import text_in_pieces

__all__ = ["FILE_ROW", "in_pieces"]

FILE_ROW = "__row__"
_TOGETHER = 64  # pieces of a megabyte that become one group of rows
_READ_WHOLE = 64 << 20  # bytes; below this a file that cannot be read in pieces is read whole


def in_pieces(
    path: Path,
    into: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_row: int | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Write the records of a file of text as Parquet, all text, with the number of each; return its SHA-256.

    Parameters
    ----------
    path, into : Path
    encoding, delimiter, header_row
        As for `read_incidents`.

    Returns
    -------
    str, tuple of str
        The SHA-256, and how the file was read.

    Raises
    ------
    InputError
        If it cannot be read in pieces, and is too large to be read whole.
    """
    try:
        with _in_utf8(path, into, encoding) as text:
            digest, notes = _written(text, into, str(path), delimiter, header_row)
            return digest if text == path else _digest(path), notes
    except IrregularError:
        if path.stat().st_size > _READ_WHOLE:
            raise InputError(
                f"{path} cannot be read in pieces",
                expected=f"{encoding or 'UTF-8'}, double quotes in pairs at the ends of fields, as many "
                "fields in each row as there are names",
                where=str(path),
                todo="repair it, or read it whole with read_incidents, which says what is wrong",
            ) from None
    raw = load(
        path, encoding=encoding, delimiter=delimiter, header_row=header_row, na="text", layouts=layouts()
    )
    raw.frame.assign(**{FILE_ROW: pd.Series(raw.rows)}).to_parquet(into, index=False)
    return raw.digest, raw.notes


@contextmanager
def _in_utf8(path: Path, into: Path, encoding: str | None) -> Iterator[Path]:
    """Give the file as UTF-8: itself, or for as long as it is needed a copy beside `into`."""
    if encoding is None or encoding.casefold().replace("_", "-") in ("utf-8", "utf8"):
        yield path
        return
    copy = into.with_suffix(".txt")
    try:
        try:
            with (
                path.open(encoding=encoding, newline="") as given,
                copy.open("w", encoding="utf-8", newline="") as out,
            ):
                shutil.copyfileobj(given, out, 1 << 20)
        except (LookupError, ValueError) as error:  # packed, or not in this encoding
            raise IrregularError from error
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written(
    path: Path, into: Path, name: str, delimiter: str | None, header_row: int | None
) -> tuple[str, tuple[str, ...]]:
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    asked: Any = {"delimiter": delimiter, "header_row": header_row, "layouts": layouts()}
    with text_in_pieces(path, **asked) as (pieces, first, notes):
        names = column_names(pieces.names, name)
        schema = pa.schema([(name, pa.large_string()) for name in names] + [(FILE_ROW, pa.int64())])
        done = first
        batches: list[Any] = []

        def write() -> None:
            nonlocal done
            if batches:
                table = pa.Table.from_batches(batches)
                numbers = pa.array(np.arange(done, done + len(table)))
                out.write_table(pa.table([*table.columns, numbers], schema=schema))
                done += len(table)
                batches.clear()

        with parquet.ParquetWriter(into, schema, compression="zstd", compression_level=1) as out:
            for batch in pieces.batches():
                batches.append(batch)
                if len(batches) == _TOGETHER:
                    write()
            write()
        return pieces.digest, notes
