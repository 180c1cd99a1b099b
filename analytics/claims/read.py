"""Reading a file of claims: strictly, so that a misspelt key never silently changes a question."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from analytics._limits import parsed
from analytics._text import toml_fault
from analytics.bundled import bundled_path
from analytics.claims.reader import TableReader
from analytics.errors import InputError, UptickError, unknown_option
from analytics.files import read_whole
from analytics.filters import parse_filter
from analytics.geo import LEVELS, known_region_sets, region_set, region_table
from analytics.periods import DAY, Window
from analytics.schema import ACTIVITIES
from analytics.upticks.activity import DEFINITIONS

__all__ = ["DIRECTIONS", "KINDS", "LETHAL_RULES", "Article", "Claim", "Claims", "read_claims"]

ALL = "all"
_KNOWN = (np.datetime64("1900-01-01"), np.datetime64("2200-12-31"))
ARTICLE = "seeds/claims.toml"
# Each kind of question: what it asks, and the directions it can be asked in.
KINDS: dict[str, str] = {
    "recent": "more (or less) active in the window than in the year before",
    "day": "one day was exceptional",
    "concentration": "the rise was greater in these regions than in all others",
    "change": "the level changed on the first day of the window",
    "recurrence": "upticks come again and again",
    "persistence": "incidents go on, without a long spell of none",
    "response": "attacks after operations, beside matched times without one",
    "emerging": "an actor, or another name, is new on the scene",
    "causal": "something happened because of something else: counts cannot tell",
}
DIRECTIONS: dict[str, tuple[str, ...]] = {
    "recent": ("greater", "less"),
    "day": ("greater",),
    "concentration": ("greater",),
    "change": ("greater", "less"),
    "recurrence": ("either",),
    "persistence": ("either",),
    "response": ("less", "greater", "not less"),
    "emerging": ("greater",),
    "causal": ("greater", "less", "either"),
}
LETHAL_RULES = ("cannot be told", "deadly only", "enough")
_REQUIRED = ("id", "words", "kind", "window", "activity", "direction")
_OPTIONAL = (
    "region_set", "regions", "by", "activity_also", "supported_if", "lethal_only", "lethal_rule", "count",
    "picked", "where", "of", "name", "silence",
)  # fmt: skip
_ARTICLE_REQUIRED = ("title", "date")
_ARTICLE_OPTIONAL = ("publisher", "site", "country", "date_basis", "date_alternatives", "date_reason")
_WINDOW = ("first", "start", "last")
_SILENCE = 364  # days without a name, after which it is new
_PICKED = 7  # a day of the week that ends with it: what "on Sunday alone" was picked from, unless stated


@dataclass(frozen=True, slots=True)
class Article:
    """Who said it and when. `date` is the day that windows are counted from.

    Names of regions are checked against the names of `country` while the file is read; without one, or
    without bundled names for it, they are checked against the data.
    """

    title: str
    date: np.datetime64
    publisher: str = ""
    site: str = ""
    country: str = ""
    date_basis: str = "stated"
    date_reason: str = ""
    date_alternatives: tuple[np.datetime64, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, as stated in the file.

    Attributes
    ----------
    id, words : str
    kind : str
        One of :data:`KINDS`.
    region_set : str
        ``"all"``, a region set, or "" where `regions` are listed.
    regions : tuple of str
    by : str
        Column that holds the regions.
    first : int or None
        First day of the window, counted from the article's date; None where `start` is given.
    last : int
        Last day, counted likewise.
    start : datetime64[D] or None
    activity, activity_also : tuple of str
        What counts, and the second definition run beside it (empty: none).
    direction : str
    supported_if, lethal_only : str
        What would support it, and what data with deadly events only can say; shown to readers.
    lethal_rule : str
        ``"cannot be told"``: not tested on such data. ``"deadly only"``: tested for deadly events, and told
        beside, while the verdict on the claim stays open. ``"enough"``: deadly events can support it.
    count : int or None
        How many the claim says, for a day.
    picked : int
        Of how many days that end with it the day was picked.
    where : str
        Further filter.
    of, name : str
        For a name that is new on the scene: its column, and the name; "" for any.
    silence : int
        Days without it, after which it is new.
    """

    id: str
    words: str
    kind: str
    region_set: str
    regions: tuple[str, ...]
    by: str
    first: int | None
    last: int
    start: np.datetime64 | None
    activity: tuple[str, ...]
    activity_also: tuple[str, ...]
    direction: str
    supported_if: str = ""
    lethal_only: str = ""
    lethal_rule: str = LETHAL_RULES[0]
    count: int | None = None
    picked: int = _PICKED
    where: str = ""
    of: str = "actor"
    name: str = ""
    silence: int = _SILENCE

    @property
    def everywhere(self) -> bool:
        """Whether the claim is about all regions."""
        return self.region_set == ALL

    @property
    def place(self) -> str:
        """The regions in words."""
        if self.everywhere:
            return "all regions"
        return region_set(self.region_set).short if self.region_set else ", ".join(self.regions)

    @property
    def definitions(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is counted, once or twice: its name and the activities."""
        given = [self.activity, *([self.activity_also] if self.activity_also else [])]
        names = {frozenset(words): name for name, words in DEFINITIONS.items()}
        return tuple((names.get(frozenset(words), " or ".join(words)), words) for words in given)

    def window(self, date: np.datetime64) -> Window:
        """Return the window for an article of this date."""
        begin = self.start if self.first is None else date + self.first * DAY
        assert begin is not None
        return Window(begin, date + self.last * DAY)


@dataclass(frozen=True, eq=False)
class Claims:
    """The claims of one article or one analyst."""

    article: Article
    claims: tuple[Claim, ...]
    path: Path | None = field(default=None)

    def __len__(self) -> int:
        return len(self.claims)

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def __getitem__(self, name: str) -> Claim:
        for claim in self.claims:
            if claim.id == name:
                return claim
        raise unknown_option("claim", name, [claim.id for claim in self.claims])


def read_claims(path: str | Path | None = None) -> Claims:
    """Read a file of claims (TOML).

    Parameters
    ----------
    path : str, Path or None
        None reads the bundled claims of the article the project was created from. ``docs/claims.md`` explains
        every key.

    Raises
    ------
    InputError
        If the file cannot be read, or a key, kind, activity, region set or region is unknown or missing. The
        message names the claim, the key, what is known and the nearest.

    Examples
    --------
    >>> claims = read_claims()
    >>> len(claims), claims["more-active"].kind
    (9, 'recent')
    >>> print(claims["more-active"].window(claims.article.date))
    2020-03-31..2020-04-13
    """
    file = bundled_path(ARTICLE) if path is None else Path(path)
    try:
        stated = parsed(tomllib.loads, read_whole(file).decode("utf-8"))
    except OSError as error:
        raise InputError(
            "the file of claims cannot be read", found=error.strerror or str(error), where=str(path)
        ) from error
    except (ValueError, RecursionError) as error:  # no TOML, no text, numbers without end
        raise InputError(
            "the file of claims is not TOML", found=toml_fault(error), where=file.name,
            todo="docs/claims.md has an example",
        ) from error  # fmt: skip
    top = TableReader(file.name, "the file", stated)
    top.keys(("article", "claim"), ())
    if not isinstance(stated["article"], dict) or not isinstance(stated["claim"], list):
        top.fail("article or claim", "one table [article], then one [[claim]] for each claim")
    article = _article(TableReader(file.name, "[article]", stated["article"]))
    claims = [
        _claim(TableReader(file.name, _named(entry, number), entry), article)
        for number, entry in enumerate(stated["claim"], 1)
    ]
    names = [claim.id for claim in claims]
    if not claims or len(set(names)) < len(names):
        twice = next((name for name in names if names.count(name) > 1), None)
        raise InputError(
            f"claim {twice!r}: its id stands twice" if twice else "the file holds no claim",
            expected="one [[claim]] or more, each with an id of its own",
            where=file.name,
        )
    return Claims(article, tuple(claims), file)


def _named(entry: object, number: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    return f"claim {name!r}" if isinstance(name, str) and name.strip() else f"claim number {number}"


def _article(read: TableReader) -> Article:
    read.keys(_ARTICLE_REQUIRED, _ARTICLE_OPTIONAL)
    others = read.table.get("date_alternatives", [])
    if not isinstance(others, list):
        read.fail("date_alternatives", "a list of days")
    return Article(
        title=read.text("title"),
        date=read.day("date"),
        publisher=read.text("publisher", ""),
        site=read.text("site", ""),
        country=read.text("country", ""),
        date_basis=read.text("date_basis", "stated"),
        date_reason=read.text("date_reason", ""),
        date_alternatives=tuple(read.day("date_alternatives", value=day) for day in others),
    )


def _claim(read: TableReader, article: Article) -> Claim:
    read.keys(_REQUIRED, _OPTIONAL)
    kind = read.word("kind", tuple(KINDS))
    named, regions, by = _regions(read, article.country)
    if kind == "concentration" and named == ALL:
        read.fail("region_set", "regions that can be compared with others, not all", value=ALL)
    first, last, start = _window(read, kind, article.date)
    of_a_name = (("of", "emerging"), ("name", "emerging"), ("silence", "emerging"))
    for key, of in (("count", "day"), ("picked", "day"), *of_a_name):
        if key in read.table and kind != of:
            read.fail(key, f"only in claims of kind {of}")
    where = read.text("where", "")
    if where:
        try:
            parse_filter(where)
        except UptickError as error:
            read.fail("where", f"a filter ({error.what})")
    activity = read.words("activity", ACTIVITIES)
    also = read.words("activity_also", ACTIVITIES) if "activity_also" in read.table else ()
    if frozenset(also) == frozenset(activity):
        read.fail("activity_also", "another definition than activity")
    return Claim(
        id=read.text("id"),
        words=read.text("words"),
        kind=kind,
        region_set=named,
        regions=regions,
        by=by,
        first=first,
        last=last,
        start=start,
        activity=activity,
        activity_also=also,
        direction=read.word("direction", DIRECTIONS[kind]),
        supported_if=read.text("supported_if", ""),
        lethal_only=read.text("lethal_only", ""),
        lethal_rule=read.word("lethal_rule", LETHAL_RULES, LETHAL_RULES[0]),
        count=read.whole("count", least=1) if "count" in read.table else None,
        picked=read.whole("picked", least=1) if "picked" in read.table else _PICKED,
        where=where,
        of=read.text("of", "actor"),
        name=read.text("name", ""),
        silence=read.whole("silence", least=1) if "silence" in read.table else _SILENCE,
    )


def _regions(read: TableReader, country: str) -> tuple[str, tuple[str, ...], str]:
    """Return set name, listed regions and the column that holds them."""
    if ("region_set" in read.table) == ("regions" in read.table):
        read.fail("region_set", 'either region_set (such as "all") or regions (a list of names)')
    if "region_set" in read.table:
        if "by" in read.table:
            read.fail("by", "only beside regions: a region set knows its level")
        known = (ALL, *known_region_sets())
        named = read.word("region_set", known)
        return named, (), "admin1" if named == ALL else region_set(named).level
    by = read.text("by", "admin1")
    regions = read.words("regions", None)
    table = region_table(country, by) if by in LEVELS else None
    if table is None:
        return "", regions, by  # checked against the data, where they are counted
    placed = []
    for name in regions:
        code = table.code(name)
        if code < 0:
            said = f"{read.name}: regions: unknown region {name!r}"
            raise InputError(said, where=read.file, **table.advice(name))
        placed.append(table.names[code])
    return "", tuple(dict.fromkeys(placed)), by


def _window(
    read: TableReader, kind: str, date: np.datetime64
) -> tuple[int | None, int, np.datetime64 | None]:
    stated = read.table["window"]
    inner = TableReader(read.file, f"{read.name}: window", stated)
    inner.keys(("last",), _WINDOW[:2])
    if ("first" in stated) == ("start" in stated):
        read.fail("window", "either first (days counted from the article's date) or start (a date), and last")
    last = inner.whole("last")
    first = inner.whole("first") if "first" in stated else None
    start = inner.day("start") if first is None else None
    begin = start if first is None else date + first * DAY
    assert begin is not None
    for key, day in (("last", date + last * DAY), ("first", begin)):
        if not _KNOWN[0] <= day <= _KNOWN[1]:
            inner.fail(key, "days from the article's date, to a day of 1900 to 2200")
    if begin > date + last * DAY:
        read.fail("window", "a first day that is not after the last")
    if last > 0:
        read.fail("window", "a last day that is not after the article")
    if kind == "day" and first != last:
        read.fail("window", "one day (first = last) for a claim of kind day")
    return first, last, start
