"""A disk that is full, a real one: one clear error, the old file whole, nothing beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.system

DAY, BEFORE = "2020-04-19", "2020-04-12"
SIZE = 24_000  # kilobytes of the disk
FULL = "No space left on device"

Disk = Callable[[int], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("no mount on this machine")
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}k", "tmpfs", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a disk of a few megabytes cannot be mounted here: {done.stderr.strip()[:200]}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk up to some bytes, and return with what."""
    there = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(there.f_bavail * there.f_frsize - leave))
    return filler


def held(disk: Path) -> dict[str, bytes]:
    """What lies there, but for what fills it."""
    paths = (path for path in disk.rglob("*") if path.is_file() and path.name != "filler")
    return {path.relative_to(disk).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("leave", [0, 8_192])
@pytest.mark.parametrize("command", ["count", "monitor", "report"])
def test_what_was_there_stays_and_the_next_run_writes(command, leave, disk, run):
    before, after = {
        "count": (["--as-of", BEFORE, "-o", disk / "out" / "a.json"], ["--as-of", DAY]),
        "monitor": (["--as-of", BEFORE, "--format", "json", "-o", disk / "out" / "a.json"], ["--as-of", DAY]),
        "report": (["--week", "2020-W16", "--title", "Old", "-o", disk / "out"], ["--title", "New"]),
    }[command]
    assert run(command, "--sample", *before)[0] == 0
    old = held(disk)
    assert old
    filler = fill(disk, leave)
    code, out, err = run(command, "--sample", *before, *after)
    assert (code, out) == (2, "")
    assert err.startswith("uptick: the output cannot be written\n")
    assert f"found: {FULL}" in err
    assert f"where: {disk / 'out'}" in err
    assert "what to do: make room" in err
    assert held(disk) == old
    filler.unlink()
    assert run(command, "--sample", *before, *after)[0] == 0
    new = held(disk)
    assert set(new) == set(old)
    assert all(new[name] != old[name] for name in old if not name.endswith(".ipynb"))


@pytest.mark.parametrize("leave", [8_192, 400_000])
def test_a_report_without_room_for_temporary_files(leave, disk, run, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    monkeypatch.setenv("TMPDIR", str(disk))
    fill(disk, leave)
    code, out, err = run("report", "--sample", "--week", "2020-W16", "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith("uptick: there is no room for temporary files\n")
    assert f"found: {FULL}" in err
    assert "another folder in TMPDIR" in err
    assert held(disk) == {}
    assert not (tmp_path / "out").exists()


def test_counting_in_an_engine_without_room_for_temporary_files(disk, run, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    days = pd.date_range("2018-01-01", "2020-04-12").astype(str)
    rows = pd.DataFrame({"id": range(60_000), "date": np.resize(days, 60_000), "admin1": "Eastmark"})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    fill(disk, 8_192)
    asked = ("count", tmp_path / "rows.csv", "--as-of", DAY, "--engine", "duckdb")
    code, out, err = run(*asked)
    assert (code, out) == (2, "")
    assert "there is no room for temporary files" in err
    assert f"found: {FULL}" in err


@pytest.mark.parametrize("leave", [0, 8_192, 200_000])
def test_a_store_is_as_it_was_or_holds_the_delivery_whole(leave, disk, run, tmp_path):
    days = pd.date_range("2018-01-01", "2020-04-12").astype(str)
    rows = pd.DataFrame({"id": range(3_000), "date": np.resize(days, 3_000), "admin1": "Eastmark"})
    rows[:2_000].to_csv(tmp_path / "first.csv", index=False)
    rows.to_csv(tmp_path / "second.csv", index=False)
    store = disk / "s.store"

    def add(name: str, day: str) -> tuple[int, str, str]:
        return run("store", "add", tmp_path / f"{name}.csv", "--store", store, "--on", day)

    def known() -> tuple[str, int]:
        code, out, err = run("store", "as-of", "--store", store, "--as-of", DAY, "--format", "csv")
        assert code == 0, err
        return run("store", "list", "--store", store)[1], out.count("Eastmark")

    assert add("first", BEFORE)[0] == 0
    old = known()
    assert old[1] == 2_000
    filler = fill(disk, leave)
    code, out, err = add("second", DAY)
    if code:
        assert (code, out) == (2, "")
        assert err.startswith("uptick: the store cannot be written\n")
        assert FULL in err
        assert "the store is as it was before" in err
    else:
        assert leave == 200_000
    filler.unlink()
    assert known() == old if code else known()[1] == 3_000
    if code:
        assert add("second", DAY)[0] == 0
    assert known()[1] == 3_000
    assert set(held(disk)) == {"s.store"}
