"""Options that commands share, and what a shell completes in them without importing a sampler."""

import csv
import io
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from adbayes.errors import DataError, SpecError
from adbayes.model.library import PRINTED_PRIORS, find_spec, model_names, models_folder


def complete_spec(incomplete: str) -> list[str]:
    """Names of the specs that begin with what was typed.

    Parameters
    ----------
    incomplete : str
        What was typed.

    Returns
    -------
    list of str
        In order; nothing for a path, which the shell completes itself.
    """
    return _beginning(incomplete, model_names())


def complete_claims(incomplete: str) -> list[str]:
    """Names of the specs, and the word for the print itself.

    Parameters
    ----------
    incomplete : str
        What was typed.

    Returns
    -------
    list of str
        In order.
    """
    return _beginning(incomplete, [PRINTED_PRIORS, *model_names()])


def complete_variant(ctx: typer.Context, incomplete: str) -> list[str]:
    """Variants of the spec that stands before.

    Parameters
    ----------
    ctx : typer.Context
        With the words so far.
    incomplete : str
        What was typed.

    Returns
    -------
    list of str
        Of every spec, where none was named.
    """
    found = [name for table in _tables(ctx) for name in ("base", *table.get("variants", {}))]
    return _beginning(incomplete, dict.fromkeys(found))


def complete_priors(ctx: typer.Context, incomplete: str) -> list[str]:
    """Prior sets of the spec that stands before.

    Parameters
    ----------
    ctx : typer.Context
        With the words so far.
    incomplete : str
        What was typed.

    Returns
    -------
    list of str
        Of every spec, where none was named.
    """
    found = (name for table in _tables(ctx) for name in table.get("priors", {}))
    return _beginning(incomplete, dict.fromkeys(found))


def complete_printed(incomplete: str) -> list[str]:
    """Ids of printed numbers.

    Parameters
    ----------
    incomplete : str
        What was typed.

    Returns
    -------
    list of str
        Up to the next dot, where several ids go on after it, so that a list of hundreds is walked part
        by part; whole ids otherwise.
    """
    ledger = files("adbayes.paper").joinpath("published.csv").read_text(encoding="utf-8")
    ids = [row["id"] for row in csv.DictReader(io.StringIO(ledger, newline=""))]
    matching = _beginning(incomplete, ids)
    parts = dict.fromkeys(_up_to_next_dot(id, len(incomplete)) for id in matching)
    return matching if len(parts) < 2 else list(parts)


def _up_to_next_dot(id: str, start: int) -> str:
    end = id.find(".", start)
    return id if end < 0 else id[: end + 1]


def _beginning(incomplete: str, names: Any) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _tables(ctx: typer.Context) -> list[dict[str, Any]]:
    """The TOML of the spec on the command line; of every spec where none can be read yet."""
    # While a line is completed, click leaves the words of arguments where it found them.
    named = ctx.params.get("spec") or next(iter(ctx.args), None)
    if ctx.info_name == PRINTED_PRIORS:
        paths = [models_folder() / f"{PRINTED_PRIORS}.toml"]
    elif named:
        try:
            paths = [find_spec(str(named))]
        except SpecError:
            return []
    else:
        paths = [find_spec(name) for name in model_names()]
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in paths]


Data = Annotated[
    Path | None,
    typer.Option(
        help="A data file (csv, tsv, parquet, xlsx, sas7bdat, xpt); embedded cohort 0 if not given."
    ),
]
Columns = Annotated[
    str | None, typer.Option(help="Columns of the file by our names: easi=EASI_TOTAL,...")
]
SpecName = Annotated[
    str, typer.Argument(help="A model's name or a TOML file.", autocompletion=complete_spec)
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="A model to run; may be repeated.", autocompletion=complete_spec),
]
Variant = Annotated[
    str | None, typer.Option(help="A variant of the spec.", autocompletion=complete_variant)
]
Priors = Annotated[
    str | None,
    typer.Option(
        help="A prior set; the first one of the spec if not given.", autocompletion=complete_priors
    ),
]
Draws = Annotated[int | None, typer.Option(help="Draws a chain.")]
Tune = Annotated[int | None, typer.Option(help="Warm-up draws a chain.")]
Chains = Annotated[int | None, typer.Option(help="Chains.")]
Seed = Annotated[int | None, typer.Option(help="Equal seeds give equal numbers.")]
Jobs = Annotated[int | None, typer.Option(help="Chains run at once, at most; changes no number.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Sample even where the draws are kept already.")
]


def columns_of(text: str | None) -> dict[str, str] | None:
    """Read ``easi=EASI_TOTAL,patient=ID``.

    Parameters
    ----------
    text : str or None
        What follows ``--columns``.

    Returns
    -------
    dict of str to str or None
        Our name to the file's.

    Raises
    ------
    DataError
        For a text that is no list of pairs.
    """
    if text is None:
        return None
    pairs = [part.split("=", 1) for part in text.split(",") if part.strip()]
    if not pairs or any(len(pair) != 2 or not all(side.strip() for side in pair) for pair in pairs):
        raise DataError(f"--columns {text!r} cannot be read; write ours=theirs,ours=theirs")
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}
