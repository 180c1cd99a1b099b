"""``uptick test --claims``: the table, the same numbers for machines, and how it refuses."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from exact_csv import read_exactly

from analytics.claims import read_claims, verdicts
from analytics.incidents import read_incidents

DAY = "2020-04-13"
CLAIMS = """
[article]
title = "Notes"
date = 2020-04-13

[[claim]]
id = "more"
words = "More attacks in Kirkuk."
kind = "recent"
regions = ["Kirkuk"]
window = { first = -13, last = 0 }
activity = ["attack"]
activity_also = ["attack", "clash"]
direction = "greater"

[[claim]]
id = "because"
words = "The curfew did it."
kind = "causal"
regions = ["Kirkuk"]
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    return "claims.toml"


@pytest.fixture(scope="module")
def table(project, tmp_path_factory):
    path = tmp_path_factory.mktemp("claims") / "claims.toml"
    path.write_text(CLAIMS, encoding="utf-8")
    sample = read_incidents(project / "data" / "iraq_simulated.csv", as_of=DAY)
    return verdicts(read_claims(path), sample)


def test_the_table_says_everything(run, file, table):
    code, out, err = run("test", "--claims", file, "--sample", "--as-of", DAY)
    assert (code, err) == (0, "")
    assert out.startswith(table.sentence())
    assert "▲ supported (simulated)" in out
    assert "? cannot be told (simulated)" in out
    assert table.family in out
    assert "rows read 5,162 = kept 5,118 + set aside 44" in out
    for cell in table.summary()[["95 % interval", "why", "could be seen"]].to_numpy().ravel():
        assert cell in out


def test_csv_is_the_frame(run, file, table):
    code, out, err = run("test", "--claims", file, "--sample", "--as-of", DAY, "--format", "csv")
    assert code == 0
    found = read_exactly(out)
    assert found["simulated"].all()
    assert found["verdict"].tolist() == table.frame["verdict"].tolist()
    assert found["pvalue"].tolist()[:2] == table.frame["pvalue"].tolist()[:2]
    assert err.startswith("SIMULATED data: ")


def test_json_has_contrasts_and_accounts(run, file, table, tmp_path):
    code, _, _ = run("test", "--claims", file, "--sample", "--as-of", DAY, "-o", "found.json")
    assert code == 0
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert found["simulated"] is True
    assert [row["claim"] for row in found["claims"]] == ["more", "more", "because"]
    assert found["claims"][2]["pvalue"] is None
    assert found["row_accounting"]["rows_read"] == 5162
    claimed = [row for row in found["contrasts"] if row["claimed"]]
    assert [row["date"] for row in claimed] == ["2020-03-31"]
    assert claimed[0]["ratio"] == table.details("because", "contrast")["ratio"].iloc[-1]


def test_the_bundled_claims_have_a_name_and_the_article_another_date(run):
    words = (
        "test",
        "--claims",
        "article",
        "--sample",
        "--as-of",
        "2020-04-06",
        "--article-date",
        "2020-04-06",
    )
    code, out, _ = run(*words, "--format", "csv")
    rows = pd.read_csv(io.StringIO(out)).set_index("claim")
    assert code == 0
    assert len(rows) == 15
    assert set(rows.loc["more-active", "window_end"]) == {"2020-04-06"}
    assert set(rows.loc["exploiting", "verdict"]) == {"cannot be told"}
    assert rows["simulated"].all()


def test_a_filter_holds_for_every_claim(run, file):
    words = ("test", "--claims", file, "--sample", "--as-of", DAY, "--format", "json")
    code, out, _ = run(*words, "--where", "civilian_targeting = true")
    assert code == 0
    found, every = json.loads(out), json.loads(run(*words)[1])
    assert found["parameters"]["where"] == "civilian_targeting = true"
    assert "of all incidents, those where civilian_targeting = true" in found["notes"]
    assert found["claims"][0]["reason"] != every["claims"][0]["reason"]
    assert run(*words, "--where", "civilian_targeting =")[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("--claims", "nowhere.toml", "--sample", "--as-of", DAY),
        ("--claims", "claims.toml", "--as-of", DAY),
        ("--claims", "claims.toml", "--sample", "--as-of", DAY, "--recent", "7"),
        ("--claims", "claims.toml", "--sample", "--as-of", DAY, "--by", "admin2"),
        ("--claims", "claims.toml", "--sample", "--as-of", DAY, "--baseline", "same_weeks"),
        ("--claims", "claims.toml", "--sample", "--as-of", DAY, "--article-date", "Monday"),
        ("--sample", "--as-of", DAY, "--article-date", "2020-04-06"),
    ],
)
def test_what_does_not_go_is_refused(run, file, words, snapshot):
    code, out, err = run("test", *words)
    assert (code, out) == (2, "")
    assert err == snapshot


def test_a_misspelt_key_is_one_message(run, file, tmp_path, snapshot):
    (tmp_path / file).write_text(CLAIMS.replace("activity_also", "activty_also"), encoding="utf-8")
    code, out, err = run("test", "--claims", file, "--sample", "--as-of", DAY)
    assert (code, out) == (2, "")
    assert "claim 'more': unknown key 'activty_also'" in err
    assert err == snapshot


def test_a_suspected_gap_stands_above_the_verdicts(run, file, tmp_path):
    days = pd.date_range("2019-01-01", "2020-04-19")
    rows = pd.DataFrame({"date": days.repeat(3), "province": "Kirkuk", "activity": "attack"})
    rows[(rows["date"] < "2019-06-01") | (rows["date"] > "2019-07-31")].to_csv(tmp_path / "a.csv")
    words = ("test", tmp_path / "a.csv", "--claims", file, "--as-of", "2020-04-19")
    code, out, _ = run(*words)
    assert code == 0
    assert out.startswith("suspected gap: no incident at all is dated 2019-06-01..2019-07-31 (61 days)")
    assert "suspected gap" not in run(*words, "--gap-is-quiet")[1]
