"""Roots of many functions at once are those of SciPy, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import elementwise

from analytics.kernels.common.roots import roots


def functions(kind: str, rng: np.random.Generator, n: int):
    """Return monotone functions, some of which have no root, are not finite, or are 0 at an end."""
    goal, sign, power = rng.normal(size=n) * 10, rng.choice([-1.0, 1.0], n), rng.choice([1, 3], n)
    goal[rng.random(n) < 0.1], goal[rng.random(n) < 0.1] = np.nan, 0.0
    if kind == "steep":
        return lambda x, i: sign[i] * (np.sinh(x / 3) - goal[i])
    if kind == "bounded":
        return lambda x, i: sign[i] * (np.arctan(x) - 2 * np.tanh(goal[i]))
    return lambda x, i: sign[i] * (x ** power[i] - goal[i])


@pytest.mark.parametrize("tolerances", [{}, {"xatol": 1e-4, "xrtol": 0.0, "fatol": 1e-4}])
@pytest.mark.parametrize("kind", ["steep", "bounded", "powers"])
def test_roots_are_those_of_scipy(kind, tolerances):
    rng, missing, some = np.random.default_rng(15), 0, 0
    for n in (1, 2, 7, 40):
        function = functions(kind, rng, n)
        low = np.round(rng.normal(size=n), 1)
        high = low + rng.exponential(size=n)
        high[: n // 10] = low[: n // 10]  # no bracket
        index = np.arange(n)
        with np.errstate(all="ignore"):
            bracket = elementwise.bracket_root(function, low, high, args=(index,))
            root = elementwise.find_root(function, bracket.bracket, args=(index,), tolerances=tolerances)
            ours = roots(function, low, high, **tolerances)
        theirs = np.where(bracket.success & root.success, root.x, np.nan)
        np.testing.assert_array_equal(ours, theirs)
        missing, some = missing + np.isnan(ours).sum(), some + np.isfinite(ours).sum()
    assert missing
    assert some


def test_the_ends_of_a_bracket_are_looked_at_once():
    asked: list[float] = []

    def function(x, index):
        asked.extend(x.tolist())
        return x - 2.5

    assert roots(function, np.array([0.0]), np.array([1.0]))[0] == pytest.approx(2.5)
    assert len(asked) == len(set(asked))
