"""The data of every workload: made once, the same everywhere, kept as Arrow files."""

import numpy as np
import pyarrow as pa

# Part of the name of the folder that keeps the files: raise it when the data changes.
VERSION = 1


def table_path(folder, table, rows):
    return folder / f"{table}-{rows}.arrow"


def make(folder, table, rows):
    """Makes a table's file unless it is there. Returns its path."""
    path = table_path(folder, table, rows)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        columns = TABLES[table](np.random.default_rng([VERSION, len(table), rows]), rows)
        fields = [pa.field(n, a.type, nullable=a.null_count > 0) for n, a in columns.items()]
        made = pa.table(list(columns.values()), schema=pa.schema(fields))
        partial = path.with_suffix(".partial")
        with pa.OSFile(str(partial), "wb") as file:
            with pa.ipc.new_file(file, made.schema) as writer:
                writer.write_table(made)
        partial.rename(path)
    return path


def read(folder, table, rows):
    """The table in memory (not mapped), as one chunk."""
    with pa.OSFile(str(table_path(folder, table, rows)), "rb") as file:
        return pa.ipc.open_file(file).read_all().combine_chunks()


def options(random, rows):
    return {
        "spot": pa.array(random.uniform(10, 50, rows)),
        "strike": pa.array(random.uniform(10, 50, rows)),
        "years": pa.array(random.uniform(1, 2, rows)),
    }


def places(random, rows):
    return {
        "latitude_1": pa.array(random.uniform(-80, 80, rows)),
        "longitude_1": pa.array(random.uniform(-180, 180, rows)),
        "latitude_2": pa.array(random.uniform(-80, 80, rows)),
        "longitude_2": pa.array(random.uniform(-180, 180, rows)),
    }


def sensors(random, rows):
    """One value in ten is null, and no value under a null shows."""
    return {
        name: pa.array(random.uniform(1, 2, rows), mask=random.random(rows) < 0.1)
        for name in "abcdef"
    }


def weekly(random, rows):
    return {
        "spend": pa.array(random.uniform(1, 100, rows)),
        "signups": pa.array(random.uniform(1, 1000, rows)),
    }


def cities(random, rows):
    population = random.uniform(0, 1_000_000, rows)
    return {
        "population": pa.array(population),
        "adults": pa.array(population * random.uniform(0.5, 1, rows)),
        "robberies": pa.array(random.uniform(0, 1_000, rows)),
    }


def shipdate(random, rows):
    first, last = np.datetime64("1992-01-02"), np.datetime64("1998-12-01")
    days = random.integers(0, (last - first).astype(int) + 1, rows)
    return pa.array((first + days).astype("datetime64[D]"))


def lineitem(random, rows):
    return {
        "shipdate": shipdate(random, rows),
        "discount": pa.array(random.integers(0, 11, rows) / 100),
        "quantity": pa.array(random.integers(1, 51, rows).astype(float)),
        "price": pa.array(random.integers(90_000, 10_500_000, rows) / 100),
    }


def dictionary(codes, values):
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(values))


def lines(random, rows):
    """The two flags are dictionaries."""
    return {
        "flag": dictionary(random.integers(0, 3, rows), ["A", "N", "R"]),
        "status": dictionary(random.integers(0, 2, rows), ["F", "O"]),
        "shipdate": shipdate(random, rows),
        "quantity": pa.array(random.integers(1, 51, rows).astype(float)),
        "price": pa.array(random.integers(90_000, 10_500_000, rows) / 100),
        "discount": pa.array(random.integers(0, 11, rows) / 100),
        "tax": pa.array(random.integers(0, 9, rows) / 100),
    }


def series(random, rows):
    return {"x": pa.array(random.normal(0, 1, rows))}


def keys(random, rows, most):
    return {
        "key": pa.array(random.integers(0, most, rows)),
        "value": pa.array(random.uniform(0, 1, rows)),
    }


def few_keys(random, rows):
    return keys(random, rows, 100)


def many_keys(random, rows):
    return keys(random, rows, 1_000_000)


def stamps(random, rows):
    """Moments from 1970 to 2038, in microseconds."""
    at = random.integers(0, 2**31 * 1_000_000, rows)
    return {"at": pa.array(at.astype("datetime64[us]"))}


def people(random, rows):
    return {"id": pa.array(np.arange(rows)), "weight": pa.array(random.uniform(0, 1, rows))}


def visits(random, rows):
    return {
        "person": pa.array(random.integers(0, rows, rows)),
        "spend": pa.array(random.uniform(1, 100, rows)),
        "signups": pa.array(random.uniform(1, 1000, rows)),
    }


TABLES = {
    function.__name__: function
    for function in (
        options, places, sensors, weekly, cities, lineitem, lines, series, few_keys, many_keys, stamps,
        people, visits,
    )
}
