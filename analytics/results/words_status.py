"""Sentences on what has changed: what is called, called no more, called longer, and what has fallen."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.results.grades import far_below_words
from analytics.results.words import format_number, joined

__all__ = ["falls_words", "gone_words", "since_words", "status_words"]

_FALLS = 5  # regions named in the line on falls


def status_words(status: str, before: float, now: float, usual: float) -> str:
    """Return a status as a page says it: with what its last two weeks hold and what is usual for one.

    *Still rising* means that the last seven days are above usual, *easing* that they are not. Bars may fall
    meanwhile, so numbers stand in place of *still rising*.

    Parameters
    ----------
    status : str
        Of :attr:`analytics.results.UptickResult.status`.
    before, now, usual : float
        What the seven days before the last seven hold, what those hold, and what is usual for seven.

    Examples
    --------
    >>> status_words("third week, still rising", 24, 21, 7.5)
    'third week; 24, then 21, usual 8 a week'
    >>> status_words("second week, easing", 24, 7, 7.4)
    'second week, easing; 24, then 7, usual 7.4 a week'
    >>> status_words("new", 2, 21, 7.5)
    'new'
    """
    week, _, way = status.rpartition(", ")
    if way not in ("still rising", "easing"):
        return status
    digits = next(
        (n for n in (0, 1, 2, 3) if (usual >= 2 or n) and round(usual, n) != now), 0 if usual >= 2 else 1
    )
    said = week if way == "still rising" else status
    first, last = (format_number(number, 0) for number in (before, now))
    return f"{said}; {first}, then {last}, usual {usual:,.{digits}f} a week"


def since_words(names: Sequence[str], status: str) -> str:
    """Return since when some regions are in uptick, as a sentence.

    Parameters
    ----------
    names : sequence of str
        Regions of one status; or "The country", "All regions together".
    status : str
        Of :attr:`analytics.results.UptickResult.status`.

    Examples
    --------
    >>> since_words(["Kirkuk"], "third week, still rising"), since_words(["A", "B"], "second week, easing")
    ('Kirkuk is in its third week.', 'A and B are in their second week, easing.')
    >>> since_words(["All regions together"], "new")
    'New this week: all regions together.'
    """
    many = len(names) > 1 or names[0].startswith("All ")
    who, its = f"{joined(names)} {'are' if many else 'is'}", "their" if many else "its"
    week, _, way = status.rpartition(", ")
    if status == "new":
        shown = joined(names)
        return f"New this week: {shown.replace('All', 'all', 1) if names[0].startswith('All ') else shown}."
    if way not in ("still rising", "easing"):
        return f"{who} in uptick."
    return f"{who} in {its} {week}{', easing' if way == 'easing' else ''}."


def gone_words(region: str, status: str, window: str = "") -> str:
    """Return that a region is not called any more, and why; never that it has ended.

    Examples
    --------
    >>> gone_words("Diyala", "no longer called: fell from 41 to 12", "fortnight")
    'Diyala is no longer in uptick: its fortnight fell from 41 to 12.'
    >>> gone_words("All regions together", "no longer called: the rise has become part of its baseline")
    'All regions together are no longer in uptick: the rise has become part of its baseline.'
    """
    why = status.partition(": ")[2]
    if why.startswith("fell"):
        why = f"its {window} {why}" if window else why
    return f"{region} {'are' if region.startswith('All ') else 'is'} no longer in uptick: {why}."


def falls_words(called: Sequence[str], halved: Sequence[str], *, late: bool, told: bool = False) -> str:
    """Return which regions are far below their usual, and which at half of it without a call.

    Parameters
    ----------
    called, halved : sequence of str
        A region each, with its numbers; the largest first.
    late : bool
        Whether reports may still come.
    told : bool
        Whether falls that are called stand elsewhere on the page.

    Examples
    --------
    >>> falls_words(["Baghdad 3, usual 10"], [], late=True)
    '▼ Far below usual, or late reports: Baghdad 3, usual 10.'
    >>> falls_words([], ["Anbar 21, usual 100"], late=True).partition(". ")[0]
    '▽ Half the usual or less: Anbar 21, usual 100'
    >>> falls_words([], ["Anbar 1, usual 10"], late=False).partition(". ")[2]
    'The ups and downs of the year before could explain it: a real fall is not proven.'
    >>> falls_words([], [], late=True)
    ''
    """
    said = f"{far_below_words(not late)}: {_most(called)}." if called else ""
    said = f"▼ F{said[3:]}" if said else ""
    if halved:
        why = "The ups and downs of the year before" + (", or late reports," if late else "")
        low = f"▽ {'Also half' if said or told else 'Half'} the usual or less: {_most(halved)}."
        said = f"{said} {low} {why} could explain it: a real fall is not proven.".lstrip()
    return said


def _most(parts: Sequence[str]) -> str:
    """Return the first of several regions, and count the rest."""
    left = len(parts) - _FALLS
    return " · ".join([*parts[:_FALLS], *([f"and {left} more"] if left > 0 else [])])
