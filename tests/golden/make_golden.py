"""Writes what the bundled samples say today: tables, sentences and the report's source.

    python tests/golden/make_golden.py [FOLDER [NAME ...]]

Run before code moves and again after: every difference is to be wanted, and listed in CHANGELOG.md. The
samples are SIMULATED. Seconds, folders and versions stand in nothing written here.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
AS_OF = ["--sample", "--as-of", "2020-04-19"]
WINTER = ["--sample", "--as-of", "2019-11-10"]
COMMANDS = {
    "check.txt": ["check", "--sample"],
    "check_json.txt": ["check", "--sample", "--format", "json"],
    "count.txt": ["count", *AS_OF],
    "count_day.csv": ["count", *AS_OF, "--freq", "day", "--start", "2020-03-01", "--format", "csv"],
    "count_fatalities.txt": ["count", *AS_OF, "--value", "fatalities"],
    "test.txt": ["test", *AS_OF],
    "test.json": ["test", *AS_OF, "--format", "json"],
    "test.csv": ["test", *AS_OF, "--format", "csv"],
    "test_winter.txt": ["test", *WINTER],
    "test_complete.csv": [
        "test", *AS_OF, "--completeness", "0.9", "--completeness-sd", "0.05", "--format", "csv",
    ],
    "test_expected.csv": ["test", *AS_OF, "--null", "expected", "--calendar", "ramadan", "--format", "csv"],
    "test_scan.txt": ["test", *AS_OF, "--recent", "scan"],
    "test_less.csv": ["test", *AS_OF, "--direction", "less", "--completeness", "1", "--format", "csv"],
    "test_same_weeks.csv": ["test", *AS_OF, "--baseline", "same_weeks", "--shrink", "--format", "csv"],
    "test_district.csv": ["test", *AS_OF, "--by", "admin2", "--format", "csv"],
    "test_country.txt": ["test", *AS_OF, "--by", "none"],
    "test_method.csv": ["test", *AS_OF, "--method", "c_test", "--format", "csv"],
    "test_where.txt": [
        "test", *AS_OF, "--where", "fatalities >= 1", "--by", "admin2", "--regions", "disputed_territories",
    ],
    "claims.txt": ["test", *AS_OF, "--claims", "article"],
    "claims.json": ["test", *AS_OF, "--claims", "article", "--format", "json"],
    "monitor.txt": ["monitor", *AS_OF],
    "monitor.json": ["monitor", *AS_OF, "--format", "json"],
    "monitor_several.csv": [
        "monitor", *AS_OF, "--format", "csv",
        "--detectors", "predictive,farrington_flexible,cusum_nb,ears_c1",
    ],
    "evaluate.txt": [
        "evaluate", *AS_OF, "--detectors", "predictive,farrington_flexible", "--replicates", "4",
    ],
}  # fmt: skip


def command(arguments: list[str]) -> str:
    """Return what a command prints, and its exit code."""
    from analytics.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return out.getvalue() + (f"-- stderr\n{err.getvalue()}" if err.getvalue() else "") + f"-- exit {code}\n"


def tests_of_claims() -> str:
    """Return every test of a claim on the sample: sentence, table, notes."""
    import analytics
    from analytics.bundled import bundled_path

    incidents = analytics.read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")

    def counted(by: str) -> analytics.Counts:
        return analytics.count_incidents(incidents, by=by, freq="day", as_of="2020-04-19")

    counts = counted("admin1")
    kirkuk = counts.select(["Kirkuk"])
    districts = counted("admin2")
    centres = incidents.frame.groupby("admin2")[["latitude", "longitude"]].mean()
    centres = centres.reindex(list(districts.regions)).dropna()
    said = [
        analytics.activity_test(incidents, as_of="2020-04-19"),
        analytics.activity_test(incidents, as_of="2020-04-19", by="admin1", each=True, completeness=1.0),
        analytics.day_test(counts, date="2020-04-12", completeness=1.0),
        analytics.day_test(counts, picked=30),
        analytics.change_test(counts, date="2020-01-13"),
        analytics.change_test(kirkuk, date="2020-01-13", trend=True),
        analytics.change_test(kirkuk, multiple=True),
        analytics.concentration_test(
            districts, regions_inside="disputed_territories", same_completeness=True
        ),
        analytics.recurrence_test(kirkuk, replicates=99),
        analytics.recurrence_test(counts, replicates=39),
        analytics.scan_test(
            districts.select(list(centres.index)), places=centres.to_numpy(), replicates=199, seed=1
        ),
        analytics.severity_test(incidents, as_of="2020-04-19", seed=1),
        analytics.response_test(incidents, as_of="2020-04-19"),
        analytics.uptick_test(counts, completeness=1.0),
        analytics.uptick_test(kirkuk, null="expected"),
    ]
    return "\n\n".join(result.text() for result in said) + "\n"


def detectors() -> str:
    """Return what every detector says of the sample's last eight weeks, region by region."""
    import analytics
    from analytics.bundled import bundled_path
    from analytics.detectors.registry import DETECTORS, detector_spec

    incidents = analytics.read_incidents(bundled_path("data/iraq_simulated.csv"), as_of="2020-04-19")
    counts = analytics.count_incidents(incidents, as_of="2020-04-19").resample("week")
    parts = []
    for name in DETECTORS:
        spec = detector_spec(name)
        if spec.needs:
            continue
        table = spec.run(counts, last=8).frame
        parts.append(f"-- {name}\n{table.to_csv(index=False)}")
    return "\n".join(parts)


def report(week: str) -> tuple[str, str]:
    """Return the weekly report's Typst source, and its web page without pictures, styles and scripts."""
    from nbformat import read

    from analytics.cli import main
    from analytics.reporting.notebook.exporter import TypstExporter

    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):
            code = main(["report", "--sample", "--week", week, "--format", "html", "-o", folder])
        assert code == 0, code
        made = next(Path(folder).glob("*.ipynb"))
        notebook = read(made, as_version=4)
        source, _ = TypstExporter(trust_typst=True).from_notebook_node(
            notebook, {"metadata": {"name": made.stem}}
        )
        page = next(Path(folder).glob("*.html")).read_text(encoding="utf-8")
    for whole in (r"<svg.*?</svg>", r"<style>.*?</style>", r"<script>.*?</script>", r";base64,[^\"]*"):
        page = re.sub(whole, "", page, flags=re.DOTALL)
    return str(source), re.sub(r"(</?(?:p|tr|table|h[1-6]|section|article|figure|div|li)\b)", r"\n\1", page)


def write(folder: Path, only: tuple[str, ...] = ()) -> None:
    """Write every file into `folder`, or those named."""
    folder.mkdir(parents=True, exist_ok=True)
    others = {"claim_tests.txt": tests_of_claims, "detectors.txt": detectors}
    made = {name: partial(command, arguments) for name, arguments in COMMANDS.items()} | others
    for name, make in made.items():
        if not only or name in only:
            (folder / name).write_text(make(), encoding="utf-8")
            print(name, file=sys.stderr)
    for week in ("2020-W16", "2019-W45"):
        if not only or f"report_{week}.typ" in only:
            source, page = report(week)
            (folder / f"report_{week}.typ").write_text(source, encoding="utf-8")
            (folder / f"report_{week}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "sample", tuple(sys.argv[2:]))
