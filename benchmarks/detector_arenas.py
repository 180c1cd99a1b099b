"""What benchmarks/detectors.py measures: the detectors, the simulated arenas, and how they are scored."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

sys.path.insert(0, str(Path(__file__).resolve().parent))
from detector_peers import (
    AS_IN_R,
    NOMINAL,
    OURS,
    PER_WEEK,
    REFERENCE,
    SCENARIO_PEERS,
    WEEKLY_PEERS,
    Peer,
    detector,
)

from analytics.counts import Counts
from analytics.kernels.common.episodes import episode_onsets
from analytics.simulation import PROCESSES, simulate_counts
from analytics.simulation.further import MORE_STATIONARY, simulate_more
from analytics.simulation.scenarios import CURRENT_WEEKS, noufaily_scenarios, simulate_noufaily

SEED = 20_261_123
FPR = (0.005, 0.01, 0.02, 0.05)
MEAN, HISTORY, YEAR, RATIO = 0.5, 312, 52, 3.0  # incidents a day; weeks
SHORT = (52, 104, 156)  # weeks of history, where there is less
BUDGET = 1.0
DRAWS = 400  # bootstrap


def as_counts(values: np.ndarray) -> Counts:
    return Counts.from_array(values, start="2008-01-07", simulated=True)


def c_test(values: np.ndarray, last: int) -> np.ndarray:
    """-log10 p of the conditional test of two Poisson means: the last two weeks against all weeks before."""
    total = np.cumsum(values, axis=0, dtype=float)
    rows = np.arange(len(values) - last, len(values))
    base, both = total[rows - 2], total[rows] - total[rows - 2]
    share = 2 / (rows[:, None] + 1.0)
    p = np.where(both > 0, special.betainc(np.maximum(both, 1), base + 1, share), 1.0)
    return -np.log10(np.maximum(p, 1e-300))


def statistic(peer: Peer, values: np.ndarray, last: int, **more: object) -> np.ndarray:
    """What is compared with the threshold, -log10 p where there is one; never where not tested or barred."""
    if peer.function == "c_test":
        return c_test(values, last)
    options = peer.trained(len(values), last)
    alarms = peer.load()(as_counts(values), last=last, **(options | more))
    if "threshold" in more:
        return alarms.alarm
    if alarms.pvalue is not None and np.isfinite(alarms.pvalue).any():
        found = -np.log10(np.maximum(alarms.pvalue, 1e-300))
    else:
        found = alarms.statistic
    never = np.isnan(found) if alarms.barred is None else np.isnan(found) | alarms.barred
    return np.where(alarms.tested & ~never, found, -np.inf)


def nominal(values: np.ndarray, last: int) -> np.ndarray:
    """The recommended detector's p-values, those of too few incidents for an alarm among them."""
    found = import_module("analytics.detectors").predictive(as_counts(values), last=last)
    return np.where(found.tested, found.pvalue, 1.0)


def chart_limits(peer: Peer) -> np.ndarray:
    """Thresholds of a chart that starts again, from strict to loose, on the scale it takes them."""
    limits = np.geomspace(60.0, 0.1, 24)
    return np.exp(limits) if peer.function in ("outbreak_p", "e_detector") else limits


def unreset(peer: Peer, values: np.ndarray, last: int) -> np.ndarray:
    """The statistic of a chart that does not start again."""
    return statistic(peer, values, last, **({"reset": False} if peer.chart else {}))


def untied(*stats: np.ndarray, seed: int = 1) -> list[np.ndarray]:
    """Ranks, ties broken at random, the arrays ranked together."""
    rng = np.random.default_rng(seed)
    flat = np.concatenate([s.ravel() for s in stats])
    order = np.lexsort((rng.random(flat.size), flat))
    rank = np.empty(flat.size)
    rank[order] = np.arange(flat.size)
    cuts = np.cumsum([s.size for s in stats])[:-1]
    return [part.reshape(s.shape) for part, s in zip(np.split(rank, cuts), stats, strict=True)]


# -- A: scenarios -----------------------------------------------------------------------------------


def scenario_parts(alarm: np.ndarray, truth: np.ndarray, span: np.ndarray) -> np.ndarray:
    """True alarms, false alarms, misses, quiet weeks and detection of every series; shape (5, series)."""
    return np.stack(
        [
            (alarm & truth).sum(axis=0),
            (alarm & ~truth).sum(axis=0),
            (~alarm & truth).sum(axis=0),
            (~truth).sum(axis=0),
            (alarm & span).any(axis=0),
        ]
    ).astype(float)


def measures(parts: np.ndarray) -> dict[str, np.ndarray]:
    tp, fp, fn, quiet, found = (parts[i] for i in range(5))
    return {
        "fpr": fp / quiet,
        "pod": found,
        "sensitivity": tp / (tp + fn),
        "ppv": tp / np.maximum(tp + fp, 1),
        "f1": 2 * tp / (2 * tp + fp + fn),
    }


def summed(parts: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    total = np.einsum("ps,bs->pb", parts, weights)
    total[4] /= weights.sum(axis=1)
    return measures(total)


def matched(
    peer: Peer, values: np.ndarray, truth: np.ndarray, span: np.ndarray, rates: tuple[float, ...] = FPR
) -> dict[float, np.ndarray]:
    """The parts at each false-positive rate, by moving the threshold of the statistic (charts: not reset)."""
    (rank,) = untied(unreset(peer, values, CURRENT_WEEKS))
    order = np.sort(rank[~truth])[::-1]
    return {f: scenario_parts(rank > order[int(f * order.size)], truth, span) for f in rates}


def matched_chart(
    peer: Peer, values: np.ndarray, truth: np.ndarray, span: np.ndarray
) -> dict[float, np.ndarray]:
    """The same for a chart that starts again: a run for each of 24 thresholds, interpolated in between."""
    runs = [
        scenario_parts(statistic(peer, values, CURRENT_WEEKS, threshold=limit), truth, span)
        for limit in chart_limits(peer)
    ]
    rates = np.array([run[1].sum() / run[3].sum() for run in runs])
    out = {}
    for fpr in FPR:
        at = int((rates >= fpr).argmax()) if (rates >= fpr).any() else len(rates) - 1
        low = max(at - 1, 0)
        if rates[low] > fpr:
            raise SystemExit(f"no threshold of {peer.function} is strict enough for {fpr:.1%}")
        gap = rates[at] - rates[low]
        share = float(np.clip((fpr - rates[low]) / gap, 0, 1)) if gap > 0 else 0.0
        out[fpr] = (1 - share) * runs[low] + share * runs[at]
    return out


def _chosen(peers: dict[str, Peer], only: frozenset[str]) -> dict[str, Peer]:
    """The recommended detector, and those of `only`; all where that is empty."""
    return {name: peer for name, peer in peers.items() if not only or name in only or name == OURS}


def scenarios(series: int, only: frozenset[str] = frozenset()) -> pd.DataFrame:
    made = [simulate_noufaily(s, series=series, seed=SEED) for s in noufaily_scenarios()["scenario"]]
    values = np.concatenate([m.values for m in made], axis=1)
    truth = np.concatenate([m.outbreak[m.current] > 0 for m in made], axis=1)
    row = np.arange(CURRENT_WEEKS)[:, None] + len(values) - CURRENT_WEEKS
    span = np.concatenate([(row >= m.first) & (row <= m.last) for m in made], axis=1)
    n = values.shape[1]
    weights = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), DRAWS).astype(float)
    once = np.ones((1, n))
    rows, ours = [], {}
    for name, peer in _chosen({OURS: detector(OURS), **SCENARIO_PEERS}, only).items():
        ways = {name: matched} | ({f"{name}, starting again": matched_chart} if peer.chart else {})
        for called, way in ways.items():
            began = time.perf_counter()
            for fpr, parts in way(peer, values, truth, span).items():
                point, spread = summed(parts, once), summed(parts, weights)
                if name == OURS:
                    ours[fpr] = (point, spread)
                out: dict[str, object] = {"arena": "scenarios", "detector": called, "matched": fpr, "n": n}
                for key in ("fpr", "pod", "sensitivity", "ppv", "f1"):
                    out[key], out[f"{key}_se"] = float(point[key][0]), float(spread[key].std())
                for key in ("f1", "pod"):
                    out[f"{key}_lead"] = float(ours[fpr][0][key][0] - point[key][0])
                    out[f"{key}_lead_se"] = float((ours[fpr][1][key] - spread[key]).std())
                rows.append(out)
            print(f"  A {called}: {time.perf_counter() - began:.1f} s", flush=True)
    if only:
        return pd.DataFrame(rows)
    return pd.concat([pd.DataFrame(rows), as_in_r(values, truth, span, weights)], ignore_index=True)


def as_in_r(values: np.ndarray, truth: np.ndarray, span: np.ndarray, weights: np.ndarray) -> pd.DataFrame:
    """The reference's detectors at their own thresholds, and ours on the same series at the same rates."""
    once = np.ones((1, values.shape[1]))
    rows = []
    for name, peer in AS_IN_R.items():
        alarms = peer.load()(
            as_counts(values), last=CURRENT_WEEKS, **peer.trained(len(values), CURRENT_WEEKS)
        )
        parts = scenario_parts(alarms.alarm, truth, span)
        point, spread = summed(parts, once), summed(parts, weights)
        fpr = float(point["fpr"][0])
        (own,) = matched(detector(OURS), values, truth, span, (fpr,)).values()
        ours, ours_spread = summed(own, once), summed(own, weights)
        out: dict[str, object] = {
            "arena": "as in R",
            "detector": name,
            "matched": fpr,
            "n": values.shape[1],
            "recorded": " / ".join(f"{v:g}" for v in REFERENCE[name]),
        }
        for key in ("fpr", "pod", "sensitivity", "ppv", "f1"):
            out[key], out[f"{key}_se"] = float(point[key][0]), float(spread[key].std())
            out[f"{key}_lead"] = float(ours[key][0] - point[key][0])
            out[f"{key}_lead_se"] = float((ours_spread[key] - spread[key]).std())
        rows.append(out)
    return pd.DataFrame(rows)


# -- B: episodes a year -----------------------------------------------------------------------------


def draw(process: str, series: int, key: int, ratio: float = 1.0, history: int = HISTORY) -> np.ndarray:
    names = [*PROCESSES, *MORE_STATIONARY]
    seed = int(np.random.SeedSequence([SEED, names.index(process), key]).generate_state(1)[0])
    maker = simulate_counts if process in PROCESSES else simulate_more
    weeks = history + YEAR
    daily = maker(process, mean=MEAN, days=7 * weeks, series=series, uptick_ratio=ratio, seed=seed).values
    return daily.reshape(weeks, 7, series).sum(axis=1)


def put_in(process: str, series: int) -> np.ndarray:
    """A year without an uptick, and independent incidents on top of its last two weeks."""
    if process == "seasonal":  # its own mean differs from week to week; its days are independent
        return draw(process, series, 2, RATIO)
    values = draw(process, series, 3)
    extra = np.random.default_rng([SEED, 4]).poisson((RATIO - 1) * MEAN * 7, (2, series))
    values[-2:] += extra
    return values


def curve(peer: Peer, null: np.ndarray, ups: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Episodes and detections of every series at falling thresholds; shapes (thresholds, series)."""
    shares = np.geomspace(0.004, 0.2, 45)
    ranks = untied(
        *(unreset(peer, v, YEAR if peer.chart else k) for v, k in [(null, YEAR + 2), *((u, 6) for u in ups)])
    )
    limits = np.quantile(ranks[0], 1 - shares)
    episodes = np.stack([_episodes(ranks[0] > limit) for limit in limits])
    found = [np.stack([_caught(rank > limit) for limit in limits]) for rank in ranks[1:]]
    return episodes, found


def chart_curve(peer: Peer, null: np.ndarray, ups: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The same for a chart that starts again after an alarm: one run for each threshold."""
    runs = [[statistic(peer, v, YEAR, threshold=limit) for v in (null, *ups)] for limit in chart_limits(peer)]
    return (
        np.stack([_episodes(run[0]) for run in runs]),
        [np.stack([_caught(run[k + 1]) for run in runs]) for k in range(len(ups))],
    )


def _episodes(alarm: np.ndarray) -> np.ndarray:
    return episode_onsets(alarm, 7)[-YEAR:].sum(axis=0).astype(float)


def _caught(alarm: np.ndarray) -> np.ndarray:
    return episode_onsets(alarm, 7)[-2:].any(axis=0).astype(float)


def at_budget(rates: np.ndarray, caught: np.ndarray) -> np.ndarray:
    """Detections where the rate first reaches the budget, thresholds falling; shapes (draws, thresholds)."""
    reached = rates >= BUDGET
    at = reached.argmax(axis=1)
    none = ~reached.any(axis=1)
    row = np.arange(len(rates))
    low = np.maximum(at - 1, 0)
    left, right = rates[row, low], rates[row, at]
    share = np.where(right > left, (BUDGET - left) / np.where(right > left, right - left, 1), 0.0).clip(0, 1)
    out = caught[row, low] + share * (caught[row, at] - caught[row, low])
    return np.where(none, np.nan, out)


def _error(drawn: np.ndarray) -> float:
    """Standard error, of a figure that could be had in nearly every draw."""
    known = drawn[np.isfinite(drawn)]
    return float(known.std()) if known.size > 0.95 * drawn.size else np.nan


def weekly(series: int, only: frozenset[str] = frozenset()) -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    weights = rng.multinomial(series, np.full(series, 1 / series), (2, DRAWS)) / series
    once = np.full((2, 1, series), 1 / series)
    rows = []
    for process in PROCESSES:
        began = time.perf_counter()
        null, ups = draw(process, series, 1), [draw(process, series, 2, RATIO), put_in(process, series)]
        spreads: dict[str, list[np.ndarray]] = {}
        for name, peer in _chosen({OURS: detector(OURS), **WEEKLY_PEERS}, only).items():
            ways = {name: curve} | ({f"{name}, starting again": chart_curve} if peer.chart else {})
            for called, way in ways.items():
                episodes, found = way(peer, null, ups)
                out: dict[str, object] = {
                    "arena": "weekly",
                    "detector": called,
                    "process": process,
                    "n": series,
                }
                spreads[called] = []
                for kind, caught in zip(("new", "on_top"), found, strict=True):
                    point, spread = (
                        at_budget(w[0] @ episodes.T / (YEAR * PER_WEEK), w[1] @ caught.T)
                        for w in (once, weights)
                    )
                    spreads[called].append(spread)
                    ours = spreads[OURS][("new", "on_top").index(kind)]
                    out[kind], out[f"{kind}_se"] = float(point[0]), _error(spread)
                    out[f"{kind}_lead_se"] = _error(ours - spread)
                rows.append(out)
        print(f"  B {process}: {time.perf_counter() - began:.1f} s", flush=True)
    frame = pd.DataFrame(rows)
    for kind in ("new", "on_top"):
        own = frame[frame["detector"] == OURS].set_index("process")[kind]
        frame[f"{kind}_lead"] = frame["process"].map(own) - frame[kind]
    return frame


def nominal_alarms(name: str, values: np.ndarray, last: int) -> np.ndarray:
    peer, level = NOMINAL[name]
    if peer.function == "c_test":
        return c_test(values, last) >= -np.log10(PER_WEEK)
    options = {**peer.trained(len(values), last), **level}
    alarm: np.ndarray = peer.load()(as_counts(values), last=last, **options).alarm
    return alarm


def short_histories(series: int) -> pd.DataFrame:
    """Episodes of the recommended detector where fewer weeks lie before the year monitored."""
    rows = []
    for history in SHORT:
        for process in PROCESSES:
            quiet = draw(process, series, 7 + history, history=history)
            each = _episodes(nominal_alarms(OURS, quiet, YEAR)) / (YEAR * PER_WEEK)
            rows.append(
                {
                    "arena": "short",
                    "detector": OURS,
                    "process": process,
                    "history": history,
                    "n": series,
                    "per_year": each.mean(),
                    "per_year_se": each.std() / np.sqrt(series),
                }
            )
    return pd.DataFrame(rows)


def budgets(series: int, mine: int, only: frozenset[str] = frozenset()) -> pd.DataFrame:
    """Episodes and detections at the threshold each detector's own formula gives for one episode a year."""
    rows = []
    for process in (*PROCESSES, *MORE_STATIONARY):
        further = process in MORE_STATIONARY
        for name, (peer, _) in NOMINAL.items():
            if (further and name != OURS) or (only and name not in only):
                continue
            n = mine if name == OURS else series
            last = YEAR if peer.chart else YEAR + 2
            quiet = draw(process, n, 5)
            each = _episodes(nominal_alarms(name, quiet, last)) / (YEAR * PER_WEEK)
            out: dict[str, object] = {
                "arena": "further" if further else "budget",
                "detector": name,
                "process": process,
                "n": n,
                "per_year": each.mean(),
                "per_year_se": each.std() / np.sqrt(n),
                "above_two": (each > 2.01).mean(),
            }
            if name == OURS:
                tail = nominal(quiet, YEAR)
                out |= {
                    "weeks_at_budget": (tail <= PER_WEEK).mean(),
                    "weeks_at_0.001": (tail <= 0.001).mean(),
                }
            upticks = {"new": draw(process, series, 6, RATIO)}
            if not further:
                upticks["on_top"] = put_in(process, series)
            for kind, values in upticks.items():
                out[kind] = _caught(nominal_alarms(name, values, YEAR if peer.chart else 6)).mean()
            rows.append(out)
    return pd.DataFrame(rows)
