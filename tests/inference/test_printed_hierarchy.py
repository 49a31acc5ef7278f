"""Tables 5 and 4 under one scale each."""

import numpy as np
import pytest

from adbayes.errors import SpecError
from adbayes.inference.printed import answer, posterior
from adbayes.inference.printed_dependence import HIERARCHICAL, dependences, row_ids
from adbayes.inference.printed_hierarchy import scale_id
from adbayes.inference.printed_priors import prior_sets
from adbayes.model.priors import Prior


def test_pooling_draws_every_row_towards_no_effect() -> None:
    for id in row_ids("table5"):
        alone, pooled = posterior(id), answer(id, variant=HIERARCHICAL)
        # Rows near 1 may be moved by their neighbours; those that are clear are all drawn in.
        if alone.prob_direction() > 0.9:
            assert abs(np.log(pooled.median())) < abs(np.log(alone.median())), id
        assert pooled.estimand == "odds_ratio"
        assert pooled.null == 1
        assert pooled.row()["evidence"] == "published"


def test_the_most_extreme_and_least_certain_row_is_drawn_in_most() -> None:
    factors = {}
    for id in ("table5.ldh_w52.or", "table5.tec_w32.or"):
        alone, pooled = posterior(id, "vague"), answer(id, variant=HIERARCHICAL)
        factors[id] = np.log(pooled.median()) / np.log(alone.median())
    assert factors["table5.ldh_w52.or"] < factors["table5.tec_w32.or"] < 1


def test_a_scale_without_limit_gives_back_the_rows_alone() -> None:
    """A prior that holds the scale far out leaves independent rows as a vague prior does."""
    far = Prior.of("Gamma", alpha=400, beta=40, why="near 10, the SD of the vague set")
    for id in ("table5.sex.or", "table5.ldh_w32.or"):
        found = answer(id, far, variant="hierarchical_independent")
        alone = posterior(id, "vague")
        assert found.median() == pytest.approx(alone.median(), rel=0.02)
        assert found.interval() == pytest.approx(alone.interval(), rel=0.04)
        assert found.priors == "given"


def test_a_scale_near_zero_leaves_no_effect() -> None:
    tiny = Prior.of("HalfNormal", sigma=1e-4)
    assert answer("table5.ldh_w32.or", tiny, variant=HIERARCHICAL).interval() == pytest.approx(
        (1, 1), abs=1e-3
    )


@pytest.mark.parametrize(
    ("table", "unit"), [("table5", "log odds ratio"), ("table4", "percentage points")]
)
def test_the_scale_is_a_parameter(table: str, unit: str) -> None:
    found = answer(scale_id(table))
    row = found.row()
    assert (row["estimand"], row["term"], row["unit"]) == ("parameter", "tau", unit)
    assert found.variant == HIERARCHICAL
    assert 0 < found.interval()[0] < found.median() < found.interval()[1]
    assert np.isnan(found.prob_direction())
    # Rows that agree because the same patients are behind them say less about the scale.
    assert found.median() < answer(scale_id(table), variant="hierarchical_independent").median()


def test_the_prior_of_a_scale_is_as_wide_as_the_prior_of_one_row() -> None:
    for name in ("weakly_informative", "weak", "skeptical", "vague"):
        chosen = prior_sets()[name]
        for kind in ("log_odds_ratio", "difference"):
            most = chosen[f"{kind}_scale"].frozen().ppf(0.95)
            assert most == pytest.approx(float(chosen[kind]["sigma"]), rel=0.03)


def test_the_note_states_what_is_not_printed() -> None:
    note = answer("table5.ldh_w52.or", variant=HIERARCHICAL).note
    assert "correlate by 0.6 between visits" in note
    assert "stated, not printed" in note
    assert "an association, not a prediction" in note
    note = answer("table4.poem.ldh_w16.difference", variant="hierarchical_exchangeable").note
    assert "as in Figure 2" in note
    assert "effects are exchangeable" in note
    independent = answer("table4.poem.ldh_w16.difference", variant="hierarchical_independent").note
    assert "which rows of the same patients are not" in independent


def test_the_stated_dependences_all_answer() -> None:
    medians = [answer("table5.sex.or", variant=name).median() for name in dependences()]
    assert len(set(np.round(medians, 6))) == 4
    assert all(1.3 < median < 2.4 for median in medians)


def test_a_scale_lies_on_the_positive_numbers() -> None:
    with pytest.raises(SpecError, match="positive numbers"):
        answer("table5.sex.or", Prior.of("Normal", mu=0, sigma=1), variant=HIERARCHICAL)
