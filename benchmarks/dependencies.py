"""What each dependency costs: megabytes installed and seconds to import, measured here.

python benchmarks/dependencies.py
"""

from __future__ import annotations

import importlib.metadata as metadata
import subprocess
import sys

IMPORTS = {
    "numpy": "numpy",
    "pandas": "pandas",
    "scipy": "scipy.special, scipy.optimize, scipy.stats",
    "statsmodels": "statsmodels.api",
    "matplotlib": "matplotlib.pyplot",
    "numba": "numba",
    "llvmlite": "llvmlite.binding",
    "rich": "rich.console, rich.table, rich.progress",
    "beautifulsoup4": "bs4",
    "fonttools": "fontTools.ttLib",
    "ipykernel": "ipykernel",
    "latex2mathml": "latex2mathml.converter",
    "mistune": "mistune",
    "nbclient": "nbclient",
    "nbconvert": "nbconvert",
    "nbformat": "nbformat",
    "typst": "typst",
    "openpyxl": "openpyxl",
    "pyarrow": "pyarrow",
    "plotly": "plotly.graph_objects",
    "ruptures": "ruptures",
    "httpx": "httpx",
    "httpcore": "httpcore",
    "certifi": "certifi",
    "tenacity": "tenacity",
    "keyring": "keyring",
    "cryptography": "cryptography",
    "shapely": "shapely",
    "pyogrio": "pyogrio",
    "pyproj": "pyproj",
    "h3": "h3.api.basic_int",
    "duckdb": "duckdb",
    "ibis-framework": "ibis, ibis.backends.duckdb",
    "sqlglot": "sqlglot",
}


def megabytes(name: str) -> float:
    files = metadata.files(name) or []
    found = [path for f in files if (path := f.locate()).exists()]
    return sum(path.stat().st_size for path in found) / 1e6


def seconds(modules: str) -> float:
    code = f"import time; t = time.perf_counter(); import {modules}; print(time.perf_counter() - t)"
    times = [
        float(
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    ]
    return min(times)


def main() -> None:
    print("| package | version | MB | import, s |\n|---|---|---:|---:|")
    for name, modules in IMPORTS.items():
        print(f"| {name} | {metadata.version(name)} | {megabytes(name):.0f} | {seconds(modules):.2f} |")


if __name__ == "__main__":
    main()
