"""A fit: an analysis, its rows and its draws, which never part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.inference.diagnostics import Gate, gate
from adbayes.inference.plan import plan
from adbayes.inference.sampler import sample
from adbayes.inference.store import fingerprint, load, save
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
from adbayes.model.random_intercept import NAME as RANDOM_INTERCEPT
from adbayes.model.spec import Analysis, Spec, load_spec
from adbayes.model.spec_tables import SamplerTable

if TYPE_CHECKING:
    import bambi as bmb
    import pymc as pm

    from adbayes.paper.published import Paper

RETRY_TARGET_ACCEPT = 0.99


@dataclass(frozen=True, eq=False)
class Fit:
    """One fitted model with everything it was made from.

    Parameters
    ----------
    analysis : Analysis
        What was fitted.
    cohort : Cohort
        Whose data; `cohort.label` goes on whatever is made of the fit.
    frame : ModelFrame
        The rows used.
    design : Design
        The mean's design matrix.
    posterior, sample_stats : xarray.Dataset
        Draws under Bambi's names and nutpie's statistics.
    retries : int
        How often sampling was tried again at a target acceptance of 0.99 (0 or 1).
    fingerprint : str
        Identity of the draws.
    """

    analysis: Analysis
    cohort: Cohort
    frame: ModelFrame
    design: Design
    posterior: xr.Dataset
    sample_stats: xr.Dataset
    retries: int
    fingerprint: str

    @cached_property
    def draws(self) -> xr.DataTree:
        """Draws as an ordinary ArviZ DataTree.

        Groups posterior, sample_stats, log_prior (top-level parameters), log_likelihood (one a
        patient where the patient effects are integrated out, otherwise one a row), observed_data.
        """
        outcome = self.frame.outcome
        observed = xr.Dataset(
            {outcome: ("__obs__", self.frame.data[outcome].to_numpy(dtype=float))}
        )
        return xr.DataTree.from_dict(
            {
                "posterior": self.posterior,
                "sample_stats": self.sample_stats,
                "log_prior": self.log_prior,
                "log_likelihood": self.log_likelihood,
                "observed_data": observed,
            }
        )

    @cached_property
    def gate(self) -> Gate:
        """Convergence of the parameters."""
        return gate(self.posterior, self.sample_stats)

    @property
    def pymc_model(self) -> "pm.Model":
        """The PyMC model of the analysis, as Bambi builds it."""
        return self.bambi_model.backend.model

    @cached_property
    def bambi_model(self) -> "bmb.Model":
        """The Bambi model, built."""
        model = self.design.model
        if not model.built:
            model.build()
        return model

    @cached_property
    def log_prior(self) -> xr.Dataset:
        """Log prior density of each top-level parameter at each draw."""
        variables = {}
        for name, prior in top_level_priors(self.analysis).items():
            values = self.posterior[name]
            density = xr.DataArray(
                prior.frozen().logpdf(values.to_numpy()), dims=values.dims, coords=values.coords
            )
            variables[name] = density
        return xr.Dataset(variables)

    @cached_property
    def log_likelihood(self) -> xr.Dataset:
        """Pointwise log-likelihood: one a patient where patient effects are integrated out."""
        structure = structure_of(self.analysis)
        if structure is None:
            tree = xr.DataTree.from_dict({"posterior": self.posterior})
            self.bambi_model.compute_log_likelihood(tree)
            dataset: xr.Dataset = tree["log_likelihood"].to_dataset()
            return dataset
        coords: dict[str, Any] = {
            "chain": self.posterior["chain"],
            "draw": self.posterior["draw"],
        }
        if structure.NAME == RANDOM_INTERCEPT:
            group = self.analysis.mean.grouping[0]
            values = structure.log_likelihood(
                self.posterior, self.frame, self.design, self.analysis
            )
            dim = group
            coords[dim] = [str(level) for level in self.frame.data[group].cat.categories]
        else:
            values = structure.log_likelihood(self.posterior, self.frame, self.design)
            dim = "__obs__"
            coords[dim] = np.arange(self.frame.n_rows)
        array = xr.DataArray(values, dims=("chain", "draw", dim), coords=coords)
        return xr.Dataset({self.frame.outcome: array})

    def summary(self) -> pd.DataFrame:
        """Posterior summaries of the clinical quantities and of every parameter.

        Returns
        -------
        pandas.DataFrame
            The columns of `adbayes.results.summary.COLUMNS`.
        """
        from adbayes.results.summary import summarize

        return summarize(self)

    def diagnostics(self) -> pd.DataFrame:
        """Convergence of every parameter and every reported quantity.

        Returns
        -------
        pandas.DataFrame
            One row; the columns of `adbayes.inference.diagnostics.COLUMNS`.
        """
        from adbayes.results.summary import diagnose

        return diagnose(self)

    def check(self, seed: int | None = None) -> pd.DataFrame:
        """Prior and posterior predictive checks.

        Parameters
        ----------
        seed : int, optional
            Of the replicates; the sampler's seed if not given.

        Returns
        -------
        pandas.DataFrame
            The columns of `adbayes.checks.predictive.COLUMNS`.
        """
        from adbayes.checks.predictive import predictive_checks

        return predictive_checks(self, seed=seed)

    def compare(self, paper: "Paper") -> pd.DataFrame:
        """Lay the fit beside every printed number that its spec answers.

        Parameters
        ----------
        paper : Paper
            The printed numbers.

        Returns
        -------
        pandas.DataFrame
            One row a printed number; the columns of `adbayes.results.comparison.COLUMNS`.
        """
        from adbayes.results.comparison import compare_fit

        return compare_fit(self, paper)

    def predict(self, new: pd.DataFrame, seed: int | None = None) -> pd.DataFrame:
        """Predict for new patients.

        Parameters
        ----------
        new : pandas.DataFrame
            The formula's predictors, on the scale of the file (not standardised).
        seed : int, optional
            Of the predictive draws; the sampler's seed if not given.

        Returns
        -------
        pandas.DataFrame
            One row a row of `new`: the expected outcome (mean, ci_low, ci_high) and the range of
            one new observation of a new patient (pred_low, pred_high).
        """
        from adbayes.results.predictions import predict

        return predict(self, new, seed=seed)

    def __repr__(self) -> str:
        a = self.analysis
        x = f" [{a.x}]" if a.x else ""
        state = "passed" if self.gate.passed else "FAILED"
        return (
            f"Fit of {a.model}{x} (variant {a.variant}, priors {a.prior_set})\n"
            f"  {a.mean.text}, {a.family.name}\n"
            f"  {self.frame.n_rows} rows{self.frame.described_units}; "
            f"{sum(self.frame.dropped.values())} gaps dropped\n"
            f"  {self.posterior.sizes['chain']} chains x {self.posterior.sizes['draw']} draws; "
            f"convergence gate {state}\n"
            f"  {self.cohort.label}"
        )


class Fits(Mapping[str, Fit]):
    """The fits of one spec under `for_each`, by predictor.

    Parameters
    ----------
    fits : mapping of str to Fit
        In the order of the spec.
    skipped : mapping of str to str, optional
        Predictor to the reason it was left out.
    """

    def __init__(self, fits: Mapping[str, Fit], skipped: Mapping[str, str] | None = None) -> None:
        self._fits = dict(fits)
        self.skipped = dict(skipped or {})

    def __getitem__(self, x: str) -> Fit:
        return self._fits[x]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fits)

    def __len__(self) -> int:
        return len(self._fits)

    def summary(self) -> pd.DataFrame:
        """Summaries of all fits, one below the other.

        Returns
        -------
        pandas.DataFrame
            As `Fit.summary`.
        """
        return pd.concat([fit.summary() for fit in self.values()], ignore_index=True)

    def diagnostics(self) -> pd.DataFrame:
        """Diagnostics of all fits.

        Returns
        -------
        pandas.DataFrame
            As `Fit.diagnostics`, one row a fit.
        """
        return pd.concat([fit.diagnostics() for fit in self.values()], ignore_index=True)

    def check(self, seed: int | None = None) -> pd.DataFrame:
        """Predictive checks of all fits.

        Parameters
        ----------
        seed : int, optional
            Of the replicates.

        Returns
        -------
        pandas.DataFrame
            As `Fit.check`.
        """
        return pd.concat([fit.check(seed) for fit in self.values()], ignore_index=True)

    def compare(self, paper: "Paper") -> pd.DataFrame:
        """All fits beside the printed numbers that the spec answers.

        Parameters
        ----------
        paper : Paper
            The printed numbers.

        Returns
        -------
        pandas.DataFrame
            As `Fit.compare`.
        """
        return pd.concat([fit.compare(paper) for fit in self.values()], ignore_index=True)

    def __repr__(self) -> str:
        first = next(iter(self.values()))
        return (
            f"Fits of {first.analysis.model}: one a predictor ({', '.join(self)})\n"
            + "".join(f"  {x} left out: {reason}\n" for x, reason in self.skipped.items())
            + f"  {first.cohort.label}"
        )


def top_level_priors(analysis: Analysis) -> dict[str, Prior]:
    """The priors at the top of the hierarchy, by the name of their draws.

    Parameters
    ----------
    analysis : Analysis
        What is fitted.

    Returns
    -------
    dict of str to Prior
        A group effect is represented by its hyper-prior (``1|patient_sigma``): scaling the
        distribution of the effects themselves would scale the model, not a belief.
    """
    top: dict[str, Prior] = {}
    for name, prior in analysis.priors.items():
        drawn = name.replace(".", "_", 1) if name.split(".")[0] in analysis.formulas else name
        if prior.is_hierarchical:
            top.update({f"{drawn}_{key}": hyper for key, hyper in prior.hyper_priors()})
        else:
            top[drawn] = prior
    return top


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
        Chains run at once; changes no number.
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
    return Fits({str(one.analysis.x): one for one in fits}, settled.skipped)


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
        Chains run at once.
    folder : str or path, optional
        The store; nothing is kept if not given.
    fresh : bool, optional
        Sample even where the store has the draws.

    Returns
    -------
    Fit
        Sampled a second time at a target acceptance of 0.99 where the first did not pass the gate.
    """
    design = design_of(bambi_model(analysis, frame))
    identity = fingerprint(
        {
            "analysis": analysis.content(),
            "data": frame.hash(),
            "evidence": cohort.evidence,
            "cohort": cohort.index,
        }
    )
    path = None if folder is None else Path(folder) / f"{stem(analysis, cohort)}.nc"
    stored = None if path is None or fresh else load(path, identity)
    if stored is not None:
        tree, retries = stored
        posterior, statistics = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    else:
        posterior, statistics, retries = _sampled(analysis, frame, design, cores)
        if path is not None:
            tree = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": statistics})
            save(path, tree, identity, retries)
    return Fit(analysis, cohort, frame, design, posterior, statistics, retries, identity)


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


def _sampled(
    analysis: Analysis, frame: ModelFrame, design: Design, cores: int | None
) -> tuple[xr.Dataset, xr.Dataset, int]:
    settings = analysis.sampler
    posterior, statistics = sample(analysis, frame, design, settings, cores)
    if settings.target_accept >= RETRY_TARGET_ACCEPT or gate(posterior, statistics).passed:
        return posterior, statistics, 0
    careful = SamplerTable(**{**settings.model_dump(), "target_accept": RETRY_TARGET_ACCEPT})
    return *sample(analysis, frame, design, careful, cores), 1
