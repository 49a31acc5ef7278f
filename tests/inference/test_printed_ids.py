import pytest

from adbayes.errors import DataError
from adbayes.inference.printed_ids import quantity, quantity_ids, reason
from adbayes.paper.published import load_paper

PAPER = load_paper()


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("table5.sex.ci_high", "table5.sex.or"),
        ("table6.ldh_baseline.p", "table6.ldh_baseline.or"),
        ("text.easi90.multi.sex.or", "table6.sex.or"),
        ("abstract.or.ldh", "table5.ldh_w52.or"),
        ("table2.easi.w16.p", "table2.easi.w16.change"),
        ("table3.ige.w52.p", "table3.ige.w52.change"),
        ("table4.easi.ldh_w52.p", "table4.easi.ldh_w52.difference"),
        ("text.poem.w16.mean", "table2.poem.w16.mean"),
        ("abstract.easi90.w52.pct", "fig1.easi90.w52.pct"),
        ("text.ae.conjunctivitis.pct", "text.ae.conjunctivitis.count"),
        ("table2.nrs.w16.change", "table2.nrs.w16.change"),
    ],
)
def test_an_id_leads_to_the_quantity_that_answers_it(id, answer):
    assert quantity(id).id == answer


def test_every_number_is_answered_or_has_a_reason():
    for id in PAPER.ids():
        number = PAPER.number(id)
        assert bool(number.quantity) != bool(reason(number)), id
        if number.quantity:
            assert quantity(id).id == number.quantity, id
            assert quantity(number.quantity).id in quantity_ids(), id


def test_quantities_come_once_in_the_order_of_the_paper():
    ids = quantity_ids()
    assert len(set(ids)) == len(ids)
    kinds = [
        sum(id.endswith(end) for id in ids)
        for end in (".change", ".difference", ".or", ".pct_change_mean")
    ]
    # 4 scores and 3 labs at 3 visits; 16 tests; 24 odds ratios; 12 percent changes but two.
    assert kinds == [21, 16, 24, 10]
    assert ids.index("table2.easi.w16.mean") < ids.index("table5.sex.or")


@pytest.mark.parametrize(
    "id",
    [
        "table2.nrs.w16.pct_change_sd",
        "table2.nrs.w16.pct_change_mean",
        "text.nrs.w16.pct_change",
        "table2.dlqi.w32.pct_change_mean",
    ],
)
def test_a_suspected_misprint_and_what_needs_it_is_refused(id):
    with pytest.raises(DataError, match=r"suspected misprint.* never fitted"):
        quantity(id)


@pytest.mark.parametrize(
    ("id", "why"),
    [
        ("table2.easi.w16.sd", "no estimand of its own"),
        ("table1.age.mean", "no SD of age"),
        ("discussion.uk.easi75", "another study"),
        ("text.ige.w52.pct_change_of_means", "joint distribution"),
        ("text.efficacy.lmm.p", "twelve contrasts"),
        ("table4.ldh_w16.lo.n", "estimates nothing"),
        ("text.systemic_steroid.pct", "contradicts"),
    ],
)
def test_what_print_cannot_answer_says_why(id, why):
    with pytest.raises(DataError, match=why):
        quantity(id)


def test_an_unknown_id_names_the_nearest_derived_ones_too():
    with pytest.raises(DataError, match=r"nearest is 'table2\.easi\.w52\.change'"):
        quantity("table2.easi.w52.chang")
