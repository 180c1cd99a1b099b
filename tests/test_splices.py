"""Nothing is compared across a change of the rules of inclusion, unless it is asked for and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import (
    change_test,
    concentration_test,
    count_incidents,
    day_test,
    read_incidents,
    severity_test,
    uptick_test,
)
from analytics.counts import allow_splices
from analytics.counts.outlets import read_outlets
from analytics.detectors import ears, recent_window
from analytics.detectors.grid import SPLICED
from analytics.errors import InputError
from analytics.periods import as_window
from analytics.store import Store

DAYS = pd.date_range("2019-01-01", "2020-04-19")
UCDP = [
    "id",
    "type_of_violence",
    "date_start",
    "date_end",
    "side_a",
    "best",
    "adm_1",
    "country",
    "code_status",
]


def ucdp(days: pd.DatetimeIndex, status: str = "Clear", first: int = 0) -> pd.DataFrame:
    """One incident a day, as UCDP writes it."""
    text = days.strftime("%Y-%m-%d")
    rows = [
        (first + i, 1, day, day, "Government of Iraq", 1, "Kirkuk governorate", "Iraq", status)
        for i, day in enumerate(text)
    ]
    return pd.DataFrame(rows, columns=UCDP)


def yearly_and_candidate() -> pd.DataFrame:
    candidate = ucdp(DAYS[DAYS.year == 2020], first=1_000)
    candidate.loc[::3, "code_status"] = "Check dyad"
    return pd.concat([ucdp(DAYS[DAYS.year == 2019]), candidate], ignore_index=True)


def counted(frame, **options):
    return count_incidents(read_incidents(frame, as_of="2020-04-19"), regions=["Kirkuk"], **options)


def plain(source: str = "desk", days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Rows of a canonical table: its column `source` says where each comes from."""
    text = days.strftime("%Y-%m-%d")
    return pd.DataFrame(
        {
            "incident_id": [f"{source}-{i}" for i in range(len(text))],
            "source": source,
            "date_start": text,
            "date_end": text,
            "country": "Iraq",
            "admin1": "Kirkuk",
        }
    )


def test_a_yearly_file_continued_by_candidate_rows_gets_no_verdict():
    counts = counted(yearly_and_candidate())
    assert [str(splice.day) for splice in counts.splices] == ["2020-01-01"]
    row = uptick_test(counts).frame.iloc[0]
    assert (row["grade"], row["verdict"], row["why"]) == ("no_data", "cannot be told", "splice")
    assert row["words"].startswith(
        "no data: other rules of inclusion, from 2020-01-01 on UCDP candidate rows"
    )
    assert np.isnan(row["pvalue"])


def test_it_is_compared_where_that_is_asked_for_and_a_note_says_so():
    counts = counted(yearly_and_candidate())
    found = uptick_test(counts, allow_splice=True)
    assert found.frame["grade"].iloc[0] != "no_data"
    assert sum(note.startswith("spliced: from 2020-01-01 on UCDP candidate") for note in found.notes) == 1
    steady = uptick_test(counted(yearly_and_candidate().assign(code_status="Clear")))
    assert found.frame["pvalue"].tolist() == steady.frame["pvalue"].tolist()
    assert not any(note.startswith("spliced") for note in steady.notes)


def test_a_file_of_candidate_rows_alone_is_by_one_rule():
    frame = yearly_and_candidate()
    assert counted(frame[frame["date_start"] >= "2020-01-01"]).splices == ()


def test_a_splice_before_the_baseline_does_no_harm():
    days = pd.date_range("2018-01-01", "2020-04-19")
    frame = ucdp(days)
    frame.loc[frame["date_start"] >= "2018-07-01", "code_status"] = "Check dyad"
    frame = pd.concat([ucdp(pd.date_range("2017-10-01", "2017-12-31"), first=5_000), frame])
    counts = counted(frame)
    assert [str(splice.day) for splice in counts.splices] == ["2018-01-01"]
    assert uptick_test(counts).frame["why"].iloc[0] != "splice"
    assert uptick_test(counts.until("2018-11-30")).frame["why"].iloc[0] == "splice"


@pytest.mark.parametrize(
    ("days", "splice"),
    [
        (DAYS[DAYS >= "2020-02-01"], "2020-02-01"),
        (DAYS[DAYS <= "2020-02-01"], "2020-02-02"),
        (DAYS[[60, 200, 400]], None),  # three incidents tell nothing
        (DAYS[5:], None),  # five days later is chance
    ],
    ids=["began", "ended", "few", "chance"],
)
def test_a_source_that_began_or_ended_inside_the_baseline(days, splice):
    counts = counted(pd.concat([plain(), plain("agency", days)], ignore_index=True))
    assert [str(found.day) for found in counts.splices] == ([splice] if splice else [])
    assert (uptick_test(counts).frame["why"].iloc[0] == "splice") is bool(splice)


def test_a_change_that_the_metadata_state(tmp_path):
    path = tmp_path / "a.csv"
    plain(days=DAYS).to_csv(path, index=False)
    beside = path.with_suffix(".meta.toml")
    beside.write_text('[[splice]]\nday = 2019-10-01\nreason = "mortar fire is counted too"\n', "utf-8")
    assert [str(splice) for splice in counted(path).splices] == [
        "from 2019-10-01 on mortar fire is counted too"
    ]
    beside.write_text('splice = "2019-10-01"\n', "utf-8")
    with pytest.raises(InputError, match="splice is no list of tables"):
        counted(path)


def test_a_source_that_changed_its_way_of_collecting():
    rows = [
        (f"{y}{m:02d}150001", y, m, 15, "Iraq", "Kirkuk") for y in (2010, 2011, 2012) for m in range(1, 13)
    ]
    frame = pd.DataFrame(rows, columns=["eventid", "iyear", "imonth", "iday", "country_txt", "provstate"])
    assert [str(splice.day) for splice in read_incidents(frame).splices] == ["2011-11-01"]


def test_a_store_of_a_yearly_file_and_candidate_months_knows_the_splice(tmp_path):
    frame = yearly_and_candidate()
    early = frame["date_start"] < "2020-01-01"
    store = Store(tmp_path / "u.store")
    store.add(frame[early], on="2020-03-01", extracted="2020-03-01")
    store.add(frame[~early], on="2020-04-19", covers="2020-01-01..2020-04-19")
    assert [str(splice.day) for splice in store.counts("2020-04-19").splices] == ["2020-01-01"]
    assert store.counts("2020-03-01").splices == ()


def test_the_first_page_says_what_was_allowed(tmp_path, run):
    path = tmp_path / "ged.csv"
    yearly_and_candidate().to_csv(path, index=False)
    words = ["report", path, "--as-of", "2020-04-19", "--summary", "--by", "none"]
    code, refused, _ = run(*words)
    assert code == 0
    assert "other rules of inclusion, from 2020-01-01 on" in refused
    code, allowed, _ = run(*words, "--allow-splice")
    assert code == 0
    assert "Spliced: from 2020-01-01 on UCDP candidate rows continue the yearly file" in allowed


@pytest.fixture(scope="module")
def spliced():
    """A day's incident in each of two regions, the last months of them candidate rows."""
    frame = yearly_and_candidate()
    other = frame.assign(id=frame["id"] + 9_000, adm_1="Erbil governorate")
    incidents = read_incidents(pd.concat([frame, other], ignore_index=True), as_of="2020-04-19")
    return incidents, count_incidents(incidents, regions=["Kirkuk", "Erbil"], freq="day")


@pytest.mark.parametrize(
    "ask",
    [
        lambda incidents, counts: day_test(counts, date="2020-04-18"),
        lambda incidents, counts: concentration_test(counts, regions_inside=["Kirkuk"]),
        lambda incidents, counts: change_test(counts, date="2020-03-01"),
        lambda incidents, counts: severity_test(incidents, as_of="2020-04-19"),
    ],
    ids=["day", "concentration", "change", "severity"],
)
def test_no_other_test_compares_across_it_either(spliced, ask):
    incidents, counts = spliced
    refused = ask(incidents, counts)
    assert set(refused.frame["verdict"]) == {"cannot be told"}
    assert refused.frame["reason"].str.contains("other rules of inclusion, from 2020-01-01").all()


def test_a_detector_gives_no_answer_from_it_on_and_says_why(spliced):
    _, counts = spliced
    found = ears(counts.resample("week"), last=60)
    before = found.starts < np.datetime64("2019-12-30")
    assert found.tested[before].all()
    assert not found.tested[~before].any()
    assert found.reasons[found.note[-1, 0]] == SPLICED
    assert sum("(new ones from 2020-01-01): count from there on" in note for note in found.notes) == 1
    allowed = ears(allow_splices(counts).resample("week"), last=60)
    assert allowed.tested.all()
    assert sum(note.startswith("spliced: from 2020-01-01") for note in allowed.notes) == 1
    steady = ears(replace(counts, splices=()).resample("week"), last=60)
    np.testing.assert_array_equal(allowed.statistic, steady.statistic)


def test_the_rolling_test_refuses_what_uptick_test_refuses():
    days = pd.date_range("2018-01-01", "2020-04-19")
    frame = ucdp(days)
    frame.loc[frame["date_start"] >= "2018-07-01", "code_status"] = "Check dyad"
    frame = pd.concat([ucdp(pd.date_range("2017-10-01", "2017-12-31"), first=5_000), frame])
    counts = counted(frame, freq="day")
    found = recent_window(counts, every="week")
    for day in ("2018-12-30", "2019-02-10", "2019-02-17", "2020-04-19"):
        row = int(np.flatnonzero(found.starts == np.datetime64(day) - 6)[0])
        withheld = uptick_test(counts.until(day)).frame["why"].iloc[0] == "splice"
        assert (found.reasons[found.note[row, 0]] == SPLICED) is withheld
    assert found.tested[-1, 0]


def test_monitor_and_its_command_refuse_it_unless_it_is_allowed(tmp_path, run):
    path = tmp_path / "ged.csv"
    yearly_and_candidate().to_csv(path, index=False)
    words = ["monitor", path, "--as-of", "2020-04-19", "--regions", "Kirkuk", "--last", "4"]
    code, refused, _ = run(*words)
    assert code == 0
    assert "other rules of inclusion" in refused
    assert "? not tested" in refused
    code, allowed, _ = run(*words, "--allow-splice")
    assert code == 0
    assert "– no alarm" in allowed
    assert "spliced: from 2020-01-01" in allowed


def test_an_expectation_is_not_fitted_across_it():
    days = pd.date_range("2016-01-01", "2020-04-19")
    frame = ucdp(days)
    frame.loc[frame["date_start"] >= "2018-07-01", "code_status"] = "Check dyad"
    counts = counted(frame, freq="day")
    plain_, allowed = (
        uptick_test(counts, null="expected", allow_splice=allow).frame.iloc[0] for allow in (False, True)
    )
    assert plain_["why"] != "splice"
    assert (plain_["null"], allowed["null"]) == ("expected", "expected")
    assert plain_["expected_adjusted"] == pytest.approx(allowed["expected_adjusted"], rel=0.2)


# -- who reports -----------------------------------------------------------------------------------------


def outlets_note(frame) -> list[str]:
    found = uptick_test(counted(frame))
    assert found.frame["grade"].tolist() == ["uptick"]
    return [note for note in found.notes if note.startswith("reporting sources: ")]


def test_a_rise_that_one_new_outlet_brings_is_told():
    old = plain().assign(source_name="AP")
    days = DAYS[DAYS >= "2020-04-06"]
    new = pd.concat([plain(f"n{i}", days) for i in range(4)], ignore_index=True)
    new = new.assign(source="desk", source_name="Local Radio")
    both = pd.concat([old, new], ignore_index=True)
    assert outlets_note(both) == [
        "reporting sources: Kirkuk: 100% of the rise come from one outlet that began on 2020-04-06 "
        "(Local Radio); 2.0 outlets a week now, 1.0 in the baseline"
    ]
    # The same rise by those who reported before, and where nobody is named: nothing to tell.
    assert outlets_note(both.assign(source_name=np.resize(["AP", "BBC"], len(both)))) == []
    assert outlets_note(both.assign(source_name="AP")) == []


def test_a_rise_that_two_new_outlets_bring_is_told_with_both():
    days = DAYS[DAYS >= "2020-04-06"]
    local = pd.concat([plain(f"n{i}", days) for i in range(3)], ignore_index=True)
    town = plain("t", days[7:])
    both = pd.concat(
        [
            plain().assign(source_name="AP"),
            local.assign(source_name="Local Radio"),
            town.assign(source_name="Town Paper"),
        ],
        ignore_index=True,
    )
    assert outlets_note(both.assign(source="desk")) == [
        "reporting sources: Kirkuk: 100% of the rise come from 2 outlets that began on 2020-04-06 or later "
        "(Local Radio, Town Paper); 2.5 outlets a week now, 1.0 in the baseline"
    ]


def test_outlets_are_counted_by_week_and_shared():
    days = np.array(["2020-04-13", "2020-04-14", "2020-04-20"], dtype="datetime64[D]")
    named = pd.Series(["AP; BBC; AP", None, "BBC"], dtype="str")
    found = read_outlets(named, days, np.array([0, 0, 1]), ("Kirkuk", "Erbil"))
    assert found.per_week()[["region", "week", "outlets"]].to_numpy().tolist() == [
        ["Erbil", "2020-W17", 1],
        ["Kirkuk", "2020-W16", 2],
    ]
    assert found.weight(as_window("2020-04-13..2020-04-20")).tolist() == [0.5, 1.5]
    assert read_outlets(named[1:2], days[1:2], np.array([0]), ("Kirkuk",)) is None
