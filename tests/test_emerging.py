"""New on the scene: debuts, their scores and ranks, the test on incidents, the command."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.counts import Counts, count_incidents
from analytics.errors import HistoryError, OptionError
from analytics.incidents import read_incidents
from analytics.kernels.panels.debuts import debut_scores, expected_log, find_debuts, rank_pvalue
from analytics.upticks import emerging_test

PANELS = 100
MOST_CALLED = int(stats.binom.ppf(0.999, PANELS, 0.06))  # a test of 6 % calls more in 1 of 1,000 runs
REGIONS = 6


def bursty(rng, windows=50, names=60):
    """Windows of names that come in bursts, at rates like Zipf's; SIMULATED."""
    rate = 0.4 * (1 + np.arange(names)) ** -1.1 * rng.gamma(0.5, 2.0, (REGIONS, names))
    bursts = rng.poisson(rate[None], (windows, REGIONS, names))
    size = np.where(bursts > 0, rng.zipf(2.0, bursts.shape).clip(max=30), 1)
    counts = (bursts * size).reshape(windows, -1)
    seen = counts.any(axis=0)
    return counts[:, seen], np.repeat(np.arange(REGIONS), names)[seen]


def least_likely(counts, region, silence=26):
    """Return q of the least likely debut of at least three incidents in the last window, and the debuts."""
    debuts = find_debuts(counts, np.ones((len(counts), REGIONS), bool), region, silence)
    scores = debut_scores(debuts)
    last = len(debuts.usable) - 1
    least = np.full(last + 1, np.inf)
    np.minimum.at(least, debuts.window, scores)
    now = (debuts.window == last) & (debuts.size >= 3)
    q = rank_pvalue(scores[now], least[:-1])
    return (q.min() if len(q) else 1.0), debuts


def test_size_holds_over_all_names_where_a_rate_of_zero_calls_everything():
    rng = np.random.default_rng(3)
    called = naive = 0
    for _ in range(PANELS):
        counts, region = bursty(rng)
        q, debuts = least_likely(counts, region)
        called += q <= 0.05
        # The naive test: each pair against a Poisson rate with the rule of three's bound over its silence.
        now = debuts.size[debuts.window == len(debuts.usable) - 1]
        naive += bool((stats.poisson.sf(now - 1, 3 / 26) <= 0.05 / counts.shape[1]).any())
    assert called <= MOST_CALLED
    assert naive > 0.3 * PANELS


def test_a_new_name_with_many_incidents_is_found():
    rng = np.random.default_rng(4)
    found = {3: 0, 200: 0}
    for _ in range(20):
        counts, region = bursty(rng)
        for size in found:
            new = np.zeros((len(counts), 1), int)
            new[-1] = size
            found[size] += least_likely(np.hstack([counts, new]), np.append(region, 0))[0] <= 0.05
    assert found[200] >= 15
    assert found[3] < found[200]


def test_the_score_falls_with_size_and_rises_with_debuts_seen():
    counts = np.zeros((60, 40), int)
    counts[np.arange(20, 60), np.arange(40)] = 1  # in region 0 a new name in every window
    counts = np.hstack([counts, np.zeros((60, 1), int)])
    counts[-1, -1] = 1
    region = np.r_[np.zeros(40, int), 1]
    debuts = find_debuts(counts, np.ones((60, 2), bool), region, 10)
    last = np.full(3, len(debuts.usable) - 1)
    score = expected_log(debuts, last, np.array([0, 0, 1]), np.array([1, 5, 1]))
    assert score[0] > score[1]
    assert score[0] > score[2] > -np.inf  # none seen is not a rate of zero
    few = find_debuts(counts[20:], np.ones((40, 2), bool), region, 10)
    later = expected_log(few, np.full(1, len(few.usable) - 1), np.ones(1, int), np.ones(1, int))
    assert np.exp(later[0]) > np.exp(score[2])  # the longer none was seen, the less is expected


def test_a_window_whose_silence_has_no_coverage_has_no_debut():
    counts = np.zeros((30, 1), int)
    counts[-1] = 4
    covered = np.ones((30, 1), bool)
    covered[20:25] = False
    assert find_debuts(counts, covered, np.zeros(1, int), 20).size.tolist() == []
    covered[21:25] = True  # one window of twenty is not enough to doubt a silence
    assert find_debuts(counts, covered, np.zeros(1, int), 20).size.tolist() == [4]


def rows(new: int, where: str = "Diyala", *, before: str | None = None) -> pd.DataFrame:
    """Two groups in two governorates, steady since 2018; a third with `new` incidents in April 2020."""
    days = pd.date_range("2018-01-01", "2020-04-19", freq="3D").strftime("%Y-%m-%d")
    old = [pd.DataFrame({"date": days, "admin1": r, "actor1": a}) for r in ("Kirkuk", "Diyala") for a in "AB"]
    days = [f"2020-04-{6 + i % 14:02}" for i in range(new)] + ([before] if before else [])
    return pd.concat([*old, pd.DataFrame({"date": days, "admin1": where, "actor1": "C"})], ignore_index=True)


def read(table: pd.DataFrame, **options):
    return read_incidents(table, as_of="2020-04-19", country="Iraq", **options)


def test_a_new_actor_is_called_where_it_is_new():
    result = emerging_test(read(rows(6)))
    row = result.frame.iloc[0]
    assert result.sentence() == "C is new in Diyala (6 in 14 days, never before in these data)."
    assert (row["region"], row["actor"], row["observed"], row["before"]) == ("Diyala", "C", 6, 0)
    assert row["verdict"] == "supported"
    assert row["qvalue"] == pytest.approx(1 / 34)  # one more than the earlier windows: 59 less 26 of silence
    assert pd.isna(row["last_seen"])
    assert str(row["first_recent"].date()) == "2020-04-06"
    by_region = result.details["regions"].set_index("region")
    assert by_region["debuts"].sum() == 1
    assert (by_region["starts_at"] == 3).all()


def test_a_silence_of_two_windows_is_enough_to_be_new_and_of_one_is_not():
    assert emerging_test(read(rows(6)), silence=28).sentence().startswith("C is new in Diyala")
    with pytest.raises(OptionError) as error:
        emerging_test(read(rows(6)), silence=14)
    assert (error.value.expected, error.value.found) == ("28 days or more, a multiple of 14", "14")


def test_one_that_comes_back_says_since_when():
    result = emerging_test(read(rows(6, before="2018-06-01")))
    assert result.sentence() == "C is back in Diyala (6 in 14 days, none since 2018-06-01)."
    late = emerging_test(read(rows(6, before="2019-10-01")))
    assert late.frame.empty
    assert late.sentence() == "no actor appeared after 364 days without one in any of 18 regions."


def test_two_incidents_are_too_few_and_nothing_is_ruled_out():
    result = emerging_test(read(rows(2)))
    assert result.frame["verdict"].tolist() == ["cannot be told"]
    assert "2 incidents are too few" in result.frame["reason"].iloc[0]
    assert "the least likely C in Diyala (2, q = 0.029)" in result.sentence()


def test_where_new_names_turn_up_every_month_one_more_is_no_news():
    days = pd.date_range("2018-01-10", "2020-04-19", freq="14D").strftime("%Y-%m-%d")
    ever = pd.DataFrame(
        {
            "date": np.repeat(days, 4),
            "admin1": "Kirkuk",
            "actor1": np.repeat([f"n{i}" for i in range(len(days))], 4),
        }
    )
    result = emerging_test(read(pd.concat([rows(0), ever])))
    row = result.frame.iloc[0]
    assert row["observed"] == 4
    assert row["verdict"] != "supported"
    assert row["expected"] > 0.25
    assert row["qvalue"] > 0.2


def test_a_name_that_stopped_at_once_is_named():
    table = rows(6)
    gone = (table["actor1"] == "A") & (table["admin1"] == "Diyala") & (table["date"] >= "2020-04-06")
    result = emerging_test(read(table[~gone]))
    assert any("may be a new name: none in the window of A (usual 5)" in note for note in result.notes)


def test_with_a_table_of_actors_a_new_spelling_is_no_new_actor():
    actors = pd.DataFrame({"name": ["C"], "normalised": ["A"]})
    assert emerging_test(read(rows(6), actors=actors)).frame.empty


def test_an_actor_in_either_column_is_one_and_blanks_are_counted():
    table = rows(5).assign(actor2=lambda t: t["actor1"].where(t["actor1"] == "C"))
    table.loc[:1, "actor1"] = " "
    result = emerging_test(read(table), by=None)
    assert result.frame["observed"].tolist() == [5]
    assert "2 incidents without actor, which count for none" in result.notes


def test_counts_of_each_name_give_the_same_as_the_incidents():
    incidents = read(rows(6, before="2018-06-01"))
    whole = emerging_test(incidents)
    by_name = {name: count_incidents(incidents, "day", where=f"actor1 = '{name}'") for name in "ABC"}
    apart = emerging_test(by_name)
    pd.testing.assert_frame_equal(apart.frame, whole.frame)
    assert apart.sentence() == whole.sentence()
    weeks = {name: counts.resample("week") for name, counts in by_name.items()}
    found = emerging_test(weeks).frame.iloc[0]
    assert (found["observed"], str(found["last_seen"].date())) == (6, "2018-05-28")
    with pytest.raises(OptionError, match="where is for incidents"):
        emerging_test(by_name, where="fatalities > 0")
    with pytest.raises(OptionError, match="the counts of B do not fit those of A"):
        emerging_test({"A": by_name["A"], "B": by_name["B"].until("2020-04-12")})


def test_where_thousands_come_under_new_names_no_number_is_given_from_which_one_is_called():
    named = {}
    for at in range(40):  # a new name every fortnight, always with 3,000 incidents
        values = np.zeros(560, int)
        values[14 * at] = 3_000
        named[f"N{at}"] = Counts.from_array(values, freq="day", as_of="2020-04-19", regions=["Kirkuk"])
    result = emerging_test(named, silence=28)
    assert result.frame["observed"].tolist() == [3_000]
    assert result.frame["qvalue"].tolist() == [1.0]
    assert result.frame["detectable"].isna().all()
    assert result.details["regions"]["starts_at"].isna().all()
    assert result.frame["estimate"].tolist() == [1.0]  # a debut as unlikely came in every earlier window


def test_too_short_a_history_and_a_wrong_option_are_one_error(snapshot):
    said = []
    for options, error in (
        ({"start": "2019-01-01"}, HistoryError),
        ({"silence": 100}, OptionError),
        ({"of": "actor3"}, OptionError),
        ({"of": "sub_event_type"}, OptionError),
    ):
        with pytest.raises(error) as raised:
            emerging_test(read(rows(1)), **options)
        said.append(str(raised.value))
    assert said == snapshot


def test_the_command_shows_names_and_takes_no_option_of_another_test(tmp_path, run):
    file = tmp_path / "events.csv"
    rows(6).to_csv(file, index=False)
    asked = ["test", str(file), "--as-of", "2020-04-19", "--country", "Iraq", "--emerging", "actor"]
    code, out, _ = run(*asked)
    assert code == 0
    assert "C is new in Diyala (6 in 14 days, never before in these data)." in out
    assert "▲ new" in out
    code, out, _ = run(*asked, "--format", "json")
    assert (code, json.loads(out)["names"][0]["last_seen"]) == (0, None)
    code, _, err = run(*asked, "--margin", "2")
    assert (code, "--emerging is a test of its own" in err) == (2, True)
    code, _, err = run(*asked, "--language", "ar")
    assert (code, "found: --language" in err) == (2, True)
    code, _, err = run("test", str(file), "--as-of", "2020-04-19", "--silence", "182")
    assert (code, "--silence is for --emerging" in err) == (2, True)


def test_a_column_of_numbers_with_empty_cells_is_read(tmp_path, run):
    file = tmp_path / "events.csv"
    table = rows(6).assign(fatalities=1)
    table.loc[table.index[::2], "fatalities"] = None
    table.to_csv(file, index=False)
    asked = ["test", str(file), "--as-of", "2020-04-19", "--country", "Iraq", "--emerging", "fatalities"]
    code, out, err = run(*asked)
    assert code == 0, err
    assert f"{-(-len(table) // 2)} incidents" in out
