"""The grammar of filters: text to tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from analytics._limits import limit, raise_advice, room_for
from analytics.filters.tree import (
    KEYWORDS,
    And,
    Column,
    Compare,
    Contains,
    In,
    Kind,
    Missing,
    Node,
    Not,
    Or,
    Value,
    fail_at,
)

__all__ = ["read_tree"]


_ONE = {"text": "a quoted text", "number": "a number", "date": "a date", "truth": "true or false"}
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?!\w))
    | (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*)
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))
    | (?P<name>[^\W\d]\w*)
    | (?P<column>`(?:[^`]|``)+`(?!`))
    | (?P<text>'(?:[^']|'')*'(?!')|"(?:[^"]|"")*"(?!"))
    | (?P<op><=|>=|!=|==|=|<|>)
    | (?P<mark>[(),])
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_HINTS = {
    ".": "a filter has no attributes; a column name with a dot in it is written in backquotes",
    "&": "write and",
    "|": "write or",
    "!": "write not or !=",
    "~": "write not",
    "‘": "use straight quotes",
    "“": "use straight quotes",
    "’": "use straight quotes",
    "”": "use straight quotes",
    "'": "close the quote; a quote inside a text is written twice",
    '"': "close the quote; a quote inside a text is written twice",
    "`": "close the backquote",
    "*": "a filter does not calculate",
    "+": "a filter does not calculate",
    "/": "a filter does not calculate",
    "-": "a filter does not calculate",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        """The keyword, operator or bracket this is; "" for values and columns."""
        if self.kind == "name":
            return self.text.casefold() if self.text.casefold() in KEYWORDS else ""
        return self.text if self.kind in ("op", "mark", "end") else ""


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found.group(), found.start())
    yield _Token("end", "", len(text))


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.position = 0
        self.depth = 0
        self.most = limit("brackets")
        room_for(2 * self.most)

    @property
    def now(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.now
        self.position += token.kind != "end"
        return token

    def took(self, *words: str) -> bool:
        """Step over the words if they all come next."""
        ahead = self.tokens[self.position : self.position + len(words)]
        if [token.word for token in ahead] != list(words):
            return False
        self.position += len(words)
        return True

    def fail(self, expected: str, todo: str | None = None) -> NoReturn:
        token = self.now
        found = "the end of the filter" if token.kind == "end" else f"{token.text[:40]!r}"
        if token.kind == "other":
            todo = _HINTS.get(token.text, todo)
        fail_at(self.text, token.at, "cannot read the filter", expected=expected, found=found, todo=todo)

    def filter(self) -> Node:
        node = self.either()
        if self.now.kind != "end":
            self.fail("and, or, or the end of the filter")
        return node

    def either(self) -> Node:
        items = [self.both()]
        while self.took("or"):
            items.append(self.both())
        return items[0] if len(items) == 1 else Or(tuple(items))

    def both(self) -> Node:
        items = [self.unit()]
        while self.took("and"):
            items.append(self.unit())
        return items[0] if len(items) == 1 else And(tuple(items))

    def unit(self) -> Node:
        at = self.now.at
        negated = self.took("not")
        if not negated and not self.took("("):
            return self.test()
        self.depth += 1
        if self.depth > self.most:
            fail_at(
                self.text,
                at,
                "the filter is nested too deeply",
                expected=f"at most {self.most} brackets and nots within each other",
                todo=raise_advice("brackets", 4 * self.most),
            )
        node: Node = Not(self.unit()) if negated else self.either()
        self.depth -= 1
        if not negated and not self.took(")"):
            self.fail("and, or, or a closing bracket")
        return node

    def test(self) -> Node:
        column = self.column()
        if self.now.kind == "op":
            op = self.take().text.replace("==", "=")
            return Compare(column, op, self.value())
        if self.took("is", "not", "missing"):
            return Not(Missing(column))
        if self.took("is", "missing"):
            return Missing(column)
        negated = self.took("not")
        node: Node
        if self.took("in"):
            node = In(column, self.values())
        elif self.took("contains"):
            node = Contains(column, self.value("text"))
        elif self.took("is"):
            self.fail("missing or not missing")
        elif negated:
            self.fail("in or contains")
        else:
            called = "a filter calls no functions" if self.now.word == "(" else None
            self.fail("=, !=, <, <=, >, >=, in, not in, contains or is missing", called)
        return Not(node) if negated else node

    def column(self) -> Column:
        token = self.now
        if token.kind == "name" and not token.word:
            return Column(self.take().text, token.at)
        if token.kind == "column":
            return Column(self.take().text[1:-1].replace("``", "`"), token.at)
        todo = None
        if token.word in KEYWORDS:
            todo = "a column with the name of a keyword is written in backquotes"
        elif token.kind in ("text", "number", "date"):
            todo = "the column comes first, then the value"
        return self.fail("a column name, not or an opening bracket", todo)

    def values(self) -> tuple[Value, ...]:
        if not self.took("("):
            self.fail("an opening bracket and a list, such as ('a', 'b')")
        values = [self.value()]
        while self.took(","):
            values.append(self.value(values[0].kind, ", like those before it"))
        if not self.took(")"):
            self.fail("a comma or a closing bracket")
        return tuple(values)

    def value(self, kind: Kind | None = None, because: str = "") -> Value:
        wanted = f"{_ONE[kind]}{because}" if kind else "a quoted text, a number, a date, true or false"
        token = self.now
        value = self._value(token)
        if value is None:
            hint = "days are compared whole: leave out the time" if token.kind == "time" else None
            if token.kind == "name" and not token.word:
                hint = f"text is quoted: '{token.text}'"
            self.fail(wanted, hint)
        if kind is not None and value.kind != kind:
            self.fail(wanted)
        self.take()
        return value

    def _value(self, token: _Token) -> Value | None:
        if token.kind == "text":
            quote = token.text[0]
            content = token.text[1:-1].replace(quote * 2, quote)
            if not content.strip():
                self.fail("a text that is not blank", "for rows without a value write: is missing")
            return Value("text", content, token.at)
        if token.kind == "number":
            return Value("number", self._number(token), token.at)
        if token.kind == "date":
            try:
                return Value("date", date.fromisoformat(token.text), token.at)
            except ValueError:
                self.fail("a day of the calendar, such as 2020-04-13")
        if token.word in ("true", "false"):
            return Value("truth", token.word == "true", token.at)
        return None

    def _number(self, token: _Token) -> int | float:
        number = float(token.text)
        if abs(number) >= 2**53:
            self.fail("a number below 9007199254740992", "to compare a long identifier, quote it as text")
        return int(token.text) if re.fullmatch("-?[0-9]+", token.text) else number


def read_tree(text: str) -> Node:
    """Return the tree of a filter's text, or raise a FilterError that marks the place."""
    return _Parser(text).filter()
