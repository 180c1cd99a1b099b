"""Tables of counts and counts that add up: each case with its right value."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.counts import UNPLACED, Counts, read_counts
from analytics.counts.reading import read_count_table
from analytics.errors import CountsTableError, InputError, OptionError
from analytics.reporting.content.weekly import ReportRequest, weekly_counts, weekly_numbers
from analytics.reporting.content.weekly.names import report_name

TABLES = {
    "f15_acled_weekly_aggregated": ("2022-12-30", 1553, "week"),
    "f16_hdx_monthly": ("2022-12-31", 99, "month"),
    "f27_hapi_like_counts": ("2024-12-31", 960, "month"),
}


@pytest.fixture
def files(project):
    return project / "tests" / "fixtures" / "cases" / "files"


# -- tables of counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_the_command_counts_from_tables_of_counts(run, files, name):
    as_of, total, unit = TABLES[name]
    file = files / f"{name}.csv"
    code, out, err = run("count", file, "--as-of", as_of, "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(int(row["count"]) for row in rows) == total
    assert f"{total:,} incidents" in err
    assert f"by {unit}" in err
    assert f"kept {total:,} = in the grid {total:,}" in err
    raw = pd.read_csv(file).rename(columns=str.casefold)
    assert {row["region"] for row in rows} == set(raw[next(c for c in raw if c.startswith("admin1"))])


WEEKS = "f15_acled_weekly_aggregated"


def test_a_table_of_weeks_is_tested_and_watched_as_it_is(run, files):
    file = files / f"{WEEKS}.csv"
    words = (file, "--as-of", "2022-12-30", "--format", "json")
    code, out, _ = run("test", *words)
    answer = json.loads(out)
    assert code == 0
    rows = {row["region"]: row for row in answer["regions"]}
    raw = pd.read_csv(file)
    recent = raw[raw["WEEK"] >= "2022-12-17"].groupby("ADMIN1")["EVENTS"].sum()
    assert {name: row["observed"] for name, row in rows.items()} == recent.to_dict()
    assert answer["parameters"]["week_start"] == "saturday"
    assert answer["input"]["source"] == "table of counts"
    assert answer["row_accounting"]["kept"] == len(raw)
    code, out, _ = run("monitor", *words)
    assert code == 0
    assert [row["region"] for row in json.loads(out)["regions"]] == ["North", "South"]
    code, out, _ = run("check", file, "--format", "csv")
    assert code == 0
    terms = "terms of ACLED: attribution to ACLED (acleddata.com) with the day of access"
    assert out.splitlines()[1:] == [
        f"{row},{terms}" for row in ("read,,208", "kept,,208", "events,in the grid,1553")
    ]


def test_the_report_of_a_table_of_weeks(run, files):
    file = files / f"{WEEKS}.csv"
    scope = weekly_counts(ReportRequest(file, as_of="2022-12-30"))
    assert report_name(scope.request) == "uptick-weekly-2022-12-24.pdf"
    numbers = weekly_numbers(scope)
    raw = pd.read_csv(file)
    last = raw[raw["WEEK"] == "2022-12-24"]
    assert numbers.band["observed"].iloc[-1] == last["EVENTS"].sum()
    assert numbers.fatalities_stated.at(np.datetime64("2022-12-24")) == last["FATALITIES"].sum()
    assert numbers.types.regions == ("Battles",)
    assert (numbers.week.start, numbers.fatalities_known) == (np.datetime64("2022-12-24"), True)
    code, out, err = run("report", file, "--as-of", "2022-12-30", "--summary")
    assert (code, err) == (0, "")
    assert "No uptick in" in out or "no uptick there" in out or "No answer" in out


@pytest.mark.parametrize("command", ["test", "monitor", "evaluate", "report"])
def test_a_month_does_not_answer_what_two_weeks_were_like(run, files, tmp_path, command):
    words = ("-o", tmp_path) if command == "report" else ()
    code, out, err = run(command, files / "f16_hdx_monthly.csv", "--as-of", "2022-12-30", *words)
    assert (code, out) == (2, "")
    assert "a month's number does not say on which of its days the events fell" in err
    assert "for a test give the weekly table, or the incidents themselves" in err
    code, out, _ = run("check", files / "f16_hdx_monthly.csv")
    assert code == 0
    assert "a table of counts by month, 1 region by admin1, 2021-01-01..2022-12-31" in out


def test_the_sheet_of_the_licence_is_passed_over(tmp_path):
    path = tmp_path / "inventia_hrp_political_violence_events_and_fatalities_by_month-year.xlsx"
    months = pd.DataFrame(
        {
            "Country": "Inventia", "Admin1": "Northern", "Admin2": "Mill", "ISO3": "INV",
            "Admin2 Pcode": "IN11",
            "Admin1 Pcode": "IN1", "Month": ["January", "February"], "Year": 2021, "Events": [3, 0],
            "Fatalities": [1, 0],
        }
    )  # fmt: skip
    terms = pd.DataFrame({"Licence": ["Source", "Terms"], "attribution": ["invented", "none"]})
    with pd.ExcelWriter(path) as book:
        terms.to_excel(book, sheet_name="Licence", index=False)
        months.to_excel(book, sheet_name="Data", index=False)
    read = read_count_table(path, as_of="2021-02-28")
    assert (read.unit, np.nansum(read.numbers)) == ("month", 3)
    assert "sheet: 'Data', the first that holds a table of days" in read.notes[0]
    national = months[["Year", "Month", "Events", "Fatalities"]]
    with pytest.raises(OptionError, match="there is no column 'admin1' to count by"):
        read_count_table(national, as_of="2021-02-28")
    assert read_count_table(national, as_of="2021-02-28", by=None).numbers.tolist() == [[3], [0]]


def test_claims_are_put_to_incidents(run, files):
    code, _, err = run("test", "--claims", "article", files / f"{WEEKS}.csv", "--as-of", "2022-12-30")
    assert code == 2
    assert "incidents with their days: a file of claims asks about days" in err


@pytest.mark.parametrize("source", ["auto", "table"])
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("f15_acled_weekly_aggregated", "WEEK"),
        ("f16_hdx_monthly", "Month"),
        ("f27_hapi_like_counts", "reference_period_start"),
    ],
)
def test_a_named_date_does_not_make_incidents_of_counts(files, name, column, source):
    with pytest.raises(CountsTableError, match="holds counts, not incidents"):
        read_incidents(files / f"{name}.csv", source, columns={"date_start": column}, as_of="2024-12-31")


def test_weeks_start_where_the_table_has_them(files):
    counts = read_counts(files / "f15_acled_weekly_aggregated.csv", as_of="2022-12-30")
    assert (counts.week_start, counts.freq, len(counts)) == ("saturday", "week", 104)
    raw = pd.read_csv(files / "f15_acled_weekly_aggregated.csv")
    right = raw.pivot_table(index="WEEK", columns="ADMIN1", values="EVENTS", aggfunc="sum")
    assert counts.to_frame().to_numpy(dtype=int).tolist() == right.to_numpy().tolist()
    deaths = read_counts(files / "f15_acled_weekly_aggregated.csv", as_of="2022-12-30", value="fatalities")
    assert deaths.values.sum() == raw["FATALITIES"].sum()
    with pytest.raises(OptionError, match="weeks of the table start on saturday"):
        read_counts(files / "f15_acled_weekly_aggregated.csv", as_of="2022-12-30", week_start="monday")


def test_months_are_no_weeks(files, run, snapshot):
    with pytest.raises(InputError) as caught:
        read_counts(files / "f16_hdx_monthly.csv", as_of="2022-12-31")
    assert str(caught.value) == snapshot
    code, out, err = run("count", files / "f16_hdx_monthly.csv", "--as-of", "2022-12-31", "--freq", "week")
    assert (code, out) == (2, "")
    assert "--freq week cannot be made of months" in err
    asked = ("count", files / "f16_hdx_monthly.csv", "--as-of", "2022-12-15", "--last", "2")
    code, out, _ = run(*asked)
    assert code == 0
    assert "2022-12*" in out
    assert run(*asked, "--freq", "month")[:2] == (code, out)


def weekly(events, *, regions=("North", "South"), **more):
    weeks = ["2021-01-02", "2021-01-02", "2021-01-16"]
    return pd.DataFrame({"week": weeks, "admin1": [*regions, regions[0]], "events": events, **more})


def test_an_absent_row_is_a_zero_where_the_table_writes_none():
    counts = read_counts(weekly([12, 3, 5]), as_of="2021-01-22")
    assert counts.to_frame()["North"].tolist() == [12, 0, 5]
    assert counts.to_frame()["South"].tolist() == [3, 0, 0]
    assert (
        "3 of 6 periods and places have no row and count 0, because the table writes no zeros"
        in "\n".join(counts.notes)
    )


def test_an_absent_row_is_no_coverage_where_the_table_writes_zeros():
    counts = read_counts(weekly([12, 0, 5]), as_of="2021-01-22")
    assert counts.to_frame()["North"].tolist() == [12, pd.NA, 5]
    assert counts.coverage[:, 1].tolist() == [True, False, False]
    blank = read_counts(weekly(["12", "", "5"]), as_of="2021-01-22")
    assert blank.coverage[:, 1].tolist() == [False, True, True]


ROWS = {"week": ["2021-01-02", "2021-01-16", "2021-01-23"], "admin1": "North"}


@pytest.mark.parametrize(
    ("events", "missing", "expected"),
    [
        (["4", "2", ""], None, [4, 0, 2, None]),
        (["4", "2", ""], "auto", [4, 0, 2, None]),
        (["4", "2", ""], "zero", [4, 0, 2, 0]),
        (["4", "2", ""], "uncovered", [4, None, 2, None]),
        (["4", "0", ""], None, [4, None, 0, None]),
        (["4", "0", ""], "zero", [4, 0, 0, 0]),
    ],
)
def test_what_is_not_there_means_what_is_stated(tmp_path, run, events, missing, expected):
    table = pd.DataFrame(ROWS | {"events": events})
    counts = read_counts(table, as_of="2021-01-29", missing=missing)
    shown = [None if pd.isna(value) else int(value) for value in counts.to_frame()["North"]]
    assert shown == expected
    notes = "\n".join(counts.notes)
    switch = "--missing zero or --missing uncovered (missing=) states it"
    assert (switch in notes) == (missing in (None, "auto"))
    assert ("no row and" in notes, "an empty number and" in notes) == (True, True)
    path = tmp_path / "weeks.csv"
    table.to_csv(path, index=False)
    words = ("count", path, "--as-of", "2021-01-29", "--format", "csv")
    code, out, _ = run(*words, *(() if missing is None else ("--missing", missing)))
    assert code == 0
    found = pd.read_csv(io.StringIO(out))["count"]
    assert [None if pd.isna(value) else int(value) for value in found] == expected
    if missing is not None:
        (tmp_path / "weeks.meta.toml").write_text(f'missing = "{missing}"\n', encoding="utf-8")
        assert run(*words)[1] == out, "the metadata say it too"


def test_zeros_of_another_column_say_nothing_of_rows_that_are_not_there():
    table = pd.DataFrame(ROWS | {"events": ["4", "2", "1"], "fatalities": ["0", "3", "0"]})
    counts = read_counts(table, as_of="2021-01-29", value="fatalities")
    assert counts.to_frame()["North"].tolist() == [0, 0, 3, 0]


def test_missing_is_for_tables_of_counts_alone(tmp_path, run):
    with pytest.raises(OptionError, match="missing"):
        read_counts(pd.DataFrame(ROWS | {"events": "1"}), as_of="2021-01-29", missing="error")
    path = tmp_path / "incidents.csv"
    path.write_text("date,province\n2020-04-13,Diyala\n", encoding="utf-8")
    code, _, err = run("count", path, "--as-of", "2020-04-19", "--missing", "zero")
    assert (code, "--missing is for tables of counts" in err) == (2, True)
    weeks = tmp_path / "weeks.csv"
    pd.DataFrame(ROWS | {"events": "2"}).to_csv(weeks, index=False)
    code, _, err = run("count", weeks, "--as-of", "2021-01-29", "--no-report-days")
    assert (code, "(--no-report-days) is for incidents" in err) == (2, True)


def test_every_event_of_a_table_is_accounted_for():
    table = weekly([12, 3, 5], event_type=["Battles", "Riots", "Battles"])
    table.loc[len(table)] = ["2021-01-09", "", 7, "Battles"]
    table.loc[len(table)] = ["2021-02-06", "North", 9, "Battles"]
    counts = read_counts(table, as_of="2021-01-22", where="event_type = 'Battles'", regions="North")
    account = counts.accounting
    assert (account.kept, account.grid, account.unplaced, account.outside) == (36, 17, 7, 9)
    assert account.filtered == {"where event_type = 'Battles'": 3, "region (1 chosen)": 0}
    assert counts.unplaced.tolist() == [0, 7, 0]


def test_one_name_in_two_countries_is_two_regions():
    table = pd.DataFrame(
        {
            "week": "2021-01-02",
            "country": ["Uganda", "Ghana", "Ghana"],
            "admin1": ["Central", "Central", "Volta"],
            "events": [4, 2, 1],
        }
    )
    frame = read_counts(table, as_of="2021-01-08").to_frame()
    assert frame.iloc[0].to_dict() == {"Central, Ghana": 2, "Central, Uganda": 4, "Volta": 1}
    assert read_counts(table, as_of="2021-01-08", by="country").to_frame().iloc[0].to_dict() == {
        "Ghana": 3, "Uganda": 4,
    }  # fmt: skip
    assert read_counts(table, as_of="2021-01-08", by=None).values.tolist() == [[7]]


@pytest.mark.parametrize(
    ("column", "values", "unit", "first"),
    [
        ("week", ["2021-W05", "2021-W06"], "week", "2021-02-01"),
        ("week_start", ["2021-02-01", "2021-02-08"], "week", "2021-02-01"),
        ("date", ["2021-02-01", "2021-02-02"], "day", "2021-02-01"),
        ("month", ["2021-02", "2021-03"], "month", "2021-02-01"),
        ("month", ["Feb 2021", "Mar 2021"], "month", "2021-02-01"),
    ],
)
def test_periods_of_every_kind(column, values, unit, first):
    table = pd.DataFrame({column: values, "admin1": "North", "events": [4, 2]})
    read = read_count_table(table, as_of="2021-03-31")
    assert (read.unit, str(read.starts[0])) == (unit, first)
    assert np.nansum(read.numbers) == 6


def test_week_numbers_beside_a_year():
    table = pd.DataFrame({"year": [2020, 2021], "week": [53, 1], "admin1": "North", "events": [4, 2]})
    counts = read_counts(table, as_of="2021-01-10")
    assert counts.labels() == ["2020-W53", "2021-W01"]


def test_incidents_with_a_number_of_one_are_incidents():
    table = pd.DataFrame({"date": ["2021-02-01", "2021-02-02"], "admin1": "North", "incidents": 1})
    assert len(read_incidents(table)) == 2
    with pytest.raises(CountsTableError):
        read_incidents(table.assign(incidents=[1, 4]))


WRONG = {
    "no table of counts": lambda: read_counts(pd.DataFrame({"date": ["2021-01-01"]}), as_of="2021-01-10"),
    "no day known": lambda: read_counts(weekly([1, 2, 3]), as_of=None),
    "half an event": lambda: read_counts(weekly([1, 2, 3]).assign(fatalities=[1, 2, 0.5]), as_of="2021-01-22",
                                         value="fatalities"),
    "no fatalities": lambda: read_counts(weekly([1, 2, 3]), as_of="2021-01-22", value="fatalities"),
    "weeks on different days": lambda: read_counts(
        pd.DataFrame({"week": ["2021-01-02", "2021-01-11"], "admin1": "A", "events": [3, 4]}),
        as_of="2021-01-22",
    ),
    "years": lambda: read_counts(
        pd.DataFrame({"year": [2020, 2021], "admin1": "A", "events": [3, 4]}), as_of="2021-12-31"
    ),
    "an unknown place": lambda: read_counts(weekly([1, 2, 3]), as_of="2021-01-22", regions="Nort"),
    "an unknown column": lambda: read_counts(weekly([1, 2, 3]), as_of="2021-01-22", by="admin3"),
    "too large": lambda: read_counts(weekly([3_000_000_000, 2, 3]), as_of="2021-01-22"),
    "before the table": lambda: read_counts(weekly([1, 2, 3]), as_of="2020-12-31"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_as_counts_says_so(case, snapshot):
    with pytest.raises((InputError, OptionError)) as caught:
        WRONG[case]()
    assert str(caught.value) == snapshot


def test_tag_rows_and_blank_rows_of_a_table_are_set_aside():
    tags = pd.DataFrame({"week": ["#date"], "admin1": ["#adm1+name"], "events": ["#indicator+num"]})
    blank = pd.DataFrame({"week": [""], "admin1": [""], "events": [""]})
    table = pd.concat([tags, weekly(["12", "3", "5"]), blank], ignore_index=True)
    read = read_count_table(table, as_of="2021-01-22")
    assert read.accounting.rows_read == 5
    assert read.accounting.kept == 3
    assert read.accounting.set_aside == {"not a record (HXL tag row)": 1, "not a record (blank row)": 1}
    assert read.quarantine["row"].tolist() == [2, 6]
    with pytest.raises(CountsTableError):
        read_incidents(table)
    assert read.counts().to_frame()["North"].tolist() == [12, 0, 5]


def test_weeks_that_the_table_does_not_cover(tmp_path):
    rng = np.random.default_rng(0)
    weeks = np.datetime64("2020-01-04") + 7 * np.arange(104)
    table = pd.DataFrame({"week": weeks.astype(str), "admin1": "North", "events": rng.poisson(9, 104) + 1})
    early = read_counts(table, as_of="2021-12-31", start="2019-12-21")
    assert early.coverage[:, 0].tolist() == [False] * 2 + [True] * 104
    known = read_counts(table, as_of="2021-12-31", start="2019-12-21", covered_from="2019-12-28")
    assert known.coverage[:, 0].tolist() == [False] + [True] * 105
    with pytest.raises(OptionError, match="covered_from lies after the first period"):
        read_counts(table, as_of="2021-12-31", covered_from="2020-02-01")
    # Three months that the table does not reach are no quiet months until somebody says so.
    late = read_counts(table, as_of="2022-03-25")
    assert [str(window) for window in late.silences] == ["2022-01-01..2022-03-25"]
    assert late.notes[0].startswith("suspected gap: no incident at all is dated 2022-01-01..2022-03-25")
    assert read_counts(table, as_of="2022-03-25", gap_is_quiet=True).silences == ()
    drawn = read_counts(table, as_of="2022-03-25", extracted="2021-12-31")
    assert drawn.coverage.sum() == 104
    file = tmp_path / "weeks.csv"
    table.to_csv(file, index=False)
    file.with_suffix(".meta.toml").write_text(
        'title = "Weeks"\nsimulated = true\nno_coverage = [{start = 2020-02-01, end = 2020-02-07}]\n'
    )
    stated = read_counts(file, as_of="2021-12-31")
    assert stated.simulated
    assert (~stated.coverage[:, 0]).nonzero()[0].tolist() == [4]


# -- before the file begins --------------------------------------------------------------------------------


def test_days_before_the_file_have_no_coverage_unless_it_is_said(files):
    incidents = read_incidents(files / "f02_start_before_file.csv", as_of="2022-12-25")
    counts = count_incidents(incidents, "day", start="2021-12-01")
    before = counts.starts < np.datetime64("2022-03-01")
    assert before.sum() == 90
    assert not counts.coverage[before].any()
    assert counts.coverage[~before].all()
    assert (
        "no coverage from 2021-12-01 to 2022-02-28: the first incident is of 2022-03-01; give covered_from "
        "if the file holds all incidents from before" in counts.notes
    )
    counts = count_incidents(incidents, "day", start="2021-12-01", covered_from="2022-01-01")
    assert counts.coverage[:, 0].tolist() == [False] * 31 + [True] * (len(counts) - 31)
    assert counts.values[31:90].sum() == 0
    alone = count_incidents(incidents, covered_from="2022-01-03")
    assert str(alone.starts[0]) == "2022-01-03"
    assert alone.to_frame()["North"].iloc[0] == 0
    assert alone.coverage.all()
    with pytest.raises(OptionError, match="covered_from lies after the first incident"):
        count_incidents(incidents, covered_from="2022-04-01")


def test_of_no_incident_the_grid_is_what_is_stated():
    some = read_incidents(pd.DataFrame({"date": ["2020-04-01"], "admin1": "North"}), as_of="2020-04-13")
    account = replace(some.accounting, rows_read=0, kept=0)
    none = replace(some, frame=some.frame[:0], extra=some.extra[:0], accounting=account)
    for first, from_, days in (
        ("2020-04-05", None, 9),
        (None, "2020-04-03", 11),
        ("2020-04-01", "2020-04-03", 11),
    ):
        counts = count_incidents(none, "day", by=None, start=first, covered_from=from_)
        assert str(counts.starts[0]) == (first or from_)
        assert (counts.values.sum(), counts.coverage.sum(), counts.coverage[-1, 0]) == (0, days, True)
    with pytest.raises(OptionError, match="there is no incident to take it from"):
        count_incidents(none, "day", by=None)
    with pytest.raises(InputError, match="as_of lies before the data") as error:
        count_incidents(none, "day", by=None, start="2020-05-01")
    assert error.value.todo is None


def test_advice_invents_no_history(files, run, snapshot):
    code, out, _ = run("test", files / "f02_start_before_file.csv", "--as-of", "2022-12-25")
    assert code == 0
    assert "(2022-12-12..2022-12-25 against 2022-03-07..2022-11-13;" in out
    assert "note: short history: a baseline of 36 weeks where 52 are usual" in out
    code, _, err = run(
        "test", files / "f02_start_before_file.csv", "--as-of", "2022-12-25", "--baseline", "364"
    )
    assert code == 2
    assert err == snapshot
    code, out, _ = run(
        "test", files / "f02_start_before_file.csv", "--as-of", "2022-12-25", "--start", "2021-10-01"
    )
    assert code == 0
    assert "note: no coverage from 2021-10-01 to 2022-02-28" in out
    code, out, _ = run(
        "count", files / "f02_start_before_file.csv", "--as-of", "2022-12-25", "--covered-from", "2022-01-03"
    )
    assert code == 0
    assert "the grid starts on 2022-01-03, from when it is covered" in out


@pytest.mark.parametrize("command", ["test", "monitor", "evaluate", "report"])
def test_three_days_are_too_short_a_history(files, run, command, snapshot):
    code, out, err = run(command, files / "f09_three_days.csv", "--as-of", "2021-06-03")
    assert (code, out) == (2, "")
    assert err == snapshot


# -- tables that add up ------------------------------------------------------------------------------------


def test_what_no_week_shows_is_in_the_account(run, project):
    file = project / "tests" / "fixtures" / "cases" / "weekly-sum-short-of-grid" / "in.csv"
    words = ["count", file, "--as-of", "2020-04-26", "--regions", "Diyala,Kirkuk", "--format", "csv"]
    code, out, err = run(*words)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(int(row["count"]) for row in rows if row["count"]) == 3
    assert [row["count"] for row in rows if row["region"] == UNPLACED] == ["", "0", "1"]
    assert (
        "kept 5 = in the grid 4 + unplaced 1\n  in weeks not wholly covered, and so in no week's count: 2"
        in err
    )
    code, out, err = run(*words, "--freq", "day")
    assert sum(int(row["count"]) for row in csv.DictReader(io.StringIO(out)) if row["count"]) == 5
    assert "not wholly covered" not in err


def test_a_test_has_its_account_in_one_line_unless_more_is_asked_for(run, project):
    file = project / "tests" / "fixtures" / "cases" / "weekly-sum-short-of-grid" / "in.csv"
    words = ["test", file, "--as-of", "2020-04-26", "--regions", "Diyala,Kirkuk"]
    out = run(*words)[1]
    account = next(line for line in out.splitlines() if line.startswith("rows read"))
    assert account.endswith("kept 5 = in the grid 4 + unplaced 1; in no whole week 2")
    assert "not wholly covered" not in out
    assert "\n  in weeks not wholly covered, and so in no week's count: 2" in run(*words, "-v")[1]


@pytest.mark.parametrize("seed", range(6))
def test_the_shown_table_sums_to_the_grid(seed):
    rng = np.random.default_rng(seed)
    size = 60
    days = np.datetime64("2020-01-01") + rng.integers(0, 60, size)
    table = pd.DataFrame(
        {
            "date": days.astype(str),
            "country": "Iraq",
            "province": rng.choice(["Kirkuk", "Diyala", "", "Atlantis"], size),
            "killed": rng.integers(0, 9, size),
        }
    )
    incidents = read_incidents(table, as_of="2020-03-04")
    for value in ("incidents", "fatalities"):
        counts = count_incidents(incidents, value=value, no_coverage=["2020-01-20..2020-01-25@Kirkuk"])
        shown = counts.to_frame().sum().sum()
        held = counts.values.sum(dtype=np.int64) + counts.unplaced.sum(dtype=np.int64)
        assert shown + counts.accounting.partial == held
    assert counts.accounting.partial > 0


def test_weeks_that_pandas_labels_by_their_last_day():
    days = pd.DataFrame({"A": 1}, index=pd.date_range("2020-03-31", "2020-04-27"))
    counts = Counts.from_frame(days.resample("W-MON").sum(), freq="week", as_of="2020-05-03")
    assert any(note.startswith("the index carries pandas' W-MON") for note in counts.notes)
    right = days.resample("W-MON", label="left", closed="left").sum()
    right.index.freq = None
    assert Counts.from_frame(right, freq="week", as_of="2020-05-03").notes == ()
    with pytest.raises(InputError, match="labels them by the last"):
        Counts.from_frame(days.resample("W-SUN").sum(), freq="week", as_of="2020-05-03")


# -- what check says of columns ----------------------------------------------------------------------------


def test_check_names_what_it_did_not_use_and_what_it_looked_for(files, run):
    code, out, _ = run("check", files / "f28_fatalities_unmapped.csv")
    assert code == 0
    assert "column not used: nkill" in out
    assert "nothing found for fatalities (looked for as fatalities, killed, deaths" in out
    assert "nothing found for admin1" not in out
    code, out, _ = run("check", files / "f20_police.csv", "--format", "json")
    found = json.loads(out)
    assert found["columns_not_used"] == ["Case Number"]
    assert found["not_found"] == ["country", "admin1", "latitude", "fatalities"]


def test_one_is_one_and_several_are_several(run, tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("date,admin1,killed\n2020-04-13,A,1\n")
    _, out, _ = run("check", file)
    assert out.startswith("1 incident from in.csv")
    assert "initiator of 1 incident:" in out
    file.write_text("date,admin1,killed\n2020-04-13,A,1\n2020-04-14,A,\n")
    _, out, _ = run("count", file, "--as-of", "2020-04-19", "--value", "fatalities")
    assert out.startswith("1 fatality, 1 region by admin1")
    assert "the last 1 of 1 week; sum" in out
    assert "the region is the 1 value of admin1 in the kept incidents" in out
    assert "1 incident does not state its fatalities and adds nothing to the sums" in out
    file.write_text("date,admin1,killed\n2020-04-13,A,1\n2020-04-14,B,\n2020-04-14,B,\n")
    _, out, _ = run("count", file, "--as-of", "2020-04-19", "--value", "fatalities")
    assert "the regions are the 2 values of admin1 in the kept incidents" in out
    assert "2 incidents do not state their fatalities and add nothing to the sums" in out
