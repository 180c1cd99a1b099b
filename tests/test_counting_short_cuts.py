"""The short cuts of counting say what the plain ways say: silences, weeks, pairs of codes, folding, spans."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.counts.assembly import _in_partial_weeks
from analytics.counts.grid import Counts
from analytics.geo.folding import _LETTERS, _WORD, fold
from analytics.incidents import distinct
from analytics.kernels.common.silence import (
    collapses,
    implausible_silences,
    longest_silences,
    may_hold_silence,
)
from analytics.schema import possible_span, span_days


def panel(seed: int, series: int) -> tuple[np.ndarray, np.ndarray]:
    """Series of many rates, some that begin late or fall silent, with days without coverage."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(rng.gamma(0.5, 2.0, series), (200, series))
    for at in range(0, series, 4):
        first = rng.integers(0, 150)
        values[first : first + rng.integers(10, 120), at] = 0
    covered = np.ones(values.shape, dtype=bool)
    covered[90:97] = seed % 2 == 0
    covered[40:50, : series // 3] = seed % 3 == 0
    return np.where(covered, values, 0), covered


@pytest.mark.parametrize("seed", range(6))
def test_collapses_of_many_series_are_those_of_each(seed):
    values, covered = panel(seed, 120)
    alone = [
        (at, found.first, found.end)
        for at in range(120)
        for _, found in collapses(values[:, [at]], covered[:, [at]])
    ]
    assert [(at, one.first, one.end) for at, one in collapses(values, covered)] == alone
    assert len(alone) > 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0.02, 1.5), st.integers(0, 60))
def test_where_no_silence_may_be_none_is_found(seed, series, rate, quiet):
    rng = np.random.default_rng(seed)
    values = rng.poisson(rate, (120, series))
    values[50 : 50 + quiet] = 0
    covered = rng.random((120, series)) < 0.98
    if implausible_silences(values, covered):
        assert may_hold_silence(values.sum(axis=1), covered.any(axis=1))


def test_a_gap_is_seen_however_finely_what_is_missing_is_divided():
    # Two incidents a day, and 45 days without any: 90 expected, in each of 400 districts a quarter of one.
    rng = np.random.default_rng(3)
    fine = rng.poisson(2 / 400, (400, 400))
    fine[300:345] = 0
    covered = np.ones(fine.shape, bool)
    for parts in (1, 4, 400):
        values = fine.reshape(400, parts, -1).sum(axis=2)
        (found,) = implausible_silences(values, covered[:, :parts])
        assert (found.first, found.end) == (298, 345)  # it began on two days that chance left empty
        assert found.logp < -50
    # Nor does one region that may well have been quiet hide it.
    beside = np.column_stack([fine, rng.poisson(0.04, 400) * (fine.sum(axis=1) > 0)])
    assert len(implausible_silences(beside, np.ones(beside.shape, bool))) == 1
    # What nobody looked at says nothing, and few that are expected in all are no gap.
    covered[300:345, :397] = False
    assert implausible_silences(fine, covered) == []
    few = np.where(rng.random(fine.shape) < 0.1, fine, 0)
    few[300:345] = 0
    assert implausible_silences(few, np.ones(few.shape, bool)) == []


def test_regions_that_are_never_covered_together_are_asked_each_for_itself():
    rng = np.random.default_rng(4)
    covered = (np.arange(400)[:, None] + np.arange(2)) % 2 == 0  # every other day each
    values = np.where(covered, rng.poisson(1.0, (400, 2)), 0)
    values[300:345] = 0
    (found,) = implausible_silences(values, covered)
    assert (found.first, found.end) == (300, 345)
    # Of Poisson counts the chance of nothing is e to the expected number, and here the two multiply.
    assert found.expected == pytest.approx(values.sum() / 355 * 45, rel=0.02)
    assert found.logp == pytest.approx(-found.expected, rel=0.1)


def test_most_counts_need_no_second_look_for_silences():
    values = np.random.default_rng(3).poisson(0.5, (400, 20))
    assert not may_hold_silence(values.sum(axis=1), np.ones(400, bool))


@pytest.mark.parametrize("gap", [slice(0, 0), slice(30, 41), slice(0, 3), slice(50, 60)])
def test_what_lies_in_partial_weeks_is_told_from_one_series(gap):
    values = np.random.default_rng(5).poisson(3.0, (60, 4))
    covered = np.ones(values.shape, dtype=bool)
    covered[gap] = False
    counts = Counts.from_array(
        values, coverage=covered, freq="day", start="2020-01-01", regions=["a", "b", "c", "d"]
    )
    weekly = counts.resample("week")
    assert _in_partial_weeks(counts) == counts.values.sum() - weekly.values.sum()
    assert _in_partial_weeks(counts) > 0, "the first week is not whole"
    ragged = covered.copy()
    ragged[10:12, 0] = False
    some = Counts.from_array(values, coverage=ragged, freq="day", start="2020-01-01")
    assert _in_partial_weeks(some) == some.values.sum() - some.resample("week").values.sum()


@pytest.mark.parametrize("small", [0, 10_000])
def test_pairs_of_codes_ticked_off_are_those_sorted(small, monkeypatch):
    monkeypatch.setattr(distinct, "_SMALL", small)
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, 40, 300), rng.integers(0, 30, 300)
    joint, code = distinct._joined(first, second, 40, 30)
    assert sorted(set(joint.tolist())) == joint.tolist()
    assert (joint[code] == first * 30 + second).all()
    assert set(code.tolist()) == set(range(len(joint)))


@given(st.text(st.characters(max_codepoint=127), max_size=20))
def test_plain_letters_fold_as_all_do(name):
    composed = unicodedata.normalize("NFC", name).translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", composed).casefold()
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    words = _WORD.findall(kept.translate(_LETTERS))
    assert fold(name) == (" ".join(words) if words else " ".join(decomposed.split()))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.none() | st.integers(0, 400)), max_size=12)
)
def test_days_of_a_span_are_from_its_first_to_its_last(rows):
    day = np.datetime64("2020-01-01", "us")
    frame = pd.DataFrame(
        {
            "date_start": [day + np.timedelta64(a, "D") for a, _, _ in rows],
            "date_end": [day + np.timedelta64(a + b, "D") for a, b, _ in rows],
            "date_precision": pd.array([p for _, _, p in rows], dtype="Int64"),
        }
    ).astype({"date_start": "datetime64[us]", "date_end": "datetime64[us]"})
    first, last = possible_span(frame)
    assert span_days(frame).tolist() == ((last - first).astype(int) + 1).tolist()


def test_the_longest_silence_of_one_series_is_that_among_many():
    rng = np.random.default_rng(15)
    values = (rng.random((60, 50)) < np.linspace(0.0, 0.4, 50)).astype(np.int64)
    covered = np.ones(values.shape, dtype=bool)
    together = longest_silences(values, covered)
    alone = [longest_silences(values[:, at : at + 1], covered[:, :1])[0] for at in range(50)]
    np.testing.assert_array_equal(alone, together)
    assert together[0] == 0
    assert together.max() > 5
