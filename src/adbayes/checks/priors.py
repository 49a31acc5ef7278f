"""What a model's priors say, before any data: the prior table and the prior predictive."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from adbayes.checks.predictive import COLUMNS, prior_predictive
from adbayes.cohort.cohort import Cohort
from adbayes.inference.plan import plan
from adbayes.model import gaussian_copula
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.copula_structure import values_of
from adbayes.model.frame import ModelFrame
from adbayes.model.imputation import BLOCK, IMPUTATION
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec, load_spec
from adbayes.model.stacked import correlated
from adbayes.results.events import warned
from adbayes.results.summary import whose

if TYPE_CHECKING:
    import bambi as bmb

TABLE_COLUMNS = ["model", "variant", "priors", "parameter", "prior", "low", "high", "scale", "why"]


@dataclass(frozen=True)
class Check:
    """A spec checked against a cohort without sampling.

    Parameters
    ----------
    label : str
        What the data are.
    priors : pandas.DataFrame
        One row a parameter; the columns of `TABLE_COLUMNS`. `low` and `high` are the prior's 95 %
        range, as an odds ratio for a coefficient on the log-odds scale.
    prior_predictive : pandas.DataFrame
        Statistics of data that the priors imply; the columns of `adbayes.checks.predictive.COLUMNS`.
    notes : tuple of str
        Rows used, dropped and imputed, few events for each slope, predictors left out, and what
        Bambi's formula does not express.
    """

    label: str
    priors: pd.DataFrame
    prior_predictive: pd.DataFrame
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        parts = [
            self.label,
            *(f"- {note}" for note in self.notes),
            self.priors.drop(columns=["model", "variant", "priors"]).to_string(index=False),
            self.prior_predictive[
                ["outcome", "visit", "statistic", "observed", "replicated_low", "replicated_high"]
            ].to_string(index=False, float_format=lambda value: f"{value:.4g}"),
        ]
        return "\n".join(parts)


def check(
    spec: str | Path | Spec,
    cohort: Cohort,
    variant: str | None = None,
    priors: "str | Mapping[str, Prior | bmb.Prior] | None" = None,
) -> Check:
    """Check a spec against a cohort without sampling.

    Parameters
    ----------
    spec : str or path or Spec
        A name in models/, a TOML file, or a loaded spec.
    cohort : Cohort
        The data.
    variant : str, optional
        A variant of the spec.
    priors : str or mapping, optional
        A prior set's name, or replacements by parameter.

    Returns
    -------
    Check
        Prior table and prior predictive.

    Raises
    ------
    SpecError
        For a fault in the spec.
    DataError
        For data that the spec cannot use.
    """
    loaded = spec if isinstance(spec, Spec) else load_spec(spec)
    settled = plan(loaded, cohort, variant, priors)
    tables, rows, notes = [], [], []
    for analysis, frame in settled.jobs:
        design = design_of(bambi_model(analysis, frame))
        tables.append(prior_table(analysis, frame))
        found = prior_predictive(analysis, frame, design, analysis.sampler.seed)
        rows += [{**whose(analysis, cohort), **row} for row in found]
        gaps = ", ".join(f"{reason} in {n}" for reason, n in frame.dropped.items()) or "none"
        x = f" [{analysis.x}]" if analysis.x else ""
        imputed = "".join(f"; {n} values of {name} imputed" for name, n in frame.gaps.items())
        notes.append(f"{analysis.model}{x}: {frame.n_rows} rows used; dropped: {gaps}{imputed}")
        notes.append(warned(analysis, frame, design))
        if any("|" in name and not name.startswith("1|") for name in analysis.mean.groups):
            notes.append(
                "group slopes and intercepts have independent SDs: Bambi has no correlation"
            )
    notes += [f"{x} left out: {reason}" for x, reason in settled.reasons.items()]
    return Check(
        cohort.label,
        pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True),
        pd.DataFrame(rows).reindex(columns=COLUMNS),
        tuple(dict.fromkeys(filter(None, notes))),
    )


def prior_table(analysis: Analysis, frame: ModelFrame) -> pd.DataFrame:
    """Every prior of an analysis with its range and reason.

    Parameters
    ----------
    analysis : Analysis
        The model and its priors.
    frame : ModelFrame
        The rows; they say how many times a matrix of correlations is for.

    Returns
    -------
    pandas.DataFrame
        The columns of `TABLE_COLUMNS`. A group effect is shown by the prior of its SD, a matrix of
        correlations by the margin of one of them.
    """
    rows = []
    among = correlated(analysis, frame)
    odds = analysis.link == "logit"
    for name, prior in analysis.priors.items():
        shown = (
            [(name, prior)]
            if not prior.is_hierarchical
            else [(f"{name} {key}", hyper) for key, hyper in prior.hyper_priors()]
        )
        for label, one in shown:
            if one.distribution == "Dirichlet":
                among = max(map(len, values_of(frame).values()))
            low, high = (np.asarray(one.frozen(among).ppf(q), dtype=float) for q in (0.025, 0.975))
            slopes = {*analysis.mean.common, BLOCK} - {"Intercept"}
            coefficient = odds and name in slopes
            if coefficient:
                low, high = np.exp(low), np.exp(high)
            rows.append(
                {
                    "model": analysis.model,
                    "variant": analysis.variant,
                    "priors": analysis.prior_set,
                    "parameter": label,
                    "prior": str(one),
                    "low": float(low.min()),
                    "high": float(high.max()),
                    "scale": "odds ratio" if coefficient else _scale(name, analysis),
                    "why": prior.why,
                }
            )
    return pd.DataFrame(rows, columns=TABLE_COLUMNS)


def _scale(name: str, analysis: Analysis) -> str:
    if name in IMPUTATION:
        return "standardised predictor"
    if name.endswith("correlation") and analysis.kind != "bambi":
        return "correlation"
    if name == "margins" and analysis.kind == gaussian_copula.NAME:
        return "share of the patients at one value"
    if "." in name and name.split(".")[0] in analysis.formulas:
        return "its own link"
    if analysis.link == "logit":
        return "log odds"
    return "log" if analysis.family.name == "lognormal" else "outcome"
