import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.paper.claims import COLUMNS, RELATIONS, load_claims, read_claims, totals_of
from adbayes.paper.ledger import Ledger
from adbayes.paper.populations import RELATIONS as OF_PATIENTS
from adbayes.paper.published import load_published

KNOWN = (*RELATIONS, *OF_PATIENTS, "total")


@pytest.fixture(scope="session")
def paper(ledger_of, entry):
    """A made-up paper."""
    return ledger_of(
        entry("table1.young.count", "count", "12", row="Age 20-30"),
        entry("table1.old.count", "count", "18", row="Age 30-40"),
        entry("table1.age.mean", "mean", "31.50"),
        entry("table1.age.min", "min", "20"),
        entry("table1.age.max", "max", "39"),
        entry("text.a.pct", "percent", "40%"),
        entry("text.b.pct", "percent", "60%"),
        entry("table3.x.p", "p_value", "0.030", term="x_w0"),
        entry("table3.y.p", "p_value", "0.051", term="y_w0"),
        entry("table3.z.p", "p_value", "< 0.001", term="z_w0"),
        entry("table3.x.or", "odds_ratio", "2.509", term="x_w0"),
        entry("table3.y.or", "odds_ratio", "0.259", term="y_w0"),
        entry("abstract.or", "odds_ratio", "2.5", term="x_w0"),
        entry("fig.a_b.r", "correlation", "0.60", variable="a~b"),
        entry("fig.a_c.r", "correlation", "0.20", variable="a~c"),
        entry("text.left.count", "count", "0"),
        entry("text.some.count", "count", "2"),
        entry("text.all.count", "count", "9"),
        size=30,
    )


def judge(ledger, relation, ids, against=""):
    table = pd.DataFrame(
        [dict(zip(COLUMNS, ("c", "t", "said", ids, relation, against, "f"), strict=True))]
    )
    (claim,) = read_claims(table, ledger, KNOWN)
    return RELATIONS[relation](claim, ledger)


@pytest.mark.parametrize(
    ("relation", "ids", "against", "grade"),
    [
        ("significant", "table3.x.p table3.z.p", "", "consistent"),
        ("significant", "table3.*.p", "", "inconsistent"),
        ("not_significant", "table3.y.p", "", "consistent"),
        ("not_significant", "table3.y.p table3.z.p", "", "inconsistent"),
        ("high_correlation", "fig.a_b.r", "", "consistent"),
        ("high_correlation", "fig.a_b.r fig.a_c.r", "", "inconsistent"),
        ("all_but", "fig.*.r", "fig.a_c.r", "consistent"),
        ("all_but", "fig.*.r", "fig.a_b.r", "inconsistent"),
        ("none", "text.left.count", "text.all.count", "consistent"),
        ("none", "text.left.count text.some.count", "text.all.count", "inconsistent"),
        ("equals", "abstract.or", "table3.x.or", "consistent"),
        ("equals", "abstract.or", "table3.y.or", "inconsistent"),
        ("adds_up", "table1.young.count table1.old.count", "table1.n", "consistent"),
        ("adds_up", "table1.young.count text.some.count", "table1.n", "inconsistent"),
        ("adds_up", "text.*.pct", "", "consistent"),
        ("adds_up", "text.a.pct", "", "inconsistent"),
        ("mean_in_bins", "table1.young.count table1.old.count", "table1.age.*", "consistent"),
        ("mean_in_bins", "table1.young.count", "table1.age.*", "inconsistent"),
        ("covariates", "table3.*.or", "x_* y_*", "consistent"),
        ("covariates", "table3.*.or", "x_* sex", "inconsistent"),
        ("covariates", "table3.x.or", "x_* y_*", "inconsistent"),
    ],
)
def test_every_relation_both_ways(relation, ids, against, grade, paper):
    found = judge(paper, relation, ids, against)
    assert found.grade == grade
    assert found.finding == "f"
    assert found.condition.startswith("said")
    assert found.arithmetic


def test_every_relation_is_tested_both_ways():
    marks = test_every_relation_both_ways.pytestmark[0].args[1]
    for relation in RELATIONS:
        assert {one[3] for one in marks if one[0] == relation} == {"consistent", "inconsistent"}


def test_what_would_be_possible_is_said(paper):
    assert judge(paper, "significant", "table3.y.p table3.x.p").possible == (
        "significant: table3.x.p 0.030"
    )
    found = judge(paper, "equals", "abstract.or", "table3.y.or")
    assert found.possible == "it is that of table3.x.or 2.509"
    found = judge(paper, "covariates", "table3.*.or", "x_* sex")
    assert found.computed == "named but not printed: sex; printed but not named: y_w0"
    assert judge(
        paper, "mean_in_bins", "table1.young.count table1.old.count", "table1.age.*"
    ).computed == ("26.00 to 35.40")


def test_bins_must_be_readable(paper):
    with pytest.raises(DataError, match="needs a bin such as '20-30'"):
        judge(paper, "mean_in_bins", "text.all.count", "table1.age.*")


def test_claims_that_cannot_be_read_are_refused(paper):
    table = load_claims()
    with pytest.raises(DataError, match=r"no id matches"):
        read_claims(table, paper, KNOWN)
    with pytest.raises(DataError, match="no column relation"):
        read_claims(table.drop(columns="relation"), paper, KNOWN)
    with pytest.raises(DataError, match=r"relation 'significnt'; the nearest is 'significant'"):
        judge(paper, "significnt", "table3.x.p")


def test_the_packaged_claims_name_numbers_of_the_ledger_and_only_known_relations():
    table = load_claims()
    ledger = Ledger.of(load_published())
    claims = read_claims(table, ledger, KNOWN)
    assert len(claims) == len(table)
    assert table["check"].is_unique
    assert (table["claim"] != "").all()
    totals = totals_of(claims)
    assert len(totals) == 16
    assert totals["table4.nrs.ldh_w16.p"].text == "65.55 +- 23.05"
