"""Sampling by nutpie, seeded, with the posterior under Bambi's names."""

import hashlib
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.compiled import compile_graph, structure_of, swapped
from adbayes.model.frame import ModelFrame
from adbayes.model.spec_tables import SamplerTable

if TYPE_CHECKING:
    import bambi as bmb

KEPT_STATISTICS = (
    "diverging",
    "energy",
    "maxdepth_reached",
    "step_size",
    "n_steps",
    "depth",
    "logp",
)


def stream(seed: int, *names: str) -> np.random.SeedSequence:
    """A stream of randomness for one purpose, independent of what else runs and in which order.

    Parameters
    ----------
    seed : int
        The run's seed.
    *names : str
        What the stream is for.

    Returns
    -------
    numpy.random.SeedSequence
        Equal for equal arguments.
    """
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


def sample(
    analysis: Analysis,
    frame: ModelFrame,
    design: Design,
    settings: SamplerTable,
    cores: int | None = None,
) -> tuple[xr.Dataset, xr.Dataset]:
    """Draw from the posterior of an analysis.

    Parameters
    ----------
    analysis : Analysis
        What is fitted.
    frame : ModelFrame
        Its rows.
    design : Design
        Its design matrix.
    settings : SamplerTable
        Draws, warm-up, chains, target acceptance and seed.
    cores : int, optional
        Chains run at once, at most; changes no number.

    Returns
    -------
    tuple of xarray.Dataset
        Posterior under Bambi's names, and sample statistics.
    """
    posterior, statistics = _sampled(analysis, frame, design, settings, cores)
    return _laid_out(posterior), _laid_out(statistics)


def _laid_out(draws: xr.Dataset) -> xr.Dataset:
    """Draws in the order in which the store gives them back: sums over them end in the same last digit.

    The time of day is left out, so that the same draws are the same file.
    """
    found = draws.map(lambda one: one.copy(data=np.ascontiguousarray(one.to_numpy())))
    found.attrs = {name: value for name, value in draws.attrs.items() if name != "created_at"}
    return found


def _sampled(
    analysis: Analysis,
    frame: ModelFrame,
    design: Design,
    settings: SamplerTable,
    cores: int | None,
) -> tuple[xr.Dataset, xr.Dataset]:
    structure = structure_of(analysis)
    sequence = stream(settings.seed, "sample", analysis.key)
    if structure is None:
        return _sample_bambi(design.model, settings, sequence, cores)
    frozen = structure.frozen(analysis, frame, design)
    data = structure.swap_data(analysis, frame, design)
    if getattr(structure, "ONE_CHAIN_AT_A_TIME", False):
        cores = 1
    tree = _nutpie(swapped(structure, frozen, data), settings, sequence, cores)
    sampled = tree["posterior"].to_dataset()
    rng = np.random.default_rng(stream(settings.seed, "group effects", analysis.key))
    return structure.named(sampled, frame, design, analysis, rng), _statistics(tree)


def _sample_bambi(
    model: "bmb.Model", settings: SamplerTable, sequence: np.random.SeedSequence, cores: int | None
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample Bambi's own graph, leaving out offsets and what is computed row by row."""
    if not model.built:
        model.build()
    graph = model.backend.model
    # One value a row would make a large file of what the design matrix gives back.
    rows = {name for name, dims in graph.named_vars_to_dims.items() if "__obs__" in dims}
    names = [
        variable.name
        for variable in [*graph.free_RVs, *graph.deterministics]
        if not variable.name.endswith("_offset") and variable.name not in rows
    ]
    compiled = compile_graph(graph, var_names=names)
    tree = _nutpie(compiled, settings, sequence, cores)
    posterior = tree["posterior"].to_dataset()
    return posterior[[name for name in names if name in posterior]], _statistics(tree)


def _nutpie(
    compiled: Any, settings: SamplerTable, sequence: np.random.SeedSequence, cores: int | None
) -> Any:
    import nutpie

    # nutpie reports progress through its own widget; here progress is the caller's.
    logging.getLogger("nutpie").setLevel(logging.ERROR)
    sampler = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=cores,
        seed=int(sequence.generate_state(1)[0] >> 1),
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        blocking=False,
    )
    # When it blocks, nutpie takes an interrupt for the end and returns the draws made so far.
    try:
        return sampler.wait()
    except KeyboardInterrupt:
        sampler.cancel()
        raise


def _statistics(tree: Any) -> xr.Dataset:
    statistics: xr.Dataset = tree["sample_stats"].to_dataset()
    return statistics[[name for name in KEPT_STATISTICS if name in statistics]]
