"""The bundled data: made by their scripts, byte for byte, and true to what their README says."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
import tomllib

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.geo import region_table
from analytics.incidents import read_incidents
from analytics.periods import as_window, week_first_day
from analytics.simulation.incidents import sample_places

SAMPLE_FILES = (
    "iraq_simulated.csv",
    "iraq_simulated.meta.toml",
    "iraq_simulated_no_uptick.csv",
    "iraq_simulated_no_uptick.meta.toml",
    "iraq_simulated_truth.json",
)
MOST_BYTES = 1_500_000
FIGURE = 0.05  # the README of the real files gives one decimal


def script(project, name):
    """Import a script of data/ as a module."""
    spec = importlib.util.spec_from_file_location(f"data_{name}", project / "data" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(project):
    return project / "data"


@pytest.fixture(scope="module")
def make_sample(project):
    return script(project, "make_sample")


@pytest.fixture(scope="module")
def sim(make_sample):
    return make_sample.simulate()


@pytest.fixture(scope="module")
def truth(data):
    return json.loads((data / "iraq_simulated_truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample(data):
    return read_incidents(data / "iraq_simulated.csv", as_of="2020-04-19")


@pytest.fixture(scope="module")
def twin(data):
    return read_incidents(data / "iraq_simulated_no_uptick.csv", as_of="2020-04-19")


def days_of(column):
    return column.to_numpy().astype("datetime64[D]")


def test_the_script_makes_the_committed_files_byte_for_byte(make_sample, data, tmp_path, capsys):
    make_sample.main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(SAMPLE_FILES)
    for name in SAMPLE_FILES:
        assert (tmp_path / name).read_bytes() == (data / name).read_bytes(), name


@pytest.mark.parametrize("name", ["iraq_simulated.csv", "iraq_simulated_no_uptick.csv"])
def test_samples_stay_small(data, name):
    assert (data / name).stat().st_size < MOST_BYTES


def test_attacks_that_happened_meet_the_published_totals(sim, truth):
    days = days_of(sim.truth.loc[sim.truth["activity"] == "attack", "true_day"])
    published = {
        "2018-01-01..2018-12-31": 1470,
        "2019-01-01..2019-12-31": 1669,
        "2020-01-01..2020-03-31": 566,
        "2020-04-01..2020-04-19": 169,
    }
    assert {text: int(as_window(text).contains(days).sum()) for text in published} == published
    assert truth["happened"]["attacks_by_window"] == published


def test_the_level_does_not_step_at_the_turn_of_a_year(sim):
    """Sixty days before and after: the difference is within three standard errors of overdispersed counts."""
    days = days_of(sim.truth.loc[(sim.truth["activity"] == "attack") & ~sim.truth["injected"], "true_day"])
    for turn in ("2019-01-01", "2020-01-01"):
        offset = (days - np.datetime64(turn)).astype(int)
        before, after = ((offset >= -60) & (offset < 0)).sum(), ((offset >= 0) & (offset < 60)).sum()
        assert abs(after - before) < 3 * np.sqrt(2.0 * (before + after))


def test_every_row_read_is_kept_or_set_aside_for_its_reason(sample, sim, truth):
    assert sample.accounting.kept == len(sim) == truth["file"]["incidents"]
    assert sample.accounting.set_aside == {
        "not a record (repeated header)": 1,
        "impossible date": 2,
        "end before start": 1,
        "coordinates outside the globe": 1,
        "duplicate id": 1,
    }
    assert sum(sample.accounting.set_aside.values()) == truth["file"]["rows_that_are_not_incidents"]
    happened, file = truth["happened"]["all"], truth["file"]
    assert happened == file["incidents"] + file["not_yet_reported"] + file["in_coverage_gap"]


def test_the_reader_returns_what_was_simulated(sample, sim):
    """Row by row, apart from spaces; so the file lost nothing on the way."""
    read, made = sample.frame, sim.frame
    same = ["incident_id", "date_start", "date_end", "date_precision", "activity", "initiator",
            "fatalities", "fatalities_low", "fatalities_high", "wounded", "civilian_targeting"]  # fmt: skip
    pd.testing.assert_frame_equal(read[same], made[same], check_dtype=False)
    spaces = made["admin1"].str.split().str.join(" ")
    pd.testing.assert_series_equal(read["admin1"], spaces, check_dtype=False)
    np.testing.assert_allclose(read["latitude"], made["latitude"])
    assert list(sample.frame["reported_on"].astype(str).str[:10]) == list(
        sim.frame["reported_on"].dt.strftime("%Y-%m-%d")
    )


def test_the_twin_is_the_sample_without_the_injected_lines(data, truth):
    injected = set(truth["uptick"]["incident_ids"])
    with (data / "iraq_simulated.csv").open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.reader(file) if row[0] not in injected]
    with (data / "iraq_simulated_no_uptick.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == kept
    assert len(injected) == truth["uptick"]["injected"] == 72


@pytest.mark.parametrize("name", ["iraq_simulated", "iraq_simulated_no_uptick"])
def test_sidecars_label_the_samples_simulated(data, name):
    meta = tomllib.loads((data / f"{name}.meta.toml").read_text(encoding="utf-8"))
    assert meta["title"].startswith("SIMULATED incidents, Iraq by district")
    assert meta["simulated"] is True
    assert meta["licence"] == "CC0-1.0"
    incidents = read_incidents(data / f"{name}.csv")
    assert incidents.simulated
    assert [str(gap) for gap in incidents.no_coverage] == ["2019-05-06..2019-05-26@Anbar"]


def test_known_places_are_placed_rightly_and_the_rest_not_at_all(sample, sim, truth):
    true = sim.truth.set_index("incident_id").loc[sample.frame["incident_id"]]
    unplaced = {"admin1": truth["file"]["incidents_without_a_known_governorate"]}
    unplaced["admin2"] = int(sample.frame["admin2"].isna().sum())
    for level, missing in unplaced.items():
        table = region_table("Iraq", level)
        codes = table.match(sample.frame[level]).codes
        names = np.array([*table.names, ""])[codes]
        placed = codes >= 0
        assert (names[placed] == true[level].to_numpy()[placed]).all()
        assert (~placed).sum() == missing
    assert 0 < unplaced["admin1"] < 15
    assert unplaced["admin2"] < 0.02 * len(sample)


def test_spellings_vary_in_the_file(sample):
    kirkuk = region_table("Iraq", "admin1").match(sample.frame["admin1"])
    names = np.array([*region_table("Iraq", "admin1").names, ""])[kirkuk.codes]
    spelled = set(sample.frame.loc[names == "Kirkuk", "admin1"])
    assert {"Kirkuk", "Kirkūk province", "كركوك"} <= spelled


def test_the_gap_is_empty_of_days_that_are_known(sample, sim):
    table = region_table("Iraq", "admin1")
    anbar = table.match(sample.frame["admin1"]).codes == table.names.index("Anbar")
    exact = anbar & (sample.frame["date_precision"] == 0).to_numpy(dtype=bool)
    days = days_of(sample.frame["date_start"])
    assert not as_window("2019-05-06..2019-05-26").contains(days[exact]).any()
    assert as_window("2019-04-15..2019-05-05").contains(days[exact]).sum() > 3
    assert sim.truth["in_gap"].sum() > 10


def test_the_last_days_are_incomplete_because_of_delay(sim):
    truth = sim.truth
    ago = (np.datetime64("2020-04-19") - days_of(truth["true_day"])).astype(int)
    reported = truth["reported"].to_numpy()
    assert reported[ago < 7].mean() < 0.8
    assert reported[(ago >= 30)].mean() > 0.999
    assert reported[(ago >= 7) & (ago < 14)].mean() > reported[ago < 7].mean()


def test_fridays_are_quieter(sample):
    exact = sample.frame[sample.frame["date_precision"] == 0]
    counts = np.bincount((days_of(exact["date_start"]).astype(int) + 3) % 7, minlength=7)
    assert counts.argmin() == 4
    assert stats.chisquare(counts).pvalue < 1e-6


def test_counts_of_districts_are_overdispersed_at_window_scale(sim):
    """Sums of 14 days in the six busiest districts, before the uptick; under Poisson about 1."""
    truth = sim.truth[~sim.truth["injected"]]
    ratios = []
    for district in truth["admin2"].value_counts().index[:6]:
        day = (
            days_of(truth.loc[truth["admin2"] == district, "true_day"]) - np.datetime64("2018-01-01")
        ).astype(int)
        sums = np.bincount(day, minlength=840)[:840].reshape(-1, 14).sum(axis=1)
        ratios.append(sums.var(ddof=1) / sums.mean())
    assert np.mean(ratios) > 1.3


def test_coarse_dates_are_about_eight_percent(sample):
    share = (sample.frame["date_precision"] > 0).mean()
    assert share == pytest.approx(0.08, abs=0.012)
    assert 0.02 < sample.accounting.flags["coarse date"] / len(sample) < 0.06


def test_the_uptick_is_where_the_truth_says(sample, twin, truth):
    """Kirkuk's last fortnight against the year before: up in the sample, not in the twin."""
    assert truth["uptick"]["window"] == "2020-03-30..2020-04-19"
    governorates = truth["uptick"]["by_governorate"]
    assert 2.5 <= governorates["Kirkuk"]["ratio"] <= 3
    assert governorates["Kirkuk"]["injected"] > truth["uptick"]["injected"] / 2
    table = region_table("Iraq", "admin1")

    def ratio(incidents):
        here = table.match(incidents.frame["admin1"]).codes == table.names.index("Kirkuk")
        ago = (np.datetime64("2020-04-19") - days_of(incidents.frame["date_start"])[here]).astype(int)
        return (ago < 14).sum() / (((ago >= 42) & (ago < 42 + 364)).sum() / 26)

    assert ratio(sample) > 2.2
    assert ratio(twin) < 1.5


def test_places_of_the_simulation_bear_the_names_of_the_table(data):
    places, spellings = sample_places()
    districts, governorates = region_table("Iraq", "admin2"), region_table("Iraq", "admin1")
    assert places["admin2"].isin(districts.names).all()
    assert [districts.parent(name) for name in places["admin2"]] == places["admin1"].tolist()
    for level, table in (("admin1", governorates), ("admin2", districts)):
        for name, others in spellings[level].items():
            assert {table.names[table.code(other)] for other in others} == {name}
    assert pd.read_csv(data / "iraq_simulated_places.csv")["pcode"].is_unique


def test_centroids_are_what_the_polygons_give(project, shared_data, data):
    made = script(project, "make_district_centroids").rows(shared_data / "geo" / "iraq_adm2_codab.geojson")
    with (data / "iraq_district_centroids.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == made
    assert len(made) == 101


def test_centroid_of_a_square_with_a_hole(project):
    centroid = script(project, "make_district_centroids").centroid
    square = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[2, 1], [2, 3], [3, 3], [3, 1], [2, 1]]
    assert centroid({"type": "Polygon", "coordinates": [square]}) == pytest.approx((2, 2))
    # 16 at x = 2 less 2 at x = 2.5
    with_hole = centroid({"type": "Polygon", "coordinates": [square, hole]})
    assert with_hole == pytest.approx((2, (32 - 5) / 14))


@pytest.fixture(scope="module")
def raw_events(shared_data):
    """Islamic State events as pandas reads them, without the project's reader."""
    raw = pd.read_csv(shared_data / "ucdp_ged_iraq_hdx.csv", dtype="str").iloc[1:]
    sides = raw[["side_a_new_id", "side_b_new_id"]].astype(float)
    return raw[(sides == 234).any(axis=1)]


def test_weekly_ucdp_counts_are_those_of_the_raw_rows(raw_events, data):
    weekly = pd.read_csv(data / "ucdp_is_iraq_weekly.csv").drop(columns="week").set_index("first_day")
    events = raw_events[raw_events["date_prec"].astype(int) <= 2]
    first_day = week_first_day(np.array(events["date_start"], dtype="datetime64[D]")).astype(str)
    national = pd.Series(first_day).value_counts().reindex(weekly.index, fill_value=0)
    np.testing.assert_array_equal(weekly.sum(axis=1), national)
    spelled = {
        "Kirkuk": ["Kirkūk province", "At-Ta'mim province"],
        "Ninewa": ["Nīnawá province"],
        "Salah al-Din": ["Şalāḩ ad Dīn province"],
    }
    for name, names in spelled.items():
        here = events["adm_1"].str.split().str.join(" ").isin(names).to_numpy()
        expected = pd.Series(first_day[here]).value_counts().reindex(weekly.index, fill_value=0)
        np.testing.assert_array_equal(weekly[name], expected)
    assert weekly["unplaced"].sum() == events["adm_1"].isna().sum()


def test_the_weekly_script_makes_the_committed_file(project, shared_data, data, tmp_path, capsys):
    output = tmp_path / "weekly.csv"
    script(project, "make_ucdp_weekly").main(output)
    assert output.read_bytes() == (data / "ucdp_is_iraq_weekly.csv").read_bytes()
    assert "783 weeks, 6,109 events" in capsys.readouterr().out


def test_weekly_file_is_a_complete_grid(data):
    weekly = pd.read_csv(data / "ucdp_is_iraq_weekly.csv")
    assert list(weekly.columns) == ["week", "first_day", *region_table("Iraq", "admin1").names, "unplaced"]
    starts = weekly["first_day"].to_numpy().astype("datetime64[D]")
    assert (np.diff(starts) == np.timedelta64(7, "D")).all()
    assert (weekly["week"].iloc[0], weekly["week"].iloc[-1]) == ("2004-W01", "2018-W52")


@pytest.mark.parametrize(
    ("year", "mean", "variance"),
    [(2015, 12.5, 31.7), (2016, 13.0, 52.0), (2017, 10.5, 73.7), (2018, 3.3, 6.6)],
)
def test_yearly_mean_and_variance_of_weekly_counts(raw_events, year, mean, variance):
    """The published figures take each calendar year alone, so weeks across New Year are cut in two."""
    assert len(raw_events) == 6191
    events = raw_events[raw_events["date_prec"].astype(int) <= 2]
    days = np.array(events["date_start"], dtype="datetime64[D]")
    weeks = week_first_day(days[days.astype("datetime64[Y]") == np.datetime64(str(year))]).astype(int) // 7
    counts = np.bincount(weeks - weeks.min())
    assert counts.mean() == pytest.approx(mean, abs=FIGURE)
    assert counts.var(ddof=1) == pytest.approx(variance, abs=FIGURE)


def test_readme_lists_every_bundled_file(data):
    readme = (data / "README.md").read_text(encoding="utf-8")
    for path in sorted(data.rglob("*")):
        if path.is_file() and path.name != "README.md" and "__pycache__" not in path.parts:
            inside = path.relative_to(data)
            assert f"`{inside.as_posix()}`" in readme or f"`{inside.parts[0]}/`" in readme, path.name


def test_the_examples_are_made_by_their_script(project, data, tmp_path):
    script(project, "make_examples").main(tmp_path)
    made = {path.name: path for path in tmp_path.iterdir()}
    assert set(made) == {path.name for path in (data / "examples").iterdir()}
    for name, path in made.items():
        kept = data / "examples" / name
        if path.suffix == ".xlsx":  # a workbook holds the time it was written
            same = [pd.read_excel(one, header=None, dtype=str) for one in (path, kept)]
            pd.testing.assert_frame_equal(*same)
        else:
            assert path.read_bytes() == kept.read_bytes(), name
        told = kept.with_suffix("").with_suffix(".meta.toml").read_text(encoding="utf-8")
        assert "simulated = true" in told
    rows = {name: len(pd.read_csv(data / "examples" / name)) for name in ("ucdp.csv", "acled.csv")}
    assert f"{rows['acled.csv']} attacks of four weeks ({rows['ucdp.csv']} of them" in (
        data / "README.md"
    ).read_text(encoding="utf-8")
