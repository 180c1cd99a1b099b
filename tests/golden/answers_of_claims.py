"""The cases of make_answers.py: changes, days, places, bursts, responses, deaths and names. SIMULATED."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from answers_of_counts import refused
from answers_said import AS_OF, Case, brief, counted, four, last_days, late, sample, weeks

from analytics.counts import Counts
from analytics.counts.stated import state_completeness
from analytics.incidents import read_incidents
from analytics.periods import Window
from analytics.sources.coverage import Splice
from analytics.upticks.activity import DEFINITIONS, _finding, _words, activity_test
from analytics.upticks.band import expected_band
from analytics.upticks.change import _placebos_show, change_test
from analytics.upticks.changeable import volatility
from analytics.upticks.concentration import concentration_test
from analytics.upticks.day import _doubt, _said, day_test
from analytics.upticks.debut_panel import panel_of_counts
from analytics.upticks.emerging import emerging_test
from analytics.upticks.recent import uptick_test
from analytics.upticks.recurring import _beside, _median_gap, _pattern, _spread_limit, recurrence_test
from analytics.upticks.recurring_tables import harmless_variation, variation_limit
from analytics.upticks.response import response_test
from analytics.upticks.scan import scan_test
from analytics.upticks.severity import severity_test


def level() -> dict[str, Case]:
    two = last_days(four().select(["A", "B"]), 260)
    few = last_days(weeks(), 62)
    tested = {"date": "2020-02-13", "trend": False, "slope": False}
    return {
        "change": lambda: change_test(last_days(four(), 371)),
        "change, late": lambda: change_test(
            last_days(late(), 380), direction="less", completeness=1, trim=0.05
        ),
        "change, several": lambda: change_test(
            last_days(weeks(), 64), multiple=True, min_weeks=10, expected_run=52, alpha=0.3, false_changes=0.3
        ),
        "change, less": lambda: change_test(last_days(weeks(), 53), direction="less", margin=1.1, trim=0.3),
        "change, stated": lambda: change_test(two, date="2020-02-20"),
        "change, level alone": lambda: change_test(two, **tested, completeness=0.9, alpha=0.2, margin=3.0),
        "change, fewer": lambda: change_test(few, **tested, direction="less", completeness=0.8),
        "change, fewer, not known": lambda: change_test(few, **tested, direction="less"),
        "change, least": lambda: change_test(last_days(weeks(), 30), date="2020-03-23", slope=True),
        "change, placebos": lambda: change_test(
            last_days(weeks(), 110), date="2020-01-06", trend=True, alpha=0.1
        ),
        "change, none before": lambda: change_test(last_days(four(), 230), date="2020-03-12", trend=False),
    }


def day() -> dict[str, Case]:
    held = dataclasses.replace(
        four(), silences=(Window(np.datetime64("2019-11-01"), np.datetime64("2019-11-09")),)
    )
    return {
        "day": lambda: day_test(four()),
        "day, named": lambda: day_test(four(), date="2020-04-16", completeness=0.9),
        "day, picked": lambda: day_test(late(), picked=30, weekday=False, alpha=0.2, margin_days=90.0),
        "day, of a window": lambda: day_test(
            four(), date="2020-03-31", picked="2020-03-20..2020-04-02", guard=0, baseline=182
        ),
        "day, late": lambda: day_test(late(), date="2020-04-12", picked=10, baseline=390),
        "day, held": lambda: day_test(held),
        "day, one": lambda: brief(day_test(four().select(["A"]), picked=3, alpha=0.3, completeness=1.0)),
    }


def places() -> dict[str, Case]:
    """Inside against outside, and clusters of neighbours."""
    where = pd.DataFrame(
        {"region": list("DABC"), "lat": [33.0, 34.0, 34.1, 36.0], "lon": [44.0, 44.1, 44.0, 43.0]}
    )
    touching = pd.DataFrame({"region": list("ABC"), "neighbour": list("BCX")})
    ups = np.random.default_rng(1).poisson(1.0, (60, 9)).astype(float)
    ups[-np.arange(1, 8), np.arange(7)] += 9
    many = counted(ups, "ABCDEFGHI")
    known = last_days(late(), 400)
    covered = dataclasses.replace(known, coverage=np.ones_like(known.coverage))
    gone = dataclasses.replace(
        last_days(four(), 400), values=four().values[-400:] * np.array([0, 1, 1, 0], np.int32)
    )
    seen = {"replicates": 19, "places": where}
    return {
        "concentration": lambda: concentration_test(four(), regions_inside="A"),
        "concentration, late": lambda: concentration_test(
            covered, regions_inside=["A", "C"], recent=7, guard=14, baseline=364
        ),
        "concentration, as late": lambda: concentration_test(
            known, regions_inside=["B"], same_completeness=True, baseline=182, margin=1.2, alpha=0.2
        ),
        "concentration, weeks": lambda: concentration_test(
            weeks(), regions_inside=["A"], recent=14, guard=7, baseline=364
        ),
        "concentration, nothing": lambda: concentration_test(
            gone, regions_inside=["A", "D"], guard=0, baseline=350
        ),
        "scan": lambda: scan_test(four(), history=300, **seen),
        "scan, late": lambda: scan_test(
            covered, neighbours=touching, window_max=14, history=182, radius=60.0, alpha=0.2, **seen
        ),
        "scan, dealt": lambda: scan_test(
            last_days(four(), 92), null="permutation", window_max=7, history=91, seed=3, **seen
        ),
        "scan, weeks": lambda: scan_test(
            weeks(), places=where.iloc[1:], window_max=21, history=364, max_share=0.45, replicates=39
        ),
        "scan, many": lambda: scan_test(
            many, places=[[20.0 + 3 * at, 40.0] for at in range(9)], replicates=19, window_max=7, history=56
        ),
        "scan, large places": lambda: scan_test(
            many.select(["A", "B"]),
            places=[[20.0, 40.0], [30.0, 40.0]],
            replicates=19,
            window_max=7,
            history=56,
            max_share=0.3,
        ),
        "scan, one day": lambda: scan_test(
            many,
            places=[[20.0, 40.0 + at / 10] for at in range(9)],
            replicates=19,
            window_max=1,
            history=56,
            max_share=0.5,
        ),
        "scan, nothing": lambda: scan_test(gone, window_max=7, history=70, max_share=0.05, **seen),
    }


def again() -> dict[str, Case]:
    rng = np.random.default_rng(20)
    rate = np.where(np.arange(230) % 45 < 9, 3.0, 0.3)
    waves = counted(np.c_[rng.poisson(rate), rng.poisson(0.6, 230), np.zeros(230)], "WPN")
    some = dataclasses.replace(waves, coverage=waves.coverage & (np.arange(230)[:, None] != [70, 71, 72]))
    heavy = counted(rng.poisson(np.where(np.arange(40) % 10 < 2, 15.0, 2.0))[:, None], "H", freq="week")
    return {
        "recurrence": lambda: recurrence_test(some, replicates=19),
        "recurrence, drawn": lambda: recurrence_test(
            waves.select(["W"]),
            replicates=19,
            null="negative_binomial",
            burst_ratio=3.0,
            periods=(7, 60),
            seed=1,
        ),
        "recurrence, excited": lambda: recurrence_test(
            last_days(waves.select(["W", "N"]), 182), replicates=19, null="self_exciting", alpha=0.5, states=3
        ),
        "recurrence, weeks": lambda: recurrence_test(heavy, replicates=39, burst_cost=0.2, margin=3.0),
    }


def responses() -> dict[str, Case]:
    rng = np.random.default_rng(4)
    level = np.repeat(rng.gamma(2, 0.5, (60, 3)), 7, axis=0)[:420]
    attacks = rng.poisson(level)
    events = (rng.random((420, 3)) < 0.02 + 0.04 * level).astype(float)
    both = counted(events, "ABC"), counted(attacks, "ABC")
    known = state_completeness(both[1], 400, 420, np.linspace(1, 0.7, 20))
    return {
        "response": lambda: response_test(*both, window=7, matched=20),
        "response, more": lambda: response_test(
            both[0], known, window=5, clear=9, direction="greater", alpha=0.3, margin=1.1, matched=15
        ),
        "response, one": lambda: response_test(
            both[0].select(["A"]),
            both[1].select(["A"]),
            window=14,
            matched=10,
            event="clash",
            outcome="arrest",
        ),
        "response, sample": lambda: response_test(sample(), window=10, where="admin1 != 'Anbar'"),
    }


def incidents() -> dict[str, Case]:
    listed = read_incidents(_events(), as_of=AS_OF, country="Iraq")
    verdicts: dict[str, Any] = {"s": "supported", "n": "not supported", "c": "cannot be told"}
    at = np.arange(0, 300, 3)
    before = np.r_[at, at[:95], at[-4:], at[-4:]]
    days = pd.Timestamp(AS_OF) - pd.to_timedelta(299 - before, unit="D")
    stopped = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "admin1": ["Kirkuk"] * 199 + ["Diyala"] * 4})
    stopped["actor1"] = ["Old"] * 100 + ["Gone"] * 95 + ["New"] * 4 + ["Gone"] * 4
    taken = read_incidents(stopped, as_of=AS_OF, country="Iraq")
    new = {"silence": 42, "recent": 14, "alpha": 0.15}
    ended = last_days(four(), 37)
    few = np.zeros((30, 4))
    few[0, 0] = few[[0, 29], 1] = few[23, 2] = few[22, 3] = few[4, 3] = 1
    edged = counted(few, "ABCD")
    names = {name: last_days(four().select([name]), 200).select([name]) for name in "AB"}
    same = {name: dataclasses.replace(one, regions=("Here",)) for name, one in names.items()}
    return {
        "severity": lambda: severity_test(sample(), completeness=0.9),
        "severity, short": lambda: severity_test(
            listed, recent=7, guard=0, baseline=56, mass=3, by="admin1", regions=["Kirkuk"], alpha=0.3
        ),
        "severity, long": lambda: severity_test(
            listed, recent=28, guard=7, baseline=224, where="event_type = 'b'"
        ),
        "severity, none": lambda: severity_test(listed, where="event_type = 'c'", baseline=112),
        "activity": lambda: activity_test(
            sample(), kinds=("attacks", "operations", "engagements"), completeness=0.9
        ),
        "activity in words": lambda: [
            _finding(
                [kind for kind, one in zip(DEFINITIONS, words, strict=True) if one == "s"],
                {kind: verdicts[one] for kind, one in zip(DEFINITIONS, words, strict=True) if one != "-"},
            )
            for words in (
                "nnnnn",
                "nnnnc",
                "ccccs",
                "sccss",
                "nsscs",
                "csncc",
                "-scc-",
                "-s--s",
                "n---s",
                "ccscc",
                "cscss",
            )
        ],
        "activity, words": lambda: [
            list(
                _words(
                    pd.DataFrame(
                        {
                            "place": ["K"] * 2,
                            "activity": ["attacks", "operations"],
                            "verdict": [attacks, "supported"],
                            "limit": [limit, 2.0],
                        }
                    ),
                    ("attacks", "operations"),
                    "place",
                )["words"]
            )
            for attacks in verdicts.values()
            for limit in (3.14159, np.inf, np.nan)
        ],
        "activity, each": lambda: activity_test(
            sample(),
            by="admin1",
            regions=["Kirkuk", "Diyala"],
            each=True,
            kinds=("operations", "clashes"),
            alpha=0.3,
        ),
        "emerging": lambda: emerging_test(listed, **new),
        "emerging, kinds": lambda: emerging_test(listed, of="event_type", by=None, **new),
        "emerging, where": lambda: emerging_test(
            listed, where="fatalities >= 0", no_coverage=["2020-01-03..2020-01-20@Diyala"], **new
        ),
        "emerging, counts": lambda: emerging_test(same, of="kind", **new),
        "emerging, stopped": lambda: [
            [*brief(found), found.sentence(), found.details]
            for found in (
                emerging_test(taken, regions=regions, **new, start=start)
                for regions, start in ((["Kirkuk"], None), (["Kirkuk", "Diyala"], "2019-06-25"))
            )
        ],
        "emerging, after two": lambda: brief(
            emerging_test(listed, of="actor", silence=28, recent=14, alpha=0.3)
        ),
        "emerging, limits": lambda: (
            [
                refused(emerging_test, listed, **{**new, **more})
                for more in (
                    {"silence": 14},
                    {"silence": 49},
                    {"silence": 210, "alpha": 0.1},
                    {"of": "actor3"},
                    {"recent": 0},
                    {"where": "event_type = 'none'"},
                    {"start": "2020-01-01"},
                )
            ]
            + [
                refused(emerging_test, {}, of="kind"),
                refused(emerging_test, same, of="kind", as_of=AS_OF),
                refused(emerging_test, {"A": same["A"], "B": names["B"]}, **new),
                refused(emerging_test, {"w": weeks()}, recent=10, silence=20),
            ]
        ),
        "panel": lambda: [
            panel_of_counts(
                {"p": ended, "q": dataclasses.replace(ended, values=ended.values[::-1].copy())}, 7
            ),
            panel_of_counts({"p": edged, "none": dataclasses.replace(edged, values=edged.values * 0)}, 7),
            panel_of_counts({"w": last_days(weeks(), 9)}, 14),
        ],
    }


def _events() -> pd.DataFrame:
    """Incidents of three hundred days, made up by a rule: names that come, go and stay away."""
    rng = np.random.default_rng(9)
    days = np.sort(rng.integers(0, 300, 420))
    actor = np.array(["Group A", "Group B", "Group C", ""])[rng.integers(0, 4, 420)]
    actor = np.where((days > 288) & (actor == "Group C"), "Group D", actor)
    actor = np.where((days > 60) & (days < 290) & (actor == "Group B"), "Group A", actor)
    place = np.array(["Kirkuk", "Diyala", "Ninewa"])[rng.integers(0, 3, 420)]
    dead = rng.poisson(1.2, 420).astype(object)
    dead[rng.random(420) < 0.1] = None
    dead[days > 285] = rng.poisson(4.0, int((days > 285).sum()))
    return pd.DataFrame({
        "date": (pd.Timestamp(AS_OF) - pd.to_timedelta(299 - days, unit="D")).strftime("%Y-%m-%d"),
        "admin1": place, "actor1": actor, "actor2": np.where(rng.random(420) < 0.2, "Group A", ""),
        "event_type": np.where(days > 280, "b", np.where(rng.random(420) < 0.5, "a", "b")),
        "fatalities": dead,
    })  # fmt: skip


def limits() -> dict[str, Case]:
    week = weeks().starts

    def gone(counts: Counts, **spells: slice | list[int]) -> Counts:
        covered = counts.coverage.copy()
        for name, rows in spells.items():
            covered[rows, counts.regions.index(name)] = False
        return dataclasses.replace(counts, coverage=covered, values=np.where(covered, counts.values, 0))

    def shift(after: int, before: int, **options: Any) -> Any:
        part = last_days(weeks(), after + before)
        return brief(change_test(part, date=week[-after], **{"trend": False, "slope": False, **options}))

    def cut(number: int, **options: Any) -> Any:
        return brief(change_test(last_days(weeks(), number), **options))

    some = last_days(weeks(), 48)  # 40 before the date, 8 after
    partly = {
        "A": [*range(14), 41, 42, 43, 44],
        "B": [*range(15), 45],
        "C": [46, 47, 43, 44, 41],
    }
    unknown = gone(last_days(weeks(), 53), A=[0], B=[0, 1])
    days = last_days(four(), 420)
    sides = {"regions_inside": ["A"], "guard": 14, "baseline": 196}

    def inside(values: Any = None, **spells: Any) -> Any:
        part = gone(days, **spells)
        return brief(concentration_test(part if values is None else replaced(part, values), **sides))

    def replaced(part: Counts, where: list[tuple[slice, str]]) -> Counts:
        values = part.values.copy()
        for rows, names in where:
            values[rows, [part.regions.index(name) for name in names]] = 0
        return dataclasses.replace(part, values=values)

    late, early = slice(-14, None), slice(-224, -28)
    spoilt = dataclasses.replace(days, coverage=days.coverage & ~(np.arange(420) >= 413)[:, None])
    return {
        "limits of a change": lambda: [
            refused(shift, 4, 25),
            refused(shift, 3, 30),
            shift(7, 27, slope=None),
            shift(8, 27, slope=None),
            cut(52),
            refused(cut, 51),
            refused(cut, 53, min_weeks=18),
            refused(cut, 53, min_weeks=0),
            refused(cut, 53, expected_run=1),
            refused(cut, 60, trim=0.04),
            refused(cut, 60, trim=0.5),
            refused(cut, 60, trend=True),
            refused(cut, 60, slope=True),
            refused(cut, 60, completeness=0.9),
            refused(shift, 9, 40, multiple=True),
            refused(change_test, last_days(four(), 6), date="2020-04-17"),
            refused(change_test, last_days(four(), 6)),
            brief(change_test(unknown)),
        ],
        "limits of weeks covered": lambda: brief(
            change_test(gone(some, **partly), date=week[-8], trend=False, slope=False)
        ),
        "limits inside": lambda: [
            inside(B=slice(-7, None)),
            inside(B=slice(-8, None)),
            inside(C=slice(-224, -224 + 84)),
            inside(C=slice(-224, -224 + 85)),
            inside([(late, "ABCD")]),
            inside([(early, "BCD")]),
            inside([(early, "A"), (late, "A")]),
            inside([(early, "A")]),
            brief(concentration_test(spoilt, regions_inside=["A", "B"], guard=14, baseline=196)),
        ],
        "limits inside, refused": lambda: [
            refused(concentration_test, days, **{**sides, **more})
            for more in (
                {"regions_inside": list("ABCD")},
                {"regions_inside": "disputed_territories"},
                {"regions_inside": "X"},
                {"regions_inside": ["A", "Y"]},
                {"baseline": 98},
                {"baseline": 400},
            )
        ],
    }


def limits_of_days() -> dict[str, Case]:
    days = last_days(four(), 300).select(["A", "B", "D"])
    covered = days.coverage.copy()
    covered[-210:-119, 0] = covered[-210:-118, 1] = False  # 91 and 90 of the 182 are left
    gaps = dataclasses.replace(days, coverage=covered)
    tied = days.values.copy()
    tied[-30:] = 0
    tied[[-20, -10, -5]] = 3
    ties = dataclasses.replace(days, values=tied)
    few = dataclasses.replace(days, values=(days.values > 2).astype(np.int32))
    half = {"guard": 28, "baseline": 182}

    def asked(counts: Counts, **options: Any) -> Any:
        return brief(day_test(counts, **{**half, **options}))

    rng = np.random.default_rng(8)
    back = rng.poisson(np.where(np.arange(190) % 40 < 6, 2.0, 0.1), (5, 190)).T
    back[:, 1] = 0
    back[3::20, 1] = 1  # ten
    back[:, 2] = 0
    back[3:180:20, 2] = 1  # nine
    seen = np.ones(back.shape, bool)
    seen[:8, 3] = seen[:9, 4] = False  # 182 and 181 days
    again = dataclasses.replace(counted(back.astype(float), "ABCDE"), coverage=seen)
    return {
        "limits of a day": lambda: [
            asked(gaps),
            asked(ties, picked=20, weekday=False),
            asked(ties, picked=21, completeness=1.0),
            asked(few, picked=7, alpha=0.3, completeness=1.0, margin_days=5.0),
            asked(last_days(days, 211)),
            refused(asked, last_days(days, 210)),
            asked(last_days(days, 216), picked=6, completeness=0.5),
            refused(asked, last_days(days, 215), picked=6),
            refused(asked, days, date="2020-04-20"),
            refused(asked, days, date="2020-04-01", picked=5),
            refused(asked, days, baseline=181),
            refused(asked, days, guard=-1),
            refused(asked, weeks()),
            refused(asked, days, picked=0),
            brief(day_test(dataclasses.replace(days, as_of=np.datetime64("2020-04-18")), **half)),
        ],
        "patterns": lambda: [
            _pattern(
                pd.Series(
                    {
                        "pvalue": p,
                        "qvalue": q,
                        "period_days": 21.4,
                        "low": 20.6,
                        "high": 22.0,
                        "amplitude_upper": a,
                        "searched": "14 to 120 days",
                    }
                ),
                0.05,
            )
            for p, q, a in (
                (np.nan, np.nan, 0.1),
                (0.01, 0.05, 0.9),
                (0.01, 0.051, 0.49),
                (0.3, 0.3, 0.5),
                (1.0, 1.0, 0.51),
            )
        ],
        "beside": lambda: [
            _beside(
                pd.Series(
                    {
                        "episodes": n,
                        "expected_independent": 1.25,
                        "expected_self_exciting": 2.0,
                        "pvalue_self_exciting": p,
                    }
                ),
                null,
                0.05,
            )
            for n, p, null in ((1, 0.05, "independent"), (4, 0.051, "independent"), (3, 0.5, "self_exciting"))
        ],
        "placebos": lambda: (
            [
                _placebos_show({"placebos": n, "placebo_pvalue": p}, alpha)
                for n, p, alpha in (
                    (19, 0.1, 0.05),
                    (19, 0.15, 0.05),
                    (18, 0.5, 0.05),
                    (39, 0.125, 0.05),
                    (9, 0.3, 0.1),
                    (8, 0.9, 0.1),
                    (30, np.nan, 0.05),
                )
            ]
            + [_placebos_show({}, 0.05)]
        ),
        "harmless": lambda: [
            [harmless_variation(margin) for margin in (1.1, 1.5, 4.0)],
            variation_limit(
                np.array([1.2, 3.0, 1.0]), np.array([20.0, 7.5, 30.0]), 1.1, np.array([4.0, 9.0, 2.0])
            ),
            [_spread_limit(limit, 1.5, n) for limit, n in ((0.145, 1), (0.143, 0), (0.2, 7), (np.nan, 2))],
        ],
        "gaps between": lambda: [
            _median_gap(
                pd.Series(pd.Timestamp(AS_OF) + pd.to_timedelta(np.cumsum(np.arange(n) % 7 * 3), unit="D"))
            )
            for n in range(16)
        ],
        "days said": lambda: [
            [_said(row), _doubt(row)]
            for estimate in (0.0, 3.0)
            for total in (0, 9)
            for picked in (1, 2, 3)
            for row in [
                {
                    "estimate": estimate,
                    "baseline_total": total,
                    "picked": picked,
                    "detectable": 4.4,
                    "return_days": 91.23,
                    "return_low": 40.5,
                    "return_high": np.inf,
                }
            ]
        ],
        "limits of bursts": lambda: [
            brief(recurrence_test(again, replicates=19, alpha=0.1)),
            refused(recurrence_test, last_days(again, 181), replicates=19),
            refused(recurrence_test, again, periods=(1.9, 20)),
            refused(recurrence_test, again, periods=(20, 20)),
            brief(
                recurrence_test(
                    last_days(again.select(["A"]), 182), replicates=19, periods=(2, 10), alpha=0.3
                )
            ),
        ],
        "limits of changeable": lambda: (
            [
                volatility(
                    dataclasses.replace(last_days(days, n), values=np.full((n, 3), v, np.int32)), window=7
                )
                for n, v in ((181, 1), (182, 1), (183, 2), (190, 0))
            ]
            + [volatility(last_days(four(), 400), window=7, baseline=n) for n in (182, 189)]
            + [volatility(gaps, window=7)]
        ),
        "limits of bands": lambda: [
            refused(expected_band, days),
            refused(expected_band, weeks().select(["A"]), window=10),
            refused(expected_band, days.select(["A"]), guard=28, baseline=280),
            expected_band(gaps.select(["B"]), window=7, guard=0, baseline=70),
            expected_band(last_days(days.select(["A"]), 112), window=14),
            expected_band(last_days(days.select(["A"]), 111)),
            expected_band(days.select(["A"]), guard=28, baseline=265),
            expected_band(late().select(["A"]), window=1),
        ],
    }


def limits_of_silences() -> dict[str, Case]:
    """A suspected silence of one day: on the first and the last day that is used, and just beside them."""
    days, few = last_days(four(), 300).select(["A", "C"]), last_days(weeks(), 53)
    events = dataclasses.replace(
        last_days(four(), 400), values=(last_days(four(), 400).values > 4).astype(np.int32)
    )
    attacks = last_days(four(), 400)
    where = [[33.0, 44.0], [34.0, 44.0]]
    half: dict[str, Any] = {"guard": 28, "baseline": 182}
    events, attacks = (one.select(["A", "C"]) for one in (events, attacks))

    def held(counts: Counts, call: Callable[[Counts], Any], *at: int) -> list[bool]:
        said = []
        for one in at:
            day = counts.starts[one]
            gone = dataclasses.replace(counts, silences=(Window(day, day),))
            said.append(bool(call(gone).frame["reason"].str.startswith("nothing at all is recorded").all()))
        return said

    def told_of(counts: Counts, call: Callable[[Counts], Any], *at: int) -> list[bool]:
        said = []
        for one in at:
            spliced = dataclasses.replace(counts, splices=(Splice(counts.starts[one], "of other rules"),))
            said.append(bool(call(spliced).frame["reason"].str.startswith("other rules").all()))
        return said

    calls: dict[str, tuple[Counts, Callable[[Counts], Any], tuple[int, ...]]] = {
        "day": (days, lambda c: day_test(c, **half), (-212, -211, -1)),
        "day, picked": (
            days,
            lambda c: day_test(c, picked="2020-04-10..2020-04-15", **half),
            (-220, -219, -5, -4),
        ),
        "inside": (days, lambda c: concentration_test(c, regions_inside=["A"], **half), (-225, -224, -1)),
        "scan": (
            days,
            lambda c: scan_test(c, places=where, replicates=19, window_max=7, history=91),
            (-92, -91, -1),
        ),
        "change": (few, change_test, (0, -1)),
        "change, stated": (
            few,
            lambda c: change_test(c, date="2020-02-24", trend=False, slope=False),
            (0, -1),
        ),
        "response": (attacks, lambda c: response_test(events, c, window=5, matched=5), (0, -1)),
        "uptick": (days, lambda c: uptick_test(c, **half), (-225, -224, -1)),
        "scanned": (days, lambda c: uptick_test(c, recent="scan", lengths=(7, 14), **half), (-225, -224, -1)),
    }
    return {
        "limits of silences": lambda: {
            name: [held(counts, call, *at), told_of(counts, call, *at) if name in ("day", "uptick") else []]
            for name, (counts, call, at) in calls.items()
            if "change" not in name
        },
        "limits of silences and changes": lambda: {
            name: held(counts, call, *at) for name, (counts, call, at) in calls.items() if "change" in name
        },
    }


def limits_of_incidents() -> dict[str, Case]:
    def listed(dead: list[Any], late: list[Any], where: int = 40) -> Any:
        last = pd.Timestamp(AS_OF)
        days = [last - pd.Timedelta(days=where + 3 * at) for at in range(len(dead))]
        days += [last - pd.Timedelta(days=at % 7) for at in range(len(late))]
        frame = pd.DataFrame(
            {"date": [f"{one:%Y-%m-%d}" for one in days], "admin1": "Kirkuk", "fatalities": dead + late}
        )
        frame = frame.assign(fatalities=frame["fatalities"].astype("Int64"))
        return read_incidents(frame, as_of=AS_OF, country="Iraq")

    def deadly(dead: list[Any], late: list[Any], **options: Any) -> Any:
        asked = {
            "recent": 7,
            "guard": 28,
            "baseline": 112,
            "completeness": 1.0,
            "start": "2019-11-20",
            **options,
        }
        found = severity_test(listed(dead, late), **asked)
        return [*brief(found), found.sentence()]

    past = [0, 1, 2, 0, 1, 6] * 4
    return {
        "limits of deaths": lambda: [
            deadly(past[:20], [3, 4, 0, 5, 9]),
            deadly(past[:19], [3, 4, 0, 5, 9]),
            deadly(past[:20], [3, 4, 0, 5]),
            deadly(past, [3, 4, 0, 5, 9, 2, 2, 2, None, None]),
            deadly(past, [3, 4, 0, 5, 9, 2, 2, None, None]),
        ],
        "limits of deadly ones": lambda: [
            deadly([1] * 22, [1] * 6),
            deadly([1, 2] * 11, [2, 3] * 3, alpha=0.3),
            deadly([0] * 22, [0] * 6, mass=2),
        ],
        "limits of deaths alike": lambda: [
            deadly([2] * 22, [2] * 6),
            deadly(past, [0] * 6, completeness=None),
            deadly(past, [], margin=2.0),
            refused(deadly, past, [1], recent=8),
            refused(deadly, past, [1], recent=0),
            refused(deadly, past, [1], guard=-1),
            refused(deadly, past, [1], baseline=55),
            refused(deadly, past, [1], start="2019-12-01"),
            deadly(past, [9, 9, 8, 9, 7, 6], start="2019-11-25"),
            refused(deadly, past, [1], start="2019-11-26"),
        ],
        "severity, drawn": lambda: brief(
            severity_test(
                read_incidents(_events(), as_of="2019-10-20", country="Iraq", extracted="2020-05-01"),
                recent=7,
                guard=0,
                baseline=56,
            )
        ),
        "limits of responses": lambda: (
            [_responses(n, more) for n, more in ((5, 0), (4, 0), (6, 3))]
            + [refused(_responses, 5, 0, days=364), _responses(5, 0, days=365)]
            + [_responses(6, 0, usual=usual) for usual in (0.0, 0.15)]
        ),
    }


def _responses(number: int, level: int, days: int = 420, usual: float = 0.8) -> Any:
    rng = np.random.default_rng(2)
    attacks = rng.poisson(usual, (days, 1)).astype(float)
    events = np.zeros((days, 1))
    at = days - 30 - 25 * np.arange(number)
    events[at] = 1
    for one in at[:2]:
        attacks[one - 6 : one] += level
    found = response_test(counted(events, "A"), counted(attacks, "A"), window=5, matched=9)
    return [*brief(found), found.frame.iloc[:, 8:]]


PARTS = (
    level,
    day,
    places,
    again,
    responses,
    incidents,
    limits,
    limits_of_days,
    limits_of_silences,
    limits_of_incidents,
)
