"""The README's numbers are those that the benchmarks recorded, and its ten lines run."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
ROUNDED = 0.0501  # the table shows one decimal of a percent


def rows():
    table = re.findall(r"^\| \**([^|*]+?)\** \| (.+) \|$", README, flags=re.M)
    numbers = {name: [c.strip(" *") for c in cells.split("|")] for name, cells in table}
    return {
        name: [float(c) for c in cells]
        for name, cells in numbers.items()
        if re.fullmatch(r"[\d.]+", cells[0])
    }


@pytest.fixture(scope="module")
def cells():
    return pd.read_csv(PROJECT / "benchmarks" / "results" / "size_power.csv")


def test_the_size_table_is_the_recorded_one(cells):
    found = rows()
    assert len(found) == 8
    seven, eight = cells[cells["group"] == "designed on"], cells[cells["group"] == "not designed on"]
    assert (seven["n"] == 20_000).all()
    year = seven[seven["baseline"] == 365]
    for name, shown in found.items():
        size = seven[name] / seven["n"]
        recorded = [
            size.mean(),
            size[seven["baseline"] == 365].max(),
            size[seven["baseline"] == 1095].max(),
            (eight[name] / eight["n"]).max(),
            year[f"{name} power 2"].mean(),
            year[f"{name} power 3"].mean(),
        ]
        assert shown == pytest.approx([100 * v for v in recorded], abs=ROUNDED), name


def test_the_table_of_detectors_is_the_recorded_one():
    found = pd.read_csv(PROJECT / "benchmarks" / "results" / "detectors.csv")
    names = {  # in the README: on the scenarios, at one episode a year, at the formula
        "predictive": ("predictive", "predictive", "predictive"),
        "Farrington flexible": ("farrington_flexible, muan", "farrington_flexible", "farrington_flexible"),
        "`uptick_test` every week": ("recent_window", "rolling LRD", "rolling LRD"),
        "EARS C1": ("EARS C1", "EARS C1", "EARS C1"),
        "NB CUSUM": ("cusum_nb, starting again", "NB CUSUM, starting again", "NB CUSUM"),
    }
    row = r"^\| \**([^|*]+?)\** \| ([\d.]+) % \(([\d.]+)\) \| ([\d.]+) to ([\d.]+) \| ([\d.]+) % \|$"
    shown = {cells[0]: [float(c) for c in cells[1:]] for cells in re.findall(row, README, flags=re.M)}
    assert set(shown) == set(names)
    for name, (scenarios, weekly, formula) in names.items():
        here = found[found["arena"] == "scenarios"]
        one = here[(here["detector"] == scenarios) & (here["matched"] == 0.01)].iloc[0]
        caught = found[(found["arena"] == "weekly") & (found["detector"] == weekly)]["new"]
        budget = found[(found["arena"] == "budget") & (found["detector"] == formula)]["per_year"]
        assert len(caught) == len(budget) == 7
        recorded = [100 * one["pod"], one["f1"], budget.min(), budget.max(), 100 * caught.mean()]
        assert shown[name] == pytest.approx(recorded, abs=0.0501), name
        assert shown[name][1:4] == pytest.approx(recorded[1:4], abs=0.00501), name


def test_the_ten_lines_run_and_say_what_the_readme_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, further = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 10
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        names: dict[str, object] = {}
        exec(compile(code + further, "README.md", "exec"), names)
    assert names["watched"].sentence() in further
    assert "rows read 5,162 = kept 5,156 + set aside 6" in said.getvalue()
    assert (tmp_path / "upticks.png").stat().st_size > 10_000
    assert "SIMULATED data: uptick in Kirkuk (45 incidents, 15.0 expected)" in said.getvalue()


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (PROJECT / target).exists(), target
