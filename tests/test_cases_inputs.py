"""Files as people bring them, read as they are meant: each case with its right value."""

from __future__ import annotations

import datetime as dt
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.errors import InputError
from analytics.sources.files import load


@pytest.fixture
def cases(project):
    return project / "tests" / "fixtures" / "cases"


def days(incidents):
    return incidents.frame["date_start"].dt.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize("case", ["dmy2", "excel-serial", "mdy2", "ymonthd", "yyyymmdd"])
def test_every_style_of_date_is_read(cases, case):
    assert days(read_incidents(cases / f"date-{case}" / "in.csv")) == [
        "2020-04-13",
        "2020-04-03",
        "2019-12-31",
    ]


def test_a_date_in_three_columns(cases):
    incidents = read_incidents(cases / "year-month-day-columns" / "in.csv")
    assert days(incidents) == ["2020-04-13", "2020-04-14"]
    assert "date: read from the columns year, month, day" in incidents.notes


def test_gtd_day_zero_is_coarse_and_its_codes_are_missing(cases, tmp_path):
    incidents = read_incidents(cases / "files" / "f05_gtd.csv")
    frame = incidents.frame
    assert incidents.accounting.kept == 721
    coarse = frame[frame["date_precision"] == 30]
    assert len(coarse) == 25
    assert (coarse["date_start"].dt.day == 1).all()
    assert (coarse["date_end"].dt.is_month_end).all()
    assert set(frame["admin1"]) == {"North", "South"}
    path = tmp_path / "gtd.csv"
    path.write_text(
        "eventid,iyear,imonth,iday,provstate,nkill,nwound\n1,2015,0,0,X,-9,-99\n2,2015,3,4,X,2,0\n"
    )
    frame = read_incidents(path).frame
    assert frame["date_precision"].tolist() == [365, 0]
    assert frame["fatalities"].tolist() == [pd.NA, 2]
    assert (frame["flags"] == ["coarse date", ""]).all()


@pytest.mark.parametrize(
    ("name", "coarse"), [("f10_year_only", 145), ("f10b_year_only_all", 721), ("f10c_year_col", 721)]
)
def test_a_year_or_a_month_alone_is_kept_and_flagged(cases, name, coarse):
    incidents = read_incidents(cases / "files" / f"{name}.csv")
    assert incidents.accounting.kept == 721
    assert incidents.accounting.flags == {"coarse date": coarse}
    assert set(incidents.frame["date_precision"]) <= {0, 30, 365}


def test_arabic_text_and_digits(cases):
    for name in ("f13_arabic", "f13b_arabic_latin_header", "f13c_arabic_utf8_digits"):
        incidents = read_incidents(cases / "files" / f"{name}.csv")
        assert incidents.frame["admin1"].value_counts().to_dict() == {"الأنبار": 372, "نينوى": 349}, name
    assert any(
        "cp1256" in note for note in read_incidents(cases / "files/f13b_arabic_latin_header.csv").notes
    )


def test_western_european_text_is_not_taken_for_another_alphabet(cases):
    incidents = read_incidents(cases / "files" / "f12_semicolon_cp1252.csv")
    assert incidents.frame["admin1"].unique().tolist() == ["Süd", "Nord – Ost"]
    assert incidents.frame["fatalities"].notna().all()
    assert set(incidents.extra["Verletzte"].dropna()) <= {
        "1,5"
    }  # one and a half: no number of people, in sight


def test_decimal_commas_are_read_where_no_number_has_a_point(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("date;province;lat;lon\n2020-04-13;A;33,5;44,25\n2020-04-14;A;34;45\n")
    assert read_incidents(path).frame["latitude"].tolist() == [33.5, 34.0]


def test_excels_sep_line_is_followed_and_rows_keep_their_numbers(cases):
    assert read_incidents(cases / "files" / "f03_sep_line.csv").accounting.kept == 721
    incidents = read_incidents(cases / "csv-sep-line" / "in.csv")
    assert incidents.frame["row"].tolist() == [3, 4]
    assert incidents.frame["fatalities"].tolist() == [3, 1]


def test_r_writes_na_for_missing_in_several_columns(cases, tmp_path):
    incidents = read_incidents(cases / "files" / "f04_R_NA.csv")
    assert incidents.frame["admin1"].isna().sum() == 19
    assert any(note.startswith("NA: 2,263 cells are read as missing") for note in incidents.notes)
    kept = read_incidents(cases / "files" / "f04_R_NA.csv", na="text")
    assert (kept.frame["admin1"] == "NA").sum() == 19
    path = tmp_path / "namibia.csv"
    path.write_text("date,country,province\n2020-04-13,NA,Khomas\n2020-04-14,ZA,\n")
    assert read_incidents(path).frame["country"].tolist() == ["NA", "ZA"]
    assert read_incidents(path, na="missing").frame["country"].isna().tolist() == [True, False]


def test_a_long_cell_is_a_cell(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('id,date,province,geometry\n1,2020-04-13,A,"' + "x" * 140_000 + '"\n2,2020-04-14,A,b\n')
    assert read_incidents(path).accounting.kept == 2


def test_titles_above_the_names_are_left_out_with_a_note(tmp_path, cases):
    path = tmp_path / "in.csv"
    path.write_text(
        "Incident log of the office\nupdated weekly\nid,date,province\n1,2020-04-13,A\n2,2020-04-14,B\n"
    )
    incidents = read_incidents(path)
    assert incidents.frame["row"].tolist() == [4, 5]
    assert "header: row 3; the 2 rows above it are left out" in incidents.notes
    assert read_incidents(path, header_row=3).frame.equals(incidents.frame)
    incidents = read_incidents(cases / "files" / "f14_merged_header.xlsx")
    assert incidents.accounting.kept == 263
    assert incidents.notes[:2] == (
        "sheet: 'Incidents 2021-22', the first that holds a table (others: README, Lists; 'all' reads them "
        "together)",
        "header: row 5; the 4 rows above it are left out",
    )
    assert incidents.accounting.set_aside == {
        "not a record (blank row)": 1,
        "unparsable date": 1,
    }  # the total


def test_one_sheet_a_year_is_read_together_when_asked(cases):
    path = cases / "files" / "f14b_sheet_per_year.xlsx"
    assert read_incidents(path).accounting.kept == 187
    both = read_incidents(path, sheet="all")
    assert both.accounting.kept == 368
    assert both.extra["sheet"].value_counts().to_dict() == {2021: 187, 2022: 181}
    assert both.frame["incident_id"].is_unique


def test_sheets_that_differ_are_not_read_together(tmp_path, snapshot):
    book = openpyxl.Workbook()
    book.active.append(["Date", "Province"])
    book.active.append([dt.datetime(2020, 4, 13), "A"])
    other = book.create_sheet("2021")
    other.append(["Date", "District"])
    other.append([dt.datetime(2021, 4, 13), "B"])
    book.save(tmp_path / "in.xlsx")
    with pytest.raises(InputError) as caught:
        read_incidents(tmp_path / "in.xlsx", sheet="all")
    assert str(caught.value).replace(str(tmp_path), "FOLDER") == snapshot


def test_a_read_me_sheet_is_passed_over(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Readme"
    book.active.append(["This file holds incidents"])
    book.active.append(["Source: x"])
    sheet = book.create_sheet("Data")
    sheet.append(["id", "date", "province"])
    sheet.append([1, dt.datetime(2020, 4, 13), "A"])
    book.save(tmp_path / "in.xlsx")
    assert read_incidents(tmp_path / "in.xlsx").accounting.kept == 1


def test_merged_cells_give_their_value_to_every_row(cases):
    incidents = read_incidents(cases / "files" / "f14c_merged_province.xlsx")
    assert incidents.frame["admin1"].value_counts().to_dict() == {"North": 204, "South": 196}
    assert "merged cells: their value is taken for each of their rows (300 cells)" in incidents.notes


def test_serial_true_and_text_dates_in_one_column(cases):
    incidents = read_incidents(cases / "files" / "f14d_mixed_dates.xlsx")
    assert incidents.accounting.kept == 500
    assert days(incidents)[:3] == ["2021-01-01", "2021-01-02", "2021-01-03"]
    assert incidents.frame["date_start"].diff().dropna().eq(pd.Timedelta(days=1)).all()


def test_index_columns_of_parquet_are_columns(cases):
    for name in ("F02_parquet_index_lost", "F02b_parquet_multiindex_lost"):
        incidents = read_incidents(cases / "attack" / f"{name}.parquet")
        assert incidents.accounting.set_aside == {"duplicate id": 1}, name
        assert incidents.frame["admin1"].tolist() == ["Kirkuk", "Kirkuk"], name
    named = pd.DataFrame({"province": ["A"]}, index=pd.Index(["2020-04-13"], name="date"))
    assert read_incidents(named).accounting.kept == 1


@pytest.mark.parametrize("name", ["F16_duplicate_header", "F17_formula_without_cached_value"])
def test_workbooks_that_would_be_read_wrongly_are_refused(cases, name, snapshot):
    with pytest.raises(InputError) as caught:
        load(cases / "attack" / f"{name}.xlsx")
    assert str(caught.value).replace(str(cases), "CASES") == snapshot


def _with_sheet_text(path, change):
    """Write a workbook whose sheet another program might have written: the text of it is changed."""
    book = openpyxl.Workbook()
    for row in (["date", "province"], ["2020-04-13", "A"], ["2020-04-14", "B"], ["2020-04-15", "C"]):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as old:
        parts = {part: old.read(part) for part in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    text = parts[sheet].decode()
    parts[sheet] = change(text).encode()
    assert parts[sheet].decode() != text
    with zipfile.ZipFile(path, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)


SHEETS_THAT_LOSE = {
    "two rows of one number": lambda text: text.replace('<row r="4"', '<row r="3"'),
    "a row above the one before": lambda text: text.replace('<row r="3"', '<row r="9"'),
    "two cells in one place": lambda text: text.replace('r="B3"', 'r="A3"'),
    "a prefix, other quotes": lambda text: (
        re.sub("<(/?)(sheetData|row|c|v|worksheet)(?=[ >])", r"<\1x:\2", text)
        .replace("xmlns=", "xmlns:x=")
        .replace('r="4"', "r='3'")
    ),
}


@pytest.mark.parametrize("name", SHEETS_THAT_LOSE)
def test_no_row_or_cell_of_a_workbook_is_lost_to_another_in_its_place(name, tmp_path, snapshot):
    # openpyxl keeps one of the two and says nothing.
    _with_sheet_text(tmp_path / "in.xlsx", SHEETS_THAT_LOSE[name])
    with pytest.raises(InputError) as caught:
        read_incidents(tmp_path / "in.xlsx")
    assert str(caught.value).replace(str(tmp_path), "FOLDER") == snapshot


def test_rows_and_cells_without_numbers_are_counted_on(tmp_path):
    _with_sheet_text(tmp_path / "in.xlsx", lambda text: re.sub(r' r="[A-Z]?[0-9]+"', "", text))
    assert read_incidents(tmp_path / "in.xlsx").frame["admin1"].tolist() == ["A", "B", "C"]


def _cell(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def test_numbers_are_written_as_people_write_them_and_rows_of_empty_cells_after_the_last_are_none(tmp_path):
    def change(text):
        first, second, rest = text.split("</row>", 2)
        last = '<row r="9"><c r="A9"/></row></sheetData>'
        rest = rest.replace("</sheetData>", last)
        return f'{first}{_cell("C1", "killed")}</row>{second}<c r="C2"><v>3.0</v></c></row>{rest}'

    _with_sheet_text(tmp_path / "in.xlsx", change)
    found = read_incidents(tmp_path / "in.xlsx")
    assert load(tmp_path / "in.xlsx").frame["killed"].tolist() == ["3", "", ""]
    assert found.frame["fatalities"].tolist() == [3, pd.NA, pd.NA]
    assert (found.accounting.rows_read, found.accounting.kept) == (3, 3)


def test_a_cell_beside_the_table_is_not_lost_without_a_word(tmp_path, snapshot):
    _with_sheet_text(
        tmp_path / "in.xlsx",
        lambda text: re.sub("(?<=</c>)</row>(?=<row r=.4)", f"{_cell('D3', 'a note')}</row>", text),
    )
    with pytest.raises(InputError) as caught:
        read_incidents(tmp_path / "in.xlsx")
    assert str(caught.value).replace(str(tmp_path), "FOLDER") == snapshot


def test_metres_are_no_degrees_and_no_reason_to_set_rows_aside(cases, tmp_path):
    incidents = read_incidents(cases / "utm-xy-refused" / "in.csv")
    assert incidents.accounting.kept == 2
    assert incidents.accounting.flags == {"unreadable coordinates": 2}
    assert incidents.frame[["latitude", "longitude"]].isna().all(axis=None)
    assert "coordinates: y and x are not degrees, so they are left out" in incidents.notes
    assert incidents.extra["x"].tolist() == [467123, 467200]
