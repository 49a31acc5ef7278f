"""The assembled answer to "what if I had believed something else"."""

import numpy as np
import pandas as pd
import pytest

from adbayes.checks import prior_grid
from adbayes.checks.credibility import Credibility
from adbayes.checks.power_scaling import COLUMNS
from adbayes.checks.sensitivity import published_sensitivity, sensitivity
from adbayes.checks.withstood import sentence
from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fitting import fit
from adbayes.inference.printed import posterior
from adbayes.model.priors import Prior
from adbayes.model.spec import load_spec
from adbayes.results.summary import summarize

IDS = ["table5.sex.or", "table5.age_over_30.or", "table2.easi.w52.change"]


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return published_sensitivity(IDS)


def numbers(text: str) -> dict[str, float]:
    return {k: float(v) for k, v in (part.split("=") for part in text.split(";") if "=" in part)}


def test_every_method_has_its_rows(printed: pd.DataFrame) -> None:
    assert list(printed.columns) == [*COLUMNS, "published_id"]
    counts = pd.crosstab(printed["published_id"], printed["method"])
    assert counts.eq(
        pd.Series({"refit": 21, "power_scaling": 2, "reverse_bayes": 1, "conflict": 1})
    ).all(axis=None)
    assert set(printed["evidence"]) == {"published"}


@pytest.mark.parametrize("id", ["table5.sex.or", "table2.easi.w52.change"])
def test_at_the_tipping_prior_the_posterior_itself_reaches_the_null(
    printed: pd.DataFrame, id: str
) -> None:
    row = printed[(printed["published_id"] == id) & (printed["method"] == "reverse_bayes")].iloc[0]
    found = numbers(row["setting"])
    tipped = posterior(id, Prior.of("Normal", mu=0, sigma=found["tipping_scale"]))
    assert tipped.prob_direction() == pytest.approx(0.975, abs=2e-4)
    assert row["prob_direction"] == pytest.approx(0.975, abs=1e-5)
    assert f"{found['tipping_scale']:.3g}" in row["diagnosis"]
    if id.endswith("or"):
        moved = posterior(id, Prior.of("Normal", mu=found["tipping_centre"], sigma=1.5))
        assert moved.prob_direction() == pytest.approx(0.975, abs=2e-4)
        assert np.log(found["sceptical_limit"]) == pytest.approx(
            1.959964 * found["tipping_scale"], rel=1e-3
        )


def test_what_does_not_stand_is_said_to_be_none(printed: pd.DataFrame) -> None:
    row = printed[
        (printed["published_id"] == "table5.age_over_30.or")
        & (printed["method"] == "reverse_bayes")
    ].iloc[0]
    assert row["setting"].startswith("none;")
    assert posterior("table5.age_over_30.or", "vague").prob_direction() < 0.975
    assert "even under a flat prior" in row["diagnosis"]


def test_power_scaling_of_print_is_the_posterior_under_the_scaled_prior(
    printed: pd.DataFrame,
) -> None:
    rows = printed[(printed["published_id"] == "table5.sex.or")].set_index("setting")
    exact = posterior("table5.sex.or", Prior.of("Normal", mu=0, sigma=1.5 / 0.8**0.5))
    # 4000 quantiles, reweighted: a tenth of a Monte Carlo error's usual size would be 0.016 SD.
    assert rows.loc["prior^0.8", "mean"] == pytest.approx(exact.mean(), abs=0.02 * exact.sd())
    assert rows.loc["prior^0.8", "median"] == pytest.approx(exact.median(), abs=0.02 * exact.sd())


def test_conflict_and_contraction(printed: pd.DataFrame) -> None:
    rows = printed[printed["method"] == "conflict"].set_index("published_id")
    found = numbers(rows.loc["table5.sex.or", "setting"])
    now = posterior("table5.sex.or")
    _, sd = now.grid.moments()
    assert found["contraction"] == pytest.approx(1 - (sd / 1.5) ** 2, abs=1e-3)
    assert 0.5 < found["box_p"] < 0.6
    assert rows["diagnosis"].eq("").all()


@pytest.mark.parametrize(
    ("found", "estimand", "said"),
    [
        (
            Credibility(0.4142, -1.0, 0.8, 0.04, True), "odds_ratio",
            "with the prior SD of the log OR under 0.414 the 95 % interval includes 1",
        ),
        (
            Credibility(2.5, 30.0, -5.0, 0.01, True), "mean_change",
            "with the prior SD of the change under 2.5 the 95 % interval includes 0",
        ),
        (
            Credibility(np.nan, np.nan, np.nan, 0.5, False), "odds_ratio",
            "the 95 % interval includes 1 even under a flat prior: no prior takes anything away",
        ),
        (
            Credibility(np.nan, np.nan, np.nan, 0.001, True), "mean_difference",
            "no prior centred at no effect makes the 95 % interval include 0",
        ),
    ],
)  # fmt: skip
def test_the_sentence(found: Credibility, estimand: str, said: str) -> None:
    assert sentence(found, estimand) == said
    assert sentence(found, estimand, "a note").endswith(" (a note)")


@pytest.fixture(scope="module")
def of_patients(patients: Cohort) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prior_grid, "MULTIPLES", (1.0, 8.0))
        return sensitivity(load_spec("easi90_multivariable"), patients, draws=2000, tune=500)


def test_patients_have_every_method(of_patients: pd.DataFrame) -> None:
    assert list(of_patients.columns) == COLUMNS
    odds = of_patients[of_patients["estimand"] == "odds_ratio"]
    counts = pd.crosstab(odds["term"], odds["method"])
    wanted = pd.Series({"refit": 6, "power_scaling": 2, "reverse_bayes": 1, "conflict": 1})
    assert counts.eq(wanted).all(axis=None)


def test_a_tipping_prior_found_from_draws_is_confirmed_by_a_refit(
    of_patients: pd.DataFrame, patients: Cohort
) -> None:
    rows = of_patients[of_patients["method"] == "reverse_bayes"]
    standing = rows[rows["setting"].str.contains("tipping_scale")]
    assert len(standing)  # the simulated effects are not all null
    for row in standing.to_dict("records")[:2]:
        scale = numbers(row["setting"])["tipping_scale"]
        assert row["khat"] < 0.7
        again = fit(
            "easi90_multivariable", patients, draws=4000,
            priors={row["term"]: Prior.of("Normal", mu=0, sigma=scale)},
        )  # fmt: skip
        assert isinstance(again, Fit)
        summary = summarize(again)
        found = summary[(summary["estimand"] == "odds_ratio") & (summary["term"] == row["term"])]
        # A share of 16 000 draws (ESS near that), and the tipping point's own from 8000 weighted ones.
        assert float(found["prob_direction"].iloc[0]) == pytest.approx(0.975, abs=0.012)


def test_what_did_not_stand_in_the_widest_fit_is_none(of_patients: pd.DataFrame) -> None:
    rows = of_patients[of_patients["method"] == "reverse_bayes"].set_index("term")
    wide = of_patients[of_patients["setting"] == "scale=12;centre=0"].set_index("term")
    for term, row in rows.iterrows():
        stands = float(wide.loc[term, "prob_direction"]) > 0.98
        falls = float(wide.loc[term, "prob_direction"]) < 0.96
        if stands or falls:
            assert ("tipping_scale" in row["setting"]) == stands
