"""The paper beside other studies: like with like, differences, and predictions."""

import numpy as np
import pytest
from scipy import stats

from adbayes.errors import DataError
from adbayes.inference.historical_prior import WEEKS, historical_prior
from adbayes.inference.printed import posterior
from adbayes.paper.evidence import load_evidence
from adbayes.results.other_studies import (
    COLUMNS,
    PREDICTION_COLUMNS,
    other_studies,
    predicted_from_studies,
)


@pytest.fixture(scope="module")
def table():
    return other_studies()


@pytest.fixture(scope="module")
def predictions():
    return predicted_from_studies()


def one(table, id, variant="base"):
    found = table[(table["evidence_id"] == id) & (table["paper_variant"] == variant)]
    assert len(found) == 1, id
    return found.iloc[0]


def test_every_result_is_beside_every_denominator(table):
    assert tuple(table.columns) == COLUMNS
    assert set(table["evidence_id"]) == set(load_evidence()["id"])
    shares = table[(table["quantity"] == "share") & table["outcome"].isin(["easi75", "easi90"])]
    assert (shares.groupby("evidence_id").size() == 2).all()
    assert set(shares["paper_variant"]) == {"base", "n99"}
    assert (table["evidence"] == "published").all()


def test_posteriors_are_closed_forms_and_the_paper_s_own(table):
    row = one(table, "spain.all.easi75.w52.share")
    spain = stats.beta(141, 23)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(spain.interval(0.95), abs=1e-9)
    assert row["median"] == pytest.approx(spain.median(), abs=1e-9)
    own = posterior("fig1.easi75.w52.pct")
    assert (row["paper_ci_low"], row["paper_ci_high"]) == pytest.approx(own.interval(), abs=1e-6)
    whole = posterior("fig1.easi75.w52.pct", n=99)
    assert one(table, "spain.all.easi75.w52.share", "n99")["paper_median"] == pytest.approx(
        whole.median(), abs=1e-6
    )


def test_differences_agree_with_draws(table):
    row = one(table, "chronos.q2w.easi75.w52.share", "n99")
    paper = stats.beta(75, 26).rvs(100_000, random_state=1)
    study = stats.beta(59, 32).rvs(100_000, random_state=2)
    for level, name in ((0.025, "difference_low"), (0.5, "difference"), (0.975, "difference_high")):
        below = (paper - study <= row[name]).mean()
        assert below == pytest.approx(level, abs=4 * (level * (1 - level) / 100_000) ** 0.5)
    higher = (paper > study).mean()
    assert row["prob_paper_higher"] == pytest.approx(higher, abs=4 * 0.5 / 100_000**0.5)


@pytest.mark.parametrize(
    ("id", "variant", "comparison"),
    [
        ("chronos.q2w.easi75.w52.share", "n99", "like"),
        ("chronos.q2w.easi75.w52.share", "base", "unlike: patients without a value: missing as failure"),
        ("bioday.all.easi75.w52.share", "base", "like"),
        ("bioday.all.easi75.w52.share", "n99", "unlike: patients without a value: as observed"),
        ("manchester.all.easi90.w30.share", "base", "like"),
        ("chronos.qw.easi75.w52.share", "n99", "unlike: another dose"),
        ("chronos.placebo.easi75.w52.share", "n99", "unlike: placebo"),
        ("saeki.all.conjunctivitis.w104.share", "base", "unlike: week 104"),
        ("korea16.all.conjunctivitis.w16.share", "base", "unlike: its patients are in all likelihood"),
        ("halling.all.easi75.w16.share", "base", "unlike: it may include"),
        ("uk_quoted.all.easi90.w52.share", "base", "unlike: no number of patients"),
        ("nakajima.all.easi.w52.pct_change", "base", "unlike: no SD"),
    ],
)  # fmt: skip
def test_unlike_results_say_why(table, id, variant, comparison):
    found = one(table, id, variant)["comparison"]
    assert found.startswith(comparison)
    assert found == "like" or found.startswith("unlike: ")


def test_the_nearest_visit_of_the_paper_is_taken(table):
    row = one(table, "manchester.all.easi75.w30.share")
    assert (row["paper_visit"], row["paper_count"], row["paper_n"]) == (32, 71, 82)


def test_mean_changes_have_no_difference(table):
    means = table[table["quantity"] == "mean_percent_change"]
    assert means["difference"].isna().all()
    assert one(table, "bioday.all.easi.w52.pct_change")["paper_median"] == pytest.approx(
        posterior("table2.easi.w52.pct_change_mean").median()
    )
    allergic = table[table["outcome"] == "conjunctivitis_allergic"].iloc[0]
    assert allergic["comparison"] == "unlike: the paper has no such number"


def test_predictions_are_one_a_share_and_denominator(predictions):
    assert tuple(predictions.columns) == PREDICTION_COLUMNS
    keys = list(predictions[["outcome", "visit", "paper_variant"]].itertuples(index=False))
    assert len(keys) == len(set(keys)) == 7
    assert set(zip(predictions["outcome"], predictions["visit"], strict=True)) == set(WEEKS)


def test_tails_are_those_of_the_predicted_counts(predictions):
    for row in predictions.to_dict("records"):
        chance = historical_prior(row["outcome"], row["visit"]).informative.predictive(
            row["paper_n"]
        )
        low = chance[: row["paper_count"] + 1].sum()
        # The table integrates the density itself; the mixture stands for it.
        assert row["prob_as_low"] == pytest.approx(low, abs=0.01)
        at = row["prob_as_low"] + row["prob_as_high"] - 1
        assert at == pytest.approx(chance[row["paper_count"]], abs=0.005)
        assert row["tail_area"] == min(2 * min(row["prob_as_low"], row["prob_as_high"]), 1)


def test_the_posterior_is_prior_times_likelihood(predictions):
    row = predictions[(predictions["outcome"] == "easi75") & (predictions["visit"] == 52)].iloc[0]
    prior = historical_prior("easi75").robust
    x = np.linspace(0.0005, 0.9995, 4000)
    density = prior.pdf(x) * stats.binom.pmf(74, 82, x)
    below = np.cumsum(density) / density.sum()
    for level, name in (
        (0.025, "posterior_low"),
        (0.5, "posterior_median"),
        (0.975, "posterior_high"),
    ):
        assert np.interp(
            row[name] + (x[1] - x[0]) / 2, x + (x[1] - x[0]) / 2, below
        ) == pytest.approx(level, abs=0.003)
    uniform = stats.binom.pmf(74, 82, x).mean()
    whole = density.mean()
    assert row["robust_weight_after"] == pytest.approx(0.2 * uniform / whole, rel=0.01)


def test_a_table_of_ones_own():
    table = load_evidence()
    own = table[table["study"].isin(["chronos", "spain"])]
    assert set(other_studies(evidence=own)["study"]) == {"chronos", "spain"}
    assert set(predicted_from_studies(evidence=own)["outcome"]) == {"easi75"}
    with pytest.raises(DataError, match="no two studies of one share"):
        predicted_from_studies(evidence=own[own["study"] == "spain"])
