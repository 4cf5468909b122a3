"""What the machine is, in words that tell one kind from another."""

import os
import platform
import subprocess
from pathlib import Path


def description(threads):
    """Processor, caches, memory, system, threads."""
    cpu = next(
        (line.split(":")[1].strip() for line in read("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    flags = next((line.split() for line in read("/proc/cpuinfo") if line.startswith("flags")), [])
    widest = next((name for name in ("avx512f", "avx2") if name in flags), "baseline")
    memory = next((int(line.split()[1]) for line in read("/proc/meminfo") if "MemTotal" in line), 0)
    return (
        f"{cpu} ({widest}), {os.cpu_count()} CPUs, caches {', '.join(caches())}, "
        f"{memory / 2**20:.0f} GiB, {platform.system()} {platform.release()}; {threads} threads"
    )


def read(path):
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def caches():
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((read(index / part) or ["?"])[0] for part in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return found


def commit(root):
    """The commit measured, with a + if files differ from it."""
    def git(*words):
        return subprocess.run(["git", "-C", root, *words], capture_output=True, text=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
