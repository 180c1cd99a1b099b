"""Roots of many functions at once: where they are, and that none is told where there is none."""

from __future__ import annotations

import numpy as np

from analytics.kernels.common.roots import roots

RTOL = 1e-12  # the method's own tolerance is a few units in the last place


def test_roots_are_found_from_brackets_that_do_not_hold_them():
    goal = np.array([-40.0, -1.0, 0.0, 0.3, 700.0])
    start = np.array([0.0, 3.0, -2.0, 0.3, -1.0])
    found = roots(lambda x, i: np.sinh(x / 3) - goal[i], start, start + 0.5)
    np.testing.assert_allclose(found, 3 * np.arcsinh(goal), rtol=RTOL, atol=RTOL)


def test_a_root_is_no_nearer_than_was_asked():
    found = roots(lambda x, i: x**3 - 2, np.zeros(1), np.ones(1), xatol=1e-4, xrtol=0.0, fatol=1e-4)
    assert 1e-9 < abs(found[0] - 2 ** (1 / 3)) < 1e-4


def test_without_a_change_of_sign_there_is_no_root():
    goal = np.array([0.0, 2.0, np.nan])
    found = roots(lambda x, i: np.arctan(x) - goal[i], np.full(3, 1.0), np.full(3, 2.0))
    assert np.isnan(found).tolist() == [False, True, True]
    assert not roots(lambda x, i: x, np.empty(0), np.empty(0)).size
