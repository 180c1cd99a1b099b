"""Weekly reports of what is rarely asked for: what is refused, and what is said where little is known."""

from __future__ import annotations

import json
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analytics.errors import UptickError
from analytics.periods import DAY as DAYS
from analytics.reporting.content import weekly
from analytics.reporting.content.weekly import issue
from analytics.reporting.content.weekly.comment import read_comment
from analytics.reporting.content.weekly.front import front_page
from analytics.reporting.content.weekly.issue import Issue, changes_since
from analytics.reporting.content.weekly.names import check_not_another
from analytics.reporting.content.weekly.scorecard import scorecard_page
from analytics.reporting.content.weekly.trust import _sources

DAY = "2020-04-19"


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """500 days of three places, one of which has no incident of late; sources are stated but this week."""
    rng = np.random.default_rng(31)
    dates = pd.date_range(end="2020-04-17", periods=500)
    frame = pd.DataFrame({"date": dates.repeat(rng.poisson(1.2, 500))})
    frame["admin1"] = rng.choice(["Eastmark", "Westmark"], len(frame))
    frame["source"] = np.where(frame["date"] < "2020-04-13", "Office", None)
    frame = frame.assign(id=range(len(frame)), reported_on=frame["date"] + pd.Timedelta(days=1))
    path = tmp_path_factory.mktemp("rows") / "rows.csv"
    frame.to_csv(path, index=False)
    return str(path)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    weeks = pd.date_range("2018-01-01", periods=120, freq="7D")
    path = tmp_path_factory.mktemp("counts") / "counts.csv"
    pd.DataFrame({"week": weeks, "admin1": "Eastmark", "events": 3}).to_csv(path, index=False)
    return str(path)


def scope_of(path, **asked):
    return weekly.weekly_counts(weekly.ReportRequest(as_of=DAY, incidents_path=path, **asked))


@pytest.fixture(scope="module")
def numbers(rows):
    return weekly.weekly_numbers(scope_of(rows))


REFUSED = {
    "a word for missing rows of incidents": ("rows", {"missing": "zero"}),
    "completeness of a table of counts": ("table", {"completeness": "measured"}),
    "counts on the map": ("table", {"placing": {"near": ["33.3,44.4,20"]}}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, request, snapshot):
    name, asked = REFUSED[case]
    with pytest.raises(UptickError) as error:
        scope_of(request.getfixturevalue(name), **asked)
    assert str(error.value) == snapshot


def issue_of(numbers, **more):
    """An earlier issue that said of each region what is known now."""
    rows = numbers.result.frame
    stated = {
        "label": "2020-W16",
        "issue": "15",
        "as_of": DAY,
        "week_end": DAY,
        "sha256": "",
        "observed": dict(zip(rows["region"], rows["observed"], strict=True)),
        "usual": dict(zip(rows["region"], rows["expected"], strict=True)),
        "grades": dict.fromkeys(rows["region"], "about_usual"),
    }
    return Issue(**stated | more)


def test_an_issue_of_days_before_the_file_is_not_spoken_of(numbers):
    before = issue_of(numbers, week_end="2018-01-07")
    assert changes_since(numbers, before).corrections == ()
    assert changes_since(numbers, before).revised == (
        f"The window of {before.name} lies outside these counts, so nothing is said of it.",
    )


def test_an_uptick_that_is_withdrawn_without_a_change_is_said(numbers):
    before = issue_of(numbers, grades={"Eastmark": "uptick"}, sha256=numbers.incidents.digest)
    changes = changes_since(numbers, before)
    assert changes.corrections == (
        "Eastmark's uptick of issue 15 is withdrawn: its fortnight is unchanged, its past or other "
        "regions are not.",
    )
    assert changes.revised[0].endswith("0 incidents came to its fortnight and 0 went. The file is the same.")


def test_an_earlier_issue_is_of_the_same_kind_of_data(numbers, monkeypatch):
    for simulated in (False, True):
        monkeypatch.setattr(issue, "read_issue", lambda path, of=simulated: issue_of(numbers, simulated=of))
        if simulated:
            with pytest.raises(UptickError, match="the earlier issue is of another kind of data"):
                issue.check_issue("before.json", numbers)
        else:
            issue.check_issue("before.json", numbers)


def test_a_paragraph_of_a_comment_may_name_its_region_on_a_later_line():
    said = read_comment("A quiet week,\nas before.\nEastmark: nothing new.\nStill.", ["Eastmark"])
    assert said.general == ("A quiet week, as before.",)
    assert said.regions == {"Eastmark": "nothing new. Still."}


def test_sources_of_a_week_that_states_none_are_those_of_the_file(numbers):
    assert _sources(numbers) == "No source is stated this week; 1 source in the whole file."


def test_the_subtitle_says_what_was_chosen(rows):
    chosen = weekly.weekly_numbers(scope_of(rows, regions="Eastmark", where="admin1 = 'Eastmark'"))
    assert chosen.subtitle.endswith("where admin1 = 'Eastmark' · regions: Eastmark")
    assert chosen.single
    assert chosen.place == "Eastmark"


def test_of_an_issue_whose_file_is_not_known_no_sameness_is_said(numbers):
    assert changes_since(numbers, issue_of(numbers)).revised[0].endswith("came to its fortnight and 0 went.")


def test_an_issue_without_calls_has_nothing_to_follow_up(numbers):
    before = issue_of(numbers)
    page = scorecard_page(numbers, before, changes_since(numbers, before))
    assert page.calls is None
    assert page.basis == "Issue 15 called no region in uptick, and none is now."


def test_a_half_whose_week_before_was_not_covered_is_not_called_fallen(numbers):
    frame = numbers.national.frame.assign(observed=10.0, expected=40.0, grade="unsteady")
    national = replace(numbers.national, frame=frame)
    covered = numbers.total.coverage.copy()
    day = numbers.result.recent.start - 7 * DAYS
    covered[numbers.total.starts == day] = False
    gap = replace(numbers, national=national, total=replace(numbers.total, coverage=covered))
    assert front_page(gap).new.endswith("All regions together are at half their usual or less.")
    known = replace(numbers, national=national)
    assert front_page(known).new.endswith("All regions together are still at half their usual or less.")


def test_a_file_named_otherwise_is_the_same_file_and_another_is_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = weekly.ReportRequest(as_of=DAY, incidents_path="rows.csv")
    cell = "".join(f"{name} = {value!r}\n" for name, value in request.parameters().items())
    notebook = {"cells": [{"metadata": {"tags": ["injected-parameters"]}, "source": [cell]}]}
    (tmp_path / "report.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    target = tmp_path / "report.pdf"
    check_not_another(target, replace(request, incidents_path=str(tmp_path / "rows.csv")))
    with pytest.raises(UptickError, match="another report is there already") as error:
        check_not_another(target, replace(request, incidents_path=str(tmp_path / "other.csv")))
    assert "made with another file" in str(error.value)


def test_a_report_of_counts_is_named_after_the_weeks_of_its_table(tmp_path):
    weeks = pd.date_range("2018-01-06", periods=120, freq="7D")  # Saturdays
    file = tmp_path / "counts.csv"
    pd.DataFrame({"week": weeks, "admin1": "Eastmark", "events": 3}).to_csv(file, index=False)
    request = weekly.ReportRequest(as_of=DAY, incidents_path=str(file))
    made = weekly.weekly_report(request, output=tmp_path, formats=("json",))
    assert made.scope.request.week_start == "saturday"
    (written,) = tmp_path.glob("*.json")
    assert json.loads(written.read_text(encoding="utf-8"))["week"]["end"] == "2020-04-17"
