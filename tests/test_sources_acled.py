"""ACLED exports: three generations of headers, every style of date, codes as numbers or words.

All rows are invented.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.schema import possible_span

FIXTURES = "tests/fixtures/incidents"
GENERATIONS = ("acled_v1.csv", "acled_v2.csv", "acled_v3.csv")
STYLES = ("%d %B %Y", "%d %b %Y", "%d-%b-%y", "%d/%m/%Y", "%Y-%m-%d")


@pytest.fixture
def read(project):
    return lambda name, **options: read_incidents(project / FIXTURES / name, **options)


@pytest.fixture
def v3(project) -> pd.DataFrame:
    return pd.read_csv(project / FIXTURES / "acled_v3.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", GENERATIONS)
def test_every_generation_gives_the_same_incidents(read, name):
    incidents = read(name)
    frame = incidents.frame
    assert incidents.source == "acled"
    assert frame["incident_id"].tolist() == [f"INV{i}" for i in range(1, 9)]
    assert frame["date_start"].dt.day.tolist() == [13, 14, 15, 16, 16, 17, 18, 19]
    assert (frame["date_start"] == frame["date_end"]).all()
    assert frame["date_precision"].tolist() == [0, 3, 30, 0, 0, 0, 0, 0]
    assert frame["fatalities"].tolist() == [3, 2, 0, 1, 0, 0, 0, 0]
    assert (
        frame["initiator"].tolist()
        == ["unknown", "insurgent", "state", "unknown", "insurgent"] + ["unknown"] * 3
    )
    assert (
        frame["initiator_basis"].tolist() == ["unknown", "rule", "rule", "unknown", "rule"] + ["unknown"] * 3
    )
    assert frame["activity"].tolist()[:5] == ["clash", "attack", "operation", "attack", "attack"]
    assert frame["wounded"].isna().all()
    assert incidents.accounting.set_aside["duplicate id"] == 1


def test_what_a_generation_does_not_say_is_missing(read):
    old, new = read("acled_v1.csv"), read("acled_v3.csv")
    assert old.frame["sub_event_type"].isna().all()
    assert old.frame["updated_at"].isna().all()
    assert old.frame["civilian_targeting"].isna().tolist() == [
        True,
        True,
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert new.frame["civilian_targeting"].tolist() == [False, True, False, True, True, False, False, False]
    assert new.frame["activity"].tolist()[5:] == ["arrest", "operation", "other"]


def test_latin1_semicolons_and_byte_order_mark(read):
    old = read("acled_v1.csv")
    assert old.frame["admin1"][0] == "Côte Nord"
    assert any("encoding: not UTF-8, read as Windows-1252 (Latin-1), as in" in note for note in old.notes)
    assert "delimiter: semicolon" in old.notes
    assert "data_id" in read("acled_v2.csv").extra.columns  # the mark does not stick to the first name


def test_the_year_0025_is_set_aside(read):
    held = read("acled_v3.csv").quarantine
    assert held["reason"].tolist() == ["duplicate id", "impossible date"]
    assert held["detail"][1] == "event_date '0025-04-20' names no day in 1900..2200"


def test_the_timestamp_is_the_last_change(read):
    incidents = read("acled_v3.csv")
    expected = dt.datetime(2020, 4, 17, 1, 20)  # 1587000000 s + one day
    assert incidents.frame["updated_at"][0] == expected
    assert any(note.startswith("updated_at: ACLED's timestamp, the last change") for note in incidents.notes)


def test_a_week_in_the_middle_may_be_three_days_off_either_way(read):
    frame = read("acled_v3.csv").frame
    first, last = possible_span(frame)
    assert (str(first[1]), str(last[1])) == ("2020-04-11", "2020-04-17")
    assert (str(first[0]), str(last[0])) == ("2020-04-13", "2020-04-13")
    assert frame["flags"].tolist()[:3] == ["", "coarse date", "coarse date"]


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_date_is_read(v3, style):
    days = pd.to_datetime(v3["event_date"][:8])
    incidents = read_incidents(v3[:8].assign(event_date=days.dt.strftime(style)))
    assert incidents.frame["date_start"].tolist() == days.tolist()
    assert incidents.accounting.set_aside == {}


def test_undecided_slashes_are_day_first_as_acled_wrote_them(v3):
    incidents = read_incidents(v3[:2].assign(event_date=["03/04/2018", "05/06/2018"], year="2018"))
    assert incidents.frame["date_start"].dt.strftime("%Y-%m-%d").tolist() == ["2018-04-03", "2018-06-05"]
    assert any("read as day/month/year" in note for note in incidents.notes)


def test_a_row_in_another_style_is_read_and_counted_in_a_note(v3):
    incidents = read_incidents(v3[:5].assign(event_date=["2020-04-13"] * 4 + ["14 April 2020"]))
    assert str(incidents.frame["date_start"].iloc[-1].date()) == "2020-04-14"
    assert "event_date: 1 row read as day monthname year (13 April 2020)" in incidents.notes


@pytest.mark.parametrize(
    ("event", "actor", "code", "initiator", "activity"),
    [
        ("Battles", "Hill Front", "Rebel group", "unknown", "clash"),
        ("Violence against civilians", "Hill Front", "2", "insurgent", "attack"),
        ("Violence against civilians", "Hill Front", "2.0", "insurgent", "attack"),
        ("Violence against civilians", "Military Forces", "State forces", "state", "attack"),
        ("Violence against civilians", "Unidentified Armed Group", "Rebel group", "unknown", "attack"),
        ("Violence against civilians", "Village Guard", "Identity militia", "other", "attack"),
        ("Violence against civilians", "", "", "unknown", "attack"),
        ("Explosions/Remote violence", "Hill Front", "Rebel group", "insurgent", "attack"),
        ("Explosions/Remote violence", "Military Forces", "1", "state", "operation"),
        ("Explosions/Remote violence", "Allied Air Force", "External/Other forces", "other", "attack"),
        ("Riots", "Rioters", "Rioters", "unknown", "other"),
        ("Strategic developments", "Hill Front", "Rebel group", "unknown", "other"),
    ],
)
def test_rules(v3, event, actor, code, initiator, activity):
    row = v3[:1].assign(event_type=event, sub_event_type="", actor1=actor, inter1=code)
    frame = read_incidents(row).frame
    assert frame[["initiator", "activity"]].iloc[0].tolist() == [initiator, activity]
    assert frame["initiator_basis"][0] == ("unknown" if initiator == "unknown" else "rule")


def test_odd_codes_are_flagged_and_kept(v3):
    odd = v3[:4].assign(
        time_precision=["1", "9", "", "1"],
        year=["2020", "2020", "2020", "2019"],
        timestamp=["soon", "1587000000", "", "2020-04-17T01:20:00"],
        latitude=["10.5", "north", "0", "10.5"],
        longitude=["20.25", "20.25", "0.0", "20.25"],
    )
    incidents = read_incidents(odd)
    assert incidents.frame["flags"].tolist() == [
        "unreadable updated_at",
        "unknown date precision; unreadable coordinates",
        "unknown date precision; coordinates 0, 0",
        "year differs from date",
    ]
    assert incidents.frame["date_precision"].isna().tolist() == [False, True, True, False]
    assert incidents.frame["updated_at"][3] == dt.datetime(2020, 4, 17, 1, 20)
    assert np.isnan(incidents.frame["latitude"][1])
    # where a text was lost on the way its column stays in sight
    assert incidents.extra["latitude"].tolist() == ["10.5", "north", "0", "10.5"]
    assert incidents.extra["timestamp"][0] == "soon"
