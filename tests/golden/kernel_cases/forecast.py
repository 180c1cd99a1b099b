"""What the coming week and fortnight should bring."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.forecast.level import fit_levels, means, two_thirds
from analytics.kernels.forecast.means import _excite, forecast
from analytics.kernels.forecast.tails import mean_tail, mixed_upper_tail


def weekly(seed: int, weeks: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Four regions: a season and a trend, self-excited, plain, hardly anything; and gaps."""
    rng = np.random.default_rng(seed)
    at = np.arange(weeks)
    season = 5 * np.exp(0.6 * np.sin(2 * np.pi * at / 52.18) + at / 150)
    excited = np.repeat(rng.gamma(1, 3.0, weeks // 4 + 1), 4)[:weeks]
    values = np.column_stack(
        [rng.poisson(season), rng.poisson(excited), rng.poisson(3.0, weeks), rng.random(weeks) < 0.05]
    ).astype(np.int64)
    values[weeks // 2, 2] = 30
    usable = np.ones(values.shape, dtype=bool)
    usable[20:25, 0] = usable[-2, 1] = usable[:50, 3] = False
    return values, usable, 17_000 + 4 + 7 * at


def forecasts() -> Any:
    found: dict[str, Any] = {}
    for seed, weeks, first, refit, history in (
        *((1, 120, 108, 8, None), (2, 170, 162, 26, None), (3, 130, 118, 4, 60), (4, 12, 2, 3, None)),
        (5, 220, 215, 1, None),
    ):
        values, usable, day = weekly(seed, weeks)
        found[f"{seed}"] = forecast(values, usable, day, first, refit=refit, history=history)
    found["none"] = forecast(values[:1], usable[:1], day[:1], 0, refit=1)
    return found


def levels() -> Any:
    values, usable, _ = weekly(6, 110)
    y = np.ascontiguousarray(np.where(usable, values, 0).T.astype(float))
    known = np.ascontiguousarray(usable.T)
    at = np.arange(110)
    angle = 2 * np.pi * at / 52.18
    design = np.column_stack([np.ones(110), at / 52 - 1, np.cos(angle), np.sin(angle)])
    found: dict[str, Any] = {}
    for name, needed, cap, least, largest in (
        *(("free", (20, 20), 2.58, 1.001, 20.0), ("tight", (20, 200), 1.0, 2.0, 1.5)),
        ("short", (109, 20), 2.0, 1.1, 20.0),
    ):
        start = np.full((4, 4), -np.inf)
        start[0] = [1.0, 0.1, 0.0, 0.2]
        found[name] = fit_levels(y, known, design, start, np.array(needed), cap, least, largest), start
    beta = np.array([[0.0, 30.0, 0.1], [-25.0, 0.3, 0.0], [0.1, 0.2, 0.3]])
    found["means"] = [
        means(beta, np.vander(np.linspace(-1, 1, 7), 3).T.copy(), top) for top in (2.0, 20.0, 60.0)
    ]
    found["two thirds"] = (
        two_thirds(np.arange(40.0)),
        two_thirds(np.array([[3.0, 900.0]])),
        two_thirds(np.zeros(0)),
    )
    return found


def excitation() -> Any:
    rng = np.random.default_rng(7)
    found = {}
    for back, fitted, first, doubt in ((0, 40, 40, 2.0), (3, 30, 35, 0.0), (5, 2, 30, 2.0), (0, 38, 0, 1.0)):
        y = np.repeat(rng.poisson(3.0, (3, 15)), 3, axis=1).astype(float)
        y[1, 9] = 60
        y[2] = rng.poisson(3.0, 45)
        usable = np.ones(y.shape, dtype=bool)
        usable[0, [4, 11, 40]] = usable[1, -1] = False
        weeks = 45 - back
        mu = 3.0 * (1 + 0.2 * np.sin(np.arange(weeks) / 4)) * np.array([1.0, 0.9, 1.1])[:, None]
        one, two, out = np.empty((3, weeks - first)), np.empty((3, weeks - first)), np.empty((3, 3))
        _excite(
            *(y, usable, back, fitted, first, mu, np.array([1.5, 1.0, 2.0]), np.array([1.0, 0.5, 0.2])),
            *(np.array([2.0, doubt, 0.9, 3.0, 1.001]), np.zeros(weeks), np.empty((3, 3)), one, two, out),
        )
        found[f"{back}"] = one, two, out
    return found


def tails() -> Any:
    rng = np.random.default_rng(8)
    count = rng.poisson(5.0, (4, 3)).astype(float)
    mean, phi = rng.gamma(3, 1.0, (4, 3)), 1 + rng.gamma(1, 0.5, (4, 3))
    weeks = rng.integers(3, 200, (4, 3)).astype(float)
    phi[0, 0] = 1.0
    some = np.array([0.0, 1.0, 1e-6, 0.01, 1e-310, 0.5])
    tall = np.resize(count, (40_000, 1)), *(np.resize(one, (40_000, 1)) for one in (mean, phi, mean, weeks))
    return {
        "mixed": [
            mixed_upper_tail(count, mean, phi, usual, weeks, n) for n, usual in ((1, mean), (2, mean * 2))
        ],
        "in pieces": mixed_upper_tail(*tall, 2)[::997],
        "mean": mean_tail(some[:, None], np.r_[some, np.nan]),
    }


CASES = {"forecasts": forecasts, "levels": levels, "excitation": excitation, "tails": tails}
