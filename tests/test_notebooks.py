"""The notebooks are stored clean, use the library only, and run from top to bottom."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from analytics.reporting.execute import run_notebook

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
KNOWN = {"label", "fig-cap", "fig-alt", "tbl-cap", "echo"}


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


def test_both_notebooks_are_there():
    assert [p.name for p in NOTEBOOKS] == ["quickstart.ipynb", "weekly_report.ipynb"]


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


def test_the_report_has_one_cell_of_parameters():
    path = next(p for p in NOTEBOOKS if p.name == "weekly_report.ipynb")
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
    assert "Uptick in 1 of 18 governorates: Kirkuk" in said
