"""The package works as a wheel, away from the repository: notebooks, template, fonts, sample come along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            folder,
            PROJECT,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Run the wheel's command in a folder that knows nothing of the repository."""
    site, elsewhere = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=elsewhere,
            env={**os.environ, "PYTHONPATH": str(site)},
        )

    call.site, call.folder = site, elsewhere
    return call


def test_what_comes_along(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "analytics/_bundled/notebooks/weekly_report.ipynb",
        "analytics/_bundled/data/iraq_simulated.csv",
        "analytics/_bundled/data/iraq_place_names.csv",
        "analytics/_bundled/seeds/claims.toml",
        "analytics/reporting/notebook/template.typ",
        "analytics/reporting/notebook/fonts/OFL.txt",
        "analytics/py.typed",
    ):
        assert wanted in names
    assert any(name.endswith(".ttf") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_the_wheel_is_what_runs(run):
    where = "from analytics.bundled import bundled_path as path; print(path('data/iraq_simulated.csv'))"
    done = run("-c", f"import analytics; print(analytics.__file__); {where}")
    assert done.returncode == 0, done.stderr
    code, data = done.stdout.splitlines()
    assert code.startswith(str(run.site))
    assert data.startswith(str(run.site / "analytics" / "_bundled"))


def test_the_test_runs_on_the_bundled_sample(run):
    done = run("-m", "analytics", "test", "--sample", "--as-of", "2020-04-19", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["simulated"] is True


def test_the_report_is_written(run):
    done = run("-m", "analytics", "report", "--sample", "--week", "2020-W16", "-o", "out")
    assert done.returncode == 0, done.stderr
    (pdf,) = (run.folder / "out").glob("*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert [p.suffix for p in sorted((run.folder / "out").iterdir())] == [".ipynb", ".pdf"]
