"""Nowcasts scored beside the plain last complete fraction, and beside R where it is installed. Simulated."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from analytics.kernels.delays.late import chain_ladder

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ERRORS = 3  # standard errors of the mean difference that a score may be worse


@pytest.fixture(scope="module")
def nowcasts():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import nowcasts
    finally:
        sys.path.remove(str(BENCHMARKS))
    return nowcasts


def test_quantiles_are_those_of_the_distribution(nowcasts):
    late = chain_ladder(np.array([[20.0]]), np.array([[0.5]]), np.zeros((1, 1)))
    exact = stats.nbinom(20.5, 0.5)
    assert (
        nowcasts.quantiles(late, np.array([20.0]))[:, 0].tolist()
        == (exact.ppf(nowcasts.LEVELS) + 20).tolist()
    )


def test_a_score_is_lowest_at_the_truth_and_an_error_at_a_point(nowcasts):
    point = np.full((len(nowcasts.LEVELS), 1), 7.0)
    assert nowcasts.score(point, np.array([7.0])) == [0.0]
    assert nowcasts.score(point, np.array([10.0])) == pytest.approx([3.0])
    spread = 7.0 + stats.norm.ppf(nowcasts.LEVELS)[:, None]
    assert 0 < nowcasts.score(spread, np.array([7.0])) < nowcasts.score(spread, np.array([9.0]))


def test_the_smoothed_nowcast_scores_better_than_the_last_complete_fraction(nowcasts):
    found = nowcasts.scored(nowcasts.half_late, 2.0, 8, 5)
    off = found[nowcasts.PLAIN] - found["smoothed"]
    assert off.mean() > ERRORS * off.std() / np.sqrt(len(off))


@pytest.mark.system
def test_the_smoothed_nowcast_scores_no_worse_than_surveillances(nowcasts):
    if not nowcasts.have_r():
        pytest.skip("R with its package surveillance is not installed")
    found = nowcasts.scored(nowcasts.half_late, 2.0, 4, 6, nowcasts.by_r)
    off = found["smoothed"] - found[nowcasts.R]
    assert off.mean() < ERRORS * max(off.std(ddof=1), 0.005) / np.sqrt(len(off))
    assert found[nowcasts.R].mean() == pytest.approx(found["smoothed"].mean(), rel=0.1)
