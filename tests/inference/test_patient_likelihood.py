"""One patient's likelihood with the effect integrated out, against SciPy on a fine grid."""

import dataclasses

import numpy as np
from scipy import stats
from scipy.special import expit

from adbayes.inference.fit import Fit
from adbayes.inference.patient_likelihood import (
    log_pmf,
    normal_nodes,
    patient_log_likelihood,
)
from adbayes.model.compiled import structure_of


def test_probabilities_are_scipys() -> None:
    log_odds = np.array([[-30.0, -6.0, -0.3], [0.0, 2.0, 9.0]])
    kappa = np.array([[0.05], [400.0]])
    for top in (1, 10, 30):
        found = np.exp(log_pmf(log_odds, kappa, top))
        assert found.shape == (2, 3, top + 1)
        np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=1e-12)
        a, b = (expit(log_odds) * kappa)[..., None], (expit(-log_odds) * kappa)[..., None]
        expected = stats.betabinom.pmf(np.arange(top + 1), top, a, b)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


def test_nodes_have_the_moments_of_a_normal_variable() -> None:
    nodes, weights = normal_nodes(31)
    for power, moment in ((0, 1), (2, 1), (4, 3), (6, 15), (7, 0)):
        np.testing.assert_allclose(weights @ nodes**power, moment, atol=1e-10)


def at(
    found: Fit, draw: tuple[int, int], second: str
) -> tuple[dict[str, float], dict[str, float], float]:
    """Linear predictor and second parameter at each visit, and the patients' SD, of one draw."""
    p = found.posterior
    start = float(p["Intercept"].to_numpy()[draw])
    centre = {"0": start} | {
        v: start + float(p["visit"].sel(visit_dim=v).to_numpy()[draw]) for v in ("16", "32", "52")
    }
    spread = {
        v: float(np.exp(p[f"{second}_visit"].sel({f"{second}_visit_dim": v}).to_numpy()[draw]))
        for v in centre
    }
    return centre, spread, float(p["1|patient_sigma"].to_numpy()[draw])


def test_a_scores_likelihood_is_that_of_a_fine_grid(score_by_hand: Fit) -> None:
    # (draws: no effect, the middle, the widest), some patients, those with missing visits among them
    found = score_by_hand.log_likelihood["poem"]
    data = score_by_hand.frame.data
    counts = data["patient"].value_counts()
    assert found.dims == ("chain", "draw", "patient")
    assert found.sizes["patient"] == data["patient"].nunique()
    chosen = [*counts.index[:2], *counts.index[-3:]]
    assert counts[chosen].nunique() > 1
    for draw in ((0, 0), (0, 1), (1, 0)):
        centre, kappa, tau = at(score_by_hand, draw, "kappa")
        grid = np.linspace(-9, 9, 2001)
        density = stats.norm.pdf(grid) * (grid[1] - grid[0])
        for patient in chosen:
            joint = np.ones_like(grid)
            for _, row in data[data["patient"] == patient].iterrows():
                share, k = expit(centre[row["visit"]] + tau * grid), kappa[row["visit"]]
                joint = joint * stats.betabinom.pmf(row["poem"], 28, share * k, (1 - share) * k)
            value = found.sel(patient=patient).to_numpy()[draw]
            np.testing.assert_allclose(value, np.log(density @ joint), atol=3e-4)


def test_without_effects_it_is_the_sum_of_bambis_rows(score_by_hand: Fit) -> None:
    import xarray as xr

    draw = {"chain": [1], "draw": [0]}  # no spread between patients: effects are 0
    one = dataclasses.replace(score_by_hand, posterior=score_by_hand.posterior.isel(draw))
    tree = xr.DataTree.from_dict({"posterior": one.posterior})
    one.bambi_model.compute_log_likelihood(tree)
    (rows,) = tree["log_likelihood"].to_dataset().data_vars.values()
    by_patient = rows.to_numpy()[0, 0]
    codes = one.frame.data["patient"].cat.codes.to_numpy()
    expected = np.bincount(codes, weights=by_patient)
    np.testing.assert_allclose(one.log_likelihood["poem"].to_numpy()[0, 0], expected, rtol=1e-9)


def test_the_order_of_rows_does_not_matter(score_by_hand: Fit) -> None:
    fit = score_by_hand
    shuffled = fit.frame.data.sample(frac=1, random_state=1).reset_index(drop=True)
    other = dataclasses.replace(fit.frame, data=shuffled)
    found = [
        patient_log_likelihood(fit.analysis, frame, fit.design, fit.posterior)
        for frame in (fit.frame, other)
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


def test_a_lab_with_one_sd_is_a_multivariate_normal_of_logarithms(lab_by_hand: Fit) -> None:
    # Bambi's graph samples it: no structure has one SD on the log scale.
    a = lab_by_hand.analysis
    sigma = np.array([[0.3, 0.2], [0.25, 0.1]])
    posterior = lab_by_hand.posterior.drop_vars("sigma_visit").assign(
        sigma=(("chain", "draw"), sigma)
    )
    one = dataclasses.replace(a, formulas={"mu": a.mean})
    assert structure_of(one) is None
    fit = dataclasses.replace(lab_by_hand, analysis=one, posterior=posterior)
    found = fit.log_likelihood["ldh"]
    assert found.dims == ("chain", "draw", "patient")
    start, changes = float(posterior["Intercept"][0, 1]), posterior["visit"][0, 1]
    centre = {"0": start} | {
        str(v): start + float(changes.sel(visit_dim=v)) for v in ("16", "32", "52")
    }
    tau = float(posterior["1|patient_sigma"][0, 1])
    for patient, rows in fit.frame.data.groupby("patient", observed=True):
        y = np.log(rows["ldh"].to_numpy())
        covariance = tau**2 + sigma[0, 1] ** 2 * np.eye(len(rows))
        mean = [centre[visit] for visit in rows["visit"]]
        expected = stats.multivariate_normal(mean, covariance).logpdf(y) - y.sum()
        np.testing.assert_allclose(found.sel(patient=patient)[0, 1], expected, rtol=1e-9)
