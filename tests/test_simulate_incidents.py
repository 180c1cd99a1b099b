"""The incident simulator: exact totals, what each model adds, and that the truth goes with the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.errors import InputError, OptionError
from analytics.periods import as_window, day_range
from analytics.schema import COLUMNS
from analytics.simulation.clusters import SelfExcitation, smooth_profile
from analytics.simulation.coding import MADE_UP_PLACE, Messiness
from analytics.simulation.incidents import (
    InjectedUptick,
    ReportingDelay,
    sample_places,
    simulate_incidents,
)

SHARE = 0.01  # shares of about 6,000 incidents: two standard errors and more
RELATIVE = 0.05  # of means of several thousand draws
YEAR = {"2019-01-01..2019-12-31": 4000}
DAYS = as_window("2019-01-01..2019-12-31")
CLEAN = Messiness(0, 0, 0, 0, 0, 0, 0, 0)
UPTICK = InjectedUptick(
    as_window("2019-12-01..2019-12-14"), {"Hawija": 2, "Daquq": 1}, {"attack": 60, "clash": 9}
)


@pytest.fixture(scope="module")
def year():
    return simulate_incidents(seed=7, totals=YEAR, uptick=UPTICK, extracted="2019-12-31")


def days_of(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[D]")


def daily(truth: pd.DataFrame, district: str | None = None) -> np.ndarray:
    rows = truth if district is None else truth[truth["admin2"] == district]
    return np.bincount((days_of(rows["true_day"]) - DAYS.start).astype(int), minlength=DAYS.days)


def test_same_seed_same_bytes_and_another_seed_another_table(year):
    again = simulate_incidents(seed=7, totals=YEAR, uptick=UPTICK, extracted="2019-12-31")
    other = simulate_incidents(seed=8, totals=YEAR, uptick=UPTICK, extracted="2019-12-31")
    assert again.table().to_csv() == year.table().to_csv()
    assert other.table().to_csv() != year.table().to_csv()


def test_frame_is_canonical_and_labelled_simulated(year):
    assert list(year.frame.columns) == list(COLUMNS)
    assert set(year.frame["source"]) == {"simulated"}
    assert year.frame["incident_id"].is_unique


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(20, 60), st.floats(0.5, 3)), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.8),
)
def test_totals_hold_for_any_windows_seed_and_branching(spans, seed, branching):
    totals, day, rate = {}, np.datetime64("2019-01-01"), 5.0
    for length, factor in spans:
        last = day + np.timedelta64(length - 1, "D")
        rate = min(max(rate * factor, 3.0), 6.0)
        totals[f"{day}..{last}"] = int(rate * length)
        day = last + np.timedelta64(1, "D")
    sim = simulate_incidents(
        seed=seed, totals=totals, excitation=SelfExcitation(branching, 3.0), activities={}, messiness=CLEAN
    )
    happened = days_of(sim.truth["true_day"])
    for text, total in totals.items():
        assert int(as_window(text).contains(happened).sum()) == total


def test_other_activities_come_in_their_ratio_and_the_uptick_on_top(year):
    counts = year.truth["activity"].value_counts()
    assert counts["attack"] == 4000
    background = 4000 - 60
    assert counts["operation"] == round(background * 0.15)
    assert counts["arrest"] == round(background * 0.12)
    assert counts["clash"] == round(background * 0.08) + 9


def test_profile_has_its_totals_and_no_step():
    windows = [as_window("2018-01-01..2018-12-31"), as_window("2019-01-01..2019-12-31")]
    rates = smooth_profile(windows, [1470, 1669])
    assert rates[:365].sum() == pytest.approx(1470, abs=1e-3)
    assert rates[365:].sum() == pytest.approx(1669, abs=1e-3)
    step = 1669 / 365 - 1470 / 365
    assert np.abs(np.diff(rates)).max() < step / 50


def test_profile_refuses_windows_that_do_not_adjoin_and_negative_rates():
    apart = [as_window("2018-01-01..2018-01-10"), as_window("2018-01-12..2018-01-20")]
    with pytest.raises(InputError, match=r"do not adjoin[\s\S]*2018-01-10"):
        smooth_profile(apart, [10, 10])
    steep = [as_window("2018-01-01..2018-01-10"), as_window("2018-01-11..2018-01-20")]
    with pytest.raises(InputError, match="too sharply"):
        smooth_profile(steep, [0, 100])


def test_totals_that_no_draw_reaches_are_refused():
    days = {"2018-01-01..2018-01-01": 5, "2018-01-02..2018-01-02": 5}
    nearly_never = [1, 1e-4, 1, 1, 1, 1, 1]  # on a Tuesday
    with pytest.raises(InputError, match="the totals could not be reached") as error:
        simulate_incidents(seed=1, totals=days, weekday=nearly_never)
    assert error.value.expected == "[5, 5]"
    assert error.value.found.endswith(", 0]")
    assert "less unequal weekdays" in error.value.todo


def test_weekday_cycle_follows_the_factors():
    factors = np.array([1.2, 1.0, 1.0, 1.0, 0.5, 1.0, 1.1])
    sim = simulate_incidents(seed=3, totals=YEAR, weekday=factors.tolist(), activities={}, messiness=CLEAN)
    weekday = (days_of(sim.truth["true_day"]).astype(int) + 3) % 7
    observed = np.bincount(weekday, minlength=7)
    shares = factors[(day_range(*DAYS).astype(int) + 3) % 7]
    expected = 4000 * np.bincount((day_range(*DAYS).astype(int) + 3) % 7, shares) / shares.sum()
    assert stats.chisquare(observed, np.full(7, 4000 / 7)).pvalue < 1e-6
    # Clusters add variance, so the fit is held to the size of the deviations, not to a p-value.
    assert np.abs(observed / expected - 1).max() < 0.12


def dispersion(branching: float, *windows: int) -> list[float]:
    """Variance over mean of sums over each window in single districts, mean over ten seeds."""
    ratios = []
    for seed in range(10):
        sim = simulate_incidents(
            seed=seed,
            totals={"2019-01-01..2019-12-31": 1500},
            excitation=SelfExcitation(branching, 3.0),
            weekday=(1,) * 7,
            activities={},
            messiness=CLEAN,
        )
        for district in ("Hawija", "Khanaqin", "Muqdadiya", "Mosul", "Daquq", "Baquba"):
            counts = daily(sim.truth, district)
            parts = [counts[: DAYS.days // w * w].reshape(-1, w).sum(axis=1) for w in windows]
            ratios.append([sums.var(ddof=1) / sums.mean() for sums in parts])
    return np.mean(ratios, axis=0).tolist()


@pytest.mark.slow
def test_self_excitation_spreads_the_counts_of_windows():
    """Poisson without branching; with it, close to the Hawkes limit 1/(1-n)^2 after thinning."""
    (poisson,) = dispersion(0.0, 14)
    assert poisson == pytest.approx(1, abs=0.15)
    branching, kept = 0.5, 1 / 1.3
    week, four_weeks = dispersion(branching, 7, 28)
    limit = 1 + kept * (1 / (1 - branching) ** 2 - 1)  # of windows much longer than the decay
    assert 0.7 * limit < four_weeks < 1.1 * limit
    assert four_weeks > week > 1.3


def test_generations_follow_the_branching_ratio():
    sim = simulate_incidents(
        seed=11, totals=YEAR, excitation=SelfExcitation(0.4, 2.0), activities={}, messiness=CLEAN
    )
    shares = sim.truth["generation"].value_counts(normalize=True)
    assert shares[0] == pytest.approx(0.6, abs=0.03)
    assert shares[1] == pytest.approx(0.24, abs=0.03)


def test_twin_is_the_same_table_without_the_injected_rows(year):
    twin = year.without_uptick()
    injected = set(year.truth.loc[year.truth["injected"], "incident_id"])
    assert len(injected) == 69
    rest = year.table()[~year.frame["incident_id"].isin(injected)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, twin.table())
    assert not twin.truth["injected"].any()
    assert len(year.without_uptick().without_uptick()) == len(twin)


def test_uptick_lies_where_and_when_it_was_put(year):
    injected = year.truth[year.truth["injected"]]
    assert set(injected["admin2"]) == {"Hawija", "Daquq"}
    assert UPTICK.window.contains(days_of(injected["true_day"])).all()
    assert injected["activity"].value_counts().to_dict() == {"attack": 60, "clash": 9}
    assert injected["generation"].isna().all()


def test_delay_follows_its_distribution_and_truncates_the_file(year):
    delay = ReportingDelay()
    waited = (days_of(year.truth["reported_on"]) - days_of(year.truth["true_day"])).astype(int)
    assert np.median(waited) == 2
    assert (waited > 10).mean() == pytest.approx(0.10, abs=SHARE)
    for days in (0, 1, 5, 20):
        assert (waited <= days).mean() == pytest.approx(
            float(delay.completeness(np.array([days]))[0]), abs=0.02
        )
    late = days_of(year.truth["reported_on"]) > DAYS.end
    assert late.sum() > 20
    assert not year.frame["incident_id"].isin(year.truth.loc[late, "incident_id"]).any()
    assert len(year) == len(year.truth) - late.sum()
    assert (days_of(year.frame["reported_on"]) <= DAYS.end).all()


@pytest.mark.parametrize("region", ["Kirkuk", "Anbar", "Khanaqin"])
def test_a_gap_takes_its_rows_and_no_others(region):
    sim = simulate_incidents(
        seed=5,
        totals=YEAR,
        gaps=[f"2019-05-06..2019-05-26@{region}"],
        messiness=CLEAN,
        extracted="2020-12-31",
    )
    truth = sim.truth
    here = (truth["admin1"] == region) | (truth["admin2"] == region)
    inside = here & as_window("2019-05-06..2019-05-26").contains(days_of(truth["true_day"]))
    assert inside.sum() > 5
    pd.testing.assert_series_equal(truth["in_gap"], inside, check_names=False)
    assert set(sim.frame["incident_id"]) == set(
        truth.loc[~truth["in_gap"] & truth["reported"], "incident_id"]
    )


def test_the_true_day_is_among_the_possible_days(year):
    frame = year.frame.merge(year.truth[["incident_id", "true_day"]], on="incident_id")
    span = (frame["date_end"] - frame["date_start"]).dt.days
    slack = pd.to_timedelta((frame["date_precision"].astype(int) - span).clip(lower=0), unit="D")
    assert (frame["date_start"] - slack <= frame["true_day"]).all()
    assert (frame["true_day"] <= frame["date_end"] + slack).all()
    assert (days_of(frame["date_end"]) <= DAYS.end).all()


def test_coarse_dates_come_in_their_shares(year):
    precision = year.frame["date_precision"].astype(int)
    assert (precision > 0).mean() == pytest.approx(0.08, abs=SHARE)
    single = year.frame["date_start"] == year.frame["date_end"]
    assert set(precision[single]) == {0, 3, 30}
    assert precision[single & (precision > 0)].eq(3).sum() > precision[single].eq(30).sum() > 0
    assert precision[~single].max() <= 30


def test_spellings_unknown_places_and_vague_districts():
    sim = simulate_incidents(
        seed=2,
        totals=YEAR,
        messiness=Messiness(misspelt=0.4, spaced=0, unknown_places=10),
        extracted="2020-12-31",
    )
    frame = sim.frame.merge(sim.truth, on="incident_id", suffixes=("", "_true"))
    assert frame["admin1"].isna().sum() == 5
    assert (frame["admin1"] == MADE_UP_PLACE).sum() == 5
    assert (frame["place_precision"] == "unknown").sum() == 10
    assert frame["admin2"].isna().mean() == pytest.approx(0.01, abs=0.005)
    _, spellings = sample_places()
    known = frame[frame["place_precision"] != "unknown"]
    other = known["admin1"] != known["admin1_true"]
    assert other.mean() == pytest.approx(0.4, abs=2 * SHARE)
    for name, spelled in (
        known.loc[other, ["admin1_true", "admin1"]].drop_duplicates().itertuples(index=False)
    ):
        assert spelled in spellings["admin1"][name]


def test_deaths_have_zeros_missing_values_and_a_heavy_tail(year):
    attacks = year.frame[year.frame["activity"] == "attack"]
    stated = attacks["fatalities"].dropna().astype(int)
    assert (stated == 0).mean() == pytest.approx(0.5, abs=2.5 * SHARE)
    assert stated.max() > 20
    # P(X >= 8) / P(X >= 2) of a power law with exponent 2.5 is 4^-1.5 = 1/8.
    assert (stated >= 8).sum() / (stated >= 2).sum() == pytest.approx(1 / 8, abs=0.035)
    missing = year.frame[year.frame["fatalities"].isna()]
    assert len(missing) > 100
    assert (missing["fatalities_low"] == 1).all()
    assert missing["fatalities_high"].isna().all()
    crossed = (year.frame["fatalities_low"] > year.frame["fatalities"]).mean()
    assert 0 < crossed < SHARE
    assert not (year.frame["fatalities"] > year.frame["fatalities_high"]).any()


def test_initiators_agree_with_activities(year):
    by = year.frame.groupby("activity")["initiator"].agg(set)
    assert by["operation"] == by["arrest"] == {"state"}
    assert by["attack"] == {"insurgent", "unknown"}
    assert by["clash"] == {"insurgent", "state", "unknown"}
    assert (year.frame["initiator"].eq("unknown") == year.frame["initiator_basis"].eq("unknown")).all()


def test_coordinates_lie_near_the_district(year):
    places, _ = sample_places()
    frame = year.frame.merge(year.truth[["incident_id", "admin2"]], on="incident_id", suffixes=("", "_true"))
    frame = frame.merge(places, left_on="admin2_true", right_on="admin2", suffixes=("", "_centre"))
    for axis in ("latitude", "longitude"):
        assert (frame[axis] - frame[f"{axis}_centre"]).abs().max() < 0.3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed is not usable"),
        ({"totals": {}}, "no totals were given"),
        ({"totals": {"2019-01-01..2019-01-31": 10, "2019-03-01..2019-03-31": 10}}, "do not adjoin"),
        ({"weekday": (1, 1, 1)}, "seven factors"),
        ({"weekday": (1, 1, 1, 1, 0, 1, 1)}, "seven factors"),
        ({"gaps": ["2019-05-06..2019-05-26@Kirkuq"]}, "did you mean Kirkuk"),
        ({"uptick": InjectedUptick(UPTICK.window, {"Hawijah": 1}, {"attack": 5})}, "did you mean Hawija"),
        (
            {"uptick": InjectedUptick(as_window("2020-01-01..2020-01-09"), {"Hawija": 1}, {"attack": 5})},
            "outside the days",
        ),
        ({"uptick": InjectedUptick(UPTICK.window, {"Hawija": 1}, {"attack": 5000})}, "larger than the total"),
        ({"activities": {"raid": 0.1}}, "unknown activity 'raid'"),
        ({"activities": {"arrest": -1}}, "-1 incidents of arrest"),
        ({"uptick": InjectedUptick(UPTICK.window, {"Hawija": 1}, {"attacks": 5})}, "did you mean attack"),
        (
            {"uptick": InjectedUptick(UPTICK.window, {"Hawija": 1}, {"attack": -5})},
            "cannot take incidents away",
        ),
        ({"places": pd.DataFrame({"admin1": ["a"], "admin2": ["b"]})}, "share, latitude, longitude"),
    ],
)
def test_bad_options_are_one_clear_error(options, message, snapshot):
    with pytest.raises((InputError, OptionError), match=message) as error:
        simulate_incidents(**({"seed": 1, "totals": YEAR} | options))
    assert str(error.value) == snapshot


@pytest.mark.parametrize(
    "build",
    [
        lambda: SelfExcitation(1.0, 4),
        lambda: SelfExcitation(0.3, 0),
        lambda: ReportingDelay(0, 1),
        lambda: Messiness(misspelt=1.2),
        lambda: Messiness(coarse_days=0.6, coarse_week=0.6),
        lambda: Messiness(unknown_places=-1),
    ],
)
def test_impossible_parameters_are_refused(build):
    with pytest.raises(OptionError):
        build()


def test_any_places_will_do():
    places = pd.DataFrame(
        {
            "admin1": ["North", "South"],
            "admin2": ["A", "B"],
            "share": [3, 1],
            "latitude": [1.0, 2.0],
            "longitude": [3.0, 4.0],
        }
    )
    sim = simulate_incidents(
        seed=1,
        totals={"2019-01-01..2019-06-30": 2000},
        places=places,
        country="Nowhere",
        activities={"other": 0.1},
    )
    share = (sim.truth["admin2"] == "A").mean()
    assert share == pytest.approx(0.75, abs=0.05)
    assert set(sim.frame["country"]) == {"Nowhere"}
