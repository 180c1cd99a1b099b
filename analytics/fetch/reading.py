"""What answers of services have in common: JSON with its numbers as they are written, numbers of rows."""

from __future__ import annotations

import json
from typing import Any

from analytics.fetch.asked import Faulty
from analytics.fetch.connection import Answer

__all__ = ["envelope", "number", "rows_of"]


def envelope(answer: Answer) -> dict[str, Any]:
    """Return the object that an answer is.

    Raises
    ------
    Faulty
        If it is none; it may have been cut.
    """
    try:
        found = json.loads(answer.body.decode("utf-8-sig"), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if answer.body.lstrip()[:1] == b"<":
        raise Faulty(
            "a web page came in place of data",
            todo="a proxy, or a gate before the service, answers for it: look at its website with a browser",
        )
    raise Faulty("the answer is no JSON object that can be read")


def rows_of(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the rows that stand under a name.

    Raises
    ------
    Faulty
        If there is no list of objects.
    """
    rows = found.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Faulty(f"the answer has no list of rows under {name}")
    return rows


def number(found: dict[str, Any], name: str) -> int | None:
    """Return a number of rows, None where there is none."""
    value = found.get(name)
    return int(value) if isinstance(value, str) and value.isdecimal() else None
