"""Pairs of incidents that may be one: what their agreement weighs."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.pairs.agreement import Agreement, by_chance, fit_agreement, level_shares
from analytics.kernels.pairs.likeness import Likeness


def agreements() -> Any:
    rng = np.random.default_rng(1)
    match = [np.array([0.7, 0.2, 0.1]), np.array([0.9, 0.1])]
    chance = [np.array([0.05, 0.25, 0.7]), np.array([0.3, 0.7])]
    found: dict[str, Any] = {}
    for pairs, share, strength, start in (
        (200, 0.3, 5.0, 0.1),
        (60, 0.0, 1.0, 0.5),
        (60, 1.0, 0.2, 0.99),
        (9, 0.5, 0.0, 0.0),
    ):
        same = rng.random(pairs) < share
        levels = np.column_stack(
            [
                np.where(same, rng.choice(len(a), pairs, p=a), rng.choice(len(b), pairs, p=b))
                for a, b in zip(match, chance, strict=True)
            ]
        ).astype(np.int8)
        levels[rng.random(levels.shape) < 0.1] = -1
        model = fit_agreement(levels, match, chance, start, strength)
        weights = model.weights(levels)
        found[f"{pairs} {share}"] = model, weights, model.each(), model.probability(weights)
        found[f"{pairs} {share} shares"] = level_shares(levels, chance, strength + 1)
    waves = [np.array([0.6, 0.4]), np.array([0.1, 0.9])]
    found["waves"] = fit_agreement(
        np.array([[1, 0]] * 9 + [[0, 1]] * 4, dtype=np.int8), waves, waves[::-1], 0.4, 2.0
    )
    sure = Agreement([np.array([1.0, 1e-300])], [np.array([1e-300, 1.0])], 0.5)
    found["sure"] = sure.probability(sure.weights(np.array([[0], [1], [-1]], dtype=np.int8)))
    weights, other = rng.integers(0, 6, 30).astype(float), rng.integers(-3, 5, 200).astype(float)
    found["by chance"] = [by_chance(weights, other, times) for times in (1, 5, 90)]
    return found


def likenesses() -> Any:
    names = Likeness(["tuz khurmatu", "tuz khormato", "hawija", "", "a", "tuz", "hawija"])
    one, other = np.divmod(np.arange(49), 7)
    return names.of(one, other), names.of(np.array([-1, 2]), np.array([1, -1])), names.of(one[:3], other[4:7])


CASES = {"agreements": agreements, "likenesses": likenesses}
