"""The notebooks are stored clean, use the library only, and run from top to bottom."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from analytics.claims import read_claims
from analytics.reporting.notebook.execute import run_notebook

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
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
def quickstart(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quickstart")
    path = project / "notebooks" / "quickstart.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    # It has no parameters of its own: the runner wants a cell of them, so the copy gets an empty one.
    notebook["cells"].insert(
        0,
        {"cell_type": "code", "id": "none", "metadata": {"tags": ["parameters"]}, "source": "", "outputs": [],
         "execution_count": None},
    )  # fmt: skip
    (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    return run_notebook(folder / path.name, {})


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


def test_the_notebooks_are_there():
    assert [p.name for p in NOTEBOOKS] == [
        "article_claims.ipynb",
        "how_wrong_is_the_usual_test.ipynb",
        "monitoring.ipynb",
        "quickstart.ipynb",
        "weekly_report.ipynb",
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


@pytest.mark.parametrize(
    "name", ["article_claims", "how_wrong_is_the_usual_test", "monitoring", "weekly_report"]
)
def test_reports_have_one_cell_of_parameters(name):
    path = next(p for p in NOTEBOOKS if p.stem == name)
    tagged = [c for c in cells(path) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1


def test_the_quick_start_is_ten_lines_from_file_to_verdict(project):
    code = source(cells(project / "notebooks" / "quickstart.ipynb")[0])
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith("#|")]
    assert len(lines) <= 10


def test_the_quick_start_finds_the_injected_uptick(quickstart):
    said = printed(quickstart)
    assert "SIMULATED data: uptick in Kirkuk" in said
    assert "rows read 5,162 = kept 5,156 + set aside 6" in said


def test_the_quick_start_draws_its_picture(quickstart):
    kinds = [kind for c in quickstart.cells for o in c.get("outputs", ()) for kind in o.get("data", {})]
    assert kinds.count("image/svg+xml") == 1


def test_the_report_ran_from_top_to_bottom(sample_report):
    executed = json.loads(sample_report.notebook.read_text(encoding="utf-8"))["cells"]
    code = [c for c in executed if c["cell_type"] == "code"]
    assert all(c["execution_count"] for c in code)
    assert not any(o["output_type"] == "error" for c in code for o in c["outputs"])
    said = json.dumps(executed, ensure_ascii=False)
    assert "Uptick in Kirkuk." in said
    assert "No other region shows one; 9 of 18 could not be judged." in said


def shown(notebook, label):
    """Return what the cell of that label shows, as text and as SVG."""
    cell = next(c for c in notebook.cells if f"#| label: {label}\n" in source(c))
    data = [output.get("data", {}) for output in cell["outputs"]]
    return "\n".join(d.get("text/plain", "") for d in data), "".join(d.get("image/svg+xml", "") for d in data)


def test_the_article_is_answered_claim_by_claim(article):
    for claim in read_claims():
        text, _ = shown(article, f"tbl-{claim.id}")
        assert "SIMULATED data, asked: " in text
        assert "with the uptick" in text
        assert "its twin, without" in text
    assert "supported (simulated)" in shown(article, "tbl-more-active")[0].split("its twin")[0]
    assert "supported (simulated)" not in shown(article, "tbl-exploiting")[0]


def test_no_verdict_of_the_article_is_shown_without_simulated(article):
    text = printed(article)
    words = list(re.finditer(r"\b(?:not )?supported\b|cannot be told\b", text))
    assert len(words) > 15
    for word in words:
        assert text[word.end() :].startswith(" (simulated)"), text[word.start() :][:80]
    for line in printed(article).splitlines():
        if re.search(r"Kirkuk|Erbil|Baghdad|disputed territor", line):
            assert "simulated" in line.casefold(), line


def test_every_figure_of_the_article_is_marked(article):
    labels = ("fig-trend", "fig-ratios", "fig-exploiting")
    for label in labels:
        text, svg = shown(article, label)
        assert svg
        assert "SIMULATED: " in text
    text, svg = shown(article, "fig-published")
    assert svg
    assert "Published, not simulated" in text
    source_text = shown(article, "published-source")[0]
    assert "Knights and A. Almeida, CTC Sentinel" in source_text
    assert "never joined into one series" in source_text


def test_the_inferred_date_is_varied(article):
    text = shown(article, "tbl-dates")[0]
    assert all(day in text for day in ("2020-04-06", "2020-04-13", "2020-04-20"))
    assert "The data end on 2020-04-19: for 2020-04-20 they are taken as of that day." in text


def test_the_usual_tests_cry_wolf_and_ours_does_not(wolf):
    text, _ = shown(wolf, "tbl-alarms")
    assert "n = 400 quiet series" in text
    rows = {line.split("  ")[0].strip(): line.split()[-7:] for line in text.splitlines()}
    ours, usual = ([float(v) for v in rows[name]] for name in ("uptick test (ours)", "C-test"))
    assert max(ours) < 9  # 5 promised; four standard errors of n = 400 above
    assert max(usual) > 12
    for label in ("fig-weeks", "fig-alarms", "fig-busier"):
        text, svg = shown(wolf, label)
        assert svg
        assert text.startswith("Figure: SIMULATED")


def test_many_regions_are_watched_and_the_injected_uptick_is_found(watching):
    said = printed(watching)
    assert "SIMULATED data: 2020-W16: alarm in Kirkuk (predictive)" in said
    assert "false ones or fewer would be expected if nothing had happened" in said
    rows = shown(watching, "tbl-budget")[0].splitlines()
    episodes = [int(row.split()[-2]) for row in rows if "per region-year" in row and row.split()[-1] != "\\"]
    assert episodes == sorted(episodes)


def test_a_known_history_is_told_by_every_detector(watching):
    text, _ = shown(watching, "tbl-ninewa")
    assert "predictive" in text
    assert text.count("2014-W23") >= 5  # Mosul was attacked on 6 June 2014
    _, svg = shown(watching, "fig-ninewa")
    assert "Ninewa" in svg
    assert "SIMULATED" not in svg  # these counts are real


def test_detectors_are_compared_on_histories_in_which_nothing_happened(watching):
    assert "of simulated upticks" in printed(watching)
    for label in ("fig-board", "fig-compared"):
        assert "SIMULATED" in shown(watching, label)[1]
