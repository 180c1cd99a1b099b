"""What a test is asked and what it answers stays as it was made; its parts by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from scipy import stats

from analytics.kernels.common.dispersion import Dispersion
from analytics.kernels.windows.answer import Answer, Expected
from analytics.kernels.windows.asked import Asked, History, Stretch
from analytics.kernels.windows.asked import Tested as Constant
from analytics.kernels.windows.critical import least_count, likely_count
from analytics.kernels.windows.starts import starting_count
from analytics.results.grades import Rules, Seen

HOLD_ARRAYS = (Answer, Expected, Asked, History, Stretch, Constant)


@pytest.mark.parametrize("kind", [*HOLD_ARRAYS, Rules, Seen])
def test_what_is_asked_and_answered_cannot_be_changed(kind):
    made = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        setattr(made, fields(kind)[0].name, 0)
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("kind", HOLD_ARRAYS)
def test_what_holds_arrays_is_the_same_as_itself_alone(kind):
    one, other = object.__new__(kind), object.__new__(kind)
    assert one == one
    assert one != other


# -- the count at which a tail falls to a level ------------------------------------------------------------

MEANS = np.array([0.02, 0.7, 3.0, 12.0, 150.0, 4000.0])
LEVELS = np.array([0.05, 0.01, 0.2, 0.025, 1e-6, 0.001])


def looked(guess, scale, *, upper=True, means=MEANS, levels=LEVELS):
    """The counts found for Poisson tails, and how many looks they took."""
    looks = []

    def tail(count, index):
        looks.append(len(index))
        of = stats.poisson(means[index])
        return of.sf(count - 1) if upper else of.cdf(count)

    found = least_count(tail, levels, np.asarray(guess, float), np.asarray(scale, float), upper=upper)
    return found, len(looks)


def wanted(upper=True):
    counts = np.arange(6000.0)[:, None]
    if upper:
        return np.argmax(stats.poisson(MEANS).sf(counts - 1) <= LEVELS, axis=0)
    return (stats.poisson(MEANS).cdf(counts) <= LEVELS).sum(axis=0) - 1


@pytest.mark.parametrize("upper", [True, False])
def test_the_least_count_is_found_from_any_guess_and_soon_from_a_good_one(upper):
    right, scale = wanted(upper), np.sqrt(MEANS)
    for guess, most in ((right, 6), (MEANS, 10), (np.zeros(6), 40), (10 * MEANS + 50, 40)):
        found, looks = looked(guess, scale, upper=upper)
        np.testing.assert_array_equal(found, right)
        assert looks <= most, (guess, looks)
    found, looks = looked(right, np.zeros(6), upper=upper)  # a scale that says nothing
    np.testing.assert_array_equal(found, right)
    assert looks <= 60


def test_a_level_met_exactly_is_met_and_one_never_met_has_no_count():
    tails = np.array([[1.0, 0.5, 0.25, 0.125, 0.0625, 0.0]])

    def tail(count, index):
        return tails[0][np.minimum(count.astype(int), 5)]

    for level, least in ((0.25, 2), (0.2499, 3), (0.5, 1), (0.0625, 4)):
        found = least_count(tail, np.array([level]), np.array([3.0]), np.array([1.0]))
        assert found.tolist() == [least]
    looks = []

    def never(count, index):
        looks.append(count)
        return np.full(count.shape, 0.5)

    assert np.isnan(least_count(never, np.array([0.05]), np.array([3.0]), np.array([1.0]))).all()
    assert len(looks) == 200


@pytest.mark.parametrize("upper", [True, False])
def test_the_likely_count_is_students_quantile_corrected_for_skewness(upper):
    mean = np.array([0.02, 2.0, 30.0, 400.0, 30.0])
    share = np.array([0.04, 0.04, 0.1, 1.0, 0.04])
    level = np.array([0.05, 0.01, 0.2, 0.025, 1e-300])
    phi, edf = np.array([1.0, 1.7, 2.5, 9.0, 1.7]), np.array([25.0, 25.0, 8.0, 300.0, 25.0])
    dispersion = Dispersion(phi, edf, np.zeros(5), np.full(5, 26))
    found, scale = likely_count(mean, share, dispersion, level, upper=upper)
    for i, (m, s, phi, edf, p) in enumerate(
        zip(mean, share, dispersion.phi, dispersion.edf, level, strict=True)
    ):
        variance = phi * max(m, 0.1)
        spread = np.sqrt(variance * (1 + s))
        t = min(stats.t(edf).isf(p), 12.0)
        skewed = (t * t - 1) / 6 * (2 * phi - 1) / np.sqrt(variance) * spread
        assert scale[i] == pytest.approx(spread)
        assert found[i] == pytest.approx(m + (t if upper else -t) * spread + skewed)


# -- where an uptick starts --------------------------------------------------------------------------------


def started(answer, guess, *, upper=True, least=0, days=None, level=None):
    """The counts found where a window is called from (of decreases: up to) an answer, and the looks."""
    answer, looks = np.asarray(answer, float), []

    def called_at(count, index, days, level):
        looks.append((count.tolist(), days, level.tolist()))
        assert (count >= 0).all()
        return count >= answer[index] if upper else count <= answer[index]

    level = np.full(answer.shape, 0.05) if level is None else np.asarray(level)
    guess = np.asarray(guess, float)
    return starting_count(called_at, level, guess, least=least, days=days, upper=upper), looks


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("off", [0, 1, -1, 2, 5, -7, 100, -100, 9000])
def test_the_first_count_called_is_found_from_any_guess(upper, off):
    answer = np.array([0, 1, 2, 5, 9, 40, 333, 20_000])
    found, looks = started(answer, answer + off, upper=upper)
    np.testing.assert_array_equal(found, answer)
    if not off:
        assert len(looks) <= 2
    assert len(looks) <= 2 + 2 * np.ceil(np.log2(abs(off) + 2))


def test_a_guess_that_is_no_number_starts_at_three_and_a_half_is_rounded():
    assert started([7.0], [np.nan])[1][0][0] == [3.0]
    assert started([7.0], [6.6])[1][0][0] == [7.0]
    assert started([7.0], [-4.0], least=3)[1][0][0] == [3.0]
    assert started([7.0], [-4.0], least=3, upper=False)[1][0][0] == [0.0]


def test_what_is_less_than_the_least_is_never_asked_about():
    found, looks = started([0, 2, 3, 4, 11], [0, 9, 3, 1, 2], least=3)
    np.testing.assert_array_equal(found, [3, 3, 3, 4, 11])
    assert min(min(counts, default=9) for counts, *_ in looks) == 3


def test_levels_that_are_no_numbers_are_not_looked_for_and_days_are_passed_on():
    found, looks = started([5, 6, 7], [5, 6, 7], level=[0.05, np.nan, 0.01], days=3)
    np.testing.assert_array_equal(found, [5, np.nan, 7])
    assert looks[0] == ([5.0, 7.0], 3, [0.05, 0.01])
    assert {days for _, days, _ in looks} == {3}


def test_a_count_that_is_never_called_is_none():
    np.testing.assert_array_equal(started([np.inf, 4], [3, 3])[0], [np.nan, 4])
    assert len(started([np.inf], [3])[1]) == 22, "the guess, and twenty-one steps that double"
    found, _ = started([-1, 0, 4], [3, 3, 3], upper=False)
    np.testing.assert_array_equal(found, [np.nan, 0, 4])
