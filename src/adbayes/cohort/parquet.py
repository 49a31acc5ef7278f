"""Parquet, through pyarrow."""

import io

from adbayes.cohort.grid import table_of_columns
from adbayes.cohort.table import Table
from adbayes.errors import DataError

_ROW_NAMES = "__index_level_0__"  # how pandas stores an index without a name


def read_parquet(name: str, content: bytes) -> Table:
    """Read a parquet file.

    Parameters
    ----------
    name : str
        The file's name.
    content : bytes
        The file.

    Returns
    -------
    Table
        Rows counted from 1; a plain table keeps the file's types.

    Raises
    ------
    DataError
        For a broken file, no rows, or a column whose cells are not single values.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        found = pyarrow.parquet.ParquetFile(io.BytesIO(content)).read()
        keep = [i for i, title in enumerate(found.column_names) if title != _ROW_NAMES]
        dropped = len(keep) < found.num_columns
        found = found.select(keep)
        names = [str(title) for title in found.column_names]
        nested = [
            (field.name, field.type)
            for field in found.schema
            if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)
        ]
        columns = [(title, found.column(i).to_pylist()) for i, title in enumerate(names)]
        numbered = found.rename_columns([str(i) for i in range(len(names))])
        typed = numbered.to_pandas(ignore_metadata=True).set_axis(names, axis=1)
    except (pa.ArrowException, ValueError, OverflowError, OSError) as error:
        reason = " ".join(str(error).split())[:80]
        raise DataError(
            f"{name}: the parquet file is damaged and cannot be read ({reason}); write it anew"
        ) from None
    if nested:
        title, kind = nested[0]
        raise DataError(
            f"{name}: column {title} holds {kind}, allowed are numbers, text and truth values; leave the "
            "column out or write single values"
        )
    table = table_of_columns(name, columns, typed)
    return table.noted("row names of the data frame are left out") if dropped else table
