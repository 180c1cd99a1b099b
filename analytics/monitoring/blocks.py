"""Very many regions, block by block: on several processors, in bounded memory, and taken up again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.counts import Counts
from analytics.detectors import DetectorSpec
from analytics.detectors.registry import Detectors, detector_specs
from analytics.errors import OptionError, OutputError
from analytics.files import check_writable, write_together
from analytics.monitoring.blocked import ALARMS, NOTES, NULLS, REGIONS, STAMP, BlockedResult, regions_of
from analytics.monitoring.budget import Budget, parse_budget
from analytics.monitoring.calibration import REPLICATES, Thresholds
from analytics.monitoring.histories import Resample, usable_history
from analytics.monitoring.watch import monitor, recommended, silence
from analytics.options import Progress, check_installed, check_whole
from analytics.results import Alarms

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

__all__ = ["monitor_blocks"]

BLOCK = 1_000  # regions
_FORM = 2  # of the files; blocks of another form are refused
_GROUP = 1 << 20  # rows of a Parquet file that are read together


def monitor_blocks(
    counts: Counts,
    detectors: Detectors | None = None,
    budget: str | float | Budget = "1 per region-year",
    *,
    out: str | Path,
    block: int = BLOCK,
    workers: int | None = None,
    last: int | None = None,
    thresholds: Thresholds = "auto",
    resample: Resample = "parametric",
    share: float | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    completeness: float | Sequence[float] | None = None,
    completeness_sd: float | Sequence[float] | None = None,
    progress: Progress | None = None,
) -> BlockedResult:
    """Watch very many regions as :func:`monitor` does, one block of regions after the other.

    Parameters
    ----------
    counts, detectors, budget, last, thresholds, resample, share, completeness, completeness_sd
        As in :func:`monitor`. A budget over all regions is shared among all of them, whatever their block.
    out : path
        Folder for the answers: ``alarms/00000.parquet``, one file a block, and ``regions.parquet``, one row a
        region. Blocks that are there already, of the same counts and options, are not run again; of others,
        they are refused. A file is there whole or not at all.
    block : int
        Regions in a block. Each processor holds one block at a time.
    workers : int, optional
        Processes; -1 for as many as there are processors. By default one, or what a
        :func:`joblib.parallel_config` around the call says: with its backends other machines take part, if
        `out` is a folder that all of them see.
    replicates, seed
        As in :func:`calibrate`; every block draws from a seed of its own.
    progress : callable, optional
        ``progress(done, total, what)``, after each block.

    Returns
    -------
    BlockedResult
        The answers do not depend on `workers`, to the last bit. Thresholds by formula do not depend on
        `block`, those from histories do, as on a seed.

    Raises
    ------
    OptionError
        As :func:`monitor`; or if joblib or pyarrow is not installed.
    OutputError
        If the folder holds blocks of other counts or options, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> values = np.random.default_rng(2).poisson(1.0, (120, 5))
    >>> counts = Counts.from_array(values, start="2018-01-01")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = monitor_blocks(counts, out=folder, block=2)
    ...     result.blocks, len(result.frame), len(result.alarms())
    (3, 5, 260)
    """
    for package in ("joblib", "pyarrow"):
        check_installed(
            package, what="blocks of regions are worked on", extra="blocks", instead="use monitor"
        )
    check_whole(1, block=block)
    if workers != -1:
        check_whole(1, workers=workers)
    allowed, (chosen, instead) = parse_budget(budget), _chosen(counts, detectors)
    folder = Path(out)
    check_writable(folder / ALARMS / "00000.parquet")
    options = {
        "last": last,
        "thresholds": thresholds,
        "resample": resample,
        "share": share,
        "replicates": replicates,
        "completeness": completeness,
        "completeness_sd": completeness_sd,
    }
    each = Budget(allowed.per_region(len(counts.regions)))
    tasks = [
        _Task(
            folder / ALARMS / f"{number:05}.parquet",
            low,
            min(low + block, len(counts.regions)),
            seed + number,
        )
        for number, low in enumerate(range(0, len(counts.regions), block))
    ]
    asked = _Asked(chosen, each, options)
    for done, what in enumerate(_run(counts, tasks, asked, workers), start=1):
        if progress is not None:
            progress(done, len(tasks), what)
    known = {task.path for task in tasks}
    if more := sorted(set(folder.joinpath(ALARMS).glob("*.parquet")) - known):
        raise _other(more[0])
    frame, notes, nulls = regions_of([task.path for task in tasks])
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    write_together({folder / REGIONS: buffer.getvalue()})
    return BlockedResult(
        folder=folder,
        blocks=len(tasks),
        frame=frame,
        budget=allowed,
        simulated=counts.simulated,
        parameters={
            "detectors": tuple(spec.name for spec in chosen),
            **allowed.stated(len(counts.regions)),
            **options,
            "seed": seed,
            "block": block,
        },
        notes=tuple(dict.fromkeys((*notes, *instead, *silence(usable_history(counts))))),
        null_hypothesis=nulls,
    )


@dataclass(frozen=True, slots=True)
class _Task:
    """One block: its file, its first region and the one after its last, and its seed."""

    path: Path
    low: int
    high: int
    seed: int

    @property
    def what(self) -> str:
        return f"regions {self.low + 1} to {self.high}"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of every block."""

    specs: list[DetectorSpec]
    budget: Budget
    options: Mapping[str, Any]

    def stamp(self, counts: Counts, seed: int) -> str:
        """Return what tells this block from one of other counts or options."""
        said = [_described(spec) for spec in self.specs]
        digest = blake2b(repr((_FORM, said, self.budget, dict(self.options), seed)).encode(), digest_size=16)
        head = counts.regions, str(counts.starts[0]), str(counts.as_of), counts.freq, counts.week_start
        digest.update(repr(head).encode())
        arrays = [counts.values, np.packbits(counts.coverage)]
        if counts.completeness is not None:
            arrays += [counts.completeness.share, counts.completeness.deviation]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def _described(spec: DetectorSpec) -> str:
    parts = {field.name: getattr(spec, field.name) for field in fields(spec)}
    if not isinstance(spec.function, str):  # its address changes from run to run
        parts["function"] = f"{spec.function.__module__}:{getattr(spec.function, '__qualname__', '')}"
    parts["options"] = sorted(parts["options"].items())
    return repr(parts)


def _chosen(counts: Counts, detectors: Detectors | None) -> tuple[list[DetectorSpec], tuple[str, ...]]:
    names, instead = (detectors, ()) if detectors is not None else recommended(usable_history(counts))
    specs = detector_specs(names)
    for spec in specs:
        if not spec.by_region or spec.single:
            raise OptionError(
                f"{spec.name} answers for all regions at once",
                expected="a detector that tests every region on its own counts",
                todo="leave it out of the blocks, and use monitor for it",
            )
    return specs, instead


def _run(counts: Counts, tasks: Sequence[_Task], asked: _Asked, workers: int | None) -> Iterator[str]:
    """Run what is not there yet; say what is done, in any order."""
    from joblib import Parallel, delayed

    def waiting() -> Iterator[tuple[Any, ...]]:
        for task in tasks:
            # A block is cut when its turn comes, so that no more of them than processors are in memory.
            yield delayed(_block)(_part(counts, task.low, task.high), task, asked)

    # Whole arrays are sent, not files mapped into memory: compiled loops take these for another type.
    most = None if workers is None else min(workers, max(1, len(tasks)))  # a process without a block is idle
    parallel = Parallel(n_jobs=most, return_as="generator_unordered", pre_dispatch="n_jobs", max_nbytes=None)
    yield from parallel(waiting())


def _part(counts: Counts, low: int, high: int) -> Counts:
    """Return some neighbouring regions, in arrays of their own."""
    known = counts.completeness
    return replace(
        counts,
        values=np.ascontiguousarray(counts.values[:, low:high]),
        coverage=np.ascontiguousarray(counts.coverage[:, low:high]),
        coarse=None if counts.coarse is None else np.ascontiguousarray(counts.coarse[:, low:high]),
        completeness=known and known.columns(np.arange(low, high).tolist()),
        regions=counts.regions[low:high],
        parents=counts.parents[low:high],
        unplaced=None,
        whole=False,
        accounting=None,
    )


def _block(counts: Counts, task: _Task, asked: _Asked) -> str:
    """Run one block and write its file, unless it is there; return what was done."""
    import pyarrow as pa
    from pyarrow import parquet

    stamp = asked.stamp(counts, task.seed)
    if task.path.is_file():
        if (parquet.read_schema(task.path).metadata or {}).get(STAMP) != stamp.encode():
            raise _other(task.path)
        return f"{task.what}: there already"
    result = monitor(counts, asked.specs, asked.budget, seed=task.seed, **asked.options)
    own = silence(usable_history(counts))  # of the block's regions only, which says nothing
    said = [note for note in result.notes if note not in own]
    regions = BytesIO()
    result.frame.to_parquet(regions, index=False)
    table = _table(result.alarms).replace_schema_metadata(
        {
            STAMP: stamp.encode(),
            NOTES: json.dumps(said).encode(),
            NULLS: result.null_hypothesis.encode(),
            REGIONS.encode(): regions.getvalue(),
        }
    )
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd", row_group_size=_GROUP)
    write_together({task.path: sink.getvalue().to_pybytes()})
    return task.what


def _other(path: Path) -> OutputError:
    return OutputError(
        "the folder holds answers from other counts or options",
        where=str(path),
        todo="give another folder, or remove this one",
    )


def _table(alarms: Alarms) -> pa.Table:
    """Return one row for each detector, region and period, in that order, as Arrow columns."""
    import pyarrow as pa

    periods, series = alarms.alarm.shape
    note = np.zeros(alarms.alarm.shape, np.uint8) if alarms.note is None else alarms.note

    def column(array: Any, missing: Any = None) -> pa.Array:
        flat = np.ascontiguousarray(np.asarray(array).T).ravel()
        mask = None if missing is None else np.ascontiguousarray(np.asarray(missing).T).ravel()
        return pa.array(flat, mask=mask)

    def named(codes: Any, names: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(names), pa.string()))

    detectors = list(dict.fromkeys(alarms.detectors))
    which = np.array([detectors.index(name) for name in alarms.detectors], dtype=np.int32)
    width = series // len(detectors)
    columns = {
        "detector": named(np.repeat(which, periods), detectors),
        "region": named(
            np.repeat(np.tile(np.arange(width, dtype=np.int32), len(detectors)), periods),
            alarms.regions[:width],
        ),
        "period": pa.array(np.tile(alarms.starts.astype("datetime64[D]"), series)),
        "observed": column(alarms.observed, ~alarms.covered),
        "alarm": column(alarms.alarm, ~alarms.tested),
    }
    for name in ("expected", "upper_bound", "statistic", "pvalue"):
        array = getattr(alarms, name)
        given = np.full(alarms.alarm.shape, np.nan) if array is None else array
        columns[name] = column(given, np.isnan(given))
    columns["note"] = named(np.ascontiguousarray(note.T).ravel().astype(np.int32), alarms.reasons)
    return pa.table(columns)
