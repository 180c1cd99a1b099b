"""What the work costs as it grows: in rows from a thousand on, in series from ten to a hundred thousand.

    python benchmarks/growth.py            # records the result and its picture, about ten minutes
    python benchmarks/growth.py --quick    # two sizes each, nothing recorded
    python benchmarks/growth.py --only "count in memory"    # one piece of work again, the others as recorded

Each cell is a process of its own; processor seconds, what is loaded and compiled before not counted, and the
most memory of the process over what it held. The slope is that of a line through two neighbouring sizes on
logarithmic axes: 1 is cost in proportion. The bar is 1.05 from the first size whose cost is mostly its own
(ten times that of the smallest) to the largest. All data are simulated. Beside it, from the same run, a peer:
pandas reading the same text and grouping it; NumPy's one bincount; a loop of statsmodels' quasi-Poisson or
Poisson regressions, one a series (and week), measured on the smallest size and multiplied.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import recording
from counting import WORKS as COUNTING
from peers import in_turn, versions
from reading import PEERS, invented_rows

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "growth.png"
BAR = 1.05
PART = 250_000  # rows of text invented at a time
WATCHED = "predictive, 52 of 260 weeks"
_COUNTS = """
import numpy as np
from small import invented, table
from analytics import uptick_test
from analytics.detectors import predictive

size = int(float(sys.argv[1]))
"""
SERIES = {
    "uptick_test": {
        "ours": _COUNTS
        + """
uptick_test(table(invented(8, 406), "day")).frame
given = table(invented(size, 406), "day")
begin()
uptick_test(given).frame
end()
""",
        "statsmodels": _COUNTS
        + """
import statsmodels.api as sm
values = invented(size, 406)
recent = np.r_[np.zeros(364), np.ones(14)]
design = sm.add_constant(recent)
begin()
for at in range(size):
    y = np.r_[values[:364, at], values[-14:, at]]
    if y[:364].sum() and y[364:].sum():
        sm.GLM(y, design, family=sm.families.Poisson()).fit(scale="X2").pvalues
end()
""",
    },
    WATCHED: {
        "ours": _COUNTS
        + """
predictive(table(invented(8, 260), "week"), last=52).frame
given = table(invented(size, 260), "week")
begin()
predictive(given, last=52)
end()
""",
        "statsmodels": _COUNTS
        + """
import statsmodels.api as sm
values = invented(size, 260)
turn = 2 * np.pi * np.arange(260) / 52.18
design = np.stack([np.ones(260), np.arange(260) / 260, np.sin(turn), np.cos(turn)], axis=1)
begin()
for at in range(size):
    for week in range(208, 260):
        y = values[:week, at]
        if y.sum():
            sm.GLM(y, design[:week], family=sm.families.Poisson()).fit().predict(design[week:week + 1])
end()
""",
    },
}
ROWS = {
    "read and count a file": ({n: PEERS[n] for n in ("ours", "pandas")}, (1e3, 1e4, 1e5, 1e6), "rows"),
    "count in memory": ({n: COUNTING[n] for n in ("ours", "numpy")}, (1e4, 1e5, 1e6, 1e7), "rows"),
    "uptick_test": (SERIES["uptick_test"], (10, 100, 1e3, 1e4, 1e5), "series"),
    WATCHED: (
        SERIES[WATCHED],
        (10, 100, 1e3, 1e4, 1e5),
        "series",
    ),
}
LOOPED = "statsmodels"  # its cost is that of one series, times their number
LOOPS = 10


def text_of(size: int, folder: Path) -> Path:
    """A file of so many invented rows, in the shape of an ACLED export."""
    path = folder / f"{size}.csv"
    for first in range(0, size, PART):
        part = invented_rows(min(PART, size - first), seed=20200413 + first, first=first)
        part.to_csv(path, index=False, mode="a", header=first == 0)
    return path


def measure(sizes: dict[str, tuple[float, ...]]) -> pd.DataFrame:
    """One row a piece of work, program and size: processor seconds and MB."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for work in sizes:
            programs, _, what = ROWS[work]
            once = None
            for size in map(int, sizes[work]):
                given = [str(text_of(size, Path(folder)))] if "file" in work else [str(size), "incidents"]
                here = {n: w for n, w in programs.items() if n != LOOPED or once is None}
                if LOOPED in here:  # on the first size alone
                    once = in_turn({LOOPED: here.pop(LOOPED)}, [str(LOOPS), ""], 1)[LOOPED][0] / LOOPS
                found = in_turn(here, given, 3 if size <= 1e5 else 1)
                for name, (seconds, more, _) in found.items():
                    rows.append((work, what, size, name, seconds, more))
                if once is not None:
                    rows.append((work, what, size, LOOPED, once * size, np.nan))
                print(*(f"{v:.4g}" if isinstance(v, float) else v for v in rows[-2]), sep=", ", flush=True)
    frame = pd.DataFrame(rows, columns=["work", "grows_in", "size", "program", "seconds", "mb"])
    return frame.assign(slope=_slopes(frame))


def _slopes(frame: pd.DataFrame) -> pd.Series:
    """From the size before to this one; NaN where the cost is still mostly that of the smallest."""
    slope = pd.Series(np.nan, index=frame.index)
    for _, cells in frame[frame["program"] == "ours"].groupby("work", sort=False):
        seconds, size = cells["seconds"].to_numpy(), cells["size"].to_numpy()
        grown = seconds[:-1] >= 10 * seconds[0]
        grown[-1] = True
        slope[cells.index[1:]] = np.where(grown, np.diff(np.log(seconds)) / np.diff(np.log(size)), np.nan)
    return slope


def lines_of(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The page, and the works whose slope is over the bar."""
    lines = [
        "# What it costs as it grows (SIMULATED)", "",
        "Processor seconds and MB over what was held, each cell in a process of its own. A test has for peer",
        "a loop of regressions, measured on ten series and multiplied. `python benchmarks/growth.py`", "",
        "| work | size | ours, s | peer | peer, s | ours / peer | MB | slope |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    failed = []
    for work, cells in frame.groupby("work", sort=False):
        ours = cells[cells["program"] == "ours"].set_index("size")
        peer = cells[cells["program"] != "ours"].set_index("size")
        for size, row in ours.iterrows():
            other = peer.loc[size]
            ratio = row["seconds"] / other["seconds"]
            slope = "" if np.isnan(row["slope"]) else f"{row['slope']:.2f}"
            lines.append(
                f"| {work} | {size:,} {row['grows_in']} | {row['seconds']:.3g} | {other['program']} "
                f"| {other['seconds']:.3g} | {ratio:.3g} | {row['mb']:,.0f} | {slope} |"
            )
        worst = ours["slope"].max()
        told = "held" if worst <= BAR else "FAILED"
        failed += [str(work)] if worst > BAR else []
        lines.append(f"| {work}: steepest {worst:.2f}, bar {BAR}: {told} | | | | | | | |")
    lines += [
        "",
        f"{versions({'pandas': '', 'numpy': '', 'statsmodels': ''})}; Python {platform.python_version()}",
    ]
    return lines, failed


def draw(frame: pd.DataFrame, path: Path) -> None:
    """Seconds by size on logarithmic axes, a panel for rows and one for series."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from analytics.plots.style import ACCENT, GREY

    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.2), layout="constrained", sharey=True)
    marks = ("o", "s", "^", "D")
    for axis, (what, group) in zip(axes, frame.groupby("grows_in", sort=False), strict=True):
        for mark, (work, cells) in zip(marks, group.groupby("work", sort=False), strict=False):
            for program, line in cells.groupby("program", sort=False):
                own = program == "ours"
                axis.plot(
                    line["size"], line["seconds"], marker=mark, markersize=4, linewidth=1.6 if own else 1,
                    linestyle="-" if own else ":", color=ACCENT if own else GREY,
                    label=f"{work}: {program}",
                )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel=what)
        axis.legend(fontsize=6, frameon=False)
    axes[0].set_ylabel("processor seconds")
    figure.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(figure)


def main() -> int:
    parser = recording.quick_parser(__doc__, "the two smallest sizes, nothing recorded")
    parser.add_argument(
        "--only", choices=tuple(ROWS), help="measure this work, and take the others as recorded"
    )
    given = parser.parse_args()
    works = {work: sizes for work, (_, sizes, _) in ROWS.items() if given.only in (None, work)}
    frame = measure({work: sizes[:2] if given.quick else sizes for work, sizes in works.items()})
    if given.only and not given.quick:
        held = pd.read_csv(recording.RESULTS / "growth.csv")
        frame = pd.concat([held[held["work"] != given.only], frame], ignore_index=True)
        frame = frame.sort_values("work", key=lambda names: names.map(list(ROWS).index), kind="stable")
    lines, failed = lines_of(frame)
    if not given.quick:
        draw(frame, PICTURE)
        recording.record("growth", lines, frame, "%.4g")
    print(*lines, sep="\n")
    return 1 if failed and not given.quick else 0


if __name__ == "__main__":
    sys.exit(main())
