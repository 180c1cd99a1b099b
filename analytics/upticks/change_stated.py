"""A change at a stated date: level and slope against the trend before, and the same at placebo dates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from analytics._typing import BoolArray, FloatArray, IntArray
from analytics.kernels.change.stated import (
    WEEKS_A_YEAR,
    fit_loglinear,
    profile_limit,
    segmented_design,
    signed_root,
    slow_dispersion,
    spread_quantile,
    spread_tail,
)
from analytics.kernels.common.glm import PoissonFit
from analytics.periods import DAY, YEAR_DAYS
from analytics.upticks.weeks import Weeks

__all__ = ["MIN_AFTER", "MIN_BEFORE", "MIN_SLOPE", "Model", "placebo_dates", "placebo_rank", "stated_change"]


MIN_BEFORE, MIN_AFTER = 26, 4  # weeks
PLACEBO_BEFORE, _ENOUGH = 52, 19  # weeks before a placebo date, and placebo dates worth having
MIN_SLOPE = 8  # weeks after the date below which a change of slope is not fitted
_POWER = 0.8
_SEASON = 3.5  # days from the same day of another year


@dataclass(frozen=True, slots=True)
class Model:
    """What is fitted and which way is asked: sign 1 for a rise; completeness of the weeks after."""

    trend: bool
    slope: bool
    sign: int
    completeness: float = 1.0


def _untested(values: FloatArray, covered: BoolArray, first: int) -> npt.NDArray[np.object_]:
    after = len(values) - first
    before_weeks, after_weeks = covered[:first].sum(axis=0), covered[first:].sum(axis=0)
    reasons = np.full(values.shape[1], "", dtype=object)
    reasons[values.sum(axis=0) == 0] = "there is no incident before or after the date"
    silent = (values[:first].sum(axis=0) == 0) & (reasons == "")
    reasons[silent] = "there is no incident before the date to compare with"
    reasons[before_weeks < MIN_BEFORE] = f"fewer than {MIN_BEFORE} weeks before the date have coverage"
    reasons[(after_weeks < MIN_AFTER) | (2 * after_weeks < after)] = (
        "too few of the weeks after the date have coverage"
    )
    return reasons


def _fit(
    values: FloatArray, covered: BoolArray, first: int, model: Model
) -> tuple[FloatArray, PoissonFit, FloatArray, FloatArray]:
    design = segmented_design(
        np.arange(len(values), dtype=float) - first, trend=model.trend, slope=model.slope
    )
    full = fit_loglinear(values, design, covered)
    phi, edf = slow_dispersion(values, full.fitted, design, covered)
    return design, full, phi, edf


def _pvalue(
    values: FloatArray, covered: BoolArray, first: int, model: Model
) -> tuple[FloatArray, FloatArray]:
    """Level ratio and p-value only, for placebo dates."""
    design, full, phi, edf = _fit(values, covered, first, model)
    column = design.shape[1] - 1
    root = signed_root(values, design, covered, full, column=column, value=np.log(model.completeness))
    ratio = np.exp(full.coefficients[column]) / model.completeness
    return ratio, spread_tail(model.sign * root, phi, edf)


def stated_change(weeks: Weeks, model: Model, *, alpha: float) -> dict[str, npt.NDArray[np.generic]]:
    """Return the columns of the result, one entry a region; NaN where a region cannot be tested."""
    values, covered, first = weeks.values, weeks.covered, weeks.first
    reasons = _untested(values, covered, first)
    names = (
        "estimate",
        "low",
        "high",
        "limit",
        "pvalue",
        "detectable",
        "slope",
        "slope_low",
        "slope_high",
        "slope_pvalue",
        "dispersion",
    )
    out = {name: np.full(values.shape[1], np.nan) for name in names}
    index = np.flatnonzero(reasons == "")
    if index.size:
        y, seen = values[:, index], covered[:, index]
        design, full, phi, edf = _fit(y, seen, first, model)
        column, share = design.shape[1] - 1, model.completeness
        root = signed_root(y, design, seen, full, column=column, value=np.log(share))
        two, one = spread_quantile(0.025, phi, edf), spread_quantile(0.05, phi, edf)

        def limit(at: int, by: FloatArray, *, upper: bool) -> FloatArray:
            return np.exp(profile_limit(y, design, seen, full, by, column=at, upper=upper))

        out["estimate"][index] = np.exp(full.coefficients[column]) / share
        out["low"][index] = limit(column, two, upper=False) / share
        out["high"][index] = limit(column, two, upper=True) / share
        out["limit"][index] = limit(column, one, upper=model.sign > 0) / share
        out["pvalue"][index] = spread_tail(model.sign * root, phi, edf)
        out["dispersion"][index] = np.maximum(phi, 1.0)
        out["detectable"][index] = _detectable(y[:first], seen, design, first, model, alpha)
        if model.slope:
            at = column - 1
            slope_root = signed_root(y, design, seen, full, column=at, value=0.0)
            both = 2 * spread_tail(np.abs(slope_root), phi, edf)
            out["slope_pvalue"][index] = np.minimum(both, 1.0)
            # Terms are per year; a slope is shown as a factor a week.
            out["slope"][index] = np.exp(full.coefficients[at] / WEEKS_A_YEAR)
            out["slope_low"][index] = limit(at, two, upper=False) ** (1 / WEEKS_A_YEAR)
            out["slope_high"][index] = limit(at, two, upper=True) ** (1 / WEEKS_A_YEAR)
    # A fitted zero is a zero, not a very small number.
    out["estimate"][out["estimate"] < 1e-5] = 0.0
    out["untested"] = reasons
    return {
        **out,
        "before": values[:first].sum(axis=0).astype(int),
        "after": values[first:].sum(axis=0).astype(int),
        "weeks_before": covered[:first].sum(axis=0),
        "weeks_after": covered[first:].sum(axis=0),
    }


def _detectable(
    before: FloatArray, covered: BoolArray, design: FloatArray, first: int, model: Model, alpha: float
) -> FloatArray:
    """Level ratio that would be seen with 80 % power, from the weeks before the date alone."""
    seen = covered[:first]
    base = design[:first, : 2 if model.trend else 1]
    fit = fit_loglinear(before, base, seen)
    phi, edf = slow_dispersion(before, fit.fitted, base, seen)
    phi = np.maximum(phi, 1.0)
    mean = before.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    gram = np.einsum("np,ns,nq->spq", design, covered.astype(float), design, optimize=True)
    gram += 1e-9 * np.eye(design.shape[1])
    error = np.sqrt(np.linalg.inv(gram)[:, -1, -1] / np.maximum(mean * model.completeness, 1e-12))
    step = (spread_quantile(alpha, phi, edf) + special.ndtri(_POWER) * np.sqrt(phi)) * error
    ratio = np.exp(np.minimum(model.sign * step, 50.0))
    return np.asarray(np.where(ratio > 1e4, np.inf, ratio))


def placebo_dates(weeks: Weeks, model: Model, regions: tuple[str, ...]) -> pd.DataFrame:
    """Test every week before the date as if the change had been claimed for it.

    The same model at every date, on as many weeks after it as lie after the real one and the same number
    before it (52, or 26 in short series), all of a placebo's before the real date. Nothing is claimed there,
    so the p-values show what the test finds by itself; the real date is tested likewise to be ranked.

    Returns
    -------
    DataFrame
        region, date, claimed (the real date), same_season (the real day of the year, in an earlier one),
        level_ratio, pvalue; p-values are NaN where a region cannot be tested at that date.
    """
    after = len(weeks.starts) - weeks.first
    before = PLACEBO_BEFORE if weeks.first >= PLACEBO_BEFORE + after + _ENOUGH else MIN_BEFORE
    asked = weeks.starts[weeks.first]
    parts = []
    for date in (*range(before, weeks.first - after + 1), weeks.first):
        claimed = date == weeks.first
        part = slice(date - before, date + after)
        y, seen = weeks.values[part], weeks.covered[part]
        index = np.flatnonzero(_untested(y, seen, before) == "")
        ratio, pvalue = (np.full(len(regions), np.nan) for _ in range(2))
        if index.size:
            # Incomplete reports concern the weeks after the real date only.
            given = model if claimed else replace(model, completeness=1.0)
            ratio[index], pvalue[index] = _pvalue(y[:, index], seen[:, index], before, given)
        apart = float((asked - weeks.starts[date]) / DAY)
        off = abs(apart - YEAR_DAYS * round(apart / YEAR_DAYS))
        parts.append(
            pd.DataFrame(
                {
                    "region": list(regions),
                    "date": weeks.starts[date].astype("datetime64[us]"),
                    "claimed": claimed,
                    "same_season": off <= _SEASON and not claimed,
                    "level_ratio": ratio,
                    "pvalue": pvalue,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def placebo_rank(table: pd.DataFrame, regions: tuple[str, ...]) -> tuple[IntArray, FloatArray]:
    """Return the number of placebo dates of each region, and the rank of the real one as a p-value.

    (1 + placebo p-values at most as large) / (1 + placebo dates); NaN without any.
    """
    pvalues = table["pvalue"].to_numpy(dtype=float).reshape(-1, len(regions))
    tried = ~np.isnan(pvalues[:-1])
    number = tried.sum(axis=0)
    actual = pvalues[-1]
    rank = (1 + (pvalues[:-1] <= actual).sum(axis=0)) / (1 + number)
    return number, np.where((number > 0) & ~np.isnan(actual), rank, np.nan)
