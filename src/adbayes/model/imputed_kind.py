"""The kind `imputed_logistic`: a logistic regression on predictors of which some have gaps."""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.families import FAMILIES
from adbayes.model.formula import parse_formula
from adbayes.model.imputation import BLOCK, IMPUTATION
from adbayes.model.imputation import NAME as NAME
from adbayes.model.kind import Likelihood, Parameter
from adbayes.model.sentences import nearest
from adbayes.model.spec_tables import ImputedLogisticTable

TABLE = ImputedLogisticTable
IMPUTES = True


def read(table: ImputedLogisticTable, fill: Callable[[str], str], where: str) -> Likelihood:
    """Bernoulli with logit link (`Kind.read`).

    The columns to impute are in `options`, apart by a space.

    Raises
    ------
    SpecError
        For a formula that cannot be read, that has groups, an offset or no intercept, and for a
        column to impute that is not a term of its own.
    """
    formula = parse_formula(fill(table.formula), "bernoulli", parameter=None)
    place = f"{where}: [model]"
    faults = []
    if formula.groups:
        faults.append(f"{place} formula: {NAME} has no groups; leave out {formula.groups[0]!r}")
    if "Intercept" not in formula.common:
        faults.append(f"{place} formula: {NAME} needs an intercept; leave out 0 or - 1")
    if "offset(" in formula.text:
        faults.append(f"{place} formula: {NAME} has no offset; leave it out")
    terms = [name for name in formula.common if name != "Intercept"]
    impute = [fill(name) for name in table.impute]
    for name in impute:
        if name not in terms:
            faults.append(
                f"{place} impute: {name!r} is not a term of the formula{nearest(name, terms)}"
            )
        within = [term for term in terms if term != name and name in _columns(term, name)]
        if within:
            faults.append(
                f"{place} impute: {name!r} is also in {within[0]!r}; it may stand alone only"
            )
    if len(set(impute)) < len(impute):
        faults.append(f"{place} impute: a column is named twice; name it once")
    if faults:
        raise SpecError("\n".join(faults))
    return Likelihood({MEAN: formula}, FAMILIES["bernoulli"], "logit", {"impute": " ".join(impute)})


def _columns(term: str, other: str) -> tuple[str, ...]:
    """The columns of a term, behind a response that is none of them."""
    return parse_formula(f"not_{other} ~ {term}", "bernoulli", parameter=None).columns


def parameters(likelihood: Likelihood) -> tuple[Parameter, ...]:
    """Terms, which `slopes` may stand for, and those of the imputation (`Kind.parameters`)."""
    common = likelihood.formulas[MEAN].common
    slopes = tuple(name for name in common if name != "Intercept")
    intercept, slope, sigma = IMPUTATION
    normal = partial(Parameter, listed=False, distributions=("Normal",))
    return (
        *map(normal, common),
        Parameter(BLOCK, False, False, ("Normal", "RegularizedHorseshoe"), slopes),
        normal(intercept),
        normal(slope),
        Parameter(sigma, listed=False, distributions=("HalfNormal",)),
    )


def answers(analysis: Analysis) -> frozenset[str]:
    """What a logistic regression has (`Kind.answers`)."""
    return frozenset({"odds_ratio", "risk_difference", "risk_ratio"})


def covariance(posterior: xr.Dataset, analysis: Analysis, levels: list[str]) -> np.ndarray:
    """Refused: a patient has one outcome (`Kind.covariance`).

    Raises
    ------
    NotImplementedError
        Always; `answers` names no estimand that asks for it.
    """
    raise NotImplementedError(f"{analysis.model} has one outcome a patient")
