"""Mapping files: proposed by looking, edited, used by every command; errors name line and key.

All rows are invented.
"""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.counts import read_counts
from analytics.errors import UptickError
from analytics.reporting.content.weekly import weekly_counts
from analytics.sources.files import load
from analytics.sources.mapping import read_mapping
from analytics.sources.wizard import propose_mapping

DAYS = np.datetime64("2021-01-01") + np.arange(600)


def office(size=600):
    """A table as an office might keep it: no name in it is one that is looked for."""
    rng = np.random.default_rng(0)
    days = DAYS[:size]
    return pd.DataFrame(
        {
            "Ref. no": [f"A-{i}" for i in range(size)],
            "Entered in system on": pd.Series(days + 3).dt.strftime("%d/%m/%Y"),
            "Tag der Tat": pd.Series(days).dt.strftime("%d/%m/%Y"),
            "Wo": rng.choice(["Kirkuk", "Al-Anbar", "Diyālá", "Ninewa"], size),
            "Was geschah (Nature)": rng.choice(["Shooting", "IED", "Shelling"], size),
            "No. killed": rng.poisson(0.4, size),
            "Breite": "33.5",
            "Remarks": [f"remark {i}" for i in range(size)],
        }
    )


def as_day(text):
    day, month, year = text.split("/")
    return f"{year}-{month}-{day}"


@pytest.fixture
def workbook(tmp_path):
    """That table below two rows of titles, on the second sheet."""
    path = tmp_path / "office.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"Read me": ["This workbook is invented."]}).to_excel(
            book, sheet_name="About", index=False
        )
        office().to_excel(book, sheet_name="Log", index=False, startrow=2)
        book.sheets["Log"]["A1"] = "Incident log (invented)"
    return path


@pytest.fixture
def mapped(run, workbook, tmp_path):
    """The workbook and the mapping proposed for it."""
    mapping = tmp_path / "office.toml"
    code, _, err = run("check", workbook, "--write-mapping", mapping)
    assert (code, err) == (0, "")
    return workbook, mapping


def test_what_is_proposed_is_what_stands_there(mapped, snapshot):
    _, mapping = mapped
    text = mapping.read_text(encoding="utf-8")
    assert text == snapshot
    stated = tomllib.loads(text)
    assert stated["file"] == {"sheet": "Log", "header_row": 3, "country": "Iraq"}
    assert stated["columns"] == {
        "date_start": "Tag der Tat",
        "reported_on": "Entered in system on",
        "admin1": "Wo",
        "incident_id": "Ref. no",
        "latitude": "Breite",
        "fatalities": "No. killed",
        "event_type": "Was geschah (Nature)",
    }


def test_the_mapping_reads_what_was_written(mapped):
    workbook, mapping = mapped
    incidents = read_incidents(workbook, mapping=mapping)
    right = office()
    assert incidents.accounting.kept == len(right)
    frame = incidents.frame
    assert frame["incident_id"].tolist() == right["Ref. no"].tolist()
    assert (frame["date_start"].to_numpy().astype("datetime64[D]") == DAYS).all()
    assert frame["fatalities"].sum() == right["No. killed"].sum()
    assert frame["country"].unique().tolist() == ["Iraq"]
    assert incidents.notes[0].startswith("columns and ways of reading stated by ")
    again = read_incidents(workbook, mapping=read_mapping(mapping).plain())
    pd.testing.assert_frame_equal(again.frame, frame)


@pytest.mark.slow
def test_every_command_takes_the_mapping(run, mapped, tmp_path):
    workbook, mapping = mapped
    given = (workbook, "--mapping", mapping)
    as_of = ("--as-of", "2022-08-21", "--format", "json")
    right = office()
    code, out, _ = run("check", *given, "--format", "json")
    assert (code, json.loads(out)["row_accounting"]["kept"]) == (0, len(right))
    code, out, _ = run("count", *given, *as_of, "--value", "fatalities")
    assert code == 0
    counted = sum(row["count"] or 0 for row in json.loads(out)["counts"])
    late = right["Entered in system on"].map(as_day) > "2022-08-21"
    first = right["Tag der Tat"].map(as_day) < "2021-01-04"  # no whole week
    assert counted == right.loc[~late & ~first, "No. killed"].sum()
    for command in ("test", "monitor"):
        code, out, err = run(command, *given, *as_of)
        assert code == 0, err
        regions = {row["region"] for row in json.loads(out)["regions"]}
        assert {"Kirkuk", "Anbar", "Diyala", "Ninewa"} <= regions
    scope = weekly_counts(
        str(workbook), as_of="2022-08-21", reading={"mapping": read_mapping(mapping).plain()}
    )
    assert scope.incidents.accounting.kept == (right["Tag der Tat"].map(as_day) <= "2022-08-21").sum()


def test_what_is_given_beside_a_mapping_wins(mapped):
    workbook, mapping = mapped
    incidents = read_incidents(workbook, mapping=mapping, columns={"place": "Remarks"}, country="Inventia")
    assert incidents.frame["place"].tolist()[0] == "remark 0"
    assert incidents.frame["country"].unique().tolist() == ["Inventia"]
    assert incidents.frame["admin1"].notna().all()


def test_a_table_of_counts_is_mapped_too(run, tmp_path):
    table = pd.DataFrame(
        {"Woche ab": (np.datetime64("2021-01-02") + 7 * np.arange(80)).astype(str), "Wo": "Kirkuk", "Zahl": 4}
    )
    path, mapping = tmp_path / "counts.csv", tmp_path / "counts.toml"
    table.to_csv(path, index=False)
    mapping.write_text('[columns]\nperiod = "Woche ab"\nevents = "Zahl"\nadmin1 = "Wo"\n', encoding="utf-8")
    counts = read_counts(path, as_of="2022-07-15", mapping=mapping)
    assert counts.values[:, 0].tolist() == [4] * 80
    assert counts.week_start == "saturday"
    code, out, _ = run("test", path, "--mapping", mapping, "--as-of", "2022-07-15", "--format", "json")
    assert code == 0
    assert json.loads(out)["regions"][0]["observed"] == 8


# -- what is proposed --------------------------------------------------------------------------------------


def proposed(table):
    return propose_mapping(load(table))


def test_a_date_that_can_be_read_two_ways_is_a_question():
    table = pd.DataFrame({"Date": ["01/02/2021", "03/04/2021"], "Province": ["A", "B"]})
    found = proposed(table)
    assert "date_style" not in found.reading
    assert found.questions[0].startswith("'Date' can be read as day/month/year and as month/day/year")
    assert "# QUESTION: 'Date' can be read" in found.text


def test_arabic_heads_and_names_are_found():
    table = pd.DataFrame(
        {
            "تاريخ الحادث": ["2021-02-01", "2021-02-02", "2021-02-03"],
            "اسم المحافظة": ["كركوك", "ديالى", "كركوك"],
            "عدد القتلى": ["١", "٠", "٢"],
            "نوع الحادث": ["عبوة", "إطلاق نار", "عبوة"],
        }
    )
    found = {name: column for name, (column, _) in proposed(table).columns.items()}
    assert found == {
        "date_start": "تاريخ الحادث",
        "admin1": "اسم المحافظة",
        "fatalities": "عدد القتلى",
        "event_type": "نوع الحادث",
    }
    assert proposed(table).reading["country"][0] == "Iraq"


def test_a_known_source_needs_no_columns(project):
    found = proposed(pd.read_csv(project / "tests" / "fixtures" / "sources" / "gtd_cut_by_pandas.csv"))
    assert found.reading["source"][0] == "gtd"
    assert found.columns == {}


def test_a_country_that_is_stated_is_not_proposed_again_and_words_are_no_degrees():
    places = {"Land": "Iraq", "region name": ["Kirkuk", "Diyala", "Ninewa"]}
    found = proposed(
        pd.DataFrame({"date": ["2020-04-01"] * 3, **places, "Breite (Grad)": ["Nord", "mid", "-"]})
    )
    assert found.columns["country"] == ("Land", "by its name")
    assert found.columns["admin1"] == ("region name", "3 names, governorates of Iraq")
    assert found.reading == {}
    assert "latitude" not in found.columns
    assert found.unused == ("Breite (Grad): 3 values, such as 'Nord'",)


def test_without_days_or_places_the_reader_is_asked():
    found = proposed(pd.DataFrame({"a": ["x", "y"], "b": ["some", "words"]}))
    assert [question.split(":")[0] for question in found.questions] == [
        "no column can be read as days",
        "no column of regions was found",
    ]


def test_a_mapping_that_is_there_is_not_written_over(run, mapped):
    workbook, mapping = mapped
    before = mapping.read_bytes()
    code, out, err = run("check", workbook, "--write-mapping", mapping)
    assert (code, out) == (2, "")
    assert "is there already, and may have been edited" in err
    assert mapping.read_bytes() == before


# -- errors ------------------------------------------------------------------------------------------------

WRONG = {
    "no file": None,
    "not TOML": "[columns\n",
    "a number without end": "[file]\nheader_row = " + "9" * 5000 + "\n",
    "nested without end": "[columns]\ndate_start = " + "[" * 3000 + "]" * 3000 + "\n",
    "unknown table": "[colums]\ndate_start = 'Day'\n",
    "unknown key of the file": "[file]\nsheeet = 'Log'\n",
    "unknown column of ours": "# a comment\n\n[columns]\nadmin1 = 'Wo'\ndate_strat = 'Tag'\n",
    "no text": "[columns]\ndate_start = 3\n",
    "no number": "[file]\nheader_row = 'three'\n",
    "true is no number": "[file]\nheader_row = true\n",
    "no table": "columns = 'date_start'\n",
    "no such column of the file": "[columns]\ndate_start = 'Tag'\nadmin1 = 'Wohin'\n",
    "no such style, beside another key": (
        "[file]\nna = 'text'\ndate_style = 'day/month'\n[columns]\ndate_start = 'Tag'\n"
    ),
    "no such style": "[file]\ndate_style = 'day/month'\n[columns]\ndate_start = 'Tag'\n",
    "no such source": "[file]\nsource = 'aclde'\n",
    "no such encoding": "[file]\nencoding = 'utf-9'\n",
    "no such country": "[columns]\ndate_start = 'Tag'\n[file]\ncountry = ' '\n",
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_names_line_and_key(case, tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("Tag,Wo\n2021-02-01,North\n2021-02-02,South\n")
    if WRONG[case] is not None:
        (tmp_path / "my.toml").write_text(WRONG[case])
    with pytest.raises(UptickError) as caught:
        read_incidents("data.csv", mapping="my.toml")
    assert str(caught.value) == snapshot
