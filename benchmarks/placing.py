"""A million points placed in a hundred polygons: by `Regions.locate` and by geopandas, alternated in one run.

    python benchmarks/placing.py            # --quick: a tenth of the points, nothing is written

geopandas is not among our dependencies: install it for this comparison. Both start from arrays of latitude
and longitude and from polygons in memory, and end with the region of each point. The polygons are the cells
of a random tessellation whose borders are bent. Once all points are different, once each place stands fifty
times, as towns do among incidents. Writes benchmarks/results/placing.md.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import shapely
from recording import finish, quick_parser
from timing import best

from analytics.geo.outlines import Outlines
from analytics.geo.regions import Regions

POLYGONS, POINTS, TIMES = 100, 1_000_000, 3
BOX = (38.0, 29.0, 49.0, 38.0)


def bent(ring: np.ndarray) -> np.ndarray:
    """Corners every 0.015 degrees, each moved by a function of the place: neighbours keep a common border."""
    line = shapely.get_coordinates(shapely.segmentize(shapely.linestrings(ring), 0.015))
    x, y = line.T
    return np.column_stack(
        [x + 0.03 * np.sin(9 * y) + 0.006 * np.sin(61 * y), y + 0.03 * np.sin(8 * x) + 0.006 * np.sin(53 * x)]
    )


def tessellation(draw: np.random.Generator) -> np.ndarray:
    seeds = shapely.multipoints(draw.uniform(BOX[:2], BOX[2:], (POLYGONS, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=shapely.box(*BOX)))
    cells = shapely.intersection(cells, shapely.box(*BOX))
    return np.array([shapely.Polygon(bent(shapely.get_coordinates(cell))) for cell in cells], dtype=object)


def places(draw: np.random.Generator, number: int, *, repeated: bool) -> tuple[np.ndarray, np.ndarray]:
    points = draw.uniform(BOX[:2], BOX[2:], (number // 50 if repeated else number, 2))
    if repeated:
        points = points[draw.integers(0, len(points), number)]
    return points[:, 1].copy(), points[:, 0].copy()


def theirs(frame, north: np.ndarray, east: np.ndarray) -> np.ndarray:
    import geopandas

    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(east, north), crs=frame.crs)
    found = geopandas.sjoin(points, frame, how="left", predicate="intersects")
    return found[~found.index.duplicated()]["index_right"].fillna(-1).to_numpy(dtype=np.int64)


def main() -> int:
    quick = quick_parser(__doc__, "a tenth of the points").parse_args().quick
    import geopandas

    draw = np.random.default_rng(13)
    shapes = tessellation(draw)
    assert shapely.is_valid(shapes).all()
    regions = Regions(tuple(f"r{i:03}" for i in range(len(shapes))), Outlines(shapes), "made up")
    frame = geopandas.GeoDataFrame(geometry=shapes, crs="OGC:CRS84")
    rows = []
    for repeated in (False, True):
        north, east = places(draw, POINTS // 10 if quick else POINTS, repeated=repeated)
        same = float((regions.locate(north, east) == theirs(frame, north, east)).mean())
        for _ in range(TIMES):  # alternated, so that neither has the quieter machine
            mine = best(lambda north=north, east=east: regions.locate(north, east), 1)[1]
            other = best(lambda north=north, east=east: theirs(frame, north, east), 1)[1]
            rows.append(
                {
                    "points": "each place 50 times" if repeated else "all different",
                    "locate_s": mine,
                    "geopandas_s": other,
                    "same": same,
                }
            )
    table = pd.DataFrame(rows)
    least = table.groupby("points", sort=False).min().reset_index()
    least["ratio"] = least["locate_s"] / least["geopandas_s"]
    corners = int(shapely.get_num_coordinates(shapes).mean())
    lines = [
        f"# {len(north):,} points in {len(shapes)} polygons of {corners} corners",
        "",
        f"Processor seconds, best of {TIMES}, alternated; geopandas {geopandas.__version__} (points_from_xy, "
        "sjoin). Same: share of points with the same region.",
        "",
        "| points | Regions.locate, s | geopandas, s | ratio | same |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {r.points} | {r.locate_s:.2f} | {r.geopandas_s:.2f} | {r.ratio:.2f} | {r.same:.6f} |"
            for r in least.itertuples()
        ),
    ]
    return finish("placing", lines, least, quick=quick, failed=(least["same"] < 1).any())


if __name__ == "__main__":
    sys.exit(main())
