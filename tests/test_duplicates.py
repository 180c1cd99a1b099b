"""The same incident told twice: pairs found, accepted, set aside; two sources side by side; the commands."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from analytics.counts import Counts, count_incidents
from analytics.duplicates import find_duplicates, side_by_side
from analytics.errors import HistoryError, InputError, OptionError
from analytics.incidents import read_incidents
from analytics.incidents.twice import REASON, read_accepted, set_aside_accepted
from analytics.kernels.pairs.agreement import by_chance, fit_agreement
from analytics.kernels.pairs.candidates import Spans, pairs_in_groups, pairs_nearby
from analytics.plots import plot_side_by_side
from analytics.simulation import simulate_incidents, simulate_twins

PRECISION, RECALL = 0.75, 0.75  # of 150 twins; benchmarks/results/duplicates.md has 85 to 95 % on 2,000
SHARE = 0.02  # of the EM's share of matches on 20,000 pairs: three standard errors


@pytest.fixture(scope="module")
def happened():
    return simulate_incidents(seed=3, totals={"2018-01-01..2019-12-31": 700}).frame


@pytest.fixture(scope="module")
def twins(happened):
    return simulate_twins(happened, share=0.1, seed=4)


@pytest.fixture(scope="module")
def both(happened, twins):
    return read_incidents(pd.concat([happened, twins.frame], ignore_index=True), as_of="2019-12-31")


@pytest.fixture(scope="module")
def pairs(both):
    return find_duplicates(both)


@pytest.fixture(scope="module")
def files(tmp_path_factory, happened, twins):
    folder = tmp_path_factory.mktemp("twice")
    pd.concat([happened, twins.frame]).to_csv(folder / "twice.csv", index=False)
    simulate_twins(happened, share=0.6, seed=5).frame.to_csv(folder / "other.csv", index=False)
    return folder


ROWS = {
    "id": ["1", "2", "3"], "date": ["2020-04-13"] * 3, "province": "North", "latitude": [34.0, 34.001, 34.9],
    "longitude": 45.0, "deaths": [3, 3, 3], "actor1": "Unit 9", "event_type": "raid",
}  # fmt: skip


def small(**columns):
    return read_incidents(pd.DataFrame({**ROWS, **columns}))


@pytest.fixture(scope="module")
def three():
    return small()


@pytest.fixture(scope="module")
def one_pair(three):
    return find_duplicates(three)


# The kernels ------------------------------------------------------------------------------------------------


def test_blocks_find_the_pairs_that_every_pair_looked_at_gives():
    rng = np.random.default_rng(1)
    points, others = rng.normal(0, 30, (300, 3)), rng.normal(0, 30, (200, 3))
    points[:5] = np.nan
    first, other_first = rng.integers(0, 60, 300), rng.integers(0, 60, 200)
    spans = Spans(first, first + rng.integers(0, 4, 300))
    other = Spans(other_first, other_first + rng.integers(0, 4, 200))
    one, two, away = pairs_nearby(points, spans, others, other, 12.0, 2, 10**6)
    distance = np.sqrt(((points[:, None] - others[None]) ** 2).sum(-1))
    gap = np.maximum(spans.first[:, None] - other.last, other.first - spans.last[:, None])
    expected = np.argwhere((distance <= 12) & (gap <= 2))
    assert len(expected) > 50
    assert np.array_equal(np.column_stack([one, two]), expected)
    assert np.allclose(away, distance[one, two])
    group, other_group = rng.integers(-1, 4, 300), rng.integers(-1, 4, 200)
    same = (group[:, None] == other_group) & (group[:, None] >= 0)
    found = np.column_stack(pairs_in_groups(group, spans, other_group, other, 2, 10**6))
    assert set(map(tuple, found)) == set(map(tuple, np.argwhere(same & (gap <= 2))))


def test_too_many_pairs_are_an_error_before_they_are_made():
    spans = Spans(np.zeros(100, int), np.zeros(100, int))
    with pytest.raises(OverflowError, match="10000"):
        pairs_in_groups(np.zeros(100, int), spans, np.zeros(100, int), spans, 0, 9_999)


def test_em_finds_the_shares_that_levels_were_drawn_from():
    rng = np.random.default_rng(2)
    match, chance = [np.array([0.9, 0.1]), np.array([0.7, 0.3])] * 2, [np.array([0.3, 0.7])] * 4
    true = rng.random(20_000) < 0.2
    levels = np.column_stack(
        [
            np.where(true, rng.random(20_000) > m[0], rng.random(20_000) > c[0])
            for m, c in zip(match, chance, strict=True)
        ]
    ).astype(np.int8)
    levels[:200, 0] = -1  # missing
    model = fit_agreement(levels, [np.array([0.6, 0.4])] * 4, chance, 0.05, 20.0)
    assert abs(model.share - 0.2) < SHARE
    assert np.allclose([m[0] for m in model.match], [m[0] for m in match], atol=0.03)
    probability = model.probability(model.weights(levels))
    assert abs(probability[true].mean() - true[probability > 0.5].mean()) < 0.25
    assert probability[true].mean() > 2 * probability[~true].mean()


def test_the_share_by_chance_never_falls_with_the_score():
    rng = np.random.default_rng(3)
    weights, chance = rng.normal(2, 3, 500), rng.normal(0, 2, 900)
    share = by_chance(weights, chance, 3)
    order = np.argsort(-weights)
    assert (np.diff(share[order]) >= 0).all()
    assert share[order][-1] == pytest.approx(min((chance >= weights.min()).sum() / 3 / 500, 1.0))


# Pairs within a source --------------------------------------------------------------------------------------


def test_simulated_twins_are_found_and_few_others(pairs, twins):
    truth = {frozenset(pair) for pair in twins.truth.itertuples(index=False, name=None)}
    called = pairs.frame[pairs.frame["best"]]
    right = sum(
        frozenset(p) in truth for p in zip(called["incident_id_a"], called["incident_id_b"], strict=True)
    )
    assert right / len(called) > PRECISION
    assert right / len(truth) > RECALL
    assert pairs.simulated
    assert pairs.sentence().startswith("SIMULATED data: ")
    assert (pairs.frame["accept"] == "").all()
    assert pairs.frame["score"].is_monotonic_decreasing


def test_without_twins_next_to_nothing_is_called(happened):
    pairs = find_duplicates(read_incidents(happened))
    assert len(pairs) < 0.01 * len(happened)
    assert pairs.expected < pairs.candidates < 2 * pairs.expected  # clusters come close and are no twins


def test_what_speaks_for_a_pair_is_said_field_by_field(three):
    frame = find_duplicates(three, km=200, least=0.001).frame.set_index(["incident_id_a", "incident_id_b"])
    assert frame.loc[("1", "2"), ["day", "distance", "type", "actors", "fatalities"]].tolist() == [
        "same", "within 1 km", "same", "same", "same",
    ]  # fmt: skip
    far = frame.loc[("1", "3")]
    assert (far["distance"], far["km_apart"]) == ("farther", pytest.approx(99.8, abs=0.2))
    assert far["score"] < frame.loc[("1", "2"), "score"]


def test_the_far_and_the_long_apart_are_no_pairs(one_pair):
    assert one_pair.frame["incident_id_b"].tolist() == ["2"]
    apart = small(date=["2020-04-13", "2020-04-15", "2020-05-13"])
    assert len(find_duplicates(apart, least=0.001)) == 0
    assert len(find_duplicates(apart, days=2, least=0.001)) == 1


def test_rows_without_coordinates_are_held_against_those_of_their_region():
    incidents = small(
        latitude=[34.0, None, None], province=["North", "NORTH", "South"], place=["Aa", "Aa", "Aa"]
    )
    frame = find_duplicates(incidents, least=0.001).frame
    assert frame[["incident_id_a", "incident_id_b", "name", "distance"]].values.tolist() == [
        ["1", "2", "same place", "not stated"]
    ]


def test_two_actors_the_other_way_round_are_the_same_and_missing_deaths_say_nothing():
    incidents = small(actor1=["Unit 9", "Army", "x"], actor2=["Army", "Unit 9", "y"], deaths=[3, None, 3])
    row = find_duplicates(incidents, least=0.001).frame.iloc[0]
    assert (row["actors"], row["fatalities"]) == ("same", "not stated")


def test_a_coarse_date_meets_everything_and_is_not_compared():
    pairs = find_duplicates(small(date_precision=["30", "0", "0"]), least=0.001, km=200)
    assert {*pairs.frame["incident_id_a"], *pairs.frame["incident_id_b"]} == {"2", "3"}
    assert "1 rows not compared: dated to more than 7 days" in pairs.notes


def test_sources_of_which_one_has_nothing_to_compare_have_no_pairs(three):
    coarse = small(id=["7", "8", "9"], date_precision=["30"] * 3)
    for one, other, compared in ((three, coarse, (3, 0)), (coarse, three, (0, 3)), (coarse, None, (0,))):
        found = find_duplicates(one, other)
        assert (len(found.frame), found.candidates, found.compared) == (0, 0, compared)
        assert "3 rows not compared: dated to more than 7 days" in found.notes
        assert any("no share by chance is given" in note for note in found.notes)


@pytest.mark.parametrize(
    "options", [{"days": -1}, {"km": 0}, {"least": 0}, {"least": 2}, {"weights": "guessed"}], ids=str
)
def test_options_that_cannot_be_used_are_refused(options, three):
    with pytest.raises(OptionError):
        find_duplicates(three, **options)


# Accepting --------------------------------------------------------------------------------------------------


def accepted(pairs, **columns):
    return pairs.frame.assign(**{"accept": "yes", **columns})


def test_an_accepted_pair_sets_one_row_aside_and_the_account_adds_up(both, pairs):
    table = pairs.likely.assign(accept="yes")
    without = set_aside_accepted(both, table)
    gone = set(table["incident_id_b"])
    assert set(both.frame["incident_id"]) - set(without.frame["incident_id"]) == gone
    account = without.accounting
    assert account.rows_read == account.kept + sum(account.set_aside.values()) + account.superseded
    assert account.set_aside[REASON] == len(gone)
    aside = without.quarantine[without.quarantine["reason"] == REASON]
    assert "the same incident as 'SIM-" in aside["detail"].iloc[0]
    assert json.loads(aside["original"].iloc[0])["incident_id"] in gone
    with_all, with_one = (count_incidents(one).values.sum() for one in (both, without))
    assert with_all - with_one == len(gone)
    shown = pairs.counts()
    assert shown["incidents"].sum() - shown["without"].sum() == len(gone)
    assert without.fingerprint != both.fingerprint


def test_nothing_is_set_aside_that_nobody_accepted(both, pairs):
    untouched = set_aside_accepted(both, pairs.frame)
    assert untouched.frame.equals(both.frame)
    assert f"{len(pairs):,} pairs of the table of pairs" in untouched.notes[-1]
    refused = set_aside_accepted(both, read_accepted(read_accepted(pairs.frame.assign(accept="no"))))
    assert refused.frame.equals(both.frame)


def test_the_row_that_is_kept_is_the_one_stated(three, one_pair):
    table = accepted(one_pair, keep="b")
    assert set_aside_accepted(three, table).frame["incident_id"].tolist() == ["2", "3"]


def test_a_row_that_has_changed_since_is_not_set_aside(one_pair):
    table = accepted(one_pair)
    changed = set_aside_accepted(small(deaths=[3, 4, 3]), table)
    assert len(changed) == 3
    assert "have changed since; look at them again" in changed.notes[-1]
    fewer = set_aside_accepted(small(id=["1", "9", "3"]), table)
    assert len(fewer) == 3
    assert "not both rows are in these data" in fewer.notes[-1]


def test_a_row_known_later_takes_the_place_of_none_known_by_then():
    rows = {"reported_on": ["2020-05-01", "2020-04-14", "2020-04-14"]}
    table = accepted(find_duplicates(small(**rows)))
    frame = small(**rows).frame.drop(columns=["row", "flags"])
    early = read_incidents(frame, as_of="2020-04-20", accepted=table)
    assert "2" in early.frame["incident_id"].tolist()
    assert "2" not in read_incidents(frame, as_of="2020-05-02", accepted=table).frame["incident_id"].tolist()


def test_of_every_incident_a_row_stays():
    incidents = small(latitude=[34.0, 34.001, 34.002])
    frame = find_duplicates(incidents, least=0.01).frame
    assert len(frame) == 3
    key = frame["incident_id_a"] + frame["incident_id_b"]
    circle = frame.assign(accept="yes", keep=np.where(key == "13", "b", "a"))
    with pytest.raises(InputError, match="no row of an incident would stay"):
        set_aside_accepted(incidents, circle)
    assert set_aside_accepted(incidents, accepted(find_duplicates(incidents, least=0.01))).frame[
        "incident_id"
    ].tolist() == ["1"]


def test_an_earlier_version_of_a_row_set_aside_does_not_come_back():
    rows = {
        "id": ["1", "2", "2"], "date": "2020-04-13", "province": "North", "latitude": 34.0, "longitude": 45.0,
        "deaths": [3, 3, 2], "updated": ["2020-04-14", "2020-04-20", "2020-04-15"],
    }  # fmt: skip
    incidents = read_incidents(pd.DataFrame(rows), columns={"date_start": "date", "updated_at": "updated"})
    assert incidents.accounting.superseded == 1
    made = set_aside_accepted(incidents, accepted(find_duplicates(incidents)))
    assert (made.accounting.set_aside[REASON], made.accounting.superseded) == (2, 0)
    assert made.known_on(np.datetime64("2020-04-16")).frame["incident_id"].tolist() == ["1"]


@pytest.mark.parametrize(
    ("column", "value"), [("accept", "maybe"), ("keep", "c"), ("kind", "one"), ("check_a", None)]
)
def test_a_table_that_is_none_of_pairs_is_refused(column, value, one_pair, snapshot):
    frame = accepted(one_pair)
    frame = frame.drop(columns=column) if value is None else frame.assign(**{column: value})
    with pytest.raises(InputError) as error:
        read_accepted(frame)
    assert str(error.value) == snapshot


# Two sources ------------------------------------------------------------------------------------------------


def test_pairs_of_two_sources_change_neither_count(both, happened):
    other = read_incidents(simulate_twins(happened, share=0.6, seed=5).frame, as_of="2019-12-31")
    first = read_incidents(happened, as_of="2019-12-31")
    pairs = find_duplicates(first, other)
    truth = happened["incident_id"] + " again"
    called = pairs.likely
    assert (called["incident_id_b"] == called["incident_id_a"] + " again").mean() > PRECISION
    assert called["incident_id_b"].isin(truth).all()
    counts = pairs.counts(None)
    assert counts["in_both"].sum() == len(called)
    assert set_aside_accepted(other, accepted(pairs)).frame.equals(other.frame)
    with pytest.raises(OptionError, match="the same incidents"):
        find_duplicates(first, first)


def weekly(values, **options):
    return Counts.from_array(np.array(values), start="2020-01-06", **options)


def test_side_by_side_says_where_the_two_agree_and_where_not():
    quiet = [[4, 3], [6, 5]] * 12
    made = side_by_side(
        weekly([*quiet, [10, 4], [12, 4]], regions=["A", "B"]),
        weekly([*quiet, [5, 4], [5, 4]], regions=["A", "C"]),
        titles=("X", "Y"),
    )
    rows = made.regions.set_index("region")
    assert rows.loc["A", ["recent_first", "usual_first", "recent_second", "usual_second"]].tolist() == [
        22,
        10,
        10,
        10,
    ]
    assert rows.loc["A", ["level_first", "level_second", "agree"]].tolist() == [
        "above usual",
        "about usual",
        "no",
    ]
    assert rows.loc["B", "agree"] == "cannot be told: no such region"
    assert made.sentence() == (
        "X counts 246, Y 234 (1.1 to 1), 26 weeks, 2020-W02..2020-W27; the two are never summed. "
        "Week by week they go closely together (rank correlation 0.86). In the last 2 weeks: X 30, usual "
        "18.0 (above usual), Y 18, usual 18.0 (about usual): they disagree. They disagree in A."
    )
    wide = made.frame[made.frame["region"] == "C"]
    assert wide["first"].isna().all()
    assert wide["second"].sum() == rows.loc["C", "second"] + 104
    upper, lower = plot_side_by_side(made)
    assert [ax.get_title(loc="left") for ax in (upper, lower)] == [
        "X: incidents per week",
        "Y: incidents per week",
    ]


def test_weeks_that_one_source_does_not_cover_are_compared_in_neither():
    covered = np.ones((24, 1), bool)
    covered[3] = False
    one = weekly([[5]] * 24, regions=["A"], coverage=covered)
    made = side_by_side(one, weekly([[2]] * 20, regions=["A"]))
    row = made.regions.iloc[0]
    assert (row["weeks"], row["first"], row["second"]) == (19, 95, 38)
    with pytest.raises(HistoryError, match="too few weeks in common"):
        side_by_side(one, weekly([[2]] * 5, regions=["A"]))
    with pytest.raises(OptionError, match="not counted alike"):
        side_by_side(
            one, Counts.from_array([[1]] * 24, start="2020-01-06", week_start="monday", regions=["A"]).total()
        )


# The commands -----------------------------------------------------------------------------------------------


def test_the_commands_go_from_pairs_to_counts_without_them(run, tmp_path):
    source, target = tmp_path / "three.csv", tmp_path / "pairs.csv"
    pd.DataFrame(ROWS).to_csv(source, index=False)
    code, _, err = run("duplicates", source, "-o", target)
    assert code == 0
    assert "fill the column accept with yes or no" in err
    table = pd.read_csv(target)
    table.assign(accept="Yes").to_csv(target, index=False, sep=";")  # as offices save it
    code, out, _ = run("count", source, "--as-of", "2020-04-19", "--accepted", target)
    assert code == 0
    assert f"rows read 3 = kept 2 + set aside 1\n  set aside, {REASON}: 1" in out
    assert "1 incident set aside as told twice, by pairs.csv" in out
    _, out, _ = run("duplicates", source, "--accepted", target, "--format", "json")
    again = json.loads(out)
    assert (again["pairs"], again["source_1"]["row_accounting"]["set_aside"]) == ([], {REASON: 1})


def test_compare_writes_the_weeks_of_both(run, tmp_path):
    days = pd.date_range("2020-01-06", "2020-04-19").strftime("%Y-%m-%d")
    for name, step in (("one", 2), ("two", 3)):
        pd.DataFrame({"date": days[::step], "province": "North"}).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
    files = tmp_path / "one.csv", tmp_path / "two.csv"
    code, out, err = run("compare", "--as-of", "2020-04-19", "--by", "none", *files, "--format", "csv")
    assert code == 0
    assert "one.csv counts 53, two.csv 35 (1.5 to 1), 15 weeks" in err
    weeks = pd.read_csv(io.StringIO(out))
    assert list(weeks.columns) == ["start", "label", "region", "first", "second"]
    assert (weeks["first"] >= weeks["second"]).all()


@pytest.mark.slow
def test_two_files_are_held_against_each_other_and_drawn(run, files, tmp_path):
    two = files / "twice.csv", files / "other.csv"
    code, out, _ = run("duplicates", *two, "--by", "none", "--format", "json")
    assert (code, json.loads(out)["pairs"][0]["kind"]) == (0, "two sources")
    figure = tmp_path / "both.svg"
    assert run("compare", *two, "--as-of", "2019-12-29", "--figure", figure)[0] == 0
    assert figure.read_bytes().startswith(b"<?xml")


def test_errors_of_the_commands(run, tmp_path, snapshot):
    counts, source = tmp_path / "counts.csv", tmp_path / "three.csv"
    counts.write_text("week,admin1,events\n2020-01-06,North,3\n2020-01-13,North,3\n")
    pd.DataFrame(ROWS).to_csv(source, index=False)
    said = []
    for words in (
        ("compare", source, "--as-of", "2020-04-19"),
        ("duplicates", source, source),
        ("duplicates", source, "--other-source", "ucdp"),
        ("duplicates", counts),
        ("count", counts, "--as-of", "2020-01-19", "--accepted", source),
    ):
        code, _, err = run(*words)
        assert code == 2
        said.append(err.replace(str(tmp_path), "FOLDER"))
    assert said == snapshot
