import pytest

from adbayes.cohort.outcomes import OUTCOMES
from adbayes.inference.printed_answer import SCALES
from adbayes.inference.printed_ids import quantity_ids
from adbayes.inference.printed_priors import prior_sets
from adbayes.inference.printed_quantity import build_quantity


def test_every_quantity_has_a_prior_in_every_set_and_a_scale():
    for id in quantity_ids():
        built = build_quantity(id)
        assert built.scale in SCALES
        assert next(iter(built.denominators)) == "base"
        for name, priors in prior_sets().items():
            assert built.kind in priors, (id, name)


@pytest.mark.parametrize(
    ("id", "denominators"),
    [
        ("table2.easi.w52.mean", {"base": 99, "n82": 82}),
        ("table2.nrs.w16.mean", {"base": 99}),
        ("table3.ldh.w16.mean", {"base": 88, "n99": 99}),
        ("table3.ldh.w16.change", {"base": 73, "n99": 99}),
        ("table3.ldh.w52.change", {"base": 71, "n99": 99}),
        ("table3.ige.w32.mean", {"base": 99, "n84": 84}),
        ("table3.tec.w32.change", {"base": 99, "n73": 73}),
        ("fig1.easi75.w16.pct", {"base": 82, "n99": 99}),
        ("table4.easi.ldh_w52.difference", {"base": 71}),
        ("table4.easi.ldh_w52.hi.mean", {"base": 6}),
        ("table1.asthma.count", {"base": 57}),
        ("table5.sex.or", {"base": None}),
    ],
)
def test_denominators(id, denominators):
    assert build_quantity(id).denominators == denominators


def test_estimands_and_units():
    found = {
        id: (built.estimand, built.unit, built.null)
        for id in ("table2.easi.w52.change", "table4.poem.ldh_w16.difference", "table5.sex.or")
        for built in [build_quantity(id)]
    }
    assert list(found.values()) == [
        ("mean_change", "points", 0.0),
        ("mean_difference", "percentage points", 0.0),
        ("odds_ratio", "ratio", 1.0),
    ]
    assert build_quantity("table4.poem.ldh_w16.hi.mean").unit == "%"
    assert build_quantity("table3.ldh.w16.mean").unit == OUTCOMES["ldh"].unit


def test_changes_carry_the_warning_of_a_single_arm():
    for id in ("table2.easi.w52.change", "table2.easi.w52.pct_change_mean", "fig1.easi90.w52.pct"):
        assert "regression to the mean" in build_quantity(id).caveat


def test_late_laboratory_values_are_called_associations():
    assert "an association" in build_quantity("table4.easi.ldh_w32.difference").caveat
    assert "an association" not in build_quantity("table4.easi.ldh_baseline.difference").caveat
    assert "association" in build_quantity("table5.tec_w16.or").caveat
    assert "association" not in build_quantity("table5.tec_baseline.or").caveat


def test_a_repeated_standard_deviation_is_pointed_out():
    assert "suspicious" in build_quantity("table2.poem.w52.pct_change_mean").caveat
