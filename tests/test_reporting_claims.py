"""The article's notebook on somebody's own file: real data lose the word, and nothing falls over."""

from __future__ import annotations

import copy
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

from analytics.claims import read_claims
from analytics.reporting.content import claims as shown

FAST = {"replicates": 19}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    days = pd.date_range("2018-01-01", "2020-04-15")
    rng = np.random.default_rng(9)
    parts = [
        pd.DataFrame(
            {"date": days.repeat(rng.poisson(rate, len(days))), "district": name, "province": parent}
        )
        for name, parent, rate in (("Hawija", "Kirkuk", 0.6), ("Muqdadiya", "Diyala", 1.0))
    ]
    rows = pd.concat(parts).assign(country="Iraq", activity="attack", fatalities=0)
    path = tmp_path_factory.mktemp("own") / "events.csv"
    rows.to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_every_cell_of_the_notebook_works_on_another_file(own):
    found = shown.answers(own, as_of="2020-04-13", data_as_of="2020-04-15", **FAST)
    assert not found.simulated
    everything = [
        shown.overview(found),
        shown.trend_figure(found),
        shown.ratio_figure(found),
        shown.contrast_figure(found, "exploiting"),
        shown.dates_table(found, ["2020-04-06", "2020-04-13"]),
        *(shown.claim_table(found, claim.id) for claim in read_claims()),
    ]
    text = "\n".join(map(str, everything))
    assert "simulated" not in text.casefold()
    assert "events.csv" in text


def test_a_file_that_ends_before_the_article_cannot_tell(own):
    found = shown.answers(own, as_of="2019-06-30", data_as_of="2019-06-30", **FAST)
    rows = found.tables["events.csv"].frame
    windowed = rows[~rows["claim"].isin(["sporadic-upticks", "still-attacking", "despite-operations"])]
    assert set(windowed["verdict"]) == {"cannot be told"}
    assert windowed["reason"].str.contains("begins after the data end").all()
    assert "no contrast to show" in str(shown.contrast_figure(found, "exploiting"))
    assert shown.ratio_figure(found).caption
    # With one data set there is nothing to differ from, and without a reason no note of it.
    told = str(shown.data_words(found))
    assert told.startswith("Events.csv: ")
    assert "different verdicts" not in told
    claim = next(iter(read_claims())).id
    reasons = [note for note in shown.claim_table(found, claim).notes if note.startswith("events.csv, ")]
    assert "begins after the data end" in reasons[0]
    table = found.tables["events.csv"]
    silent = copy.copy(found)
    silent.tables = {"events.csv": replace(table, frame=table.frame.assign(reason=""))}
    assert not any("events.csv" in note for note in shown.claim_table(silent, claim).notes)


@pytest.mark.slow
def test_definitions_that_agree_share_a_row(own):
    found = shown.answers(own, as_of="2020-04-13", data_as_of="2020-04-15", **FAST)
    table = shown.dates_table(found, ["2020-04-13"]).frame
    expected = found.tables["events.csv"].frame.groupby("claim", sort=False)["verdict"].nunique().sum()
    assert len(table) == expected
