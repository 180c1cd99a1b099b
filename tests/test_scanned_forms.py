"""Plain tables of many forms: counted where they lie as when they are read."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.errors import UptickError
from analytics.incidents.lazy import kept, scan_incidents

DAY = "2020-04-30"
ROWS = 60
NUMBER = np.arange(ROWS)
DATES = pd.Series(np.datetime64("2020-02-24") + NUMBER)
BASE = {"id": NUMBER, "date": DATES.astype("str"), "admin1": np.resize(["Eastmark", "Westmark", ""], ROWS)}


def table(drop=(), **columns):
    return pd.DataFrame(BASE).drop(columns=list(drop)).assign(**columns)


def canonical():
    """What reading makes of a table, as a table."""
    made = read_incidents(table(fatalities=NUMBER % 2, source="Office"), as_of=DAY).frame
    return made.drop(columns=["row", "flags"]).assign(source=np.resize(["one", "two"], ROWS))


PARTS = {"year": DATES.dt.year, "month": DATES.dt.month, "day": DATES.dt.day}
BEGUN = table(initiator=np.resize(["state", "unknown", ""], ROWS))
SOME = table(country=np.resize(["Iraq", ""], ROWS))
LATER = table(reported_on=(DATES + pd.Timedelta(days=3)).astype("str"))
FORMS = {
    "a date in parts": (table(["date"], **PARTS), {}, {}),
    "days as numbers": (table(date=DATES.dt.strftime("%Y%m%d").astype(int)), {}, {}),
    "days as numbers, some wrong": (
        table(date=DATES.dt.strftime("%Y%m%d").astype(int).mask(NUMBER % 9 == 0, 20209999)), {}, {}),
    "a canonical table": (canonical(), {}, {"by": "source,admin1"}),
    "a precision stated": (table(date_precision=np.where(NUMBER % 4, 1, 30)), {}, {"span": "exclude"}),
    "an initiator alone": (BEGUN, {}, {"by": "initiator_basis"}),
    "an initiator asked for": (
        BEGUN, {}, {"where": "initiator_basis = 'coded'"}),
    "a country for some": (SOME, {"country": "Iraq"}, {"by": "country"}),
    "a country for all": (table(), {"country": "Iraq"}, {"by": "country"}),
    "identifiers with a point": (table(id=pd.Series(NUMBER // 2).map("{}.0".format)), {}, {}),
    "identifiers that were rounded": (table(id="2.01701E+11"), {}, {}),
    "no identifier": (table(["id"]), {}, {}),
    "rows twice": (pd.concat([table(), table()[:20]]), {}, {}),
    "a day of report": (LATER, {}, {"start": "2020-03-01"}),
}  # fmt: skip
SHORT = (
    "a date in parts",
    "days as numbers",
    "a canonical table",
    "an initiator alone",
    "a country for some",
)


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=() if form in SHORT else pytest.mark.slow) for form in FORMS]
)
@pytest.mark.parametrize("ending", ["csv", pytest.param("parquet", marks=pytest.mark.slow)])
def test_every_form_is_counted_as_when_it_is_read(form, ending, tmp_path):
    frame, options, asked = FORMS[form]
    path = tmp_path / f"rows.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path, index=False)
    there, read = (
        count_incidents(way(path, as_of=DAY, **options), "week", **asked)
        for way in (scan_incidents, read_incidents)
    )
    assert there.regions == read.regions
    np.testing.assert_array_equal(there.values, read.values)
    np.testing.assert_array_equal(there.coverage, read.coverage)
    assert there.accounting == read.accounting


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_texts_that_are_kept_as_categories_are_texts(engine, tmp_path):
    pytest.importorskip(engine)
    frame = table(kind=np.resize(["raid", "bomb", None], ROWS)).astype(
        {"admin1": "category", "kind": "category"}
    )
    frame.to_parquet(tmp_path / "rows.parquet", index=False)
    read = read_incidents(tmp_path / "rows.parquet", as_of=DAY)
    there = scan_incidents(tmp_path / "rows.parquet", as_of=DAY, engine=engine)
    for asked in ({"where": "kind = 'raid'"}, {"by": "kind"}):
        made, want = (count_incidents(one, "week", **asked) for one in (there, read))
        assert made.regions == want.regions
        np.testing.assert_array_equal(made.values, want.values)


def database(tmp_path, frame):
    path = tmp_path / "rows.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", frame)
        connection.execute("create table incidents as select * from frame")
    return f"duckdb://{path}"


@pytest.mark.parametrize("brought", [1_000_000, pytest.param(0, marks=pytest.mark.slow)])
def test_versions_of_a_table_without_an_order_are_told_apart_by_what_they_say(brought, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_MOST_BROUGHT", brought)
    again = table()[:9].assign(admin1="Southmark", updated_at="2020-04-20")
    other = again.assign(admin1="Northmark")  # as new: the larger text is kept, whatever the order
    frame = pd.concat([other, table(updated_at="2020-04-10"), again]).sample(frac=1, random_state=3)
    incidents = scan_incidents(database(tmp_path, frame.astype({"id": "str"})), table="incidents", as_of=DAY)
    assert len(incidents) == ROWS
    counts = count_incidents(incidents, "day")
    assert int(counts.values.sum()) == 9 + 34
    assert "Northmark" not in counts.regions


def test_what_is_no_column_to_tell_incidents_apart_by_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    table().to_csv(path, index=False)
    incidents = scan_incidents(path, as_of=DAY)
    with pytest.raises(UptickError, match="date_start"):
        count_incidents(incidents, "week", by="date_start")
