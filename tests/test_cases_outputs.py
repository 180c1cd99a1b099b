"""What is shown and written: names never run, notes on what was not found, sums that add up."""

from __future__ import annotations

import csv
import enum
import hashlib
import io
import json

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from analytics import Counts, count_incidents, plots, read_incidents, uptick_test
from analytics._tables import csv_bytes
from analytics._text import inert, inert_table, visible
from analytics.detectors import recent_window
from analytics.errors import InputError
from analytics.reporting.elements.tables import Column, ReportTable
from analytics.reporting.notebook.execute import _literal

NAMES = ["A$$B", "a$b_$c", "from $10 to $50", "US$100 or US$_5", "x\x01y\x1bz", "<&>"]


@pytest.fixture
def cases(project):
    return project / "tests" / "fixtures" / "cases"


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


# -- filters and sums --------------------------------------------------------------------------------------


def test_a_filter_that_nothing_fits_says_so(run, cases):
    file = cases / "files" / "f01_same_name_two_countries.csv"
    code, out, _ = run("count", file, "--as-of", "2022-12-31", "--where", "activity = 'atack'")
    assert code == 0
    assert "note: no incident fits where activity = 'atack': every count is 0" in out
    assert "note: no row has activity = 'atack'; it holds 'other'" in out
    table = pd.DataFrame({"date": ["2020-04-13"] * 2, "province": ["Kirkuk", "Diyala"], "activity": "attack"})
    incidents = read_incidents(table, as_of="2020-04-19")
    notes = count_incidents(incidents, where="activity = 'atack' or admin1 = 'Kirkuk'").notes
    assert "no row has activity = 'atack'; nearest: 'attack'" in notes
    assert not any(note.startswith("no incident fits") for note in notes)
    assert any("no incident fits" in note for note in count_incidents(incidents, where="row > 9").notes)


def test_fatalities_that_none_states_are_no_zeros(run, cases, snapshot):
    file = cases / "files" / "f28_fatalities_unmapped.csv"
    words = ["count", file, "--value", "fatalities", "--as-of", "2021-03-14"]
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err == snapshot
    code, out, _ = run(*words, "--column", "fatalities=nkill", "--format", "csv")
    assert code == 0
    assert (
        sum(int(row["count"]) for row in csv.DictReader(io.StringIO(out)) if row["count"])
        == 3 + 5 + 2 + 9 + 4
    )


@pytest.mark.parametrize("name", ["F01_int32_week_overflow", "F01b_int32_cell_overflow"])
def test_a_sum_too_large_is_named(run, cases, name, snapshot):
    file = cases / "attack" / f"{name}.csv"
    code, out, err = run("count", file, "--value", "fatalities", "--as-of", "2020-04-19")
    assert (code, out) == (2, "")
    assert err == snapshot


def test_a_sum_over_weeks_may_be_larger_than_a_count(run, tmp_path):
    file = tmp_path / "in.csv"
    days = pd.date_range("2020-03-02", periods=6, freq="7D").strftime("%Y-%m-%d")
    file.write_text("date,admin1,fatalities\n" + "".join(f"{day},A,999999999\n" for day in days))
    code, out, _ = run("count", file, "--value", "fatalities", "--as-of", "2020-04-12")
    assert code == 0
    assert f"{6 * 999_999_999:,} fatalities" in out


def test_a_huge_precision_is_none(cases):
    incidents = read_incidents(cases / "attack" / "F13_date_precision.csv", as_of="2020-04-19")
    assert incidents.accounting.flags == {"unknown date precision": 1}
    assert incidents.frame["date_precision"].isna().all()
    assert incidents.extra["date_precision"].tolist() == ["1e19"]
    assert count_incidents(incidents, by=None, span="exclude").accounting.grid == 1


# -- spreadsheets ------------------------------------------------------------------------------------------


def test_no_cell_of_a_csv_is_a_formula(run, cases, tmp_path):
    file = cases / "csv-injection" / "in.csv"
    for target in ("-", str(tmp_path / "out.csv")):
        code, out, _ = run(
            "count", file, "--as-of", "2020-04-19", "--start", "2020-04-13", "--format", "csv", "-o", target
        )
        assert code == 0
        text = out if target == "-" else (tmp_path / "out.csv").read_text(encoding="utf-8")
        regions = [row["region"] for row in csv.DictReader(io.StringIO(text))]
        assert regions == ["'+cmd", '\'=HYPERLINK("http://e.example","a")']
    assert (
        json.loads(run("count", file, "--as-of", "2020-04-19", "--format", "json")[1])["counts"][0]["region"]
        == "+cmd"
    )


def test_the_quarantine_is_inert_too(run, tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("=id,date\n1,2020-04-13\n2,@SUM(1)\n")
    assert run("check", file, "--quarantine", tmp_path / "aside.csv")[0] == 0
    row = next(csv.DictReader(io.StringIO((tmp_path / "aside.csv").read_text())))
    assert row["row"] == "3"
    assert not any(cell[:1] in ("=", "+", "-", "@") for cell in row.values())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n@x", "\x00=1", "＝1"]
)
def test_formulas_get_an_apostrophe(text):
    assert inert(text)[0] == "'"


@pytest.mark.parametrize(
    "text", ["-5", "+3.5e2", "-5 %".replace(" ", ""), "Kirkuk", "Al-Anbar", "a@b", "", "3-4"]
)
def test_all_else_is_left(text):
    assert inert(text) == text


def test_numbers_dates_and_missing_values_stay():
    table = pd.DataFrame(
        {
            "-low": [-1.5, np.nan],
            "n": pd.array([-1, None], dtype="Int64"),
            "day": pd.to_datetime(["2020-04-13", None]),
            "word": pd.Series(["-x", None], dtype="str"),
        }
    )
    assert inert_table(table).to_csv(index=False) == "'-low,n,day,word\n-1.5,-1,2020-04-13,'-x\n,,,\n"


# -- names in pictures -------------------------------------------------------------------------------------


def daily():
    days = pd.date_range("2018-07-02", "2020-04-12")
    rng = np.random.default_rng(20)
    frame = pd.DataFrame({name: rng.poisson(0.6, len(days)) for name in NAMES}, index=days)
    return Counts.from_frame(frame, freq="day", as_of="2020-04-12", value="$x$ of $y$")


def drawn_texts(axes):
    for ax in np.ravel(np.array(axes, dtype=object)):
        for text in ax.findobj(mpl.text.Text):
            if text.get_text().strip():
                yield text


@pytest.mark.slow
def test_names_are_drawn_as_they_are():
    counts = daily()
    result = uptick_test(counts)
    alarms = recent_window(counts, last=8)
    pictures = [
        plots.plot_regions(counts, result),
        plots.plot_result(result),
        plots.plot_trend(counts.select([NAMES[1]])),
        plots.plot_alarm_board(alarms),
        plots.plot_alarms(alarms, NAMES[1]),
    ]
    for axes in pictures:
        figure = np.ravel(np.array(axes, dtype=object))[0].figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
        assert "\x01" not in buffer.getvalue().decode("utf-8")
        shown = list(drawn_texts(axes))
        assert not [t.get_text() for t in shown if "$" in t.get_text() and t.get_parse_math()]
    titles = {ax.get_title(loc="left").lstrip("▲–? ") for ax in pictures[0]}
    assert titles == {visible(name) for name in NAMES}
    assert "x[U+0001]y[U+001B]z" in titles


@pytest.mark.parametrize(
    "name", ["F03_mathtext_name_fails", "F03b_mathtext_name_altered", "F04_control_char_name"]
)
def test_a_report_on_such_names_is_made(cases, name, tmp_path):
    from analytics.reporting.content import weekly

    request = weekly.ReportRequest(cases / "attack" / f"{name}.csv", as_of="2020-04-19")
    numbers = weekly.weekly_numbers(weekly.weekly_counts(request))
    content = weekly.weekly_content(numbers)
    pages = [weekly.show_front(content, numbers), weekly.show_country(content, numbers)]
    for figure in (figure for page in pages for figure in page.figures):
        assert not [c for c in figure.svg if ord(c) < 32 and c not in "\n\t"]
    assert weekly.severity_figure(numbers) is None


# -- parameters --------------------------------------------------------------------------------------------


class Word(str, enum.Enum):  # noqa: UP042, what older code has
    A = "a"


class Number(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (np.float64(0.05), "0.05"),
        (np.float32(0.5), "0.5"),
        (np.int64(3), "3"),
        (np.bool_(True), "True"),
        (np.str_("Diyala"), "'Diyala'"),
        (list(np.array(["Diyala"])), "['Diyala']"),
        (np.array([1, 2]), "[1, 2]"),
        (np.datetime64("2020-04-12"), "'2020-04-12'"),
        (Word.A, "'a'"),
        (Number.ONE, "1"),
        (pd.NaT, "None"),
        (pd.NA, "None"),
        ({1: "a"}, "{1: 'a'}"),
        (pd.Timestamp("2020-04-12"), "'2020-04-12T00:00:00'"),
    ],
)
def test_parameters_are_written_as_plain_python(value, source):
    assert _literal(value, "x") == source


# -- one file, read once -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_report_is_of_the_file_as_it_was_read(tmp_path, cases, monkeypatch):
    from analytics.reporting.content.weekly import reading, run

    file = tmp_path / "in.csv"
    text = (cases / "attack" / "F03_mathtext_name_fails.csv").read_text()
    file.write_text(text)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    counts = reading.weekly_counts

    def counted_and_changed(request):
        scope = counts(request)
        file.write_text(text + "2020-04-18,A $x_$ B\n")
        return scope

    monkeypatch.setattr(run, "weekly_counts", counted_and_changed)
    made = run.weekly_report(file, as_of="2020-04-19", output=tmp_path / "out")
    assert digest in made.notebook.read_text()  # the file is read once, and the report names what it read
    request = run.ReportRequest(file, as_of="2020-04-19", sha256=digest)
    with pytest.raises(InputError, match="the file has changed"):
        counts(request)


# -- long names on the page --------------------------------------------------------------------------------


def test_long_names_leave_room_for_the_other_columns():
    long = "Bangsamoro Autonomous Region in Muslim Mindanao"
    columns = ["region", Column("n", format="integer"), Column("verdict", width="1fr")]

    def widths(name):
        table = ReportTable(pd.DataFrame({"region": [name], "n": [3], "verdict": ["x"]}), columns=columns)
        return next(line.strip() for line in table.typst().splitlines() if "columns:" in line)

    alone = ReportTable(pd.DataFrame({"region": [long], "n": [3]}))
    assert "columns: (auto, auto)," in alone.typst()
    assert widths("Kirkuk") == "columns: (auto, auto, 1fr),"
    assert widths(long) == "columns: (1fr, auto, 1fr),"


def test_a_long_name_over_a_panel_does_not_reach_the_numbers():
    long = "Bangsamoro Autonomous Region in Muslim Mindanao"
    days = pd.date_range("2018-07-02", "2020-04-12")
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({name: rng.poisson(0.9, len(days)) for name in (long, "B", "C")}, index=days)
    counts = Counts.from_frame(frame, freq="day", as_of="2020-04-12")
    axes = plots.plot_regions(counts, uptick_test(counts))
    figure = axes[0].figure
    figure.canvas.draw()
    for ax in axes:
        left, right = (text.get_window_extent() for text in (ax._left_title, ax._right_title))
        assert left.x1 < right.x0


# -- what may be done with the data ------------------------------------------------------------------------

TERMS = {
    "acled": "attribution to ACLED (acleddata.com) with the day of access; rows of events must not be "
    "passed on",
    "gtd": "attribution to START, University of Maryland; for research; rows must not be passed on",
}
NOTE = "A. N. Other was seen near the well"


@pytest.fixture(scope="module", params=TERMS)
def restricted(request, tmp_path_factory):
    """Write rows of our own in the form of a source whose rows may not be passed on; return its terms too."""
    days = pd.date_range("2018-12-01", "2020-04-19", freq="3D")
    place = np.where(np.arange(len(days)) % 3 == 0, "Kirkuk", "Diyala")
    if request.param == "acled":
        rows = {
            "event_id_cnty": [f"INV{at}" for at in range(len(days))], "event_date": days.strftime("%Y-%m-%d"),
            "time_precision": 1, "event_type": "Battles", "sub_event_type": "Armed clash",
            "actor1": "Hill Front", "country": "Iraq", "admin1": place, "notes": NOTE, "fatalities": 1,
        }  # fmt: skip
    else:
        rows = {
            "eventid": [f"{day:%Y%m%d}0001" for day in days], "iyear": days.year, "imonth": days.month,
            "iday": days.day, "country_txt": "Iraq", "provstate": place, "summary": NOTE, "target1": NOTE,
            "attacktype1_txt": "Bombing/Explosion", "gname": "Hill Front", "nkill": 1, "doubtterr": 0,
        }  # fmt: skip
    file = tmp_path_factory.mktemp(request.param) / "rows.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    return file, f"terms of {request.param.upper()}: {TERMS[request.param]}"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("command", ["check", "count", "test", "store", "as-of"])
def test_every_answer_says_what_may_be_done_with_the_rows_and_shows_no_note(
    run, restricted, tmp_path, command, form
):
    file, terms = restricted
    out, store = tmp_path / "out.txt", tmp_path / "one.store"
    words = [command, file, "--as-of", "2020-04-19"]
    if command in ("store", "as-of"):
        words = ["store", "add", file, "--store", store, "--on", "2020-04-19"]
        if command == "as-of":
            run(*words)
            words = ["store", "as-of", "--store", store]
    code, _, err = run(*words, "--format", form, "-o", out)
    assert code == 0, err
    written = out.read_text(encoding="utf-8")
    assert terms in written
    if form == "csv":
        assert all(row["terms"] == terms for row in csv.DictReader(io.StringIO(written)))
    if form == "json":
        assert json.loads(written)["terms"] == terms
    assert NOTE not in written + err
    if command == "as-of" and form != "table":
        assert "--other-columns writes them" in err
        assert run(*words, "--format", form, "--other-columns")[1].count(NOTE) >= 100


def test_every_form_of_a_report_says_so_too(run, restricted, tmp_path):
    file, terms = restricted
    words = ("report", file, "--as-of", "2020-04-19", "-o", tmp_path, "--format", "json,xlsx,atom,md,txt")
    code, _, err = run(*words)
    assert code == 0, err
    made = {path.suffix: path for path in tmp_path.iterdir()}
    assert set(made) == {".json", ".xlsx", ".atom", ".md", ".txt"}
    texts = {ending: path.read_text(encoding="utf-8") for ending, path in made.items() if ending != ".xlsx"}
    texts[".xlsx"] = "\n".join(pd.read_excel(made[".xlsx"], sheet_name="notes")["note"])
    for ending, text in texts.items():
        said = text.replace("\\", "") if ending == ".md" else text
        assert terms[1:] in said, ending  # its first letter is large where it is a sentence
        assert NOTE not in text, ending
    assert f"<rights>{terms}</rights>" in texts[".atom"]
    _, out, _ = run("report", file, "--as-of", "2020-04-19", "--summary")
    assert out == texts[".txt"]


def test_a_picture_has_what_may_be_done_with_the_data_below_it(restricted):
    from analytics.duplicates import side_by_side
    from analytics.reporting.content.evaluation import side_by_side_picture

    counts = count_incidents(read_incidents(restricted[0]), as_of="2020-04-19")
    made = side_by_side(counts, counts)
    bare, told = (side_by_side_picture(made, "png", terms=terms) for terms in ("", restricted[1]))
    rows = [plt.imread(io.BytesIO(one)).shape[0] for one in (bare, told)]
    assert rows[1] > rows[0]
    ink = plt.imread(io.BytesIO(told))[rows[0] :, :, :3].min()
    assert ink < 0.5  # dark letters in what was added


def test_a_column_of_that_name_is_kept_beside_it():
    made = csv_bytes(pd.DataFrame({"terms": ["spring"]}), simulated=False, terms="CC BY 4.0").decode()
    assert made == "terms,terms of use\nspring,CC BY 4.0\n"
    assert (
        csv_bytes(pd.DataFrame({"n": [1]}), simulated=True, terms="CC0").decode() == "n,simulated\n1,True\n"
    )
