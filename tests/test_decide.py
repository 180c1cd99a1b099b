"""The one rule of every verdict: what is said first, exactly at the limits, and the words it is said in."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from analytics.kernels.common.limits import MIN_OBSERVED, MIN_OBSERVED_DAY
from analytics.results import (
    CANNOT_BE_TOLD,
    NOT_SUPPORTED,
    SUPPORTED,
    counted,
    family_words,
    interval_words,
    listed,
    mark,
    p_words,
)
from analytics.upticks.decide import LATE, Found, Limit, decide, decide_all, is_called, ratio_bound, too_few

ALPHA = 0.05
HARMLESS = Limit(True, "ruled out", "allowed")
OPEN = Limit(False, "ruled out", "allowed")
ALONE = "p = 0.05 alone, but q = 0.06 among the regions tested"

# Everything that can be said of a row at once; each rule is then taken away, and the next must speak.
EVERYTHING = Found(0.01, 0.04, HARMLESS, untested="not tested", few="too few", doubt="late", called="once")


def test_what_is_said_first():
    said = [EVERYTHING]
    said.append(replace(said[-1], untested=""))
    said.append(replace(said[-1], few=""))
    said.append(replace(said[-1], pvalue=0.05, qvalue=0.06))
    said.append(replace(said[-1], pvalue=0.051))
    said.append(replace(said[-1], doubt=""))
    said.append(replace(said[-1], limit=OPEN))
    assert [decide(found, ALPHA) for found in said] == [
        (CANNOT_BE_TOLD, "not tested"),
        (CANNOT_BE_TOLD, "too few"),
        (SUPPORTED, "once"),
        (CANNOT_BE_TOLD, ALONE),
        (CANNOT_BE_TOLD, "late"),
        (NOT_SUPPORTED, "ruled out"),
        (CANNOT_BE_TOLD, "allowed"),
    ]


def test_p_alone_is_said_before_late_reports_and_not_where_the_limit_rules_it_out():
    assert decide(Found(0.05, 0.06, HARMLESS, doubt=LATE), ALPHA) == (CANNOT_BE_TOLD, ALONE)
    assert decide(Found(0.05, 0.06, HARMLESS), ALPHA) == (NOT_SUPPORTED, "ruled out")
    assert decide(Found(0.01, 0.04, HARMLESS, few="too few"), ALPHA) == (NOT_SUPPORTED, "ruled out")
    rows = Found(0.00001, 0.06, OPEN, among="rows")
    assert decide(rows, ALPHA)[1] == "p < 0.0001 alone, but q = 0.06 among the rows tested"


@pytest.mark.parametrize(
    ("qvalue", "few", "verdict"),
    [
        (0.05, "", SUPPORTED),
        (math.nextafter(0.05, 1), "", CANNOT_BE_TOLD),
        (0.05, "too few", CANNOT_BE_TOLD),
        (math.nan, "", CANNOT_BE_TOLD),
    ],
)
def test_a_q_value_at_the_level_is_called(qvalue, few, verdict):
    assert decide(Found(qvalue, qvalue, OPEN, few=few), ALPHA)[0] == verdict
    assert is_called(qvalue, ALPHA, few) == (verdict == SUPPORTED)


def test_a_q_value_at_the_level_that_is_too_few_is_no_p_value_alone():
    assert decide(Found(0.05, 0.05, OPEN, few="too few"), ALPHA) == (CANNOT_BE_TOLD, "too few")
    assert decide(Found(0.05, 0.051, OPEN, few="too few"), ALPHA)[1].startswith("p = 0.05 alone")


def test_what_is_exactly_at_the_level_is_too_few_to_call_before_it_is_alone():
    assert decide(Found(0.01, ALPHA, OPEN, few="too few"), ALPHA) == (CANNOT_BE_TOLD, "too few")


@pytest.mark.parametrize("made", [OPEN, EVERYTHING])
def test_what_was_decided_cannot_be_changed(made):
    with pytest.raises(FrozenInstanceError):
        setattr(made, fields(made)[0].name, 0)
    assert not hasattr(made, "__dict__")


def test_a_doubt_changes_nothing_where_the_limit_is_open():
    assert decide(Found(0.5, 0.5, OPEN, doubt="late"), ALPHA) == (CANNOT_BE_TOLD, "allowed")


def test_the_limit_must_lie_below_the_margin():
    assert not ratio_bound(1.5, 1.5).harmless
    assert ratio_bound(math.nextafter(1.5, 0), 1.5).harmless
    assert not ratio_bound(0.5, 2.0, upper=False).harmless
    assert ratio_bound(math.nextafter(0.5, 1), 2.0, upper=False).harmless
    for upper in (True, False):
        assert not ratio_bound(math.nan, 1.5, upper=upper).harmless


def test_words_of_a_ratio_bound():
    assert ratio_bound(1.234, 1.5) == Limit(
        True, "the ratio is below 1.23 (95 % limit), under 1.5", "the data allow a ratio up to 1.2"
    )
    assert ratio_bound(2.345, 1.5, digits=2).allowed == "the data allow a ratio up to 2.35"
    assert ratio_bound(math.inf, 1.5).allowed == "the data allow a ratio up to any size"
    assert ratio_bound(0.7, 1.5, upper=False) == Limit(
        True, "the ratio is above 0.70 (95 % limit), over 0.67", "the data allow a ratio down to 0.70"
    )


def test_three_incidents_are_enough_and_two_on_one_day():
    assert (MIN_OBSERVED, MIN_OBSERVED_DAY) == (3, 2)
    assert too_few(MIN_OBSERVED, MIN_OBSERVED, "call an uptick") == ""
    assert too_few(2, MIN_OBSERVED, "call an uptick") == "2 incidents are too few to call an uptick"
    assert too_few(1, MIN_OBSERVED_DAY, "call a day exceptional") == (
        "1 incident is too few to call a day exceptional"
    )
    assert too_few(0, 2, "recur", one="episode", many="episodes") == "0 episodes are too few to recur"


def test_every_row_is_decided():
    assert decide_all([EVERYTHING, Found(0.01, 0.04, OPEN)], ALPHA) == (
        [CANNOT_BE_TOLD, SUPPORTED],
        ["not tested", ""],
    )


def test_words_written_once():
    assert [mark(True, form) for form in ("sentence", "title", "name", "beside")] == [
        "SIMULATED data: ", "SIMULATED: ", "SIMULATED ", " (simulated)",
    ]  # fmt: skip
    assert mark(False, "beside") == ""
    assert (p_words(0.00009), p_words(0.0001), p_words(math.nan, "q")) == (
        "p < 0.0001",
        "p = 0.0001",
        "q = –",
    )
    assert interval_words(0.5, math.inf) == "0.50 to ∞"
    assert [counted(n, "region") for n in (0, 1, 2)] == ["0 regions", "1 region", "2 regions"]
    names = list("ABCDE")
    assert (listed(names[:4]), listed(names), listed([])) == ("A, B, C, D", "A, B, C, D and 1 more", "")
    assert family_words(0, 1, "row") == "one row, no adjustment"
    assert family_words(2, 4, "row").endswith("the 2 of 4 rows that could be tested")
