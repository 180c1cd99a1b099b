"""The pages tell the truth: commands say what is shown, links lead somewhere, every name appears."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import analytics
from analytics.cli.parser import parse_arguments

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
QUICK = ("check", "count", "init")  # a second each at most; all run under make test-system and make docs


def module_of(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


run_commands, check_site = module_of("run_commands"), module_of("check_site")


def commands(text):
    """Every ``uptick ...`` that stands in a block of code, without what follows a comment sign."""
    text = re.sub(r"\\\n\s*", "", text)  # a command over several lines
    blocks = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, flags=re.M | re.S)
    indented = re.findall(r"^(?:    |      )(?=\S)(.*)$", text, flags=re.M)
    lines = [line.strip() for block in (*blocks, *indented) for line in block.splitlines()]
    for line in lines:
        found = re.match(r"(?:\$ )?(?:\S*/)?uptick (\w.*)", line)
        if found:
            yield re.split(r"\s+#|\s\|\s", found[1])[0].strip()


@pytest.mark.parametrize("page", [*PAGES, PROJECT / "README.md"], ids=lambda page: page.stem)
def test_every_command_that_a_page_names_can_be_read(page):
    for command in commands(page.read_text(encoding="utf-8")):
        step = run_commands.Step(f"uptick {command}", "")
        parse_arguments(step.words[1:])


def test_the_pages_with_commands_are_those_meant():
    found = {page.stem: len(list(run_commands.steps(page))) for page in PAGES}
    assert {name for name, number in found.items() if number} == {"tutorial", "recipes"}
    assert found["tutorial"] >= 8
    assert found["recipes"] >= 11
    for page in PAGES:  # nothing but our own command is run
        assert all(step.words[0] == "uptick" for step in run_commands.steps(page))


@pytest.mark.parametrize("name", ["tutorial", "recipes"])
def test_quick_commands_say_what_is_shown(name):
    page = DOCS / f"{name}.md"
    tried = 0
    with run_commands.folder_of(page):
        for step in run_commands.steps(page):
            if step.words[1] in QUICK:
                text = run_commands.said(step)
                assert not run_commands.differs(step, text), f"$ {step.command}\n{text}"
                tried += 1
    assert tried >= 3


@pytest.mark.system
@pytest.mark.parametrize("name", ["tutorial", "recipes"])
def test_every_command_says_what_is_shown(name):
    assert run_commands.faults(DOCS / f"{name}.md") == []


def test_a_page_that_says_something_else_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ uptick --version\nuptick 0\n```\n", encoding="utf-8")
    assert [fault.partition("\n")[0] for fault in run_commands.faults(page)] == [
        "page.md: $ uptick --version"
    ]
    page.write_text("```console\n$ uptick --version\nuptick ...\n```\n", encoding="utf-8")
    assert run_commands.faults(page) == []


# -- the files that come with the pages -------------------------------------------------------------------


def test_the_files_are_what_their_scripts_make():
    tutorial, recipes = module_of("make_tutorial"), module_of("make_recipes")
    sheet = openpyxl.load_workbook(DOCS / "tutorial" / "incidents.xlsx")["Incidents"]
    rows = [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]
    made = tutorial.with_faults(tutorial.incidents(tutorial.np.random.default_rng(20240616)))
    assert rows == made
    assert "SIMULATED" in sheet["A1"].value
    found = recipes.events(recipes.np.random.default_rng(20161230))
    kept = pd.read_csv(DOCS / "recipes" / "acled_like.csv", parse_dates=["event_date"])
    pd.testing.assert_frame_equal(kept, recipes.acled(found), check_dtype=False)
    for folder in ("tutorial", "recipes"):
        data = [path for path in (DOCS / folder).iterdir() if path.suffix in (".csv", ".xlsx")]
        assert data
        assert all("simulated = true" in path.with_suffix(".meta.toml").read_text("utf-8") for path in data)


@pytest.mark.parametrize("name", ["front_page", "tutorial_page"])
def test_the_pictures_of_pages_are_small(name):
    content = (DOCS / "images" / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert 20_000 < len(content) < 200_000


# -- the API ----------------------------------------------------------------------------------------------


def rooms():
    named = [name for name in dir(analytics) if not name.startswith("_")]
    found = [name for name in named if hasattr(getattr(analytics, name), "__path__") or name in ("errors",)]
    return [name for name in found if getattr(importlib.import_module(f"analytics.{name}"), "__all__", ())]


def test_each_public_name_of_the_rooms_appears():
    assert {"upticks", "plots", "reporting", "errors"} <= set(rooms())
    missing = []
    for room in rooms():
        module = importlib.import_module(f"analytics.{room}")
        path = DOCS / "api" / f"{room}.md"
        assert path.exists(), (
            f"a new room gets its page: {path.name}, as that of another room, and in index.md"
        )
        page = path.read_text(encoding="utf-8")
        assert f".. automodule:: analytics.{room}\n   :members:" in page
        by_hand = set(re.findall(rf"\.\. py:data:: (\w+)\n   :module: analytics\.{room}\n", page))
        for name in module.__all__:
            thing = getattr(module, name)
            documented = (
                callable(thing) and bool(getattr(thing, "__doc__", None)) and hasattr(thing, "__module__")
            )
            if not documented and name not in by_hand:
                missing.append(f"{room}.{name}")
        assert by_hand <= set(module.__all__)
    assert missing == []


def test_each_name_at_the_top_appears():
    page = (DOCS / "api" / "analytics.md").read_text(encoding="utf-8")
    names = set(re.findall(r"~analytics\.\w+\.(\w+)`|`(__version__)`", page))
    assert {first or second for first, second in names} == set(analytics.__all__), "docs/api/analytics.md"


def test_every_page_is_in_the_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(\w+)$", index, flags=re.M))
    assert {page.stem for page in PAGES} - {"index"} - listed == set(), "add it to a toctree of docs/index.md"
    api = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    assert {path.stem for path in (DOCS / "api").glob("*.md")} - {"index"} <= set(
        re.findall(r"^(\w+)$", api, flags=re.M)
    )


def test_links_between_the_sources_lead_somewhere():
    for page in (*PAGES, *(DOCS / "api").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# -- the site ---------------------------------------------------------------------------------------------


def test_dead_links_and_what_is_fetched_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="top"><a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a>'
        '<a href="#top">4</a><a href="https://example.org/">5</a><script src="https://example.org/x.js"></script>'
        '<link rel="stylesheet" href="s.css">',
        encoding="utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="there">', encoding="utf-8")
    (tmp_path / "s.css").write_text("@font-face { src: url('https://example.org/f.woff') }", encoding="utf-8")
    assert list(check_site.faults(tmp_path)) == [
        "a.html: fetches https://example.org/x.js",
        "a.html: no place for b.html#gone",
        "a.html: no file for c.html",
        "s.css: fetches https://example.org/f.woff",
    ]


@pytest.mark.system
def test_the_site_is_built_without_a_warning_and_needs_no_network(tmp_path):
    pytest.importorskip("myst_parser", reason="the docs extra is not installed")
    options = ["-q", "-E", "-W", "--keep-going"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sphinx", *options, "-c", "docs", ".", tmp_path],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(check_site.faults(tmp_path)) == []
    for room in rooms():
        page = (tmp_path / "docs" / "api" / f"{room}.html").read_text(encoding="utf-8")
        for name in importlib.import_module(f"analytics.{room}").__all__:
            assert f'id="analytics.{room}.{name}"' in page, name
