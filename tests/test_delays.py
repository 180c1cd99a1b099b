"""How late reports come: measured from right-truncated delays, and what is still to come."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents, uptick_test
from analytics.bundled import bundled_path
from analytics.counts import Counts
from analytics.counts.completeness import Completeness
from analytics.counts.stated import state_completeness
from analytics.delays import delay_distribution, nowcast, with_measured_completeness
from analytics.delays.dated import DatedReports, measure
from analytics.delays.measured import with_completeness
from analytics.errors import HistoryError, InputError, OptionError
from analytics.kernels.delays.late import chain_ladder
from analytics.kernels.delays.reverse_time import pooled_curves, triangle_of

DAY = np.timedelta64(1, "D")
LAST = np.datetime64("2020-01-31")
SERIES, ERROR = 150, 0.018  # series tested, and the standard error of a share of 5 % of them
ERRORS = 4  # standard errors that an estimate may be off: 1 in 16,000 by chance
SIMULATED = 300  # repetitions of the small simulation
COVERED = (
    0.85,
    0.97,
)  # of 300 intervals at 90 %, four standard errors either way and a little for whole numbers


def dated(rng, *, rate=4.0, days=400, regions=1, draw=None, slower=()):
    """Reports on Poisson incidents; a slow region's delays are three times as long."""
    draw = draw or (lambda size: rng.geometric(0.25, size) - 1)
    number = rng.poisson(rate * regions * days)
    happened = LAST - rng.integers(0, days, number) * DAY
    group = rng.integers(0, regions, number)
    delay = draw(number)
    delay = np.where(np.isin(group, slower), 3 * delay + rng.integers(0, 3, number), delay)
    return DatedReports(happened, happened + delay * DAY, group, tuple(f"r{i}" for i in range(regions)), LAST)


def table(reported, **more):
    days = pd.date_range("2019-01-01", periods=200)
    return pd.DataFrame({"date": days, "admin1": "Kirkuk", "reported_on": reported(days)} | more)


@pytest.fixture(scope="module")
def sample():
    def read(day):
        incidents = read_incidents(bundled_path("data/iraq_simulated.csv"), as_of=day)
        return incidents, count_incidents(incidents)

    return {day: read(day) for day in ("2019-11-10", "2020-04-19")}


# Kernels


def test_a_triangle_holds_every_report_once_and_leaves_out_the_young():
    rng = np.random.default_rng(1)
    delay = rng.integers(0, 9, 200)
    age, group = delay + rng.integers(0, 20, 200), rng.integers(0, 3, 200)
    found = triangle_of(delay, age, group, 3, 10)
    for u in range(11):
        for g in range(3):
            mine = group == g
            assert found.reports[u, g] == (mine & (delay == u)).sum()
            assert found.exposed[u, g] == (mine & (delay <= u) & (age >= u)).sum()


def test_truncation_is_allowed_for():
    rng = np.random.default_rng(2)
    delay = rng.geometric(0.1, 20_000) - 1
    age = rng.integers(0, 60, 20_000)  # most are young, so that most reports seen came soon
    seen = delay <= age
    nothing = np.zeros(int(seen.sum()), int)
    found = pooled_curves(triangle_of(delay[seen], age[seen], nothing, 1, 59))
    at = np.array([0, 3, 7, 14])
    truth = (1 - 0.9 ** (at + 1)) / (1 - 0.9**60)
    assert (np.abs(found.share[at, 0] - truth) < ERRORS * found.deviation[at, 0]).all()
    naive = (delay[seen][:, None] <= at).mean(axis=0)
    assert (naive[1:] > truth[1:] + 0.05).all()


def test_the_deviation_is_that_of_repetitions():
    rng = np.random.default_rng(3)
    runs = [measure(dated(rng, rate=1.5)).curves for _ in range(60)]
    share = np.array([run.share[:6, -1] for run in runs])
    said = np.mean([run.deviation[:6, -1] for run in runs], axis=0)
    assert share.std(axis=0) / said == pytest.approx(np.ones(6), abs=0.4)  # sd of 60 has an error of 9 %


def test_regions_that_do_not_differ_share_one_curve_and_a_slow_one_gets_its_own():
    rng = np.random.default_rng(4)
    same = measure(dated(rng, regions=6))
    assert np.abs(same.curves.factor - 1).max() < 0.1
    slow = measure(dated(rng, regions=6, slower=(2,)))
    truth = 1 - 0.75 ** np.array([1, 2, 3])  # a third of the whole's speed
    assert slow.curves.share[[2, 5, 8], 2] == pytest.approx(truth, abs=0.08)
    assert slow.curves.factor[2] > 1.5
    assert slow.curves.between > 0
    assert slow.curves.share[3, 2] < slow.curves.share[3, 0] - 0.15


def test_a_sparse_region_is_drawn_to_the_whole():
    rng = np.random.default_rng(5)
    reports = dated(rng, regions=5, slower=(1,))
    few = (reports.group != 4) | (rng.random(len(reports.group)) < 0.004)
    parts = (reports.happened[few], reports.first_known[few], reports.group[few])
    found = measure(DatedReports(*parts, reports.groups, LAST))
    assert found.reports[4] < 15
    assert abs(np.log(found.curves.factor[4])) < 0.6
    assert found.curves.factor_variance[4] > 4 * found.curves.factor_variance[0]


def test_batches_of_reports_widen_the_deviation():
    rng = np.random.default_rng(6)
    reports = dated(rng)
    week = ((LAST - reports.happened) / DAY // 7).astype(int)
    held_up = rng.choice([0, 10], 60, p=[0.7, 0.3])[week]  # a week's incidents all wait for one bulletin
    late = replace(reports, first_known=reports.first_known + held_up * DAY)
    assert measure(reports).curves.spread < 1.5
    assert measure(late).curves.spread > 3


def test_a_change_of_the_delay_is_said():
    rng = np.random.default_rng(7)
    reports = dated(rng)
    recent = reports.happened > LAST - 50 * DAY
    later = replace(reports, first_known=reports.first_known + np.where(recent, 6, 0) * DAY)
    assert not any("have come" in note for note in measure(reports).notes)
    assert any("have come later" in note for note in measure(later).notes)


def test_weekdays_without_reports_are_named():
    rng = np.random.default_rng(8)
    reports = dated(rng)
    weekday = (reports.first_known.astype(int) + 3) % 7
    assert not any("few or no reports" in note for note in measure(reports).notes)
    after = np.select([weekday == 5, weekday == 6], [2, 1], 0) * DAY
    closed = replace(reports, first_known=reports.first_known + after)
    assert any(
        "on Saturdays, Sundays, which the completeness allows for" in note for note in measure(closed).notes
    )


def test_regions_that_differ_are_told():
    reports = dated(np.random.default_rng(9), regions=4, slower=(1,))
    grid = Counts.from_array(np.ones((400, 4)), freq="day", as_of=LAST, regions=list(reports.groups))
    notes = with_completeness(grid, measure(reports)).notes
    assert any("differs between regions" in note and "% (r1) to" in note for note in notes)


# The bundled sample, which is simulated


def test_the_samples_last_fortnight_in_november_is_three_quarters_reported(sample):
    incidents, counts = sample["2019-11-10"]
    found = with_measured_completeness(counts, incidents)
    total = found.total("Iraq")
    share = total.completeness.share[-14:, 0]
    assert 0.70 <= share.mean() <= 0.78  # 83 of 110 were in
    assert (np.diff(share) < 0).all()
    assert found.completeness.basis == "measured from 2,039 reports up to 2019-11-10"
    assert found.notes[: len(counts.notes)] == counts.notes
    assert (found.values == counts.values).all()


def test_baghdad_reads_no_large_rise_once_completeness_is_measured(sample):
    incidents, counts = sample["2020-04-19"]
    before = uptick_test(counts).frame.set_index("region").loc["Baghdad"]
    after = uptick_test(with_measured_completeness(counts, incidents)).frame.set_index("region")
    assert before["grade"] == "no_large_rise_if"
    assert before["verdict"] == "cannot be told"
    assert after.loc["Baghdad", "grade"] == "no_large_rise"
    assert after.loc["Baghdad", "verdict"] == "not supported"
    assert after.loc["Kirkuk", "verdict"] == "supported"


def test_what_was_reported_later_is_not_used(sample):
    incidents, _ = sample["2020-04-19"]
    early = count_incidents(incidents, as_of="2019-11-10")
    then = with_measured_completeness(early, incidents).completeness
    now = with_measured_completeness(sample["2019-11-10"][1], sample["2019-11-10"][0]).completeness
    assert then.share[-30:] == pytest.approx(now.share[-30:], rel=1e-12)


def test_a_distribution_answers_in_words_and_tables(sample):
    incidents, _ = sample["2020-04-19"]
    found = delay_distribution(incidents)
    assert found.sentence().startswith("SIMULATED")
    assert "Half of the reports come within 2 days, nine in ten within 11 days; " in found.sentence()
    assert found.frame["region"].iloc[-1] == "all"
    assert found.frame["observed"].iloc[-1] == 2532
    whole = found.curve[found.curve["region"] == "all"]
    assert whole["share"].is_monotonic_increasing
    assert whole["share"].iloc[-1] == 1.0
    assert list(found.tidy()) == ["region", "observed", "estimate", "low", "high"]
    assert len(repr(found).splitlines()) <= 10
    assert "none" in found.null_hypothesis
    kinds = delay_distribution(incidents, by="event_type")
    assert kinds.frame["observed"].iloc[-1] == 2532
    assert len(found.summary()) == len(found.frame)
    one = kinds.frame.sort_values("observed").iloc[-2]  # the commonest; all stand last
    alone = delay_distribution(incidents, by=None, where=f"event_type = '{one['region']}'")
    assert alone.frame["observed"].tolist() == [one["observed"]] * 2
    assert 0 < one["observed"] < 2532


# What cannot be measured


def acled():
    days = pd.date_range("2019-01-01", periods=200)
    return pd.DataFrame({
        "event_id_cnty": [f"IRQ{i}" for i in range(200)], "event_date": days.strftime("%d %B %Y"),
        "year": 2019, "time_precision": 1, "event_type": "Battles", "sub_event_type": "Armed clash",
        "actor1": "A", "actor2": "B", "inter1": 1, "inter2": 2, "interaction": 12, "country": "Iraq",
        "admin1": "Kirkuk", "admin2": "Kirkuk", "location": "x", "latitude": 35.4, "longitude": 44.3,
        "geo_precision": 1, "fatalities": 0, "timestamp": 1_590_000_000, "source": "s", "notes": "",
    })  # fmt: skip


def measured(data, **options):
    columns = {"date_start": "date"} if "date" in data else None
    incidents = read_incidents(data, as_of="2019-07-19", columns=columns, **options)
    return with_measured_completeness(count_incidents(incidents), incidents)


REFUSED = {
    "ACLED's timestamp": (acled, InputError),
    "no day of report": (lambda: table(lambda days: days).drop(columns="reported_on"), InputError),
    "all rows loaded on one day": (lambda: table(lambda days: pd.Timestamp("2019-07-10")), InputError),
    "too few": (lambda: table(lambda days: days + pd.Timedelta(days=2)).iloc[::5], HistoryError),
    "most state none": (
        lambda: table(lambda days: (days + pd.Timedelta(days=2)).where(days.day % 3 == 0)),
        HistoryError,
    ),
    "all reported later": (lambda: table(lambda days: days + pd.Timedelta(days=400)), HistoryError),
    "a short file": (lambda: table(lambda days: days + pd.Timedelta(days=2)).tail(50), HistoryError),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_measured_is_refused_with_its_reason(what, snapshot):
    data, kind = REFUSED[what]
    with pytest.raises(kind) as refused:
        measured(data())
    assert str(refused.value) == snapshot


def test_reports_before_the_incident_and_without_a_day_are_told():
    def reported(days):
        late = np.where(np.arange(200) % 10 == 0, -1, 2)
        return (days + pd.to_timedelta(late, "D")).where(np.arange(200) % 7 > 0)

    notes = measured(table(reported)).notes
    assert any("reports dated before the incident left out" in note for note in notes)
    assert any("without a day of report taken to be reported like the others" in note for note in notes)


def test_weekly_counts_have_the_mean_of_their_days(sample):
    incidents, counts = sample["2020-04-19"]
    by_day = with_measured_completeness(counts, incidents).resample("week").completeness
    by_week = with_measured_completeness(counts.resample("week"), incidents).completeness
    whole = slice(1, None)
    assert by_week.share[whole] == pytest.approx(by_day.share[whole], rel=1e-12)
    assert by_week.deviation[whole] == pytest.approx(by_day.deviation[whole], abs=1e-12)


# What is still to come


def test_what_is_to_come_is_negative_binomial():
    from scipy import stats

    found = chain_ladder(np.array([[30.0]]), np.array([[0.6]]), np.zeros((1, 1)))
    low, high = found.interval(0.9)
    exact = stats.nbinom(30.5, 0.6)
    assert found.mean[0] == pytest.approx(exact.mean())
    middle = [(exact.cdf(k) + exact.cdf(k - 1)) / 2 for k in range(100)]
    assert low[0] == next(k for k in range(100) if middle[k] >= 0.05)
    assert high[0] == max(k for k in range(100) if middle[k] <= 0.95)


def test_nothing_is_to_come_where_all_is_in():
    counts = state_completeness(counts_of(np.full(400, 2)), 386, 400, 1.0)
    row = nowcast(counts).frame.iloc[0]
    assert (row["observed"], row["low"], row["high"]) == (28, 28, 28)


def counts_of(values):
    return Counts.from_array(values, freq="day", start="2019-01-01", regions=["Kirkuk"])


@pytest.mark.parametrize("method", ["smoothed", "chain_ladder"])
def test_nowcasts_cover_what_came(method):
    rng = np.random.default_rng(11)
    share = 1 - 0.8 ** np.arange(14, 0, -1)
    truth = rng.poisson(2.0, (400, SIMULATED))
    seen = truth.copy()
    seen[-14:] = rng.binomial(truth[-14:], share[:, None])
    counts = Counts.from_array(seen, freq="day", start="2019-01-01")
    known = Completeness(np.ones(seen.shape), np.zeros(seen.shape), "given")
    known = known.set_last(share, np.zeros(14), slice(386, 400))
    found = nowcast(replace(counts, completeness=known), method=method)
    came = truth[-14:].sum(axis=0)
    inside = ((found.frame["low"] <= came) & (came <= found.frame["high"])).mean()
    assert COVERED[0] < inside < COVERED[1]
    assert found.frame["estimate"].mean() == pytest.approx(came.mean(), rel=0.05)
    assert len(found.days) == 14 * SIMULATED


def test_measured_completeness_keeps_size_and_power_where_half_come_late():
    rng = np.random.default_rng(12)
    delay = lambda size: np.floor(7 * np.exp(rng.standard_normal(size))).astype(int)  # noqa: E731
    found = measure(dated(rng, rate=1.5, draw=delay))  # what one region's reports tell
    truth = (delay(50_000)[:, None] <= np.arange(399, -1, -1)).mean(axis=0)[:, None] * np.ones(SERIES)
    called = {}
    for ratio in (1.0, 2.0):
        mean = np.ones((400, SERIES))
        mean[-14:] *= ratio
        grid = Counts.from_array(rng.poisson(mean * truth), freq="day", as_of=LAST)
        exact = Completeness(truth, np.zeros_like(truth), "given")
        for name, known in (
            ("measured", with_completeness(grid, found)),
            ("true", replace(grid, completeness=exact)),
        ):
            called[name, ratio] = (uptick_test(known, method="lrd_b").frame["pvalue"] <= 0.05).mean()
    assert 0.45 < truth[-14:].mean() < 0.55
    assert called["measured", 1.0] <= 0.065 + 3 * ERROR
    assert called["measured", 2.0] >= 0.85 * called["true", 2.0] > 0.3


def test_an_unknown_completeness_gives_no_nowcast():
    found = nowcast(counts_of(np.full(400, 2)))
    assert found.frame["estimate"].isna().all()
    assert found.frame["reason"].tolist() == ["completeness not known"]
    assert "not known" in found.sentence()
    assert found.summary()["likely in all"].tolist() == [""]


@pytest.mark.parametrize("options", [{"method": "magic"}, {"window": 0}, {"confidence": 1.0}])
def test_options_of_a_nowcast_are_checked(options):
    with pytest.raises(OptionError):
        nowcast(counts_of(np.full(400, 2)), **options)
    with pytest.raises(HistoryError):
        nowcast(counts_of(np.full(5, 2)))


def test_a_nowcast_answers_in_words(sample):
    incidents, counts = sample["2020-04-19"]
    found = nowcast(with_measured_completeness(counts, incidents).total("Iraq"))
    assert found.sentence().startswith("SIMULATED")
    row = found.frame.iloc[0]
    assert row["observed"] < row["low"] < row["estimate"] < row["high"]
    assert found.parameters["method"] == "smoothed"
    assert list(found.tidy()) == ["region", "observed", "estimate", "low", "high"]


# The command and the report


def test_the_command_measures_where_it_is_asked_to(capsys, sample):
    from analytics.cli import main

    incidents, _ = sample["2020-04-19"]
    counts = count_incidents(incidents, regions="Kirkuk,Baghdad")
    wanted = uptick_test(with_measured_completeness(counts, incidents))
    argv = ["test", "--sample", "--as-of", "2020-04-19", "--completeness", "measured", "--format", "json"]
    argv += ["--regions", "Kirkuk,Baghdad"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"]["completeness"] == pytest.approx(wanted.completeness)
    assert [row["grade"] for row in found["regions"]] == wanted.frame["grade"].tolist()
    assert main([*argv, "--completeness-sd", "0.1"]) == 2
    assert (
        main(
            ["test", "--sample", "--as-of", "2020-04-19", "--completeness", "measured", "--claims", "article"]
        )
        == 2
    )
    assert "does not go with --claims" in capsys.readouterr().err


@pytest.mark.slow
def test_a_report_measures_where_it_is_asked_to(sample):
    from analytics.reporting.content.weekly import (
        ReportRequest,
        weekly_content,
        weekly_counts,
        weekly_numbers,
    )

    request = ReportRequest(sample=True, as_of="2020-04-19", completeness="measured", regions="Kirkuk")
    assert ReportRequest.from_parameters(request.parameters()) == request
    numbers = weekly_numbers(weekly_counts(request))
    said = weekly_content(numbers).trust.completeness
    assert "73 % of the window's incidents are taken to be reported, measured from 2,532 reports" in said
    with pytest.raises(OptionError):
        ReportRequest(sample=True, as_of="2020-04-19", completeness="counted")


def test_a_file_of_parameters_states_a_share_or_that_it_is_measured(tmp_path):
    from analytics.cli.parameters import fill_from_file
    from analytics.cli.parser import parse_arguments

    for text, value in (("0.9", 0.9), ('"measured"', "measured"), ("1", 1.0)):
        path = tmp_path / "report.toml"
        path.write_text(f"completeness = {text}\n")
        args = parse_arguments(["report", "--sample", "--parameters", str(path)])
        fill_from_file(args)
        assert args.completeness == value
