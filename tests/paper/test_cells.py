import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import expit
from scipy.stats import chi2, norm

from adbayes.paper.cells import SHIFTS, _scores, search
from adbayes.paper.coherence import odds_ratio_rows

SPREAD = 0.4


def fitted(a, b, n1, n0, shift, slope):
    """Odds ratio, profile interval and Wald p of responders spread over the scores, by a minimiser."""
    scores = _scores(SPREAD)
    x = np.r_[shift + scores, scores]
    g = np.r_[np.ones(len(scores)), np.zeros(len(scores))]
    weight = np.r_[np.full(len(scores), n1), np.full(len(scores), n0)] / len(scores)
    y = np.empty_like(x)
    for count, n, which in ((a, n1, g == 1), (b, n0, g == 0)):
        own = x[which]
        alpha = brentq(lambda v, x=own, n=n, c=count: n * expit(v + slope * x).mean() - c, -30, 30)
        y[which] = expit(alpha + slope * own)
    design = np.column_stack([np.ones_like(x), x, g])

    def best(columns, offset):
        def loss(beta):
            eta = columns @ beta + offset
            return -(weight * (y * eta - np.logaddexp(0, eta))).sum()

        def slope_of_loss(beta):
            return -columns.T @ (weight * (y - expit(columns @ beta + offset)))

        return minimize(loss, np.zeros(columns.shape[1]), jac=slope_of_loss, method="BFGS")

    fit = best(design, 0.0)
    p = expit(design @ fit.x)
    se = np.sqrt(np.linalg.inv(design.T @ (design * (weight * p * (1 - p))[:, None]))[2, 2])
    effect = fit.x[2]

    def excess(value):
        return best(design[:, :2], value * g).fun - fit.fun - chi2.ppf(0.95, 1) / 2

    ends = [brentq(excess, effect, effect + sign * 8 * se) for sign in (-1, 1)]
    return np.exp([effect, *ends]), 2 * norm.sf(abs(effect) / se)


@pytest.fixture(scope="session")
def row(entry, ledger_of):
    def make(values, p):
        more = {"group": "yes against no"}
        names = ("or", "ci_low", "ci_high")
        kinds = ("odds_ratio", "ci_low", "ci_high")
        rows = [
            entry(f"t.x.{name}", kind, f"{value:.3f}", **more)
            for name, kind, value in zip(names, kinds, values, strict=True)
        ]
        (found,) = odds_ratio_rows(ledger_of(*rows, entry("t.x.p", "p_value", f"{p:.3f}", **more)))
        return found

    return make


@pytest.mark.parametrize(
    ("a", "b", "n1", "n0", "shift", "slope"),
    [(5, 30, 14, 50, 0.5, 0.4), (9, 12, 20, 22, -0.4, 0.6), (3, 20, 7, 45, 0.7, -0.5)],
)
def test_the_true_counts_are_among_those_found(a, b, n1, n0, shift, slope, row):
    assert np.isclose(SHIFTS, shift).any()
    found = search(row(*fitted(a, b, n1, n0, shift, slope)), n1, n0, SPREAD)
    assert (a, b) in set(zip(found.exposed.tolist(), found.unexposed.tolist(), strict=True))
    assert len(found.exposed) < found.tried / 4
    low, high = found.totals
    assert low <= a + b <= high


def test_counts_of_another_table_are_not_found(row):
    """The same odds ratio from a tenth of the responders has a wider interval."""
    found = search(row(*fitted(10, 10, 20, 40, 0.5, 0.4)), 20, 40, SPREAD)
    assert len(found.exposed)
    assert not (found.exposed == 1).any()
    assert found.totals[1] < 40


def test_a_print_that_no_counts_give(row):
    found = search(row([2.0, 1.9, 2.1], 0.5), 20, 40, SPREAD)
    assert len(found.exposed) == 0
    assert found.totals is None
    assert search(row([2.0, 1.0, 4.0], 0.05), 1, 1, SPREAD).tried == 0
