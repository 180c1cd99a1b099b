"""The reference cases in tests/oracle/surveillance, as counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analytics.counts import Counts
from analytics.results import Alarms

FOLDER = Path(__file__).resolve().parent / "oracle" / "surveillance"


def cases(detector: str) -> list[str]:
    """Names of the cases of one detector, such as ``agona_C1_b_14_a_0.001_ms_0``."""
    return sorted(path.stem.partition("__")[2] for path in FOLDER.glob(f"{detector}__*.json"))


@cache
def load(detector: str, case: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{detector}__{case}.json").read_text(encoding="utf-8"))


def numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def flags(values: list[bool | None]) -> np.ndarray:
    """Alarms as floats: 1, 0, and NaN where the reference gives none."""
    return numbers(values)


def counts_of(case: dict[str, Any], periods: int | None = None) -> Counts:
    """The series of a case; weeks without dates start on the Monday of the stated ISO week.

    `periods` keeps only the first so many. Missing values have no coverage.
    """
    series = case["series"]
    values = numbers(series["observed"])[:periods]
    freq = "day" if series["freq"] == 365 else "week"
    if series.get("dates"):
        first = np.datetime64(series["dates"][0], "D")
    elif freq == "day":
        first = np.datetime64(f"{series['start_year']}-01-01", "D")
    else:
        fourth = np.datetime64(f"{series['start_year']}-01-04", "D")
        monday = fourth - np.timedelta64((int(fourth.astype(int)) + 3) % 7, "D")
        first = monday + np.timedelta64(7 * (series["start_week"] - 1), "D")
    step = 1 if freq == "day" else 7
    starts = first + step * np.arange(len(values))
    covered = ~np.isnan(values)
    return Counts(
        values=np.where(covered, values, 0).astype(np.int32)[:, None],
        coverage=covered[:, None],
        starts=starts,
        regions=(series["name"],),
        freq=freq,
        finest=freq,
        week_start="monday",
        as_of=starts[-1] + np.timedelta64(step - 1, "D"),
    )


def compare(
    detector: Callable[..., Alarms], folder: str, case: str, *, figures: float, options: dict[str, str]
) -> tuple[Alarms, np.ndarray]:
    """Run a detector on a case and hold what is tested, what alarms and the bounds to the reference's.

    `options` maps the detector's options to the names they have in the case; `figures` is the tolerance of
    bounds. Returns the alarms, and the rows that the reference answers. Bounds of weeks without a count,
    which the reference also gives, are not compared.
    """
    data = load(folder, case)
    control, out = data["control"], data["output"]
    alarms = detector(counts_of(data), **{ours: control[theirs] for ours, theirs in options.items()})
    rows = np.array(out["range"]) - 1
    raised, bound, covered = flags(out["alarm"]), numbers(out["upperbound"]), alarms.covered[rows, 0]
    np.testing.assert_array_equal(alarms.tested[rows, 0], ~np.isnan(raised))
    np.testing.assert_array_equal(alarms.alarm[rows, 0], raised == 1)
    np.testing.assert_allclose(
        alarms.upper_bound[rows, 0][covered], bound[covered], rtol=figures, atol=figures
    )
    return alarms, rows


def farrington_options(case: dict[str, Any]) -> dict[str, Any]:
    """The options that both Farringtons have, as a case of either states them."""
    control = case["control"]
    return {
        "alpha": control["alpha"],
        "years": control["b"],
        "half_width": control["w"],
        "trend": control["trend"],
        "reweight": control["reweight"],
        "power_transform": control["powertrans"],
        "limit54": tuple(control["limit54"]),
        "calendar": bool(case["series"]["dates"]),
    }


def reason(alarms: Alarms, row: int, region: int = 0) -> str:
    """Why a cell has no alarm or what is to be said of it; empty where nothing is."""
    return alarms.reasons[alarms.note[row, region]] if alarms.note is not None else ""
