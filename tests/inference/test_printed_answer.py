import numpy as np
import pytest

from adbayes.errors import DataError
from adbayes.inference.printed import posterior
from adbayes.inference.printed_answer import SCALES, SUMMARY_COLUMNS, summary_table


@pytest.mark.parametrize("name", SCALES)
def test_a_scale_knows_its_slope(name):
    scale = SCALES[name]
    theta = np.linspace(-3, 3, 13)
    step = 1e-5
    slope = (scale.report(theta + step) - scale.report(theta - step)) / (2 * step)
    assert scale.slope(theta) == pytest.approx(slope, rel=1e-6)


def test_a_row_has_the_columns_of_the_summary_table():
    row = posterior("table5.sex.or").summary()
    assert tuple(row.columns) == SUMMARY_COLUMNS
    only = row.iloc[0]
    assert only[["model", "evidence", "variant", "estimand"]].tolist() == [
        "published.table5",
        "published",
        "base",
        "odds_ratio",
    ]
    assert only["priors"] == "weakly_informative"
    assert (only["outcome"], only["visit"], only["term"]) == ("easi90", 52, "female")
    assert row["n"].isna().all()
    assert only["ci_low"] < only["median"] < only["ci_high"]
    assert len(summary_table([posterior("fig1.easi90.w52.pct")] * 2)) == 2


def test_a_share_has_no_direction():
    found = posterior("fig1.easi90.w52.pct")
    assert np.isnan(found.null)
    assert np.isnan(found.prob_direction())


def test_an_interval_needs_a_probability():
    with pytest.raises(DataError, match="between 0 and 1"):
        posterior("table5.sex.or").interval(95)


def test_it_introduces_itself_with_the_print_and_the_caveat():
    text = repr(posterior("table5.ldh_w52.or"))
    assert '"LDH > 250 at 52 weeks", OR: 0.068 (0.003 to 0.600, p 0.037)' in text
    assert "P(below 1) =" in text
    assert "Normal(mu=0, sigma=1.5) (weakly_informative)" in text
    assert "an association, not a prediction" in text
