"""Correlations of scores from draws, and beside Figure 2."""

import numpy as np
import pytest

from adbayes.cohort.library import load_cohort
from adbayes.inference.correlation_matrix import partial_correlations
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.model.joint_scores import effect_covariance, residual_covariance
from adbayes.model.spec import load_spec
from adbayes.paper.published import load_paper
from adbayes.results.pooled import pooled_summary
from adbayes.results.score_correlations import (
    BETWEEN,
    WITHIN,
    correlates_scores,
    score_correlations,
)

PAIRS = [("easi", "nrs"), ("easi", "poem"), ("easi", "dlqi")]
PAIRS += [("nrs", "poem"), ("nrs", "dlqi"), ("poem", "dlqi")]


@pytest.fixture(scope="module")
def joint() -> Fit:
    found = fit("scores_joint", load_cohort(0), cores=2)
    assert isinstance(found, Fit)
    return found


@pytest.fixture(scope="module")
def normal() -> Fit:
    found = fit("correlations", load_cohort(0), cores=2)
    assert isinstance(found, Fit)
    return found


@pytest.fixture(scope="module")
def latent() -> Fit:
    found = fit("correlations", load_cohort(0), "latent", cores=2)
    assert isinstance(found, Fit)
    return found


def test_only_models_of_stacked_scores_correlate_them() -> None:
    for name, variant in (
        ("scores_joint", None),
        ("correlations", None),
        ("correlations", "latent"),
    ):
        assert correlates_scores(load_spec(name).analyses(variant)[0])
    assert not correlates_scores(load_spec("easi_change").analyses("unstructured")[0])


@pytest.mark.parametrize("name", ["joint", "normal", "latent"])
def test_every_fit_passes_the_gate(name: str, request: pytest.FixtureRequest) -> None:
    found: Fit = request.getfixturevalue(name)
    assert found.diagnostics()["passed"].all()
    assert found.retries == 0
    assert found.log_likelihood["value"].dims == ("chain", "draw", "patient")
    assert not found.sensitivity()["khat"].gt(0.7).any()


def test_a_joint_model_has_correlations_of_visits_levels_and_residuals(joint: Fit) -> None:
    summary = joint.summary().query("estimand == 'correlation'")
    assert len(summary) == 6 * 4 + 6 + 6 * 4
    week = summary.query("visit == '52'")
    assert list(zip(week["outcome"], week["term"], strict=True))[:6] == PAIRS
    levels = summary[summary["term"].str.endswith(BETWEEN)]
    assert set(levels["visit"]) == {""}
    assert summary["term"].str.endswith(WITHIN).sum() == 24
    whole = effect_covariance(joint.posterior) + residual_covariance(joint.posterior)[:, :, 3]
    one = next(q for q in score_correlations(joint, partial=False) if q.visit == "52")
    expected = whole[..., 0, 1] / np.sqrt(whole[..., 0, 0] * whole[..., 1, 1])
    np.testing.assert_allclose(one.values, expected)


def test_partial_correlations_are_those_of_the_matrix(normal: Fit) -> None:
    plain = [one.values for one in score_correlations(normal, partial=False)]
    found = [one.values for one in score_correlations(normal, partial=True)]
    expected = partial_correlations(np.stack(plain, axis=-1))
    np.testing.assert_allclose(np.stack(found, axis=-1), expected)


def test_the_normal_model_of_week_52_is_the_print_only_posterior(normal: Fit) -> None:
    """The cohort's coefficients print as Figure 2, so its posterior is that of the print."""
    summary = normal.summary().query("estimand == 'correlation'").set_index(["outcome", "term"])
    paper = load_paper()
    for first, second in PAIRS:
        printed = paper.posterior(f"fig2.{first}_{second}.r", variant="joint").summary().iloc[0]
        row = summary.loc[(first, second)]
        # 4 Monte Carlo errors, and what the rounding of a coefficient to 0.01 leaves open
        assert abs(row["mean"] - float(printed["mean"])) < 4 * row["mcse_mean"] + 0.005
        for end in ("ci_low", "ci_high"):
            assert abs(row[end] - float(printed[end])) < 0.025


@pytest.mark.parametrize("name", ["joint", "normal", "latent"])
def test_figure_2_is_beside_it(name: str, request: pytest.FixtureRequest) -> None:
    table = request.getfixturevalue(name).compare(load_paper())
    assert list(zip(table["outcome"], table["term"], strict=True)) == PAIRS
    assert set(table["role"]) == {"target"}
    assert table[
        "within_rounding"
    ].all()  # Pearson's coefficients of the cohort, rounded as printed
    assert (table["same_quantity"] == (name != "latent")).all()
    # Over all visits one correlation of levels: the joint model need not have that of week 52 in its middle.
    reach = {"joint": 3 / 1.96}.get(name, 1.0) * (table["bayes_high"] - table["bayes_low"]) / 2
    middle = (table["bayes_high"] + table["bayes_low"]) / 2
    assert ((table["published"] - middle).abs() < reach).all()


def test_the_latent_correlations_are_near_those_of_the_ranks(latent: Fit) -> None:
    wide = load_cohort(0).frame.query("visit == 52")[["easi", "nrs", "poem", "dlqi"]]
    # Of a bivariate normal (Kruskal 1958). The prior pulls to 0, as it does Pearson's coefficients.
    ranks = 2 * np.sin(np.pi / 6 * wide.corr("spearman"))
    summary = latent.summary().query("estimand == 'correlation'").set_index(["outcome", "term"])
    for first, second in PAIRS:
        row = summary.loc[(first, second)]
        assert abs(row["mean"] - ranks.loc[first, second]) < 1.5 * row["sd"]


@pytest.mark.parametrize("name", ["joint", "normal", "latent"])
def test_observed_correlations_of_week_52_lie_among_replicated_ones(
    name: str, request: pytest.FixtureRequest
) -> None:
    checks = request.getfixturevalue(name).check().query("check == 'posterior_predictive'")
    rows = checks[checks["statistic"].str.contains("correlation") & (checks["visit"] == "52")]
    assert len(rows) == 12
    assert rows["tail_area"].between(0.005, 0.995).all(), rows


def test_correlations_of_every_pair_are_pooled(normal: Fit) -> None:
    own = normal.summary().query("estimand == 'correlation'").reset_index(drop=True)
    both = pooled_summary([normal, normal], [normal.summary()] * 2)
    pooled = both.query("estimand == 'correlation'").reset_index(drop=True)
    assert len(pooled) == len(PAIRS)
    for column in ("outcome", "term", "visit"):
        assert pooled[column].tolist() == own[column].tolist()
    np.testing.assert_allclose(pooled["mean"], own["mean"])
