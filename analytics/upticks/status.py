"""What is new since the week before, and what next week's line is: the same test, on other weeks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics._typing import BoolArray
from analytics.kernels.windows.answer import Asked, History, next_starts
from analytics.results.uptick import UptickResult
from analytics.results.words import SUPPORTED
from analytics.upticks.nested import Nested
from analytics.upticks.windows import Split

__all__ = ["last_days", "statuses", "watch_lines"]

_WEEKS = 4  # weeks looked back over for how long a region has been called
_ORDINALS = ("second", "third", "fourth", "fifth")


def statuses(
    now: UptickResult,
    called_then: Callable[[int], BoolArray | None],
    before: Callable[[int], UptickResult | None],
    split: Split,
) -> pd.Series:
    """Return each region's status in words, "" where it is not called and was not the week before.

    Parameters
    ----------
    now : UptickResult
    called_then : function
        Takes a number of weeks, returns which regions the same test called on the counts as of so many weeks
        before; None where the history is too short for it.
    before : function
        The same, but the whole result, which is asked for only where a region is no longer called.
    split : Split
        The counts that `now` rests on.

    Returns
    -------
    Series of str
        Indexed by region: "new", "second week, still rising" (the last seven days above usual), "second week,
        easing", or "no longer called: " and why.
    """
    frame = now.frame.set_index("region")
    called = frame["verdict"] == SUPPORTED
    words = pd.Series("", index=frame.index, name="status", dtype="str")
    last = called_then(1)
    if last is None:
        words[called] = "called; too little history to say since when"
        return words
    was = pd.Series(last, index=frame.index)
    words[called & ~was] = "new"
    gone = frame.index[was & ~called]
    if len(gone) and (result := before(1)) is not None:
        then = result.frame.set_index("region")
        for name in gone:
            words[name] = f"no longer called: {_gone(frame.loc[name], then.loc[name])}"
    running, rising = called & was, _rising(split, now.frame, now.direction)
    weeks = pd.Series(2, index=frame.index)
    still = running.copy()
    for ago in range(2, _WEEKS + 1):
        if not still.any() or (earlier := called_then(ago)) is None:
            break
        still &= earlier
        weeks[still] = ago + 1
    for at, name in enumerate(frame.index):
        if running[name]:
            week = int(weeks[name])
            more = " or later" if week == _WEEKS + 1 else ""
            words[name] = f"{_ORDINALS[week - 2]} week{more}, {'still rising' if rising[at] else 'easing'}"
    return words


def last_days(split: Split, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the seven days before the last hold in each region, what the last hold, and the usual.

    The usual is that of the null hypothesis a region's row in the `frame` rests on.
    """
    step = int((split.recent_window.days) // split.length)
    last = max(7 // step, 1)
    days = np.maximum(split.baseline_covered.sum(axis=0), 1)
    usual = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) / days * last
    rests = (frame["null"] == "expected").to_numpy() & frame["expected"].notna().to_numpy()
    usual = np.where(rests, frame["expected"].to_numpy(dtype=float) * last / split.length, usual)
    recent = np.where(split.recent_covered, split.recent, 0)
    now, before = recent[-last:].sum(axis=0), recent[-2 * last : -last].sum(axis=0)
    return np.asarray(before), np.asarray(now), np.asarray(usual)


def _rising(split: Split, frame: pd.DataFrame, direction: str) -> np.ndarray:
    """Return whether the last seven days lie on the far side of usual."""
    _, now, usual = last_days(split, frame)
    return np.asarray(now > usual if direction == "greater" else now < usual)


def _gone(now: pd.Series, then: pd.Series) -> str:
    """Say why a region that was called the week before is not any more."""
    if now["grade"] == "no_data":
        return "no data"
    if not now["observed"] < then["observed"] and now["expected"] > then["expected"]:
        return "the rise has become part of its baseline"
    if now["pvalue"] <= then["pvalue"] or now["observed"] >= now_start(then):
        return "others changed, and with them the level"
    return f"fell from {then['observed']:.0f} to {now['observed']:.0f}"


def now_start(then: pd.Series) -> float:
    """Return the count that was enough the week before."""
    return float(then["starts_at"]) if np.isfinite(then["starts_at"]) else np.inf


def watch_lines(
    split: Split,
    asked: Asked,
    history: History,
    regions: tuple[str, ...],
    step: int,
    nested: Nested | None = None,
) -> pd.DataFrame:
    """Return next week's lines: from how many incidents of its window an uptick would be called.

    At the first step of the family, alpha over the number of regions that can be tested, on next week's
    baseline and guard, whose days are all over.
    """
    periods = max(7 // step, 1)
    if nested is None:
        first, three = next_starts(split, asked, periods, history=history)
    else:
        first, three = nested.watch_from(split, asked, history, periods)
    return pd.DataFrame({"region": list(regions), "watch_from": first, "watch_from_3": three})
