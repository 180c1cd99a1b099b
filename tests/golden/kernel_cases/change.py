"""A change of level at a stated or an unknown time, or several."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analytics.kernels.change import supremum
from analytics.kernels.change.online import run_length_posterior
from analytics.kernels.change.pelt import NegativeBinomialCost
from analytics.kernels.change.stated import (
    cosine_count,
    cosines,
    effective_freedom,
    fit_loglinear,
    profile_limit,
    segmented_design,
    signed_root,
    slow_dispersion,
    spread_quantile,
    spread_tail,
)


def weekly(seed: int, weeks: int = 30) -> np.ndarray:
    """A rise, a fall, no change, and hardly anything."""
    rng = np.random.default_rng(seed)
    after = np.arange(weeks)[:, None] >= weeks // 2
    rate = np.where(after, [6.0, 1.0, 3.0, 0.2], [2.0, 5.0, 3.0, 0.1]) * rng.gamma(4, 0.25, (weeks, 4))
    values = rng.poisson(rate).astype(float)
    values[0, 3] = values[-1, 3] = 1
    return values


def stated() -> Any:
    found: dict[str, Any] = {
        "counts": np.array([cosine_count(n) for n in (8, 40, 52, 156)]),
        "cosines": cosines(7, 3),
        "freedom": effective_freedom(
            np.array([0.5, 1.0, 4.0]), np.array([5.0, 1e-9, 9.0]), np.array([3.0, 1.0, 0.0]), 30
        ),
        "tail": spread_tail(
            np.array([-2.0, 0.0, 3.0, 9.0]), np.array([1.0, 2.0, 0.3, 4.0]), np.array([4.0, 9.0, 30.0, 1.5])
        ),
        "quantile": [
            spread_quantile(level, np.array([1.0, 2.0, 4.0]), np.array([4.0, 9.0, 1.5]))
            for level in (0.01, 0.3)
        ],
    }
    weeks = np.arange(30.0) - 15
    for name, trend, slope in (("level", False, False), ("trend", True, False), ("slope", True, True)):
        design = segmented_design(weeks, trend=trend, slope=slope)
        values = weekly(1)
        covered = np.ones(values.shape, dtype=bool)
        covered[12:14, 0] = covered[-3:, 2] = False
        fit = fit_loglinear(values, design, covered)
        found[name] = design, fit.fitted, fit.deviance
        found[name + ", slow"] = [slow_dispersion(values, fit.fitted, design, covered, k) for k in (None, 6)]
        last = design.shape[1] - 1
        some = fit_loglinear(values[:, :3], design, covered[:, :3])
        given = (values[:, :3], design, covered[:, :3], some)
        found[name + ", root"] = [signed_root(*given, column=last, value=value) for value in (0.0, 0.7)]
    found["limits"] = [
        profile_limit(*given, np.full(3, root), column=last, upper=upper)
        for root in (1.5, 40.0)
        for upper in (True, False)
    ]
    return found


def unknown() -> Any:
    found: dict[str, Any] = {}
    values = weekly(2, 24)
    for sign in (1, 0, -1):
        of = supremum.largest_change(values, trim=0.2, sign=sign)
        found[f"{sign}"] = of, supremum.date_set(of), supremum.date_set(of, 0.3)
        found[f"{sign} critical"] = [
            supremum.critical_value(24, of.rung, trim=0.2, sign=sign, level=a) for a in (0.05, 0.4)
        ]
    threshold = np.linspace(0.5, 9.0, of.dates.size)[:, None] * np.ones(4)
    values[12:, 3], values[:12, 2] = 0, 0
    found["limits"] = [
        supremum.ratio_limits(values, of.dates, threshold, upper=upper) for upper in (True, False)
    ]
    found["dates"] = [supremum._candidates(n, trim) for n, trim in ((20, 0.15), (21, 0.0), (9, 0.4))]
    return found


def several() -> Any:
    values = weekly(3, 21)
    values[14:, 0] = 1
    phi, rung = supremum.several_dispersion(values, 3)
    residual = values - values.mean(axis=0)
    return {
        "dispersion": (phi, rung),
        "pair": [supremum._best_pair(residual, least) for least in (1, 4, 7)],
        "beside": supremum._beside_pair(residual, 4, 5),
        "penalty": [supremum.change_penalty(21, 5, np.array([4, 4]), level) for level in (0.05, 0.5)],
    }


def online() -> Any:
    values = weekly(4, 12)
    size = np.array([np.inf, 2.0, 0.7, np.inf])
    return [
        run_length_posterior(values[:n], hazard=hazard, prior_mean=np.array([2.0, 1.0, 3.0, 0.0]), size=size)
        for n, hazard in ((12, 0.05), (1, 0.2), (2, 0.5))
    ]


def costs() -> Any:
    values = weekly(5)[:, 0]
    found = []
    for size in (math.inf, 2.0):
        cost = NegativeBinomialCost(size, 2).fit(values)
        found += [cost.error(3, 9), cost.error(0, 30), cost.sum_of_costs([4, 11, 30]), float(cost.min_size)]
        found += [cost.fit(np.zeros(3)).error(0, 2)]
    return np.array(found)


CASES = {
    "at a stated time": stated,
    "at an unknown time": unknown,
    "several": several,
    "run lengths": online,
    "costs": costs,
}
