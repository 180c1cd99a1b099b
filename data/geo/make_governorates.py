"""Write iraq_adm1_naturalearth.geojson: Natural Earth's governorates under the names of iraq_place_names.csv.

    python data/geo/make_governorates.py SOURCE.geojson

SOURCE is Natural Earth's "Admin 1 - States, Provinces" at 1:10m, cut to Iraq, whose property ``name`` is
matched with the table of names. Coordinates are rounded to five decimals (about one metre).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from analytics.geo import region_table

TARGET = Path(__file__).with_name("iraq_adm1_naturalearth.geojson")


def rounded(coordinates: list) -> list:
    if isinstance(coordinates[0], list):
        return [rounded(part) for part in coordinates]
    return [round(value, 5) for value in coordinates]


def harmonised(source: dict) -> str:
    table = region_table("Iraq", "admin1")
    assert table is not None
    features = {}
    for feature in source["features"]:
        original = feature["properties"]["name"]
        code = table.code(original)
        if code < 0 or table.names[code] in features:
            raise SystemExit(f"{original!r} does not name one governorate of its own")
        properties = {"name": table.names[code], "pcode": table.pcodes[code], "natural_earth_name": original}
        geometry = {
            "type": feature["geometry"]["type"],
            "coordinates": rounded(feature["geometry"]["coordinates"]),
        }
        features[table.names[code]] = {"type": "Feature", "properties": properties, "geometry": geometry}
    if set(features) != set(table.names):
        raise SystemExit(f"missing: {', '.join(sorted(set(table.names) - set(features)))}")
    # One feature a line, so that a change of one governorate shows as a change of one line.
    lines = ",\n".join(
        json.dumps(features[name], ensure_ascii=False, separators=(",", ":")) for name in table.names
    )
    return f'{{"type":"FeatureCollection","name":"iraq_adm1","features":[\n{lines}\n]}}\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    source = json.loads(parser.parse_args().source.read_text(encoding="utf-8"))
    TARGET.write_text(harmonised(source), encoding="utf-8")


if __name__ == "__main__":
    main()
