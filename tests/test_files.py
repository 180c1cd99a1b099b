"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from analytics import files
from analytics.errors import OutputError
from analytics.files import check_writable, read_whole, write_together


def test_files_appear_together_with_the_usual_permissions(tmp_path):
    umask = os.umask(0o027)
    try:
        write_together({tmp_path / "new" / "a.csv": b"a", tmp_path / "new" / "b.csv": b"b"})
    finally:
        os.umask(umask)
    files = sorted((tmp_path / "new").iterdir())
    assert [(f.name, f.read_bytes()) for f in files] == [("a.csv", b"a"), ("b.csv", b"b")]
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o640}


def test_when_one_cannot_be_written_none_is(tmp_path):
    old = tmp_path / "a.csv"
    old.write_bytes(b"old")
    (tmp_path / "in the way").write_bytes(b"")
    with pytest.raises(OutputError, match="the output cannot be written"):
        write_together({old: b"new", tmp_path / "in the way" / "b.csv": b"b"})
    assert old.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "in the way"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OutputError, match="No space left on device") as error:
        write_together({tmp_path / "a.csv": b"a"})
    assert error.value.where == str(tmp_path / "a.csv")
    assert error.value.todo == "make room, or choose another place"
    assert list(tmp_path.iterdir()) == []


def test_only_a_full_disk_is_no_room_for_temporary_files():
    with pytest.raises(OutputError, match="there is no room for temporary files"), files.scratch_folder():
        raise OSError(errno.EDQUOT, "over the quota")
    with pytest.raises(PermissionError), files.scratch_folder():
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_together({tmp_path / "link.csv": b"new"})
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    check_writable(pipe)
    write_together({pipe: b"through"})
    reader.join(timeout=10)
    assert got == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    with pytest.raises(OutputError) as error:
        check_writable(tmp_path / "missing" / "deeper" / "a.csv")
    assert error.value.found == "Permission denied"
    assert error.value.where == str(tmp_path)


def test_checking_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "missing" / "a.csv")
    assert list(tmp_path.iterdir()) == []


def left_by(folder: Path, name: str, content: bytes, pid: int = 2**22 + 1) -> Path:
    """A file that a killed run has left: no process has a number as large."""
    path = folder / f".uptick-{files._HOST}-{pid}-0123abcd-{name}"
    path.write_bytes(content)
    return path


def test_the_next_run_removes_what_a_killed_one_left(tmp_path):
    left_by(tmp_path, "x.pdf", b"half")
    mine = left_by(tmp_path, "y.pdf", b"another's", pid=os.getppid())
    write_together({tmp_path / "a.csv": b"a"})
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "a.csv", mine])


def test_the_next_run_finishes_a_renaming_that_was_cut_short(tmp_path):
    new = [left_by(tmp_path, f"{n}.x", b"new") for n in "ab"]
    (tmp_path / "a.pdf").write_bytes(b"new")  # renamed already
    (tmp_path / "b.ipynb").write_bytes(b"old")
    new[0].unlink()
    names = {new[0].name: "a.pdf", new[1].name: "b.ipynb"}
    left_by(tmp_path, "list.together", json.dumps(names).encode())
    check_writable(tmp_path / "c.csv")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.pdf": b"new", "b.ipynb": b"new"}


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"[1]", b'{"x": "y"}', b'{".uptick-00000000-1-00000000-x": "../out"}', b"[" * 10_000],
)
def test_a_list_that_is_not_ours_moves_nothing(tmp_path, content):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x").write_bytes(b"x")
    left_by(folder, "list.together", content)
    check_writable(folder / "c.csv")
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == ["in", "in/x"]


def test_where_one_cannot_have_its_place_the_others_keep_what_was_there(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"old")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(OutputError):
        write_together({tmp_path / "new.csv": b"new", tmp_path / "a.csv": b"new", tmp_path / "b.csv": b"new"})
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_a_pipe_is_read_to_its_end(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = b"date,region\n" * 20_000  # more than a pipe holds
    writer = threading.Thread(target=lambda: pipe.write_bytes(content), daemon=True)
    writer.start()
    assert read_whole(pipe) == content
    writer.join(timeout=10)


def test_a_pipe_that_nobody_writes_into_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nobody writes into this pipe"):
        read_whole(tmp_path / "pipe")


def links_in_a_circle(folder: Path) -> Path:
    (folder / "a.csv").symlink_to(folder / "b.csv")
    (folder / "b.csv").symlink_to(folder / "a.csv")
    return folder / "a.csv"


@pytest.mark.parametrize("kind", ["device", "folder", "links", "long name", "zero byte", "not there", "pipe"])
def test_what_is_no_file_is_one_clear_error(tmp_path, run, monkeypatch, kind):
    monkeypatch.setattr(files, "_PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    given = {
        "device": Path("/dev/zero"),
        "folder": tmp_path,
        "links": links_in_a_circle(tmp_path),
        "long name": tmp_path / ("x" * 5_000),
        "zero byte": tmp_path / "a\0b",
        "not there": tmp_path / "c.csv",
        "pipe": tmp_path / "pipe",
    }[kind]
    code, out, err = run("count", given, "--as-of", "2020-04-19")
    assert (code, out) == (2, "")
    assert err.startswith("uptick: ")
    assert len(err) < 1_000
    mapping = run("count", tmp_path / "c.csv", "--as-of", "2020-04-19", "--mapping", given)
    assert mapping[0] == 2
    assert "Traceback" not in mapping[2]


@pytest.mark.parametrize("kind", ["links", "long name", "zero byte"])
def test_where_nothing_can_be_written_is_one_clear_error(tmp_path, kind):
    links = links_in_a_circle(tmp_path)
    target = {"links": links, "long name": tmp_path / ("x" * 5_000), "zero byte": tmp_path / "a\0b"}[kind]
    with pytest.raises(OutputError, match="the output cannot be written"):
        check_writable(target)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_a_scratch_folder_of_a_killed_run_goes_with_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f".uptick-{files._HOST}-{2**22 + 1}-0123abcd-x"
    left.mkdir()
    (left / "counted").write_bytes(b"rows")
    alive = tmp_path / f".uptick-{files._HOST}-{os.getppid()}-0123abcd-x"
    alive.mkdir()
    with files.scratch_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert sorted(tmp_path.iterdir()) == sorted([alive, folder])
    assert list(tmp_path.iterdir()) == [alive]
