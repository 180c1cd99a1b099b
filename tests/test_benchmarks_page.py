"""The page of speeds is what the records say, shows where we are behind, and holds the README's speeds."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def module() -> dict:
    return runpy.run_path(str(PROJECT / "benchmarks" / "__main__.py"), run_name="benchmarks_page")


def test_the_page_is_written_from_the_records(module):
    assert (PROJECT / "benchmarks" / "README.md").read_text(encoding="utf-8") == module["page"]()


def test_a_ratio_over_one_is_shown_as_behind(module):
    table = "| size | program | ours / it |\n|---:|---|---:|\n| 10 | a | 0.50 |\n| 20 | b | 1,300 |"
    assert module["behind"](table) == [("20, b", 1300.0)]
    counting = module["recorded"]("counting")
    lost = [ratio for _, ratio in module["behind"](counting)]
    shown = [float(cell) for cell in re.findall(r"\| (\d+\.\d+) \| [\d,]+ \|$", counting, flags=re.M)]
    assert lost == [ratio for ratio in shown if ratio > 1]


def test_every_part_names_a_command_that_is_there(module):
    for command, _ in module["PARTS"].values():
        assert (PROJECT / command.split()[0]).exists(), command


def test_the_speeds_of_the_readme_are_on_the_page(module):
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    watched = float(
        re.search(r"10,000 regions x 52 of 260 weeks.*?\| [\d.]+ \| ([\d.]+)", module["page"]())[1]
    )
    assert "about three seconds of one core" in readme.replace("\n", " ")
    assert 2.5 <= watched < 3.5


@pytest.mark.slow
def test_no_small_ratio_is_half_as_much_again_as_recorded(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["small.py"])
    monkeypatch.syspath_prepend(str(PROJECT / "benchmarks"))
    small = runpy.run_path(str(PROJECT / "benchmarks" / "small.py"), run_name="small")
    assert small["main"]() == 0, capsys.readouterr().out
