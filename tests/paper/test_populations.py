import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.paper.claims import COLUMNS, RELATIONS, read_claims
from adbayes.paper.grids import Grid
from adbayes.paper.ledger import Ledger
from adbayes.paper.populations import RELATIONS as OF_PATIENTS
from adbayes.paper.populations import Setting, group_sizes, sizes_behind
from adbayes.paper.published import load_published


def claims(ledger, *rows):
    table = pd.DataFrame(
        [dict(zip(COLUMNS, ("c", "t", "said", *row, "f"), strict=True)) for row in rows]
    )
    return read_claims(table, ledger, (*RELATIONS, *OF_PATIENTS, "total"))


def judge(ledger, *row, groups=()):
    said = claims(ledger, row, *groups)
    setting = Setting(ledger, {"itch": Grid(0, 10)}, group_sizes(said, ledger))
    return OF_PATIENTS[row[1]](said[0], setting)


@pytest.fixture(scope="module")
def paper(ledger_of, entry):
    """60 patients; a figure of 41 or 82/2 of them; groups of 25 and 30; two odds ratios."""

    def odds(name, row, estimate, half):
        more = {"group": "yes against no", "row": row, "variable": name}
        ends = [estimate * np.exp(sign * half) for sign in (-1, 1)]
        return [
            entry(f"table5.{name}.or", "odds_ratio", f"{estimate:.3f}", **more),
            entry(f"table5.{name}.ci_low", "ci_low", f"{ends[0]:.3f}", **more),
            entry(f"table5.{name}.ci_high", "ci_high", f"{ends[1]:.3f}", **more),
        ]

    return ledger_of(
        entry("fig1.a.pct", "percent", "56.10%"),  # 23/41
        entry("fig1.b.pct", "percent", "90.24%"),  # 37/41
        entry("table4.x.lo.n", "n", "25", variable="x"),
        entry("table4.x.hi.n", "n", "30", variable="x"),
        entry("table4.y.lo.n", "n", "20", variable="y"),
        entry("table4.y.hi.n", "n", "21", variable="y"),
        entry("table2.itch.w4.mean", "mean", "3.36", variable="itch"),
        entry("table2.itch.w8.mean", "mean", "3.37", variable="itch"),
        entry("table1.steroid.count", "count", "24", row="Systemic steroid"),
        entry("text.steroid_now.pct", "percent", "5%", row="On a steroid"),
        entry("text.other.count", "count", "20"),
        *odds("steroid", "Steroid at entry", 0.9, 1.1),
        *odds("wide", "Other", 1.2, 2.5),
        size=60,
    )


@pytest.mark.parametrize(
    ("ids", "relation", "against", "grade"),
    [
        ("fig1.*.pct", "same_patients", "table1.n", "inconsistent"),
        ("fig1.*.pct", "same_patients", "fig1.a.pct", "consistent"),
        ("table4.y.*.n", "among", "fig1.*.pct", "consistent"),
        ("table4.*.n", "among", "fig1.*.pct", "inconsistent"),
        ("table4.*.n", "among", "table1.n", "consistent"),
        (
            "table2.itch.w8.mean",
            "grim_at",
            "fig1.*.pct",
            "consistent",
        ),  # none between 3.365, 3.375?
        (
            "table2.itch.w4.mean",
            "grim_at",
            "fig1.*.pct",
            "impossible",
        ),  # 137/41 = 3.34, 138/41 = 3.37
        ("table5.*.or", "bound_on_n", "table1.n", "consistent"),
        ("table5.*.or", "bound_on_n", "fig1.*.pct", "impossible"),
        ("table5.wide.or", "bound_on_n", "fig1.*.pct", "consistent"),
        ("table5.steroid.or", "group_size", "table1.steroid.count", "consistent"),
        ("table5.steroid.or", "group_size", "text.steroid_now.pct", "impossible"),
        ("table5.wide.or", "group_size", "text.steroid_now.pct", "consistent"),
        ("table5.steroid.or", "group_of", "table4.x.hi.n table4.x.lo.n", "consistent"),
        ("table5.steroid.or", "group_of", "table4.y.hi.n table4.y.lo.n", "impossible"),
    ],
)
def test_claims_about_patients_both_ways(ids, relation, against, grade, paper):
    found = judge(paper, ids, relation, against)
    assert found.grade == grade, found
    assert found.possible
    assert found.arithmetic


def test_the_bound_and_the_groups_that_would_do_are_named(paper):
    found = judge(paper, "table5.steroid.or", "group_size", "text.steroid_now.pct")
    need = 4 * (1.959964 / 1.1) ** 2
    assert found.computed.startswith(f"needs n1 n0/n >= {need:.1f}; 3 of 60 gives 2.9")
    assert "enough: table1.steroid.count 24 (14.4)" in found.possible
    found = judge(paper, "table5.*.or", "bound_on_n", "fig1.*.pct")
    assert found.possible == f"n >= {int(np.ceil(4 * need))}"


def test_sizes_are_read_from_percentages_or_print(paper):
    assert sizes_behind(tuple(paper.matching("fig1.*.pct")), 60) == [41]
    assert sizes_behind(tuple(paper.matching("table1.n")), 60) == [60]


def test_events_per_variable_are_counted_without_a_verdict(paper):
    found = judge(paper, "table5.*.or", "events_per_variable", "table4.y.*.n")
    assert found.computed == "at most 20/3 = 6.7 events per slope"
    assert found.grade == "consistent"


def test_responders_are_searched_and_compared():
    """The paper's own row: with its figure's responders out of reach, and with them within it."""
    ledger = load_published()
    groups = (
        ("table5.onset_adult.or", "group_size", "table1.onset_adult.count"),
        ("table5.concomitant.or", "group_size", "text.initial_combination.*.pct"),
    )
    row = (
        "table5.onset_adult.or",
        "responders",
        "fig1.easi90.w52.pct table2.easi.baseline.mean table2.easi.baseline.sd",
    )
    found = judge(Ledger.of(ledger), *row, groups=groups[:1])
    assert found.grade == "inconsistent"
    assert "3-3" in found.arithmetic
    # 49 of 99 instead.
    changed = ledger["id"] == "fig1.easi90.w52.pct"
    ledger.loc[changed, ["value", "numeric", "n_inferred"]] = ["49.49%", 49.49, 99]
    assert judge(Ledger.of(ledger), *row, groups=groups[:1]).grade == "consistent"


def test_what_a_claim_needs_is_asked_for(ledger_of, entry, paper):
    bare = ledger_of(entry("fig1.a.pct", "percent", "56.10%"))
    with pytest.raises(DataError, match="needs the number of patients"):
        judge(bare, "fig1.a.pct", "same_patients", "fig1.a.pct")
    lost = ledger_of(
        *[one.__dict__ for one in paper.matching("table5.steroid.*")],
        entry("text.none.pct", "percent", "0.9%"),
        size=60,
    )
    with pytest.raises(DataError, match=r"no count of 60 prints as 0\.9%"):
        judge(lost, "table5.steroid.or", "group_size", "text.none.pct")
