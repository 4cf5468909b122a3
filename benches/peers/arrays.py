"""Arrow columns for libraries that know numpy arrays only."""

import pyarrow as pa
import pyarrow.compute as pc


def arrays(table):
    """Columns as numpy arrays: null is NaN, dictionaries are their codes."""
    columns = []
    for column in table.columns:
        array = column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0)
        if pa.types.is_dictionary(array.type):
            array = array.indices
        if array.null_count:
            array = pc.fill_null(array, float("nan"))
        if pa.types.is_date(array.type):
            array = array.view(pa.int32())
        if pa.types.is_timestamp(array.type):
            array = array.view(pa.int64())
        columns.append(array.to_numpy(zero_copy_only=False))
    return columns
