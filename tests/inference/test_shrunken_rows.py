"""Rows under a regularised horseshoe against sums over everything, and what the prior promises."""

import numpy as np
import pytest
from scipy import special, stats

from adbayes.errors import DataError, SpecError
from adbayes.inference import shrunken_rows
from adbayes.inference.printed import answer, posterior
from adbayes.inference.printed_dependence import HIERARCHICAL, row_ids
from adbayes.inference.printed_hierarchy import horseshoe_answer
from adbayes.inference.printed_priors import BLOCK, prior_sets
from adbayes.inference.shrunken_rows import CHAINS, KEPT, ShrunkenRows
from adbayes.model.horseshoe import RegularizedHorseshoe, shrunk_scale
from adbayes.model.priors import Prior
from adbayes.paper.likelihood import Likelihood
from adbayes.paper.root_table import RootTable

PRIOR = RegularizedHorseshoe(1, 3, 80, 1.5, 4)


def normal_rows(estimates: list[float], errors: list[float], correlation: float) -> ShrunkenRows:
    roots = tuple(
        RootTable.of(Likelihood(lambda t, m=m, s=s: -0.5 * ((t - m) / s) ** 2, m, s, ""))
        for m, s in zip(estimates, errors, strict=True)
    )
    matrix = np.full((len(estimates),) * 2, correlation)
    np.fill_diagonal(matrix, 1.0)
    return ShrunkenRows(roots, matrix, PRIOR)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_draws_are_those_of_importance_sampling(correlation: float) -> None:
    estimates, errors = np.array([1.1, 0.3]), np.array([0.35, 0.4])
    found = normal_rows(estimates.tolist(), errors.tolist(), correlation).draws()
    # By another way: draws from the prior itself, weighted by the likelihood.
    effects = PRIOR.rvs((400_000, 2), np.random.default_rng(5))
    matrix = np.array([[1.0, correlation], [correlation, 1.0]]) * np.outer(errors, errors)
    weight = special.softmax(stats.multivariate_normal(estimates, matrix).logpdf(effects))
    size = 1 / (weight**2).sum()
    assert size > 2000
    n = CHAINS * KEPT
    for row in range(2):
        for at in (0.02, 0.3, 0.8, 1.3):
            theirs = float(weight @ (effects[:, row] < at))
            ours = float(found.below(at)[row])
            # Half of the states' number, for what is left of their correlation, and a cell's width.
            mcse = np.sqrt(theirs * (1 - theirs) * (2 / n + 1 / size))
            assert abs(ours - theirs) < 4 * mcse + 0.005, (row, at)


def test_states_of_a_chain_are_apart() -> None:
    states = normal_rows([1.1, 0.3, -0.2], [0.35, 0.4, 0.5], 0.3).states()
    assert states.shape == (CHAINS, KEPT, 3)
    for row in range(3):
        now, later = states[:, :-1, row].ravel(), states[:, 1:, row].ravel()
        # 3600 pairs: two standard errors are 0.033; what is left must not halve the draws.
        assert abs(np.corrcoef(now, later)[0, 1]) < 0.25


def test_a_cell_has_its_prior_probability() -> None:
    rows = normal_rows([0.0], [0.5], 0.0)
    _, effects = rows._cells
    mass = np.exp(rows.log_prior[:, 0]).mean(axis=0)
    drawn = PRIOR.rvs((400_000, 1), np.random.default_rng(6))[:, 0]
    for low, high in ((-0.5, -0.05), (0.0, 0.05), (0.05, 1.0)):
        inside = (effects[0, :-1] >= low - 1e-9) & (effects[0, 1:] <= high + 1e-9)
        exact = float(((drawn > low) & (drawn < high)).mean())
        assert float(mass[inside].sum()) == pytest.approx(exact, abs=0.006)


def test_states_that_do_not_mix_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from adbayes.errors import ConvergenceError

    stuck = np.repeat(np.random.default_rng(1).normal(size=(CHAINS, 1, 1)), KEPT, axis=1)
    stuck[:, KEPT // 2 :] += 1.0
    monkeypatch.setattr(ShrunkenRows, "states", lambda self, seed: stuck)
    with pytest.raises(ConvergenceError, match="R-hat"):
        normal_rows([0.0], [0.5], 0.0).draws()


def test_the_local_scale_does_not_outgrow_the_slab() -> None:
    assert float(shrunk_scale(0.1, 1e9, 4.0)) == pytest.approx(2.0)
    assert shrunken_rows.MAX_R_HAT == 1.01


def test_rows_of_the_table_are_shrunk_more_the_less_they_stand_out() -> None:
    moved = {}
    for id in row_ids("table5"):
        alone, shrunk = posterior(id), answer(id, "horseshoe")
        assert shrunk.priors == "horseshoe"
        assert shrunk.variant == "base"
        if alone.prob_direction() > 0.9:
            moved[id] = np.log(shrunk.median()) / np.log(alone.median())
            assert abs(np.log(shrunk.median())) < abs(
                np.log(answer(id, variant=HIERARCHICAL).median())
            )
    assert all(0 < part < 0.6 for part in moved.values())
    # Unlike under one scale, what cannot be told from none is shrunk to it.
    quiet = answer("table5.cyclosporine.or", "horseshoe")
    assert quiet.median() == pytest.approx(1, abs=0.03)
    assert answer("table5.sex.or", "horseshoe").note.startswith("the 17 odds ratios")


def test_what_the_set_has_no_prior_of_is_as_reported() -> None:
    assert answer("table6.sex.or", "horseshoe").median() == pytest.approx(
        posterior("table6.sex.or").median()
    )
    with pytest.raises(DataError, match="one prior of all rows"):
        posterior("table5.sex.or", "horseshoe")
    with pytest.raises(DataError, match="'skewed' only"):
        answer("table5.sex.or", "horseshoe", likelihood="wald")
    few = Prior.of(
        "RegularizedHorseshoe", relevant=2, predictors=8, patients=99, slab_scale=1.5, slab_df=4
    )
    with pytest.raises(SpecError, match="of 17 predictors"):
        horseshoe_answer("table5.sex.or", few, "given", prior_sets()["horseshoe"]["log_sd_ratio"])
    assert BLOCK in prior_sets()["horseshoe"]
