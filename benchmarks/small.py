"""Small pieces of work beside a peer in one process, as ratios: fails where one is over 1.5 times its record.

    python benchmarks/small.py             # compares with benchmarks/results/small.csv
    python benchmarks/small.py --record    # writes it

Ours and the peer take turns; each ratio is that of the least of five processor times. A ratio moves little
with the machine and with what else it does; seconds move with both. All data are simulated.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import recording
import statsmodels.api as sm
from counting import incidents
from reading import invented_rows

from analytics import count_incidents, read_incidents, uptick_test
from analytics.counts import Counts
from analytics.detectors import ears, farrington_flexible, predictive

WORSE = 1.5
RECORD = recording.RESULTS / "small.csv"
Work = Callable[[], object]


def invented(series: int, periods: int) -> np.ndarray:
    rng = np.random.default_rng(20200413)
    mean = rng.gamma(2.0, rng.gamma(0.7, 1.0, series) / 2.0, (periods, series))
    return rng.poisson(mean).astype(np.int32)


def table(values: np.ndarray, freq: str) -> Counts:
    step = 1 if freq == "day" else 7
    days = pd.date_range("2018-01-01", periods=len(values), freq=f"{step}D")
    frame = pd.DataFrame(values, index=days, columns=[f"District {at:04d}" for at in range(values.shape[1])])
    return Counts.from_frame(frame, freq=freq, as_of=days[-1] + pd.Timedelta(days=step - 1))


def regressions(values: np.ndarray, weeks: int) -> None:
    turn = 2 * np.pi * np.arange(len(values)) / 52.18
    design = np.stack([np.ones(len(values)), turn, np.sin(turn), np.cos(turn)], axis=1)
    for y in values.T:
        for week in range(len(y) - weeks, len(y)):
            if y[:week].sum():
                sm.GLM(y[:week], design[:week], family=sm.families.Poisson()).fit()


def pairs(folder: Path) -> dict[str, tuple[Work, str, Work]]:
    """Each piece of work, its peer's name, and the peer."""
    path = folder / "acled.csv"
    invented_rows(20_000).to_csv(path, index=False)
    held = incidents(100_000)
    flat = held.frame[["date_start", "admin1"]]
    days, weeks, long = invented(200, 406), invented(20, 260), invented(300, 1000)
    daily, weekly, longer = table(days, "day"), table(weeks, "week"), table(long, "day")

    def read_text() -> None:
        frame = pd.read_csv(path, dtype=str)
        frame["event_date"] = pd.to_datetime(frame["event_date"])
        frame.groupby(["event_date", "admin1"]).size().unstack(fill_value=0)  # noqa: PD010

    def read_ours() -> None:
        given = read_incidents(path)
        count_incidents(given, freq="day", by="admin1", as_of=given.last_date)

    def rolling() -> None:
        frame = pd.DataFrame(long)
        past = frame.shift(1).rolling(7)
        assert (frame > past.mean() + 3.09 * past.std()).shape == long.shape

    def two_means() -> None:
        design = sm.add_constant(np.r_[np.zeros(364), np.ones(14)])
        for y in days.T[:50]:
            sm.GLM(np.r_[y[:364], y[-14:]] + 1e-9, design, family=sm.families.Poisson()).fit(scale="X2")

    def grouped() -> None:
        flat.groupby(["date_start", "admin1"]).size().unstack(fill_value=0)  # noqa: PD010

    def twenty() -> None:
        regressions(weeks[:, :10], 2)

    many, loop = "uptick_test, 200 regions", "statsmodels, 20 regressions"
    return {
        "read and count 20,000 rows": (read_ours, "pandas, dtype=str", read_text),
        "count 100,000 incidents, 10,000 regions": (
            lambda: count_incidents(held, freq="day", as_of=held.last_date),
            "pandas, groupby",
            grouped,
        ),
        many: (lambda: uptick_test(daily).frame, "statsmodels, 50 regressions", two_means),
        "predictive, 20 regions x 10 weeks": (lambda: predictive(weekly, last=10), loop, twenty),
        "farrington_flexible, 20 x 10 weeks": (lambda: farrington_flexible(weekly, last=10), loop, twenty),
        "ears C1, 300 x 1,000 days": (lambda: ears(longer, method="C1"), "pandas, rolling(7)", rolling),
    }


def ratio(ours: Work, peer: Work, rounds: int = 5) -> float:
    """Least processor time of ours over that of the peer, taken in turn, after one call each."""
    spent: dict[Work, list[float]] = {ours: [], peer: []}
    for work in spent:
        work()
    for _ in range(rounds):
        for work, times in spent.items():
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return min(spent[ours]) / min(spent[peer])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", action="store_true", help="write the ratios as the record")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = pd.DataFrame(
            [
                (name, of, round(ratio(ours, peer), 3))
                for name, (ours, of, peer) in pairs(Path(folder)).items()
            ],
            columns=["work", "peer", "ratio"],
        )
    if given.record:
        found.to_csv(RECORD, index=False)
    was = pd.read_csv(RECORD).set_index("work")["ratio"]
    found["recorded"] = found["work"].map(was)
    found["worse"] = found["ratio"] > WORSE * found["recorded"]
    print(found.to_string(index=False))
    return 1 if found["worse"].any() or found["recorded"].isna().any() else 0


if __name__ == "__main__":
    sys.exit(main())
