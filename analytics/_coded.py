"""Columns of text by their distinct values: what is decided on text is decided once for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Codes", "coded", "in_arrow", "repeated", "spelt"]

Codes = npt.NDArray[Any]  # integers


def coded(values: pd.Series) -> tuple[Codes, pd.Series]:
    """Return the code of each text (-1 where missing), and the distinct texts in the order they come in.

    Examples
    --------
    >>> codes, texts = coded(pd.Series(["b", "a", None, "b"], dtype="str"))
    >>> codes.tolist(), texts.tolist()
    ([0, 1, -1, 0], ['b', 'a'])
    """
    arrow = in_arrow(values) if len(values) else None
    if arrow is not None:
        encoded = arrow.dictionary_encode().chunks
        texts = encoded[-1].dictionary
        if all(len(chunk.dictionary) == len(texts) for chunk in encoded):  # one dictionary for all chunks
            parts = [chunk.indices for chunk in encoded]
            given = [part.fill_null(-1) if part.null_count else part for part in parts]
            code = np.concatenate([part.to_numpy(zero_copy_only=False) for part in given])
            return code, pd.Series(pd.array(texts, dtype="str"))
    codes, uniques = pd.factorize(values)
    return codes, pd.Series(uniques, dtype="str")


def in_arrow(values: pd.Series) -> Any:
    """Return a column of text as Arrow holds it; None where it holds none (without pyarrow)."""
    if not isinstance(values.dtype, pd.StringDtype) or values.dtype.storage != "pyarrow":
        return None
    array: Any = values.array
    return array.__arrow_array__()


def spelt(words: Sequence[str | None], codes: Codes, index: pd.Index) -> pd.Series:
    """Return a column of text from its distinct words and the code of each row; a code of -1 is missing.

    Examples
    --------
    >>> spelt(["state", "other"], np.array([1, 0, 1]), pd.RangeIndex(3)).tolist()
    ['other', 'state', 'other']
    """
    array = pd.array(list(words), dtype="str")
    return pd.Series(array.take(codes, allow_fill=bool((codes < 0).any())), index=index)


def repeated(word: str, index: pd.Index) -> pd.Series:
    """Return a column of one word.

    Examples
    --------
    >>> repeated("acled", pd.RangeIndex(2)).tolist()
    ['acled', 'acled']
    """
    return spelt([word], np.zeros(len(index), dtype=np.intp), index)
