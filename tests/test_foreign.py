"""What exports of other people had that went wrong, made again with rows of our own (all invented)."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.cli import main
from analytics.counts import read_counts
from analytics.counts.questions import nearly_equal
from analytics.errors import InputError
from analytics.sources.dates import parse_dates

AS_OF = "2025-02-28"


# -- people who are counted in two columns -----------------------------------------------------------------


def test_health_workers_by_sex_and_employer_are_not_added_to_their_total():
    table = pd.DataFrame(
        {
            "Date": ["2023-04-13", "2023-04-14", "2023-04-15"],
            "Reported Perpetrator": "NSA",
            "Weapon Carried/Used": "Firearms",
            "Aid Workers Killed": [3, 0, None],
            "International Aid Workers Killed": [1, 0, None],
            "National Aid Workers Killed": [2, 0, None],
            "Female Aid Workers Killed": [1, 0, None],
            "Male Aid Workers Killed": [2, 0, None],
            "Aid Workers Killed in Captivity": [0, 2, None],
            "Students Killed": [1, None, None],
            "Female Aid Workers Injured": [1, None, 2],
            "Male Aid Workers Injured": [2, None, None],
            "SiND ID": [1, 2, 3],
        }
    )
    frame = read_incidents(table).frame
    assert frame["fatalities"].tolist() == [4, 0, pd.NA]
    assert frame["wounded"].tolist() == [3, pd.NA, 2]  # no total stands beside them: they are the total


def test_tables_on_protection_name_the_actor_otherwise():
    table = pd.DataFrame(
        {
            "Date": ["#date +occurred", "2023-04-13", "2023-04-14"],
            "Actor Type": ["#group +perp +name", "NSA", "Host Government: Military"],
            "Actor Name": ["#group +size", "Hill Front", "Army of Inventia"],
            "People Associated with Protection Programme Killed": ["", "2", "0"],
            "SiND ID": ["", "7", "8"],
        }
    )
    incidents = read_incidents(table)
    frame = incidents.frame
    assert incidents.source == "insecurity_insight"
    assert frame["incident_id"].tolist() == ["7", "8"]
    assert frame["actor1"].tolist() == ["Hill Front", "Army of Inventia"]
    assert frame["initiator"].tolist() == ["insurgent", "state"]
    assert frame["fatalities"].tolist() == [2, 0]


@pytest.mark.parametrize("total", ["#affected+killed", "#affected +total +killed"])
def test_a_tag_with_less_is_not_added_to_those_it_divides_into(total):
    tags = ["#date", "#adm1+name", total, "#affected+killed+f", "#affected+m+killed"]
    table = pd.DataFrame([tags, ["2020-04-13", "A", "5", "2", "3"]], columns=list("abcde"))
    assert read_incidents(table).frame["fatalities"].tolist() == [5]
    apart = pd.DataFrame([tags[:2] + tags[3:], ["2020-04-13", "A", "2", "3"]], columns=list("abde"))
    assert read_incidents(apart).frame["fatalities"].tolist() == [5]


def test_where_names_stand_twice_the_tags_tell_columns_apart():
    names = ["Date", "Province", "Killed", "Killed", "Note", "Note"]
    tags = ["#date", "#adm1+name", "", "#affected+killed", "", ""]
    rows = [["2020-04-13", "A", "9", "2", "a", "b"], ["2020-04-14", "B", "8", "1", "", ""]]
    incidents = read_incidents(pd.DataFrame([tags, *rows], columns=names))
    assert incidents.frame["fatalities"].tolist() == [2, 1]
    said = "columns of the same name, numbered from the left: Killed, Note; their tags tell them apart"
    assert said in incidents.notes
    with pytest.raises(InputError, match="two columns of the same name"):  # nothing tells these apart
        read_incidents(pd.DataFrame(rows, columns=names))


ROWS_OF_TAGS = [
    ["When", None, "Where", None],
    ["Day", "Reported", "Province"],
    ["#date +occurred", "#date +reported", "#adm1 +name", "#affected +killed"],
    ["2020-04-13", "2020-04-15", "A", 2],
    ["2020-04-14", "2020-04-14", "B", 0],
    ["no day", "", "B", 1],
]


def _tagged_as_csv(rows: list[list[object]], path: Path) -> None:
    lines = (",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _tagged_as_json(rows: list[list[object]], path: Path) -> None:
    path.write_text(json.dumps(rows), encoding="utf-8")


def _tagged_as_workbook(rows: list[list[object]], path: Path) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.csv", _tagged_as_csv), ("a.json", _tagged_as_json), ("a.xlsx", _tagged_as_workbook)],
)
def test_names_above_tags_that_are_fewer_than_these_are_titles(tmp_path, name, write):
    write(ROWS_OF_TAGS, tmp_path / name)
    incidents = read_incidents(tmp_path / name)
    assert incidents.source == "hxl"
    frame = incidents.frame
    assert frame["date_start"].dt.day.tolist() == [13, 14]
    assert frame["reported_on"].dt.day.tolist() == [15, 14]
    assert frame["admin1"].tolist() == ["A", "B"]
    assert frame["fatalities"].tolist() == [2, 0]
    assert (incidents.accounting.rows_read, incidents.accounting.kept) == (3, 2)
    assert incidents.quarantine["row"].tolist() == [6]
    assert "header: row 3; the 2 rows above it are left out" in incidents.notes
    # With a name for each tag the names are those, and the tags a row that is set aside.
    write([ROWS_OF_TAGS[0], [*ROWS_OF_TAGS[1], "Dead"], *ROWS_OF_TAGS[2:]], tmp_path / name)
    named = read_incidents(tmp_path / name)
    assert named.frame["fatalities"].tolist() == [2, 0]
    assert (named.accounting.rows_read, named.accounting.kept) == (4, 2)
    assert named.quarantine["row"].tolist() == [3, 6]
    assert named.called("Dead") == "fatalities"


def test_tags_below_records_are_no_beginning(tmp_path):
    rows = [["Day", "Province", "Dead"], ["2020-04-12", "C", 1], *([r[0], *r[2:]] for r in ROWS_OF_TAGS[2:5])]
    _tagged_as_csv(rows, tmp_path / "a.csv")
    incidents = read_incidents(tmp_path / "a.csv")
    assert incidents.frame["admin1"].tolist() == ["C", "A", "B"]
    assert incidents.quarantine["reason"].tolist() == ["not a record (HXL tag row)"]


def test_a_row_of_json_as_long_as_no_name_is_refused(tmp_path):
    _tagged_as_json([*ROWS_OF_TAGS, ["2020-04-15"]], tmp_path / "a.json")
    with pytest.raises(InputError, match=r"row 7 of .*a\.json has 1 values, the header has 4"):
        read_incidents(tmp_path / "a.json")


def test_numbers_added_to_one_are_no_columns_that_nobody_uses(tmp_path, capsys):
    tags = ["#date", "#adm1+name", "#affected+killed+f", "#affected+killed+m", ""]
    names = ["Date", "Province", "Killed", "Men killed", "Note"]
    _tagged_as_csv([names, tags, ["2020-04-13", "A", 1, 2, "n"]], tmp_path / "a.csv")
    assert main(["check", str(tmp_path / "a.csv")]) == 0
    said = capsys.readouterr().out
    assert "fatalities: the sum of Killed, Men killed" in said
    assert "column not used: Note" in said
    assert "columns found by name" not in said


# -- dates that a spreadsheet half understood --------------------------------------------------------------

TEXT = [f"{day}/0{month}/2016" for day, month in ((13, 1), (24, 2), (30, 3), (15, 4), (22, 5), (31, 7))]
TAKEN = [f"2016/0{day}/0{month}" for day, month in ((2, 1), (4, 2), (3, 3), (9, 4), (5, 7), (1, 8))]


def test_dates_that_a_spreadsheet_half_understood_are_warned_of():
    parsed = parse_dates(pd.Series([*TEXT, *TAKEN, TAKEN[0]]), name="EVENT_DATE")
    warned = [note for note in parsed.notes if note.startswith("warning: ")]
    assert len(warned) == 1
    assert "day and month are likely exchanged in 7 rows" in warned[0]
    assert "read as year-month-day, such as 2016/02/01," in warned[0]
    assert str(parsed.days[6]) == "2016-02-01"  # as it stands
    with_one = parse_dates(pd.Series([*TEXT, *TAKEN, "2016/05/13"]), name="EVENT_DATE")
    assert not any(note.startswith("warning: ") for note in with_one.notes)
    first_of_month = [f"2016-{month:02d}-01" for month in range(1, 8)]
    monthly = parse_dates(pd.Series([*TEXT, *first_of_month]), name="EVENT_DATE")
    assert not any(note.startswith("warning: ") for note in monthly.notes)


def test_the_warning_stands_above_every_answer(run, tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("date,admin1\n" + "".join(f"{day},A\n" for day in (*TEXT, *TAKEN)))
    _, out, _ = run("check", file)
    assert out.startswith("warning: date: day and month are likely exchanged in 6 rows.")


# -- files that are no whole files -------------------------------------------------------------------------


def test_a_pointer_to_a_large_file_is_called_one(tmp_path):
    file = tmp_path / "gtd.csv"
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 150589870\n")
    with pytest.raises(InputError, match="a pointer of Git LFS") as caught:
        read_incidents(file)
    assert "git lfs pull" in str(caught.value)


def test_a_file_that_was_cut_off_is_told_from_one_with_ragged_rows(tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    file = Path("in.csv")
    file.write_text("id,date,admin1,killed\n1,2020-04-13,A,0\n2,2020-04-1")
    with pytest.raises(InputError) as caught:
        read_incidents(file)
    assert str(caught.value) == snapshot
    file.write_text("id,date,admin1,killed\n1,2020-04-13,A,0\n2,2020-04-1\n")
    with pytest.raises(InputError, match=r"row 3 of .*in.csv has 2 fields, the header has 4"):
        read_incidents(file)


# -- an ACLED export without who, but with how they met ----------------------------------------------------


def test_an_export_cut_to_its_interaction_is_acled():
    table = pd.DataFrame(
        {
            "": ["1"], "region": "Western Inventia", "country": "Inventia", "event_date": "2022-09-23",
            "admin1": "Hills", "event_type": "Battles", "sub_event_type": "Armed clash", "interaction": "12",
            "fatalities": "3", "timestamp": "1664300000",
        }
    )  # fmt: skip
    incidents = read_incidents(table)
    assert incidents.source == "acled"
    assert any(note.startswith("terms of ACLED: ") for note in incidents.notes)
    assert incidents.frame["activity"].tolist() == ["clash"]


# -- counts of HDX's HAPI ----------------------------------------------------------------------------------


@pytest.fixture
def hapi(tmp_path):
    cells = [
        ("AAA", "Nord", "political_violence", 5), ("AAA", "Nord", "civilian_targeting", 2),
        ("BBB", "Nord", "political_violence", 7), ("BBB", "Nord", "civilian_targeting", 0),
        ("CCC", "", "political_violence", 11), ("CCC", "", "civilian_targeting", 1),
    ]  # fmt: skip
    head = "location_code,admin1_name,event_type,events,reference_period_start,reference_period_end\n"
    rows = [
        f"{place},{name},{kind},{events},2025-0{month}-01,2025-0{month}-28\n"
        for place, name, kind, events in cells
        for month in (1, 2)
    ]
    file = tmp_path / "hapi.csv"
    file.write_text(head + "".join(rows))
    return file


def test_one_name_in_two_countries_of_codes_is_two_regions(hapi, run):
    command = ("count", hapi, "--as-of", AS_OF)
    _, out, _ = run(*command)
    assert out.startswith(
        "warning: events are counted twice: those of civilian_targeting are in political_vi"
    )
    assert "4 rows name no admin1: their events are unplaced" in out
    _, out, _ = run(*command, "--where", "event_type = 'political_violence'", "--format", "json")
    answer = json.loads(out)
    sums: dict[str, int] = {}
    for row in answer["counts"]:
        sums[row["region"]] = sums.get(row["region"], 0) + row["count"]
    assert sums == {"Nord, AAA": 10, "Nord, BBB": 14, "(unplaced)": 22}
    assert not any(note.startswith("warning: ") for note in answer["notes"])


def test_counts_by_year_say_what_to_get(hapi):
    table = pd.DataFrame({"Country": ["A", "A"], "Year": [2020, 2021], "Events": [3, 4]})
    with pytest.raises(InputError, match="get the incidents, or their counts by month"):
        read_counts(table, as_of=AS_OF, by="country")


# -- questions that nobody needs ---------------------------------------------------------------------------


def test_quarters_of_the_compass_are_not_asked_about():
    assert nearly_equal(["east darfur", "west darfur", "eastern cape", "western cape"]) == []
    assert nearly_equal(["ouest", "sud ouest"]) == []
    assert nearly_equal(["sicasso", "sikasso"]) == [("sicasso", "sikasso")]
