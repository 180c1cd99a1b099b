"""Proposing a mapping by looking at a file: which column is which, in what style, of which country.

Names come first, as for a plain table; then what stands in the columns. Everything proposed says why; what
cannot be told is left to the reader as a question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.errors import InputError
from analytics.geo import Country, bundled_countries, find_country, region_table
from analytics.sources.columns import NOT_STATED, Columns, fold
from analytics.sources.count_tables import find_count_columns
from analytics.sources.dates import COARSE, DMY, MDY, SERIAL, parse_dates
from analytics.sources.files import RawTable
from analytics.sources.registry import TABLE, recognise
from analytics.sources.table import ALIASES

__all__ = ["Proposal", "propose_mapping"]

_ROWS = 5_000  # looked at
_NAMES = {  # what a column's name holds, for columns that are not found by their whole name
    "date_start": r"dat|day|fecha|jour|tag|when|تاريخ|يوم|дата",
    "reported_on": r"report|entry|entered|creat|recorded|received|submission|submitted|timestamp|added|تبليغ",
    "admin1": r"gov|prov|state|region|wilaya|oblast|depart|muhafaz|adm.?1|محافظ|ولاية|область",
    "admin2": r"distr|county|qada|qaza|rayon|munic|commune|adm.?2|قضاء|مديرية|район",
    "place": r"place|location|village|town|city|site|area|ort|lieu|موقع|قرية|مدينة",
    "latitude": r"^lat|latit|breite|خط_العرض|^y$",
    "longitude": r"^lon|longit|^lng|länge|خط_الطول|^x$",
    "fatalities": r"kill|dead|death|fatal|kia|morts|tote|muert|قتل|قتيل|شهد|وفا",
    "wounded": r"injur|wound|hurt|wia|bless|verletz|herid|جرح|جرى|مصاب",
    "incident_id": r"^id$|_id$|^id_|^no$|_no$|number|^ref|serial|^case|^nr$|رقم",
    "event_type": r"type|kind|categor|nature|what|art_|نوع|تصنيف",
    "actor1": r"perpetr|actor|group|attacker|by_whom|الجهة|منفذ|فاعل",
    "actor2": r"target|victim|هدف|ضحية",
    "country": r"country|nation|البلد|دولة",
    "source_name": r"source|reporter|agency|مصدر",
}
_FIT = 0.9  # share of the filled cells that a proposal must fit
_PLACES = 0.8  # share of the names of places that must be known
_KINDS = 60  # most kinds of event, or regions
_UNIQUE = 0.98
_NOT_USED = 40
_OF_COUNTS = ("country", "admin1", "admin2", "event_type", "fatalities")  # what a table of counts may state


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mapping as proposed.

    Attributes
    ----------
    reading, columns : dict
        What the mapping states, and why, key by key.
    questions : tuple of str
        What is left to the reader.
    unused : tuple of str
        The file's columns that are not used, with what they hold.
    text : str
        The mapping file.
    """

    reading: dict[str, tuple[object, str]]
    columns: dict[str, tuple[str, str]]
    questions: tuple[str, ...]
    unused: tuple[str, ...]
    text: str


@dataclass(eq=False)
class _Look:
    """A table as the wizard sees it: some of its rows, and what has been taken so far."""

    columns: Columns
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    reading: dict[str, tuple[object, str]] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.frame = self.columns.frame.head(_ROWS)

    def free(self) -> list[str]:
        """Return the columns that nothing is made of yet."""
        taken = {column for column, _ in self.found.values()}
        return [name for name in self.frame.columns if name not in taken]

    def take(self, canonical: str, column: str, why: str) -> None:
        self.found[canonical] = (column, why)

    def filled(self, column: str) -> pd.Series:
        text = self.frame[column].str.strip()
        return text[(text != "") & ~text.str.startswith("#")]

    def best(self, canonical: str, fits: Callable[[str], str | None]) -> None:
        """Take the first free column whose name speaks for it and whose cells fit, with why they do."""
        if canonical in self.found:
            return
        for column in self.free():
            if re.search(_NAMES[canonical], fold(column)):
                why = fits(column)
                if why:
                    self.take(canonical, column, why)
                    return


def propose_mapping(raw: RawTable) -> Proposal:
    """Return the mapping that a file seems to want.

    Parameters
    ----------
    raw : RawTable
        The file as :func:`analytics.sources.files.load` reads it.

    Examples
    --------
    >>> from analytics.sources.files import load
    >>> table = pd.DataFrame({"Tag der Tat": ["13.04.2020"] * 3, "Gov": ["Kirkuk", "Diyala", "Kirkuk"]})
    >>> print(propose_mapping(load(table)).text)  # doctest: +ELLIPSIS
    # Proposed by looking at the DataFrame; look it over, then use it with --mapping.
    ...
    [columns]
    date_start = "Tag der Tat"  # day/month/year, 13.04.2020 to 13.04.2020
    admin1 = "Gov"  # 2 names, governorates of Iraq
    <BLANKLINE>
    """
    columns = Columns(raw)
    look = _Look(columns)
    _reading(look, raw)
    source = recognise(columns)
    counts = find_count_columns(columns)
    if source.name != TABLE:
        look.reading["source"] = (source.name, f"{source.title}: its columns are known by name")
    else:
        if counts is not None:
            period = [columns.actual(name) for name in counts.period]
            look.take("events", columns.actual(counts.events), "numbers of events: a table of counts")
            if len(period) == 1:
                look.take("period", period[0], "the period of each row")
        else:
            _dates(look)
        _by_whole_name(look, _OF_COUNTS if counts is not None else tuple(ALIASES))
        _places(look)
        _the_rest(look, _OF_COUNTS if counts is not None else tuple(_NAMES))
    unused = tuple(f"{name}: {_holds(look, name)}" for name in look.free()) if source.name == TABLE else ()
    return Proposal(
        look.reading, look.found, tuple(look.questions), unused, _written(look, raw, unused, source.title)
    )


def _reading(look: _Look, raw: RawTable) -> None:
    if raw.sheet is not None:
        look.reading["sheet"] = (raw.sheet, "")
    row = int(raw.rows[0]) - 1
    if row > 1:
        look.reading["header_row"] = (row, "the names stand there")
    for note in raw.notes:
        if told := re.match(r"encoding: .*?read as ([\w-]+)", note):
            names = {"Windows-1252": "cp1252", "Latin-1": "latin-1"}
            look.reading["encoding"] = (names.get(told[1], told[1]), "as its letters suggest")
    if raw.delimiter not in (None, ","):
        look.reading["delimiter"] = (raw.delimiter, "")


def _dates(look: _Look) -> None:
    """Find the day of the event, and that of the report: by name, then by what can be read as days."""
    readable = {column: told for column in look.frame.columns if (told := _style(look, column))}
    by_name = [name for alias in ALIASES["date_start"] if (name := look.columns.first([alias])) in readable]
    others = sorted(
        (
            bool(re.search(_NAMES["reported_on"], fold(name))),
            not re.search(_NAMES["date_start"], fold(name)),
            readable[name][0] in (SERIAL, "yyyymmdd", *COARSE),
            list(readable).index(name),
            name,
        )
        for name in readable
        if name not in by_name and (readable[name][0] not in (SERIAL, *COARSE) or _named_day(name))
    )
    chosen = [*by_name, *(name for *_, name in others)]
    if not chosen:
        look.questions.append("no column can be read as days: which one is the date? date_start = ...")
        return
    style, first, last, open_ = readable[chosen[0]]
    look.take("date_start", chosen[0], f"{first} and others" if open_ else f"{style}, {first} to {last}")
    if open_:
        look.questions.append(
            f"{chosen[0]!r} can be read as {DMY} and as {MDY}: which one? date_style = ... in [file]"
        )
    for name in chosen[1:]:
        if re.search(_NAMES["reported_on"], fold(name)):
            look.take("reported_on", name, "the day of the report, by its name")
            return


def _named_day(name: str) -> bool:
    return bool(re.search(_NAMES["date_start"], fold(name)))


def _style(look: _Look, column: str) -> tuple[str, str, str, bool] | None:
    """Return the style, the first and last text, and whether the order of day and month is open."""
    text = look.filled(column).reset_index(drop=True)
    if text.empty:
        return None
    try:
        parsed = parse_dates(text, name=column, slashes=DMY)
    except InputError:
        return None
    read = ~np.isnat(parsed.days)
    if read.mean() < _FIT:
        return None
    order = np.argsort(parsed.days[read])
    ends = text[read].iloc[[order[0], order[-1]]].tolist()
    return parsed.style, ends[0], ends[1], any("no day above 12" in note for note in parsed.notes)


def _by_whole_name(look: _Look, wanted: Sequence[str]) -> None:
    for canonical in wanted:
        column = look.columns.first(ALIASES[canonical])
        if canonical not in look.found and column in look.free() and not canonical.startswith("date_"):
            look.take(canonical, str(column), "by its name")


def _places(look: _Look) -> None:
    """Find units whose names are those of a country, whatever their columns are called."""
    for level, unit in (("admin1", "admin1"), ("admin2", "admin2")):
        if level in look.found and level != "admin1":
            continue
        candidates = [look.found[level][0]] if level in look.found else look.free()
        for column in candidates:
            names = look.filled(column).unique().tolist()
            if not 2 <= len(names) <= 10 * _KINDS:
                continue
            fitting = [one for one in bundled_countries() if _share(names, one, level) >= _PLACES]
            if len(fitting) == 1:
                many = fitting[0].units[unit].many
                look.take(level, column, f"{len(names)} names, {many} of {fitting[0].name}")
                if "country" not in look.found:
                    look.reading.setdefault("country", (fitting[0].name, "whose names they are"))
                break
    country = look.found.get("country")
    if country is not None:
        look.reading.pop("country", None)
        names = look.filled(country[0]).unique().tolist()
        known = find_country(names[0]) if len(names) == 1 else None
        if known is None and len(names) > 1:
            look.take("country", country[0], f"{len(names)} countries: {', '.join(map(str, names[:4]))}")


def _share(names: Iterable[str], country: Country, level: str) -> float:
    table = region_table(country.name, level)
    known = [table is not None and table.code(name) >= 0 for name in names]
    return sum(known) / len(known)


def _the_rest(look: _Look, wanted: Sequence[str]) -> None:
    def numbers(least: float, most: float, whole: bool) -> Callable[[str], str | None]:
        def fits(column: str) -> str | None:
            values, bad = look.columns.numbers(fold(column))
            known = values[: len(look.frame)][~np.isnan(values[: len(look.frame)])]
            if not known.size or bad[: len(look.frame)].mean() > 1 - _FIT:
                return None
            inside = (known >= least) & (known <= most) & ((known == np.round(known)) | (not whole))
            return f"numbers from {known.min():g} to {known.max():g}" if inside.mean() >= _FIT else None

        return fits

    def kinds(column: str) -> str | None:
        text = look.filled(column)
        many = text.nunique()
        if not 1 < many <= _KINDS or many == len(text):
            return None
        return f"{many} kinds, most often {text.value_counts().index[0]!r}"

    def unique(column: str) -> str | None:
        text = look.filled(column)
        return "no value twice" if len(text) and text.nunique() >= _UNIQUE * len(look.frame) else None

    def some(column: str) -> str | None:
        many = look.filled(column).nunique()
        return f"{many} names" if many > 1 else None

    asked: dict[str, Callable[[str], str | None]] = {
        "incident_id": unique,
        "latitude": numbers(-90, 90, False),
        "longitude": numbers(-180, 180, False),
        "fatalities": numbers(0, 1e5, True),
        "wounded": numbers(0, 1e5, True),
        **dict.fromkeys(("country", "admin1"), kinds),
        "admin2": some,
        "event_type": kinds,
        **dict.fromkeys(("actor1", "actor2", "source_name", "place"), some),
    }
    for canonical, fits in asked.items():
        if canonical in wanted:
            look.best(canonical, fits)
    if not {"admin1", "admin2", "country"} & set(look.found):
        look.questions.append("no column of regions was found: admin1 = ..., or count with --by none")


def _holds(look: _Look, column: str) -> str:
    text = look.filled(column)
    if text.empty:
        return "empty"
    if text.str.casefold().isin(NOT_STATED).all():
        return "nothing stated"
    many = text.nunique()
    shown = repr(str(text.iloc[0])[:30])
    return f"always {shown}" if many == 1 else f"{many:,} values, such as {shown}"


def _written(look: _Look, raw: RawTable, unused: tuple[str, ...], title: str) -> str:
    name = raw.path.name if raw.path else raw.name
    lines = [f"# Proposed by looking at {name}; look it over, then use it with --mapping."]
    lines += [f"# It is taken for {title}." if "source" in look.reading else "# Every key may be left out."]
    lines += [f"# QUESTION: {question}" for question in look.questions]
    for table, found in (("file", look.reading), ("columns", look.found)):
        if not found:
            continue
        lines += ["", f"[{table}]"]
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" + (f"  # {_comment(why)}" if why else "")
            for key, (value, why) in found.items()
        ]
    if unused:
        lines += ["", "# Not used:"]
        lines += [f"#   {_comment(told)}" for told in unused[:_NOT_USED]]
        more = len(unused) - _NOT_USED
        lines += [f"#   and {more} more"] if more > 0 else []
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
