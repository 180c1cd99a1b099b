"""A change at an unknown date: the largest one, how long ago the level began, and several changes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics._typing import IndexArray
from analytics.kernels.change.online import run_length_posterior
from analytics.kernels.change.pelt import pelt_changes
from analytics.kernels.change.supremum import (
    change_penalty,
    critical_value,
    date_set,
    largest_change,
    ratio_limits,
    several_dispersion,
)
from analytics.kernels.common.negative_binomial import nb_size
from analytics.upticks.weeks import Weeks

__all__ = ["MIN_WEEKS", "online_tables", "several_changes", "unknown_change"]


MIN_WEEKS = 52
LAST_WEEKS = (2, 4, 8, 13, 26, 52)


def _groups(
    weeks: Weeks,
) -> tuple[npt.NDArray[np.object_], list[tuple[IndexArray, IndexArray]]]:
    """Return reasons for what cannot be tested, and (regions, covered weeks) with the same coverage."""
    reasons = np.full(weeks.values.shape[1], "", dtype=object)
    reasons[weeks.values.sum(axis=0) == 0] = "there is no incident in any week"
    reasons[weeks.covered.sum(axis=0) < MIN_WEEKS] = f"fewer than {MIN_WEEKS} weeks have coverage"
    index = np.flatnonzero(reasons == "")
    if not index.size:
        return reasons, []
    patterns, which = np.unique(weeks.covered[:, index], axis=1, return_inverse=True)
    flat = np.ravel(which)
    return reasons, [(index[flat == i], np.flatnonzero(p)) for i, p in enumerate(patterns.T)]


def unknown_change(weeks: Weeks, *, sign: int, trim: float) -> dict[str, npt.NDArray[np.generic]]:
    """Return the columns of the result, one entry a region; NaN where a region cannot be tested."""
    regions = weeks.values.shape[1]
    reasons, groups = _groups(weeks)
    names = ("estimate", "low", "high", "limit", "pvalue", "detectable", "dispersion", "statistic")
    out: dict[str, npt.NDArray[np.generic]] = {name: np.full(regions, np.nan) for name in names}
    dates = {name: np.full(regions, np.datetime64("NaT", "D")) for name in ("date", "first", "last")}
    totals = {
        name: np.zeros(regions, dtype=int) for name in ("before", "after", "weeks_before", "weeks_after")
    }
    for index, seen in groups:
        y = weeks.values[np.ix_(seen, index)]
        n, every = len(seen), np.arange(index.size)
        found = largest_change(y, trim=trim, sign=sign)
        best = found.dates[found.best]
        kept = date_set(found)
        two = critical_value(n, found.rung, trim=trim, sign=0, level=0.05)
        one = critical_value(n, found.rung, trim=trim, sign=-sign, level=0.05)
        sides = [
            ratio_limits(y, found.dates, two * found.phis, upper=u)[found.best, every] for u in (False, True)
        ]
        edge = ratio_limits(y, found.dates, one * found.phis, upper=sign > 0)
        before = np.cumsum(y, axis=0)[best - 1, every]
        after = y.sum(axis=0) - before
        with np.errstate(divide="ignore", invalid="ignore"):
            out["estimate"][index] = (after / (n - best)) / (before / best)
        out["low"][index], out["high"][index] = sides
        out["limit"][index] = edge.max(axis=0) if sign > 0 else edge.min(axis=0)
        out["pvalue"][index] = found.pvalue
        out["dispersion"][index] = found.phi
        out["statistic"][index] = found.statistic
        starts = weeks.starts[seen][found.dates]
        dates["date"][index] = starts[found.best]
        dates["first"][index] = starts[kept.argmax(axis=0)]
        dates["last"][index] = starts[len(starts) - 1 - kept[::-1].argmax(axis=0)]
        totals["before"][index], totals["after"][index] = before.astype(int), after.astype(int)
        totals["weeks_before"][index], totals["weeks_after"][index] = best, n - best
    shown = {f"date_{k}" if k != "date" else k: v.astype("datetime64[us]") for k, v in dates.items()}
    return {**out, **shown, **totals, "untested": reasons}


def online_tables(
    weeks: Weeks, regions: tuple[str, ...], *, expected_run: int, min_weeks: int
) -> dict[str, pd.DataFrame]:
    """Return the probability of a change in the last weeks, and the whole run-length posterior."""
    recent, whole = [], []
    for index, seen in _groups(weeks)[1]:
        y = weeks.values[np.ix_(seen, index)]
        mean = y.mean(axis=0)
        phi, _ = several_dispersion(y, min_weeks)
        size = nb_size(mean, phi)
        given = {"hazard": 1 / expected_run, "prior_mean": mean}
        posterior = run_length_posterior(y, size=size, **given)
        poisson = run_length_posterior(y, size=np.full(index.size, np.inf), **given)
        starts = weeks.starts[seen].astype("datetime64[us]")
        for at, region in enumerate(index):
            name = regions[region]
            for k in LAST_WEEKS:
                if k < len(seen):
                    pair = (posterior[1 : k + 1, at].sum(), poisson[1 : k + 1, at].sum())
                    recent.append((name, k, *map(float, pair)))
            whole.append(
                pd.DataFrame(
                    {
                        "region": name,
                        "weeks": np.arange(1, len(seen) + 1),
                        "since": starts[::-1],
                        "probability": posterior[1:, at],
                        "gamma_poisson": poisson[1:, at],
                    }
                )
            )
    columns = ["region", "last_weeks", "probability", "gamma_poisson"]
    length = ["region", "weeks", "since", "probability", "gamma_poisson"]
    return {
        "online": pd.DataFrame(recent, columns=columns),
        "run_length": pd.concat(whole, ignore_index=True) if whole else pd.DataFrame(columns=length),
    }


def several_changes(
    weeks: Weeks, regions: tuple[str, ...], *, min_weeks: int, false_changes: float
) -> pd.DataFrame:
    """Return the changes of level of each region in the segmentation of least penalised cost."""
    rows = []
    for index, seen in _groups(weeks)[1]:
        y = weeks.values[np.ix_(seen, index)]
        phi, rung = several_dispersion(y, min_weeks)
        penalty = change_penalty(len(seen), min_weeks, rung, false_changes)
        for at, region in enumerate(index):
            size = nb_size(y[:, at].mean(), phi[at])
            changes = pelt_changes(y[:, at], size=float(size), penalty=float(penalty[at]), min_size=min_weeks)
            edges = [0, *changes, len(seen)]
            means = [y[a:b, at].mean() for a, b in pairwise(edges)]
            for date, before, after in zip(changes, means[:-1], means[1:], strict=True):
                start = weeks.starts[seen][date].astype("datetime64[us]")
                ratio = after / before if before > 0 else np.inf
                rows.append((regions[region], start, before, after, ratio, float(penalty[at])))
    columns = ["region", "date", "mean_before", "mean_after", "level_ratio", "penalty"]
    table = pd.DataFrame(rows, columns=columns)
    order = {name: i for i, name in enumerate(regions)}
    return table.sort_values(
        ["region", "date"], key=lambda c: c.map(order) if c.name == "region" else c, ignore_index=True
    )
