import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.paper.ledger import Ledger, base_of
from adbayes.paper.published import load_paper, load_published


def test_the_packaged_ledger_is_read_unchanged():
    ledger, paper = Ledger.of(load_published()), load_paper()
    assert list(ledger.numbers) == paper.ids()
    assert all(ledger.numbers[id] == paper.number(id) for id in paper.ids())
    assert ledger.sample_size == 99


def test_a_ledger_of_another_paper_comes_from_any_table(ledger_of, entry):
    ledger = ledger_of(
        entry("table2.sex.or", "odds_ratio", "1.5"),
        entry("table2.sex.p", "p_value", "< 0.001"),
        entry("discussion.x", "percent", "12%", group="another study"),
        size=40,
    )
    assert len(ledger) == 4
    assert ledger.sample_size == 40
    assert ledger.numbers["table2.sex.p"].interval == (0, 0.001)
    assert ledger.beside("table2.sex", "p_value").id == "table2.sex.p"
    assert ledger.beside("table2.sex", "ci_low") is None
    assert ledger.of_statistic("percent") == []
    assert ledger.get("nothing") is None
    assert base_of("table2.sex.or") == "table2.sex"


def test_patterns_keep_their_order_and_say_what_they_miss(ledger_of, entry):
    ledger = ledger_of(entry("a.1.p", "p_value", "0.1"), entry("a.2.p", "p_value", "0.2"))
    assert [one.id for one in ledger.matching("a.2.p a.*.p")] == ["a.2.p", "a.1.p"]
    assert ledger.matching("") == []
    with pytest.raises(DataError, match=r"no id matches 'b\.\*'"):
        ledger.matching("a.1.p b.*")


def test_two_numbers_of_patients_are_none(ledger_of, entry):
    rows = entry("text.n", "n", "41", variable="n"), entry("abstract.n", "n", "40", variable="n")
    assert ledger_of(*rows).sample_size is None


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda t: t.drop(columns="numeric"), "no column numeric"),
        (lambda t: pd.concat([t, t]), "is the id of more than one row"),
        (lambda t: t.assign(numeric="much"), "has numeric 'much'; it must be a number"),
        (lambda t: t.assign(decimals=1.5), "has decimals 1.5; it must be a whole number"),
        (lambda t: t.assign(n=0), "has n 0; it must be at least 1"),
        (lambda t: t.assign(n="some"), "has n 'some'; it must be a whole number"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(spoil, sentence, entry):
    table = pd.DataFrame([entry("a.p", "p_value", "0.1")])
    with pytest.raises(DataError, match=sentence):
        Ledger.of(spoil(table))
