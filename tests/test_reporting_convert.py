"""Markdown, mathematics, HTML and notebook outputs as Typst."""

from __future__ import annotations

import base64
import datetime as dt
import tomllib
from importlib.metadata import EntryPoint, entry_points

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nbconvert.exporters import get_exporter

from analytics.errors import InputError, OptionError, UptickError
from analytics.reporting.elements.cards import ReportText
from analytics.reporting.elements.figures import ReportFigure
from analytics.reporting.elements.pages import ReportPage
from analytics.reporting.formats.exporter import PageExporter
from analytics.reporting.notebook import math
from analytics.reporting.notebook.compile import compile_typst
from analytics.reporting.notebook.exporter import TypstExporter, TypstPDFExporter, template_files
from analytics.reporting.notebook.html_tables import html_to_typst
from analytics.reporting.notebook.markdown import Headings, markdown_to_typst
from analytics.reporting.notebook.math import latex_to_typst

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="72pt"><rect width="9" height="9"/></svg>'
PNG = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()


def compiled(body):
    """Compile with the report's template, as the exporter does."""
    source = f'#import "files/template.typ": *\n#show: report.with(title: "x")\n{body}'
    return compile_typst(source, template_files("files"))


def notebook(*cells):
    nb = nbformat.v4.new_notebook()
    nb.cells = [
        nbformat.v4.new_markdown_cell(c, id=f"c{i}") if isinstance(c, str) else c for i, c in enumerate(cells)
    ]
    return nb


def code(source="", *outputs, tags=()):
    cell = nbformat.v4.new_code_cell(source, id="code", outputs=list(outputs))
    cell.metadata["tags"] = list(tags)
    return cell


def shown(data, **metadata):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def typst_of(*cells, **traits):
    source, resources = TypstExporter(**traits).from_notebook_node(
        notebook(*cells), {"metadata": {"name": "nb"}}
    )
    return source.split(")\n\n", 1)[1].strip(), resources


def test_markdown_parts():
    text = "# T\n\n## A *b*\n\n- x `c`\n\n1. y\n\n> q\n\n| a | b |\n|---|--:|\n| 1*2 | 3 |\n\n"
    text += "[l](https://example.org) ~~s~~\n"
    headings = Headings()
    result = markdown_to_typst(text, headings)
    assert headings.title == "T"
    for part in (
        '#heading(level: 1)[#"A ";#emph[#"b";];] <a-b>',
        '#list(tight: true, [#"x ";#raw("c");]);',
        '#enum(tight: true, start: 1, [#"y";]);',
        '#quote(block: true)[#"q";];',
        'align: ("left", "right")'.replace('"', ""),
        '[#"1*2";]',
        '#link("https://example.org")[#"l";];',
        '#strike[#"s";];',
    ):
        assert part in result
    assert compiled(result).pages == 1


def test_entities_footnotes_and_empty_headings():
    assert markdown_to_typst("1 &lt; 2 &amp;") == '#"1 < 2 &";'
    assert (
        markdown_to_typst("a[^n] b\n\n[^n]: the *note*") == '#"a";#footnote[#"the ";#emph[#"note";];];#" b";'
    )
    assert markdown_to_typst("## ") == ""


def test_heading_levels_never_jump():
    assert "level: 1" in markdown_to_typst("#### deep")
    headings = Headings()
    markdown_to_typst("## a", headings)
    assert "level: 2" in markdown_to_typst("##### b", headings)


def test_repeated_headings_get_one_label():
    assert markdown_to_typst("## a\n\n## a").count("<a>") == 1


def test_links_other_than_to_the_web_keep_only_their_text():
    assert markdown_to_typst("[x](file:///etc/passwd)") == '#"x";'
    assert markdown_to_typst("[x](javascript:alert(1))") == '#"x";'


def test_a_link_to_a_missing_label_is_text_and_compiles():
    assert compiled(markdown_to_typst("see [the figure](#fig-none)")).pages == 1


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab *_`#[]()!<>|-\n\\$@~=/1.:\"'{}")), max_size=60))
def test_any_markdown_compiles(text):
    try:
        converted = markdown_to_typst(text)
    except InputError:  # only ever about a formula in the text
        assume("$" not in text)
        raise
    assert compiled(converted).pdf


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\mu_{t} = \exp(\beta_0)", r"mu_(t) = exp \( beta_(0) \)"),
        (r"\frac{1}{2}", "frac(1, 2)"),
        (r"\sqrt{x}", "sqrt(x)"),
        (r"\sqrt[3]{x}", "root(3, x)"),
        (r"x'_i", "x'_(i)"),
        (r"\text{a, b}", '"a, b"'),
        (r"f(a, b) - 1", r"f \( a comma b \) minus 1"),
        (r"\left[0, \infty\right)", r"lr(\[ 0 comma infinity \))"),
        (r"\operatorname{Var} X", 'op("Var", limits: #false) X'),
        (r"\hat{\mu}^2", "hat(mu)^(2)"),
        (r"ab", "a b"),
    ],
)
def test_latex(latex, expected):
    assert latex_to_typst(latex) == expected


def test_every_known_macro_compiles():
    formulas = [f"x \\{name} y" for name in math._SYMBOLS if name not in ("\n", "\\")]
    formulas += [f"\\{name}{{x}}" for name in (*math._CALLS, *math._TEXTS)]
    formulas += [r"\begin{cases} 1, & x > 0 \\ 0 & \text{else} \end{cases}"]
    formulas += [
        r"\begin{aligned} a &= b; c \\ &= d \end{aligned}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    ]
    formulas += [
        r"\binom{n}{k}",
        r"\sum_{i=1}^{n} x_i",
        r"\left. x \right|_{0}",
        r"'",
        r"_1",
        r"a_{}",
        r"{a b}^2",
        "é",
    ]
    assert compiled("\n\n".join(markdown_to_typst(f"a ${f}$ b") for f in formulas)).warnings == ()


@pytest.mark.parametrize(
    "latex",
    [r"\foo", r"\gama", r"\frac{1}", r"x_{1", r"x}", r"\begin{tikz}\end{tikz}", r"\left( x", r"\text x"],
)
def test_unknown_or_broken_latex_is_a_clear_error(latex, snapshot):
    with pytest.raises(InputError) as caught:
        latex_to_typst(latex)
    assert str(caught.value) == snapshot


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("abx12 ^_{}()[],;:!|/'\"#$%&*+-=<>.@~\\")), max_size=25))
def test_any_formula_compiles_or_is_refused(latex):
    try:
        converted = latex_to_typst(latex)
    except InputError:
        return
    assert compile_typst(
        f'#set document(title: "x")\n#math.equation(alt: "x", block: true, $ {converted} $);'
    ).pdf


def cells_of(typst):
    """Return the texts of a table's cells, in order."""
    return [line.split('"')[1] for line in typst.splitlines() if line.strip().startswith("table.cell")]


def test_pandas_table_keeps_every_cell_in_place():
    frame = pd.DataFrame({"region": ["Kirkuk", "#x"], "n": [1, 20]})
    result = html_to_typst(frame.to_html(index=False), caption="C", label="tbl-x")
    assert cells_of(result) == ["Kirkuk", "1", "#x", "20"]
    assert "align: (left, right)" in result
    assert 'caption: "C"' in result
    assert 'name: "tbl-x"' in result
    assert compiled(result).pages == 1


def test_two_header_rows_span_and_repeat():
    frame = pd.DataFrame({("a", "b"): [1], ("a", "c"): [2]}, index=pd.Index(["k"], name="region"))
    result = html_to_typst(frame.to_html())
    assert "header-rows: 3" in result
    assert "colspan: 2" in result
    assert compiled(result).pages == 1


def test_html_around_tables_is_kept_and_scripts_are_not():
    result = html_to_typst(
        "<style>b{}</style><script>x</script><p>12 <b>of</b> 18</p><ul><li>a</li></ul><!-- c -->"
    )
    assert result == '#"12 ";#strong[#"of";];#" 18";\n\n#list([#"a";]);'


SPAN = st.integers(0, 4).map(str)
CELL = st.builds(
    lambda text, columns, rows, name: f'<{name} colspan="{columns}" rowspan="{rows}">{text}</{name}>',
    st.sampled_from(["", "a", "1"]),
    SPAN,
    SPAN,
    st.sampled_from(["td", "th"]),
)
ROWS = st.lists(st.lists(CELL, max_size=4).map(lambda c: f"<tr>{''.join(c)}</tr>"), max_size=4).map("".join)


@settings(max_examples=40, deadline=None)
@given(ROWS, ROWS)
def test_any_spans_compile(head, body):
    assert compiled(html_to_typst(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")).pages >= 1


def test_priority_of_outputs():
    bundle = {"text/plain": "p", "text/html": "<p>h</p>", "image/svg+xml": SVG, "text/x-typst": "#typst"}
    assert typst_of(code("x", shown(bundle)), trust_typst=True)[0] == "#typst"
    svg, resources = typst_of(code("x", shown(bundle)))
    assert svg.startswith('#uptick-figure("figure-01.svg"')
    assert "width: 72.0pt" in svg
    assert resources["outputs"]["files/figure-01.svg"] == SVG.encode()
    assert "figure-01.png" in typst_of(code("x", shown({"image/png": PNG, "text/html": "<p>h</p>"})))[0]
    assert typst_of(code("x", shown({"text/plain": "p", "text/html": "<p>h</p>"})))[0] == '#"h";'
    assert typst_of(code("x", shown({"text/plain": "p", "text/markdown": "*m*"})))[0] == '#emph[#"m";];'
    assert typst_of(code("x", shown({"text/plain": "p"})))[0] == '#uptick-stream("p");'


@pytest.mark.parametrize(
    ("width", "height", "shown_as"), [(200, 100, "200.0pt"), (900, 100, "100%"), (300, 1240, "150.0pt")]
)
def test_pictures_are_never_larger_than_the_page(width, height, shown_as):
    svg = SVG.replace("72pt", f"{width}pt", 1).replace("72pt", f"{height}pt")
    assert f"width: {shown_as}" in typst_of(code("x", shown({"image/svg+xml": svg})))[0]


def test_typst_of_a_foreign_notebook_is_not_run():
    hostile = shown({"text/x-typst": '#read("/etc/passwd")', "text/plain": "plain"})
    assert typst_of(code("x", hostile))[0] == '#uptick-stream("plain");'
    with pytest.raises(UptickError, match="Typst does not accept"):  # even if trusted, it reads no file
        TypstPDFExporter(trust_typst=True).from_notebook_node(notebook(code("x", hostile)))


def test_pictures_of_a_page_that_is_not_trusted_stand_before_its_text():
    figure = ReportFigure(SVG, caption="Two weeks", alt="A line", label="fig-two")
    data, metadata = ReportPage([ReportText(["It rose."]), figure])._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    made, resources = typst_of(code("x", output))
    assert made.startswith('#uptick-figure("figure-01.svg", alt: "A line"')
    assert "It rose." in made
    assert resources["outputs"]["files/figure-01.svg"] == SVG.encode()


def test_cell_options():
    source = '#| label: fig-trend\n#| fig-cap: "Quiet: weeks"\n#| fig-alt: A line\n#| echo: true\nplot()'
    result = typst_of(code(source, shown({"image/svg+xml": SVG})))[0]
    assert '#uptick-code("plot()");' in result
    assert 'caption: "Quiet: weeks"' in result
    assert 'alt: "A line"' in result
    assert 'name: "fig-trend"' in result
    assert typst_of(code("#| output: false\nx", shown({"text/plain": "p"})))[0] == ""
    with pytest.raises(InputError, match="unknown cell option"):
        typst_of(code("#| figcap: x\n1"))


def test_code_is_hidden_unless_asked_for():
    assert typst_of(code("1 + 1"))[0] == ""
    assert typst_of(code("1 + 1"), echo=True)[0] == '#uptick-code("1 + 1");'
    assert typst_of(code("a = 1", tags=["parameters"]), echo=True)[0] == ""


def test_printed_text_is_kept_and_progress_bars_are_not():
    out = nbformat.v4.new_output("stream", name="stdout", text="a\r\x1b[31mb\x1b[0m\n")
    err = nbformat.v4.new_output("stream", name="stderr", text="100%|####|")
    assert typst_of(code("x", out, err))[0] == '#uptick-stream("b");'


def test_what_drawing_functions_return_is_not_shown():
    assert typst_of(code("x", shown({"text/plain": "<Axes: title={'center': 'x'}>"})))[0] == ""


def test_a_stale_error_never_reaches_a_pdf(snapshot):
    failed = nbformat.v4.new_output("error", ename="ValueError", evalue="bad", traceback=[])
    with pytest.raises(InputError) as caught:
        TypstPDFExporter().from_notebook_node(
            notebook("text", code("#| label: tbl-x\n#| output: false\nx", failed))
        )
    assert str(caught.value) == snapshot


def test_title_comes_from_the_caller_and_not_from_the_notebook():
    nb = notebook("# Stored title\n\ntext")
    nb.metadata["title"] = "stored"
    source, _ = TypstExporter(title="Given").from_notebook_node(nb)
    assert 'title: "Given"' in source
    assert "Stored" not in source
    assert "stored" not in source
    assert 'title: "Stored title"' in TypstExporter().from_notebook_node(nb)[0]


def test_same_notebook_same_bytes_and_archival_pdf():
    nb = notebook("# T\n\n## كركوك $x^2$", code("#| fig-alt: a\nx", shown({"image/svg+xml": SVG})))
    made = [TypstPDFExporter(as_of="2020-04-12", simulated=True).from_notebook_node(nb) for _ in range(2)]
    (first, resources), (second, _) = made
    assert first == second
    assert resources["uptick"] == {"pages": 1, "warnings": ()}
    assert b"<pdfuaid:part>1" in first
    assert b"<pdfaid:part>2" in first
    assert b"<pdfaid:conformance>A" in first
    assert b"2020-04-12" in first


def test_as_of_must_be_a_date():
    with pytest.raises(OptionError, match="no date"):
        TypstExporter(as_of="12.4.2020").from_notebook_node(notebook("x"))


def test_entry_points_name_the_exporters(project):
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = about["entry-points"]["nbconvert.exporters"]
    named = {name: EntryPoint(name, value, "nbconvert.exporters").load() for name, value in declared.items()}
    assert named == {
        "uptick-typst": TypstExporter,
        "uptick-pdf": TypstPDFExporter,
        "uptick-html": PageExporter,
    }
    installed = entry_points(group="nbconvert.exporters")
    assert {e.name: e.value for e in installed if e.name.startswith("uptick")}.items() <= declared.items()
    assert get_exporter("uptick-pdf") is TypstPDFExporter


def test_typst_errors_name_the_place():
    with pytest.raises(UptickError, match="unknown variable: nonsense"):
        compile_typst("#nonsense()")
    with pytest.raises(UptickError, match="outside its folder"):
        compile_typst("x", {"../x": b""})


def test_time_stamp_is_the_date_of_the_data():
    made = compile_typst('#set document(title: "x")\nx', as_of=dt.date(2020, 4, 12)).pdf
    assert b"D:20200412" in made


def test_figures_repeat_to_the_byte_and_shape_arabic():
    import matplotlib.pyplot as plt

    from analytics.reporting import report_figure, report_style

    def draw():
        with report_style():
            fig, ax = plt.subplots()
            ax.plot(np.arange(5), [1, 3, 2, 5, 4])
            ax.set_title("كركوك Ṣalāḥ ad-Dīn ≤ ▲ −5")  # a missing glyph would warn, and warnings are errors
            joined = ax.text(0, 2, "كركوك").get_window_extent(fig.canvas.get_renderer()).width
            apart = ax.text(0, 1, "\u200c".join("كركوك")).get_window_extent(fig.canvas.get_renderer()).width
            assert joined < 0.95 * apart
            return report_figure(fig, caption="c", alt="a", label="fig: x")

    first = draw()
    assert first.svg == draw().svg
    assert "<text" not in first.svg
    assert "<dc:date>" not in first.svg
    data, about = first._repr_mimebundle_()
    result = typst_of(code("x", shown(dict(data), **about)))[0]
    assert 'caption: "c"' in result
    assert 'name: "fig-x"' in result
    with pytest.raises(OptionError, match="description"):
        report_figure(plt.figure(), caption="c", alt=" ")
    plt.close("all")


def test_a_picture_that_only_a_script_draws_leaves_its_title():
    data = {"data": [], "layout": {"title": {"text": "SIMULATED: &lt;A&gt; rose<br>in spring"}}}
    typst, _ = typst_of(code("draw()", shown({"application/vnd.plotly.v1+json": data})))
    assert "A picture to point at, shown in the notebook only: SIMULATED: <A> rose in spring" in typst
    with_text = {"application/vnd.plotly.v1+json": data, "text/plain": "a figure"}
    assert "to point at" not in typst_of(code("draw()", shown(with_text)))[0]
