"""What public figures say of the article's weeks: every number from the series, the ranks with their ends."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import json
import re
import shlex
from collections import defaultdict

import pandas as pd
import pytest

from analytics.claims.published import month_ranks, published_figures
from analytics.cli.parser import parse_arguments
from analytics.errors import OptionError
from analytics.filters import parse_filter
from analytics.reporting.content import public_figures as public


@pytest.fixture(scope="module")
def values(project):
    """Every series by month or first day, read without the library."""
    found = defaultdict(dict)
    with (project / "data" / "published_figures.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["start"][:7] if "month" in row["series"] else row["start"]
            found[row["series"]][key] = int(row["value"])
    return found


def test_the_month_among_its_own_past_is_counted_by_hand(values):
    deaths = values["ucdp_deaths_month"]
    months = list(deaths)
    ratio = {now: deaths[now] / deaths[before] for before, now in itertools.pairwise(months)}
    assert ratio["2020-04"] == pytest.approx(115 / 40)
    expected = []
    for last in ("2020-04", "2024-12"):
        for first in ("2017-06", "2010-02"):
            inside = [r for month, r in ratio.items() if first <= month <= last]
            expected.append((first, last, sum(r > ratio["2020-04"] for r in inside) + 1, len(inside)))
    found = [(str(r.first), str(r.last), r.rank, r.number) for r in public.month_figures().ranks]
    assert found == expected
    assert [(rank, number) for *_, rank, number in expected] == [(1, 35), (6, 123), (6, 91), (11, 179)]
    table = str(public.rank_table())
    for line in ("June 2017 to April 2020 +35 +1 ", "February 2010 to December 2024 +179 +11 "):
        assert re.search(line, table)


def test_every_number_of_the_text_is_in_the_series(values):
    deaths, events = values["ucdp_deaths_month"], values["acled_events_month"]
    claimed = values["is_claimed_attacks"]
    months = list(deaths)
    year = [deaths[m] for m in months[months.index("2019-03") : months.index("2020-03")]]
    assert len(year) == 12
    text = str(public.month_words())
    assert f"from {deaths['2020-03']} in March to {deaths['2020-04']} in April 2020, to 2.9 times" in text
    lower = [m for m in months if m < "2020-03" and deaths[m] < deaths["2020-03"]][-1]
    assert (lower, "no month since April 2019 had fewer" in text) == ("2019-04", True)
    mean = sum(year) / 12
    said = f"{deaths['2020-04'] / mean:.1f} times the mean of the twelve months before March ({mean:.1f})"
    assert said in text
    assert f"and {sum(v >= deaths['2020-04'] for v in year)} of them were as high or higher" in text
    assert list(events.values()) == [197, 176, 183]
    assert "went from 176 to 183 (1.04 times), after 197 in February. Only these three months" in text
    april, march, may = (claimed[f"2020-{m}-01"] for m in ("04", "03", "05"))
    assert f"claimed {april} attacks in Iraq and Syria together in April, {march} in March" in text
    assert f"({april / march:.1f} times) and {may} in May" in text


def test_the_days_of_the_claim_are_those_of_the_claim():
    text = str(public.two_weeks_words())
    days = pd.date_range("2020-03-31", "2020-04-13")
    assert len(days) == 14
    april = (days.month == 4).sum()
    assert f"the 14 days that end on 13 April 2020: 1 day of March and {april} days of April" in text
    assert f"{30 - 13} of April's 30 days came after the article" in text
    verdict = str(public.verdict_words())
    assert verdict.startswith("More active over the past two weeks: cannot be told, from public figures.")
    assert "13 of 30" in verdict
    assert "1 of 35 is the most striking of 4 choices, the others give 6 of 123, 6 of 91, 11 of 179" in str(
        public.hindsight_words()
    )


def test_each_series_says_what_it_counts_and_whose_it_is():
    table = str(public.series_table())
    for words in ("deaths, best estimate", "of all actors", "claimed, in Iraq", "UCDP GED", "ACLED", "180"):
        assert words in table
    figures = published_figures()
    assert figures[["counts", "source", "area"]].notna().all(axis=None)
    assert figures.groupby("series")["counts"].nunique().max() == 1
    with pytest.raises(OptionError, match="unknown series 'deaths'"):
        published_figures("deaths")


def test_equal_ratios_share_the_better_place():
    months = pd.date_range("2020-01-01", periods=4, freq="MS")
    (found,) = month_ranks(pd.Series([1, 2, 4, 2], months), "2020-03", ("2020-02",), ("2020-04",))
    assert (found.rank, found.number, found.ratio) == (1, 3, 2.0)


def test_the_commands_that_would_settle_it_can_be_given(project):
    cells = json.loads((project / "notebooks" / "article_claims.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "".join(next(c["source"] for c in cells if c["id"] == "h-public-settle"))
    commands = re.findall(r"^uptick (.*)$", text, flags=re.M)
    assert [line.split()[0] for line in commands] == ["fetch", "test", "fetch", "test"]
    for line in commands:
        args = parse_arguments(shlex.split(line))
        if args.command == "test":
            assert set(parse_filter(args.where).columns) == {"actor"}


def test_the_figures_are_those_of_the_table_and_near_the_events(project, shared_data, tmp_path, values):
    file = project / "data" / "make_published_figures.py"
    spec = importlib.util.spec_from_file_location("made", file)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.main(tmp_path / "made.csv")
    assert (tmp_path / "made.csv").read_bytes() == (project / "data" / "published_figures.csv").read_bytes()
    raw = pd.read_csv(shared_data / "ucdp_ged_iraq_hdx.csv", dtype="str").iloc[1:]
    sums = raw["best"].astype(float).groupby(raw["date_start"].str[:7]).sum()
    both = {month: sums.get(month, 0) for month in values["ucdp_deaths_month"] if month <= "2018-12"}
    equal = sum(values["ucdp_deaths_month"][month] == total for month, total in both.items())
    assert (equal, len(both)) == (94, 108)
