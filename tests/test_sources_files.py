"""Bad input: each one clear error, in a snapshot; and what is decided while reading a file is noted."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from analytics import read_incidents
from analytics.counts import read_counts
from analytics.errors import InputError, OptionError, UptickError
from analytics.sources.files import load

ROWS = "date,province,killed\n2020-04-13,Diyala,2\n2020-04-14,Kirkuk,0\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Work in an empty folder, so that messages show short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _xlsx(path: Path, **sheets: pd.DataFrame) -> None:
    with pd.ExcelWriter(path) as book:
        for name, frame in sheets.items():
            frame.to_excel(book, sheet_name=name, index=False)


def _zip_bytes() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", ROWS)
    return held.getvalue()


BAD_BYTES = {
    "empty": b"",
    "only blank lines": b"\n\r\n  \n",
    "header only": b"date,province\n",
    "an unusual delimiter": b"date^province^killed\n2020-04-13^Diyala^2\n2020-04-14^Kirkuk^0\n",
    "one column that is no date": b"province\nDiyala\n",
    "a zip archive": _zip_bytes(),
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 64,
    "a Parquet file": b"PAR1" + b"\x00" * 16,
    "zero bytes": b"date,province\n2020-04-13,\x00Diyala\n",
    "damaged UTF-8": "date,province\n2020-04-13,Dīyālá\n2020-04-14,Kirkūk\n".encode()
    + b"2020-04-15,Anb\xe2r\n",
    "a short row": ROWS.encode() + b"2020-04-15,Diyala\n",
    "a long row": b'date,province,notes\n"2020-04-13","a, b",c\n2020-04-14,Kirkuk,one, two\n',
    "a quote never closed": ROWS.encode() + b'2020-04-15,"Diyala,1\n2020-04-16,Kirkuk,1\n',
    "a quote inside a field": b'date,province,notes\n2020-04-13,Diyala,"he said "no" to it"\n',
    "the same column twice": b"date,province,province\n2020-04-13,Diyala,Kirkuk\n",
    "no date column": b"when,province,killed\n2020-04-13,Diyala,2\n",
    "counts, not incidents": b"WEEK,ADMIN1,EVENTS\n2020-04-11,Diyala,3\n",
    "every row unusable": b"date,province\nsoon,Diyala\n0025-04-13,Kirkuk\nlater,Kirkuk\n",
    "day and month undecided": b"date,province\n03/04/2020,Diyala\n05/06/2020,Kirkuk\n",
    "day first and month first": b"date,province\n23/04/2020,Diyala\n05/26/2020,Kirkuk\n",
}


NOTE = "A. N. Other was seen near the well"


@pytest.mark.parametrize(
    "row",
    [
        f'2020-04-13,Diyala,"{NOTE}',
        f'2020-04-13,Diyala,"{NOTE}" x"',
        f"2020-04-13,Diyala,{NOTE},{NOTE}",
        f"{NOTE},x",
    ],
)
def test_an_error_names_the_row_and_repeats_no_note(here, row):
    Path("given.csv").write_text(f"date,province,notes\n{row}\n2020-04-14,Diyala,x\n")
    with pytest.raises(InputError, match=r"row 2 of given\.csv") as caught:
        read_incidents("given.csv")
    assert "Other" not in str(caught.value)
    assert "Diyala" in str(caught.value) or row.startswith(NOTE)


@pytest.mark.parametrize("case", BAD_BYTES)
def test_bad_bytes_are_one_clear_error(here, snapshot, case):
    Path("given.csv").write_bytes(BAD_BYTES[case])
    with pytest.raises(InputError) as caught:
        read_incidents("given.csv")
    assert str(caught.value) == snapshot


BAD_CALLS = {
    "no such file": {"path_or_frame": "givne.csv"},
    "no such file, nothing like it": {"path_or_frame": "elsewhere/x.csv"},
    "a folder": {"path_or_frame": "."},
    "not a path": {"path_or_frame": [1, 2]},
    "unknown source": {"source": "aclde"},
    "wrong delimiter given": {"delimiter": ";"},
    "delimiter of two characters": {"delimiter": "||"},
    "wrong encoding given": {"path_or_frame": "accents.csv", "encoding": "ascii"},
    "unknown encoding": {"encoding": "latin-99"},
    "a sheet of a text file": {"sheet": "Data"},
    "unknown sheet": {"path_or_frame": "book.xlsx", "sheet": "Date"},
    "delimiter of a workbook": {"path_or_frame": "book.xlsx", "delimiter": ";"},
    "text named xlsx": {"path_or_frame": "text.xlsx"},
    "text named parquet": {"path_or_frame": "text.parquet"},
    "an empty sheet": {"path_or_frame": "book.xlsx", "sheet": "Blank"},
    "columns: unknown canonical name": {"columns": {"date_begin": "date"}},
    "columns: unknown column of the file": {"columns": {"admin1": "provinces"}},
    "columns for ACLED": {"source": "acled", "columns": {"admin1": "province"}},
    "not UCDP": {"source": "ucdp"},
    "not ACLED": {"source": "acled"},
    "as_of before the data": {"as_of": "2019-12-31"},
    "as_of is no date": {"as_of": "yesterday"},
    "unknown date style": {"date_style": "day-month"},
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_bad_calls_are_one_clear_error(here, snapshot, case):
    Path("given.csv").write_text(ROWS, encoding="utf-8")
    Path("text.xlsx").write_text(ROWS, encoding="utf-8")
    Path("text.parquet").write_text(ROWS, encoding="utf-8")
    Path("accents.csv").write_text(ROWS.replace("Diyala", "Diyālá"), encoding="utf-8")
    dated = pd.DataFrame({"date": ["2020-04-13"]})
    _xlsx(Path("book.xlsx"), Licence=pd.DataFrame({"text": ["x"]}), Data=dated, Blank=pd.DataFrame())
    with pytest.raises(UptickError) as caught:
        read_incidents(**{"path_or_frame": "given.csv", **BAD_CALLS[case]})
    assert str(caught.value) == snapshot


BAD_METADATA = {
    "no such day": "[[no_coverage]]\nstart = '2020-13-01'\nend = '2020-12-01'\n",
    "lists in lists": f"a = {'[' * 1000}{']' * 1000}\n",
    "a number without end": f"a = {'1' * 4301}\n",
}


@pytest.mark.parametrize("case", BAD_METADATA)
def test_unreadable_metadata_is_one_clear_error(here, snapshot, case):
    Path("given.csv").write_text(ROWS, encoding="utf-8")
    Path("given.meta.toml").write_text(BAD_METADATA[case], encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_incidents("given.csv")
    assert str(caught.value) == snapshot


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        (ROWS, "utf-8", None),
        (ROWS, "utf-8-sig", None),
        (ROWS, "utf-16", "encoding: UTF-16"),
        (ROWS, "utf-32", "encoding: UTF-32"),
        (
            ROWS.replace("Diyala", "Diyalá"),
            "latin-1",
            "encoding: not UTF-8, read as Windows-1252 (Latin-1), as in 'Diyalá'; if that is wrong, give the "
            "encoding",
        ),
        (ROWS.replace(",", ";"), "utf-8", "delimiter: semicolon"),
        (ROWS.replace(",", "\t"), "utf-8", "delimiter: tab"),
        (ROWS.replace(",", "|"), "utf-8", "delimiter: vertical bar"),
        (ROWS.replace("\n", "\r\n"), "utf-8", None),
    ],
)
def test_encoding_and_delimiter_are_found_and_noted(tmp_path, text, encoding, note):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    raw = load(path)
    assert raw.frame.columns.tolist() == ["date", "province", "killed"]
    assert raw.frame["killed"].tolist() == ["2", "0"]
    assert raw.frame["province"][0] in ("Diyala", "Diyalá")
    assert ("Diyalá" in text) == (raw.frame["province"][0] == "Diyalá")
    assert raw.notes == ((note,) if note else ())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_a_mark_is_told_what_to_give(here, encoding):
    Path("a.csv").write_bytes(ROWS.encode(encoding))
    with pytest.raises(InputError, match=f"give encoding='{encoding}'"):
        read_incidents("a.csv")
    assert read_incidents("a.csv", encoding=encoding).accounting.kept == 2


@pytest.mark.parametrize(
    ("names", "encoding"),
    [
        (["Kraków", "Łódź", "Gdańsk"], "cp1250"),
        (["Ağrı", "Şırnak", "Hakkâri"], "cp1254"),
        (["Донецк", "Луганск", "Харьков"], "koi8_r"),
        (["Донецк", "Луганск", "Харьков"], "cp1251"),
        (["Київ", "Львів", "Суми"], "koi8_u"),
        (["ยะลา", "ปัตตานี", "นราธิวาส"], "cp874"),
        (["كركوك", "الأنبار", "نينوى"], "cp1256"),
        (["São Paulo", "Paraná", "¿Qué?"], "cp1252"),
        (["Þingeyjarsýsla", "Árnessýsla", "Suðurnes"], "cp1252"),
    ],
)
def test_names_are_read_in_the_encodings_of_their_countries(tmp_path, names, encoding):
    path = tmp_path / "a.csv"
    body = "date,province\n" + "".join(f"2020-04-13,{name}\n" for name in names * 20)
    path.write_bytes(body.encode(encoding))
    raw = load(path)
    assert raw.frame["province"].tolist()[:3] == names
    assert "the encoding" in raw.notes[0]


def test_a_word_that_would_show_a_wrong_encoding_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("date,province\n2020-04-13,Niš\n2020-04-13,Čačak\n".encode("cp1250"))
    assert "as in 'Èaèak'; if that is wrong, give the encoding" in load(path).notes[0]


def test_a_delimiter_within_quotes_does_not_mislead(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('date,"place; province; country, all"\n2020-04-13,"a; b; c, d"\n', encoding="utf-8")
    assert load(path).frame.iloc[0].tolist() == ["2020-04-13", "a; b; c, d"]


def test_records_are_counted_and_not_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('date,notes\n2020-04-13,"one\ntwo\nthree"\nsoon,x\n', encoding="utf-8")
    incidents = read_incidents(path)
    assert incidents.frame["row"].tolist() == [2]
    assert incidents.quarantine["row"].tolist() == [3]


def test_nothing_is_coerced_on_the_way_in(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("date,province,code\n2020-04-13,NA,007\n2020-04-14,nan,1e3\n", encoding="utf-8")
    incidents = read_incidents(path)
    assert incidents.frame["admin1"].tolist()[0] == "NA"
    assert incidents.extra["code"].tolist() == ["007", "1e3"]


def test_text_excel_parquet_and_frame_give_the_same_incidents(tmp_path):
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2020-04-13", "2020-04-14", None]),
            "province": ["Diyala", None, "Kirkuk"],
            "killed": pd.array([2, None, 0], dtype="Int64"),
            "lat": [33.5, np.nan, 35.25],
        }
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "a.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "a.parquet")
    _xlsx(tmp_path / "a.xlsx", Data=frame)
    given = read_incidents(frame)
    assert given.accounting.set_aside == {"unparsable date": 1}
    assert given.frame["fatalities"].isna().tolist() == [False, True]
    for name in ("a.csv", "a.tsv", "a.parquet", "a.xlsx"):
        pd.testing.assert_frame_equal(read_incidents(tmp_path / name).frame, given.frame)


@pytest.mark.parametrize("digits", [310, 4301])
def test_a_number_past_all_floats_is_flagged_and_its_row_kept(tmp_path, digits):
    path = tmp_path / "a.csv"
    path.write_text(f"date,killed,lat\n2020-04-13,{'1' * digits},34\n2020-04-14,2,{'1' * digits}\n")
    incidents = read_incidents(path)
    assert incidents.accounting.flags["unreadable fatalities"] == 1
    assert incidents.accounting.set_aside == {"coordinates outside the globe": 1}
    assert incidents.frame["fatalities"].isna().tolist() == [True]


@pytest.mark.parametrize("number", ["1e300", "9" * 310, "9" * 4301])
def test_a_count_past_all_counts_is_one_clear_error(tmp_path, number):
    path = tmp_path / "a.csv"
    path.write_text(f"week,admin1,events\n2020-04-13,Kirkuk,3\n2020-04-20,Kirkuk,{number}\n")
    with pytest.raises(InputError, match="row 3, column events") as caught:
        read_counts(path, as_of="2020-04-26")
    assert caught.value.expected == "at most 9,007,199,254,740,992"


@pytest.mark.parametrize("type_", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_text_that_is_not_utf8_is_named(here, type_):
    names = pa.array([b"Kirkuk", None, b"Kirk\xffk"]).view(pa.string())
    days = pa.array(["2020-04-13", "2020-04-14", "2020-04-15"])
    parquet.write_table(pa.table({"date": days, "admin1": names.cast(type_)}), "a.parquet")
    with pytest.raises(InputError, match="holds text that cannot be read") as caught:
        read_incidents("a.parquet")
    row = "row 4, " if type_ == pa.string() else ""
    assert caught.value.where == f"a.parquet, {row}column admin1"


def test_the_sheet_read_is_noted_and_can_be_named(tmp_path):
    first, second = (
        pd.DataFrame({"date": ["2020-04-13"]}),
        pd.DataFrame({"date": ["2020-04-14", "2020-04-15"]}),
    )
    _xlsx(tmp_path / "a.xlsx", One=first, Two=second)
    incidents = read_incidents(tmp_path / "a.xlsx")
    assert len(incidents) == 1
    assert "sheet: 'One', the first of days (others: Two; 'all' reads them together)" in incidents.notes
    assert len(read_incidents(tmp_path / "a.xlsx", sheet="Two")) == 2
    assert len(read_incidents(tmp_path / "a.xlsx", sheet=1)) == 2


def test_options_that_do_not_apply_are_refused():
    with pytest.raises(OptionError, match="delimiter does not apply to a DataFrame"):
        read_incidents(pd.DataFrame({"date": ["2020-04-13"]}), delimiter=";")


def test_a_file_without_incidents_of_more_than_one_column_is_fine(tmp_path):
    path = tmp_path / "dates.csv"
    path.write_text("date\n2020-04-13\n2020-04-13\n", encoding="utf-8")
    assert len(read_incidents(path)) == 2


# What stands where nothing is stated ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["N/A", "#N/A", "#REF!", "n.a.", "(null)", "(unplaced)", "-", "--", "?", "...", "*"]
)
def test_what_is_no_name_is_missing_and_said_to_be(word):
    table = pd.DataFrame(
        {"date": "2020-04-13", "province": ["Diyala", word, "Kirkuk"], "killed": ["1", word, "3"]}
    )
    incidents = read_incidents(table)
    assert incidents.frame["admin1"].isna().tolist() == [False, True, False]
    assert incidents.frame["fatalities"].isna().tolist() == [False, True, False]
    assert f"province: {word!r} read as missing" in incidents.notes
    assert incidents.accounting.flags["blank admin1"] == 1


@pytest.mark.parametrize("word", ["NA", "None", "Unknown", "No", "Å", "42", "Ⅳ"])
def test_a_word_that_may_be_a_name_stays_one(word):
    table = pd.DataFrame({"date": "2020-04-13", "province": ["Diyala", word]})
    incidents = read_incidents(table)
    assert incidents.frame["admin1"].tolist() == ["Diyala", word]
    assert not any("read as missing" in note for note in incidents.notes)


def test_a_row_of_formulas_with_a_date_is_no_total(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["date", "province", "killed"])
    book.active.append(["2020-03-01", "=A1", "=1+1"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="a formula without a stored value"):
        load(tmp_path / "a.xlsx")
    book.active.delete_rows(2)
    book.active.append(["2020-03-01", "Diyala", 2])
    book.active.append(["Total", None, "=SUM(C2:C2)"])
    book.save(tmp_path / "b.xlsx")
    assert read_incidents(tmp_path / "b.xlsx").accounting.set_aside == {"unparsable date": 1}


def test_a_file_of_thousands_of_columns_is_one_clear_error():
    columns = ["date", "province", *(f"x{i}" for i in range(3_000))]
    with pytest.raises(InputError, match="more columns than a file of incidents has") as error:
        read_incidents(pd.DataFrame([["2020-04-13", "Diyala", *[1] * 3_000]], columns=columns))
    assert "found: 3,002" in str(error.value)
