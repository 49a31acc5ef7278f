"""Public data through the user's own door, against R: glm, lme4 and brms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from adbayes.cohort.read import cohort_from_frame, read_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model import logistic_regression
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import Spec, load_spec

ENDOMETRIAL = """
name = "endometrial"
title = "Histology grade of endometrial cancer"
[data]
outcome = "HG"
standardize = {{ PI = [0, {unit}] }}
[model]
formula = "HG ~ {terms}"
family = "bernoulli"
[priors.only]
{priors}
"""
MIXED = """
name = "mixed"
title = "A random intercept"
[data]
outcome = "{outcome}"
missing = "drop"
{data}
[model]
formula = "{outcome} ~ {terms} + (1|{group})"
family = "gaussian"
[priors.only]
sigma = {{ distribution = "HalfNormal", sigma = {sd}, why = "w" }}
{priors}
[priors.only."1|{group}"]
distribution = "Normal"
mu = 0
sigma = {{ distribution = "HalfNormal", sigma = {sd} }}
why = "w"
"""
WriteSpec = Callable[[str], Path]


def normals(scale: float, *names: str) -> str:
    return "\n".join(
        f'{name} = {{ distribution = "Normal", mu = 0, sigma = {scale}, why = "w" }}'
        for name in names
    )


def column(fit: Fit, name: str) -> pd.Series:
    """The summary row of a parameter."""
    table = fit.summary()
    return table[(table["estimand"] == "parameter") & (table["term"] == name)].iloc[0]


def one(spec: Path, data: Path, draws: int = 2000) -> Fit:
    found = fit(spec, read_patients(data), draws=draws, cores=2)
    assert isinstance(found, Fit)
    assert found.diagnostics()["passed"].all()
    return found


def test_map_under_wide_priors_is_maximum_likelihood(
    reference: Path, spec_from: Callable[[str], Spec]
) -> None:
    # frequentist.txt: glm(HG ~ PI + EH, binomial)
    text = ENDOMETRIAL.format(unit=1, terms="PI + EH", priors=normals(1e4, "Intercept", "PI", "EH"))
    analysis, frame = plan(spec_from(text), read_patients(reference / "data/endometrial.csv")).jobs[
        0
    ]
    design = design_of(bambi_model(analysis, frame))
    model = logistic_regression.pymc_model(3)
    with model:
        for name, value in logistic_regression.swap_data(analysis, frame, design).items():
            model.set_data(name, value)
    logp, slope = model.compile_logp(), model.compile_dlogp()
    top = minimize(
        lambda b: -float(logp({"coefficients": b})),
        np.zeros(3),
        jac=lambda b: -slope({"coefficients": b}),
        method="BFGS",
        options={"gtol": 1e-8},
    ).x
    np.testing.assert_allclose(top, [5.439209776, -0.019599612, -3.693064340], atol=1e-4)


@pytest.mark.parametrize(
    ("data", "outcome", "group", "terms", "names", "sd", "expected"),
    [
        (
            "sleepstudy", "Reaction", "Subject", "Days", ("Intercept", "Days"), 1000,
            {"Intercept": 251.405105, "Days": 10.467286},
        ),
        (
            "btheb_long", "bdi", "subject", "bdi_pre + visit + treatment",
            ("Intercept", "bdi_pre", "visit", "treatment"), 1000,
            {
                # lme4's reference level is TAU, ours the first in the alphabet: BtheB.
                "Intercept": 4.40189468 - 3.26024671, "bdi_pre": 0.61600581,
                "visit[m3]": -1.43085381, "visit[m5]": -2.66095590, "visit[m8]": -4.38738734,
                "treatment[TAU]": 3.26024671,
            },
        ),
    ],
)  # fmt: skip
def test_mixed_model_under_wide_priors_is_reml(
    data: str, outcome: str, group: str, terms: str, names: tuple[str, ...], sd: float,
    expected: dict[str, float], reference: Path, write_spec: WriteSpec,
) -> None:  # fmt: skip
    text = MIXED.format(
        outcome=outcome, group=group, terms=terms, sd=sd, data="", priors=normals(1e5, *names)
    )
    found = one(write_spec(text), reference / f"data/{data}.csv")
    for name, value in expected.items():
        row = column(found, name)
        assert abs(row["mean"] - value) < 0.1 * row["sd"], name


def assert_brms(found: Fit, printed: pd.DataFrame, names: dict[str, str]) -> None:
    for theirs, ours in names.items():
        row, expected = column(found, ours), printed.loc[theirs]
        assert abs(row["mean"] - expected["mean"]) < 0.1 * expected["sd"], theirs
        assert abs(row["sd"] / expected["sd"] - 1) < 0.1, theirs
        for end, quantile in (("ci_low", "q2.5"), ("ci_high", "q97.5")):
            assert abs(row[end] - expected[quantile]) < 0.25 * expected["sd"], theirs


def test_logistic_posterior_is_that_of_brms(reference: Path, write_spec: WriteSpec) -> None:
    # NV separates the outcome: maximum likelihood is infinite, the prior decides.
    text = ENDOMETRIAL.format(
        unit=10, terms="NV + PI + EH", priors=normals(2.5, "Intercept", "NV", "PI", "EH")
    )
    found = one(write_spec(text), reference / "data/endometrial.csv")
    printed = pd.read_csv(reference / "brms/endometrial.brms.csv", index_col="variable")
    assert_brms(found, printed, {f"b_{n}": n for n in ("Intercept", "NV", "PI", "EH")})


def test_mixed_posterior_is_that_of_brms(reference: Path, write_spec: WriteSpec) -> None:
    text = MIXED.format(
        outcome="bdi", group="subject", terms="bdi_pre + visit + treatment", sd=10,
        data="standardize = { bdi_pre = [23, 1] }",
        priors=normals(20, "Intercept", "bdi_pre", "visit", "treatment"),
    )  # fmt: skip
    found = one(write_spec(text), reference / "data/btheb_long.csv")
    printed = pd.read_csv(reference / "brms/btheb.brms.csv", index_col="variable")
    assert len(printed) == 8
    assert_brms(
        found,
        printed,
        {
            "b_Intercept": "Intercept", "b_bdi_pre": "bdi_pre", "b_visitm3": "visit[m3]",
            "b_visitm5": "visit[m5]", "b_visitm8": "visit[m8]", "b_treatmentTAU": "treatment[TAU]",
            "sd_subject__Intercept": "1|subject_sigma", "sigma": "sigma",
        },
    )  # fmt: skip


def test_a_file_and_a_data_frame_give_one_fit(reference: Path, write_spec: WriteSpec) -> None:
    text = ENDOMETRIAL.format(
        unit=10, terms="NV + PI + EH", priors=normals(2.5, "Intercept", "NV", "PI", "EH")
    )
    file = reference / "data/endometrial.csv"
    ((_, from_file),) = plan(load_spec(write_spec(text)), read_patients(file)).jobs
    ((_, from_frame),) = plan(
        load_spec(write_spec(text)), cohort_from_frame(pd.read_csv(file))
    ).jobs
    pd.testing.assert_frame_equal(from_file.data, from_frame.data)
    assert from_file.hash() == from_frame.hash()
