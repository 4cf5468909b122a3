"""What a library does in a workload."""

import time
from dataclasses import dataclass
from typing import Callable, Optional


@dataclass
class Task:
    """Ways to run a workload once; what they return is held until the next run begins."""

    # Gives results in memory of their own.
    fresh: Callable
    # What it gives as an Arrow table, to compare.
    to_arrow: Callable
    # The same into the memory of the last run, where the library has a way to say so.
    reused: Optional[Callable] = None


def fastest(ways):
    """The fastest of several functions that give the same, each warmed once."""
    if len(ways) == 1:
        return ways[0]
    times = []
    for way in ways:
        way()
        started = time.perf_counter()
        way()
        times.append(time.perf_counter() - started)
    return ways[times.index(min(times))]


def median_call(call, calls=200):
    """The median time of a call in nanoseconds, after some that warm it."""
    for _ in range(20):
        call()
    times = []
    for _ in range(calls):
        started = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - started)
    return sorted(times)[calls // 2]


def once(call):
    """The time of one call in nanoseconds."""
    started = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - started
