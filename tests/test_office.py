"""A weekly office: the folder that is laid, its template, its own notebook, its file of parameters."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import matplotlib.image
import nbformat
import numpy as np
import pytest

from analytics.bundled import bundled_path
from analytics.cli.init import LAID
from analytics.cli.parser import parse_arguments
from analytics.cli.report import report_day
from analytics.errors import InputError, OptionError, OutputError
from analytics.reporting.content import weekly
from analytics.reporting.content.weekly import ReportRequest, weekly_report
from analytics.reporting.content.weekly.guide import guide_text, guided
from analytics.reporting.content.weekly.names import check_not_another
from analytics.reporting.languages import find_language
from analytics.reporting.languages.language import HERE
from analytics.reporting.notebook.document import Document
from analytics.reporting.notebook.office import read_template
from analytics.reporting.notebook.pdf import pdf_of, typst_of

OWN = """\
#| label: parameters
incidents_path = None
sample = False
as_of = None
by = "admin1"
"""
SAID = """\
from analytics.reporting import ReportText
ReportText([f"Asked by {by} as of {as_of}, sample {sample}."])
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def office(here, run):
    assert run("init", "office")[0] == 0
    return here / "office"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def notebook_of(path: Path, *cells: str) -> Path:
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_code_cell(source, id=f"c{at}") for at, source in enumerate(cells)]
    nb.cells[0].metadata["tags"] = ["parameters"]
    path.write_text(nbformat.writes(nb), encoding="utf-8")
    return path


# -- the folder -------------------------------------------------------------------------------------------


def test_what_is_laid_is_whole(office):
    assert set(contents(office)) == set(LAID)
    said = {name: (office / name).read_text(encoding="utf-8") for name in LAID}
    assert "{" not in "".join(said[name] for name in LAID if not name.endswith("ci_job.yml"))
    assert str(office) in said["schedule/cron.txt"]
    assert sys.executable in said["README.md"]
    task = ET.fromstring(said["schedule/windows_task.xml"].partition("?>")[2])
    folder = next(e.text for e in task.iter() if e.tag.endswith("WorkingDirectory"))
    assert folder == str(office)


def test_nothing_is_written_over_or_half_laid(here, run, snapshot):
    (here / "office" / "template").mkdir(parents=True)
    (here / "office" / "mapping.toml").write_text("mine", encoding="utf-8")
    before = contents(here)
    code, out, err = run("init", "office")
    assert (code, out) == (2, "")
    assert contents(here) == before
    assert err == snapshot
    (here / "taken").write_text("a file", encoding="utf-8")
    code, out, err = run("init", "taken")
    assert (code, out) == (2, "")
    assert err == snapshot
    assert run("init")[0] == 2
    (here / "office" / "mapping.toml").unlink()  # a folder that is there, without such files, will do
    assert run("init", "office")[0] == 0


def test_every_line_that_is_commented_out_in_the_laid_files_can_be_used(office):
    for name in ("report.toml", "mapping.toml", "template/template.toml"):
        text = (office / name).read_text(encoding="utf-8")
        lines = [line.removeprefix("# ") for line in text.splitlines() if re.match(r"(# )?\w+ = ", line)]
        assert len(lines) > 5
        assert all(len(tomllib.loads(line)) == 1 for line in lines), name
        if name == "report.toml":
            assert {key for line in lines for key in tomllib.loads(line)} <= set(
                vars(parse_arguments(["report"]))
            )


@pytest.mark.slow
def test_the_laid_folder_works_at_once_without_home_language_or_path(office):
    line = (office / "schedule" / "cron.txt").read_text(encoding="utf-8").splitlines()[-1]
    command = line.split(None, 5)[5].replace("--week last", "--week 2020-W16 --format txt")
    bare = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    done = subprocess.run(["/bin/sh", "-c", command], env=bare, cwd="/", check=False, timeout=120)
    log = (office / "schedule" / "log.txt").read_text(encoding="utf-8")
    assert done.returncode == 0, log
    made = office / "reports" / "uptick-weekly-2020-W16.txt"
    assert log.splitlines()[0] == f"txt: {made}, SIMULATED data"
    said = made.read_text(encoding="utf-8")
    assert said.startswith("SIMULATED data: Iraq, fortnight 6 to 19 April 2020: Uptick in Kirkuk.")


def test_last_is_the_last_week_that_is_over(monkeypatch):
    for today, asked in (
        ("2020-04-19", "2020-04-12"),
        ("2020-04-20", "2020-04-19"),
        ("2020-04-26", "2020-04-19"),
    ):
        clock = SimpleNamespace(date=SimpleNamespace(today=lambda today=today: dt.date.fromisoformat(today)))
        monkeypatch.setattr("analytics.cli.report.dt", clock)
        assert report_day(None, "last") == np.datetime64(asked)
    assert report_day(None, "last", "saturday") == np.datetime64("2020-04-24")


# -- the file of parameters -------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch):
    """What the report is asked for, which is not made."""
    seen = []

    def stand_in(request, **options):
        seen.append((request, options))
        raise InputError("asked")

    monkeypatch.setattr(weekly, "weekly_report", stand_in)
    return seen


def test_what_the_command_line_says_goes_before_the_file(here, run, asked):
    (here / "report.toml").write_text(
        'sample = true\nas_of = 2020-04-12\nby = "admin2"\ntitle = "Ours"\nissue = 7\nwith-guide = true\n'
        'no_report_days = true\ncompleteness = 1\nformat = ["pdf", "html"]\n'
        'no_coverage = ["2019-05-01..2019-05-20"]\noutput = "out"\n',
        encoding="utf-8",
    )
    run("report", "--parameters", "report.toml", "--by", "admin1", "--week", "2020-W16")
    request, options = asked[0]
    assert request == ReportRequest(
        sample=True, as_of="2020-04-19", title="Ours", issue="7", completeness=1.0,
        no_coverage=("2019-05-01..2019-05-20",), reading={"report_days": False},
    )  # fmt: skip
    assert options["with_guide"] is True
    assert (options["formats"], options["output"]) == ("pdf,html", "out")
    (here / "rows.csv").write_text("date,province\n2020-04-13,Diyala\n", encoding="utf-8")
    run("report", "rows.csv", "--parameters", "report.toml")  # a file in place of the sample
    assert (asked[1][0].incidents_path, asked[1][0].sample) == (Path("rows.csv"), False)
    assert asked[1][0].as_of == np.datetime64("2020-04-12")


BAD_PARAMETERS = {
    "no file": None,
    "no TOML": "file = incidents.xlsx",
    "an unknown option": 'titel = "Ours"',
    "a number that is text": 'completeness = "0.9"',
    "a switch that is text": 'sample = "yes"',
    "a list that is text": 'no_coverage = "2019-05-01..2019-05-20"',
    "a text that is a list": 'title = ["a"]',
}


@pytest.mark.parametrize("text", BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_a_bad_file_of_parameters_is_one_clear_error(text, here, run, asked, snapshot):
    if text is not None:
        (here / "report.toml").write_text(text, encoding="utf-8")
    code, out, err = run("report", "--parameters", "report.toml", "--sample", "--week", "2020-W16")
    assert (code, out, asked) == (2, "", [])
    assert err == snapshot


# -- the template -----------------------------------------------------------------------------------------


def write_template(folder: Path, text: str, **files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "template.toml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return folder


def test_the_template_reaches_pdf_and_page(here, office):
    matplotlib.image.imsave(here / "logo.png", np.zeros((4, 4, 3)))
    png = (here / "logo.png").read_bytes()
    ours = write_template(
        here / "ours",
        'name = "Office <of> \\"Ours\\" #1"\nlogo = "logo.png"\nlogo_alt = "A square"\nfooter = "Ask us"\n'
        '[colours]\nheadings = "#7a0019"\n',
        logo_png=png,
    )  # fmt: skip
    for folder in (office / "template", ours):
        dressed = read_template(folder)
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## Part", id="a")])
        document = Document(nb, "T", dt.date(2020, 4, 19), office=dressed)
        source, files = typst_of(document)
        assert [content for name, content in files.items() if name.endswith(dressed.logo_kind)] == [
            dressed.logo
        ]
        assert dressed.headings in source
        assert dressed.footer in source
        assert pdf_of(document).pages == 1
    plain = typst_of(replace(document, office=None))[0]
    assert "office" not in plain


def test_what_the_template_states_is_what_the_report_is_asked(here):
    from analytics.reporting.content.weekly.own import dressed_request

    folder = write_template(here / "ours", 'title = "Ours"\nhandling = "Internal"\nauthor = "Desk"\n')
    asked = dressed_request(
        ReportRequest(sample=True, as_of="2020-04-19", author="Me"), read_template(folder)
    )
    assert (asked.title, asked.handling, asked.author) == ("Ours", "Internal", "Me")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
LOGO = 'logo = "logo.svg"\nlogo_alt = "A dot"\n'
BAD_TEMPLATES = {
    "no TOML": ("name = Ours", {}),
    "an unknown key": ('nmae = "Ours"', {}),
    "an unknown colour": ('[colours]\nheading = "#000000"', {}),
    "a colour by name": ('[colours]\nrule = "blue"', {}),
    "a pale colour": ('[colours]\nlinks = "#FFCC00"', {}),
    "colours that are no table": ('colours = "#000000"', {}),
    "a name in two lines": ('name = "a\\nb"', {}),
    "a long foot": (f'footer = "{"x" * 121}"', {}),
    "a logo without a description": ('logo = "logo.svg"', {"logo_svg": SVG}),
    "a logo that is not there": (LOGO, {}),
    "a logo that is no picture": (LOGO, {"logo_svg": b"<html/>"}),
    "a logo that is no XML": (LOGO, {"logo_svg": b"GIF89a"}),
    "a logo that fetches": (LOGO, {"logo_svg": SVG.replace(b"/>", b'><image href="http://x/y.png"/></svg>')}),
    "a logo with entities": (LOGO, {"logo_svg": b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG}),
    "a logo without a size": (LOGO, {"logo_svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>'}),
    "a large logo": (LOGO, {"logo_svg": SVG + b" " * 300_000}),
    "a photograph": ('logo = "logo.jpg"\nlogo_alt = "A"', {"logo_jpg": b"\xff\xd8"}),
    "half a PNG": ('logo = "logo.png"\nlogo_alt = "A"', {"logo_png": b"\x89PNG\r\n\x1a\n"}),
}


def test_a_bad_template_is_one_clear_error(here, snapshot):
    said = {}
    for name, (text, files) in BAD_TEMPLATES.items():
        folder = Path("t")
        write_template(folder, text, **files)
        with pytest.raises((InputError, OptionError)) as error:
            read_template(folder)
        said[name] = str(error.value)
        for path in folder.iterdir():
            path.unlink()
    assert said == snapshot


def test_a_bad_template_is_told_before_any_work(here, run, snapshot):
    code, out, err = run("report", "--sample", "--week", "2020-W16", "--template", "nowhere")
    assert (code, out) == (2, "")
    assert list(here.iterdir()) == []
    assert err == snapshot


# -- the notebook -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_own_notebook_gets_the_parameters_it_has_and_the_template_and_the_guide(office, here, run):
    own = notebook_of(here / "our report.ipynb", OWN, SAID)
    made = weekly_report(
        sample=True, as_of="2020-04-19", output=here / "out", notebook=own, template=office / "template",
        with_guide=True,
    )  # fmt: skip
    assert made.pdf.name == "our-report-2020-W16.pdf"
    assert made.pages == 2  # what it says, and the guide
    kept = nbformat.read(made.notebook, as_version=4)
    assert "Asked by admin1 as of 2020-04-19, sample True." in str(kept.cells[-2].outputs)
    assert "This page is for those who receive the report." in str(kept.cells[-1].outputs)
    same = ReportRequest(sample=True, as_of="2020-04-19")
    check_not_another(made.pdf, same, ["incidents_path", "sample", "as_of", "by"])  # it may be made again
    with pytest.raises(OutputError, match="another report"):
        check_not_another(made.pdf, replace(same, as_of="2020-04-12"), ["as_of"])
    with pytest.raises(OptionError, match="has no parameter where"):
        weekly_report(
            sample=True, as_of="2020-04-19", output=here / "out", notebook=own, where="fatalities > 0"
        )
    assert run("report", "--sample", "--week", "2020-W16", "--notebook", own, "--summary")[0] == 2


def test_a_notebook_that_takes_no_day_is_told(here, snapshot):
    own = notebook_of(here / "own.ipynb", "sample = True\n", "1")
    with pytest.raises(InputError) as error:
        weekly_report(sample=True, as_of="2020-04-19", output="out", notebook="own.ipynb")
    assert str(error.value) == snapshot
    own.write_text("no notebook", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a notebook"):
        weekly_report(sample=True, as_of="2020-04-19", output="out", notebook=own)
    assert not (here / "out").exists()


# -- the guide --------------------------------------------------------------------------------------------


def test_the_guide_is_one_page_on_paper_and_the_same_words_on_the_screen():
    nb = nbformat.v4.new_notebook()
    document = guided(Document(nb, "T", dt.date(2020, 4, 19)))
    assert pdf_of(document).pages == 2  # the title's, then its own
    assert pdf_of(replace(document, paper="us-letter")).pages == 2
    text = bundled_path("docs/how_to_read.md").read_text(encoding="utf-8")
    shown = document.notebook.cells[-1].outputs[0].data["text/html"]
    for line in ("Is there an uptick?", "What is compared", "When to ask the analyst"):
        assert line in text
        assert line in shown
    assert nb.cells == []  # the document that was given is as it was


def test_beside_the_guide_no_other_section_is_about_reading():
    nb = nbformat.v4.new_notebook()
    title = "How to read this report, and method"
    output = nbformat.v4.new_output("execute_result", data={"text/html": f"<h2>{title}</h2>"})
    nb.cells = [nbformat.v4.new_code_cell("weekly.show_method(content)", outputs=[output])]
    made = guided(Document(nb, "T", dt.date(2020, 4, 19)))
    titles = re.findall(
        r"<h2[^>]*>(.*?)</h2>", "".join(c.outputs[0].data["text/html"] for c in made.notebook.cells)
    )
    assert titles == ["Method", "How to read the report"]
    assert title in nb.cells[0].outputs[0].data["text/html"]  # the document given is as it was


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_guide_names_every_sign_of_the_report(language):
    from analytics.results.grades import SIGNS

    text = guide_text(language)
    assert {sign for sign in (*SIGNS.values(), "▼") if f"| {sign} |" not in text} == set()
    assert text.count("\n## ") == guide_text().count("\n## ")


def test_the_guide_is_in_the_language_of_the_report(here, snapshot):
    arabic = Document(nbformat.v4.new_notebook(), "T", dt.date(2020, 4, 19), language="ar")
    assert pdf_of(guided(arabic)).pages == 2
    assert "How to read" not in typst_of(guided(arabic))[0]
    assert "كيف يُقرأ التقرير" in guided(arabic).notebook.cells[-1].outputs[0].data["text/html"]
    held = find_language("ar")
    bare = (HERE / "ar.toml").read_text(encoding="utf-8").partition("\nguide = ")[0]
    (here / "xx.toml").write_text(bare, encoding="utf-8")
    assert held.title in bare
    with pytest.raises(OptionError) as error:
        weekly_report(
            sample=True, as_of="2020-04-19", output=here / "out", language="xx.toml", with_guide=True
        )
    assert str(error.value) == snapshot
    assert not (here / "out").exists()
