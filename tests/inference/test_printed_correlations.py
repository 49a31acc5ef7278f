"""Figure 2 as one matrix."""

import numpy as np
import pytest

from adbayes.errors import DataError, SpecError
from adbayes.inference.printed import answer, posterior
from adbayes.inference.printed_correlations import (
    JOINT,
    joint_ids,
    joint_variants,
    lkj_eta,
    printed_matrix,
)
from adbayes.model.priors import Prior


def test_the_printed_matrix_is_symmetric_and_as_printed() -> None:
    matrix = printed_matrix()
    assert np.array_equal(matrix, matrix.T)
    assert matrix[0].tolist() == [1, 0.32, 0.24, 0.18]
    assert matrix[2, 3] == 0.78
    # The audit's smallest eigenvalue.
    assert np.linalg.eigvalsh(matrix)[0] == pytest.approx(0.216, abs=5e-4)


def test_all_six_partials_and_four_contrasts() -> None:
    ids = joint_ids()
    assert len(ids) == len(set(ids)) == 16
    assert list(joint_variants().items()) == [(JOINT, 99), ("joint_n82", 82)]


def test_a_correlation_from_the_matrix_is_near_that_from_itself() -> None:
    for id in ("fig2.easi_nrs.r", "fig2.poem_dlqi.r"):
        alone, together = posterior(id), answer(id, variant=JOINT)
        assert together.variant == JOINT
        assert together.mean() == pytest.approx(alone.mean(), abs=0.03)
        assert together.sd() == pytest.approx(alone.sd(), rel=0.1)
        assert together.row()["mcse_mean"] < 1e-3
        assert together.row()["ess_tail"] > 10_000
    narrow, wide = (np.diff(answer(id, variant=v).interval()) for v in joint_variants())
    assert narrow < wide


def test_significance_in_one_and_not_in_the_other_is_no_difference() -> None:
    found = answer("fig2.easi_poem.minus_easi_dlqi")
    low, high = found.interval()
    assert low < 0 < high
    assert found.row()["estimand"] == "correlation_difference"
    assert found.row()["term"] == "easi~poem - easi~dlqi"
    parts = [answer(f"fig2.{pair}.r", variant=JOINT).mean() for pair in ("easi_poem", "easi_dlqi")]
    assert found.mean() == pytest.approx(parts[0] - parts[1], abs=1e-9)
    # The two share EASI and correlate, so the difference is narrower than if they did not.
    sds = [answer(f"fig2.{pair}.r", variant=JOINT).sd() for pair in ("easi_poem", "easi_dlqi")]
    assert found.sd() < 0.7 * np.hypot(*sds)


def test_partial_correlations_follow_the_print() -> None:
    inverse = np.linalg.inv(printed_matrix())
    for k, name in ((1, "nrs"), (2, "poem"), (3, "dlqi")):
        printed = -inverse[0, k] / np.sqrt(inverse[0, 0] * inverse[k, k])
        assert answer(f"fig2.easi_{name}.partial").mean() == pytest.approx(printed, abs=0.03)


def test_the_note_names_what_is_not_printed() -> None:
    note = answer("fig2.poem_dlqi.r", variant="joint_n82").note
    assert "82 patients" in note
    assert "Pearson's or Spearman's is not printed" in note
    assert f"about {100 * (np.sqrt(1 + 0.78**2 / 2) - 1):.0f} % wider" in note
    assert "LKJ(2)" in note


def test_the_prior_is_stated_by_its_margin() -> None:
    assert lkj_eta(Prior.of("Beta", alpha=3, beta=3)) == 2
    uniform = answer("fig2.easi_dlqi.r", Prior.of("Beta", alpha=2, beta=2), variant=JOINT)
    assert uniform.priors == "given"
    assert uniform.mean() > answer("fig2.easi_dlqi.r", "skeptical", variant=JOINT).mean()
    with pytest.raises(SpecError, match="must be Beta"):
        answer("fig2.easi_dlqi.r", Prior.of("Normal", mu=0, sigma=1), variant=JOINT)
    with pytest.raises(SpecError, match="alpha must exceed 1"):
        answer("fig2.easi_dlqi.r", Prior.of("Beta", alpha=1, beta=1), variant=JOINT)


def test_the_prior_sets_state_the_same_prior_alone_and_in_the_matrix() -> None:
    from adbayes.inference.printed_priors import prior_sets

    for name in ("weakly_informative", "skeptical"):
        chosen = prior_sets()[name]
        beta = chosen["correlation_matrix"].frozen()
        alone = np.tanh(chosen["correlation"].frozen().ppf(0.975))
        assert 2 * beta.ppf(0.975) - 1 == pytest.approx(alone, abs=0.06)
    assert lkj_eta(prior_sets()["vague"]["correlation_matrix"]) == 1


def test_another_number_of_patients() -> None:
    found = answer("fig2.easi_nrs.r", n=40, variant=JOINT)
    assert (found.variant, found.n) == ("joint_n40", 40)
    assert found.sd() == pytest.approx(1 / np.sqrt(40) * (1 - 0.3**2), rel=0.15)
    with pytest.raises(DataError, match="needs at least 5"):
        answer("fig2.easi_nrs.r", n=4, variant=JOINT)
