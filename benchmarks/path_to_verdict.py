"""Which files of the package one region's count passes through, from a prepared Counts to its verdict.

Files are counted that a function is called in, once everything is loaded, until the verdict is decided.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd

import analytics
from analytics import Counts, uptick_test
from analytics.upticks import decide

PACKAGE = Path(analytics.__file__).parent


def one_region() -> Counts:
    """Simulated counts of one region, twice the usual in the last fortnight."""
    days = pd.date_range("2019-01-01", "2020-04-12")
    rng = np.random.default_rng(7)
    daily = pd.DataFrame({"Kirkuk": rng.poisson(0.5, len(days))}, index=days)
    daily.iloc[-14:] = rng.poisson(2.0, (14, 1))
    return Counts.from_frame(daily, freq="day", as_of="2020-04-12")


def files_passed(counts: Counts) -> dict[str, set[str]]:
    """Files below the package, with the functions called in each, in the order they are entered."""
    passed: dict[str, set[str]] = {}
    decided = False

    def see(frame: FrameType, event: str, _: object) -> None:
        nonlocal decided
        code = frame.f_code
        path = Path(code.co_filename)
        if not decided and event == "call" and code.co_name != "<module>" and PACKAGE in path.parents:
            passed.setdefault(str(path.relative_to(PACKAGE)), set()).add(code.co_name)
        decided |= event == "return" and code is decide.decide.__code__

    uptick_test(counts)  # what is loaded on first use is loaded
    sys.setprofile(see)
    uptick_test(counts)
    sys.setprofile(None)
    return passed


def main() -> int:
    passed = files_passed(one_region())
    for name, functions in passed.items():
        print(f"{name}: {', '.join(sorted(functions))}")
    print(f"{len(passed)} files, {sum(map(len, passed.values()))} functions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
