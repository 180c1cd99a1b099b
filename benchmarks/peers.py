"""One piece of work by several programs, each time in a process of its own, in turn: time and memory of each.

What a process is: ``python -c WORK ARGUMENTS``. WORK prepares, calls ``begin()``, works, and calls ``end()``,
which prints the processor seconds of the work and the most memory of the process over what it held when it
began. Before the clock runs, memory is touched and given back: what a (virtual) machine takes to find memory
for the first time is a quarter of a second in 150 MB, and meets whichever program freed none before.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Measured", "in_turn", "versions"]

_CLOCK = """
import mmap, sys, time
_WARM = 1_500 * 2**20
def _memory(line):
    return next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith(line)) / 1e3
def begin():
    global _since, _held
    with mmap.mmap(-1, _WARM, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as touched:
        touched.madvise(mmap.MADV_HUGEPAGE)
        touched[::4096] = bytes(_WARM // 4096)
    open("/proc/self/clear_refs", "w").write("5")  # the most memory is counted from here
    _since, _held = time.process_time(), _memory("VmRSS")
def end():
    print("measured", time.process_time() - _since, _memory("VmHWM") - _held, _memory("VmHWM"))
"""
Measured = dict[str, tuple[float, float, float]]


def in_turn(
    works: Mapping[str, str], arguments: Sequence[str], rounds: int, path: Sequence[str] = ()
) -> Measured:
    """Median processor seconds, MB over what was held, and MB in all, of each work whose program is there."""
    here = str(Path(__file__).resolve().parents[1])
    beside = str(Path(__file__).resolve().parent)
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in works if _there(name)}
    for _ in range(rounds):
        for name, runs in found.items():
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", _CLOCK + works[name], *arguments],
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join([here, beside, *path, os.environ.get("PYTHONPATH", "")])},
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            runs.append(tuple(map(float, done.stdout.rpartition("measured")[2].split())))
    return {
        name: tuple(statistics.median(values) for values in zip(*runs, strict=True))
        for name, runs in found.items()
    }


def versions(works: Mapping[str, str]) -> str:
    """Name the peers with their versions, and those that are not installed."""
    programs = dict.fromkeys(name.split()[0] for name in works if not name.startswith("ours"))
    return ", ".join(
        f"{name} {importlib.metadata.version(name)}" if _there(name) else f"{name} not installed"
        for name in programs
    )


def _there(name: str) -> bool:
    program = name.split()[0]
    return program == "ours" or importlib.util.find_spec(program) is not None
