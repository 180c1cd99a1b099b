"""What Arrow splits is, cell by cell and row by row, what the csv module makes of it; else that reads it."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.errors import InputError
from analytics.incidents import read_incidents
from analytics.sources import files, swift, text
from analytics.sources.files import load
from analytics.sources.registry import layouts

pytest.importorskip("pyarrow")

HEADER = "id,date,place\n"
# What a cell and what stands between cells may be made of, with what breaks tables.
PIECES = ["a", "1", ",", "\n", "\n", "\r\n", "\r", '"', '"', '""', '","', '"\n', " ", "é", "،", ";", "\ufeff",
          "\u2028", "\x0b", "\x1c", "\x85", "NA", "\x00"]  # fmt: skip


@pytest.fixture
def small(monkeypatch):
    """Every file is large enough, and its first characters need not be many."""
    monkeypatch.setattr(swift, "SMALLEST", 0)
    monkeypatch.setattr(text, "_HEAD", 4)


def plainly(path, monkeypatch, **options):
    """Read a file by the csv module."""
    with monkeypatch.context() as patched:
        patched.setattr(swift, "SMALLEST", 1 << 60)
        return load(path, layouts=layouts(), **options)


def swiftly(path, **options):
    return text.read_text_file(
        path, **{"delimiter": None, "header_row": None, "layouts": layouts()} | options
    )


def table_or_error(read):
    try:
        return read(), ""
    except InputError as error:
        return None, str(error)


def assert_same(path, monkeypatch, **options):
    """Whatever reads a file, its table or its error is the csv module's; return whether Arrow read it."""
    found, failed = table_or_error(lambda: load(path, layouts=layouts(), **options))
    plain, error = table_or_error(lambda: plainly(path, monkeypatch, **options))
    assert failed == error
    if found is None or plain is None:
        return False
    pd.testing.assert_frame_equal(found.frame, plain.frame)
    assert found.rows.tolist() == plain.rows.tolist()
    same = ("name", "path", "digest", "delimiter", "notes", "head", "holding_na", "sheet")
    assert [getattr(found, name) for name in same] == [getattr(plain, name) for name in same]
    return swiftly(path) is not None


BODIES = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
BLOCKS = st.sampled_from([7, 16, 64, 1 << 20])
QUIET = [HealthCheck.function_scoped_fixture]


def write_and_compare(tmp_path, monkeypatch, body, block):
    monkeypatch.setattr(swift, "BLOCK", block)
    path = tmp_path / "table.csv"
    path.write_bytes((HEADER + body).encode())
    assert_same(path, monkeypatch, delimiter=",", header_row=1)


@settings(max_examples=100, deadline=None, suppress_health_check=QUIET)
@given(BODIES, BLOCKS)
def test_whatever_stands_in_a_file_both_readers_say_the_same(small, tmp_path, monkeypatch, body, block):
    write_and_compare(tmp_path, monkeypatch, body, block)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=QUIET)
@given(BODIES, BLOCKS)
def test_of_many_files_too_both_readers_say_the_same(small, tmp_path, monkeypatch, body, block):
    write_and_compare(tmp_path, monkeypatch, body, block)


CELLS = st.text(st.sampled_from('ab1 ,;"\n\té،\u2028\x1c'), max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([64, 1 << 20]),
)
def test_a_table_that_was_written_whole_is_read_by_arrow(
    small, tmp_path, monkeypatch, rows, ending, quoted, mark, block
):
    monkeypatch.setattr(swift, "BLOCK", block)
    frame = pd.DataFrame(rows, columns=["id", "date", "place"])
    written = frame.to_csv(index=False, lineterminator=ending, quoting=1 if quoted else 0)
    path = tmp_path / "table.csv"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + written.encode())
    assert assert_same(path, monkeypatch, delimiter=",", header_row=1)
    table, digest = swiftly(path, delimiter=",", header_row=1)
    assert table.frame.values.tolist() == [list(row) for row in rows]
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "body",
    [
        b'1,2020-01-01,"a"b\n',
        b'1,2020-01-01,a"b"\n',
        b'1,2020-01-01, "a"\n',
        b'1,2020-01-01,"a\n',
        b'1,2020-01-01,"a" \n',
        b"1,2020-01-01\n",
        b"1,2020-01-01,a,\n",
        b"1,2020-01-01,a\n \n2,2020-01-02,b\n",
        b"1,2020-01-01,a\r2,2020-01-02,b\n",
        b'1,2020-01-01,"a\rb"\n',
        b"1,2020-01-01,a\r",
        b"\xef\xbb\xbf1,2020-01-01,a\n",
        b"1,2020-01-01,\x00\n",
        b"1,2020-01-01,caf\xe9\n",
        b"1,2020-01-01,\xc3\n",
        b"1,2020-01-01,\xed\xa0\x80\n",
        b"1,2020-01-01,\xc0\x80\n",
        b"1,2020-01-01,\xf4\x90\x80\x80\n",
        b"",
    ],
)
def test_what_is_not_regular_is_left_to_the_csv_module(small, tmp_path, monkeypatch, body):
    path = tmp_path / "table.csv"
    marked = body.startswith(b"\xef")  # Arrow would leave a mark out that is the first record's own
    path.write_bytes(HEADER.encode() + b"0,2020-01-01,x\n" * (bool(body) and not marked) + body)
    assert not assert_same(path, monkeypatch)


@pytest.mark.parametrize(
    ("above", "table"),
    [
        ("sep=;\n", "id;date;place\n1;2020-01-01;a\n"),
        ("Incident log\n\n", "id,date,place\n1,2020-01-01,a\n2,2020-01-02,b\n"),
        ("", "id\tdate\tplace\n1\t2020-01-01\ta\n"),
        ("\n\n", "id,date,place\n1,2020-01-01,a\n"),
        ("", "id,date,place\n1,2020-01-01,a\n\n2,2020-01-02,b\r\n\r\n\n"),
        ("", '"id","date","pl\nace"\n1,2020-01-01,a\n'),
        ("", "id,date,\n1,2020-01-01,a\n"),
        ("", "date|place|x\n2020-01-01|NA|1\n2020-01-01|a|NA\n"),
    ],
)
def test_where_a_table_begins_is_found_as_ever(tmp_path, monkeypatch, above, table):
    monkeypatch.setattr(swift, "SMALLEST", 0)
    monkeypatch.setattr(text, "_HEAD", len(table) - 1)
    path = tmp_path / "table.csv"
    path.write_text(above + table, encoding="utf-8", newline="")
    assert assert_same(path, monkeypatch)


@pytest.mark.parametrize("block", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    ("body", "regular"),
    [
        (b'1,"a, ""b""\r\n",x\r\n2,c,"d"\r\n', True),
        (b"1,a,b\n\n2,c,d", True),
        (b'1,a"b",c\n', False),
        (b'1,"a"b,c\n', False),
        (b'1,"a,c\n', False),
        (b"1,a\rb,c\n", False),
        (b"1,a,c\r", False),
        (b"1,\x00,c\n", False),
    ],
)
def test_bytes_are_given_out_whole_or_not_at_all(block, body, regular):
    """What Arrow's own threads ask for, asked for here."""
    stream = swift._Checked(io.BytesIO(body[4:]), HEADER.encode() + body[:4], len(HEADER), ",")
    given = []
    try:
        while part := stream.read(block):
            given.append(part)
        stream.finish()
    except swift.IrregularError:
        assert not regular
    else:
        assert regular
        assert b"".join(given) == body
        assert stream.digest.hexdigest() == hashlib.sha256(HEADER.encode() + body).hexdigest()


def test_quotes_are_text_where_they_are_said_to_be():
    stream = swift._Checked(io.BytesIO(b'1,a"b,c\n'), b"", 0, ",", quoted=False)
    assert stream.read(-1) == b'1,a"b,c\n'
    stream.finish()
    unread = swift._Checked(io.BytesIO(b"1,a,c\n2,b,d\n"), b"", 0, ",")
    unread.read(6)
    with pytest.raises(swift.IrregularError):
        unread.finish()


def test_what_is_no_text_or_has_no_row_is_left_to_the_csv_module(small, tmp_path):
    def begin(first):
        return swift.Beginning(len(HEADER), ",", ("id", "date", "place"))

    for name, body in {"pages.csv": b"%PDF-1.7 1,2,3\n" * 3, "empty.csv": HEADER.encode()}.items():
        path = tmp_path / name
        path.write_bytes(body)
        assert swift.read_swiftly(path, begin) is None
    path.write_bytes(HEADER.encode() + b"1,2020-01-01,a\n")
    assert swift.read_swiftly(path, begin).frame["place"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("name", "head", "swift_"),
    [("gdelt_1.tsv", 600, False), ("table.csv", 100_000, False), ("table.csv", 600, True)],
)
def test_what_has_no_names_or_is_no_longer_than_is_looked_at_is_left_to_the_csv_module(
    name, head, swift_, project, tmp_path, monkeypatch
):
    monkeypatch.setattr(swift, "SMALLEST", 0)
    monkeypatch.setattr(text, "_HEAD", head)
    (tmp_path / "table.csv").write_text(HEADER + "1,2020-01-01,a\n" * 100)
    path = project / "tests" / "fixtures" / "sources" / name
    assert assert_same(path if path.exists() else tmp_path / name, monkeypatch) == swift_


def test_many_blocks_are_put_together_in_order(small, tmp_path, monkeypatch):
    monkeypatch.setattr(swift, "BLOCK", 32)
    path = tmp_path / "table.csv"
    for rows, together in ((8, 4), (80, 4), (80, 1)):
        monkeypatch.setattr(swift, "_TOGETHER", together)
        path.write_text(HEADER + "".join(f"{n},2020-01-01,place\n" for n in range(rows)))
        table, _ = swiftly(path, delimiter=",", header_row=1)
        assert table.frame[table.frame.columns[0]].tolist() == [str(n) for n in range(rows)]


def test_options_that_are_not_for_text_are_refused_as_ever(small, tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "1,2020-01-01,a\n" * 3)
    for options in ({"sheet": "a"}, {"delimiter": "ab"}, {"encoding": "utf-99"}):
        with pytest.raises(Exception) as swift_error:
            load(path, **options)
        with pytest.raises(Exception) as plain_error:
            plainly(path, monkeypatch, **options)
        assert str(swift_error.value) == str(plain_error.value)
    assert len(load(path, encoding="UTF_8").frame) == 3


def test_incidents_and_their_account_are_the_same_without_arrow(tmp_path, monkeypatch):
    rows = [f'{at},2020-01-{at % 31 + 1:02d},"Place {at % 7}, ""old"" town",{at % 5}' for at in range(40_000)]
    rows[10], rows[99] = "10,2020-02-31,x,0", rows[98]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["id,date,place,killed", *rows]) + "\n")
    assert path.stat().st_size > swift.SMALLEST
    monkeypatch.setattr(files, "read_text_file", lambda *_, **__: None)
    plain = read_incidents(path)
    monkeypatch.undo()
    assert swiftly(path) is not None
    found = read_incidents(path)
    for name in ("frame", "extra", "quarantine"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(plain, name))
    assert str(found) == str(plain)
    assert found.accounting.set_aside == {"impossible date": 1, "duplicate id": 1}


_TOLD = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
if sys.argv[1] == "without":
    sys.meta_path.insert(0, Absent())
from analytics import read_incidents
for path in sys.argv[2:]:
    found = read_incidents(path)
    print(found, [found.frame[c].dtype == "str" for c in found.frame], list(map(str, found.extra.dtypes)))
    for table in (found.frame, found.extra, found.quarantine):
        print(table.to_csv())
"""


SOURCES = ("acled.csv.gz", "gdelt_1.tsv", "gtd.csv", "hxl_in_place.csv", "icews.tab", "table.jsonl")


@pytest.mark.parametrize("names", [("sigact.csv",), pytest.param(SOURCES, marks=pytest.mark.slow)])
def test_without_pyarrow_sources_are_read_the_same(project, monkeypatch, capsys, names):
    folder = project / "tests" / "fixtures" / "sources"
    paths = [str(folder / name) for name in names]
    without = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _TOLD, "without", *paths],
        check=True, capture_output=True, text=True, encoding="utf-8", cwd=project,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["-c", "with", *paths])
    exec(_TOLD, {})
    told = capsys.readouterr().out
    assert len(told) > 1_000
    assert told == without.stdout
