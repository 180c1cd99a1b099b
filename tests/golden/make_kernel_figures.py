"""Digests of what the kernels return for small arrays: what they say today, to see when it changes.

    python -W ignore tests/golden/make_kernel_figures.py    # writes tests/golden/kernel_figures.json anew

They are not known to be right, only to be what they were; references are in tests/test_kernels_common.py
and in the tests of each method. Every array that a kernel returns or fills is added up twice with other
weights at each place, and so is where it is NaN or infinite: a fault in one entry shows. A wanted change
makes them anew, and CHANGELOG.md says why.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kernel_cases import change, charts, claims, common, delays, forecast, pairs, recurrence, space

FIGURES = Path(__file__).resolve().parent / "kernel_figures.json"
DIGITS = 13


def digest(value: Any) -> list[float]:
    """How many, where NaN, where infinite, the size of the sums, and two weighted sums of the rest."""
    array = np.asarray(value).astype(float).ravel()
    place = np.arange(1.0, array.size + 1)
    one, other = 1.5 + np.cos(place), 1.5 + np.sin(0.7 * place**1.5)
    finite = np.where(np.isfinite(array), array, 0.0)
    sums = [
        array.size,
        one @ np.isnan(array),
        one @ np.isposinf(array) - one @ np.isneginf(array),
        np.abs(finite).sum(),
        one @ finite,
        other @ finite,
    ]
    return [float(f"{x:.{DIGITS}g}") for x in sums]


def flat(value: Any, name: str = "") -> dict[str, list[float]]:
    """Digests of everything within, by where it is."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, tuple | list) and not all(isinstance(one, int | float) for one in value):
        value = {str(at): one for at, one in enumerate(value)}
    if isinstance(value, Mapping):
        found: dict[str, list[float]] = {}
        for key, one in value.items():
            if one is not None:
                found |= flat(one, f"{name}.{key}" if name else str(key))
        return found
    return {name: digest(value)}


def cases() -> dict[str, Callable[[], Any]]:
    """Every case, by name: what it returns is looked at whole."""
    return {
        f"{room.__name__.rpartition('.')[2]}: {name}": case
        for room in (common, charts, recurrence, forecast, delays, claims, pairs, change, space)
        for name, case in room.CASES.items()
    }


def classes(room: str) -> list[type]:
    """The dataclasses of a room."""
    return [
        kind
        for name, module in sys.modules.items()
        if name.startswith(f"analytics.kernels.{room}.")
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == name and is_dataclass(kind)
    ]


def write(path: Path = FIGURES) -> None:
    """Make them all and write them, one case a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(flat(case()))}" for name, case in cases().items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
