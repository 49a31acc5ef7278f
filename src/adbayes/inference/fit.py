"""A fit: an analysis, its rows and its draws, which never part."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.inference.diagnostics import Gate, gate, quality
from adbayes.inference.patient_likelihood import integrates, patient_log_likelihood
from adbayes.inference.row_families import log_density
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.compiled import structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.imputation import BLOCK
from adbayes.model.imputed_density import horseshoe_scales
from adbayes.model.priors import Prior
from adbayes.model.structure import labelled
from adbayes.shown import as_html

if TYPE_CHECKING:
    import bambi as bmb
    import pymc as pm

    from adbayes.paper.published import Paper


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
        observed = xr.Dataset({self.frame.outcome: ("__obs__", self.frame.y)})
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
    def quality(self) -> pd.DataFrame:
        """Diagnostics of every scalar that was sampled, as `adbayes.inference.diagnostics.quality`.

        Effects of groups that were integrated out are independent draws given the parameters: they have no
        convergence of their own, and hundreds of diagnostics more would only raise false alarms.
        """
        afterwards = self.analysis.group_effects if structure_of(self.analysis) else ()
        return quality(self.posterior.drop_vars(afterwards, errors="ignore"))

    @cached_property
    def gate(self) -> Gate:
        """Convergence of what was sampled: the worst of `quality`, divergences and E-BFMI."""
        return gate(self.quality, self.sample_stats)

    @cached_property
    def pymc_model(self) -> "pm.Model":
        """The PyMC model: as Bambi builds it, or for another kind the density that was sampled."""
        if self.bambi_model is not None:
            return self.bambi_model.backend.model
        structure = structure_of(self.analysis)
        assert structure is not None  # every kind but Bambi's has one
        model = structure.pymc_model(*structure.frozen(self.analysis, self.frame, self.design))
        data = structure.swap_data(self.analysis, self.frame, self.design)
        with model:
            for name, value in data.items():
                model.set_data(name, value)
        return model

    @cached_property
    def bambi_model(self) -> "bmb.Model | None":
        """The Bambi model, built; None for a kind that Bambi cannot express."""
        if self.analysis.kind != "bambi":
            return None
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
            density = prior.log_density(values.to_numpy())
            dims = values.dims[: density.ndim]  # one a matrix under an LKJ prior
            variables[name] = xr.DataArray(density, {d: values[d] for d in dims}, dims)
        return xr.Dataset(variables)

    @cached_property
    def log_likelihood(self) -> xr.Dataset:
        """Pointwise log-likelihood: one a patient where patient effects are integrated out."""
        structure = structure_of(self.analysis)
        if structure is None and integrates(self.analysis):
            group = self.analysis.mean.grouping[0]
            marginal = patient_log_likelihood(
                self.analysis, self.frame, self.design, self.posterior
            )
            effects = self.posterior[f"1|{group}"]
            one_a_patient = effects.rename({effects.dims[-1]: group}).copy(data=marginal)
            return xr.Dataset({self.frame.outcome: one_a_patient})
        if structure is None:
            rows = log_density(self.analysis, self.frame, self.design, self.posterior)
            axes = {"__obs__": range(self.frame.n_rows)}
            return xr.Dataset({self.frame.outcome: labelled(rows, axes, self.posterior)})
        values = structure.log_likelihood(self.posterior, self.frame, self.design, self.analysis)
        return xr.Dataset({self.frame.outcome: values})

    @cached_property
    def patient_log_likelihood(self) -> xr.DataArray:
        """Log-likelihood of each patient (dimension ``unit``), patient effects integrated out.

        Through quadrature on a subset of the draws where there is no closed form; SpecError where
        the integral has several dimensions.
        """
        from adbayes.inference.marginal_likelihood import patient_log_likelihood

        return patient_log_likelihood(self)

    def summary(self) -> pd.DataFrame:
        """Posterior summaries of the clinical quantities and of every parameter.

        Returns
        -------
        pandas.DataFrame
            The columns of `adbayes.results.summary.COLUMNS`.
        """
        from adbayes.results.result_table import ResultTable
        from adbayes.results.summary import summarize

        return ResultTable(summarize(self))

    def diagnostics(self) -> pd.DataFrame:
        """Convergence of every sampled parameter and every reported quantity.

        Returns
        -------
        pandas.DataFrame
            One row; the columns of `adbayes.inference.diagnostics.COLUMNS`.
        """
        from adbayes.results.result_table import ResultTable
        from adbayes.results.summary import diagnose

        return ResultTable(diagnose(self))

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
        from adbayes.results.result_table import ResultTable

        return ResultTable(predictive_checks(self, seed=seed))

    def compare(self, paper: "Paper | None" = None) -> pd.DataFrame:
        """Lay the fit beside every printed number that its spec answers.

        Parameters
        ----------
        paper : Paper, optional
            The printed numbers; `load_paper` if not given.

        Returns
        -------
        pandas.DataFrame
            One row a printed number; the columns of `adbayes.results.comparison.COLUMNS`.
        """
        from adbayes.paper.published import load_paper
        from adbayes.results.comparison import compare_fit
        from adbayes.results.result_table import ResultTable

        return ResultTable(compare_fit(self, paper or load_paper()))

    def sensitivity(self, alpha: float = 0.8) -> pd.DataFrame:
        """Hold the claims against other priors, from the draws there are: no refit.

        Parameters
        ----------
        alpha : float, optional
            The power that prior or likelihood are raised to, between 0 and 1.

        Returns
        -------
        pandas.DataFrame
            The columns of `adbayes.checks.power_scaling.COLUMNS`, by `method`: ``power_scaling`` of
            every quantity; ``reverse_bayes``, the prior under which an odds ratio or a mean change would
            no longer stand, with its sentence in `diagnosis`; ``conflict`` of prior and data.
            `adbayes.checks.withstood.fit_sensitivity` says how.
        """
        from adbayes.checks.withstood import fit_sensitivity
        from adbayes.results.result_table import ResultTable

        return ResultTable(fit_sensitivity(self, alpha))

    def predict(
        self, new: "pd.DataFrame | Mapping[str, object] | Cohort", seed: int | None = None
    ) -> pd.DataFrame:
        """Predict for new patients.

        Parameters
        ----------
        new : pandas.DataFrame or mapping or Cohort
            The formula's predictors, on the scale of the file (not standardised): a table, or
            columns of one, such as ``{"visit": [0, 52]}``.
        seed : int, optional
            Of the predictive draws; the sampler's seed if not given.

        Returns
        -------
        pandas.DataFrame
            One row a row of `new`: the expected outcome (mean, ci_low, ci_high) and the range of
            one new observation of a new patient (pred_low, pred_high).
        """
        from adbayes.results.predictions import predict

        table = new if isinstance(new, Cohort | pd.DataFrame) else pd.DataFrame(dict(new))
        return predict(self, table, seed=seed)

    def loo(self) -> pd.DataFrame:
        """Leave-one-patient-out predictive accuracy.

        Returns
        -------
        pandas.DataFrame
            As `adbayes.checks.loo.loo`.
        """
        from adbayes.checks.loo import loo

        return loo(self)

    def influence(self) -> pd.DataFrame:
        """Every reported quantity without each patient in turn.

        Returns
        -------
        pandas.DataFrame
            As `adbayes.checks.influence.influence`.
        """
        from adbayes.checks.influence import influence

        return influence(self)

    def contrasts(self, by: str | None = None) -> pd.DataFrame:
        """All differences between the levels of a predictor, with simultaneous intervals.

        Parameters
        ----------
        by : str, optional
            The predictor; the spec's ``[estimands] by`` if not given.

        Returns
        -------
        pandas.DataFrame
            The columns of `adbayes.results.contrasts.COLUMNS`.
        """
        from adbayes.results.contrasts import contrasts

        return contrasts(self, by)

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

    def _repr_html_(self) -> str:
        """What a notebook shows: nothing is computed for it but the gate."""
        priors = [
            {"parameter": name, "prior": str(prior), "why": prior.why}
            for name, prior in self.analysis.priors.items()
        ]
        return as_html(repr(self), {"Priors": pd.DataFrame(priors)})


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
        distribution of the effects themselves would scale the model, not a belief. A horseshoe is
        represented by the two scales that all its slopes share, for the same reason.
    """
    top: dict[str, Prior] = {}
    for name, prior in analysis.priors.items():
        drawn = name.replace(".", "_", 1) if name.split(".")[0] in analysis.formulas else name
        if name == BLOCK:
            scales = horseshoe_scales(prior)
            top.update({key: scales[key] for key in ("slopes_tau", "slopes_slab")})
        elif prior.is_hierarchical:
            top.update({f"{drawn}_{key}": hyper for key, hyper in prior.hyper_priors()})
        else:
            top[drawn] = prior
    return top
