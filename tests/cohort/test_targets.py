"""Roles of the printed numbers, and the targets as intervals."""

import math

import pandas as pd
import pytest

from adbayes.cohort.targets import (
    ANY,
    HELD_OUT,
    NOT_ADDRESSABLE,
    ROLES,
    TARGET,
    Targets,
    is_high_group,
    printed_interval,
    reconstruction_targets,
)
from adbayes.errors import DataError
from adbayes.paper.published import SUSPECTED_MISPRINT, load_published


@pytest.fixture(scope="module")
def targets() -> Targets:
    return Targets(reconstruction_targets())


def test_every_printed_number_has_one_role(targets: Targets) -> None:
    table = targets.table
    assert table["published_id"].tolist() == load_published()["id"].tolist()
    assert set(table["role"]) == set(ROLES)
    assert (table.loc[table["role"] != TARGET, "reason"] != "").all()


def test_roles_of_each_table(targets: Targets) -> None:
    roles = targets.table.groupby("table")["role"].agg(set)
    assert roles["table6"] == {HELD_OUT}
    for name in ("table3", "table4", "table5", "fig1", "fig2"):
        assert roles[name] == {TARGET}
    assert roles["table2"] == {TARGET, SUSPECTED_MISPRINT}
    assert roles["discussion"] == {NOT_ADDRESSABLE}


def test_table_6_is_a_target_where_everything_is_to_be_fitted() -> None:
    held, fitted = reconstruction_targets(), reconstruction_targets(fit_all=True)
    other = held["table"] != "table6"
    assert set(fitted.loc[~other, "role"]) == {TARGET}
    pd.testing.assert_frame_equal(held[other], fitted[other])


def test_what_is_said_twice_is_a_target_once(targets: Targets) -> None:
    table = targets.table.set_index("published_id")
    restated = table.loc[["text.cyclosporine.pct", "text.female.count", "text.easi.w52.mean"]]
    assert set(restated["role"]) == {NOT_ADDRESSABLE}
    assert restated["reason"].str.startswith("restates").all()
    only_in_a_sentence = table.loc["text.tci_only.pct"]
    assert only_in_a_sentence["role"] == TARGET
    assert table.loc["text.ae.sle.count", "reason"] == "not a column of a patient file"


def test_the_patients_behind_a_number_come_from_the_ledger(targets: Targets) -> None:
    n = targets.table.set_index("published_id")["n"]
    assert n["table1.female.pct"] == 99
    assert n["table1.cyclosporine.pct"] == 61  # of those with any immunosuppressant
    assert pd.isna(n["table2.easi.w16.mean"])


def test_a_suspected_misprint_is_no_target(targets: Targets) -> None:
    where = {"variable": "nrs", "visit": 16}
    assert targets.interval("table2", "pct_change_sd", **where) == ANY
    assert targets.value("table2", "pct_change_sd", **where) == 5.42
    assert targets.interval("table2", "pct_change_mean", **where) == pytest.approx((59.365, 59.375))


def test_a_bound_is_an_interval_from_zero(targets: Targets) -> None:
    assert targets.interval("table4", "p_value", variable="easi", visit=32) == (0.0, 0.001)
    assert printed_interval(0.627, 3, "") == pytest.approx((0.6265, 0.6275))


def test_what_the_paper_fixes(targets: Targets) -> None:
    assert targets.n == 99
    assert targets.visits("table2") == targets.visits("table3") == (0, 16, 32, 52)
    assert targets.outcomes("table2") == ("easi", "nrs", "poem", "dlqi")
    wanted = {"female": 41, "adult_onset": 6, "concomitant": 17, "prior_cyclosporine": 53}
    assert {name: targets.margin(name) for name in wanted} == wanted
    assert targets.lab_groups() == {0: (30, 43), 16: (66, 22), 32: (63, 21), 52: (65, 6)}
    counts = targets.response_counts()
    assert [counts["easi90", week] for week in (16, 32, 52)] == [(8, 82), (29, 82), (44, 82)]
    assert len(targets.odds_terms()) == 17


def test_groups_are_told_by_their_sign() -> None:
    assert [is_high_group(g) for g in ("LDH < 250", "LDH ≥ 250")] == [False, True]


def test_an_unprinted_number_allows_everything(targets: Targets) -> None:
    low, high = targets.interval("table2", "mean", variable="easi", visit=4)
    assert math.isinf(low)
    assert math.isinf(high)


def test_two_numbers_for_one_description_are_refused(targets: Targets) -> None:
    with pytest.raises(DataError, match="table2 prints 4 numbers for mean"):
        targets.interval("table2", "mean", variable="easi")


def test_a_ledger_without_a_column_is_refused() -> None:
    with pytest.raises(DataError, match="no column statistic"):
        reconstruction_targets(load_published().drop(columns="statistic"))
