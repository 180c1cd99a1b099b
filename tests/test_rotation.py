"""Where the recent window stands among all windows, given the days before each."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.kernels.windows.answer import Answer, Asked, History, Stretch, answer
from analytics.kernels.windows.lrd import lrd_test
from analytics.kernels.windows.recent import Lengths, rolling_test
from analytics.kernels.windows.rotation import LESS, MORE, carried_over, rotated, rotated_at
from analytics.simulation import simulate_counts

BASELINE, GUARD, RECENT = 364, 28, 14
DAYS = BASELINE + GUARD + RECENT
SAME = 1e-9  # the same numbers, added in another order


def pulled(series: int, seed: int, ratio: float = 1.0) -> np.ndarray:
    options = {"mean": 1.0, "days": DAYS, "series": series, "seed": seed}
    return simulate_counts("hawkes_0.6", uptick_days=RECENT, uptick_ratio=ratio, **options).values


def plainly(y: np.ndarray, known: np.ndarray) -> tuple[float, float, float]:
    """Share, rank and carried of one series, straight from the definitions."""
    mean, leave, e = y[:BASELINE][known[:BASELINE]].mean(), 2 / RECENT, 0.0
    past = []
    for count, seen in zip(y, known, strict=True):
        past.append(e)
        e += leave * ((count - mean if seen else 0.0) - e)
    x, day = np.array(past)[:BASELINE][known[:BASELINE]], (y - mean)[:BASELINE][known[:BASELINE]]
    b = (x @ day) / (x @ x)
    chance = ((day @ day) - b * (x @ day)) / (known[:BASELINE].sum() - 1) / (x @ x)
    b = min(b * max(1 - chance / b**2, 0.0), 0.95) if b > 0 else 0.0
    pull = b * sum((1 - (1 - b) * leave) ** k for k in range(RECENT))
    usual, starts = mean * RECENT, DAYS - RECENT + 1
    over = np.clip(pull * np.array(past)[:starts], (LESS - 1) * usual, (MORE - 1) * usual)
    wheel, inside = np.r_[y, y[: RECENT - 1]], np.r_[known, known[: RECENT - 1]]
    held = np.array([wheel[i : i + RECENT].sum() for i in range(DAYS)])
    whole = np.array([inside[i : i + RECENT].all() for i in range(DAYS)])
    held[:starts] = held[:starts] + over[-1] - over
    beyond = whole & (held >= y[-RECENT:].sum() - SAME)
    own = np.r_[np.arange(BASELINE - RECENT + 1), starts - 1]
    return beyond.sum() / whole.sum(), beyond[own].sum() / whole[own].sum(), 1 + over[-1] / usual


def test_every_window_is_given_the_days_before_it():
    y = pulled(6, 1)
    known = np.ones(y.shape, bool)
    known[100:110, :3] = False
    y[100:110, :3] = 99  # not covered: not looked at
    found = rotated(y, known, RECENT, guard=GUARD, carry=True)
    for i in range(6):
        wanted = plainly(np.where(known[:, i], y[:, i], 0), known[:, i])
        np.testing.assert_allclose((found.share[i], found.rank[i], found.carried[i]), wanted, rtol=SAME)
    assert (found.carried != 1).sum() >= 4
    over = carried_over(y, known, RECENT, guard=GUARD)
    usual = np.where(known, y, 0)[:BASELINE].sum(axis=0) / known[:BASELINE].sum(axis=0) * RECENT
    np.testing.assert_allclose(1 + over[-1] / usual, found.carried, rtol=SAME)


def test_the_loop_says_the_same_where_it_is_not_compiled():
    y, known = pulled(1, 2)[:, 0].astype(float), np.ones(DAYS, bool)
    given = (y, known, BASELINE, RECENT, BASELINE / RECENT, 1.0, True, np.zeros(DAYS))
    plain = getattr(rotated_at, "py_func", rotated_at)  # it is itself where compilation is off
    assert plain(*given) == pytest.approx(rotated_at(*given), rel=SAME)


def test_what_is_independent_is_compared_as_it_stands():
    counts = np.random.default_rng(2).poisson(0.5, (DAYS, 400))
    covered = np.ones(counts.shape, bool)
    given, plain = (rotated(counts, covered, RECENT, guard=GUARD, carry=carry) for carry in (True, False))
    same = given.carried == 1
    assert same.mean() > 0.8  # a score below 1 is no pull: 84 %
    np.testing.assert_array_equal(given.share[same], plain.share[same])
    assert plain.carried.tolist() == [1.0] * 400


def test_busy_days_before_add_a_quarter_at_most_and_quiet_ones_take_off_half():
    y = np.repeat(pulled(1, 3), 3, axis=1)
    before = np.s_[-RECENT - GUARD : -RECENT]
    y[before, 1], y[before, 2] = 9, 0
    carried = rotated(y, np.ones(y.shape, bool), RECENT, guard=GUARD, carry=True).carried
    assert carried[1] == MORE
    assert LESS <= carried[2] < 0.95 < carried[0] < MORE


def test_more_is_found_where_incidents_draw_others_and_no_more_is_wrong():
    found, known = {}, np.ones((DAYS, 1500), bool)
    for ratio in (1.0, 3.0):
        y = pulled(1500, 5, ratio)
        for carry in (True, False):
            p = lrd_test(y, known, length=RECENT, guard=GUARD, carry=carry).pvalue
            found[ratio, carry] = (p <= 0.05).mean()
    assert found[3.0, True] > found[3.0, False] + 0.02
    assert found[1.0, True] < 0.06


def test_nothing_observed_is_no_rise_whatever_came_before():
    y = pulled(30, 6)
    y[-RECENT:] = 0
    assert (lrd_test(y, np.ones(y.shape, bool), length=RECENT, guard=GUARD).pvalue == 1).all()


def asked(y: np.ndarray) -> Answer:
    covered, day = np.ones(y.shape, bool), np.arange(DAYS)
    stretch = Stretch(y.astype(np.int32), covered, RECENT, GUARD)
    return answer(stretch, Asked(method="pooled"), History(day, y, covered, 1, BASELINE))


@pytest.mark.parametrize("seed", range(4))
def test_where_an_uptick_starts_is_where_the_test_calls_one(seed):
    y = pulled(1, 20 + seed, 2.0)
    starts = int(asked(y).bounds.starts_at[0])
    for count, called in ((starts - 1, False), (starts, True)):
        y[-RECENT:, 0] = np.diff(np.floor(np.arange(RECENT + 1) * count / RECENT + SAME))
        found = asked(y)
        assert (found.pvalue[0] <= 0.05) == called
        assert (found.bounds.low[0] > 1) == called


def test_the_rolling_test_is_given_the_days_before_too():
    y = pulled(40, 7, 2.0)
    covered = np.ones(y.shape, bool)
    covered[50:60, ::3] = False
    rolled = rolling_test(y, covered, np.array([DAYS]), Lengths(RECENT, GUARD, BASELINE)).pvalue[0]
    np.testing.assert_allclose(rolled, lrd_test(y, covered, length=RECENT, guard=GUARD).pvalue, rtol=SAME)


def test_fewer_incidents_are_asked_about_as_they_stand():
    y = pulled(20, 8)
    test = lrd_test(y, np.ones(y.shape, bool), length=RECENT, guard=GUARD, upper=False)
    assert (test.carried == 1).all()
