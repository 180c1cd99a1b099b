"""The where language: reading, three-valued logic, and what a filter may not do."""

from __future__ import annotations

import datetime as dt
import operator
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import FilterError
from analytics.filters import parse_filter
from analytics.filters.tree import (
    KEYWORDS,
    And,
    Column,
    Compare,
    Contains,
    In,
    Missing,
    Not,
    Or,
    Value,
    compile_filter,
    render,
)

FRAME = pd.DataFrame(
    {
        "admin1": pd.Series(["Kirkūk province", "Diyala", None, "  "], dtype="str"),
        "fatalities": pd.array([1, None, 3, 0], dtype="Int64"),
        "latitude": [35.5, np.nan, 34.0, 33.0],
        "date_start": pd.Series(
            ["2020-01-01T00:00", None, "2020-02-02T15:00", "2020-02-03T00:00"], dtype="datetime64[us]"
        ),
        "civilian_targeting": pd.array([True, False, None, True], dtype="boolean"),
    }
)
EXTRA = pd.DataFrame(
    {
        "best": ["1", "2", " ", "4.5"],
        "day": ["2020-01-01 00:00:00.000", "2020-01-05", None, ""],
        "mixed": ["a", "1", None, "3"],
        "empty": [np.nan] * 4,
        "a.b": ["x", "y", "x", "y"],
        "admin1": ["shadowed"] * 4,
    }
)
T, F, U = "true", "false", "unknown"


def verdicts(text: str, frame: pd.DataFrame = FRAME, extra: pd.DataFrame | None = EXTRA) -> list[str]:
    outcome = parse_filter(text).evaluate(frame, extra)
    assert not (outcome.mask & outcome.unknown).any()
    return [
        T if kept else U if unknown else F
        for kept, unknown in zip(outcome.mask, outcome.unknown, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fatalities > 0", [T, U, T, F]),
        ("fatalities == 0", [F, U, F, T]),
        ("fatalities != 0", [T, U, T, F]),
        ("fatalities <= 1.5", [T, U, F, T]),
        ("fatalities in (1, 3)", [T, U, T, F]),
        ("fatalities not in (1, 3)", [F, U, F, T]),
        ("latitude < 34", [F, U, F, T]),
        ("latitude > -35", [T, U, T, T]),
        ("admin1 = 'Diyala'", [F, T, U, U]),
        ("admin1 = 'diyala'", [F, F, U, U]),
        ('admin1 != "Diyala"', [T, F, U, U]),
        ("admin1 contains 'KIRKŪK'", [T, F, U, U]),
        ("admin1 contains 'Kirku\u0304k'", [T, F, U, U]),
        ("admin1 not contains 'province'", [F, T, U, U]),
        ("admin1 is missing", [F, F, T, T]),
        ("admin1 is not missing", [T, T, F, F]),
        ("fatalities IS MISSING", [F, T, F, F]),
        ("date_start = 2020-02-02", [F, U, T, F]),
        ("date_start <= 2020-02-02", [T, U, T, F]),
        ("date_start > '2020-02-02'", [F, U, F, T]),
        ("date_start in ('2020-01-01', '2020-02-03')", [T, U, F, T]),
        ("civilian_targeting = true", [T, F, U, T]),
        ("civilian_targeting != True", [F, T, U, F]),
        ("best >= 2", [F, T, U, T]),
        ("best = '2'", [F, T, U, F]),
        ("day <= 2020-01-01", [T, F, U, U]),
        ("mixed = '1'", [F, T, U, F]),
        ("empty = 3 or empty contains 'x' or empty > 2020-01-01", [U, U, U, U]),
        ("empty is missing", [T, T, T, T]),
        ("`a.b` = 'x'", [T, F, T, F]),
        # In Kleene's logic false decides "and" and true decides "or", whatever is unknown beside them.
        ("fatalities > 0 and civilian_targeting = true", [T, F, U, F]),
        ("fatalities > 0 or civilian_targeting = true", [T, U, T, T]),
        ("not (fatalities > 0 or civilian_targeting = true)", [F, U, F, F]),
        ("not fatalities > 0", [F, U, F, T]),
        ("fatalities = 0 or fatalities = 3 and latitude = 0", [F, U, F, T]),
        ("(fatalities = 0 or fatalities = 3) and latitude = 0", [F, U, F, F]),
    ],
)
def test_each_row_is_true_false_or_unknown(text, expected):
    assert verdicts(text) == expected


def test_canonical_columns_come_before_the_sources_own():
    assert not parse_filter("admin1 = 'shadowed'").mask(FRAME, EXTRA).any()


def test_mask_is_what_evaluate_keeps_and_is_bool_on_no_rows():
    wanted = parse_filter(
        "fatalities > 0 and day >= 2020-01-01 and admin1 = 'x' and civilian_targeting = true"
    )
    mask = wanted.mask(FRAME.iloc[:0], EXTRA.iloc[:0])
    assert (mask.dtype, mask.shape) == (bool, (0,))
    assert wanted.columns == ("fatalities", "day", "admin1", "civilian_targeting")
    assert str(wanted) == wanted.text


def test_text_that_no_row_holds_is_noted_with_the_nearest():
    notes = parse_filter("admin1 = 'Kirkuk' or admin1 in ('Diyala', 'Zzz')").evaluate(FRAME).notes
    assert notes == (
        "no row has admin1 = 'Kirkuk'; nearest: 'Kirkūk province'",
        "no row has admin1 = 'Zzz'; it holds 'Kirkūk province', 'Diyala'",
    )


def test_categories_are_compared_as_what_they_hold():
    frame = pd.DataFrame({"kind": pd.Categorical(["a", None, "b"]), "n": pd.Categorical([1, 2, None])})
    assert verdicts("kind = 'a' or n > 1", frame, None) == [T, T, U]


UNREADABLE = {
    "empty": "  ",
    "attribute": "admin1.str = 'x'",
    "call": "len(admin1) = 3",
    "import": "__import__('os')",
    "subscript": "admin1[0] = 'x'",
    "lambda": "fatalities > 0 and (lambda: 1)",
    "unquoted text": "admin1 = Kirkuk",
    "curly quotes": "admin1 = ‘Kirkuk’",
    "open quote": "admin1 = 'Kirkuk",
    "blank text": "admin1 = ' '",
    "value first": "3 < fatalities",
    "keyword as column": "in = 3",
    "chained": "0 < fatalities < 3",
    "arithmetic": "fatalities + 1 > 3",
    "ampersand": "fatalities > 1 & latitude > 3",
    "half a comparison": "fatalities >",
    "only a column": "civilian_targeting",
    "is what": "admin1 is 'x'",
    "not what": "admin1 not = 'x'",
    "list without brackets": "admin1 in 'x'",
    "empty list": "admin1 in ()",
    "mixed list": "admin1 in ('x', 3)",
    "contains a number": "admin1 contains 3",
    "open bracket": "(fatalities > 1",
    "closing bracket": "fatalities > 1)",
    "two comparisons": "fatalities > 1 latitude > 3",
    "no such day": "date_start > 2020-02-30",
    "date and time": "date_start > 2020-02-03T10:00",
    "huge number": "fatalities = 9007199254740992",
    "line break": "fatalities > 1\nand\tlatitude >",
    "far to the right": "fatalities > 1 and " * 20 + "latitude = north",
    "too deep": "(" * 60 + "fatalities > 1" + ")" * 60,
    "too many nots": "not " * 60 + "fatalities > 1",
    "too long": "fatalities > 1 or " * 1000 + "fatalities > 1",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name, snapshot):
    with pytest.raises(FilterError) as error:
        parse_filter(UNREADABLE[name])
    assert str(error.value) == snapshot


UNUSABLE = {
    "unknown column": "fatality > 3",
    "unlike any column": "zzz > 3",
    "text with number": "fatalities = 'many'",
    "number with text": "admin1 = 3",
    "text in order": "admin1 > 'K'",
    "truth in order": "civilian_targeting > false",
    "truth with number": "civilian_targeting = 1",
    "date with number": "date_start > 2020",
    "date with other text": "date_start = 'Monday'",
    "date in another style": "date_start = '20200101'",
    "contains in numbers": "fatalities contains '3'",
    "not all numbers": "mixed > 0",
    "not all dates": "mixed > 2020-01-01",
    "lists": "listed = 'x'",
    "twice": "twin = 'x'",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable(name, snapshot):
    extra = EXTRA.assign(listed=[[1], [2], [3], [4]], twin="x", other="x").rename(columns={"other": "twin"})
    with pytest.raises(FilterError) as error:
        parse_filter(UNUSABLE[name]).mask(FRAME, extra)
    assert str(error.value) == snapshot


def test_tables_of_different_length(snapshot):
    with pytest.raises(FilterError) as error:
        parse_filter("fatalities > 1").mask(FRAME, EXTRA.iloc[:2])
    assert str(error.value) == snapshot


def test_brackets_may_be_nested_fifty_deep_and_chains_may_be_long():
    assert verdicts("(" * 50 + "fatalities > 0" + ")" * 50) == [T, U, T, F]
    assert verdicts("not " * 50 + "fatalities > 0") == [T, U, T, F]
    assert verdicts(" or ".join(["fatalities > 0"] * 500)) == [T, U, T, F]


def test_another_back_end_sees_every_node_with_its_parts_compiled():
    class Words:
        def compare(self, node):
            return f"[{node.column.name} {node.op} {node.value.value}]"

        def isin(self, node):
            return f"[{node.column.name} in {len(node.values)}]"

        def contains(self, node):
            return f"[{node.column.name} has {node.value.value}]"

        def missing(self, node):
            return f"[{node.column.name} gone]"

        def negate(self, item):
            return f"no{item}"

        def every(self, items):
            return f"all({' '.join(items)})"

        def some(self, items):
            return f"any({' '.join(items)})"

    node = parse_filter("a = 1 or not b in (1, 2) and (c contains 'x' or d is not missing)").node
    assert compile_filter(node, Words()) == "any([a = 1] all(no[b in 2] any([c has x] no[d gone])))"


# Trees at random --------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=8).filter(str.strip)
NAMES = st.text(min_size=1, max_size=8) | st.sampled_from([*sorted(KEYWORDS), "admin1", "été", "a b", "`"])
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15)
VALUES = {
    "text": TEXTS,
    "number": NUMBERS,
    "date": st.dates(),
    "truth": st.booleans(),
}


def value_of(kind: str) -> st.SearchStrategy[Value]:
    return VALUES[kind].map(lambda value: Value(kind, value))


ANY_VALUE = st.sampled_from(list(VALUES)).flatmap(value_of)
COLUMNS = NAMES.map(Column)
LEAVES = (
    st.builds(Compare, COLUMNS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), ANY_VALUE)
    | st.builds(
        In,
        COLUMNS,
        st.sampled_from(list(VALUES)).flatmap(
            lambda kind: st.lists(value_of(kind), min_size=1, max_size=3).map(tuple)
        ),
    )
    | st.builds(Contains, COLUMNS, value_of("text"))
    | st.builds(Missing, COLUMNS)
)


def joined(leaves: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=8,
    )


@settings(max_examples=100, deadline=None)
@given(joined(LEAVES))
def test_a_tree_printed_and_parsed_is_the_same_tree(node):
    assert parse_filter(render(node)).node == node


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                "a",
                "`b`",
                "'x'",
                '"',
                "'",
                "(",
                ")",
                ",",
                "=",
                "<",
                "-1",
                "1e9",
                "2020-02-31",
                "in",
                "not",
                "is",
                "and",
                "or",
                "missing",
                "contains",
                "true",
                ".",
                "\\",
                "\n",
                "é",
                "`",
                "٣",
                "{",
                "0x1",
                "1_0",
            ]
        ),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_a_filter_or_a_filter_error(text):
    try:
        node = parse_filter(text).node
    except FilterError:
        return
    assert parse_filter(render(node)).node == node


# Masks at random against one row at a time ------------------------------------------------------------------

WORDS = ["Kirkuk", "kirkuk", "Diyala", "Tuz Khurmatu", "x"]
DAYS = [dt.date(2020, 1, day) for day in (1, 2, 3)]
FIELDS = {
    "admin1": ("text", st.sampled_from([*WORDS, " ", None])),
    "fatalities": ("number", st.sampled_from([0, 1, 2, None])),
    "date_start": ("date", st.sampled_from([*DAYS, None])),
    "targeted": ("truth", st.sampled_from([True, False, None])),
}
DTYPES = {"admin1": "str", "fatalities": "Int64", "date_start": "datetime64[us]", "targeted": "boolean"}
ROWS = st.lists(st.fixed_dictionaries({name: values for name, (_, values) in FIELDS.items()}), max_size=6)
WRITTEN = {
    "text": st.sampled_from(WORDS),
    "number": st.sampled_from([0, 1, 1.5, 2]),
    "date": st.sampled_from(DAYS),
    "truth": st.booleans(),
}
ORDERED = {"text": ["=", "!="], "truth": ["=", "!="]}
OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@st.composite
def fitting_leaf(draw):
    name = draw(st.sampled_from(list(FIELDS)))
    kind = FIELDS[name][0]
    one = WRITTEN[kind].map(lambda value: Value(kind, value))
    forms = [
        st.builds(Compare, st.just(Column(name)), st.sampled_from(ORDERED.get(kind, list(OPERATORS))), one),
        st.builds(In, st.just(Column(name)), st.lists(one, min_size=1, max_size=3).map(tuple)),
        st.just(Missing(Column(name))),
    ]
    if kind == "text":
        forms.append(
            st.builds(
                Contains,
                st.just(Column(name)),
                st.sampled_from(["K", "a", "z u"]).map(lambda text: Value("text", text)),
            )
        )
    return draw(st.one_of(forms))


def naive(node, row):
    """True, False or None (unknown), one row at a time."""
    match node:
        case Not(item):
            inner = naive(item, row)
            return None if inner is None else not inner
        case And(items) | Or(items):
            inner = [naive(item, row) for item in items]
            decides = isinstance(node, Or)
            return decides if decides in inner else None if None in inner else not decides
    held = row[node.column.name]
    held = None if isinstance(held, str) and not held.strip() else held
    match node:
        case Missing():
            return held is None
        case _ if held is None:
            return None
        case Compare(_, op, value):
            return OPERATORS[op](held, value.value)
        case In(_, values):
            return held in [value.value for value in values]
        case Contains(_, value):
            return unicodedata.normalize("NFC", value.value).casefold() in held.casefold()


@settings(max_examples=100, deadline=None)
@given(joined(fitting_leaf()), ROWS)
def test_masks_equal_a_row_by_row_evaluation(node, rows):
    frame = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in DTYPES.items()}
    )
    words = {True: T, False: F, None: U}
    assert verdicts(render(node), frame, None) == [words[naive(node, row)] for row in rows]
