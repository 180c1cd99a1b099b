"""Incidents that stay where they lie are counted as those read: everything that counts hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "golden"))

from answers_of_counts import AS_OF, iraq_rows, of_counts
from make_answers import differences, told

from analytics.counts.counting import count_incidents
from analytics.errors import OptionError
from analytics.incidents import read_incidents
from analytics.incidents.lazy import scan_incidents

pytest.importorskip("duckdb")
pytest.importorskip("ibis")

CASES = {
    "by governorate": {
        "start": "2020-01-20",
        "span": "exclude",
        "no_coverage": ["2020-02-03..2020-02-05@Kirkuk"],
    },
    "deaths": {
        "value": "fatalities",
        "where": "fatalities >= 1 and event_type = 'Battles'",
        "as_of": "2020-02-25",
    },
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same rows five times, told apart by a column that nobody asks for: where they lie, and read."""
    file = tmp_path_factory.mktemp("rows") / "rows.parquet"
    frame = pd.concat([iraq_rows()] * 5, ignore_index=True)
    frame.assign(remark=[f"n{at}" for at in range(len(frame))]).to_parquet(file, index=False)
    return [read(file, as_of=AS_OF, country="Iraq") for read in (scan_incidents, read_incidents)]


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """The same rows once."""
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    frame = iraq_rows()
    early = frame.index < 25  # so that nothing at all is dated to the weeks between
    columns = ["date", "date_end", "reported_on"]
    moved = frame[columns].apply(
        lambda days: (pd.to_datetime(days) - pd.Timedelta(days=70)).dt.strftime("%Y-%m-%d")
    )
    frame.loc[early, columns] = moved[early]
    frame.to_csv(file, index=False)
    return [read(file, as_of=AS_OF, country="Iraq") for read in (scan_incidents, read_incidents)]


def held(incidents, **options):
    counts = count_incidents(incidents, "day", **options)
    outlets = counts.outlets
    found = told(of_counts(counts))
    if outlets is not None:  # in the order in which the engine gives them
        names = ("outlet", "region", "days", "share")
        found["outlets"] = sorted(
            map(str, zip(*(getattr(outlets, name).tolist() for name in names), strict=True))
        )
        found["outlets"].append(str((outlets.names, outlets.regions)))
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_is_counted_where_it_lies_is_what_is_counted_of_what_was_read(both, name):
    there, read = (held(one, **CASES[name]) for one in both)
    assert sum(map(sum, (map(int, column) for column in read["values"]))) > 20
    assert not differences(there, read)


def test_rows_of_which_none_are_equal_are_counted_too(few):
    assert not differences(*(held(one, by="admin1,event_type", value="fatalities") for one in few))


def test_where_nothing_fits_it_is_said(few):
    there, read = (held(one, by=None, where="fatalities > 90") for one in few)
    assert "no incident fits where fatalities > 90: every count is 0" in read["notes"]
    assert not differences(there, read)


def test_by_chance_is_refused(few):
    with pytest.raises(OptionError, match="drawn row by row"):
        count_incidents(few[0], "day", span="spread")
