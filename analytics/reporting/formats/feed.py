"""An Atom feed of the upticks that weekly reports called: one entry a region and week, earlier ones kept."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from analytics._tables import terms_among
from analytics._text import visible
from analytics.errors import OutputError
from analytics.results import SUPPORTED, mark

__all__ = ["alarm_feed", "feed_id"]

_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 200  # entries kept
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "uptick-analytics weekly report")


def feed_id(record: Mapping[str, Any]) -> str:
    """Return the identity of a feed: what its reports count, of where and by what, whatever the week."""
    about = [record["place"], *record["counted"].values(), record["simulated"]]
    return uuid.uuid5(_SPACE, repr(about)).urn


def alarm_feed(record: Mapping[str, Any], *, before: bytes | None = None) -> bytes:
    """Return the feed with an entry for each region in uptick.

    Parameters
    ----------
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`.
    before : bytes, optional
        The feed as it was. Its entries of other weeks stay (the latest 200 in all); those of this week are
        written anew, so that a report made again does not say anything twice.

    Returns
    -------
    bytes
        Atom 1.0 (RFC 4287). Each entry's sentence says itself where data are simulated. Nothing in it needs
        the network.

    Raises
    ------
    OutputError
        If `before` is no such feed, or one of reports about something else.
    """
    ET.register_namespace("", _ATOM)
    own = feed_id(record)
    kept = [] if before is None else _entries(before, own)
    day = f"{record['as_of']}T00:00:00Z"
    name = f"{record['place']}: upticks" if record["place"] else "Upticks"
    feed = ET.Element(_tag("feed"))
    _add(feed, "id", own)
    _add(feed, "title", mark(record["simulated"], "title") + name)
    author = ET.SubElement(feed, _tag("author"))
    _add(author, "name", record["author"] or "uptick weekly report")
    terms = terms_among(record["notes"])
    if terms:
        _add(feed, "rights", terms)
    old = [entry for entry in kept if _week(entry) != record["week"]["label"]]
    entries = [*_called(record, own, day), *old]
    entries.sort(key=_updated, reverse=True)
    _add(feed, "updated", max([day, *map(_updated, entries)]))
    feed.extend(entries[:_MOST])
    ET.indent(feed)
    text: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _called(record: Mapping[str, Any], own: str, day: str) -> list[ET.Element]:
    """Return an entry for each region in uptick, in the report's order."""
    shown = {item["region"]: item for item in record["standouts"]}
    tag, week = mark(record["simulated"]), record["week"]["label"]
    terms = terms_among(record["notes"])
    out = []
    for row in record["regions"]:
        if row["verdict"] != SUPPORTED:
            continue
        region = row["region"]
        entry = ET.Element(_tag("entry"))
        _add(entry, "id", uuid.uuid5(_SPACE, f"{own} {week} {region}").urn)
        _add(entry, "title", f"{tag}{row['sign']} {region}: uptick, {week}")
        _add(entry, "updated", day)
        ET.SubElement(entry, _tag("category"), term=week, label="week")
        said = [shown[region]["sentence"] if region in shown else row["sentence"]]
        said += [f"{row['status_words'][0].upper()}{row['status_words'][1:]}."] if row["status_words"] else []
        said += [f"Reported so far: {record['reported']}."]
        _add(entry, "summary", " ".join(said))
        if terms:
            _add(entry, "rights", terms)
        out.append(entry)
    return out


def _updated(entry: ET.Element) -> str:
    return entry.findtext(_tag("updated"), "")


def _entries(before: bytes, own: str) -> list[ET.Element]:
    """Return the entries of a feed that was written before."""
    try:
        feed = ET.fromstring(before)
    except ET.ParseError as error:
        raise OutputError("the feed that is there is no Atom feed", found=str(error)) from None
    if feed.tag != _tag("feed") or feed.findtext(_tag("id")) != own:
        raise OutputError(
            "the feed that is there is of other reports",
            expected=f"the id {own}",
            found=feed.findtext(_tag("id")) or feed.tag,
            todo="give another folder with -o DIR, or move it away",
        )
    return feed.findall(_tag("entry"))


def _week(entry: ET.Element) -> str:
    category = entry.find(_tag("category"))
    return "" if category is None else category.get("term", "")


def _tag(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = visible(text).strip()
