"""Next week's lines, told apart: those within reach, and those that no count likely to come would meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics._typing import BoolArray, FloatArray
from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers

__all__ = ["FEW", "RECORD", "TIMES", "next_lines", "out_of_reach", "reachable", "within_reach"]

TIMES, RECORD, FEW = 4.0, 2.0, 10.0
"""A line above so many times the usual, so many times the largest window so far, and so many at all is out of
reach: no count that could plausibly come would be called."""
_NEXT = 4  # regions whose next line is named


def reachable(numbers: WeeklyNumbers) -> pd.DataFrame:
    """Return next week's lines, the largest usual first, and whether each is within reach."""
    lines = numbers.watch.dropna(subset=["watch_from"])
    usual = numbers.rows.set_index("region")["expected"].reindex(lines["region"]).to_numpy(dtype=float)
    usual = np.nan_to_num(usual)
    within = within_reach(numbers, lines["region"].tolist(), lines["watch_from"].to_numpy(dtype=float))
    made = lines.assign(usual=usual, within=within)
    return made.iloc[np.argsort(-usual, kind="stable")].reset_index(drop=True)


def within_reach(numbers: WeeklyNumbers, regions: Sequence[str], starts: FloatArray) -> BoolArray:
    """Return for each region whether a count that could plausibly come would meet its line."""
    names = list(regions)
    usual = numbers.rows.set_index("region")["expected"].reindex(names).to_numpy(dtype=float)
    largest = pd.Series(
        _largest(numbers, max(RECENT // numbers.counts.period_days, 1)), numbers.counts.regions
    )
    record = largest.reindex(names).to_numpy(dtype=float)
    reach = np.maximum(TIMES * np.nan_to_num(usual), RECORD * np.nan_to_num(record))
    return np.asarray(starts <= np.maximum(reach, FEW))


def _largest(numbers: WeeklyNumbers, periods: int) -> np.ndarray:
    """Return the largest window of each region's covered past."""
    counts = numbers.counts
    values = np.where(counts.coverage, counts.values, 0)
    sums = np.cumsum(np.vstack([np.zeros((1, values.shape[1]), int), values]), axis=0)
    return np.asarray((sums[periods:] - sums[:-periods]).max(axis=0, initial=0))


def next_lines(numbers: WeeklyNumbers) -> str:
    """Return from how many on an uptick would be called next week; "" where that is not known."""
    lines = reachable(numbers)
    if lines.empty:
        return ""
    near = lines[lines["within"]]
    if near.empty:
        return (
            "Next week every region would need over twice its largest fortnight so far for an uptick, "
            "so no number is given."
        )
    if len(numbers.rows) == 1:
        return f"Next week an uptick starts at {near['watch_from'].iloc[0]:,.0f}."
    first = near.head(_NEXT)
    named = [
        f"{name}{':' * name[-1:].isdigit()} {start:,.0f}"
        for name, start in zip(first["region"], first["watch_from"], strict=True)
    ]
    return f"Next week an uptick starts at: {' · '.join(named)}. {out_of_reach(lines)}".rstrip()


def out_of_reach(lines: pd.DataFrame) -> str:
    """Say how many regions are given no number, because none that is likely would be called, or ""."""
    far = int((~lines["within"]).sum())
    if not far:
        return ""
    who, its = (f"{far} more regions", "their") if far > 1 else ("1 more region", "its")
    return f"{who} would need over twice {its} largest fortnight so far, so no number is given."
