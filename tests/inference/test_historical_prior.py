"""Which studies enter a prior, what it carries, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.inference.historical_prior import WEEKS, historical_prior, prior_studies
from adbayes.paper.evidence import load_evidence


@pytest.mark.parametrize("question", WEEKS)
def test_no_patient_enters_twice(question):
    studies = prior_studies(*question)
    assert studies["study"].is_unique
    assert (studies["overlaps"] == "").all()
    assert (studies["part_of"] == "").all()
    assert not studies["arm"].str.startswith(("placebo", "qw")).any()
    assert len(studies) > 1


def test_weeks_are_those_that_are_named():
    at_52 = prior_studies("easi75", 52)
    assert at_52["study"].tolist() == ["chronos", "bioday", "spain"]
    assert set(at_52["visit"]) == {52}
    assert prior_studies("easi90", 52)["id"].tolist() == [
        "chronos.q2w.easi90.w52.share",
        "manchester.all.easi90.w30.share",
    ]
    # Of two visits of one study the nearer to the question.
    assert prior_studies("easi75", 52, weeks=(12, 52))["visit"].tolist() == [
        16, 16, 52, 16, 16, 52, 30, 52, 12,
    ]  # fmt: skip


def test_the_studies_of_the_prior_are_its_meta_analysis():
    prior = historical_prior("easi75")
    assert prior.name == "historical.easi75.w52"
    assert prior.analysis.counts == (58, 148, 140)
    assert prior.analysis.sizes == (89, 210, 162)
    assert prior.robust == prior.informative.robust(0.2)
    new = prior.analysis.summary().set_index("quantity").loc["new_study"]
    assert prior.informative.mean() == pytest.approx(new["mean"], abs=0.002)
    assert prior.informative.interval() == pytest.approx((new["ci_low"], new["ci_high"]), abs=0.01)
    for word in ("58/89", "missing as failure", "as observed", "half-normal(1)", "BioDay"):
        assert word in prior.provenance
    assert f"worth {prior.ess():.1f} patients" in repr(prior)


def test_less_heterogeneity_and_less_robustness_are_worth_more():
    assert historical_prior("easi75", tau_scale=0.25).ess() > historical_prior("easi75").ess()
    assert historical_prior("easi75", weight=0.05).ess() > historical_prior("easi75").ess()
    assert historical_prior("easi75", components=1).informative.weights == (1.0,)


def test_it_stands_in_for_a_scipy_distribution():
    prior = historical_prior("easi75").robust
    x = np.array([0.2, 0.7])
    assert np.exp(prior.logpdf(x)) == pytest.approx(prior.pdf(x))
    assert prior.cdf(prior.ppf(0.3)) == pytest.approx(0.3)
    assert prior.posterior(74, 82).interval()[0] > 0.75


def test_a_table_of_ones_own():
    table = load_evidence()
    own = table[table["study"].isin(["chronos", "spain"])]
    assert historical_prior("easi75", evidence=own).analysis.counts == (58, 140)
    renamed = own.assign(outcome=own["outcome"].replace("easi75", "iga01"))
    assert historical_prior("iga01", 52, evidence=renamed).analysis.counts == (58, 140)


def test_too_few_studies_are_refused():
    with pytest.raises(DataError, match=r"easi90 at week 16: 1 studies.*easi75 at week 16"):
        historical_prior("easi90", 16)
    with pytest.raises(DataError, match="itch at week 52: 0 studies"):
        historical_prior("itch")
    with pytest.raises(DataError, match="robust weight is 1"):
        historical_prior("easi75", weight=1)
    assert isinstance(prior_studies("itch"), pd.DataFrame)
