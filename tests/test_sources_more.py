"""Sources beside UCDP and ACLED, packed files, JSON: each with the rows that are right beside it.

All rows are invented.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.errors import InputError
from analytics.sources.gtd import _ends_of
from analytics.sources.registry import find_source, source_names

RIGHT = {
    "gtd.csv": ("gtd", "gtd"),
    "gdelt.export.CSV.zip": ("gdelt", "gdelt"),
    "icews.tab": ("icews", "icews"),
    "afghan_diary.csv": ("sigact", "afghan_diary"),
    "sigact.csv": ("sigact", "sigact"),
    "insecurity_insight.csv": ("insecurity_insight", "insecurity_insight"),
    "hxl_below.csv": ("hxl", "hxl_below"),
    "hxl_in_place.csv": ("hxl", "hxl_in_place"),
    "acled_write_table.csv": ("acled", "acled_cut"),
}


@pytest.fixture
def sources(project):
    return project / "tests" / "fixtures" / "sources"


def as_written(frame):
    """Canonical rows as the files of right rows hold them."""
    text = frame.to_csv(index=False, date_format="%Y-%m-%d")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def right_rows(sources, name):
    return pd.read_csv(sources / f"{name}.expected.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", RIGHT)
def test_each_format_gives_the_rows_that_are_right(sources, name):
    source, beside = RIGHT[name]
    incidents = read_incidents(sources / name)
    right = right_rows(sources, beside)
    found = as_written(incidents.frame[list(right)])
    assert incidents.source == source
    pd.testing.assert_frame_equal(found, right)


@pytest.mark.parametrize(
    "name", ["acled_write_csv.csv", "acled_without_ids.tsv", "acled.csv.gz", "acled_api.json"]
)
def test_every_cut_of_an_export_is_the_same_incidents(sources, name):
    incidents = read_incidents(sources / name)
    right = right_rows(sources, "acled_cut")
    same = [column for column in right if column not in ("row", "incident_id")]
    assert incidents.source == "acled"
    pd.testing.assert_frame_equal(as_written(incidents.frame[same]), right[same])


@pytest.mark.parametrize("name", ["gdelt_1.tsv", "gdelt_names.csv"])
def test_every_form_of_gdelt_is_the_same(sources, name):
    right = right_rows(sources, "gdelt").drop(columns="row")
    incidents = read_incidents(sources / name)
    pd.testing.assert_frame_equal(as_written(incidents.frame[list(right)]), right)


def test_codes_stay_text(sources):
    extra = read_incidents(sources / "gdelt_names.csv").extra
    assert extra["EventBaseCode"].tolist() == ["183", "023", "190", "173"]
    assert extra["ActionGeo_FeatureID"].tolist()[0] == "-1"
    assert extra["NumMentions"].dtype == "Int64"


# -- GTD ---------------------------------------------------------------------------------------------------


def test_gtd_has_no_coverage_of_1993(sources):
    incidents = read_incidents(sources / "gtd.csv", as_of="2015-12-31")
    assert [str(gap) for gap in incidents.no_coverage] == ["1993-01-01..1993-12-31"]
    counts = count_incidents(incidents, "day", by=None)
    lost = counts.starts[~counts.coverage[:, 0]]
    assert (str(lost[0]), str(lost[-1]), len(lost)) == ("1993-01-01", "1993-12-31", 365)
    late = pd.DataFrame({"iyear": [2015], "imonth": [1], "iday": [2]})
    assert read_incidents(late).no_coverage == ()


def test_rounded_identifiers_lose_no_row(sources):
    whole, rounded = read_incidents(sources / "gtd.csv"), read_incidents(sources / "gtd_rounded_ids.csv")
    assert rounded.accounting.kept == whole.accounting.kept == 6
    assert rounded.accounting.superseded == 0
    assert any("eventid holds rounded numbers such as 2.015E+11" in note for note in rounded.notes)
    assert read_incidents(sources / "gtd_cut_by_pandas.csv").accounting.kept == 6


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("January 19-20, 1970", "January 19, 1970", "January 20, 1970"),
        ("December 30 - January 2, 2015", "December 30, 2015", "January 2, 2015"),
        ("Between 10/01/2016 and 10/05/2016", "10/01/2016", "10/05/2016"),
        ("01/12/2011-01/13/2011", "01/12/2011", "01/13/2011"),
        ("Early June 2016", "", ""),
        ("", "", ""),
    ],
)
def test_spans_of_approximate_dates(text, first, last):
    assert _ends_of(text) == (first, last)


def test_an_approximate_span_elsewhere_does_not_move_the_date():
    table = pd.DataFrame(
        {
            "iyear": 2015, "imonth": 6, "iday": [3, 0, 3],
            "approxdate": ["June 10-12, 2015", "December 30 - January 2, 2015", "June 1 - May 3, 2015"],
        }
    )  # fmt: skip
    frame = read_incidents(table).frame
    assert frame["date_start"].dt.strftime("%m-%d").tolist() == ["06-03", "06-01", "06-03"]
    assert frame["date_precision"].tolist() == [0, 30, 0]


# -- machine-coded rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gdelt.export.CSV.zip", "icews.tab"])
def test_what_machine_coded_rows_are_stands_above_every_answer(run, sources, name):
    first = f"warning: {'GDELT' if 'gdelt' in name else 'ICEWS'} rows are sentences that a machine read"
    for command in ("check", "count"):
        words = () if command == "check" else ("--as-of", "2020-04-30", "--by", "none")
        code, out, _ = run(command, sources / name, *words)
        assert code == 0
        assert out.startswith(first)


def test_a_date_long_before_its_article_is_flagged(sources):
    frame = read_incidents(sources / "gdelt_names.csv").frame
    assert frame["flags"].str.contains("reported long after its date").tolist() == [False, False, True, False]


# -- HXL ---------------------------------------------------------------------------------------------------


def test_tags_say_which_column_is_which():
    table = pd.DataFrame(
        [["#meta+id", "#date+reported", "#date+occurred", "#adm1+code", "#adm1+name+en", "#affected+killed+f",
          "#affected+killed"],
         ["1", "2023-04-20", "2023-04-13", "X1", "Northern", "1", "3"]],
        columns=["a", "Date", "When", "Admin1", "c", "d", "e"],
    )  # fmt: skip
    frame = read_incidents(table).frame
    row = frame.iloc[0]
    assert (str(row["date_start"].date()), str(row["reported_on"].date())) == ("2023-04-13", "2023-04-20")
    assert (row["admin1"], row["fatalities"], row["incident_id"]) == ("Northern", 3, "1")


def test_tags_without_a_date_leave_a_plain_table():
    table = pd.DataFrame(
        [["", "#adm1+name", "#geo+lat"], ["2023-04-13", "Northern", "10.5"]],
        columns=["date", "admin1", "lat"],
    )
    incidents = read_incidents(table)
    assert incidents.source == "table"
    assert incidents.accounting.set_aside == {"not a record (HXL tag row)": 1}


# -- packed files and JSON ---------------------------------------------------------------------------------


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return packed.getvalue()


def test_a_packed_file_is_the_file(sources, project):
    packed = read_incidents(sources / "ged231-csv.zip")
    plain = read_incidents(project / "tests" / "fixtures" / "incidents" / "ucdp_2020_order.csv")
    pd.testing.assert_frame_equal(packed.frame, plain.frame)
    assert "unpacked: GEDEvent_v23_1.csv" in packed.notes


ROW = "date,province\n2020-04-13,X\n"
UNUSABLE = {
    "two tables.zip": lambda: zipped(a_csv=ROW, b_csv=ROW),
    "no table.zip": lambda: zipped(a_pdf="%PDF"),
    "cut.zip": lambda: zipped(a_csv=ROW)[:40],
    "cut.csv.gz": lambda: gzip.compress(ROW.encode())[:20],
    "no list.json": lambda: b'{"status": 403, "error": {"message": "no"}}',
    "no records.json": lambda: b"[1, 2]",
    "broken.jsonl": lambda: b'{"date": "2020-04-13"}\n{"date": \n',
    "deep.json": lambda: b"[" * 100_000,
    "not json.geojson": lambda: b"type: FeatureCollection",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_unpacked_or_read_says_so(tmp_path, monkeypatch, name, snapshot):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(UNUSABLE[name]())
    with pytest.raises(InputError) as caught:
        read_incidents(name)
    assert str(caught.value) == snapshot


def test_json_numbers_stay_as_written(sources, tmp_path):
    incidents = read_incidents(sources / "table.jsonl")
    assert incidents.frame["latitude"].tolist()[0] == 10.5
    assert incidents.frame["row"].tolist() == [1, 2]
    assert incidents.extra["tags"].tolist()[1] == '["a", "b"]'
    path = tmp_path / "one.json"
    path.write_text(json.dumps([{"id": 20150102000112345678, "date": "2020-04-13", "x": 0.1}]))
    assert read_incidents(path).frame["incident_id"].tolist() == ["20150102000112345678"]


def test_points_of_geojson_are_coordinates(sources):
    frame = read_incidents(sources / "table.geojson").frame
    assert (frame["latitude"][0], frame["longitude"][0]) == (10.5, 20.25)
    assert np.isnan(frame["latitude"][1])


# -- what a source says of itself --------------------------------------------------------------------------


def test_every_source_says_what_a_row_is_and_has_its_screen(project):
    page = (project / "docs" / "sources.md").read_text(encoding="utf-8")
    for name in source_names():
        source = find_source(name)
        assert source.counts
        assert f"`--source {name}`" in page


# -- the real files ----------------------------------------------------------------------------------------


def test_the_real_files_are_read_whole(shared_data):
    real = read_incidents(shared_data / "ucdp_ged_iraq_hdx.csv")
    assert real.accounting.rows_read == 7474
    assert real.accounting.kept == 7473
    assert real.accounting.set_aside == {"not a record (HXL tag row)": 1}
    assert real.extra["date_prec"].value_counts().sort_index().tolist() == [6846, 441, 38, 115, 33]
    islamic_state = real.frame["actor1"].eq("IS") | real.frame["actor2"].eq("IS")
    assert islamic_state.sum() == 6191
    sigacts = read_incidents(shared_data / "sigacts_iraq_2006_2008.csv")
    assert sigacts.accounting.kept == 106_274
    counts = count_incidents(sigacts, by=None, as_of=sigacts.last_date)
    gaps = [str(window) for window in counts.silences]
    assert gaps == ["2006-09-25..2007-02-22"]
