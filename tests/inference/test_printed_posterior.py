import numpy as np
import pytest
from scipy import stats

from adbayes.errors import DataError
from adbayes.inference.printed import posterior
from adbayes.inference.printed_posterior import (
    SCALES,
    SUMMARY_COLUMNS,
    prior_on,
    summary_table,
)
from adbayes.model.priors import Prior


@pytest.mark.parametrize("name", SCALES)
def test_a_scale_knows_its_slope(name):
    scale = SCALES[name]
    theta = np.linspace(-3, 3, 13)
    step = 1e-5
    slope = (scale.report(theta + step) - scale.report(theta - step)) / (2 * step)
    assert scale.slope(theta) == pytest.approx(slope, rel=1e-6)


def test_the_prior_of_a_share_is_stated_for_the_share():
    log = prior_on(SCALES["logit"], Prior.of("Beta", alpha=2, beta=8))
    theta = np.linspace(-14, 10, 20_001)
    share = SCALES["logit"].report(theta)
    assert np.trapezoid(np.exp(log(theta)), theta) == pytest.approx(1, abs=1e-6)
    assert np.trapezoid(share * np.exp(log(theta)), theta) == pytest.approx(0.2, abs=1e-6)


def test_an_odds_ratio_is_summarised_on_its_own_scale():
    """Wald likelihood and normal prior: a log-normal posterior, all of it in closed form."""
    found = posterior("table6.sex.or", "weak", likelihood="wald")
    se = np.log(10.648 / 1.141) / (2 * stats.norm.ppf(0.975))
    precision = 1 / se**2 + 1
    mu, sigma = np.log(3.321) / se**2 / precision, precision**-0.5
    truth = stats.lognorm(sigma, scale=np.exp(mu))
    assert found.median() == pytest.approx(truth.median(), rel=1e-6)
    assert found.mean() == pytest.approx(truth.mean(), rel=1e-6)
    assert found.sd() == pytest.approx(truth.std(), rel=1e-5)
    assert found.interval(0.9) == pytest.approx(truth.interval(0.9), rel=1e-5)
    assert found.prob_direction() == pytest.approx(stats.norm.cdf(mu / sigma), abs=1e-6)
    curve = found.curve()
    assert curve["posterior"].to_numpy() == pytest.approx(truth.pdf(curve["value"]), rel=1e-5)
    prior = stats.lognorm(1.0)
    assert curve["prior"].to_numpy() == pytest.approx(prior.pdf(curve["value"]), rel=1e-9)


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
