"""Falls on the front page: who is far below the usual, and who at half of it without a call."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.results import listed
from analytics.results.grades import far_below_words
from analytics.results.words_report import falls_words, numbers_words

__all__ = ["HALF", "LEAST", "country_fall", "falls_line", "halved", "second_line"]

HALF, LEAST = 0.5, 10.0
"""A fall without a call is told of from half the usual on, where at least so many are usual."""


def falls_line(numbers: WeeklyNumbers, shown: Collection[str] = ()) -> str:
    """Return one line on the regions that fell, without those that are shown with their numbers anyway."""
    rows = numbers.rows
    called = rows["far_below"].astype(bool)
    others = rows[called & ~rows["region"].isin(list(shown))]
    low = rows[~called & halved(rows)]
    return falls_words(_named(others), _named(low), late=_late(numbers), told=len(others) < called.sum())


def second_line(numbers: WeeklyNumbers) -> str:
    """Return what the line below the headline says of regions far below their usual, or ""."""
    names = numbers.rows.loc[numbers.rows["far_below"].astype(bool), "region"].tolist()
    return f" {far_below_words(not _late(numbers))}: {listed(names)}." if names else ""


def country_fall(numbers: WeeklyNumbers) -> str:
    """Return the same of all regions together, as the end of a sentence."""
    frame = numbers.national.frame
    late = _late(numbers)
    if bool(frame["far_below"].iloc[0]):
        return f". {far_below_words(not late)}"
    if bool(halved(frame).iloc[0]):
        why = "its ups and downs" + (" or late reports" if late else "")
        return f". Half the usual or less, not called a fall: {why} could explain it"
    return ""


def halved(rows: pd.DataFrame) -> pd.Series:
    """Return whether each region is at half its usual or less, where enough are usual to say so."""
    observed, usual = (rows[name].astype(float) for name in ("observed", "expected"))
    return (usual >= LEAST) & (observed <= HALF * usual) & (rows["grade"] != "no_data")


def _late(numbers: WeeklyNumbers) -> bool:
    return numbers.result.completeness is None


def _named(rows: pd.DataFrame) -> list[str]:
    order = np.argsort(-rows["expected"].to_numpy(dtype=float), kind="stable")
    return [
        f"{name} {numbers_words(observed, usual)}"
        for name, observed, usual in rows.iloc[order][["region", "observed", "expected"]].itertuples(
            index=False
        )
    ]
