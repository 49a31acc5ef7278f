"""SAS data sets and transport files, through pyreadstat (the ReadStat library)."""

from pathlib import Path

from adbayes.cohort.grid import table_of_columns
from adbayes.cohort.table import Table
from adbayes.errors import DataError


def read_sas(file: Path) -> Table:
    """Read a SAS data set (sas7bdat) or transport file (xpt).

    Parameters
    ----------
    file : pathlib.Path
        The file; its suffix says which of the two.

    Returns
    -------
    Table
        Rows counted from 1; special missing values (.A to .Z) are missing.

    Raises
    ------
    DataError
        For a broken file, text in an encoding that it does not declare, or no rows.
    """
    import pyreadstat

    read = pyreadstat.read_xport if file.suffix.lower() == ".xpt" else pyreadstat.read_sas7bdat
    try:
        frame, _ = read(str(file))
    except (
        pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, OSError,
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:80]
        raise DataError(
            f"{file.name}: the SAS file is damaged, or of a kind that is not read ({reason}); export it "
            "anew from SAS, or as csv in UTF-8"
        ) from None
    columns = [(str(title), frame.iloc[:, i].tolist()) for i, title in enumerate(frame.columns)]
    return table_of_columns(file.name, columns)
