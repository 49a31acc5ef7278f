"""What is stated is what the prior says."""

import numpy as np
import pytest

from adbayes.errors import SpecError
from adbayes.model.elicit import elicit


def test_an_interval_of_an_odds_ratio_is_the_sceptical_prior() -> None:
    prior = elicit(interval=(0.5, 2), scale="odds_ratio")
    assert prior.distribution == "Normal"
    assert prior["mu"] == pytest.approx(0, abs=1e-3)
    assert prior["sigma"] == pytest.approx(np.log(2) / 1.959964, rel=0.02)
    assert prior.why == "elicited: 95 % between 0.5 and 2 of an odds ratio"


@pytest.mark.parametrize(
    ("distribution", "interval", "prob", "fixed"),
    [
        ("Normal", (-14, 14), 0.9, None), ("StudentT", (-1, 1), 0.95, {"nu": 4}),
        ("HalfNormal", (0, 20), 0.95, None), ("Gamma", (1, 8), 0.9, None),
        ("LogNormal", (0.5, 4), 0.8, None),
    ],
)  # fmt: skip
def test_the_interval_has_its_probability(
    distribution: str, interval: tuple[float, float], prob: float, fixed: dict[str, float] | None
) -> None:
    prior = elicit(interval=interval, prob=prob, distribution=distribution, fixed=fixed)
    low, high = prior.frozen().cdf(np.array(interval, dtype=float))
    assert high - low == pytest.approx(prob, abs=0.02)
    for name, value in (fixed or {}).items():
        assert prior[name] == value


def test_a_share_is_stated_in_percent() -> None:
    prior = elicit(
        interval=(20, 40), prob=0.9, distribution="Beta", scale="percent", why="registry"
    )
    low, high = prior.frozen().cdf(np.array([0.2, 0.4]))
    assert high - low == pytest.approx(0.9, abs=0.02)
    assert prior.why == "registry"


def test_quartiles() -> None:
    prior = elicit(quartiles=(-2, 0, 2), distribution="Normal")
    assert prior.frozen().ppf([0.25, 0.5, 0.75]) == pytest.approx([-2, 0, 2], abs=0.05)


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({}, "an interval or quartiles"),
        ({"interval": (2, 1)}, "two rising numbers"),
        ({"quartiles": (1, 2)}, "three rising numbers"),
        ({"interval": (-1, 2), "scale": "odds_ratio"}, "above 0"),
        ({"interval": (10, 120), "scale": "percent"}, "between 0 and 100"),
        ({"interval": (1, 2), "scale": "dB"}, "it is identity, odds_ratio, percent"),
        ({"interval": (1, 2), "prob": 1.5}, "between 0 and 1"),
        ({"interval": (1, 2), "distribution": "LogF"}, "cannot be elicited"),
        ({"interval": (1, 2), "fixed": {"nu": 3}}, "no parameter nu"),
        ({"quartiles": (1, 2, 30)}, "use another distribution"),
    ],
)
@pytest.mark.filterwarnings("ignore")  # PreliZ warns; here it becomes a refusal
def test_what_cannot_be_is_refused(asked: dict[str, object], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        elicit(**asked)


def test_an_elicited_prior_is_stated_to_four_digits() -> None:
    assert str(elicit(interval=(0.5, 2), scale="odds_ratio")) == "Normal(mu=0, sigma=0.3537)"
