"""The answer to a claim: its five handles, the names of its rows, its table of one row a region."""

from __future__ import annotations

import inspect
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest

import analytics
from analytics import upticks
from analytics.bundled import bundled_path
from analytics.claims import read_claims, verdicts
from analytics.counts import count_incidents
from analytics.errors import OptionError
from analytics.incidents import read_incidents
from analytics.results import ClaimResult
from analytics.upticks import (
    activity_test,
    change_test,
    concentration_test,
    day_test,
    emerging_test,
    recurrence_test,
    response_test,
    scan_test,
    severity_test,
)

DAY = "2020-04-12"
SHARED = ["estimate", "low", "high", "pvalue", "qvalue", "verdict", "reason", "detectable"]


@pytest.fixture(scope="module")
def results():
    sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    counts = count_incidents(sample, "day", as_of=DAY)
    few = counts.select(["Kirkuk", "Diyala"])
    places = np.column_stack([np.linspace(30, 37, len(counts.regions)), np.full(len(counts.regions), 44.0)])
    return {
        ("activity",): activity_test(sample, as_of=DAY),
        ("region", "activity"): activity_test(
            sample, as_of=DAY, by="admin1", each=True, kinds=("attacks", "operations")
        ),
        ("region",): day_test(counts, date=DAY),
        ("measure",): severity_test(sample, as_of=DAY),
        ("inside",): concentration_test(counts, regions_inside=["Kirkuk", "Diyala"]),
        ("cluster",): scan_test(counts, places=places, replicates=19),
        ("regions",): response_test(sample, as_of=DAY),
        ("region", "sub_event_type"): emerging_test(sample, of="sub_event_type", as_of=DAY, silence=28),
        ("region", "change"): change_test(few, date="2020-01-13"),
        ("region", "recurrence"): recurrence_test(few, replicates=19),
    }


def test_every_test_of_a_claim_is_tried_here(results):
    public = {name for name in upticks.__all__ if name.endswith("_test") and name != "uptick_test"}
    tried = {name for name in public if name in inspect.getsource(sys.modules[__name__])}
    assert tried == public
    assert public | {"uptick_test"} <= set(analytics.__all__)


def test_a_column_called_region_holds_regions_only(results):
    regions = set(read_regions())
    for named_by, result in results.items():
        names = tuple(name for name in named_by if name not in ("change", "recurrence"))
        assert result.named_by == names
        assert tuple(result.frame.columns[: len(names)]) == names
        if "region" in result.frame:
            assert set(result.frame["region"]) <= regions
        assert not result.frame.duplicated(list(names)).any()


def read_regions():
    from analytics.geo import region_table

    return region_table("Iraq", "admin1").names


def test_five_handles_and_a_short_repr(results):
    for result in results.values():
        assert isinstance(result.frame, pd.DataFrame)
        assert result.frame is result.frame
        assert result.parameters["alpha"] == 0.05
        assert result.null_hypothesis
        assert len(result.summary()) == len(result.frame)
        assert result.sentence().startswith("SIMULATED data: ")
        assert repr(result) == f"ClaimResult({result.sentence()})"
        assert len(repr(result).splitlines()) <= 10
        with pytest.raises(FrozenInstanceError):
            result.frame = None


def test_tidy_has_one_row_a_region_and_the_columns_all_tests_share(results):
    for result in results.values():
        tidy = result.tidy()
        own = [name for name in ("observed", "expected") if name in result.frame]
        assert tidy.columns.tolist() == [*result.named_by, *own, *SHARED]
        pd.testing.assert_frame_equal(tidy[SHARED], result.frame[SHARED].reset_index(drop=True))


def test_every_row_is_described_by_its_name(results):
    for result in results.values():
        for name in result.names():
            said = result.describe(name)
            assert said.startswith(f"{name}: {result.claim}: ")
            assert "= <" not in said
    apart = results["region", "activity"]
    assert "Kirkuk: attacks" in apart.names()


def test_a_row_that_is_not_there_names_the_nearest(results, snapshot):
    said = []
    for key, name in ((("region",), "Kirkuq"), (("measure",), "deaths per incidents"), (("inside",), "x")):
        with pytest.raises(OptionError) as error:
            results[key].describe(name)
        said.append(str(error.value))
    assert said == snapshot


def test_a_verdict_that_is_none_is_refused():
    row = dict.fromkeys(SHARED, 0.5) | {"region": "Kirkuk", "verdict": "perhaps", "reason": ""}
    with pytest.raises(AssertionError, match="unknown verdict"):
        ClaimResult("more", pd.DataFrame([row]), "ratio", "none", "none")


def test_the_table_of_verdicts_has_the_same_handles():
    sample = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    table = verdicts(read_claims(), sample, as_of="2020-04-13", replicates=99, margin=2.0)
    assert (table.alpha, table.margin) == (0.05, 2.0)
    assert table.parameters["replicates"] == 99
    assert "more-active: the mean of the recent window" in table.null_hypothesis
    assert table.tidy()[["claim", "verdict"]].equals(table.frame[["claim", "verdict"]])
    assert repr(table) == f"VerdictTable({table.sentence()})"
    for call in (
        lambda: table.describe("more-activ"),
        lambda: table["more-activ"],
        lambda: table.details("more-activ", "contrast"),
    ):
        with pytest.raises(OptionError, match="did you mean more-active"):
            call()
    with pytest.raises(OptionError, match="unknown table 'contrst'"):
        table.details("exploiting", "contrst")
    with pytest.raises(OptionError, match="unknown definition"):
        table.details("exploiting", "contrast", "ambushes")
