"""What the data say to one claim, and what every kind of claim needs to say it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.results import ClaimResult, UptickResult, Verdict, format_number

__all__ = ["Answer", "Options", "answered", "joined", "seen_words"]


@dataclass(frozen=True, slots=True)
class Options:
    """What holds for every claim of a table."""

    alpha: float
    margin: float
    guard: int | None
    baseline: int | None
    completeness: float | None
    replicates: int
    seed: int


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What the data say to one claim under one definition."""

    test: str
    verdict: Verdict
    reason: str
    estimate_name: str = ""
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    pvalue: float = np.nan
    detectable: float = np.nan
    could_be_seen: str = "–"
    result: ClaimResult | UptickResult | None = None
    details: dict[str, pd.DataFrame] = field(default_factory=dict)


def seen_words(value: float, text: str, direction: str = "greater", *, digits: int = 2) -> str:
    """Say the smallest effect that would be seen in four cases out of five."""
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "none of any size"
    return text.format(format_number(value, digits), "or less" if direction == "less" else "or more")


def joined(*parts: str) -> str:
    """Return the parts that say something, with semicolons between."""
    return "; ".join(part for part in parts if part)


def answered(
    test: str,
    result: UptickResult | ClaimResult,
    measure: str,
    seen: str,
    *found: str,
    estimate: str = "estimate",
    details: dict[str, pd.DataFrame] | None = None,
) -> Answer:
    """Return the answer in the first row of a test's table, with what else was found behind its reason."""
    row = result.frame.iloc[0]
    return Answer(
        test,
        row["verdict"],
        joined(row["reason"], *found),
        measure,
        row[estimate],
        row["low"],
        row["high"],
        row["pvalue"],
        row["detectable"],
        seen,
        result,
        details or {},
    )
