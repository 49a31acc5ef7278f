"""An analysis names its columns, its file and everything that changes a number."""

import dataclasses
import json

import pytest

from adbayes.errors import SpecError
from adbayes.model.analysis import expected_parameters
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec


def test_the_key_names_model_predictor_variant_and_priors() -> None:
    spec = load_spec("easi90_univariable")
    assert spec.analyses(priors="skeptical", x="female")[0].key == (
        "easi90_univariable.female.base.skeptical"
    )
    assert load_spec("nrs_change").analyses()[0].key == "nrs_change.base.weakly_informative"


def test_columns_are_the_outcome_s_the_formulas_and_the_condition_s() -> None:
    analysis = load_spec("nrs_change").analyses()[0]
    where = analysis.data.model_copy(update={"where": "age > 30 and female == 1"})
    found = dataclasses.replace(analysis, data=where).columns
    assert found == ("nrs", "visit", "patient", "age", "female")


def test_content_is_json_and_changes_with_whatever_changes_a_draw() -> None:
    spec = load_spec("nrs_change")
    base = spec.analyses()[0]
    assert json.loads(json.dumps(base.content())) == base.content()
    others = [
        spec.analyses(priors="vague")[0],
        spec.analyses(priors={"visit": Prior.of("Normal", mu=0, sigma=4.9)})[0],
        base.with_sampler(seed=1),
        base.with_sampler(draws=999),
        dataclasses.replace(base, data=base.data.model_copy(update={"where": "visit > 0"})),
    ]
    assert all(other.content() != base.content() for other in others)
    reason = dataclasses.replace(base.priors["visit"], why="another reason")
    same = dataclasses.replace(base, priors={**base.priors, "visit": reason}, title="another title")
    assert same.content() == base.content()


def test_the_interval_s_width_does_not_ask_for_new_draws() -> None:
    base = load_spec("nrs_change").analyses()[0]
    assert base.with_sampler(ci_prob=0.9).content() == base.content()


def test_settings_outside_their_range_are_refused() -> None:
    with pytest.raises(SpecError, match=r"nrs_change.toml: chains: .* found 1"):
        load_spec("nrs_change").analyses()[0].with_sampler(chains=1)


def test_expected_parameters_are_bambis_names() -> None:
    analysis = load_spec("nrs_change").analyses()[0]
    assert expected_parameters(analysis.formulas, analysis.family) == (
        "Intercept", "visit", "1|patient", "sigma",
    )  # fmt: skip
