"""The front page of the weekly report: each number from the raw file again, and its words."""

from __future__ import annotations

import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

mpl.use("Agg")

from analytics import Counts, uptick_test
from analytics.bundled import bundled_path
from analytics.reporting import report_style
from analytics.reporting.content.weekly import (
    ReportRequest,
    front_page,
    map_figure,
    show_front,
    weekly_content,
    weekly_counts,
    weekly_numbers,
)
from analytics.reporting.content.weekly.ahead import reachable
from analytics.reporting.content.weekly.groups import page_lines
from analytics.reporting.content.weekly.names import check_not_another
from analytics.results.grades import still_to_come, times
from analytics.upticks import expected_band

RTOL = 1e-12  # the same sums, added in another order
BAND = 4  # incidents: the library's band also holds that mean and spread are estimated
NAMES = {
    "Anbar": "anbar", "Babil": "babil|babylon", "Baghdad": "baghdad", "Basra": "basrah?",
    "Dhi Qar": "dhi qar", "Diyala": "diyala", "Duhok": "duhok", "Erbil": "erbil|arbil",
    "Karbala": "k[ae]rbala", "Kirkuk": "kirkuk|t[ae]e?'?m[ei]+m",
    "Maysan": "maysan", "Muthanna": "muthanna", "Najaf": "najaf",
    "Ninewa": "nin[ae]wa|nineveh", "Qadisiyah": "qadisiyah", "Salah al-Din": "salah",
    "Sulaymaniyah": "sulaymaniyah", "Wasit": "wass?it",
}  # fmt: skip
"""The governorates, and how the raw file spells them once accents are gone."""


def numbers_of(as_of="2020-04-19", path=None, **options):
    if path is None:
        options["sample"] = True
    return weekly_numbers(weekly_counts(path, as_of=as_of, **options))


@pytest.fixture(scope="module")
def sample():
    return numbers_of()


@pytest.fixture(scope="module")
def page(sample):
    return front_page(sample)


@pytest.fixture(scope="module")
def shown(sample):
    with report_style():
        return show_front(weekly_content(sample), sample)


@pytest.fixture(scope="module", params=["2020-04-19", pytest.param("2019-11-10", marks=pytest.mark.slow)])
def issue(request):
    return request.param, front_page(numbers_of(request.param))


@pytest.fixture(scope="module")
def daily():
    """A day × governorate table of the raw file, by pandas alone; the sum of all in the last column."""
    raw = pd.read_csv(bundled_path("data/iraq_simulated.csv"), dtype=str)
    raw = raw[raw["incident_id"] != "incident_id"].drop_duplicates("incident_id")
    day = pd.to_datetime(raw["date_start"], errors="coerce")
    fit = day.notna() & (pd.to_datetime(raw["date_end"], errors="coerce") >= day)
    fit &= ~(pd.to_numeric(raw["latitude"]).abs() > 90) & ~(pd.to_numeric(raw["longitude"]).abs() > 180)
    raw, day = raw[fit], day[fit]
    plain = raw["admin1"].str.normalize("NFKD").str.encode("ascii", "ignore").str.decode("ascii").str.lower()
    arabic = {"نينوى": "ninewa", "كركوك": "kirkuk", "بغداد": "baghdad", "الانبار": "anbar", "ديالى": "diyala",
              "صلاح الدين": "salah", "بابل": "babil", "اربيل": "erbil", "كربلاء": "karbala",
              "البصرة": "basra",              "النجف": "najaf", "السليمانية": "sulaymaniyah"}  # fmt: skip
    plain = raw["admin1"].str.strip().map(arabic).fillna(plain)
    known = pd.to_datetime(raw["reported_on"])

    def table(as_of):
        kept = (day <= as_of) & ~(known > as_of)
        columns = {
            name: day[kept & plain.str.contains(pattern, na=False)].value_counts()
            for name, pattern in NAMES.items()
        }
        columns["all"] = day[kept].value_counts()
        return pd.DataFrame(columns).reindex(pd.date_range("2018-01-01", as_of)).fillna(0).astype(int)

    return table


def fortnight(table, as_of):
    """Incidents of the fortnight, and what the covered days of its baseline lead one to expect."""
    end = pd.Timestamp(as_of)
    window = table.loc[end - pd.Timedelta(days=13) : end].sum()
    base = table.loc[end - pd.Timedelta(days=405) : end - pd.Timedelta(days=42)].astype(float)
    lost = slice("2019-05-06", "2019-05-26")
    base.loc[lost, ["Anbar", "all"]] = np.nan  # without coverage there: no data, not zero
    return window, base.mean() * 14


def weekly_sums(table, as_of, weeks=26):
    sums = table.resample("W-SUN").sum().astype(float)
    gap = (sums.index >= "2019-05-06") & (sums.index <= "2019-06-01")
    sums.loc[gap, ["Anbar", "all"]] = np.nan
    return sums.loc[:as_of].tail(weeks)


# -- the numbers ------------------------------------------------------------------------------------------


def test_what_stands_out_is_what_the_file_says(issue, daily):
    as_of, page = issue
    table = daily(as_of)
    window, usual = fortnight(table, as_of)
    weeks = weekly_sums(table, as_of)
    shown = [s for s in (*page.standouts, *page.closest) if s.region in NAMES]
    assert bool(shown) == (
        as_of == "2020-04-19"
    )  # in the other week nothing that could be judged is above usual
    for item in shown:
        assert item.observed == window[item.region]
        assert item.usual == pytest.approx(usual[item.region], rel=RTOL)
        assert item.lead.startswith(f"{window[item.region]} in the fortnight, usual ")
        np.testing.assert_array_equal(item.weeks, weeks[item.region])


def test_every_region_s_numbers_in_the_five_lines_are_the_file_s(issue, daily):
    as_of, page = issue
    window, usual = fortnight(daily(as_of), as_of)
    said = " · ".join(part.names for group in page.groups for part in group.parts)
    found = re.findall(r"([A-Z][\w -]+?) (\d+), usual ([\d.]+)", said)
    assert len(found) >= 5
    for name, observed, expected in found:
        assert int(observed) == window[name]
        assert expected == f"{usual[name]:.{int(usual[name] < 10)}f}"
    assert sum(group.number for group in page.groups) == 18


def test_what_is_called_longer_is_said_with_its_last_two_weeks(page, daily):
    """Bars may fall while the last seven days are still above usual: both weeks and the usual stand there."""
    table = daily("2020-04-19")
    before, last = table["Kirkuk"].tail(14).to_numpy().reshape(2, 7).sum(axis=1)
    usual = fortnight(table, "2020-04-19")[1]["Kirkuk"] / 2
    assert page.standouts[0].status == f"third week; {before}, then {last}, usual {usual:.0f} a week"
    assert last > usual


def test_the_country_that_is_no_longer_called_is_said_with_its_two_fortnights(page, daily):
    all_ = daily("2020-04-19")["all"]
    before, now = all_.iloc[-21:-7].sum(), all_.iloc[-14:].sum()
    assert page.new.endswith(
        f"The country is no longer in uptick: its fortnight fell from {before} to {now}."
    )


def test_the_country_line_and_strip_are_the_file_s(issue, daily):
    as_of, page = issue
    table = daily(as_of)
    window, usual = fortnight(table, as_of)
    weeks = weekly_sums(table, as_of)["all"]
    assert page.country.lead.startswith(f"{window['all']} in the fortnight, usual {usual['all']:.0f}:")
    assert page.country.aside.startswith(f"This week {weeks.iloc[-1]:.0f}, last week {weeks.iloc[-2]:.0f}")
    np.testing.assert_array_equal(page.country.weeks, weeks)
    base = table["all"].astype(float)
    base["2019-05-06":"2019-05-26"] = np.nan
    for at, last in enumerate(weeks.index):
        mean = base[last - pd.Timedelta(days=398) : last - pd.Timedelta(days=35)].mean() * 7
        if not np.isnan(page.country.usual[at]):
            assert page.country.usual[at] == pytest.approx(mean, rel=RTOL)
    assert np.isfinite(page.country.usual).sum() >= 24


def counts_of(table, as_of, regions):
    """The counts that pandas makes of the raw file."""
    return Counts.from_frame(
        table[regions], freq="day", as_of=as_of, no_coverage=["2019-05-06..2019-05-26@Anbar"]
    )


@pytest.fixture(scope="module")
def tested(daily, sample):
    """Each region and all together, tested on counts made by pandas."""
    counts = counts_of(daily("2020-04-19"), "2020-04-19", list(sample.counts.regions))
    return counts, uptick_test(counts), expected_band(counts.total())


def test_interval_and_certainty_are_those_of_the_test_on_counts_made_by_pandas(page, tested):
    row = tested[1].frame.set_index("region").loc["Kirkuk"]
    ends = f"{row['low']:.1f} to {row['high']:.1f}"
    assert [s.facts for s in page.standouts] == [f"{row['rate_ratio']:.1f} times usual, plausibly {ends}"]
    assert page.sure.startswith(
        f"Fairly. About {100 * row['qvalue']:.0f} in 100 such upticks would be chance. "
    )


def test_rises_of_the_five_lines_are_those_of_counts_made_by_pandas(page, tested):
    rows = tested[1].frame
    said = {part.sign: part.aside for group in page.groups for part in group.parts}
    seen = rows.loc[rows["grade"] == "no_sign", "detectable"].max()
    rise = (
        f"a rise below {times(seen)} times may be missed, below {times(2 * seen)} times if half the reports"
    )
    assert said["–"].startswith(rise)
    strict = still_to_come(rows.loc[rows["grade"] == "no_large_rise_if", "break_even"].max())
    assert said["▭"] == f"no rise to 1.5 times if no more than {strict} reports is still to come"
    for sign, grade in (("≈", "unsteady"), ("·", "too_few"), ("○", "none_recorded")):
        assert said[sign].endswith(f": {(rows['grade'] == grade).sum()}")
    watch = tested[1].watch().set_index("region")["watch_from"]
    named = dict(re.findall(r"([A-Z][\w -]+?) (\d+)(?: ·|\.)", page.next_lines.partition(": ")[2]))
    assert len(named) == 4
    for name, start in named.items():
        assert int(start) == watch[name]


def test_a_count_said_to_start_an_uptick_does_and_one_less_does_not(sample, daily, tested):
    """The region in ≈: what it would have taken, put into its window spread evenly."""
    row = sample.rows[sample.rows["grade"] == "unsteady"].iloc[0]
    name, start = row["region"], int(row["starts_at"])
    table = daily("2020-04-19").copy()
    for number, called in ((start, True), (start - 1, False)):
        even = np.diff(np.floor(number * np.arange(15) / 14)).astype(int)
        table.loc[table.index[-14:], name] = even
        result = uptick_test(counts_of(table, "2020-04-19", list(tested[0].regions)))
        assert (name in result.regions("supported")) is called


def test_the_band_ends_where_a_week_of_counts_made_by_pandas_would_be_rejected(page, daily, tested):
    band = tested[2].iloc[-1]
    said = f"leads one to expect {band['low']:,.0f} to {band['high']:,.0f} a week"
    assert said in page.country.aside
    assert (page.country.low[-1], page.country.high[-1]) == (band["low"], band["high"])
    # By hand: weeks of the baseline vary as a negative binomial of their own mean and variance.
    base = daily("2020-04-19")["all"].astype(float)
    base["2019-05-06":"2019-05-26"] = np.nan
    base = base["2019-03-18":"2020-03-15"]  # a year, and 28 days before the week
    assert len(base) == 364
    sums = base.rolling(7).sum().dropna()
    mean, spread = 7 * base.mean(), sums.var() / sums.mean()
    size = mean / (spread - 1)
    low, high = stats.nbinom.ppf([0.025, 0.975], size, 1 / spread)
    assert band["low"] == pytest.approx(low, abs=BAND)
    assert band["high"] == pytest.approx(high, abs=BAND)


@pytest.mark.parametrize("completeness", ["measured", pytest.param(0.8, marks=pytest.mark.slow)])
def test_usual_and_band_are_of_what_is_reported_alike(completeness, sample):
    """Where reports are still to come, the strip's last weeks are held against the same usual as the test."""
    numbers = numbers_of(completeness=completeness)
    week = numbers.week_test.frame.iloc[0]
    country = front_page(numbers).country
    assert country.usual[-1] == pytest.approx(week["expected"], rel=RTOL)
    two = numbers.national.frame["expected"].iloc[0]
    assert sum(country.usual[-2:]) == pytest.approx(two, rel=0.01)  # each week has a baseline of its own
    assert country.high[-1] < sample.band["high"].iloc[-1]
    assert country.low[-1] < week["observed"]
    assert (
        f"{country.low[-1]:.0f} to {country.high[-1]:.0f} a week (band, of what is reported" in country.aside
    )


# -- the words --------------------------------------------------------------------------------------------


def test_the_answer_is_there_in_one_look(page):
    assert page.headline == "Uptick in Kirkuk."
    assert page.sure == (
        "Fairly. About 3 in 100 such upticks would be chance. But the curfew of 2020 may be the cause of a "
        "rise or fall: all 14 days lie in it, and none of those they are compared with. Of the 17 other "
        "regions 4 show no uptick, 13 cannot be judged."
    )
    assert page.new.startswith("Kirkuk is in its third week. ")
    assert page.second == f"How sure: {page.sure} New: {page.new}"
    kirkuk = page.standouts[0]
    assert kirkuk.sign == "▲"
    assert kirkuk.checks.startswith("Still an uptick against trend and season, without inexact dates")
    assert page.limits == ("How many reports are still to come is not known",)
    assert page.alarm


def test_a_quiet_week_says_how_small_a_rise_it_could_have_missed():
    numbers = numbers_of("2019-11-10")
    page = front_page(numbers)
    rows = numbers.result.frame
    judged = rows.loc[rows["grade"] == "no_sign", "detectable"]
    assert page.headline == f"Only {len(judged)} of 18 regions could be judged: no uptick there."
    tally = rows["grade"].value_counts()
    assert page.sure == (
        f"Not very. In these {len(judged)}, a rise to {times(judged.max())} times usual would very likely "
        f"(4 in 5) have shown; a smaller one may be missed. {18 - len(judged)} of 18 cannot be judged: "
        f"{tally['too_few']} with too few incidents, {tally['none_recorded']} with none recorded, "
        f"{tally['unsteady']} with counts that swing too much."
    )
    assert page.new == "No uptick last week, and none now."
    assert page.standouts == ()
    above = rows[(rows["observed"] >= 1.25 * rows["expected"]) & (rows["grade"] == "no_sign")]
    assert [s.region for s in page.closest] == above["region"].tolist()
    assert page.nothing[0] == "Nothing stands out"
    assert not page.alarm


GRADED = ("uptick", "above_usual", "no_sign", "no_large_rise_if", "too_few", "unsteady", "none_recorded")


@pytest.mark.parametrize("several", [0, 1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_numbers_of_headline_list_and_map_add_up_to_the_regions(sample, several, seed):
    """One rule on every page: a region is in uptick, judged without one, or not to be judged."""
    rng = np.random.default_rng(seed)
    grades = rng.choice(GRADED[1:], 18, p=[0.1, 0.1, 0.1, 0.4, 0.2, 0.1]).astype(object)
    grades[:several] = "uptick"
    called = np.where(grades == "uptick", "supported", "cannot be told")
    new = {"grade": grades, "verdict": called, "detectable": 2.0, "break_even": 0.8, "why": "spread"}
    numbers = replace(sample, result=replace(sample.result, frame=sample.result.frame.assign(**new)))
    numbers.__dict__["rows"] = sample.rows.assign(**new)
    page = front_page(numbers)
    open_ = int(np.isin(grades, ("too_few", "unsteady", "none_recorded")).sum())
    in_list = {group.key: group.number for group in page_lines(page.groups)}
    assert sum(in_list.values()) == 18
    assert in_list.get("not_judged", 0) == open_
    key = dict(re.fullmatch(r"(.) .+ \((\d+)\)", part).groups() for part in page.key.split("   "))
    assert sum(int(number) for sign, number in key.items() if sign not in "▼▽") == 18
    if several:
        kinds = re.findall(r"(\d+) (?:shows? no|is above|are above|cannot)", page.sure)
        assert sum(map(int, kinds)) + several == 18
        assert int(kinds[-1]) == open_
    else:
        judged, of = map(int, re.search(r"(\d+) of (\d+) regions", page.headline).groups())
        assert (judged + open_, of) == (18, 18)
        parts = re.search(r"cannot be judged: (.+?)\.", page.sure)[1]
        assert sum(map(int, re.findall(r"(\d+) with", parts))) == open_


def test_falls_are_said_on_the_page(page, daily):
    """By hand: half the usual or less, where ten or more are usual, and no test calls it."""
    window, usual = fortnight(daily("2020-04-19"), "2020-04-19")
    low = [name for name in window.index if usual[name] >= 10 and window[name] <= usual[name] / 2]
    assert low == ["Baghdad"]
    assert page.falls == (
        f"▽ Half the usual or less: Baghdad {window['Baghdad']}, usual {usual['Baghdad']:.0f}. The ups and "
        "downs of the year before, or late reports, could explain it: a real fall is not proven."
    )
    assert page.falls in page.sentences()
    assert page.key.endswith("▽ half the usual or less (1)")


def test_a_fall_that_is_called_stands_out(sample):
    values = sample.counts.values.copy()
    at = sample.counts.regions.index("Diyala")
    values[-14:, at] = 0
    fell = uptick_test(replace(sample.counts, values=values, coarse=None), completeness=1.0)
    page = front_page(replace(sample, result=fell))
    assert page.falls.startswith("▽ Also half the usual or less: ")
    low = [(s.sign, s.region, s.lead) for s in page.standouts if s.sign == "▼"]
    assert low == [("▼", "Diyala", "0 in the fortnight, usual 25.")]
    assert "▼ far below usual (1)" in page.key


def test_a_country_at_half_its_usual_is_no_quiet_page(sample):
    frame = sample.national.frame.assign(observed=40.0, grade="unsteady")
    page = front_page(replace(sample, national=replace(sample.national, frame=frame)))
    assert page.falls.startswith(
        "▽ Half the usual or less: The country 40, usual 95 · Baghdad 3, usual 10. The"
    )


FALLEN = "has fallen to half its usual or less, which may be chance."


def test_a_country_at_half_its_usual_is_news(sample, daily):
    """Whether it was a week before is the fortnight a week before, held against the same usual."""
    all_ = daily("2020-04-19")["all"]
    earlier = all_.iloc[-21:-7].sum()
    for usual, said in ((2 * earlier, "is still at half its usual or less."), (2 * earlier - 2, FALLEN)):
        frame = sample.national.frame.assign(expected=float(usual))
        page = front_page(replace(sample, national=replace(sample.national, frame=frame)))
        assert page.new.endswith(f"The country {said}")


def test_a_country_in_uptick_stands_in_the_headline_beside_its_regions(sample):
    frame = sample.national.frame.assign(verdict="supported", grade="uptick")
    page = front_page(replace(sample, national=replace(sample.national, frame=frame)))
    assert page.headline == "Uptick in Kirkuk, and in the country as a whole."


def test_a_country_in_uptick_without_a_region_is_the_headline(sample):
    grades = ["no_sign"] * 6 + ["too_few"] * 12
    new = {"verdict": "cannot be told", "grade": grades, "detectable": 3.0, "status": ""}
    frame = sample.national.frame.assign(verdict="supported", grade="uptick", pvalue=0.02)
    numbers = replace(
        sample,
        result=replace(sample.result, frame=sample.result.frame.assign(**{**new, "grade": grades})),
        national=replace(sample.national, frame=frame),
    )
    numbers.__dict__["rows"] = sample.rows.assign(**new)
    page = front_page(numbers)
    assert page.headline == "Uptick in the country as a whole, in no region alone."
    assert page.sure.startswith(
        "Fairly. Chance alone brings as many in about 2 of 100 windows. Only 6 of 18 regions could be "
    )
    assert page.alarm


def test_lines_of_next_week_that_nothing_could_reach_are_not_numbers(sample, tested):
    lines = reachable(sample).set_index("region")
    for name, row in lines.iterrows():
        days = pd.Series(tested[0].values[:, list(tested[0].regions).index(name)])
        most = days.rolling(14).sum().max()
        assert row["within"] == (row["watch_from"] <= max(4 * row["usual"], 2 * most, 10)), name
    far = sorted(lines.index[~lines["within"]])
    assert far == ["Basra", "Karbala", "Qadisiyah", "Sulaymaniyah"]
    page = front_page(sample)
    assert "4 more regions would need over twice their largest fortnight so far" in page.next_lines
    assert not any(name in page.next_lines for name in far)


def test_headline_list_and_groups_agree(issue):
    _, page = issue
    up = [s.region for s in page.standouts if s.sign == "▲"]
    line = next(group for group in page.groups if group.key == "uptick")
    assert line.number == len(up)
    assert all(name in page.headline for name in up)


def test_each_condition_is_named(page):
    asides = {part.sign: part.aside for group in page.groups for part in group.parts}
    assert "may be missed" in asides["–"]
    assert "still to come" in asides["▭"]
    assert asides["≈"] == "swings too much to judge: 1"
    assert asides["·"] == "too few to say: 7"
    assert asides["○"] == "none recorded for over a year: 5"
    assert not any("an uptick" in aside for aside in asides.values())


def test_a_region_without_data_is_not_called_judged():
    page = front_page(numbers_of(no_coverage=("2020-04-10..2020-04-12@Erbil",)))
    assert "Of the 17 other regions 4 show no uptick, 13 cannot be judged." in page.sure
    nothing = next(group for group in page.groups if group.key == "nothing")
    assert ("✕", "Erbil") in [(part.sign, part.names) for part in nothing.parts]


def test_what_the_analyst_says_stands_beside_its_region():
    page = front_page(
        numbers_of(comment="Reports from Anbar were slow.\n\nkirkuk: Hawija carries half of it.")
    )
    assert page.comment == ("Reports from Anbar were slow.",)
    assert page.standouts[0].comment == "Hawija carries half of it."


def test_one_series_has_no_lines_of_groups_and_no_map():
    numbers = numbers_of(by=None)
    page = front_page(numbers)
    assert page.groups == ()
    assert map_figure(numbers) is None
    assert page.headline == "No sign of an uptick."
    assert page.country.name == "All incidents"
    assert page.next_lines.startswith("Next week an uptick starts at ")


def test_the_strip_says_what_is_counted_and_who_answers_for_it(page):
    numbers = numbers_of(
        where="activity = 'attack'", author="the desk", handling="internal", completeness=0.9
    )
    made = front_page(numbers)
    assert made.limits == ("Only incidents whose activity is attack, simulated",)
    assert "reported so far: about 90 %" in made.strip
    assert made.strip[-2:] == ("the desk", "internal")
    named = replace(numbers, request=replace(numbers.request, subtitle="attacks"))
    assert front_page(named).limits == ("Only attacks, simulated",)
    assert page.strip[1] == "the fortnight 6 to 19 April 2020 against the year to 8 March"


def test_a_week_still_running_is_told(page):
    midweek = front_page(numbers_of("2020-04-15"))
    assert any(
        re.search(r"still running \(3 of 7 days\): its \d+ incidents so far", line) for line in midweek.news
    )
    assert not any("running" in line for line in page.news)


def test_place_and_title_are_named_not_the_file(sample):
    assert sample.place == "Iraq"
    assert sample.title == "SIMULATED: Iraq, Weekly trend report, 2020-W16"
    desk = numbers_of(
        title="Desk weekly", issue="16", next_issue="2020-04-27", regions="disputed_territories", by="admin2"
    )
    assert desk.title == "SIMULATED: Iraq: disputed territories, Desk weekly, 2020-W16"
    assert desk.heading_right == "2020-W16 · issue 16 · next: 27 April"


# -- simulated, and how it is set -------------------------------------------------------------------------


def test_simulated_stands_in_what_can_leave_the_page_and_not_in_every_sentence(page, sample, shown):
    assert str(shown).startswith("SIMULATED data: Uptick in Kirkuk.")
    assert sample.title.startswith("SIMULATED")
    assert shown.figures[0].alt.startswith("SIMULATED: ")
    assert "SIMULATED data: Bars of incidents per week" in shown.typst()
    assert not any("SIMULATED" in line for line in page.sentences())
    assert "simulated" in page.strip[0]


def test_the_front_page_opens_the_report_in_place_of_a_title(shown):
    data, about = shown._repr_mimebundle_()
    assert about["text/x-typst"]["uptick"]["opens"] is True
    assert data["text/x-typst"].startswith("#weekly-front(")
    assert "<h1" in data["text/html"]


def test_a_report_may_be_made_again_with_another_comment(sample_report):
    request = ReportRequest(
        sample=True, as_of="2020-04-19", comment="Looked at again.", title="Desk", paper="letter"
    )
    check_not_another(sample_report.pdf, request)


def test_without_enough_history_nothing_is_judged_and_the_reason_stands_first():
    page = front_page(numbers_of("2018-03-04"))
    assert page.headline == "No answer: not one of 18 regions could be judged."
    assert page.sure.startswith("9 weeks of history, 16 needed")
    assert page.new == "Not known: too little history for a look at the week before."
    assert page.country.lead.startswith("55 in the fortnight, usual not known")


def test_a_filter_that_fits_nothing_is_no_quiet_week(sample):
    counts = replace(sample.counts, values=np.zeros_like(sample.counts.values))
    request = replace(sample.request, where="activity = 'atack'")
    page = front_page(replace(sample, counts=counts, request=request))
    assert page.headline == "Nothing was counted."
    assert page.sure == (
        "No incident of the file fits activity = 'atack'. This says nothing about what happened."
    )
    assert page.new == ""


def test_a_country_in_which_nothing_could_be_judged_says_so(sample):
    grades = ["too_few"] * 13 + ["none_recorded"] * 5
    frame = sample.result.frame.assign(verdict="cannot be told", grade=grades)
    rows = sample.rows.assign(verdict="cannot be told", grade=grades)
    whole = replace(sample.national, evidence=None)  # not called the week before either
    numbers = replace(sample, result=replace(sample.result, frame=frame), national=whole)
    numbers.__dict__["rows"] = rows  # as if it had been computed
    page = front_page(numbers)
    assert page.headline == "No answer: not one of 18 regions could be judged."
    assert page.sure == "Not at all: 13 with too few incidents, 5 with none recorded."
    assert page.new == "Not known: no region could be judged this week."
    assert page.nothing == ("No region could be judged", "This is no sign of quiet.")
    assert page.closest == ()


def test_days_of_the_baseline_without_data_are_told_beside_its_length(sample, page):
    coverage = sample.counts.coverage.copy()
    lost = (sample.counts.starts >= np.datetime64("2019-06-03")) & (
        sample.counts.starts < np.datetime64("2019-07-01")
    )
    coverage[lost] = False
    limits = front_page(replace(sample, counts=replace(sample.counts, coverage=coverage))).limits
    assert limits[0] == "28 days of the year compared with are without data"
    assert not any("without data" in part for part in page.limits)


def test_silence_that_was_taken_as_quiet_is_told_on_the_front_page(tmp_path):
    """Spells without any report that somebody has answered for, as in SIGACT files of units that left."""
    days = pd.date_range("2018-12-01", "2020-04-12")
    days = days[(days < "2019-06-01") | (days > "2019-07-10")]
    frame = pd.concat([pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "admin1": n}) for n in ("A", "B")])
    path = tmp_path / "incidents.csv"
    frame.to_csv(path, index=False)
    told = front_page(numbers_of("2020-04-12", path, gap_is_quiet=True)).news
    assert told[0].startswith("No incident at all is dated 2019-06-01..2019-07-10 (40 days), where about")
    assert told[0].endswith("taken as quiet, as stated.")


# -- a season, and a trend -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seasonal(tmp_path_factory):
    """SIMULATED: a rise at the low of a season, one on a trend, and regions where nothing changes."""
    rng, days = np.random.default_rng(77), pd.date_range("2017-01-02", "2020-04-19")
    at = np.arange(len(days))
    season = np.cos(2 * np.pi * (at - at[-1]) / 365.25)
    rate = {"Low": 0.6 * np.exp(-0.9 * season), "High": 0.6 * np.exp(0.9 * season)}
    rate |= {"Trend": 0.25 * np.exp(2.2 * at / at.size), "Calm": np.full(at.size, 0.4)}
    rate["Low"][-14:] *= 5
    rate["Trend"][-14:] *= 1.3
    drawn = {name: rng.poisson(mean) for name, mean in rate.items()}
    rows = [(day, name) for name, counts in drawn.items() for day in days.repeat(counts)]
    path = tmp_path_factory.mktemp("seasonal") / "simulated.csv"
    pd.DataFrame(rows, columns=["date", "admin1"]).assign(country="Testland").to_csv(path, index=False)
    return numbers_of(path=path, by="admin1")


def test_a_verdict_rests_on_the_season_where_one_shows(seasonal):
    frame = seasonal.result.frame.set_index("region")
    assert frame["null"].to_dict() == {
        "Calm": "constant", "High": "expected", "Low": "expected", "Trend": "constant",
    }  # fmt: skip
    assert sorted(seasonal.result.regions("supported")) == ["Low", "Trend"]
    assert frame.loc["Low", "pvalue_constant"] > 0.05
    assert frame.loc["High", "pvalue_constant"] < frame.loc["High", "pvalue"]


def test_the_front_page_says_where_the_other_null_hypothesis_disagrees(seasonal):
    page = front_page(seasonal)
    assert (
        "By the other yardstick: against trend and season no uptick in Trend; against the baseline's mean no "
        "uptick in Low." in page.news
    )
    low, trend = (next(item for item in page.standouts if item.region == name) for name in ("Low", "Trend"))
    assert low.checks == (
        "Still an uptick against trend and season and without its largest past rise. "
        "No uptick against the baseline's mean."
    )
    assert "Trend and season could explain it." in trend.checks


def test_the_usual_of_a_week_is_that_of_its_season(seasonal):
    rows = seasonal.rows.set_index("region")
    frame = seasonal.result.frame.set_index("region")
    assert "easing" not in rows.loc["Low", "status"]  # half the year's mean is above what it holds
    _, _, usual = seasonal.result.evidence.last_days(seasonal.result.frame)
    by_region = dict(zip(seasonal.counts.regions, usual, strict=True))
    assert by_region["Low"] == pytest.approx(frame.loc["Low", "expected"] / 2, rel=RTOL)
    past = seasonal.result.baseline.contains(seasonal.counts.starts)
    calm = seasonal.counts.values[past, list(seasonal.counts.regions).index("Calm")]
    assert by_region["Calm"] == pytest.approx(7 * calm.mean(), rel=RTOL)
