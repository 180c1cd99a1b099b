"""The table of an uptick test: one row a region, its numbers, its grade and its verdict."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.windows.answer import Answer, Asked
from analytics.kernels.windows.hypothetical import THREE
from analytics.kernels.windows.lrd import REASONS
from analytics.periods import DAY
from analytics.results.grades import ABOVE, NoData, Rules, Seen
from analytics.upticks.decide import LATE, Found, graded_columns, ratio_bound, too_few
from analytics.upticks.windows import Split

__all__ = ["heavy_day", "no_data", "none_since", "uptick_frame"]

Lost = NoData | Literal[""]
_SHARE = 1 / 3  # a day with so much of the window is named
_NO_START = "too few incidents before it for any count to be told from chance at this level"
_NO_THREE = "too few incidents before it for a count on three days to be told from chance at this level"


def uptick_frame(
    split: Split, counts: Counts, asked: Asked, found: Answer, withheld: tuple[Lost, str] = ("", "")
) -> pd.DataFrame:
    """Return one row a region: the numbers, and what follows from them.

    `withheld` is why there is no verdict at all, as a word and in words, ("", "") where there may be one.
    """
    bounds = found.bounds
    qvalue = found.qvalue
    rules = Rules(
        asked.alpha,
        asked.margin,
        asked.sought,
        asked.completeness is not None,
        len(counts.regions) > 1,
        asked.upper,
    )
    lost: list[tuple[Lost, str]] = [withheld] * len(counts.regions)
    if not withheld[0]:
        lost = no_data(split, found.reasons, counts.period_days)
    gone = np.array([bool(word) for word, _ in lost])  # no count would be called there
    starts_at, starts_at_3, detectable = (
        np.where(gone, np.nan, each) for each in (bounds.starts_at, bounds.starts_at_3, bounds.detectable)
    )
    since = none_since(split, counts)
    days = heavy_day(split, counts, bounds.ratio) if asked.upper else [("", 0)] * len(since)
    numbers = {
        "observed": found.observed,
        "expected": bounds.expected,
        "ratio": bounds.ratio,
        "limit": bounds.limit,
        "low": bounds.low if asked.upper else bounds.high,
        "detectable": detectable,
        "alone": bounds.detectable_alone,
        "starts_at": starts_at,
        "break_even": np.full(len(lost), np.nan) if rules.known else bounds.break_even,
        "windows": (split.baseline_covered.sum(axis=0) // split.length).astype(float),
    }
    values = zip(*(each.tolist() for each in numbers.values()), strict=True)
    pvalues = zip(found.pvalue.tolist(), qvalue.tolist(), strict=True)
    rows = []
    for i, ((word, why), value, (p, q)) in enumerate(zip(lost, values, pvalues, strict=True)):
        of = dict(zip(numbers, value, strict=True))
        # A window covered in part is tested, for the record, but nothing is concluded from it.
        row = Found(
            p,
            q,
            ratio_bound(of["limit"], asked.margin, upper=asked.upper),
            untested=found.reasons[i] or why,
            few=too_few(of["observed"], MIN_OBSERVED, "call an uptick") if asked.upper else "",
            doubt=LATE if asked.completeness is None else "",
        )
        seen = Seen(**of, no_data=word, why=why, none_since=since[i], day=days[i][0])
        rows.append((row, seen))
    graded = graded_columns(rows, rules)
    return pd.DataFrame(
        {
            "region": list(counts.regions),
            "observed": found.observed,
            "expected": bounds.expected,
            "rate_ratio": bounds.ratio,
            "low": bounds.low,
            "high": bounds.high,
            "limit": bounds.limit,
            "pvalue": found.pvalue,
            "qvalue": qvalue,
            **graded,
            "starts_at": starts_at,
            "starts_at_3": starts_at_3,
            "starts_note": _start_notes(
                starts_at,
                starts_at_3 if asked.upper and split.length > THREE else starts_at,
                lost,
                found.reasons,
            ),
            "detectable": detectable,
            "break_even": [seen.break_even for _, seen in rows],
            "far_below": found.far_below,
            "day": [seen.day for _, seen in rows],
            "dispersion": bounds.dispersion,
            "null": np.where(found.rests, "expected", "constant"),
            "pvalue_constant": found.constant,
            "pvalue_expected": found.expected.pvalue,
            "expected_adjusted": found.expected.expected,
            "ratio_adjusted": found.expected.ratio,
            "baseline_total": np.where(split.baseline_covered, split.baseline, 0).sum(axis=0),
            "baseline_periods": split.baseline_covered.sum(axis=0),
            "recent_periods": split.recent_covered.sum(axis=0),
            "completeness": _shares(split, asked),
            **({"parent": list(counts.parents)} if counts.parents else {}),
            "model_based": bounds.model_based,
        }
    )


def _shares(split: Split, asked: Asked) -> FloatArray:
    """Return the mean completeness of each region's covered recent periods; NaN where it is not known."""
    if asked.completeness is None:
        return np.full(split.recent_covered.shape[1], np.nan)
    covered, days = split.recent_covered, split.recent_covered.sum(axis=0)
    least = asked.completeness.min(
        axis=0
    )  # so that the mean of equal shares is that share, to the last digit
    above = np.where(covered, asked.completeness - least, 0.0).sum(axis=0)
    return np.where(days > 0, least + above / np.maximum(days, 1), np.nan)


def no_data(split: Split, reasons: list[str], period_days: int) -> list[tuple[Lost, str]]:
    """Return why a region has no data, as a word and in words; ("", "") where it has."""
    covered = split.recent_covered.sum(axis=0)
    unit = "days" if period_days == 1 else "weeks"
    out: list[tuple[Lost, str]] = []
    for inside, reason in zip(covered.tolist(), reasons, strict=True):
        if reason == REASONS[1]:
            out.append(("uncovered", reason))
        elif inside < split.length:
            gone = split.length - inside
            have = "has" if gone == 1 else "have"
            out.append(("uncovered", f"{gone} of the {split.length} recent {unit} {have} no coverage"))
        elif reason == REASONS[2]:
            out.append(("short", reason))
        else:
            out.append(("", ""))
    return out


def none_since(split: Split, counts: Counts) -> list[str]:
    """Return since when none was recorded in regions covered throughout that hold none; "" for others."""
    empty = split.covered.all(axis=0) & ~split.values.any(axis=0)
    out = [""] * len(counts.regions)
    if not empty.any():
        return out
    before = counts.starts < split.baseline_window.start
    for i in np.flatnonzero(empty):
        past = np.flatnonzero(before & (counts.values[:, i] > 0))
        covered = np.flatnonzero(counts.coverage[:, i])
        at = past[-1] if past.size else covered[0]
        out[i] = str(counts.starts[at])
    return out


def heavy_day(split: Split, counts: Counts, ratio: FloatArray) -> list[tuple[str, int]]:
    """Return what a single day carries of each rise, such as "31 of the 45 on one day, 10 June", or ""."""
    none: list[tuple[str, int]] = [("", 0)] * len(counts.regions)
    if counts.period_days != 1:
        return none
    recent: npt.NDArray[np.int64] = np.where(split.recent_covered, split.recent, 0).astype(np.int64)
    total, most, at = recent.sum(axis=0), recent.max(axis=0), recent.argmax(axis=0)
    named = (most >= MIN_OBSERVED) & (most >= _SHARE * total) & (np.nan_to_num(ratio, nan=0.0) >= ABOVE)
    for i in np.flatnonzero(named):
        day = pd.Timestamp(split.recent_window.start + at[i] * DAY)
        none[i] = (f"{most[i]:,} of the {total[i]:,} on one day, {day.day} {day:%B}", int(most[i]))
    return none


def _start_notes(
    starts_at: FloatArray, on_three: FloatArray, lost: list[tuple[Lost, str]], reasons: list[str]
) -> list[str]:
    """Say why no count is given, where none is."""
    return [
        ("" if np.isfinite(three) else _NO_THREE)
        if np.isfinite(n)
        else why or (reason if reason not in REASONS else "") or _NO_START
        for n, three, (_, why), reason in zip(starts_at, on_three, lost, reasons, strict=True)
    ]
