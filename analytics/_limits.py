"""How large and how deep a file may be before it is refused, and how that is raised.

The limits keep a small file that unpacks to a huge one, or a table split at the wrong sign, from taking the
memory of the machine. They change no answer: a file is read whole or refused. ``uptick … --limit
columns=10000`` raises one for a run, and so does the environment variable
``UPTICK_LIMITS="columns=10000,unpacked_mb=4096"``, which notebooks that a report runs see too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from analytics.errors import OptionError, unknown_option

__all__ = ["beyond_limits", "limit", "parsed", "raise_advice", "raised", "stated_limits"]

T = TypeVar("T")

VARIABLE = "UPTICK_LIMITS"
USUAL = {
    "columns": 3_000,  # each is looked through; a file of incidents has some thirty
    "cells": 400_000_000,  # of a Parquet file: ten million rows of forty columns
    "unpacked_mb": 1_024,  # of what a .zip, a .gz or a workbook holds
    "nesting": 250,  # tables, lists and objects within each other, in TOML and JSON
    "brackets": 50,  # and nots within each other, in a filter
    "blank_rows": 1_100_000,  # of a table; a sheet of Excel has 1,048,576 rows
    "digits": 4_300,  # of a whole number in JSON; TOML has none of more than 64 bits
}
_DEEPEST = 5_000  # what the parsers can be made to follow
_FRAMES = 3  # calls that a parser spends on one level, at most


def limit(name: str) -> int:
    """Return a limit, as it is or as it was raised.

    Raises
    ------
    OptionError
        If the environment states what is no limit.

    Examples
    --------
    >>> limit("columns")
    3000
    >>> with raised(["columns=5000"]):
    ...     limit("columns")
    5000
    """
    return stated_limits().get(name, USUAL[name])


@contextmanager
def raised(pairs: Iterable[str]) -> Iterator[None]:
    """Raise limits within a block, also in the processes that are begun in it; ``NAME=NUMBER`` each."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ",".join([*([before] if before else []), *pairs])
    try:
        stated_limits()
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def raise_advice(name: str, needed: int) -> str:
    """Return how to raise a limit so far that a file is read.

    Examples
    --------
    >>> raise_advice("columns", 4200)
    'if it is meant to be so large, --limit columns=4200, or UPTICK_LIMITS=columns=4200 in the environment'
    """
    stated = f"{name}={needed}"
    return f"if it is meant to be so large, --limit {stated}, or {VARIABLE}={stated} in the environment"


def stated_limits() -> dict[str, int]:
    """Return the limits that the environment states.

    Raises
    ------
    OptionError
        If it states what is no limit.
    """
    found = {}
    for pair in filter(None, os.environ.get(VARIABLE, "").split(",")):
        name, _, number = (part.strip() for part in pair.partition("="))
        if name not in USUAL:
            raise unknown_option("limit", name, tuple(USUAL))
        if not (number.isascii() and number.isdigit() and 0 < len(number) <= 15 and int(number) > 0):
            raise OptionError(
                f"the limit {name} is no number", expected=f"such as {name}={USUAL[name]}", found=pair
            )
        found[name] = int(number)
        if name in ("nesting", "brackets") and found[name] > _DEEPEST:
            raise OptionError(f"the limit {name} is too high", expected=f"at most {_DEEPEST:,}", found=number)
    return found


def parsed(parse: Callable[[str], T], text: str) -> T:
    """Return what a text of TOML or JSON says, as deep and with numbers as long as the limits allow.

    Raises
    ------
    RecursionError
        If it is deeper; :func:`beyond_limits` has the words.
    ValueError
        If it has longer numbers, and whatever the parser raises.

    Examples
    --------
    >>> import json
    >>> parsed(json.loads, "[[1]]")
    [[1]]
    """
    room_for(limit("nesting"))
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(max(limit("digits"), 640))
    try:
        found = parse(text)
    finally:
        sys.set_int_max_str_digits(before)
    if _deeper(found, limit("nesting")):
        raise RecursionError
    return found


def _deeper(value: object, most: int) -> bool:
    """Whether there are more lists or tables within each other than may be."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(most):
        inner = (one for outer in level for one in (outer.values() if isinstance(outer, dict) else outer))
        level = [one for one in inner if isinstance(one, dict | list)]
    return bool(level)


def room_for(depth: int) -> None:
    """Let calls go so deep within each other that a parser can follow; with the usual limits they do."""
    used, frame = 0, sys._getframe()
    while frame.f_back is not None:
        used, frame = used + 1, frame.f_back
    needed = used + _FRAMES * depth + 100
    if needed > sys.getrecursionlimit():
        sys.setrecursionlimit(needed)


def beyond_limits(error: Exception) -> str | None:
    """Return what a text of TOML or JSON has too much of, and how that is allowed; None for another fault.

    Examples
    --------
    >>> print(beyond_limits(RecursionError()))
    lists or tables within each other, more than 250 deep: --limit nesting=1000 or
    UPTICK_LIMITS=nesting=1000 allows it
    """
    if isinstance(error, RecursionError):
        name, most, what = "nesting", limit("nesting"), "lists or tables within each other, more than {} deep"
    elif type(error) is ValueError and "digits" in str(error):
        name, most, what = "digits", limit("digits"), "a number with more than {} digits"
    else:
        return None
    stated = f"{name}={4 * most}"
    return f"{what.format(f'{most:,}')}: --limit {stated} or {VARIABLE}={stated} allows it"
