"""By id and variant to the posterior that takes many numbers together."""

import pytest

from adbayes.errors import DataError, SpecError
from adbayes.inference.printed import answer, posterior
from adbayes.inference.printed_draws import PrintedDraws
from adbayes.inference.printed_together import together_ids, variants_of
from adbayes.paper.published import load_paper


def test_ids_and_their_variants() -> None:
    ids = together_ids()
    assert len(ids) == len(set(ids)) == 16 + 18 + 17
    assert variants_of("fig2.easi_nrs.r") == ("joint", "joint_n82")
    assert variants_of("table5.sex.or")[0] == "hierarchical"
    assert len(variants_of("table4.tau")) == 4
    assert variants_of("table6.sex.or") == ()
    assert variants_of("table2.easi.w52.mean") == ()


def test_the_paper_answers_alone_by_default_and_together_when_asked() -> None:
    paper = load_paper()
    assert paper.posterior("table5.sex.or").variant == "base"
    assert paper.posterior("table5.sex.ci_low", variant="hierarchical").id == "table5.sex.or"
    assert paper.posterior("fig2.easi_nrs.partial").variant == "joint"
    assert isinstance(paper.posterior("fig2.easi_nrs.partial"), PrintedDraws)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: answer("table5.sex.or", variant="hierarchial"), "nearest is 'hierarchical'"),
        (lambda: answer("table6.sex.or", variant="hierarchical"), "answered alone"),
        (lambda: answer("table5.sex.or", variant="joint"), "has no variant 'joint'"),
        (lambda: answer("table5.sex.or", n=99, variant="hierarchical"), "another n"),
        (lambda: answer("fig2.easi_nrs.r", n=True, variant="joint"), "whole number"),
        (lambda: answer("table5.tau", likelihood="wald"), "no likelihood 'wald'"),
        (lambda: answer("table9.tau"), "prints no number"),
        (lambda: posterior("fig2.easi_nrs.partial"), "prints no number"),
    ],
)
def test_what_cannot_be_asked(call, message) -> None:
    with pytest.raises(DataError, match=message):
        call()


def test_an_unknown_prior_set_is_refused() -> None:
    with pytest.raises(SpecError, match="did you mean 'skeptical'"):
        answer("table5.tau", "sceptical")
    with pytest.raises(SpecError, match="found dict"):
        answer("table5.tau", {"tau": 1})
