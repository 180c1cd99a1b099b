"""Equal rows of Parquet files put together: small codes are counted, piece by piece, and no row is compared.

An engine that groups rows looks each up in a table of all groups. In a piece of a file few days and few names
stand: their codes, as Parquet has them, number the cells of a small table, and each row adds one to a cell.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analytics._typing import IntArray

__all__ = ["put_together"]

_PIECE = 1 << 18  # rows
_RUN = 16  # groups of rows that one thread goes through, with the file opened once
_CELLS = 8  # of the small table, for each row of a piece
_WIDE = 16  # rows for each whole number from the least to the largest, below which they are sorted
_SHARE = 0.5  # of the rows that may be groups of their own; past it an engine does as well
_DENSE = 1 << 26  # cells up to which the pieces are added in a table; past it they are sorted
_PENDING = 1 << 22  # groups of pieces that are kept before they are added
_MOST = 1 << 24  # different groups
_MOST_CELLS = 1 << 30
_MISSING = np.iinfo(np.int64).min


def put_together(files: Sequence[Path], names: Sequence[str], counted: str) -> Any:
    """Return the different rows of some columns and how many there are of each, as an Arrow table.

    Parameters
    ----------
    files : sequence of Path
        Parquet.
    names : sequence of str
        Their columns.
    counted : str
        What the column of the numbers is to be called.

    Returns
    -------
    pyarrow.Table or None
        None where a column is neither text nor whole numbers, is not the same in all files, or holds so many
        different values that nothing is gained.
    """
    from pyarrow import parquet  # type: ignore[import-untyped]

    opened = [parquet.ParquetFile(path).schema_arrow for path in files]
    kinds = [[_kind(schema, name) for name in names] for schema in opened]
    if not names or any(one is None for one in kinds[0]) or any(one != kinds[0] for one in kinds):
        return None
    columns = [_Text() if _is_text(kind) else _Numbers(kind) for kind in kinds[0]]
    groups = _Groups(columns)
    for found in _of_files(files, names, columns):
        if found is None or not groups.add(*found):
            return None
    return groups.table(names, counted)


def _kind(schema: Any, name: str) -> Any:
    from pyarrow import types

    at = schema.get_all_field_indices(name)
    kind = schema.field(at[0]).type if len(at) == 1 else None
    whole = kind is not None and types.is_integer(kind) and not types.is_uint64(kind)
    return kind if whole or (kind is not None and _is_text(kind)) else None


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


@dataclass(eq=False, slots=True)
class _Text:
    """A column of text: its distinct values, and their codes throughout."""

    values: Any = None

    def local(self, column: Any) -> tuple[IntArray, int, Any]:
        """Return the codes in a piece, how many there may be, and what they stand for."""
        codes, size = column.indices, len(column.dictionary)
        if codes.null_count:
            codes = codes.fill_null(size)
        return codes.to_numpy(zero_copy_only=False), size + 1, column.dictionary

    def throughout(self, codes: IntArray, said: Any) -> IntArray:
        """Return the codes throughout, -1 for what is missing, of some codes in a piece."""
        import pyarrow as pa
        from pyarrow import compute

        self.values = said.slice(0, 0) if self.values is None else self.values
        at = compute.index_in(said, value_set=self.values)
        if at.null_count:
            self.values = pa.concat_arrays([self.values, said.filter(at.is_null())])
            at = compute.index_in(said, value_set=self.values)
        known = np.append(at.to_numpy(zero_copy_only=False).astype(np.int64), -1)
        return np.asarray(known[codes], dtype=np.int64)

    def whole(self, codes: IntArray) -> Any:
        """Return the values of codes throughout."""
        import pyarrow as pa

        return self.values.take(pa.array(codes, mask=codes < 0))


@dataclass(eq=False, slots=True)
class _Numbers:
    """A column of whole numbers, which are their own codes; the missing one is below them all."""

    kind: Any
    lowest: int | None = field(default=None)

    def local(self, column: Any) -> tuple[IntArray, int, Any]:
        if column.null_count:
            column = column.dictionary_encode()
            codes = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
            return codes, len(column.dictionary) + 1, column.dictionary.to_numpy().astype(np.int64)
        numbers = column.to_numpy()
        if numbers.itemsize < 4:  # the difference of two need not fit
            numbers = numbers.astype(np.int32)
        low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
        if low == _MISSING:  # which is none here
            return numbers, _MOST_CELLS + 1, numbers
        if high - low < len(numbers) // _WIDE:
            return numbers - numbers.dtype.type(low), high - low + 1, np.arange(low, high + 1)
        values, codes = np.unique(numbers, return_inverse=True)
        return codes, len(values), values.astype(np.int64)

    def throughout(self, codes: IntArray, said: IntArray) -> IntArray:
        return np.asarray(np.append(said, _MISSING)[codes], dtype=np.int64)

    def whole(self, codes: IntArray) -> Any:
        import pyarrow as pa

        return pa.array(codes, mask=codes == _MISSING).cast(self.kind)


_Column = _Text | _Numbers
_Piece = tuple[list[tuple[IntArray, Any]], IntArray, int]  # for each column codes and what they are; how many


def _of_files(
    files: Sequence[Path], names: Sequence[str], columns: Sequence[_Column]
) -> Iterator[_Piece | None]:
    """Yield what was counted in each piece, in their order; a few at once."""
    from pyarrow import parquet

    texts = [name for name, column in zip(names, columns, strict=True) if isinstance(column, _Text)]

    def group(path: Path, metadata: Any, run: range) -> list[_Piece | None]:
        asked: Any = {"metadata": metadata, "read_dictionary": texts, "memory_map": True}
        with parquet.ParquetFile(path, **asked) as file:
            batches = file.iter_batches(_PIECE, row_groups=run, columns=list(names), use_threads=False)
            return [_counted(batch.select(list(names)), columns) for batch in batches]

    workers = min(os.cpu_count() or 1, 8)
    waiting: deque[Future[list[_Piece | None]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for path in files:
                metadata = parquet.read_metadata(path)
                every = range(metadata.num_row_groups)
                for run in (every[at : at + _RUN] for at in every[::_RUN]):
                    waiting.append(pool.submit(group, path, metadata, run))
                    if len(waiting) > 2 * workers:
                        yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def _counted(batch: Any, columns: Sequence[_Column]) -> _Piece | None:
    """Count the rows of a piece; None where it has too many values."""
    rows = len(batch)
    local = [column.local(batch.column(at)) for at, column in enumerate(columns)]
    cells = 1
    for _, size, _ in local:
        cells *= size
    if cells > min(_CELLS * max(rows, 1 << 16), _MOST_CELLS):
        return None
    cell = local[0][0].astype(np.int32)
    for codes, size, _ in local[1:]:
        cell *= np.int32(size)
        cell += codes
    n = np.bincount(cell, minlength=cells)
    at = np.flatnonzero(n)
    here = np.unravel_index(at, [size for _, size, _ in local])
    return [(codes, said) for codes, (_, _, said) in zip(here, local, strict=True)], n[at], rows


class _Groups:
    """The groups found so far."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self.columns = columns
        self.codes: list[list[IntArray]] = [[] for _ in columns]
        self.n: list[IntArray] = []
        self.rows = self.pending = self.groups = 0

    def add(self, said: list[tuple[IntArray, Any]], n: IntArray, rows: int) -> bool:
        """Take a piece in; False where too little is put together."""
        for column, into, (codes, what) in zip(self.columns, self.codes, said, strict=True):
            into.append(column.throughout(codes, what))
        self.n.append(n)
        self.rows, self.pending, self.groups = self.rows + rows, self.pending + len(n), self.groups + len(n)
        if self.pending > _PENDING and not self._merge():
            return False
        return self.groups <= _SHARE * self.rows

    def _merge(self) -> bool:
        """Add up equal groups of different pieces."""
        codes = [np.concatenate(one) for one in self.codes]
        n = np.concatenate(self.n)
        if len(n):
            found = _sums(codes, n)
            if found is None or len(found[1]) > _MOST:
                return False
            codes, n = found
        self.codes, self.n, self.pending = [[one] for one in codes], [n], 0
        return True

    def table(self, names: Sequence[str], counted: str) -> Any:
        import pyarrow as pa

        if not self.n or not self._merge():
            return None
        made = {
            name: column.whole(codes[0])
            for name, column, codes in zip(names, self.columns, self.codes, strict=True)
        }
        return pa.table({**made, counted: self.n[0]})


def _sums(codes: list[IntArray], n: IntArray) -> tuple[list[IntArray], IntArray] | None:
    """Return the different combinations of codes and their sums; None if they cannot be numbered."""
    known = [np.unique(one) if int(one.max()) - int(one.min()) >= _DENSE else None for one in codes]
    low = [0 if some is not None else int(one.min()) for one, some in zip(codes, known, strict=True)]
    sizes = [
        int(one.max()) - at + 1 if some is None else len(some)
        for one, at, some in zip(codes, low, known, strict=True)
    ]
    cells = 1
    for size in sizes:
        cells *= size
    if cells >= 1 << 62:
        return None
    small = [
        one - at if some is None else np.searchsorted(some, one)
        for one, at, some in zip(codes, low, known, strict=True)
    ]
    cell = np.ravel_multi_index(tuple(small), sizes)
    if cells <= _DENSE:
        sums = np.zeros(cells, dtype=np.int64)
        np.add.at(sums, cell, n)
        at = np.flatnonzero(sums)
        total = sums[at]
    else:
        at, where = np.unique(cell, return_inverse=True)
        total = np.zeros(len(at), dtype=np.int64)
        np.add.at(total, where, n)
    here = np.unravel_index(at, sizes)
    return [
        one + first if some is None else some[one] for one, first, some in zip(here, low, known, strict=True)
    ], total
