"""``uptick fetch``: events from a service into a file."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from analytics.cli.progress import progress_bar
from analytics.cli.text import say
from analytics.errors import OptionError, unknown_option
from analytics.fetch import fetch_acled, fetch_acled_deleted, fetch_ucdp
from analytics.incidents.metadata import read_metadata

__all__ = ["run"]

SERVICES = ("ucdp", "acled")
_ONLY = {"ucdp": ("release",), "acled": ("changed_since", "deleted_since")}
_ALL = ("country", "start", "end", "page_size", "base_url", "proxy", "replace", "restart", "incomplete")


def run(args: Namespace) -> None:
    """Fetch, then say where the file is and where every row received went."""
    if args.service not in SERVICES:
        if args.service is None:
            raise OptionError("no service is named", expected="ucdp or acled")
        raise unknown_option("service", args.service, SERVICES)
    for service, names in _ONLY.items():
        for name in names:
            if service != args.service and getattr(args, name) is not None:
                raise OptionError(f"--{name.replace('_', '-')} is an option of {service} only")
    if args.output is None:
        raise OptionError("no file to write is named", expected="-o FILE.csv")
    given = {name: value for name in _ALL if (value := getattr(args, name)) not in (None, False)}
    try:
        with progress_bar(f"asking {args.service}") as progress:
            path = _fetch(args, {**given, "progress": progress})
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it ended", file=sys.stderr)
        raise
    say(sys.stdout, [str(path)])
    say(sys.stderr, read_metadata(path).notes)


def _fetch(args: Namespace, given: dict[str, Any]) -> Path:
    if args.service == "ucdp":
        if args.release is None:
            raise OptionError(
                "no release is named", expected="--release 25.1 (yearly) or 26.0.8 (candidate)",
                todo="ucdp.uu.se/downloads lists them",
            )  # fmt: skip
        return fetch_ucdp(args.output, release=args.release, **given)
    if args.deleted_since is None:
        return fetch_acled(args.output, changed_since=args.changed_since, **given)
    for name in ("country", "start", "end", "changed_since"):
        if getattr(args, name) is not None:
            raise OptionError(f"--{name.replace('_', '-')} does not go with --deleted-since")
    return fetch_acled_deleted(args.output, since=args.deleted_since, **given)
