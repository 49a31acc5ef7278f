"""A scaffold is a spec that loads, fits the data's scale, and says where its numbers come from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import adbayes as ab
from adbayes.errors import DataError, SpecError
from adbayes.model.scaffold import scaffold


@pytest.fixture(scope="module")
def table() -> ab.Cohort:
    rng = np.random.default_rng(3)
    n = 120
    x = rng.normal(50, 8, n)
    frame = pd.DataFrame(
        {
            "y": 100 + 2 * x + rng.normal(0, 10, n),
            "x": x,
            "arm": rng.choice(["a", "b"], n),
            "z": rng.integers(0, 2, n),
            "g": np.repeat([f"s{i:02d}" for i in range(12)], 10),
            "h": np.tile([f"c{i}" for i in range(10)], 12),
            "k": rng.binomial(10, 0.4, n),
            "m": 10,
            "count": rng.poisson(4, n),
            "cost": rng.gamma(2, 50, n),
            "grade": rng.integers(0, 4, n),
            "event": rng.integers(0, 2, n),
        }
    )
    return ab.cohort_from_frame(frame)


FORMULAS = [
    ("y ~ x + arm", "gaussian"),
    ("y ~ x + arm + (1|g)", "gaussian"),
    ("y ~ x*z + (1|g) + (1|h)", "t"),
    ("y ~ x + (x|g)", "gaussian"),
    ("event ~ x + arm", "bernoulli"),
    ("p(k, m) ~ x", "binomial"),
    ("p(k, m) ~ x + (1|g)", "beta_binomial"),
    ("count ~ x", "negativebinomial"),
    ("cost ~ arm", "gamma"),
    ("grade ~ x", "cumulative"),
    ("y ~ 0 + arm", "gaussian"),
]


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_a_scaffold_loads_and_its_priors_cover_the_data(
    formula: str, family: str, table: ab.Cohort, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(scaffold(formula, family, table, "mine"))
    spec = ab.load_spec(path)
    assert spec.analyses()[0].mean.text == formula
    analysis = spec.analyses()[0]
    assert all(prior.why for prior in analysis.priors.values())
    if family in ("gaussian", "t", "bernoulli"):
        found = ab.check(spec, table).prior_predictive
        if family != "t":  # a mean of heavy tails has none
            inside = found["observed"].between(found["replicated_low"], found["replicated_high"])
            assert inside.all()


def test_numeric_predictors_are_standardised_where_they_stand_alone(table: ab.Cohort) -> None:
    assert 'standardize = { "x" = [50.0, 8.7] }' in scaffold("y ~ x + z", "gaussian", table)
    assert "standardize" not in scaffold("y ~ log(x) + z", "gaussian", table)
    assert "standardize" not in scaffold("y ~ arm", "gaussian", table)


def test_missing_values_are_dropped_only_where_there_are_some(table: ab.Cohort) -> None:
    assert 'missing = "error"' in scaffold("y ~ x", "gaussian", table)
    gappy = table.frame.assign(x=table.frame["x"].where(table.frame["x"] < 60))
    assert 'missing = "drop"' in scaffold("y ~ x", "gaussian", ab.cohort_from_frame(gappy))


def test_faults_are_sentences(table: ab.Cohort) -> None:
    with pytest.raises(SpecError, match="family 'gausian' is not one; did you mean 'gaussian'"):
        scaffold("y ~ x", "gausian", table)
    with pytest.raises(DataError, match="no column 'xx'"):
        scaffold("y ~ xx", "gaussian", table)
    with pytest.raises(SpecError, match=r"the call eval\(\) is not allowed"):
        scaffold("y ~ eval(x)", "gaussian", table)
