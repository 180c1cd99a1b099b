"""From a notebook and parameters to a PDF: all of it, or one clear error and nothing left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from analytics.errors import InputError, OptionError, OutputError, UptickError
from analytics.reporting import render_report
from analytics.reporting.notebook.execute import _failed, _with_parameters, read_notebook, run_notebook
from analytics.reporting.notebook.pdf import pdf_of, typst_of

REPORT = {"title": "Weekly report", "header": "2020-W15", "as_of": dt.date(2020, 4, 12), "simulated": True}


def write(path, *cells):
    nb = nbformat.v4.new_notebook()
    nb.metadata["title"] = "a stored title"
    nb.cells.append(nbformat.v4.new_markdown_cell("# The notebook's own title", id="title"))
    for i, (source, *tags) in enumerate(cells):
        cell = nbformat.v4.new_code_cell(source, id=f"c{i}")
        cell.metadata["tags"] = list(tags)
        nb.cells.append(cell)
    nbformat.write(nb, path)
    return path


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    return write(
        tmp_path_factory.mktemp("notebook") / "weekly.ipynb",
        ('region = "Diyala"\nas_of = "2020-01-01"\nfail = False', "parameters"),
        (
            "#| label: tbl-first\n"
            "import pandas as pd\n"
            "from analytics.reporting import ReportTable\n"
            "if fail:\n    raise ValueError('first line\\n\\nthe last line')\n"
            "ReportTable(pd.DataFrame({'region': [region], 'as_of': [as_of]}), caption='One region')",
        ),
        (
            "import sys, matplotlib.pyplot as plt\n"
            "from analytics.reporting import report_figure, use_report_style\n"
            "use_report_style()\n"
            "fig, ax = plt.subplots(); ax.plot([1, 3, 2])\n"
            "print(sys.executable == " + repr(sys.executable) + ")\n"
            "report_figure(fig, caption='Three weeks', alt='A line')",
        ),
        ("#| fig-alt: bars\nplt.bar(['a', 'b'], [1, 2]);",),
        ("object()",),
    )


def run(notebook, folder, **parameters):
    steps = []
    report = render_report(
        notebook,
        parameters={"region": '#x "كركوك"', "as_of": dt.date(2020, 4, 12), **parameters},
        output=folder / "new" / "report.pdf",
        progress=lambda done, total, what: steps.append((done, total, what)),
        **REPORT,
    )
    return report, steps


@pytest.fixture(scope="module")
def once(notebook, tmp_path_factory):
    return run(notebook, tmp_path_factory.mktemp("first"))


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(once, notebook, tmp_path):
    (first, _), (second, _) = once, run(notebook, tmp_path)
    assert first.pdf.read_bytes() == second.pdf.read_bytes()
    assert first.notebook.read_bytes() == second.notebook.read_bytes()


def test_pdf_and_executed_notebook_lie_side_by_side(once):
    report, _ = once
    assert sorted(p.name for p in report.pdf.parent.iterdir()) == ["report.ipynb", "report.pdf"]
    assert report.pages == 1
    assert report.seconds_convert < 2
    kept = json.loads(report.notebook.read_text(encoding="utf-8"))
    outputs = [o for c in kept["cells"] for o in c.get("outputs", ())]
    tables = [o["data"]["text/x-typst"] for o in outputs if "text/x-typst" in o.get("data", {})]
    assert '"#x \\"\u2068كركوك\u2069\\"",' in "".join(tables[0])
    assert '"2020-04-12",' in "".join(tables[0])
    assert [o["text"] for o in outputs if o["output_type"] == "stream"] == [
        ["True\n"]
    ]  # this very interpreter
    assert sum("image/svg+xml" in o.get("data", {}) for o in outputs) == 2
    assert "a stored title" not in json.dumps(kept["metadata"])


def test_progress_counts_every_step(once):
    _, steps = once
    assert [done for done, _, _ in steps] == list(range(len(steps)))
    assert {total for _, total, _ in steps} == {len(steps)}
    assert steps[2][2] == "cell 3 (tbl-first)"  # as numbered in the notebook, without the injected cell
    assert steps[-1][2] == "setting the PDF"


def test_the_report_hands_back_the_document_it_was_written_from(once):
    report, _ = once
    document = report.document
    assert repr(document) == "<Document 'Weekly report', as of 2020-04-12, SIMULATED data>"
    assert pdf_of(document).pdf == report.pdf.read_bytes()
    assert document.notebook_text() == report.notebook.read_text(encoding="utf-8")
    assert [(p.kind, p.caption, p.alt) for p in document.figures] == [
        ("svg", "Three weeks", "A line"),
        ("svg", "", "bars"),
    ]
    source, files = typst_of(document)
    assert [content for name, content in files.items() if "figure-" in name] == [
        picture.content for picture in document.figures
    ]
    assert (
        'header: "2020-W15",\n  running: "",\n  meta: "",\n  paper: "a4",\n'
        "  opened: false,\n  simulated: true," in source
    )
    assert typst_of(document) == (source, files)  # writing one format leaves nothing behind for the next


def test_another_format_is_a_function_of_the_same_document(once):
    document = once[0].document

    def outline(document):
        shown = [document.title]
        for cell in document.cells:
            shown += [cell.prose.lstrip("# ")] if cell.prose else []
            shown += [f"{output.output_type}: {cell.options.get('label', '-')}" for output in cell.outputs]
        return "\n".join(shown)

    assert outline(document).splitlines() == [
        "Weekly report",
        "The notebook's own title",
        "execute_result: tbl-first",
        "stream: -",
        "execute_result: -",
        "display_data: -",
        "execute_result: -",
    ]


def test_a_failing_cell_stops_the_report_and_leaves_nothing(notebook, tmp_path, snapshot):
    with pytest.raises(UptickError) as caught:
        run(notebook, tmp_path, fail=True)
    assert str(caught.value).replace(str(notebook.parent), "FOLDER") == snapshot
    assert list(tmp_path.iterdir()) == []


def test_what_a_cell_shows_is_not_left_out_when_it_comes_late(tmp_path, monkeypatch):
    async def never(*args):
        await asyncio.sleep(60)

    monkeypatch.setattr(NotebookClient, "_async_poll_output_msg", never)
    monkeypatch.setattr("analytics.reporting.notebook.execute._SHOWN", 0)
    with pytest.raises(UptickError) as error:
        run_notebook(write(tmp_path / "a.ipynb", ("x = 1", "parameters"), ("print(x)",)), {})
    assert "what cell 2 shows did not come from the kernel" in str(error.value)
    assert "nothing for 0 seconds after it had ended" in str(error.value)


def test_a_kernel_that_dies_is_told_by_the_last_that_it_said(tmp_path):
    dies = "import os, sys\nos.write(2, b'no memory left\\n')\nos._exit(1)"
    with pytest.raises(UptickError) as error:
        run_notebook(write(tmp_path / "a.ipynb", ("x = 1", "parameters"), (dies,)), {})
    assert "the kernel stopped while it ran cell 3" in str(error.value)
    assert error.value.found == "no memory left"


def test_our_own_errors_are_shown_in_full():
    error = _failed("cell 5", "weekly.ipynb", "InputError", "the file is empty\n  where: a.csv")
    assert "InputError: the file is empty\n      where: a.csv" in str(error)
    assert error.todo is None


@pytest.mark.parametrize("kind", ["file in the way", "is a folder", "no pdf"])
def test_an_output_that_cannot_be_written_is_told_before_any_work(tmp_path, kind, snapshot):
    (tmp_path / "file").write_text("x")
    outputs = {
        "file in the way": tmp_path / "file" / "sub" / "r.pdf",
        "is a folder": tmp_path,
        "no pdf": tmp_path / "r.ipynb",
    }
    with pytest.raises(
        OutputError
    ) as caught:  # the notebook does not exist either: the folder is looked at first
        render_report(tmp_path / "none.ipynb", parameters={}, output=outputs[kind], **REPORT)
    assert str(caught.value).replace(str(tmp_path), "FOLDER") == snapshot
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_parameters_are_checked_before_the_kernel_starts(notebook, tmp_path, snapshot):
    for parameters in ({"regoin": "x"}, {"region": object()}, {"region": float("nan")}):
        with pytest.raises(OptionError) as caught:
            run_notebook(notebook, parameters)
        assert str(caught.value).replace(str(notebook.parent), "FOLDER") == snapshot
    with pytest.raises(InputError, match="exactly one cell tagged 'parameters'"):
        run_notebook(write(tmp_path / "a.ipynb", ("x = 1",)), {})


def test_parameters_arrive_as_plain_python(notebook):
    given = {"region": ["a", None], "as_of": np.datetime64("2020-04-12"), "fail": np.int64(3)}
    nb = _with_parameters(read_notebook(notebook), given, notebook)
    assert nb.cells[2].source == "region = ['a', None]\nas_of = '2020-04-12'\nfail = 3"
    assert nb.cells[2].metadata["tags"] == ["injected-parameters"]


def test_files_that_are_no_notebooks(tmp_path):
    (tmp_path / "bad.ipynb").write_text("no json")
    for name, message in (("none.ipynb", "no such notebook"), ("bad.ipynb", "cannot be read as a notebook")):
        with pytest.raises(InputError, match=message):
            read_notebook(tmp_path / name)


def test_importing_the_room_is_cheap():
    """Neither Jupyter nor matplotlib is loaded until something needs them."""
    probe = (
        "import sys, analytics.reporting as _; "
        "print(sorted({'nbconvert', 'nbclient', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
