"""The cases of make_answers.py: the recent window, past weeks, and what is said beside them. SIMULATED."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from answers_of_counts import refused
from answers_said import Case, counted, four, last_days, late, told, weeks

from analytics.counts import Counts
from analytics.counts.completeness import Completeness
from analytics.counts.outlets import Outlets
from analytics.counts.stated import state_completeness
from analytics.periods import Window
from analytics.sources.coverage import Splice
from analytics.upticks.band import expected_band
from analytics.upticks.changeable import volatility
from analytics.upticks.history import history_days, lengthened
from analytics.upticks.incomplete import incomplete_before, weighted_completeness, without_incomplete
from analytics.upticks.outlets import outlet_notes
from analytics.upticks.picked import picked_window
from analytics.upticks.recent import uptick_test
from analytics.upticks.scan_found import relative_totals
from analytics.upticks.status import statuses
from analytics.upticks.weeks import cut_weeks
from analytics.upticks.windows import split_counts


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
                for one in (Window(days[0], days[-1]), Window(days[300], days[300] + np.timedelta64(9, "D")))
                for region in (None, "A", "B")
            ]
            + [found.began()]
        ),
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


PARTS = (recent, windows, reported, limits_of_windows, since, fitted)
