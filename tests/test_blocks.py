"""Very many regions in blocks: the same answers however they are cut and spread, and taken up again."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from analytics.counts import Completeness, Counts
from analytics.detectors import recent_window
from analytics.errors import OptionError, OutputError
from analytics.monitoring import monitor, monitor_blocks

REGIONS, WEEKS = 11, 190
BOTH = ("predictive", "farrington_flexible")
NUMBERS = ["expected", "upper_bound", "statistic", "pvalue"]
ATOL = 1e-9  # another block is another matrix product, which moves the last digits


@pytest.fixture(scope="module")
def counts() -> Counts:
    values = np.random.default_rng(5).poisson(np.linspace(0.2, 4, REGIONS), (WEEKS, REGIONS))
    values[-2:, 3] += 12
    values[:, 4] = 0
    frame = pd.DataFrame(
        values,
        index=pd.date_range("2016-01-04", periods=WEEKS, freq="7D"),
        columns=[f"cell {i}" for i in range(REGIONS)],
        dtype="Int64",
    )
    frame.iloc[-5, 6] = pd.NA
    return Counts.from_frame(frame, freq="week", as_of=frame.index[-1] + pd.Timedelta(days=6))


@pytest.fixture(scope="module")
def whole(counts):
    return monitor(counts, BOTH, "6 per year over all regions", last=8, thresholds="formula")


@pytest.fixture(scope="module")
def blocked(counts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("blocks")
    return ask(counts, folder)


def ask(counts, folder, **more):
    options = {"last": 8, "thresholds": "formula", "block": 4} | more
    return monitor_blocks(counts, BOTH, "6 per year over all regions", out=folder, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "alarms").iterdir())}


def test_blocks_answer_as_the_whole_does(whole, blocked):
    pd.testing.assert_frame_equal(blocked.frame, whole.frame, atol=ATOL)
    assert blocked.sentence() == whole.sentence()
    assert blocked.notes == whole.notes
    assert blocked.null_hypothesis == whole.null_hypothesis
    assert "forecast mean" in blocked.null_hypothesis
    pd.testing.assert_frame_equal(blocked.tidy(), whole.tidy(), atol=ATOL)
    pd.testing.assert_frame_equal(blocked.summary(), whole.summary())
    assert blocked.parameters["detectors"] == whole.parameters["detectors"] == BOTH
    assert len(repr(blocked).splitlines()) <= 10
    rows = whole.alarms.frame
    by = ["detector", "region", "period"]
    found = blocked.alarms().astype({"detector": "str", "region": "str"})
    found["period"] = pd.to_datetime(found["period"])
    expected = rows.sort_values(by, ignore_index=True)
    found = found.sort_values(by, ignore_index=True)
    for name in NUMBERS:
        got, want = found[name].to_numpy(dtype=float), expected[name].to_numpy(dtype=float)
        np.testing.assert_allclose(got, want, atol=ATOL)
    for name in ("observed", "alarm"):
        assert found[name].isna().tolist() == expected[name].isna().tolist()
        assert found[name].dropna().tolist() == expected[name].dropna().tolist()
    assert found["note"].astype(str).tolist() == expected["note"].tolist()


def test_q_values_are_over_the_regions_of_all_blocks(whole, blocked):
    adjusted = whole.alarms.adjust(alpha=0.1).latest().sort_values(["detector", "region"])
    found = blocked.adjusted(alpha=0.1).sort_values(["detector", "region"])
    np.testing.assert_allclose(found["qvalue"], adjusted["qvalue"], atol=ATOL)
    assert found["alarm"].tolist() == adjusted["alarm"].tolist()
    assert found["alarm"].any()


def test_workers_change_no_bit(counts, blocked, tmp_path):
    with parallel_config(backend="threading", n_jobs=2):
        ask(counts, tmp_path)
    assert contents(tmp_path) == contents(blocked.folder)


def test_more_workers_than_blocks_are_not_begun(counts, blocked, tmp_path):
    with parallel_config(backend="threading"):
        ask(counts, tmp_path, workers=10**20)
    assert contents(tmp_path) == contents(blocked.folder)


@pytest.mark.parametrize("workers", [0, -2, 1.5])
def test_workers_are_whole_or_as_many_as_processors(workers, counts, tmp_path):
    with pytest.raises(OptionError, match="workers is not usable"):
        ask(counts, tmp_path, workers=workers)


@pytest.mark.slow
def test_processes_change_no_bit(counts, blocked, tmp_path):
    ask(counts, tmp_path, workers=2)
    assert contents(tmp_path) == contents(blocked.folder)


def test_what_is_there_is_not_run_again(counts, blocked, tmp_path):
    said = []
    whole = contents(blocked.folder)
    (tmp_path / "alarms").mkdir()
    kept = tmp_path / "alarms" / "00001.parquet"
    kept.write_bytes(whole["00001.parquet"])
    again = ask(counts, tmp_path, progress=lambda *step: said.append(step))
    assert said == [
        (1, 3, "regions 1 to 4"),
        (2, 3, "regions 5 to 8: there already"),
        (3, 3, "regions 9 to 11"),
    ]
    assert contents(tmp_path) == whole
    pd.testing.assert_frame_equal(again.frame, pd.read_parquet(tmp_path / "regions.parquet"))


def test_a_killed_run_leaves_no_torn_file(counts, tmp_path):
    def killed(done, total, what):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(counts, tmp_path, progress=killed)
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["00000.parquet"]
    assert len(pd.read_parquet(tmp_path / "alarms" / "00000.parquet")) == 2 * 4 * 8


@pytest.mark.parametrize("more", [{"last": 9}, {"block": 5}, {"seed": 1}], ids=lambda more: next(iter(more)))
def test_blocks_of_other_options_are_refused(counts, blocked, more, snapshot):
    with pytest.raises(OutputError) as caught:
        ask(counts, blocked.folder, **more)
    assert str(caught.value).replace(str(blocked.folder), "FOLDER") == snapshot


def test_blocks_of_other_counts_are_refused(counts, blocked):
    with pytest.raises(OutputError, match="other counts"):
        ask(counts.select(counts.regions[:8]), blocked.folder)


def test_blocks_of_other_completeness_are_refused(counts, tmp_path):
    few = counts.select(counts.regions[:4])
    share = np.ones(few.values.shape)
    share[-1] = 0.8
    known = replace(few, completeness=Completeness(share, np.zeros(share.shape), "given"))
    first = ask(known, tmp_path)
    assert ask(known, tmp_path).frame.equals(first.frame)
    with pytest.raises(OutputError, match="other counts"):
        ask(few, tmp_path)


def test_a_block_that_is_not_of_this_run_is_refused(counts, tmp_path):
    few = counts.select(counts.regions[:4])
    ask(few, tmp_path)
    (tmp_path / "regions.parquet").unlink()
    shutil.copy(tmp_path / "alarms" / "00000.parquet", tmp_path / "alarms" / "00001.parquet")
    with pytest.raises(OutputError, match="answers from other counts or options") as caught:
        ask(few, tmp_path)
    assert "00001.parquet" in str(caught.value)
    assert not (tmp_path / "regions.parquet").exists()


def test_a_function_of_ones_own_is_taken_up_again(counts, tmp_path):
    def mine(counts, *, alpha, last):
        return recent_window(counts, alpha=alpha, last=last)

    said = []
    for _ in range(2):
        monitor_blocks(
            counts, mine, out=tmp_path, last=2, block=6, thresholds="formula",
            progress=lambda *step: said.append(step[-1]),
        )  # fmt: skip
    assert said[2:] == [f"{what}: there already" for what in said[:2]]


def test_a_detector_of_all_regions_is_refused(counts, tmp_path, snapshot):
    with pytest.raises(OptionError) as caught:
        monitor_blocks(counts, "rogerson", out=tmp_path)
    assert str(caught.value) == snapshot


@pytest.mark.system
def test_a_cluster_changes_no_bit(counts, blocked, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs dask's distributed: extra dev")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        parallel_config(backend="dask", client=client),
        distributed.get_task_stream(client=client) as tasks,
    ):
        ask(counts, tmp_path)
    assert len({task["worker"] for task in tasks.data}) == 2
    assert contents(tmp_path) == contents(blocked.folder)
