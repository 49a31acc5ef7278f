"""Beta-binomial scores over patients: against SciPy, another quadrature and simulated patients."""

import dataclasses
from math import ceil

import numpy as np
from scipy import stats
from scipy.special import expit

from adbayes.inference.course import Course, course_of
from adbayes.inference.fit import Fit
from adbayes.inference.patient_likelihood import NODES
from adbayes.results.bounded import bounded_quantities, score_quantities
from adbayes.results.estimands import estimands

TOP = 28
CENTRE = {"0": 1.7, "16": -0.6, "52": -1.1}
KAPPA = {"0": 6.0, "16": 30.0, "52": 3.0}


def course(between: float, kappa: dict[str, float] = KAPPA) -> Course:
    """One draw."""
    return Course(
        levels=tuple(CENTRE),
        baseline="0",
        centre={level: np.array([[value]]) for level, value in CENTRE.items()},
        spread={level: np.array([[value]]) for level, value in kappa.items()},
        between=np.array([[between]]),
    )


def scipys(level: str, effect: float | np.ndarray = 0.0) -> stats.betabinom:
    share, kappa = expit(CENTRE[level] + effect), KAPPA[level]
    return stats.betabinom(TOP, share * kappa, (1 - share) * kappa)


def test_without_patient_effects_all_is_scipys_beta_binomial() -> None:
    found = score_quantities(course(0.0), TOP, 4.0)
    for level in CENTRE:
        own = scipys(level)
        np.testing.assert_allclose(found["mean"][level], own.mean())
        np.testing.assert_allclose(found["predictive_sd"][level], own.std())
        np.testing.assert_allclose(found["share_floor"][level], 100 * own.pmf(0))
        np.testing.assert_allclose(found["share_ceiling"][level], 100 * own.pmf(TOP))
    before = scipys("0").mean()
    for level in ("16", "52"):
        own = scipys(level)
        np.testing.assert_allclose(found["mean_change"][level], own.mean() - before)
        np.testing.assert_allclose(found["ratio_of_means"][level], 100 * (1 - own.mean() / before))
        # Independent visits: every pair of scores that lies 4 points or more apart.
        share = sum(
            scipys("0").pmf(first) * own.pmf(second)
            for first in range(TOP + 1)
            for second in range(TOP + 1)
            if first - second >= 4
        )
        np.testing.assert_allclose(found["share_mcid"][level], 100 * share)


def test_patients_are_averaged_over_exactly() -> None:
    # The trapezoidal rule on a fine grid of effects: exact to rounding for what decays like a normal.
    tau = 1.2
    grid = np.linspace(-10 * tau, 10 * tau, 4001)
    density = stats.norm.pdf(grid, scale=tau) * (grid[1] - grid[0])
    found = score_quantities(course(tau), TOP, None)
    assert "share_mcid" not in found
    for level in CENTRE:
        own = scipys(level, grid)
        mean = density @ own.mean()
        second = density @ (own.var() + own.mean() ** 2)
        np.testing.assert_allclose(found["mean"][level], mean, rtol=1e-7)
        np.testing.assert_allclose(
            found["predictive_sd"][level], np.sqrt(second - mean**2), rtol=1e-6
        )
        for name, score in (("share_floor", 0), ("share_ceiling", TOP)):
            share = 100 * density @ own.pmf(score)
            np.testing.assert_allclose(found[name][level], share, atol=1e-5)


def test_more_nodes_change_nothing_within_the_stated_spread() -> None:
    few, many = (score_quantities(course(2.0), TOP, 4.0, nodes) for nodes in (NODES, 201))
    for name in few:
        close = {"atol": 0.03} if name.startswith("share") else {"rtol": 1e-5}
        for level, draws in few[name].items():
            np.testing.assert_allclose(draws, many[name][level], err_msg=name, **close)


def test_shares_are_those_of_simulated_patients() -> None:
    rng = np.random.default_rng(4)
    n, tau = 200_000, 0.9
    found = score_quantities(course(tau), TOP, 3.5)
    effect = rng.normal(0, tau, n)
    scores = {}
    for level in CENTRE:
        share = rng.beta(
            expit(CENTRE[level] + effect) * KAPPA[level],
            expit(-CENTRE[level] - effect) * KAPPA[level],
        )
        scores[level] = rng.binomial(TOP, share)
        own = scores[level]
        error = own.std() / np.sqrt(n)
        assert abs(found["mean"][level].item() - own.mean()) < 4.5 * error
        for name, hit in (("share_floor", own == 0), ("share_ceiling", own == TOP)):
            error = 100 * np.sqrt(hit.mean() * (1 - hit.mean()) / n)
            assert abs(found[name][level].item() - 100 * hit.mean()) < 4.5 * error, name
    for level in ("16", "52"):
        fallen = (scores["0"] - scores[level] >= 3.5).mean()  # 4 points or more: scores are whole
        error = np.sqrt(fallen * (1 - fallen) / n)
        assert abs(found["share_mcid"][level].item() / 100 - fallen) < 4.5 * error
    # One patient's visits go together: taken for independent, the shares would be others.
    shuffled = (rng.permutation(scores["0"]) - scores["52"] >= ceil(3.5)).mean()
    assert abs(found["share_mcid"]["52"].item() / 100 - shuffled) > 10 * error


def test_a_fit_reports_what_its_draws_say(score_by_hand: Fit) -> None:
    fit = score_by_hand
    found = {(e.estimand, e.visit): e for e in estimands(fit)}
    assert list(dict.fromkeys(name for name, _ in found)) == list(fit.analysis.estimands.report)
    p = fit.posterior
    certain = (1, 0)  # the draw without patient effects
    for level in ("0", "16", "32", "52"):
        eta = p["Intercept"].to_numpy()[certain]
        if level != "0":
            eta = eta + p["visit"].sel(visit_dim=level).to_numpy()[certain]
        kappa = np.exp(p["kappa_visit"].sel(kappa_visit_dim=level).to_numpy()[certain])
        own = stats.betabinom(28, expit(eta) * kappa, expit(-eta) * kappa)
        np.testing.assert_allclose(found["mean", level].draws.to_numpy()[certain], own.mean())
        np.testing.assert_allclose(
            found["predictive_sd", level].draws.to_numpy()[certain], own.std()
        )
        assert found["mean", level].unit == "points"
        assert found["share_floor", level].unit == "%"
    assert found["mean_change", "16"].null == 0
    assert ("share_mcid", "0") not in found
    assert found["share_mcid", "52"].draws.dims == ("chain", "draw")
    names = fit.analysis.estimands.model_copy(update={"mcid": None})
    without = dataclasses.replace(fit, analysis=dataclasses.replace(fit.analysis, estimands=names))
    assert "share_mcid" not in bounded_quantities(without)


def test_blocks_of_draws_are_put_together_in_order(score_by_hand: Fit) -> None:
    fit = score_by_hand
    one = course_of(fit.analysis, fit.frame, fit.design, fit.posterior)
    repeated = dataclasses.replace(
        one,
        centre={level: np.tile(v, (1, 300)) for level, v in one.centre.items()},
        spread={level: np.tile(v, (1, 300)) for level, v in one.spread.items()},
        between=np.tile(one.between, (1, 300)),
    )
    few, many = (score_quantities(c, 28, 4.0) for c in (one, repeated))
    for name, by_level in few.items():
        for level, draws in by_level.items():
            np.testing.assert_array_equal(many[name][level], np.tile(draws, (1, 300)))
