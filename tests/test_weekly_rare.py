"""Weekly reports of small and unusual files, page by page: what is shown, and what is not asked for."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics.reporting.content import weekly

DAY = "2020-04-19"
PAGES = ("country", "where", "cards", "regions", "kinds", "trust", "scorecard", "method")
WITH_NUMBERS = ("country", "where", "kinds", "trust")


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def shown(**asked):
    """Every page of a report by its name, and the front page."""
    request = weekly.ReportRequest(as_of=DAY, **asked)
    numbers = weekly.weekly_numbers(weekly.weekly_counts(request))
    content = weekly.weekly_content(numbers)
    pages = {
        name: getattr(weekly, f"show_{name}")(content, *([numbers] if name in WITH_NUMBERS else []))
        for name in PAGES
    }
    return numbers, content, pages, weekly.show_front(content, numbers)


def incidents(path, regions, days=500, last=DAY, rate=0.4, **columns):
    rng = np.random.default_rng(31)
    dates = pd.date_range(end=last, periods=days)
    frame = pd.DataFrame({"date": dates.repeat(rng.poisson(rate * len(regions), days))})
    frame["admin1"] = rng.choice(regions, len(frame))
    frame.assign(id=range(len(frame)), **columns).to_csv(path, index=False)
    return str(path)


def test_pages_that_are_not_asked_for_are_not_there(tmp_path):
    file = incidents(tmp_path / "one.csv", ["Eastmark"])
    numbers, _, pages, front = shown(incidents_path=file, sections=("method",), where="admin1 = 'Eastmark'")
    assert {name for name, page in pages.items() if page is not None} == {"method"}
    assert "Eastmark" in str(front)
    assert "admin1 = 'Eastmark'" in str(pages["method"])
    assert numbers.single


def test_a_table_of_counts_has_no_types_no_deaths_and_no_delays(tmp_path):
    weeks = pd.date_range("2018-01-01", periods=120, freq="7D")
    table = pd.DataFrame({"week": weeks, "Eastmark": np.resize([3, 1, 2], 120), "Westmark": 1})
    table.melt("week", var_name="admin1", value_name="events").to_csv(tmp_path / "c.csv", index=False)
    numbers, _, pages, _ = shown(incidents_path=str(tmp_path / "c.csv"))
    assert numbers.counts.values[-1].tolist() == [2, 1]
    assert numbers.counts.value == "incidents"
    assert "Eastmark" in str(pages["regions"])
    assert "SIMULATED" not in "".join(map(str, pages.values()))


@pytest.mark.slow
def test_a_file_that_says_little_is_reported_as_far_as_it_goes(tmp_path):
    file = incidents(
        tmp_path / "short.csv", ["Eastmark", "Westmark", "Northmark"], days=120, last="2020-04-17"
    )
    _, _, pages, front = shown(incidents_path=file)
    assert "completeness" in str(pages["trust"]).lower()
    assert "Northmark" in str(front) + str(pages["regions"])


@pytest.mark.slow
@pytest.mark.parametrize("by", ["admin2", "none"])
def test_districts_and_the_whole_file_have_pages_of_their_own(by, tmp_path):
    rng = np.random.default_rng(5)
    file = incidents(tmp_path / "d.csv", ["Eastmark", "Westmark"], days=800)
    frame = pd.read_csv(file)
    frame["admin2"] = frame["admin1"] + rng.choice([" north", " south"], len(frame))
    frame["event_type"] = rng.choice(["attack", "clash"], len(frame))
    frame["fatalities"] = rng.poisson(1.0, len(frame))
    frame.to_csv(file, index=False)
    numbers, _, pages, front = shown(incidents_path=file, by=by)
    districts = ["Eastmark north", "Eastmark south", "Westmark north", "Westmark south"]
    assert len(numbers.counts.regions) == (4 if by == "admin2" else 1)
    assert (pages["regions"] is None) is (by == "none")
    week = frame["date"] > "2020-04-12"
    assert f"{frame.loc[week, 'fatalities'].sum()} dead stated this week" in str(pages["kinds"])
    assert "clash" in str(pages["kinds"])
    two = frame["date"] > "2020-04-05"
    assert f"{two.sum()} in the fortnight" in str(front)
    if by == "admin2":
        assert all(name in str(pages["regions"]) for name in districts)
