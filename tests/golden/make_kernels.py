"""Write the figures that tests of kernels hold to: python -W ignore tests/golden/make_kernels.py [panels ...]

The cases stand in tests/test_kernels_*.py beside their references, and by room in tests/golden/kernel_cases.

A wanted change makes them anew, and CHANGELOG.md says why.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def main(names: list[str]) -> None:
    """Write those of all modules of tests, or of some."""
    sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "golden")]
    figures = importlib.import_module("kernel_figures")
    for path in sorted(TESTS.glob("test_kernels_*.py")):
        module = importlib.import_module(path.stem)
        if hasattr(module, "CASES") and (not names or path.stem.removeprefix("test_kernels_") in names):
            figures.write(path.stem, module.CASES)
    for room, cases in importlib.import_module("kernel_cases").ROOMS.items():
        if not names or room in names:
            figures.write(room, cases.CASES)


if __name__ == "__main__":
    main(sys.argv[1:])
