"""The sources, one line each, in the order in which a table is tried on them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from analytics.errors import unknown_option
from analytics.sources.columns import Columns
from analytics.sources.header import Layout
from analytics.sources.source import Source

__all__ = ["TABLE", "find_source", "known_by_name", "layouts", "recognise", "source_names"]

TABLE = "table"
_NAMES = (
    "ucdp",
    "acled",
    "gtd",
    "gdelt",
    "icews",
    "sigact",
    "insecurity_insight",
    "hxl",
    TABLE,  # the last: it takes any table
)


def source_names() -> tuple[str, ...]:
    """Return the names of all sources.

    Examples
    --------
    >>> source_names()[0], source_names()[-1]
    ('ucdp', 'table')
    """
    return _NAMES


@cache
def find_source(name: str) -> Source:
    """Return a source by its name.

    Raises
    ------
    OptionError
        If there is no such source.

    Examples
    --------
    >>> find_source("acled").title
    'ACLED'
    """
    if name not in _NAMES:
        raise unknown_option("source", name, _NAMES)
    source: Source = import_module(f"analytics.sources.{name}").SOURCE
    return source


def recognise(columns: Columns) -> Source:
    """Return the first source whose columns these are; the plain table takes all the rest."""
    return next(source for name in _NAMES if (source := find_source(name)).recognise(columns))


def layouts() -> tuple[Layout, ...]:
    """Return the columns of all files that come without a header."""
    return tuple(layout for name in _NAMES for layout in find_source(name).layouts)


def known_by_name() -> str:
    """Return the titles of the sources whose columns are known by name, for a sentence."""
    titles = [source.title for name in _NAMES if not (source := find_source(name)).mapped]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)
