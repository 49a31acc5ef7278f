"""Fits of the bounded and the lognormal models whose draws are made by hand: nothing is sampled."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import load_spec

Draws = dict[str, np.ndarray]
ByHand = Callable[[str, str, Draws], Fit]


@pytest.fixture(scope="session")
def by_hand(patients: Cohort) -> ByHand:
    """Make a fit of a shipped variant from draws ``(chain, draw, ...)``."""

    def make(name: str, variant: str, draws: Draws) -> Fit:
        ((analysis, frame),) = plan(load_spec(name), patients, variant).jobs
        design = design_of(bambi_model(analysis, frame))
        names = frame.data["patient"].cat.categories
        shape = draws["Intercept"].shape
        values = draws | {"1|patient": np.zeros((*shape, len(names)))}
        last = {
            "visit": "visit_dim",
            "kappa_visit": "kappa_visit_dim",
            "sigma_visit": "sigma_visit_dim",
            "1|patient": "patient__factor_dim",
        }
        posterior = xr.Dataset(
            {
                key: (("chain", "draw", last[key]) if key in last else ("chain", "draw"), value)
                for key, value in values.items()
            },
            coords={
                "chain": range(shape[0]),
                "draw": range(shape[1]),
                "visit_dim": ["16", "32", "52"],
                "kappa_visit_dim": ["0", "16", "32", "52"],
                "sigma_visit_dim": ["0", "16", "32", "52"],
                "patient__factor_dim": list(names),
            },
        )
        return Fit(analysis, patients, frame, design, posterior, xr.Dataset(), 0, "by hand")

    return make


@pytest.fixture(scope="session")
def score_by_hand(by_hand: ByHand) -> Fit:
    """POEM, beta-binomial out of 28, two chains of two draws."""
    return by_hand(
        "poem_change",
        "beta_binomial",
        {
            "Intercept": np.array([[1.2, 1.6], [1.4, 1.5]]),
            "visit": np.array([[[-1.8, -2.0, -2.5], [-1.7, -2.1, -2.4]]] * 2),
            "1|patient_sigma": np.array([[0.4, 0.9], [0.0, 0.6]]),
            "kappa_visit": np.log([[[8.0, 5.0, 4.0, 6.0], [9.0, 5.5, 4.5, 7.0]]] * 2),
        },
    )


@pytest.fixture(scope="session")
def lab_by_hand(by_hand: ByHand) -> Fit:
    """LDH, lognormal, two chains of two draws."""
    return by_hand(
        "ldh_change",
        "lognormal",
        {
            "Intercept": np.array([[5.6, 5.55], [5.58, 5.62]]),
            "visit": np.array([[[-0.2, -0.25, -0.3], [-0.22, -0.24, -0.35]]] * 2),
            "1|patient_sigma": np.array([[0.2, 0.25], [0.15, 0.0]]),
            "sigma_visit": np.log([[[0.25, 0.2, 0.22, 0.15], [0.3, 0.2, 0.2, 0.1]]] * 2),
        },
    )
