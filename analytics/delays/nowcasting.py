"""How many incidents there will have been in the recent window, once all is reported."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analytics._typing import FloatArray
from analytics.counts import Counts
from analytics.delays.results import NowcastResult
from analytics.errors import HistoryError
from analytics.kernels.delays.late import Late, chain_ladder, smoothed, usual_rate
from analytics.options import check_choice, check_level, check_whole
from analytics.options.windows import check_periods

__all__ = ["NowcastMethod", "nowcast"]

NowcastMethod = Literal["smoothed", "chain_ladder"]
_HOW = {
    "smoothed": "negative binomial, of a gamma rate drawn towards the region's usual one (Höhle and an der "
    "Heiden 2014); the completeness with its error",
    "chain_ladder": "chain ladder, the window taken as one period, with a negative binomial number still to "
    "come; the completeness with its error",
}
_NOT_KNOWN = "completeness not known"
_NOT_COVERED = "no coverage"


def nowcast(
    counts: Counts,
    *,
    window: int = 14,
    baseline: int = 364,
    confidence: float = 0.9,
    method: NowcastMethod = "smoothed",
) -> NowcastResult:
    """Return how many incidents the recent window will hold once all is reported, with an interval.

    Parameters
    ----------
    counts : Counts
        With their completeness: measured (:func:`~analytics.delays.with_measured_completeness`) or stated.
    window : int
        Days, the last ones that are over at ``counts.as_of``.
    baseline : int
        Days before the window whose windows say what is usual, or what there is.
    confidence : float
        Coverage of the interval.
    method : {"smoothed", "chain_ladder"}
        Drawn towards the region's usual number, or from the window alone, whose days are taken to have one
        rate. Where few of the days' reports are in, the window alone says little, and its interval is wide.

    Returns
    -------
    NowcastResult
        For the window, and in its ``days`` for each day. NA where the completeness is not known.

    Raises
    ------
    HistoryError
        If fewer days are over.
    OptionError
        If an option is out of range.

    Examples
    --------
    >>> from analytics.counts.stated import state_completeness
    >>> rng = np.random.default_rng(3)
    >>> counts = Counts.from_array(rng.poisson(1, 400), freq="day", start="2019-01-01", regions=["Kirkuk"])
    >>> result = nowcast(state_completeness(counts, 386, 400, 0.5))
    >>> result.frame[["observed", "low", "high"]].iloc[0].tolist()
    [19.0, 27.0, 41.0]
    """
    check_whole(1, window=window, baseline=baseline)
    check_periods(counts.period_days, window=window)
    check_level(confidence=confidence)
    check_choice("method", method, NowcastMethod)
    length, end = window // counts.period_days, counts.complete
    if end < length:
        raise HistoryError(
            "nowcast needs its window over", expected=f"{window} days", found=f"{end * counts.period_days}"
        )
    part = slice(end - length, end)
    values = counts.values[part].astype(float)
    share, deviation, reasons = _known(counts, part)
    usable = np.array([why == "" for why in reasons])
    past = _past(counts, end - length, max(baseline // counts.period_days, 1))
    whole = what_comes(values, share, deviation, past, method)
    each = [
        what_comes(values[i : i + 1], share[i : i + 1], deviation[i : i + 1], past, method)
        for i in range(length)
    ]
    observed = values.sum(axis=0)
    frame = pd.DataFrame(
        {
            "region": counts.regions,
            "observed": observed.astype(np.int64),
            **_shown(observed, whole, usable, confidence),
            "completeness": np.where(usable, share.mean(axis=0), np.nan),
            "deviation": np.where(usable, deviation.mean(axis=0), np.nan),
            "reason": reasons,
        }
    )
    days = pd.concat(
        [
            pd.DataFrame(
                {
                    "region": counts.regions,
                    "day": str(counts.starts[part][i]),
                    "observed": values[i].astype(np.int64),
                    **_shown(values[i], late, usable, confidence),
                    "completeness": np.where(usable, share[i], np.nan),
                }
            )
            for i, late in enumerate(each)
        ],
        ignore_index=True,
    )
    return NowcastResult(
        frame=frame,
        method=_HOW[method],
        parameters={"window": window, "baseline": baseline, "confidence": confidence, "method": method},
        simulated=counts.simulated,
        notes=counts.notes,
        days=days,
    )


def what_comes(
    seen: FloatArray, share: FloatArray, deviation: FloatArray, past: FloatArray, method: NowcastMethod
) -> Late:
    """Return what is still to come of some periods, of shape (periods, regions), given those before."""
    if method == "chain_ladder":
        return chain_ladder(seen, share, deviation)
    return smoothed(seen, share, deviation, usual_rate(_sums(past, len(seen))))


def _known(counts: Counts, part: slice) -> tuple[FloatArray, FloatArray, list[str]]:
    """Return share and deviation of the periods, filled where not known, and why they are not."""
    covered = np.asarray(counts.coverage[part].all(axis=0))
    if counts.completeness is None:
        share = np.full(counts.values[part].shape, np.nan)
        deviation = share
    else:
        share, deviation = counts.completeness.share[part], counts.completeness.deviation[part]
    known = np.asarray(~np.isnan(share).any(axis=0))
    reasons = [
        _NOT_COVERED if not is_covered else "" if is_known else _NOT_KNOWN
        for is_covered, is_known in zip(covered.tolist(), known.tolist(), strict=True)
    ]
    return np.where(np.isnan(share), 1.0, share), np.nan_to_num(deviation), reasons


def _past(counts: Counts, end: int, periods: int) -> FloatArray:
    """Return what the periods before hold, filled up to all; NaN without coverage."""
    part = slice(max(end - periods, 0), end)
    share = 1.0 if counts.completeness is None else np.nan_to_num(counts.completeness.share[part], nan=1.0)
    return np.asarray(np.where(counts.coverage[part], counts.values[part] / share, np.nan))


def _sums(values: FloatArray, length: int) -> FloatArray:
    """Return the sums of windows side by side; one that is not wholly covered is NaN."""
    whole = len(values) // length
    kept: FloatArray = values[len(values) - whole * length :].reshape(whole, length, -1).sum(axis=1)
    return kept


def _shown(observed: FloatArray, late: Late, usable: np.ndarray, level: float) -> dict[str, FloatArray]:
    low, high = late.interval(level)
    parts = {"estimate": late.mean, "low": low, "high": high}
    return {name: np.where(usable, observed + part, np.nan) for name, part in parts.items()}
