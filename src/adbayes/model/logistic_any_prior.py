"""A logistic regression whose coefficients have priors of several families, compiled once a width.

Swapping changes values, not families: with a prior family frozen, every set such as log-F against
separation would be compiled anew for every predictor. Here each coefficient's prior is a mixture of
normals, a Student t, or a log-F, and which one it is is data. All other parts are those of
`logistic_regression`; a test holds the density equal to Bambi's.
"""

from typing import TYPE_CHECKING

import numpy as np

from adbayes.model import logistic_regression as normal_case
from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame
from adbayes.model.priors import Prior
from adbayes.model.structure import Frozen

if TYPE_CHECKING:
    import pymc as pm

NAME = "logistic_any_prior"
DIMS: dict[str, tuple[str, ...]] = {
    "X": ("row", "coefficient"),
    "y": ("row",),
    "offset": ("row",),
    "family": ("coefficient", "family"),
    "log_weight": ("coefficient", "component"),
    "prior_mu": ("coefficient", "component"),
    "prior_sigma": ("coefficient", "component"),
    "prior_nu": ("coefficient",),
    "prior_m": ("coefficient",),
}
FREE = frozenset({"row"})
POSITIVE = frozenset({"prior_sigma", "prior_nu", "prior_m"})

FAMILIES = {"Normal": 0, "NormalMixture": 0, "StudentT": 1, "Cauchy": 1, "LogF": 2}
"""Distribution of a prior to its column of `family`."""

named = normal_case.named
prior_draws = normal_case.prior_draws
log_likelihood = normal_case.log_likelihood
replicate = normal_case.replicate


def matches(analysis: Analysis) -> bool:
    """Bernoulli with logit link, no groups and priors of `FAMILIES` (`Structure.matches`)."""
    return normal_case.has_priors_of(analysis, FAMILIES)


def frozen(analysis: Analysis, frame: ModelFrame, design: Design) -> Frozen:
    """The number of coefficients, and of components of the largest mixture (`Structure.frozen`)."""
    return _sizes(analysis, design)


def _sizes(analysis: Analysis, design: Design) -> tuple[int, int]:
    return design.X.shape[1], max(_components(p) for p in analysis.priors.values())


def _components(prior: Prior) -> int:
    if prior.distribution != "NormalMixture":
        return 1
    return int(np.asarray(prior["w"], dtype=float).shape[-1])


def swap_data(analysis: Analysis, frame: ModelFrame, design: Design) -> dict[str, np.ndarray]:
    """By the names of `DIMS` (`Structure.swap_data`).

    What a family does not use is 0, or 1 where it must be positive.
    """
    width, size = _sizes(analysis, design)
    data = {
        "X": design.X,
        "y": frame.y,
        "offset": design.added,
        "family": np.zeros((width, 3)),
        # One normal is a mixture of equal ones: no weight is 0, whose logarithm is not finite.
        "log_weight": np.full((width, size), -np.log(size)),
        "prior_mu": np.zeros((width, size)),
        "prior_sigma": np.ones((width, size)),
        "prior_nu": np.ones(width),
        "prior_m": np.ones(width),
    }
    for term in design.terms:
        prior, rows = analysis.priors[term.name], term.columns
        data["family"][rows, FAMILIES[prior.distribution]] = 1.0

        def stated(
            key: str, prior: Prior = prior, width: int = len(term.coefficients)
        ) -> np.ndarray:
            return np.broadcast_to(np.asarray(prior[key], dtype=float), width)

        if prior.distribution == "NormalMixture":
            # One mixture for all coefficients, or a row of each parameter for each of them.
            w, mu, sigma = (
                np.atleast_2d(np.asarray(prior[key], dtype=float)) for key in ("w", "mu", "sigma")
            )
            own = w.shape[1]
            # A smaller mixture than the largest repeats its last component.
            last = np.minimum(np.arange(size), own - 1)
            repeats = np.bincount(last, minlength=own)
            data["log_weight"][rows] = np.log(w / repeats)[:, last]
            data["prior_mu"][rows], data["prior_sigma"][rows] = mu[:, last], sigma[:, last]
        elif prior.distribution == "LogF":
            data["prior_m"][rows] = stated("m")
        elif prior.distribution == "Cauchy":
            data["prior_mu"][rows] = stated("alpha")[:, None]
            data["prior_sigma"][rows] = stated("beta")[:, None]
        else:
            data["prior_mu"][rows] = stated("mu")[:, None]
            data["prior_sigma"][rows] = stated("sigma")[:, None]
            if prior.distribution == "StudentT":
                data["prior_nu"][rows] = stated("nu")
    return data


def pymc_model(width: int, components: int) -> "pm.Model":
    """The structure with placeholders for its data.

    Parameters
    ----------
    width, components : int
        Number of coefficients, and of components of their mixtures; frozen when compiled.

    Returns
    -------
    pymc.Model
        With `coefficients` as its only free variable.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model() as model:
        X = pm.Data("X", np.zeros((2, width)))
        y = pm.Data("y", np.zeros(2))
        offset = pm.Data("offset", np.zeros(2))
        family = pm.Data("family", np.eye(3)[np.zeros(width, dtype=int)])
        log_weight = pm.Data("log_weight", np.full((width, components), -np.log(components)))
        mu = pm.Data("prior_mu", np.zeros((width, components)))
        sigma = pm.Data("prior_sigma", np.ones((width, components)))
        nu = pm.Data("prior_nu", np.ones(width))
        m = pm.Data("prior_m", np.ones(width))
        beta = pm.Flat("coefficients", shape=width)
        z = (beta[:, None] - mu) / sigma
        normals = log_weight - z**2 / 2 - pt.log(sigma) - np.log(2 * np.pi) / 2
        student = (
            pt.gammaln((nu + 1) / 2) - pt.gammaln(nu / 2)
            - pt.log(nu * np.pi) / 2 - pt.log(sigma[:, 0])
            - (nu + 1) / 2 * pt.log1p(z[:, 0] ** 2 / nu)
        )  # fmt: skip
        log_f = m / 2 * beta - m * pt.softplus(beta) + pt.gammaln(m) - 2 * pt.gammaln(m / 2)
        densities = pt.stack(
            [pm.math.logsumexp(normals, axis=1, keepdims=False), student, log_f], axis=1
        )
        pm.Potential("prior", pt.sum(family * densities))
        eta = offset + X @ beta
        pm.Potential("likelihood", pt.sum(y * eta - pt.softplus(eta)))
    return model
