"""The store: what was known on any day, what each delivery changed, and that nothing is ever lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analytics import count_incidents, read_incidents
from analytics.bundled import bundled_path
from analytics.errors import InputError, OptionError, OutputError, UptickError
from analytics.store import Store, opening
from analytics.store.adding import places_of
from analytics.store.covers import read_covers
from analytics.store.opening import made_if_absent

DAYS = ("2019-11-03", "2019-11-10", "2019-11-17")


def table(**rows: tuple[str, str]) -> pd.DataFrame:
    """A table of incidents: identifier to day and province."""
    dates, places = zip(*rows.values(), strict=True)
    return pd.DataFrame({"id": list(rows), "date": dates, "province": places})


FIRST = table(a=("2020-04-06", "Diyala"), b=("2020-04-07", "Diyala"), c=("2020-04-09", "Kirkuk"))
SECOND = table(a=("2020-04-06", "Diyala"), d=("2020-04-08", "Kirkuk"), c=("2020-04-14", "Erbil"))


@pytest.fixture
def store(tmp_path):
    """A store with two deliveries: b is deleted, c moves, d is added."""
    made = Store(tmp_path / "incidents.store", wait=0.3)
    made.add(FIRST, on="2020-04-12")
    made.add(SECOND, on="2020-04-19", covers="all")
    return made


def ids(incidents):
    return incidents.frame["incident_id"].tolist()


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The sample as its file stood on some days: what had been reported by then."""
    folder = tmp_path_factory.mktemp("cut")
    sample = bundled_path("data/iraq_simulated.csv")
    whole = pd.read_csv(sample, dtype=str, keep_default_na=False)
    about = sample.with_suffix(".meta.toml").read_text(encoding="utf-8")
    files = {}
    for day in DAYS:
        files[day] = folder / f"cut_{day}.csv"
        whole[whole["reported_on"] <= day].to_csv(files[day], index=False)
        text = about.replace("extracted = 2020-04-19", f"extracted = {day}")
        files[day].with_suffix(".meta.toml").write_text(text, encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def sample_store(cut, tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("sample") / "sample.store")
    for file in cut.values():
        made.add(file)
    return made


# -- what was known when ---------------------------------------------------------------------------------


def test_each_day_has_what_was_known_then(store):
    assert ids(store.as_of("2020-04-12")) == ids(store.as_of("2020-04-18")) == ["a", "b", "c"]
    assert ids(store.as_of("2020-04-19")) == ["a", "d", "c"]
    assert ids(store.as_of("2020-04-12", known_on="2020-04-19")) == ["a", "d"]  # c happened later, as we know
    assert ids(store.as_of()) == ["a", "d", "c"]
    with pytest.raises(InputError, match=r"nothing of table was in the store by 2020-04-11[\s\S]*2020-04-12"):
        store.as_of("2020-04-11")


def test_days_after_the_last_delivery_have_no_coverage(store):
    counts = store.counts("2020-04-18", by=None, freq="day")
    assert counts.coverage[:, 0].tolist() == [True] * 7 + [False] * 6


def test_an_incident_is_reported_by_the_first_delivery_it_was_in(store):
    seen = store.first_seen().set_index("incident_id")
    assert seen["delivery"].to_dict() == {"a": 1, "c": 1, "d": 2}
    assert seen["first_seen"].isna().to_dict() == {"a": True, "c": True, "d": False}
    told = store.as_of("2020-04-15", known_on="2020-04-19", reported_on="first_seen")
    assert told.frame.set_index("incident_id")["reported_on"].dropna().to_dict() == {
        "d": pd.Timestamp("2020-04-19")
    }
    assert told.accounting.reported_later == 1


@pytest.mark.parametrize("day", DAYS)
def test_the_store_is_the_file_cut_at_that_day(sample_store, cut, day):
    known, file = sample_store.as_of(day), read_incidents(cut[day], as_of=day)
    for one, other in ((known.frame, file.frame), (known.extra, file.extra)):
        pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(known.quarantine, file.quarantine)
    assert str(known.accounting) == str(file.accounting)
    assert (known.notes, known.title, known.digest) == (file.notes, file.title, file.digest)
    assert (known.extracted, known.no_coverage) == (file.extracted, file.no_coverage)


@pytest.mark.parametrize("by", ["admin1", "admin2", None])
def test_counts_are_those_of_the_incidents(sample_store, by):
    fast = sample_store.counts("2019-11-10", by=by)
    slow = count_incidents(sample_store.as_of("2019-11-10"), by=by)
    np.testing.assert_array_equal(fast.values, slow.values)
    np.testing.assert_array_equal(fast.coverage, slow.coverage)
    assert (fast.regions, fast.notes, str(fast.accounting)) == (
        slow.regions,
        slow.notes,
        str(slow.accounting),
    )


def test_the_file_may_follow_the_options(cut, tmp_path, run):
    code, out, err = run("store", "add", "--store", tmp_path / "new.store", cut["2019-11-10"])
    assert code == 0, err
    assert "Delivery 1 of simulated" in out
    code, _, err = run("store", "add", "--store", tmp_path / "new.store", "a.csv", "b.csv")
    assert (code, "one argument too many: 'b.csv'" in err) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--completeness", "measured")], ids=["plain", "measured"])
def test_the_report_of_a_past_day_is_that_of_the_file_cut_then(sample_store, cut, run, more):
    code, stored, _ = run("report", "--store", sample_store.path, "--as-of", "2019-11-10", "--json", *more)
    assert code == 0
    code, filed, _ = run("report", cut["2019-11-10"], "--as-of", "2019-11-10", "--json", *more)
    assert code == 0
    assert ("measured from 2,039 reports up to 2019-11-10" in stored) is bool(more)
    assert stored != filed
    assert stored.replace("sample.store", "FILE") == filed.replace(cut["2019-11-10"].name, "FILE")


@pytest.mark.system
def test_a_past_report_is_made_again_byte_for_byte(cut, tmp_path, run):
    store = Store(tmp_path / "sample.store")
    for day in DAYS[:2]:
        store.add(cut[day])
    made = []
    for folder in ("one", "two"):
        code, _, said = run("report", "--store", store.path, "--as-of", DAYS[1], "-o", tmp_path / folder)
        assert code == 0, said
        made.append({p.name: p.read_bytes() for p in (tmp_path / folder).glob("*.pdf")})
        store.add(cut[DAYS[2]])  # what comes later changes nothing
    assert made[0] == made[1] != {}


# -- what a delivery changes -----------------------------------------------------------------------------


def test_a_delivery_accounts_for_every_row(store):
    second = store.deliveries()[1]
    assert (second.added, second.changed, second.unchanged, second.deleted) == (1, 1, 1, 1)
    assert (second.before, second.after, second.not_covered) == (3, 3, 0)
    assert second.lines()[-1] == "held after 3 = before 3 + added 1 - deleted 1"


def test_rows_set_aside_are_kept_with_the_delivery(tmp_path):
    store = Store(tmp_path / "s.store")
    bad = pd.concat([FIRST.iloc[:1], FIRST.iloc[1:2].assign(date="0025-04-13"), FIRST.iloc[2:]])
    made = store.add(bad, on="2020-04-12")
    assert (made.rows_read, made.kept, made.set_aside) == (3, 2, {"impossible date": 1})
    known = store.as_of("2020-04-12")
    assert known.quarantine[["row", "reason"]].to_numpy().tolist() == [[3, "impossible date"]]
    assert known.frame["row"].tolist() == [2, 4]


def test_the_difference_is_by_region_and_week(store):
    found = store.diff()
    columns = ["region", "week", "added", "changed", "deleted", "moved_in", "moved_out", "net"]
    assert found.frame[columns].to_numpy().tolist() == [
        ["Diyala", "2020-W15", 0, 0, 1, 0, 0, -1],
        ["Erbil", "2020-W16", 0, 1, 0, 1, 0, 1],
        ["Kirkuk", "2020-W15", 1, 0, 0, 0, 1, 0],
    ]
    assert found.frame["net"].sum() == found.delivery.after - found.delivery.before
    changed = found.events.set_index("incident_id").loc["c"]
    assert (changed["what"], changed["columns"]) == ("changed", "date,province")
    assert (changed["region_before"], changed["region"]) == ("Kirkuk", "Erbil")
    assert store.diff(1).frame["added"].sum() == 3
    with pytest.raises(OptionError, match="there is no delivery 7"):
        store.diff(7)


def test_what_a_delivery_does_not_cover_stays(store):
    only = table(e=("2020-04-20", "Diyala"))
    with pytest.raises(OptionError, match=r"lacks 3 of the 3 incidents[\s\S]*--covers"):
        store.add(only, on="2020-04-26")
    assert store.add(only, on="2020-04-26", covers="2020-04-20..2020-04-26").not_covered == 3
    assert ids(store.as_of("2020-04-26")) == ["a", "d", "c", "e"]
    # Erbil's week is covered and holds nothing any more: c goes, a and d lie outside.
    gone = store.add(only, on="2020-05-03", covers=["2020-04-13..2020-04-19@erbil"])
    assert (gone.deleted, ids(store.as_of("2020-05-03"))) == (1, ["a", "d", "e"])
    assert store.add(table(a=("2020-04-06", "Erbil")), on="2020-05-04", covers="rows").deleted == 0


def test_an_incident_that_comes_back_has_its_whole_history(store):
    store.add(FIRST, on="2020-04-26", covers="all")
    assert ids(store.as_of("2020-04-26")) == ["a", "b", "c"]
    assert ids(store.as_of("2020-04-19")) == ["a", "d", "c"]
    assert store.first_seen().set_index("incident_id")["delivery"]["b"] == 1


def test_new_columns_and_several_versions_of_an_incident(tmp_path):
    store = Store(tmp_path / "s.store")
    store.add(FIRST, on="2020-04-12")
    wider = FIRST.assign(killed=["1", "2", "3"])
    wider = pd.concat([wider, wider.iloc[:1].assign(killed="9")], ignore_index=True)
    assert store.add(wider, on="2020-04-19").changed == 3
    assert store.as_of("2020-04-19").accounting.superseded == 1
    assert store.as_of("2020-04-19").frame["fatalities"].tolist() == [2, 3, 9]
    assert not store.as_of("2020-04-12").has("killed")
    assert store.counts("2020-04-19").values.sum() == 3


def test_the_same_file_on_the_same_day_does_nothing(tmp_path):
    path = tmp_path / "a.csv"
    FIRST.to_csv(path, index=False)
    store = Store(tmp_path / "s.store")
    store.add(path, on="2020-04-12")
    assert store.add(path, on="2020-04-12").again
    assert [made.unchanged for made in (*store.deliveries(), store.add(path, on="2020-04-19"))] == [0, 3]


def test_a_store_is_the_same_however_often_it_is_made(tmp_path):
    made = []
    for name in ("one", "two"):
        store = Store(tmp_path / f"{name}.store")
        store.add(FIRST, on="2020-04-12")
        store.add(SECOND, on="2020-04-19", covers="all")
        made.append([json.dumps(d.record()) for d in store.deliveries()] + [store.as_of().digest])
    assert made[0] == made[1]


def test_two_sources_stand_side_by_side(store):
    store.add(FIRST, on="2020-04-19", name="police")
    with pytest.raises(InputError, match=r"never summed[\s\S]*table, police"):
        store.as_of("2020-04-19")
    assert len(store.as_of("2020-04-19", source="police")) == 3


def test_the_order_of_the_file_is_kept():
    assert places_of(np.array([np.nan, 1.0, np.nan, np.nan, 2.0])).tolist() == [0, 1, 1 + 1 / 3, 1 + 2 / 3, 2]
    assert [str(cover) for cover in read_covers("all@Iraq")] == ["all@Iraq"]


# -- trouble ---------------------------------------------------------------------------------------------


def test_what_cannot_be_added_changes_nothing(store, snapshot, tmp_path):
    before = store.path.read_bytes()
    said = {}
    for name, options in {
        "no day": {},
        "an earlier day": {"on": "2020-04-18"},
        "another way of reading": {"on": "2020-04-26", "columns": {"date_start": "date"}},
        "covers": {"on": "2020-04-26", "covers": "april"},
    }.items():
        with pytest.raises(OptionError) as caught:
            store.add(SECOND, **options)
        said[name] = str(caught.value)
    with pytest.raises(InputError) as caught:
        store.add(SECOND.drop(columns="id"), on="2020-04-26")
    said["no identifier"] = str(caught.value)
    assert said == snapshot
    assert store.path.read_bytes() == before


def test_what_is_no_store_is_said_so(tmp_path, monkeypatch, snapshot):
    monkeypatch.chdir(tmp_path)
    Path("text.store").write_text("date\n" * 99)
    with duckdb.connect("other.store") as other:
        other.execute("create table t (a integer)")
    Store("later.store").add(FIRST, on="2020-04-12")
    with duckdb.connect("later.store") as later:
        later.execute("update about set value = '99' where key = 'format'")
    Path("torn.store").write_bytes(Path("other.store").read_bytes()[:5000])
    said = {}
    for name in ("text", "other", "later", "torn", "absent"):
        before = Path(f"{name}.store").read_bytes() if name != "absent" else b""
        with pytest.raises(UptickError) as caught:
            Store(f"{name}.store").deliveries()
        said[name] = "\n".join(
            line for line in str(caught.value).splitlines() if "DuckDB" not in line and "bytes" not in line
        )
        assert name == "absent" or Path(f"{name}.store").read_bytes() == before
    assert said == snapshot


def test_without_its_package_the_extra_is_named(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UptickError, match=r"pip install '\.\[store\]'"):
        store.deliveries()


def test_the_database_is_loaded_by_a_store_alone():
    code = "import analytics.cli, analytics.store, sys; print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def in_a_process(work) -> int:
    """Run in a process of its own, begun as this one stands; return its exit code."""
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    return process.exitcode


def test_a_store_in_use_is_waited_for_and_then_one_error(store):
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(store.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"1\n"
        for attempt in (lambda: store.add(FIRST, on="2020-04-26", covers="all"), store.deliveries):
            with pytest.raises(OutputError, match=r"in use by another process[\s\S]*nothing was changed"):
                attempt()
    store.wait = 5
    assert store.add(FIRST, on="2020-04-26", covers="all").number == 3


def test_a_full_disk_loses_nothing(store):
    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        rows = 20_000
        much = pd.DataFrame({"id": range(rows), "date": "2020-04-20", "province": "Diyala"})
        much["note"] = np.random.default_rng(7).integers(0, 1 << 60, rows)
        try:
            store.add(much, on="2020-04-26", covers="rows")
        except OutputError as error:
            os._exit(7 if "cannot be written" in str(error) else 1)
        os._exit(2)

    assert in_a_process(full) == 7
    assert ids(store.as_of()) == ["a", "d", "c"]
    assert store.add(FIRST, on="2020-04-26", covers="all").after == 3


def test_two_processes_that_add_at_once_both_do(store):
    def adds(letter):
        def work():
            rows = pd.DataFrame({"id": [f"{letter}{i}" for i in range(500)], "date": "2020-04-20"})
            Store(store.path, wait=30).add(rows.assign(province="Diyala"), on="2020-04-26", covers="rows")
            os._exit(0)

        return multiprocessing.get_context("fork").Process(target=work)

    both = [adds(letter) for letter in "xy"]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert len(store.as_of()) == 3 + 1000
    assert [delivery.number for delivery in store.deliveries()] == [1, 2, 3, 4]


def test_what_a_killed_process_left_while_it_made_a_store_is_removed(tmp_path):
    def dies():
        opening._placed = lambda *places: os.kill(os.getpid(), signal.SIGKILL)  # in this process alone
        made_if_absent(tmp_path / "new.store", "test")

    assert in_a_process(dies) == -signal.SIGKILL
    [left] = tmp_path.iterdir()
    assert left.name.startswith(".uptick-store-")
    mine = tmp_path / f".uptick-store-{opening._maker()}-abc"  # of a process that is still at it
    mine.mkdir()
    Store(tmp_path / "new.store").add(FIRST, on="2020-04-12")
    assert {path.name for path in tmp_path.iterdir()} == {"new.store", mine.name}
    os.utime(mine, (0, 0))
    Store(tmp_path / "new.store").add(SECOND, on="2020-04-19", covers="all")
    assert [path.name for path in tmp_path.iterdir()] == ["new.store"]


@pytest.mark.parametrize("wait", [-1, float("nan"), "soon"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(tmp_path, wait):
    with pytest.raises(OptionError, match="wait"):
        Store(tmp_path / "a.store", wait=wait)


@pytest.mark.system
def test_a_disk_that_is_full_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        store = Store(disk / "full.store")
        store.add(FIRST, on="2020-04-12")
        rows = 60_000
        much = pd.DataFrame({"id": range(rows), "date": "2020-04-20", "province": "Diyala"})
        much["note"] = np.random.default_rng(7).integers(0, 1 << 60, rows)
        with pytest.raises(OutputError, match=r"cannot be written[\s\S]*make room"):
            store.add(much, on="2020-04-26", covers="rows")
        assert len(store.as_of()) == len(FIRST)
        assert store.add(SECOND, on="2020-04-26", covers="all").number == 2
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def kills(project: Path, number: int) -> str:
    command = [sys.executable, "-W", "ignore", str(project / "benchmarks" / "store_kills.py")]
    done = subprocess.run([*command, "--kills", str(number)], capture_output=True, text=True, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_kill_leaves_the_old_state_or_the_new(project):
    assert sum(int(line.split("|")[-2]) for line in kills(project, 6).splitlines()[2:]) == 6


@pytest.mark.system
def test_a_hundred_and_ninety_kills_leave_the_old_state_or_the_new(project):
    found = kills(project, 190)  # the recorded 200 are benchmarks/results/store_kills.md
    assert "killed, old" in found
    assert "killed, new" in found
