"""One row a printed number, its role said, nothing claimed of data that cannot agree with print."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.model.library import model_names
from adbayes.model.spec import load_spec
from adbayes.paper.published import Paper, load_paper
from adbayes.results.comparison import (
    COLUMNS,
    compare,
    compare_pooled,
    with_findings,
)
from adbayes.results.estimands import estimands
from adbayes.results.fidelity import printed_alike
from adbayes.results.readings import BY_ROLE
from adbayes.results.refit import refit
from adbayes.results.summary import summarize

AGREED = (
    "published_id, table, statistic, outcome, visit, term, model, variant, priors, evidence, cohort, "
    "published, decimals, frequentist, bayes, bayes_low, bayes_high, difference, within_rounding, "
    "same_quantity, role, note"
)


@pytest.fixture(scope="module")
def paper() -> Paper:
    return load_paper()


def reconstructed(found: Fit) -> Fit:
    """The same fit, its data declared to be a reconstruction."""
    cohort = Cohort(found.cohort.frame, "reconstructed", "label", "source", index=0)
    return dataclasses.replace(found, cohort=cohort)


def test_columns_are_the_agreed_ones(mixed_fit: Fit, paper: Paper) -> None:
    table = mixed_fit.compare(paper)
    assert AGREED.split(", ") == COLUMNS
    assert list(table.columns) == COLUMNS


def test_one_row_a_printed_number(
    mixed_fit: Fit, joint_fit: Fit, one_predictor_fits: Fits, paper: Paper
) -> None:
    for found in (mixed_fit, joint_fit):
        table = found.compare(paper)
        ids = [id for pattern in found.analysis.published for id in paper.ids(pattern)]
        assert sorted(table["published_id"]) == sorted(set(ids))
    table = one_predictor_fits.compare(paper)
    assert table["published_id"].is_unique
    expected = {id for id in paper.ids("table5.*") if paper.number(id).term in one_predictor_fits}
    assert set(table["published_id"]) >= expected
    assert (table.groupby("term")["published_id"].count().loc[list(one_predictor_fits)] == 4).all()


def test_together_the_specs_answer_whole_tables(paper: Paper) -> None:
    answered = {
        id
        for name in model_names()
        for pattern in load_spec(name).table.published
        for id in paper.ids(pattern)
    }
    # The size of a group with low LDH is the rest of its table's patients.
    answered |= set(paper.ids("table4.*.lo.n"))
    for table in ("table2", "table3", "table4", "table5", "table6", "fig1"):
        assert set(paper.ids(f"{table}.*")) <= answered, table
    assert len(paper.ids("table5.*")) == 17 * 4
    assert len(paper.ids("table6.*")) == 7 * 4


def test_every_row_says_what_it_is(mixed_fit: Fit, joint_fit: Fit, paper: Paper) -> None:
    for found in (mixed_fit, joint_fit):
        table = found.compare(paper)
        addressed = table[table["role"] == "other_data"]
        assert set(table["role"]) <= {"other_data", "not_addressable", "suspected_misprint"}
        assert addressed["bayes"].notna().all()
        assert (table.loc[table["role"] != "other_data", "note"] != "").all()
        # A simulated cohort neither agrees nor disagrees with print.
        assert table["within_rounding"].isna().all()
        bound = addressed["note"].str.contains("printed as a bound")
        assert bound.any() == (found is mixed_fit)
        assert addressed.loc[bound, "difference"].isna().all()
        values = addressed[~bound]
        np.testing.assert_allclose(
            values["difference"].astype(float), values["bayes"] - values["published"]
        )
        assert set(table["evidence"]) == {"simulated"}


def test_numbers_are_those_of_the_summary_and_the_refit(joint_fit: Fit, paper: Paper) -> None:
    table = joint_fit.compare(paper).set_index("published_id")
    summary = joint_fit.summary()
    ratio = summary[(summary["estimand"] == "odds_ratio") & (summary["term"] == "female")].iloc[0]
    again = refit(joint_fit)
    assert again is not None
    statistics = again.statistics.query("term == 'female'").set_index("statistic")["value"]
    assert table.loc["table6.sex.or", "bayes"] == ratio["median"]
    assert table.loc["table6.sex.or", "bayes_low"] == ratio["ci_low"]
    assert table.loc["table6.sex.ci_low", "bayes"] == ratio["ci_low"]
    assert table.loc["table6.sex.ci_high", "bayes"] == ratio["ci_high"]
    assert table.loc["table6.sex.p", "bayes"] == pytest.approx(2 * (1 - ratio["prob_direction"]))
    assert not table.loc["table6.sex.p", "same_quantity"]
    assert table.loc["table6.sex.or", "same_quantity"]
    for suffix, name in (
        ("or", "odds_ratio"),
        ("ci_low", "ci_low"),
        ("ci_high", "ci_high"),
        ("p", "p_value"),
    ):
        assert table.loc[f"table6.sex.{suffix}", "frequentist"] == pytest.approx(statistics[name])


def test_means_sds_and_falls_of_a_mixed_model(mixed_fit: Fit, paper: Paper) -> None:
    table = mixed_fit.compare(paper)
    frame = mixed_fit.cohort.frame
    by_visit = frame.groupby("visit")["easi"]
    for statistic, expected in (("mean", by_visit.mean()), ("sd", by_visit.std(ddof=1))):
        rows = table[table["statistic"] == statistic]
        assert len(rows) == 4
        for _, row in rows.iterrows():
            assert row["frequentist"] == pytest.approx(expected[int(row["visit"])])
    percent = frame.groupby("visit")["easi_percent_change"].mean()
    rows = table[table["statistic"] == "pct_change_mean"]
    assert len(rows) == 3
    for _, row in rows.iterrows():
        assert row["frequentist"] == pytest.approx(percent[int(row["visit"])])
        assert row["same_quantity"] is False or row["same_quantity"] == np.False_


def test_reconstructions_are_judged_by_rounding(
    mixed_fit: Fit, joint_fit: Fit, paper: Paper
) -> None:
    for fitted, role in ((mixed_fit, "target"), (joint_fit, "held_out")):
        table = reconstructed(fitted).compare(paper)
        mine = table[table["role"] == role]
        assert len(mine) >= 14
        assert set(table["role"]) <= {role, "not_addressable", "suspected_misprint"}
        assert set(table["cohort"]) == {"0"}
        assert mine["note"].str.contains(BY_ROLE[role], regex=False).all()
        for _, row in mine.iterrows():
            number = paper.number(row["published_id"])
            expected = printed_alike(
                row["frequentist"], number.numeric, number.decimals, number.bound
            )
            assert row["within_rounding"] == expected
        # Patients whose printed numbers were made up here agree on those and on no other.
        assert not mine["within_rounding"].astype(bool).all()


def test_an_agreeing_refit_is_within_rounding(joint_fit: Fit, paper: Paper) -> None:
    from adbayes.results.comparison import compare

    exact = pd.DataFrame(
        [
            {
                "statistic": n.statistic,
                "visit": "52",
                "term": n.term,
                "value": n.numeric,
                "note": "",
            }
            for n in map(paper.number, paper.ids("table6.*"))
        ]
    )
    fitted = reconstructed(joint_fit)
    table = compare(summarize(fitted), exact, paper, fitted)
    assert table["within_rounding"].astype(bool).all()
    without = compare(summarize(fitted), None, paper, fitted)
    assert without["within_rounding"].isna().all()


def test_pooled_rows_have_no_refit_and_no_agreement(joint_fit: Fit, paper: Paper) -> None:
    fitted = reconstructed(joint_fit)
    table = compare_pooled(summarize(fitted), paper, fitted)
    assert list(table.columns) == COLUMNS
    assert set(table["cohort"]) == {"pooled"}
    assert set(table["role"]) == {"held_out"}
    assert table["frequentist"].isna().all()
    assert table["within_rounding"].isna().all()
    one = table.set_index("published_id")["bayes"]
    assert one.equals(fitted.compare(paper).set_index("published_id")["bayes"])


@pytest.mark.parametrize(("off", "alike"), [(0, True), (0.99, True), (1.01, False), (-1.01, False)])
def test_a_refit_is_judged_by_the_digits_printed(
    joint_fit: Fit, paper: Paper, off: float, alike: bool
) -> None:
    fitted = reconstructed(joint_fit)
    again = refit(fitted)
    assert again is not None
    number = paper.number("table6.sex.or")
    half = 0.5 * 10.0**-number.decimals
    statistics = again.statistics.copy()
    at = (statistics["term"] == "female") & (statistics["statistic"] == "odds_ratio")
    statistics.loc[at, "value"] = number.numeric + off * half
    table = compare(summarize(fitted), statistics, paper, fitted).set_index("published_id")
    assert bool(table.loc["table6.sex.or", "within_rounding"]) is alike


def test_suspected_misprints_are_rows_with_a_note(paper: Paper, mixed_fit: Fit) -> None:
    ids = [id for id in paper.ids("*") if paper.number(id).status]
    assert ids
    for id in ids:
        assert paper.number(id).note
    # A fit whose spec answers them says so and never claims agreement.
    analysis = dataclasses.replace(mixed_fit.analysis, published=tuple(ids))
    table = reconstructed(dataclasses.replace(mixed_fit, analysis=analysis)).compare(paper)
    assert set(table["role"]) == {"suspected_misprint"}
    assert table["within_rounding"].isna().all()
    assert (table["note"] != "").all()


def test_a_fit_that_did_not_converge_says_so(mixed_fit: Fit, paper: Paper) -> None:
    statistics = mixed_fit.sample_stats.copy(deep=True)
    statistics["diverging"][0, 0] = True
    table = dataclasses.replace(mixed_fit, sample_stats=statistics).compare(paper)
    addressed: pd.DataFrame = table[table["role"] == "other_data"]
    assert addressed["note"].str.contains("not converged").all()


def test_a_finding_about_a_number_is_in_its_note() -> None:
    rows = pd.DataFrame({"published_id": ["a", "b", "c", "d"], "note": ["said before", "", "", ""]})
    findings = pd.DataFrame(
        {
            "class": ["impossible", "consistent", "inconsistent", "rounding"],
            "published_ids": ["a b", "c", "a b c d", "d"],
            "condition": ["n = 99", "", "", "as printed"],
            "possible": ["1.2", "", "", ""],
        }
    )
    found = with_findings(rows, findings)
    assert found["note"].tolist() == [
        "said before; audit: impossible (n = 99); possible: 1.2",
        "audit: impossible (n = 99); possible: 1.2",
        "",
        "audit: rounding (as printed)",
    ]
    assert with_findings(rows, pd.DataFrame()).equals(rows)


def test_the_suspected_misprints_carry_what_would_be_possible() -> None:
    paper = load_paper()
    rows = pd.DataFrame({"published_id": paper.ids("table2.*"), "note": ""})
    notes = with_findings(rows, paper.audit()).set_index("published_id")["note"]
    assert "25.42" in notes["table2.nrs.w16.pct_change_sd"]
    assert "66.01" in notes["table2.dlqi.w32.pct_change_mean"]
    assert notes["table2.easi.w16.mean"] == ""


def test_a_printed_group_size_is_an_expected_count(lab_by_hand: Fit, paper: Paper) -> None:
    # Of 71 patients with LDH at week 52 the print has 6 at or above 250.
    share = summarize(lab_by_hand).set_index(["estimand", "visit"]).loc[("share_above", "52")]
    table = lab_by_hand.compare(paper).set_index("published_id")
    row = table.loc["table4.ldh_w52.hi.n"]
    assert row["published"] == 6
    assert row["bayes"] == pytest.approx(share["mean"] / 100 * 71)
    assert row["bayes_high"] == pytest.approx(share["ci_high"] / 100 * 71)
    assert row["difference"] == pytest.approx(row["bayes"] - 6)
    assert bool(row["same_quantity"])
    means = table.loc[["table3.ldh.w52.mean", "table3.ldh.w52.sd"]]
    assert means["same_quantity"].all()
    assert not means["note"].str.contains("one SD").any()


def test_responses_are_read_by_rule_and_of_the_same_patients(
    patients: Cohort, fit_with: Callable[..., Fit], paper: Paper
) -> None:
    values = {"threshold": (-0.3, 2.9), "visit": (1.9, 2.8), "1|patient_sigma": 1.0}
    fit = fit_with("easi_classes", patients, values, draws=100)
    found = {e.key: e.draws.mean().item() for e in estimands(fit)}
    raw = patients.frame.groupby("visit")[["easi75", "easi90"]].mean()
    summary = pd.DataFrame(
        [
            {"estimand": e.estimand, "visit": e.visit, "term": e.term, "unit": e.unit}
            | {"outcome": e.outcome, "n": fit.frame.n, "flag": "", "prob_direction": np.nan}
            | dict.fromkeys(("mean", "ci_low", "ci_high"), found[e.key])
            for e in estimands(fit)
        ]
    )
    again = refit(fit)
    assert again is not None
    for other, same in ((fit, False), (_of_82(fit), True)):
        own = summary.assign(n=other.frame.n)
        table = compare(own, again.statistics, paper, other).set_index("published_id")
        assert len(table) == 6
        for rule in ("easi75", "easi90"):
            for week in (16, 32, 52):
                row = table.loc[f"fig1.{rule}.w{week}.pct"]
                assert row["bayes"] == pytest.approx(found[f"response/{week}/{rule}"])
                assert row["frequentist"] == pytest.approx(100 * raw.loc[week, rule])
                assert row["same_quantity"] == same
                assert ("printed for 82 patients" in row["note"]) != same


def _of_82(fit: Fit) -> Fit:
    """The same fit, said to be of 82 patients."""
    kept = fit.frame.data["patient"].isin(fit.frame.data["patient"].cat.categories[:82])
    frame = dataclasses.replace(fit.frame, data=fit.frame.data[kept])
    return dataclasses.replace(fit, frame=frame)


def test_a_fraction_answers_the_mean_of_percent_changes(
    patients: Cohort, fit_with: Callable[..., Fit], paper: Paper
) -> None:
    values = {"Intercept": -1.4, "visit": (-0.5, -0.8), "1|patient_sigma": 0.4}
    values |= {"alpha_visit": (2.0, 1.5, 0.8), "psi_visit": (4.0, 4.0, 4.0)}
    fit = fit_with("easi_fraction", patients, values, draws=100)
    rows = [
        {"estimand": e.estimand, "visit": e.visit, "term": e.term, "unit": e.unit, "n": 99}
        | {"outcome": e.outcome, "flag": "", "prob_direction": 1.0}
        | {column: e.draws.mean().item() for column in ("mean", "ci_low", "ci_high")}
        for e in estimands(fit)
    ]
    again = refit(fit)
    assert again is not None
    table = compare(pd.DataFrame(rows), again.statistics, paper, fit).set_index("published_id")
    row = table.loc["table2.easi.w52.pct_change_mean"]
    assert row["same_quantity"]
    assert row["bayes"] == next(
        r["mean"] for r in rows if (r["estimand"], r["visit"]) == ("mean_percent_change", "52")
    )
    known = patients.frame[patients.frame["visit"] == 52]
    for statistic, column in (("pct_change_", "easi_percent_change"), ("", "easi")):
        complete = known.loc[known["easi_fraction"].notna(), column]
        for kind, expected in (("mean", complete.mean()), ("sd", complete.std(ddof=1))):
            found = table.loc[f"table2.easi.w52.{statistic}{kind}", "frequentist"]
            assert found == pytest.approx(expected), (statistic, kind)
    shares = again.statistics.query("statistic == 'percent' and visit == '52'").set_index("term")
    for rule in ("easi75", "easi90"):
        assert shares.loc[rule, "value"] == pytest.approx(100 * known[rule].mean())
