"""Fetching, against a server of our own that plays both services with their faults: none lost, none twice."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import io
import logging
import os
import random
import re
import subprocess
import sys
import tomllib
import traceback
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from fetch_server import (
    CANARY,
    EMAIL,
    PASSWORD,
    TOKEN,
    Server,
    World,
    acled_events,
    ucdp_events,
)

from analytics import fetch_acled, fetch_acled_deleted, fetch_ucdp, read_incidents
from analytics.errors import FetchError, OptionError, OutputError, UptickError
from analytics.fetch import common, connection, credentials, pages
from analytics.fetch.connection import LONGEST, check_base_url
from analytics.fetch.credentials import Secret, Wanted, find_credentials
from analytics.fetch.whole import Account

EVERY_FAULT = {
    1: [429, 500, "cut"],
    2: ["malformed"],
    3: ["repeated"],
    5: ["cut packed", 503],
    6: ["packed oddly"],
    9: [429],
}


class NoKeyring(keyring.backend.KeyringBackend):
    """A keyring that holds what a test puts in, and nothing at first."""

    priority = 1

    def __init__(self, held=None, broken=False):
        super().__init__()
        self.held, self.broken = held or {}, broken

    def get_password(self, service, username):
        if self.broken:
            raise keyring.errors.KeyringLocked(f"locked, {CANARY}")
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self.held[service, username] = password


@pytest.fixture(autouse=True)
def around(monkeypatch, tmp_path):
    """Credentials in the environment, no keyring, an empty folder, and no sleep; return the waits."""
    for name, value in (("UCDP_ACCESS_TOKEN", TOKEN), ("ACLED_EMAIL", EMAIL), ("ACLED_PASSWORD", PASSWORD)):
        monkeypatch.setenv(name, value)
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    waits = []
    monkeypatch.setattr(connection, "Waiting", partial(connection.Waiting, pause=0.25, sleep=waits.append))
    monkeypatch.chdir(tmp_path)
    yield waits
    keyring.set_keyring(before)


@pytest.fixture(scope="module")
def server():
    with Server(World()) as running:
        yield running


@pytest.fixture
def world(server):
    server.world = World(ucdp=ucdp_events(60), acled=acled_events(60))
    return server.world


@pytest.fixture
def ucdp(server):
    return partial(
        fetch_ucdp, "out.csv", release="25.1", country="Iraq", page_size=10, base_url=f"{server.url}/api"
    )


@pytest.fixture
def acled(server):
    return partial(fetch_acled, "out.csv", country="Iraq", page_size=10, base_url=server.url)


def written(path="out.csv"):
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def as_text(row):
    """A row as the file has it: true is 1, what is missing is blank."""
    return {n: "" if v is None else str(int(v)) if isinstance(v, bool) else str(v) for n, v in row.items()}


def meta(path="out.meta.toml"):
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def requests(world, what="/api/"):
    return [path for _, path in world.seen if what in path]


# -- none lost, none twice --------------------------------------------------------------------------------


def test_ucdp_with_every_fault(server, ucdp, around):
    server.world = World(ucdp=ucdp_events(2000), faults={p: list(f) for p, f in EVERY_FAULT.items()})
    told = []
    path = ucdp(page_size=200, progress=lambda *step: told.append(step))
    assert written() == [as_text(row) for row in server.world.ucdp]
    assert not any(server.world.faults.values())
    assert around.count(7.0) == 2  # Retry-After, twice
    assert len(requests(server.world)) == 10 + sum(map(len, EVERY_FAULT.values()))
    assert [path] == [Path("out.csv")]
    assert sorted(p.name for p in Path().iterdir()) == ["out.csv", "out.meta.toml"]
    assert (told[0][0], told[-1][:2]) == (0, (1800, 2000))
    incidents = read_incidents(path)
    assert (incidents.source, incidents.accounting.kept, incidents.accounting.rows_read) == (
        "ucdp",
        2000,
        2000,
    )
    assert incidents.title == "UCDP, Iraq 25.1"
    assert str(incidents.extracted) == str(meta()["extracted"])
    assert any("CC BY 4.0" in note for note in incidents.notes)


def test_acled_with_every_fault(server, acled):
    server.world = World(acled=acled_events(2000), faults={p: list(f) for p, f in EVERY_FAULT.items()})
    server.world.faults[4] = ["expired", 500]
    server.world.packs = True
    incidents = read_incidents(acled(page_size=200, start="2023-01-01", end="2024-12-31"))
    assert written() == [as_text(row) for row in server.world.acled]
    assert not any(server.world.faults.values())
    assert server.world.grants == ["password", "refresh_token"]
    assert (incidents.source, incidents.accounting.kept, len(incidents)) == ("acled", 2000, 2000)
    assert any("must not be passed on" in note for note in incidents.notes)


def test_a_log_in_that_cannot_be_renewed_is_made_anew(world, acled):
    world.refreshes, world.faults = False, {2: ["expired"]}
    acled()
    assert world.grants == ["password", "refresh_token", "password"]
    assert len(written()) == 60


class Killed(BaseException):
    """What no code of the project catches."""


@pytest.mark.parametrize(("service", "every"), [("ucdp", 1), ("acled", 5)])
def test_a_kill_at_any_moment_loses_nothing(service, every, world, request, monkeypatch):
    fetch = partial(request.getfixturevalue(service), page_size=25)
    fetch()
    whole = {name: Path(name).read_bytes() for name in ("out.csv", "out.meta.toml")}
    moments, left = [], [10**6]

    def killing(real):
        def call(*args, **kwargs):
            moments.append(real.__name__)
            value = real(*args, **kwargs)
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return value

        return call

    for place, name in ((os, "fsync"), (Path, "replace"), (pages.shutil, "rmtree")):
        monkeypatch.setattr(place, name, killing(getattr(place, name)))
    fetch(replace=True)
    there = list(moments)
    assert {"fsync", "replace", "rmtree"} <= set(there)
    for moment in range(1, len(there) + 1, every):
        for path in whole:
            Path(path).unlink()
        left[0], world.seen = moment, []
        with pytest.raises(Killed):
            fetch()
        assert not Path("out.csv").exists() or Path("out.csv").read_bytes() == whole["out.csv"]
        assert CANARY not in everything_in(Path())
        kept = len(list(Path().glob("out.csv.part/part-*/page-*.jsonl")))
        left[0], world.seen = 10**6, []
        fetch(replace=True)
        assert {name: Path(name).read_bytes() for name in whole} == whole, there[moment - 1]
        assert len(requests(world)) == 3 - kept  # a page that is there is not asked for again


def everything_in(folder):
    return "".join(
        f"{p} " + (p.read_text(encoding="utf-8", errors="replace") if p.is_file() else "")
        for p in folder.rglob("*")
    )


def test_pages_that_are_there_are_not_asked_for_again(world, ucdp):
    world.faults = {4: [404]}
    with pytest.raises(FetchError):
        ucdp()
    assert len(list(Path("out.csv.part").glob("part-*/page-*"))) == 4
    world.seen = []
    ucdp()
    assert [re.search(r"page=(\d)", path)[1] for path in requests(world)] == ["4", "5"]
    assert len(written()) == 60


def test_pages_of_another_query_are_not_mixed_in(world, ucdp, snapshot):
    world.faults = {1: [404]}
    with pytest.raises(FetchError):
        ucdp()
    with pytest.raises(OutputError) as error:
        ucdp(start="2023-01-05")
    assert str(error.value).replace(str(Path.cwd()), "HERE") == snapshot
    ucdp(start="2023-01-05", restart=True)
    assert len(written()) == 56


def test_pages_that_are_too_old_are_fetched_again(world, ucdp):
    world.faults = {1: [404]}
    with pytest.raises(FetchError):
        ucdp()
    (first,) = Path("out.csv.part").glob("part-*/page-*")
    first.write_text(re.sub(r'"on": "[^"]*"', '"on": "2020-01-01"', first.read_text()))
    world.seen = []
    ucdp()
    assert len(requests(world)) == 6
    assert meta()["notes"] == ["pages of an attempt of 2020-01-01 were too old and fetched again"]


def test_two_at_once_are_told_apart(world, ucdp):
    def second(world, page):
        world.on_page = None
        with pytest.raises(OutputError, match="another process is fetching"):
            pages.Folder(Path("out.csv"), {}, restart=False)

    world.on_page = second
    ucdp()
    assert len(written()) == 60


# -- what changes while it is fetched ---------------------------------------------------------------------


def grow(world, page):
    """Put an event before all others when the third page is asked for: every later row moves on by one."""
    if page == 2 and world.ucdp[0]["id"] != 999:
        world.ucdp.insert(0, {**world.ucdp[0], "id": 999})


def test_a_total_that_changes_is_fetched_until_it_adds_up(world, ucdp):
    world.on_page = grow
    ucdp()
    assert written() == [as_text(row) for row in world.ucdp]
    assert len(written()) == 61
    assert meta()["notes"] == ["Iraq 25.1: fetched 2 times over, until it added up"]
    assert meta()["account"] == "rows received 61 = written 61 + repeated 0"


def test_an_event_added_at_the_end_needs_no_second_pass(world, ucdp):
    def add(world, page):
        if page == 2 and len(world.ucdp) == 60:
            world.ucdp.append({**world.ucdp[0], "id": 999})

    world.on_page = add
    ucdp()
    assert len(written()) == len(requests(world)) + 54 == 61
    assert meta()["notes"] == ["Iraq 25.1: the total changed while fetching, from 60 to 61"]


def test_an_event_revised_while_fetching_is_written_in_its_last_state(world, acled):
    def revise(world, page):
        if page == 1:
            world.acled.insert(10, {**world.acled[9], "fatalities": "77"})

    world.on_page, world.total = revise, 60
    acled()
    rows = written()
    assert len(rows) == len({row["event_id_cnty"] for row in rows}) == 60
    assert sum(row["fatalities"] == "77" for row in rows) == 1
    assert meta()["account"] == "rows received 61 = written 60 + repeated 0 + revised while fetching 1"


def test_fewer_events_than_the_service_tells_of_are_taken_only_when_asked_to(world, ucdp, snapshot):
    world.total = 63
    with pytest.raises(FetchError) as error:
        ucdp()
    assert shown(error.value) == snapshot
    assert not Path("out.csv").exists()
    ucdp(incomplete=True)
    assert len(written()) == 60
    assert meta()["notes"] == ["Iraq 25.1: UCDP tells of 63 events and gives 60, the same in two passes"]
    assert any("the same in two passes" in note for note in read_incidents("out.csv").notes)


def test_more_events_than_the_service_tells_of_are_noted(world, ucdp):
    world.total = 59
    ucdp()
    assert len(written()) == 60
    assert meta()["notes"] == ["Iraq 25.1: UCDP tells of 59 events and gives 60, the same in two passes"]


def test_what_never_stands_still_is_refused(world, ucdp, snapshot):
    world.total = 63
    world.on_page = lambda world, page: world.ucdp[3].update(best=random.random())
    with pytest.raises(FetchError) as error:
        ucdp()
    assert shown(error.value) == snapshot
    assert not Path("out.csv").exists()


def test_without_a_total_pages_end_where_they_are_empty(world, acled):
    world.tells_total = False
    acled()
    assert len(written()) == 60
    assert len(requests(world, "/api/acled")) == 7
    assert meta()["notes"] == ["Iraq: ACLED told no total to compare with"]


@pytest.mark.parametrize("service", ["ucdp", "acled"])
def test_a_page_that_is_repeated_for_ever_is_no_end(service, world, request):
    world.faults = {3: ["repeated"] * 40}
    with pytest.raises(FetchError, match="tells of 60 events and gives"):
        request.getfixturevalue(service)()
    assert not Path("out.csv").exists()


def test_a_service_without_a_total_that_repeats_its_last_page_has_no_more(world, acled):
    world.tells_total, world.faults = False, {6: ["repeated"] * 6}
    acled()
    assert len(written()) == 60


def test_rows_repeated_on_the_next_page_are_written_once(world, ucdp):
    world.ucdp.insert(10, dict(world.ucdp[9]))
    world.total = 60
    ucdp()
    assert written() == [as_text(row) for row in world.ucdp[:10] + world.ucdp[11:]]
    assert meta()["account"] == "rows received 61 = written 60 + repeated 1"


def test_a_column_that_is_added_is_written_and_noted(world, ucdp):
    for row in world.ucdp[30:]:
        row["new_column"] = "here"
    ucdp()
    assert [row["new_column"] for row in written()] == [""] * 30 + ["here"] * 30
    assert meta()["notes"] == ["columns that only some pages have: new_column; blank elsewhere"]
    assert len(read_incidents("out.csv")) == 60


def test_a_column_that_is_renamed_stops_it(world, acled, ucdp, snapshot):
    for row in world.ucdp[30:]:
        row["fatalities_best"] = row.pop("best")
    with pytest.raises(FetchError) as error:
        ucdp()
    assert shown(error.value) == snapshot
    world.acled[5]["event_id_cnty"] = ""
    with pytest.raises(FetchError, match="a row without event_id_cnty"):
        acled(output="other.csv") if False else fetch_acled(
            "b.csv", page_size=10, base_url=acled.keywords["base_url"]
        )
    assert not list(Path().glob("*.csv"))


def test_the_account_cannot_lose_a_row():
    with pytest.raises(ValueError, match="rows are lost"):
        Account(10, 8, 1)


# -- several parts ----------------------------------------------------------------------------------------


def test_releases_and_countries_are_fetched_one_by_one(world, server):
    world.ucdp += ucdp_events(5, country="Nigeria", country_id=475, first=500)
    fetch_ucdp(
        "out.csv",
        release="25.1, 26.0.8",
        country=["Iraq", 475],
        end="2023-01-31",
        base_url=f"{server.url}/api",
    )
    # The releases hold the same rows here: alike rows are written once.
    assert [row["country"] for row in written()] == ["Iraq"] * 31 + ["Nigeria"] * 5
    assert meta()["account"] == "rows received 72 = written 36 + repeated 36"
    assert meta()["title"] == "UCDP, Iraq 25.1, country 475 25.1, Iraq 26.0.8, country 475 26.0.8"


def test_a_later_release_counts_in_place_of_an_earlier_one(world, server):
    def revise(world, page):
        if "/26.0.8" in world.seen[-1][1]:
            world.ucdp[0]["best"] = 99

    world.on_page = revise
    incidents = read_incidents(
        fetch_ucdp("out.csv", release=["25.1", "26.0.8"], base_url=f"{server.url}/api")
    )
    assert (incidents.accounting.rows_read, incidents.accounting.superseded) == (61, 1)
    assert incidents.frame.set_index("incident_id").loc["1", "fatalities"] == 99


def test_a_country_without_events_among_several_is_noted(world, server):
    fetch_acled("out.csv", country="Iraq, Iraaq", base_url=server.url)
    assert meta()["notes"] == ["Iraaq: no event"]
    assert [path.count("limit=5000") for path in requests(world, "/api/")] == [1, 1]


def test_rows_that_were_not_asked_for_are_kept_and_noted(world, server, monkeypatch):
    monkeypatch.setattr("fetch_server.asked_for", lambda row, query: True)
    world.ucdp += ucdp_events(2, country="Nigeria", country_id=475, first=500)
    del world.ucdp[40]["country_id"]
    fetch_ucdp("out.csv", release="25.1", country="Iraq", start="2023-01-11", base_url=f"{server.url}/api")
    assert (len(written()), meta()["notes"]) == (
        62,
        ["12 rows outside the days or countries asked for, as UCDP gave them"],
    )
    world.acled[3]["country"] = "Red Sea"
    fetch_acled("a.csv", country="Iraq", end="2023-02-28", base_url=server.url)
    assert (len(written("a.csv")), meta("a.meta.toml")["notes"]) == (
        60,
        ["2 rows outside the days or countries asked for, as ACLED gave them"],
    )


# -- deleted events, changes since --------------------------------------------------------------------------


def test_deleted_events(world, server):
    world.deleted = [
        {"event_id_cnty": f"IRQ{n}", "deleted_timestamp": str(1_700_000_000 + n)} for n in range(25)
    ]
    fetch_acled_deleted("gone.csv", since="2023-11-01", page_size=10, base_url=server.url)
    assert [row["event_id_cnty"] for row in written("gone.csv")] == [f"IRQ{n}" for n in range(25)]
    assert "deleted_timestamp=1698796800&deleted_timestamp_where=%3E%3D" in requests(world, "deleted")[0]
    world.deleted = []
    fetch_acled_deleted("gone.csv", since="2023-11-01", base_url=server.url, replace=True)
    assert Path("gone.csv").read_text() == "event_id_cnty,deleted_timestamp\n"


def test_only_what_changed_since(world, acled):
    acled(changed_since="2024-01-01")
    assert "timestamp=1704067200&timestamp_where=%3E%3D" in requests(world)[0]


# -- refusals, in an analyst's words ------------------------------------------------------------------------


def shown(error):
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", str(error).replace(str(Path.cwd()), "HERE"))


def no_access(world):
    world.may_read = "empty"


def forbidden(world):
    world.may_read = "forbidden"


def forbidden_in_words(world):
    world.may_read = "said"


def nothing_matches(world):
    world.acled = acled_events(5, country="Syria")


def wrong_password(world):
    os.environ["ACLED_PASSWORD"] = f"{CANARY} wrong"


def gate(world):
    world.log_in = 403


def no_token(world):
    world.tokens = False


def never_accepted(world):
    world.accepts = False


def moved(world):
    world.faults = {0: [404] * 30}


def never(fault):
    return lambda world: world.faults.update({0: [fault] * 30})


ACLED_REFUSALS = [no_access, forbidden, forbidden_in_words, nothing_matches, wrong_password, gate]
ACLED_REFUSALS += [no_token, never_accepted, moved]


@pytest.mark.parametrize("refusal", ACLED_REFUSALS, ids=lambda f: f.__name__)
def test_what_acled_refuses(refusal, world, acled, monkeypatch, snapshot, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    refusal(world)
    error = failure(acled)
    assert shown(error) == snapshot
    assert not list(Path().glob("*.csv"))
    check_no_canary([error], caplog, capfd)


def wrong_token(world):
    os.environ["UCDP_ACCESS_TOKEN"] = f"{CANARY}-wrong"


def no_release(world):
    world.releases = ()


def other_host(world):
    world.next_page = "http://elsewhere.example/api/gedevents/{release}?{rest}&page={page}"


def other_place(world):
    world.next_page = "{host}/steal/gedevents?page={page}"


def no_next(world):
    world.names_next = False


def loop(world):
    world.next_page = "{host}/api/gedevents/{release}?{rest}"


def token_in_address(world):
    world.next_page = "{host}/api/gedevents/{release}?{rest}&page={page}&token=" + TOKEN


def come_back_tomorrow(world):
    world.faults, world.retry_after = {0: [429]}, str(int(LONGEST) + 80000)


def none(world):
    world.ucdp = []


def over_quota(world):
    world.pages = 5001


UCDP_REFUSALS = {
    "wrong token": wrong_token,
    "no release": no_release,
    "other host": other_host,
    "other place": other_place,
    "loop": loop,
    "no next": no_next,
    "token in address": token_in_address,
    "come back tomorrow": come_back_tomorrow,
    "none": none,
    "over the quota": over_quota,
    "redirect": never("redirect"),
    "bad request": never(400),
    "down": never(500),
    "never whole": never("cut"),
    "never json": never("malformed"),
    "a gate's page": never("page"),
    "bomb": never("bomb"),
    "teapot": never(418),
}


@pytest.mark.parametrize("case", UCDP_REFUSALS)
def test_what_ucdp_refuses_and_what_is_not_followed(case, world, ucdp, monkeypatch, snapshot, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(connection, "LARGEST", 2**20)
    UCDP_REFUSALS[case](world)
    error = failure(ucdp)
    assert shown(error) == snapshot
    assert not list(Path().glob("*.csv"))
    check_no_canary([error], caplog, capfd)


def test_a_fetch_that_gets_nothing_leaves_no_folders_behind(world, server):
    Path("there").mkdir()
    fetch = partial(fetch_ucdp, release="25.1", country="Iraq", page_size=10, base_url=f"{server.url}/api")
    UCDP_REFUSALS["redirect"](world)
    failure(partial(fetch, "there/new/deeper/out.csv"))
    assert sorted(Path().rglob("*")) == [Path("there")]
    world.faults = {}
    fetch("there/new/deeper/out.csv")
    assert Path("there/new/deeper/out.csv").is_file()


def test_a_certificate_that_is_not_trusted_is_no_fault_to_wait_for(
    world, ucdp, monkeypatch, around, snapshot
):
    failed = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"

    def send(*args, **kwargs):
        raise connection.httpx.ConnectError(failed)

    monkeypatch.setattr(connection.httpx.Client, "send", send)
    error = failure(ucdp)
    assert shown(error) == snapshot
    assert (around, requests(world), error.__context__) == ([], [], None)


def test_waits_grow_and_are_told(world, ucdp, around):
    world.faults = {0: [500, 500, 429, 500]}
    world.retry_after = "not a time"
    told = []
    ucdp(progress=lambda done, total, what: told.append(what))
    waited = [seconds for seconds in around if seconds != 0.25]
    assert waited == pytest.approx([2, 4, 8, 16], rel=0.2001)  # a fifth by chance
    assert sum(what.endswith(" s for UCDP") for what in told) == 4


def test_a_400_amid_pages_is_taken_for_haste(world, ucdp, around):
    world.faults = {3: [400, 400]}
    ucdp()
    assert around.count(30.0) == 2
    assert len(written()) == 60


def test_retry_after_may_be_a_date():
    at = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    assert 80 < connection._seconds(format_datetime(at, usegmt=True)) <= 90
    assert connection._seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert connection._seconds(None) is None


def test_proxies_of_the_environment_are_not_used(world, ucdp, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    ucdp()
    assert len(written()) == 60


def test_a_proxy_is_used_where_it_is_given(server, world, ucdp):
    # The server stands in for a proxy: it is asked for the whole address of a place that does not exist.
    with pytest.raises(FetchError, match="did not give the next page"):
        ucdp(proxy="http://127.0.0.1:9")
    with pytest.raises(OptionError, match="proxy is not usable"):
        ucdp(proxy=f"http://me:{CANARY}@proxy.example:3128")


def test_a_proxy_that_is_no_address_is_refused(ucdp, snapshot):
    with pytest.raises(OptionError) as error:
        ucdp(proxy="no proxy:x")
    assert str(error.value) == snapshot


def test_a_full_disk_keeps_the_pages_that_were_written(world, ucdp, monkeypatch, snapshot):
    write = pages.write_whole

    def full(path, text):
        if "page-000002" in path.name:
            raise OSError(28, "No space left on device")
        write(path, text)

    monkeypatch.setattr(pages, "write_whole", full)
    with pytest.raises(OutputError) as error:
        ucdp()
    assert shown(error.value) == snapshot
    assert not Path("out.csv").exists()
    monkeypatch.setattr(pages, "write_whole", write)
    before = len(requests(world))
    ucdp()
    assert len(written()) == 60
    assert len(requests(world)) - before == 5  # the first of six is there


@pytest.mark.parametrize(
    "url",
    [
        "http://ucdpapi.pcr.uu.se/api",
        "ftp://x.example",
        "nothing",
        "https://me:secret@x.example",
        "https://x.example?k=1",
    ],
)
def test_addresses_that_are_not_used(url, snapshot):
    with pytest.raises(OptionError) as error:
        check_base_url(url)
    assert str(error.value) == snapshot
    assert "secret" not in str(error.value)


def test_next_pages_are_below_the_address():
    service = connection.Connection("UCDP", "https://ucdp.example/api")
    for url in ("https://ucdp.example/api/x?page=1", "http://UCDP.example:80/api/x?page=1", "/api/x?page=1"):
        assert service.below(url) == "https://ucdp.example/api/x?page=1"
    elsewhere = (
        "https://ucdp.example:8443/api/x",
        "https://ucdp.example/apix",
        "/api/../y",
        "//evil.example/api",
        "https://ucdp.example@evil.example/api/x",
        "https://[::1",
        "ftp://evil.example/api/x",
        "https://ucdp.example/api/x y",
        "https://ucdp.example/api/\u202ex",
        "https://ucdp.example/api/" + "x" * 9000,
    )
    for url in elsewhere:
        with pytest.raises(FetchError):
            service.below(url)
    service.close()


def test_addresses_on_this_machine_need_no_https():
    for url in (
        "http://localhost:80",
        "http://127.0.0.1/api",
        "http://[::1]:8080/api",
        "https://x.example/a",
    ):
        assert check_base_url(url) == url


# -- credentials --------------------------------------------------------------------------------------------


WANTED = Wanted("token", "UCDP_ACCESS_TOKEN", "the token", token=True)


def test_credentials_come_from_environment_then_keyring_then_prompt(monkeypatch):
    def found():
        return find_credentials("ucdp", [WANTED], how_to_get="", ask=lambda one: "asked")["token"].reveal()

    keyring.set_keyring(NoKeyring({("uptick-ucdp", "token"): "ring"}))
    assert found() == TOKEN
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", " ")
    assert found() == "ring"
    keyring.set_keyring(NoKeyring(broken=True))
    assert found() == "asked"


def test_the_prompt_is_a_terminals_and_shows_nothing(monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked = []
    monkeypatch.setattr(credentials.getpass, "getpass", lambda text: asked.append(text) or "typed")
    assert credentials._ask(WANTED) == "typed"
    assert asked == ["the token (not shown): "]
    monkeypatch.setattr(credentials.getpass, "getpass", lambda text: (_ for _ in ()).throw(EOFError))
    assert credentials._ask(WANTED) == ""


def test_a_credential_that_is_nowhere_or_cannot_be_one(ucdp, world, monkeypatch, snapshot):
    monkeypatch.setattr(credentials, "_ask", lambda one: "")
    said = []
    for value in ("", f"{CANARY} with\tblanks", f"{CANARY}…"):
        monkeypatch.setenv("UCDP_ACCESS_TOKEN", value)
        with pytest.raises(OptionError) as error:
            ucdp()
        said.append(str(error.value))
    assert said == snapshot
    assert CANARY not in "".join(said)
    assert not requests(world)


def test_an_attempt_that_got_no_page_leaves_nothing_to_go_on_from(ucdp, world, monkeypatch):
    monkeypatch.setattr(credentials, "_ask", lambda one: "")
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", "")
    before = sorted(Path().iterdir())
    with pytest.raises(OptionError, match="the access token of UCDP is not known"):
        ucdp()
    assert sorted(Path().iterdir()) == before
    monkeypatch.setenv("UCDP_ACCESS_TOKEN", TOKEN)
    ucdp(start="2023-01-05")
    assert len(written()) == 56


def test_a_secret_is_shown_nowhere():
    import copy
    import pickle

    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]} {vars(type(secret))}"
    for tried in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="written nowhere"):
            tried(secret)


def frames_of(error):
    """All that a traceback can show of an error and of those it came from, local values included."""
    text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    inner = [one for one in (error.__cause__, error.__context__) if one is not None]
    return text + "".join(map(frames_of, inner)) + repr(error) + str(error)


def check_no_canary(errors, caplog, capfd):
    """Assert that credentials are in no log, error, traceback, file or terminal, however loud it is."""
    out = "".join(frames_of(error) for error in errors)
    # The tests' own frames hold what they put in the environment.
    out = "\n".join(line for line in out.splitlines() if "monkeypatch" not in line)
    assert "analytics/fetch/run.py" in out
    assert CANARY not in out
    assert CANARY not in "".join(capfd.readouterr())
    assert CANARY not in everything_in(Path())
    assert caplog.records  # those of the network's library
    assert CANARY not in "\n".join(f"{r.getMessage()} {r.args} {r.__dict__}" for r in caplog.records)


def test_the_canary_is_in_no_output_when_nobody_is_there(ucdp, acled, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    errors = [failure(partial(f, base_url="http://127.0.0.1:9")) for f in (acled, ucdp)]
    check_no_canary(errors, caplog, capfd)


def failure(fetch):
    try:
        fetch()
    except UptickError as error:
        return error
    raise AssertionError("it did not fail")


def test_the_canary_is_in_nothing_that_is_written_or_logged_when_all_goes_well(world, ucdp, acled, caplog):
    caplog.set_level(logging.DEBUG)
    world.faults = {1: [500, "cut"], 2: ["expired"]}
    acled()
    assert world.grants == ["password", "refresh_token"]
    world.faults = {1: [500, "cut"]}
    ucdp(replace=True)
    assert len(caplog.records) > 50  # those of the network's library
    assert CANARY not in caplog.text
    assert CANARY not in everything_in(Path())


# -- the file -----------------------------------------------------------------------------------------------


def test_a_file_that_is_there_is_not_replaced_unasked(world, ucdp, snapshot):
    Path("out.csv").write_text("mine")
    with pytest.raises(OutputError) as error:
        ucdp()
    assert shown(error.value) == snapshot
    assert (requests(world), Path("out.csv").read_text()) == ([], "mine")
    ucdp(replace=True)
    assert len(written()) == 60


def test_what_the_analyst_states_beside_it_is_kept(world, ucdp):
    ucdp()
    beside = Path("out.meta.toml")
    spell = "\n[[no_coverage]]\nstart = 2023-02-01\nend = 2023-02-03\n"
    beside.write_text(beside.read_text() + spell)
    world.ucdp += ucdp_events(1, first=900)
    ucdp(replace=True)
    assert (len(written()), beside.read_text().endswith(spell)) == (61, True)
    assert len(read_incidents("out.csv").no_coverage) == 1
    beside.write_text("title = 'mine'")
    with pytest.raises(OutputError, match="not from fetching"):
        ucdp(replace=True)


def test_notes_beside_a_file_are_texts(snapshot):
    Path("a.csv").write_text("date,province\n2020-04-13,Diyala\n")
    Path("a.meta.toml").write_text('notes = "one"')
    with pytest.raises(UptickError) as error:
        read_incidents("a.csv")
    assert str(error.value) == snapshot


def test_pages_of_several_days_are_said(world, ucdp):
    world.faults = {1: [404]}
    failure(ucdp)
    (first,) = Path("out.csv.part").glob("part-*/page-*")
    yesterday = str(dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1))
    first.write_text(re.sub(r'"on": "[^"]*"', f'"on": "{yesterday}"', first.read_text()))
    ucdp()
    assert str(meta()["extracted"]) == yesterday
    assert meta()["notes"][0].startswith(f"fetched on several days, {yesterday} to ")


def test_only_csv_files(world, ucdp, server):
    with pytest.raises(OutputError, match="is no CSV file"):
        fetch_ucdp("out.xlsx", release="25.1", base_url=f"{server.url}/api")


def test_text_of_all_kinds_comes_back_as_it_was(world, ucdp):
    odd = ["\ud800 half", "nul \x00 there", "carriage\r\nreturn", "tab\there", "😀", '"', "NA"]
    for row, text in zip(world.ucdp, odd, strict=False):
        row["where_coordinates"] = text
    ucdp()
    got = [row["where_coordinates"] for row in written()][: len(odd)]
    assert got == ["\\ud800 half", "nul [U+0000] there", *odd[2:]]
    assert len(read_incidents("out.csv")) == 60


# -- options and the command --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{"release": "25"}, {"release": ""}, {"country": "Atlantis"}, {"country": []}, {"page_size": 0},
     {"page_size": 1001}, {"start": "2024-01-02", "end": "2024-01-01"}, {"start": "soon"},
     {"replace": "yes"}],
    ids=str,
)  # fmt: skip
def test_options_that_are_not_usable(options, ucdp, world, snapshot):
    with pytest.raises(UptickError) as error:
        ucdp(**options)
    assert str(error.value) == snapshot
    assert not requests(world)


def test_without_the_extra_it_is_named(ucdp, monkeypatch, snapshot):
    monkeypatch.setattr("analytics.options.find_spec", lambda package: None)
    with pytest.raises(OptionError) as error:
        ucdp()
    assert str(error.value) == snapshot
    assert common  # the check that is tried


def loaded_with(module):
    """Names that a module of the room loads when it is imported, through others of the room too."""
    path = Path(common.__file__).parent / f"{module.rpartition('.')[2]}.py"
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:  # not those in functions or under an if
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return found.union(*(loaded_with(name) for name in found if name.startswith("analytics.fetch.")))


def test_nothing_of_the_network_is_loaded_before_it_is_used():
    code = (
        "import sys, analytics, analytics.fetch; from analytics.cli import main; main(['fetch', '--help']); "
        "print(sorted({'httpx', 'tenacity', 'keyring', 'ssl', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for module in ("ucdp", "acled"):
        assert "analytics.options" in loaded_with(module)
        assert not {"httpx", "tenacity", "keyring"} & loaded_with(module)
    assert {"httpx", "tenacity"} < loaded_with("run")


def test_the_command_fetches_and_says_what_it_got(run, world, server):
    address = f"{server.url}/api"
    words = (
        "fetch",
        "ucdp",
        "--release",
        "25.1",
        "--country",
        "645",
        "--page-size",
        "10",
        "--base-url",
        address,
    )
    code, out, err = run(*words, "-o", "out.csv")
    assert (code, out) == (0, "out.csv\n")
    assert "rows received 60 = written 60 + repeated 0" in err
    assert "licence: CC BY 4.0" in err
    assert CANARY not in out + err
    assert run("count", "out.csv", "--as-of", "2023-03-01", "--format", "csv")[0] == 0
    assert run(*words, "-o", "out.csv")[0] == 2
    assert run(*words, "-o", "out.csv", "--replace")[0] == 0
    world.deleted = [{"event_id_cnty": "IRQ1", "deleted_timestamp": "1700000000"}]
    assert (
        run("fetch", "acled", "--deleted-since", "2023-01-01", "--base-url", server.url, "-o", "gone.csv")[0]
        == 0
    )
    assert len(written("gone.csv")) == 1


@pytest.mark.parametrize(
    "words",
    ["", "ucpd", "ucdp", "ucdp -o x.csv", "acled --release 25.1 -o x.csv",
     "ucdp --changed-since 2024-01-01 -o x.csv",
     "acled --deleted-since 2024-01-01 --country Iraq -o x.csv"],
)  # fmt: skip
def test_a_command_that_cannot_be_carried_out(words, run, snapshot):
    code, out, err = run("fetch", *words.split())
    assert (code, out) == (2, "")
    assert err == snapshot


def test_the_command_shows_a_bar_on_a_terminal_only(run, world, server, monkeypatch):
    shown = io.StringIO()
    shown.isatty = lambda: True
    words = ("fetch", "acled", "--country", "Iraq", "--base-url", server.url, "-o")
    assert "\r" not in run(*words, "a.csv")[2]
    monkeypatch.setattr(sys, "stderr", shown)
    run(*words, "b.csv")
    assert "ACLED" in shown.getvalue()


def test_interrupted_it_says_how_to_go_on(run, world, server, monkeypatch):
    monkeypatch.setattr(
        "analytics.cli.fetch.fetch_acled", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    code, _, err = run("fetch", "acled", "-o", "a.csv")
    assert (code, err) == (130, "interrupted; the same command goes on where it ended\n")
