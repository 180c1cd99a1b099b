"""Scanned incidents in a real Postgres and on a real Spark cluster of several processes, on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from scanned_rows import AS_OF, COUNTS, nasty, same_account, same_counts

from analytics import count_incidents, read_incidents, scan_incidents
from analytics.errors import InputError, OptionError

pytestmark = [
    pytest.mark.system,
    # PySpark 4.3 says that it does not know pandas 3 yet, and asks it for what pandas 4 will not have.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning"),
]

ROWS = 1_000_000  # of the cluster's


def program(name: str) -> str | None:
    """Return a program of Postgres, which Debian does not put among all others."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


@pytest.fixture(scope="module")
def postgres():
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        pytest.skip("Postgres is not installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    user = "postgres" if os.geteuid() == 0 else None  # it does not run as root
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="uptick-postgres-"))
    if user:
        shutil.chown(folder, user)
    made = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([initdb, "-D", folder / "data", "-A", "trust", "-U", "office"], check=True, **made)
    running = subprocess.Popen(
        [server, "-D", folder / "data", "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1",
         "-c", "fsync=off"], **made,
    )  # fmt: skip
    try:
        address = f"postgres://office@127.0.0.1:{port}/postgres"
        for _ in range(100):
            try:
                ibis.connect(address).disconnect()
                break
            except Exception:  # not up yet
                time.sleep(0.2)
        yield address
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def put(connection, name: str, frame: pd.DataFrame) -> None:
    """Make a table of a database, with its rows numbered."""
    with connection.con.cursor() as cursor:
        columns = ", ".join(f'"{column}" text' for column in frame)
        cursor.execute(f'create table "{name}" ({columns}, n bigint)')
        marks = ", ".join(["%s"] * (frame.shape[1] + 1))
        rows = [(*row, at) for at, row in enumerate(frame.itertuples(index=False, name=None))]
        cursor.executemany(f'insert into "{name}" values ({marks})', rows)
    connection.con.commit()


def test_the_command_counts_in_a_database(postgres, run, tmp_path):
    frame = nasty("table", 5, 200)
    path = tmp_path / "offices.csv"
    frame.to_csv(path, index=False)
    connection = ibis.connect(postgres)
    put(connection, "offices", frame)
    connection.disconnect()
    asked = ("--as-of", AS_OF, "--by", "Province", "--where", "fatalities >= 1", "--format", "csv")
    whole = run("count", path, *asked)
    found = run("count", postgres, "--table", "offices", "--order", "n", *asked)
    assert whole[0] == 0
    assert found[:2] == whole[:2]


@pytest.mark.parametrize("kind", COUNTS)
def test_postgres_says_what_pandas_says(postgres, kind):
    frame = nasty(kind, 21, 300)
    connection = ibis.connect(postgres)
    put(connection, kind, frame)
    whole = read_incidents(frame, kind, as_of=AS_OF)
    scanned = scan_incidents(postgres, kind, table=kind, order="n", as_of=AS_OF)
    same_account(whole, scanned)
    for asked in COUNTS[kind]:
        same_counts(count_incidents(whole, **asked), count_incidents(scanned, **asked))
    with connection.con.cursor() as cursor:  # nothing of ours stays behind
        cursor.execute("select count(*) from pg_views where schemaname = 'public'")
        assert cursor.fetchone() == (0,)
    connection.disconnect()


def test_a_database_that_cannot_be_used_is_said(postgres):
    with pytest.raises(OptionError, match="no table of the database is named"):
        scan_incidents(postgres)
    with pytest.raises(InputError, match="has no table 'nonsense'"):
        scan_incidents(postgres, table="nonsense")
    with pytest.raises(InputError, match="cannot be opened"):
        scan_incidents("postgres://office:secret@127.0.0.1:1/postgres", table="incidents")


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (apt-get install default-jre-headless)")
    builder = pyspark.SparkSession.builder.master("local-cluster[2,1,900]")
    for name, value in {
        "spark.driver.memory": "3g",  # what is looked up passes through it
        "spark.executor.memory": "900m",
        # What is looked up is sent to the workers, and does not stand in every plan.
        "spark.sql.execution.arrow.localRelationThreshold": "1MB",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "UTC",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def executors() -> list[int]:
    """Processes of this session's cluster that do its work."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if b"CoarseGrainedExecutorBackend" in line and is_ours(int(entry.name)):
            found.append(int(entry.name))
    return found


def is_ours(process: int) -> bool:
    while process > 1:
        if process == os.getpid():
            return True
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def rows_of_acled(path: Path) -> None:
    rng = np.random.default_rng(4)
    days = np.datetime64("2018-01-01") + rng.integers(0, 900, ROWS)
    place = rng.integers(0, 40, ROWS)
    frame = pd.DataFrame(
        {
            "n": np.arange(ROWS),
            "event_id_cnty": np.char.add("IRQ", rng.integers(0, 20 * ROWS, ROWS).astype(str)),
            "event_date": np.where(rng.random(ROWS) < 0.001, "soon", days.astype(str)),
            "event_type": rng.choice(["Battles", "Violence against civilians", "Protests"], ROWS),
            "sub_event_type": "Armed clash",
            "actor1": rng.choice(["IS", "Unidentified Armed Group", "Police Forces"], ROWS),
            "inter1": rng.choice(["1", "2", "3"], ROWS),
            "country": "Inventia",
            "admin1": np.char.add("Province ", place.astype(str)),
            "fatalities": rng.poisson(1.0, ROWS).astype(str),
            "timestamp": (1_600_000_000 + rng.integers(0, 10**6, ROWS)).astype(str),
        }
    )
    frame.to_parquet(path, index=False, row_group_size=ROWS // 8)


@pytest.mark.timeout(1500)
def test_spark_loses_a_worker_and_says_what_pandas_says(spark, tmp_path):
    path = tmp_path / "rows.parquet"
    rows_of_acled(path)
    whole = read_incidents(pd.read_parquet(path).drop(columns="n"), "acled", as_of="2020-08-01")
    table = ibis.pyspark.connect(spark).read_parquet(path, table_name="incidents")
    scanned = scan_incidents(table, "acled", order="n", as_of="2020-08-01")
    assert len(executors()) == 2
    same_account(whole, scanned)
    asked = {"where": "fatalities >= 1 and actor1 contains 'is'", "value": "fatalities"}
    found = {}

    def count() -> None:
        found["counts"] = count_incidents(scanned, **asked)

    counting = threading.Thread(target=count)
    counting.start()
    tracker = spark.sparkContext.statusTracker()
    while counting.is_alive() and not tracker.getActiveJobsIds():
        time.sleep(0.05)
    assert counting.is_alive()  # or nothing was interrupted
    lost = executors()[0]
    os.kill(lost, signal.SIGKILL)
    counting.join()
    assert lost not in executors()
    same_counts(count_incidents(whole, **asked), found["counts"])
