"""What is not the time of a table of ten million rows: a first result, one row, threads, memory."""

from dataclasses import dataclass
from statistics import median

import data
import process
from workloads import BY_NAME

PEOPLE = 100_000
NODES = 100_000


@dataclass
class Line:
    """A measurement of its own: what, by whom, how much of which unit, what was asked for."""

    title: str
    icosian: str
    peers: str
    goal: str
    met: bool


def unit(nanoseconds):
    """A time as people read it."""
    for size, name in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {name}"
    return f"{nanoseconds:.3g} ns"


def waits(processes, rounds):
    """Everybody's medians of something that has no rows to speak of."""

    def ask(*words):
        times = {one.name: [] for one in processes}
        for turn in range(rounds):
            for one in processes:
                # Some compile for seconds: three times tell enough.
                if turn >= 3 and one.name != "icosian":
                    continue
                try:
                    time = one.nanoseconds("once", *words) if one.name != "icosian" else None
                    if one.name == "icosian":
                        time = one.nanoseconds(*words)
                except process.Failed as failure:
                    print(f"  ! {failure}")
                    time = None
                if time is not None:
                    times[one.name].append(time)
        return {name: median(values) for name, values in times.items() if values}

    return ask


def line(title, times, goal, limit):
    """A line for what should take no longer than `limit` nanoseconds."""
    ours = times.pop("icosian", None)
    peers = ", ".join(f"{name} {unit(time)}" for name, time in sorted(times.items(), key=lambda x: x[1]))
    return Line(title, unit(ours) if ours else "–", peers or "–", goal, bool(ours and ours <= limit))


def latencies(processes, folder, options):
    """First results and single rows."""
    data.make(folder, "people", PEOPLE)
    data.make(folder, "visits", PEOPLE)
    ask = waits(processes, options.rounds)
    threads = options.threads
    yield line("one row: six nodes, two fits, a lookup", ask("row", "one_row"), "≤ 1 µs", 1e3)
    yield line("one row: six nodes of arithmetic", ask("row", "one_row_plain"), "≤ 200 ns", 200)
    yield line("text to first result, 6 nodes", ask("text", "marketing", threads), "≤ 1 ms", 1e6)
    yield line("text to first result, 30 outputs", ask("text", "thirty", threads), "≤ 3 ms", 3e6)
    ours = waits(processes[:1], min(options.rounds, 3))
    fewer = ours("chain", NODES // 10, threads).get("icosian")
    found = line("text to first result, 100,000 nodes", ours("chain", NODES, threads), "≤ 2 s, linear", 2e9)
    rest = waits(processes[1:], 1)("chain", 1_000, threads)
    slower = [f"{name} for 1,000 nodes {unit(time)}" for name, time in rest.items()]
    found.peers = ", ".join([f"itself for 10,000 nodes {unit(fewer)}" if fewer else "–", *slower])
    yield found


def scaling(icosian, folder, options):
    """Two threads over one, beside a loop that does nothing but compute."""
    rows = 1_000_000
    data.make(folder, BY_NAME["black_scholes"].table, rows)
    icosian.ask("prepare", "black_scholes", rows)
    ours, pure = [], []
    for _ in range(max(options.rounds, 9)):
        one, two = (icosian.nanoseconds("run", "reused", threads) for threads in (1, 2))
        ours.append(one / two)
        one, two = (float(icosian.ask("compute", "multiply", threads)[0]) for threads in (1, 2))
        pure.append(two / one)
    icosian.ask("drop")
    share = median(ours) / median(pure)
    return Line(
        "2 threads over 1, Black-Scholes, 1 M rows",
        f"{median(ours):.2f}×",
        f"pure loop {median(pure):.2f}×, so {share:.2f} of it",
        "≥ 0.95 of it",
        share >= 0.95,
    )


@dataclass
class Peak:
    """The most that a run holds beside its inputs and outputs, and what it may; MiB."""

    beside: float
    allowed: float
    inputs: float
    outputs: float


def memory(start, folder, workload, options):
    """The peak of a process that runs one flow once."""
    rows = max(1, int(workload.rows * options.rows_scale))
    data.make(folder, workload.table, rows)
    one = start()
    try:
        answer = one.ask("peak", workload.name, rows, options.threads)
    except process.Failed as failure:
        print(f"  ! {failure}")
        return None
    finally:
        one.close()
    inputs, outputs, most = (int(word) / 2**20 for word in answer)
    return Peak(most - inputs - outputs, 64 + workload.state / 2**20, inputs, outputs)
