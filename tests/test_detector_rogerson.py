"""Rogerson and Yamada's CUSUM against its reference, and awkward series."""

from __future__ import annotations

import numpy as np
import oracle_cases as oracle
import pytest

from analytics.detectors.rogerson import design_tenths, rogerson

BOUND = 1e-9  # the reference's bounds are whole numbers
RUN_LENGTH = 1e-4  # share; the chain is solved by iteration


def designs(case: dict) -> dict[float, tuple[float, float, float]]:
    return {row["theta0"]: (row["k"], row["h"], row["ARL"]) for row in case["hValues"]}


@pytest.mark.parametrize("name", oracle.cases("rogerson"))
@pytest.mark.parametrize("given", [True, False], ids=["given", "own"])
def test_reproduces_the_reference(name, given):
    case = oracle.load("rogerson", name)
    control, output = case["control"], case["output"]
    full = np.ones((len(case["series"]["observed"]), 1))
    mean = np.array(control["theta0t"], dtype=float)
    expected = full.copy()
    expected[-len(mean) :, 0] = mean
    options = {"arl": control["ARL0"]}
    if given:
        k, h, _ = np.transpose([designs(case)[m] for m in mean])
        reference, threshold = full.copy(), full.copy()
        reference[-len(mean) :, 0], threshold[-len(mean) :, 0] = k, h
        options = {"reference": reference, "threshold": threshold}
    got = rogerson(
        oracle.counts_of({**case, "series": {**case["series"], "dates": None}}),
        expected=expected,
        shift=control["s"],
        limit=control["limit"],
        fir=control["FIR"],
        last=len(mean),
        compat="surveillance",
        **options,
    )
    assert got.alarm[:, 0].tolist() == output["alarm"]
    if given or name != "sparse_t03":  # there h 3.0 is the same scheme as the reference's 2.9
        np.testing.assert_allclose(got.upper_bound[:, 0], output["upperbound"], atol=BOUND)


@pytest.mark.parametrize("name", oracle.cases("rogerson"))
def test_designs_are_those_of_the_reference(name):
    case = oracle.load("rogerson", name)
    for mean, (k, h, run_length) in designs(case).items():
        root = np.sqrt(mean)
        own = design_tenths(mean, root / np.log1p(1 / root), case["control"]["ARL0"])
        assert own[0] == k
        assert own[2] == pytest.approx(run_length, rel=RUN_LENGTH)
        if name == "sparse_t03":
            assert own[1] == 3.0  # the sum takes no value between 2.8 and 3.0: 2.9 is the same scheme
        else:
            assert own[1] == h
