"""Everything that each claim's test says of small simulated counts: to see when any of it changes.

    python -W ignore tests/golden/make_answers.py    # writes tests/golden/answers_*.json anew

Where figures.json holds the numbers of many methods, these hold whole answers: every column, parameter,
note, reason, sentence and table beside, on counts with gaps, silent regions, late reports and short
histories. They are not known to be right, only to be what they were: references are in the tests of each
method. A wanted change makes them anew, and CHANGELOG.md says why. The counts are SIMULATED.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import answers_of_counts
from answers_of_counts import refused

from analytics.bundled import bundled_path
from analytics.counts import Counts
from analytics.counts.completeness import Completeness
from analytics.counts.outlets import Outlets
from analytics.counts.stated import state_completeness
from analytics.incidents import read_incidents
from analytics.monitoring import histories as kept
from analytics.monitoring.calibration import calibrate_together
from analytics.monitoring.histories import parametric, rotated, usable_history
from analytics.monitoring.null import draw_counts, factors, moments
from analytics.monitoring.thresholds import bisect, episodes_per_year, sweep
from analytics.monitoring.watch import monitor, silence
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
from analytics.upticks.history import history_days, lengthened
from analytics.upticks.incomplete import incomplete_before, weighted_completeness, without_incomplete
from analytics.upticks.outlets import outlet_notes
from analytics.upticks.picked import picked_window
from analytics.upticks.recent import uptick_test
from analytics.upticks.recurring import _beside, _median_gap, _pattern, _spread_limit, recurrence_test
from analytics.upticks.recurring_tables import harmless_variation, variation_limit
from analytics.upticks.response import response_test
from analytics.upticks.scan import scan_test
from analytics.upticks.scan_found import relative_totals
from analytics.upticks.severity import severity_test
from analytics.upticks.status import statuses
from analytics.upticks.weeks import cut_weeks
from analytics.upticks.windows import split_counts

HERE = Path(__file__).resolve().parent
DIGITS = 10
RTOL = 1e-6  # roots and fits end within their own tolerances, on other versions at another last digit
ATOL = 1e-9  # zero written as 1e-17
ROWS = 12  # of a table; of a longer one some, and the sums
AS_OF = "2020-04-19"  # a Sunday

Case = Callable[[], Any]


def told(value: Any) -> Any:
    """What a value says, as JSON has it: numbers to ten digits, days and windows in words."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else str(float(value))
    if isinstance(value, np.datetime64 | np.timedelta64 | pd.Timestamp):
        return None if pd.isna(value) else str(value)[:10]
    if isinstance(value, str | Window):
        return str(value)
    if isinstance(value, pd.Series):
        return told(dict(zip(map(str, value.index), value.tolist(), strict=True)))
    if isinstance(value, pd.DataFrame):
        return _table(value)
    if isinstance(value, np.ndarray):
        return [told(one) for one in (value.tolist() if value.dtype.kind in "biufO" else value)]
    if isinstance(value, Mapping):
        return {str(name): told(one) for name, one in value.items()}
    if dataclasses.is_dataclass(value):
        names = [one.name for one in dataclasses.fields(value) if one.name != "evidence"]
        said = {name: told(getattr(value, name)) for name in names}
        return said | ({"sentence": value.sentence()} if hasattr(value, "sentence") else {})
    if isinstance(value, list | tuple | set | frozenset):
        return [told(one) for one in value]
    return str(value)


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    kept, found = frame, dict[str, Any]()
    if len(frame) > ROWS:
        kept = frame.iloc[sorted({0, 1, 2, *range(3, len(frame), len(frame) // 6), len(frame) - 1})]
        found["(rows)"] = len(frame)
        sums = {
            name: frame[name].sum() for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])
        }
        found["(sums)"] = told(sums)
    return {str(name): [told(one) for one in kept[name]] for name in frame.columns} | found


# -- counts ------------------------------------------------------------------------------------------------


def counted(values: np.ndarray, names: str, *, freq: str = "day", as_of: str = AS_OF) -> Counts:
    """Counts that end on this day."""
    step = 7 if freq == "week" else 1
    days = pd.date_range(
        end=pd.Timestamp(as_of) - pd.Timedelta(days=step - 1), periods=len(values), freq=f"{step}D"
    )
    return Counts.from_frame(pd.DataFrame(values, days, list(names)), freq=freq, as_of=as_of)


@cache
def four() -> Counts:
    """A rises, B has gaps and incidents of coarse dates, C was busy before, D has never held any."""
    rng = np.random.default_rng(616)
    values = rng.poisson(rng.gamma(2, 0.5, (440, 4)) * [0.7, 2.5, 1.0, 0.0]).astype(float)
    values[-9:, 0] += rng.poisson(2.0, 9)
    values[-40:-26, 2] += 2
    values[100:109, 1] = values[-20:-18, 1] = np.nan
    found = counted(values, "ABCD")
    coarse = np.minimum(found.values, rng.integers(0, 2, found.values.shape)).astype(np.int32)
    lost = rng.integers(0, 2, len(values)).astype(np.int32)
    return dataclasses.replace(found, coarse=coarse, unplaced=lost)


@cache
def late() -> Counts:
    """The same with what was reported by now of the last three weeks known, otherwise in each region."""
    found = four()
    share = np.linspace(1.0, 0.55, 21)[:, None] ** np.array([1.0, 0.8, 1.2, 1.0])
    known = state_completeness(
        found, len(found.starts) - 21, len(found.starts), share[:, 0], share[:, 0] / 15
    )
    assert known.completeness is not None
    whole = known.completeness.share.copy()
    whole[-21:] = share
    whole[:-21] = 1.0
    spread = np.nan_to_num(known.completeness.deviation)
    return dataclasses.replace(
        known, completeness=dataclasses.replace(known.completeness, share=whole, deviation=spread)
    )


@cache
def weeks() -> Counts:
    """Three regions over three and a quarter years of weeks: a season, a fall, weeks unknown."""
    rng = np.random.default_rng(61)
    course = 1 + 0.7 * np.sin(np.arange(170) / 52.18 * 2 * np.pi)
    values = rng.poisson(rng.gamma(3, 1 / 3, (170, 3)) * course[:, None] * [3.0, 8.0, 1.0]).astype(float)
    values[-3:, 1] = 1
    values[-2:, 0] += 9
    values[30:34, 2] = np.nan
    return counted(values, "ABC", freq="week")


def last_days(counts: Counts, periods: int) -> Counts:
    """The last so many periods."""
    return counts_from(counts, len(counts.starts) - periods)


def counts_from(counts: Counts, first: int) -> Counts:
    """The periods from one on."""
    parts = {
        name: None if getattr(counts, name) is None else getattr(counts, name)[first:]
        for name in ("values", "coverage", "coarse", "unplaced", "starts")
    }
    known = counts.completeness
    return dataclasses.replace(counts, **parts, completeness=known and known.rows(slice(first, None)))


@cache
def sample() -> Any:
    """The bundled sample, SIMULATED."""
    return read_incidents(bundled_path("data/iraq_simulated.csv"), as_of=AS_OF)


# -- the recent window ---------------------------------------------------------------------------------------


def uptick(counts: Counts, **options: Any) -> dict[str, Any]:
    """An answer with all that can be asked of it."""
    found = uptick_test(counts, **options)
    said = {"result": told(found)}
    if options.get("recent") != "scan":
        said |= {"status": told(found.status), "watch": told(found.watch())}
        said |= {"sensitivity": told(found.sensitivity), "last": told(found.evidence.last_days(found.frame))}
        said["firm"] = told(found.evidence.firm())
    return said


def recent() -> dict[str, Case]:
    short = last_days(four(), 130)
    nested = dataclasses.replace(four(), parents=("North", "North", "South", "South"), by="admin2")
    spliced = dataclasses.replace(
        four(), splices=(Splice(np.datetime64("2019-10-01"), "another desk reads"),)
    )
    silent = dataclasses.replace(
        four(), silences=(Window(np.datetime64("2020-04-01"), np.datetime64("2020-04-09")),)
    )
    ended = last_days(four(), 120)
    covered = ended.coverage.copy()
    covered[-5:, 0] = covered[[-9, -8, 3], 1] = covered[-1, 2] = covered[:2, 2] = covered[:100, 3] = False
    ended = dataclasses.replace(ended, coverage=covered)
    hours = np.where(np.arange(14) < 7, 0.8, 0.5)
    known = {"completeness": hours, "completeness_sd": np.full(14, 0.05)}
    return {
        "uptick": lambda: uptick(four()),
        "uptick, late": lambda: uptick(late(), recent=7, guard=14, baseline=210),
        "uptick, fewer": lambda: uptick(late(), direction="less", alpha=0.2, margin=1.3),
        "uptick, stated": lambda: uptick(four(), **known, shrink=True, method="lrd_b", sought=2.0),
        "uptick, short": lambda: uptick(short, completeness=1.0),
        "uptick, too short": lambda: uptick(last_days(four(), 90)),
        "uptick, eight days": lambda: uptick(last_days(four(), 8)),
        "uptick, one": lambda: uptick(four().select(["A"]), confidence=0.8),
        "uptick, none": lambda: uptick(four().select(["D"])),
        "uptick, uncovered": lambda: uptick(four().select(["A", "B"]), guard=0, baseline=140),
        "uptick, weeks": lambda: uptick(weeks()),
        "uptick, weeks fewer": lambda: uptick(weeks(), direction="less", recent=21, completeness=1.0),
        "uptick, expected": lambda: uptick(weeks(), null="expected", calendar=("ramadan", "arbaeen")),
        "uptick, same weeks": lambda: uptick(weeks(), baseline="same_weeks"),
        "uptick, fatalities": lambda: uptick(dataclasses.replace(weeks(), value="fatalities"), recent=7),
        "uptick, nested": lambda: uptick(nested, completeness=0.9),
        "uptick, nested late": lambda: uptick(
            dataclasses.replace(nested, completeness=late().completeness), alpha=0.2
        ),
        "uptick, spliced": lambda: uptick(spliced),
        "uptick, splice allowed": lambda: uptick(spliced, allow_splice=True, alpha=0.4),
        "uptick, silent": lambda: uptick(silent),
        "uptick, scan": lambda: uptick(late(), recent="scan"),
        "uptick, scan gaps": lambda: uptick(ended, recent="scan", lengths=(3, 7, 10, 30)),
        "picked": lambda: [
            picked_window(ended.values, ended.coverage, lengths, upper=upper)
            for lengths in ((2,), (5, 1, 30))
            for upper in (True, False)
        ],
        "uptick, scan short": lambda: uptick(short, recent="scan", lengths=(4, 9), direction="less"),
        "uptick, scan weeks": lambda: uptick(weeks(), recent="scan", lengths=(14, 7, 28)),
        "uptick, scan held": lambda: uptick(silent, recent="scan", completeness=0.8),
    }


def windows() -> dict[str, Case]:
    """Weeks cut from days, bands of past weeks, how changeable a region is."""
    one = late().select(["B"])
    day = np.datetime64("2020-02-13")

    def cut(counts: Counts, anchor: np.datetime64 | None = None) -> Any:
        found = cut_weeks(counts, anchor)
        return {"weeks": told(found), "end": str(found.end)}

    return {
        "weeks": lambda: cut(last_days(four(), 24)),
        "weeks from a day": lambda: cut(last_days(four(), 80), day),
        "weeks of weeks": lambda: cut(last_days(weeks(), 12), day),
        "weeks from a Monday": lambda: cut(last_days(weeks(), 12), np.datetime64("2020-03-02")),
        "band": lambda: expected_band(one),
        "band, stated": lambda: expected_band(one, window=14, guard=7, baseline=140, level=0.2),
        "band, doubtful": lambda: expected_band(
            state_completeness(one, 420, 440, np.linspace(0.9, 0.4, 20), np.full(20, 0.3)),
            window=5,
            level=0.2,
        ),
        "band, weeks": lambda: expected_band(last_days(weeks().select(["C"]), 75), window=14),
        "band, unknown": lambda: expected_band(last_days(four().select(["B"]), 200), guard=21),
        "volatility": lambda: volatility(four()),
        "volatility, weeks": lambda: volatility(weeks(), window=28, baseline=728),
        "volatility, late": lambda: volatility(late(), window=7, baseline=364),
    }


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


def reported() -> dict[str, Case]:
    """What is said of the outlets beside an uptick."""
    rng = np.random.default_rng(3)
    base = four()
    days = base.starts[np.sort(rng.integers(0, 440, 900))]
    outlet = np.where(days > np.datetime64("2020-04-08"), rng.integers(0, 4, 900), rng.integers(0, 2, 900))
    found = Outlets(
        ("AP", "Reuters", "Desk", "Wire"), ("A", "B"), outlet, rng.integers(0, 2, 900), days, np.ones(900)
    )
    one = dataclasses.replace(found, outlet=np.where(outlet == 3, 2, outlet))
    few = dataclasses.replace(found, outlet=np.where(days > np.datetime64("2020-04-08"), 0, outlet))

    def said(outlets: Outlets) -> list[str]:
        result = uptick_test(dataclasses.replace(base, outlets=outlets), recent=14)
        return [note for note in result.notes if note.startswith("reporting")]

    counts = last_days(four(), 154)  # 14 recent days, 28 left out, 112 compared with
    split = split_counts(counts, 14, 28, 112)
    called = pd.DataFrame({"region": ["A", "B", "X"], "grade": ["uptick", "some sign", "uptick"]})

    def noted(**spans: tuple[range, ...]) -> list[str]:
        """What is said where each outlet reports once on each of some days, counted from the first."""
        entries = sorted((at, name) for name, ranges in spans.items() for span in ranges for at in span)
        names = tuple(sorted(spans))
        outlet = np.array([names.index(name) for _, name in entries])
        days = counts.starts[0] + np.array([at for at, _ in entries])
        where = np.zeros(len(entries), np.int64)
        own = Outlets(names, ("A", "B"), outlet, where, days, np.ones(len(entries)))
        return outlet_notes(dataclasses.replace(counts, outlets=own), split, called)

    old, now = range(0, 112, 4), range(140, 154)
    return {
        "outlets told": lambda: [
            noted(old=(old,), new=(now,)),
            noted(old=(old, now), new=(range(28, 29), now)),
            noted(old=(old, now), new=(range(27, 28), now)),
            noted(old=(old, now), new=(range(147, 154),)),
            noted(old=(old, range(140, 154)), new=(range(149, 154),)),
            noted(old=(old, range(140, 152)), new=(range(149, 154),)),
            noted(old=(range(112),)),
            noted(old=(old, now), a=(range(28, 29), now), b=(now,), c=(range(112), now)),
            noted(old=(range(112, 154),), new=(range(153, 154),)),
            noted(old=(old,), gone=(range(40, 41), range(141, 142))),
            noted(**{f"o{at}": (range(0, 112, 7), range(140, 154, 7)) for at in range(2)}, more=(now,)),
            noted(**{f"o{at}": (range(0, 112, 7), range(140 + 7 * (at > 1), 154, 7)) for at in range(3)}),
            noted(**{f"o{at}": (range(0, 112, 7), range(140 + 20 * (at > 1), 154, 7)) for at in range(3)}),
            noted(**{f"o{at}": (range(0, 112, 7),) for at in range(9)}, late=(range(154, 155),)),
        ],
        "outlets": lambda: [said(found), said(one), said(few), found.per_week().tail(8)],
        "outlets by window": lambda: (
            [
                [found.a_week(one, region), found.weight(one, region), found.within(one, region).sum()]
                for one in (Window(days[0], days[-1]), Window(days[300], days[300] + 9))
                for region in (None, "A", "B")
            ]
            + [found.began()]
        ),
    }


# -- limits met exactly, and missed by one -------------------------------------------------------------------


def brief(found: Any) -> Any:
    """The rows of an answer and its notes."""
    return [found.frame.loc[:, "verdict":"reason"], found.frame.iloc[:, :6], found.notes]  # type: ignore[misc]


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


def limits_of_windows() -> dict[str, Case]:
    rng = np.random.default_rng(77)
    rate = np.linspace(0.5, 4, 450)[:, None] * np.ones(9)
    many = rng.poisson(rng.gamma(0.3, 1, (450, 9)) * rate)
    many[-40:-28] += 5
    many[-14:, 7:] = 0
    many[-5, :6] += 15
    many[:, 8] = 0
    many[9, 8] = 1  # before the baseline, and none since
    grown = counted(many.astype(float), "ABCDEFGHI")
    flat = np.ones((440, 4))
    flat[-14:] = 0
    flat[-3, 0], flat[-14:-11, 1], flat[-2, 2], flat[-1, 3] = 5, 5, 30, 4
    one_day = counted(flat, "ABCD")
    said = ("verdict", "grade", "reason", "day", "starts_note", "none_since")

    def brief_window(counts: Counts, **options: Any) -> Any:
        found = uptick_test(counts, **options)
        return [
            found.frame.loc[:, found.frame.columns.isin(said)],
            found.notes,
            found.parameters,
            found.nulls,
        ]

    known = np.full((440, 4), 1.0)
    known[-20:] = [0.9, 0.899, 0.95, 1.0]
    share = dataclasses.replace(four(), completeness=Completeness(known, np.zeros((440, 4)), "given"))
    one = dataclasses.replace(share, coverage=share.coverage & (np.arange(440)[:, None] < 421))
    weights = np.array([3.0, 0.0, 1.0, 0.0])

    def stated(level: float) -> Counts:
        return state_completeness(four(), 438, 440, level)

    used = np.arange(9) > 2

    def mean(counts: Counts, regions: list[bool], weight: np.ndarray = weights) -> Any:
        return weighted_completeness(counts, 425, used, np.array(regions), weight)

    return {
        "limits of windows": lambda: [
            brief_window(grown),
            brief_window(grown, guard=7, baseline=420),
            brief_window(one_day, completeness=1.0),
            brief_window(last_days(one_day, 112)),
            brief_window(last_days(one_day, 111)),
        ],
        "limits of short ones": lambda: [
            brief_window(last_days(four(), 112).select(["A"])),
            brief_window(last_days(weeks(), 16), completeness=1.0),
            brief_window(last_days(weeks(), 15)),
            brief_window(last_days(four(), 200), guard=14),
        ],
        "limits of spans": lambda: [
            refused(brief_window, four(), baseline=69),
            brief_window(four(), baseline=70, guard=0),
            refused(brief_window, four(), baseline=399),
            brief_window(four(), baseline=398),
            refused(brief_window, weeks(), recent=10),
            refused(brief_window, weeks(), baseline="same"),
            refused(brief_window, last_days(weeks(), 109), baseline="same_weeks"),
            brief_window(last_days(weeks(), 110), baseline="same_weeks", alpha=0.3),
            refused(brief_window, four(), null="expected"),
            refused(brief_window, four(), null="expected", method="lrd_a"),
            refused(brief_window, four(), recent="scan", method="lrd_b", shrink=True),
            refused(brief_window, four(), recent="scan", lengths=(7, 7)),
            refused(brief_window, weeks(), recent="scan", lengths=(3,)),
            brief_window(four(), method="rotation"),
            brief_window(last_days(four(), 1)),
        ],
        "relative": lambda: (
            [
                relative_totals(
                    np.array([[2, 2, 1], [1, 1, 0], [0, 3, 1], last]),
                    np.array([[0.9, 0.8, 1.0], [0.4, 0.8, 0.7]]),
                )
                for last in ([0, 0, 0], [1, 0, 2])
            ]
            + [relative_totals(np.array([[2, 2], [1, 1]]), np.full((1, 2), 0.3))]
        ),
        "history": lambda: (
            [
                history_days(dataclasses.replace(days, coverage=days.coverage & (np.arange(9)[:, None] >= n)))
                for days in (last_days(four(), 9), last_days(weeks(), 9))
                for n in (0, 1, 8, 9)
            ]
            + [
                lengthened(last_days(counts, 9), n).starts[[0, -1]]
                for counts in (late(), weeks())
                for n in (7, 63, 64, 70)
            ]
            + [refused(lengthened, four(), 110_001), len(lengthened(four(), 110_000).starts)]
        ),
        "limits of completeness": lambda: (
            [
                [
                    told(without_incomplete(counts)[1]),
                    np.flatnonzero(~without_incomplete(counts)[0].coverage[:, 1]),
                ]
                for counts in (share, one, four(), stated(0.9), stated(0.5), stated(1.0))
            ]
            + [incomplete_before(share, 0, end) for end in (420, 421, 440)]
            + [
                mean(share, [True, True, False, False]),
                mean(share, [False, True, False, True]),
                mean(four(), [True] * 4),
                mean(share, [True] * 4, np.zeros(4)),
                mean(late(), [True, False, True, True]),
            ]
        ),
    }


def since() -> dict[str, Case]:
    """What is new since the week before, where which regions were called before is given."""
    names = "ABCDEFGH"
    was = ("ABCDEFGH", "ABCEGH", "ACH", "CH")

    def called(regions: pd.Series, many: int, weeks: int) -> Any:
        return regions.isin(list(was[weeks - 1])).to_numpy() if weeks <= many else None

    def asked(counts: Counts, **options: Any) -> Any:
        found = uptick_test(counts, **options)
        evidence: Any = found.evidence
        now, before, usual = evidence.last_days(found.frame)
        said: list[Any] = [now, before, usual]
        for up in ("ABCD", "", "AB"):
            frame = found.frame.assign(
                verdict=["supported" if one in up else "cannot be told" for one in found.frame["region"]]
            )
            then = frame.assign(
                observed=frame["observed"] + np.resize([0, 1, 5, 0, 2, 0], len(frame)),
                expected=frame["expected"] - np.resize([1, 0, 0, 0, 1, 0], len(frame)),
                pvalue=np.where(
                    np.arange(len(frame)) == 5,
                    frame["pvalue"],
                    np.resize([0.01, 0.9, 1e-9, 0.02, np.nan], len(frame)),
                ),
                starts_at=np.resize([np.nan, 3.0, 90.0, 1.0], len(frame)),
            )
            held = dataclasses.replace(found, frame=then)
            now_ = dataclasses.replace(found, frame=frame)
            for many in (4, 3, 2, 1, 0):
                ago = partial(called, found.frame["region"], many)
                said += [
                    statuses(now_, ago, lambda _, one=one: one, evidence.split).tolist()  # type: ignore[misc]
                    for one in (held, None)
                ]
        return said

    rng = np.random.default_rng(5)
    some = counted(rng.poisson(3, (60, 8)).astype(float), names, freq="week")
    strong = np.ones((119, 2))
    strong[-14:, 0] = 9
    begun = counted(strong, "AB")
    return {
        "since when": lambda: asked(some, baseline=280),
        "since when, fewer": lambda: asked(some, baseline=280, recent=21, direction="less", completeness=1.0),
        "since when, days": lambda: asked(last_days(four(), 250).select(["A", "B", "C"]), baseline=140),
        "since when, begun": lambda: [uptick_test(last_days(begun, n)).status for n in (112, 113, 118, 119)],
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


def fitted() -> dict[str, Case]:
    """What the models beside an answer are fitted to."""

    def design(counts: Counts, null: str, **options: Any) -> Any:
        evidence: Any = uptick_test(counts, **options).evidence
        found = (evidence._constant if null == "constant" else evidence._expected)(0)
        table = pd.DataFrame(found.design, columns=list(found.names))
        return table.assign(counts=found.counts, exposure=found.exposure, day=found.days)

    def nothing(counts: Counts, null: str) -> str:
        evidence: Any = uptick_test(counts).evidence
        return refused(evidence.model, counts.regions[0], null)

    one = weeks().select(["C", "A"])
    return {
        "fitted": lambda: [
            design(one, "constant"),
            design(one, "expected", calendar=("ramadan",)),
            design(weeks(), "expected"),
            nothing(four().select(["D"]), "constant"),
            nothing(four().select(["A"]), "expected"),
        ],
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


# -- watching ------------------------------------------------------------------------------------------------


class Even:
    """Draws that are no draws, so that any version's are the same: gammas low and high in turn."""

    def __init__(self) -> None:
        self.turn = 0

    def standard_gamma(self, shape: np.ndarray) -> np.ndarray:
        """Half the mean and half as much again, in turn."""
        self.turn += 1
        return np.asarray(shape * (0.5 + (np.arange(len(shape)) + self.turn) % 2))

    def poisson(self, rate: np.ndarray) -> np.ndarray:
        """The mean, rounded."""
        return np.floor(rate + 0.5).astype(np.int64)


def even() -> np.random.Generator:
    """A generator of such draws."""
    return cast(np.random.Generator, Even())


def _days(counts: Counts) -> np.ndarray:
    return counts.starts.astype(np.int64)


@cache
def rough() -> Counts:
    """Days of 27 months: waves with a season and a busy Friday, rare ones, none, and gaps."""
    rng = np.random.default_rng(33)
    at = np.arange(821)
    rate = (1 + 0.6 * np.sin(at / 365.25 * 2 * np.pi)) * np.repeat(rng.gamma(1, 1, 118), 7)[:821]
    values = rng.poisson(np.c_[rate * (1 + 2 * (at % 7 == 3)), np.full(821, 0.05), np.zeros(821)]).astype(
        float
    )
    values[300:330, 0] = values[::9, 1] = np.nan
    values[-12:, 1] += 1
    return counted(values, "RSN")


def models() -> dict[str, Case]:
    def fitted(counts: Counts) -> Any:
        found = moments(counts.values, counts.coverage, _days(counts), counts.period_days)
        turned = np.roll(counts.values, 40, axis=0)
        again = moments(turned, counts.coverage, _days(counts), counts.period_days)
        return [found, found.model(), found.reflected(again, 1).model(), again.reflected(found, 1).season]

    def drawn(counts: Counts) -> Any:
        found = moments(counts.values, counts.coverage, _days(counts), counts.period_days).model()
        more = dataclasses.replace(found, response=found.response + 0.2, memory=found.memory + 0.3)
        some = more.take(np.array([0, -2 if len(counts.regions) > 1 else 0, 0, -1]))
        ahead = _days(counts)[-1] + counts.period_days * np.arange(1, 40)
        one = draw_counts(some, ahead[:1], even())
        return [draw_counts(some, ahead, even()).T, one, factors(some.season, some.weekday, ahead[:9])]

    flat = counts_from(weeks(), 100)
    return {
        f"{what} of {name}": lambda each=each, counts=counts: each(counts)  # type: ignore[misc]
        for what, each in (("moments", fitted), ("draws", drawn))
        for name, counts in (
            ("days", rough()),
            ("weeks", weeks()),
            ("few weeks", flat),
            ("few days", last_days(four(), 40)),
            ("three days", last_days(four(), 3)),
            ("a season's end", last_days(rough(), 723)),
            ("a day less", last_days(rough().select(["R"]), 722)),
            ("six windows", last_days(rough().select(["R"]), 336)),
            ("a day too few", last_days(rough().select(["R"]), 335)),
        )
    }


def histories() -> dict[str, Case]:
    def batch(found: Any) -> Any:
        parts = list(found)
        return [
            {
                "at": one.at,
                "size": [one.draws, one.futures, one.last, one.number, one.batches, one.counts_days],
                "ends": [one.counts.starts[0], one.counts.starts[-1], one.counts.as_of],
                "sums": one.counts.values.sum(axis=0),
                "covered": one.counts.coverage.sum(axis=0),
                "last": one.counts.values[-3:],
                "weeks": one.counts.resample("week").values[-2:],
            }
            for one in parts
        ]

    def in_batches(call: Case) -> Any:
        """The same with few counts drawn at a time."""
        whole, kept.CELLS = kept.CELLS, 2_000.0
        try:
            return call()
        finally:
            kept.CELLS = whole

    def steps(detectors: list[str]) -> Any:
        said: list[Any] = []
        found = calibrate_together(
            weeks(), detectors, 3, by="history", replicates=40, progress=lambda *step: said.append(step)
        )
        return [said, [one.threshold for one in found]]

    by_week = dataclasses.replace(rough(), freq="week")
    running = dataclasses.replace(last_days(by_week, 740), as_of=np.datetime64("2020-04-16"))
    return {
        "usable": lambda: [
            [one.starts[[0, -1]], one.as_of, one.values.sum(), one.coverage.sum()]
            for one in map(usable_history, (running, rough(), by_week, weeks()))
        ],
        "drawn": lambda: batch(parametric(last_days(by_week, 420), 6, 3, draws=2)),
        "drawn, in batches": lambda: in_batches(lambda: batch(parametric(weeks(), 4, 1, draws=2))),
        "turned, in batches": lambda: in_batches(lambda: batch(rotated(weeks(), 2, 1))),
        "calibrated, in batches": lambda: in_batches(lambda: steps(["ears_c1", "ears_c2"])),
        "drawn, weeks": lambda: batch(parametric(weeks(), 5, 1, draws=3)),
        "turned": lambda: batch(rotated(rough(), 4, 2)),
        "turned, weeks": lambda: batch(rotated(last_days(weeks().select(["B"]), 105), 200, 2)),
        "turned, two years": lambda: batch(rotated(last_days(weeks(), 104), 3, 0)),
    }


def thresholds() -> dict[str, Case]:
    rng = np.random.default_rng(5)
    alarm = rng.random((60, 3, 4)) < 0.1
    level = rng.exponential(size=(52, 2, 6)) * np.array([1.0, 2.0])[:, None]
    years = np.array([6.0, 5.0])

    def run(threshold: np.ndarray) -> Any:
        return level >= threshold[:, None], years

    less = {"replicates": 40, "seed": 4}
    two = weeks().select(["A", "B"])

    def calibrated(detectors: Any, budget: Any = 2, counts: Counts = two, **options: Any) -> Any:
        said: list[Any] = []
        found = calibrate_together(
            counts, detectors, budget, progress=lambda *step: said.append(step), **less | options
        )
        return [*(told(one) for one in found), said]

    return {
        "episodes": lambda: [
            episodes_per_year(alarm, np.array([4.0, 2.0, 0.0]), 7),
            episodes_per_year(alarm[:, :, :1], np.ones(3), 1),
        ],
        "bisect": lambda: [
            bisect(run, 0.1, 100.0, np.array([1.0, 0.4]), 7, steps=9),
            bisect(run, 1e-9, 3.0, np.ones(2), 1),
        ],
        "sweep": lambda: [
            sweep(level.transpose(1, 2, 0), years, np.full(2, r), g) for r in (0.3, 1.5) for g in (1, 3)
        ],
        "calibrated": lambda: calibrated(["ears_c1"]),
        "calibrated, bisected": lambda: calibrated(["cusum_poisson"], by="history"),
        "calibrated, two": lambda: calibrated(
            ["ears_c1", "ears_c2"], "5 per year over all regions", by="history"
        ),
        "calibrated, share": lambda: calibrated(["ears_c2"], share=0.8),
        "calibrated, turned": lambda: calibrated(["ears_c1", "ears_c3"], resample="rotation"),
        "calibrated, formula": lambda: calibrated(["cusum_nb", "rogerson"], 1, by="formula"),
        "calibrated, loosest": lambda: calibrated(["recent_window"], 60.0, by="formula"),
        "calibrated, strictest": lambda: calibrated(["recent_window", "predictive"], 1e-5),
        "calibrated, refused": lambda: [
            refused(calibrated, **{"detectors": ["ears_c1"], **more})
            for more in (
                {"by": "formula", "resample": "rotation"},
                {"share": 0.8, "by": "formula"},
                {"share": 0.8, "resample": "rotation"},
                {"share": 0.49},
                {"share": 1.0},
                {"replicates": 39},
                {"detectors": ["space_time_scan"]},
                {"budget": 0},
                {"budget": "many"},
                {"counts": last_days(two, 90), "resample": "rotation"},
            )
        ],
        "bisect, long": lambda: [
            bisect(
                lambda c: (np.tile(level, (9, 1, 1)) >= c[:, None], years * 9),
                1e-9,
                9.0,
                np.array(rate),
                days,
            )
            for rate, days in (([0.9, 3.0], 1), ([20.0, 50.0], 7), ([0.01, 0.2], 7))
        ],
        "calibrated, untested": lambda: calibrated(
            ["recent_window"], counts=last_days(two, 20), by="history"
        ),
    }


def watching() -> dict[str, Case]:
    days = last_days(rough(), 500)
    quiet = dataclasses.replace(days, values=days.values * (np.arange(500)[:, None] < 465))
    by_week = dataclasses.replace(days, freq="week", simulated=True)

    def watched(counts: Counts, *detectors: str, **options: Any) -> Any:
        said: list[Any] = []
        found = monitor(counts, detectors or None, progress=lambda *step: said.append(step), **options)
        return {
            "frame": found.frame,
            "notes": found.notes,
            "parameters": found.parameters,
            "said": said,
            "sentence": found.sentence(),
            "expectation": found.expectation(),
            "tidy": found.tidy(),
            "summary": found.summary(),
            "repr": repr(found),
            "levels": [one.sentence() for one in found.calibrations],
        }

    return {
        "watched": lambda: watched(
            by_week, "ears_c1", "recent_window", thresholds="formula", last=9, completeness=0.8
        ),
        "watched by day": lambda: watched(quiet, last=30, budget=2.0),
        "watched, history": lambda: watched(weeks(), "ears_c2", budget=12, replicates=40, seed=1, last=120),
        "watched, turned": lambda: (
            [
                watched(weeks(), "ears_c1", resample="rotation", replicates=40, last=last)["notes"]
                for last in (66, 67)
            ]
            + [
                watched(weeks(), "ears_c1", replicates=40, last=last, thresholds="history")
                for last in (118, 119)
            ]
        ),
        "watched, young": lambda: watched(
            last_days(weeks(), 30), completeness=[1, 0.9], completeness_sd=[0, 0.1]
        ),
        "watched, days": lambda: [
            watched(last_days(four(), n), last=5, thresholds="formula")["parameters"] for n in (180, 280)
        ],
        "watched, a year": lambda: watched(weeks(), "ears_c1", thresholds="formula"),
        "watched, less than 39": lambda: watched(last_days(weeks(), 39)),
        "silence": lambda: [
            silence(dataclasses.replace(days, values=days.values * (np.arange(500)[:, None] < 500 - end)))
            for end in (1, 27, 28, 29, 60, 500)
        ],
    }


ROOMS: dict[str, tuple[Callable[[], dict[str, Case]], ...]] = {
    "recent": (recent, windows, reported, limits_of_windows, since, fitted),
    "claims": (
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
    ),
    "counts": answers_of_counts.PARTS,
    "areas": (answers_of_counts.areas,),
    "monitoring": (models, histories, thresholds, watching),
}


@cache
def cases(room: str) -> dict[str, Case]:
    """The cases of a room."""
    return {name: case for part in ROOMS[room] for name, case in part().items()}


def stored(room: str) -> Path:
    """Where the answers of a room are kept."""
    return HERE / f"answers_{room}.json"


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Where an answer is another than the one stored."""
    if isinstance(wanted, float) and isinstance(found, float | int):
        return [] if abs(found - wanted) <= ATOL + RTOL * abs(wanted) else [f"{where}: {found}, not {wanted}"]
    if type(found) is not type(wanted):
        return [f"{where}: {found!r}, not {wanted!r}"]
    if isinstance(wanted, dict):
        if list(found) != list(wanted):
            return [f"{where}: {list(found)}, not {list(wanted)}"]
        return [one for name in wanted for one in differences(found[name], wanted[name], f"{where}.{name}")]
    if isinstance(wanted, list):
        if len(found) != len(wanted):
            return [f"{where}: {len(found)} entries, not {len(wanted)}"]
        pairs = zip(found, wanted, strict=True)
        return [one for at, pair in enumerate(pairs) for one in differences(*pair, f"{where}[{at}]")]
    return [] if found == wanted else [f"{where}: {found!r}, not {wanted!r}"]


if __name__ == "__main__":
    for room in ROOMS:
        made = {name: told(case()) for name, case in cases(room).items()}
        lines = [f" {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in made.items()]
        stored(room).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(room, len(made), "cases", stored(room).stat().st_size, "bytes")
