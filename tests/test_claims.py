"""Claims as data: read strictly, put to the right test, and never told more than the data can tell."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analytics.claims import KINDS, read_claims, sensitivity_to_date, verdicts
from analytics.claims.run import holds_only_deadly
from analytics.claims.series import _HISTORY
from analytics.counts import count_incidents
from analytics.errors import InputError, OptionError, UptickError
from analytics.geo import region_set
from analytics.incidents import read_incidents
from analytics.results.words import p_words
from analytics.upticks.recent import uptick_test

FAST = {"replicates": 99}
DAY = "2020-04-13"
KNOWN = "2020-04-19"  # the day the sample was drawn: the reports of the week after DAY are in
WORDS = {"supported", "not supported", "cannot be told"}
ANYWHERE = '[article]\ntitle = "Notes"\ndate = 2020-04-13\n'
HEAD = ANYWHERE + 'country = "Iraq"\n'
CLAIM = """
[[claim]]
id = "mine"
words = "More attacks."
kind = "recent"
region_set = "all"
window = { first = -13, last = 0 }
activity = ["attack"]
direction = "greater"
"""


def write(tmp_path, text):
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path, text):
    return read_claims(write(tmp_path, text))


@pytest.fixture(scope="module")
def sample(project):
    return read_incidents(project / "data" / "iraq_simulated.csv", as_of="2020-04-19")


@pytest.fixture(scope="module")
def twin(project):
    return read_incidents(project / "data" / "iraq_simulated_no_uptick.csv", as_of="2020-04-19")


@pytest.fixture(scope="module")
def with_uptick(sample):
    return verdicts(read_claims(), sample, as_of=KNOWN)


@pytest.fixture(scope="module")
def without_uptick(twin):
    return verdicts(read_claims(), twin, as_of=KNOWN, **FAST)


def events(rate, *, seed=5, start="2018-12-01", **columns):
    """Make incidents in Eastmark and Westmark; `rate` is the daily mean of attacks for each."""
    days = pd.date_range(start, DAY)
    rng = np.random.default_rng(seed)
    parts = []
    for place, mean in rate.items():
        number = rng.poisson(np.broadcast_to(mean, len(days)))
        parts.append(pd.DataFrame({"date": days.repeat(number), "province": place}))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(**({"activity": "attack", "fatalities": 0} | columns))


def test_a_claim_of_a_rise_is_answered_on_a_short_file(tmp_path):
    start = "2019-12-02"  # twenty weeks
    days = pd.date_range(start, DAY)
    rate = np.where(days > days[-1] - pd.Timedelta(days=14), 4.0, 0.5)
    incidents = read_incidents(events({"Eastmark": rate}, start=start), as_of=DAY)
    table = verdicts(read(tmp_path, ANYWHERE + CLAIM), incidents)
    assert table["mine"]["verdict"].tolist() == ["supported"]
    longer = verdicts(read(tmp_path, ANYWHERE + CLAIM), incidents, baseline=364, guard=28)
    assert longer["mine"]["verdict"].tolist() == ["cannot be told"]


# -- reading -------------------------------------------------------------------------------------------------


def test_the_articles_claims_are_read_as_they_stand():
    claims = read_claims()
    assert {claim.kind for claim in claims} == set(KINDS) - {"emerging"}
    sunday = claims["three-on-sunday"]
    assert str(sunday.window(claims.article.date)) == "2020-04-12..2020-04-12"
    assert (sunday.count, sunday.picked, sunday.place) == (3, 7, "disputed territories")
    assert [name for name, _ in sunday.definitions] == ["engagements", "attacks"]
    assert [str(day) for day in claims.article.date_alternatives] == ["2020-04-06", "2020-04-20"]
    with pytest.raises(OptionError, match="did you mean more-active"):
        claims["more-activ"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("direction", "directoin"),
        ('"greater"', '"upwards"'),
        ('"recent"', '"recnet"'),
        ('"recent"', '"recurrence"'),
        ('region_set = "all"', 'region_set = "disputed_teritories"'),
        ('region_set = "all"', 'regions = ["Kirkuq"]'),
        ('region_set = "all"', 'regions = ["Hawika"]\nby = "admin2"'),
        ('region_set = "all"', ""),
        ('region_set = "all"', 'region_set = "all"\nregions = ["Kirkuk"]'),
        ('words = "More attacks."', ""),
        ('["attack"]', '["atack"]'),
        ('["attack"]', "[]"),
        ("first = -13, last = 0", "first = 3, last = 0"),
        ("first = -13, last = 0", "first = -13, last = 2"),
        ("first = -13, last = 0", "frist = -13, last = 0"),
        ("first = -13, last = 0", "first = -13"),
        ("first = -13, last = 0", "first = -13, start = 2020-01-01, last = 0"),
        ("first = -13, last = 0", 'start = "yesterday", last = 0'),
        ("first = -13, last = 0", 'first = "-13", last = 0'),
        ("first = -13, last = 0", "first = -13, last = -99999999999999999999"),
        ("first = -13, last = 0", "first = -9223372036854775000, last = 0"),
        ("first = -13, last = 0", "first = -3000000, last = 0"),
        ('"recent"', '"day"'),
        ('"recent"', '"concentration"'),
        ('direction = "greater"', 'direction = "greater"\ncount = 3'),
        ('direction = "greater"', 'direction = "greater"\nactivity_also = ["attack"]'),
        ('direction = "greater"', 'direction = "greater"\nwhere = "actor1 = "'),
        ('direction = "greater"', 'direction = "greater"\nlethal_rule = "enuogh"'),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(tmp_path, old, new, snapshot):
    assert old in CLAIM
    with pytest.raises(InputError) as error:
        read(tmp_path, HEAD + CLAIM.replace(old, new))
    said = str(error.value)
    assert "'mine'" in said or "number 1" in said
    assert said == snapshot


@pytest.mark.parametrize(
    "text",
    ["", ANYWHERE, "[article]\n" + CLAIM, HEAD + CLAIM + CLAIM, "claim = 3", ANYWHERE + "oops = 1\n" + CLAIM,
     HEAD + CLAIM + "\n[claims]\n",
     pytest.param(f"a = {'[' * 1000}{']' * 1000}\n", id="lists in lists"),
     pytest.param(f"a = {'1' * 4301}\n", id="a number without end")],
)  # fmt: skip
def test_files_that_are_no_claims_are_refused(tmp_path, text, snapshot):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert str(error.value) == snapshot


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_claims(tmp_path / "nowhere.toml")


def test_regions_are_named_as_the_table_names_them(tmp_path):
    text = CLAIM.replace('region_set = "all"', 'regions = ["Nineveh", "At-Tamim"]')
    assert read(tmp_path, HEAD + text)["mine"].regions == ("Ninewa", "Kirkuk")
    abroad = ANYWHERE + 'country = "Mali"\n' + CLAIM.replace('region_set = "all"', 'regions = ["Mopti"]')
    assert read(tmp_path, abroad)["mine"].regions == ("Mopti",)


def test_without_a_country_regions_are_those_of_the_data_in_any_spelling(tmp_path, sample):
    listed = CLAIM.replace('region_set = "all"', 'regions = ["Nineveh", "At-Tamim"]')
    claims = read(tmp_path, ANYWHERE + listed.replace('"recent"', '"causal"'))
    assert claims.article.country == ""
    assert claims["mine"].regions == ("Nineveh", "At-Tamim")
    table = verdicts(claims, sample, **FAST).details("mine", "contrast")
    named = read(tmp_path, HEAD + listed.replace('"recent"', '"causal"'))
    pd.testing.assert_frame_equal(table, verdicts(named, sample, **FAST).details("mine", "contrast"))
    assert table["inside"].ne(table["outside"]).all()


# -- the article on the simulated sample and its twin ---------------------------------------------------


def test_every_claim_and_definition_has_a_row(with_uptick):
    expected = [(c.id, name) for c in read_claims() for name, _ in c.definitions]
    assert list(zip(with_uptick.frame["claim"], with_uptick.frame["counted"], strict=True)) == expected
    assert len(expected) == 15


def test_every_verdict_on_simulated_data_says_so(with_uptick, without_uptick):
    for table in (with_uptick, without_uptick):
        assert set(table.frame["verdict"]) <= WORDS, "the words never change"
        assert set(table.summary()["verdict"]) <= {f"{word} (simulated)" for word in WORDS}
        assert table.frame["words"].str.startswith("SIMULATED").all()
        assert table.frame["reason"].str.startswith("simulated").all()
        assert table.sentence().startswith("SIMULATED data: ")
        assert all(line.startswith("SIMULATED data: ") for line in table.describe("exploiting"))
        for line in table.text().splitlines():
            if re.search(r"Kirkuk|disputed|Erbil|Baghdad", line):
                assert "simulated" in line.casefold()


def test_the_uptick_is_found_and_its_twin_is_quiet(with_uptick, without_uptick):
    for claim in ("more-active", "disputed-areas"):
        assert set(with_uptick[claim]["verdict"]) == {"supported"}
        assert set(without_uptick[claim]["verdict"]) == {"cannot be told"}
    assert set(without_uptick["still-attacking"]["verdict"]) == {"supported"}


def test_the_row_is_what_the_test_says_by_itself(with_uptick, sample):
    counts = count_incidents(
        sample, "day", by=None, start="2018-01-01", as_of=KNOWN, where="activity in ('attack', 'clash')"
    ).until(DAY)
    direct = uptick_test(counts, confidence=0.95).frame.iloc[0]
    row = with_uptick["more-active"].iloc[0]
    assert row["pvalue"] == direct["pvalue"]
    assert (row["estimate"], row["low"], row["high"]) == tuple(direct[["rate_ratio", "low", "high"]])
    assert row["detectable"] == direct["detectable"]


def test_the_day_compares_with_what_the_claim_says(with_uptick, without_uptick):
    row = with_uptick["three-on-sunday"].iloc[0]
    assert (row["window_start"], row["window_end"]) == (pd.Timestamp("2020-04-12"),) * 2
    assert "the claim says 3, the data hold 5" in row["reason"]
    assert "largest of the 7 days" in row["reason"]
    assert "not all of it is in them" in without_uptick["three-on-sunday"]["reason"].iloc[0]


def test_a_cause_is_never_told_and_its_contrast_stands_beside(with_uptick):
    causal = with_uptick.frame[with_uptick.frame["kind"] == "causal"]
    assert set(causal["verdict"]) == {"cannot be told"}
    assert causal["pvalue"].isna().all()
    table = with_uptick.details("exploiting", "contrast")
    claimed = table[table["claimed"]].iloc[0]
    assert claimed["date"] == pd.Timestamp("2020-01-14")
    assert claimed["ratio"] == claimed["inside"] / claimed["outside"]
    placebo = table.loc[~table["claimed"], "date"]
    assert len(placebo) > 20
    assert placebo.max() + pd.Timedelta(days=91) <= claimed["date"]
    assert set(placebo.diff().dropna().dt.days) == {7}


def test_the_contrast_counts_what_it_says(with_uptick, sample):
    counts = count_incidents(
        sample, "day", by="admin2", start="2018-01-01", as_of=KNOWN, where="activity in ('attack', 'clash')"
    ).until(DAY)
    frame = counts.to_frame().drop(columns="(unplaced)").astype(float)
    inside = frame[list(region_set(read_claims()["exploiting"].region_set).members)].sum(axis=1)
    whole = frame.sum(axis=1, skipna=False)
    inside = inside[whole.notna()]
    rates = inside["2020-01-14":DAY].mean() / inside["2019-01-15":"2020-01-13"].mean()
    table = with_uptick.details("exploiting", "contrast")
    assert table.loc[table["claimed"], "inside"].iloc[0] == pytest.approx(rates, rel=1e-12)


def test_how_many_were_tested_is_printed(with_uptick):
    tested = int(with_uptick.frame["pvalue"].notna().sum())
    assert (
        f"9 claims, 15 rows (a claim under each definition of what counts), {tested} with"
        in with_uptick.text()
    )
    assert "5 % alone" in with_uptick.family


def test_what_is_shown_is_written_out(with_uptick):
    summary = with_uptick.summary()
    row = summary[summary["claim"] == "three-on-sunday"].iloc[0]
    assert row["estimate"] == "incidents that day (an ordinary day's range) 5"
    assert row["could be seen"].endswith("on the day or more")
    assert "<b>SIMULATED data" in with_uptick._repr_html_()


def test_windows_start_where_the_data_do_not_where_nothing_is_known(with_uptick):
    assert with_uptick["still-attacking"]["window_start"].iloc[0] == pd.Timestamp("2018-01-01")
    assert any("2017-12-09..2020-04-13 is cut to 2018-01-01" in note for note in with_uptick.notes)
    assert any("inferred, not stated (it could be 2020-04-06, 2020-04-20)" in n for n in with_uptick.notes)


def test_another_date_moves_the_windows(sample, tmp_path):
    claims = read(tmp_path, HEAD + CLAIM)
    moved = verdicts(claims, sample, as_of="2020-04-06", article_date="2020-04-06").frame.iloc[0]
    assert (moved["window_start"], moved["window_end"]) == (
        pd.Timestamp("2020-03-24"),
        pd.Timestamp("2020-04-06"),
    )
    late = verdicts(claims, sample, article_date="2020-04-20")
    assert late.frame["window_end"].iloc[0] == pd.Timestamp("2020-04-19")
    assert any("2020-04-07..2020-04-20 is cut to 2020-04-07..2020-04-19" in note for note in late.notes)
    table = sensitivity_to_date(claims, sample, dates=["2020-04-06", "2020-04-20"])
    assert table["2020-04-06"].tolist() == [f"{moved['verdict']} (simulated)"]
    assert table["2020-04-20"].tolist() == late.summary()["verdict"].tolist()


def test_windows_the_data_do_not_know_cannot_be_told(sample, tmp_path):
    claims = read(tmp_path, HEAD + CLAIM)
    for as_of, why in (
        ("2020-03-01", "begins after the data end (as of 2020-03-01)"),
        ("2020-04-05", "the data know 6 of the 14 days"),
    ):
        row = verdicts(claims, sample, as_of=as_of).frame.iloc[0]
        assert (row["verdict"], row["test"]) == ("cannot be told", "not tested")
        assert why in row["reason"]
    with pytest.raises(OptionError, match="later than that of the incidents"):
        verdicts(claims, sample, as_of="2020-05-01")


def test_too_little_history_is_a_reason_not_an_error(sample, tmp_path):
    claims = read(tmp_path, HEAD.replace("2020-04-13", "2018-03-04") + CLAIM)
    row = verdicts(claims, sample, as_of="2018-03-04").frame.iloc[0]
    assert row["verdict"] == "cannot be told"
    assert "9 weeks of history, 16 needed" in row["reason"]


# -- other data -------------------------------------------------------------------------------------------


def test_an_analysts_own_claims_on_their_own_places(tmp_path):
    days = len(pd.date_range("2018-12-01", DAY))
    up = np.where(np.arange(days) >= days - 14, 4.0, 1.0)
    incidents = read_incidents(events({"Eastmark": up, "Westmark": 1.0}), as_of=DAY)
    east, west = (
        CLAIM.replace('region_set = "all"', f'regions = ["{name}"]').replace('"mine"', f'"{name}"')
        for name in ("Eastmark", "Westmark")
    )
    abroad = ANYWHERE + 'country = "Nowhere"\n'
    table = verdicts(read(tmp_path, abroad + east + west), incidents, completeness=1.0)
    assert table["Eastmark"]["verdict"].tolist() == ["supported"]
    assert table["Westmark"]["verdict"].iloc[0] != "supported"
    assert not table.simulated
    assert not table.sentence().startswith("SIMULATED")
    missing = read(tmp_path, abroad + east.replace("Eastmark", "Eastmrk"))
    with pytest.raises(UptickError) as error:
        verdicts(missing, incidents)
    assert "claim 'Eastmrk'" in str(error.value)
    assert "Eastmark" in str(error.value)


def test_the_documents_example_is_read_and_answered(project, tmp_path, sample):
    text = (project / "docs" / "claims.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, flags=re.S)[1]
    table = verdicts(read(tmp_path, example), sample, as_of=DAY)
    assert table.frame["claim"].tolist() == ["more-in-diyala", "more-in-diyala", "since-spring", "because"]
    assert (table.frame["test"] != "not tested").all()
    assert table["because"]["verdict"].tolist() == ["cannot be told"]
    for kind in KINDS:
        assert f"| `{kind}` |" in text


def test_deadly_events_only_say_little_about_activity(tmp_path):
    incidents = read_incidents(events({"Kirkuk": 5.0}, fatalities=2), as_of=DAY)
    assert holds_only_deadly(incidents)
    rules = [
        CLAIM.replace('"mine"', f'"{name}"') + line
        for name, line in (
            ("none", ""),
            ("deadly", 'lethal_rule = "deadly only"\n'),
            ("enough", 'lethal_rule = "enough"\n'),
            ("goes-on", 'lethal_rule = "enough"\n'),
        )
    ]
    rules[3] = rules[3].replace('"recent"', '"persistence"').replace('"greater"', '"either"')
    rules[3] = rules[3].replace("first = -13", "first = -400")
    table = verdicts(read(tmp_path, HEAD + "".join(rules)), incidents, completeness=1.0)
    by_claim = table.frame.set_index("claim")
    assert by_claim["verdict"].tolist() == ["cannot be told"] * 3 + ["supported"]
    assert np.isnan(by_claim.loc["none", "estimate"])
    assert not np.isnan(by_claim.loc["deadly", "estimate"])
    assert "For deadly incidents alone: not supported" in by_claim.loc["deadly", "reason"]
    assert table.lethal_only
    # Stated otherwise by the analyst, the same file is taken at its word.
    told = verdicts(read(tmp_path, HEAD + rules[0]), incidents, completeness=1.0, lethal_only=False)
    assert told.frame["verdict"].tolist() == ["not supported"]


@pytest.mark.slow
def test_the_article_put_to_ucdp_can_hardly_be_told(shared_data):
    incidents = read_incidents(shared_data / "ucdp_ged_iraq_hdx.csv", as_of="2018-12-31")
    table = verdicts(read_claims(), incidents, article_date="2018-12-31", **FAST)
    rest = table.frame[table.frame["claim"] != "still-attacking"]
    assert set(rest["verdict"]) == {"cannot be told"}
    assert "deadly incidents only" in rest["reason"].iloc[0]
    assert "the data hold deadly incidents only" in table.notes


def test_attacks_that_stopped_did_not_go_on(tmp_path):
    rows = events({"Kirkuk": 1.0})
    rows = rows[(rows["date"] < "2019-06-01") | (rows["date"] > "2019-11-01")]
    text = CLAIM.replace('"recent"', '"persistence"').replace('"greater"', '"either"')
    claims = read(tmp_path, HEAD + text.replace("first = -13", "start = 2018-12-01"))
    incidents = read_incidents(rows, as_of=DAY)
    row = verdicts(claims, incidents).frame.iloc[0]
    assert row["verdict"] == "cannot be told", "the silence may be a gap in the data"
    assert "a gap in the data, or quiet?" in row["reason"]
    row = verdicts(claims, replace(incidents, gap_is_quiet=True)).frame.iloc[0]
    assert row["verdict"] == "not supported"
    assert row["estimate"] == (rows["date"].diff().dt.days.max() - 1)
    assert np.isnan(row["pvalue"])


def test_a_gap_is_neither_an_attack_nor_a_quiet_spell(tmp_path):
    rows = events({"Kirkuk": 1.0})
    quiet = rows[(rows["date"] < "2019-06-01") | (rows["date"] > "2019-11-01")]
    text = CLAIM.replace('"recent"', '"persistence"').replace('"greater"', '"either"')
    claims = read(tmp_path, HEAD + text.replace("first = -13", "start = 2018-12-01"))

    def verdict(incidents, gaps):
        return verdicts(claims, answered(incidents), no_coverage=gaps).frame["verdict"].iloc[0]

    def answered(table):
        return replace(read_incidents(table, as_of=DAY), gap_is_quiet=True)

    assert verdict(quiet, []) == "not supported"
    assert verdict(quiet, ["2019-07-01", "2019-08-20", "2019-10-05"]) == "cannot be told"
    stopped = rows[rows["date"] < "2019-11-01"]
    assert verdict(stopped, []) == "cannot be told", "reports may still come"
    assert verdict(stopped, [str(DAY)]) == "cannot be told", "also where only the last day is not covered"


def operations(effect):
    """Make three years of attacks that become `effect` times as many for a fortnight after an operation."""
    days = pd.date_range("2017-04-01", DAY)
    rng = np.random.default_rng(11)
    operation = np.zeros(len(days), bool)
    operation[100::33] = True
    rate = np.full(len(days), 1.5)
    for at in np.flatnonzero(operation):
        rate[at + 1 : at + 15] *= effect
    attacks = pd.DataFrame({"date": days.repeat(rng.poisson(rate)), "activity": "attack"})
    operations = pd.DataFrame({"date": days[operation], "activity": "operation"})
    return pd.concat([attacks, operations]).assign(province="Kirkuk", fatalities=0)


@pytest.mark.parametrize(
    ("effect", "direction", "expected"),
    [
        (1.0, "not less", "supported"),
        (0.2, "not less", "not supported"),
        (0.2, "less", "supported"),
        (1.0, "greater", "not supported"),
    ],
)
def test_no_fewer_attacks_after_operations(tmp_path, effect, direction, expected):
    rows = operations(effect)
    text = CLAIM.replace('"recent"', '"response"').replace('"greater"', f'"{direction}"')
    text = text.replace("first = -13", "start = 2017-04-01").replace('_set = "all"', 's = ["Kirkuk"]')
    row = verdicts(read(tmp_path, HEAD + text), read_incidents(rows, as_of=DAY)).frame.iloc[0]
    assert row["verdict"] == expected
    assert np.isnan(row["pvalue"]) == (direction == "not less")
    assert ("that incidents become fewer has p" in row["reason"]) == (direction == "not less")
    assert (row["pvalue"] < 0.05) == (direction == "less")


def test_a_claim_that_rests_on_the_season_says_what_the_mean_would_give(tmp_path):
    days = pd.date_range("2016-01-04", DAY)
    season = 2 * (1 + 0.9 * np.cos(2 * np.pi * (days.day_of_year - 10) / 365.25))
    incidents = read_incidents(events({"Eastmark": season}, start="2016-01-04"), as_of=DAY)
    row = verdicts(read(tmp_path, ANYWHERE + CLAIM), incidents).frame.iloc[0]
    recent = incidents.frame["date_start"] > pd.Timestamp(DAY) - pd.Timedelta(days=14)
    asked = {"recent": 14, "confidence": 0.95}
    start = pd.Timestamp("2020-03-31") - pd.Timedelta(days=_HISTORY)
    whole = count_incidents(incidents, freq="day", by=None, start=start)
    constant, expected = (
        uptick_test(whole, null=null, **asked).frame.iloc[0]["pvalue"] for null in ("constant", "expected")
    )
    assert row["pvalue"] == expected != constant
    assert f"{int(recent.sum())} where " in row["reason"]
    assert row["reason"].endswith(f"; against the baseline's mean {p_words(constant)}")


def test_a_supported_claim_may_need_no_reason(tmp_path):
    # 27 weeks before the date are enough for the test, and for no earlier date to compare it with.
    days = pd.date_range("2019-06-03", DAY)
    rate = np.where(days >= pd.Timestamp(DAY) - pd.Timedelta(days=126), 6.0, 1.0)
    incidents = read_incidents(events({"Eastmark": rate}, start="2019-06-03"), as_of=DAY)
    text = CLAIM.replace('"recent"', '"change"').replace("first = -13", "first = -126")
    table = verdicts(read(tmp_path, ANYWHERE + text), incidents, completeness=1.0)
    row = table.frame.iloc[0]
    assert (row["verdict"], row["reason"]) == ("supported", "")
    (line,) = table.describe("mine")
    assert line.startswith("mine: attacks, 2019-12-09..2020-04-13: supported; ratio of the weekly level ")
    assert "; ; " not in line


UNCOVERED = {
    "day": ("first = 0", "\ncount = 3\npicked = 7", [DAY], "the day has no coverage; taken as the largest"),
    "concentration": (
        "first = -13", "", ["2020-03-31..2020-04-13"], "more than half of the recent window has no coverage",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNCOVERED)
def test_what_is_not_covered_has_no_number_beside_its_reason(kind, tmp_path):
    first, more, gaps, said = UNCOVERED[kind]
    incidents = read_incidents(events({"Kirkuk": 1.0, "Diyala": 1.0}), as_of=DAY)
    text = CLAIM.replace('"recent"', f'"{kind}"').replace('region_set = "all"', 'regions = ["Kirkuk"]')
    text = text.replace("first = -13", first).replace('= "greater"', f'= "greater"{more}')
    row = verdicts(read(tmp_path, HEAD + text), incidents, no_coverage=gaps).frame.iloc[0]
    assert row["verdict"] == "cannot be told"
    assert row["reason"].startswith(said)
    assert "the data hold" not in row["reason"]
    assert "lie there" not in row["reason"]
    assert np.isnan(row["estimate"])


def test_a_source_that_does_not_code_it_cannot_tell(tmp_path):
    incidents = read_incidents(events({"Kirkuk": 1.0}, activity="other"), as_of=DAY)
    row = verdicts(read(tmp_path, HEAD + CLAIM), incidents).frame.iloc[0]
    assert row["verdict"] == "cannot be told"
    assert row["reason"] == "no incident in the data is coded as attack"


def test_days_after_the_last_incident_raise_a_question(tmp_path):
    rows = events({"Kirkuk": 1.0})
    incidents = read_incidents(rows[rows["date"] < "2020-01-01"], as_of=DAY)
    notes = verdicts(read(tmp_path, HEAD + CLAIM), incidents).notes
    assert any("give an earlier as_of" in note for note in notes)
    with pytest.raises(OptionError, match="as_of is not stated"):
        verdicts(read(tmp_path, HEAD + CLAIM), read_incidents(rows))


# -- windows that the data do not know -----------------------------------------------------------------------

FAR = {
    "ends before the data": ("recent", "{ first = -600, last = -590 }"),
    "begins before the data": ("change", "{ start = 2018-01-01, last = 0 }"),
    "begins before the data, by days": ("recent", "{ first = -140, last = 0 }"),
    "has no day before it": ("causal", "{ first = -130, last = 0 }"),
    "is a spell too short": ("persistence", "{ first = -30, last = 0 }"),
}


@pytest.mark.parametrize("case", FAR)
def test_a_window_that_the_data_do_not_know_cannot_be_told(case, tmp_path, snapshot):
    kind, window = FAR[case]
    text = CLAIM.replace('"recent"', f'"{kind}"').replace("{ first = -13, last = 0 }", window)
    text = text.replace('"greater"', '"either"') if kind == "persistence" else text
    incidents = read_incidents(events({"Eastmark": 1.0}, start="2019-12-02"), as_of=DAY)
    table = verdicts(read(tmp_path, ANYWHERE + text), incidents, **FAST)
    rows = table["mine"]
    assert rows["verdict"].tolist() == ["cannot be told"]
    assert rows["reason"].tolist() == snapshot
    assert table.describe("mine") == snapshot


def test_a_claim_of_a_place_where_nothing_lies_cannot_be_told(tmp_path):
    text = CLAIM.replace('region_set = "all"', 'regions = ["Eastmark"]')
    frame = events({"Eastmark": 1.0})
    frame = frame.assign(
        activity=["other"] + ["attack"] * (len(frame) - 1), province=["Eastmark"] + [""] * (len(frame) - 1)
    )
    incidents = read_incidents(frame, as_of=DAY)
    found = verdicts(read(tmp_path, ANYWHERE + text), incidents)["mine"]
    assert found["verdict"].tolist() == ["cannot be told"]
    assert "lies in a region of the claim" in found["reason"].iloc[0]


def test_data_drawn_later_and_cut_are_noted(tmp_path):
    frame = events({"Eastmark": 1.0})
    incidents = read_incidents(frame, as_of="2020-05-01")
    table = verdicts(read(tmp_path, ANYWHERE + CLAIM), incidents, as_of=DAY)
    assert any("the data were taken on 2020-05-01 and are cut at 2020-04-13" in note for note in table.notes)
