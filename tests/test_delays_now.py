"""Delays that change, and reports that depend on the day on which they are made. Simulated reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.delays import DatedReports, with_measured_completeness
from analytics.delays.dated import measure
from analytics.delays.now import holiday_days
from analytics.errors import OptionError
from analytics.kernels.delays.report_days import cohorts_of, kind_rates, weekday_pvalue
from analytics.kernels.delays.stretch import lately

DAY = np.timedelta64(1, "D")
LAST = np.datetime64("2020-05-31")  # a Sunday
DAYS = 400
EID = (
    "2019-08-11", "2019-08-12", "2019-08-13", "2019-12-24", "2019-12-25", "2019-12-26", "2020-05-30",
    "2020-05-31",
)  # fmt: skip
HALF = 0.5  # of the error without: what the model must at least save


def reports(rng, *, rate=4.0, wait=None, stretch=1.0):
    """Reports with lognormal delays; `wait` says how many days those that come on a day wait for the next."""
    ago = rng.integers(0, DAYS, rng.poisson(rate * DAYS))
    delay = np.floor(np.where(ago < 56, stretch, 1.0) * 2.5 * np.exp(rng.standard_normal(len(ago))))
    known = LAST - ago * DAY + delay.astype(int) * DAY
    if wait is not None:
        known = known + wait(known) * DAY
    return DatedReports(LAST - ago * DAY, known, np.zeros(len(ago), int), ("a",), LAST)


def weekend(days):
    return np.array([0, 0, 0, 0, 0, 2, 1])[(days.astype(int) + 3) % 7]


def closed(days):
    off = np.array(EID, dtype="datetime64[D]")
    wait = np.zeros(len(days), int)
    for _ in range(3):
        wait += np.isin(days + wait * DAY, off)
    return wait


def true_share(wait, **more):
    many = reports(np.random.default_rng(99), rate=3000.0, wait=wait, **more)
    age = ((LAST - many.happened) / DAY).astype(int)
    recent = age < 14
    in_by_now = np.bincount(age[recent], many.first_known[recent] <= LAST, 14)
    return in_by_now / np.bincount(age[recent], minlength=14)


@pytest.mark.parametrize("held", [1.0, 0.3])
def test_weekdays_are_allowed_for(held):
    def wait(days):
        return np.where(np.random.default_rng(1).random(len(days)) < held, weekend(days), 0)

    truth = true_share(wait)
    found = measure(reports(np.random.default_rng(2), wait=wait))
    plain = found.curves.share[:14, 0]
    now, deviation = found.now.share[:14, 0], found.now.deviation[:14, 0]
    assert abs(now.mean() - truth.mean()) < HALF * abs(plain.mean() - truth.mean())
    assert np.abs(now - truth).mean() < HALF * np.abs(plain - truth).mean()
    assert abs(now.mean() - truth.mean()) < 3 * deviation.mean()
    words = "few or no reports come on Saturdays, Sundays" if held == 1 else "depend on the weekday"
    assert any(words in note for note in found.notes)


def test_where_weekdays_do_not_matter_they_are_left_alone():
    found = measure(reports(np.random.default_rng(3)))
    assert not any("weekday" in note or "few or no" in note for note in found.notes)


def test_weekdays_that_do_not_matter_are_found_as_seldom_as_the_level_says():
    rng, small = np.random.default_rng(4), 0
    for _ in range(100):
        age = rng.integers(0, 200, 600)
        delay = np.floor(2.5 * np.exp(rng.standard_normal(600))).astype(int)
        delay += 2 * (rng.random(200) < 0.3)[age]  # days on which the desk was late
        seen = (delay <= age) & (delay <= 60)
        found = weekday_pvalue(cohorts_of(delay[seen], age[seen], 60, 200), np.arange(200) % 7)
        small += found < 0.1
    assert 2 <= small <= 22  # 10 at 10 %, four standard errors of 3


def test_holidays_are_allowed_for_where_they_are_given():
    truth = true_share(closed)
    seen = reports(np.random.default_rng(5), wait=closed)
    without, with_them = measure(seen), measure(seen, holidays=EID)
    errors = [abs(found.now.share[:14, 0].mean() - truth.mean()) for found in (without, with_them)]
    assert errors[1] < HALF * errors[0]
    assert any("8 of the 364 days measured are holidays" in note for note in with_them.notes)
    none = measure(seen, holidays=["2020-06-20"])
    assert any("none of the days measured is one of the holidays" in note for note in none.notes)
    assert none.now.share[:14] == pytest.approx(without.now.share[:14], abs=0.02)


def test_a_calendars_terms_are_holidays_and_what_is_neither_is_refused():
    first, last = np.datetime64("2020-05-20"), np.datetime64("2020-06-05")
    assert holiday_days(["eid_al_fitr"], first, last).astype(str).tolist() == [
        "2020-05-24", "2020-05-25", "2020-05-26",
    ]  # fmt: skip
    with pytest.raises(OptionError):
        holiday_days("eid_al_fitr", first, last)
    with pytest.raises(Exception, match="holidays"):
        holiday_days(["eid"], first, last)


@pytest.mark.parametrize("stretch", [2.0, 0.5])
def test_a_change_of_the_delay_is_allowed_for(stretch):
    truth = true_share(None, stretch=stretch).mean()
    off, plain, unsure = [], [], []
    for seed in range(8):
        found = measure(reports(np.random.default_rng(10 + seed), stretch=stretch))
        off.append(found.now.share[:14, 0].mean() - truth)
        plain.append(found.curves.share[:14, 0].mean() - truth)
        unsure.append(found.now.deviation[:14, 0].mean())
    assert abs(np.mean(off)) < HALF * abs(np.mean(plain))
    assert np.mean(np.abs(off) < 2.576 * np.array(unsure)) >= 0.75


def test_without_a_change_the_shares_stay_where_they_are():
    found = measure(reports(np.random.default_rng(20), rate=8.0))
    assert found.now.share[:14, 0].mean() == pytest.approx(found.curves.share[:14, 0].mean(), abs=0.02)
    assert not any("have come" in note for note in found.notes)


@pytest.mark.parametrize(("factor", "between"), [(0.5, (0.3, 0.7)), (2.0, (1.6, 2.4))])
def test_reports_that_come_faster_or_slower_lately_are_told(factor, between):
    rng = np.random.default_rng(1)
    age, delay = rng.integers(0, 300, 4000), rng.geometric(0.2, 4000) - 1
    delay = np.where(age < 56, (factor * delay).astype(int), delay)
    seen = (delay <= age) & (delay <= 60)
    found = lately(delay[seen], age[seen], 60, 1.0)
    assert found.changed > 0.99
    assert found.since == 56
    assert between[0] < found.factor < between[1]


def test_too_few_reports_say_nothing_of_a_change():
    age = np.arange(20)
    found = lately(np.zeros(20, int), age, 60, 1.0)
    assert (found.since, found.changed, found.factor) == (0, 0.0, 1.0)


def test_kinds_of_day_that_are_alike_have_the_rates_of_all():
    rng = np.random.default_rng(6)
    age, delay = rng.integers(0, 300, 6000), rng.geometric(0.25, 6000) - 1
    seen = (delay <= age) & (delay <= 40)
    cohorts = cohorts_of(delay[seen], age[seen], 40, 300)
    kind = (np.arange(41)[:, None] - np.arange(300)) % 2
    found = kind_rates(cohorts, kind, 2, 1.0)
    assert found.effect == pytest.approx([1, 1], abs=0.15)
    assert found.rate[1:5, 0] == pytest.approx(found.rate[1:5, 1], rel=0.2)


def test_holidays_are_an_option_of_measured_completeness():
    seen = reports(np.random.default_rng(7), wait=closed)
    table = pd.DataFrame({"date": seen.happened, "reported_on": seen.first_known})
    incidents = read_incidents(table, as_of=str(LAST), columns={"date_start": "date"})
    counts = count_incidents(incidents, by=None)
    plain = with_measured_completeness(counts, incidents).completeness
    known = with_measured_completeness(counts, incidents, holidays=EID).completeness
    assert known.share[-14:].mean() < plain.share[-14:].mean() - 0.02


def test_the_command_takes_holidays(tmp_path, run):
    seen = reports(np.random.default_rng(7), wait=closed)
    table = pd.DataFrame({"date": seen.happened, "reported_on": seen.first_known, "admin1": "Kirkuk"})
    table.to_csv(tmp_path / "a.csv", index=False)
    words = ["test", tmp_path / "a.csv", "--as-of", str(LAST), "--by", "none", "--holidays", ",".join(EID)]
    code, out, _ = run(*words, "--completeness", "measured")
    assert code == 0
    assert "delays: 8 of the 364 days measured are holidays" in out
    code, _, refused = run(*words)
    assert code == 2
    assert "--holidays is for --completeness measured" in refused


def test_a_regions_own_speed_stays_beside_what_is_true_of_all():
    rng = np.random.default_rng(8)
    quick = reports(rng, wait=weekend)
    group = rng.integers(0, 2, len(quick.happened))
    slower = np.where(group == 1, 4, 0) * DAY
    both = replace(quick, first_known=quick.first_known + slower, group=group, groups=("a", "b"))
    share = measure(both).now.share[:14]
    assert share[:, 1].mean() < share[:, 0].mean() - 0.15
    assert (share[:, 2] >= share[:, :2].min(axis=1) - 0.03).all()
