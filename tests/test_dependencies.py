"""What the package imports is declared, and what an extra declares is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Distribution to the name it is imported by, where that differs by more than a hyphen.
IMPORTED_AS = {"beautifulsoup4": "bs4", "fonttools": "fontTools", "ibis-framework": "ibis"}
# Programs and tools, which nothing imports.
PROGRAMS = {"jupyter"}
STARTED = {"ipykernel": "ipykernel_launcher"}  # run by its name
TOOLS = {"test", "docs", "dev", "torture", "all"}


@pytest.fixture(scope="module")
def declared(project):
    """Each extra (and ``core``) to the names its packages are imported by."""
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {"core": about["dependencies"], **about["optional-dependencies"]}
    names = {
        extra: [re.split(r"[<>=\[; ]", one)[0] for one in packages] for extra, packages in listed.items()
    }
    return {
        extra: {IMPORTED_AS.get(name, name.replace("-", "_")): name for name in packages}
        for extra, packages in names.items()
        if extra not in TOOLS
    }


@pytest.fixture(scope="module")
def imported(project):
    """The top of every name that a module of the package imports."""
    found = set()
    for path in (project / "analytics").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Constant) and node.value in STARTED.values():
                found.add(next(name for name, program in STARTED.items() if program == node.value))
    return found - set(sys.stdlib_module_names) - {"analytics"}


def test_everything_imported_is_declared(declared, imported):
    assert imported <= {name for packages in declared.values() for name in packages}


def test_everything_an_extra_declares_is_imported(declared, imported):
    assert {"report", "excel", "parquet", "change", "geo"} <= set(declared)
    for extra, packages in declared.items():
        if extra != "core":
            assert set(packages) - imported <= PROGRAMS, extra


def test_the_page_of_dependencies_names_each(project, declared):
    page = (project / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for packages in declared.values():
        for name in packages.values():
            assert re.search(rf"\b{re.escape(name)}\b", page), name
    extras = set(re.findall(r"\| `(\w+)` \|", page))
    assert set(declared) - {"core"} <= extras <= {*declared, *TOOLS}


def test_everything_that_is_needed_is_pinned(project):
    lines = (
        line.partition("#")[0].strip() for line in (project / "constraints.txt").read_text().splitlines()
    )
    pins = (line.partition("==") for line in lines if line)
    pinned = {canonicalize_name(name): release for name, _, release in pins}
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        *about["dependencies"],
        *(one for extra in about["optional-dependencies"].values() for one in extra),
    ]
    wanted, seen = [Requirement(one) for one in named], set()
    while wanted:
        one = wanted.pop()
        asked = canonicalize_name(one.name), frozenset(one.extras)
        if asked in seen or asked[0] == "uptick-analytics":
            continue
        seen.add(asked)
        try:
            if version(one.name) != pinned.get(asked[0]):  # another release may need other packages
                continue
            needed = requires(one.name) or []
        except PackageNotFoundError:  # a tool that this environment does not have
            continue
        for other in map(Requirement, needed):
            extras = one.extras or {""}
            if other.marker is None or any(other.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(other)
    assert {name for name, _ in seen} - pinned.keys() <= {"pip", "setuptools"}  # the environment's own
    assert len(seen) > len({canonicalize_name(Requirement(one).name) for one in named})
