"""Nested shares of adverse events: margins are those of the ledger's posteriors, products follow."""

import pytest
from scipy import stats

from adbayes.errors import SpecError
from adbayes.inference.printed import posterior
from adbayes.results.adverse_events import NESTED, adverse_events


@pytest.fixture(scope="module")
def table():
    return adverse_events()


def row(table, outcome, term="", priors="weakly_informative"):
    found = table[
        (table["outcome"] == outcome) & (table["term"] == term) & (table["priors"] == priors)
    ]
    assert len(found) == 1, (outcome, term)
    return found.iloc[0]


@pytest.mark.parametrize(
    ("outcome", "term"),
    [
        ("facial_erythema", ""),
        ("conjunctivitis", ""),
        ("facial_erythema_persistent", "given facial_erythema"),
        ("conjunctivitis_persistent", "given conjunctivitis"),
        ("conjunctivitis_discontinued", "given conjunctivitis"),
    ],
)
def test_margins_are_the_posteriors_of_the_ledger(table, outcome, term):
    ours = row(table, outcome, term)
    theirs = posterior(f"text.ae.{outcome}.count")
    assert ours["mean"] == pytest.approx(theirs.mean(), abs=1e-6)
    assert (ours["ci_low"], ours["ci_high"]) == pytest.approx(theirs.interval(), abs=1e-6)
    assert ours["n"] == theirs.n


def test_counts_are_the_printed_ones(table):
    printed = table.set_index(["outcome", "term", "priors"])[["count", "n"]]
    reported = "weakly_informative"
    assert tuple(printed.loc["facial_erythema", "", reported]) == (19, 99)
    assert tuple(printed.loc["facial_erythema_persistent", "given facial_erythema", reported]) == (
        6,
        19,
    )
    assert tuple(printed.loc["conjunctivitis_persistent", "all patients", reported]) == (5, 99)
    assert (table["evidence"] == "published").all()
    assert not table.duplicated(["outcome", "term", "priors"]).any()


@pytest.mark.parametrize("pair", NESTED)
def test_a_product_is_occurrence_times_outcome(table, pair):
    event, outcome = pair
    whole, part = row(table, event), row(table, outcome, f"given {event}")
    product = row(table, outcome, "all patients")
    assert product["mean"] == pytest.approx(whole["mean"] * part["mean"])
    draws = stats.beta(whole["count"] + 1, whole["n"] - whole["count"] + 1).rvs(
        40_000, random_state=1
    ) * stats.beta(part["count"] + 1, part["n"] - part["count"] + 1).rvs(40_000, random_state=2)
    for level, name in ((0.025, "ci_low"), (0.5, "median"), (0.975, "ci_high")):
        below = (draws <= product[name]).mean()
        assert below == pytest.approx(level, abs=4 * (level * (1 - level) / 40_000) ** 0.5)


def test_nobody_discontinued_is_an_upper_bound(table):
    given = row(table, "conjunctivitis_discontinued", "given conjunctivitis")
    # Beta(1, 18): the closed form.
    assert given["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 18), abs=1e-9)
    assert given["median"] == pytest.approx(1 - 0.5 ** (1 / 18), abs=1e-9)


def test_other_studies_narrow_conjunctivitis_only_a_little(table):
    ours = row(table, "conjunctivitis")
    historical = row(table, "conjunctivitis", priors="historical")
    assert historical["sd"] < ours["sd"]
    assert historical["mean"] == pytest.approx(ours["mean"], abs=ours["sd"] / 2)
    assert set(table.loc[table["priors"] == "historical", "outcome"]) == {
        "conjunctivitis",
        "conjunctivitis_persistent",
        "conjunctivitis_discontinued",
    }


def test_another_prior_set():
    vague = adverse_events("vague")
    found = row(vague, "facial_erythema", priors="vague")
    assert found["mean"] == pytest.approx(19.5 / 100)
    with pytest.raises(SpecError, match="no prior set 'vage'; did you mean 'vague'"):
        adverse_events("vage")
