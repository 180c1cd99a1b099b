"""One family of errors: what was expected, what was found, where, and what to do.

Every error a user can cause is an :class:`UptickError`. The command prints it on standard error and exits
with code 2; a notebook shows the same text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

__all__ = [
    "CountsTableError",
    "FetchError",
    "FilterError",
    "HistoryError",
    "InputError",
    "OptionError",
    "OutputError",
    "UptickError",
    "nearest",
    "unknown_option",
]


_LONGEST = 2_000  # characters of one part of a message


class UptickError(Exception):
    """Something the user gave cannot be used.

    Parameters
    ----------
    what : str
        One sentence: what went wrong.
    expected, found, where, todo : str, optional
        What was required, what stood there instead, where (file, row, column) and what to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        where: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.what = what
        self.expected = expected
        self.found = found
        self.where = where
        self.todo = todo
        lines = [_short(what)]
        for label, text in (("expected", expected), ("found", found), ("where", where), ("what to do", todo)):
            if text:
                lines.append(f"  {label}: {_short(text)}")
        super().__init__("\n".join(lines))


def _short(text: str) -> str:
    """Return a part of a message in a length that can be read: a name may have a million letters."""
    more = len(text) - _LONGEST
    return text if more <= 0 else f"{text[:_LONGEST]}… ({more:,} characters more)"


class InputError(UptickError, ValueError):
    """A file or table cannot be read as incidents or counts."""


class CountsTableError(InputError):
    """A table holds counts, where incidents are wanted."""


class FetchError(UptickError, RuntimeError):
    """A service on the network does not give what it was asked for."""


class FilterError(UptickError, ValueError):
    """A ``where`` expression cannot be read or names something that is not there."""


class HistoryError(UptickError, ValueError):
    """There are too few periods for what was asked."""


class OptionError(UptickError, ValueError):
    """An option has a value that is not one of the known ones, or two options disagree."""


class OutputError(UptickError, OSError):
    """The result cannot be written."""

    def __str__(self) -> str:
        """Return the whole message (``OSError`` would show only its first argument)."""
        return str(self.args[0])


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names most like `name`, best first.

    Examples
    --------
    >>> nearest("Kirkuq", ["Kirkuk", "Diyala"])
    ['Kirkuk']
    """
    folded = {k.casefold(): k for k in known}
    return [folded[m] for m in difflib.get_close_matches(name.casefold(), list(folded), n=most, cutoff=0.6)]


def unknown_option(
    option: str, value: object, known: Sequence[str], *, todo: str | None = None
) -> OptionError:
    """Return (not raise) the error for a value that is not among the known ones.

    Examples
    --------
    >>> print(unknown_option("freq", "wek", ["day", "week"]))
    unknown freq 'wek'
      expected: one of day, week
      what to do: did you mean week?
    """
    close = nearest(str(value), known)
    return OptionError(
        f"unknown {option} {value!r}",
        expected=f"one of {', '.join(known)}",
        todo=todo or (f"did you mean {' or '.join(close)}?" if close else None),
    )
