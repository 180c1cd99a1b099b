"""Where the incidents that a count started from went: each of them in one part."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CountAccounting"]


@dataclass(frozen=True, slots=True)
class CountAccounting:
    """Where every kept incident went; the parts add up to `kept`, checked at construction.

    Attributes
    ----------
    kept : int
        Incidents the counting started from.
    grid : int
        Incidents in the grid.
    filtered : dict of str to int
        Incidents left out by a stated rule: the ``where`` expression, a region set.
    set_apart : int
        Incidents left out by the date policy ``exclude``.
    unplaced : int
        Incidents whose region is blank or unknown.
    outside : int
        Incidents before the start or after `as_of`.
    no_coverage : int
        Incidents dated to a spell without coverage.
    reported_later : int
        Incidents dated to the window and reported after `as_of`: they were not known then.
    long_spans : int
        Of the kept ones, those dated to a span longer than the period.
    unknown_value : int
        Of those in the grid or unplaced, incidents whose value (fatalities) is not stated.
    partial : int
        Of what is counted in the grid and unplaced, what lies in weeks that are not wholly covered: no weekly
        count shows it.
    """

    kept: int
    grid: int
    filtered: dict[str, int]
    set_apart: int
    unplaced: int
    outside: int
    no_coverage: int
    reported_later: int = 0
    long_spans: int = 0
    unknown_value: int = 0
    partial: int = 0

    def __post_init__(self) -> None:
        parts = sum(n for _, n in self.parts())
        if parts != self.kept:
            raise AssertionError(f"count accounting does not add up: {parts} of {self.kept} incidents")

    def parts(self) -> list[tuple[str, int]]:
        """Return the parts of `kept`, in order."""
        return [
            ("in the grid", self.grid),
            *((f"filtered by {rule}", n) for rule, n in self.filtered.items()),
            ("set apart by the date policy", self.set_apart),
            ("unplaced", self.unplaced),
            ("outside the time window", self.outside),
            ("in spells without coverage", self.no_coverage),
            ("reported later", self.reported_later),
        ]

    def __str__(self) -> str:
        shown = [f"{name} {n:,}" for name, n in self.parts() if n or name == "in the grid"]
        return f"kept {self.kept:,} = " + " + ".join(shown)
