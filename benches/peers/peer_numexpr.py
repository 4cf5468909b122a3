"""numexpr: an expression at a time over numpy arrays, in several threads; nulls are NaN."""

from itertools import combinations

import numexpr as ne
import numpy as np
import pyarrow as pa

from arrays import arrays
from task import Task


def start(threads):
    ne.set_num_threads(threads)


def task(expressions, between=()):
    """Outputs by name, from columns and from what `between` names on the way."""

    def make(table):
        columns = dict(zip(table.column_names, arrays(table)))
        rows = table.num_rows
        kept = {name: np.empty(rows) for name in [*dict(between), *expressions]}

        def run(outputs):
            scope = dict(columns)
            results = {}
            for name, text in [*between, *expressions.items()]:
                out = None if outputs is None else outputs[name]
                scope[name] = results[name] = ne.evaluate(text, local_dict=scope, global_dict={}, out=out)
            return {name: results[name] for name in expressions}

        return Task(
            fresh=lambda: run(None),
            reused=lambda: run(kept),
            to_arrow=lambda results: pa.table({name: pa.array(v) for name, v in results.items()}),
        )

    return make


def total(name, text):
    """A sum over the rows."""

    def make(table):
        scope = dict(zip(table.column_names, arrays(table)))
        return Task(
            fresh=lambda: ne.evaluate(f"sum({text})", local_dict=scope, global_dict={}),
            to_arrow=lambda value: pa.table({name: pa.array([float(value)])}),
        )

    return make


HAVERSINE = (
    "12742 * arcsin(sqrt(sin((latitude_2 - latitude_1) * 0.008726646259971648) ** 2"
    " + cos(latitude_1 * 0.017453292519943295) * cos(latitude_2 * 0.017453292519943295)"
    " * sin((longitude_2 - longitude_1) * 0.008726646259971648) ** 2))"
)
INDEX = "((population + 2 * adults - 2000 * robberies) / 100000)"

WORKLOADS = {
    "haversine": task({"distance": HAVERSINE}),
    "thirty": task({
        name: text
        for x, y in combinations("abcdef", 2)
        for name, text in (
            (f"grown_{x}{y}", f"{x} * {y} + {x}"),
            (f"contrast_{x}{y}", f"({x} - {y}) / ({x} + {y})"),
        )
    }),
    "crime_index": total(
        "crime_index",
        f"where(population > 500000, where({INDEX} > 0.02, 0.032, where({INDEX} < 0.01, 0.005, {INDEX})), 0)",
    ),
    "q6": total(
        "revenue",
        "where((shipdate >= 8766) & (shipdate < 9131) & (discount >= 0.05) & (discount <= 0.07)"
        " & (quantity < 24), price * discount, 0)",
    ),
}
