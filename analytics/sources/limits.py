"""How much a packed file may hold; the limits themselves are in :mod:`analytics._limits`."""

from __future__ import annotations

from analytics._limits import USUAL, raise_advice, stated_limits
from analytics.errors import InputError

__all__ = ["check_inflated", "check_unpacked", "most_unpacked"]

_SMALL, _RATIO = 100 << 20, 50  # what is larger than this may not be so many times what it was packed to


def most_unpacked(packed: int) -> int:
    """Return how many bytes a packed file of this size may unpack to.

    Tables shrink to a tenth or a twentieth; what shrinks to less than a fiftieth, and is large, is refused
    until the limit is stated.

    Examples
    --------
    >>> most_unpacked(4_000) >> 20, most_unpacked(10 << 20) >> 20, most_unpacked(90 << 20) >> 20
    (100, 500, 1024)
    """
    stated = stated_limits().get("unpacked_mb")
    return min(USUAL["unpacked_mb"] << 20, max(_SMALL, _RATIO * packed)) if stated is None else stated << 20


def check_unpacked(size: int, packed: int, name: str) -> None:
    """Raise the error for a packed file that unpacks to more than may be."""
    _check(size, most_unpacked(packed), packed, name)


def check_inflated(cells: int, packed: int, name: str) -> None:
    """Raise the error for a small file that says the same again and again: a cell takes eight bytes."""
    stated = stated_limits().get("unpacked_mb")
    _check(8 * cells, max(_SMALL, _RATIO * packed) if stated is None else stated << 20, packed, name)


def _check(size: int, most: int, packed: int, name: str) -> None:
    if size > most:
        raise InputError(
            f"{name} unpacks to more than is read unasked",
            expected=f"at most {most >> 20:,} MB of {max(1, packed >> 10):,} KB",
            found=f"{size >> 20:,} MB or more",
            where=name,
            todo="cut it to the countries and years that are asked about; "
            + raise_advice("unpacked_mb", (size >> 20) + 1),
        )
