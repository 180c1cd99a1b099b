"""How large a file may be before it is refused, and how that is raised.

The limits keep a small file that unpacks to a huge one, or a table split at the wrong sign, from taking the
memory of the machine. They change no answer: a file is read whole or refused. ``uptick … --limit
columns=10000`` raises one for a run, and so does the environment variable
``UPTICK_LIMITS="columns=10000,unpacked_mb=4096"``, which notebooks that a report runs see too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from analytics.errors import InputError, OptionError, unknown_option

__all__ = ["check_unpacked", "limit", "most_unpacked", "raise_advice", "raised"]

VARIABLE = "UPTICK_LIMITS"
USUAL = {
    "columns": 3_000,  # each is looked through; a file of incidents has some thirty
    "cells": 400_000_000,  # of a Parquet file: ten million rows of forty columns
    "unpacked_mb": 1_024,  # of what a .zip, a .gz or a workbook holds
}
_SMALL, _RATIO = 100 << 20, 50  # what is larger than this may not be so many times what it was packed to


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
    return _stated().get(name, USUAL[name])


@contextmanager
def raised(pairs: Iterable[str]) -> Iterator[None]:
    """Raise limits within a block, also in the processes that are begun in it; ``NAME=NUMBER`` each."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ",".join([*([before] if before else []), *pairs])
    try:
        _stated()
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def most_unpacked(packed: int) -> int:
    """Return how many bytes a packed file of this size may unpack to.

    Tables shrink to a tenth or a twentieth; what shrinks to less than a fiftieth, and is large, is refused
    until the limit is stated.

    Examples
    --------
    >>> most_unpacked(4_000) >> 20, most_unpacked(10 << 20) >> 20, most_unpacked(90 << 20) >> 20
    (100, 500, 1024)
    """
    stated = _stated().get("unpacked_mb")
    return min(USUAL["unpacked_mb"] << 20, max(_SMALL, _RATIO * packed)) if stated is None else stated << 20


def check_unpacked(size: int, packed: int, name: str) -> None:
    """Raise the error for a packed file that unpacks to more than may be."""
    most = most_unpacked(packed)
    if size > most:
        raise InputError(
            f"{name} unpacks to more than is read unasked",
            expected=f"at most {most >> 20:,} MB of {max(1, packed >> 10):,} KB",
            found=f"{size >> 20:,} MB or more",
            where=name,
            todo="cut it to the countries and years that are asked about; "
            + raise_advice("unpacked_mb", (size >> 20) + 1),
        )


def raise_advice(name: str, needed: int) -> str:
    """Return how to raise a limit so far that a file is read.

    Examples
    --------
    >>> raise_advice("columns", 4200)
    'if it is meant to be so large, --limit columns=4200, or UPTICK_LIMITS=columns=4200 in the environment'
    """
    stated = f"{name}={needed}"
    return f"if it is meant to be so large, --limit {stated}, or {VARIABLE}={stated} in the environment"


def _stated() -> dict[str, int]:
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
    return found
