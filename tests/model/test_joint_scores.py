"""What kind `joint_scores` declares, and what the study's spec asks of it."""

import numpy as np
import pytest
import xarray as xr

from adbayes.model import joint_scores
from adbayes.model.kind import Parameter
from adbayes.model.spec import load_spec
from adbayes.model.spec_tables import JointScoresTable


def test_parameters_are_terms_sds_and_two_kinds_of_correlations() -> None:
    table = JointScoresTable(formula="value ~ 0 + score", unit="patient", time="visit")
    found = joint_scores.parameters(joint_scores.read(table, lambda text: text, "own.toml"))
    assert found == (
        Parameter("score", distributions=("Normal",)),
        Parameter("effect_sd", distributions=("HalfNormal",)),
        Parameter("effect_correlation", listed=False, distributions=("LKJ",)),
        Parameter("sigma", distributions=("HalfNormal",)),
        Parameter("residual_correlation", listed=False, distributions=("LKJ",)),
    )


def test_covariances_are_built_of_sds_and_correlations() -> None:
    draws = xr.Dataset(
        {
            "effect_sd": (("chain", "draw", "effect_sd_dim"), [[[2.0, 3.0]]]),
            "effect_correlation": (("chain", "draw", "effect_correlation_dim"), [[[0.5]]]),
            "sigma": (("chain", "draw", "sigma_time", "sigma_dim"), [[[[1.0, 2.0], [3.0, 4.0]]]]),
            "residual_correlation": (("chain", "draw", "residual_correlation_dim"), [[[0.25]]]),
        }
    )
    np.testing.assert_allclose(joint_scores.effect_covariance(draws)[0, 0], [[4, 3], [3, 9]])
    found = joint_scores.residual_covariance(draws)[0, 0]
    np.testing.assert_allclose(found, [[[1, 0.5], [0.5, 4]], [[9, 3], [3, 16]]])
    by_time = xr.DataArray(
        [[[[0.25], [0.5]]]],
        dims=("chain", "draw", "residual_correlation_time", "residual_correlation_dim"),
    )
    found = joint_scores.residual_covariance(draws.assign(residual_correlation=by_time))[0, 0]
    np.testing.assert_allclose(found[1], [[9, 6], [6, 16]])


def test_there_is_no_covariance_of_one_outcome() -> None:
    (analysis,) = load_spec("scores_joint").analyses()
    with pytest.raises(NotImplementedError, match="several outcomes at a time"):
        joint_scores.covariance(xr.Dataset(), analysis, ["0"])


def test_beliefs_are_those_of_the_models_of_one_score() -> None:
    (joint,) = load_spec("scores_joint").analyses()
    for position, score in enumerate(joint.data.stack):
        (single,) = load_spec(f"{score}_change").analyses()
        for key in ("mu", "sigma"):
            stated = joint.priors["score"][key][position]
            assert stated == single.priors["Intercept"][key]
        changes = joint.priors["score:visit"]["sigma"][3 * position : 3 * position + 3]
        assert set(changes) == {single.priors["visit"]["sigma"]}
        hyper = single.priors["1|patient"]["sigma"]["sigma"]
        assert joint.priors["effect_sd"]["sigma"][position] == hyper
        assert joint.priors["sigma"]["sigma"][position] == single.priors["sigma"]["sigma"]


@pytest.mark.parametrize("name", ["scores_joint", "correlations"])
def test_matrices_have_the_prior_of_the_print_only_matrix(name: str) -> None:
    spec, printed = load_spec(name), load_spec_sets()
    for set_name in ("weakly_informative", "skeptical"):
        (analysis,) = spec.analyses(None, set_name)
        alpha = printed[set_name]
        for key, prior in analysis.priors.items():
            if key.endswith("correlation"):
                assert prior["eta"] == alpha - 1


def load_spec_sets() -> dict[str, float]:
    """Beta parameter of a margin of the matrix, by set, as models/published.toml states it."""
    import tomllib

    from adbayes.model.library import models_folder

    raw = tomllib.loads((models_folder() / "published.toml").read_text(encoding="utf-8"))["priors"]
    return {
        name: raw[name]["correlation_matrix"]["alpha"]
        for name in ("weakly_informative", "skeptical")
    }
