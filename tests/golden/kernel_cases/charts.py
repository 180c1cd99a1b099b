"""EARS, cumulative sums, moving averages, likelihood ratios, bets, and the run lengths behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.kernels.charts.cusum import cusum_run, likelihood_ratio, train, transform, transform_bound
from analytics.kernels.charts.e_process import bet_on_counts, mean_limit
from analytics.kernels.charts.ears import (
    cumulated_tail,
    ears_scan,
    empty_answers,
    floor_bounds,
    floor_scores,
    largest_count,
)
from analytics.kernels.charts.ears_reference import ears_reference
from analytics.kernels.charts.ears_thinned import ears_thinned
from analytics.kernels.charts.ewma import (
    ewma_design,
    ewma_run,
    ewma_run_length,
    ewma_thinned,
    single_incident,
)
from analytics.kernels.charts.focus import exact_glr
from analytics.kernels.charts.glr import (
    EPIDEMIC,
    EPIDEMIC_POISSON_CHAIN,
    EPIDEMIC_RATIO,
    FIXED,
    LEVEL,
    window_glr,
)
from analytics.kernels.charts.glr_chart import (
    Chart,
    MeanModel,
    _copies,
    chart_thresholds,
    one_incident,
    run_chart,
    window_alpha,
)
from analytics.kernels.charts.glr_threshold import RunLengths, simulated_run_lengths, simulated_threshold
from analytics.kernels.charts.in_control import dispersion_ml, fitted_mean, harmonic_design
from analytics.kernels.charts.onset import onset_scan
from analytics.kernels.charts.poisson_limits import crow_gardner_upper
from analytics.kernels.charts.run_length import (
    cusum_design,
    cusum_run_length,
    lattice,
    least_levels,
    probabilities,
)


def counts(seed: int, periods: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Four series (few, some, many, none but one), a rise at the end of the second, and gaps."""
    rng = np.random.default_rng(seed)
    values = rng.poisson([0.4, 3.0, 30.0, 0.0], (periods, 4)).astype(np.int32)
    values[-6:, 1] += rng.poisson(4.0, 6).astype(np.int32)
    values[4:9, 1] = 3  # constant for a while
    values[periods // 2, 3] = 1
    usable = np.ones(values.shape, dtype=bool)
    usable[9, 0] = usable[14:16, 1] = usable[periods - 4, 2] = False
    return values, usable


def ears_tables() -> Any:
    scores = floor_scores(3, 200)
    return {
        "scores": [floor_scores(7, most)[:, :30] for most in (0, 2)],
        "all": scores,
        "larger": floor_scores(3, 20)[:, -4:-1],
        "bounds": floor_bounds(scores, np.array([0.0, 2.0, 4.5, 60.0])),
        "largest": np.array([largest_count(n) for n in (3, 7, 56)]),
    }


def ears_cumulated() -> Any:
    edges, tail = cumulated_tail(4)
    return edges, tail[::3]


def ears() -> Any:
    found: dict[str, Any] = {}
    for seed, (n, lag, cumulated, first, gaps, sigma) in enumerate(
        [
            (7, 0, False, 0, True, 0.0),
            (7, 1, False, 12, False, 0.5),
            (3, 3, False, 2, True, 1.2),
            (4, 3, True, 0, True, 0.0),
            (4, 3, True, 15, False, 0.3),
            (5, 2, True, 9, True, 0.0),
            (3, 0, False, 28, True, 0.0),
        ]
    ):
        values, usable = counts(20 + seed)
        if not gaps:
            usable[:] = True
        name = f"{n} {lag} {cumulated} {first}"
        threshold = np.array([1.5, 2.5, 0.8, 1.1])
        for dense in (False, True):
            scores = floor_scores(n, 16 * n)
            levels = threshold + cumulated
            bounds = floor_bounds(scores, levels)
            answers = empty_answers(30 - first, 4, gaps)
            small = values if dense else np.minimum(values, 16)
            ears_scan(
                small.astype(np.int32),
                usable,
                gaps,
                first,
                n,
                lag,
                sigma,
                scores,
                bounds,
                np.arange(4),
                threshold,
                cumulated,
                dense,
                *answers,
            )
            found[f"{name} {dense}"] = answers
        answers = empty_answers(30 - first, 4, gaps)
        ears_reference(values, usable, gaps, first, n, lag, sigma, threshold, cumulated, *answers)
        found[f"reference {name}"] = answers
    return found


def ears_in_part() -> Any:
    found = {}
    for n, lag, cumulated, first, sigma in (
        (4, 2, True, 3, 0.0),
        (5, 0, False, 9, 0.4),
        (3, 1, False, 0, 0.0),
    ):
        values, usable = counts(30 + n)
        usable[:] = True
        rng = np.random.default_rng(n)
        share, doubt = np.ones(values.shape), np.zeros(values.shape)
        share[10:12], share[-3:] = 0.8, rng.uniform(0.3, 0.9, (3, 4))
        doubt[-2:], doubt[16, 1] = 0.02, 0.05
        answers = empty_answers(30 - first, 4, False)
        for part in answers[:3]:
            part[:] = 0.5
        answers[2][:2, 1] = np.nan
        threshold = np.array([1.5, 2.5, 0.8, 1.1])
        ears_thinned(values, share, doubt, first, n, lag, sigma, threshold, cumulated, *answers[:4])
        found[f"{n} {lag}"] = answers
    return found


def cusums() -> Any:
    values, usable = counts(40)
    found: dict[str, Any] = {}
    rng = np.random.default_rng(1)
    for name, covered, restart, many in (
        ("plain", None, 0.0, 1),
        ("gaps", usable, np.nan, 30),
        ("half", usable, 1.5, 1),
        ("on", None, np.nan, 30),
    ):
        slope, drift = rng.uniform(0.2, 1.0, (many, 4)), rng.uniform(0.5, 4.0, (many, 4))
        state, statistic = np.array([0.0, 0.7, 2.0, 0.0]), np.empty((30, 4))
        alarm, bound = np.zeros((30, 4), dtype=bool), np.empty((30, 4))
        cusum_run(
            values,
            covered,
            slope,
            drift,
            np.array([1.0, 3.0, 9.0, 0.4]),
            restart,
            state,
            statistic,
            alarm,
            bound,
        )
        found[name] = state, statistic, alarm, bound
    found["ratio"] = likelihood_ratio(
        np.array([0.1, 5.0, 5.0, 9.0]), np.array([1.0, 1.0049, 1.0051, 3.0]), 1.7
    )
    found["train"] = [
        train(values, usable, fortnight=length, spread=spread)
        for length in (1, 2, 14, 60)
        for spread in (True, False)
    ]
    found["untrained"] = train(values[:0], usable[:0], fortnight=2, spread=True)
    return found


def transforms() -> Any:
    y, mean = np.array([0.0, 1.0, 4.0, 9.0, 40.0]), np.array([0.3, 2.0, 3.5, 11.0, 25.0])
    score = np.array([-3.5, -1.0, 0.0, 0.4, 3.0])
    kinds = ("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none")
    return {
        kind: (
            transform(kind, y, mean),  # type: ignore[arg-type]
            transform(kind, y, mean, alpha=0.34, digits=1),  # type: ignore[arg-type]
            [
                transform_bound(kind, score[:, None], mean, alpha=0.34, faults=faults)  # type: ignore[arg-type]
                for faults in (True, False)
            ],
        )
        for kind in kinds
    }


def bets() -> Any:
    values, usable = counts(41)
    usable[20] = False
    restarts = np.zeros(30, dtype=bool)
    restarts[11] = True
    limit, sizes = np.array([0.5, 2.0, 25.0, 0.1]), np.array([0.2, 0.9])
    found: dict[str, Any] = {
        f"{form} {reset}": bet_on_counts(
            values,
            usable,
            limit if reset else limit * np.linspace(0.8, 1.3, 30)[:, None],
            sizes,
            np.array([2.0, 5.0, 1.2, 3.0]),
            form=form,
            begin=3,
            restarts=restarts,
            reset=reset,
        )
        for form in ("shiryaev_roberts", "cusum", "process")
        for reset in (True, False)
    }
    large = np.full((150, 1), 10**6, dtype=np.int32)
    found["largest"] = bet_on_counts(
        large,
        large > 0,
        np.ones(1),
        sizes,
        np.ones(1),
        form="process",
        begin=0,
        restarts=np.zeros(150, dtype=bool),
        reset=False,
    )
    found["limits"] = [mean_limit(values, usable, n, level) for n, level in ((1, 0.9), (7, 0.95), (20, 0.5))]
    found["short"] = mean_limit(values[:3], usable[:3], 7, 0.9), mean_limit(values[:1], usable[:1], 7, 0.9)
    return found


def averages() -> Any:
    values, usable = counts(42)
    found: dict[str, Any] = {}
    mean, deviation = np.array([0.4, 3.0, 30.0, 0.05]), np.array([0.7, 2.0, 6.0, 0.3])
    for name, covered, reset in (("plain", None, True), ("gaps", usable, True), ("on", usable, False)):
        state, age = mean * 1.1, np.array([0.0, 2.0, 0.0, 7.0])
        statistic, bound, alarm = np.empty((30, 4)), np.empty((30, 4)), np.zeros((30, 4), dtype=bool)
        width = np.array([1.5, 2.0, 1.0, 2.5])
        ewma_run(values, covered, mean, deviation, width, 0.2, reset, state, age, statistic, alarm, bound)
        found[name] = state, age, statistic, alarm, bound
        other = np.empty((30, 4)), np.zeros((30, 4), dtype=bool), np.empty((30, 4))
        moved = mean * np.linspace(0.6, 1.4, 30)[:, None]
        ewma_thinned(values, covered, moved, 1.5 * moved, width, 0.3, reset, *other)
        found[name + ", thinned"] = other
    found["single"] = single_incident(mean, 0.3)
    return found


def average_run_lengths() -> Any:
    return np.array(
        [
            ewma_run_length(4.0, weight=0.4, width=1.0, nodes=12),
            ewma_run_length(2.0, weight=0.3, width=1.5, dispersion=2.0, nodes=16),
            ewma_run_length(0.1, weight=0.5, width=0.5, nodes=10),
            ewma_run_length(30.0, weight=0.6, width=0.7, dispersion=1.3, nodes=14),
        ]
    )


def average_designs() -> Any:
    mean, dispersion = np.array([0.5, 3.0, 3.02]), np.array([1.5, 0.9, 1.0])
    return [
        ewma_design(mean, dispersion, weight=0.5, run_length=np.full(3, wanted), nodes=8)
        for wanted in (4.0, 1.0)
    ]


def sum_run_lengths() -> Any:
    found: dict[str, Any] = {
        "lattice": lattice(np.array([0.01, 0.03, 0.124, 0.126, 0.446, 1.0, 2.5, 7.21, 99.9]))
    }
    for mean, dispersion in ((0.7, 1.0), (4.0, 1.004), (4.0, 2.5), (30.0, 1.2)):
        pmf, tail = np.empty(12), np.empty(12)
        probabilities(mean, dispersion, pmf, tail)
        found[f"chance {mean} {dispersion}"] = pmf, tail
    for dispersion in (1.0, 1.6):
        pmf, tail = np.empty(40), np.empty(40)
        probabilities(0.5, dispersion, pmf, tail)
        found[f"far {dispersion}"] = np.log(np.maximum(pmf, 1e-300)), np.log(np.maximum(tail, 1e-300))
    found["length"] = np.array(
        [
            cusum_run_length(1.0, down=3, unit=2, levels=6),
            cusum_run_length(0.3, down=1, unit=3, levels=5, dispersion=1.5),
            cusum_run_length(2.0, down=9, unit=4, levels=11, dispersion=1.2),
            cusum_run_length(1.0, down=12, unit=1, levels=2),
        ]
    )
    return found


def sum_designs() -> Any:
    one = np.ones(3, dtype=np.int64)
    mean, dispersion = np.array([0.5, 2.0, 2.01]), np.array([1.0, 1.4, 0.8])
    given = {"start": np.array([1.0, 2.0, 2.5])}
    least = least_levels(
        mean, np.maximum(dispersion, 1), 3 * one, 2 * one, np.array([9.0, 30.0, 1.0]), **given
    )
    return {
        "least": least,
        "with": cusum_design(mean, dispersion, ratio=2.0, run_length=np.array([10.0, 25.0, 25.0])),
        "without": cusum_design(mean, dispersion, ratio=1.6, run_length=None),
    }


def exact_ratios() -> Any:
    found: dict[str, Any] = {}
    flat = np.array([[0.4, 3.0, 30.0, 0.05]])
    for at, (sign, shortest, reset, stop, varying) in enumerate(
        [
            (1.0, 1, True, False, False),
            (-1.0, 1, True, False, False),
            (1.0, 3, False, True, False),
            (-1.0, 2, False, False, True),
            (1.0, 1, True, False, True),
            (1.0, 2, False, True, True),
        ]
    ):
        values, usable = counts(50 + at, 24)
        values, usable = np.tile(values, (1, 5)), np.tile(usable, (1, 5))  # more than one tile
        mean = np.tile(flat, (1, 5)) * np.linspace(0.8, 1.1, 20)
        if varying:
            mean = mean * (1 + 0.3 * np.sin(np.arange(24) / 3)[:, None])
            values, usable, mean = values[:, :18], usable[:, :18], mean[:, :18]
        series = values.shape[1]
        alpha = np.where(np.arange(series) % 3 == 0, 0.0, 0.3)
        if varying:
            alpha[4:16] = 0.0
        begin = np.arange(series) % 4
        begin[-1] = 24
        threshold = np.linspace(1.0, 4.0, series)
        statistic, alarm = np.full(values.shape, np.nan), np.zeros(values.shape, dtype=bool)
        first = exact_glr(
            values, usable, mean, alpha, threshold, begin, sign, shortest, reset, stop, statistic, alarm
        )
        found[f"{at}"] = first, statistic, alarm
    rng = np.random.default_rng(59)
    for sign in (1.0, -1.0):  # many changes, so that candidates are turned out and stay out
        mean = 3.0 * np.exp(rng.normal(0, 0.5, (20, 5)))
        drawn = rng.poisson(mean * np.repeat(rng.gamma(1, 1.0, (4, 5)), 5, axis=0)).astype(np.int32)
        statistic, alarm = np.full(drawn.shape, np.nan), np.zeros(drawn.shape, dtype=bool)
        none, nothing = np.zeros(5, dtype=np.int64), np.full(5, 1e9)
        over = np.array([0.02, 0.2, 0.5, 1.0, 3.0])
        exact_glr(drawn, drawn >= 0, mean, over, nothing, none, sign, 1, False, False, statistic, alarm)
        found[f"varying {sign}"] = statistic
    large = np.array([[70_000], [69_000], [90_000]], dtype=np.int32)
    statistic = np.full((3, 1), np.nan)
    one = np.ones(1)
    exact_glr(
        large,
        large > 0,
        np.array([[7e4]]),
        0 * one,
        9e9 * one,
        np.zeros(1, dtype=np.int64),
        1.0,
        1,
        False,
        False,
        statistic,
        large < 0,
    )
    found["large"] = statistic
    return found


def windowed_ratios() -> Any:
    found: dict[str, Any] = {}
    for at, (change, sign, shortest, longest, cases, reset, stop) in enumerate(
        [
            (LEVEL, 1.0, 1, 6, True, True, False),
            (LEVEL, -1.0, 2, 30, False, False, True),
            (FIXED, 1.0, 1, 30, True, True, False),
            (EPIDEMIC, 1.0, 1, 4, False, True, False),
            (EPIDEMIC, 1.0, 2, 3, True, False, True),
            (EPIDEMIC_POISSON_CHAIN, 1.0, 1, 4, False, True, False),
            (EPIDEMIC_RATIO, 1.0, 1, 5, True, True, False),
            (FIXED, 1.0, 1, 30, False, False, False),
            (LEVEL, 1.0, 1, 30, False, True, False),
        ]
    ):
        values, usable = counts(60 + at, 14)
        mean = np.array([0.4, 3.0, 8.0, 0.05]) * (1 + 0.3 * np.sin(np.arange(14) / 3)[:, None])
        mean[5, 3] = 0.0 if change == FIXED else mean[5, 3]
        values[:, 2] = values[:, 2] // 4
        if cases and change in (EPIDEMIC, EPIDEMIC_RATIO):  # with nothing before, no count would alarm
            values, usable = np.maximum(values, 1), np.ones_like(usable)
        alpha = np.array([0.0, 0.3, 0.0, 0.5])
        if change == EPIDEMIC_POISSON_CHAIN:
            alpha[:] = 0.0
        statistic, needed = np.full(values.shape, np.nan), np.full(values.shape if cases else (1, 1), np.nan)
        alarm = np.zeros(values.shape, dtype=bool)
        first = window_glr(
            values,
            usable,
            mean,
            alpha,
            np.array([2.0, 1.5, 1.2, 3.0]),
            np.array([0.8, 1.5, 1.0, 2.0]),
            np.array([2, 2, 3, 2]),
            1,
            change,
            sign,
            shortest,
            longest,
            cases,
            reset,
            stop,
            statistic,
            alarm,
            needed,
        )
        found[f"{at}"] = first, statistic, alarm, needed
    return found


def chart_runs() -> Any:
    values, usable = counts(70, 24)
    design = harmonic_design(24, harmonics=1, trend=True, cycle=12.0)
    flat = np.array([False, False, False, True])
    alpha = np.array([0.0, 0.2, 0.1, 0.0])
    found: dict[str, Any] = {"alpha": window_alpha(values, usable, np.full((1, 4), 2.0), 3, 2)}
    found["given"] = window_alpha(
        values, usable, np.ones((1, 4)), 3, 2, dispersion=np.array([1.0, 1.5, 3.0, 1.2])
    )
    for name, columns, share in (("flat", design[:, :1], None), ("waves", design, 0.8)):
        part = None if share is None else np.full(values.shape, share)
        model = MeanModel(values, usable, columns, flat, alpha, part)
        mean = model.mean(10)
        found[name + ", mean"] = mean, model.mean(np.array([8, 9, 12]), np.array([True, True, False, True]))
        for refit, longest, cases in ((True, None, False), (False, None, False), (True, 6, True)):
            chart = Chart(LEVEL, 1.0, 1, longest, cases, True, refit, 0)
            start = np.maximum(mean, 0.01)
            begin = np.array([10, 11, 10, 12])
            found[f"{name} {refit} {longest}"] = run_chart(
                chart,
                values,
                usable,
                start,
                alpha,
                np.full(4, 2.0),
                np.array([1.0, 1.5, 3.0, 1.2]),
                begin,
                model,
            )
    for fixed in (True, False):
        rates = np.array([0.01, 0.5, 1.0, 3.0])
        found[f"one {fixed}"] = one_incident(rates, np.array([0.0, 0.2, 0.0, 1.0]), fixed, np.full(4, 1.5))
    return found


def chart_copies() -> Any:
    values, _ = counts(71, 12)
    values[:, 3] = 1
    found: dict[str, Any] = {}
    for how in ("known", "window", "ml"):
        mean, spread, estimate, run = _copies(
            Chart(LEVEL, 1.0, 1, 4, True, True, True, 0), (3, 2, 70), 2, how
        )
        level, alpha = estimate(values)
        found[how] = np.array([mean, spread]), level, alpha, run(values[:8], level, alpha)
    return found


def simulated() -> Any:
    def estimate(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return drawn.mean(axis=0), np.zeros(drawn.shape[1])

    def run(drawn: np.ndarray, level: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return np.asarray((drawn + alpha) / level)

    given = {"estimate": estimate, "run": run}
    found: dict[str, Any] = {
        "thresholds": np.array(
            [
                simulated_threshold(mean, phi, arl, training=training, seed=seed, **given)  # type: ignore[arg-type]
                for mean, phi, arl, training, seed in (
                    (2.0, 1.0, 20.0, 10, 1),
                    (0.5, 1.8, 9.3, 20, 2),
                    (3.0, 1.5, 1.0, 4, 3),
                    (0.001, 1.0, 3.0, 2, 4),
                    (2.0, 1.3, 0.2, 1200, 5),
                )
            ]
        )
    }
    lengths = RunLengths(np.add.outer(np.arange(28.0), np.arange(7.0) ** 1.5))
    found["several"] = np.array([lengths.threshold(arl) for arl in (0.5, 1.0, 2.0, 7.3, 60.0, 1500.0, 9e4)])
    return found


def many_simulated() -> Any:
    def run(drawn: np.ndarray, level: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return np.asarray((drawn + alpha) / level)

    def estimate(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return drawn.mean(axis=0), np.zeros(drawn.shape[1])

    return simulated_run_lengths(2.0, 1.4, training=9, estimate=estimate, run=run, seed=5)


def fits() -> Any:
    values, usable = counts(80, 40)
    values[:, 2] = np.random.default_rng(3).negative_binomial(2, 0.2, 40)
    keep = [0, 1, 2]
    values, usable = values[:, keep], usable[:, keep]
    usable[5] = False
    design = harmonic_design(40, harmonics=1, trend=True, cycle=13.0)
    alpha = np.array([0.1, 0.2, 0.4])
    return {
        "designs": [
            harmonic_design(5, harmonics=h, trend=t, cycle=3.7) for h in (0, 2) for t in (True, False)
        ],
        "mean": [fitted_mean(design, values, usable, a) for a in (None, alpha)],
        "flat": fitted_mean(design[:, :1], values, usable, alpha),
        "dispersion": dispersion_ml(design, values, usable),
        "flat dispersion": dispersion_ml(design[:, :1], values, usable),
    }


def onsets() -> Any:
    found: dict[str, Any] = {}
    for at, (first, reset, bounds, most, fewest, partly) in enumerate(
        [
            (0, True, True, 40, 3.0, False),
            (6, False, True, 9, 0.0, True),
            (2, True, False, 9, 5.0, False),
            (0, False, True, 1, 0.0, False),
            (4, True, True, 200, 8.0, True),
        ]
    ):
        values, usable = counts(90 + at, 20)
        values, usable = np.tile(values, (1, 9)), np.tile(usable, (1, 9))  # more than one block
        share = np.random.default_rng(at).uniform(0.5, 1.0, values.shape) if partly else np.zeros((0, 0))
        threshold = np.linspace(0.2, 3.0, 36)
        given = (values, usable, first)
        found[f"{at}"] = onset_scan(*given, threshold, reset, bounds, most, fewest, share)
        reached = np.nan_to_num(
            onset_scan(*given, threshold + 99, False, False, most, fewest, share)[0].max(axis=0)
        )
        found[f"{at}, reached"] = onset_scan(*given, reached, False, bounds, most, fewest, share)
    return found


CASES = {
    "EARS tables": ears_tables,
    "EARS cumulated": ears_cumulated,
    "EARS": ears,
    "EARS in part": ears_in_part,
    "cumulative sums": cusums,
    "transforms": transforms,
    "bets": bets,
    "moving averages": averages,
    "run lengths of averages": average_run_lengths,
    "designs of averages": average_designs,
    "run lengths of sums": sum_run_lengths,
    "designs of sums": sum_designs,
    "exact likelihood ratios": exact_ratios,
    "windowed likelihood ratios": windowed_ratios,
    "chart runs": chart_runs,
    "copies of charts": chart_copies,
    "simulated thresholds": simulated,
    "simulated run lengths": many_simulated,
    "fits": fits,
    "onsets": onsets,
    "Crow and Gardner": lambda: [crow_gardner_upper(6), crow_gardner_upper(2, 0.8)],
    "thresholds of charts": lambda: chart_thresholds(
        Chart(LEVEL, 1.0, 1, None, False, True, False, 0),
        np.array([0.5, 0.52, 2.0]),
        np.array([0.0, 0.0, 0.4]),
        np.full(3, 2.0),
        np.array([4.0, 4.0, 6.0]),
        training=5,
        length=2,
        how="known",
    ),
}
