"""What is fuzzed: each target takes bytes and ends in an exact account or in one clear error.

A target returns nothing. It raises :class:`AssertionError` where an account does not add up, and lets through
whatever the library raises; :func:`tried` says which of that is a fault.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd

from analytics.errors import UptickError

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "tests" / "fixtures"

_MEMORY = Path("/dev/shm")  # where it is, a file is opened without a disk
FOLDER = Path(tempfile.mkdtemp(prefix="uptick-fuzz-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
FRAME = pd.DataFrame(
    {
        "admin1": pd.Series(["Kirkūk province", "Diyala", None, "  "], dtype="str"),
        "fatalities": pd.array([1, None, 3, 0], dtype="Int64"),
        "latitude": [35.5, np.nan, 34.0, 33.0],
        "date_start": pd.to_datetime(pd.Series(["2020-01-01", None, "2020-02-02", "2020-02-03"])),
        "civilian_targeting": pd.array([True, False, None, True], dtype="boolean"),
    }
)


@dataclass(frozen=True)
class Target:
    """One thing that takes what others wrote."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    says: str
    group: str


def tried(run: Callable[[bytes], None], data: bytes) -> Exception | None:
    """Run a target on some bytes; return the fault, None where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(data)
    except UptickError as error:
        text = str(error)
        if not text.strip() or "Traceback" in text or len(text) > 8_000:
            return AssertionError(f"not one clear error: {text[:300]!r}")
    except (MemoryError, Exception) as error:
        return error
    return None


def _file(name: str, data: bytes) -> Path:
    path = FOLDER / f"{os.getpid()}-{name}"
    path.write_bytes(data)
    return path


def _incidents(name: str, data: bytes) -> None:
    from analytics import read_incidents

    incidents = read_incidents(_file(name, data))
    account = incidents.accounting
    assert account.rows_read == account.kept + sum(account.set_aside.values()) + account.superseded
    assert len(incidents.frame) == account.kept
    assert len(incidents.quarantine) == sum(account.set_aside.values()), "a row set aside is not shown"
    assert incidents.frame["date_start"].notna().all()


def csv(data: bytes) -> None:
    _incidents("in.csv", data)


def tagged(data: bytes) -> None:
    _incidents("tagged.json" if data.lstrip().startswith(b"[") else "tagged.csv", data)


def _cells(name: str, data: bytes) -> None:
    """Only the first half of the way: bytes to a table of text, with the number of each record."""
    from analytics.sources.files import load

    table = load(_file(name, data))
    assert len(table.rows) == len(table.frame)
    assert (np.diff(table.rows) > 0).all(), "records out of order"
    assert not table.frame.isna().any(axis=None), "a cell that is neither text nor blank"


def csv_cells(data: bytes) -> None:
    _cells("cells.csv", data)


def workbook_cells(data: bytes) -> None:
    _cells("cells.xlsx", _with_sheet(data))


def json_lines(data: bytes) -> None:
    _incidents("in.jsonl" if not data.lstrip().startswith((b"{\n", b"[")) else "in.json", data)


def geojson(data: bytes) -> None:
    _incidents("in.geojson", data)


_SHEET = "xl/worksheets/sheet1.xml"


def _with_sheet(data: bytes) -> bytes:
    """Give the bytes the place of the first sheet of a good workbook, so that they get past the checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, held in _parts().items():
            made.writestr(name, data if name == _SHEET else held)
    return out.getvalue()


@functools.cache
def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as good:
        return {name: good.read(name) for name in good.namelist()}


def workbook(data: bytes) -> None:
    _incidents("in.xlsx", _with_sheet(data))


def workbook_bytes(data: bytes) -> None:
    _incidents("raw.xlsx", data)


def _workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["date", "region", "id", "fatalities"])
    for day in range(1, 6):
        sheet.append([f"2020-04-0{day}", "Kirkuk", day, day])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(data: bytes) -> None:
    _incidents("in.parquet", data)


def packed(data: bytes) -> None:
    _incidents("in.csv.gz" if data[:2] == b"\x1f\x8b" else "in.zip", data)


def counts_table(data: bytes) -> None:
    from analytics.counts import read_counts

    counts = read_counts(_file("counts.csv", data), as_of="2020-06-30")
    assert (counts.values >= 0).all()


def where(data: bytes) -> None:
    from analytics.filters import parse_filter

    outcome = parse_filter(data.decode("utf-8", "replace")).evaluate(FRAME, None)
    assert not (outcome.mask & outcome.unknown).any()


def claims(data: bytes) -> None:
    from analytics.claims import read_claims

    read_claims(_file("claims.toml", data))


def metadata(data: bytes) -> None:
    from analytics.incidents.metadata import metadata_of

    metadata_of(data, Path("in.meta.toml"))


def mapping(data: bytes) -> None:
    from analytics.sources.mapping import read_mapping

    read_mapping(_file("mapping.toml", data))


def parameters(data: bytes) -> None:
    from analytics.cli.parameters import fill_from_file
    from analytics.cli.parser import parse_arguments

    fill_from_file(parse_arguments(["report", "--parameters", str(_file("parameters.toml", data))]))


def actors(data: bytes) -> None:
    from analytics.incidents.actors import read_actors

    read_actors(_file("actors.csv", data))


def regions(data: bytes) -> None:
    from analytics.geo.region_files import read_regions

    read_regions(_file("regions.geojson", data))


def polygons(data: bytes) -> None:
    from analytics.geo.polygons import read_polygons

    read_polygons(_file("polygons.geojson", data))


def spellings(data: bytes) -> None:
    from analytics.geo.region_files import read_spellings

    read_spellings(_file("spellings.csv", data))


def populations(data: bytes) -> None:
    from analytics.counts.rates import read_denominators

    read_denominators(_file("people.csv", data))


def template(data: bytes) -> None:
    from analytics.reporting.notebook.office import read_template

    folder = FOLDER / f"{os.getpid()}-office"
    folder.mkdir(exist_ok=True)
    (folder / "template.toml").write_bytes(data)
    (folder / "logo.svg").write_bytes(data)
    read_template(folder)


_LITERAL = re.compile(r'^"(?:[^"\\]|\\["\\nrt]|\\u\{[0-9a-f]+\})*"$', re.DOTALL)


def typst(data: bytes) -> None:
    """Text from data reaches Typst only as string literals: nothing in it may end the literal."""
    from analytics.reporting.notebook import escape

    text = data.decode("utf-8", "replace")
    for made in (escape.string(text), escape.soft(text)):
        for piece in _pieces(made):
            assert _LITERAL.match(piece), f"not a string literal: {piece!r}"


def _pieces(made: str) -> list[str]:
    return [made] if made.startswith('"') and made.endswith('"') else []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"a handler: {name}"
            assert not (value or "").strip().lower().startswith("javascript:"), value


def page(data: bytes) -> None:
    """A name in a table of a result, as a notebook shows it, makes no tag of its own."""
    from analytics._text import inert, visible
    from analytics.cli.text import printable

    text = data.decode("utf-8", "replace")
    shown = pd.DataFrame({"region": [visible(text)]}).to_html()
    parser = _Tags()
    parser.feed(shown)
    assert set(parser.tags) <= {"table", "thead", "tbody", "tr", "th", "td"}
    cell = inert(text)
    assert cell[:1] not in set("=+-@\t\r") or _is_number(cell), f"a cell that a spreadsheet runs: {cell!r}"
    assert "\x1b" not in printable(text)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def markdown(data: bytes) -> None:
    from analytics.reporting.notebook.markdown import markdown_to_typst

    markdown_to_typst(data.decode("utf-8", "replace"))


def latex(data: bytes) -> None:
    from analytics.reporting.notebook.math import latex_to_typst

    latex_to_typst(data.decode("utf-8", "replace"))


def html_table(data: bytes) -> None:
    from analytics.reporting.notebook.html_tables import html_to_typst

    html_to_typst(data.decode("utf-8", "replace"))


def _files(*patterns: str, largest: int = 6_000) -> Callable[[], Iterator[bytes]]:
    def seeds() -> Iterator[bytes]:
        for pattern in patterns:
            for path in sorted(FIXTURES.glob(pattern)):
                if path.is_file():
                    data = path.read_bytes()
                    if len(data) <= largest:
                        yield data
                    elif b"\n" in data[:largest]:
                        yield data[: data.rfind(b"\n", 0, largest) + 1]

    return seeds


def _texts(*texts: str) -> Callable[[], Iterator[bytes]]:
    return lambda: (text.encode() for text in texts)


def _parquets() -> Iterator[bytes]:
    days = pd.date_range("2020-01-01", periods=4)
    for frame in (
        pd.DataFrame({"date": days, "region": list("abab"), "fatalities": [1, 2, 0, 1]}),
        pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "region": pd.Categorical(list("abab"))}),
    ):
        out = io.BytesIO()
        frame.to_parquet(out)
        yield out.getvalue()


def _sheets() -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as good:
        yield good.read(_SHEET)


def _packs() -> Iterator[bytes]:
    import gzip

    text = b"date,region\n2020-01-01,a\n2020-01-02,b\n"
    yield gzip.compress(text, mtime=0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("in.csv", text)
    yield out.getvalue()


def _toml(*names: str) -> Callable[[], Iterator[bytes]]:
    return lambda: ((PROJECT / name).read_bytes() for name in names)


def _shapes() -> Iterator[bytes]:
    ring = [[43.0, 35.0], [45.0, 35.0], [45.0, 36.0], [43.0, 36.0], [43.0, 35.0]]
    shapes = [
        {"type": "Polygon", "coordinates": [ring]},
        {"type": "MultiPolygon", "coordinates": [[ring]]},
    ]
    for shape in shapes:
        feature = {"type": "Feature", "properties": {"name": "A", "admin1": "A"}, "geometry": shape}
        yield json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def _tagged() -> Iterator[bytes]:
    """Tables with HXL tags: below names, below titles, in place of names, twice over, and as JSON."""
    names = ["Day", "Place", "Killed", "Killed"]
    tags = ["#date+occurred", "#adm1+name", "#affected+killed+f", "#affected+killed+m"]
    rows = [["2020-01-01", "A", "1", "0"], ["2020-01-02", "B", "", "2"], ["2020-01-09", "A", "0", ""]]
    tables = [[names, tags, *rows], [["A title", "", "", ""], names, tags, *rows], [tags, *rows]]
    tables += [[names, tags, *rows, names, tags, *rows], [names, ["", *tags[1:]], *rows]]
    for table in tables:
        yield "\n".join(",".join(row) for row in table).encode()
        yield json.dumps(table).encode()
    yield json.dumps([dict(zip(tags, row, strict=True)) for row in rows]).encode()


def _points() -> Iterator[bytes]:
    point = {"type": "Point", "coordinates": [44.1, 35.2]}
    features = [
        {"type": "Feature", "properties": {"date": f"2020-01-0{day}", "region": "A"}, "geometry": point}
        for day in (1, 2, 3)
    ]
    yield json.dumps({"type": "FeatureCollection", "features": features}).encode()


_WHERE = (
    "admin1 = 'Diyala'",
    "fatalities >= 1 and not (latitude < 34.5 or admin1 is missing)",
    "admin1 in ('Kirkuk', \"Diyala\") and date_start >= 2020-01-01",
    "admin1 contains 'kir' and civilian_targeting = true",
)
_MARKDOWN = (
    "# A\n\n*b* **c** `d` [e](https://f.ex) ![g](h)\n\n- i\n- j\n\n| k | l |\n|---|---|\n| m | $n_1$ |\n",
    "> q\n\n```python\nx = 1\n```\n\n$$\\frac{a}{b}$$\n",
)

TARGETS = {
    "csv": Target(
        csv,
        _files("sources/*.csv", "sources/*.tsv", "sources/*.tab", "cases/*/*.csv"),
        "text tables: UCDP, ACLED, GTD, GDELT, plain, in every encoding",
        "readers",
    ),
    "csv_cells": Target(
        csv_cells,
        _files("sources/*.csv", "sources/*.tsv", "sources/*.tab", "cases/*/*.csv", largest=800),
        "text tables as far as their cells",
        "readers",
    ),
    "json": Target(json_lines, _files("sources/*.json", "sources/*.jsonl"), "JSON and JSON lines", "readers"),
    "tagged": Target(tagged, _tagged, "tables with HXL tags, as text and as JSON", "readers"),
    "geojson": Target(geojson, _points, "points as GeoJSON", "readers"),
    "workbook": Target(workbook, _sheets, "the XML of a sheet in a good workbook", "workbooks and Parquet"),
    "workbook_cells": Target(
        workbook_cells, _sheets, "the same as far as its cells", "workbooks and Parquet"
    ),
    "workbook_bytes": Target(
        workbook_bytes, lambda: iter([_workbook()]), "a workbook's bytes", "workbooks and Parquet"
    ),
    "parquet": Target(parquet, _parquets, "Parquet", "workbooks and Parquet"),
    "packed": Target(packed, _packs, ".zip and .gz", "readers"),
    "counts": Target(
        counts_table,
        _texts("week,region,events\n2020-01-04,a,3\n2020-01-11,a,\n2020-01-11,b,2\n"),
        "tables of counts",
        "readers",
    ),
    "where": Target(where, _texts(*_WHERE), "--where", "expressions and settings"),
    "claims": Target(claims, _toml("seeds/claims.toml"), "files of claims", "expressions and settings"),
    "metadata": Target(
        metadata,
        _texts(
            'title = "a"\nsimulated = true\nextracted = 2020-05-01\ncovered_from = 2018-01-01\n'
            '[[no_coverage]]\nstart = 2019-01-01\nend = 2019-02-01\nregion = "b"\n'
        ),
        "FILE.meta.toml",
        "expressions and settings",
    ),
    "mapping": Target(
        mapping,
        _texts('[file]\nsheet = "a"\nheader_row = 2\n[columns]\ndate_start = "day"\nadmin1 = "place"\n'),
        "mapping files",
        "expressions and settings",
    ),
    "parameters": Target(
        parameters,
        _texts('week = "2020-W16"\nby = "admin1"\nalpha = 0.05\n'),
        "parameters of a report",
        "expressions and settings",
    ),
    "actors": Target(
        actors,
        _texts("name,normalised\nIS,Islamic State\nISIS,Islamic State\n"),
        "tables of actors",
        "expressions and settings",
    ),
    "regions": Target(regions, _shapes, "regions as GeoJSON", "expressions and settings"),
    "polygons": Target(polygons, _shapes, "polygons of a map", "expressions and settings"),
    "spellings": Target(
        spellings, _texts("name,spelling\nKirkuk,Kerkuk\n"), "tables of spellings", "expressions and settings"
    ),
    "populations": Target(
        populations,
        _texts("region,population\nKirkuk,1 500 000\nDiyala,2e6\n"),
        "populations and areas",
        "expressions and settings",
    ),
    "template": Target(
        template,
        _texts(
            'name = "Office"\nlogo = "logo.svg"\nlogo_alt = "a"\n[colours]\nlinks = "#1D4E89"\n',
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
        "an office's template and its logo",
        "expressions and settings",
    ),
    "typst": Target(
        typst,
        _texts('a "b" \\ #c $d$ _e_', "\u202eabc\u2069", "\x00\x1b[31m"),
        "text for the PDF",
        "text on its way out",
    ),
    "page": Target(
        page,
        _texts("<script>alert(1)</script>", "=1+1", "\x1b[31m\u202e"),
        "text for pages and cells",
        "text on its way out",
    ),
    "markdown": Target(markdown, _texts(*_MARKDOWN), "markdown of a notebook", "text on its way out"),
    "latex": Target(
        latex, _texts(r"\frac{a}{b}", r"\sum_{i=1}^n x_i^2", r"\text{a}"), "formulas", "text on its way out"
    ),
    "html_table": Target(
        html_table,
        _texts("<table><tr><th>a</th></tr><tr><td colspan='2'>b</td></tr></table>"),
        "tables of a notebook's output",
        "text on its way out",
    ),
}
