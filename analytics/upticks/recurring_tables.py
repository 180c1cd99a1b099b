"""The tables behind the recurrence test: dispersion, bursts, episodes, period, weekday, self-excitation."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analytics._typing import BoolArray, Days, FloatArray, IndexArray, IntArray
from analytics.counts import Counts
from analytics.errors import HistoryError
from analytics.kernels.common.dispersion import window_dispersion, window_sums
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.recurrence.bursts import (
    Episodes,
    burst_episodes,
    detectable_ratio,
    permute_within,
    successive_dispersion,
)
from analytics.kernels.recurrence.hawkes import HawkesFit, fit_hawkes, hawkes_residuals, simulate_hawkes
from analytics.kernels.recurrence.periodicity import Periodicity, periodicity_test, weekday_pvalues
from analytics.options import choices
from analytics.periods import DAY, WEEKDAYS, YEAR_DAYS, weekday_numbers
from analytics.upticks.windows import unanswered

__all__ = [
    "Null",
    "Series",
    "burst_table",
    "cut_series",
    "dispersion_table",
    "episode_table",
    "harmless_variation",
    "hawkes_table",
    "periodicity_table",
    "variation_limit",
    "weekday_table",
]


Null = Literal["independent", "self_exciting", "negative_binomial"]
MIN_DAYS = 182
MIN_INCIDENTS = 10
WINDOW = 14  # days: the window of the dispersion, and how far apart two episodes must be
SPELL = 56  # days: rates may differ between spells of eight weeks under the null of independent days
EVERY = 91  # days between the fortnight bursts whose detectable ratio is stated
_MAX_BRANCHING = 0.95
_CYCLES = 3  # the longest period must fit this often
_NAMES = tuple(name.capitalize() for name in WEEKDAYS)


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """The complete periods, and the options in periods; `index` are the regions that can be tested."""

    values: IntArray
    covered: BoolArray
    starts: Days
    step: int
    strata: IntArray
    reasons: list[str]
    index: IndexArray
    burst: dict[str, float | int]

    @property
    def window(self) -> int:
        """Fortnight, in periods."""
        return WINDOW // self.step


def cut_series(counts: Counts, burst: dict[str, float | int]) -> Series:
    """Take the complete periods, and say which regions cannot be tested and why.

    Raises
    ------
    HistoryError
        If there are fewer than 182 complete days.
    """
    step = counts.period_days
    complete = counts.complete
    if complete * step < MIN_DAYS:
        raise HistoryError(
            f"recurrence_test needs {MIN_DAYS} days; the counts hold {complete * step} complete ones",
            todo="count from an earlier start (if the data begin before)",
        )
    covered = counts.coverage[:complete]
    values = np.where(covered, counts.values[:complete], 0).astype(np.int64)
    starts = counts.starts[:complete]
    spells = max(complete * step // SPELL, 1)
    strata = np.arange(complete) * spells // complete
    if step == 1:
        strata = 7 * strata + weekday_numbers(starts)
    reasons = []
    for days, total in zip(covered.sum(axis=0) * step, values.sum(axis=0), strict=True):
        reason = ""
        if days < MIN_DAYS:
            reason = f"there is coverage for {days} days, fewer than {MIN_DAYS}"
        elif total < MIN_INCIDENTS:
            reason = f"there are fewer than {MIN_INCIDENTS} {counts.value}"
        reasons.append(reason)
    if silent := unanswered(counts, counts.starts[0], counts.last_complete_day):
        reasons = [silent] * len(reasons)
    index = np.flatnonzero([not reason for reason in reasons])
    return Series(values, covered, starts, step, strata.astype(np.int64), reasons, index, burst)


def _generator(seed: int, part: int, region: str = "") -> np.random.Generator:
    """Return a generator of a region's own, so that its answer does not depend on the other regions."""
    return np.random.default_rng([seed, part, zlib.crc32(region.encode())])


def dispersion_table(series: Series, counts: Counts, replicates: int, seed: int) -> pd.DataFrame:
    """Dispersion of fortnights, tested against a Poisson process by scattering the total anew."""
    out = {
        name: np.full(len(counts.regions), np.nan)
        for name in ("phi", "edf", "low", "high", "phi_day", "variation", "variation_upper", "pvalue")
    }
    length = series.window
    fitted = window_dispersion(series.values, series.covered, length)
    by_day = successive_dispersion(series.values, series.covered)
    for i in series.index:
        covered = series.covered[:, i]
        whole = (window_sums(covered[:, None], length) == length)[:, 0]
        if not whole.any():
            continue
        total = series.values[:, i].sum()
        scattered = (
            _generator(seed, 1, counts.regions[i])
            .multinomial(total, covered / covered.sum(), size=replicates)
            .T
        )
        spread = window_sums(scattered, length)[whole].var(axis=0)
        observed = window_sums(series.values[:, [i]], length)[whole].var()
        out["pvalue"][i] = (1 + (spread >= observed - 1e-9).sum()) / (1 + replicates)
        phi, edf = fitted.phi[i], fitted.edf[i]
        out["phi"][i], out["edf"][i], out["phi_day"][i] = phi, edf, by_day[i]
        out["low"][i] = max(phi * edf / stats.chi2.ppf(0.975, edf), 1.0)
        out["high"][i] = phi * edf / stats.chi2.ppf(0.025, edf)
        expected = length * total / covered.sum()
        # Variance over mean in excess of single days is the mean times the squared variation of the rate.
        out["variation"][i] = np.sqrt(max(phi - by_day[i], 0) / expected)
        out["variation_upper"][i] = variation_limit(phi, edf, by_day[i], expected)
    return pd.DataFrame({"region": list(counts.regions), "window_days": WINDOW, **out})


def variation_limit(
    phi: FloatArray | float, edf: FloatArray | float, by_day: FloatArray | float, expected: FloatArray | float
) -> FloatArray:
    """One-sided 95 % upper limit of how much the rates of fortnights vary, as a share of their mean."""
    limit = phi * edf / stats.chi2.ppf(0.05, edf)
    return np.asarray(np.sqrt(np.maximum(limit - by_day, 0.0) / expected))


def harmless_variation(margin: float) -> float:
    """Variation of fortnight rates if one fortnight in eight weeks has `margin` times the usual rate.

    A window overlaps such a fortnight by a share that rises and falls linearly while it passes: over eight
    weeks the share is 1/4 on average and its square 1/6.
    """
    return float(np.sqrt(1 / 6 - 1 / 16) * (margin - 1) / (0.75 + 0.25 * margin))


def hawkes_table(series: Series, counts: Counts, seed: int) -> tuple[HawkesFit | None, pd.DataFrame]:
    """Fit the self-exciting process and check the fit; the fit holds the testable regions only."""
    names = ("branching", "low", "high", "lag_days", "size", "mean", "p_uniform", "p_independent")
    table = pd.DataFrame({"region": list(counts.regions), **dict.fromkeys(names, np.nan)})
    table["fits"] = pd.array([pd.NA] * len(table), dtype="boolean")
    if not series.index.size:
        return None, table
    values, covered = series.values[:, series.index], series.covered[:, series.index]
    fit = fit_hawkes(values, covered)
    draws = [_generator(seed, 2, counts.regions[i]).random(len(values)) for i in series.index]
    _, uniform, independent = hawkes_residuals(values, covered, fit, np.column_stack(draws))
    found = (
        fit.branching,
        fit.low,
        fit.high,
        fit.lag * series.step,
        fit.size,
        fit.mean,
        uniform,
        independent,
    )
    for name, column in zip(names, found, strict=True):
        table.loc[series.index, name] = column
    table.loc[series.index, "fits"] = np.minimum(uniform, independent) > 0.025
    return fit, table


def burst_table(
    series: Series,
    counts: Counts,
    found: Episodes,
    fit: HawkesFit | None,
    null: str,
    alpha: float,
    replicates: int,
    seed: int,
) -> tuple[pd.DataFrame, FloatArray]:
    """Judge the weight of all episodes but the heaviest against each null."""
    regions = len(counts.regions)
    nulls = [name for name in choices(Null) if name != "negative_binomial" or null == name]
    table = pd.DataFrame({"region": list(counts.regions)})
    table["episodes"] = pd.array(found.number, dtype="Int64")
    table["weight"] = found.total
    table["weight_of_all_but_heaviest"] = found.recurrent
    for name in nulls:
        table[f"expected_{name}"] = np.nan
        table[f"pvalue_{name}"] = np.nan
    table.loc[[bool(reason) for reason in series.reasons], ["episodes"]] = pd.NA
    detectable = np.full(regions, np.nan)
    sizes = _sizes(series)
    for at, i in enumerate(series.index):
        rng = _generator(seed, 3, counts.regions[i])
        covered, values = series.covered[:, i], series.values[:, i]
        mean = float(values.sum() / covered.sum())
        everywhere = np.repeat(covered[:, None], replicates, axis=1)
        for name in nulls:
            if name == "independent":
                drawn = permute_within(values, np.where(covered, series.strata, -1), replicates, rng)
            else:
                branching, lag, size, level = 0.0, 2.0, float(sizes[i]), mean
                if name == "self_exciting" and fit is not None:
                    branching = min(float(fit.branching[at]), _MAX_BRANCHING)
                    lag, size, level = float(fit.lag[at]), float(fit.size[at]), float(fit.mean[at])
                drawn = simulate_hawkes(
                    level, branching, lag, size, periods=len(values), series=replicates, rng=rng
                )
            by_chance = burst_episodes(np.where(everywhere, drawn, 0), everywhere, **series.burst)  # type: ignore[arg-type]
            as_much = by_chance.recurrent >= found.recurrent[i] - 1e-9
            table.loc[i, f"expected_{name}"] = by_chance.number.mean()
            table.loc[i, f"pvalue_{name}"] = (1 + as_much.sum()) / (1 + replicates)
        detectable[i] = detectable_ratio(
            mean,
            float(sizes[i]),
            covered,
            rng,
            strata=np.where(covered, series.strata, -1),
            length=series.window,
            every=EVERY // series.step,
            alpha=alpha,
            **series.burst,  # type: ignore[arg-type]
        )
    return table, detectable


def _sizes(series: Series) -> FloatArray:
    """Size of independent negative binomial periods with the scatter of successive differences."""
    mean = series.values.sum(axis=0) / np.maximum(series.covered.sum(axis=0), 1)
    excess = successive_dispersion(series.values, series.covered) - 1
    sizes: FloatArray = np.divide(mean, excess, out=np.full(mean.shape, np.inf), where=excess > 1e-6)
    return sizes


def episode_table(series: Series, counts: Counts, found: Episodes) -> pd.DataFrame:
    """One row an episode: first and last day, incidents, and the rate over that outside all episodes."""
    parts = []
    for i in series.index:
        edges = np.diff(np.concatenate([[0], found.active[:, i].astype(int), [0]]))
        first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        covered, values = series.covered[:, i], series.values[:, i]
        quiet = covered & ~found.active[:, i]
        base = values[quiet].sum() / max(quiet.sum(), 1)
        incidents = np.array([values[a:b].sum() for a, b in zip(first, last, strict=True)], dtype=np.int64)
        observed = np.array([covered[a:b].sum() for a, b in zip(first, last, strict=True)], dtype=float)
        parts.append(
            pd.DataFrame(
                {
                    "region": counts.regions[i],
                    "start": series.starts[first].astype("datetime64[us]"),
                    "end": (series.starts[last - 1] + (series.step - 1) * DAY).astype("datetime64[us]"),
                    "days": (last - first) * series.step,
                    counts.value: incidents,
                    "times_the_quiet_rate": incidents / observed / base if base else np.nan,
                }
            )
        )
    columns = ["region", "start", "end", "days", counts.value, "times_the_quiet_rate"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def periodicity_table(
    series: Series, counts: Counts, periods: tuple[float, float], replicates: int, seed: int
) -> pd.DataFrame:
    """Test for a fixed period, batched by coverage."""
    names = ("period_days", "low", "high", "power", "amplitude", "amplitude_upper", "pvalue")
    out = {name: np.full(len(counts.regions), np.nan) for name in names}
    shortest = max(periods[0] / series.step, 2.0)
    longest = min(periods[1] / series.step, len(series.values) / _CYCLES)
    if series.index.size and longest > shortest:
        patterns, which = np.unique(series.covered[:, series.index], axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            group = series.index[np.ravel(which) == number]
            found: Periodicity = periodicity_test(
                series.values[:, group],
                pattern,
                shortest=shortest,
                longest=longest,
                replicates=replicates,
                rng=_generator(seed, 4),
                year=YEAR_DAYS / series.step,
            )
            for name, column in (
                ("period_days", found.period * series.step),
                ("low", found.low * series.step),
                ("high", found.high * series.step),
                ("power", found.power),
                ("amplitude", found.amplitude),
                ("amplitude_upper", found.amplitude_upper),
                ("pvalue", found.pvalue),
            ):
                out[name][group] = column
    searched = f"{shortest * series.step:.0f} to {longest * series.step:.0f} days"
    q = benjamini_hochberg(out["pvalue"])
    return pd.DataFrame({"region": list(counts.regions), **out, "qvalue": q, "searched": searched})


def weekday_table(series: Series, counts: Counts, replicates: int, seed: int) -> pd.DataFrame:
    """Test whether weekdays differ, on whole weeks from Monday; not for weekly counts."""
    regions = len(counts.regions)
    table = pd.DataFrame({"region": list(counts.regions), "pvalue": np.full(regions, np.nan)})
    totals = np.full((7, regions), np.nan)
    if series.step == 1 and series.index.size:
        first = int(np.flatnonzero(weekday_numbers(series.starts) == 0)[0])
        number = (len(series.values) - first) // 7
        weeks = series.values[first : first + 7 * number].reshape(number, 7, regions)
        covered = np.asarray(
            series.covered[first : first + 7 * number].reshape(number, 7, regions).all(axis=1)
        )
        p, sums = weekday_pvalues(weeks, covered, replicates=replicates, rng=_generator(seed, 5))
        table.loc[series.index, "pvalue"] = p[series.index]
        totals[:, series.index] = sums[:, series.index]
    table["qvalue"] = benjamini_hochberg(table["pvalue"].to_numpy())
    known = np.nan_to_num(totals)
    table["busiest"] = [
        _NAMES[day] if week > 0 else None for day, week in zip(known.argmax(0), known.sum(0), strict=True)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        table["times_the_mean"] = np.where(known.sum(0) > 0, known.max(0) / known.mean(0), np.nan)
    for day, name in enumerate(_NAMES):
        table[name] = totals[day]
    return table
