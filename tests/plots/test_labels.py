"""Names for readers."""

import pytest

from adbayes.plots.labels import (
    correlation_label,
    fit_label,
    kind_label,
    level_label,
    outcome_label,
    parameter_label,
    place_label,
    statistic_label,
    term_label,
    title_label,
    unit_label,
)


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


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("easi75, ldh_baseline = 200", "EASI-75, LDH at baseline = 200"),
        ("ldh_ge_250_w52 = 1", "LDH ≥ 250, week 52 (concurrent): yes"),
        ("female = 0", "Female sex: no"),
        ("nrs, between patients", "Peak pruritus NRS, between patients"),
        ("female", "Female sex"),
        ("own = 1", "own = 1"),
        ("", ""),
    ],
)
def test_levels(name: str, label: str) -> None:
    assert level_label(name) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("1|patient_sigma", "SD between patients"),
        ("visit[16]", "Week 16 against the first"),
        ("alpha_visit[52]", "Shape, week 52"),
        ("threshold[0]", "Threshold 1"),
        ("I(easi_baseline - 30)", "EASI at baseline, per unit"),
        ("effect_correlation[easi, nrs]", "EASI and Peak pruritus NRS, patients' effects"),
        ("sigma", "Residual SD"),
        ("female", "Female sex"),
        ("own[a]", "own[a]"),
    ],
)
def test_parameters(name: str, label: str) -> None:
    assert parameter_label(name) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("sd", "SD"),
        ("50 % quantile", "median"),
        ("easi90 count", "EASI-90 responders"),
        ("Pearson correlation with dlqi", "Pearson correlation with DLQI"),
        ("share of 1 where female = 1", "share of 1 where Female sex: yes"),
        ("10 % quantile", "10 % quantile"),
    ],
)
def test_statistics(name: str, label: str) -> None:
    assert statistic_label(name) == label


def test_fits_are_told_apart() -> None:
    assert fit_label("m", "base") == "m"
    assert fit_label("m", "v", "female") == "m.v [Female sex]"
    title = "EASI-90: female, adjusted"
    assert title_label(title, "female", several=False) == "EASI-90: Female sex, adjusted"
    assert (
        title_label(title, "female", several=True) == "EASI-90: one predictor at a time, adjusted"
    )
    assert title_label(title, None, several=False) == title


@pytest.mark.parametrize(
    ("table", "words"),
    [("table2", "Table 2"), ("fig1", "Fig. 1"), ("text.results", "Text"), ("abstract", "abstract")],
)
def test_a_place_of_the_paper_is_named_in_words(table: str, words: str) -> None:
    assert place_label(table) == words


def test_kinds_of_numbers_are_named_in_words() -> None:
    assert [kind_label(kind) for kind in ("sd", "limit", "p")] == ["SD", "interval end", "p"]
