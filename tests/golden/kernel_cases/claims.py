"""Days, responses and severity."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.claims.day_judged import judge_days, ordinary_range
from analytics.kernels.claims.ordinary_day import (
    day_pvalue,
    exceedance,
    exceedance_limits,
    ordinary_day,
    rank_pvalue,
    smallest_count,
)
from analytics.kernels.claims.response import (
    _eligible,
    _limits,
    _match,
    _prognosis,
    matched_response,
    past_scales,
)
from analytics.kernels.claims.severity import (
    _intraclass,
    _window_scores,
    block_permutation,
    mean_ratio,
)


def daily(seed: int, days: int = 90) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Plain, bursty with a weekday, rare and silent series of days, and gaps."""
    rng = np.random.default_rng(seed)
    weekday = np.arange(days) % 7
    rate = np.column_stack(
        [
            np.full(days, 1.5),
            rng.gamma(0.5, 4.0, days) * (1 + 2 * (weekday == 4)),
            np.full(days, 0.03),
            np.zeros(days),
        ]
    )
    values = rng.poisson(rate)
    values[3, 2] = 1
    covered = np.ones(values.shape, dtype=bool)
    covered[10:13, 0] = covered[-1, 1] = covered[40:44, :] = False
    return values, covered, weekday


def days() -> Any:
    found: dict[str, Any] = {}
    for seed, adjust, length in ((1, True, 90), (2, False, 90), (3, True, 300)):
        values, covered, weekday = daily(seed, length)
        day = ordinary_day(values, covered, weekday, adjust=adjust)
        found[f"{seed}"] = day
        count = np.array([4.0, 30.0, 1.0, 0.0])
        often = np.zeros((7, 4))
        often[2] = 1.0
        many = np.tile(np.arange(7.0)[:, None] % 3, 4)
        found[f"{seed} reach"] = [
            exceedance(day, count, of, completeness=c) for of in (often, many) for c in (1, 0.7)
        ]
        found[f"{seed} limits"] = exceedance_limits(day, count, (0.025, 0.5, 0.95))
        found[f"{seed} range"] = ordinary_range(day, often, 0.8), ordinary_range(day, often, 1.0)
        at = np.array([2, 4, 4, 0])
        for name, of in (("one", often), ("many", many)):
            given = (day, values, covered, weekday, count, at, of)
            found[f"{seed} {name}"] = day_pvalue(*given), day_pvalue(*given, completeness=0.6)
    waves = np.where(np.arange(300)[:, None] // 30 % 5 == 2, [9, 4, 1, 30], [1, 1, 0, 2]) + values % 2
    for adjust, n in ((True, 300), (False, 300), (True, 37), (False, 7)):
        found[f"waves {adjust} {n}"] = ordinary_day(waves[:n], covered[:n], weekday[:n], adjust=adjust)
    found["smallest"] = smallest_count(day, values, covered, weekday, at, often, 0.05)
    scale = 1 + 0.3 * (weekday == 2)[:, None] * np.ones(4)
    found["rank"] = [rank_pvalue(values, covered, scale, count / 2, n) for n in (1, 3)]
    return found


def judged() -> Any:
    found = {}
    for seed, adjust, index in ((4, True, [0, 1, 2]), (5, False, [1, 3]), (6, True, [])):
        values, covered, weekday = daily(seed)
        often = np.zeros((7, 4))
        often[3], often[5, 1] = 1.0, 2.0
        found[f"{seed}"] = judge_days(
            *(values, covered, weekday, np.array(index, dtype=np.intp), np.array([6.0, 20.0, 2.0, 0.0])),
            *(np.array([3, 5, 3, 3]), often),
            adjust=adjust,
            alpha=0.05,
            completeness=0.9,
        )
    return found


def responses() -> Any:
    found: dict[str, Any] = {}
    rng = np.random.default_rng(7)
    for name, window, clear, matched, skip in (
        ("short", 5, 6, 4, 20),
        ("long", 8, 3, 60, 56),
        ("one", 1, 1, 2, 0),
    ):
        values, covered, _ = daily(8, 200)
        covered[:40] = True
        events = rng.random(values.shape) < np.array([0.03, 0.05, 0.02, 0.0])
        found[name] = matched_response(
            events, values, covered, window=window, clear=clear, matched=matched, skip=skip
        )
        found[name + ", eligible"] = _eligible(events, covered, window=window, clear=clear, skip=skip)
    past = past_scales(values[:60].astype(float))
    found["past"] = past, past_scales(values[:40].astype(float), (2.0, 9.0))
    features, outcome = past.reshape(-1, 4), rng.poisson(3.0, 240).astype(float)
    region, use = np.tile(np.arange(4), 60), rng.random(240) < 0.8
    found["prognosis"] = _prognosis(features, outcome, use, region)
    treated = rng.random(240) < 0.1
    treated[region == 3] = True
    found["matched"] = [
        _match(outcome, features[:, 0], features[:, 1], treated, region, k) for k in (1, 3, 500)
    ]
    a, c = rng.poisson(4.0, 9).astype(float), rng.gamma(8, 0.6, 9)
    for blocks, plain in ((9, 5.0), (2, 40.0), (1, 5.0), (3, 0.0)):
        found[f"limits {blocks}"] = _limits(a, c, blocks, plain)
    found["limits of few"] = _limits(a * 0, c, 4, 5.0), _limits(a, c * 0, 4, 5.0), _limits(c, a, 3, -1.0)
    wide = np.array([9.0, 0.0, 1.0]), np.array([0.2, 9.0, 0.1])
    found["limits, wide"] = _limits(*wide, 3, 1.0), _limits(wide[1], wide[0], 3, 1.0)
    return found


def severities() -> Any:
    found: dict[str, Any] = {}
    for seed, many, days, width in ((9, 40, 60, 7), (10, 12, 25, 5), (11, 90, 150, 10), (12, 4, 50, 7)):
        rng = np.random.default_rng(seed)
        day = np.sort(rng.integers(0, days, many))
        day[-1], day[0] = days - 1, 0
        wave = rng.gamma(2, 1.0, days)
        marks = np.column_stack([np.log1p(rng.poisson(wave[day] * 2)), rng.random(many) < 0.3]).astype(float)
        recent = day >= days - 2 * width
        ratio = [mean_ratio(marks[:, j], day, recent, (0.025, 0.05, 0.975)) for j in (0, 1)]
        test = block_permutation(marks, day, recent, (days - 1 - day) // width, length=2 * width, seed=3)
        found[f"{seed}"] = test, ratio
        x = marks - marks.mean(axis=0)
        variance, icc = _intraclass(x, day)
        found[f"{seed} days"] = variance, icc, _window_scores(x, day, ~recent, variance, icc, width)
    nothing = np.array([0.0, 0.0, 2.0, 1.0]), np.array([1, 2, 8, 9]), np.array([False, False, True, True])
    found["nothing before"] = mean_ratio(*nothing, (0.1,))
    found["nothing since"] = mean_ratio(nothing[0], nothing[1], ~nothing[2], (0.1,))
    found["nothing"] = mean_ratio(nothing[0] * 0, nothing[1], nothing[2], (0.1,))
    found["short"] = _window_scores(
        np.ones((3, 1)), np.array([1, 2, 3]), nothing[2][:3] < 2, np.ones(1), np.ones(1), 9
    )
    return found


def many_severities() -> Any:
    rng = np.random.default_rng(13)
    day = np.arange(120)
    marks = rng.gamma(1, 1.0, (120, 1))
    found = block_permutation(marks, day, day >= 100, day // 5, length=20, seed=1)
    return found, block_permutation(marks - 0.4 * (day >= 100)[:, None], day, day >= 100, day // 5, length=20)


CASES = {
    "days": days,
    "days judged": judged,
    "responses": responses,
    "severities": severities,
    "severities by draws": many_severities,
}
