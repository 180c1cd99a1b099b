"""The rule that gives the verdict of every test, and its reason.

A test says what it found in each row (:class:`Found`); which verdict follows is decided here alone. From the
first rule that holds:

1. not tested: *cannot be told*, with the reason;
2. q (one row: p) at most alpha, and enough seen to call it: *supported*;
3. the limit rules out what would matter, and nothing speaks against saying so: *not supported*;
4. q at most alpha, but too little to call it: *cannot be told*;
5. p at most alpha alone, among several rows: *cannot be told*;
6. the limit rules it out, but late reports (or the like) could still change it: *cannot be told*;
7. what the data still allow: *cannot be told*.

The grades of :mod:`analytics.upticks.grades` are finer, and start from the same steps (:func:`step_of`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    Verdict,
    counted,
    p_words,
)

__all__ = ["LATE", "Found", "Limit", "decide", "decide_all", "is_called", "ratio_bound", "step_of", "too_few"]

Step = Literal["untested", "called", "ruled out", "few", "alone", "doubted", "open"]

LATE = "late reports could still change it (completeness not known)"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a one-sided 95 % limit says: whether it rules out what would matter, and the words for it.

    Attributes
    ----------
    harmless : bool
        The limit lies on the harmless side of the margin.
    ruled_out : str
        Reason beside "not supported".
    allowed : str
        Reason beside "cannot be told": what the data still allow.
    """

    harmless: bool
    ruled_out: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a test found in one row.

    Attributes
    ----------
    pvalue, qvalue : float
        NaN where the row was not tested.
    limit : Limit
    untested : str
        Why nothing can be concluded, whatever the numbers are; "" where there is no such reason.
    few : str
        Why a small q-value is not called; "" where it is.
    doubt : str
        Why "not supported" is not said where the limit is harmless; "" where it is said.
    called : str
        Reason beside "supported".
    among : str
        What the q-value is adjusted over, in the plural.
    """

    pvalue: float
    qvalue: float
    limit: Limit
    untested: str = ""
    few: str = ""
    doubt: str = ""
    called: str = ""
    among: str = "regions"


def is_called(qvalue: float, alpha: float, few: str = "") -> bool:
    """Return whether a q-value is supported: at most alpha, and nothing says that too little was seen."""
    return bool(qvalue <= alpha) and not few


def decide(found: Found, alpha: float) -> tuple[Verdict, str]:
    """Return the verdict of one row, and its reason.

    Examples
    --------
    >>> bound = ratio_bound(1.2, 1.5)
    >>> decide(Found(0.01, 0.03, bound), 0.05)
    ('supported', '')
    >>> decide(Found(0.04, 0.2, bound), 0.05)
    ('not supported', 'the ratio is below 1.20 (95 % limit), under 1.5')
    >>> decide(Found(0.04, 0.2, ratio_bound(2.2, 1.5)), 0.05)
    ('cannot be told', 'p = 0.04 alone, but q = 0.20 among the regions tested')
    >>> decide(Found(0.4, 0.5, bound), 0.05)
    ('not supported', 'the ratio is below 1.20 (95 % limit), under 1.5')
    """
    step = step_of(found, alpha)
    if step == "called":
        return SUPPORTED, found.called
    if step == "ruled out":
        return NOT_SUPPORTED, found.limit.ruled_out
    if step == "alone":
        p, q = p_words(found.pvalue), p_words(found.qvalue, "q")
        return CANNOT_BE_TOLD, f"{p} alone, but {q} among the {found.among} tested"
    reasons = {"untested": found.untested, "few": found.few, "doubted": found.doubt}
    return CANNOT_BE_TOLD, reasons.get(step, found.limit.allowed)


def step_of(found: Found, alpha: float) -> Step:
    """Return the first rule that holds; see the head of this module."""
    if found.untested:
        return "untested"
    if is_called(found.qvalue, alpha, found.few):
        return "called"
    if found.limit.harmless and not found.doubt:
        return "ruled out"
    if found.qvalue <= alpha:
        return "few"
    if found.pvalue <= alpha:
        return "alone"
    return "doubted" if found.limit.harmless else "open"


def decide_all(rows: Iterable[Found], alpha: float) -> tuple[list[Verdict], list[str]]:
    """Return the verdicts of all rows, and their reasons."""
    decided = [decide(found, alpha) for found in rows]
    return [verdict for verdict, _ in decided], [reason for _, reason in decided]


def ratio_bound(limit: float, margin: float, *, upper: bool = True, digits: int = 1) -> Limit:
    """Hold the one-sided 95 % limit of a ratio against the margin.

    Parameters
    ----------
    limit : float
        Upper limit where a rise is asked about (`upper`), lower limit where a fall is.
    margin : float
        Above 1; a fall is held against its inverse.
    digits : int
        Decimals of an upper limit in "the data allow ..."; a lower one has two.

    Examples
    --------
    >>> ratio_bound(0.81, 1.5, upper=False).ruled_out
    'the ratio is above 0.81 (95 % limit), over 0.67'
    >>> ratio_bound(float("inf"), 1.5).allowed
    'the data allow a ratio up to any size'
    """
    if upper:
        size = f"{limit:.{digits}f}" if np.isfinite(limit) else "any size"
        said = f"the ratio is below {limit:.2f} (95 % limit), under {margin:g}"
        return Limit(bool(limit < margin), said, f"the data allow a ratio up to {size}")
    said = f"the ratio is above {limit:.2f} (95 % limit), over {1 / margin:.2f}"
    return Limit(bool(limit > 1 / margin), said, f"the data allow a ratio down to {limit:.2f}")


def too_few(number: float, least: int, call: str, *, one: str = "incident", many: str = "incidents") -> str:
    """Return why a number of incidents is not called, or "" where it reaches `least`.

    Examples
    --------
    >>> too_few(1, 3, "call an uptick"), too_few(3, 3, "call an uptick")
    ('1 incident is too few to call an uptick', '')
    """
    if number >= least:
        return ""
    return f"{counted(number, one, many)} {'is' if number == 1 else 'are'} too few to {call}"
