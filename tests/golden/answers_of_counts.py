"""The cases of make_answers.py about counting: incidents, arrays and tables turned into counts. SIMULATED."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.counts.absent import Rule
from analytics.counts.completeness import Completeness, settled_completeness
from analytics.counts.counting import count_incidents
from analytics.counts.grid import Counts
from analytics.counts.mixtures import read_mixture
from analytics.counts.outlets import read_outlets
from analytics.counts.places import read_places
from analytics.counts.questions import nearly_equal, place_questions
from analytics.counts.rates import rate_table, read_denominators
from analytics.counts.reading import read_count_table, read_counts
from analytics.counts.silences import table_silences
from analytics.counts.spliced import spliced
from analytics.counts.stated import state_completeness, state_latest
from analytics.counts.sure import sure_coverage
from analytics.errors import UptickError
from analytics.geo import region_table
from analytics.incidents import read_incidents
from analytics.periods import Window
from analytics.sources.coverage import Splice

Case = Callable[[], Any]
AS_OF = "2020-03-01"  # a Sunday


def refused(call: Callable[..., Any], *args: Any, **options: Any) -> str:
    """What the error says; an AssertionError where there is none."""
    try:
        call(*args, **options)
    except UptickError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("nothing was refused")


def of_counts(counts: Counts) -> dict[str, Any]:
    """All that counts hold, by days or weeks as they are shown."""
    names = [
        one.name for one in dataclasses.fields(counts) if one.name not in ("values", "coverage", "coarse")
    ]
    held = {name: getattr(counts, name) for name in names}
    if counts.completeness is not None and len(counts.starts) > 9:
        held["completeness"] = [counts.completeness.basis, np.nansum(counts.completeness.share, axis=0)]
    if len(counts.starts) > 9:
        held |= {
            "starts": counts.starts[[0, -1]],
            "unplaced": None if counts.unplaced is None else counts.unplaced.sum(),
        }
    account = None if counts.accounting is None else str(counts.accounting)
    return held | {
        "values": [f"{''.join(map(str, column))}" for column in counts.values.T],
        "uncovered": [np.flatnonzero(~column) for column in counts.coverage.T],
        "coarse": None if counts.coarse is None else counts.coarse.sum(axis=0),
        "account": account,
        "repr": repr(counts),
    }


def rows(**columns: Any) -> pd.DataFrame:
    """Sixty incidents of fifty days."""
    rng = np.random.default_rng(60)
    days = pd.Timestamp("2020-01-12") + pd.to_timedelta(np.sort(rng.integers(0, 50, 60)), unit="D")
    frame = pd.DataFrame({"date": days.strftime("%Y-%m-%d")})
    frame["event_type"] = np.resize(["Battles", "Riots", "Battles", ""], 60)
    return frame.assign(**columns)


LANDS = np.resize(["Uganda", "Ghana", "Uganda", "", "Ghana", "Uganda"], 60)
UNITS = np.resize(["Central", "Central", "Northern", "Central", "Volta", "Nor-thern", "Eastern", ""], 60)
IRAQ = np.resize(
    ["Kirkuk", "At-Ta'mim", "Ninewa", "Nineveh", "Nowhere", "Erbil", "", "Kirkukk", "Hawija"], 60
)
DISTRICTS = np.resize(["Hawija", "Kirkuk", "Sinjar", "Mosul", "Tal Afar", "Elsewhere", ""], 60)


@cache
def two_lands() -> Any:
    """Incidents of two countries that have no table of names."""
    return read_incidents(
        rows(country=LANDS, admin1=UNITS, admin2=np.resize(["X", "Y", "x", ""], 60)), as_of=AS_OF
    )


def iraq_rows() -> pd.DataFrame:
    """Incidents of a land that has tables of names, with spans, deaths, days of report and outlets."""
    frame = rows(admin1=IRAQ, admin2=DISTRICTS)
    at = np.arange(60)
    first = pd.to_datetime(frame["date"])
    last = first + pd.to_timedelta(np.resize([0, 0, 8, 1, 0, 6], 60), unit="D")
    dead = pd.array(np.where(at % 7 == 0, None, (at % 5).astype(object)), dtype="Int64")
    frame = frame.assign(date_end=last.dt.strftime("%Y-%m-%d"), fatalities=dead)
    frame["reported_on"] = (first + pd.to_timedelta(at % 6, unit="D")).dt.strftime("%Y-%m-%d")
    frame["source_name"] = np.resize(["AP; Reuters", "AP", "", "Desk;AP;AP", "Reuters"], 60)
    return frame


@cache
def iraq() -> Any:
    """The same, read."""
    return read_incidents(iraq_rows(), as_of=AS_OF, country="Iraq")


@cache
def strange() -> Any:
    """Incidents at twelve names that no table has, some of them districts or nearly a governorate's."""
    names = ["Xa", "Xb", "Hawija", "Zz", "Sinjar", "Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Hh"]
    frame = rows(admin1=np.resize([*names, *names[:5], "", *names[3:9]], 60))
    return read_incidents(frame, as_of=AS_OF, country="Iraq")


def counting() -> dict[str, Case]:
    def said(incidents: Any, freq: str = "day", **options: Any) -> Any:
        return of_counts(count_incidents(incidents, freq, **options))

    def quiet(*regions: str, silent: int = 1, **options: Any) -> Any:
        """Incidents of a year in which a region falls silent, and then all of them do."""
        at = np.arange(366)
        kept = [
            (day, name)
            for day in at
            for k, name in enumerate(regions)
            if day < 290 or day >= 330
            if k >= silent or day < 200
        ]
        days = (pd.Timestamp("2019-03-02") + pd.to_timedelta([day for day, _ in kept], unit="D")).strftime(
            "%Y-%m-%d"
        )
        frame = pd.DataFrame({"date": days, "admin1": [name for _, name in kept]})
        found = count_incidents(read_incidents(frame, as_of=AS_OF, country="Ghana"), "day", **options)
        return [found.silences, found.notes]

    one_each = pd.DataFrame(
        {
            "date": ["2020-02-20", "2020-02-21", "2020-02-27"],
            "admin1": "Volta",
            "fatalities": [1, None, 3],
            "reported_on": ["2020-02-21", "2020-02-28", "2020-03-02"],
        }
    )
    changed = ("2020-02-01", "2020-02-02", "2020-03-01", "2020-03-02")
    own = {"start": "2020-02-01"}
    asked: dict[str, tuple[Any, dict[str, Any]]] = {
        "two lands": (two_lands, {}),
        "two lands, countries": (two_lands, {"by": "country", "where": "country != 'Ghana'", **own}),
        "two lands, one": (two_lands, {"regions": ["Central, Uganda", "volta, GHANA"], **own}),
        "two lands, districts": (two_lands, {"by": "admin2", "freq": "week", "week_start": "saturday"}),
        "two lands, mixed": (two_lands, {"by": ["event_type", "country"], **own}),
        "two lands, mixed, chosen": (
            two_lands,
            {"by": "admin1,event_type", "regions": "Volta, Ghana, Battles,Eastern, Uganda, Battles"},
        ),
        "two lands, kinds": (
            two_lands,
            {"by": "event_type", "where": "admin1 = 'Volta' or country = 'Uganda'", **own},
        ),
        "iraq": (iraq, own),
        "iraq, weeks": (
            iraq,
            {"freq": "week", "as_of": "2020-02-27", "span": "exclude", "value": "fatalities"},
        ),
        "iraq, a set": (
            iraq,
            {"regions": "disputed_territories", "by": "admin2", "no_coverage": ["2020-02-03@Kirkuk"]},
        ),
        "iraq, chosen": (
            iraq,
            {"regions": "Ninewa, Erbil", "span": "spread", "seed": 3, "covered_from": "2020-01-01"},
        ),
        "iraq, gaps": (
            iraq,
            {"by": "admin1", "no_coverage": ["2020-02-03..2020-02-05@Iraq", "2020-02-20@Hawija"], **own},
        ),
        "iraq, all": (
            iraq,
            {"by": None, "start": "2019-12-30", "covered_from": "2020-01-05", "where": "fatalities >= 2"},
        ),
        "iraq, nothing": (
            iraq,
            {"where": "event_type = 'None'", "start": "2020-02-25", "value": "fatalities"},
        ),
        "iraq, before": (
            iraq,
            {"by": "admin2", "start": "2020-01-05", "as_of": "2020-01-20", "gap_is_quiet": True},
        ),
    }
    wrong: dict[str, dict[str, Any]] = {
        "unknown": {"regions": ["Kirkok"]},
        "of another level": {"regions": ["Sinjar"]},
        "twice": {"regions": ["Ninewa", "Nineveh"]},
        "again": {"regions": "Erbil,Erbil"},
        "empty": {"regions": []},
        "set": {"regions": "disputed_territories"},
        "nothing": {"by": None, "regions": "x"},
        "column": {"by": "adm1"},
        "late": {"as_of": "2020-03-02"},
        "early": {"as_of": "2019-12-01"},
        "covered": {"covered_from": "2020-02-01"},
        "no by": {"by": ""},
        "by twice": {"by": "admin1,admin1"},
        "gap": {"no_coverage": ["2020-02-03@Xyz"]},
        "of kinds": {"by": "event_type", "regions": ["Batles"]},
        "later": {"start": "2020-03-05"},
    }
    found = {
        f"counted: {name}": partial(lambda of, o: said(of(), **o), of, o) for name, (of, o) in asked.items()
    }
    return found | {
        "counted: refused": lambda: {
            n: refused(count_incidents, iraq(), **{"by": "admin1", **o}) for n, o in wrong.items()
        },
        "counted: refused of two": lambda: [
            refused(count_incidents, two_lands(), regions=["Central"]),
            refused(count_incidents, two_lands(), no_coverage=["2020-02-03@Central"]),
            refused(count_incidents, two_lands(), value="fatalities"),
        ],
        "counted: one of each": lambda: [
            said(read_incidents(one_each, as_of=AS_OF, country="Ghana"), value="fatalities"),
            said(
                read_incidents(one_each.iloc[1:], as_of="2020-02-28", country="Ghana"), by=None, freq="week"
            ),
        ],
        "counted: strange": lambda: count_incidents(strange(), "day", start="2020-02-01").notes,
        "counted: other rules": lambda: [
            count_incidents(
                dataclasses.replace(
                    iraq(), splices=tuple(Splice(np.datetime64(d), f"of {d}") for d in changed)
                ),
                "day",
                start="2020-02-01",
            ).notes[:3],
        ],
        "counted: silences": lambda: [
            quiet("A", "B"),
            quiet("A", "B", gap_is_quiet=True),
            quiet("A", "B", regions=["A"]),
            quiet("A", "B", no_coverage=["2019-12-16..2020-01-25"]),
            quiet("A", "B", by=None, where="admin1 = 'A'"),
            quiet("B", "A", "C", as_of="2019-12-20"),
            quiet("B", "A", as_of="2019-12-20"),
            quiet(*"BCDEA", silent=4, as_of="2019-12-20"),
            quiet(*"BCDA", silent=3, as_of="2019-12-20", no_coverage=["2019-12-01..2019-12-20@B"]),
        ],
        "questions": lambda: [
            place_questions(iraq()),
            place_questions(two_lands()),
            place_questions(strange()),
        ],
    }


def naming() -> dict[str, Case]:
    """Places found by their names, and names that may be one."""
    paths = [
        ("Uganda", "Central", "Kampala"),
        ("Ghana", "Central", "Cape Coast"),
        ("", "Volta", "Ho"),
        ("Ghana", "Volta", "Hó"),
        ("Ghana", "volta", "Keta"),
        ("Uganda", "", "Kampala"),
        ("Uganda", "Eastern", "Kampala"),
        ("Uganda", "", "Lone"),
        ("uganda", "Central", "Mukono"),
        ("", "", "Keta"),
        ("", "", "Kampala"),
        ("Iraq", "Ta'mim", "Hawija"),
        ("Iraq", "", "Nowhere"),
        ("Ghana", "Central", ""),
        ("Ghana", "VOLTA", "Keta"),
        ("Ghana", "Vólta", "Keta"),
        ("Ghana", "vOlta", "Keta"),
        ("Ghana", "VoltA", "Keta"),
    ]
    some = np.arange(1, len(paths) + 1)

    def looked_up(depth: int, texts: str, **options: Any) -> Any:
        found = read_places([path[:depth] for path in paths], some, **options)
        names = texts.split("|")
        known = found.labels
        return {
            "labels": known[:12],
            "number": len(known),
            "placed": found.placed,
            "merged": found.merged,
            "countries": found.countries,
            "unknown": [(t.country, name, n) for t, name, n in found.unknown],
            "keys": found.keys[:8],
            "paths": found.paths[:8],
            "tables": [one.country for one in found.tables],
            "found": {
                n: [
                    [known[at] for at in found.find(n)],
                    [known[at] for at in found.within(n)],
                    [known[at] for at in found.around(n)],
                    found.elsewhere(n),
                ]
                for n in names
            },
        }

    tables = [(level, region_table("Iraq", level)) for level in ("admin1", "admin2")]
    firsts = "|".join(one.names[0] for _, one in tables if one is not None)
    names = [
        "barisal",
        "barishal",
        "deir ez zor",
        "deirezzor",
        "east cape",
        "west cape",
        "zone 1",
        "zone 2",
        "abcd",
        "abce",
        "al hasaka",
        "hasaka",
        "the gorge",
        "gorge",
        "x" * 200,
        "x" * 199 + "y",
        "z" * 201,
        "z" * 200 + "w",
        "sanaa",
        "sana",
        "north darfur",
        "northdarfur",
        "marib",
        "mareb",
        "a b",
        "ab",
    ]
    mixed = [
        ("Ghana", "a, b", "c"),
        ("Ghana", "a", "b, c"),
        ("Ghana", "", "c"),
        ("", "a", "c"),
        ("Ghana", "a", ""),
    ]
    return {
        "places, countries": lambda: looked_up(1, "Ghana|ghana|Iraq|Togo|Republic of Uganda"),
        "places": lambda: looked_up(
            2, "Central, Uganda|Volta|Vólta|Kirkuk|Central|Ghana|Hawija|Iraq|Volta, Ghana|Xy, Ghana"
        ),
        "places, districts": lambda: looked_up(
            3, "Kampala|Keta|Hawija|Ho|Kirkuk|Volta|Uganda|Lone|Keta, Volta|Keta, Central"
        ),
        "places, first": lambda: [looked_up(2, firsts), looked_up(3, firsts), looked_up(1, firsts)],
        "places, alike": lambda: [
            read_places([("X", "C", "n"), ("W", "C", "n"), ("Z", "C, X", "n")], np.ones(3, int)).labels,
            read_places([("X", "C", "n"), ("W", "C", "N"), ("", "C", "n")], np.array([1, 2, 3])).labels,
        ],
        "places, wanted": lambda: looked_up(3, "Kampala|Keta|Ho", wanted=["Ghana"]),
        "places, of none": lambda: looked_up(2, "Volta", wanted=["Togo"], country="Ghana"),
        "places, of a country": lambda: looked_up(3, "Kampala", country="Iraq"),
        "nearly equal": lambda: nearly_equal(names),
        "mixture": lambda: [
            read_mixture(mixed, np.ones(5, int), by) for by in (["admin1", "kind"], ["kind", "other", "sort"])
        ],
    }


def shaping() -> dict[str, Case]:
    """Counts from arrays and frames, and in other shapes."""
    rng = np.random.default_rng(2)
    days = pd.date_range("2020-02-05", periods=20)
    frame = pd.DataFrame(rng.poisson(2, (20, 3)).astype(float), days, list("ABC"))
    frame.iloc[3, 0] = np.nan
    coarse, lost = rng.integers(0, 2, (20, 3)).astype(np.int32), rng.integers(0, 3, 20).astype(np.int32)

    def by_day() -> Counts:
        gap = ["2020-02-20..2020-02-21@B"]
        return Counts.from_frame(frame, freq="day", as_of="2020-02-24", no_coverage=gap)

    def made() -> Counts:
        return dataclasses.replace(
            state_latest(by_day(), 20, [0.9, 0.8, 0.5], [0.1, 0.0, 0.2]),
            coarse=coarse,
            unplaced=lost,
            parents=("P", "P", "Q"),
            silences=(Window(np.datetime64("2020-02-10"), np.datetime64("2020-02-12")),),
            splices=(
                Splice(np.datetime64("2020-02-08"), "other rules"),
                Splice(np.datetime64("2020-02-22"), "again others"),
            ),
        )

    daily, full = by_day(), made()
    weeks = pd.DataFrame({"A": [1, 2, None], "B": [0, 3, 4]}, ["2020-W05", "2020-W07", "2020-W08"])
    holes = {"freq": "week", "as_of": AS_OF}
    shapes: dict[str, Callable[[Counts], Any]] = {
        "as it is": lambda c: of_counts(made()),
        "by week": lambda c: of_counts(c.resample("week")),
        "total": lambda c: of_counts(c.total("sum")),
        "selected": lambda c: of_counts(c.select(["C", "A"])),
        "until": lambda c: of_counts(c.until("2020-02-10")),
        "wide": lambda c: c.to_frame(),
        "long": lambda c: dataclasses.replace(c, freq="week").to_frame("long"),
        "labels": lambda c: [
            len(dataclasses.replace(c, freq="week")),
            dataclasses.replace(c, freq="week").labels(),
            c.complete,
            dataclasses.replace(c, freq="week").complete,
            c.provisional.sum(),
            c.ends[-1],
        ],
        "sure": lambda c: [
            [sure_coverage(one).sum(axis=0), np.flatnonzero(sure_coverage(one)[:, 2])]
            for part in (c, dataclasses.replace(c, splices=()))
            for one in (part, part.resample("week"))
        ],
        "spliced": lambda c: [
            spliced(c, np.datetime64(a), np.datetime64(b))
            for a, b in (
                ("2020-02-07", "2020-02-08"),
                ("2020-02-08", "2020-02-21"),
                ("2020-02-08", "2020-02-22"),
                ("2020-02-01", "2020-03-01"),
            )
        ],
    }
    cells = [[1, 2], [0, 4]]
    bad: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
        "day": (full.until, ("2020-02-25",), {}),
        "before": (full.until, ("2020-02-04",), {}),
        "region": (full.select, (["D"],), {}),
        "none": (full.select, ([],), {}),
        "freq": (full.resample, ("month",), {}),
        "weeks": (full.resample("week").resample, ("day",), {}),
        "cut": (full.resample("week").until, ("2020-02-18",), {}),
        "dates": (Counts.from_array, (cells,), {}),
        "start": (Counts.from_array, (cells,), {"start": "2020-02-04"}),
        "texts": (Counts.from_array, (["a"],), {"start": "2020-02-03"}),
        "cube": (Counts.from_array, ([[[1]]],), {"start": AS_OF}),
        "negative": (Counts.from_array, ([[1, -1]],), {"start": "2020-02-03"}),
        "half": (Counts.from_array, ([1.5],), {"as_of": AS_OF}),
        "shape": (Counts.from_array, (cells,), {"as_of": AS_OF, "coverage": [[True]]}),
        "big": (Counts.from_array, ([2**31],), {"as_of": AS_OF}),
        "holes": (Counts.from_frame, (weeks,), holes),
        "later": (Counts.from_frame, (weeks,), {**holes, "as_of": "2020-02-16"}),
        "empty": (Counts.from_frame, (weeks.iloc[:0],), holes),
        "twice": (Counts.from_frame, (weeks.iloc[[0, 1, 1, 0]],), holes),
        "word": (Counts.from_frame, (weeks.assign(A="x"),), holes),
        "fraction": (Counts.from_frame, (weeks.assign(B=[0, 1.5, 1]),), holes),
        "day of week": (Counts.from_frame, (frame,), holes),
        "truths": (Counts.from_frame, (frame,), {"freq": "day", "as_of": "2020-02-24", "coverage": frame}),
        "gap": (
            Counts.from_frame,
            (frame,),
            {"freq": "day", "as_of": "2020-02-24", "no_coverage": ["2020-02-10@BB"]},
        ),
        "same name": (Counts.from_array, (cells,), {"as_of": AS_OF, "regions": ["A", "A"]}),
        "sum": (Counts.from_array([[2**31 - 1, 2**31 - 1]], as_of=AS_OF).total, (), {}),
        "sum of days": (
            Counts.from_array([[2**31 - 1], [1]], freq="day", as_of=AS_OF).resample,
            ("week",),
            {},
        ),
    }
    known = Completeness(
        np.array([[0.5, 1.0], [np.nan, 0.9], [0.8, 0.7]]),
        np.array([[0.1, 0.0], [np.nan, 0.2], [0.1, 0.1]]),
        "given",
    )
    first, seen = (
        np.arange(np.datetime64("2019-08-25"), np.datetime64("2019-09-10")),
        np.datetime64("2020-03-05"),
    )
    return {
        **{f"counts, {name}": partial(lambda call: call(full), call) for name, call in shapes.items()},
        "frames": lambda: (
            [of_counts(Counts.from_frame(weeks, **holes, missing=how)) for how in ("zero", "uncovered")]
            + [
                of_counts(
                    Counts.from_frame(
                        frame.iloc[:3], freq="day", as_of="2020-02-07", coverage=frame.iloc[:3] > 1
                    )
                )
            ]
        ),
        "arrays": lambda: [
            of_counts(
                Counts.from_array(
                    np.array([1.0, np.nan, 3.0]),
                    as_of="2020-02-28",
                    start="2020-02-08",
                    week_start="saturday",
                )
            ),
            of_counts(
                Counts.from_array(
                    cells, freq="day", as_of=AS_OF, coverage=[[True, False], [True, True]], simulated=True
                )
            ),
        ],
        "shapes refused": lambda: {
            name: refused(call, *args, **options) for name, (call, args, options) in bad.items()
        },
        "completeness": lambda: [
            known.joined(np.array([0, 2])),
            known.summed(np.array([[1, 3], [0, 0], [2, 2]])),
            known.summed(np.zeros((3, 2), int)),
            known.window(np.array([[True, True], [False, True], [True, True]]), slice(0, 3)).mean,
            known.window(np.ones((1, 2), bool), slice(2, 3)).mean_deviation,
            known.window(np.ones((3, 2), bool), slice(0, 3)),
            known.set_last([0.6, 0.7], None, slice(1, 3)),
            Completeness.unknown((2, 1)),
            known.window(np.ones((0, 2), bool), slice(3, 3)),
            [settled_completeness(first, 2, seen, first[-1], reports_dated=dated) for dated in (False, True)],
            settled_completeness(first, 1, np.datetime64("2020-02-01"), first[-1], reports_dated=False),
            refused(Completeness, np.array([[1.2]]), np.zeros((1, 1)), ""),
            refused(Completeness, np.ones((1, 1)), -np.ones((1, 1)), ""),
            refused(Completeness, np.ones((1, 1)), np.ones((2, 1)), ""),
            refused(Completeness, np.ones((2, 1)), np.ones((1, 1)), ""),
            state_completeness(daily, 18, 20, 0.7).completeness.share[15:],  # type: ignore[union-attr]
            state_latest(dataclasses.replace(daily, freq="week"), 20, [0.9, 0.5]).completeness.share[4:, 0],  # type: ignore[union-attr]
            state_latest(daily.resample("week"), 3, 0.5).completeness.share[:, 0],  # type: ignore[union-attr]
        ],
    }


def tables() -> dict[str, Case]:
    """Tables of counts read."""
    days = pd.date_range("2020-01-04", periods=8, freq="7D").strftime("%Y-%m-%d")
    weekly = pd.DataFrame(
        {
            "week": np.repeat(days, 3),
            "country": "Ghana",
            "admin1": np.resize(["Volta", "Central", "volta"], 24),
            "events": np.resize([3, 0, 2, 5, 1], 24).astype(object),
            "fatalities": np.resize([1, 0, 4], 24),
            "event_type": np.resize(["Battles", "Riots"], 24),
        }
    ).drop(index=[4, 10, 11])
    blank = weekly.copy()
    blank.loc[[5, 8], "events"] = [None, ""]
    blank.loc[[2, 9], "admin1"] = ""
    daily = pd.DataFrame(
        {
            "date": pd.date_range("2020-02-01", periods=12).strftime("%Y-%m-%d"),
            "place": "X",
            "incidents": range(12),
        }
    )
    monthly = pd.DataFrame(
        {
            "month": ["2019-11", "2019-12", "2020-01", "2020-02"],
            "region": ["A", "B", "A", "B"],
            "events": [1, 2, 3, 4],
        }
    )
    parts = pd.DataFrame({"year": [2020, 2020, 2020], "week": [5, 6, 8], "admin1": "A", "events": [1, 0, 2]})
    spans = pd.DataFrame({"start_date": pd.to_datetime(["2020-01-06", "2020-02-07"]), "events": [2, 1]})
    first = pd.Timestamp("2020-02-01")

    def ended(table: pd.DataFrame, days: int) -> str:
        """What a period is, by the day on which it ends."""
        try:
            whole = table.assign(end_date=table["start_date"] + pd.Timedelta(days=days))
            return str(read_count_table(whole, as_of=AS_OF, by=None).unit)
        except UptickError as error:
            return str(error)

    silent = pd.DataFrame(
        {"week": pd.date_range("2016-01-04", periods=200, freq="7D").strftime("%Y-%m-%d"), "events": 9}
    )
    silent.loc[150:180, "events"] = 0

    def read(table: pd.DataFrame, *, counts: bool = True, as_of: str = "2020-02-28", **options: Any) -> Any:
        found = read_count_table(table, as_of=as_of, **options)
        names = [
            one.name
            for one in dataclasses.fields(found)
            if one.name not in ("digest", "starts", "numbers", "unplaced")
        ]
        held: Mapping[str, Any] = {name: getattr(found, name) for name in names}
        cells = (
            {"numbers": found.numbers.T, "starts": found.starts, "unplaced": found.unplaced}
            if len(found.starts) < 12
            else {}
        )
        return {"table": held, **cells, "text": str(found)} | (
            {"counts": of_counts(found.counts())} if counts else {}
        )

    bad: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
        "no as_of": (weekly, {"as_of": None}),
        "early": (weekly, {"as_of": "2019-12-01"}),
        "region": (weekly, {"regions": "Volt"}),
        "columns": (weekly.drop(columns="events"), {}),
        "half": (weekly.assign(events=1.5), {}),
        "huge": (weekly.assign(events=2.0**54), {}),
        "word": (weekly.assign(events="many"), {}),
        "minus": (weekly.assign(events=-1), {}),
        "by": (weekly, {"by": "admin3"}),
        "odd weeks": (weekly.assign(week=weekly["week"].replace("2020-01-11", "2020-01-12")), {}),
        "start": (weekly, {"week_start": "monday"}),
        "years": (pd.DataFrame({"year": [2018, 2019], "events": [1, 2]}), {"by": None}),
        "covered": (weekly, {"covered_from": "2020-02-01"}),
        "dead": (daily, {"value": "fatalities", "by": "place"}),
        "actors": (daily, {"actors": "x"}),
        "reports": (daily, {"report_days": False}),
        "month": (monthly, {"by": "region"}),
        "blank": (weekly.assign(week=""), {}),
        "sum": (weekly.assign(events=2**31), {}),
    }
    return {
        "table": lambda: read(weekly),
        "table, deaths": lambda: read(
            weekly, value="fatalities", where="event_type = 'Battles'", start="2019-12-20"
        ),
        "table, blank": lambda: read(
            blank, missing="uncovered", regions=["Central"], start="2020-01-12", as_of="2020-02-20"
        ),
        "table, zero": lambda: read(
            blank, missing="zero", by=None, covered_from="2019-12-28", start="2019-12-14"
        ),
        "table, auto": lambda: read(blank, by="country,event_type", missing="auto"),
        "table, days": lambda: read(daily, by="place", as_of="2020-02-10", gap_is_quiet=True),
        "table, drawn": lambda: read(
            weekly.drop(columns="country"), country="Ghana", extracted="2020-02-15", week_start="saturday"
        ),
        "table, months": lambda: read(monthly, by="region", counts=False),
        "table, ends": lambda: [
            [ended(spans, n), ended(spans.assign(start_date=first), n)] for n in (6, 9, 27, 30)
        ],
        "table, covered": lambda: [
            read_counts(weekly, as_of="2020-02-28", covered_from=day, start=begin).notes
            for day, begin in (("2020-01-04", None), ("2020-01-03", "2019-12-20"), (None, "2019-12-20"))
        ],
        "table, months of years": lambda: read(
            pd.DataFrame({"year": 2019, "month": [10, 11, 12], "events": [3, 1, 2]}), by=None, counts=False
        ),
        "table, to a first day": lambda: read(weekly, as_of="2020-02-22", start="2020-01-05"),
        "table, parts": lambda: read(parts, as_of=AS_OF),
        "table, silent": lambda: read(silent, by=None, as_of="2019-11-03"),
        "table, quiet": lambda: read_counts(silent, by=None, as_of="2019-11-03", gap_is_quiet=True).notes,
        "tables refused": lambda: {
            name: refused(read_counts, table, **{"as_of": "2020-02-28", **options})
            for name, (table, options) in bad.items()
        },
        "absent": lambda: [
            [
                rule.absent_is_uncovered,
                rule.blank_is_uncovered,
                rule.notes(1, 2, 30),
                rule.notes(1000, 0, 2000),
                rule.notes(0, 1, 5),
            ]
            for rule in (
                Rule(how, writes_zeros=zeros)
                for how in (None, "auto", "zero", "uncovered")
                for zeros in (True, False)
            )  # type: ignore[arg-type]
        ],
        "silences": lambda: [
            table_silences(
                np.where((np.arange(80) > 30) & (np.arange(80) < end), 0, 7),
                np.ones(80, bool),
                np.datetime64("2019-01-07") + 7 * np.arange(80),
                "week",
                quiet,
            )
            for end, quiet in ((60, False), (60, True), (32, False))
        ],
    }


def rates() -> dict[str, Case]:
    counts = Counts.from_array(
        [[3, 0, 2], [1, 2, 0]],
        start="2020-02-03",
        regions=["A", "B", "C"],
        coverage=[[True, True, False], [True, False, False]],
    )
    people = {"A": 1_000, "B": 250.0, "C": 4, "D": None}
    days = np.datetime64("2020-02-03") + np.arange(5)

    def written(text: str) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.csv"
            path.write_text(text, encoding="utf-8")
            try:
                return read_denominators(path)
            except UptickError as error:
                return str(error).replace(folder, "")

    texts = (
        "a,b,c,d,e,f,g,h,i,j\n",
        "region,people\nA,1 000\n\nB, 2.5\n",
        "Name,km2\nA,x\n",
        "A\n1\n",
        "",
        "region,a\nA,1\n A ,2\n",
        "a,b\n",
        "region,p\nA\n",
    )
    return {
        "rates": lambda: [
            rate_table(counts, people),
            rate_table(counts.until("2020-02-09"), pd.Series(people), per=10),
            rate_table(Counts.from_array([[1], [0], [2]], freq="day", as_of=AS_OF), {"region 1": 7}, per=1),
        ],
        "rates refused": lambda: [
            refused(rate_table, counts, {"A": 1, "Bb": 2}),
            refused(rate_table, counts, {"A": 0, "B": -2, "C": np.inf}),
            refused(rate_table, counts, people, per=0),
            refused(rate_table, Counts.from_array(np.ones((1, 14), int), as_of=AS_OF), {"x": 1}),
        ],
        "people": lambda: [written(text) for text in texts],
        "outlets read": lambda: [
            read_outlets(
                pd.Series(["B; A", "A;A", None, " C ;", ""]), days, np.array([0, 1, 1, 0, 1]), ("X", "Y")
            ),
            read_outlets(pd.Series(["A", None]), days[:2], np.array([0, 0]), ("X",)),
        ],
    }


def areas() -> dict[str, Case]:
    """Counted by regions on the map."""
    from analytics.counts.areas import choose_areas_or_regions, columns_of_gap
    from analytics.geo import near, read_regions
    from analytics.periods import as_gap

    squares = [("Kirkuk", "North"), ("Mosul", "North"), ("Al-Hawija", "South"), ("Empty", "South")]
    features = [
        {
            "type": "Feature",
            "properties": {"district": name, "province": province},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]],
            },
        }
        for x, (name, province) in enumerate(squares)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    frame = rows(admin1=np.resize(["Kirkuk", "Ninewa", "North", "Erbil"], 60))
    frame["admin2"] = np.resize(["Hawija", "Mosul", "", "Kirkuk", "Dibis"], 60)
    frame["longitude"], frame["latitude"] = np.resize([0.5, 1.5, 2.5, 9.0, 0.7, None, 2.2], 60), 0.5
    read = cache(lambda: read_incidents(frame, as_of=AS_OF, country="Iraq"))
    deep = cache(lambda: read().place(read_regions(collection, name="district", parent="province")))
    flat = cache(
        lambda: read().place(read_regions({**collection, "features": features[:1]}, name="district"))
    )
    circle = cache(lambda: read().place(near(0.5, 0.5, km=30)))

    def chosen(of: Callable[[], Any], *names: str, regions: Any = None, gaps: str = "") -> Any:
        found = choose_areas_or_regions(of(), "area", regions)
        columns = {gap: columns_of_gap(as_gap(f"2020-02-03@{gap}"), found) for gap in gaps.split("|") if gap}
        held = {
            one.name: getattr(found, one.name) for one in dataclasses.fields(found) if one.name != "places"
        }
        places: Any = found.places
        return {
            "chosen": held,
            "gaps": columns,
            "keys": [places.depth, places.keys, places.paths, places.countries],
            "found": {
                n: [places.find(n), places.within(n), places.around(n), places.touches_none(n)] for n in names
            },
            "codes": found.codes(of()),
        }

    tables = [(level, region_table("Iraq", level)) for level in ("admin1", "admin2")]
    names = (
        *(one.names[0] for _, one in tables if one is not None),
        "Kirkuk",
        "kirkuk",
        "Ta'mim",
        "Hawija",
        "North",
        "Iraq",
        "Erbil",
        "Ninewa",
        "Dibis",
        "Nowhere",
        "Mosul",
    )
    return {
        "areas": lambda: chosen(deep, *names, gaps="Kirkuk|Hawija|North|Erbil|Ninewa|Dibis|South"),
        "areas, one": lambda: chosen(flat, "Kirkuk", "Iraq", "Hawija", gaps="Erbil|Kirkuk"),
        "areas, near": lambda: chosen(circle, "Iraq"),
        "areas, some": lambda: [
            chosen(deep, "Kirkuk", regions="Hawija, Mosul"),
            chosen(deep, regions=["Kirkuk"]),
        ],
        "areas counted": lambda: [
            of_counts(
                count_incidents(deep(), "day", by="area", no_coverage=["2020-02-03..2020-02-09@Hawija"])
            ),
            of_counts(count_incidents(circle(), "week", by="area", start="2020-02-01")),
            of_counts(count_incidents(deep(), "day", by="admin2", start="2020-02-25")),
            of_counts(count_incidents(deep(), "day", by=["area"], start="2020-02-25")),
        ],
        "areas refused": lambda: [
            refused(chosen, deep, regions="Kirkok"),
            refused(chosen, deep, regions=["Kirkuk", "kirkuk"]),
            refused(chosen, deep, gaps="Nowhere"),
            refused(count_incidents, read(), by="area"),
        ],
    }


PARTS = (counting, naming, shaping, tables, rates)
__all__ = ["PARTS"]
