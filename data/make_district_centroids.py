"""Compute the centroid of each district from the OCHA polygons in ../shared.

Run from the project: python data/make_district_centroids.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
NAMES = HERE / "iraq" / "place_names.csv"
POLYGONS = HERE.parent.parent / "shared" / "data" / "geo" / "iraq_adm2_codab.geojson"
OUTPUT = HERE / "iraq_district_centroids.csv"
FIELDS = ("pcode", "admin1", "admin2", "latitude", "longitude")


def ring_moments(ring: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Area and first moments (longitude, latitude) of a closed ring, by the shoelace formula."""
    origin = ring[0]
    x, y = (ring - origin).T
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    area = cross.sum() / 2
    moments = np.array([((x[:-1] + x[1:]) * cross).sum(), ((y[:-1] + y[1:]) * cross).sum()]) / 6
    return np.array([area, *(moments + area * origin)])


def centroid(geometry: dict) -> tuple[float, float]:
    """Latitude and longitude of the centroid; holes, which run the other way round, count negative."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    total = np.zeros(3)
    for outer, *holes in polygons:
        moments = ring_moments(np.asarray(outer)[:, :2])
        total += moments * np.sign(moments[0])
        for hole in holes:
            moments = ring_moments(np.asarray(hole)[:, :2])
            total -= moments * np.sign(moments[0])
    return float(total[2] / total[0]), float(total[1] / total[0])


def rows(polygons: Path = POLYGONS) -> list[dict[str, str]]:
    """One row a district, in the order of their codes."""
    with NAMES.open(encoding="utf-8", newline="") as file:
        names = {row["pcode"]: row["name"] for row in csv.DictReader(file)}
    found = []
    for feature in json.loads(polygons.read_text(encoding="utf-8"))["features"]:
        properties = feature["properties"]
        latitude, longitude = centroid(feature["geometry"])
        found.append(
            {
                "pcode": properties["ADM2_PCODE"],
                "admin1": names[properties["ADM1_PCODE"]],
                "admin2": names[properties["ADM2_PCODE"]],
                "latitude": f"{latitude:.3f}",
                "longitude": f"{longitude:.3f}",
            }
        )
    return sorted(found, key=lambda row: row["pcode"])


def main(output: Path = OUTPUT) -> None:
    with output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())
    print(f"{output.name}: written")


if __name__ == "__main__":
    main()
