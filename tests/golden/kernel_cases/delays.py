"""How late reports come, and what is still to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.delays.late import chain_ladder, smoothed, usual_rate
from analytics.kernels.delays.report_days import cohorts_of, kind_rates, known_by_now, weekday_pvalue
from analytics.kernels.delays.reverse_time import (
    beyond,
    factor_evidence,
    pooled_curves,
    report_spread,
    triangle_of,
    whole_hazards,
)
from analytics.kernels.delays.stretch import lately


def reports(seed: int, days: int = 60, many: int = 400, longest: int = 12) -> tuple[np.ndarray, ...]:
    """Delay, age and group of incidents; the third group reports later, the fourth has nothing."""
    rng = np.random.default_rng(seed)
    age, group = rng.integers(0, days, many), rng.integers(0, 3, many)
    delay = rng.geometric(np.array([0.4, 0.35, 0.15])[group]) - 1
    seen = (delay <= age) & (delay <= longest)
    return delay[seen], age[seen], group[seen]


def curves() -> Any:
    found: dict[str, Any] = {}
    for seed, longest in ((1, 12), (2, 5), (3, 70)):
        triangle = triangle_of(*reports(seed, longest=longest), 4, longest)
        found[f"{seed}"] = triangle, whole_hazards(triangle), factor_evidence(triangle)
        found[f"{seed} curves"] = [pooled_curves(triangle, spread) for spread in (1.0, 2.5, 60.0)]
        delay, age, _ = reports(seed, longest=longest)
        weeks = triangle_of(delay, age, age // 7, 9, longest)
        found[f"{seed} spread"] = report_spread(weeks)
        one = triangle_of(delay, age, 0 * age, 1, longest)
        found[f"{seed} alone"] = pooled_curves(one), report_spread(one)
    together = np.array([0, 0, 0, 0, 4, 4, 4, 4, 4, 0]), np.full(10, 9), np.repeat([0, 1], 5)
    found["together"] = (
        report_spread(triangle_of(*together, 2, 4)),
        pooled_curves(triangle_of(*together, 2, 4)),
    )
    at_once = triangle_of(np.zeros(5, dtype=np.int64), np.arange(5), np.zeros(5, dtype=np.int64), 1, 3)
    found["at once"] = report_spread(at_once), pooled_curves(at_once)
    found["beyond"] = beyond(np.arange(12.0).reshape(4, 3))
    return found


def report_days() -> Any:
    found: dict[str, Any] = {}
    for seed, longest, days in ((4, 6, 30), (5, 9, 12), (6, 3, 40)):
        delay, age, _ = reports(seed, days=days, longest=longest)
        cohorts = cohorts_of(delay, age, longest, days)
        weekday = np.arange(days) % 7
        kind = (np.arange(longest + 1)[:, None] + np.arange(days)) % 5 // 2
        rates = [kind_rates(cohorts, kind, 4, spread) for spread in (1.0, 3.0)]
        now = (np.arange(longest + 1)[:, None] * 2 + np.arange(longest + 1)) % 4
        found[f"{seed}"] = cohorts, rates, [known_by_now(one, now) for one in rates]
        found[f"{seed} weekdays"] = np.array(
            [
                weekday_pvalue(cohorts, weekday),
                weekday_pvalue(cohorts, weekday * 0),
                weekday_pvalue(cohorts, weekday // 3),
            ]
        )
    few = cohorts_of(np.array([1, 1, 2]), np.array([1, 2, 3]), 2, 4)
    found["few"] = np.array([weekday_pvalue(few, np.arange(4)), weekday_pvalue(few, np.array([0, 1, 1, 0]))])
    weekend = cohorts_of(
        np.array([1, 1, 1, 1, 2, 2, 1, 2] * 4), np.array([5, 6, 12, 13, 6, 13, 9, 9] * 4), 2, 16
    )
    found["weekend"] = weekday_pvalue(weekend, np.arange(16) % 7)
    return found


def stretched() -> Any:
    found = {}
    for seed, factor, spread, many in (
        (7, 2, 1.0, 600),
        (8, 1, 2.0, 600),
        (9, 2, 1.0, 90),
        (10, 3, 1.5, 500),
    ):
        rng = np.random.default_rng(seed)
        age, delay = rng.integers(0, 200, many), rng.geometric(0.3, many) - 1
        delay = np.where(age < (56 if seed < 10 else 30), factor * delay, delay)
        seen = (delay <= age) & (delay <= 20)
        found[f"{seed}"] = lately(delay[seen], age[seen], 20, spread)
    old = np.arange(120, 160)
    found["none since"] = lately(old % 5, old, 20, 1.0)
    return found


def still_to_come() -> Any:
    observed = np.array([[3.0, 0.0, 40.0], [1.0, 0.0, 25.0]])
    share = np.array([[0.5, 0.2, 0.97], [0.8, 0.6, 1.0]])
    deviation = np.array([[0.05, 0.15, 0.01], [0.1, 0.2, 0.0]])
    sums = np.array([[3.0, 0.0, 60.0], [4.0, np.nan, 75.0], [9.0, 0.0, 55.0], [2.0, 1.0, np.nan]])
    wide = np.array([[1.0, 5.0], [30.0, np.nan], [2.0, 90.0], [0.0, 7.0], [11.0, np.nan]])
    found: dict[str, Any] = {"usual": [usual_rate(of[:n]) for n in (0, 1, 2, 3, 4, 5) for of in (sums, wide)]}
    for name, late in (
        ("alone", chain_ladder(observed, share, deviation)),
        ("drawn", smoothed(observed, share, deviation, usual_rate(sums))),
    ):
        found[name] = late, late.mean, [late.interval(level) for level in (0.01, 0.5, 0.9, 0.999)]
        found[name + ", up to"] = [late.up_to(np.full(3, count)) for count in (-1.0, 0.0, 4.0, 40.0)]
    return found


CASES = {
    "curves": curves,
    "report days": report_days,
    "stretched": stretched,
    "still to come": still_to_come,
}
