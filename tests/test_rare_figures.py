"""Figures of very little: what cannot be told is said, and is no number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analytics import Counts, read_incidents
from analytics._coded import coded
from analytics.detectors import surveillance
from analytics.duplicates import side_by_side
from analytics.evaluation.scores import estimate_ratio, resampling_weights
from analytics.fetch.connection import Connection, Waiting


def weekly(values, regions, **options):
    frame = pd.DataFrame(np.asarray(values, dtype=float), columns=regions)
    frame.index = pd.date_range("2019-01-07", periods=len(frame), freq="7D")
    return Counts.from_frame(
        frame, freq="week", as_of=str(frame.index[-1] + pd.Timedelta(days=6))[:10], **options
    )


def test_a_share_of_one_place_has_no_interval():
    found = estimate_ratio([1.0], [2.0], resampling_weights(1, seed=1))
    assert found.value == 0.5
    assert np.isnan([found.low, found.high]).all()


def test_sources_of_nothing_in_common_are_not_held_to_agree():
    rng = np.random.default_rng(2)
    one = weekly(rng.poisson(4, (70, 2)), ["Eastmark", "Westmark"])
    none = weekly(np.zeros((70, 1)), ["Eastmark"], no_coverage=["2020-04-20..2020-05-10"])
    found = side_by_side(one, none, titles=("A", "B"))
    said = found.sentence()
    assert said.startswith(f"A counts {int(found.regions['first'].iloc[0]):,}, B 0, ")
    assert "to 1)" not in said
    assert "rank correlation" not in said
    table = found.summary().set_index("region")
    assert table.loc["Westmark", "second now"] == "no such region"
    assert table.loc["Eastmark", "agree"].startswith("cannot be told: ")


def test_codes_of_columns_in_several_pieces_are_those_of_one():
    parts = (["b", "a", None], ["c", "b"])
    pieces = pa.chunked_array([pa.array(part, pa.large_string()) for part in parts])
    codes, texts = coded(pd.Series(pd.array(pieces, dtype="str")))
    assert codes.tolist() == [0, 1, -1, 2, 0]
    assert texts.tolist() == ["b", "a", "c"]


def test_names_that_no_row_has_are_counted_past_the_fifth():
    rows = pd.DataFrame({"date": "2020-04-01", "admin1": ["Eastmark", "Westmark"]})
    rule = read_incidents(rows, as_of="2020-04-19").filter(
        f"admin1 in ({', '.join(repr(f'Place {n}') for n in range(8))})"
    )
    notes = rule.evaluate(read_incidents(rows, as_of="2020-04-19").frame).notes
    assert len(notes) == 6
    assert notes[-1] == "nor any of 3 more asked for in admin1"


def test_short_waits_are_not_spoken_of():
    told, slept = [], []
    waiting = replace(Waiting(), tell=told.append, sleep=slept.append)
    connection = Connection("UCDP", "https://ucdpapi.pcr.uu.se/api/", waiting=waiting)
    connection._sleep(0.4)
    connection._sleep(3.2)
    assert (told, slept) == (["waiting 3 s for UCDP"], [0.4, 3.2])


def test_alarms_have_a_detector_for_each_series():
    counts = weekly(np.random.default_rng(3).poisson(2, (80, 1)), ["Eastmark"])
    alarms = surveillance.glr(counts, threshold=3.0, last=10)
    with pytest.raises(AssertionError, match="each series needs"):
        replace(alarms, detectors=())
