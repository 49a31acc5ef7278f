"""The kind `bambi`: whatever Bambi's formula and families express."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, Analysis, expected_parameters
from adbayes.model.families import FAMILIES
from adbayes.model.formula import Formula, parse_formula
from adbayes.model.kind import Likelihood, Parameter
from adbayes.model.one_course import has_cutoff, is_bounded_score, is_lognormal_lab
from adbayes.model.responses import percent_change_of, response_estimands
from adbayes.model.sentences import nearest
from adbayes.model.spec_tables import BambiTable

NAME = "bambi"
TABLE = BambiTable
IMPUTES = False


def read(table: BambiTable, fill: Callable[[str], str], where: str) -> Likelihood:
    """Formulas, family and link (`Kind.read`).

    Raises
    ------
    SpecError
        For an unknown family, link or parameter, or a formula that cannot be read.
    """
    if table.family not in FAMILIES:
        raise SpecError(
            f"{where}: [model] family: {table.family!r} is not one{nearest(table.family, FAMILIES)}"
        )
    family = FAMILIES[table.family]
    link = table.link or family.links[0]
    if link not in family.links:
        raise SpecError(
            f"{where}: [model] link: {link!r} does not go with {family.name} "
            f"(allowed: {', '.join(family.links)})"
        )
    texts = table.formula if isinstance(table.formula, dict) else {MEAN: table.formula}
    if MEAN not in texts:
        raise SpecError(
            f'{where}: [model] formula: no formula for the mean; add {MEAN} = "outcome ~ ..."'
        )
    faults: list[str] = []
    formulas: dict[str, Formula] = {}
    for parameter, text in texts.items():
        if parameter != MEAN and parameter not in family.auxiliary:
            faults.append(
                f"{where}: [model] formula: {family.name} has no parameter {parameter!r}"
                f"{nearest(parameter, (MEAN, *family.auxiliary))}"
            )
            continue
        try:
            formulas[parameter] = parse_formula(
                fill(text), family.name, parameter=None if parameter == MEAN else parameter
            )
        except SpecError as error:
            faults.append(f"{where}: [model] {error}")
    if faults:
        raise SpecError("\n".join(faults))
    return Likelihood(formulas, family, link)


def parameters(likelihood: Likelihood) -> tuple[Parameter, ...]:
    """Terms, group effects and what the family has beside the mean (`Kind.parameters`)."""
    single = set(likelihood.family.auxiliary) - {"threshold"}
    return tuple(
        Parameter(name, hyper="|" in name, listed="|" not in name and name not in single)
        for name in expected_parameters(likelihood.formulas, likelihood.family)
    )


def answers(analysis: Analysis) -> frozenset[str]:
    """What a formula's model has, by its family and link (`Kind.answers`)."""
    a = analysis
    gaussian = a.family.name in ("gaussian", "t") and a.link == "identity"
    plain = set(a.formulas) == {MEAN}
    intercept = gaussian and plain and len(a.mean.groups) == 1 and a.mean.groups[0].startswith("1|")
    binary = a.family.name in ("bernoulli", "binomial", "beta_binomial")
    found: set[str] = set()
    if gaussian:
        found |= {"mean", "mean_change", "ratio_of_means"}
    if gaussian and not any(formula.groups for formula in a.formulas.values()):
        found |= {"mean_difference"}
        found |= {"mean_percent_change"} if percent_change_of(a) else set()
    if intercept:
        found |= {"icc"}
    if intercept and a.family.name == "gaussian":
        found |= {"predictive_sd", "share_mcid"}
    if binary and a.link == "logit":
        found |= {"odds_ratio"}
    if binary and not a.mean.groups:
        found |= {"risk_difference", "risk_ratio"}
    bounded, lab = is_bounded_score(a), is_lognormal_lab(a)
    if bounded or lab:
        found |= {"mean", "mean_change", "ratio_of_means", "predictive_sd"}
    if bounded:
        found |= {"share_mcid", "share_floor", "share_ceiling"}
    if lab:
        found |= {"geometric_mean_ratio"}
    if "predictive_sd" in found and not bounded and has_cutoff(a):
        found |= {"share_above"}
    return frozenset(found) | response_estimands(a)


def covariance(posterior: xr.Dataset, analysis: Analysis, levels: list[str]) -> np.ndarray:
    """A variance between units and one within them (`Kind.covariance`).

    Of a Gaussian model with at most one group intercept.
    """
    size = len(levels)
    within = posterior["sigma"].to_numpy()[..., None, None] ** 2 * np.eye(size)
    for group in analysis.mean.groups:
        between = posterior[f"{group}_sigma"].to_numpy()[..., None, None] ** 2
        within = within + between * np.ones((size, size))
    return np.asarray(within)
