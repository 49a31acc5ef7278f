"""What a model's priors say, before any data: the prior table and the prior predictive."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from adbayes.checks.predictive import COLUMNS, prior_predictive
from adbayes.checks.prior_size import effective_patients, information_of
from adbayes.cohort.cohort import Cohort
from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.plan import plan
from adbayes.inference.replicates import prior_outcomes
from adbayes.inference.sampler import stream
from adbayes.model import gaussian_copula
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.copula_structure import values_of
from adbayes.model.frame import ModelFrame
from adbayes.model.imputation import BLOCK, IMPUTATION
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec, load_spec
from adbayes.model.stacked import correlated
from adbayes.results.events import warned
from adbayes.results.summary import whose
from adbayes.shown import as_html

if TYPE_CHECKING:
    import bambi as bmb

TABLE_COLUMNS = [
    "model", "variant", "priors", "parameter", "prior", "low", "high", "scale", "ess", "outside",
    "why", "source",
]  # fmt: skip

_AUXILIARY = ("alpha", "kappa", "psi", "nu")
"""Parameters of a family that are not on the scale of its mean."""

_REPLICATES = 200  # data sets; a share of 1 % is then known to within 0.2 even for one patient


@dataclass(frozen=True)
class Check:
    """A spec checked against a cohort without sampling.

    Parameters
    ----------
    label : str
        What the data are.
    priors : pandas.DataFrame
        One row a parameter, its provenance; the columns of `TABLE_COLUMNS`. `low` and `high` are the
        prior's 95 % range, as an odds ratio for a coefficient on the log-odds scale; `why` and `source`
        say where it is from (no source: a choice for the reason given); `ess` is the number of patients
        it is worth (`adbayes.checks.prior_size`); `outside` the share (%) of outcomes beyond the
        instrument's bounds in data that all priors of the model together imply.
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
            cards(self.priors),
            self.prior_predictive[
                ["outcome", "visit", "statistic", "observed", "replicated_low", "replicated_high"]
            ].to_string(index=False, float_format=lambda value: f"{value:.4g}"),
        ]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        text = "\n".join([self.label, *(f"- {note}" for note in self.notes)])
        predictive = self.prior_predictive
        told = ["outcome", "visit", "statistic", "observed", "replicated_low", "replicated_high"]
        return as_html(
            text,
            {
                "Priors": self.priors.drop(columns=["model", "variant", "priors"]),
                "Prior predictive": predictive[told],
            },
        )


def cards(table: pd.DataFrame) -> str:
    """A prior table for a screen: the numbers, then where each prior is from.

    Parameters
    ----------
    table : pandas.DataFrame
        The columns of `TABLE_COLUMNS`.

    Returns
    -------
    str
        Lines of text.
    """
    numbers = table.drop(columns=["model", "variant", "priors", "why", "source"])
    sourced = table["why"] + (" [" + table["source"] + "]").where(table["source"] != "", "")
    reasons = dict.fromkeys(
        f"  {name}: {why}" for name, why in zip(table["parameter"], sourced, strict=True)
    )
    lines = numbers.to_string(index=False, na_rep="", float_format=lambda value: f"{value:.4g}")
    return "\n".join([
        lines,
        "low, high: 95 % range; ess: patients the prior is worth; outside: % of implied data (from print: of "
        "the prior) beyond the instrument's bounds",
        *reasons,
    ])  # fmt: skip


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
        tables.append(prior_table(analysis, frame, design))
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


def prior_table(
    analysis: Analysis, frame: ModelFrame, design: Design | None = None
) -> pd.DataFrame:
    """Every prior of an analysis with its range and reason.

    Parameters
    ----------
    analysis : Analysis
        The model and its priors.
    frame : ModelFrame
        The rows; they say how many times a matrix of correlations is for.
    design : Design, optional
        The predictors; without them `ess` and `outside` stay empty.

    Returns
    -------
    pandas.DataFrame
        The columns of `TABLE_COLUMNS`. A group effect is shown by the prior of its SD, a matrix of
        correlations by the margin of one of them.
    """
    rows = []
    among = correlated(analysis, frame)
    odds = analysis.link == "logit"
    information = {} if design is None else information_of(analysis, frame, design)
    outside = float("nan") if design is None else _outside(analysis, frame, design)
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
                    "why": prior.reason,
                    "source": prior.source,
                    "ess": effective_patients(one, information.get(label, float("nan"))),
                    "outside": outside,
                }
            )
    return pd.DataFrame(rows, columns=TABLE_COLUMNS)


def _outside(analysis: Analysis, frame: ModelFrame, design: Design) -> float:
    """% of the prior predictive beyond the bounds of the instrument; NaN where it has none."""
    instrument = OUTCOMES.get(frame.outcome)
    if analysis.family.name == "bernoulli":
        return 0.0
    if instrument is None or (instrument.low is None and instrument.high is None):
        return float("nan")
    rng = np.random.default_rng(stream(analysis.sampler.seed, "outside", analysis.key))
    y = prior_outcomes(analysis, frame, design, _REPLICATES, rng)
    beyond = np.zeros(y.shape, dtype=bool)
    if instrument.low is not None:
        beyond |= y < instrument.low
    if instrument.high is not None:
        beyond |= y > instrument.high
    return 100 * float(beyond.mean())


def _scale(name: str, analysis: Analysis) -> str:
    if name in IMPUTATION:
        return "standardised predictor"
    if name.endswith("correlation") and analysis.kind != "bambi":
        return "correlation"
    if name == "margins" and analysis.kind == gaussian_copula.NAME:
        return "share of the patients at one value"
    if "." in name and name.split(".")[0] in analysis.formulas:
        return "its own link"
    if name in _AUXILIARY:
        return "itself"
    if analysis.link == "logit":
        return "log odds"
    logarithmic = analysis.family.name == "lognormal" or analysis.link == "log"
    return "log" if logarithmic else "outcome"
