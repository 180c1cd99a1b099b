"""A recent window whose length was picked after looking: the largest standardised sum over several lengths.

The null distribution is that of the same maximum when the series is turned like a wheel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.common.dispersion import window_sums
from analytics.kernels.common.limits import MIN_OBSERVED
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.windows.answer import Asked
from analytics.kernels.windows.lrd import REASONS
from analytics.periods import DAY, Window
from analytics.results import UptickResult, family_words, p_words
from analytics.results.grades import Rules, Seen
from analytics.upticks.decide import Found, Limit, graded_columns, too_few
from analytics.upticks.rows import Lost, none_since
from analytics.upticks.windows import Split

__all__ = ["PickedWindow", "picked_result", "picked_window"]


def picked_result(
    counts: Counts,
    split: Split,
    asked: Asked,
    lengths: tuple[int, ...],
    common: dict[str, Any],
    parameters: dict[str, Any],
    held: tuple[Lost, str] = ("", ""),
) -> UptickResult:
    """Test the best of several windows in every region; see :func:`analytics.upticks.uptick_test`.

    The estimate is that of the best window and too large for that reason, so it has no interval, and "no
    uptick" is not said. `held` is why there is no verdict at all, as a word and in words, ("", "")
    where there may be.
    """
    step = counts.period_days
    if not lengths or any(days % step or days < step for days in lengths) or len(set(lengths)) < len(lengths):
        raise OptionError(
            "lengths is not usable", expected=f"different multiples of {step} days", found=str(lengths)
        )
    periods = tuple(sorted(days // step for days in lengths))
    found = picked_window(split.values, split.covered, periods, upper=asked.upper)
    frame = _frame(
        counts, split, asked, found, periods, _untested(counts, split, asked, found, periods, held)
    )
    names = ", ".join(str(n * step) for n in periods)
    tested = int(frame["pvalue"].notna().sum())
    smallest = p_words(float(frame["pvalue"].min()) if tested else np.nan)
    return UptickResult(
        **common,
        frame=frame,
        parameters={**parameters, "lengths": lengths},
        family=family_words(tested, len(frame)),
        method=f"Method: largest standardised sum of the last {names} days, by rotation of the series.",
        null_hypothesis="the series is stationary: no stretch of days at its end stands out",
        nulls=(
            f"Constant null (the series is stationary): smallest {smallest}; "
            "not adjusted for season or trend.",
            "Expected null: not adjusted, the window's length was picked.",
        ),
    )


def _untested(
    counts: Counts,
    split: Split,
    asked: Asked,
    found: PickedWindow,
    periods: tuple[int, ...],
    held: tuple[Lost, str],
) -> list[tuple[Lost, str]]:
    """Return what kind of data each region lacks, and why it has no p-value, "" where it has one."""
    some = np.asarray(np.where(split.covered, split.values, 0).any(axis=0))
    days = counts.starts[counts.complete - len(split.values) : counts.complete]
    reasons: list[tuple[Lost, str]] = []
    for i, pvalue in enumerate(found.pvalue):
        if held[0]:
            reasons.append(held)
        elif np.isnan(pvalue):
            gap = _gap_words(days[~split.covered[:, i]], periods[0], counts.period_days)
            reasons.append(("uncovered", gap))
        elif not some[i]:
            reasons.append(("", REASONS[3]))
        else:
            reasons.append(("", "completeness is not known" if asked.late else ""))
    return reasons


def _gap_words(uncovered: Days, shortest: int, step: int) -> str:
    """Say which days without coverage the shortest window touches: the spell that the last of them ends."""
    last = len(uncovered) - 1
    first = last
    while first and uncovered[first] - uncovered[first - 1] == step * DAY:
        first -= 1
    spell = Window(uncovered[first], uncovered[last] + (step - 1) * DAY)
    return f"no coverage {spell}, which the last {shortest * step} days touch"


def _names(periods: tuple[int, ...], covered: BoolArray, step: int) -> str:
    """Name the lengths that could be looked at, and those that touch days without coverage."""
    whole = [n * step for n in periods if covered[-n:].all()]
    lost = [str(n * step) for n in periods if n * step not in whole]
    said = f"best of {', '.join(map(str, whole))}"
    return said + (f"; {', '.join(lost)} touch days without coverage" if lost else "")


def _frame(
    counts: Counts,
    split: Split,
    asked: Asked,
    found: PickedWindow,
    periods: tuple[int, ...],
    lacking: list[tuple[Lost, str]],
) -> pd.DataFrame:
    """Return one row a region, as :func:`analytics.upticks.uptick_test` has it."""
    step = counts.period_days
    untested = np.array([bool(why) for _, why in lacking])
    pvalue = np.where(untested, np.nan, found.pvalue)
    qvalue = benjamini_hochberg(pvalue)
    observed, expected, share = _numbers(split, asked, found)
    windows = [
        f"the last {n * step} days, {_names(periods, split.covered[:, i], step)}"
        for i, n in enumerate(found.length)
    ]
    since = none_since(split, counts)
    rules = Rules(asked.alpha, asked.margin, asked.sought, False, len(since) > 1, asked.upper)
    no = float("nan")
    rows = [
        (
            Found(
                p,
                q,
                Limit(False, "", ""),
                untested=lacking[i][1],
                few=too_few(number, MIN_OBSERVED, "call an uptick") if asked.upper else "",
            ),
            Seen(
                number, usual, number / usual if usual > 0 else no, no, no, no, no, no, no, 0.0,
                none_since=since[i] if lost else "", no_data=lacking[i][0], why=lacking[i][1],
            ),
        )
        for i, (p, q, number, usual, lost) in enumerate(
            zip(pvalue, qvalue, observed, expected, untested, strict=True)
        )
    ]  # fmt: skip
    graded = graded_columns(rows, rules)
    reason = graded["reason"]
    nan = np.full(len(counts.regions), np.nan)
    return pd.DataFrame(
        {
            "region": list(counts.regions),
            "observed": np.where(untested, np.nan, observed),
            "expected": np.where(untested, np.nan, expected),
            "rate_ratio": np.divide(observed, expected, out=nan.copy(), where=~untested & (expected > 0)),
            "low": nan,
            "high": nan,
            "limit": nan,
            "pvalue": pvalue,
            "qvalue": qvalue,
            **graded,
            "reason": [
                why if lost else "; ".join([window, why]) if why else window
                for window, why, lost in zip(windows, reason, untested, strict=True)
            ],
            "starts_at": nan,
            "starts_at_3": nan,
            "starts_note": "the window's length was picked after looking",
            "break_even": nan,
            "far_below": np.zeros(len(nan), dtype=bool),
            "day": "",
            "detectable": nan,
            "recent_days": found.length * step,
            "completeness": share,
            "null": "constant",
            "pvalue_constant": pvalue,
            "pvalue_expected": nan,
            "model_based": np.zeros(len(nan), dtype=bool),
        }
    )


def _numbers(split: Split, asked: Asked, found: PickedWindow) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what each region's best window holds, would at the baseline's rate, and the share that is in."""
    rows = np.arange(len(split.values))[:, None]
    inside = rows >= len(split.values) - found.length
    observed = np.where(inside & split.covered, split.values, 0).sum(axis=0).astype(float)
    days = np.maximum(split.baseline_covered.sum(axis=0), 1)
    rate = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) / days
    length = found.length.astype(float)
    if asked.completeness is None:
        return observed, rate * length, np.full(len(rate), np.nan)
    held = [asked.completeness[-n:, i].sum() if n else 0.0 for i, n in enumerate(found.length.tolist())]
    return observed, rate * np.array(held), np.array(held) / np.maximum(length, 1)


@dataclass(frozen=True, eq=False, slots=True)
class PickedWindow:
    """Arrays of shape (series,): the length with the largest score, that score, the maximum's p-value."""

    length: IntArray
    score: FloatArray
    pvalue: FloatArray


def picked_window(
    series: npt.NDArray[np.number],
    covered: BoolArray,
    lengths: tuple[int, ...],
    *,
    upper: bool = True,
) -> PickedWindow:
    """Test the best of several window lengths, all ending with the last period, by rotation.

    Parameters
    ----------
    series : array, shape (periods, series)
    covered : bool array, same shape
        Windows that touch an uncovered period have no score.
    lengths : tuple of int
        Candidate lengths in periods.
    upper : bool
        Look for more incidents; otherwise for fewer.

    Returns
    -------
    PickedWindow
        The p-value is the share of rotations, the observed one among them, whose maximum is at least as
        large; NaN where no candidate window is covered to the last period.

    Examples
    --------
    >>> series = np.zeros((50, 1))
    >>> series[-3:] = 2
    >>> found = picked_window(series, np.ones((50, 1), bool), (3, 7))
    >>> int(found.length[0]), float(found.pvalue[0])
    (3, 0.02)
    """
    periods = series.shape[0]
    best = np.full(series.shape, -np.inf)
    choice = np.zeros(series.shape[1], dtype=np.int64)
    sign = 1.0 if upper else -1.0
    for length in lengths:
        whole = np.concatenate([covered[periods - length + 1 :], covered])
        wheel = np.concatenate([series[periods - length + 1 :], series])
        sums = window_sums(np.where(whole, wheel, 0), length)
        valid = window_sums(whole, length) == length
        count = np.maximum(valid.sum(axis=0), 1)
        mean = np.where(valid, sums, 0).sum(axis=0) / count
        spread = np.sqrt(np.where(valid, (sums - mean) ** 2, 0).sum(axis=0) / count)
        score = sign * (sums - mean) / np.maximum(np.maximum(spread, np.sqrt(mean)), 1e-12)
        score = np.where(valid, score, -np.inf)
        choice = np.where(score[-1] > best[-1], length, choice)
        best = np.maximum(best, score)
    known = np.isfinite(best)
    share = (known & (best >= best[-1] - 1e-9)).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return PickedWindow(choice, best[-1], np.where(known[-1], share, np.nan))
