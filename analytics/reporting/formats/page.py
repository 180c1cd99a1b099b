"""The weekly report as one web page: no network, no script needed, the same words and numbers as the PDF."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from analytics._tables import csv_bytes, terms_among
from analytics.reporting.formats.cells import CellWriter
from analytics.reporting.formats.pictures import spark, weeks_chart
from analytics.reporting.formats.shell import menu_of, page_of, without_dead_links
from analytics.reporting.formats.workbook import report_tables
from analytics.reporting.notebook.cells import Picture
from analytics.reporting.notebook.document import Document
from analytics.results import mark

__all__ = ["report_page"]


def report_page(record: Mapping[str, Any], document: Document) -> str:
    """Return the report as one HTML file.

    Parameters
    ----------
    record : mapping
        Of :func:`analytics.reporting.content.weekly.record.report_record`, as the notebook kept it.
    document : Document
        The notebook as it was run: the sections after the first page are its cells.

    Returns
    -------
    str
        Readable without script, in light and dark, on paper and on a telephone. Regions of the map lead to
        their card or their row; tables sort and filter where script is allowed; the data are inside as CSV.
    """
    rows = {item["region"]: item["anchor"] for item in record["regions"]}
    cards = {item["region"] for item in (*record["standouts"], *record["closest"])}
    tag = mark(record["simulated"])
    names = {f"#{row['anchor']}": row["sentence"].removeprefix(tag) for row in record["regions"]}
    writer = CellWriter({name: anchor for name, anchor in rows.items() if name not in cards}, names)
    front = _front(record, document, writer)
    body = _sections(record, document, writer)
    body = without_dead_links(body, more=front)
    links = [("front", "The answer"), *writer.headings, ("data", "Data")]
    return page_of(
        title=record["title"],
        description=record["summary"][0],
        head=_head(record, menu_of(links)),
        main=f"{front}\n{chr(10).join(body)}",
        foot=" · ".join(filter(None, [record["title"], document.meta, f"uptick {record['version']}"])),
        first="front",
        office=document.office,
    )


def _sections(record: Mapping[str, Any], document: Document, writer: CellWriter) -> list[str]:
    """Return the sections after the first: the notebook's, every region among them, then the data."""
    body, listed = [], False
    for cell in document.cells:
        label = cell.options.get("label")
        if label == "front":  # shown by this page in its own way
            continue
        writer.names_rows = label == "regions"
        body += [part for part in writer.cell(cell) if part]
        if label == "regions":
            body += _remaining(record, writer.unused())
            listed = True
    if not listed:
        body += _remaining(record, writer.unused())
    return [*body, _data(record)]


def _head(record: Mapping[str, Any], menu: str) -> str:
    badge = '<strong class="badge">SIMULATED DATA</strong>' if record["simulated"] else ""
    name = " · ".join(escape(part) for part in (record["place"], record["name"]) if part)
    right = [record["week"]["label"]]
    right += [f"issue {record['issue']}"] if record["issue"] else []
    right += [f"next: {record['next_issue']}"] if record["next_issue"] else []
    return (
        f'<header class="head"><div class="wrap">{badge}<span>{name}</span>'
        f'<span class="right">{escape(" · ".join(right))}</span>'
        f"{menu}</div></header>"
    )


def _front(record: Mapping[str, Any], document: Document, writer: CellWriter) -> str:
    tag = mark(record["simulated"])
    called = ' class="called"' if any(row["grade"] == "uptick" for row in record["regions"]) else ""
    below = "".join(
        f'<p class="second"><b>{name}:</b> {escape(record[key].removeprefix(tag))}</p>'
        for name, key in (("How sure", "sure"), ("New", "new"))
        if record[key]
    )
    limits = " ".join(
        f"<b>{escape(part)}.</b>" if part.startswith("Only ") else f"<span>{escape(part)}.</span>"
        for part in record["limits"]
    )
    strip = "".join(f"<li>{escape(part)}</li>" for part in record["strip"])
    falls = f'<p class="falls">{escape(record["falls"].removeprefix(tag))}</p>' if record["falls"] else ""
    news = [record["left_out"], *record["news"]]
    told = "".join(f"<p>{escape(line.removeprefix(tag))}</p>" for line in news if line)
    comment = "".join(f'<p class="comment">{escape(line)}</p>' for line in record["comment"])
    title = "What stands out" if record["standouts"] else "Closest to an uptick"
    title += ", strongest first" if len(record["standouts"]) > 1 else ""
    shown = record["standouts"] or record["closest"]
    cards = "".join(_card(item, record) for item in shown)
    head = f"<h2>{title}</h2>" if shown else ""
    cards = f"{head}{cards}{falls}" if record["standouts"] else f"{falls}{head}{cards}"
    side = f"<div>{cards}{comment}{told}</div>" if shown or told or falls else ""
    country = record["country"]["sentence"].removeprefix(tag)
    return (
        f'<section id="front"{called}><h1>{escape(record["headline"].removeprefix(tag))}</h1>'
        f'{below}<p class="limits">{limits}</p><ul class="strip">{strip}</ul>'
        f'<div class="front">{_map(record, document.figures, writer)}{side}</div>{_groups(record)}'
        f"<p><b>{escape(record['country']['name'])}</b> {escape(country.partition(': ')[2] or country)}</p>"
        f'<p class="readout small" id="readout" aria-live="polite"></p>'
        '<div class="wide" dir="rtl" tabindex="0" role="region" aria-label="Weeks">'  # begins at the end
        f"{weeks_chart(record, 'readout')}</div>"
        '<p class="small">Incidents per week, this fortnight marked; dashed: mean of the year before; '
        "shaded: the range it leads one to expect.</p>"
        f'<p class="means">{escape(record["means"].removeprefix(tag))}</p></section>'
    )


def _map(record: Mapping[str, Any], figures: Sequence[Picture], writer: CellWriter) -> str:
    drawn = next((figure for figure in figures if figure.label == "map-grade"), None)
    if drawn is None:
        return ""
    picture = writer.figure(drawn.content.decode("utf-8"), "", drawn.alt)
    key = " ".join(f"<span>{escape(sign)}</span>" for sign in record["key"])
    return f'<div>{picture}<p class="small key">{key}</p></div>'


def _card(item: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    anchors = {row["region"]: row["anchor"] for row in record["regions"]}
    said = item["sentence"].removeprefix(mark(record["simulated"]))
    said = said.removeprefix(f"{item['sign']} {item['region']}: ")
    status = item["status"][:1].upper() + item["status"][1:]
    lines = "".join(f'<p class="small">{escape(line)}</p>' for line in (status,) if line)
    comment = f'<p class="comment">{escape(item["comment"])}</p>' if item["comment"] else ""
    asked = record["test"]["recent_days"] // 7
    name = escape(f"{item['sign']} {item['region']}")
    tile = f" <small>{item['tile']} on the map</small>" if item["tile"] else ""
    return (
        f'<article class="card {escape(item["grade"])}" id="{anchors[item["region"]]}">'
        f"<h3><span>{name}{tile}</span>{spark(item['weeks'], asked)}</h3>"
        f"<p>{escape(said)}</p>{lines}{comment}</article>"
    )


def _groups(record: Mapping[str, Any]) -> str:
    """Return every region in lines: those that cannot be judged are one, whatever the reason."""
    tag = mark(record["simulated"])
    by = {group["key"]: group for group in record["groups"]}
    lines = [(by[key]["title"], [by[key]]) for key in ("uptick", "above_usual", "no_rise") if key in by]
    if "not_judged" in by:
        lines.append((by["not_judged"]["title"], [by["not_judged"], by["nothing"]]))
    rows = "".join(
        f'<tr><th scope="row">{escape(title)}</th><td>{number}</td><td>{"<br>".join(said)}</td></tr>'
        for title, groups in lines
        if (number := sum(len(group["regions"]) for group in groups))
        and (said := [escape(line.removeprefix(tag)) for group in groups for line in group["sentences"]])
    )
    if not rows:
        return ""
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Every region by what is said of it">'
        f'<table class="groups"><tbody>{rows}</tbody></table></div>'
    )


def _remaining(record: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return a list of the regions that no table holds a row of: a link has to lead somewhere."""
    wanted = set(names)
    rows = [row for row in record["regions"] if row["region"] in wanted]
    if not rows:
        return []
    tag = mark(record["simulated"])
    items = "".join(
        f'<li id="{row["anchor"]}">{escape(row["sign"])} {escape(row["sentence"].removeprefix(tag))}</li>'
        for row in rows
    )
    return [f'<h3 id="others">Other regions</h3><ul>{items}</ul>']


def _data(record: Mapping[str, Any]) -> str:
    """Return the tables as CSV inside the page, to be read and saved without a network."""
    parts = []
    tables, terms = report_tables(record), terms_among(record["notes"])
    for name in ("regions", "weeks", "types", "account"):
        if name not in tables:
            continue
        content = csv_bytes(tables[name], simulated=record["simulated"], terms=terms)
        source = base64.b64encode(content).decode("ascii")
        shown = escape(content.decode("utf-8"))
        tagged = f"{'simulated-' if record['simulated'] else ''}{name}.csv"
        parts.append(
            f'<p><a download="{tagged}" href="data:text/csv;charset=utf-8;base64,{source}">{tagged}</a></p>'
            f"<details><summary>Show {name}</summary><pre>{shown}</pre></details>"
        )
    return f'<section class="data"><h2 id="data">Data</h2>{"".join(parts)}</section>'
