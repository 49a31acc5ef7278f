"""Equal seeds give equal draws whatever the machine has to spare; other seeds give others."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.sampler import KEPT_STATISTICS, _nutpie, stream
from adbayes.model.spec import Spec

Draw = Callable[..., Fit]
BAMBI = """
name = "own"
title = "own"
[data]
outcome = "y"
[model]
formula = "y ~ x + (1|a) + (1|b)"
family = "gaussian"
[priors.only]
Intercept = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
x = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 3, why = "w" }
"1|a" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 3 }, why = "w" }
"1|b" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 3 }, why = "w" }
"""


@pytest.fixture(params=["random_intercept", "logistic_regression", "bambi"])
def draw(
    request: pytest.FixtureRequest, patients: Cohort, spec_from: Callable[[str], Spec]
) -> Draw:
    """Fit one kind of model with a seed and a number of cores."""
    short = {"draws": 150, "tune": 150, "chains": 2}

    def one(**options: int) -> Fit:
        if request.param == "random_intercept":
            found = fit("easi_change", patients, **short, **options)
        elif request.param == "logistic_regression":
            found = fit("easi90_univariable", patients, x="female", **short, **options)
        else:
            rng = np.random.default_rng(3)
            frame = pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)})
            frame = frame.assign(a=list("pqrst") * 8, b=list("uvwx") * 10)
            found = fit(spec_from(BAMBI), cohort_from_frame(frame), **short, **options)
        assert isinstance(found, Fit)
        return found

    return one


def test_draws_depend_on_the_seed_and_not_on_the_cores(draw: Draw) -> None:
    first, again, other = draw(seed=5, cores=1), draw(seed=5, cores=2), draw(seed=6, cores=2)
    # With what is said of the draws: the time of day would make another file of them.
    xr.testing.assert_identical(first.posterior, again.posterior)
    xr.testing.assert_identical(first.sample_stats, again.sample_stats)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    for name, values in first.posterior.data_vars.items():
        assert not np.isin(values.to_numpy(), other.posterior[name].to_numpy()).any(), name


def test_chains_differ(mixed_fit: Fit) -> None:
    for values in mixed_fit.posterior.data_vars.values():
        flat = values.stack(all=[d for d in values.dims if d != "chain"]).to_numpy()
        assert len({row.tobytes() for row in flat}) == 4


def test_predictors_of_one_spec_have_their_own_randomness(patients: Cohort) -> None:
    states = {
        tuple(stream(1, "sample", key).generate_state(2))
        for key in ("easi90.female.base.weak", "easi90.age.base.weak", "easi90.female.base.vague")
    }
    assert len(states) == 3


def test_streams_are_equal_for_equal_names_only() -> None:
    def state(*arguments: object) -> tuple[int, ...]:
        return tuple(stream(*arguments).generate_state(4))

    assert state(1, "a", "b") == state(1, "a", "b")
    assert len({state(1, "a", "b"), state(2, "a", "b"), state(1, "b", "a"), state(1, "a")}) == 4


def test_draws_carry_bambis_names(mixed_fit: Fit) -> None:
    posterior = mixed_fit.posterior
    assert list(posterior.data_vars) == [
        "Intercept", "visit", "1|patient_sigma", "sigma", "1|patient",
    ]  # fmt: skip
    assert posterior["visit"].dims == ("chain", "draw", "visit_dim")
    assert list(posterior["visit_dim"].to_numpy()) == ["16", "32", "52"]
    assert posterior["1|patient"].sizes["patient__factor_dim"] == mixed_fit.frame.n_units
    assert set(mixed_fit.sample_stats.data_vars) == set(KEPT_STATISTICS)


def test_an_interrupt_is_not_the_end_of_sampling(
    patients: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nutpie's own blocking call would give back the draws made so far as if they were all."""
    from nutpie.sample import _BackgroundSampler

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_BackgroundSampler, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit("easi_change", patients, draws=5000, chains=4, cores=1)


@pytest.mark.parametrize(("variant", "used"), [("unstructured", 1), (None, 2)])
def test_chains_that_would_wait_for_each_other_run_one_by_one(
    variant: str | None, used: int, patients: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(compiled: object, settings: object, sequence: object, cores: int | None) -> object:
        seen.append(cores)
        return _nutpie(compiled, settings, sequence, cores)

    monkeypatch.setattr("adbayes.inference.sampler._nutpie", spy)
    short = {"draws": 100, "tune": 100, "chains": 2, "target_accept": 0.99}  # no second attempt
    fit("easi_change", patients, variant, **short, cores=2)
    assert seen == [used]
