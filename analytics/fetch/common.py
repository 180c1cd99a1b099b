"""What the functions that fetch check alike."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.errors import OptionError
from analytics.options import check_installed
from analytics.periods import Window, as_day

__all__ = ["days_asked", "need_extra", "several"]


def need_extra() -> None:
    """Raise an :class:`OptionError` unless the packages of the extra are there."""
    for package in ("httpx", "tenacity", "keyring"):
        check_installed(
            package,
            what="events are fetched",
            extra="fetch",
            instead="download the file from the source's website",
        )


def several(name: str, value: object) -> list[str]:
    """Return names given as one text with commas between, one number, or several of them.

    Examples
    --------
    >>> several("country", "Iraq, Syria"), several("country", [645, "652"])
    (['Iraq', 'Syria'], ['645', '652'])
    """
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else str(value).split(",")
    found = list(dict.fromkeys(str(one).strip() for one in many))
    if not found or not all(found):
        raise OptionError(f"{name} is empty", expected="one or more, with commas between")
    return found


def days_asked(start: object, end: object) -> tuple[str, str]:
    """Return the first and the last day asked for, "" where there is no limit."""
    first = None if start is None else as_day(start, "start")
    last = None if end is None else as_day(end, "end")
    if first is not None and last is not None:
        Window(first, last)
    return "" if first is None else str(first), "" if last is None else str(last)
