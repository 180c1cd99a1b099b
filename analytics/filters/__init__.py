"""The ``where`` language: which incidents to keep, in one small grammar.

A filter compares columns with written values and joins the comparisons by *and*, *or* and *not*. It is parsed
into a small tree that a back end compiles; nothing in it can reach an attribute, call a function or import.
The grammar stands in :func:`parse_filter`. A comparison with a missing value is neither true nor false but
unknown, as in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics._rooms import names_shown
from analytics.errors import FilterError
from analytics.filters.either import of_either
from analytics.filters.grammar import read_tree
from analytics.filters.on_pandas import FilterOutcome, evaluate, possible
from analytics.filters.tree import Node, columns_of, with_names

__all__ = ["Filter", "FilterOutcome", "parse_filter"]
__dir__ = names_shown(__name__)

MOST_CHARACTERS = 10_000


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Parameters
    ----------
    text : str
        Comparisons joined by ``and``, ``or``, ``not`` and brackets; ``not`` binds tightest, ``or`` loosest::

            column = value      also ==, !=, <, <=, >, >=
            column in (value, value)            also not in
            column contains 'text'              also not contains; whatever the case
            column is missing                   also is not missing

        A column is a bare name, or any name in backquotes. A value is a quoted text, a number, a date such as
        2020-04-13, true or false. Texts are equal when they agree letter for letter, case included.

    Returns
    -------
    Filter

    Raises
    ------
    FilterError
        If the text is not a filter; the message marks the place.

    Examples
    --------
    >>> parse_filter("admin1 in ('Kirkuk', 'Diyala') and fatalities >= 5").columns
    ('admin1', 'fatalities')
    """
    if not isinstance(text, str) or not text.strip():
        raise FilterError("the filter is empty", expected="a comparison, such as fatalities > 0")
    if len(text) > MOST_CHARACTERS:
        raise FilterError(
            "the filter is too long",
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{len(text):,}",
        )
    return Filter(text, read_tree(text))


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that has been read: its text and its tree.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"place": ["Tuz", "Hit", "Ana"], "fatalities": [3, None, 0]})
    >>> outcome = parse_filter("not fatalities > 2").evaluate(frame)
    >>> outcome.mask.tolist(), outcome.unknown.tolist()
    ([False, False, True], [False, True, False])
    """

    text: str
    node: Node

    def __str__(self) -> str:
        return self.text

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it looks at, in the order of first use."""
        return tuple(dict.fromkeys(columns_of(self.node)))

    def with_names(self, names: Mapping[str, str]) -> Filter:
        """Return the filter with columns under other names; its text stays as it was written."""
        return Filter(self.text, with_names(self.node, names))

    def of_either(self, name: str, columns: tuple[str, str]) -> Filter:
        """Return the filter with a name that stands for two columns; its text stays as it was written."""
        return Filter(self.text, of_either(self.node, name, columns))

    def possible(self, known: pd.DataFrame) -> np.ndarray:
        """Say which rows the filter may be true of, when of each only the columns of `known` are known.

        Examples
        --------
        >>> import pandas as pd
        >>> countries = pd.DataFrame({"country": ["Kenya", "Uganda"]}, dtype="str")
        >>> parse_filter("country = 'Uganda' and fatalities > 5").possible(countries).tolist()
        [False, True]
        """
        return possible(self.text, self.node, known)

    def mask(self, frame: pd.DataFrame, extra: pd.DataFrame | None = None) -> np.ndarray:
        """Return the rows for which the filter is true (bool, one for each row); see :meth:`evaluate`."""
        return self.evaluate(frame, extra).mask

    def evaluate(self, frame: pd.DataFrame, extra: pd.DataFrame | None = None) -> FilterOutcome:
        """Say for each row whether the filter is true, or unknown.

        Parameters
        ----------
        frame : DataFrame
            Where columns are looked for first, n rows.
        extra : DataFrame, optional
            The source's other columns, n rows in the same order. Text in them is compared as numbers or dates
            when the written value is one and all of the column's values are.

        Raises
        ------
        FilterError
            If a column is not there or cannot be compared with the written value, or if `extra` differs
            from `frame` in length.
        """
        return evaluate(self.text, self.node, frame, extra)
