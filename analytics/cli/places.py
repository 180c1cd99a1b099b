"""``--regions FILE``, ``--near`` and ``--along``: incidents placed on the map, alike for every command."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from analytics.errors import OptionError
from analytics.incidents.asked import is_on_the_map
from analytics.incidents.placement import AREA

__all__ = ["settle_places"]

_OPTIONS = {
    "region_name": "name",
    "region_parent": "parent",
    "region_crs": "crs",
    "region_layer": "layer",
    "region_encoding": "encoding",
    "region_spellings": "spellings",
    "region_precision": "coarsest",
    "region_decides": "decides",
    "region_own": "own",
}


def settle_places(args: Namespace) -> None:
    """Gather what is asked of places on the map in ``args.placing``, and count by area then.

    Raises
    ------
    OptionError
        If options of regions on the map are given without such regions, or the count is by something else.
    """
    args.placing = None
    asked: dict[str, Any] = {}
    if args.regions is not None and is_on_the_map(args.regions):
        asked["regions"], args.regions = args.regions, None
    if args.near:
        asked["near"] = list(args.near)
    if args.along is not None:
        asked["along"] = args.along
    people = getattr(args, "population", None)
    if "regions" in asked and people is not None and people != "km2" and not Path(people).is_file():
        asked["population"] = people
    own: dict[str, Any] = {name: getattr(args, option) for option, name in _OPTIONS.items()}
    own = {name: value for name, value in own.items() if value is not None}
    if not asked:
        if own or args.region_only is not None:
            option = next((o for o, name in _OPTIONS.items() if name in own), "region_only").replace("_", "-")
            raise OptionError(
                f"--{option} is for regions on the map",
                expected="--regions FILE of boundaries, --near or --along",
                found="none of them",
            )
        return
    if getattr(args, "claims", None) is not None:
        raise OptionError(
            "regions on the map do not go with --claims",
            expected="places as the file of claims names them",
            found=", ".join(f"--{name}" for name in asked),
        )
    args.placing = {**asked, **own}
    args.regions = args.region_only
    if args.by is None:
        args.by = AREA
    elif AREA not in [part.strip() for part in args.by.split(",")]:
        raise OptionError(
            f"regions on the map are counted by {AREA}",
            expected=f"--by {AREA}, or {AREA} with other columns",
            found=f"--by {args.by}",
            todo="leave --by out",
        )
