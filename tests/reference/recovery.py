"""How often intervals hold truths drawn from the prior: writes recovery.csv beside it.

    uv run python tests/reference/recovery.py              # all that is missing from the table
    uv run python tests/reference/recovery.py mmrm ...     # these again

Every case is a spec of models/ at its reported priors (or a named set), on the rows of the embedded
cohort 0 (visits, predictors and gaps as they are there). Parameters are drawn from the prior, outcomes by
NumPy from the model as models/README.md words it, with none of the package's likelihoods; all refits are
kept, whatever their diagnostics. The committed table is of cohort 0 as it was until November 2026, when the
cohorts were searched for anew: the same visits and predictors, other gaps and groups. What Bambi's own
graph samples is compiled once: its outcome is made a shared variable, which nutpie swaps. A row is one
scalar parameter at one level; `covered` of `refits` central intervals held it.

A copula knows the values that occur and no others. Scores are cut to a few values there, and truths whose
outcomes lack one of them are drawn anew together with their outcomes: what is kept is chosen by the
outcomes alone, so that truths given outcomes are distributed as before.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats
from scipy.special import expit

from adbayes.cohort.library import load_cohort
from adbayes.inference.plan import plan
from adbayes.inference.sampler import _nutpie, sample
from adbayes.model.analysis import MEAN, Analysis
from adbayes.model.bambi_model import Design, bambi_model, design_of
from adbayes.model.compiled import compile_graph, structure_of
from adbayes.model.frame import ModelFrame
from adbayes.model.spec import load_spec

TABLE = Path(__file__).with_name("recovery.csv")
COLUMNS = [
    "case", "structure", "quantity", "level", "refits", "covered", "band_low", "band_high", "seed",
]  # fmt: skip
LEVELS = (0.5, 0.8, 0.95)
FAMILYWISE = 0.001
"""Chance that any row of a case leaves its band although every interval is right."""

Truth = dict[str, np.ndarray]
Outcomes = Callable[[Truth, pd.DataFrame, np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Case:
    """One model to be refitted.

    Parameters
    ----------
    spec, variant, x : str or None
        In models/.
    data : callable
        Truth, rows and randomness to rows with new outcomes.
    refits : int
        How many.
    seed : int
        Of truths and outcomes.
    patients : int, optional
        Only the first so many, where a refit is long.
    priors : str, optional
        A set of the spec; the reported one if not given.
    values : int, optional
        How many values each stacked score is cut to, all of which every data set has.
    """

    spec: str
    variant: str | None
    x: str | None
    data: Outcomes
    refits: int
    seed: int
    patients: int | None = None
    priors: str | None = None
    values: int | None = None


def levels(values: np.ndarray, rows: pd.DataFrame, by: str = "visit") -> np.ndarray:
    """An effect of each level of a column but the first, at the rows."""
    return np.concatenate([[0.0], values])[rows[by].cat.codes.to_numpy()]


def patient(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Normal patient effects at the rows."""
    codes = rows["patient"].cat.codes.to_numpy()
    return rng.normal(0, float(truth["1|patient_sigma"]), codes.max() + 1)[codes]


def visit_mean(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Linear predictor of visits and a patient effect."""
    start = float(truth.get("Intercept", np.array(0.0)))
    return start + levels(truth["visit"], rows) + patient(truth, rows, rng)


def of_visit(values: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """A parameter of each visit at the rows."""
    return values[rows["visit"].cat.codes.to_numpy()]


def slopes(truth: Truth, rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Intercept and slopes of columns."""
    return float(truth["Intercept"]) + sum(float(truth[n]) * rows[n].to_numpy() for n in names)


def logistic(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    p = expit(slopes(truth, rows, ["easi_baseline", "female"]))
    return rows.assign(easi90=(rng.random(len(rows)) < p).astype(int))


def mixed(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    noise = rng.normal(0, float(truth["sigma"]), len(rows))
    return rows.assign(easi=visit_mean(truth, rows, rng) + noise)


def normals(
    rho: np.ndarray, sd: np.ndarray, rows: pd.DataFrame, rng: np.random.Generator
) -> np.ndarray:
    """Normals of every patient about 0, ``(patient, variable)``; correlations as the rows of a triangle."""
    k = len(sd)
    matrix = np.eye(k)
    matrix[np.triu_indices(k, 1)] = rho
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    patients = rows["patient"].cat.codes.max() + 1
    return rng.multivariate_normal(np.zeros(k), matrix * np.outer(sd, sd), size=patients)


def mmrm(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    whole = normals(truth["correlation"], truth["sigma"], rows, rng)
    mean = float(truth["Intercept"]) + levels(truth["visit"], rows)
    codes, visit = (rows[name].cat.codes.to_numpy() for name in ("patient", "visit"))
    return rows.assign(easi=mean + whole[codes, visit])


def several_scores(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    codes, visit, score = (
        rows[name].cat.codes.to_numpy() for name in ("patient", "visit", "score")
    )
    scores, visits = len(truth["score"]), len(truth["sigma"])
    changes = truth["score:visit"].reshape(scores, visits - 1)
    mean = truth["score"][:, None] + np.column_stack([np.zeros(scores), changes])
    value = mean[score, visit]
    value = (
        value + normals(truth["effect_correlation"], truth["effect_sd"], rows, rng)[codes, score]
    )
    for t in range(visits):
        rest = normals(truth["residual_correlation"][t], truth["sigma"][t], rows, rng)
        value = value + np.where(visit == t, rest[codes, score], 0.0)
    return rows.assign(value=value)


def behind_margins(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    scores = rows["score"].cat.categories
    latent = normals(truth["correlation"], np.ones(len(scores)), rows, rng)
    codes, value, start = rows["patient"].cat.codes.to_numpy(), np.empty(len(rows)), 0
    for j, name in enumerate(scores):
        mine = (rows["score"] == name).to_numpy()
        there = np.unique(rows["value"][mine])
        cuts = stats.norm.ppf(np.cumsum(truth["margins"][start : start + len(there)])[:-1])
        value[mine] = there[np.searchsorted(cuts, latent[codes[mine], j])]
        start += len(there)
    return rows.assign(value=value)


def imputed(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    labs = ["ige_baseline", "tec_baseline", "ldh_baseline"]
    others = [
        "easi_baseline", "age_over_30", "female", "adult_onset", "concomitant", "prior_cyclosporine",
    ]  # fmt: skip
    whole = rows.copy()
    slope = dict(zip(truth["impute_slope labels"], truth["impute_slope"], strict=True))
    for number, lab in enumerate(labs):
        mean = truth["impute_intercept"][number] + sum(
            slope[f"{lab} on {name}"] * whole[name].to_numpy() for name in others + labs[:number]
        )
        whole[lab] = mean + rng.normal(0, truth["impute_sigma"][number], len(rows))
    p = expit(slopes(truth, whole, others + labs))
    whole = whole.assign(easi90=(rng.random(len(rows)) < p).astype(int))
    return whole.assign(**{lab: whole[lab].where(rows[lab].notna()) for lab in labs})


def two_groups(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    high = rows["ldh_ge_250_w0"].to_numpy()
    location = float(truth["Intercept"]) + float(truth["ldh_ge_250_w0"]) * high
    spread = np.exp(float(truth["sigma_Intercept"]) + float(truth["sigma_ldh_ge_250_w0"]) * high)
    size = len(rows)
    noise = rng.standard_t(float(truth["nu"]), size) if "nu" in truth else rng.normal(size=size)
    return rows.assign(easi_percent_change=location + spread * noise)


def bounded(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    mean = np.clip(expit(visit_mean(truth, rows, rng)), 1e-12, 1 - 1e-12)
    precision = np.exp(of_visit(truth["kappa_visit"], rows))
    share = rng.beta(mean * precision, (1 - mean) * precision)
    return rows.assign(nrs=rng.binomial(10, share))


def left_of_baseline(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    mean = np.exp(visit_mean(truth, rows, rng))
    shape = np.exp(of_visit(truth["alpha_visit"], rows))
    above = rng.random(len(rows)) < expit(of_visit(truth["psi_visit"], rows))
    return rows.assign(easi_fraction=np.where(above, rng.gamma(shape, mean / shape), 0.0))


def fraction_by_ldh(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    eta = slopes(truth, rows, ["ldh_baseline", "female"])
    mean = np.exp(eta + float(truth["I(easi_baseline - 30)"]) * (rows["easi_baseline"] - 30))
    shape = float(truth["alpha"])
    above = rng.random(len(rows)) < float(truth["psi"])
    return rows.assign(easi_fraction=np.where(above, rng.gamma(shape, mean / shape), 0.0))


def classes(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    latent = visit_mean(truth, rows, rng) + rng.logistic(size=len(rows))
    drawn = (latent[:, None] > truth["threshold"]).sum(axis=1)
    return rows.assign(
        easi_class=pd.Categorical(drawn.astype(float), [0.0, 1.0, 2.0], ordered=True)
    )


def responses(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    p = expit(visit_mean(truth, rows, rng))
    return rows.assign(easi90=(rng.random(len(rows)) < p).astype(int))


def lognormal(truth: Truth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    spread = np.exp(of_visit(truth["sigma_visit"], rows))
    return rows.assign(
        ldh=np.exp(visit_mean(truth, rows, rng) + spread * rng.normal(size=len(rows)))
    )


CASES = {
    "two_groups": Case("ldh_groups_easi", None, "ldh_ge_250_w0", two_groups, 500, 101),
    "logistic": Case("easi90_univariable", None, "female", logistic, 500, 102),
    "mixed": Case("easi_change", None, None, mixed, 500, 103),
    "two_groups_t": Case("ldh_groups_easi", "student_t", "ldh_ge_250_w0", two_groups, 500, 104),
    "imputed": Case("easi90_predictors", None, None, imputed, 500, 105),
    "mmrm": Case("easi_change", "unstructured", None, mmrm, 500, 106),
    "logistic_log_f": Case(
        "easi90_univariable", None, "female", logistic, 500, 113, priors="separation"
    ),
    "fraction_by_ldh": Case("easi_fraction_ldh", None, None, fraction_by_ldh, 100, 107),
    "responses": Case("easi90_visits", None, None, responses, 100, 108, 40),
    "classes": Case("easi_classes", None, None, classes, 100, 109, 40),
    "fractions": Case("easi_fraction", None, None, left_of_baseline, 100, 110, 40),
    "bounded": Case("nrs_change", "beta_binomial", None, bounded, 100, 111, 40),
    "lognormal": Case("ldh_change", "lognormal", None, lognormal, 500, 112),
    "joint": Case("scores_joint", None, None, several_scores, 500, 114, 40),
    "copula": Case("correlations", "latent", None, behind_margins, 500, 115, values=5),
}


def job_of(case: Case) -> tuple[Analysis, ModelFrame, Design]:
    """The model and its rows."""
    spec, cohort = load_spec(case.spec), load_cohort(0)
    ((analysis, frame),) = plan(spec, cohort, case.variant, case.priors, x=case.x).jobs
    if case.patients is not None:
        kept = frame.data["patient"].cat.categories[: case.patients]
        data = frame.data[frame.data["patient"].isin(kept)].reset_index(drop=True)
        data["patient"] = data["patient"].cat.remove_unused_categories()
        frame = replace(frame, data=data)
    if case.values is not None:
        place = frame.data.groupby("score", observed=True)["value"].rank(method="first", pct=True)
        cut = np.ceil(place * case.values)
        frame = replace(frame, data=frame.data.assign(value=cut))
    analysis = analysis.with_sampler(draws=400, tune=400, chains=2)
    return analysis, frame, design_of(bambi_model(analysis, frame))


def prior_truths(
    analysis: Analysis, frame: ModelFrame, design: Design, size: int, rng: np.random.Generator
) -> list[Truth]:
    """Parameters from the prior, under the names of their draws."""
    structure = structure_of(analysis)
    if structure is not None:
        drawn = structure.prior_draws(frame, design, analysis, size, rng).isel(chain=0)
        names = [name for name in drawn if not str(name).endswith("_missing")]
        truths = [{str(n): drawn[n].isel(draw=k).to_numpy() for n in names} for k in range(size)]
        if "impute_slope" in drawn:
            labels = drawn["impute_slope_dim"].to_numpy()
            truths = [truth | {"impute_slope labels": labels} for truth in truths]
        return truths
    width = {term.name: len(term.coefficients) for term in design.terms}
    visits = len(frame.data["visit"].cat.categories) if "visit" in frame.data else 0
    found: dict[str, np.ndarray] = {}
    for name, prior in analysis.priors.items():
        if prior.is_hierarchical:
            ((_, hyper),) = prior.hyper_priors()
            found[f"{name}_sigma"] = hyper.sample(size, rng)
        elif name == "threshold":  # normal, restricted to increasing ones
            pairs = np.asarray(prior.sample(8 * size, rng, 2))
            found[name] = pairs[pairs[:, 0] < pairs[:, 1]][:size]
        elif "." in name:
            found[name.replace(".", "_", 1)] = prior.sample(size, rng, visits)
        else:
            found[name] = prior.sample(size, rng, width.get(name, 1))
    return [{n: np.squeeze(np.asarray(v)[k]) for n, v in found.items()} for k in range(size)]


def compiled_graph(design: Design, frame: ModelFrame) -> tuple[Any, list[str]]:
    """Bambi's graph compiled with its outcome as data."""
    import pytensor

    design.model.build()
    graph = design.model.backend.model
    (observed,) = graph.observed_RVs
    held = graph.rvs_to_values[observed]
    outcome = pytensor.shared(np.asarray(held.data), name="outcome_data")
    graph.rvs_to_values[observed] = outcome
    graph.values_to_rvs[outcome] = observed
    rows = {name for name, dims in graph.named_vars_to_dims.items() if "__obs__" in dims}
    names = [
        v.name
        for v in [*graph.free_RVs, *graph.deterministics]
        if not v.name.endswith("_offset") and v.name not in rows and v.name != "1|patient"
    ]
    return compile_graph(graph, var_names=names), names


def truths_and_outcomes(
    case: Case, analysis: Analysis, frame: ModelFrame, design: Design
) -> Iterator[tuple[Truth, pd.DataFrame]]:
    """Truths with outcomes that follow from them, in which all values occur where that is asked."""
    rng = np.random.default_rng(case.seed)
    kept = 0
    while kept < case.refits:
        for truth in prior_truths(analysis, frame, design, case.refits, rng):
            rows = case.data(truth, frame.data, rng)
            if case.values is not None:
                occur = rows.groupby("score", observed=True)["value"].nunique()
                if (occur < case.values).any():
                    continue
            kept += 1
            yield truth, rows
            if kept == case.refits:
                return


def posteriors(case: Case) -> Iterator[tuple[Truth, xr.Dataset]]:
    """Truths with the draws of their refits."""
    analysis, frame, design = job_of(case)
    compiled: Any = None
    if structure_of(analysis) is None:
        compiled, _ = compiled_graph(design, frame)
    drawn = truths_and_outcomes(case, analysis, frame, design)
    for number, (truth, rows) in enumerate(drawn):
        one = replace(frame, data=rows)
        seeded = analysis.with_sampler(seed=case.seed * 1000 + number)
        if compiled is None:
            # Predictors are part of the outcome's data where they are imputed.
            fresh = design_of(bambi_model(seeded, one)) if frame.imputed else design
            yield truth, sample(seeded, one, fresh, seeded.sampler, cores=1)[0]
            continue
        y = one.data[frame.outcome]
        values = (
            y.cat.codes.to_numpy() if isinstance(y.dtype, pd.CategoricalDtype) else y.to_numpy()
        )
        held = np.asarray(values, dtype=OUTCOME_TYPES.get(analysis.family.name, float))
        sequence = np.random.SeedSequence([case.seed, number])
        tree = _nutpie(compiled.with_data(outcome_data=held), seeded.sampler, sequence, 1)
        yield truth, tree["posterior"].to_dataset()


OUTCOME_TYPES = {"bernoulli": np.int64, "cumulative": np.int64, "beta_binomial": np.int64}


def coverage(name: str) -> pd.DataFrame:
    """Refit a case and count.

    Parameters
    ----------
    name : str
        Of `CASES`.

    Returns
    -------
    pandas.DataFrame
        The columns of `COLUMNS`.
    """
    case = CASES[name]
    below: dict[str, list[float]] = {}
    for truth, draws in posteriors(case):
        for key, value in truth.items():
            if key.endswith(" labels"):
                continue
            flat = draws[key].transpose("chain", "draw", ...).to_numpy()
            flat = flat.reshape(flat.shape[0] * flat.shape[1], -1)
            for k, one in enumerate(np.ravel(value)):
                label = f"{key}[{k}]" if np.ndim(value) else key
                below.setdefault(label, []).append(float((flat[:, k] < one).mean()))
    analysis, _, _ = job_of(case)
    structure = structure_of(analysis)
    graph = f"bambi {analysis.family.name}{' with patient effects' if analysis.formulas[MEAN].groups else ''}"
    rows = []
    for quantity, shares in below.items():
        for level in LEVELS:
            covered = int((np.abs(np.array(shares) - 0.5) < level / 2).sum())
            rows.append((quantity, level, len(shares), covered))
    table = pd.DataFrame(rows, columns=["quantity", "level", "refits", "covered"])
    tail = FAMILYWISE / len(table) / 2
    binomial = stats.binom(table["refits"], table["level"])
    return table.assign(
        case=name,
        structure=graph if structure is None else structure.NAME,
        band_low=binomial.ppf(tail).astype(int),
        band_high=binomial.ppf(1 - tail).astype(int),
        seed=case.seed,
    )[COLUMNS]


def main(names: list[str]) -> None:
    """Run cases one by one and put each into the table as soon as it is done."""
    logging.getLogger("nutpie").setLevel(logging.ERROR)
    there = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
    for name in names or [name for name in CASES if name not in set(there["case"])]:
        start = time.perf_counter()
        found = coverage(name)
        there = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS)
        kept = there[there["case"] != name]
        table = pd.concat([kept, found], ignore_index=True) if len(kept) else found
        order = table["case"].map(list(CASES).index)
        table.loc[order.sort_values(kind="stable").index].to_csv(TABLE, index=False)
        outside = found[
            (found["covered"] < found["band_low"]) | (found["covered"] > found["band_high"])
        ]
        print(
            f"{name}: {time.perf_counter() - start:.0f} s, {len(outside)} of {len(found)} outside"
        )
        if len(outside):
            print(outside.to_string())


if __name__ == "__main__":
    main(sys.argv[1:])
