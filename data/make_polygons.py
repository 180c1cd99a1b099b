"""Write a country's adm1.geojson: Natural Earth's first-order units under the names of its place_names.csv.

    python data/make_polygons.py Iraq SOURCE.geojson

SOURCE is Natural Earth's "Admin 1 - States, Provinces" at 1:10m, cut to the country, whose property
``name`` or ``natural_earth_name`` is matched with the table of names. Coordinates are rounded to five
decimals, about one metre. The file goes to the country's folder.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from analytics.geo import region_table

HERE = Path(__file__).resolve().parent


def rounded(coordinates: list) -> list:
    if isinstance(coordinates[0], list):
        return [rounded(part) for part in coordinates]
    return [round(value, 5) for value in coordinates]


def harmonised(country: str, source: dict) -> str:
    table = region_table(country, "admin1")
    assert table is not None
    features = {}
    for feature in source["features"]:
        stated = feature["properties"]
        original = stated["name"] if "name" in stated else stated["natural_earth_name"]
        code = table.code(original)
        if code < 0 or table.names[code] in features:
            raise SystemExit(f"{original!r} does not name one unit of its own")
        properties = {"name": table.names[code], "pcode": table.pcodes[code], "natural_earth_name": original}
        geometry = {
            "type": feature["geometry"]["type"],
            "coordinates": rounded(feature["geometry"]["coordinates"]),
        }
        features[table.names[code]] = {"type": "Feature", "properties": properties, "geometry": geometry}
    if set(features) != set(table.names):
        raise SystemExit(f"missing: {', '.join(sorted(set(table.names) - set(features)))}")
    # One feature a line, so that a change of one unit shows as a change of one line.
    lines = ",\n".join(
        json.dumps(features[name], ensure_ascii=False, separators=(",", ":")) for name in table.names
    )
    return f'{{"type":"FeatureCollection","name":"{country.casefold()}_adm1","features":[\n{lines}\n]}}\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("country")
    parser.add_argument("source", type=Path)
    given = parser.parse_args()
    source = json.loads(given.source.read_text(encoding="utf-8"))
    text = harmonised(given.country, source)
    (HERE / given.country.casefold() / "adm1.geojson").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
