"""Districts within governorates: called where their governorate is, with a count from which they would be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import Counts, uptick_test
from analytics.errors import InputError
from analytics.kernels.common.multiplicity import benjamini_hochberg
from analytics.kernels.panels.hierarchy import Nest
from analytics.results.grades import VERDICT_OF

SAME = 1e-12  # the same p-values, adjusted twice
DAYS = 406
NAMES = [f"D{i}" for i in range(12)]
PARENTS = tuple(f"G{i // 3}" for i in range(12))


def counts_of(values, parents=PARENTS):
    days = pd.date_range("2019-03-11", periods=len(values))
    frame = pd.DataFrame(values, index=days, columns=NAMES)
    return replace(Counts.from_frame(frame, freq="day", as_of=days[-1]), parents=parents)


def districts(seed):
    rng = np.random.default_rng(seed)
    mean = rng.choice([0.05, 0.3, 1.0], 12)
    values = rng.poisson(rng.gamma(0.8, mean / 0.8, (DAYS, 12)))
    values[-14:, rng.integers(12)] += rng.poisson(rng.choice([0.3, 1.0, 2.0]), 14)
    return values


def above(values):
    """The governorates' own test."""
    sums = np.stack([values[:, 3 * g : 3 * g + 3].sum(axis=1) for g in range(4)], axis=1)
    days = pd.date_range("2019-03-11", periods=len(values))
    frame = pd.DataFrame(sums, index=days, columns=[f"G{g}" for g in range(4)])
    return uptick_test(Counts.from_frame(frame, freq="day", as_of=days[-1]))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_child_q_is_the_least_level_of_the_procedure(seed):
    rng = np.random.default_rng(seed)
    group, own = np.repeat([0, 1, 2], [4, 1, 3]), rng.random(3) ** 3
    p = rng.random(8) ** 3
    p[rng.integers(8)] = np.nan
    none = np.full(3, np.nan)
    nest = Nest(group, own, none, none, none)
    found = nest.child_q(p)
    for level in (0.01, 0.05, 0.2, 0.5):
        called = np.zeros(8, bool)
        for g in np.flatnonzero(own <= level):
            called[group == g] = benjamini_hochberg(p[group == g]) <= level / 2
        assert ((found <= level) == called).all()
        reached = (p <= nest.levels(p, level, np.zeros(8, bool))) & ~nest.closed(level)
        assert (reached == called).all()


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000), direction=st.sampled_from(["greater", "less"]))
def test_verdict_and_grade_agree_within_governorates(seed, direction):
    values = districts(seed)
    if direction == "less":
        values[-14:, :4] = 0
    result = uptick_test(counts_of(values), direction=direction, completeness=1.0)
    frame = result.frame
    assert frame["verdict"].tolist() == [VERDICT_OF[grade] for grade in frame["grade"]]
    assert frame["parent"].tolist() == list(PARENTS)
    up = frame["grade"] == "uptick"
    assert (up == ((frame["qvalue"] <= 0.05) & ((frame["observed"] >= 3) | (direction == "less")))).all()
    if direction == "greater":
        # An interval's lower end is above 1 where a district is called, or would be alone.
        assert (frame.loc[up, "low"] > 1).all()
        governorates = above(values).frame.set_index("region")["qvalue"]
        assert (governorates[frame.loc[up, "parent"]] <= 0.05).all()
        outer = governorates[frame["parent"]].to_numpy()
        assert (frame["qvalue"] >= outer - SAME)[frame["qvalue"].notna()].all()


@pytest.mark.parametrize(
    "seed", [pytest.param(3, marks=pytest.mark.slow), 8, pytest.param(21, marks=pytest.mark.slow)]
)
def test_a_district_is_called_from_the_count_said(seed):
    """Exactly so where nothing else lies in the governorate's window: the rest is taken as spread evenly."""
    values = districts(seed)
    assert uptick_test(counts_of(values)).frame["starts_at"].notna().all()
    for at in (0, 4, 9):
        values[-14:, at - at % 3 : at - at % 3 + 3] = 0
        start = uptick_test(counts_of(values)).frame["starts_at"]
        grades = []
        for count in (start[at] - 1, start[at]):
            window = np.diff(np.floor(np.arange(15) * count / 14 + 1e-9)).astype(int)
            now = values.copy()
            now[-14:, at] = window
            grades.append(uptick_test(counts_of(now)).frame["grade"][at])
        assert grades[1] == "uptick"
        assert grades[0] != "uptick"


def test_districts_of_a_selection_or_without_governorates_are_one_family():
    values = districts(5)
    whole = counts_of(values)
    flat = uptick_test(whole, nested=False)
    for other in (uptick_test(counts_of(values, ())), uptick_test(whole.select(NAMES))):
        np.testing.assert_allclose(other.frame["qvalue"], flat.frame["qvalue"], rtol=SAME)
        assert "lies in" not in other.family
    assert whole.select(["D4", "D0"]).parents == ("G1", "G0")
    assert whole.total().parents == ()
    with pytest.raises(InputError, match="parents"):
        replace(whole, parents=("G1",))


def test_names_say_where_an_uptick_lies():
    values = districts(5)
    values[-14:, 6:9] = [0, 5, 0]
    result = uptick_test(counts_of(values))
    assert result.parameters["nested"] is True
    assert result.headline().startswith("Uptick in D7 (G2).")
    assert "D7 (G2)" in result.summary()["region"].tolist()
    assert result.describe("D7").startswith("D7 (G2): uptick")
    assert "each within the one of 4 that it lies in, called there: G2" in result.sentence()
    assert result.null_hypothesis.endswith("where the same null of what it lies in is rejected")
    lines = result.watch()
    assert lines["watch_from"].notna().all()
