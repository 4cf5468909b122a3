"""The tables: for the terminal while it runs, as Markdown and JSON for the record."""

import json
from dataclasses import asdict, dataclass
from datetime import date

from latency import Peak
from workloads import Workload

BASELINES = ("copy", "multiply", "divide")


@dataclass
class Measured:
    """A workload's medians: milliseconds by (who, buffers), rates of the compute loops; and memory."""

    workload: Workload
    rows: int
    medians: dict
    peak: Peak | None
    notes: list

    def peers(self):
        return sorted({name for name, _ in self.medians} - {"icosian", *BASELINES})

    def time(self, name, buffers):
        """A library's time; with reused buffers that of the better way it has."""
        fresh = self.medians.get((name, "fresh"))
        reused = self.medians.get((name, "reused"))
        if buffers == "fresh" or reused is None:
            return fresh
        return min(fresh, reused)

    def ratio(self, name, buffers):
        """How many times faster Icosian is than a library."""
        theirs = self.time(name, buffers)
        return theirs and theirs / self.medians["icosian", buffers]

    def best(self, buffers):
        """The fastest of those who do the same work."""
        names = [name for name in self.peers() if name not in self.workload.told]
        return min(names, key=lambda name: self.time(name, buffers), default=None)

    def bound(self):
        """What holds it back on this machine, and how many milliseconds that takes at least."""
        memory = self.medians["copy", "reused"]
        work = self.workload
        compute = self.rows * 1e3 * (
            work.multiplications / self.medians["multiply", "rate"]
            + work.divisions / self.medians["divide", "rate"]
        )
        return ("memory", memory) if memory >= compute else ("compute", compute)

    def met(self, buffers):
        """Whether each ratio asked for is reached."""
        verdicts = []
        for who, factor in self.workload.ratios.items():
            if isinstance(factor, dict):
                factor = factor.get(buffers)
            if who == "best":
                names = [self.best(buffers)]
            elif who == "rest":
                names = [name for name in self.peers() if name not in self.workload.ratios]
            else:
                names = [who]
            found = [self.ratio(name, buffers) for name in names if name in self.peers()]
            verdicts += [ratio >= factor for ratio in found if factor]
        return all(verdicts) if verdicts else None


def number(milliseconds):
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def row(one):
    """The cells of a line of the main table."""
    cells = [one.workload.title]
    for buffers in ("fresh", "reused"):
        best = one.best(buffers)
        cells.append(number(one.medians["icosian", buffers]))
        cells.append(f"{best} {number(one.time(best, buffers))}" if best else "–")
        cells.append(f"{one.ratio(best, buffers):.1f}×" if best else "–")
    verdicts = [{True: "yes", False: "no", None: "–"}[one.met(buffers)] for buffers in ("fresh", "reused")]
    kind, least = one.bound()
    cells += [
        one.workload.goal,
        verdicts[0] if verdicts[0] == verdicts[1] else " / ".join(verdicts),
        f"{kind} {number(least)}",
        f"{100 * least / one.medians['icosian', 'reused']:.0f} %",
        f"{one.peak.beside:.0f} of {one.peak.allowed:.0f}" if one.peak else "–",
    ]
    return cells


COLUMNS = [
    "Work (ms)", "Icosian fresh", "best peer", "ratio", "Icosian reused", "best peer", "ratio",
    "goal", "met", "bound", "of it", "MiB",
]
WIDTHS = [26, 13, 18, 7, 14, 18, 7, 40, 8, 14, 6, 10]
EXPLAINED = (
    "Bound: what this machine needs at least, to copy as many bytes or to compute as much; of it: how near the runs\n"
    "with reused buffers come. MiB: memory held beside inputs and outputs, of what is allowed: states and 64."
)


def lines(measured, header):
    """The main table, and below each line every library's times."""
    rows = [COLUMNS] if header else []
    text = []
    for one in rows + [row(one) for one in measured]:
        text.append("  ".join(cell.ljust(width) for cell, width in zip(one, WIDTHS)).rstrip())
    for one in measured:
        each = [f"{name} {times(one, name)}" for name in one.peers() + ["copy"]]
        text.append("    " + "   ".join(each))
    return "\n".join(text)


def times(one, name):
    """A library's times: fresh, and reused if it has that."""
    reused = one.medians.get((name, "reused"))
    text = number(one.medians.get((name, "fresh")))
    if reused is not None:
        text += f" / {number(reused)}"
    return text + "*" if name in one.workload.told else text


def table(columns, rows):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in rows])


OTHER_COLUMNS = ["What", "Icosian", "beside it", "goal", "met"]


def other_row(line):
    return [line.title, line.icosian, line.peers, line.goal, "yes" if line.met else "no"]


def other_line(line):
    """A latency or scaling line for the terminal."""
    title, ours, peers, goal, met = other_row(line)
    return f"{title:<44}  {ours:>10}  {goal:<22}  {met:<4}  {peers}"


def markdown(measured, others):
    """All tables."""
    names = sorted({name for one in measured for name in one.peers()})
    every = [
        [one.workload.title, times(one, "icosian")]
        + [times(one, name) if name in one.peers() else "–" for name in names]
        + [times(one, "copy")]
        for one in measured
    ]
    return (
        table(COLUMNS, [row(one) for one in measured])
        + f"\n\n{EXPLAINED}\n\n"
        + table(OTHER_COLUMNS, [other_row(line) for line in others])
        + "\n\nEvery library, fresh / reused output buffers; with a * those who are told how many keys there are,"
        + " who are no best peer:\n\n"
        + table(["Work (ms)", "Icosian", *names, "copy"], every)
    )


def write(root, about, commit, measured, others, options):
    """The day's record, and the table between the markers of the README."""
    folder = root / "benches" / "record"
    folder.mkdir(exist_ok=True)
    day = date.today().isoformat()
    head = f"`benches/peers/run`, {day}, commit {commit}, medians of {options.rounds} rounds.\n{about}."
    text = f"# Icosian and its peers, {day}\n\n{head}\n\n{markdown(measured, others)}\n"
    notes = [f"- {one.workload.title}: {note}" for one in measured for note in one.notes]
    if notes:
        text += "\nNot as it should be:\n\n" + "\n".join(notes) + "\n"
    (folder / f"peers-{day}.md").write_text(text)
    with open(folder / "peers.jsonl", "a") as file:
        for one in measured:
            medians = {" ".join(key): round(value, 4) for key, value in one.medians.items()}
            record = {"date": day, "commit": commit, "machine": about, "work": one.workload.name,
                      "rows": one.rows, "medians": medians, "peak": one.peak and asdict(one.peak)}
            file.write(json.dumps(record) + "\n")
    readme = root / "README.md"
    whole = readme.read_text()
    first, last = "<!-- peers: begin -->\n", "<!-- peers: end -->"
    if first in whole and last in whole:
        before, rest = whole.split(first)
        _, after = rest.split(last)
        short = table(COLUMNS, [row(one) for one in measured])
        short += f"\n\n{EXPLAINED}\n\n" + table(OTHER_COLUMNS, [other_row(line) for line in others])
        readme.write_text(f"{before}{first}{head}\n\n{short}\n{last}{after}")
