r"""Splitting large files of text by Arrow, where it gives what Python's csv module gives, byte for byte.

The rule is decided on the bytes. Arrow reads a file if all of these hold, and the csv module reads it
otherwise, with its errors:

- it is UTF-8 (a mark at its beginning is none of its text) without zero bytes, and its delimiter is one byte;
- every double quote is regular: the quotes come in pairs; the first of a pair stands at the beginning of a
  field, the second at the end of one; or the second of a pair and the first of the next stand together, which
  is a quote within the text. So no quote stands inside a field without quotes, and none is left open;
- lines end in ``\n`` or ``\r\n``, never in ``\r`` alone, within quotes too;
- every record has as many fields as there are column names, two or more; an empty line is a record of blank
  cells to both.

The file is read in blocks, hashed on the way, and never held whole.
"""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray
from analytics.sources.decoding import MAGIC

__all__ = ["Beginning", "IrregularError", "Swift", "SwiftPieces", "open_swiftly", "read_swiftly"]

SMALLEST = 1 << 20  # bytes; below this the csv module is as fast
BEGINNING = 1 << 20  # bytes that are looked at for the delimiter and the names
BLOCK = 1 << 20  # bytes split at a time; no record may be longer
_TOGETHER = 64  # blocks that are put together: fewer are slower to go through, and more need more room
_QUOTE, _LINE, _RETURN = (ord(sign) for sign in '"\n\r')


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the first characters of a text say: where its records begin, how they are split, their columns."""

    characters: int
    delimiter: str
    names: tuple[str, ...]
    quoted: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Swift:
    """The columns of a file, all text, and the SHA-256 of its bytes."""

    frame: pd.DataFrame
    digest: str


class IrregularError(Exception):
    """The bytes are not such that both readers read the same."""


def read_swiftly(path: Path, begin: Callable[[str], Beginning | None]) -> Swift | None:
    """Return the columns of a file of text, None where the csv module has to read it.

    Parameters
    ----------
    path : Path
    begin : callable
        Takes the first characters and says where the records begin, None where it cannot.
    """
    pool = _pool()
    with suppress(IrregularError), open_swiftly(path, begin, pool) as found:
        table = _compact(found.batches(), pool)
        columns = {
            at: pd.Series(pd.array(column, dtype="str"), copy=False)
            for at, column in enumerate(table.columns)
        }
        frame = pd.DataFrame(columns, copy=False)
        frame.columns = pd.Index(found.names)
        return Swift(frame, found.digest)
    return None


class SwiftPieces:
    """A file of text that is read piece by piece; what is not regular raises on the way."""

    def __init__(self, reader: Any, stream: _Checked, names: tuple[str, ...]) -> None:
        self._reader, self._stream, self.names = reader, stream, names

    def batches(self) -> Iterator[Any]:
        """Yield the records as Arrow has them, a megabyte of text each, columns named ``0``, ``1`` ...

        Raises
        ------
        IrregularError
            If the file is not such that both readers read the same.
        """
        import pyarrow as pa  # type: ignore[import-untyped]

        try:
            yield from self._reader
            self._stream.finish()
        except (UnicodeDecodeError, pa.ArrowException, OSError):
            raise IrregularError from None

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, once all are read."""
        return self._stream.digest.hexdigest()


@contextmanager
def open_swiftly(
    path: Path, begin: Callable[[str], Beginning | None], pool: Any = None, *, smallest: int | None = None
) -> Iterator[SwiftPieces]:
    """Open a file of text to be read in pieces; for the options see `read_swiftly`.

    Raises
    ------
    IrregularError
        If the csv module has to read it, as far as its beginning shows, or pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import csv
    except ImportError:  # the extra parquet is not installed: the same result, later
        raise IrregularError from None
    if not path.is_file() or path.stat().st_size < (SMALLEST if smallest is None else smallest):
        raise IrregularError
    with path.open("rb") as file:
        try:
            first = file.read(BEGINNING)
            if first.startswith(tuple(magic for magic, *_ in MAGIC)):
                raise IrregularError
            mark = len(codecs.BOM_UTF8) if first.startswith(codecs.BOM_UTF8) else 0
            text = codecs.getincrementaldecoder("utf-8")().decode(first[mark:])
            found = begin(text)
            if found is None or len(found.names) < 2 or len(found.delimiter.encode()) != 1:
                raise IrregularError
            at = mark + len(text[: found.characters].encode())
            if first.startswith(codecs.BOM_UTF8, at):  # Arrow would leave it out
                raise IrregularError
            stream = _Checked(file, first, at, found.delimiter, quoted=found.quoted)
            numbers = [str(number) for number in range(len(found.names))]
            reader = csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=csv.ReadOptions(column_names=numbers, block_size=BLOCK, use_threads=False),
                parse_options=csv.ParseOptions(
                    delimiter=found.delimiter, newlines_in_values=found.quoted, ignore_empty_lines=False,
                    quote_char='"' if found.quoted else False,
                ),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(numbers, pa.large_string()), strings_can_be_null=False
                ),
                memory_pool=pool,
            )  # fmt: skip
        except (UnicodeDecodeError, pa.ArrowException, OSError):
            raise IrregularError from None
        yield SwiftPieces(reader, stream, found.names)


def _pool() -> Any:
    """Return memory that is given back at once: what Arrow takes as a rule keeps half as much again."""
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        return pa.jemalloc_memory_pool()
    except NotImplementedError:
        return pa.default_memory_pool()


def _compact(reader: Any, pool: Any) -> Any:
    """Return all that a reader gives as a table of few and full chunks."""
    import pyarrow as pa

    tables: list[Any] = []
    batches: list[Any] = []
    for batch in reader:
        batches.append(batch)
        if len(batches) == _TOGETHER:
            tables.append(pa.Table.from_batches(batches).combine_chunks(memory_pool=pool))
            batches.clear()
    if batches:
        tables.append(pa.Table.from_batches(batches).combine_chunks(memory_pool=pool))
    return pa.concat_tables(tables)


class _Checked(io.RawIOBase):
    """A file from its first record on; every byte is looked at, and only regular ones are given out."""

    def __init__(self, file: BinaryIO, first: bytes, at: int, delimiter: str, *, quoted: bool = True) -> None:
        self.digest = hashlib.sha256(first)
        self._file, self._ready = file, memoryview(first)[at:]
        self._around = (ord(delimiter), _LINE, _RETURN, _QUOTE)
        self._last, self._quotes, self._quoted = b"\n", 0, quoted

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._ready:
            block, self._ready = bytes(self._ready[:size]), self._ready[size:]
        else:
            block = self._file.read(size)
            self.digest.update(block)
        if block:
            self._check(block)
        return block

    def finish(self) -> None:
        """Look at the end of the file; all of it must have been read."""
        if self._ready or self._file.read(1) or self._quotes % 2 or self._last == b"\r":
            raise IrregularError

    def _check(self, block: bytes) -> None:
        text = self._last + block
        alone = text.count(b"\r") - text.count(b"\r\n") - text.endswith(b"\r")
        if alone or b"\x00" in block:
            raise IrregularError
        if self._quoted and b'"' in text:
            self._check_quotes(np.frombuffer(text, dtype=np.uint8))
        self._last = block[-1:]

    def _check_quotes(self, text: npt.NDArray[np.uint8]) -> None:
        """Look at the quotes of a block, whose first byte is the last one of the block before."""
        at = np.flatnonzero(text == _QUOTE)
        seen = self._quotes - (at[0] == 0)  # before the first of these
        opens = (seen + np.arange(len(at))) % 2 == 0
        self._quotes = int(seen) + len(at)
        before = text[at[opens & (at > 0)] - 1]
        after = text[at[~opens & (at < len(text) - 1)] + 1]
        if not (self._ends_a_field(before) and self._ends_a_field(after)):
            raise IrregularError

    def _ends_a_field(self, signs: npt.NDArray[np.uint8]) -> bool:
        known: BoolArray = np.zeros(256, dtype=bool)
        known[list(self._around)] = True
        return bool(known[signs].all())
