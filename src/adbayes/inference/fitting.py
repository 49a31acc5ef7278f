"""From a spec and a cohort to fits: planned whole, then sampled, or taken from the store."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.inference.plan import plan
from adbayes.inference.sampler import sample
from adbayes.inference.store import fingerprint, load, save
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec, load_spec
from adbayes.model.spec_tables import SamplerTable

if TYPE_CHECKING:
    import bambi as bmb

RETRY_TARGET_ACCEPT = 0.99


class Drawn(NamedTuple):
    """What sampling adds to an analysis and its rows.

    Parameters
    ----------
    posterior, sample_stats : xarray.Dataset
        Draws under Bambi's names and nutpie's statistics.
    retries : int
        How often sampling was tried again (0 or 1).
    fingerprint : str
        Identity of the draws.
    """

    posterior: xr.Dataset
    sample_stats: xr.Dataset
    retries: int
    fingerprint: str


def fit(
    spec: str | Path | Spec,
    cohort: Cohort,
    variant: str | None = None,
    priors: "str | Mapping[str, Prior | bmb.Prior] | None" = None,
    *,
    x: str | None = None,
    draws: int | None = None,
    tune: int | None = None,
    chains: int | None = None,
    target_accept: float | None = None,
    seed: int | None = None,
    cores: int | None = None,
    folder: str | Path | None = None,
) -> Fit | Fits:
    """Fit a spec to a cohort.

    Parameters
    ----------
    spec : str or path or Spec
        A name in models/, a TOML file, or a loaded spec.
    cohort : Cohort
        The data.
    variant : str, optional
        A variant of the spec; its own model if not given.
    priors : str or mapping, optional
        A prior set's name, or ``{"female": bmb.Prior("Normal", mu=0, sigma=0.5)}`` laid over the
        reported set.
    x : str, optional
        One predictor of a spec with ``for_each``; all of them if not given.
    draws, tune, chains : int, optional
        Per chain; the spec's values if not given.
    target_accept : float, optional
        Between 0.5 and 1.
    seed : int, optional
        Equal seeds give equal draws.
    cores : int, optional
        Chains run at once, at most; changes no number.
    folder : str or path, optional
        Where to keep the draws and look for earlier ones of the same fingerprint.

    Returns
    -------
    Fit, or Fits under ``for_each`` without `x`
        Everything validated before anything is sampled.

    Raises
    ------
    SpecError
        For a fault in the spec, the variant or the priors.
    DataError
        For data that the spec cannot use.
    """
    loaded = spec if isinstance(spec, Spec) else load_spec(spec)
    settled = plan(
        loaded,
        cohort,
        variant,
        priors,
        x,
        draws=draws,
        tune=tune,
        chains=chains,
        target_accept=target_accept,
        seed=seed,
    )
    fits = [
        fit_analysis(analysis, cohort, frame, cores=cores, folder=folder)
        for analysis, frame in settled.jobs
    ]
    if len(fits) == 1 and (x is not None or not loaded.predictors):
        return fits[0]
    return Fits({str(one.analysis.x): one for one in fits}, settled.reasons)


def fit_analysis(
    analysis: Analysis,
    cohort: Cohort,
    frame: ModelFrame,
    *,
    cores: int | None = None,
    folder: str | Path | None = None,
    fresh: bool = False,
) -> Fit:
    """Fit one analysis to its rows, or take its draws from the store.

    Parameters
    ----------
    analysis : Analysis
        What is fitted.
    cohort : Cohort
        Whose data.
    frame : ModelFrame
        The rows, from `model_frame`.
    cores : int, optional
        Chains run at once, at most.
    folder : str or path, optional
        The store; nothing is kept if not given.
    fresh : bool, optional
        Sample even where the store has the draws.

    Returns
    -------
    Fit
        Sampled a second time at a target acceptance of 0.99 where the first did not pass the gate.
    """
    stored = None if folder is None or fresh else stored_fit(analysis, cohort, frame, folder)
    if stored is not None:
        return stored
    design = design_of(bambi_model(analysis, frame))
    identity = _identity(analysis, cohort, frame)
    settings = analysis.sampler
    draws = sample(analysis, frame, design, settings, cores)
    found = Fit(analysis, cohort, frame, design, *draws, 0, identity)
    # The fit keeps the gate it was judged by: over all patient effects it costs as much as the draws.
    if settings.target_accept < RETRY_TARGET_ACCEPT and not found.gate.passed:
        careful = SamplerTable(**{**settings.model_dump(), "target_accept": RETRY_TARGET_ACCEPT})
        draws = sample(analysis, frame, design, careful, cores)
        found = Fit(analysis, cohort, frame, design, *draws, 1, identity)
    if folder is not None:
        tree = xr.DataTree.from_dict({"posterior": draws[0], "sample_stats": draws[1]})
        save(_path(analysis, cohort, folder), tree, identity, found.retries)
    return found


def stored_fit(
    analysis: Analysis, cohort: Cohort, frame: ModelFrame, folder: str | Path
) -> Fit | None:
    """A fit whose draws are kept already.

    Parameters
    ----------
    analysis : Analysis
        What was fitted.
    cohort : Cohort
        To what.
    frame : ModelFrame
        The rows, from `model_frame`.
    folder : str or path
        The store.

    Returns
    -------
    Fit or None
        None where there are no draws of this fingerprint, or they are damaged.
    """
    identity = _identity(analysis, cohort, frame)
    stored = load(_path(analysis, cohort, folder), identity)
    if stored is None:
        return None
    tree, retries = stored
    draws = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    return drawn_fit(analysis, cohort, frame, Drawn(*draws, retries, identity))


def drawn_fit(analysis: Analysis, cohort: Cohort, frame: ModelFrame, drawn: Drawn) -> Fit:
    """A fit whose draws are there already.

    Parameters
    ----------
    analysis : Analysis
        What was fitted.
    cohort : Cohort
        To what.
    frame : ModelFrame
        The rows.
    drawn : Drawn
        What sampling gave.

    Returns
    -------
    Fit
        The same as where it was sampled.
    """
    design = design_of(bambi_model(analysis, frame))
    return Fit(analysis, cohort, frame, design, *drawn)


def _identity(analysis: Analysis, cohort: Cohort, frame: ModelFrame) -> str:
    structure = structure_of(analysis)
    return fingerprint(
        {
            "analysis": analysis.content(),
            # The same model by another density, such as with effects integrated out, has other draws.
            "structure": None if structure is None else structure.NAME,
            "data": frame.hash(),
            "evidence": cohort.evidence,
            "cohort": cohort.index,
        }
    )


def _path(analysis: Analysis, cohort: Cohort, folder: str | Path) -> Path:
    return Path(folder) / f"{stem(analysis, cohort)}.nc"


def stem(analysis: Analysis, cohort: Cohort) -> str:
    """File stem of a fit: the analysis's key, and the cohort's number if it has one.

    Parameters
    ----------
    analysis : Analysis
        What was fitted.
    cohort : Cohort
        To what.

    Returns
    -------
    str
        ``<model>[.<x>].<variant>.<priors>[.cohort<k>]``.
    """
    return analysis.key if cohort.index is None else f"{analysis.key}.cohort{cohort.index}"
