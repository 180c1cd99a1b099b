"""The words of a grade, one by one, at the numbers where they change."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analytics.results.grades import (
    COUNT_SAID,
    GRADES,
    NOT_JUDGED,
    Rules,
    Seen,
    grade_words,
    half_or_less,
    level_of,
    ratio_interval_words,
    short_words,
    still_to_come,
    times,
)

NAN = math.nan
RULES = Rules(0.05, 1.5, 4.0, known=True, several=True)
FALL = Rules(0.05, 1.5, 4.0, known=True, several=True, upper=False)
SEEN = Seen(45, 15.0, 3.0, 4.5, 1.9, 3.2, 2.3, 32, NAN, 26)
FELL = Seen(3, 15.0, 0.2, 0.61, 0.92, 0.25, 0.3, 2, NAN, 26)
FROM = "swings too much to judge: {}; an uptick from 32"


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.29, "0.29"), (0.42, "0.42"), (0.999, "0.99"), (0.009, "0.00"),  # a fall, rounded down
        (1.0, "1"), (3.0, "3"), (3.0000000001, "3"), (3.01, "3.1"), (9.9, "9.9"), (9.99, "10"),
        (10.0, "10"), (10.5, "11"), (14.0, "14"), (14.2, "15"), (20.0, "20"), (20.01, "over 20"),
    ],
)  # fmt: skip
def test_a_ratio_that_would_have_shown(ratio, words):
    assert times(ratio) == words


@pytest.mark.parametrize(
    ("low", "high", "observed", "words"),
    [
        (0.8, 2.25, 12, "0.80 to 2.25"), (NAN, 2.0, 5, "0.00 to 2.00"), (20.0, 20.0, 9, "20.00 to 20.00"),
        (1.5, 20.001, 4, "1.50 to over 20"), (20.5, 30.0, 9, "over 20"), (NAN, NAN, 5, "–"),
        (NAN, NAN, 0, "–"),
        (NAN, 3.04, 0, "0 (up to 3.0 times)"), (0.0, 20.0, 0, "0 (up to 20.0 times)"),
        (0.0, 20.1, 0, "0 (up to over 20 times)"),
    ],
)  # fmt: skip
def test_an_interval_of_a_ratio(low, high, observed, words):
    assert ratio_interval_words(low, high, observed) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.99, "1 in 100"), (0.9, "1 in 10"), (0.85, "1 in 7"), (0.8, "1 in 5"), (0.667, "1 in 4"),
        (2 / 3, "1 in 3"), (0.5, "1 in 2"), (0.499, "1 in 2"), (1 / 3, "2 in 3"), (0.3, "2 in 3"),
        (0.25, "3 in 4"), (0.1, "9 in 10"), (0.05, "9 in 10"),
    ],
)  # fmt: skip
def test_how_many_reports_may_still_come(share, words):
    assert still_to_come(share) == words


@pytest.mark.parametrize(
    ("ratio", "expected", "words"),
    [
        (1.25, 2.0, "above usual"), (1.2499, 2.0, "about usual"), (0.8, 2.0, "below usual"),
        (0.8001, 2.0, "about usual"), (9.0, 1.999, ""), (9.0, NAN, ""), (NAN, 9.0, ""),
        (0.1, 2.5, "below usual"),
    ],
)  # fmt: skip
def test_a_level_without_a_test(ratio, expected, words):
    assert level_of(ratio, expected) == words


def test_half_the_usual_is_said_from_ten_on():
    assert half_or_less(5, 10.0)
    assert half_or_less(5, 10.0, "no_sign")
    assert not half_or_less(6, 11.9)
    assert not half_or_less(0, 9.99)
    assert not half_or_less(0, 20.0, "no_data")


@pytest.mark.parametrize(
    ("grade", "seen", "rules", "words", "why"),
    [
        ("above_usual", FELL, FALL, "below usual, may be chance", ""),
        ("uptick", FELL, FALL, "decrease: 3, usual 15", ""),
        ("no_large_rise", FELL, FALL, "no large fall (over 0.67 times); 3, usual 15", ""),
        ("no_sign", FELL, FALL,
         "no sign of a decrease; a fall to 0.25 times would very likely have shown", ""),
        ("too_few", FELL, FALL, "too few to say; a decrease at 2 or fewer", ""),
        ("unsteady", FELL, FALL, "swings too much to judge: spread; a decrease at 2 or fewer", "spread"),
        ("unsteady", SEEN, RULES, FROM.format("many regions"), "many regions"),
        ("unsteady", replace(SEEN, alone=4.0), RULES, FROM.format("many regions"), "many regions"),
        ("unsteady", replace(SEEN, alone=4.01), RULES, FROM.format("spread"), "spread"),
        ("unsteady", SEEN, replace(RULES, several=False), FROM.format("spread"), "spread"),
        ("unsteady", replace(SEEN, alone=5.0, windows=25), RULES,
         FROM.format("short history"), "short history"),
        ("unsteady", replace(SEEN, alone=5.0, starts_at=NAN), RULES,
         "swings too much to judge: spread; no count would be called", "spread"),
        ("unsteady", replace(SEEN, alone=5.0, detectable=NAN), RULES, FROM.format("spread"), "spread"),
        ("unsteady", replace(SEEN, alone=5.0, detectable=NAN, starts_at=NAN, day="31 on 10 June"), RULES,
         "cannot be judged: no count would be called; 31 on 10 June", "no count would be called"),
        ("too_few", replace(SEEN, day="31 on 10 June"), RULES,
         "too few to say; an uptick from 32; 31 on 10 June", ""),
        ("unsteady", replace(SEEN, starts_at=NAN), RULES,
         "swings too much to judge: many regions; no count would be called", "many regions"),
        ("unsteady", replace(SEEN, alone=5.0, windows=52), RULES, FROM.format("spread"), "spread"),
        ("unsteady", replace(SEEN, alone=5.0, windows=26.0), RULES, FROM.format("spread"), "spread"),
        ("unsteady", replace(SEEN, alone=5.0, windows=3), RULES,
         FROM.format("short history"), "short history"),
        ("no_sign", replace(SEEN, ratio=0.7), RULES,
         "no sign of an uptick; a rise to 3.2 times would very likely (4 in 5) have shown", ""),
        ("no_sign", replace(SEEN, ratio=1.1), RULES,
         "no sign of an uptick; a rise to 3.2 times would very likely (4 in 5) have shown", ""),
        ("no_sign", replace(SEEN, day="31 on 10 June"), replace(RULES, known=False),
         "above usual, within its ups and downs; 31 on 10 June; a rise to 3.2 times would very likely "
         "(4 in 5) have shown, had all reports been in; about 6.4 if half were", ""),
    ],
)  # fmt: skip
def test_what_is_said_and_why(grade, seen, rules, words, why):
    assert grade_words(grade, seen, rules) == (words, why)


@pytest.mark.parametrize(
    ("expected", "usual"), [(15.4, "15"), (1.4, "1"), (1.0, "1"), (0.96, "1.0"), (0.94, "0.9"), (0.26, "0.3")]
)
def test_what_is_usual_has_a_decimal_below_one(expected, usual):
    assert grade_words("uptick", replace(SEEN, expected=expected), RULES)[0] == f"uptick: 45, usual {usual}"


def test_what_is_asked_about_is_a_rise_where_nothing_is_said():
    rules = Rules(0.05, 1.5, 4.0, known=True, several=True)
    assert grade_words("uptick", SEEN, rules)[0] == "uptick: 45, usual 15"


def test_what_a_small_limit_and_an_untested_region_add():
    assert (
        grade_words("uptick", FELL, FALL, small=True)[0] == "decrease: 3, usual 15 (small, 0.6 to 0.9 times)"
    )
    assert grade_words("no_large_rise", FELL, FALL, small=True) == grade_words("no_large_rise", FELL, FALL)
    untested = grade_words("unsteady", replace(SEEN, starts_at=NAN), RULES, untested="it is new")
    assert untested == ("cannot be told: it is new", "untested")
    assert grade_words("unsteady", SEEN, RULES, untested="it is new")[1] == "many regions"
    missing = replace(SEEN, no_data="short", why="it is new")
    assert grade_words("no_data", missing, RULES) == ("no data: it is new", "short")


def test_short_words_of_both_directions():
    up = [short_words(grade) for grade in GRADES]
    down = [short_words(grade, "less") for grade in GRADES]
    assert up == [
        "▲ uptick", "△ above usual", "≈ swings too much", "– no sign",
        "▭ no large rise if few reports are late", "▬ no large rise", "· too few to say", "✕ no data",
        "○ none recorded",
    ]  # fmt: skip
    assert down == [
        "▼ decrease", "△ below usual", "≈ swings too much", "– no sign",
        "▭ no large fall if few reports are late", "▬ no large fall", "· too few to say", "✕ no data",
        "○ none recorded",
    ]  # fmt: skip
    assert {"uptick", "above_usual", "no_sign", "no_large_rise_if", "no_large_rise"} == set(
        GRADES
    ) - NOT_JUDGED
    assert COUNT_SAID == ("uptick", "no_large_rise")
