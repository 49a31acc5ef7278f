"""One statement for many slopes: handed out where it is a prior of one number, kept where it is a block's."""

import pytest

from adbayes.errors import SpecError
from adbayes.model.blocks import spread
from adbayes.model.kind import Parameter
from adbayes.model.priors import Prior

WIDE, NARROW = (Prior.of("Normal", why="w", mu=0, sigma=s) for s in (2.5, 0.5))
PARAMETERS = (
    Parameter("Intercept"),
    *(Parameter(name) for name in ("a", "b", "c")),
    Parameter("slopes", covers=("a", "b", "c")),
)


def horseshoe(predictors: int) -> Prior:
    return Prior.of(
        "RegularizedHorseshoe",
        relevant=1, predictors=predictors, patients=99, slab_scale=1, slab_df=4,
    )  # fmt: skip


def test_a_normal_is_handed_to_what_has_none() -> None:
    found = spread({"Intercept": WIDE, "b": WIDE, "slopes": NARROW}, PARAMETERS, "p")
    assert found == {"Intercept": WIDE, "b": WIDE, "a": NARROW, "c": NARROW}


def test_a_horseshoe_stays_whole() -> None:
    stated = {"Intercept": WIDE, "b": WIDE, "slopes": horseshoe(2)}
    assert spread(stated, PARAMETERS, "p") == stated


def test_without_a_block_nothing_changes() -> None:
    stated = {"Intercept": WIDE, "a": WIDE}
    assert spread(stated, PARAMETERS, "p") == stated


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ({"slopes": horseshoe(4)}, "p 'slopes': predictors is 4, but 3 slopes .*(a, b, c)"),
        ({"slopes": horseshoe(2), **dict.fromkeys("abc", WIDE)}, "but 0 slopes .*none"),
        ({"a": horseshoe(2)}, "p 'a': RegularizedHorseshoe is the prior of a block"),
    ],
)
def test_a_block_that_does_not_fit_is_told(priors: dict[str, Prior], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        spread(priors, PARAMETERS, "p")
