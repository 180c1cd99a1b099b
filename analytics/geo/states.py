"""States and their numbers in Gleditsch and Ward's list, by which UCDP knows them: facts, one file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from analytics.bundled import bundled_path
from analytics.geo.folding import fold

__all__ = ["State", "all_states", "find_state"]


@dataclass(frozen=True, slots=True)
class State:
    """A state: its name, Gleditsch and Ward's number, its codes in ISO 3166-1, and other names it goes by."""

    name: str
    gleditsch_ward: int
    iso3: str
    iso2: str
    names: tuple[str, ...] = ()


@cache
def all_states() -> tuple[State, ...]:
    """Return the states of today, in alphabetical order.

    Examples
    --------
    >>> len(all_states()), all_states()[0].name
    (195, 'Afghanistan')
    """
    with bundled_path("data/states.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            State(
                row["name"],
                int(row["gleditsch_ward"]),
                row["iso3"],
                row["iso2"],
                tuple(filter(None, row["names"].split("|"))),
            )
            for row in csv.DictReader(file)
        )


def find_state(name: str) -> State | None:
    """Return the state of a name, of a code or of a number; None where there is none.

    Examples
    --------
    >>> [find_state(name).gleditsch_ward for name in ("Syria", "syrian arab republic", "SYR", "652")]
    [652, 652, 652, 652]
    >>> find_state("DR Congo (Zaire)").name, find_state("Atlantis") is None
    ('Democratic Republic of the Congo', True)
    """
    return _by_name().get(fold(name))


@cache
def _by_name() -> dict[str, State]:
    found: dict[str, State] = {}
    for state in all_states():
        for name in (state.name, state.iso3, state.iso2, str(state.gleditsch_ward), *state.names):
            other = found.setdefault(fold(name), state)
            if other is not state:
                raise ValueError(f"{name} is {other.name} and {state.name}")
    return found
