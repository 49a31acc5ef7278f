"""A logistic regression whose missing continuous predictors are parameters of the same model.

With y the outcomes, x a row's complete predictors and z its K predictors with gaps (laboratory
values on a log scale, standardised by stated constants),

    y   ~ Bernoulli(logit^-1(b0 + x'b + z'g)),
    z_k ~ Normal(a_k + x'A_k + sum_{j < k} B_kj z_j, s_k),   k = 1 ... K.

The second line is a multivariate normal of z given x, written as one regression after the other. The
values that are missing are drawn with everything else, so that an odds ratio carries what is not
known about them, and every patient with an outcome is used. Missing is taken to be at random given
what was observed, the outcome included.
"""

from typing import TYPE_CHECKING

import numpy as np

from adbayes.model.horseshoe import global_scale, shrunk_scale
from adbayes.model.imputation import BLOCK, IMPUTATION, Rows, Shape
from adbayes.model.priors import Prior

if TYPE_CHECKING:
    import pymc as pm


def pymc_model(
    width: int, imputed: tuple[int, ...], missing: int, shrunk: tuple[int, ...]
) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width, imputed, missing, shrunk : int and tuple of int
        What is frozen: as `adbayes.model.imputation.Shape`.

    Returns
    -------
    pymc.Model
        Free variables `coefficients` (those outside the horseshoe), `z`, `slopes_tau`,
        `slopes_lambda`, `slopes_slab` (under it), `impute_intercept`, `impute_slope`,
        `impute_sigma` and `missing`; `beta`, all coefficients in the order of the columns.
    """
    import pymc as pm
    import pytensor.tensor as pt

    shape, k, under = Shape(width, imputed, missing, shrunk), len(imputed), list(shrunk)
    free = [j for j in range(width) if j not in under]
    place = np.eye(width)  # products with its columns compile faster than indexing
    with pm.Model() as model:
        X = pm.Data("X", np.zeros((2, width)))
        y = pm.Data("y", np.zeros(2))
        mu = pm.Data("prior_mu", np.zeros(len(free)))
        sigma = pm.Data("prior_sigma", np.ones(len(free)))
        at = pm.Data("impute_mu", np.zeros(2))
        spread = pm.Data("impute_prior_sigma", np.ones(3))
        normal = pm.Normal("coefficients", mu, sigma, shape=len(free))
        beta = place[:, free] @ normal
        if under:
            scales = pm.Data("slopes_scales", np.ones(3))  # tau0, slab's alpha and beta
            tau = pm.HalfCauchy("slopes_tau", scales[0])
            local = pm.HalfCauchy("slopes_lambda", 1, shape=len(under))
            slab = pm.InverseGamma("slopes_slab", scales[1], scales[2])
            z = pm.Normal("z", 0, 1, shape=len(under))
            beta += place[:, under] @ (z * shrunk_scale(tau, local, slab))
        pm.Deterministic("beta", beta)
        a = pm.Normal("impute_intercept", at[0], spread[0], shape=k)
        slope = pm.Normal("impute_slope", at[1], spread[1], shape=shape.slopes)
        s = pm.HalfNormal("impute_sigma", spread[2], shape=k)
        whole = X
        if missing:
            row = pm.Data("missing_row", np.zeros(missing, dtype=np.int64))
            column = pm.Data("missing_column", np.zeros(missing, dtype=np.int64))
            whole = pt.set_subtensor(X[row, column], pm.Flat("missing", shape=missing))
        labs = whole @ place[:, list(imputed)]
        mean = a + whole @ (_regressors(shape) @ slope).reshape((width, k))
        pm.Potential(
            "imputation",
            pt.sum(-0.5 * ((labs - mean) / s) ** 2 - pt.log(s) - 0.5 * np.log(2 * np.pi)),
        )
        eta = whole @ beta
        pm.Potential("likelihood", pt.sum(y * eta - pt.softplus(eta)))
    return model


def _regressors(shape: Shape) -> np.ndarray:
    """Where each slope of the imputation stands in the matrix of columns by regressions."""
    k = len(shape.imputed)
    pairs = [(c, which) for which in range(k) for c in shape.complete]
    pairs += [(shape.imputed[e], which) for which in range(k) for e in range(which)]
    matrix = np.zeros((shape.width * k, shape.slopes))
    for slope, (column, which) in enumerate(pairs):
        matrix[column * k + which, slope] = 1.0
    return matrix


def data_of(rows: Rows, priors: dict[str, Prior]) -> dict[str, np.ndarray]:
    """The data of the structure for rows and priors.

    Parameters
    ----------
    rows : Rows
        The data.
    priors : dict of str to Prior
        Normal priors of the coefficients by name; under `slopes` the horseshoe of those that have
        none; the imputation's priors.

    Returns
    -------
    dict of str to numpy.ndarray
        By the name of the `pm.Data`.
    """
    free = [priors[name] for name in rows.names if name in priors]
    at, across, spread = (priors[name] for name in IMPUTATION)
    data = {
        "X": np.nan_to_num(rows.X),
        "y": rows.y.astype(float),
        "prior_mu": np.array([prior["mu"] for prior in free], dtype=float),
        "prior_sigma": np.array([prior["sigma"] for prior in free], dtype=float),
        "impute_mu": np.array([at["mu"], across["mu"]], dtype=float),
        "impute_prior_sigma": np.array(
            [at["sigma"], across["sigma"], spread["sigma"]], dtype=float
        ),
    }
    if len(rows.gaps[0]):
        data["missing_row"], data["missing_column"] = rows.gaps
    if BLOCK in priors:
        tau, slab = (
            horseshoe_scales(priors[BLOCK])[name] for name in ("slopes_tau", "slopes_slab")
        )
        data["slopes_scales"] = np.array([tau["beta"], slab["alpha"], slab["beta"]], dtype=float)
    return data


def horseshoe_scales(prior: Prior) -> dict[str, Prior]:
    """The priors at the top of a horseshoe, by the names of their draws.

    Parameters
    ----------
    prior : Prior
        A `RegularizedHorseshoe`.

    Returns
    -------
    dict of str to Prior
        `slopes_tau`, `slopes_lambda` and `slopes_slab` (the slab's variance).
    """
    stated = {name: prior.number(name) for name, _ in prior.parameters}
    tau0 = global_scale(stated["relevant"], stated["predictors"], stated["patients"])
    half = stated["slab_df"] / 2
    return {
        "slopes_tau": Prior.of("HalfCauchy", beta=tau0, why=prior.why),
        "slopes_lambda": Prior.of("HalfCauchy", beta=1.0, why=prior.why),
        "slopes_slab": Prior.of(
            "InverseGamma", alpha=half, beta=half * stated["slab_scale"] ** 2, why=prior.why
        ),
    }
