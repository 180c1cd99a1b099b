"""How long a piece of work takes, and how much memory it ever took."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable


def best(work: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Best wall seconds and best seconds of processor time."""
    wall, processor = [], []
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - busy)
    return min(wall), min(processor)


def peak() -> float:
    """Most memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
