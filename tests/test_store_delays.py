"""Delays from a store's deliveries, where no incident states the day of its report. Simulated incidents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents
from analytics.delays import delay_distribution, with_measured_completeness
from analytics.errors import InputError
from analytics.reporting.content.weekly.numbers import weekly_numbers
from analytics.reporting.content.weekly.reading import weekly_counts
from analytics.reporting.content.weekly.trust import trust_page
from analytics.store import Store

FIRST, LAST = np.datetime64("2019-06-02"), np.datetime64("2020-01-26")  # Sundays
WEEK = np.timedelta64(7, "D")
DELIVERIES = np.arange(FIRST + 126, LAST + 1, WEEK)
RATE = 3


def truth(age):
    """Share known on a Sunday of the incidents of a day so long before."""
    return 1 - 0.85 ** (np.asarray(age) + 1)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A store with a delivery a week; reports come with a geometric delay, and nobody writes down when."""
    rng = np.random.default_rng(5)
    days = np.arange(FIRST, LAST + 1).repeat(RATE)
    came = days + rng.geometric(0.15, len(days)) - 1
    table = pd.DataFrame({"id": [f"SIM-{i}" for i in range(len(days))], "date": days.astype(str)})
    table["province"] = rng.choice(["Diyala", "Kirkuk"], len(days))
    store = Store(tmp_path_factory.mktemp("store") / "a.store")
    for day in DELIVERIES:
        store.add(table[came <= day], on=str(day), covers="all")
    return store


def test_the_first_delivery_of_an_incident_stands_for_the_day_of_its_report(known):
    stated = known.as_of(str(LAST))
    assert stated.frame["reported_on"].isna().all()
    found = known.as_of(str(LAST), reported_on="auto").frame
    before = found["date_start"] < pd.Timestamp(str(DELIVERIES[0]))
    assert found.loc[before, "reported_on"].isna().all()  # only the late ones of those were seen to come
    late = (found["reported_on"] - found["date_start"]).dt.days[~before]
    assert late.between(0, 120).all()
    assert set(found["reported_on"].dropna().dt.day_of_week) == {6}


def test_completeness_is_measured_from_the_deliveries(known):
    incidents = known.as_of(str(LAST), reported_on="auto")
    counts = count_incidents(incidents, by=None, freq="day")
    found = with_measured_completeness(counts, incidents)
    share, deviation = found.completeness.share[-14:, 0], found.completeness.deviation[-14:, 0]
    assert share.mean() == pytest.approx(truth(np.arange(14)).mean(), abs=0.06)
    assert abs(share.mean() - truth(np.arange(14)).mean()) < 3 * deviation.mean()
    assert any("few or no reports come on Mondays, Tuesdays" in note for note in found.notes)
    # Between deliveries nothing more is known than at the last one: a day of which no delivery tells.
    assert delay_distribution(incidents, by=None).frame["observed"].iloc[-1] > 150


def test_few_deliveries_or_later_knowledge_leave_the_days_unstated(known):
    soon = str(DELIVERIES[3])
    assert known.as_of(soon, reported_on="auto").frame["reported_on"].isna().all()
    hindsight = known.as_of("2019-12-29", known_on=str(LAST), reported_on="auto")
    assert hindsight.frame["reported_on"].isna().all()
    with pytest.raises(InputError, match="no incident states the day of its report"):
        with_measured_completeness(count_incidents(hindsight), hindsight)


def test_the_page_on_trust_has_delay_completeness_and_revisions_from_the_store(known):
    numbers = weekly_numbers(
        weekly_counts(
            store=str(known.path), as_of=str(LAST), source="table", completeness="measured", by="admin1"
        )
    )
    page = trust_page(numbers)
    assert page.delay_known
    assert page.delay == ""
    assert page.completeness_known
    assert "of the window's incidents are taken to be reported, measured from" in page.completeness
    last = known.deliveries()[-1]
    assert page.revisions == (
        f"The last delivery, known on {LAST}, added {last.added} incidents, changed 0 and deleted 0."
    )
    assert last.added > 0


def test_the_command_measures_from_a_store(known, run):
    code, out, err = run(
        "test", "--store", known.path, "--as-of", str(LAST), "--completeness", "measured", "--by", "none"
    )
    assert (code, err) == (0, "")
    assert "reported_on: the first delivery that an incident was in" in out
    assert "completeness measured from" in out
