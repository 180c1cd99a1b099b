"""Files appear whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
import threading

import pytest

from analytics.errors import OutputError
from analytics.files import check_writable, write_together


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
    with pytest.raises(OutputError, match="No space left on device"):
        write_together({tmp_path / "a.csv": b"a"})
    assert list(tmp_path.iterdir()) == []


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
