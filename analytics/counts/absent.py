"""What a period and place without a row, or with an empty number, means in a table of counts."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.incidents.metadata import Absent

__all__ = ["Absent", "Rule"]

_SWITCH = "--missing zero or --missing uncovered (missing=) states it"


@dataclass(frozen=True, slots=True)
class Rule:
    """What was stated, if anything, and whether the table writes its zeros itself.

    Examples
    --------
    >>> Rule(None, writes_zeros=True).absent_is_uncovered, Rule("zero", writes_zeros=True).absent_is_uncovered
    (True, False)
    """

    stated: Absent | None
    writes_zeros: bool

    @property
    def _by_itself(self) -> bool:
        return self.stated in (None, "auto")

    @property
    def absent_is_uncovered(self) -> bool:
        """Whether a row that is not there means no coverage."""
        return self.writes_zeros if self._by_itself else self.stated == "uncovered"

    @property
    def blank_is_uncovered(self) -> bool:
        """Whether an empty number means no coverage."""
        return self._by_itself or self.stated == "uncovered"

    def notes(self, absent: int, blank: int, cells: int) -> tuple[str, ...]:
        """Say of how many of all periods and places it was used, and for what they were taken."""
        why = "as stated"
        if self._by_itself:
            why = f"because the table writes {'its' if self.writes_zeros else 'no'} zeros; {_SWITCH}"
        notes = []
        if absent:
            notes.append(f"{_cells(absent, cells, 'no row', uncovered=self.absent_is_uncovered)}, {why}")
        if blank:
            stated = "" if self._by_itself else ", as stated"
            notes.append(_cells(blank, cells, "an empty number", uncovered=self.blank_is_uncovered) + stated)
        return tuple(notes)


def _cells(number: int, of: int, lack: str, *, uncovered: bool) -> str:
    have, count = ("has", "counts") if number == 1 else ("have", "count")
    taken = f"{have} no coverage" if uncovered else f"{count} 0"
    return f"{number:,} of {of:,} periods and places {have} {lack} and {taken}"
