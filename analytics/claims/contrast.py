"""What can be described beside a causal claim: there and elsewhere, before and after, at placebo dates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, FloatArray
from analytics.claims.series import Asked, Unanswerable
from analytics.periods import DAY
from analytics.results import format_number

__all__ = ["contrast", "contrast_words"]

_BEFORE = 364  # days compared with, where there are so many and half a year of placebo dates beside
_SPARE = 182


def contrast(asked: Asked) -> pd.DataFrame:
    """Compare rates after and before the claim's start, inside and outside, there and at placebo dates.

    Returns
    -------
    DataFrame
        date, claimed, inside, outside (rate after over rate before), ratio (inside over outside; inside alone
        where the claim is about all regions). Placebo dates are every week back, with windows as long, that
        end before the claimed date. Days without coverage are left out; ratios without a rate are NaN.

    Raises
    ------
    Unanswerable
        If there is too little time before the claim's start.
    """
    counts = asked.count(every=True)
    members = asked.members()
    within = np.isin(counts.regions, members) if members else np.ones(len(counts.regions), bool)
    covered = np.asarray(counts.coverage.all(axis=1))
    values = np.where(covered[:, None], counts.values, 0)
    after = asked.window.days
    at = int((asked.window.start - counts.starts[0]) / DAY)
    before = _BEFORE if at >= _BEFORE + after + _SPARE else (at - after) // 2
    if before < after:
        raise Unanswerable(
            f"there are {at} days before {asked.window.start}, too few to compare {after} days with"
        )
    dates = np.arange(at, before - 1, -7)
    dates = dates[(dates == at) | (dates + after <= at)][::-1]
    inside = _change(values[:, within].sum(axis=1), covered, dates, before, after)
    outside = _change(values[:, ~within].sum(axis=1), covered, dates, before, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = inside if not members else inside / outside
    return pd.DataFrame(
        {
            "date": (counts.starts[0] + dates * DAY).astype("datetime64[us]"),
            "claimed": dates == at,
            "days_before": before,
            "days_after": after,
            "inside": inside,
            "outside": outside if members else np.nan,
            "ratio": np.where(np.isfinite(ratio), ratio, np.nan),
        }
    )


def _change(
    values: npt.NDArray[np.integer],
    covered: BoolArray,
    dates: npt.NDArray[np.integer],
    before: int,
    after: int,
) -> FloatArray:
    total = np.r_[0, np.cumsum(values)].astype(float)
    days = np.r_[0, np.cumsum(covered)].astype(float)

    def rate(start: npt.NDArray[np.integer], end: npt.NDArray[np.integer]) -> FloatArray:
        known = days[end] - days[start]
        return np.asarray((total[end] - total[start]) / np.where(known > 0, known, np.nan))

    with np.errstate(divide="ignore", invalid="ignore"):
        changed = rate(dates, dates + after) / rate(dates - before, dates)
    return np.where(np.isfinite(changed), changed, np.nan)


def contrast_words(table: pd.DataFrame, place: str) -> str:
    """Return the contrast as a reader would say it."""
    row = table[table["claimed"]].iloc[0]
    placebo = table.loc[~table["claimed"], "ratio"].dropna().to_numpy(dtype=float)
    elsewhere = not np.isnan(row["outside"])
    said = (
        f"beside it: in {place} {format_number(row['inside'], 2)} times the rate of the "
        f"{row['days_before']} days before {row['date']:%Y-%m-%d}"
    )
    if elsewhere:
        said += (
            f", elsewhere {format_number(row['outside'], 2)} times, which is a ratio of "
            f"{format_number(row['ratio'], 2)}"
        )
    if not placebo.size or np.isnan(row["ratio"]):
        return f"{said}; there is no placebo date to compare with"
    low, high = np.quantile(placebo, (0.05, 0.95))
    above = int((placebo >= row["ratio"]).sum())
    return (
        f"{said}; at {placebo.size} earlier dates, for which nothing is claimed, the ratio was "
        f"{format_number(low, 2)} to {format_number(high, 2)} in nine of ten, and as large "
        f"at {above or 'none'} of them"
    )
