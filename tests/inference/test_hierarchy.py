"""Partial pooling against closed forms, dense quadrature and known truth."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from adbayes.errors import DataError
from adbayes.inference.hierarchy import Rows
from adbayes.inference.printed_dependence import row_ids
from adbayes.inference.printed_quantity import build_quantity
from adbayes.inference.weighted import WeightedDraws
from adbayes.paper.likelihood import Likelihood
from adbayes.paper.root_table import RootTable

ESTIMATES = np.array([-1.2, 0.3, -0.4, 0.9])
ERRORS = np.array([0.5, 0.3, 0.8, 0.4])
C = np.array([[1, 0.4, 0.1, 0], [0.4, 1, 0.2, 0], [0.1, 0.2, 1, 0.3], [0, 0, 0.3, 1]])
K = np.array([[1, 0.5, 0, 0], [0.5, 1, 0, 0], [0, 0, 1, 0.2], [0, 0, 0.2, 1]])


def normal(centre: float, se: float) -> RootTable:
    return RootTable.of(
        Likelihood(lambda theta: -0.5 * ((theta - centre) / se) ** 2, centre, se, "")
    )


def normal_rows(estimates: np.ndarray, errors: np.ndarray, c: np.ndarray, k: np.ndarray) -> Rows:
    return Rows(tuple(normal(m, s) for m, s in zip(estimates, errors, strict=True)), c, k)


ROWS = normal_rows(ESTIMATES, ERRORS, C, K)


def exact(tau: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean, covariance and log evidence of the effects under normal likelihoods."""
    noise = C * np.outer(ERRORS, ERRORS)
    spread = tau**2 * K
    total = noise + spread
    mean = spread @ np.linalg.solve(total, ESTIMATES)
    evidence = stats.multivariate_normal(np.zeros(4), total).logpdf(ESTIMATES)
    return mean, spread - spread @ np.linalg.solve(total, spread), float(evidence)


@pytest.mark.parametrize("tau", [0.05, 0.5, 3.0])
def test_normal_rows_with_a_known_scale_in_closed_form(tau: float) -> None:
    effects, log_weight, _ = ROWS.given(tau, 4096)
    found = WeightedDraws.of(effects, log_weight)
    mean, covariance, _ = exact(tau)
    # Sobol points do much better than the error of independent ones.
    assert np.all(np.abs(found.mean() - mean) < 2 * found.mcse_mean())
    drawn = found.values - found.mean()
    assert (drawn * found.weight[:, None]).T @ drawn == pytest.approx(
        covariance, abs=0.04 * covariance.max()
    )


def test_the_evidence_of_a_scale_in_closed_form() -> None:
    taus = np.array([0.02, 0.1, 0.4, 1.0, 5.0])
    ours = np.array([ROWS.given(tau)[2] for tau in taus])
    truth = np.array([exact(tau)[2] for tau in taus])
    assert ours - ours[0] == pytest.approx(truth - truth[0], abs=0.01)


def test_a_free_scale_against_quadrature_of_the_closed_form() -> None:
    prior = stats.halfnorm(scale=0.7)
    found = ROWS.pool(prior)
    taus = (np.arange(4000) + 0.5) / 1000
    parts = [exact(tau) for tau in taus]
    weight = special.softmax(
        [e + prior.logpdf(t) for t, (_, _, e) in zip(taus, parts, strict=True)]
    )
    assert found.log_scale.cdf(np.log(0.4)) == pytest.approx(weight[taus < 0.4].sum(), abs=0.003)
    assert found.log_scale.cdf(np.log(1.0)) == pytest.approx(weight[taus < 1.0].sum(), abs=0.003)
    mean = weight @ np.array([m for m, _, _ in parts])
    assert np.all(np.abs(found.effects.mean() - mean) < 4 * found.effects.mcse_mean())
    square = weight @ np.array([np.diag(v) + m**2 for m, v, _ in parts])
    assert found.effects.sd() == pytest.approx(np.sqrt(square - mean**2), rel=0.02)


def printed(table: str) -> list[Likelihood]:
    from adbayes.inference.printed_priors import prior_sets

    priors = prior_sets()["weakly_informative"]
    return [build_quantity(id).build(None, priors, "skewed") for id in row_ids(table)]


def test_skewed_rows_of_table_5_against_dense_quadrature() -> None:
    """Independent rows factorise given tau, so the whole posterior is one-dimensional integrals."""
    shapes = printed("table5")
    roots = tuple(RootTable.of(shape) for shape in shapes)
    found = Rows(roots, np.eye(17), np.eye(17)).pool(stats.halfnorm(scale=0.75))
    theta = np.linspace(-9, 9, 6001)
    heights = np.array([shape.log(theta) for shape in shapes])
    heights -= heights.max(axis=1, keepdims=True)
    taus = (np.arange(160) + 0.5) / 40
    evidence, means, below = [], [], []
    for tau in taus:
        density = np.exp(heights) * stats.norm(0, tau).pdf(theta)
        constant = density.sum(axis=1)
        evidence.append(np.log(constant).sum())
        means.append(density @ theta / constant)
        below.append(density @ (theta < 0) / constant)
    weight = special.softmax(evidence + stats.halfnorm(scale=0.75).logpdf(taus))
    assert found.log_scale.cdf(np.log(0.9)) == pytest.approx(weight[taus < 0.9].sum(), abs=0.004)
    error = found.effects.mcse_mean()
    assert np.all(np.abs(found.effects.mean() - weight @ np.array(means)) < 4 * error)
    assert found.effects.below(0.0) == pytest.approx(weight @ np.array(below), abs=0.005)


def test_two_skewed_and_correlated_rows_against_a_plane_of_points() -> None:
    shapes = printed("table5")
    pair = [shapes[5], shapes[16]]  # IgE at baseline and LDH at week 52: the most skewed
    c, k, tau = np.array([[1, 0.6], [0.6, 1]]), np.array([[1, 0.3], [0.3, 1]]), 1.0
    rows = Rows(tuple(RootTable.of(shape) for shape in pair), c, k)
    effects, log_weight, _ = rows.given(tau, 8192)
    found = WeightedDraws.of(effects, log_weight)
    theta = np.linspace(-7, 7, 1401)
    roots = []
    for shape in pair:
        fall = shape.log(theta)
        peak = theta[np.argmax(fall)]
        roots.append(np.sign(theta - peak) * np.sqrt(2 * (fall.max() - fall)))
    r = np.stack(np.meshgrid(*roots, indexing="ij"), axis=-1)
    t = np.stack(np.meshgrid(theta, theta, indexing="ij"), axis=-1)
    log = -0.5 * ((r @ np.linalg.inv(c)) * r).sum(-1) - 0.5 * ((t @ np.linalg.inv(k)) * t).sum(-1)
    density = np.exp(log - log.max())
    density /= density.sum()
    mean = (density[..., None] * t).sum((0, 1))
    assert np.all(np.abs(found.mean() - mean) < 4 * found.mcse_mean())
    sd = np.sqrt((density[..., None] * (t - mean) ** 2).sum((0, 1)))
    assert found.sd() == pytest.approx(sd, rel=0.02)
    assert found.below(0.0)[0] == pytest.approx(density[theta < 0].sum(), abs=0.01)


def test_a_scale_without_limit_leaves_each_row_alone_and_a_scale_of_zero_leaves_nothing() -> None:
    shapes = printed("table5")
    roots = tuple(RootTable.of(shape) for shape in shapes)
    rows = Rows(roots, np.eye(17), np.eye(17))
    effects, log_weight, _ = rows.given(1e4)
    found = WeightedDraws.of(effects, log_weight)
    for k, shape in enumerate(shapes):
        total, first = (
            integrate.quad(
                lambda x, p=power, s=shape: x**p * np.exp(s.log(np.array([x]))[0]),
                shape.centre - 14 * shape.scale,
                shape.centre + 14 * shape.scale,
                points=[shape.centre],
                limit=100,
                epsrel=1e-5,
            )[0]
            for power in (0, 1)
        )
        assert abs(found.mean()[k] - first / total) < 4 * found.mcse_mean()[k], k
    pooled = rows.pool(stats.halfnorm(scale=1e-5))
    assert np.exp(pooled.effects.quantile([0.001, 0.999])) == pytest.approx(1, abs=1e-4)


def test_rows_that_are_the_same_row_twice_are_not_two_rows() -> None:
    """With estimates and effects that correlate almost fully a copy adds next to nothing."""
    one = normal_rows(ESTIMATES[:1], ERRORS[:1], np.eye(1), np.eye(1))
    near = np.array([[1, 0.999], [0.999, 1]])
    two = normal_rows(ESTIMATES[[0, 0]], ERRORS[[0, 0]], near, near)
    alone, copied = (WeightedDraws.of(*rows.given(0.5, 8192)[:2]) for rows in (one, two))
    assert copied.mean()[0] == pytest.approx(alone.mean()[0], abs=0.01)
    assert copied.sd()[0] == pytest.approx(alone.sd()[0], rel=0.02)
    # Estimates that correlate although effects do not: what both show counts as one error.
    apart = normal_rows(ESTIMATES[[0, 0]], ERRORS[[0, 0]], near, np.eye(2))
    found = WeightedDraws.of(*apart.given(0.5, 8192)[:2])
    assert abs(found.mean()[0]) < abs(alone.mean()[0]) - 0.1


def test_the_same_call_gives_the_same_draws() -> None:
    prior = stats.halfnorm(scale=0.7)
    assert np.array_equal(ROWS.pool(prior).effects.values, ROWS.pool(prior).effects.values)


def test_what_is_refused() -> None:
    roots = ROWS.roots
    with pytest.raises(DataError, match="has shape"):
        Rows(roots, np.eye(3), np.eye(4))
    with pytest.raises(DataError, match="effects has no ones"):
        Rows(roots, np.eye(4), 2 * np.eye(4))
    with pytest.raises(DataError, match="so far from none"):
        normal_rows(np.array([50.0]), np.array([1.0]), np.eye(1), np.eye(1))
    bad = np.full((4, 4), -0.5) + 1.5 * np.eye(4)
    with pytest.raises(DataError, match="estimates is not positive definite"):
        Rows(roots, bad, np.eye(4))


@pytest.mark.slow
@pytest.mark.parametrize(("table", "scale"), [("table5", 0.75), ("table4", 12.5)])
def test_a_markov_chain_agrees(table: str, scale: float) -> None:
    """Differential evolution Markov chains (ter Braak 2006) on the posterior as the module states it."""
    from adbayes.inference.printed_dependence import dependence_of, dependences

    shapes = printed(table)
    rows = len(shapes)
    c = dependence_of(table, dependences()["hierarchical"])
    found = Rows(tuple(RootTable.of(shape) for shape in shapes), c, c).pool(
        stats.halfnorm(scale=scale)
    )
    inverse = np.linalg.inv(c)
    reach = 12.0 if table == "table5" else 80.0
    grids, roots = [], []
    for shape in shapes:
        grid = shape.centre + np.linspace(-reach, reach, 16_001)
        height = shape.log(grid)
        peak = int(height.argmax())
        grids.append(grid)
        roots.append(np.sign(grid - grid[peak]) * np.sqrt(2 * (height[peak] - height)))

    def log(x: np.ndarray) -> np.ndarray:
        theta, tau = x[:, :rows], np.exp(x[:, rows])
        r = np.column_stack([np.interp(theta[:, j], grids[j], roots[j]) for j in range(rows)])
        fit = ((r @ inverse) * r).sum(1) + ((theta @ inverse) * theta).sum(1) / tau**2
        return -fit / 2 - (rows - 1) * np.log(tau) - (tau / scale) ** 2 / 2

    rng = np.random.default_rng(12)
    chains = 120
    x = np.column_stack(
        [rng.normal(0, scale / 2, (chains, rows)), rng.normal(np.log(scale / 2), 0.3, chains)]
    )
    here, kept = log(x), []
    for step in range(8000):
        for half in np.split(np.arange(chains), 2):
            others = np.setdiff1d(np.arange(chains), half)
            one, two = rng.choice(others, (2, len(half)))
            length = np.where(rng.random(len(half)) < 0.1, 1.0, 1.43 / np.sqrt(2 * (rows + 1)))
            tried = x[half] + length[:, None] * (x[one] - x[two])
            tried += 1e-3 * rng.normal(size=tried.shape)
            there = log(tried)
            taken = np.log(rng.random(len(half))) < there - here[half]
            x[half[taken]], here[half[taken]] = tried[taken], there[taken]
        if step >= 2000 and step % 10 == 0:
            kept.append(x[:, :rows].copy())
    draws = np.array(kept)
    # The chains move together, so their error is taken from ten stretches of time.
    blocks = draws.reshape(10, -1, rows).mean(axis=1)
    error = np.hypot(blocks.std(axis=0, ddof=1) / np.sqrt(10), found.effects.mcse_mean())
    assert np.all(np.abs(draws.mean((0, 1)) - found.effects.mean()) < 5 * error)
    assert found.effects.sd() == pytest.approx(draws.std((0, 1)), rel=0.06)


@pytest.mark.slow
def test_intervals_cover_what_the_prior_drew() -> None:
    """Simulation-based calibration with correlated estimates and effects."""
    rng = np.random.default_rng(4)
    prior = stats.halfnorm(scale=0.7)
    noise = C * np.outer(ERRORS, ERRORS)
    levels, scales = [], []
    for _ in range(300):
        tau = float(prior.rvs(random_state=rng))
        effects = rng.multivariate_normal(np.zeros(4), tau**2 * K)
        estimates = rng.multivariate_normal(effects, noise)
        found = normal_rows(estimates, ERRORS, C, K).pool(prior, draws=256)
        below = [float(found.effects[j].below(value)[0]) for j, value in enumerate(effects)]
        levels.append(below)
        scales.append(found.log_scale.cdf(np.log(tau)))
    for j in range(4):
        assert stats.kstest([row[j] for row in levels], "uniform").pvalue > 1e-3, j
    assert stats.kstest(scales, "uniform").pvalue > 1e-3
    covered = np.mean([(np.array(row) > 0.025) & (np.array(row) < 0.975) for row in levels])
    assert covered == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 1200 * 2))
