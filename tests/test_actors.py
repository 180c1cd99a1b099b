"""Actors under normalised names: matching, dates, the account of names, filters, the command."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics.cli import main
from analytics.counts import count_incidents
from analytics.errors import InputError, OptionError
from analytics.incidents import read_incidents
from analytics.incidents.actors import read_actors

TABLE = """name,normalised,group,kind,from,until
ISIL,Islamic State,jihadist,armed group,2013-04-08,2014-06-28
Daesh,Islamic State,jihadist,armed group,,
Al-Qā'ida,Al-Qaeda,jihadist,armed group,,
AQI,Al-Qaeda,jihadist,armed group,,2006-10-14
AQI,Islamic State,jihadist,armed group,2006-10-15,
"""
ROWS = pd.DataFrame(
    {
        "event_id": list("abcdefgh"),
        "date": ["2006-10-14", "2006-10-15", *["2014-06-28", "2014-06-29"], *["2016-01-01"] * 4],
        "admin1": ["North"] * 8,
        "actor1": ["AQI", "aqi", "Isil", "ISIL", "DAESH ", "al qaida", "Unit 9", None],
        "actor2": ["Police", None, "Police", "police", "Islamic-State", None, "Daesh", None],
    }
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "actors.csv"
    path.write_text("\ufeff" + TABLE, encoding="utf-8")
    return path


@pytest.fixture
def incidents(table):
    return read_incidents(ROWS, as_of="2016-01-31", actors=table)


def test_names_are_folded_as_places_are_and_hold_for_their_days(incidents):
    assert incidents.frame["actor1"].fillna("-").tolist() == [
        "Al-Qaeda", "Islamic State", "Islamic State", "ISIL", "Islamic State", "Al-Qaeda", "Unit 9", "-",
    ]  # fmt: skip
    assert incidents.frame["actor2"].fillna("-").tolist() == [
        "Police", "-", "Police", "police", "Islamic State", "-", "Islamic State", "-",
    ]  # fmt: skip


def test_what_was_written_is_kept_and_every_name_is_accounted_for(incidents):
    plain = read_incidents(ROWS, as_of="2016-01-31")
    for column in ("actor1", "actor2"):
        assert incidents.extra[f"{column}_written"].equals(plain.frame[column])
        stated = incidents.extra[f"{column}_kind"].notna()
        assert stated.equals(incidents.frame[column].isin(["Islamic State", "Al-Qaeda"]))
    account = incidents.actors
    assert account["incidents"].sum() == plain.frame[["actor1", "actor2"]].notna().sum().sum()
    rest = account[account["listed"] != "yes"].set_index("written")
    # Two spellings that no table joins stay two.
    assert rest["incidents"].to_dict() == {"Police": 2, "ISIL": 1, "Unit 9": 1, "police": 1}
    assert rest.loc["ISIL", "listed"] == "not for its day"
    assert (rest["normalised"] == rest.index).all()


def test_notes_say_the_rule_and_the_names_left(incidents, snapshot):
    notes = [note for note in incidents.notes if "actor" in note]
    assert [note.replace(notes[0].split(" (")[0], "actors named by actors.csv") for note in notes] == snapshot


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("actor1 = 'Islamic State'", "bce"),
        ("actor = 'Islamic State'", "bceg"),
        ("actor != 'Islamic State'", "adf"),
        ("not actor = 'Islamic State'", "adf"),
        ("actor in ('Al-Qaeda', 'Unit 9')", "afg"),
        ("actor contains 'police'", "acd"),
        ("actor is missing", "h"),
        ("actor1_written = 'Isil'", "c"),
    ],
)
def test_filters_see_the_normalised_names_and_actor_is_either(incidents, where, kept):
    outcome = incidents.filter(where).evaluate(incidents.frame, incidents.extra)
    assert "".join(incidents.frame["incident_id"][outcome.mask]) == kept
    assert outcome.unknown[7] == (where != "actor is missing")


def test_counting_by_actor_counts_the_normalised_names(incidents):
    counts = count_incidents(incidents, "day", by="actor1", where="date_start >= 2014-01-01")
    assert dict(zip(counts.regions, counts.values.sum(axis=0), strict=True)) == {
        "Al-Qaeda": 1, "ISIL": 1, "Islamic State": 2, "Unit 9": 1,
    }  # fmt: skip


def test_a_column_called_actor_is_itself(table):
    rows = ROWS.assign(actor="x")
    found = read_incidents(rows, columns={"date_start": "date", "actor1": "actor1"}, as_of="2016-01-31")
    assert found.filter("actor = 'x'").mask(found.frame, found.extra).all()


BAD = {
    "no column": "name,stands for\na,b\n",
    "unknown column": "name,normalised,colour\na,b,c\n",
    "no name": "name,normalised\n,b\n",
    "two meanings": "name,normalised,from,until\nX,a,,2020-01-01\nx,b,2020-01-01,\n",
    "two groups": "name,normalised,group\nX,a,one\nY,A,two\n",
    "bad day": "name,normalised,from\nX,a,sometime\n",
    "ends early": "name,normalised,from,until\nX,a,2020-01-02,2020-01-01\n",
    "empty": "name,normalised\n",
}


def test_a_table_that_cannot_be_used_says_where(tmp_path, snapshot):
    said = {}
    for what, text in BAD.items():
        path = tmp_path / "actors.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as error:
            read_actors(path)
        said[what] = str(error.value).replace(str(path), "actors.csv")
    with pytest.raises(InputError) as error:
        read_actors(tmp_path / "none.csv")
    said["not there"] = str(error.value).replace(str(tmp_path), "")
    assert said == snapshot


def test_a_table_is_read_once_and_blank_lines_in_it_are_nobody(tmp_path):
    path = tmp_path / "actors.csv"
    path.write_text("name,normalised\nX,a\n\n , \ny,b\n", encoding="utf-8")
    found = read_actors(path)
    assert read_actors(found) is found
    assert {key: [row.line for row in rows] for key, rows in found.rows.items()} == {"x": [2], "y": [5]}


def test_earlier_versions_of_an_incident_have_the_names_of_the_table_too(table):
    rows = pd.DataFrame(
        {
            "event_id": ["a", "a", "b"],
            "date": "2016-01-01",
            "actor1": ["Daesh", "Unit 9", "DAESH"],
            "updated_at": ["2016-01-02", "2016-02-01", "2016-01-02"],
        }
    )
    found = read_incidents(rows, as_of="2016-03-01", actors=table)
    for where, then, now in (("actor1 = 'Islamic State'", 2, 1), ("actor1_written = 'Daesh'", 1, 0)):
        for as_of, number in (("2016-01-10", then), ("2016-03-01", now)):
            counts = count_incidents(found, "day", by=None, where=where, as_of=as_of)
            assert counts.values.sum() == number, (where, as_of)


def test_actors_that_are_normalised_already_are_refused(incidents, table):
    from analytics.incidents.actors import normalise_actors

    with pytest.raises(InputError, match="actors as written"):
        normalise_actors(incidents, table)


def test_a_table_of_counts_has_no_actors(table):
    from analytics.counts import read_counts

    weeks = pd.DataFrame({"week": ["2021-01-02"], "admin1": "North", "events": [12]})
    with pytest.raises(OptionError, match="actors is for incidents"):
        read_counts(weeks, as_of="2021-01-08", actors=table)


def test_the_command_lists_the_names_that_are_not_in_the_table(tmp_path, table, capsys):
    file = tmp_path / "events.csv"
    ROWS.to_csv(file, index=False)
    assert main(["check", str(file), "--actors", str(table)]) == 0
    out = capsys.readouterr().out
    assert "names that the table of actors does not have" in out
    assert "not used" not in out
    assert main(["check", str(file), "--actors", str(table), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(row["incidents"] for row in found["actors"]) == 12
    where = ["--as-of", "2016-01-31", "--where", "actor = 'Al-Qaeda'"]
    assert (
        main(["count", str(file), "--actors", str(table), *where, "--freq", "day", "--format", "json"]) == 0
    )
    assert sum(row["count"] or 0 for row in json.loads(capsys.readouterr().out)["counts"]) == 2
