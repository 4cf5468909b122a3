"""A library's side of the comparison: `worker.py LIBRARY DATA THREADS`, told line by line what to do.

The lines are those of Icosian's side, `benches/src/bin/peer/`. A library is a module
`peer_LIBRARY.py` with `start(threads)` and `WORKLOADS`: by name a function that takes the Arrow
table and gives a `Task`.
"""

import gc
import importlib
import sys
import time
import traceback
from pathlib import Path

import data
from workloads import BY_NAME


class Worker:
    def __init__(self, library, folder, threads):
        self.folder = Path(folder)
        self.library = importlib.import_module(f"peer_{library}")
        self.library.start(threads)
        self.task = None

    def prepare(self, name, rows):
        self.drop()
        make = self.library.WORKLOADS.get(name)
        if make is None:
            return None
        workload = BY_NAME[name]
        self.task = make(data.read(self.folder, workload.table, int(rows)))
        # Warm: whatever is compiled or cached on first use is.
        self.task.fresh()
        if self.task.reused is not None:
            self.task.reused()
        return ""

    def run(self, buffers, _threads):
        run = self.task.fresh if buffers == "fresh" else self.task.reused
        if run is None:
            return None
        started = time.perf_counter_ns()
        result = run()
        elapsed = time.perf_counter_ns() - started
        # Gone before the next run, and not in its time.
        del result
        return elapsed

    def write(self, path):
        import pyarrow as pa

        result = self.task.to_arrow(self.task.fresh())
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, result.schema) as writer:
            writer.write_table(result)
        return ""

    def once(self, name, *arguments):
        """A measurement of its own, which the library makes as it likes."""
        measure = getattr(self.library, "ONCE", {}).get(name)
        return None if measure is None else measure(self.folder, *arguments)

    def drop(self):
        self.task = None
        gc.collect()
        return ""

    def answer(self, line):
        command, *arguments = line.split()
        try:
            answer = getattr(self, command)(*arguments)
        except Exception as error:
            traceback.print_exc()
            return "error " + " ".join(f"{type(error).__name__}: {error}".split())
        return "none" if answer is None else f"ok {answer}".strip()


def main():
    library, folder, threads = sys.argv[1:]
    worker = Worker(library, folder, int(threads))
    # What libraries print goes where errors go.
    answers, sys.stdout = sys.stdout, sys.stderr
    gc.disable()
    for line in sys.stdin:
        print(worker.answer(line), file=answers, flush=True)


if __name__ == "__main__":
    main()
