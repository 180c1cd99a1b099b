"""Files that are small and unpack to huge ones are refused at once, by a limit that can be raised."""

from __future__ import annotations

import gzip
import io
import sys
import time
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics import read_incidents
from analytics._limits import USUAL, VARIABLE, limit, raised
from analytics.errors import FilterError, InputError, OptionError
from analytics.filters import parse_filter
from analytics.geo.polygons import read_polygons

HEAD = b"date,region\n2020-01-01,a\n"
DIGITS = sys.get_int_max_str_digits()
SECONDS = 5  # processor time; reading what is refused would take a minute


def zipped(folder):
    path = folder / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("in.csv", "w") as stream:
        stream.write(HEAD)
        for _ in range(120):
            stream.write(b"\n" * (1 << 20))
    return path


def gzipped(folder):
    path = folder / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(HEAD)
        for _ in range(120):
            stream.write(b"\n" * (1 << 20))
    return path


def workbook(folder):
    book = openpyxl.Workbook()
    book.active.append(["date", "region"])
    good = io.BytesIO()
    book.save(good)
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(good) as read, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in read.namelist():
            archive.writestr(name, read.read(name))
        with archive.open("xl/worksheets/sheet2.xml", "w") as stream:
            for _ in range(120):
                stream.write(b" " * (1 << 20))
    return path


def parquet(folder):
    path = folder / "bomb.parquet"
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array(["2020-01-01"]))
    table = pa.table({"date": same})
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
    return path


@pytest.mark.parametrize("make", [zipped, gzipped, workbook], ids=lambda make: make.__name__)
def test_what_unpacks_to_a_huge_file_is_refused_at_once(tmp_path, make):
    path = make(tmp_path)
    assert path.stat().st_size < 1 << 20
    began = time.process_time()
    with pytest.raises(InputError, match="unpacks to more than is read unasked") as error:
        read_incidents(path)
    assert time.process_time() - began < SECONDS
    assert "at most 100 MB" in error.value.expected
    assert "--limit unpacked_mb=" in error.value.todo


def test_a_table_of_more_cells_is_refused_and_the_limit_can_be_raised(tmp_path):
    path = parquet(tmp_path)
    with raised(["cells=999"]):
        with pytest.raises(InputError, match="more cells than is read unasked") as error:
            read_incidents(path)
        assert error.value.found == "1,000 rows of 1 columns"
        with raised(["cells=1000"]):
            assert read_incidents(path).accounting.kept == 1_000
    assert limit("cells") == USUAL["cells"]


def test_columns_can_be_raised_on_the_command_line(tmp_path, run):
    path = tmp_path / "wide.csv"
    names = ["date", "admin1", *(f"c{at}" for at in range(40))]
    path.write_text(
        ",".join(names) + "\n" + ",".join(["2020-01-01", "a", *"x" * 40]) + "\n", encoding="utf-8"
    )
    assert run("check", path)[0] == 0
    code, _, err = run("check", path, "--limit", "columns=41")
    assert code == 2
    assert "at most 41" in err
    assert "--limit columns=42" in err
    assert run("check", path, "--limit", "columns=42")[0] == 0


@pytest.mark.parametrize("wrong", ["rows=3", "cells", "cells=-1", "cells=1e9", "cells=9999999999999999"])
def test_what_is_no_limit_is_told(wrong, run, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, wrong)
    with pytest.raises(OptionError):
        limit("cells")
    monkeypatch.delenv(VARIABLE)
    code, _, err = run("check", tmp_path / "in.csv", "--limit", wrong)
    assert code == 2
    assert "limit" in err


def test_nesting_can_be_raised(tmp_path, run):
    path = tmp_path / "deep.json"
    path.write_text(
        '[{"date": "2020-01-01", "region": "a", "more": ' + "[" * 300 + "]" * 300 + "}]", encoding="utf-8"
    )
    code, _, err = run("check", path)
    assert code == 2
    assert "more than 250 deep: --limit nesting=1000 or UPTICK_LIMITS=nesting=1000 allows it" in err
    assert run("check", path, "--limit", "nesting=301")[0] == 2  # two more are around it
    assert run("check", path, "--limit", "nesting=302")[0] == 0


def test_metadata_and_boundaries_keep_to_the_same_limits(tmp_path):
    path = tmp_path / "deep.geojson"
    path.write_text('{"type": "FeatureCollection", "features": ' + "[" * 1_200 + "]" * 1_200 + "}")
    with pytest.raises(InputError, match="nesting=1000"):
        read_polygons(path)
    with raised(["nesting=2000"]), pytest.raises(InputError) as error:
        read_polygons(path)
    assert "nesting" not in str(error.value)
    path.write_text('{"type": "FeatureCollection", "features": [' + "1" * 5_000 + "]}")
    with pytest.raises(InputError, match="more than 4,300 digits: --limit digits=17200"):
        read_polygons(path)
    with raised(["digits=17200"]), pytest.raises(InputError) as error:
        read_polygons(path)
    assert "digits" not in str(error.value)
    assert sys.get_int_max_str_digits() == DIGITS, "reading has changed what Python allows"


def test_brackets_of_a_filter_can_be_raised():
    text = "(" * 60 + "admin1 = 'a'" + ")" * 60
    with pytest.raises(FilterError, match="at most 50 brackets") as error:
        parse_filter(text)
    assert "--limit brackets=200" in error.value.todo
    with raised(["brackets=60"]):
        assert parse_filter(text).evaluate(pd.DataFrame({"admin1": ["a", "b"]}), None).mask.tolist() == [
            True,
            False,
        ]


def test_a_time_past_all_calendars_is_shown_by_row_and_column(tmp_path):
    path = tmp_path / "in.parquet"
    days = pa.array([1_586_736_000_000_000_000, None, -9_223_372_036_800_000_000], pa.timestamp("ns"))
    pq.write_table(pa.table({"region": ["a", "b", "c"], "date": days}), path)
    with pytest.raises(InputError, match="cannot be read as a Parquet file") as error:
        read_incidents(path)
    assert error.value.where == f"{path}, row 4, column date"
