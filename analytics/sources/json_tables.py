"""JSON lines, lists of records or of rows, an API's envelope around them, and GeoJSON: as tables of text.

Numbers stay as they are written: 12.10 is the text ``12.10``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analytics._limits import beyond_limits, parsed
from analytics._typing import IntArray
from analytics.errors import InputError
from analytics.sources.header import header_among, title_note

__all__ = ["JSON_ENDINGS", "read_json"]

JSON_ENDINGS = (".json", ".jsonl", ".ndjson", ".geojson")
_HALF, _HALF_ESCAPE = re.compile("[\ud800-\udfff]"), re.compile(r"\\u[dD][89a-fA-F]")
_ENVELOPES = ("data", "Result", "results", "records", "events", "value")  # where services put their rows
_TITLE_ROWS = 20  # rows looked at for the column names


def read_json(text: str, name: str) -> tuple[pd.DataFrame, IntArray, tuple[str, ...]]:
    r"""Return the records of a JSON text as a table of text, the number of each, and notes.

    Raises
    ------
    InputError
        If it is no JSON, or holds no list of records or rows.

    Examples
    --------
    >>> frame, rows, _ = read_json('{"day": "2020-04-13", "dead": 1.50}\n{"day": null}', "two.jsonl")
    >>> frame.to_numpy().tolist(), rows.tolist()
    ([['2020-04-13', '1.50'], ['', '']], [1, 2])
    """
    found, notes = _records(text, name)
    if found and not isinstance(found[0], dict):
        return _of_rows(found, name, notes)
    if _HALF_ESCAPE.search(text):
        try:
            found, more = _whole_letters(found)
        except _TwiceError as error:
            raise _named_twice(name, error) from None
        notes = (*notes, *more)
    names: dict[str, None] = {}
    for record in found:
        names |= dict.fromkeys(record)
    if not names:
        raise InputError(f"{name} holds no records", expected="one object for each incident", where=name)
    frame = pd.DataFrame(
        {
            at: pd.array([_text(record.get(key)) for record in found], dtype="str")
            for at, key in enumerate(names)
        }
    )
    frame.columns = pd.Index(list(names), dtype=object)
    return frame, np.arange(1, len(frame) + 1, dtype=np.int64), notes


def _of_rows(
    rows: list[Any], name: str, notes: tuple[str, ...]
) -> tuple[pd.DataFrame, IntArray, tuple[str, ...]]:
    """Return rows of values below a row of names, as services that give HXL write them, as a table."""
    cells = [[_HALF.sub("\ufffd", _text(value)) for value in row] for row in rows]
    at = header_among(cells[:_TITLE_ROWS])
    width = len(cells[at])
    for row, found in enumerate(cells[at + 1 :], start=at + 2):
        if len(found) != width:
            raise InputError(
                f"row {row} of {name} has {len(found)} values, the header has {width}",
                expected=f"{width} values in every row",
                found=str(found[:6]),
                where=f"{name}, row {row} (the header is row {at + 1})",
            )
    frame = pd.DataFrame(
        {i: pd.array([row[i] for row in cells[at + 1 :]], dtype="str") for i in range(width)},
        index=range(len(cells) - at - 1),
    )
    frame.columns = pd.Index(cells[at], dtype=object)
    said = ("records: rows of values below their names", *((title_note(at),) if at else ()))
    return frame, np.arange(at + 2, len(cells) + 1, dtype=np.int64), (*notes, *said)


def _records(text: str, name: str) -> tuple[list[Any], tuple[str, ...]]:
    try:
        whole = _load(text)
    except _TwiceError as error:
        raise _named_twice(name, error) from None
    except (json.JSONDecodeError, RecursionError) as error:
        first, _, rest = text.lstrip().partition("\n")
        if not rest.strip() or not first.rstrip().endswith("}"):
            raise _not_json(name, error, 1) from None
        return list(_lines(text, name)), ("records: one a line",)
    if isinstance(whole, dict) and whole.get("type") == "FeatureCollection":
        return _features(whole, name)
    if isinstance(whole, dict):
        key = next((key for key in _ENVELOPES if isinstance(whole.get(key), list)), None)
        if key is None and all(not isinstance(value, (list, dict)) for value in whole.values()):
            return [whole], ()
        if key is None:
            raise InputError(
                f"{name} holds no list of records",
                expected=f"a list, or one under {', '.join(_ENVELOPES)}",
                found=", ".join(map(str, list(whole)[:20])),
                where=name,
            )
        return _listed(whole[key], name), (f"records: those under {key!r}",)
    return _listed(whole, name), ()


def _lines(text: str, name: str) -> Iterator[dict[str, Any]]:
    for at, line in enumerate(text.split("\n"), start=1):  # other ends of lines may stand in a text
        if not line.strip():
            continue
        try:
            record = _load(line)
        except _TwiceError as error:
            raise _named_twice(f"{name}, line {at}", error) from None
        except (json.JSONDecodeError, RecursionError) as error:
            raise _not_json(name, error, at) from None
        yield from _objects([record], f"{name}, line {at}")


def _listed(found: object, name: str) -> list[Any]:
    """Return a list of records, or one of rows: at least two, the first of them names."""
    if isinstance(found, list) and len(found) > 1 and all(isinstance(row, list) for row in found):
        return found
    return _objects(found, name)


def _objects(found: object, name: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise InputError(
            f"{name} holds no list of records",
            expected="one object for each incident, with a name for each value",
            found=type(found).__name__ if not isinstance(found, list) else "values without names",
            where=name,
        )
    return found


def _features(whole: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the properties of each feature, and of each point where it lies."""
    records, without = [], 0
    for feature in _objects(whole.get("features", []), name):
        record = dict(_objects([feature.get("properties") or {}], name)[0])
        if feature.get("id") is not None:
            record.setdefault("id", feature["id"])
        shape = _objects([feature.get("geometry") or {}], name)[0]
        at = shape.get("coordinates") if shape.get("type") == "Point" else None
        if isinstance(at, list) and len(at) >= 2:
            known = {key.casefold() for key in record}
            if not known & {"longitude", "lon", "long"} and not known & {"latitude", "lat"}:
                record |= {"longitude": at[0], "latitude": at[1]}
        else:
            without += 1
        records.append(record)
    note = (f"geometry: {without:,} features are no points, their shape is left out",) if without else ()
    return records, ("coordinates: those of the points", *note)


def _load(text: str) -> Any:
    return parsed(partial(json.loads, parse_float=str, parse_int=str, object_pairs_hook=_once), text)


class _TwiceError(ValueError):
    """A record names a value twice, and which of them holds nobody can know."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in made if names.count(name) > 1))
    return made


def _named_twice(where: str, error: _TwiceError) -> InputError:
    return InputError(
        f"a record of {where} names a value twice",
        expected="every name once in a record",
        found=str(error),
        where=where,
        todo="leave one of them out where the file is made",
    )


def _whole_letters(records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Put a sign in place of half letters, as cutting a text in the middle of an emoji leaves them."""
    whole, changed = [], 0
    for record in records:
        made = {}
        for key, value in record.items():
            text = _text(value)
            made[_HALF.sub("\ufffd", key)] = _HALF.sub("\ufffd", text)
            changed += _HALF.search(text) is not None
        if len(made) < len(record):
            raise _TwiceError("names that differ in half letters only")
        whole.append(made)
    return whole, (f"text: half letters in {changed:,} values are shown as \ufffd",) if changed else ()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _not_json(name: str, error: Exception, line: int) -> InputError:
    at = line + error.lineno - 1 if isinstance(error, json.JSONDecodeError) else line
    said = error.msg if isinstance(error, json.JSONDecodeError) else beyond_limits(error)
    return InputError(
        f"{name} is no JSON that can be read",
        expected="a list of records, one record a line, or GeoJSON",
        found=said,
        where=f"{name}, line {at}",
    )
