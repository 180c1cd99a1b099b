"""What is refused, and said where little is known: the branches that tests of each room do not reach."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics import Counts, read_incidents
from analytics._limits import raised
from analytics._text import read_toml
from analytics.claims.answer import seen_words
from analytics.claims.published import published_figures
from analytics.claims.read import read_claims
from analytics.counts import count_incidents
from analytics.counts.completeness import Completeness
from analytics.counts.places import _labels
from analytics.counts.rates import rate_table, read_denominators
from analytics.counts.reading import read_count_table, read_counts
from analytics.counts.spliced import allow_splices
from analytics.delays.dated import DatedReports
from analytics.detectors.events import area_shares, events_of_arrays, events_of_incidents
from analytics.detectors.registry import DETECTORS
from analytics.errors import InputError, OptionError, OutputError, UptickError
from analytics.fetch.acled import _seconds
from analytics.fetch.asked import Faulty
from analytics.fetch.reading import rows_of
from analytics.fetch.ucdp import _countries
from analytics.options.windows import check_completeness_sd
from analytics.periods import as_day, as_gap, as_window, check_freq, check_week_start, period_starts
from analytics.results.alarms import Alarms
from analytics.schema import require_columns, validate
from analytics.sources.checks import Draft
from analytics.sources.columns import Columns
from analytics.sources.files import load
from analytics.sources.registry import find_source
from analytics.store import opening
from analytics.upticks import (
    activity_test,
    concentration_test,
    emerging_test,
    recurrence_test,
    response_test,
    severity_test,
    uptick_test,
)

HEAD = '[article]\ntitle = "Notes"\ndate = 2020-04-13\n'
CLAIM = """
[[claim]]
id = "mine"
words = "More attacks."
kind = "recent"
region_set = "all"
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"
"""


def counts(values=((1, 0), (2, 3)), freq="week", **options):
    options = {"start": "2020-04-06", "regions": ["Eastmark", "Westmark"]} | options
    return Counts.from_array([list(row) for row in values], freq=freq, **options)


def incidents(rows=(("2020-04-01", "Eastmark"), ("2020-04-02", "Westmark")), **options):
    frame = pd.DataFrame(rows, columns=["date", "admin1"])
    return read_incidents(frame, **({"as_of": "2020-04-13"} | options))


def placed(latitudes):
    frame = pd.DataFrame(
        {"date": "2020-04-01", "admin1": "Eastmark", "latitude": latitudes, "longitude": 44.0}
    )
    return read_incidents(frame, as_of="2020-04-13")


def canonical():
    return incidents().frame.drop(columns=["row", "flags"], errors="ignore")


REFUSED = {
    "a day of another century": lambda: as_day("1899-12-31"),
    "three days are no window": lambda: as_window(("2020-04-01", "2020-04-02", "2020-04-03")),
    "a number is no gap": lambda: as_gap(7),
    "a month is no period": lambda: check_freq("month"),
    "no day of the week": lambda: check_week_start("someday"),
    "columns that are absent": lambda: require_columns(
        pd.DataFrame({"a": [1]}), ["a", "b"], "too few columns"
    ),
    "a required value that is missing": lambda: validate(canonical().assign(incident_id=pd.NA)),
    "a word that no column holds": lambda: validate(canonical().assign(initiator="somebody")),
    "no such published series": lambda: published_figures("acled_events"),
    "days and groups that differ in number": lambda: DatedReports(
        np.array(["2020-04-01"], "M8[D]"),
        np.array([], "M8[D]"),
        np.array([0]),
        ("a",),
        np.datetime64("2020-04-02"),
    ),
    "a day before ACLED": lambda: _seconds("1996-12-31", "changed_since"),
    "no state of UCDP": lambda: _countries("Iraqistan"),
    "no such source": lambda: find_source("acledd"),
    "a deviation of another shape": lambda: check_completeness_sd([0.1, 0.2, 0.3], np.array([0.8, 0.9])),
    "a deviation that no share has": lambda: check_completeness_sd(np.inf, np.array([0.8, 0.9])),
    "deviation and share that differ": lambda: Completeness(np.ones((2, 1)), np.ones((1, 1)), "given"),
    "a share of nothing": lambda: Completeness(np.zeros((1, 1)), np.zeros((1, 1)), "given"),
    "a deviation below nothing": lambda: Completeness(np.ones((1, 1)), -np.ones((1, 1)), "given"),
    "periods with a hole": lambda: replace(counts(), starts=np.array(["2020-04-06", "2020-04-20"], "M8[D]")),
    "parents for one of two": lambda: replace(counts(), parents=("Mark",)),
    "a week cut in two": lambda: counts().until("2020-04-15"),
    "by nothing": lambda: count_incidents(incidents(), by=","),
    "a set of regions by another column": lambda: count_incidents(
        incidents(), by="initiator", regions="disputed_territories"
    ),
    "no such value": lambda: count_incidents(incidents(), by="initiator", regions=["statt"]),
    "a region twice": lambda: count_incidents(incidents(), regions=["Eastmark", "Eastmark"]),
    "for each no people": lambda: rate_table(counts(), {"Eastmark": 10, "Westmark": 20}, per=0),
    "coverage of another shape": lambda: Counts.from_frame(
        pd.DataFrame({"Eastmark": [1, 2]}, index=pd.to_datetime(["2020-04-06", "2020-04-13"])),
        freq="week",
        as_of="2020-04-19",
        coverage=[[True]],
    ),
    "no event without its place": lambda: events_of_arrays([1.0, np.nan], [1.0, 2.0], [1.0, 2.0]),
    "no region around": lambda: area_shares(events_of_arrays([0.0, 1.0], [0.0, 1.0], [1.0, 2.0]), 1.0, None),
    "two places have no area": lambda: area_shares(events_of_incidents(placed([34.0, 35.0])), 1.0, None),
    "no place at all": lambda: events_of_incidents(placed([np.nan, np.nan])),
    "no alarms at all": lambda: Alarms.concat([]),
    "the limit beyond what can be read": lambda: raised(["nesting=100000"]).__enter__(),
    "a number that is longer than Python reads": lambda: read_toml("a = " + "9" * 5_000),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, snapshot):
    with pytest.raises((UptickError, ValueError)) as error:
        REFUSED[case]()
    assert str(error.value) == snapshot


CLAIMS = {
    "a list for the article": "article = []\nclaim = {}\n",
    "another day that is no list": HEAD + 'date_alternatives = "2020-04-06"\n' + CLAIM,
    "a level beside a set": HEAD + CLAIM + 'by = "admin1"\n',
    "a claim that is no table": HEAD.replace("[article]", "claim = [1]\n[article]"),
    "a title that is a number": HEAD.replace('"Notes"', "7") + CLAIM,
    "an activity twice": HEAD + CLAIM.replace('["attack"]', '["attack", "attack"]'),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_a_file_of_claims_is_refused(case, tmp_path, snapshot):
    path = tmp_path / "claims.toml"
    path.write_text(CLAIMS[case], encoding="utf-8")
    with pytest.raises(UptickError) as error:
        read_claims(path)
    assert str(error.value) == snapshot


POPULATIONS = {
    "three columns": "region,population,year\nEastmark,10,2020\n",
    "a region twice": "region,population\nEastmark,10\n\nEastmark,11\n",
    "no number": "region,population\nEastmark,many\n",
}


@pytest.mark.parametrize("case", POPULATIONS)
def test_populations_are_refused(case, tmp_path, snapshot):
    path = tmp_path / "people.csv"
    path.write_text(POPULATIONS[case], encoding="utf-8")
    with pytest.raises(UptickError) as error:
        read_denominators(path)
    assert str(error.value).replace(str(tmp_path), "HERE") == snapshot


def test_blank_lines_among_populations_are_nobody(tmp_path):
    (tmp_path / "people.csv").write_text("region,population\nEastmark,1 000\n\n ,\nWestmark,20\n")
    assert read_denominators(tmp_path / "people.csv") == {"Eastmark": 1000.0, "Westmark": 20.0}


# Two rows of counts, with the last day of each.
LENGTHS = [
    ("2020-04-08", "2020-04-14", "2020-04-15", "2020-04-21", "week"),
    ("2020-04-08", "2020-04-08", "2020-04-09", "2020-04-09", "day"),
]


@pytest.mark.parametrize(("first", "its_end", "second", "ends", "what"), LENGTHS)
def test_periods_are_as_long_as_their_ends_say(first, its_end, second, ends, what, tmp_path):
    (tmp_path / "c.csv").write_text(
        f"start_date,end_date,admin1,incidents\n{first},{its_end},Eastmark,3\n{second},{ends},Eastmark,5\n"
    )
    found = read_counts(tmp_path / "c.csv", as_of="2020-04-30")
    assert found.values.sum() == 8
    assert any(f"{what}s" in note for note in found.notes), found.notes


def test_one_month_is_a_month_where_its_end_is_stated(tmp_path):
    (tmp_path / "c.csv").write_text(
        "start_date,end_date,admin1,incidents\n2020-04-01,2020-04-30,Eastmark,3\n"
        "2020-04-01,2020-04-30,Westmark,5\n"
    )
    with pytest.raises(UptickError, match="holds counts by month") as error:
        read_counts(tmp_path / "c.csv", as_of="2020-04-30")
    assert error.value.found == "months, 2020-04 to 2020-04"
    whole = read_count_table(tmp_path / "c.csv", as_of="2020-04-30")
    assert (whole.unit, whole.numbers.sum()) == ("month", 8)


DAYS_APART = ("01-05", "01-12", "01-26", "02-09")


def test_periods_some_weeks_apart_are_weeks_whatever_their_column_is_called(tmp_path):
    rows = "".join(f"2020-{day},Eastmark,{n}\n" for day, n in zip(DAYS_APART, (3, 5, 1, 2), strict=True))
    (tmp_path / "c.csv").write_text("date,admin1,incidents\n" + rows)
    found = read_counts(tmp_path / "c.csv", as_of="2020-02-15")
    assert found.freq == "week"
    assert [str(day) for day in found.starts] == [
        "2020-01-05", "2020-01-12", "2020-01-19", "2020-01-26", "2020-02-02", "2020-02-09"
    ]  # fmt: skip
    assert found.values.sum() == 11


PERIODS = {
    "two days": ("start_date,end_date", "2020-04-08,2020-04-09", "2020-04-10,2020-04-11"),
    "three days": ("start_date,end_date", "2020-04-08,2020-04-10", "2020-04-11,2020-04-13"),
    "months": ("start_date,end_date", "2020-03-01,2020-03-31", "2020-04-01,2020-04-30"),
    "a word": ("week", "2020-04-06", "soon"),
    "a blank cell": ("week", "2020-04-06", ""),
}


@pytest.mark.parametrize("case", PERIODS)
def test_periods_are_refused(case, tmp_path, snapshot, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name, first, second = PERIODS[case]
    Path("c.csv").write_text(f"{name},admin1,incidents\n{first},Eastmark,3\n{second},Eastmark,5\n")
    with pytest.raises(UptickError) as error:
        read_counts("c.csv", as_of="2020-04-30")
    assert str(error.value) == snapshot


def test_an_answer_without_rows_is_asked_for_again():
    for found in ({}, {"data": 1}, {"data": [1]}):
        with pytest.raises(Faulty, match="no list of rows under data"):
            rows_of(found, "data")
    assert rows_of({"data": [{}]}, "data") == [{}]


def test_days_of_every_kind_are_one_day():
    day = np.datetime64("2020-04-12")
    given = [
        "2020-04-12",
        dt.date(2020, 4, 12),
        pd.Timestamp("2020-04-12 23:59"),
        np.datetime64("2020-04-12T23"),
    ]
    assert [as_day(one) for one in given] == [day] * 4
    with pytest.raises(UptickError, match="is not a date"):
        as_day(np.datetime64("NaT"))
    assert str(as_window(["2020-04-12", dt.date(2020, 4, 13)])) == "2020-04-12..2020-04-13"
    assert str(as_gap(("2020-04-12", "2020-04-13"))) == "2020-04-12..2020-04-13"
    assert period_starts(day, day + 1, "day").tolist() == [dt.date(2020, 4, 12), dt.date(2020, 4, 13)]


def test_what_no_size_would_show_is_said():
    assert seen_words(np.inf, "{} times {}") == "none of any size"
    assert seen_words(np.nan, "{} times {}") == "–"


def test_the_completeness_of_a_sum_without_incidents_is_the_mean():
    known = Completeness(np.array([[0.8, 0.4]]), np.array([[0.1, 0.1]]), "given")
    assert known.summed(np.zeros((1, 2), int)).share.tolist() == [[pytest.approx(0.6)]]
    assert known.summed(np.array([[3, 1]])).share.tolist() == [[pytest.approx(0.7)]]


def test_places_alike_in_all_they_lie_in_are_numbered():
    paths = {(1,): ("Iraq", "Mark", "Town"), (2,): ("Iraq", "Mark", "Town"), (3,): ("Iraq", "Mark", "City")}
    assert _labels(paths) == {(1,): "Town, Mark, Iraq", (2,): "Town, Mark, Iraq (2)", (3,): "City"}


def test_counts_without_a_change_of_sources_stay_as_they_are():
    same = counts()
    assert allow_splices(same) is same


def test_days_after_the_file_was_drawn_have_no_coverage():
    drawn = incidents(as_of="2020-04-20", extracted="2020-04-13")
    found = count_incidents(drawn, freq="day")
    assert found.coverage.all(axis=1).tolist() == [True] * 13 + [False] * 7
    assert "the file was drawn on 2020-04-13: later days have no coverage" in found.notes


# -- commands ----------------------------------------------------------------------------------------------

DAYS = "start_date,admin1,incidents\n2020-04-06,Eastmark,3\n2020-04-07,Eastmark,5\n2020-04-08,Eastmark,1\n"
WEEKS = "week,admin1,incidents\n2020-04-06,Eastmark,3\n2020-04-13,Eastmark,5\n"
MONTHS = "month,admin1,incidents\n2020-03,Eastmark,3\n2020-04,Eastmark,5\n"
ROWS = "id,date,admin1,fatalities\n1,2020-04-01,Eastmark,1\n2,2020-04-02,Westmark,0\n"
FILES = {
    "days.csv": DAYS,
    "weeks.csv": WEEKS,
    "months.csv": MONTHS,
    "rows.csv": ROWS,
    "number.toml": "recent = true\n",
    "format.toml": 'format = "html"\nfile = "none.csv"\n',
}
COMMANDS = {
    "a word too many": "count rows.csv more.csv --as-of 2020-04-13",
    "nothing but an unknown option": "--nothing",
    "a day of knowledge of a file": "count rows.csv --as-of 2020-04-13 --known-on 2020-04-12",
    "volatility of months": "count months.csv --as-of 2020-04-30 --volatility",
    "months with a gap": "count months.csv --as-of 2020-04-30 --no-coverage 2020-03-01..2020-03-04",
    "days made of weeks": "count weeks.csv --as-of 2020-04-19 --freq day",
    "a span of counts": "count weeks.csv --as-of 2020-04-19 --span spread",
    "counts measured": "test weeks.csv --as-of 2020-04-19 --completeness measured",
    "rows that stay, measured": "monitor rows.csv --as-of 2020-04-13 --engine duckdb --completeness measured",
    "a printed report that runs a notebook": "report rows.csv --summary --notebook own.ipynb",
    "an option that is no number": "report rows.csv --parameters number.toml",
    "a format beside a print": "report --parameters format.toml --summary --as-of 2020-04-13",
    "places by another column": "count rows.csv --as-of 2020-04-13 --near 33,44,10km --by admin1",
    "an account in the way": "check rows.csv --as-of 2020-04-13 --quarantine rows.csv",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_is_refused(case, run, here, snapshot):
    code, out, err = run(*COMMANDS[case].split())
    assert (code, out) == (2, "")
    assert err.replace(str(here), "HERE") == snapshot
    assert {path.name: path.read_text() for path in here.iterdir()} == FILES


def test_tables_of_counts_without_a_place_are_checked_as_they_are(run, here):
    Path("whole.csv").write_text("week,incidents\n2020-04-06,3\n2020-04-13,5\n")
    code, out, err = run("check", "whole.csv", "--as-of", "2020-04-19")
    assert code == 0, err
    assert "8" in out


def test_covered_from_is_taken_where_rows_lie(run, here):
    asked = ("count", "rows.csv", "--as-of", "2020-04-13", "--covered-from", "2020-03-30", "--format", "csv")
    read, where_they_lie = run(*asked), run(*asked, "--engine", "duckdb")
    assert read[0] == 0, read[2]
    assert where_they_lie == read
    assert "covered from 2020-03-30" in read[2] or "2020-03-30" in read[1]


def test_states_that_are_not_bundled_have_their_number():
    assert _countries(["Syria", 645]) == [("Syria", "652"), ("country 645", "645")]


def test_only_known_reasons_and_flags_are_given(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    draft = Draft(Columns(load(tmp_path / "rows.csv")))
    with pytest.raises(ValueError, match="'because' is not in REASONS"):
        draft.set_aside("because", np.array([True, False]), None, "")
    with pytest.raises(ValueError, match="'odd' is not in FLAGS"):
        draft.flag("odd", np.array([True, False]))


def test_a_column_that_is_not_there_leaves_its_canonical_one_missing(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS)
    draft = Draft(Columns(load(tmp_path / "rows.csv")))
    draft.carry("admin2", "district")
    draft.carry("admin1", "admin1")
    assert (list(draft.data), draft.called) == (["admin1"], {"admin1": "admin1"})


def test_what_another_machine_is_making_is_left_alone(monkeypatch, tmp_path):
    assert not opening._is_gone("another-machine-17")
    assert not opening._is_gone("without a number")
    assert opening._is_gone(f"{opening.platform.node()}-{2**22 + 1}")
    monkeypatch.setattr(opening.os, "link", lambda *a: (_ for _ in ()).throw(OSError("no links here")))
    for at, path in enumerate(tmp_path / name for name in ("fresh", "other")):
        path.write_text(str(at))
    opening._placed(tmp_path / "fresh", tmp_path / "store")
    assert (tmp_path / "store").read_text() == "0"
    opening._placed(tmp_path / "other", tmp_path / "store")  # another was faster
    assert (tmp_path / "store").read_text() == "0"


def test_what_a_database_says_of_writing_is_an_error_of_the_output(tmp_path):
    full = opening._failed(RuntimeError("IO Error: No space left on device\nmore"), tmp_path)
    assert (type(full), full.found) == (OutputError, "IO Error: No space left on device")
    assert type(opening._failed(RuntimeError("it is no database"), tmp_path)) is InputError


def test_arrays_of_alarms_fit_together():
    found = DETECTORS["ears_c1"].run(counts([[1, 2]] * 20), last=2)
    for wrong in ({"alarm": found.alarm[:1]}, {"regions": ("Eastmark",)}, {"detectors": ("a", "b")}):
        with pytest.raises(AssertionError):
            replace(found, **wrong)


COUNTS = Counts.from_array(np.ones((120, 2)), start="2018-01-01")
ONE_NUMBER = {
    "recent": ["14", 14.0, [14], None, np.nan, True],
    "guard": [28.0, "28"],
    "baseline": [364.0, [364]],
    "alpha": [None, "0.05", [0.05], np.array([0.05]), True],
    "margin": ["2", None, [1.5]],
    "confidence": ["0.9", [0.9]],
    "sought": ["4", None],
    "completeness": ["0.9", True],
}


@pytest.mark.parametrize(
    ("option", "value"), [(name, one) for name, many in ONE_NUMBER.items() for one in many]
)
def test_what_is_no_number_is_no_option(option, value):
    with pytest.raises(OptionError) as error:
        uptick_test(COUNTS, **{option: value})
    assert option in error.value.what
    assert error.value.expected


@pytest.mark.parametrize(
    "ask",
    [concentration_test, response_test, severity_test, recurrence_test, emerging_test, activity_test],
)
def test_every_claim_asks_for_one_level(ask):
    options = signature(ask).parameters
    needed = [name for name, one in options.items() if one.default is one.empty]
    with pytest.raises(OptionError, match="alpha is not one number"):
        ask(**dict.fromkeys(needed, COUNTS), alpha=[0.05])


def test_small_whole_numbers_are_days():
    assert uptick_test(COUNTS, recent=np.int8(14)).frame.equals(uptick_test(COUNTS).frame)


def test_rows_of_different_lengths_are_no_counts():
    with pytest.raises(InputError, match="these are not counts"):
        Counts.from_array([[1], [1, 2]], start="2018-01-01")
