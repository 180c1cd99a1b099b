"""The notebooks are stored clean, use the library only, and run from top to bottom."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from analytics.claims import read_claims
from analytics.errors import InputError
from analytics.reporting.content.late import two_deliveries
from analytics.reporting.notebook.execute import run_notebook

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
ALLOWED = {"5 %", "1"}  # of the text between cells: a level, and what phi is taken to be
KNOWN = {"label", "fig-cap", "fig-alt", "tbl-cap", "echo", "output"}


def cells(path, kind="code"):
    return [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == kind]


def source(cell):
    return "".join(cell["source"])


def printed(notebook):
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


@pytest.fixture(scope="module")
def quickstart(project):
    return run_notebook(project / "notebooks" / "quickstart.ipynb", {})


@pytest.fixture(scope="module")
def own(project):
    return run_notebook(project / "notebooks" / "your_own_data.ipynb", {})


@pytest.fixture(scope="module")
def article(project):
    path = project / "notebooks" / "article_claims.ipynb"
    return run_notebook(path, {"replicates": 39})


@pytest.fixture(scope="module")
def wolf(project):
    return run_notebook(project / "notebooks" / "how_wrong_is_the_usual_test.ipynb", {"n": 400})


@pytest.fixture(scope="module")
def watching(project):
    return run_notebook(project / "notebooks" / "monitoring.ipynb", {"replicates": 4})


@pytest.fixture(scope="module")
def late(project):
    return run_notebook(project / "notebooks" / "late_reports.ipynb", {})


def test_the_notebooks_are_there():
    assert [p.name for p in NOTEBOOKS] == [
        "article_claims.ipynb",
        "how_wrong_is_the_usual_test.ipynb",
        "index.ipynb",
        "late_reports.ipynb",
        "look_closer.ipynb",
        "monitoring.ipynb",
        "quickstart.ipynb",
        "weekly_report.ipynb",
        "your_own_data.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_are_stored_without_outputs(path):
    for cell in cells(path):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_import_the_library_only(path):
    for cell in cells(path):
        for node in ast.walk(ast.parse(source(cell).replace("\n;", ""))):
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] == "analytics"
            if isinstance(node, ast.Import):
                raise AssertionError(f"import {node.names[0].name}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_cells_have_labels_and_known_options(path):
    labels = []
    for cell in cells(path):
        options = dict(re.findall(r"^#\|\s*([\w-]+):\s*(.*)$", source(cell), flags=re.M))
        assert set(options) <= KNOWN
        labels.append(options["label"])
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.stem != "index"], ids=lambda p: p.name)
def test_the_first_parameter_is_the_file(path):
    tagged = [c for c in cells(path) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0] == cells(path)[0]
    first = ast.parse(source(tagged[0])).body[0]
    assert first.targets[0].id == "incidents_path"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_each_says_what_one_gets_and_what_to_do_with_an_own_file(path):
    text = "\n".join(map(source, cells(path, "markdown") + cells(path)))
    assert re.search(r"You get\*{0,2} [a-z]", text)
    assert re.search(r"^(## |# )Your own file", text, flags=re.M)


def test_the_index_says_of_each_what_it_says_itself(project):
    table = source(cells(project / "notebooks" / "index.ipynb", "markdown")[0])
    rows = re.findall(r"^\| (\d) \| \[(\w+)\]\((\w+)\.ipynb\) \| (.*) \|$", table, flags=re.M)
    assert [number for number, *_ in rows] == [str(i) for i in range(1, len(rows) + 1)]
    assert {name for _, name, _, _ in rows} == {path.stem for path in NOTEBOOKS} - {"index"}
    for _, name, target, said in rows:
        assert name == target
        path = project / "notebooks" / f"{name}.ipynb"
        assert f"You get** {said}" in source(cells(path, "markdown")[0]) or f"You get {said}" in source(
            cells(path)[0]
        )


def test_the_text_between_the_cells_has_no_figure_of_a_run():
    # What a run found is written by code. Days, years, code and what stands in brackets are no such figures.
    aside = r"```.*?```|`[^`]*`|\([^)]*\)|\d{4}-\d\d-\d\d|\d{1,2} June|\b(?:19|20)\d\d\b|^## \d\. "
    for path in NOTEBOOKS:
        for cell in cells(path, "markdown"):
            prose = re.sub(aside, "", source(cell), flags=re.DOTALL | re.MULTILINE)
            prose = "\n".join(line for line in prose.splitlines() if not line.startswith("|"))
            found = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?: %)?", prose)
            assert set(found) <= ALLOWED, (path.name, found)


def test_the_quick_start_is_ten_lines_from_file_to_verdict(project):
    code = source(cells(project / "notebooks" / "quickstart.ipynb")[1])
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith("#|")]
    assert len(lines) <= 10


def test_the_quick_start_finds_the_injected_uptick(quickstart):
    said = printed(quickstart)
    assert "SIMULATED data: uptick in Kirkuk" in said
    assert "rows read 5,162 = kept 5,156 + set aside 6" in said


def test_the_quick_start_draws_its_picture(quickstart):
    kinds = [kind for c in quickstart.cells for o in c.get("outputs", ()) for kind in o.get("data", {})]
    assert kinds.count("image/svg+xml") == 1


def test_a_file_of_ones_own_is_not_called_simulated(project, tmp_path, capsys):
    # The cells are run here, without a kernel, on invented rows: whatever they say is made from the file.
    days = pd.date_range("2018-12-01", "2020-04-19", freq="2D").strftime("%Y-%m-%d")
    rows = [f"{day},Northern" for day in days] + 3 * [f"{day},Southern" for day in days[-7:]]
    path = tmp_path / "incidents.csv"
    path.write_text("\n".join(["date,admin1", *rows, *(f"{day},Southern" for day in days)]), encoding="utf-8")
    names, said = {}, []
    with mpl.rc_context():
        for cell in cells(project / "notebooks" / "quickstart.ipynb"):
            tree = ast.parse(source(cell))
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names["incidents_path"] = path
            if last is not None:
                said.append(repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names)))
    text = "\n".join([capsys.readouterr().out, *said])
    assert "Uptick in Southern" in text
    assert f"{len(rows) + len(days)} incidents from incidents.csv" in text
    assert "simulated" not in text.casefold()
    assert "put in" not in text


def test_an_office_s_workbook_is_read_step_by_step(own):
    said = printed(own)
    assert "rows read 117 = kept 116 + set aside 1" in said
    assert "'31/04/2020' names no day" in shown(own, "tbl-aside")[0]
    assert 'date_start = "Date of incident"  # day/month/year' in said
    assert "'Kirkuk or Diyala' (1) is not among Iraq's names of admin1" in shown(own, "questions")[0]
    names = shown(own, "tbl-names")[0]
    assert re.search(r"^Tameem +3 +Kirkuk$", names, flags=re.M)
    assert re.search(r"^Kirkuk or Diyala +1 +not placed", names, flags=re.M)
    assert "kept 116 = in the grid 115 + unplaced 1" in said
    assert "with nothing to compare it with" in said


def test_every_kind_of_file_becomes_the_series_of_what_it_counts(own):
    text = shown(own, "tbl-kinds")[0]
    rows = {line.split()[0]: line for line in text.splitlines() if "." in line.split()[0]}
    assert {name: line.split()[1] for name, line in rows.items()} == {
        "ucdp.csv": "ucdp", "acled.csv": "acled", "gtd.csv": "gtd", "sigact.csv": "sigact", "hxl.csv": "hxl",
        "office.xlsx": "table", "weekly.csv": "counts",
    }  # fmt: skip
    deadly = rows.pop("ucdp.csv")  # UCDP holds those with a death only
    assert deadly.split()[-8:] == ["12", "9", "11", "4", "2", "11", "7", "5"]
    for line in rows.values():
        assert line.split()[-8:] == ["17", "14", "16", "7", "5", "23", "17", "16"]


def test_the_report_ran_from_top_to_bottom(sample_report):
    executed = json.loads(sample_report.notebook.read_text(encoding="utf-8"))["cells"]
    code = [c for c in executed if c["cell_type"] == "code"]
    assert all(c["execution_count"] for c in code)
    assert not any(o["output_type"] == "error" for c in code for o in c["outputs"])
    said = json.dumps(executed, ensure_ascii=False)
    assert "Uptick in Kirkuk." in said
    assert "Of the 17 other regions 4 show no uptick, 13 cannot be judged." in said


def shown(notebook, label):
    """Return what the cell of that label shows, as text and as SVG."""
    cell = next(c for c in notebook.cells if f"#| label: {label}\n" in source(c))
    data = [output.get("data", {}) for output in cell["outputs"]]
    return "\n".join(d.get("text/plain", "") for d in data), "".join(d.get("image/svg+xml", "") for d in data)


@pytest.mark.slow
def test_the_article_is_answered_claim_by_claim(article):
    for claim in read_claims():
        text, _ = shown(article, f"tbl-{claim.id}")
        assert "SIMULATED data, asked: " in text
        assert "with the uptick" in text
        assert "its twin, without" in text
    assert "supported (simulated)" in shown(article, "tbl-more-active")[0].split("its twin")[0]
    assert "supported (simulated)" not in shown(article, "tbl-exploiting")[0]


@pytest.mark.slow
def test_no_verdict_of_the_article_is_shown_without_simulated(article):
    public = shown(article, "public-verdict")[0]  # of published figures, which are real
    assert "cannot be told, from public figures" in public
    text = printed(article).replace(public, "")
    words = list(re.finditer(r"\b(?:not )?supported\b|cannot be told\b", text))
    assert len(words) > 15
    for word in words:
        assert text[word.end() :].startswith(" (simulated)"), text[word.start() :][:80]
    for line in printed(article).splitlines():
        if re.search(r"Kirkuk|Erbil|Baghdad|disputed territor", line):
            assert "simulated" in line.casefold(), line


@pytest.mark.slow
def test_every_figure_of_the_article_is_marked(article):
    labels = ("fig-trend", "fig-ratios", "fig-exploiting")
    for label in labels:
        text, svg = shown(article, label)
        assert svg
        assert "SIMULATED: " in text
    for label in ("fig-published", "fig-public-deaths"):
        text, svg = shown(article, label)
        assert svg
        assert "Published, not simulated" in text
    assert "February 2010 to December 2024" in shown(article, "tbl-public-ranks")[0]
    source_text = shown(article, "published-source")[0]
    assert "Knights and A. Almeida, CTC Sentinel" in source_text
    assert "never joined into one series" in source_text


@pytest.mark.slow
def test_the_inferred_date_is_varied(article):
    text = shown(article, "tbl-dates")[0]
    assert all(day in text for day in ("2020-04-06", "2020-04-13", "2020-04-20"))
    assert "The data end on 2020-04-19: for 2020-04-20 they are taken as of that day." in text


@pytest.mark.slow
def test_the_usual_tests_cry_wolf_and_ours_does_not(wolf):
    text, _ = shown(wolf, "tbl-alarms")
    assert "n = 400 quiet series" in text
    rows = {line.split("  ")[0].strip(): line.split()[-7:] for line in text.splitlines()}
    ours, usual = ([float(v) for v in rows[name]] for name in ("uptick test (ours)", "C-test"))
    assert max(ours) < 9  # 5 promised; four standard errors of n = 400 above
    assert max(usual) > 12
    for label in ("fig-weeks", "fig-alarms", "fig-busier", "fig-own"):
        text, svg = shown(wolf, label)
        assert svg
        assert text.startswith("Figure: SIMULATED")


@pytest.mark.slow
def test_what_is_said_of_the_usual_tests_is_what_the_table_holds(wolf):
    table = shown(wolf, "tbl-alarms")[0]
    for line in shown(wolf, "said-alarms")[0].splitlines()[1:]:
        name, low, high = re.match(r"SIMULATED: (.*): ([\d.]+) to ([\d.]+) in 100", line).groups()
        row = next(line for line in table.splitlines() if line.startswith(name))
        rates = [float(v) for v in row.split()[-7:]]
        assert (float(low), float(high)) == (min(rates), max(rates))
    assert "uptick test (ours)" in shown(wolf, "said-busier")[0]


@pytest.mark.slow
def test_many_regions_are_watched_and_the_injected_uptick_is_found(watching):
    said = printed(watching)
    assert "SIMULATED data: 2020-W16: alarm in Kirkuk (predictive)" in said
    assert "false ones or fewer would be expected if nothing had happened" in said
    rows = shown(watching, "tbl-budget")[0].splitlines()
    episodes = [int(row.split()[-2]) for row in rows if "per region-year" in row and row.split()[-1] != "\\"]
    assert episodes == sorted(episodes)


@pytest.mark.slow
def test_a_known_history_is_told_by_every_detector(watching):
    text, _ = shown(watching, "tbl-ninewa")
    assert "predictive" in text
    assert text.count("2014-W23") >= 5  # Mosul was attacked on 6 June 2014
    said = shown(watching, "history")[0]
    rows = [line.split() for line in text.splitlines() if line.split()[-1].isdigit()]
    assert f"{len(rows)} in 2014-W23" in said
    assert f"In the {rows[0][-1]} weeks before" in said
    episodes = [int(row[-2]) for row in rows]
    assert f"from {min(episodes)} episode" in said
    assert f"to {max(episodes)} (" in said
    _, svg = shown(watching, "fig-ninewa")
    assert "Ninewa" in svg
    assert "SIMULATED" not in svg  # these counts are real


@pytest.mark.slow
def test_detectors_are_compared_on_histories_in_which_nothing_happened(watching):
    assert "of simulated upticks" in printed(watching)
    for label in ("fig-board", "fig-compared"):
        assert "SIMULATED" in shown(watching, label)[1]


@pytest.mark.slow
def test_two_deliveries_add_up_and_the_second_says_what_the_first_lacked(late):
    said = printed(late)
    assert "rows read 5,162 = kept 5,156 + set aside 6" in said
    assert "held after 5,156 = before 4,862 + added 294 - deleted 0" in said
    words = shown(late, "said-then")[0]
    held, holds, share = re.search(r"held (\d+) incidents.*holds (\d+) of.*: (\d+) % were in", words).groups()
    assert (held, holds, share) == ("64", "86", "74")
    assert "73 % were taken to be in" in words
    weeks = [line.split() for line in shown(late, "tbl-then")[0].splitlines() if line.startswith("2020-W")]
    assert [week[0] for week in weeks] == [f"2020-W{n:02}" for n in range(5, 13)]
    assert int(weeks[-1][1]) + int(weeks[-2][1]) == int(held)
    assert int(weeks[-1][2]) + int(weeks[-2][2]) == int(holds)


@pytest.mark.slow
def test_an_answer_changes_once_completeness_is_known(late):
    words = shown(late, "changed")[0]
    assert re.search(r'Baghdad: "no large rise, unless [^"]*" became "no large rise \(under', words)
    rows = shown(late, "tbl-changed")[0].splitlines()[2:]
    assert f"With completeness measured, {len(rows)} of 18 answers changed." in words
    assert all(line.startswith("SIMULATED data: ") for line in words.splitlines() if line)
    for label in ("fig-delay", "fig-completeness"):
        text, svg = shown(late, label)
        assert svg
        assert "SIMULATED: share of" in text


def test_a_file_without_days_of_reports_is_not_cut(tmp_path, snapshot):
    path = tmp_path / "incidents.csv"
    path.write_text("id,date,reported_on\na,2020-03-01,2020-03-02\nb,2020-03-01,\nc,2020-03-02,\n", "utf-8")
    with pytest.raises(InputError) as caught, two_deliveries(path, earlier="2020-03-01", as_of="2020-03-02"):
        pass
    assert str(caught.value) == snapshot


def test_two_files_of_ones_own_are_the_deliveries(tmp_path):
    first, last = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("id,date,admin1\na,2020-03-01,Kirkuk\n", "utf-8")
    last.write_text("id,date,admin1\na,2020-03-01,Kirkuk\nb,2020-03-01,Kirkuk\n", "utf-8")
    with two_deliveries(last, first, earlier="2020-03-01", as_of="2020-03-08") as store:
        assert [d.file for d in store.deliveries()] == ["a.csv", "b.csv"]
        assert len(store.as_of("2020-03-01").frame) == 1
        assert len(store.as_of("2020-03-08").frame) == 2
