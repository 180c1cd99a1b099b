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

from analytics import UptickError, read_incidents
from analytics.bundled import bundled_path
from analytics.errors import OptionError, OutputError
from analytics.periods import WEEKDAYS
from analytics.reporting.content import weekly
from analytics.reporting.content.weekly import ReportRequest, weekly_counts, weekly_numbers, weekly_report
from analytics.reporting.content.weekly.names import check_not_another, report_name, reported_week
from analytics.reporting.content.weekly.parameters import parameter_table

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


@pytest.mark.slow
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


def test_no_machine_path_is_left_in_the_executed_notebook(sample_report):
    text = sample_report.notebook.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work|tmp|Users|private)/", text)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"sample": True, "as_of": "2017-01-01"}, UptickError, "as_of|days|before"),
        ({"sample": True, "as_of": "2020-04-19", "completeness": 3.0}, OptionError, "completeness"),
        ({"sample": True, "as_of": "2020-04-19", "by": "admin5"}, OptionError, "no column 'admin5'"),
        ({"sample": False, "as_of": "2020-04-19"}, OptionError, "file of incidents, the sample or a store"),
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
        reading={"sheet": "2"}, gap_is_quiet=True, allow_splice=True, title="Desk", subtitle="all types",
        issue="7", next_issue=dt.date(2020, 4, 27), author="the desk", handling="internal", comment="Quiet.",
        previous=tmp_path / "b.ipynb", polygons=tmp_path / "c.geojson", paper="letter",
        sections="where, country", missing="zero", placing={"near": ["35.47,44.39,20"]},
        sha256="ab", language="ar",
    )  # fmt: skip
    usual = {field.name: field.default for field in fields(ReportRequest) if field.default is not MISSING}
    told = asked.parameters()
    elsewhere = {"sample", "by", "store", "known_on"}
    assert all(told[name] != value for name, value in usual.items() if name not in elsewhere)
    assert ast.literal_eval(repr(told)) == told
    assert ReportRequest.from_parameters({**told, "weekly": weekly, "numbers": 3}) == asked
    assert asked.sections == ("country", "where")
    stored = ReportRequest(store=tmp_path / "a.store", known_on=dt.date(2020, 6, 30), as_of="2020-04-19")
    assert ReportRequest.from_parameters(stored.parameters()) == stored
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
        {"known_on": "2020-04-19"},
        {"sample": False, "store": "a.store", "reading": {"sheet": "2"}},
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
    ids=lambda options: "store" if "store" in options else next(iter(options)),
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
    own = ["output", "formats", "template", "notebook", "with_guide", "progress"]
    assert list(listed) == [*(field.name for field in fields(ReportRequest)), *own]


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
    shown = parameter_table(weekly_numbers(counts)).frame.set_index("what")["value"]
    assert shown["read with"] == (
        "column date_start = 'datum', date_style = 'day/month/year', delimiter = '^', encoding = 'utf-16'"
    )
    with pytest.raises(UptickError):
        weekly_counts(tmp_path / "odd.txt", **options)
    with pytest.raises(OptionError, match="unknown reading option 'datestyle'"):
        weekly_counts(tmp_path / "odd.txt", reading={"datestyle": "day/month/year"}, **options)


# -- real files -------------------------------------------------------------------------------------------


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
