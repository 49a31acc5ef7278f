"""How printed statistics are read, and the roles of rows on reconstructed patients."""

import pytest

from adbayes.paper.published import load_paper
from adbayes.results.readings import (
    BY_ROLE,
    PUBLISHED_READINGS,
    READINGS,
    RESPONSE,
    TAIL,
    readings_of,
    role_of,
    roles,
)
from adbayes.results.summary import COLUMNS

PAPER = load_paper()


def test_every_reading_names_a_column_of_the_summary() -> None:
    for reading in [*READINGS.values(), *PUBLISHED_READINGS.values()]:
        assert reading.column in (*COLUMNS, TAIL)


def test_what_is_not_the_same_quantity_says_why() -> None:
    for name, reading in READINGS.items():
        assert reading.same or reading.note, name
    assert not READINGS["p_value"].same


@pytest.mark.parametrize(
    ("id", "role"),
    [
        ("table2.easi.w52.mean", "target"),
        ("table3.ldh.w16.sd", "target"),
        ("table5.sex.or", "target"),
        ("table6.sex.or", "held_out"),
        ("table6.sex.p", "held_out"),
        ("text.ige.w52.pct_change_of_means", "target"),  # follows from two targets
        ("text.ige.baseline.mean", "target"),  # restates one
        ("table2.nrs.w16.pct_change_sd", "suspected_misprint"),
    ],
)
def test_roles_on_reconstructed_patients(id: str, role: str) -> None:
    number = PAPER.number(id)
    assert role_of(number, True, roles(PAPER)) == role
    expected = role if number.status else "other_data"
    assert role_of(number, True, {}) == expected
    assert role_of(number, False, roles(PAPER)) == (number.status or "not_addressable")


def test_every_table_6_number_is_held_out_and_nothing_else() -> None:
    played = roles(PAPER)
    held = {id for id in PAPER.ids("*") if role_of(PAPER.number(id), True, played) == "held_out"}
    assert held >= set(PAPER.ids("table6.*"))
    restated = {PAPER.number(id).quantity for id in held - set(PAPER.ids("table6.*"))}
    assert restated <= set(PAPER.ids("table6.*"))


def test_what_agrees_by_construction_says_so() -> None:
    assert "by construction" in BY_ROLE["target"]
    assert "test" in BY_ROLE["held_out"]


def test_a_response_has_its_own_reading_and_a_fraction_a_second() -> None:
    assert readings_of(PAPER.number("fig1.easi75.w16.pct")) == (RESPONSE,)
    means = readings_of(PAPER.number("table2.easi.w16.pct_change_mean"))
    assert [(reading.estimand, reading.same) for reading in means] == [
        ("ratio_of_means", False), ("mean_percent_change", True),
    ]  # fmt: skip
    (sd,) = readings_of(PAPER.number("table2.easi.w16.pct_change_sd"))
    assert sd.estimand == "percent_change_sd"
