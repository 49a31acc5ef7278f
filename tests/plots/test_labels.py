"""Names for readers."""

import pytest

from adbayes.plots.labels import outcome_label, term_label


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
