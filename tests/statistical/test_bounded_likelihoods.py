"""Bambi's graphs of the bounded and lognormal variants: SciPy's densities, and known truths found."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.inference.replicates import prior_outcomes
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import load_spec

VARIANTS = [
    (f"{name}_change", "beta_binomial", kind, top)
    for name, kind, top in (("nrs", "kappa", 10), ("poem", "kappa", 28), ("dlqi", "kappa", 30))
] + [(f"{name}_change", "lognormal", "sigma", 0) for name in ("ige", "tec", "ldh")]
CENTRE = {"kappa": (1.4, -0.6, -0.9, -1.2), "sigma": (5.6, 5.4, 5.35, 5.3)}
TAU, SPREAD = 0.4, {"kappa": (6.0, 20.0, 15.0, 9.0), "sigma": (0.5, 0.3, 0.4, 0.2)}


@pytest.mark.parametrize(("name", "variant", "kind", "top"), VARIANTS)
def test_bambis_density_is_scipys(
    name: str, variant: str, kind: str, top: int, patients: Cohort
) -> None:
    ((analysis, frame),) = plan(load_spec(name), patients, variant).jobs
    model = bambi_model(analysis, frame)
    model.build()
    data = frame.data
    rng = np.random.default_rng(3)
    intercept = 0.7 if top else float(np.log(data[frame.outcome]).mean())
    visit = np.array([-1.2, -1.5, -1.9]) if top else np.array([-0.2, -0.3, -0.4])
    offsets = rng.normal(size=data["patient"].nunique())
    spread = np.array(SPREAD[kind])
    graph = model.backend.model
    logp = graph.compile_logp(jacobian=False, mode="FAST_COMPILE")
    found = float(
        logp(
            {
                "Intercept": intercept,
                "visit": visit,
                # Scores: not centred, effect = offset * SD; labs: the effects themselves.
                **({"1|patient_offset": offsets} if top else {"1|patient": TAU * offsets}),
                "1|patient_sigma_log__": np.log(TAU),
                f"{kind}_visit": np.log(spread),
            }
        )
    )
    at = data["visit"].cat.codes.to_numpy()
    eta = intercept + np.concatenate([[0.0], visit])[at]
    eta = eta + TAU * offsets[data["patient"].cat.codes.to_numpy()]
    y = data[frame.outcome].to_numpy()
    if top:
        share = expit(eta)
        likelihood = stats.betabinom.logpmf(y, top, share * spread[at], (1 - share) * spread[at])
    else:
        likelihood = stats.lognorm.logpdf(y, spread[at], scale=np.exp(eta))
    priors = analysis.priors
    expected = (
        likelihood.sum()
        + priors["Intercept"].frozen().logpdf(intercept)
        + priors["visit"].frozen().logpdf(visit).sum()
        + (stats.norm.logpdf(offsets) if top else stats.norm.logpdf(TAU * offsets, 0, TAU)).sum()
        + dict(priors["1|patient"].hyper_priors())["sigma"].frozen().logpdf(TAU)
        + priors[f"{kind}.visit"].frozen().logpdf(np.log(spread)).sum()
    )
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "variant", "kind", "top"),
    [
        pytest.param(*v, marks=() if v[0][:3] in ("nrs", "ige") else pytest.mark.slow)
        for v in VARIANTS
    ],
)
def test_vague_priors_make_outcomes_of_their_kind(
    name: str, variant: str, kind: str, top: int, patients: Cohort
) -> None:
    # Of the sets the vague one could leave what numbers can hold; a compilation each is slow.
    ((analysis, frame),) = plan(load_spec(name), patients, variant, "vague").jobs
    design = design_of(bambi_model(analysis, frame))
    found = prior_outcomes(analysis, frame, design, 200, np.random.default_rng(1))
    assert found.shape == (200, frame.n_rows)
    assert np.isfinite(found).all()
    if top:
        assert set(np.unique(found)) == set(range(top + 1))
    else:
        assert (found > 0).all()


PATIENTS = 80
VISITS = ("0", "16", "32", "52")


def simulated(name: str, top: int, seed: int) -> tuple[Cohort, dict[str, float]]:
    """Patients drawn from the model in a few lines of their own, and the parameters' true values."""
    rng = np.random.default_rng(seed)
    effect = TAU * rng.standard_normal((PATIENTS, 1))
    if top:
        centre, spread = np.array(CENTRE["kappa"]), np.array(SPREAD["kappa"])
        share = expit(centre + effect)
        y = rng.binomial(top, rng.beta(share * spread, (1 - share) * spread))
    else:
        centre, spread = np.array(CENTRE["sigma"]), np.array(SPREAD["sigma"])
        y = np.exp(centre + effect + spread * rng.standard_normal((PATIENTS, 4)))
    frame = pd.DataFrame(
        {
            "patient": np.repeat([f"P{k:02d}" for k in range(PATIENTS)], 4),
            "visit": np.tile([0, 16, 32, 52], PATIENTS),
            name: y.ravel(),
        }
    )
    # The first visit of every fifth patient is missing.
    kept = frame.drop(index=range(0, len(frame), 20))
    second = "kappa" if top else "sigma"
    truth = {"Intercept": centre[0], "1|patient_sigma": TAU}
    truth |= {f"visit[{v}]": centre[k] - centre[0] for k, v in enumerate(VISITS) if k}
    truth |= {f"{second}_visit[{v}]": np.log(spread[k]) for k, v in enumerate(VISITS)}
    return cohort_from_frame(kept, evidence="simulated"), truth


@pytest.mark.parametrize(
    ("name", "variant", "top"),
    [
        ("ldh", "lognormal", 0),
        pytest.param("poem", "beta_binomial", 28, marks=pytest.mark.slow),
        pytest.param("nrs", "beta_binomial", 10, marks=pytest.mark.slow),
    ],
)
def test_known_truths_are_found(name: str, variant: str, top: int) -> None:
    cohort, truth = simulated(name, top, seed=21)
    found = fit(f"{name}_change", cohort, variant, draws=500, tune=500, cores=2)
    assert isinstance(found, Fit)
    assert found.gate.divergences == 0
    assert found.gate.max_r_hat < 1.05
    table = found.summary()
    rows = table[table["estimand"] == "parameter"].set_index("term")
    assert set(rows.index) == set(truth)
    z = pd.Series({term: (rows.loc[term, "mean"] - value) for term, value in truth.items()})
    z = z / rows.loc[z.index, "sd"]
    assert z.abs().max() < 3.5, z
    # What is asked of all patients, against many new ones drawn from the truth.
    for visit, values in simulated_truth(top).items():
        for estimand, value in (("mean", values.mean()), ("predictive_sd", values.std())):
            row = table[(table["estimand"] == estimand) & (table["visit"] == visit)].iloc[0]
            assert abs(row["mean"] - value) < 3.5 * row["sd"], (estimand, visit)
    # Replicates are of new patients, and data of the model's own kind pass its checks.
    checks = found.check().query("check == 'posterior_predictive'")
    assert checks["tail_area"].between(0.002, 0.998).all(), checks[["visit", "statistic"]]


def simulated_truth(top: int) -> dict[str, np.ndarray]:
    """Outcomes of 400,000 patients at each visit."""
    n = 400_000
    rng = np.random.default_rng(9)
    effect = TAU * rng.standard_normal(n)
    made = {}
    for k, visit in enumerate(VISITS):
        if top:
            share = expit(CENTRE["kappa"][k] + effect)
            kappa = SPREAD["kappa"][k]
            made[visit] = rng.binomial(top, rng.beta(share * kappa, (1 - share) * kappa))
        else:
            noise = SPREAD["sigma"][k] * rng.standard_normal(n)
            made[visit] = np.exp(CENTRE["sigma"][k] + effect + noise)
    return made
