"""The weekly report says what the results say, and nothing it does not know."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import json
import re
from dataclasses import MISSING, fields, replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

mpl.use("Agg")

from analytics import UptickError, read_incidents, region_table
from analytics.bundled import bundled_path
from analytics.errors import OptionError, OutputError
from analytics.periods import WEEKDAYS
from analytics.reporting import ReportText
from analytics.reporting.content import weekly
from analytics.reporting.content import weekly as room
from analytics.reporting.content.weekly import ReportRequest, weekly_counts, weekly_numbers, weekly_report
from analytics.reporting.content.weekly.names import check_not_another, report_name, reported_week
from analytics.results import p_words

SAMPLE = "data/iraq_simulated.csv"
REQUEST = ReportRequest(sample=True, as_of="2020-04-19")


@pytest.fixture(scope="module")
def sample():
    return weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19"))


@pytest.fixture(scope="module")
def midweek():
    return weekly_numbers(weekly_counts(sample=True, as_of="2020-04-15"))


@pytest.fixture(scope="module")
def rows():
    """The sample read once more, by pandas alone, without the rows that are no incidents."""
    kept = set(read_incidents(bundled_path(SAMPLE), as_of="2020-04-19").frame["row"])
    raw = pd.read_csv(bundled_path(SAMPLE), dtype=str)
    raw = raw[[number in kept for number in range(2, len(raw) + 2)]]
    return raw.assign(day=pd.to_datetime(raw["date_start"]), dead=pd.to_numeric(raw["fatalities"]))


def table_file(tmp_path, names, *, last="2020-04-12", fatalities=None, by="admin1"):
    """A plain table of one incident every other day for each name, from 2019-01-01 on."""
    days = pd.date_range("2019-01-01", last, freq="2D")
    frame = pd.concat([pd.DataFrame({"date": days.strftime("%Y-%m-%d"), by: name}) for name in names])
    if fatalities is not None:
        frame["fatalities"] = fatalities
    path = tmp_path / "incidents.csv"
    frame.to_csv(path, index=False)
    return path


def week_of(rows, first):
    start = pd.Timestamp(first)
    return rows[(rows["day"] >= start) & (rows["day"] < start + pd.Timedelta(days=7))]


# -- the numbers ------------------------------------------------------------------------------------------


def test_sums_of_the_week_are_those_of_the_file(sample, rows):
    week = week_of(rows, "2020-04-13")
    assert sample.label == "2020-W16"
    assert sample.total.resample("week").values[-1, 0] == len(week)
    assert sample.fatalities.resample("week").values[-1, 0] == week["dead"].sum()
    assert sample.unstated.resample("week").values[-1, 0] == week["dead"].isna().sum()


def test_unstated_fatalities_follow_the_filter(rows):
    counts = weekly_counts(sample=True, as_of="2020-04-19", where="activity = 'attack'")
    week = week_of(rows, "2020-04-13")
    attacks = week[week["activity"] == "attack"]
    assert counts.unstated.resample("week").values[-1, 0] == attacks["dead"].isna().sum()
    assert counts.total.resample("week").values[-1, 0] == len(attacks)


def test_the_comparison_is_that_of_the_file(sample, rows):
    frame = weekly.comparison_table(sample).frame
    sizes = {day: len(week_of(rows, day)) for day in pd.date_range("2019-03-18", "2020-04-13", freq="7D")}

    def mean(first):
        return np.mean([sizes[pd.Timestamp(first) + pd.Timedelta(weeks=i)] for i in range(4)])

    before = [sizes[pd.Timestamp("2020-04-06")], mean("2020-03-16"), sizes[pd.Timestamp("2019-04-15")]]
    assert frame["then"].tolist()[:4] == [*before, mean("2019-03-25")]
    assert frame["now"].tolist()[3] == mean("2020-03-23")
    assert frame["ratio"].iloc[0] == pytest.approx(sizes[pd.Timestamp("2020-04-13")] / before[0])


def test_intervals_stand_only_where_the_test_gives_them(sample):
    frame = weekly.comparison_table(sample).frame
    assert frame["interval"].isna().tolist() == [True] * 4 + [False] * 2
    row = sample.national.frame.iloc[0]
    assert frame["interval"].iloc[-1] == f"{row['low']:.2f} to {row['high']:.2f}"


def test_week_53_is_compared_with_52_weeks_before(tmp_path):
    path = table_file(tmp_path, ["Kirkuk"], last="2021-01-03")
    counts = weekly_counts(path, as_of="2021-01-03")
    assert counts.label == "2020-W53"
    assert (str(counts.last_year()), counts.last_year_words) == ("2019-12-30", "52 weeks before")
    earlier = weekly_counts(path, as_of="2020-12-27")
    assert (str(earlier.last_year()), earlier.last_year_words) == ("2019-12-23", "same week last year")


def test_weeks_that_start_on_saturday_are_labelled_by_their_first_day():
    counts = weekly_counts(sample=True, as_of="2020-04-17", week_start="saturday")
    assert counts.label == "2020-04-11+7d"
    assert str(counts.week) == "2020-04-11..2020-04-17"
    assert counts.last_year_words == "52 weeks before"


# -- words ------------------------------------------------------------------------------------------------


def test_key_sentences_are_three_to_five_and_say_the_results(sample):
    said = weekly.key_sentences(sample).paragraphs
    assert 3 <= len(said) <= 5
    row = sample.national.frame.iloc[0]
    assert f"{row['observed']:.0f} incidents in the 14 days to 2020-04-19" in said[0]
    assert "cannot be told" in said[0]
    kirkuk = sample.result.frame.set_index("region").loc["Kirkuk"]
    assert "Uptick in Kirkuk. No other region shows one; " in said[1]
    assert f"Kirkuk ({kirkuk['observed']:.0f} where" in said[1]
    assert "Fatalities, described and not tested" in said[-1]


def test_everything_said_of_simulated_data_says_so(sample):
    assert sample.title.startswith("SIMULATED")
    assert all(s.startswith("SIMULATED: ") for s in weekly.key_sentences(sample).paragraphs)
    assert all("simulated" in card.label for card in weekly.front_cards(sample).cards)
    for name in ("trend_figure", "region_figure", "ratio_figure", "severity_figure"):
        figure = getattr(room, name)(sample)
        assert figure.caption.startswith("SIMULATED: ")
        assert figure.alt.startswith("SIMULATED: ")
    for name in ("movers_table", "comparison_table", "sensitivity_table", "severity_table", "type_table",
                 "accounting_table", "quarantine_table", "parameter_table"):  # fmt: skip
        assert getattr(room, name)(sample).caption.startswith("SIMULATED: "), name
    assert any("simulated" in line for line in weekly.notices(sample).paragraphs)


def test_real_data_are_never_called_simulated(tmp_path):
    numbers = weekly_numbers(weekly_counts(table_file(tmp_path, ["Kirkuk", "Basra"]), as_of="2020-04-12"))
    said = [numbers.title, *weekly.key_sentences(numbers).paragraphs, *weekly.notices(numbers).paragraphs]
    assert not any("simulated" in text.casefold() for text in said)


def test_cards_hold_the_figures(sample, rows):
    cards = weekly.front_cards(sample).cards
    week = week_of(rows, "2020-04-13")
    assert [card.value for card in cards] == [str(len(week)), "1", f"{week['dead'].sum():.0f}", "6"]
    assert cards[1].accent
    assert not cards[0].accent


def test_a_running_week_is_provisional_and_not_the_report_s_week(midweek):
    assert midweek.label == "2020-W15"
    assert str(midweek.running) == "2020-04-13..2020-04-15"
    notice = weekly.notices(midweek)
    assert notice.kind == "provisional"
    assert "still running on 2020-04-15 (3 of 7 days)" in notice.paragraphs[0]
    assert midweek.result.recent.end == np.datetime64("2020-04-12")


def test_a_week_that_is_over_is_not_called_provisional(sample):
    assert sample.running is None
    assert weekly.notices(sample).kind == "notice"


@pytest.mark.parametrize(("share", "said"), [(None, "is not known"), (0.8, "80 % of the recent")])
def test_completeness_is_said(share, said):
    numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-19", completeness=share))
    assert any(said in line for line in weekly.notices(numbers).paragraphs)
    never = numbers.result.regions("not supported")
    assert bool(never) == (share is not None)


# -- tables -----------------------------------------------------------------------------------------------


def test_the_movers_table_has_every_region_upticks_first(sample):
    table = weekly.movers_table(sample)
    assert sorted(table.frame["region"]) == sorted(region_table("Iraq", "admin1").names)
    assert table.frame["region"].iloc[0] == "Kirkuk"
    assert table.frame["verdict"].iloc[0].startswith("▲ uptick: ")
    assert list(table.emphasise) == [True] + [False] * 17
    assert not table.frame["verdict"].iloc[1:].str.startswith(("▲", "▬")).any()
    assert table.frame["verdict"].iloc[-1].startswith("○ none recorded since ")
    assert all(bars[-1] == week for bars, week in zip(table.frame["weeks"], table.frame["week"], strict=True))


def test_upticks_beyond_the_first_few_are_counted(tmp_path):
    names = ["Anbar", "Babil", "Baghdad", "Basra", "Diyala", "Erbil", "Karbala", "Kirkuk"]
    path = table_file(tmp_path, names)
    rows = pd.read_csv(path)
    rising = rows[(rows["date"] > "2020-03-30") & (rows["admin1"] < "Karbala")]
    pd.concat([rows, *[rising] * 6]).to_csv(path, index=False)
    numbers = weekly_numbers(weekly_counts(path, as_of="2020-04-12"))
    said = next(s for s in weekly.key_sentences(numbers).paragraphs if s.startswith("Uptick in"))
    assert said.startswith("Uptick in Anbar, Babil, Baghdad, Basra and 2 more. ")
    named, rest = said.split(". Anbar (")[1].split(" and 2 more. ")
    named = "Anbar (" + named
    assert [sum(name in part for name in names) for part in (named, rest)] == [4, 0]
    assert " and 2 more (" in weekly.region_figure(numbers).caption


def test_p_values_that_rest_on_the_model_are_named(sample):
    marked = sample.result.frame.set_index("region")["model_based"]
    assert marked.index[marked].tolist() == ["Kirkuk"]
    assert weekly.movers_table(sample).notes[0].endswith("Model-based p-values: Kirkuk.")


def test_small_bars_never_hold_the_running_week(midweek):
    frame = weekly.movers_table(midweek).frame.set_index("region")
    whole = midweek.counts.select(["Kirkuk"]).resample("week").values[:-1, 0]
    assert frame.loc["Kirkuk", "weeks"] == whole[-26:].astype(float).tolist()


def test_each_uptick_is_tested_three_times_more(midweek):
    table = weekly.sensitivity_table(midweek)
    assert table.frame["region"].tolist() == ["Kirkuk", "all regions together"]
    # Fewer had been reported by then: without coarse dates the whole country is no longer called.
    kinds = table.frame["coarse dates excluded"].str.split(" (", regex=False).str[0].tolist()
    assert kinds == ["uptick", "cannot be told"]
    kirkuk = midweek.result.frame.set_index("region").loc["Kirkuk"]
    assert table.frame["expected"].iloc[0] == p_words(kirkuk["pvalue_expected"])


def test_both_null_hypotheses_are_printed(sample):
    said = weekly.null_sentences(sample).paragraphs
    national, regions = sample.national.nulls, sample.result.nulls
    assert said == [
        *(f"SIMULATED: All regions together. {null}" for null in national),
        *(f"SIMULATED: Governorate by governorate. {null}" for null in regions),
    ]
    p = sample.national.frame["pvalue_expected"].iloc[0]
    assert f"Expected null (recent mean = trend, season and calendar): {p_words(p)}" in said[1]


def test_an_uptick_that_trend_and_season_explain_says_so(sample):
    assert "could explain" not in weekly.key_sentences(sample).paragraphs[1]
    frame = sample.result.frame.assign(pvalue_expected=0.4)
    changed = replace(sample, result=replace(sample.result, frame=frame))
    assert weekly.key_sentences(changed).paragraphs[1].endswith("Trend and season could explain it.")


def test_days_of_the_calendar_are_named_on_the_front_page(sample):
    note = "14 of 14 recent days lie in the curfew of 2020, no day of the baseline"
    assert f"{note}: its effect cannot be told from an uptick." in weekly.notices(sample).paragraphs
    assert any(note in line for line in weekly.notes_text(sample).paragraphs)
    earlier = weekly_numbers(weekly_counts(sample=True, as_of="2020-03-01"))
    assert not any("curfew" in line for line in weekly.notices(earlier).paragraphs)


def test_rows_add_up_in_the_accounting(sample):
    frame = weekly.accounting_table(sample).frame
    at = dict(zip(frame["what"], frame["rows"], strict=True))
    aside = sum(n for what, n in at.items() if what.startswith("set aside"))
    assert at["rows read"] == at["kept as incidents"] + aside == 5162
    assert at["kept as incidents"] == at["in the grid"] + at["unplaced"]


def test_rows_with_a_fault_come_before_those_that_are_only_late(midweek):
    frame = weekly.quarantine_table(midweek).frame
    late = (frame["reason"] == "date after as_of").tolist()
    assert late == sorted(late)
    assert not late[0]


def test_types_add_up_to_the_week(sample):
    frame = weekly.type_table(sample).frame
    assert frame["week"].sum() == sample.total.resample("week").values[-1, 0]


# -- empty states -----------------------------------------------------------------------------------------


def test_without_upticks_and_faults_the_report_explains_itself(tmp_path):
    numbers = weekly_numbers(weekly_counts(table_file(tmp_path, ["Kirkuk", "Basra"]), as_of="2020-04-12"))
    assert weekly.key_sentences(numbers).paragraphs[1].startswith("No region shows an uptick")
    assert "none to test again" in str(weekly.sensitivity_table(numbers))
    assert str(weekly.quarantine_table(numbers)) == "No row was set aside."
    assert "no event type" in str(weekly.type_table(numbers))


def test_fatalities_nobody_states_are_not_zero(tmp_path):
    numbers = weekly_numbers(weekly_counts(table_file(tmp_path, ["Kirkuk"]), as_of="2020-04-12"))
    assert weekly.front_cards(numbers).cards[2].value == "–"
    assert "Fatalities are not known" in weekly.key_sentences(numbers).paragraphs[-1]
    assert isinstance(weekly.severity_figure(numbers), ReportText)
    assert weekly.severity_table(numbers).frame["fatalities"].isna().all()


def test_a_filter_that_nothing_passes_gives_a_report_of_nothing(tmp_path):
    path = table_file(tmp_path, ["Kirkuk", "Basra"], fatalities=0)
    numbers = weekly_numbers(weekly_counts(path, as_of="2020-04-12", where="fatalities > 5"))
    assert "no incident" in weekly.key_sentences(numbers).paragraphs[0]
    assert weekly.front_cards(numbers).cards[0].value == "0"
    assert weekly.ratio_figure(numbers).caption == "No governorate could be tested"


def test_a_week_without_coverage_is_not_summed(tmp_path):
    path = table_file(tmp_path, ["Kirkuk", "Basra"])
    gap = ("2020-04-06..2020-04-07@Basra",)
    numbers = weekly_numbers(weekly_counts(path, as_of="2020-04-12", no_coverage=gap))
    assert "no coverage" in weekly.key_sentences(numbers).paragraphs[2]
    assert weekly.front_cards(numbers).cards[0].value == "–"
    assert weekly.comparison_table(numbers).frame["ratio"].iloc[0] is not None
    assert np.isnan(weekly.comparison_table(numbers).frame["ratio"].iloc[0])
    assert any(gap[0] in line for line in weekly.notes_text(numbers).paragraphs)


def test_arabic_names_of_a_column_of_the_source(tmp_path):
    path = table_file(tmp_path, ["قضاء الحويجة", "قضاء تلعفر"], by="منطقتنا")
    numbers = weekly_numbers(weekly_counts(path, as_of="2020-04-12", by="منطقتنا"))
    table = weekly.movers_table(numbers)
    assert sorted(table.frame["region"]) == ["قضاء الحويجة", "قضاء تلعفر"]
    assert "الحويجة" in table.typst()
    from analytics.reporting import report_style

    with report_style():  # a missing glyph is a warning, and warnings are errors here
        assert "<svg" in weekly.region_figure(numbers).svg
        assert "<svg" in weekly.ratio_figure(numbers).svg


# -- the files --------------------------------------------------------------------------------------------


def test_the_pdf_and_its_notebook_are_there(sample_report):
    assert sample_report.pdf.name == "uptick-weekly-2020-W16.pdf"
    assert sample_report.pdf.read_bytes().startswith(b"%PDF-")
    assert 4 <= sample_report.pages <= 8
    assert sample_report.notebook.name == "uptick-weekly-2020-W16.ipynb"
    assert sorted(p.name for p in sample_report.pdf.parent.iterdir()) == [
        "uptick-weekly-2020-W16.ipynb",
        "uptick-weekly-2020-W16.pdf",
    ]


def test_setting_the_pdf_takes_less_than_two_seconds(sample_report):
    assert sample_report.seconds_convert < 2


def test_the_same_input_gives_the_same_bytes(sample_report, tmp_path):
    steps = []
    again = weekly_report(
        None,
        sample=True,
        as_of=np.datetime64("2020-04-19"),
        output=tmp_path / "new" / "folder",
        progress=lambda done, total, what: steps.append((done, total)),
    )
    assert again.pdf.read_bytes() == sample_report.pdf.read_bytes()
    assert again.notebook.read_bytes() == sample_report.notebook.read_bytes()
    assert all(done < total for done, total in steps)


def test_every_figure_has_a_caption_and_a_description(sample_report):
    cells = json.loads(sample_report.notebook.read_text(encoding="utf-8"))["cells"]
    about = [
        output["metadata"]["image/svg+xml"]["uptick"]
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(about) == 4
    assert all(a["caption"].startswith("SIMULATED") and a["alt"] and a["label"] for a in about)


def test_no_machine_path_is_left_in_the_executed_notebook(sample_report):
    text = sample_report.notebook.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work|tmp|Users|private)/", text)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"sample": True, "as_of": "2017-01-01"}, UptickError, "as_of|days|before"),
        ({"sample": True, "as_of": "2020-04-19", "completeness": 3.0}, OptionError, "completeness"),
        ({"sample": True, "as_of": "2020-04-19", "by": "admin5"}, OptionError, "no column 'admin5'"),
        ({"sample": False, "as_of": "2020-04-19"}, OptionError, "file of incidents or the sample"),
        ({"sample": True, "as_of": "2020-04-19", "where": "actor1 ="}, UptickError, "actor1"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_written(tmp_path, options, error, said):
    options = {**options, "as_of": np.datetime64(options["as_of"])}
    with pytest.raises(error, match=said):
        weekly_report(None, output=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_told_first(tmp_path):
    (tmp_path / "out").write_text("not a folder", encoding="utf-8")
    with pytest.raises(OutputError):
        weekly_report(None, sample=True, as_of=np.datetime64("2020-04-19"), output=tmp_path / "out")


def test_a_pdf_is_no_folder(tmp_path):
    with pytest.raises(OutputError, match=r"output of a report is a folder[\s\S]*out\.pdf"):
        weekly_report(None, sample=True, as_of=np.datetime64("2020-04-19"), output=tmp_path / "out.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("day", "week_start", "name"),
    [
        ("2020-04-19", "monday", "2020-W16"),
        ("2020-04-18", "monday", "2020-W15-as-of-2020-04-18"),
        ("2020-12-31", "monday", "2020-W52-as-of-2020-12-31"),
        ("2021-01-03", "monday", "2020-W53"),
        ("2020-04-17", "saturday", "2020-04-11"),
        ("2020-04-18", "saturday", "2020-04-11-as-of-2020-04-18"),
    ],
)
def test_the_name_is_the_week_the_report_is_about(day, week_start, name):
    asked = ReportRequest(sample=True, as_of=day, week_start=week_start)
    assert report_name(asked) == f"uptick-weekly-{name}.pdf"


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "as_of": st.dates(dt.date(2020, 3, 1), dt.date(2020, 3, 20)).map(np.datetime64),
                "week_start": st.sampled_from(["monday", "saturday", "sunday"]),
                "by": st.sampled_from(["admin1", "admin2", "none", "a column", None]),
                "where": st.sampled_from([None, "fatalities > 0", "fatalities >= 0"]),
                "regions": st.sampled_from([None, "admin2", "Kirkuk", "Kirkuk,Basra", "Kirkuk, Basra"]),
                "no_coverage": st.sampled_from([[], ["2020-01-01"]]),
                "completeness": st.sampled_from([None, 0.8, 1.0]),
                "start": st.sampled_from([None, "2019-01-01"]),
            }
        ),
        min_size=2,
        max_size=2,
    )
)
def test_two_different_reports_never_have_one_name(asked):
    first, second = (ReportRequest(sample=True, **options) for options in asked)
    names = [report_name(first), report_name(second)]
    assert (names[0] == names[1]) == (first == second)
    assert all(re.fullmatch(r"uptick-weekly-[\w-]+\.pdf", name) for name in names)


@given(st.dates(dt.date(2019, 12, 1), dt.date(2021, 2, 1)), st.sampled_from(WEEKDAYS))
def test_the_reported_week_is_the_last_one_that_is_over(day, week_start):
    week = reported_week(np.datetime64(day), week_start)
    assert week.days == 7
    assert week.start.item().strftime("%A").lower() == week_start
    assert 0 <= (np.datetime64(day) - week.end).astype(int) < 7


def test_a_report_of_another_file_is_never_written_over(sample_report, tmp_path):
    pdf = sample_report.pdf.read_bytes()
    with pytest.raises(OutputError, match="made with another file"):
        weekly_report(
            table_file(tmp_path, ["Kirkuk"], last="2020-04-19"),
            sample=False,
            as_of=np.datetime64("2020-04-19"),
            output=sample_report.pdf.parent,
        )
    assert sample_report.pdf.read_bytes() == pdf
    check_not_another(sample_report.pdf, REQUEST)
    with pytest.raises(OutputError, match="made with another reading"):
        check_not_another(sample_report.pdf, replace(REQUEST, reading={"sheet": "2"}))
    (tmp_path / "alone.pdf").write_bytes(pdf)
    with pytest.raises(OutputError, match="its notebook is not there"):
        check_not_another(tmp_path / "alone.pdf", REQUEST)
    check_not_another(tmp_path / "free.pdf", REQUEST)


def test_the_report_hands_back_what_it_counted(sample_report, sample):
    assert sample_report.scope.label == "2020-W16"
    for made, known in (
        (sample_report.scope.incidents, sample.incidents),
        (sample_report.scope.counts, sample.counts),
    ):
        assert str(made.accounting) == str(known.accounting)


# -- what is asked for ------------------------------------------------------------------------------------


def test_every_option_survives_the_way_to_the_notebook_and_back(tmp_path):
    asked = ReportRequest(
        tmp_path / "a.csv", as_of=dt.date(2020, 4, 19), source="table", by="NONE", where="fatalities > 0",
        regions="Kirkuk, Basra", no_coverage=["2019-05-01", "2019-06-01..2019-06-03@Basra"], completeness=0.8,
        week_start="saturday", start="2019-01-01", covered_from="2018-01-01", columns={"date_start": "when"},
        reading={"sheet": "2"}, gap_is_quiet=True, title="Desk", subtitle="all types", issue="7",
        next_issue=dt.date(2020, 4, 27), author="the desk", handling="internal", comment="Quiet.",
        previous=tmp_path / "b.ipynb", polygons=tmp_path / "c.geojson", paper="letter",
        sections="where, country",
        sha256="ab",
    )  # fmt: skip
    usual = {field.name: field.default for field in fields(ReportRequest) if field.default is not MISSING}
    told = asked.parameters()
    assert all(told[name] != value for name, value in usual.items() if name not in ("sample", "by"))
    assert ast.literal_eval(repr(told)) == told
    assert ReportRequest.from_parameters({**told, "weekly": weekly, "numbers": 3}) == asked
    assert asked.sections == ("country", "where")
    assert asked.no_coverage == ("2019-05-01..2019-05-01", "2019-06-01..2019-06-03@Basra")


def test_the_notebook_asks_for_what_a_request_asks_for_unless_told(project):
    cells = json.loads((project / "notebooks" / "weekly_report.ipynb").read_text(encoding="utf-8"))["cells"]
    cell = next(c for c in cells if "parameters" in c["metadata"].get("tags", ()))
    stated = {s.targets[0].id: ast.literal_eval(s.value) for s in ast.parse("".join(cell["source"])).body}
    assert stated == REQUEST.parameters()
    assert list(stated) == [field.name for field in fields(ReportRequest)]


@pytest.mark.parametrize(
    "options",
    [
        {"sample": False},
        {"incidents_path": "a.csv"},
        {"as_of": "19 April"},
        {"week_start": "someday"},
        {"completeness": 0},
        {"no_coverage": ["2019-05"]},
        {"start": "2019"},
        {"reading": {"datestyle": "day/month/year"}},
        {"paper": "a5"},
        {"sections": "country,were"},
        {"comment": "word " * 200},
        {"next_issue": "soon"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_a_request_that_cannot_be_met_is_not_made(options, snapshot):
    with pytest.raises(UptickError) as caught:
        ReportRequest(**{"sample": True, "as_of": "2020-04-19", **options})
    assert str(caught.value) == snapshot


def test_a_request_or_its_options_and_not_both(tmp_path):
    with pytest.raises(OptionError, match=r"both given[\s\S]*found: by"):
        weekly_report(REQUEST, by="admin2", output=tmp_path)
    with pytest.raises(TypeError, match="bye"):
        weekly_report(sample=True, as_of="2020-04-19", bye="admin2", output=tmp_path)
    listed = inspect.signature(weekly_report).parameters
    assert list(listed) == [*(field.name for field in fields(ReportRequest)), "output", "progress"]


def test_what_the_request_holds_now_is_said_where_it_was_before(sample):
    for former, now in (("where", "request.where"), ("reading", r"request.read_with\(\)")):
        with pytest.raises(OptionError, match=f"no '{former}' any more[\\s\\S]*{now} is its name now"):
            getattr(sample, former)
    assert not hasattr(sample, "nonsense")


# -- reading, and one series ------------------------------------------------------------------------------


def test_every_reading_option_reaches_the_reader(tmp_path):
    days = pd.date_range("2019-01-01", "2020-04-12").strftime("%d/%m/%Y")
    early = days[[int(day[:2]) <= 12 for day in days]]  # both orders can be read
    text = "datum^admin1\n" + "".join(f"{day}^Diyālá\n" for day in early)
    (tmp_path / "odd.txt").write_text(text, encoding="utf-16")
    reading = {"date_style": "day/month/year", "delimiter": "^", "encoding": "utf-16"}
    columns = {"date_start": "datum"}
    options = {"as_of": "2020-04-12", "columns": columns, "by": None}
    counts = weekly_counts(tmp_path / "odd.txt", reading=reading, **options)
    assert counts.incidents.accounting.kept == len(early)
    assert str(counts.incidents.last_date) == "2020-04-12"
    shown = weekly.parameter_table(weekly_numbers(counts)).frame.set_index("what")["value"]
    assert shown["read with"] == (
        "column date_start = 'datum', date_style = 'day/month/year', delimiter = '^', encoding = 'utf-16'"
    )
    with pytest.raises(UptickError):
        weekly_counts(tmp_path / "odd.txt", **options)
    with pytest.raises(OptionError, match="unknown reading option 'datestyle'"):
        weekly_counts(tmp_path / "odd.txt", reading={"datestyle": "day/month/year"}, **options)


@pytest.mark.parametrize("by", [None, "none"])
def test_one_series_without_regions(by):
    numbers = weekly_numbers(weekly_counts(sample=True, as_of="2020-04-12", by=by))
    said = weekly.key_sentences(numbers).paragraphs
    assert said[0].startswith("SIMULATED: Over all incidents together")
    assert len(said) == 3
    assert weekly.movers_table(numbers).frame["region"].tolist() == ["all incidents"]
    assert weekly.region_figure(numbers).caption.startswith("SIMULATED: All incidents: ")
    row = numbers.national.frame.iloc[0]
    assert f"from {row['low']:.2f} to {row['high']:.2f}" in weekly.ratio_figure(numbers).caption
    assert numbers.result.frame["pvalue"].tolist() == numbers.national.frame["pvalue"].tolist()
    shown = weekly.parameter_table(numbers).frame.set_index("what")["value"]
    assert shown["counted by"] == "nothing: one series"


# -- real files -------------------------------------------------------------------------------------------


def test_islamic_state_events_of_ucdp(shared_data):
    numbers = weekly_numbers(
        weekly_counts(
            shared_data / "ucdp_ged_iraq_hdx.csv",
            as_of="2017-12-31",
            where="side_a_new_id = 234 or side_b_new_id = 234",
            completeness=1.0,
        )
    )
    assert numbers.incidents.accounting.rows_read == 7474
    assert numbers.label == "2017-W52"
    # 3 incidents where 24.1 were expected; the year's collapse makes the dispersion so large that even that
    # does not rule out a ratio of 1.5.
    first = weekly.key_sentences(numbers).paragraphs[0]
    assert "whether there is an uptick cannot be told: 3 incidents" in first
    assert "24.1 were expected" in first
    assert int(numbers.unstated.values.sum()) == 0  # UCDP states deaths for every event


def test_a_gap_in_coverage_is_not_quiet(shared_data):
    counts = weekly_counts(
        shared_data / "sigacts_iraq_2006_2008.csv",
        as_of="2007-06-30",
        no_coverage=("2006-09-25..2007-02-22",),
    )
    frame = counts.total.to_frame()
    gap = frame.loc["2006-09-25":"2007-02-19"]
    assert gap.isna().all(axis=None)
    assert str(counts.running) == "2007-06-25..2007-06-30"
    assert counts.fatalities_stated.values.size == len(frame) - 1  # the grid starts within a week
    assert np.isnan(counts.fatalities_stated.values[:-1]).all()
