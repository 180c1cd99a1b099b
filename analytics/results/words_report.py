"""Sentences of a report's front page: one fact each, its window named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.results.grades import Grade, times
from analytics.results.words import counted, format_number

__all__ = [
    "GROUPS",
    "GROUP_OF",
    "SHORT",
    "chance_words",
    "change_words",
    "checks_words",
    "country_words",
    "facts_words",
    "lead_words",
    "means_words",
    "named_numbers",
    "numbers_words",
    "quiet_words",
    "reported_words",
    "running_words",
    "swing_words",
]

GROUPS = {
    "uptick": "Uptick",
    "above_usual": "Above usual, may be chance",
    "no_rise": "Judged, no uptick",
    "not_judged": "Cannot be judged",
    "nothing": "No data, or none recorded",
}
"""The five lines of a front page, and their titles."""
_SMALL = 10  # a share of less than this says nothing
SHORT = "short history"
_SWINGS = {False: "swings too much to judge", True: "swings too much for so short a history"}
_DECIMALS = 10  # below it what is usual has a decimal, so that ratios fit what is shown
_CERTAIN = 0.01  # a share of calls by chance below which it is said to be less than that
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
    >>> numbers_words(45, 15.0), numbers_words(28, 2.41), numbers_words(900, 855.2)
    ('45, usual 15', '28, usual 2.4', '900, usual 855')
    >>> numbers_words(5, float("nan"))
    '5, usual not known'
    """
    if np.isnan(usual):
        return f"{format_number(observed, 0)}, usual not known"
    digits = 1 if 0 < usual < _DECIMALS else 0
    return f"{format_number(observed, 0)}, usual {format_number(usual, digits)}"


def named_numbers(name: str, observed: float, usual: float) -> str:
    """Return a region with its numbers; a name that ends in a number is set apart from them.

    Examples
    --------
    >>> named_numbers("Anbar", 10, 13.6), named_numbers("Area 46", 7, 8.2)
    ('Anbar 10, usual 14', 'Area 46: 7, usual 8.2')
    """
    return f"{name}{':' * name[-1:].isdigit()} {numbers_words(observed, usual)}"


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


def facts_words(ratio: float, low: float, high: float) -> str:
    """Return a ratio with its interval, for those who ask.

    Examples
    --------
    >>> facts_words(3.0, 1.239, 7.292)
    '3.0 times usual, plausibly 1.2 to 7.3'
    >>> facts_words(float("inf"), 2.5, float("inf"))
    'plausibly over 2.5 times usual'
    """
    if not np.isfinite(ratio):
        return f"plausibly over {low:.1f} times usual" if np.isfinite(low) else ""
    if np.isnan(low) and np.isnan(high):
        return f"{_ratio(ratio)} times usual"
    return f"{_ratio(ratio)} times usual, plausibly {_ratio(0.0 if np.isnan(low) else low)} to {_ratio(high)}"


def chance_words(value: float, *, several: bool) -> str:
    """Return what the p-value of one series, or the largest q-value of several called, says: a sentence.

    Examples
    --------
    >>> chance_words(0.0297, several=True)
    'Fairly. About 3 in 100 such upticks would be chance.'
    >>> chance_words(0.004, several=True)
    'Very. Under 1 in 100 such upticks would be chance.'
    >>> chance_words(0.04, several=False)
    'Fairly. Chance alone brings as many in about 4 of 100 windows.'
    """
    sure, share = ("Very.", "under 1") if value < _CERTAIN else ("Fairly.", f"about {100 * value:.0f}")
    if not several:
        return f"{sure} Chance alone brings as many in {share} of 100 windows."
    return f"{sure} {share[0].upper()}{share[1:]} in 100 such upticks would be chance."


def _ratio(value: float) -> str:
    return "over 20" if value > 20 else f"{value:.1f}"


def swing_words(why: str, regions: int = 1) -> str:
    """Return why so many series that swing too much cannot be judged.

    Examples
    --------
    >>> swing_words("short history", 3), swing_words("spread"), swing_words("many regions")
    ('swing too much for so short a history', 'swings too much to judge', 'swings too much to judge')
    """
    said = _SWINGS[why == SHORT]
    return said if regions == 1 else said.replace("swings", "swing", 1)


def quiet_words(
    detectable: Sequence[float],
    ruled_out: Sequence[str],
    ruled_out_if: Sequence[str],
    margin: float,
    names: Sequence[str] = (),
) -> str:
    """Return how small a rise could have been missed in a week without an uptick; "" where none can say.

    Parameters
    ----------
    detectable : sequence of float
        Of each region without a sign of an uptick, the rise that would very likely have shown.
    ruled_out, ruled_out_if : sequence of str
        The regions in which a rise to the margin is ruled out, and where it is if few reports are late.
    margin : float
    names : sequence of str
        The regions without a sign.

    Examples
    --------
    >>> print(quiet_words([3.01, 3.52], [], [], 1.5, ["Ninewa", "Erbil"]))
    In these 2, a rise to 3.6 times usual would very likely (4 in 5) have shown; a smaller one may be missed.
    >>> quiet_words([], [], ["Anbar"], 1.5)
    'In Anbar, a rise to 1.5 times usual is ruled out if few reports are late.'
    """
    judged = len(detectable) + len(ruled_out) + len(ruled_out_if)

    def where(regions: Sequence[str]) -> str:
        number = f"these {judged}" if len(regions) == judged else f"{len(regions)} of the {judged}"
        return f"In {regions[0] if len(regions) == 1 else number}, a rise to"

    said = []
    if detectable:
        shown = "times usual would very likely (4 in 5) have shown; a smaller one may be missed"
        said.append(f"{where(names)} {times(max(detectable))} {shown}.")
    if ruled_out:
        said.append(f"{where(ruled_out)} {margin:g} times usual is ruled out.")
    if ruled_out_if:
        said.append(f"{where(ruled_out_if)} {margin:g} times usual is ruled out if few reports are late.")
    return " ".join(said)


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


def checks_words(
    stands: Sequence[str], fails: Sequence[str], *, explained: bool | None, mean: bool = True
) -> str:
    """Return what an uptick stands and what it does not.

    Parameters
    ----------
    stands, fails : sequence of str
        The checks passed and not passed, such as "without inexact dates".
    explained : bool or None
        Whether trend and season could explain it; None where that could not be tested.
    mean : bool
        Whether it stands against the mean of the baseline too.

    Examples
    --------
    >>> checks_words(["without inexact dates", "without its largest past rise"], [], explained=False)
    'Still an uptick against trend and season, without inexact dates and without its largest past rise.'
    >>> checks_words([], ["without inexact dates"], explained=True)
    'No uptick without inexact dates. Trend and season could explain it.'
    >>> checks_words(["without inexact dates"], [], explained=None)
    'Still an uptick without inexact dates. Not tested against trend and season.'
    """
    good = [*(["against trend and season"] if explained is False else []), *stands]
    said = [f"Still an uptick {_joined(good)}."] if good else []
    said += [f"No uptick {_joined(list(fails))}."] if fails else []
    if explained is not False:
        said += [
            "Trend and season could explain it." if explained else "Not tested against trend and season."
        ]
    said += [] if mean else ["No uptick against the baseline's mean."]
    return " ".join(said)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def country_words(observed: float, usual: float, window: str, words: str) -> str:
    """Return the sentence on all regions together: numbers, then what they are called.

    Examples
    --------
    >>> country_words(116, 94.7, "fortnight", "no sign of an uptick; a rise to 1.9 times would have shown")
    '116 in the fortnight, usual 95: no sign of an uptick.'
    >>> country_words(3, 24.0, "fortnight", "swings too much to judge: short history; an uptick from 243")
    '3 in the fortnight, usual 24: swings too much for so short a history.'
    """
    said = words.partition("; ")[0]
    head, _, why = said.partition(": ")
    if why:
        swings = head.startswith("swings")
        said = head if head in ("uptick", "decrease") else swing_words(why) if swings else f"{head} ({why})"
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


def means_words(window: str, alpha: float, regions: int, *, late: bool, by_chance: str = "") -> str:
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

    Examples
    --------
    >>> means_words("fortnight", 0.05, 1, late=False).partition(". ")[2]
    'In calm times at most 1 report in 20 names one by chance.'
    """
    text = f"more incidents in the {window} than the year before explains, its ups and downs included"
    one = "a region" if regions > 1 else "one"
    chance = by_chance or f"In calm times at most 1 report in {1 / alpha:.0f} names {one} by chance."
    return f"{text}. {chance}" + (" Late reports can only add to these counts." if late else "")


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
