"""Seconds of processor that each notebook takes on the bundled data: again, and the first time on a machine.

python benchmarks/notebooks.py [NAME ...]

The first time is taken with an empty cache of compiled loops. A bar of 60 seconds holds for both.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from recording import record

from analytics.reporting.notebook.execute import read_notebook, run_notebook

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BAR = 60.0  # seconds of processor


def seconds(path: Path) -> tuple[float, float]:
    """Return processor and wall seconds of one run in a kernel of its own."""
    before, start = _children(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tagged = any("parameters" in cell.metadata.get("tags", ()) for cell in read_notebook(path).cells)
        run_notebook(path if tagged else _with_parameters(path, Path(folder)), {})
    return _children() - before, time.perf_counter() - start


def _with_parameters(path: Path, folder: Path) -> Path:
    """Return a copy with an empty cell of parameters, which the runner wants."""
    import nbformat

    notebook = read_notebook(path)
    cell = nbformat.v4.new_code_cell("", id="none", metadata={"tags": ["parameters"]})
    notebook.cells.insert(0, cell)
    nbformat.write(notebook, folder / path.name)
    return folder / path.name


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    names = sys.argv[1:] or sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    lines = [
        f"Seconds of processor in a kernel of its own, on bundled data; at most {BAR:g} are allowed.", "",
        "| notebook | again, s | first time, s |", "|---|---:|---:|",
    ]  # fmt: skip
    print(*lines, sep="\n")
    slow = []
    for name in names:
        path = NOTEBOOKS / f"{name}.ipynb"
        with tempfile.TemporaryDirectory() as empty:
            os.environ["NUMBA_CACHE_DIR"] = empty
            first, _ = seconds(path)
            again, _ = seconds(path)
            del os.environ["NUMBA_CACHE_DIR"]
        lines.append(f"| {name} | {again:.1f} | {first:.1f} |")
        print(lines[-1], flush=True)
        slow += [name] if max(first, again) > BAR else []
    if not sys.argv[1:]:
        record("notebooks", lines)
    if slow:
        raise SystemExit(f"over {BAR:g} s of processor: {', '.join(slow)}")


if __name__ == "__main__":
    main()
