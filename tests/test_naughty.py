"""Names that try to be something else go through every output as text, and nothing of them is run."""

from __future__ import annotations

import csv
import datetime as dt
import html.parser
import io
import json
import re
import xml.etree.ElementTree as ET

import openpyxl
import pytest
from naughty import NAUGHTY

AS_OF = "2020-04-19"
STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\uff1d")
NUMBER = re.compile(r"-?[0-9.]+(e[+-]?[0-9]+)?")


@pytest.fixture(scope="module")
def naughty(tmp_path_factory):
    """Simulated incidents whose every text is one of the names; one in seven regions has a rise."""
    path = tmp_path_factory.mktemp("naughty") / "naughty.csv"
    names = list(NAUGHTY.values())
    first, rise = dt.date(2019, 1, 1), dt.date(2020, 4, 6)
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(
            ["id", "date", "admin1", "admin2", "location", "event_type", "actor1", "notes", "fatalities"]
        )
        for at, name in enumerate(names):
            days = [first + dt.timedelta(days=(19 * k + at) % 455) for k in range(24)]
            days += [rise + dt.timedelta(days=k) for k in range(14) if at % 7 == 0]
            for k, day in enumerate(days):
                other, third = names[(at + k) % len(names)], names[(3 * at + k) % len(names)]
                rows.writerow([f"S{at}-{k}", day, name, other, other, third, other, other, 1])
    path.with_suffix(".meta.toml").write_text(
        'title = "<script>alert(1)</script> #panic() $x$"\nsimulated = true\nlicence = "=1+1"\n',
        encoding="utf-8",
    )
    return path


def cells_that_run(rows):
    return [c for row in rows for c in row if c.startswith(RUN_BY_SPREADSHEETS) and not NUMBER.fullmatch(c)]


@pytest.mark.parametrize("command", ["count", "test"])
def test_the_terminal_is_not_steered_and_no_line_is_forged(naughty, run, command):
    code, out, err = run(command, naughty, "--as-of", AS_OF)
    assert code == 0
    assert not STEERING.search(out + err)
    forged = [line for line in (out + err).splitlines() if line.startswith("rows read ")]
    assert len(forged) == 1
    assert "rows read 1 =" not in forged[0]


@pytest.mark.parametrize("command", ["count", "test"])
def test_tables_hold_no_formula_and_no_control_character(naughty, run, command):
    code, out, _ = run(command, naughty, "--as-of", AS_OF, "--format", "csv")
    assert code == 0
    assert not STEERING.search(out)
    assert cells_that_run(csv.reader(io.StringIO(out))) == []


def test_json_is_json(naughty, run):
    code, out, _ = run("test", naughty, "--as-of", AS_OF, "--format", "json")
    assert code == 0
    said = json.loads(out)
    assert said["simulated"] is True
    assert not STEERING.search(out)


class Tags(html.parser.HTMLParser):
    """Counts tags and collects what would run or be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.bad, self.text = 0, [], []

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        for name, value in attrs:
            value = (value or "").strip().lower()
            if name.startswith("on") or value.startswith("javascript:"):
                self.bad.append((tag, name, value))
            if name in ("src", "href") and value.startswith(("http", "//", "file")):
                self.bad.append((tag, name, value))

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.slow
def test_every_form_of_the_report_shows_them_as_text(naughty, run, tmp_path):
    (tmp_path / "comment.txt").write_text("<script>x</script> #panic() =1+1 $x$\n", encoding="utf-8")
    out = tmp_path / "out"
    code, _, err = run(
        "report", naughty, "--as-of", AS_OF, "--format", "pdf,html,xlsx,json,atom,md,txt", "-o", out,
        "--comment", tmp_path / "comment.txt",
    )  # fmt: skip
    assert code == 0, err
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path, out}
    made = {path.suffix: path for path in out.iterdir()}
    assert set(made) == {".atom", ".html", ".ipynb", ".json", ".md", ".pdf", ".txt", ".xlsx"}
    page = made[".html"].read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.bad == []
    assert tags.scripts == 1  # the page's own
    assert "<script>alert(1)</script>" in "".join(tags.text)
    assert not STEERING.search(page)
    ET.parse(made[".atom"])
    json.loads(made[".json"].read_text(encoding="utf-8"))
    book = openpyxl.load_workbook(made[".xlsx"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    for suffix in (".md", ".txt"):
        text = made[suffix].read_text(encoding="utf-8")
        assert "SIMULATED" in text
        assert not STEERING.search(text)
    pdf = made[".pdf"].read_bytes()
    assert pdf.startswith(b"%PDF")
    for word in (b"/JavaScript", b"/JS ", b"/Launch", b"/EmbeddedFile", b"/SubmitForm"):
        assert word not in pdf
