"""Whether two libraries' results are the same, but for the last digits that may differ."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def read(path):
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def difference(workload, expected, found, tolerance, keys):
    """What is different about `found`, or None. Null and NaN are one: some libraries know one only."""
    if found.num_rows != expected.num_rows:
        return f"{found.num_rows} rows instead of {expected.num_rows}"
    if keys:
        expected, found = in_order(expected, keys), in_order(found, keys)
    for name in workload.outputs:
        if name not in found.column_names:
            return f"no column {name}"
        ours, theirs = expected[name], found[name]
        if pa.types.is_string(plain(ours).type):
            if not plain(ours).equals(plain(theirs)):
                return f"{name} has other values"
            continue
        ours, theirs = numbers(ours), numbers(theirs)
        if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
            return f"{name} has nulls elsewhere"
        finite = np.abs(ours[np.isfinite(ours)])
        scale = finite.max() if len(finite) else 1.0
        worst = np.nanmax(np.abs(ours - theirs)) if len(finite) else 0.0
        if not worst <= tolerance * scale:
            return f"{name} differs by {worst / scale:.1e} of its greatest value"
    return None


def plain(column):
    """Text as text, whatever it was kept as."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if text or pa.types.is_string_view(column.type):
        return column.cast(pa.string()).combine_chunks()
    return column


def numbers(column):
    return pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def in_order(table, keys):
    columns = {name: plain(table[name]) for name in table.column_names}
    return pa.table(columns).sort_by([(key, "ascending") for key in keys])
