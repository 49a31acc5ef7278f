"""A complete spec to start from: a formula, a family and data give every prior a number and a reason."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.errors import SpecError
from adbayes.model.analysis import MEAN, Analysis, expected_parameters
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.families import FAMILIES
from adbayes.model.formula import parse_formula
from adbayes.model.frame import model_frame
from adbayes.model.prior_sets import PriorSet
from adbayes.model.priors import Prior
from adbayes.model.sentences import nearest
from adbayes.model.spec_tables import DataTable, EstimandsTable, SamplerTable


def scaffold(formula: str, family: str, cohort: Cohort, name: str = "my_model") -> str:
    """Write a complete spec for a formula.

    Parameters
    ----------
    formula : str
        ``"y ~ x + (1|id)"``.
    family : str
        A name of `adbayes.model.families.FAMILIES`.
    cohort : Cohort
        The data the formula is for; they set the scales, and each reason says so.
    name : str, optional
        The spec's name.

    Returns
    -------
    str
        TOML that `load_spec` accepts. The priors are weak relative to the data's scale: a place to
        start, to be replaced by what is known before the data.

    Raises
    ------
    SpecError
        For an unknown family or a formula that cannot be read.
    DataError
        For data that the formula cannot use.
    """
    if family not in FAMILIES:
        raise SpecError(f"family {family!r} is not one{nearest(family, FAMILIES)}")
    parsed = parse_formula(formula, family)
    outcome = str(parsed.response)
    chosen = FAMILIES[family]
    gaps = cohort.frame.reindex(columns=list(parsed.columns)).isna().to_numpy().any()
    placeholder = Analysis(
        model=name,
        title=formula,
        variant="base",
        prior_set="weakly_informative",
        x=None,
        data=DataTable(outcome=outcome, missing="drop"),
        formulas={MEAN: parsed},
        family=chosen,
        link=chosen.links[0],
        priors={},
        estimands=EstimandsTable(),
        sampler=SamplerTable(),
        where_from="scaffold",
    )
    needed = expected_parameters(placeholder.formulas, chosen)
    unit = Prior.of("HalfNormal", sigma=1)
    flat: PriorSet = {
        parameter: Prior.of("Normal", mu=0, sigma=unit)
        if "|" in parameter
        else (
            unit
            if parameter in chosen.auxiliary and parameter != "threshold"
            else Prior.of("Normal", mu=0, sigma=1)
        )
        for parameter in needed
    }
    placeholder = replace(placeholder, priors=flat)
    frame = model_frame(placeholder, cohort)
    design = design_of(bambi_model(placeholder, frame))
    values = frame.data[outcome].astype(float).to_numpy()
    on_outcome = chosen.links[0] == "identity"
    centre = float(values.mean()) if on_outcome else 0.0
    spread = float(values.std()) if on_outcome else 1.0
    if family in ("gamma", "negativebinomial"):
        centre = float(np.log(values.mean()))
    standard = _standardized(parsed.common, frame.data)
    scales = {
        term.name: 1.0 if term.name in standard else _scale(design.X[:, term.columns])
        for term in design.terms
    }
    lines = [
        f"name  = {json.dumps(name)}",
        f"title = {json.dumps(formula)}",
        "",
        "[data]",
        f"outcome = {json.dumps(outcome)}",
        f"missing = {json.dumps('drop' if gaps else 'error')}",
        *_standardize_lines(standard),
        "",
        "[model]",
        'kind    = "bambi"',
        f"formula = {json.dumps(formula)}",
        f"family  = {json.dumps(family)}",
        f"link    = {json.dumps(chosen.links[0])}",
        "",
        "# Scales below come from these data, so that the model runs at once. Replace them by what was",
        "# known before the data, and say so in `why`.",
        "[priors.weakly_informative]",
    ]
    # Without an intercept the first categorical term is the level itself, not a difference.
    cells = next((t.name for t in design.terms if t.levels), None)
    if "Intercept" in parsed.common or family == "cumulative":
        cells = None
    scale_name = "outcome" if on_outcome else f"{chosen.links[0]} scale"
    for parameter in needed:
        lines.append(
            f"{json.dumps(parameter)} = "
            + _prior(
                "Intercept" if parameter == cells else parameter,
                centre,
                spread,
                scales.get(parameter, 1.0),
                scale_name,
                len(np.unique(values)),
            )
        )
    lines += ["", "[sampler]", "draws  = 1000", "tune   = 1000", "chains = 4", ""]
    return "\n".join(lines)


def _standardized(terms: tuple[str, ...], data: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Centre and scale of numeric predictors that stand by themselves, so that 0 is a real patient."""
    inside_calls = " ".join(term for term in terms if "(" in term)
    found = {}
    for term in terms:
        if term in data and pd.api.types.is_numeric_dtype(data[term]) and term not in inside_calls:
            values = data[term].to_numpy(dtype=float)
            if not np.isin(values, (0, 1)).all():
                found[term] = (_round(float(values.mean())), _round(float(values.std())))
    return found


def _standardize_lines(standard: dict[str, tuple[float, float]]) -> list[str]:
    if not standard:
        return []
    pairs = ", ".join(
        f"{json.dumps(name)} = [{centre!r}, {scale!r}]"
        for name, (centre, scale) in standard.items()
    )
    return [f"standardize = {{ {pairs} }}"]


def _scale(columns: np.ndarray) -> float:
    """SD of a term's widest column; 1 for columns of 0 and 1, whose step is the contrast itself."""
    if np.isin(columns, (0, 1)).all():
        return 1.0
    return float(columns.std(axis=0).max())


def _prior(
    parameter: str, centre: float, spread: float, scale: float, scale_name: str, classes: int
) -> str:
    """One prior with its reason, as a line of TOML."""
    wide = _round(2.5 * spread)
    if parameter == "Intercept":
        why = f"within five SDs of the data's mean on the {scale_name}, other predictors at 0"
        return _one("Normal", {"mu": _round(centre) if centre else 0, "sigma": wide}, why)
    if "|" in parameter:
        why = f"groups differ by up to two SDs of the {scale_name}"
        hyper = f'{{ distribution = "HalfNormal", sigma = {_round(spread):g} }}'
        return f'{{ distribution = "Normal", mu = 0, sigma = {hyper}, why = {json.dumps(why)} }}'
    if parameter == "sigma":
        return _one(
            "HalfNormal", {"sigma": _round(spread)}, "residual SD up to two SDs of the outcome"
        )
    if parameter == "nu":
        return _one(
            "Gamma",
            {"alpha": 2, "beta": 0.1},
            "degrees of freedom of 2 to 56 at 95 % (Juarez and Steel 2010, doi 10.1198/jbes.2009.07145)",
        )
    if parameter in ("kappa", "alpha"):
        why = "2 to 56 at 95 %: from strong overdispersion to nearly none"
        return _one("Gamma", {"alpha": 2, "beta": 0.1}, why)
    if parameter == "threshold":
        means = [round(float(v), 2) for v in np.linspace(-2, 2, classes - 1)]
        return (
            f'{{ distribution = "Normal", mu = {means}, sigma = 1.5, '
            f'why = "cut points spread over the latent scale, order enforced" }}'
        )
    step = "SDs" if scale_name == "outcome" else "units"
    why = f"one SD of the predictor (or 0 against 1) moves the {scale_name} by up to five {step}"
    return _one("Normal", {"mu": 0, "sigma": _round(2.5 * spread / scale)}, why)


def _one(distribution: str, values: dict[str, float], why: str) -> str:
    inside = ", ".join(f"{key} = {value:g}" for key, value in values.items())
    return f'{{ distribution = "{distribution}", {inside}, why = {json.dumps(why)} }}'


def _round(value: float) -> float:
    """Two significant digits: a prior is no more precise than that."""
    return float(f"{value:.2g}") if value else 1.0
