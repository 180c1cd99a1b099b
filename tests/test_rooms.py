"""``dir``, ``help`` and tab completion of every room show its public names, and each says what it is."""

from __future__ import annotations

import ast
import inspect
import json
import pydoc
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from analytics.errors import OptionError

PACKAGE = Path(__file__).resolve().parent.parent / "analytics"
DOORS = [*sorted(PACKAGE.glob("*/__init__.py")), PACKAGE / "reporting" / "content" / "weekly" / "__init__.py"]
ROOMS = ["analytics", *(".".join(door.relative_to(PACKAGE.parent).parts[:-1]) for door in DOORS)]


# Rooms that the front door opens by name; the others are for the library itself.
WITHIN = {door.parent.name for door in DOORS if door.parent.parent == PACKAGE} - {"cli", "kernels", "options"}
WITHIN |= {"errors"}


def plain(names):
    return [name for name in names if not name.startswith("__")]


def test_there_are_rooms():
    assert {"analytics.counts", "analytics.reporting", "analytics.upticks"} < set(ROOMS)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_shows_its_public_names_and_no_others(name):
    room = import_module(name)
    within = WITHIN if name == "analytics" else set()
    assert plain(dir(room)) == plain(sorted({*room.__all__, *within}))
    assert {"__all__", "__doc__", "__file__", "__name__"} <= set(dir(room))
    for public in room.__all__:
        value = getattr(room, public)
        if inspect.isclass(value) or inspect.isfunction(value):  # constants and type names have none
            said = (value.__doc__ or f"{public}(").strip()  # a dataclass without one gets its signature
            assert not said.startswith(f"{public}("), f"{public} does not say what it is"
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nonsense'"):
        room.nonsense  # noqa: B018


@pytest.mark.slow
def test_help_names_everything_a_room_holds():
    # A process of its own, in which no test has loaded a name yet.
    code = (
        "import json, pydoc, sys; from importlib import import_module as room; "
        "print(json.dumps({name: pydoc.plain(pydoc.render_doc(room(name))) for name in sys.argv[1:]}))"
    )
    done = subprocess.run([sys.executable, "-c", code, *ROOMS], capture_output=True, text=True, check=True)
    for name, told in json.loads(done.stdout).items():
        contents = told.split("\nFILE\n")[0]
        for public in plain(import_module(name).__all__):
            assert re.search(rf"\b{public}\b", contents), f"{name} does not tell of {public}"


def test_rooms_open_by_name_without_being_imported():
    code = "import analytics; print(analytics.detectors.DetectorSpec.__name__, analytics.errors.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["DetectorSpec", "analytics.errors"]
    import analytics

    with pytest.raises(AttributeError, match="no attribute 'kernel'"):
        analytics.kernel  # noqa: B018


def test_star_imports_give_the_public_names():
    import analytics.upticks

    there: dict[str, object] = {}
    exec("from analytics.upticks import *", there)
    assert set(plain(there)) == set(analytics.upticks.__all__)
    assert "uptick_test(counts" in pydoc.plain(pydoc.render_doc(analytics.upticks))


def test_a_former_name_is_refused_with_the_new_one():
    import analytics.detectors

    with pytest.raises(OptionError, match=r"no 'Spec' any more[\s\S]*DetectorSpec is its name now"):
        analytics.detectors.Spec  # noqa: B018


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.parent.name)
def test_what_type_checkers_see_is_what_a_room_loads(door):
    tree = ast.parse(door.read_text(encoding="utf-8"))
    checked = [
        node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    if not checked:
        return  # a room that loads its names at once
    seen = {
        alias.asname or alias.name
        for node in ast.walk(checked[0])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    room = import_module(ROOMS[1 + DOORS.index(door)])
    assert set(plain(room.__all__)) <= seen


def test_every_registered_detector_is_a_public_name():
    from analytics import detectors

    for spec in detectors.DETECTORS.values():
        assert spec.function.partition(":")[2] in detectors.__all__


def test_a_source_is_named_alike_everywhere(project):
    from analytics.cli.parser import build_parser
    from analytics.incidents import read_incidents
    from analytics.sources.registry import find_source, source_names

    told = build_parser()[1]["check"].format_help()
    page = (project / "docs" / "command.md").read_text(encoding="utf-8")
    for name in source_names():
        assert find_source(name).name == name
        assert re.search(rf"\b{name}\b", told.split("--source")[2])
        assert re.search(rf"--source [a-z_|]*\b{name}\b", page)
        assert f'"{name}"' in (read_incidents.__doc__ or "")
    files = {
        path.stem
        for path in (PACKAGE / "sources").glob("*.py")
        if re.search(r"^SOURCE\b", path.read_text("utf-8"), re.M)
    }
    assert files == set(source_names())
