"""Falls on the front page: who is far below the usual, and who at half of it without a call."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analytics.reporting.content.weekly.numbers import WeeklyNumbers
from analytics.results.grades import half_or_less
from analytics.results.words_report import named_numbers
from analytics.results.words_status import falls_words

__all__ = ["falls_line", "halved"]


def falls_line(numbers: WeeklyNumbers, name: str, shown: Collection[str] = ()) -> str:
    """Return one line on who fell, without those shown with their numbers anyway; "" where nobody did.

    `name` is what all regions together are called; they come first.
    """
    rows = numbers.rows if not numbers.single else numbers.rows.iloc[:0]
    whole = numbers.national.frame.assign(region=name)
    called = rows["far_below"].astype(bool)
    others = rows[called & ~rows["region"].isin(list(shown))]
    low = rows[~called & halved(rows)]
    down = bool(whole["far_below"].iloc[0])
    return falls_words(
        [*(_named(whole) if down else []), *_named(others)],
        [*(_named(whole) if not down and halved(whole).iloc[0] else []), *_named(low)],
        late=numbers.result.completeness is None,
        told=len(others) < called.sum(),
    )


def halved(rows: pd.DataFrame) -> pd.Series:
    """Return whether each region is at half its usual or less, where enough are usual to say so."""
    said = [half_or_less(*row) for row in rows[["observed", "expected", "grade"]].itertuples(index=False)]
    return pd.Series(said, index=rows.index, dtype=bool)


def _named(rows: pd.DataFrame) -> list[str]:
    order = np.argsort(-rows["expected"].to_numpy(dtype=float), kind="stable")
    return [
        named_numbers(name, observed, usual)
        for name, observed, usual in rows.iloc[order][["region", "observed", "expected"]].itertuples(
            index=False
        )
    ]
