"""What the kind `bambi` declares: parameters, estimands, and the covariance of one unit's outcomes."""

import numpy as np
import pytest
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model import bambi_kind
from adbayes.model.kind import Likelihood, Parameter
from adbayes.model.spec import load_spec
from adbayes.model.spec_tables import BambiTable


def likelihood(**table: object) -> Likelihood:
    return bambi_kind.read(BambiTable(**table), lambda text: text, "own.toml")


def test_parameters_say_what_their_prior_may_be() -> None:
    found = bambi_kind.parameters(likelihood(formula="y ~ x + (1|g)", family="t"))
    assert found == (
        Parameter("Intercept"),
        Parameter("x"),
        Parameter("1|g", hyper=True, listed=False),
        Parameter("sigma", listed=False),
        Parameter("nu", listed=False),
    )
    (threshold,) = bambi_kind.parameters(likelihood(formula="y ~ 1", family="cumulative"))
    assert threshold == Parameter("threshold")  # one a cut, so it may be a list


def test_every_fault_of_the_formulas_is_told() -> None:
    with pytest.raises(SpecError) as fault:
        likelihood(formula={"mu": "y ~ f(x)", "nu": "x"}, family="gaussian")
    assert len(str(fault.value).splitlines()) == 2


def test_the_covariance_has_one_variance_between_and_one_within() -> None:
    (analysis,) = load_spec("easi_change").analyses()
    draws = xr.Dataset(
        {
            "1|patient_sigma": (("chain", "draw"), [[3.0, 1.0]]),
            "sigma": (("chain", "draw"), [[2.0, 5.0]]),
        }
    )
    found = bambi_kind.covariance(draws, analysis, ["0", "16", "32"])
    assert found.shape == (1, 2, 3, 3)
    np.testing.assert_array_equal(found[0, 0], 9 + 4 * np.eye(3))
    np.testing.assert_array_equal(found[0, 1], 1 + 25 * np.eye(3))
