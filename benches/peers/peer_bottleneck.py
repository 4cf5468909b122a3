"""bottleneck: windows along numpy arrays."""

import bottleneck as bn
import pyarrow as pa

from arrays import arrays
from task import Task


def start(_threads):
    pass


def rolling(move, window):
    def make(table):
        (x,) = arrays(table)
        return Task(
            fresh=lambda: move(x, window),
            to_arrow=lambda rolled: pa.table({"rolled": pa.array(rolled)}),
        )

    return make


WORKLOADS = {
    f"rolling_{what}_{window}": rolling(move, window)
    for what, move in (("mean", bn.move_mean), ("max", bn.move_max))
    for window in (7, 1000)
}
