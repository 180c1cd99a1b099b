"""Rogerson and Yamada's CUSUM against its reference, and awkward series."""

from __future__ import annotations

import numpy as np
import oracle_cases as oracle
import pytest

from analytics.counts import Counts
from analytics.detectors import surveillance
from analytics.detectors._rogerson import rogerson
from analytics.detectors.grid import NO_COVERAGE, SHORT
from analytics.detectors.surveillance._rogerson import design_tenths
from analytics.detectors.training import TRAINING
from analytics.errors import OptionError

BOUND = 1e-9  # the reference's bounds are whole numbers
TIE = 1e-6
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
    got = surveillance.rogerson(
        oracle.counts_of({**case, "series": {**case["series"], "dates": None}}),
        expected=expected,
        shift=control["s"],
        limit=control["limit"],
        fir=control["FIR"],
        training=max(len(full) - len(mean), 1),
        last=len(mean),
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


# -- right by default --------------------------------------------------------------------------------------


def weekly(values, *, covered=None) -> Counts:
    return Counts.from_array(values, start="2018-10-01", coverage=covered, simulated=True)


@pytest.mark.parametrize("waves", [0.0, 0.7])
def test_the_run_length_holds_for_a_steady_and_a_seasonal_mean(waves):
    weeks, series, wanted = 52 * 8, 400, 100.0
    mean = 3 * np.exp(waves * np.sin(2 * np.pi * np.arange(weeks) / 52.18))
    y = np.random.default_rng(1).poisson(mean[:, None], (weeks, series))
    got = rogerson(weekly(y), expected=np.repeat(mean[:, None], series, axis=1), arl=wanted)
    length = weeks * series / got.alarm.sum()
    assert 0.95 * wanted < length < 1.35 * wanted
    doubled = rogerson(weekly(2 * y[:60]), expected=np.repeat(mean[:60, None], series, axis=1), arl=wanted)
    assert doubled.alarm[:12].any(axis=0).mean() > 0.85


def test_the_threshold_is_free_of_its_unit_and_the_bound_is_where_alarms_begin():
    y = np.random.default_rng(2).poisson(2.0, (120, 30))
    got = rogerson(weekly(y), expected=2.0)
    k, h = (float(np.ravel(got.runs[0].parameters[name])[0]) for name in ("reference", "threshold"))
    again = rogerson(weekly(y), expected=2.0, reference=k, threshold=h)
    np.testing.assert_array_equal(got.alarm, again.alarm)
    gap = got.observed - got.upper_bound
    assert (got.alarm == (gap > 0))[np.abs(gap) > TIE].all()


def test_new_starts_after_an_alarm():
    y = np.r_[np.zeros(5), 40, np.zeros(4)]
    options = {"expected": 4.0, "reference": 5.0, "threshold": 10.0}
    plain, fast = (rogerson(weekly(y), **options, fir=fir) for fir in (False, True))
    part, goes_on = (surveillance.rogerson(weekly(y), **options, limit=limit) for limit in (0.8, None))
    assert plain.statistic[4:8, 0] == pytest.approx([0, 3.5, 0, 0])
    assert part.statistic[4:8, 0] == pytest.approx([0, 3.5, 0.3, 0])
    assert fast.statistic[[0, 5, 6], 0] == pytest.approx([0, 3.5, 0])
    assert rogerson(weekly(np.r_[7, y]), **options, fir=True).statistic[0, 0] == pytest.approx(0.7)
    assert goes_on.statistic[4:8, 0] == pytest.approx([0, 3.5, 3.0, 2.5])
    assert goes_on.alarm[5:8].all()
    assert [part.runs[0].resets, goes_on.runs[0].resets] == [True, False]


def test_awkward_series():
    y = np.zeros((200, 4), dtype=int)
    y[120, 1] = 1  # one incident ever
    y[:, 2] = 5  # constant
    y[:, 3] = np.tile([0, 1, 2, 1], 50)
    got = rogerson(weekly(y))
    assert got.reasons[got.note[0, 0]] == TRAINING
    assert got.tested[52:].all()
    assert not got.alarm.any()


def test_gaps_and_short_histories():
    y = np.tile([2, 1, 3, 2], 20)[:, None]
    covered = np.ones(y.shape, bool)
    covered[70:73] = False
    got = rogerson(weekly(y, covered=covered), training=65, last=15)
    assert got.tested[:, 0].tolist() == [True] * 5 + [False] * 3 + [True] * 7
    assert got.reasons[got.note[5, 0]] == NO_COVERAGE
    reference = rogerson(weekly(y, covered=covered), last=15, expected=2.0, compat="surveillance")
    assert reference.tested[:, 0].tolist() == got.tested[:, 0].tolist()
    brief = rogerson(weekly(y[:6]), last=1)
    assert not brief.tested.any()
    assert SHORT in brief.reasons


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compat": "R"}, "compat"),
        ({"reference": 2.0}, "go together"),
        ({"reference": 2.0, "threshold": 5.0, "arl": 50}, "arl or threshold"),
        ({"limit": 0.8}, "surveillance.rogerson"),
        ({"arl": 1.0}, "arl must be above 1"),
        ({"shift": 0.0}, "shift must be above 0"),
        ({"ratio": 1.0}, "ratio must be above 1"),
        ({"expected": 0.0}, "over 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words):
    with pytest.raises(OptionError, match=words):
        rogerson(weekly(np.ones(80)), **options)


def test_a_start_after_an_alarm_is_a_share_of_the_threshold():
    with pytest.raises(OptionError, match="share of the threshold"):
        surveillance.rogerson(weekly(np.ones(80)), limit=1.0)


def test_one_incident_alone_does_not_alarm_on_a_head_start():
    once = np.zeros(200, dtype=int)
    once[52] = 1
    found = rogerson(weekly(once), fir=True)
    assert found.tested[52]
    assert not found.alarm.any()
    assert found.statistic[52, 0] > rogerson(weekly(once)).statistic[52, 0]
