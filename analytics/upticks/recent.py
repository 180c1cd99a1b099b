"""More active recently? The recent window against a baseline, for every region at once.

Null hypothesis: a region's mean rate in the recent window equals that of its baseline. The counts may be
overdispersed, autocorrelated and self-exciting; season and trend are not modelled, and the result says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.counts import Counts
from analytics.errors import OptionError
from analytics.kernels.dispersion import window_sums
from analytics.kernels.lrd import (
    LRDTest,
    lrd_test,
    minimum_detectable_ratio,
    ratio_limit,
)
from analytics.kernels.multiplicity import benjamini_hochberg
from analytics.periods import Window
from analytics.results import CANNOT_BE_TOLD, NOT_SUPPORTED, SUPPORTED, UptickResult, Verdict, format_p
from analytics.upticks.windows import MIN_WINDOWS, Split, check_completeness, check_share, split_counts

__all__ = ["uptick_test"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MIN_OBSERVED = 3  # fewer incidents than this are not called an uptick, however rare
_DAY = np.timedelta64(1, "D")
METHOD = (
    "Method: conditional beta-binomial test with window-scale dispersion (LRD, variant B). Null hypothesis: "
    "the recent mean equals the baseline mean. Not adjusted for season or trend."
)


def uptick_test(
    counts: Counts,
    *,
    recent: int = 14,
    guard: int = 28,
    baseline: int = 364,
    alpha: float = 0.05,
    margin: float = 1.5,
    confidence: float = 0.95,
    completeness: float | Sequence[float] | None = None,
) -> UptickResult:
    """Test whether each region has grown more active in the recent window.

    Parameters
    ----------
    counts : Counts
        Daily counts are used where they are held, even when weeks are shown. The recent window ends with the
        last period that was over at `as_of`.
    recent, guard, baseline : int
        Lengths in days: the window asked about, the days left out before it, the days compared with.
    alpha : float
        Level of the verdict: p for one region, q (Benjamini-Hochberg) for several.
    margin : float
        "No uptick" is said where the one-sided 95 % upper limit of the rate ratio lies below it [2]_.
    confidence : float
        Coverage of the two-sided interval of the rate ratio.
    completeness : float, sequence of float, or None
        Share of the incidents of the recent days that are already reported: one number, or one for each day.
        None: not known. Then an uptick may stand, since late reports only lower the count, but "no uptick"
        becomes "cannot be told".

    Returns
    -------
    UptickResult
        Observed, expected, rate ratio with interval, p-value, q-value, verdict with its reason, and the
        minimum detectable ratio at 80 % power, from the baseline alone [3]_.

    Raises
    ------
    HistoryError
        If the counts hold too few periods.
    OptionError
        If an option is out of range.

    Notes
    -----
    Given the total, the recent share is beta-binomial. The dispersion is the variance of overlapping sums as
    long as the recent window over their mean, corrected for the finite number of windows and their
    correlation, at least 1; the tail is averaged over its uncertainty (variant A) and raised to the rotation
    p-value where it exceeds 0.01 (variant B). At dispersion 1 it is the conditional test of two Poisson means
    [1]_. A p-value below one over the number of disjoint baseline windows rests on the model and is marked
    ``model_based``. The interval inverts variant A. Fails (says "uptick" too often) under season, trend or a
    drift of reporting: see the README for measured sizes.

    References
    ----------
    .. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
           series. Biometrika 31, 313-323.
    .. [2] Altman, D. G., Bland, J. M. (1995). Absence of evidence is not evidence of absence. BMJ 311, 485.
    .. [3] Hoenig, J. M., Heisey, D. M. (2001). The abuse of power. The American Statistician 55, 19-24.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2019-01-01", "2020-04-12")
    >>> rng = np.random.default_rng(7)
    >>> daily = pd.DataFrame({"Kirkuk": rng.poisson(0.5, len(days))}, index=days)
    >>> daily.iloc[-14:] = rng.poisson(2.0, (14, 1))
    >>> counts = Counts.from_frame(daily, freq="day", as_of="2020-04-12")
    >>> uptick_test(counts).frame["verdict"].tolist()
    ['supported']
    """
    check_share(alpha=alpha, confidence=confidence)
    if not margin > 1:
        raise OptionError("margin must be above 1", expected="such as 1.5", found=str(margin))
    split = split_counts(counts, recent, guard, baseline)
    share, mean_share = check_completeness(completeness, split.recent.shape[0], counts.period_days)
    findings = _find(split, share)
    frame = _frame(
        split, findings, counts, alpha=alpha, margin=margin, confidence=confidence, known=share is not None
    )
    tested = int(frame["pvalue"].notna().sum())
    family = (
        "one region, no adjustment"
        if len(frame) == 1
        else f"q-values: Benjamini-Hochberg over the {tested} of {len(frame)} regions that could be tested"
    )
    notes = list(counts.notes)
    if share is None:
        notes.append("completeness of the recent days is not known: 'no uptick' is never said")
    if frame["model_based"].any():
        notes.append("p-values marked model-based are smaller than the baseline alone could show")
    if counts.unplaced is not None and counts.unplaced.any():
        notes.append(f"{int(counts.unplaced.sum()):,} unplaced {counts.value} are in no region tested")
    return UptickResult(
        frame=frame,
        recent=split.recent_window,
        baseline=split.baseline_window,
        guard=guard,
        alpha=alpha,
        margin=margin,
        confidence=confidence,
        completeness=mean_share,
        family=family,
        method=METHOD,
        value=counts.value,
        simulated=counts.simulated,
        notes=tuple(notes),
        sensitivity=_sensitivity(split, counts, share, frame, alpha),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Findings:
    """What was found for the regions that could be tested; `index` says which those are."""

    index: npt.NDArray[np.intp]
    tests: list[tuple[npt.NDArray[np.intp], LRDTest, BoolArray]]
    pvalue: FloatArray
    reasons: list[str]


def _find(split: Split, share: FloatArray | None) -> _Findings:
    """Test the regions that can be tested, batched by which recent periods are covered."""
    length, regions = split.recent.shape
    recent_days = split.recent_covered.sum(axis=0)
    windows = split.baseline_covered.sum(axis=0) // length
    any_window = (window_sums(split.baseline_covered, length) == length).any(axis=0)
    total = np.where(split.baseline_covered, split.baseline, 0).sum(axis=0) + np.where(
        split.recent_covered, split.recent, 0
    ).sum(axis=0)
    gap_recent = recent_days * 2 < length
    gap_baseline = ~gap_recent & ((windows < MIN_WINDOWS) | ~any_window)
    empty = ~gap_recent & ~gap_baseline & (total == 0)
    reasons = np.full(regions, "", dtype=object)
    reasons[gap_recent] = "more than half of the recent window has no coverage"
    reasons[gap_baseline] = f"the baseline has coverage for fewer than {MIN_WINDOWS} windows"
    reasons[empty] = "there is no incident in the baseline or the recent window"
    index = np.flatnonzero(reasons == "")
    pvalue = np.full(regions, np.nan)
    tests = []
    if index.size:
        patterns, which = np.unique(split.recent_covered[:, index], axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            group = index[np.ravel(which) == number]
            factor = 1.0 if share is None else float(share[pattern].mean())
            kept = np.r_[np.ones(len(split.values) - length, bool), pattern]
            test = lrd_test(
                split.values[np.ix_(kept, group)],
                split.covered[np.ix_(kept, group)],
                length=int(pattern.sum()),
                guard=split.guard,
                completeness=factor,
            )
            tests.append((group, test, pattern))
            pvalue[group] = test.pvalue
    return _Findings(index, tests, pvalue, list(reasons))


def _frame(
    split: Split,
    findings: _Findings,
    counts: Counts,
    *,
    alpha: float,
    margin: float,
    confidence: float,
    known: bool,
) -> pd.DataFrame:
    regions = len(counts.regions)
    columns = ("expected", "rate_ratio", "low", "high", "upper", "minimum_detectable_ratio", "dispersion")
    out = {name: np.full(regions, np.nan) for name in columns}
    out["observed"] = np.where(split.recent_covered, split.recent, 0).sum(axis=0).astype(float)
    out["observed"][~split.recent_covered.any(axis=0)] = np.nan
    model_based = np.zeros(regions, dtype=bool)
    for group, test, pattern in findings.tests:
        out["expected"][group] = test.expected
        with np.errstate(divide="ignore"):
            out["rate_ratio"][group] = test.observed / test.expected
        out["low"][group] = ratio_limit(test, (1 - confidence) / 2, upper=False)
        out["high"][group] = ratio_limit(test, (1 - confidence) / 2, upper=True)
        out["upper"][group] = ratio_limit(test, 0.05, upper=True)
        out["minimum_detectable_ratio"][group] = minimum_detectable_ratio(
            split.baseline[:, group],
            split.baseline_covered[:, group],
            test,
            length=int(pattern.sum()),
            alpha=alpha,
        )
        out["dispersion"][group] = test.dispersion.phi
        model_based[group] = test.pvalue < 1 / np.maximum(test.dispersion.windows, 1)
    qvalue = benjamini_hochberg(findings.pvalue)
    verdict, reason = _verdicts(
        findings, out["observed"], out["upper"], qvalue, alpha=alpha, margin=margin, known=known
    )
    return pd.DataFrame(
        {
            "region": list(counts.regions),
            "observed": out["observed"],
            "expected": out["expected"],
            "rate_ratio": out["rate_ratio"],
            "low": out["low"],
            "high": out["high"],
            "upper": out["upper"],
            "pvalue": findings.pvalue,
            "qvalue": qvalue,
            "verdict": verdict,
            "reason": reason,
            "minimum_detectable_ratio": out["minimum_detectable_ratio"],
            "dispersion": out["dispersion"],
            "baseline_total": np.where(split.baseline_covered, split.baseline, 0).sum(axis=0),
            "baseline_periods": split.baseline_covered.sum(axis=0),
            "recent_periods": split.recent_covered.sum(axis=0),
            "model_based": model_based,
        }
    )


def _verdicts(
    findings: _Findings,
    observed: FloatArray,
    upper: FloatArray,
    qvalue: FloatArray,
    *,
    alpha: float,
    margin: float,
    known: bool,
) -> tuple[list[Verdict], list[str]]:
    verdicts: list[Verdict] = []
    reasons: list[str] = []
    for n, p, q, limit, untested in zip(
        observed, findings.pvalue, qvalue, upper, findings.reasons, strict=True
    ):
        verdict: Verdict = CANNOT_BE_TOLD
        reason = untested
        if untested:
            pass
        elif q <= alpha and n >= MIN_OBSERVED:
            verdict, reason = SUPPORTED, ""
        elif q <= alpha:
            reason = f"{n:.0f} incidents are too few to call an uptick"
        elif limit < margin and known:
            verdict, reason = NOT_SUPPORTED, f"the ratio is below {limit:.2f} (95 % limit), under {margin:g}"
        elif limit < margin:
            reason = "late reports could still change it (completeness not known)"
        elif p <= alpha:
            reason = f"p = {format_p(p)} alone, but q = {format_p(q)} among the regions tested"
        else:
            shown = "any size" if not np.isfinite(limit) else f"{limit:.1f}"
            reason = f"the data allow a ratio up to {shown}"
        verdicts.append(verdict)
        reasons.append(reason)
    return verdicts, reasons


def _sensitivity(
    split: Split, counts: Counts, share: FloatArray | None, frame: pd.DataFrame, alpha: float
) -> pd.DataFrame:
    """Repeat the test, for the regions in uptick, without coarse dates and without the largest episode."""
    up = np.flatnonzero(frame["verdict"] == SUPPORTED)
    coarse = ["no dates are coarse" for _ in up]
    if counts.coarse is not None and counts.coarse.any() and up.size:
        first = int((split.baseline_window.start - counts.starts[0]) / _DAY) // counts.period_days
        fine = replace(split, values=split.values - counts.coarse[first : first + len(split.values)])
        coarse = _words(fine, share, up, alpha)
    episode_words: list[str] = []
    spans: list[str] = []
    if up.size:
        length = split.recent.shape[0]
        sums = window_sums(np.where(split.baseline_covered, split.baseline, 0), length)
        begin = sums.shape[0] - 1 - np.argmax(sums[::-1], axis=0)  # the latest of equals
        period = np.arange(split.baseline.shape[0])[:, None]
        episode = (period >= begin) & (period < begin + length)
        covered = split.covered.copy()
        covered[: len(episode)] &= ~episode
        removed = replace(split, covered=covered)
        episode_words = _words(removed, share, up, alpha)
        days = counts.period_days
        first = split.baseline_window.start + begin[up] * days * _DAY
        spans = [str(Window(day, day + (length * days - 1) * _DAY)) for day in first]
    return pd.DataFrame(
        {
            "region": frame["region"].to_numpy()[up],
            "verdict": ["uptick"] * up.size,
            "coarse dates excluded": coarse,
            "largest past episode removed": episode_words,
            "episode": spans,
        }
    )


def _words(split: Split, share: FloatArray | None, up: npt.NDArray[np.intp], alpha: float) -> list[str]:
    findings = _find(split, share)
    q = benjamini_hochberg(findings.pvalue)
    observed = np.where(split.recent_covered, split.recent, 0).sum(axis=0)
    words = []
    for i in up:
        if np.isnan(q[i]):
            words.append(f"cannot be told: {findings.reasons[i]}")
        else:
            stands = q[i] <= alpha and observed[i] >= MIN_OBSERVED
            words.append(
                f"{'uptick' if stands else 'cannot be told'} (q = {format_p(q[i])})".replace("= <", "< ")
            )
    return words
