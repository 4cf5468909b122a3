"""A process that takes part: what it is told, what it answers."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


class Failed(Exception):
    """A process could not do what it was told."""


class Process:
    """One library. `ask` gives the answer's words, or None if it has no way to do that."""

    def __init__(self, name, command, threads, log):
        self.name = name
        self.child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | thread_settings(threads),
        )

    def ask(self, *words):
        print(*words, file=self.child.stdin, flush=True)
        answer = self.child.stdout.readline()
        if not answer:
            raise Failed(f"{self.name} ended with {self.child.wait()}")
        kind, *rest = answer.split(maxsplit=1)
        if kind == "none":
            return None
        if kind != "ok":
            raise Failed(f"{self.name}: {' '.join(rest)}".strip())
        return rest[0].split() if rest else []

    def nanoseconds(self, *words):
        answer = self.ask(*words)
        return None if answer is None else int(answer[0])

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def icosian(root, data, threads, log):
    command = [root / "target/release/peer", HERE / "flows", data]
    return Process("icosian", command, threads, log)


def library(name, data, threads, log):
    command = [sys.executable, HERE / "worker.py", name, data, str(threads)]
    return Process(name, command, threads, log)


def thread_settings(threads):
    """What tells each library how many threads to take."""
    count = str(threads)
    return {
        "POLARS_MAX_THREADS": count,
        "NUMBA_NUM_THREADS": count,
        "NUMEXPR_MAX_THREADS": count,
        "NUMEXPR_NUM_THREADS": count,
        "OMP_NUM_THREADS": count,
        # Threads that wait must not take the processor from those measured next.
        "OMP_WAIT_POLICY": "passive",
        "RAYON_NUM_THREADS": count,
        "JAX_ENABLE_X64": "1",
        "JAX_PLATFORMS": "cpu",
        "HAMILTON_TELEMETRY_ENABLED": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
