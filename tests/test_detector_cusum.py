"""The CUSUM against its reference, its own run length, and awkward series."""

from __future__ import annotations

import numpy as np
import oracle_cases as oracle
import pytest

from analytics.detectors.cusum import cusum

ORACLE = 1e-6  # bounds and statistics of the reference, given to 15 digits


@pytest.mark.parametrize("name", oracle.cases("cusum"))
def test_reproduces_the_reference(name):
    case = oracle.load("cusum", name)
    control, output = case["control"], case["output"]
    got = cusum(
        oracle.counts_of(case),
        compat="surveillance",
        transform=control["trans"],
        reference=control["k"],
        threshold=control["h"],
        mean=control.get("m"),
        last=len(output["range"]),
    )
    assert got.tested.all()
    np.testing.assert_allclose(got.statistic[:, 0], oracle.numbers(output["cusum"]), atol=ORACLE)
    np.testing.assert_allclose(got.upper_bound[:, 0], oracle.numbers(output["upperbound"]), atol=ORACLE)
    np.testing.assert_allclose(
        got.expected[:, 0], oracle.numbers(np.broadcast_to(output["m"], 104)), rtol=ORACLE
    )
    assert got.alarm[:, 0].tolist() == output["alarm"]
