"""The objects a notebook shows: the same content on the screen and on paper."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
import typst
from bs4 import BeautifulSoup
from matplotlib import image

from analytics.errors import OptionError
from analytics.reporting import Card, Column, ReportCards, ReportTable, ReportText
from analytics.reporting.notebook.compile import compile_typst, fonts
from analytics.reporting.notebook.exporter import template_files
from analytics.reporting.notebook.html_tables import html_to_typst

FRAME = pd.DataFrame(
    {
        "region": ["Kirkuk", "كركوك", '#image("x") <b>'],
        "observed": pd.array([1042, 3, None], dtype="Int64"),
        "ratio": [1.975, np.nan, 1.0],
        "q": [0.0001, 0.5, None],
        "weeks": [[1, 2, 4], [0, 0, 0], [1, None, 2]],
    }
)
COLUMNS = [
    Column("region", "Governorate"),
    "observed",
    Column("ratio", format="ratio"),
    Column("q", "q-value", format="pvalue"),
]


def source(body, **options):
    return f'#import "files/template.typ": *\n#show: report.with(title: "x")\n{body}'


def pages(body, tmp_path):
    """Return the pages as arrays of grey values."""
    (tmp_path / "files").mkdir(exist_ok=True)
    for name, content in template_files("files").items():
        (tmp_path / name).write_bytes(content)
    main = tmp_path / "main.typ"
    main.write_text(source(body), encoding="utf-8")
    made = typst.Compiler(str(main), font_paths=fonts(), ignore_system_fonts=True).compile(
        format="png", ppi=72
    )
    several = made if isinstance(made, list) else [made]
    return [image.imread(io.BytesIO(p), format="png")[:, :, 0] for p in several]


def test_formats_and_missing_values():
    shown = [row.split() for row in str(ReportTable(FRAME.iloc[:2], COLUMNS)).splitlines()]
    assert shown[1] == ["Kirkuk", "1,042", "1.98", "<0.001"]
    assert shown[2] == ["كركوك", "3", "–", "0.500"]


def test_notebook_and_pdf_show_the_same_cells():
    table = ReportTable(
        FRAME, COLUMNS, caption="C & D", notes=["n"], label="tbl: x", emphasise=[True, False, False]
    )
    soup = BeautifulSoup(table._repr_html_(), "html.parser")
    html = [cell.get_text() for cell in soup.find_all(["th", "td"])]
    typst_text = table.typst()
    assert html[:4] == ["Governorate", "observed", "ratio", "q-value"]
    assert html[4:8] == ["Kirkuk", "1,042", "1.98", "<0.001"]
    for cell in (
        'hot("Kirkuk")',
        'hot("1,042")',
        '"\u2068كركوك\u2069"',
        '"#image(\\"x\\") <b>"',
        'name: "tbl-x"',
    ):
        assert cell in typst_text
    assert "align: (left, right, right, right)" in typst_text
    bundle = table._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/x-typst"}


def test_html_of_a_report_table_converts_to_the_same_cells():
    """A notebook whose Typst is not trusted loses the colours, not the figures."""
    table = ReportTable(FRAME, COLUMNS, caption="C")
    converted = html_to_typst(table._repr_html_())
    for cell in ("Kirkuk", "1,042", "1.98", "<0.001", "\u2068كركوك\u2069", '#image(\\"x\\") <b>'):
        assert f'"{cell}"' in converted
    assert 'caption: "C"' in converted


def test_spark_bars_leave_gaps_where_nothing_was_covered():
    table = ReportTable(FRAME, ["region", Column("weeks", format="spark")])
    assert "spark((0.25, 0.5, 1))" in table.typst()
    assert "spark((0, 0, 0))" in table.typst()
    assert "spark((0.5, none, 1))" in table.typst()
    assert table._repr_html_().count("<rect") == 8


def test_headers_repeat_on_every_page(tmp_path):
    frame = pd.DataFrame({"region": [f"row {i}" for i in range(200)], "count": range(200)})
    with_header = pages(ReportTable(frame).typst(), tmp_path)
    assert len(with_header) >= 4
    # Below the running header (at 65 points) stands the table's own, at the same place on every further page.
    band, below = slice(66, 79), slice(82, 130)
    assert (with_header[1][band] < 0.5).sum() > 50
    assert np.array_equal(with_header[1][band], with_header[2][band])
    assert not np.array_equal(with_header[1][below], with_header[2][below])


def test_no_row_of_a_long_table_is_lost():
    frame = pd.DataFrame({"n": range(200)})
    cells = [line.strip(" ,") for line in ReportTable(frame).typst().splitlines()]
    assert [c for c in cells if c.startswith('"')] == [f'"{i}"' for i in range(200)]


def test_everything_compiles_within_the_standards():
    parts = [
        ReportTable(
            FRAME, caption="A table", notes=["a", "b"], columns=[*COLUMNS, Column("weeks", format="spark")]
        ),
        ReportTable(FRAME.iloc[:0], COLUMNS),
        ReportTable(pd.DataFrame({f"c{i}": [i] for i in range(15)})),
        ReportTable(FRAME, [Column("region", width="2fr"), Column("observed", width="1fr")]),
        ReportCards([Card(f"l{i}", "#x", "n", accent=i == 1) for i in range(6)]),
        ReportCards([]),
        ReportText(["]", "$x$"], kind="key"),
        ReportText(["a", "b"], kind="provisional"),
        ReportText("one", kind="notice"),
        ReportText(["plain (", ") text"]),
    ]
    made = compile_typst(source("\n\n".join(p.typst() for p in parts)), template_files("files"))
    assert made.warnings == ()


def test_html_of_cards_and_texts_is_escaped():
    html = (
        ReportCards([Card("<b>", "<i>", "<u>")])._repr_html_() + ReportText(["<s>"], kind="key")._repr_html_()
    )
    assert not {"<b>&", "<i>", "<u>", "<s>"} & set(html.split(">"))
    for tag in ("&lt;b&gt;", "&lt;i&gt;", "&lt;u&gt;", "&lt;s&gt;"):
        assert tag in html


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReportTable(FRAME, ["regoin"]),
        lambda: ReportTable(FRAME, [Column("region", align="middle")]),
        lambda: ReportTable(FRAME, emphasise=[True]),
        lambda: ReportTable(FRAME, [Column("ratio", format="ratioo")]).typst(),
        lambda: ReportTable(FRAME, [Column("region", width="3cm")]).typst(),
        lambda: ReportTable(FRAME, [Column("region", format="spark")]).typst(),
        lambda: ReportText(["x"], kind="loud"),
    ],
    ids=["column", "align", "emphasise", "format", "width", "spark", "kind"],
)
def test_errors_say_what_is_known(make, snapshot):
    with pytest.raises(OptionError) as caught:
        make()
    assert str(caught.value) == snapshot


@pytest.mark.parametrize("width", ["auto", "1fr"])
def test_a_name_of_one_long_word_stays_in_its_cell(tmp_path, width):
    frame = pd.DataFrame(
        {"region": ["W" * 120, "\u0645\u062d\u0627\u0641\u0638\u0629" * 20], "words": ["y" * 90] * 2}
    )
    for n in range(6):
        frame[f"number {n}"] = 1234
    columns = [Column("region", width=width), "words", *frame.columns[2:]]
    body = ReportTable(frame, columns).typst()
    for page in pages(body, tmp_path):
        assert (page[:, -50:] > 0.99).all(), "ink in the right margin"
    # The first column alone, all others blank: its ink ends before the second column's begins.
    blank = frame.assign(**dict.fromkeys(frame.columns[1:], "")).iloc[:1]
    names = [Column("region", "a", width="1fr"), *(Column(c, "", width="1fr") for c in frame.columns[1:4])]
    page = pages(ReportTable(blank, names).typst(), tmp_path)[0]
    rules = np.flatnonzero((page[:, 60:530] < 0.95).all(axis=1))
    rules = rules[rules < 600]
    above = int(np.diff(rules).argmax())  # the row of many lines is the tallest thing between two rules
    body_rows = page[rules[above] + 2 : rules[above + 1] - 1]
    ink = np.flatnonzero((body_rows < 0.5).any(axis=0))
    assert len(body_rows) > 50
    assert ink.max() < 57 + (595 - 114) / 4, "the name leaves its quarter of the page"
