"""The way in to R's figures: compat, and the functions it leads to."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from analytics import detectors
from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.errors import OptionError

ARRAYS = ("statistic", "pvalue", "upper_bound", "expected", "alarm", "tested")


def weekly() -> Counts:
    values = np.random.default_rng(8).negative_binomial(2, 0.4, (330, 3))
    values[-2:] += 40
    return Counts.from_array(values, start="2012-01-02")


def same(found, wanted) -> None:
    for name in ARRAYS:
        ours, theirs = getattr(found, name), getattr(wanted, name)
        assert (ours is None) == (theirs is None), name
        if ours is not None:
            np.testing.assert_array_equal(ours, theirs)


SERIES = sorted(set(surveillance.__all__) - {"stcd"})


@pytest.mark.parametrize("name", SERIES)
def test_compat_leads_to_the_function_of_that_name(name):
    ours, theirs = getattr(detectors, name), getattr(surveillance, name)
    found = ours(weekly(), compat="surveillance", last=20)
    same(found, theirs(weekly(), last=20))
    assert found.how().parameters["compat"] == "surveillance"
    assert found.alarm.any()
    if name != "bayes":  # where dates are those of 52 weeks ago, or years are none, nothing differs
        plain = ours(weekly(), last=20)
        assert any(
            not np.array_equal(getattr(found, array), getattr(plain, array), equal_nan=True)
            for array in ("statistic", "upper_bound")
            if getattr(found, array) is not None and getattr(plain, array) is not None
        )


def test_compat_leads_to_the_surveillance_of_events():
    rng = np.random.default_rng(1)
    x, y, t = rng.random((3, 40))
    options = {"radius": 0.2, "epsilon": 1.0, "threshold": 9.0, "cusum": True}
    found = detectors.stcd(x, y, t, **options, compat="surveillance")
    np.testing.assert_array_equal(found.statistic, surveillance.stcd(x, y, t, **options).statistic)
    assert (np.diff(found.statistic) >= 0).all()


@pytest.mark.parametrize("name", surveillance.__all__)
def test_options_of_both_have_one_name_and_mean_the_same(name):
    ours, theirs = (inspect.signature(getattr(room, name)).parameters for room in (detectors, surveillance))
    assert "compat" in ours
    assert "compat" not in theirs
    shared = ours.keys() & theirs.keys()
    assert shared
    for option in shared - {"reset", "harmonics"}:  # these have defaults of their own in R
        assert ours[option].default == theirs[option].default, option


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("farrington_flexible", {"limit54": (5, 4)}, "option of analytics.detectors.surveillance"),
        ("farrington", {"compat": "surveillance", "limit54": (5, 4)}, "option of analytics.detectors"),
        ("cusum", {"compat": "surveillance", "arl": 52}, "arl is not part of compat"),
        ("ears", {"compat": "R"}, "unknown compat"),
        ("bayes", {"b": 2}, "years is its name now"),
        ("rki", {"w": 2}, "half_width is its name now"),
        ("glr", {"alpha": 0.1}, "dispersion is its name now"),
        ("outbreak_p", {"ret": "value"}, "surveillance.outbreak_p"),
        ("rogerson", {"limit": 0.5}, "surveillance.rogerson"),
    ],
)
def test_options_in_the_wrong_place_say_where_they_belong(name, options, words):
    with pytest.raises(OptionError, match=words):
        getattr(detectors, name)(weekly(), **options)
