"""Forms that files and notebooks rarely have: each is read, or shown, as what it is."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest

from analytics import read_incidents
from analytics.counts.reading import read_counts
from analytics.errors import UptickError
from analytics.reporting.content.evaluation import _picture
from analytics.reporting.content.late import _cut
from analytics.reporting.content.teaching import about
from analytics.reporting.content.weekly.record import _number, _plain
from analytics.reporting.elements.drawn import DRAWN, _numbers, is_missing
from analytics.reporting.elements.figures import ReportFigure
from analytics.reporting.elements.pages import ReportPage
from analytics.reporting.formats.workbook import _fill
from analytics.reporting.languages import find_language
from analytics.reporting.languages.spoken import _said
from analytics.reporting.notebook.cells import shown_cells
from analytics.reporting.notebook.execute import parameter_names
from analytics.reporting.notebook.html_tables import html_to_typst
from analytics.reporting.notebook.markdown import Headings, _block, markdown_to_typst
from analytics.reporting.notebook.math import latex_to_typst
from analytics.sources.files import load
from analytics.sources.wizard import propose_mapping
from analytics.store import Store
from analytics.upticks.activity import _finding

ROWS = [
    {"id": 1, "date": "2020-04-01", "admin1": "Eastmark"},
    {"id": 2, "date": "2020-04-02", "admin1": "Westmark"},
]


def test_a_file_without_metadata_is_cut_into_deliveries_without_them(tmp_path):
    file = tmp_path / "rows.csv"
    pd.DataFrame({"id": [1, 2, 3], "reported_on": ["2020-03-01", "2020-03-05", "soon"]}).to_csv(
        file, index=False
    )
    (tmp_path / "cut").mkdir()
    first, second = _cut(file, tmp_path / "cut", ("2020-03-01", "2020-03-08"))
    assert pd.read_csv(first)["id"].tolist() == [1, 3]  # a day that cannot be read is in both
    assert pd.read_csv(second)["id"].tolist() == [1, 2, 3]
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == [first.name, second.name]


def test_of_simulated_incidents_without_a_file_no_truth_is_told():
    made = replace(read_incidents(pd.DataFrame(ROWS), as_of="2020-04-19"), simulated=True)
    assert str(about(made)).endswith("No row of it is a real incident.")


# -- what a notebook shows ---------------------------------------------------------------------------------


def test_html_of_every_kind_becomes_what_it_is():
    made = html_to_typst(
        "<h2>Two  marks</h2><p>one<br>two <code>x_1</code> <!-- not seen --><script>alert(1)</script></p>"
        "<hr><pre>as\n it is</pre><ul></ul><ul><li>first</li></ul>"
    )
    assert "alert" not in made
    assert "not seen" not in made
    for part in (
        "#strong[",
        "#linebreak();",
        '#raw("x_1");',
        "#line(length: 100%",
        "#uptick-stream(",
        "#list(",
    ):
        assert part in made, part


def test_pictures_and_comments_inside_a_line_are_left_out():
    assert html_to_typst('<b>one<img src="x.png"><!-- not seen -->two</b>') == '#strong[#"one";#"two";];'


def test_a_kind_of_markdown_that_is_not_known_keeps_its_words():
    words = {"type": "paragraph", "children": [{"type": "text", "raw": "inside"}]}
    assert _block({"type": "aside", "children": [words]}, Headings()) == '#"inside";'
    assert _block({"type": "aside", "raw": "beside"}, Headings()) == '#"beside";'


def test_a_picture_without_caption_and_label_is_placed_without_them():
    made = ReportFigure('<svg width="72pt" height="72pt"></svg>', caption="", alt="a square").typst()
    assert 'alt: "a square"' in made
    assert "caption" not in made
    assert "name:" not in made


def test_small_bars_of_nothing_are_none_and_of_a_number_refused():
    for missing in (None, math.nan, pd.NA):
        assert _numbers(missing) == []
    with pytest.raises(UptickError, match="a spark column must hold sequences of numbers"):
        _numbers(5)


def test_markdown_of_every_kind_becomes_what_it_is():
    made = markdown_to_typst(
        "one  \ntwo<br>three <i>four</i>\n\n---\n\n<table><tr><td>5</td></tr></table>\n\n\n\nend"
    )
    assert made.count("#linebreak();") == 2
    assert "#line(length: 100%, stroke: hair);" in made
    assert "table" in made
    assert "<" not in made


def test_an_interval_that_is_not_known_is_a_dash():
    unknown = (math.nan, 1.2, math.nan)
    assert {how: draw(unknown) for how, draw in DRAWN["interval"].items()} == {
        "typst": "none",
        "svg": "–",
        "text": "–",
    }
    assert DRAWN["interval"]["text"]((0.5, 1.2, math.inf)) == "from 0.50"


def test_what_is_missing_has_many_spellings():
    assert all(
        map(
            is_missing, [None, pd.NA, pd.NaT, math.nan, np.datetime64("NaT", "D"), np.timedelta64("NaT", "D")]
        )
    )
    assert not any(map(is_missing, ["", 0, np.datetime64("2020-04-01"), np.float64(1.5)]))


# -- what a file holds -------------------------------------------------------------------------------------


def read(path, **options):
    return read_incidents(path, as_of="2020-04-13", **options)


def test_one_object_alone_is_one_incident(tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(ROWS[0] | {"confirmed": True}))
    found = read(tmp_path / "one.json")
    assert found.frame["admin1"].tolist() == ["Eastmark"]
    assert found.extra["confirmed"].tolist() == ["True"]


def test_a_feature_that_states_where_it_lies_keeps_that(tmp_path):
    point = {"type": "Point", "coordinates": [44.0, 34.0]}
    features = [
        {"type": "Feature", "properties": ROWS[0] | {"latitude": 35.0, "longitude": 45.0}, "geometry": point}
    ]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read(tmp_path / "a.geojson").frame[["latitude", "longitude"]].to_numpy().tolist() == [[35.0, 45.0]]


def test_objects_without_names_hold_nothing(tmp_path, snapshot):
    (tmp_path / "a.json").write_text("[{}, {}]")
    with pytest.raises(UptickError) as error:
        read(tmp_path / "a.json")
    assert str(error.value).replace(str(tmp_path), "HERE") == snapshot


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TABLE = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]


def test_sheets_together_leave_out_what_is_no_table(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("one", TABLE), ("about", [["made by hand"]]), ("two", TABLE))
    found = read(path, sheet="all")
    assert len(found) + found.accounting.superseded + sum(found.accounting.set_aside.values()) == 4
    assert "sheet 'about' holds no table and is left out" in found.notes


def test_a_sheet_that_names_its_sheets_is_taken_at_its_word(tmp_path):
    named = [[*TABLE[0], "sheet"], *([*row, "its own"] for row in TABLE[1:])]
    found = read(workbook(tmp_path / "a.xlsx", ("one", named)), sheet="all")
    assert found.extra["sheet"].tolist() == ["its own", "its own"]


def test_workbooks_are_refused(tmp_path, snapshot):
    said = []
    for name, sheets in {
        "no table.xlsx": [("about", [["made by hand"]])],
        "other columns.xlsx": [
            ("one", TABLE),
            ("two", [["id", "date"], [1, "2020-04-01"], [2, "2020-04-02"]]),
        ],
    }.items():
        with pytest.raises(UptickError) as error:
            read(workbook(tmp_path / name, *sheets), sheet="all")
        said.append(str(error.value).replace(str(tmp_path), "HERE"))
    assert said == snapshot


def test_rows_after_the_last_are_no_rows(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ("one", [*TABLE, [], []]))
    assert len(read(path)) == 2


# -- what is proposed for a file ---------------------------------------------------------------------------


def proposed(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return propose_mapping(load(path))


def test_a_table_of_counts_is_proposed_as_one(tmp_path):
    made = proposed(
        tmp_path / "c.csv",
        "month;events;admin1\n2020-03;3;Eastmark\n2020-03;5;Westmark\n2020-04;1;Eastmark\n",
    )
    assert made.columns["events"][0] == "events"
    assert made.columns["period"][0] == "month"
    assert made.reading["delimiter"] == (";", "")


def test_letters_of_another_encoding_are_proposed_with_it(tmp_path):
    made = proposed(
        tmp_path / "c.csv",
        "Fecha;Región;empty;none;same\n"
        + "".join(f"{d:02}/04/2020;Málaga{d % 3};;n/a;x\n" for d in range(1, 29)),
        "cp1252",
    )
    assert made.reading["encoding"][0] == "cp1252"
    assert {text.partition(": ")[2] for text in made.unused} >= {"empty", "nothing stated", "always 'x'"}


def test_days_of_one_order_only_are_asked_about(tmp_path):
    made = proposed(tmp_path / "c.csv", "when,where\n01/02/2020,A\n02/03/2020,B\n03/04/2020,A\n")
    assert any("which one?" in question for question in made.questions)


def test_several_countries_are_proposed_as_they_stand(tmp_path):
    rows = "".join(f"2020-04-{d:02},{c},x{d}\n" for d, c in enumerate(["Iraq", "Syria", "Iraq", "Kenya"], 1))
    made = proposed(tmp_path / "c.csv", "date,country,note\n" + rows)
    assert made.columns["country"][1] == "3 countries: Iraq, Syria, Kenya"


def test_a_column_of_counts_that_is_not_there_is_named(tmp_path, snapshot):
    (tmp_path / "c.csv").write_text("week,events,admin1\n2020-04-06,3,A\n2020-04-13,5,A\n")
    with pytest.raises(UptickError) as error:
        read_counts(tmp_path / "c.csv", as_of="2020-04-19", columns={"events": "evnts"})
    assert str(error.value).replace(str(tmp_path), "HERE") == snapshot


# -- stores ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    made = Store(folder / "s.store")
    made.add(pd.DataFrame(ROWS), on="2020-04-12")
    return made


STORES = {
    "no action": "store",
    "another action": "store remove --store S",
    "no store": "store list",
    "an option of another action": "store list --store S --covers all",
    "a file that is not added": "store list rows.csv --store S",
    "reading a store anew": "store as-of --store S --as-of 2020-04-12 --encoding utf-8",
    "another source": "store list --store S --source acled",
    "another source as of": "store as-of --store S --as-of 2020-04-12 --source acled",
    "a store and a file": "count rows.csv --store S --as-of 2020-04-12",
    "another delivery": "store diff --store S --by nation",
    "rows and more": "store add rows.csv --store S --covers rows --covers all",
    "no place": "store add rows.csv --store S --covers 2020-04-01..2020-04-12@",
    "a day before the file": "store add rows.csv --store S --on 2020-04-12 --extracted 2020-04-13",
    "a folder": "store list --store .",
    "no folder": "store add rows.csv --store nowhere/s.store --on 2020-04-12",
}


@pytest.mark.parametrize("case", STORES)
def test_a_store_refuses(case, run, store, tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(ROWS).to_csv("rows.csv", index=False)
    before = store.path.read_bytes()
    code, out, err = run(*(str(store.path) if word == "S" else word for word in STORES[case].split()))
    assert (code, out) == (2, "")
    assert err.replace(str(store.path), "STORE").replace(str(tmp_path), "HERE") == snapshot
    assert store.path.read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["rows.csv"]


def test_a_file_that_is_held_already_is_not_added_again(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "rows.csv", index=False)
    own = Store(tmp_path / "s.store")
    first, again = (own.add(tmp_path / "rows.csv", on="2020-04-12") for _ in range(2))
    assert first.added == 2
    assert again.again
    assert again.sentence() == "Nothing done: rows.csv is delivery 1 of table already."
    assert len(own.deliveries()) == 1
    with pytest.raises(UptickError, match="2020-04-12"):
        own.as_of("2020-04-01")


# -- reports -----------------------------------------------------------------------------------------------


def test_an_environment_is_closed_as_it_was_opened():
    with pytest.raises(UptickError, match="the environment cases is closed as matrix"):
        latex_to_typst(r"\begin{cases} a \end{matrix}")


def test_parameters_may_state_their_types_and_cells_stay_out(tmp_path):
    cells = [
        nbformat.v4.new_code_cell("weeks: int = 4\nregion = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("#| include: false\n1 + 1"),
        nbformat.v4.new_raw_cell("not shown"),
        nbformat.v4.new_markdown_cell("shown"),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(made, tmp_path / "own.ipynb")
    assert parameter_names(tmp_path / "own.ipynb") == ["weeks", "region"]
    assert [cell.prose for cell in shown_cells(made, echo=True)][-1] == "shown"
    assert not any("1 + 1" in cell.prose + cell.code for cell in shown_cells(made, echo=True))


def test_numbers_without_end_are_words_in_json():
    assert [_number(value) for value in (np.inf, -np.inf, np.nan, 2.0, 2.5)] == [
        "Infinity",
        "-Infinity",
        None,
        2,
        2.5,
    ]
    assert _plain({"a": (np.True_, pd.Timestamp("2020-04-01"), np.int64(3))}) == {
        "a": [True, "2020-04-01 00:00:00", 3]
    }


@pytest.mark.parametrize("simulated", [True, False])
def test_a_sheet_has_its_names_first_and_a_filter_only_over_rows(simulated):
    for table in (pd.DataFrame({"region": ["A"], "n": [3]}), pd.DataFrame({"region": [], "n": []})):
        sheet = openpyxl.Workbook().active
        _fill(sheet, table, simulated)
        first = 1 + simulated
        assert [cell.value for cell in sheet[first]][:2] == ["region", "n"]
        assert sheet.auto_filter.ref == (f"A{first}:B{first + 1}" if len(table) else None)
        assert ("SIMULATED" in str(sheet.cell(1, 1).value)) is simulated


def test_months_and_marks_of_pictures_are_said_in_their_language():
    arabic = find_language("ar")
    month = _said("Apr\n2020", arabic)
    assert month.split("\n")[1] == arabic.in_digits("2020")
    assert _said("Apr", arabic) == month.split("\n")[0] != "Apr"
    assert _said("2020-W16", arabic) == "2020-W16"
    # A sentence in two lines is one sentence, and stands in lines as long as those were.
    said = "Share of each week's incidents already reported"
    assert _said(said.replace(" incidents", "\nincidents"), arabic).split() == arabic.known(said).split()


def test_a_page_of_nothing_is_nothing():
    assert ReportPage([])._repr_mimebundle_() == ({}, {})


def test_what_is_not_shown_to_have_risen_is_said():
    assert _finding([], {"attacks": "not supported"}) == "no kind of activity rose"
    assert _finding([], {"attacks": "cannot be told"}) == "no kind of activity can be said to have risen"


def test_only_known_kinds_of_pictures_are_made():
    with pytest.raises(UptickError, match="unknown kind 'gif'"):
        _picture(lambda: None, "gif", "")
