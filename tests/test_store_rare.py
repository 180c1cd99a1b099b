"""Stores of little, of much, and of rows that are rarely met."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.errors import InputError, UptickError
from analytics.store import Store, opening
from analytics.store.adding import KEY

FIRST, SECOND = "2020-04-12", "2020-04-19"


def rows(n=6, **columns):
    days = pd.Series(np.datetime64("2020-03-02") + np.arange(n) % 40).astype("str")
    frame = pd.DataFrame({"id": [f"e{at}" for at in range(n)], "date": days, "admin1": "Eastmark"})
    return frame.assign(**columns)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "s.store")
    made.add(rows(), on=FIRST)
    return made


def test_rows_without_an_identifier_are_known_by_what_they_say(tmp_path):
    frame = rows()
    frame.loc[[1, 2], "id"] = ""
    made = Store(tmp_path / "s.store")
    made.add(frame, on=FIRST)
    frame.loc[2, "date"] = "2020-03-09"  # one of the two is another now
    delivery = made.add(frame, on=SECOND, covers="all")
    assert (delivery.added, delivery.changed, delivery.deleted) == (1, 0, 1)
    assert len(made.as_of(SECOND)) == 6


REFUSED = {
    "simulated rows beside others": lambda store, folder: store.add(
        simulated(folder), on=SECOND, name="table"
    ),
    "a sign that stands for the identifier": lambda store, folder: store.add(
        rows(note=["a", KEY] * 3), on=SECOND
    ),
    "a day before the first delivery": lambda store, folder: store.as_of("2020-04-01"),
}


def simulated(folder):
    rows().to_csv(folder / "rows.csv", index=False)
    (folder / "rows.meta.toml").write_text("simulated = true\n")
    return folder / "rows.csv"


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_what_was_expected(case, store, tmp_path, snapshot):
    with pytest.raises(UptickError) as error:
        REFUSED[case](store, tmp_path)
    assert str(error.value).replace(str(tmp_path), "HERE") == snapshot


def test_a_delivery_that_changes_nothing_has_no_cells(store):
    store.add(rows(), on=SECOND, covers="all")
    told = store.diff()
    assert len(told.frame) == len(told.events) == 0
    assert list(told.frame.columns)[:3] == ["region", "week", "start"]


def test_what_lies_in_no_place_is_told_of_as_such(tmp_path):
    made = Store(tmp_path / "s.store")
    made.add(rows().drop(columns="admin1"), on=FIRST)
    made.add(rows(8).drop(columns="admin1"), on=SECOND, covers="all")
    told = made.diff().frame
    assert told["added"].sum() == 2
    assert len(told["region"].unique()) == 1


@pytest.mark.parametrize(
    "options",
    [{}, {"by": "admin1,event_type"}, {"by": None}, {"where": "event_type = 'raid'"}, {"freq": "day"}],
)
def test_counts_are_those_of_the_incidents_however_they_are_asked_for(options, tmp_path):
    made = Store(tmp_path / "s.store")
    made.add(rows(12, event_type=np.resize(["raid", "bomb", "raid"], 12)), on=FIRST)
    for day in (FIRST, "2020-03-05"):
        counts = made.counts(day, known_on=FIRST, **options)
        whole = count_incidents(made.as_of(day, known_on=FIRST), **options)
        assert counts.regions == whole.regions
        np.testing.assert_array_equal(counts.values, whole.values)


def test_of_many_cells_the_first_are_shown_and_all_are_in_the_file(store, tmp_path, monkeypatch, run):
    many = pd.DataFrame(
        {
            "id": [f"n{at}" for at in range(80)],
            "date": (pd.Series(np.datetime64("2020-01-06") + 7 * (np.arange(80) % 12))).astype("str"),
            "admin1": [f"Place {at % 7}" for at in range(80)],
        }
    )
    store.add(many, on=SECOND, covers="rows")
    monkeypatch.chdir(tmp_path)
    code, out, err = run("store", "diff", "--store", store.path, "-o", "all.csv")
    assert code == 0, err
    shown = len(pd.read_csv("all.csv"))
    assert shown > 30
    code, out, err = run("store", "diff", "--store", store.path)
    assert code == 0, err
    assert f"(the first 30 of {shown}: -o FILE has all)" in " ".join(out.split())
    code, out, err = run("store", "list", "--store", store.path, "--format", "json")
    assert code == 0, err
    assert len(json.loads(out)["deliveries"]) == 2


def test_sheets_read_together_are_one_delivery_and_every_row_is_accounted_for(tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, days in {
        "one": ["2020-04-01", "2020-04-02", "2020-04-01"],
        "two": ["2020-04-03", "soon"],
    }.items():
        sheet = book.create_sheet(title)
        sheet.append(["id", "date", "admin1"])
        for day in days:
            sheet.append([f"e{day}", day, "Eastmark"])
    book.save(tmp_path / "a.xlsx")
    made = Store(tmp_path / "s.store")
    delivery = made.add(tmp_path / "a.xlsx", on=FIRST, sheet="all")
    assert (delivery.rows_read, delivery.kept) == (5, 3)
    assert delivery.set_aside == {"unparsable date": 1, "duplicate id": 1}
    held, read = made.as_of(FIRST), read_incidents(tmp_path / "a.xlsx", sheet="all", as_of=FIRST)
    assert held.accounting.__dict__ == read.accounting.__dict__
    for one, other in ((held.frame, read.frame), (held.quarantine, read.quarantine)):
        assert one["row"].tolist() == other["row"].tolist()
    assert held.quarantine["row"].tolist() == [4, 6]


def test_nothing_is_counted_before_the_first_incident(store):
    said = []
    for asked in (store.counts, store.as_of):
        with pytest.raises(UptickError, match="all 6 are set aside") as error:
            asked("2020-03-01", known_on=FIRST)
        said.append(str(error.value))
    assert said[0] == said[1]


def test_a_store_that_is_refused_its_first_delivery_is_not_made(tmp_path):
    made = Store(tmp_path / "new.store")
    with pytest.raises(UptickError, match="drawn after the day it is said to have been known on"):
        made.add(rows(), on=FIRST, extracted=SECOND)
    assert list(tmp_path.iterdir()) == []


def test_a_store_whose_first_delivery_never_came_is_empty(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opening.made_if_absent(tmp_path / "s.store", "1")  # as a process killed after it leaves it
    with pytest.raises(UptickError, match="the store is empty"):
        Store("s.store").as_of(FIRST)
    code, out, err = run("count", "--store", "s.store", "--as-of", FIRST)
    assert (code, out) == (2, "")
    assert err == (
        "uptick: the store is empty\n  where: s.store\n  what to do: uptick store add FILE --store FILE\n"
    )
    made = Store("s.store")
    assert made.add(rows(), on=FIRST).added == 6
    code, out, err = run("count", "--store", "s.store", "--as-of", FIRST, "--by", "none", "--freq", "day")
    assert (code, err) == (0, "")
    assert "6 incidents, one series, 2020-03-02..2020-04-12 by day" in out


def test_few_cells_are_shown_whole(store, run):
    store.add(rows(8), on=SECOND, covers="all")
    code, out, err = run("store", "diff", "--store", store.path)
    assert (code, err) == (0, "")
    assert "by admin1 and week; a moved incident left one place and came to another\n" in out
    assert "the first" not in out


@pytest.mark.parametrize(
    ("table", "found"),
    [("deliveries", "no delivery of"), ("file_columns", "no place of column"), ("rows_1", "no row of")],
)
def test_a_store_whose_tables_were_emptied_does_not_fit_together(table, found, store):
    with duckdb.connect(str(store.path)) as connection:
        connection.execute(f"delete from {table}")
    with pytest.raises(InputError, match="the store does not fit together") as error:
        store.as_of("2030-01-01")
    assert found in error.value.found
