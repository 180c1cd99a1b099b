"""Maps drawn by our own paths and by geopandas: seconds to import, to read and draw, and megabytes installed.

    python benchmarks/maps.py

geopandas (with pyogrio, shapely and pyproj) is not among our dependencies: install it for this comparison.
Each drawing is of the 18 governorates of Iraq, one fill each, the best of five. Writes
benchmarks/results/maps.md.
"""

from __future__ import annotations

import importlib.metadata as metadata
import subprocess
import sys

from recording import record

START = """
import io, time
t = time.perf_counter()
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt
plt.subplots(); plt.close("all")
base = time.perf_counter()
"""
END = """
ready = time.perf_counter()
best = 9e9
for _ in range(5):
    t = time.perf_counter(); ax = draw(); best = min(best, time.perf_counter() - t)
    ax.figure.savefig(io.BytesIO(), format="png"); plt.close("all")
print(ready - base, best)
"""
OURS = """
from analytics.geo.polygons import read_polygons
from analytics.plots.shapes import label_room, ring_path, thinned
from matplotlib.patches import PathPatch
def draw():
    read = read_polygons("data/iraq/adm1.geojson")
    match = read.match(read.names("name"))
    fig, ax = plt.subplots()
    for i, rings in enumerate(thinned(match.rings).values()):
        ax.add_artist(PathPatch(ring_path(rings), facecolor=f"C{i % 10}"))
        room = label_room(rings, [(0.1, 0.1)])[1]
        ax.text(room.x, room.y, "-")
    ax.set_xlim(38, 49); ax.set_ylim(29, 38); ax.set_aspect(1.2)
    return ax
"""
THEIRS = """
import geopandas
def draw():
    frame = geopandas.read_file("data/iraq/adm1.geojson")
    fig, ax = plt.subplots()
    frame.plot(ax=ax, color=[f"C{i % 10}" for i in range(len(frame))])
    for point in frame.representative_point():
        ax.text(point.x, point.y, "-")
    return ax
"""


def measured(code: str) -> tuple[float, float]:
    runs = [
        [float(number) for number in done.stdout.split()]
        for done in (
            subprocess.run(
                [sys.executable, "-W", "ignore", "-c", START + code + END],
                capture_output=True,
                text=True,
                check=True,
            )
            for _ in range(3)
        )
    ]
    return min(load for load, _ in runs), min(draw for _, draw in runs)


def megabytes(*names: str) -> float:
    found = [path for name in names for f in metadata.files(name) or [] if (path := f.locate()).exists()]
    return sum(path.stat().st_size for path in found) / 1e6


def main() -> None:
    lines = [
        "A map of 18 regions: megabytes beyond what is installed anyway, seconds to import beyond matplotlib",
        "(both import pandas), seconds to read the file and draw.",
        "",
        "| drawn by | MB | import, s | read and draw, s |",
        "|---|---:|---:|---:|",
    ]
    for name, code, packages in (
        ("matplotlib paths", OURS, ()),
        ("geopandas", THEIRS, ("geopandas", "pyogrio", "shapely", "pyproj")),
    ):
        load, draw = measured(code)
        lines.append(f"| {name} | {megabytes(*packages):.0f} | {load:.2f} | {draw:.3f} |")
    print("\n".join(lines))
    record("maps", lines)


if __name__ == "__main__":
    main()
