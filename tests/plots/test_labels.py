"""Names for readers."""

import pytest

from adbayes.plots.labels import correlation_label, outcome_label, term_label, unit_label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("female", "Female sex"),
        ("age_over_30", "Age > 30 years"),
        ("ldh_ge_250_w0", "LDH ≥ 250, baseline"),
        ("ige_gt_100_w52", "IgE > 100, week 52 (concurrent)"),
        ("easi_baseline", "EASI at baseline"),
        ("own_baseline", "own_baseline"),
        ("visit[16]", "visit[16]"),
        ("crp_gt_5_w4", "crp_gt_5_w4"),
        ("<b>", "<b>"),
    ],
)
def test_terms(name: str, label: str) -> None:
    assert term_label(name) == label


def test_outcomes() -> None:
    assert [outcome_label(n) for n in ("easi", "easi90", "own")] == ["EASI", "EASI-90", "own"]
    assert outcome_label("easi_class") == "EASI response class"
    assert outcome_label("my_class") == "my_class"


def test_units() -> None:
    names = ["easi", "easi_percent_change", "easi_fraction", "own", "own_fraction"]
    assert [unit_label(n) for n in names] == ["points", "%", "fraction of baseline", "", ""]


def test_correlations_name_both_scores() -> None:
    assert correlation_label("correlation[easi, nrs]") == "EASI and Peak pruritus NRS"
    assert correlation_label("effect_correlation[poem, dlqi]") == "POEM and DLQI, patients' effects"
    assert correlation_label("female") == "Female sex"
    assert correlation_label("correlation[a, b]") == "correlation[a, b]"
