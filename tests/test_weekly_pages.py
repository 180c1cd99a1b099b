"""The pages behind the first say what results and file say, and what is missing is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

from analytics import read_incidents
from analytics.bundled import bundled_path
from analytics.errors import InputError
from analytics.reporting import report_style
from analytics.reporting.content import weekly
from analytics.reporting.content.weekly import report_record, weekly_content, weekly_counts, weekly_numbers
from analytics.reporting.content.weekly.issue import changes_since, issue_of, read_issue
from analytics.reporting.content.weekly.request import SECTIONS
from analytics.results import p_words

SAMPLE = "data/iraq_simulated.csv"


def numbers_of(path=None, as_of="2020-04-19", **options):
    if path is None:
        options["sample"] = True
    return weekly_numbers(weekly_counts(path, as_of=as_of, **options))


@pytest.fixture(scope="module")
def sample():
    return numbers_of()


@pytest.fixture(scope="module")
def content(sample):
    return weekly_content(sample)


@pytest.fixture(scope="module")
def midweek():
    return numbers_of(as_of="2020-04-15")


@pytest.fixture(scope="module")
def rows():
    """The sample read once more, by pandas alone, without the rows that are no incidents."""
    kept = set(read_incidents(bundled_path(SAMPLE), as_of="2020-04-19").frame["row"])
    raw = pd.read_csv(bundled_path(SAMPLE), dtype=str)
    raw = raw[[number in kept for number in range(2, len(raw) + 2)]]
    return raw.assign(day=pd.to_datetime(raw["date_start"]), dead=pd.to_numeric(raw["fatalities"]))


def table_file(tmp_path, names, *, last="2020-04-12", by="admin1", **more):
    """A plain table of one incident every other day for each name, from 2018-12-01 on."""
    days = pd.date_range("2018-12-01", last, freq="2D")
    frame = pd.concat([pd.DataFrame({"date": days.strftime("%Y-%m-%d"), by: name}) for name in names])
    path = tmp_path / "incidents.csv"
    frame.assign(**more).to_csv(path, index=False)
    return path


def week_of(rows, first):
    start = pd.Timestamp(first)
    return rows[(rows["day"] >= start) & (rows["day"] < start + pd.Timedelta(days=7))]


# -- country ----------------------------------------------------------------------------------------------


def test_the_comparisons_are_those_of_the_file(content, rows):
    found = content.country.comparisons
    sizes = {day: len(week_of(rows, day)) for day in pd.date_range("2019-03-18", "2020-04-13", freq="7D")}

    def mean(first):
        return np.mean([sizes[pd.Timestamp(first) + pd.Timedelta(weeks=i)] for i in range(4)])

    assert [c.then for c in found[:3]] == [
        sizes[pd.Timestamp("2020-04-06")], mean("2020-03-16"), sizes[pd.Timestamp("2019-04-15")],
    ]  # fmt: skip
    assert (found[3].now, found[3].then) == (mean("2020-03-23"), mean("2019-03-25"))
    assert found[0].words == "24 % fewer"
    assert content.country.takeaway == "This week: 24 % fewer than last week"


def test_intervals_stand_only_where_the_test_gives_them(content, sample):
    intervals = [c.interval for c in content.country.comparisons]
    row = sample.national.frame.iloc[0]
    assert [bool(text) for text in intervals] == [False] * 4 + [True] * 2
    assert intervals[-1] == f"{row['low']:.2f} to {row['high']:.2f}"


def test_a_week_without_coverage_is_compared_with_nothing(tmp_path):
    path = table_file(tmp_path, ["Kirkuk", "Basra"])
    gap = ("2020-04-06..2020-04-07@Basra",)
    content = weekly_content(numbers_of(path, "2020-04-12", no_coverage=gap))
    assert content.country.comparisons[0].words == "not compared: no full coverage"
    assert "no full coverage" in content.country.takeaway
    assert "last week" in content.front.country.aside


# -- where and cards --------------------------------------------------------------------------------------


def test_districts_add_up_to_their_region_and_are_those_of_the_file(content, sample, rows):
    inside = content.where.inside
    observed = sample.result.frame.set_index("region")["observed"]
    for region in inside:
        assert (
            sum(part.observed for part in region.parts) + region.more
            == region.observed
            == observed[region.region]
        )
    kirkuk = next(region for region in inside if region.region == "Kirkuk")
    recent = rows[rows["day"] >= "2020-04-06"]
    plain = recent["admin2"].str.normalize("NFKD").str.encode("ascii", "ignore").str.decode("ascii")
    daquq = (plain.str.contains("daq", case=False, na=False) | recent["admin2"].eq("داقوق")).sum()
    assert next(part.observed for part in kirkuk.parts if part.name == "Daquq") == daquq


def test_usual_of_the_parts_adds_up_to_the_usual_of_the_region(sample, content):
    card = content.cards.cards[0]
    title, parts, _ = next(part for part in card.parts if part[0] == "Event types")
    expected = sample.result.frame.set_index("region").loc["Kirkuk", "expected"]
    assert title == "Event types"
    assert sum(part.usual for part in parts) == pytest.approx(expected, rel=1e-9)


def test_another_method_is_named_as_such_and_not_on_the_front(content):
    assert content.where.method[0].startswith("Another method, more sensitive")
    assert "Budget" in content.where.method[1]
    assert not any("predictive" in line for line in content.front.sentences())


def test_each_card_has_three_checks_and_incidents_without_names(content, midweek, rows):
    card = content.cards.cards[0]
    assert [check.stands for check in card.checks] == [True, True, True]
    assert card.checks[2].what == "without its largest past episode (12 to 25 February 2020)"
    recent = rows[
        (rows["day"] >= "2020-04-06")
        & rows["admin1"].str.contains("kirk|كركوك|ta'm|tam", case=False, na=False)
    ]
    assert card.notable[0].casualties.startswith(f"{recent['dead'].max():.0f} killed")
    kirkuk = midweek.result.frame.set_index("region").loc["Kirkuk"]
    again = weekly_content(midweek).cards.cards[0]
    assert again.checks[0].found == p_words(kirkuk["pvalue_expected"])
    assert len(again.weeks.weeks) == 52


def test_an_uptick_that_trend_and_season_explain_says_so(sample):
    changed = replace(
        sample, result=replace(sample.result, frame=sample.result.frame.assign(pvalue_expected=0.4))
    )
    content = weekly_content(changed)
    assert content.cards.cards[0].checks[0].stands is False
    assert "Trend and season could explain it." in content.front.standouts[0].checks


def test_no_card_where_nothing_is_called():
    assert weekly_content(numbers_of(as_of="2019-11-10")).cards is None


def test_the_maps_say_only_what_their_numbers_say(sample):
    with report_style():
        assert weekly.map_figure(sample, "level").caption.endswith(
            "has most incidents of the fortnight 6 to 19 April 2020: 45"
        )
        assert weekly.map_figure(sample, "change").caption == "Kirkuk is furthest above its usual: 3.0 times"
        fewer = sample.result.frame.assign(observed=1.0)
        low = replace(sample, result=replace(sample.result, frame=fewer))
        assert weekly.map_figure(low, "change").caption == (
            "No region with five or more expected is above its usual"
        )
        assert weekly.map_figure(low, "level").caption.startswith(
            "Anbar, Babil, Baghdad and 15 more have most"
        )


# -- every region -----------------------------------------------------------------------------------------


def test_every_region_is_a_row_or_folded(content, sample):
    page = content.regions
    shown = page.table.frame["region"].tolist()
    folded = [name for name in sample.counts.regions if name in page.folded]
    assert sorted([*shown, *folded]) == sorted(sample.counts.regions)
    assert shown[0] == "Kirkuk"
    assert page.table.frame["grade"].iloc[0] == "▲ uptick"
    assert page.folded.startswith("11 governorates without an incident in the fortnight")
    assert list(page.table.emphasise) == [True] + [False] * 6
    assert page.table.notes[1].endswith("Model-based p-values: Kirkuk.")


def test_small_bars_never_hold_the_running_week(midweek):
    frame = weekly_content(midweek).regions.table.frame.set_index("region")
    whole = midweek.counts.select(["Kirkuk"]).resample("week").values[:-1, 0]
    assert list(frame.loc["Kirkuk", "weeks"]) == whole[-26:].astype(float).tolist()


def test_upticks_beyond_the_first_few_are_counted(tmp_path):
    names = ["Anbar", "Babil", "Baghdad", "Basra", "Diyala", "Erbil", "Karbala", "Kirkuk"]
    path = table_file(tmp_path, names)
    rows = pd.read_csv(path)
    rising = rows[(rows["date"] > "2020-03-30") & (rows["admin1"] < "Karbala")]
    pd.concat([rows, *[rising] * 6]).to_csv(path, index=False)
    page = weekly_content(numbers_of(path, "2020-04-12")).front
    assert (
        page.headline == "Uptick in Anbar, Babil, Baghdad, Basra and 2 more, and in the country as a whole."
    )
    assert [s.region for s in page.standouts] == names[:6]


# -- kinds and trust --------------------------------------------------------------------------------------


def test_fatalities_low_best_and_high_are_those_of_the_file(content, rows):
    week = week_of(rows, "2020-04-13")
    row = content.kinds.severity.frame.iloc[0]
    stated = week[week["dead"].notna()]
    low = pd.to_numeric(stated["fatalities_low"]).fillna(stated["dead"]).sum()
    high = pd.to_numeric(stated["fatalities_high"]).fillna(stated["dead"]).sum()
    assert (row["low"], row["best"], row["high"]) == (low, stated["dead"].sum(), high)
    assert row["unstated"] == week["dead"].isna().mean()
    assert row["each"] == pytest.approx(stated["dead"].mean())


def test_fatalities_nobody_states_are_not_zero(tmp_path):
    numbers = numbers_of(table_file(tmp_path, ["Kirkuk"]), "2020-04-12")
    page = weekly_content(numbers).kinds
    assert page.severity is None
    assert "not a zero" in page.severity_note
    assert page.types == "No event type is stated, so there is no table by type."
    assert weekly.severity_figure(numbers) is None


def test_rows_add_up_and_faults_stand_apart_from_late_rows(content, midweek):
    frame = content.trust.account.frame
    at = dict(zip(frame["what"], frame["rows"], strict=True))
    aside = sum(n for what, n in at.items() if what.startswith("set aside"))
    assert at["rows read"] == at["kept as incidents"] + aside == 5162
    assert at["kept as incidents"] == at["in the grid"] + at["unplaced"]
    earlier = weekly_content(midweek).trust
    assert "after the cut-off, nothing wrong with them" in earlier.account.frame["what"].tolist()
    assert not (earlier.faults.frame["reason"] == "date after as_of").any()


@pytest.mark.slow
@pytest.mark.parametrize(("share", "said"), [(None, "is not known"), (0.8, "80 % of the window's")])
def test_completeness_is_said(share, said):
    numbers = numbers_of(completeness=share)
    assert said in weekly_content(numbers).trust.completeness
    assert bool(numbers.result.regions("not supported")) == (share is not None)


def test_what_is_not_known_is_said(tmp_path, content):
    page = weekly_content(numbers_of(table_file(tmp_path, ["Kirkuk", "Basra"]), "2020-04-12")).trust
    assert "no incident states the day of its report" in page.delay
    assert "--previous" in page.revisions
    assert "not stated" in page.sources
    assert page.coverage.startswith("Every region was covered")
    assert page.faults is None
    assert content.trust.coverage.startswith(
        "21 of 15,120 region-days have no coverage: 2019-05-06..2019-05-26@Anbar"
    )


# -- earlier issues ---------------------------------------------------------------------------------------


def test_an_issue_is_held_to_its_word(sample, midweek):
    before = issue_of(report_record(midweek, weekly.front_page(midweek)))
    assert before.called == ("Kirkuk",)
    changes = changes_since(sample, before)
    assert changes.corrections == ()
    now = sample.counts.until("2020-04-12").values[-14:].sum()
    came = now - sum(before.observed.values())
    said = f"Since the report of 2020-W15 {came:.0f} incidents came to its fortnight and 0 went."
    assert changes.revised == (f"{said} The file is the same.",)


def test_an_uptick_whose_records_are_gone_is_withdrawn(sample):
    kept = issue_of(report_record(sample, weekly.front_page(sample)))
    before = replace(
        kept,
        issue="15",
        grades={**kept.grades, "Diyala": "uptick"},
        observed={**kept.observed, "Diyala": 36.0},
    )
    changes = changes_since(sample, before)
    said = "Diyala's uptick of issue 15 is withdrawn: 4 incidents fewer in its fortnight now."
    assert changes.corrections == (said,)
    assert said in weekly.front_page(sample, changes).news


@pytest.mark.slow
def test_the_record_travels_in_the_notebook(sample_report, tmp_path):
    before = read_issue(sample_report.notebook)
    assert (before.label, before.called) == ("2020-W16", ("Kirkuk",))
    numbers = numbers_of(previous=sample_report.notebook)
    score = weekly_content(numbers).scorecard
    assert score.calls.frame["stands"].tolist() == ["stands on today's file"]
    assert score.basis == "Held against the report of 2020-W16, as it was sent out."
    (tmp_path / "other.ipynb").write_text('{"cells": []}', encoding="utf-8")
    for path in (tmp_path / "other.ipynb", tmp_path / "none.ipynb"):
        with pytest.raises(InputError, match="the earlier issue cannot be read"):
            read_issue(path)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "the earlier issue cannot be read"),
        ({"cells": []}, "the earlier issue cannot be read"),
        ({"week": {}}, "the earlier issue cannot be read"),
        ("other regions", "the earlier issue is about other regions"),
        ("real data", "the earlier issue is of another kind of data"),
    ],
)
def test_what_is_no_earlier_issue_is_told_before_a_kernel_starts(
    held, said, sample, tmp_path, run, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("analytics.reporting.content.weekly.run.run_document", None)
    if isinstance(held, str):
        held, kind = report_record(sample, weekly.front_page(sample)), held
        held = {**held, "simulated": False} if kind == "real data" else held
        if kind == "other regions":
            held["regions"] = [{**row, "region": f"{row['region']}-x"} for row in held["regions"]]
    if held is not None:
        (tmp_path / "before.json").write_text(json.dumps(held), encoding="utf-8")
    code, out, err = run(
        "report", "--sample", "--week", "2020-W16", "--previous", "before.json", "-o", "made"
    )
    assert (code, out) == (2, "")
    assert err.count("\n") <= 6
    assert said in err
    assert not (tmp_path / "made").exists()


def test_next_week_s_lines_are_the_result_s(content, sample):
    watch = sample.result.watch().set_index("region")
    even, three = (watch.loc["Diyala", name] for name in ("watch_from", "watch_from_3"))
    assert f"{even:.0f} in Diyala ({three:.0f})" in content.scorecard.watch[0]


def test_both_null_hypotheses_are_printed(content, sample):
    national, regions = sample.national.nulls, sample.result.nulls
    assert content.method.nulls == (
        *(f"All regions together. {null}" for null in national),
        *(f"Governorate by governorate. {null}" for null in regions),
    )


# -- sections, empty states, names ------------------------------------------------------------------------


@pytest.mark.slow
def test_sections_are_switched_by_parameter(sample):
    only = weekly_content(numbers_of(sections="regions, country"))
    assert [name for name in SECTIONS if getattr(only, name) is not None] == ["country", "regions"]
    nothing = weekly_content(numbers_of(sections="none"))
    assert all(getattr(nothing, name) is None for name in SECTIONS)
    assert weekly.show_country(nothing, sample) is None


def test_a_filter_that_nothing_passes_gives_a_report_of_nothing(tmp_path):
    path = table_file(tmp_path, ["Kirkuk", "Basra"], fatalities=0)
    numbers = numbers_of(path, "2020-04-12", where="fatalities > 5")
    content = weekly_content(numbers)
    assert content.front.headline.startswith("Nothing was counted.")
    assert content.front.closest == ()
    assert content.where.inside == ()
    with report_style():
        assert weekly.show_where(content, numbers) is not None
        assert weekly.show_front(content, numbers).figures


@pytest.mark.parametrize("by", [None, "none"])
def test_one_series_without_regions(by):
    numbers = numbers_of(as_of="2020-04-12", by=by)
    content = weekly_content(numbers)
    assert (content.where, content.regions) == (None, None)
    assert content.front.country.name == "All incidents"
    assert numbers.result.frame["pvalue"].tolist() == numbers.national.frame["pvalue"].tolist()


def test_arabic_names_of_a_column_of_the_source(tmp_path):
    path = table_file(tmp_path, ["قضاء الحويجة", "قضاء تلعفر"], by="منطقتنا")
    numbers = numbers_of(path, "2020-04-12", by="منطقتنا")
    content = weekly_content(numbers)
    assert "الحويجة" in content.regions.table.typst()
    with report_style():  # a missing glyph is a warning, and warnings are errors here
        assert "الحويجة" in weekly.show_front(content, numbers).typst()


def test_real_data_are_never_called_simulated(tmp_path):
    numbers = numbers_of(table_file(tmp_path, ["Kirkuk", "Basra"]), "2020-04-12")
    content = weekly_content(numbers)
    with report_style():
        shown = [
            str(weekly.show_front(content, numbers)),
            str(weekly.show_trust(content, numbers)),
            numbers.title,
        ]
    assert not any("simulated" in text.casefold() for text in shown)


def test_simulated_stands_in_every_figure_and_not_in_every_caption(sample_report):
    figures = sample_report.document.figures
    assert len(figures) >= 8
    assert all(figure.alt.startswith("SIMULATED: ") for figure in figures)
    assert not any("SIMULATED" in figure.caption for figure in figures)
    assert all(figure.caption and figure.label for figure in figures if figure.label != "map-grade")
    assert all(figure.alt.removeprefix("SIMULATED: ") != figure.caption for figure in figures)


def test_the_sample_s_report_has_six_to_eight_pages(sample_report):
    assert 6 <= sample_report.pages <= 8


@pytest.mark.slow
def test_islamic_state_events_of_ucdp(shared_data):
    numbers = numbers_of(
        shared_data / "ucdp_ged_iraq_hdx.csv",
        "2017-12-31",
        where="side_a_new_id = 234 or side_b_new_id = 234",
        completeness=1.0,
    )
    assert numbers.incidents.accounting.rows_read == 7474
    assert numbers.label == "2017-W52"
    # 3 incidents where 24.1 were expected; the year's collapse makes the dispersion so large that even that
    # does not rule out a ratio of 1.5.
    page = weekly.front_page(numbers)
    assert page.country.lead.startswith("3 in the fortnight, usual 24:")
    assert re.search(r"\d+ of 18 cannot be judged|not one of 18 regions", f"{page.headline} {page.sure}")
    assert int(numbers.unstated.values.sum()) == 0  # UCDP states deaths for every event


def test_a_name_that_no_font_holds_is_told_among_the_notes(tmp_path):
    numbers = numbers_of(table_file(tmp_path, ["𠮷野", "北京"]), "2020-04-12")
    notes = weekly_content(numbers).trust.notes
    assert "Characters that no font here holds are written as their codes: [U+20BB7]野." in notes
