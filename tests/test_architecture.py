"""Imports go one way, matplotlib stays in its rooms, and the map is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "analytics"
MAP = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)` \|", MAP.split("## Rooms")[1].split("## Where")[0], flags=re.M)
DRAWING = {"plots", "reporting"}
MOST_LINES = 400  # of a file
LONG_BODY, MOST_LONG = 60, 10  # lines of a body, and how many bodies of the package may be longer
FREE = {"__init__", "__main__", "py"}  # the front door loads lazily


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def package_files() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "_bundled" not in p.parts]


def modules() -> list[Path]:
    return [p for p in package_files() if room_of(p) not in FREE]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(text: str, known: set[str]) -> set[str]:
    """Modules among `known` that a file imports, under TYPE_CHECKING or in a function too.

    ``from room import name`` is the module of that name where there is one, or else the room.
    """
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}": node.module for alias in node.names}
            found |= {name if name in known else room for name, room in names.items()}
    return found & known


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of names each of which leads to the next, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long_to_read_at_one_sitting():
    lengths = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in package_files()}
    assert {str(p.relative_to(PACKAGE)): n for p, n in lengths.items() if n > MOST_LINES} == {}


def test_long_functions_are_the_exception():
    long = [
        f"{path.relative_to(PACKAGE)}: {node.name}, {body_lines(node)} lines"
        for path in package_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > LONG_BODY
    ]
    assert len(long) <= MOST_LONG, "\n".join(long)


def test_no_file_imports_itself_through_others():
    # The front door is left out: it names everything for type checkers and loads it on first use.
    files = {module_name(p): p for p in package_files() if module_name(p) != "analytics"}
    graph = {
        name: imported_modules(p.read_text(encoding="utf-8"), set(files)) - {name}
        for name, p in files.items()
    }
    assert sum(map(len, graph.values())) > len(graph)  # imports were read at all
    assert " -> ".join(circle(graph)) == ""


def test_what_reads_the_structure_reads_it():
    known = {"a", "a.b", "a.c"}
    assert imported_modules("from a import b, name", known) == {"a.b", "a"}
    assert imported_modules("if TYPE_CHECKING:\n    from a.c import name\nimport os", known) == {"a.c"}
    assert imported_modules("def f():\n    import a.b", known) == {"a.b"}
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []
    function = ast.parse("def f(\n    a,\n):\n    'words'\n    a = 1\n\n    return a").body[0]
    assert body_lines(function) == 3


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
            "import pandas, time; t = time.process_time(); import analytics; "
            "analytics.read_incidents; analytics.count_incidents; print(time.process_time() - t)"
        )
    )
    assert seconds < 1.0  # of processor time, measured 0.1 to 0.3 s; loose, because other tests run beside it


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
