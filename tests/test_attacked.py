"""Attacks that got through, one test for each: an exact account or one clear error, and in good time."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics import read_incidents
from analytics._limits import raised
from analytics.cli import main
from analytics.counts.questions import nearly_equal
from analytics.errors import InputError, OptionError
from analytics.incidents.quarantine import _as_json
from analytics.sources.files import load

HEAD = "id,date,admin1,killed\n"
ROWS = "".join(f"{day},2021-04-{day:02d},A,1\n" for day in range(1, 21))
QUICK = 2.0  # seconds of processor time: before, each of these took over a minute, or never ended


@pytest.fixture
def written(tmp_path):
    def write(name, text):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return file

    return write


@pytest.fixture
def quick():
    began = time.process_time()
    yield
    assert time.process_time() - began < QUICK


def refused(file):
    with pytest.raises(InputError) as caught:
        read_incidents(file)
    return str(caught.value).replace(f"{file.parent}/", "")


# -- size --------------------------------------------------------------------------------------------------


def test_names_of_a_million_letters_are_not_compared_letter_by_letter(quick):
    assert nearly_equal(["x" * 1_000_000, "x" * 1_000_001, "sicasso", "sikasso"]) == [("sicasso", "sikasso")]


def test_blank_rows_are_set_aside_in_good_time_and_counted(written, quick):
    incidents = read_incidents(written("in.csv", HEAD + ROWS + ",,,\n" * 50_000))
    assert incidents.accounting.rows_read == 50_020
    assert incidents.accounting.set_aside == {"not a record (blank row)": 50_000}
    assert incidents.quarantine["original"].unique().tolist() == [
        '{"id": "", "date": "", "admin1": "", "killed": ""}'
    ]


def test_more_blank_rows_than_a_sheet_has_are_refused_unless_asked_for(written, snapshot):
    file = written("in.csv", HEAD + ROWS + "\n" * 200)
    with raised(["blank_rows=100"]):
        assert refused(file) == snapshot
    with raised(["blank_rows=200"]):
        assert read_incidents(file).accounting.kept == 20


def test_rows_set_aside_are_the_json_that_they_were():
    frame = load(_frame()).frame
    assert _as_json(frame) == [json.dumps(row, ensure_ascii=False) for row in frame.to_dict("records")]


def _frame():
    return pd.DataFrame({"a": ['"', "\\", "\n", "ü"], "é": ["", "1", "1", "{}"]})


def test_a_column_name_of_a_million_letters_is_shown_in_part(written, snapshot):
    assert refused(written("in.csv", "id,date," + "k" * 1_000_000 + "\n1,2021-04-01,A\n")) == snapshot


def test_no_part_of_an_error_is_longer_than_can_be_read():
    error = InputError("what", found="x" * 1_000_000)
    assert len(str(error)) < 2_200
    assert str(error).endswith("… (998,000 characters more)")


# -- marks and letters -------------------------------------------------------------------------------------


def test_marks_of_utf8_that_were_joined_are_no_part_of_a_name(written):
    incidents = read_incidents(written("in.csv", "\ufeff\ufeff" + HEAD + ROWS))
    assert "note: columns found by name: incident_id = id" in str(incidents)


def test_a_cut_text_in_utf16_is_not_called_wrongly_stated(written, snapshot):
    assert refused(written("in.csv", (HEAD + ROWS).encode("utf-16")[:-1])) == snapshot


def test_half_letters_of_json_are_shown_as_a_sign(written):
    file = written("in.json", r'[{"date": "2021-04-01", "admin1": "A\ud83d", "place": "B\ud83d\ude00"}]')
    incidents = read_incidents(file)
    assert incidents.frame[["admin1", "place"]].to_numpy().tolist() == [["A\ufffd", "B\U0001f600"]]
    assert "text: half letters in 1 values are shown as \ufffd" in incidents.notes
    twice = written("twice.json", r'[{"date": "2021-04-01", "a\ud800": 1, "a\ud801": 2}]')
    assert "names a value twice" in refused(twice)


@pytest.mark.parametrize("encoding", ["a\0b", "zlib", "mbcs2"])
def test_an_encoding_of_no_text_is_unknown(written, encoding):
    with pytest.raises(OptionError, match="unknown encoding"):
        read_incidents(written("in.csv", HEAD + ROWS), encoding=encoding)


@pytest.mark.parametrize(
    ("column", "place", "where"),
    [("admin1", "A\udcff", "column admin1, value 2"), ("a\udcff", "A", "names of columns, value 2")],
)
def test_half_letters_in_a_frame_are_refused_with_their_place(column, place, where):
    places = pd.Series(["A", place], dtype=object)
    columns = pd.Index(["date", column], dtype=object)
    frame = pd.DataFrame({0: ["2021-04-01", "2021-04-02"], 1: places}).set_axis(columns, axis=1)
    with pytest.raises(InputError, match="cannot be written") as told:
        read_incidents(frame)
    assert told.value.where == f"the DataFrame, {where}"


# -- JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [False, True])
def test_a_record_that_names_a_value_twice_is_refused(written, lines):
    first, twice = (
        '{"date": "2021-04-01", "admin1": "A"}',
        '{"date": "2021-04-02", "admin1": "A", "admin1": "B"}',
    )
    text = f"{first}\n{twice}\n" if lines else f"[{first}, {twice}]"
    said = refused(written("in.jsonl" if lines else "in.json", text))
    assert f"a record of in.json{'l, line 2' if lines else ''} names a value twice" in said
    assert "found: admin1" in said


def test_ends_of_lines_within_a_text_of_json_end_no_record(written):
    rows = '{"date": "2021-04-01", "admin1": "A\u2028B"}\n{"date": "2021-04-02", "admin1": "A\x85B"}\n'
    assert read_incidents(written("in.jsonl", rows)).accounting.kept == 2


@pytest.mark.parametrize(
    "odd", ['"properties": "x"', '"properties": {"date": "2021-04-01"}, "geometry": [1]']
)
def test_features_of_odd_shapes_are_no_list_of_records(written, odd):
    file = written("in.geojson", f'{{"type": "FeatureCollection", "features": [{{{odd}}}]}}')
    assert "holds no list of records" in refused(file)


# -- workbooks ---------------------------------------------------------------------------------------------


def workbook(rows=20, merged=()):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "date", "admin1", "killed"])
    for day in range(rows):
        sheet.append([day, dt.date(2021, 1, day + 1), "A" if day % 3 == 0 or not merged else None, 1])
    for area in merged:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_areas(text, *areas):
    """Put merged areas into the XML of a sheet, as no program would write them."""
    cells = b"".join(b'<mergeCell ref="%s"/>' % area for area in areas)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(text)) as good, zipfile.ZipFile(out, "w") as made:
        for name in good.namelist():
            part = good.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"</sheetData>", b"</sheetData><mergeCells>" + cells + b"</mergeCells>")
            made.writestr(name, part)
    return out.getvalue()


def test_a_merged_area_as_large_as_a_sheet_takes_no_time(written, quick):
    file = written("in.xlsx", with_areas(workbook(), b"C2:XFD1048576"))
    assert read_incidents(file).frame["admin1"].tolist() == ["A"] * 20
    below = written("below.xlsx", workbook(9, ["C2:C4", "C5:C7", "C8:C10"]))
    incidents = read_incidents(below)
    assert incidents.frame["admin1"].tolist() == ["A"] * 9
    assert "merged cells: their value is taken for each of their rows (6 cells)" in incidents.notes


def test_merged_areas_that_lie_on_each_other_are_refused(written, quick, snapshot):
    assert refused(written("in.xlsx", with_areas(workbook(), *[b"A2:D1000"] * 20_000))) == snapshot


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (b"\xd0\xcf\x11\xe0", "or one that a password locks"),
        (b"version https://git-lfs.github.com/spec/v1", "LFS"),
    ],
)
def test_what_is_no_workbook_is_named(written, begins, said):
    text = refused(written("in.xlsx", begins + b"\0" * 100))
    assert said in text
    assert "what to do: " in text


# -- Parquet -----------------------------------------------------------------------------------------------


def parquet(written, **columns):
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return written("in.parquet", out.getvalue())


def test_text_that_a_parquet_file_calls_bytes_is_text_and_shapes_are_not(written):
    file = parquet(
        written, date=[b"2021-01-01"], admin1=pa.array([b"Hill"], pa.binary(4)), geometry=[b"\x01\xff\xfe"]
    )
    incidents = read_incidents(file)
    assert incidents.frame[["date_start", "admin1"]].astype(str).to_numpy().tolist() == [
        ["2021-01-01", "Hill"]
    ]
    assert incidents.extra["geometry"].tolist() == ["b'\\x01\\xff\\xfe'"]


def test_two_columns_of_one_name_in_parquet_are_called_that(written, snapshot):
    out = io.BytesIO()
    pq.write_table(pa.table([["2021-01-01"], ["A"], ["B"]], names=["date", "admin1", "admin1"]), out)
    assert refused(written("in.parquet", out.getvalue())) == snapshot


def test_a_small_parquet_file_of_many_equal_rows_is_refused_unless_asked_for(written):
    days = pa.DictionaryArray.from_arrays(np.zeros(7_000_000, dtype=np.int8), ["2021-01-01"])
    file = parquet(written, date=days, admin1=days)
    assert file.stat().st_size < 100_000
    assert "unpacks to more than is read unasked" in refused(file)
    assert "--limit unpacked_mb=107" in refused(file)


# -- options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--recent", "--guard"])
def test_windows_longer_than_any_history_are_refused(written, run, option):
    rows = "".join(f"{day},2021-{month:02d}-1,A,1\n" for month in range(1, 13) for day in range(20))
    code, _, err = run("test", written("in.csv", HEAD + rows), "--as-of", "2021-12-31", option, "99999999999")
    assert code == 2
    assert "the windows are longer than any history" in err


def test_the_sample_is_known_as_of_the_day_it_was_drawn(run):
    code, out, _ = run("count", "--sample")
    assert code == 0
    assert "2018-01-01..2020-04-19 by week" in out
    assert "note: as of 2020-04-19, the day on which the sample was drawn, as none was given" in out


def test_a_job_without_an_output_writes_its_file(written, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    rows = written("in.csv", HEAD + ROWS)
    code = main(["count", str(rows), "--as-of", "2021-04-30", "-o", str(tmp_path / "out.csv")])
    sys.stdout.close()
    sys.stderr.close()
    assert code == 0
    assert (tmp_path / "out.csv").read_text().startswith("start,label,region,count")


# -- files ---------------------------------------------------------------------------------------------------

READ_BESIDE = {
    "--mapping": ("m.toml", '[columns]\nfatalities = "killed"\n'),
    "--actors": ("a.csv", "name,normalised\nx,y\n"),
    "--accepted": ("p.csv", "one,other\n"),
    "--population": ("n.csv", "region,population\nA,100\n"),
    "--store": ("s.duckdb", "kept"),
    "": ("in.meta.toml", 'title = "t"\n'),
}


@pytest.mark.parametrize("option", READ_BESIDE)
def test_no_file_that_is_read_is_written_over(option, written, run, tmp_path):
    rows = written("in.csv", HEAD + ROWS)
    name, text = READ_BESIDE[option]
    beside = written(name, text)
    named = [option, beside] if option else []
    source = [] if option == "--store" else [rows]
    code, _, err = run("count", *source, "--as-of", "2021-04-30", *named, "-o", beside, "--format", "csv")
    assert (code, beside.read_text()) == (2, text)
    assert f"{name} would be written over" in err


def test_a_name_that_is_no_text_is_told_in_every_form(written, run, tmp_path):
    file = tmp_path / "b\udcff.csv"
    file.write_text(HEAD + ROWS)
    for form in ("table", "json", "csv"):
        for output in ([], ["-o", tmp_path / f"out.{form}"]):
            code, _, err = run("count", file, "--as-of", "2021-04-30", "--format", form, *output)
            assert code == 0
            assert "\udcff" not in err
    assert r"b\udcff.csv" in (tmp_path / "out.json").read_text(encoding="utf-8")
    json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))


def test_a_store_is_no_pipe(run, tmp_path):
    os.mkfifo(tmp_path / "s")
    code, _, err = run("count", "--store", tmp_path / "s", "--as-of", "2021-04-30")
    assert code == 2
    assert "the file is no store" in err


def test_what_lies_beside_a_delivery_is_read_as_beside_a_file(written, run, tmp_path):
    rows = written("in.csv", HEAD + ROWS)
    rows.with_suffix(".meta.toml").write_bytes('title = "\u00e9"\n'.encode("latin-1"))
    for command in (["check", rows], ["store", "add", rows, "--store", tmp_path / "s", "--on", "2021-04-30"]):
        code, _, err = run(*command)
        assert code == 2
        assert "the metadata file in.meta.toml cannot be read" in err


def test_an_earlier_issue_that_is_nested_too_deeply_is_none(written, run):
    rows, deep = written("in.csv", HEAD + ROWS), written("deep.ipynb", "[" * 100_000)
    code, _, err = run("report", rows, "--as-of", "2021-04-30", "--summary", "--previous", deep)
    assert code == 2
    assert "the earlier issue cannot be read" in err


# -- lines that data forge ---------------------------------------------------------------------------------

FORGED = "rows read 9 = kept 9"


def test_no_text_of_data_is_a_line_of_the_account(written, run):
    file = written(f"a\n{FORGED}.csv", f'id,date,admin1,"x\n{FORGED}"\n1,2021-04-01,Hill,"y\n{FORGED}"\n')
    beside = file.with_suffix(".meta.toml")
    notes = f'["warning: n\\n{FORGED}", "m\\u2028{FORGED}"]'
    beside.write_text(f'title = "t\\n{FORGED}"\nlicence = "l\\r\\n{FORGED}"\nnotes = {notes}\n')
    for command in (("check",), ("count", "--as-of", "2021-04-30")):
        code, out, err = run(command[0], file, *command[1:])
        assert code == 0
        lines = (out + err).splitlines()
        assert FORGED not in [line.strip() for line in lines]
        assert f"note: licence: l ⏎ {FORGED}" in lines
    assert f"1 incident from t ⏎ {FORGED} (table)" in str(read_incidents(file))
    assert FORGED not in str(read_incidents(file)).splitlines()


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_metadata_that_are_no_file_are_not_passed_over(kind, written, tmp_path, capsys):
    file = written("in.csv", HEAD + ROWS)
    beside = file.with_suffix(".meta.toml")
    make = {"folder": Path.mkdir, "link": lambda path: path.symlink_to("nowhere"), "pipe": os.mkfifo}
    make[kind](beside)
    said = "the metadata beside the file cannot be read"
    assert said in refused(file)
    assert main(["store", "add", str(file), "--store", str(tmp_path / "kept"), "--on", "2021-04-30"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "kept").exists()


def test_a_mark_that_an_editor_puts_before_a_file_is_none_of_its_toml(written):
    file = written("in.csv", HEAD + ROWS)
    file.with_suffix(".meta.toml").write_text('\ufefftitle = "T"\r\n', encoding="utf-8")
    assert read_incidents(file).title == "T"
