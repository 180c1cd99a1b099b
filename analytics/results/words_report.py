"""Sentences of a report's front page: one fact each, its window named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analytics.results.grades import Grade, far_below_words, times
from analytics.results.words import counted, format_number, format_p

__all__ = [
    "GROUPS",
    "GROUP_OF",
    "change_words",
    "checks_words",
    "country_words",
    "facts_words",
    "falls_words",
    "gone_words",
    "lead_words",
    "means_words",
    "numbers_words",
    "quiet_words",
    "range_words",
    "reported_words",
    "running_words",
]

GROUPS = {
    "uptick": "Uptick",
    "above_usual": "Above usual, may be chance",
    "no_rise": "No rise shown",
    "not_judged": "Cannot be judged",
    "nothing": "No data, or none recorded",
}
"""The five lines of a front page, and their titles."""
_SMALL = 10  # a share of less than this says nothing
_FALLS = 5  # regions named in the line on falls
_WHY = {
    "spread": "its past ups and downs are too large",
    "short history": "its history is too short to know its ups and downs",
    "many regions": "many regions are tested at once",
}
"""Why a series cannot be judged, as the front page says it."""
_BRACKETS = "In brackets: how many times usual it may plausibly be, and"
_FACTS = {
    "p": f"{_BRACKETS} p: how often chance alone brings as many.",
    "q": f"{_BRACKETS} q: which share of the regions called up to that q is expected to be by chance.",
}
GROUP_OF: dict[Grade, str] = {
    "uptick": "uptick",
    "above_usual": "above_usual",
    "no_sign": "no_rise",
    "no_large_rise_if": "no_rise",
    "no_large_rise": "no_rise",
    "unsteady": "not_judged",
    "too_few": "not_judged",
    "no_data": "nothing",
    "none_recorded": "nothing",
}


def numbers_words(observed: float, usual: float) -> str:
    """Return a count beside what is usual.

    Examples
    --------
    >>> numbers_words(45, 15.0), numbers_words(3, 0.42), numbers_words(900, 855.2)
    ('45, usual 15', '3, usual 0.4', '900, usual 855')
    >>> numbers_words(5, float("nan"))
    '5, usual not known'
    """
    if np.isnan(usual):
        return f"{format_number(observed, 0)}, usual not known"
    return f"{format_number(observed, 0)}, usual {format_number(usual, 0 if usual >= 2 or usual == 0 else 1)}"


def lead_words(observed: float, usual: float, window: str) -> str:
    """Return the first sentence on a region.

    Examples
    --------
    >>> lead_words(45, 15.0, "fortnight")
    '45 in the fortnight, usual 15.'
    >>> lead_words(2836, 1354.4, "fortnight")
    '2,836 in the fortnight, usual 1,354.'
    """
    return f"{numbers_words(observed, usual).replace(', usual', f' in the {window}, usual', 1)}."


def facts_words(ratio: float, low: float, high: float, q: float, name: str = "q") -> str:
    """Return a ratio with its interval and its p- or q-value, for those who ask.

    Examples
    --------
    >>> facts_words(3.0, 1.239, 7.292, 0.0297)
    '3.0 times usual (1.2 to 7.3; q 0.03)'
    >>> facts_words(float("inf"), 2.5, float("inf"), 0.00001, "p")
    'from 2.5 times usual (p <0.0001)'
    """
    value = f"{name} {format_p(q)}"
    if not np.isfinite(ratio):
        return f"from {low:.1f} times usual ({value})" if np.isfinite(low) else value
    if np.isnan(low) and np.isnan(high):
        return f"{_ratio(ratio)} times usual ({value})"
    ends = f"{_ratio(0.0 if np.isnan(low) else low)} to {_ratio(high)}"
    return f"{_ratio(ratio)} times usual ({ends}; {value})"


def _ratio(value: float) -> str:
    return "over 20" if value > 20 else f"{value:.1f}"


def range_words(values: Sequence[float]) -> str:
    """Return one number, or the smallest and the largest of several, as readers see ratios.

    Examples
    --------
    >>> range_words([3.01, 3.52]), range_words([3.0]), range_words([float("nan")])
    ('3.1 to 3.6', '3', '')
    """
    known = sorted(value for value in values if np.isfinite(value))
    if not known:
        return ""
    ends = list(dict.fromkeys(times(value) for value in (known[0], known[-1])))
    return " to ".join(ends)


def quiet_words(detectable: Sequence[float], ruled_out: int, margin: float, only: str = "") -> str:
    """Return how small a rise could have been missed in a week without an uptick; "" where none can say.

    Parameters
    ----------
    detectable : sequence of float
        Of each region without a sign of an uptick, the rise that would very likely have shown.
    ruled_out : int
        In how many a rise to the margin is ruled out.
    margin : float
    only : str
        The region's name, where it is one alone.

    Examples
    --------
    >>> quiet_words([3.01, 3.52], 0, 1.5).partition("; ")[0]
    'In 2, a rise to 3.1 to 3.6 times would very likely (4 in 5) have shown'
    >>> quiet_words([], 3, 1.5)
    'In 3, a rise to 1.5 times is ruled out; a smaller one could have been missed.'
    >>> quiet_words([3.0], 0, 1.5, "Ninewa").partition(" would")[0]
    'In Ninewa, a rise to 3 times'
    """
    missed = "a smaller one could have been missed"
    if detectable:
        rise = f"a rise to {range_words(detectable)} times would very likely (4 in 5) have shown"
        return f"In {only or len(detectable)}, {rise}; {missed}."
    if ruled_out:
        return f"In {only or ruled_out}, a rise to {margin:g} times is ruled out; {missed}."
    return ""


def falls_words(called: Sequence[str], halved: Sequence[str], *, late: bool, told: bool = False) -> str:
    """Return which regions are far below their usual, and which at half of it without a call.

    Parameters
    ----------
    called, halved : sequence of str
        A region each, with its numbers; the largest first.
    late : bool
        Whether reports may still come.
    told : bool
        Whether falls that are called stand elsewhere on the page: nothing is then said where no other is.

    Examples
    --------
    >>> falls_words(["Baghdad 3, usual 10"], [], late=True)
    '▼ Far below usual, or late reports: Baghdad 3, usual 10.'
    >>> falls_words([], ["Anbar 21, usual 100"], late=False)
    '▼ No fall is called. At half the usual or less, within their ups and downs: Anbar 21, usual 100.'
    >>> falls_words([], [], late=True)
    '▼ No region is far below its usual.'
    >>> falls_words([], ["Anbar 21, usual 100"], late=False, told=True)
    '▼ Also at half the usual or less, within their ups and downs: Anbar 21, usual 100.'
    """
    said = f"{far_below_words(not late)}: {_most(called)}." if called else ""
    said = f"▼ F{said[3:]}" if said else "▼ No fall is called." if halved and not told else ""
    if halved:
        why = "within their ups and downs" + (", or late reports" if late else "")
        at = f"{said} At" if said else "▼ Also at"
        said = f"{at} half the usual or less, {why}: {_most(halved)}."
    return said or ("" if told else "▼ No region is far below its usual.")


def _most(parts: Sequence[str]) -> str:
    """Return the first of several regions, and count the rest."""
    left = len(parts) - _FALLS
    return " · ".join([*parts[:_FALLS], *([f"and {left} more"] if left > 0 else [])])


def change_words(now: float, before: float) -> str:
    """Return how a number compares with another, in words.

    Examples
    --------
    >>> change_words(50, 66), change_words(5, 2), change_words(3, 3), change_words(40, 20)
    ('24 % fewer than', 'more than', 'as many as', '2.0 times')
    """
    if now == before:
        return "as many as"
    word = "more" if now > before else "fewer"
    if before < _SMALL:
        return f"{word} than"
    share = abs(now / before - 1)
    return f"{now / before:.1f} times" if share >= 1 else f"{100 * share:.0f} % {word} than"


def checks_words(stands: Sequence[str], fails: Sequence[str], *, explained: bool | None) -> str:
    """Return what an uptick stands and what it does not.

    Parameters
    ----------
    stands, fails : sequence of str
        The checks passed and not passed, such as "without coarse dates".
    explained : bool or None
        Whether trend and season could explain it; None where that could not be tested.

    Examples
    --------
    >>> checks_words(["without coarse dates", "without its largest past episode"], [], explained=False)
    'Holds against trend and season, without coarse dates and without its largest past episode.'
    >>> checks_words([], ["without coarse dates"], explained=True)
    'Does not hold without coarse dates. Trend and season could explain it.'
    >>> checks_words(["without coarse dates"], [], explained=None)
    'Holds without coarse dates. Not tested against trend and season.'
    """
    good = [*(["against trend and season"] if explained is False else []), *stands]
    said = [f"Holds {_joined(good)}."] if good else []
    said += [f"Does not hold {_joined(list(fails))}."] if fails else []
    if explained is not False:
        said += [
            "Trend and season could explain it." if explained else "Not tested against trend and season."
        ]
    return " ".join(said)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def gone_words(region: str, status: str) -> str:
    """Return that a region is not called any more, and why; never that it has ended.

    Examples
    --------
    >>> gone_words("Diyala", "no longer called: fell from 41 to 12")
    'Diyala is no longer in uptick: fell from 41 to 12.'
    """
    return f"{region} is no longer in uptick: {status.partition(': ')[2]}."


def country_words(observed: float, usual: float, window: str, words: str) -> str:
    """Return the sentence on all regions together: numbers, then what they are called.

    Examples
    --------
    >>> country_words(116, 94.7, "fortnight", "no sign of an uptick; a rise to 1.9 times would have shown")
    '116 in the fortnight, usual 95: no sign of an uptick.'
    >>> country_words(3, 24.0, "fortnight", "swings too much to judge: spread; an uptick from 243")
    '3 in the fortnight, usual 24: swings too much to judge (its past ups and downs are too large).'
    """
    said = words.partition("; ")[0]
    head, _, why = said.partition(": ")
    if why:
        said = head if head in ("uptick", "decrease") else f"{head} ({_WHY.get(why, why)})"
    if not np.isfinite(observed):
        return f"{words[:1].upper()}{words[1:]}."
    return f"{lead_words(observed, usual, window)[:-1]}: {said}."


def reported_words(completeness: float | None, basis: str = "") -> str:
    """Return how much of the recent days is reported, as far as that is known.

    Examples
    --------
    >>> reported_words(None), reported_words(0.9), reported_words(1.0)
    ('not known', 'about 90 %', 'all, as far as known')
    """
    if completeness is None:
        return "not known"
    return "all, as far as known" if completeness >= 0.995 else f"about {100 * completeness:.0f} %"


def means_words(
    window: str,
    alpha: float,
    regions: int,
    *,
    late: bool,
    by_chance: str = "",
    facts: Literal["", "p", "q"] = "",
) -> str:
    """Return what "uptick" means, and how often a report names a region by chance.

    Parameters
    ----------
    window : str
    alpha : float
        Level of the verdicts.
    regions : int
        How many are tested together.
    late : bool
        Whether reports may still come.
    by_chance : str
        How often chance alone names one, as measured; the permitted rate unless given.
    facts : {"", "p", "q"}
        Whether the page shows an interval with a p- or a q-value, which is then explained.

    Examples
    --------
    >>> means_words("fortnight", 0.05, 1, late=False).partition(". ")[2]
    'In calm times at most 1 report in 20 names one by chance.'
    >>> means_words("fortnight", 0.05, 1, late=False, facts="p").partition("chance. ")[2]
    'In brackets: how many times usual it may plausibly be, and p: how often chance alone brings as many.'
    """
    text = f"more incidents in the {window} than the year before explains, its ups and downs included"
    many = f", at {100 * alpha:g} % false discoveries among the regions" if regions > 1 else ""
    one = "a region" if regions > 1 else "one"
    chance = by_chance or f"In calm times at most 1 report in {1 / alpha:.0f} names {one} by chance."
    said = f"{text}{many}. {chance}" + (" Late reports can only add to these counts." if late else "")
    return f"{said} {_FACTS[facts]}" if facts else said


def running_words(days: int, so_far: int) -> str:
    """Return what is said of a week still running.

    Examples
    --------
    >>> running_words(3, 1)
    'The week after it was still running (3 of 7 days): its 1 incident so far enters no test.'
    """
    return (
        f"The week after it was still running ({days} of 7 days): its {counted(so_far, 'incident')} so far "
        f"{'enters' if so_far == 1 else 'enter'} no test."
    )
