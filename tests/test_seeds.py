"""The seeds: the article's incidents and claims are readable and say what they may."""

from __future__ import annotations

import datetime as dt
import tomllib

import pandas as pd
import pytest

from analytics.geo import known_region_sets
from analytics.incidents import read_incidents
from analytics.schema import ACTIVITIES

KEYS = {"id", "words", "kind", "region_set", "window", "activity", "direction", "supported_if", "lethal_only"}
MORE_KEYS = {"activity_also", "count", "picked", "lethal_rule"}
KINDS = {"recent", "recurrence", "persistence", "day", "concentration", "change", "response", "causal"}
DIRECTIONS = {"greater", "less", "not less", "either"}


@pytest.fixture(scope="module")
def incidents(project):
    return read_incidents(project / "seeds" / "incidents.csv", source="table")


@pytest.fixture(scope="module")
def claims(project):
    return tomllib.loads((project / "seeds" / "claims.toml").read_text(encoding="utf-8"))


def test_every_row_is_kept_and_none_is_simulated(incidents):
    assert incidents.accounting.rows_read == incidents.accounting.kept == 4
    assert incidents.quarantine.empty
    assert not incidents.simulated


def test_the_clash_is_coded_as_far_as_it_was_told(incidents):
    clash, extra = incidents.frame.iloc[0], incidents.extra.iloc[0]
    assert (clash["place"], clash["admin1"], clash["activity"]) == ("al-Shai Valley", "Kirkuk", "clash")
    assert (clash["initiator"], clash["initiator_basis"]) == ("state", "coded")
    assert clash["date_start"].date() == dt.date(2020, 4, 13)
    assert clash["date_start"].day_name() == "Monday"
    assert pd.isna(clash["fatalities"])
    assert pd.isna(clash["fatalities_high"])
    assert (clash["fatalities_low"], clash["wounded"]) == (1, 2)
    assert extra["militants_killed"] == "a number of"


def test_the_three_engagements_share_casualties_that_no_row_states(incidents):
    three = incidents.frame.iloc[1:]
    assert len(three) == 3
    assert set(three["date_start"].dt.day_name()) == {"Sunday"}
    assert set(three["initiator"]) == {"unknown"}
    assert three[["fatalities", "fatalities_low", "fatalities_high", "wounded"]].isna().all(axis=None)
    assert three["admin1"].isna().all()
    assert incidents.extra["note"].iloc[1:].str.contains("for the three together").all()


def test_inferred_dates_say_so_and_why(incidents):
    assert set(incidents.extra["date_basis"]) == {"inferred"}
    assert incidents.extra["date_reason"].str.len().min() > 80
    assert (incidents.frame["date_precision"] == 7).all()


def test_claims_have_every_key_and_known_words(claims):
    names = [claim["id"] for claim in claims["claim"]]
    assert len(names) == len(set(names)) == 9
    for claim in claims["claim"]:
        assert set(claim) >= KEYS, claim["id"]
        assert set(claim) <= KEYS | MORE_KEYS, claim["id"]
        assert claim["kind"] in KINDS
        assert claim["direction"] in DIRECTIONS
        assert claim["region_set"] in {"all", *known_region_sets()}
        for key in {"activity", "activity_also"} & set(claim):
            assert claim[key]
            assert set(claim[key]) <= set(ACTIVITIES)
        assert all(claim[key].strip() for key in ("words", "supported_if", "lethal_only"))


def test_every_kind_of_claim_is_there_and_windows_end_by_the_article(claims):
    assert {claim["kind"] for claim in claims["claim"]} == KINDS
    for claim in claims["claim"]:
        window = claim["window"]
        assert window["last"] <= 0
        start = window.get("start") or claims["article"]["date"] + dt.timedelta(days=window["first"])
        assert start <= claims["article"]["date"] + dt.timedelta(days=window["last"])


def test_two_weeks_are_fourteen_days_and_the_sunday_is_one(claims, incidents):
    by_id = {claim["id"]: claim for claim in claims["claim"]}
    recent = by_id["more-active"]["window"]
    assert recent["last"] - recent["first"] + 1 == 14
    sunday = claims["article"]["date"] + dt.timedelta(days=by_id["three-on-sunday"]["window"]["first"])
    assert (incidents.frame["date_start"].dt.date == sunday).sum() == by_id["three-on-sunday"]["count"]


def test_a_causal_claim_is_never_said_to_be_supportable(claims):
    for claim in claims["claim"]:
        if claim["kind"] == "causal":
            assert claim["supported_if"].startswith("Nothing in counts")


def test_dates_of_article_and_incidents_agree_and_alternatives_are_mondays(claims, incidents):
    article = claims["article"]
    assert incidents.frame["date_start"].dt.date.max() == article["date"]
    assert article["date_basis"] == "inferred"
    assert {day.weekday() for day in (article["date"], *article["date_alternatives"])} == {0}
