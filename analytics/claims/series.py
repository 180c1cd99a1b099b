"""From a claim to the counts it is about: its window, as far as the data know it, and its regions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from analytics.claims.read import Claim
from analytics.counts import Counts, count_incidents
from analytics.counts.placing import choose_regions
from analytics.incidents import Incidents
from analytics.periods import DAY, Window

__all__ = ["Asked", "Unanswerable", "ask"]

_HALF = 0.5  # share of a window that must be known
_HISTORY = 1095  # days before the window that are looked at: a trend is not drawn through decades


class Unanswerable(Exception):
    """The data cannot answer a claim; the text is the reason a reader gets."""


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """One claim under one definition, ready to be put to the data as known on the day `known`."""

    claim: Claim
    definition: str
    activity: tuple[str, ...]
    window: Window
    stated: Window
    incidents: Incidents
    first: np.datetime64
    no_coverage: tuple[object, ...]
    known: np.datetime64
    only: str = ""

    @property
    def where(self) -> str:
        """The filter of this definition."""
        return self.filter(self.activity)

    def filter(self, activity: Iterable[str]) -> str:
        """Return the claim's filter with other activities."""
        words = ", ".join(f"'{word}'" for word in activity)
        given = [f"({text})" for text in (self.claim.where, self.only) if text]
        return " and ".join([*given, f"activity in ({words})"])

    def count(self, *, every: bool = False, activity: tuple[str, ...] | None = None) -> Counts:
        """Count by day, from three years before the window to its end: `every` region, or the claim's."""
        claim = self.claim
        regions = None if every or claim.everywhere else self._regions
        return count_incidents(
            self.incidents,
            "day",
            by=None if claim.everywhere else claim.by,
            regions=regions,
            start=self.first,
            as_of=self.known,
            where=self.filter(self.activity if activity is None else activity),
            no_coverage=self.no_coverage,
        ).until(self.window.end)

    @property
    def _regions(self) -> str | list[str]:
        return self.claim.region_set or list(self.claim.regions)

    def members(self) -> tuple[str, ...]:
        """Return the claim's regions as the counts name them, whatever their spelling; none for all."""
        if self.claim.everywhere:
            return ()
        return choose_regions(self.incidents, self.claim.by, self._regions).names

    def series(self) -> Counts:
        """Count the claim's regions as one series.

        Raises
        ------
        Unanswerable
            If no incident that counts names a region.
        """
        counts = self.count()
        lost = 0 if counts.unplaced is None else int(counts.unplaced.sum())
        if lost and not self.claim.everywhere and not counts.values.any():
            raise Unanswerable(f"none of the {lost:,} incidents that count lies in a region of the claim")
        return counts.total(self.claim.place)

    @property
    def cut(self) -> str:
        """What was cut off the stated window, in words; "" if nothing was."""
        if str(self.window) == str(self.stated):
            return ""
        return f"the window {self.stated} is cut to {self.window}, the days the data know about"


def ask(
    claim: Claim,
    definition: str,
    activity: tuple[str, ...],
    incidents: Incidents,
    *,
    date: np.datetime64,
    as_of: np.datetime64,
    no_coverage: tuple[object, ...],
    only: str = "",
) -> Asked:
    """Cut the claim's window to the days the data know about.

    Raises
    ------
    Unanswerable
        If less than half of the window is left, or the data hold nothing of what counts.
    """
    if not incidents.frame["activity"].isin(activity).any():
        raise Unanswerable(f"no incident in the data is coded as {' or '.join(activity)}")
    stated = claim.window(date)
    first = incidents.first_covered
    if stated.start > as_of:
        raise Unanswerable(f"the window {stated} begins after the data end (as of {as_of})")
    if stated.end < first:
        raise Unanswerable(f"the window {stated} ends before the data begin ({first})")
    begin = max(stated.start, first) if claim.first is None else stated.start
    window = Window(begin, min(stated.end, as_of))
    if begin < first:
        raise Unanswerable(f"the window {stated} begins before the data do ({first})")
    if claim.first is not None and window.days < _HALF * stated.days:
        raise Unanswerable(
            f"the data know {window.days} of the {stated.days} days of {stated} (as of {as_of})"
        )
    earliest = max(first, window.start - _HISTORY * DAY)
    return Asked(claim, definition, activity, window, stated, incidents, earliest, no_coverage, as_of, only)


def fitting(asked: Asked, first: np.datetime64) -> Asked:
    """Return the question with counts that start on another day."""
    return replace(asked, first=first)
