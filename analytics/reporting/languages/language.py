"""`Language`: the words, numerals, days and plurals of one language, read from its file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from analytics.errors import InputError, unknown_option
from analytics.options import check_installed
from analytics.reporting.languages.slots import NUMBER, SPAN, Pattern, read_language, share_left, slots_of
from analytics.results.words_days import MONTHS

__all__ = ["ENGLISH", "Language", "find_language", "language_names"]

HERE = Path(__file__).resolve().parent
ENGLISH = "en"
_BEFORE, _AFTER = "\u200f\u200e", "\u200e\u200f"  # marks around text that runs from left to right
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_SIGN = re.compile(r"([▲△▼▽≈–▭▬·✕○✓✗]+)(  ?)(.+)", re.DOTALL)
_ENDS = re.compile(r"(?<=[.:;?)]) +(?=[A-Z“▲△▼▽≈▭▬✕○(0-9])")
_NUMBER = re.compile(NUMBER)
_SPAN = re.compile(SPAN)
_RIGHT = re.compile("[\u0590-\u08ff]")
_WEEK = re.compile(r"\d{4}-W\d\d")
_MORE = re.compile(r"(.*?)(?: and ([\d,]+) more)?", re.DOTALL)
_ITEMS = re.compile(r"(?: · |; |, (?!usual ))(?![^(]*\))")
_ADDEND = re.compile(r"(?:^| \+ )(.+?) (\d[\d,]*)(?= \+ |$)")
_ENTRY = re.compile(r"(.+) (\d[\d,.]*)")
_TOGETHER = ("The country", "All regions together", "All incidents")
_BETWEEN = ("  ·  ", "   ", " · ")
_MOST = 8  # sentences that are tried as one


class Language:
    """One language: `say` returns a sentence of the library in it.

    Parameters
    ----------
    file : Path
        ``NAME.toml``, as ``docs/languages.md`` describes it.

    Attributes
    ----------
    code, title : str
        Such as ``"ar"``, and what it calls itself.
    direction : {"ltr", "rtl"}
    numerals : str
        The ten digits, 0 first.
    pages : mapping
        Whole pages of prose, as markdown: ``reading``, ``method``.
    missed : set of str
        What no template has recognised so far.
    """

    def __init__(self, file: Path) -> None:
        held = read_language(file)
        about = held["language"]
        self.code: str = file.stem
        self.title: str = about["title"]
        self.direction: str = about.get("direction", "ltr")
        self.locale: str = about.get("locale", file.stem)
        self.numbering: str = about.get("numbering", "default")
        self.numerals: str = about.get("digits", "0123456789")
        self.date: str = about.get("date", "d MMMM y")
        self.sentences: Mapping[str, Any] = held["sentences"]
        self.pages: Mapping[str, str] = held.get("pages", {})
        self.missed: set[str] = set()
        self._known: dict[str, str | None] = {}

    @property
    def english(self) -> bool:
        """Whether this is what the library says anyway."""
        return self.code == ENGLISH

    @cached_property
    def _locale(self) -> Any:
        check_installed("babel", what="another language", extra="report", instead="English")
        from babel import Locale

        return Locale.parse(self.locale.replace("-", "_"))

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Names of the months as they stand on an axis."""
        if self.english:
            return tuple(name[:3] for name in MONTHS)
        names = self._locale.months["format"]["abbreviated"]
        return tuple(str(names[number]) for number in range(1, 13))

    def number(self, text: str) -> str:
        """Return a number as this language writes it, with as many decimals.

        Thousands are parted where English parts them.

        Examples
        --------
        >>> find_language("ar").number("1,234.50"), find_language("en").number("1,234.50")
        ('١٬٢٣٤٫٥٠', '1,234.50')
        >>> find_language("ar").number("2018")
        '٢٠١٨'
        """
        if self.english or not re.fullmatch(r"\d[\d,]*(?:\.\d+)?", text):
            if text.startswith("over ") and not self.english:
                return self._filled(self.sentences["over"], {"number": self.number(text[5:])}, text[5:])
            return text if not text.startswith("<") or self.english else "<" + self.number(text[1:])
        from babel.numbers import format_decimal

        decimals = len(text.partition(".")[2])
        whole = "#,##0" if "," in text else "0"  # 2018 is a year
        form = whole + ("." + "0" * decimals if decimals else "")
        value = Decimal(text.replace(",", ""))
        made = format_decimal(value, form, self._locale, numbering_system=self.numbering)
        return self.in_digits(str(made))

    def day(self, text: str) -> str:
        """Return a day as this language writes it, the year where the text names it.

        Examples
        --------
        >>> find_language("ar").day("9 April 2020"), find_language("ar").day("2020-04-09")
        ('٩ أبريل ٢٠٢٠', '٩ أبريل ٢٠٢٠')
        """
        from babel.dates import format_date

        if "-" in text:
            when, form = dt.date.fromisoformat(text), self.date
        else:
            number, month, *year = text.split()
            at = next(i for i, name in enumerate(MONTHS, 1) if name.startswith(month[:3]))
            when = dt.date(int(year[0]) if year else 2000, at, int(number))
            form = self.date if year else self.date.replace("y", "").strip(" ,.")
        return self.in_digits(str(format_date(when, form, self._locale)))

    def in_digits(self, text: str) -> str:
        """Return a text with the digits of this language."""
        return text.translate({ord(str(i)): digit for i, digit in enumerate(self.numerals)})

    def say(self, text: str) -> str:
        """Return a text in this language; what it has no words for stays English, with marks around it.

        Parameters
        ----------
        text : str
            A sentence of the library, several of them, or a number, a day, a name. What is not recognised
            is kept in `missed`.
        """
        if self.english or not text.strip():
            return text
        made = self.partly(text)
        if made is not None:
            return made
        self.missed.add(text)
        return self.foreign(text)

    def partly(self, text: str) -> str | None:
        """Return a text of which at least one sentence is known, the others marked and kept in `missed`."""
        made = self.known(text)
        return self._in_parts(text.strip(), strict=False) if made is None else made

    def foreign(self, text: str) -> str:
        """Return text of another script as it stands in this language's: with marks of its direction."""
        if self.direction == "ltr" or not _LATIN.search(text) or text.startswith(_BEFORE):
            return text
        return f"{_BEFORE}{text}{_AFTER}"

    def known(self, text: str) -> str | None:
        """Return a text in this language, None where it has no words for it or for a part of it."""
        if text not in self._known:
            self._known[text] = None  # a text is no part of itself
            self._known[text] = self._found(text)
        return self._known[text]

    def _found(self, text: str) -> str | None:
        bare = text.strip()
        if _NUMBER.fullmatch(bare):
            return self.number(bare)
        if _SPAN.fullmatch(bare):
            return self._span(bare)
        if not _LATIN.search(bare):
            return self.in_digits(text) if re.search(r"\d", text) else text
        for tag in ("SIMULATED data: ", "SIMULATED: "):
            if bare.startswith(tag) and (rest := self.known(bare[len(tag) :])) is not None:
                return f"{self.sentences['simulated']}: {rest}"
        if _WEEK.fullmatch(bare):
            return self.foreign(bare)
        if (found := _SIGN.fullmatch(bare)) and (rest := self.known(found[3])) is not None:
            return f"{found[1]}{found[2]}{rest}"
        whole = self._whole(bare)
        if whole is not None:
            return whole
        made = self._in_parts(bare, strict=True)
        if made is None and len(_RIGHT.findall(bare)) > len(_LATIN.findall(bare)):
            return text  # it is in this script already
        return made

    def _whole(self, text: str) -> str | None:
        """Return the text as one sentence; its full stop is that of the text."""
        for stop in (".", ""):
            if stop and not text.endswith(stop):
                continue
            said = text.removesuffix(stop)
            for pattern in _patterns():
                slots = pattern.match(said)
                if slots is None:
                    continue
                filled = self._slots(pattern, slots)
                if filled is not None:
                    return self._filled(self.sentences[pattern.key], filled, slots) + stop
        return None

    def _slots(self, pattern: Pattern, slots: Mapping[str, str]) -> dict[str, str] | None:
        filled: dict[str, str] = {}
        for name, kind in pattern.kinds:
            made: str | None = getattr(self, f"_{kind}")(slots[name])
            if made is None:
                return None
            filled[name] = made
        return filled

    def _filled(self, template: Any, filled: Mapping[str, str], slots: Mapping[str, str] | str) -> str:
        if not isinstance(template, str):
            counted = slots if isinstance(slots, str) else slots[template["plural"]]
            template = template.get(self._plural(counted)) or template["other"]
        return str(template.format_map(filled))

    def _plural(self, text: str) -> str:
        number = text.removeprefix("over ").removeprefix("<").replace(",", "")
        return str(self._locale.plural_form(Decimal(number))) if number[:1].isdigit() else "other"

    def _in_parts(self, text: str, *, strict: bool) -> str | None:
        """Return a text of several sentences or of a list; None where none, or `strict` not all are known."""
        ways = [(" ", list(self._by_sentence(_ENDS.split(text))))]
        ways += [(sign, [(p, self.known(p)) for p in text.split(sign)]) for sign in _BETWEEN if sign in text]
        best = min((way for way in ways if len(way[1]) > 1), key=share_left, default=None)
        if best is None or share_left(best) == 1 or (strict and share_left(best)):
            return None
        between, found = best
        self.missed.update(part for part, made in found if made is None)
        return between.join(self.foreign(part) if made is None else made for part, made in found)

    def _by_sentence(self, parts: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """Yield what of a text is one sentence, the longest known first, and the same in this language."""
        at = 0
        while at < len(parts):
            for size in range(min(_MOST, len(parts) - at), 0, -1):
                one = " ".join(parts[at : at + size])
                whole = size == len(parts)
                made = None if whole else self.known(one) if size == 1 else self._signed(one)
                if made is not None or size == 1:
                    break
            yield one, made
            at += size

    def _signed(self, text: str) -> str | None:
        """Return the text as one sentence, which a sign may stand before."""
        found = _SIGN.fullmatch(text)
        rest = self._whole(found[3] if found else text)
        return f"{found[1]}{found[2]}{rest}" if found and rest is not None else rest

    def _range(self, text: str) -> str | None:
        low, _, high = text.partition(" to ")
        if not high:
            return self.number(low)
        return str(self.sentences["range"].format(low=self.number(low), high=self.number(high)))

    def _span(self, text: str) -> str | None:
        first, _, last = text.partition(" to ")
        if not last:
            return self.day(first)
        first = f"{first} {last.split()[1]}" if first.isdigit() else first
        return str(self.sentences["span"].format(first=self.day(first), last=self.day(last)))

    def _name(self, text: str) -> str | None:
        return self.foreign(text)

    def _names(self, text: str) -> str | None:
        found = _MORE.fullmatch(text)
        named, more = (found[1], found[2]) if found else (text, None)
        between: str = self.sentences["comma"]
        parts = named.split(", ")
        if parts[-1].count(" and ") == 1:  # of a name that holds it, a list of two is made
            parts[-1:] = parts[-1].split(" and ")
        said = between.join(self.foreign(name) for name in parts)
        if more is None:
            return said
        return self._filled(self.sentences["and_more"], {"names": said, "n": self.number(more)}, more)

    def _who(self, text: str) -> str | None:
        """Return regions, or all of them together by the words for that."""
        return self.known(text) if text in _TOGETHER else self._names(text)

    def _items(self, text: str) -> str | None:
        """Return a list whose items are phrases, or a name and a number each."""
        between = next((sign for sign in (" · ", "; ") if sign in text), ", ")
        made = []
        for item in _ITEMS.split(text):
            found = _ENTRY.fullmatch(item)
            said = self.known(item)
            if said is None and found is None:
                return None
            made.append(said or f"{self.foreign(found[1])} {self.number(found[2])}")  # type: ignore[index]
        return (self.sentences["comma"] if between == ", " else between).join(made)

    def _term(self, text: str) -> str | None:
        return self.known(text) or self.foreign(text)

    def _sum(self, text: str) -> str | None:
        """Return the parts of an account, each with its number."""
        parts = [(self.known(name), self.number(n)) for name, n in _ADDEND.findall(text)]
        return None if None in dict(parts) else " + ".join(f"{name} {n}" for name, n in parts)

    _number, _day, _code, _region, _label = number, day, _name, _name, _name

    def _phrase(self, text: str) -> str | None:
        return self.known(text)

    _clause = _phrase


@lru_cache(maxsize=1)
def _patterns() -> tuple[Pattern, ...]:
    """Return every English sentence, those that say most themselves first."""
    held = read_language(HERE / f"{ENGLISH}.toml")["sentences"]
    made = [
        Pattern.of(key, text)
        for key, texts in held.items()
        for text in ([texts] if isinstance(texts, str) else texts)
    ]
    return tuple(sorted(made, key=lambda pattern: -pattern.literal))


def language_names() -> tuple[str, ...]:
    """Return the languages there is a file for, English first.

    Examples
    --------
    >>> language_names()
    ('en', 'ar')
    """
    found = sorted(path.stem for path in HERE.glob("*.toml"))
    return tuple(sorted(found, key=lambda name: name != ENGLISH))


def find_language(name: str | Path) -> Language:
    """Return a language by its name, or from a file of one's own.

    Parameters
    ----------
    name : str or Path
        Such as ``"ar"``, or the path of a file that ends in ``.toml``.

    Raises
    ------
    OptionError
        If there is no such language.
    InputError
        If the file cannot be read, or lacks a sentence or a slot.
    """
    file = Path(name)
    if file.suffix.lower() != ".toml":
        if str(name) not in language_names():
            raise unknown_option("language", str(name), language_names())
        file = HERE / f"{name}.toml"
    return _checked(file.absolute())


@lru_cache(maxsize=8)
def _checked(file: Path) -> Language:
    language = Language(file)
    english = read_language(HERE / f"{ENGLISH}.toml")["sentences"]
    lacking = sorted(set(english) - set(language.sentences))
    wrong = sorted(set(language.sentences) - set(english))
    for key in set() if language.english else set(english) & set(language.sentences):
        mine, own = language.sentences[key], english[key]
        allowed = set(slots_of(own if isinstance(own, str) else own[0]))
        texts = [mine] if isinstance(mine, str) else [v for k, v in mine.items() if k != "plural"]
        if any(set(slots_of(text)) - allowed for text in texts):
            wrong.append(key)
    if lacking or wrong:
        raise InputError(
            "the language file does not fit the sentences of this version",
            expected=f"the {len(english)} keys of en.toml, with its slots",
            found="; ".join(
                f"{what}: {', '.join(keys[:8])}" + (" …" if len(keys) > 8 else "")
                for what, keys in (("lacking", lacking), ("wrong", wrong))
                if keys
            ),
            where=str(file),
        )
    return language
