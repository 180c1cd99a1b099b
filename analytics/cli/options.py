"""The commands and their options as tables; what several commands share stands here once.

An option that goes to a function of the library has no default here: what is not given is left to the
function. The texts name the functions' defaults, and a test holds the two together.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from analytics.cli.declared import Command, Group, Option

__all__ = ["COMMANDS", "STORE_ACTIONS", "Command", "Group", "Option"]


def _share_or_measured(text: str) -> float | str:
    if text == "measured":
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a share such as 0.9, or measured, found {text!r}"
        ) from None


def _days_or(word: str) -> Callable[[str], int | str]:
    def read(text: str) -> int | str:
        if text == word or text.isdecimal():
            return word if text == word else int(text)
        raise argparse.ArgumentTypeError(f"expected a number of days or {word}, found {text!r}")

    return read


_READING = Group("reading", (
    Option("sample", "", "use the SIMULATED sample in place of FILE"),
    Option("source", "SOURCE", "auto (default), ucdp, acled, gtd, gdelt, icews, sigact, insecurity_insight, "
           "hxl or table"),
    Option("column", "NAME=COLUMN",
           "which column of the file holds a canonical one, such as date_start=Date; "
           "may be repeated", many=True),
    Option("limit", "NAME=NUMBER", "read a larger or deeper file than is read unasked: columns, cells, "
           "unpacked_mb, nesting, brackets or digits; may be repeated", many=True),
    Option("mapping", "TOML", "how the file is read and which column is which, as check --write-mapping "
           "proposes"),
    Option("actors", "CSV", "table of actors: names as written, and what each is counted as; see "
           "docs/actors.md"),
    Option("accepted", "CSV", "pairs of rows accepted as one incident (uptick duplicates proposes them): one "
           "row of each is set aside; see docs/duplicates.md"),
    Option("sheet", "SHEET", "sheet of a workbook, or all (default the first with a table)"),
    Option("header-row", "N", "row of the column names (default: found)", int),
    Option("na", "HOW", "cells NA: auto (default), missing, or text"),
    Option("encoding", "NAME", "of a text file (default: found)"),
    Option("delimiter", "CHAR", "of a text file (default: found)"),
    Option("extracted", "DATE", "the day the file was drawn from its source (default: as its metadata say)"),
    Option("no-report-days", "", "no column is the day of report: what looks so is when rows were loaded",
           unsets="report_days"),
    Option("date-style", "STYLE", "such as day/month/year, where both can be read"),
    Option("country", "NAME", "of incidents that state none"),
))  # fmt: skip

_KNOWN = Group("from a store", (
    Option("store", "STORE", "take the incidents from this store in place of FILE, as known on --as-of"),
    Option("known-on", "DATE", "as known on another day (default --as-of)"),
))  # fmt: skip

_WEEKLY = Group("counting", (
    Option("as-of", "DATE", "last day known about, its whole day included"),
    Option("start", "DATE", "first day counted (default: the first incident's)"),
    Option("covered-from", "DATE", "day from which the file holds all incidents (default: the first's)"),
    Option("missing", "HOW", "no row, or an empty number, in a table of counts: auto (as the table shows), "
           "zero or uncovered"),
    Option("by", "COLUMN", "admin1 (default), admin2, country,admin1, a column of the file, or none"),
    Option("regions", "NAMES", "a region set, names with commas between, or regions on the map: a file of "
           "boundaries (.geojson, .shp, .zip, .gpkg), priogrid, or h3:5"),
    Option("where", "FILTER", 'which incidents, such as "fatalities >= 1"'),
    Option("week-start", "DAY", "day weeks start on (default monday)"),
    Option("no-coverage", "START..END[@REGION]", "a spell without data, which is not zero incidents; may be "
           "repeated", many=True),
    Option("gap-is-quiet", "", "a spell without any incident that looks like a gap in the data was quiet"),
))  # fmt: skip

_ENGINE = Group("rows that stay where they lie", (
    Option("engine", "NAME", "duckdb or polars: it counts the rows of FILE, or of a pattern of files in "
           "quotes such as 'gdelt/*.parquet', which may be larger than memory; see docs/scale.md"),
    Option("memory", "AMOUNT", "the most that DuckDB takes, such as 2GB; it spills the rest to disk"),
    Option("table", "NAME", "with the address of a database (postgres://host/db) as FILE: its table"),
    Option("order", "COLUMN", "of that table: whole numbers, the larger the later row"),
))  # fmt: skip

_PLACES = Group("places on the map: incidents are placed by their coordinates", (
    Option("region-name", "COLUMN", "of a file of boundaries: column that names the regions"),
    Option("region-parent", "COLUMN", "column of what each lies in, such as the governorate of a district"),
    Option("region-only", "NAMES", "only these of them: a region set, or names with commas between"),
    Option("region-precision", "WORD", "coarsest coding of a place that is used: exact, near (default), "
           "admin2, admin1 or country"),
    Option("region-decides", "WHAT", "where an incident is: point (default: its coordinates), name (the "
           "source's own, else its coordinates), or both (where they disagree: unplaced)"),
    Option("region-own", "COLUMN", "the source's own names (default: the column that fits best)"),
    Option("region-spellings", "CSV", "other spellings of the regions' names: columns name and spellings"),
    Option("region-crs", "SYSTEM", "coordinate system of a file that states none, such as EPSG:4326"),
    Option("region-layer", "NAME", "layer of a file that holds several"),
    Option("region-encoding", "NAME", "of the names in a shapefile that does not state it"),
    Option("near", "[NAME=]LAT,LON,KM", "all within KM kilometres of a point; may be repeated", many=True),
    Option("along", "FILE,KM", "all within KM kilometres of the lines of a file, such as a road"),
))  # fmt: skip

_COUNTING = _WEEKLY.also(
    Option("freq", "FREQ", "week (default) or day"),
    Option("value", "WHAT", "incidents (default) or fatalities"),
    Option("span", "POLICY", "incidents dated to more than a period: start (default), exclude, or spread by "
           "chance"),
)  # fmt: skip

_COMPLETENESS = Option("completeness", "SHARE", "share of the recent incidents already reported, such as "
                       "0.9, or measured, from the days of the reports (default: not known)",
                       _share_or_measured)  # fmt: skip
_COMPLETENESS_SD = Option("completeness-sd", "SD", "its standard deviation (default: none)", float)

_HOLIDAYS = Option("holidays", "DAYS", "with --completeness measured: days on which reports may come "
                   "otherwise, such as eid_al_fitr,2020-03-21: terms of a calendar, or days; commas between",
                   many=True)  # fmt: skip

_OUTPUT = Group("output", (
    Option("format", "FORMAT", "table, csv or json (default: by the ending of -o FILE, else table)"),
    Option("output", "FILE", "file to write (default -, the terminal)", default="-", short="-o"),
))  # fmt: skip

_ALLOW_SPLICE = Option("allow-splice", "", "compare across a change of the rules of inclusion, and say so "
                       "(default: no verdict)")  # fmt: skip

_CLAIMS = Group("claims", (
    Option("claims", "TOML", "put every claim of this file to the data (article: the bundled ones); see "
           "docs/claims.md"),
    Option("article-date", "DATE", "count the claims' windows from this day (default: the file's)"),
))  # fmt: skip

_EMERGING = Group("new on the scene", (
    Option("emerging", "COLUMN", "test whether a name of this column (actor, event_type, ...) is new in a "
           "region, in place of the test for an uptick; see docs/emerging.md"),
    Option("silence", "DAYS", "days without it, after which a name is new (default 364)", int),
))  # fmt: skip

_VERBOSE = Option("verbose", "", "show the whole account of rows", short="-v")
_TEST = Group("test", (
    Option("recent", "DAYS", "days asked about (default 14), or scan: the best of several lengths, tested as "
           "such", _days_or("scan")),
    Option("lengths", "DAYS", "for --recent scan, such as 7,14,28 (default 7,14,21,28,42,56)"),
    Option("guard", "DAYS", "days left out before it (default 28, from 14 on in a short history)", int),
    Option("baseline", "DAYS", "days compared with (default 364, or what there is), or same_weeks: those of "
           "all earlier years", _days_or("same_weeks")),
    Option("direction", "SIDE", "greater (default): an uptick, or less: a decrease"),
    Option("null", "NULL", "what verdicts rest on: auto (default): trend and season where a season shows in "
           "two years or more, else the baseline's mean; constant; expected; both are shown"),
    Option("calendar", "TERMS", "what else to expect: ramadan, eid_al_fitr, eid_al_adha, arbaeen, curfew; "
           "commas between", many=True),
    Option("method", "NAME", "p-value (default pooled; lrd_b: each region alone; others for comparison)"),
    Option("shrink", "", "draw the dispersions of the regions together (default: not)"),
    Option("one-family", "", "districts as one family, not within their governorates", unsets="nested"),
    _ALLOW_SPLICE,
    Option("alpha", "P", "level of the verdict (default 0.05)", float),
    Option("margin", "RATIO", "'no large rise' means below this (default 1.5)", float),
    Option("confidence", "SHARE", "coverage of the printed interval (default 0.9)", float),
    Option("sought", "RATIO", "'no sign' means that a rise to this would have shown (default 4.0)", float),
    _COMPLETENESS,
    _COMPLETENESS_SD,
    _HOLIDAYS,
    Option("language", "NAME", "what a reader sees of it is in: en (default), ar, or a file of your own"),
    _VERBOSE,
))  # fmt: skip

_MONITORING = Group("monitoring", (
    Option("detectors", "NAMES", "with commas between (default: the recommended one)"),
    Option("budget", "RATE", "false-alarm episodes allowed, of all detectors together (default '1 per "
           "region-year')"),
    Option("last", "N", "periods tested, for past episodes (default a year's)", int),
    Option("thresholds", "FROM", "formula, history (each region's own), or auto (default): the formula where "
           "it holds"),
    Option("resample", "HOW", "parametric (default): years drawn from a model of each region; rotation: its "
           "history turned"),
    Option("share", "SHARE", "keep the budget in this share of regions, such as 0.9", float),
    Option("replicates", "N", "years drawn for each region (default 400)", int),
    Option("seed", "N", "of the draws (default 0)", int),
    Option("completeness", "SHARE", "share of the last two weeks' incidents already reported, such as "
           "0.9, or measured, from the days of the reports (default: not known)", _share_or_measured),
    _COMPLETENESS_SD,
    _HOLIDAYS,
    Option("fail-on-alarm", "", "exit with 3 if a region has an alarm, for schedulers"),
    _VERBOSE,
))  # fmt: skip

_EVALUATION = Group("evaluation", (
    Option("detectors", "NAMES", "with commas between (default: all that test each region)"),
    Option("budget", "RATE", "false-alarm episodes allowed (default '1 per region-year')"),
    Option("ratio", "RATIO", "the uptick's rate (default 3 times the usual)", float),
    Option("size", "N", "or the incidents it adds", int),
    Option("length", "DAYS", "its length (default 14)", int),
    Option("shape", "SHAPE", "block (default), ramp, decay or lognormal"),
    Option("replicates", "N", "turns of each region's history (default 20)", int),
    Option("thresholds", "FROM", "formula (default): what each detector's own gives for the budget; history: "
           "calibrated on it; auto: the formula where it holds"),
    Option("last", "N", "periods tested of each turned history (default a year's)", int),
    Option("seed", "N", "of the simulation (default 0)", int),
    Option("figure", "FILE", "draw it: a file that ends in .png, .pdf or .svg"),
))  # fmt: skip

_BLOCKS = Group("very many regions", (
    Option("blocks", "DIR", "work in blocks of regions, into a folder that a later run takes up where it "
           "ended: alarms/*.parquet and regions.parquet"),
    Option("block", "N", "regions in a block (default 1000)", int),
    Option("workers", "N", "processes (default 1; -1: as many as processors)", int),
))  # fmt: skip

_SHOWING = Group("how it is shown", (
    Option("title", "TEXT", "what the report is called (default: Weekly trend report)"),
    Option("subtitle", "TEXT", "a line below the headline"),
    Option("issue", "NUMBER", "number of the issue"),
    Option("next-issue", "DATE", "when the next one comes out"),
    Option("author", "NAME", "who answers for it"),
    Option("handling", "TEXT", "how it may be passed on"),
    Option("comment", "FILE", "text file with what the analyst says; a paragraph that begins with a region's "
           "name and a colon stands beside that region"),
    Option("previous", "NOTEBOOK", "kept beside an earlier issue: say what has changed since"),
    Option("polygons", "FILE", "boundaries of the regions (default: the country's own, where bundled)"),
    Option("paper", "SIZE", "a4 (default) or letter"),
    Option("language", "NAME", "what pages, figures and summary are in: en (default), ar, or a file of "
           "your own"),
    Option("template", "FOLDER", "an office's own logo, title block, colours and foot: a folder with "
           "template.toml"),
    Option("notebook", "FILE", "an own notebook, with a cell of parameters, in place of the bundled one"),
    Option("with-guide", "", "append a page for those who receive it: how to read the report"),
    Option("sections", "NAMES", "what follows the front page (default "
           "country,where,cards,regions,kinds,trust,scorecard,method); none: nothing"),
))  # fmt: skip

_OTHER = Group("the other source", (
    Option("other-source", "SOURCE", "of OTHER: as --source (default auto)"),
    Option("other-mapping", "TOML", "of OTHER: how it is read and which column is which"),
    Option("other-country", "NAME", "of incidents in OTHER that state none"),
))  # fmt: skip

STORE_ACTIONS = ("add", "list", "diff", "as-of")
_STORING = Group("store", (
    Option("store", "STORE", "the store's file; add makes it"),
    Option("on", "DATE", "add: the day from which on FILE was known (default: the metadata's extracted)"),
    Option("covers", "WHAT", "add: what FILE holds completely, where a missing incident is a deleted one: "
           "all, rows (its rows, nothing else), START..END, START..END@PLACE; may be repeated (default all, "
           "and an error where more than a tenth would go)", many=True),
    Option("name", "NAME", "add: name of the source within the store (default: as recognised)"),
    Option("delivery", "N", "diff: which delivery (default the last)", int),
    Option("by", "COLUMN", "diff: admin1 (default), admin2 or country"),
    Option("week-start", "DAY", "diff: day weeks start on (default monday)"),
    Option("events", "", "diff: one row an incident, with the columns that differ"),
    Option("as-of", "DATE", "as-of: the last day that may be in the data"),
    Option("known-on", "DATE", "as-of: the day whose knowledge is taken (default --as-of)"),
    Option("reported-on", "HOW", "as-of: day of report: stated (default), or first_seen, that of the first "
           "delivery an incident was in"),
    Option("other-columns", "", "as-of: the source's other columns too, such as its notes"),
    Option("wait", "SECONDS", "for another process that uses the store (default 10)", float),
))  # fmt: skip

COMMANDS = {
    "check": Command("analytics.cli.check", "read a file and say where every row went", (
        _READING,
        Group("", (
            Option("as-of", "DATE", "set aside incidents after this day"),
            Option("quarantine", "CSV", "write the rows set aside, with their reasons"),
            Option("write-mapping", "TOML", "look at the file and propose a mapping of its columns"),
        )),
        _OUTPUT,
    )),
    "count": Command("analytics.cli.count", "count incidents by period and region", (
        _READING, _ENGINE, _KNOWN,
        _COUNTING,
        _PLACES,
        Group("", (
            Option("last", "N", "periods in the table (default 8)", int, default=8),
            Option("population", "WHAT", "show rates too: by a CSV file of region and population, a column "
                   "of the regions' file, or km2"),
            Option("volatility", "", "beside them how changeable each region is: how far fortnights deviate "
                   "from the usual beyond the noise of counting; see docs/volatility.md"),
            Option("per", "N", "people (default 100000) or km2 (1000) that a rate is for", float),
        )),
        _OUTPUT,
    )),
    "test": Command("analytics.cli.claim", "test for an uptick in every region", (
        _READING, _KNOWN, _COUNTING, _PLACES, _CLAIMS, _EMERGING, _TEST, _OUTPUT,
    )),
    "monitor": Command("analytics.cli.monitor", "watch every region at a budget of false alarms", (
        _READING, _ENGINE, _KNOWN, _COUNTING, _PLACES, _MONITORING.also(_ALLOW_SPLICE), _BLOCKS, _OUTPUT,
    ), after=" 3 done, and a region has an alarm (with --fail-on-alarm)."),
    "evaluate": Command("analytics.cli.evaluate", "say how detectors would have done on this history", (
        _READING, _KNOWN, _COUNTING, _PLACES, _EVALUATION.also(_ALLOW_SPLICE), _OUTPUT,
    )),
    "report": Command("analytics.cli.report", "write the weekly report as a PDF, and in other forms", (
        _READING, _KNOWN,
        _WEEKLY.also(
            Option("week", "WEEK", "the week reported, such as 2020-W15, in place of --as-of; last: the last "
                   "one that is over by this machine's clock"),
            _COMPLETENESS,
            _ALLOW_SPLICE,
        ),
        _PLACES,
        _SHOWING,
        Group("", (
            Option("parameters", "TOML", "a file that states these options by name; what is given here goes "
                   "before it"),
        )),
        Group("output", (
            Option("format", "NAMES", "pdf (default), html, xlsx, json, atom, md, txt; commas between"),
            Option("output", "DIR", "folder for the files (default reports)", short="-o"),
            Option("summary", "", "print the report in five lines, and write nothing"),
            Option("markdown", "", "with --summary: as markdown"),
            Option("json", "", "print everything the report says as JSON, and write nothing"),
        )),
    )),
    "duplicates": Command("analytics.cli.duplicates", "find rows that may be one incident", (
        _READING,
        _OTHER,
        Group("pairs", (
            Option("as-of", "DATE", "leave out incidents after this day"),
            Option("days", "N", "how many days apart two rows may be dated (default 1)", int),
            Option("km", "KM", "how far apart they may lie (default 10)", float),
            Option("least", "P", "pairs that are one incident with this probability or more (default 0.5)",
                   float),
            Option("weights", "FROM", "estimated (default): from these rows, chance measured on the same "
                   "rows weeks apart; or stated"),
            Option("by", "COLUMN", "of the counts with and without: admin1 (default), admin2, country, none"),
        )),
        _OUTPUT,
    ), other=True),
    "compare": Command("analytics.cli.compare", "hold the weekly counts of two sources side by side", (
        _READING,
        _OTHER,
        _WEEKLY.also(
            Option("recent", "WEEKS", "last weeks that are spoken of (default 2)", int),
            Option("usual", "WEEKS", "weeks before them that they are held against (default 52)", int),
        ),
        Group("", (
            Option("figure", "FILE", "draw both: a file that ends in .png, .pdf or .svg"),
        )),
        _OUTPUT,
    ), other=True),
    "store": Command("analytics.cli.store", "keep dated deliveries, and what was known on any day", (
        _STORING, _READING, _OUTPUT,
    ), actions=STORE_ACTIONS),
    "init": Command("analytics.cli.init", "lay a folder for a weekly office", (), file=False, folder=True),
    "country": Command("analytics.cli.country", "make a country's folder of data from a file of boundaries", (
        Group("", (
            Option("country", "NAME", "what the country is called"),
            Option("name", "COLUMN", "column that names the units"),
            Option("parent", "COLUMN", "column of the first-order units that second-order ones lie in"),
            Option("code", "COLUMN", "column of the units' codes"),
            Option("spellings", "COLUMNS", "columns of other spellings, commas between"),
            Option("parent-code", "COLUMN", "column of the first-order units' codes"),
            Option("parent-spellings", "COLUMNS", "columns of their other spellings"),
            Option("names", "NAMES", "other names and codes of the country, commas between"),
            Option("crs", "SYSTEM", "coordinate system of a file that states none"),
            Option("layer", "NAME", "layer of a file that holds several"),
            Option("encoding", "NAME", "of the names in a shapefile that does not state it"),
            Option("output", "DIR", "folder of such folders (default countries)", short="-o"),
        )),
    ), about="boundaries of its units: GeoJSON, shapefile (also zipped), GeoPackage"),
    "fetch": Command("analytics.cli.fetch", "fetch events from UCDP or ACLED into a file", (
        Group("", (
            Option("release", "RELEASE", "UCDP: 25.1 (yearly), 26.0.8 (candidate); several with commas "
                   "between, later ones last"),
            Option("country", "NAMES", "commas between; ACLED: as it spells them; UCDP: a state's name, its "
                   "code in ISO 3166-1, or Gleditsch and Ward's number such as 645"),
            Option("start", "DATE", "first day of the events (default: no limit)"),
            Option("end", "DATE", "last day of the events (default: no limit)"),
            Option("changed-since", "DATE", "ACLED: only what was added or changed since"),
            Option("deleted-since", "DATE", "ACLED: in place of events the identifiers of deleted ones"),
            Option("page-size", "N", "events asked for at a time (default and most: UCDP 1000, ACLED 5000)",
                   int),
            Option("restart", "", "forget the pages of an attempt that ended early"),
            Option("incomplete", "", "take what there is where a service gives less than it tells of"),
            Option("base-url", "URL", "another address of the service, of a mirror"),
            Option("proxy", "URL", "proxy to go through (default: none; the environment's are not used)"),
        )),
        Group("output", (
            Option("output", "FILE", "CSV file to write; a .meta.toml beside it says what it is", short="-o"),
            Option("replace", "", "replace the file if it is there"),
        )),
    ), file=False, service=True),
    "sample": Command("analytics.cli.sample", "say where the simulated sample lies, or copy it", (
        Group("", (Option("output", "DIR", "copy the sample, its twin and its truth there", short="-o"),)),
    ), file=False),
}  # fmt: skip
