"""The package works as a wheel, away from the repository: notebooks, template, fonts, sample come along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
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
    names = set(zipfile.ZipFile(wheel).namelist())
    for wanted in (
        "analytics/_bundled/data/iraq_simulated.csv",
        "analytics/_bundled/data/iraq/place_names.csv",
        "analytics/_bundled/seeds/claims.toml",
        "analytics/reporting/formats/web.css",
        "analytics/reporting/formats/web.js",
        "analytics/reporting/notebook/template.typ",
        "analytics/reporting/notebook/fonts/OFL.txt",
        "analytics/py.typed",
        "uptick_analytics.py",
    ):
        assert wanted in names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


@pytest.mark.parametrize(
    ("pattern", "inside"),
    [
        ("analytics/**/*.py", "analytics"),
        ("analytics/reporting/notebook/fonts/*.ttf", "analytics/reporting/notebook/fonts"),
        ("notebooks/*.ipynb", "analytics/_bundled/notebooks"),
        ("seeds/*.toml", "analytics/_bundled/seeds"),
        ("docs/office/**/*.*", "analytics/_bundled/docs/office"),
        ("docs/how_to_read.md", "analytics/_bundled/docs"),
    ],
)
def test_nothing_is_left_behind(wheel, pattern, inside):
    names = set(zipfile.ZipFile(wheel).namelist())
    top = PROJECT / (pattern.split("/*")[0] if "*" in pattern else Path(pattern).parent)
    found = [
        path for path in PROJECT.glob(pattern) if path.parent.name != "_alias"
    ]  # that lies beside analytics
    wanted = {f"{inside}/{path.relative_to(top).as_posix()}" for path in found}
    assert wanted
    assert wanted <= names


@pytest.mark.slow
def test_two_builds_are_the_same_to_the_byte(tmp_path):
    # Another folder, another umask, other times of the files, another zone.
    build = "import sys, hatchling.build as h; h.build_sdist(sys.argv[1]); h.build_wheel(sys.argv[1])"
    made = []
    for name, zone, umask in (("one", "UTC", 0o022), ("another/with a blank", "Asia/Kathmandu", 0o077)):
        tree = tmp_path / name
        subprocess.run(
            ["git", "clone", "-q", "--depth=1", f"file://{PROJECT}", tree], check=True, umask=umask
        )
        for path in tree.rglob("*.py"):
            os.utime(path, (umask * 1e7, umask * 1e7))
        (out := tmp_path / f"built{umask}").mkdir()
        environment = {**os.environ, "TZ": zone, "SOURCE_DATE_EPOCH": "1780000000"}
        words = [sys.executable, "-c", build, out]
        subprocess.run(words, check=True, cwd=tree, env=environment, umask=umask, capture_output=True)
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert sorted(Path(name).suffix for name in made[0]) == [".gz", ".whl"]
    assert made[0] == made[1]


@pytest.mark.slow
def test_every_module_can_be_imported(run):
    code = (
        "import importlib, pkgutil, warnings, analytics; "
        "names = [m.name for m in pkgutil.walk_packages(analytics.__path__, 'analytics.')]; "
        "[importlib.import_module(n) for n in names if not n.endswith('__main__')]; print(len(names))"
    )
    done = run("-W", "error", "-c", code)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


def test_the_wheel_is_what_runs(run):
    where = "from analytics.bundled import bundled_path as path; print(path('data/iraq_simulated.csv'))"
    done = run("-c", f"import analytics; print(analytics.__file__); {where}")
    assert done.returncode == 0, done.stderr
    code, data = done.stdout.splitlines()
    assert code.startswith(str(run.site))
    assert data.startswith(str(run.site / "analytics" / "_bundled"))


@pytest.mark.slow
def test_the_test_runs_on_the_bundled_sample(run):
    done = run("-m", "analytics", "test", "--sample", "--as-of", "2020-04-19", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["simulated"] is True


@pytest.mark.slow  # compiles every kernel again, in its own folder
def test_the_report_is_written(run):
    done = run("-m", "analytics", "report", "--sample", "--week", "2020-W16", "-o", "out")
    assert done.returncode == 0, done.stderr
    (pdf,) = (run.folder / "out").glob("*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert [p.suffix for p in sorted((run.folder / "out").iterdir())] == [".ipynb", ".pdf"]


def test_the_version_is_that_of_the_sources(run):
    stated = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run("-m", "analytics", "--version").stdout == f"uptick {stated}\n"
    assert f"\nversion: {stated}\n" in (PROJECT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {stated}" in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_sample_is_copied(run):
    done = run("-m", "analytics", "sample", "-o", "copy")
    assert done.returncode == 0, done.stderr
    for path in (run.folder / "copy").iterdir():
        assert path.read_bytes() == (PROJECT / "data" / path.name).read_bytes()
    assert (run.folder / "copy" / "iraq_simulated_truth.json").exists()


@pytest.mark.slow
def test_the_claims_of_the_article_are_answered(run):
    done = run("-m", "analytics", "test", "--sample", "--as-of", "2020-04-19", "--claims", "article")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SIMULATED")


def test_the_quick_start_runs(run):
    code = (
        "import json; from analytics.bundled import bundled_path as path; "
        "cells = json.loads(path('notebooks/quickstart.ipynb').read_text(encoding='utf-8'))['cells']; "
        "exec(''.join(next(c for c in cells if c['cell_type'] == 'code')['source']))"
    )
    done = run("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_jupyter_finds_the_exporters(run):
    code = "from nbconvert.exporters import get_exporter as get; print(get('uptick-pdf').__module__)"
    done = run("-W", "ignore", "-c", code)
    assert done.stdout == "analytics.reporting.notebook.exporter\n", done.stderr
