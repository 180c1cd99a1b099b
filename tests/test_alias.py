"""The library's second name, and what happens where another package is called analytics."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ALIAS = PROJECT / "analytics" / "_alias"


def python(code: str, *before: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(p) for p in (*before, ALIAS, PROJECT))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_both_names_are_one_library(tmp_path):
    code = (
        "import uptick_analytics as ua, analytics, sys\n"
        "from uptick_analytics.options import windows\n"
        "from uptick_analytics import read_incidents\n"
        "import analytics.options.windows\n"
        "assert windows is analytics.options.windows and read_incidents is analytics.read_incidents\n"
        "assert ua.__version__ == analytics.__version__ and dir(ua) == dir(analytics)\n"
        "assert windows.__spec__.name == 'analytics.options.windows'\n"
        "print(ua.UptickError.__module__)\n"
    )
    done = python(code, folder=tmp_path)
    assert (done.stdout, done.returncode) == ("analytics.errors\n", 0), done.stderr


@pytest.mark.parametrize("kind", ["own file", "package", "fails"])
def test_another_package_of_the_name_is_one_clear_error(tmp_path, kind):
    if kind == "own file":
        other = tmp_path / "analytics.py"
    else:
        (tmp_path / "analytics").mkdir()
        other = tmp_path / "analytics" / "__init__.py"
    other.write_text("raise RuntimeError('no key')\n" if kind == "fails" else "track = print\n")
    code = "import sys, uptick_analytics\nsys.exit(uptick_analytics.main())"
    done = python(code, tmp_path, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "the name analytics leads to another package" in done.stderr
    assert "pip uninstall analytics" in done.stderr
    if kind == "fails":
        assert "RuntimeError: no key" in done.stderr
    else:
        assert str(other) in done.stderr
    used = python("import uptick_analytics as ua; ua.read_incidents", tmp_path, folder=tmp_path)
    assert "ImportError: the name analytics leads to another package" in used.stderr
