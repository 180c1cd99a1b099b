"""What only the reader of a file can answer: names that are nearly equal, and names no table holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from analytics.counts.places import DEPTHS, PLACE_LEVELS, Gazetteer, Key, read_places
from analytics.geo import BLANK, LEVELS
from analytics.incidents import Incidents

__all__ = ["nearly_equal", "place_questions"]

_SHORTEST = 5  # letters; of shorter names one letter makes another name
_LONGEST = 200  # letters; what is longer is no name, and comparing it letter by letter takes forever
_MOST_UNKNOWN = 10
# East Darfur and West Darfur are two places, Ouest and Sud-Ouest too.
_SIDES = frozenset(
    ("north", "south", "east", "west", "northern", "southern", "eastern", "western", "northeast", "northwest",
     "southeast", "southwest", "upper", "lower", "nord", "sud", "est", "ouest", "norte", "sur", "este")
)  # fmt: skip


def nearly_equal(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of folded names that may be one: without spaces equal, or one letter apart.

    Names that differ in a figure or in a quarter of the compass are two, and so are short ones. A word of up
    to three letters more or less (an article) is asked about.

    Examples
    --------
    >>> nearly_equal(["barisal", "barishal", "deir ez zor", "deirezzor", "east cape", "west cape"])
    [('barisal', 'barishal'), ('deir ez zor', 'deirezzor')]
    """
    known = sorted(set(names))
    groups: dict[str, set[str]] = defaultdict(set)
    for name in known:
        for key in _keys(name):
            groups[key].add(name)
    pairs = {(a, b) for group in groups.values() for a in group for b in group if a < b}
    return sorted((a, b) for a, b in pairs if _figures(a) == _figures(b) and _sides(a) == _sides(b))


def _keys(name: str) -> Iterator[str]:
    words = name.split()
    joined = "".join(words)
    yield joined
    if _SHORTEST <= len(joined) <= _LONGEST:
        for at in range(len(joined)):
            yield joined[:at] + joined[at + 1 :]  # one letter more, or another
    if len(words) > 1 and len(words[0]) <= 3 and words[0].isalpha():
        yield "".join(words[1:])


def _sides(name: str) -> list[str]:
    return [word for word in name.split() if word in _SIDES]


def _figures(name: str) -> str:
    return "".join(c for c in name if c.isdigit())


def place_questions(incidents: Incidents) -> tuple[str, ...]:
    """Return a question for each pair of names that may be one region, and each name that no table holds."""
    questions: list[str] = []
    for level in LEVELS:
        if incidents.frame[level].isna().all():
            continue
        found = incidents.distinct(*PLACE_LEVELS[: DEPTHS[level]])
        places = read_places(found.values, found.rows)
        questions += [f"are {a} and {b} one region of {level}?" for a, b in _pairs(places)]
        questions += _strangers(places, level)
    return tuple(questions)


def _pairs(places: Gazetteer) -> Iterator[tuple[str, str]]:
    own = {land.key for land in places.lands if land.table(places.depth) is None}
    under: dict[Key, dict[str, str]] = defaultdict(dict)
    for key, label in zip(places.keys, places.labels, strict=True):
        if key[0] in own:
            under[key[:-1]][key[-1]] = label
    for names in under.values():
        yield from ((names[a], names[b]) for a, b in nearly_equal(names))


def _strangers(places: Gazetteer, level: str) -> list[str]:
    ordered = sorted(places.unknown, key=lambda item: (-item[2], item[1]))
    strangers = [item for item in ordered if item[1] != BLANK]
    questions = []
    for table, name, rows in strangers[:_MOST_UNKNOWN]:
        what, other = places.elsewhere(name)
        close = table.nearest(name, most=1)
        hint = f"it is {what}: count by {other}" if what else f"is it {close[0]}?" if close else ""
        text = f"{name!r} ({rows:,}) is not among {table.country}'s names of {level}"
        questions.append(f"{text}; {hint}" if hint else text)
    if len(strangers) > _MOST_UNKNOWN:
        questions.append(f"{len(strangers) - _MOST_UNKNOWN} more such names of {level}")
    return questions
