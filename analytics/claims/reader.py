"""One table of a file of claims, read strictly: every error names the claim, the key, and what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from analytics.errors import InputError, UptickError, nearest
from analytics.periods import as_day

__all__ = ["TableReader"]

_MOST_BITS = 31


@dataclass(frozen=True, slots=True)
class TableReader:
    """One table of the file, with what its errors have to say."""

    file: str
    name: str
    table: Any

    def fail(self, key: str, expected: str, known: Sequence[str] = (), value: object = None) -> NoReturn:
        """Raise an InputError about a key."""
        found = self.table.get(key) if value is None else value
        close = nearest(str(found), known) if known else []
        raise InputError(
            f"{self.name}: {key} cannot be used",
            expected=expected,
            found="nothing" if found is None else repr(found),
            where=self.file,
            todo=f"did you mean {' or '.join(close)}?" if close else None,
        )

    def keys(self, required: Sequence[str], optional: Sequence[str]) -> None:
        """Check that every required key is there, and no unknown one."""
        if not isinstance(self.table, Mapping):
            raise InputError(
                f"{self.name}: is no table", found=repr(self.table), where=self.file,
                expected=f"keys {', '.join(required)}",
            )  # fmt: skip
        known = (*required, *optional)
        for key in self.table:
            if key not in known:
                close = nearest(key, known)
                raise InputError(
                    f"{self.name}: unknown key {key!r}",
                    expected=f"one of {', '.join(known)}",
                    where=self.file,
                    todo=f"did you mean {' or '.join(close)}?" if close else "docs/claims.md lists the keys",
                )
        for key in required:
            if key not in self.table:
                raise InputError(
                    f"{self.name}: the key {key!r} is missing",
                    expected=f"the keys {', '.join(required)}",
                    found=", ".join(self.table) or "none",
                    where=self.file,
                )

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text, spaces joined."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.fail(key, "a text")
        return " ".join(value.split())

    def word(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """Return one of the known words."""
        value = self.table.get(key, default)
        if value not in known:
            self.fail(key, f"one of {', '.join(known)}" if len(known) > 1 else known[0], known)
        return str(value)

    def words(self, key: str, known: Sequence[str] | None) -> tuple[str, ...]:
        """Return a list of words, each once; `known` None: any."""
        value = self.table.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v for v in value):
            self.fail(key, "a list of texts, at least one")
        for word in value:
            if known is not None and word not in known:
                self.fail(key, f"from {', '.join(known)}", known, word)
        if len(set(value)) < len(value):
            self.fail(key, "each word once")
        return tuple(value)

    def whole(self, key: str, *, least: int | None = None) -> int:
        """Return a whole number."""
        value = self.table.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
            self.fail(key, "a whole number" + (f", at least {least}" if least is not None else ""))
        if value.bit_length() > _MOST_BITS:
            self.fail(key, "a whole number that can be meant", value=f"one of {value.bit_length()} bits")
        return value

    def day(self, key: str, value: object = None) -> np.datetime64:
        """Return a day."""
        given = self.table.get(key) if value is None else value
        try:
            return as_day(given, key)
        except UptickError:
            self.fail(key, "a day such as 2020-04-13", value=given)
