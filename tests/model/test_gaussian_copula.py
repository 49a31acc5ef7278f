"""What kind `gaussian_copula` declares."""

import numpy as np
import pytest
import xarray as xr

from adbayes.errors import SpecError
from adbayes.model import gaussian_copula
from adbayes.model.kind import Parameter
from adbayes.model.spec import load_spec
from adbayes.model.spec_tables import GaussianCopulaTable


def test_parameters_are_a_matrix_and_margins() -> None:
    found = gaussian_copula.read(GaussianCopulaTable(unit="patient"), str, "own.toml")
    assert found.index == ("patient", "score")
    assert gaussian_copula.parameters(found) == (
        Parameter("correlation", listed=False, distributions=("LKJ",)),
        Parameter("margins", listed=False, distributions=("Dirichlet",)),
    )


def test_the_unit_is_not_the_score() -> None:
    with pytest.raises(SpecError, match="unit is 'score', the column of scores"):
        gaussian_copula.read(GaussianCopulaTable(unit="score"), str, "own.toml")


def test_the_variant_of_the_study_has_one_answer_kind() -> None:
    (analysis,) = load_spec("correlations").analyses("latent")
    assert gaussian_copula.answers(analysis) == {"correlation", "partial_correlation"}
    assert analysis.differs
    assert not load_spec("correlations").analyses()[0].differs


def test_latent_variances_are_1() -> None:
    draws = xr.Dataset({"correlation": (("chain", "draw", "correlation_dim"), [[[0.1, 0.2, 0.3]]])})
    (analysis,) = load_spec("correlations").analyses("latent")
    found = gaussian_copula.covariance(draws, analysis, [])[0, 0]
    np.testing.assert_allclose(found, [[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]])
