"""What is decided once for each distinct text is what would be decided row by row."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import _coded, read_incidents
from analytics._coded import coded, spelt
from analytics.incidents.kept import _blank, typed_column
from analytics.sources.columns import Columns, _floats
from analytics.sources.files import RawTable

TEXTS = st.text(st.sampled_from("ab 1.,+-eE\t\u00a0\u2003٣é"), max_size=4)


def column(texts, parts=1):
    """Texts as a column; in several chunks, as large files are read."""
    cuts = np.array_split(np.array(texts, dtype=object), parts)
    return pd.concat([pd.Series(list(cut), dtype="str") for cut in cuts], ignore_index=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | TEXTS, min_size=1, max_size=12), st.integers(1, 4))
def test_codes_are_those_of_factorize(texts, parts):
    values = column(texts, parts)
    codes, found = coded(values)
    expected, uniques = pd.factorize(values)
    assert codes.tolist() == expected.tolist()
    assert found.tolist() == list(uniques)
    assert spelt(found.tolist(), codes, values.index).equals(values)


def test_chunks_whose_dictionaries_grow_have_one_code_a_text(monkeypatch):
    values = pd.Series(["b", "b", "a"], dtype="str")
    grown = pa.chunked_array([pa.array(some).dictionary_encode() for some in (["b"], ["b", "a"])])
    monkeypatch.setattr(_coded, "in_arrow", lambda _: SimpleNamespace(dictionary_encode=lambda: grown))
    codes, found = coded(values)
    assert (codes.tolist(), found.tolist()) == ([0, 0, 1], ["b", "a"])


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12))
def test_blank_texts_are_those_that_nothing_is_left_of(texts):
    values = column(texts)
    assert _blank(values).tolist() == (values.str.strip() == "").tolist()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["1", "2.50", "-7", "", " ", "01", "1.", "x", "9" * 17, "1e3"]),
        min_size=1,
        max_size=8,
    )
)
def test_a_column_is_numbers_only_if_every_value_is_one(texts):
    filled = [text for text in texts if text.strip()]
    whole = bool(filled) and all(text in ("1", "-7", "9" * 17) for text in filled)
    broken = bool(filled) and all(text in ("1", "2.50", "-7", "1.") for text in filled)
    found = typed_column(column(texts))
    assert str(found.dtype) == ("Int64" if whole else "Float64" if broken else "str")
    assert found.isna().tolist() == [not text.strip() for text in texts]
    read = int if whole else float if broken else str
    assert [read(text) for text in filled] == found.dropna().tolist()
    assert typed_column(column(texts), code=True).dropna().tolist() == filled


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "2.5", ".5", "1."],
        ["+5", "1"],
        ["1e400", "-1e400", "1e-400"],
        ["0.1", "1234567890.123456789"],
        [],
    ],
)
def test_floats_are_those_nearest(texts):
    assert _floats(pd.Series(texts, dtype="str")).tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "numbers", "unreadable"),
    [
        (["1,5", "2"], [1.5, 2.0], [False, False]),
        (["1,5", "2.0"], [None, 2.0], [True, False]),
        (["٣", " 4 ", "few", "many x"], [3.0, 4.0, None, None], [False, False, False, True]),
    ],
)
def test_numbers_are_read_as_ever(texts, numbers, unreadable):
    frame = pd.DataFrame({"n": pd.Series(texts, dtype="str")})
    values, odd = Columns(RawTable(frame, "a table", np.arange(2, len(frame) + 2))).numbers("n")
    assert [None if np.isnan(value) else value for value in values] == numbers
    assert odd.tolist() == unreadable


def test_reading_a_table_leaves_it_as_it_was():
    frame = pd.DataFrame(
        {"date": ["2020-01-01", "soon"], "place": ["a", "b"], "notes": ["", "x"], "n": [1, 2]}
    )
    before = frame.copy(deep=True)
    first, second = read_incidents(frame), read_incidents(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(first.extra, second.extra)
    assert first.extra["n"].tolist() == [1]
    assert first.quarantine["original"].tolist() == second.quarantine["original"].tolist()
