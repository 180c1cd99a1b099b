"""Imports go one way, matplotlib stays in its rooms, and the map is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "analytics"
MAP = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)` \|", MAP.split("## Rooms")[1].split("## Where")[0], flags=re.M)
DRAWING = {"plots", "reporting"}
FREE = {"__init__", "__main__", "py"}  # the front door loads lazily


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "_bundled" not in p.parts and room_of(p) not in FREE]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_map_lists_every_room_and_no_other():
    assert {room_of(p) for p in modules()} == set(ROOMS)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    here = ROOMS.index(room_of(path))
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "analytics" and len(parts) > 1 and parts[1] in ROOMS:
            assert ROOMS.index(parts[1]) <= here, f"{path.name} imports {name}, a later room"
        if parts[0] == "matplotlib":
            assert room_of(path) in DRAWING, f"{path.name} imports matplotlib"
        if parts[0] == "pandas":
            assert room_of(path) != "kernels", f"{path.name} imports pandas"


def test_detectors_and_upticks_never_import_each_other():
    for path in modules():
        other = {"upticks": "analytics.detectors", "detectors": "analytics.upticks"}.get(room_of(path))
        assert not other or not any(name.startswith(other) for name in imports(path))


def test_paths_the_map_names_exist():
    for name in re.findall(r"`((?:analytics|notebooks|data|seeds|tests|benchmarks|docs)/[\w./]*)`", MAP):
        assert (PROJECT / name).exists(), name


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    return done.stdout.strip()


def test_importing_the_package_costs_next_to_nothing():
    # At most 0.2 s above `import pandas` is promised; the package itself imports neither pandas nor numpy.
    loaded = run(
        "import analytics, sys; print(sorted({'pandas', 'numpy', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    assert loaded == "[]"
    seconds = float(
        run(
            "import pandas, time; t = time.perf_counter(); import analytics; "
            "analytics.read_incidents; analytics.count_incidents; print(time.perf_counter() - t)"
        )
    )
    assert seconds < 1.0  # measured 0.1 to 0.3 s; loose, because other tests run beside it


def test_every_public_name_is_there():
    import analytics

    for name in analytics.__all__:
        assert getattr(analytics, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        analytics.nonsense  # noqa: B018


def test_no_public_name_equals_a_modules_name():
    import analytics

    assert not set(analytics.__all__) & {p.stem for p in PACKAGE.glob("*.py")}


def test_nothing_in_the_repository_names_a_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout
    machine = re.compile(r"(?<![\w.:/$~-])/(?:" + "|".join(["work", "tmp", "root", "home", "opt"]) + r")/\w")
    registry = re.compile("|".join(["index-" + "url", "find-" + "links", r"https?://\S+/simple/"]))
    for name in listed.splitlines():
        path = PROJECT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".txt", ".typ", ".ipynb", ".yaml", ".cff"}
            or path.name == "Makefile"
        ):
            text = path.read_text(encoding="utf-8")
            assert not machine.search(text), f"{name}: {machine.search(text)}"
            assert not registry.search(text), f"{name}: {registry.search(text)}"


def test_days_and_years_are_counted_in_one_module():
    for path in modules():
        if path.name == "periods.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            written = ast.unparse(node) if isinstance(node, ast.Call | ast.Constant) else ""
            assert written != "365.25", f"{path.name}:{node.lineno} writes analytics.periods.YEAR_DAYS anew"
            assert written != "np.timedelta64(1, 'D')", f"{path.name}:{node.lineno} writes DAY anew"


@pytest.mark.parametrize(
    "path", [p for p in modules() if room_of(p) == "kernels"], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_kernels_leave_options_to_the_public_functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not names & {"OptionError", "unknown_option"}
    assert not any(name.startswith("analytics.options") for name in imports(path))
