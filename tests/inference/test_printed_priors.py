"""Which prior of a set a print-only quantity has: the most special that is stated."""

from adbayes.inference.printed_ids import quantity
from adbayes.inference.printed_priors import in_block, key_of, prior_of, prior_sets
from adbayes.model.priors import Prior

PLAIN, SPECIAL = Prior.of("Normal", mu=0, sigma=1), Prior.of("Normal", mu=0, sigma=2)


def test_the_most_special_key_wins() -> None:
    for id, special in (
        ("table5.sex.or", "log_odds_ratio.female"),
        ("table2.easi.w52.change", "change.easi.w52"),
        ("fig1.easi75.w52.pct", "response.easi75.w52"),
        ("text.ae.conjunctivitis.count", "share.conjunctivitis"),
    ):
        asked = quantity(id)
        assert key_of(asked, {asked.kind: PLAIN}) == asked.kind
        assert key_of(asked, {asked.kind: PLAIN, special: SPECIAL}) == special
        assert prior_of(asked, {asked.kind: PLAIN, special: SPECIAL}) is SPECIAL
    # Of another visit or term it says nothing.
    other = {"change.easi": PLAIN, "change.easi.w52": SPECIAL}
    assert key_of(quantity("table2.easi.w16.change"), other) == "change.easi"


def test_every_quantity_has_a_prior_in_every_set() -> None:
    for priors in prior_sets().values():
        for id in ("table6.sex.or", "table3.ige.w16.change", "fig2.easi_nrs.r"):
            assert key_of(quantity(id), priors) in priors


def test_only_rows_of_table_5_are_in_the_block() -> None:
    priors = prior_sets()["horseshoe"]
    assert in_block(quantity("table5.sex.or"), priors)
    assert not in_block(quantity("table6.sex.or"), priors)
    assert not in_block(quantity("table5.sex.or"), prior_sets()["weak"])
