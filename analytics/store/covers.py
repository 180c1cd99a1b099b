"""What a delivery covers: only there does a missing incident mean a deleted one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analytics.errors import InputError, OptionError
from analytics.periods import Window, as_window

__all__ = ["Cover", "read_covers"]


@dataclass(frozen=True, slots=True)
class Cover:
    """A part of the incidents that a delivery holds completely.

    Attributes
    ----------
    window : Window or None
        The days; None: all.
    place : str
        A country or a first-order unit as the source names it; "" for all.
    """

    window: Window | None = None
    place: str = ""

    def __str__(self) -> str:
        return f"{self.window or 'all'}{f'@{self.place}' if self.place else ''}"

    def condition(self) -> tuple[str, list[object]]:
        """Return it as a condition on stored rows, and the condition's values."""
        parts: list[str] = []
        values: list[object] = []
        if self.window is not None:
            parts.append("k_start between ? and ?")
            values += [str(self.window.start), str(self.window.end)]
        if self.place:
            parts.append("(lower(trim(k_country)) = ? or lower(trim(k_admin1)) = ?)")
            values += [self.place.strip().lower()] * 2
        return " and ".join(parts) or "true", values


def read_covers(given: str | Iterable[object] | None) -> tuple[Cover, ...]:
    """Return what is stated of a delivery's coverage; nothing at all: no incident is deleted.

    Parameters
    ----------
    given : str or iterable, optional
        ``"all"`` (None is the same), ``"rows"`` (nothing but the rows it has), or spells:
        ``"2020-04-01..2020-04-30"``, ``"2020-04-01..2020-04-30@Iraq"``, ``"all@Iraq"``.

    Examples
    --------
    >>> [str(cover) for cover in read_covers(["2020-04-01..2020-04-30@Iraq"])]
    ['2020-04-01..2020-04-30@Iraq']
    >>> read_covers("rows"), [str(cover) for cover in read_covers(None)]
    ((), ['all'])
    """
    if given is None:
        return (Cover(),)
    words = [given] if isinstance(given, str) else [str(word) for word in given]
    if words == ["rows"]:
        return ()
    if "rows" in words or not words:
        raise OptionError("--covers rows stands alone", found=", ".join(words) or "nothing")
    return tuple(_cover(word) for word in words)


def _cover(word: str) -> Cover:
    days, at, place = word.partition("@")
    if at and not place.strip():
        raise OptionError("--covers names no place after @", found=repr(word))
    if days.strip() == "all":
        return Cover(None, place.strip())
    try:
        return Cover(as_window(days, "--covers"), place.strip())
    except (InputError, OptionError):
        raise OptionError(
            "--covers cannot be read",
            expected="all, rows, START..END, START..END@PLACE or all@PLACE",
            found=repr(word),
        ) from None
