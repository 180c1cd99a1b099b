"""Attacks that got through, one test for each: an exact account or one clear error, and in good time."""

from __future__ import annotations

import json
import time

import pytest

from analytics import read_incidents
from analytics._limits import raised
from analytics.counts.questions import nearly_equal
from analytics.errors import InputError
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
    import pandas as pd

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
