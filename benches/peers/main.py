"""Runs every workload on Icosian and its peers in turn, checks that they agree, and reports."""

import argparse
import os
import random
import sys
import time
from pathlib import Path
from statistics import median

import compare
import data
import latency
import machine
import process
import report
from workloads import BY_NAME, WORKLOADS

ROOT = Path(__file__).parents[2]
HOME = ROOT / "target" / "peers"
LIBRARIES = ["polars", "duckdb", "pandas", "numba", "jax", "numexpr", "bottleneck", "hamilton"]
# A library that needs longer than this for all its rounds takes part in fewer.
SECONDS = 30


def arguments():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--workload", action="append", metavar="NAME,…", help="only these; " + ", ".join(BY_NAME))
    parser.add_argument("--peers", metavar="NAME,…", help="only these; " + ", ".join(LIBRARIES))
    parser.add_argument("--rounds", type=int, default=9, help="runs of each library (default 9)")
    parser.add_argument("--rows-scale", type=float, default=1.0, help="times as many rows")
    parser.add_argument("--only-tables", action="store_true", help="no latencies, scaling and memory")
    parser.add_argument("--only-latencies", action="store_true", help="nothing else")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--record", action="store_true", help="write benches/record/ and the table of README.md")
    chosen = parser.parse_args()
    names = ",".join(chosen.workload or BY_NAME).split(",")
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        parser.error(f"there is no workload {', '.join(unknown)}")
    chosen.workloads = [workload for workload in WORKLOADS if workload.name in names]
    chosen.peers = chosen.peers.split(",") if chosen.peers else LIBRARIES
    return chosen


def prepare(workload, rows, processes):
    """Readies whoever can do this workload, and checks that they agree with the first."""
    ready, notes = [], []
    for one in processes:
        try:
            if one.ask("prepare", workload.name, rows) is not None:
                ready.append(one)
        except process.Failed as failure:
            notes.append(str(failure))
    results = HOME / "results"
    results.mkdir(exist_ok=True)
    expected = None
    for one in ready:
        path = results / f"{os.getpid()}-{one.name}.arrow"
        try:
            one.ask("write", path)
            table = compare.read(path)
            if expected is None:
                expected = table
                if one.name != "icosian":
                    notes.append("Icosian has no result to compare with")
                continue
            tolerance = workload.tolerances.get(one.name, workload.tolerance)
            # Who gives rows in any order is taken by the values alone.
            keys = workload.outputs if one.name in workload.any_order else workload.keys
            wrong = compare.difference(workload, expected, table, tolerance, keys)
            if wrong:
                notes.append(f"{one.name}: {wrong}")
            del table
        except process.Failed as failure:
            notes.append(str(failure))
    del expected
    for path in results.glob(f"{os.getpid()}-*"):
        path.unlink()
    return ready, notes


def measure(workload, rows, folder, ready, icosian, options):
    """Times of everything, in turn, round by round: a dictionary from (name, buffers) to times."""
    times = {}
    spent = {}

    def note(name, buffers, nanoseconds):
        if nanoseconds is not None:
            times.setdefault((name, buffers), []).append(nanoseconds / 1e6)

    read = workload.read_bytes(rows, data.table_path(folder, workload.table, rows))
    written = int(workload.written * rows)
    for turn in range(options.rounds):
        icosian.ask("copy", read, written, "fresh", options.threads)
        for buffers in ("fresh", "reused"):
            answer = icosian.nanoseconds("copy", read, written, buffers, options.threads)
            note("copy", buffers, answer)
        for loop in ("multiply", "divide"):
            rate = float(icosian.ask("compute", loop, options.threads)[0])
            times.setdefault((loop, "rate"), []).append(rate)
        # Whoever comes before leaves caches and memory in some state: it is another one each round.
        for one in random.Random(turn).sample(ready, len(ready)):
            if turn >= 3 and spent.get(one.name, 0) / turn * options.rounds > SECONDS:
                continue
            started = time.perf_counter()
            # Not counted: memory that was free for a while may have to come from the host of a virtual
            # machine, which takes many times as long as to clear it, for some and not for others.
            one.ask("run", "fresh", options.threads)
            for buffers in ("fresh", "reused"):
                note(one.name, buffers, one.nanoseconds("run", buffers, options.threads))
            spent[one.name] = spent.get(one.name, 0) + time.perf_counter() - started
    return times


def main():
    options = arguments()
    HOME.mkdir(parents=True, exist_ok=True)
    folder = HOME / f"data-{data.VERSION}"
    folder.mkdir(exist_ok=True)
    about = machine.description(options.threads)
    print(about, flush=True)
    log = open(HOME / "log.txt", "w")
    icosian = process.icosian(ROOT, folder, options.threads, log)
    processes = [icosian] + [
        process.library(name, folder, options.threads, log) for name in options.peers
    ]

    def another():
        return process.icosian(ROOT, folder, options.threads, log)

    rows_of = {w.name: max(1, int(w.rows * options.rows_scale)) for w in options.workloads}
    measured = []
    for workload in [] if options.only_latencies else options.workloads:
        rows = rows_of[workload.name]
        data.make(folder, workload.table, rows)
        ready, notes = prepare(workload, rows, processes)
        if icosian in ready:
            times = measure(workload, rows, folder, ready, icosian, options)
            medians = {key: median(values) for key, values in times.items()}
            peak = None if options.only_tables else latency.memory(another, folder, workload, options)
            measured.append(report.Measured(workload, rows, medians, peak, notes))
            print(report.lines([measured[-1]], header=len(measured) == 1), flush=True)
        for note in notes:
            print(f"  ! {workload.name}: {note}", flush=True)
        for one in processes:
            one.ask("drop")
    others = [] if options.only_tables else list(rest(processes, folder, options))
    for one in processes:
        one.close()
    if options.record:
        report.write(ROOT, about, machine.commit(ROOT), measured, others, options)


def rest(processes, folder, options):
    """What is measured in other ways, printed as it is known."""
    for line in latency.latencies(processes, folder, options):
        print(report.other_line(line), flush=True)
        yield line
    line = latency.scaling(processes[0], folder, options)
    print(report.other_line(line), flush=True)
    yield line


if __name__ == "__main__":
    sys.exit(main())
