from adbayes.cohort.outcomes import OUTCOMES
from adbayes.paper.grids import GRIDS, Moments, baseline_of, moments


def test_the_grids_are_those_of_the_patient_files():
    for name, grid in GRIDS.items():
        outcome = OUTCOMES[name]
        assert (grid.low, grid.high, grid.step) == (outcome.low, outcome.high, outcome.step)


def test_a_mean_finds_its_sd_and_its_baseline(ledger_of, entry):
    def pair(visit, mean, sd, **more):
        base = f"t.a.w{visit}"
        return (
            entry(f"{base}.mean", "mean", mean, variable="a", visit=visit, **more),
            entry(f"{base}.sd", "sd", sd, variable="a", visit=visit, **more),
        )

    alone = entry("t.b.w0.mean", "mean", "3", variable="b", visit=0)
    ledger = ledger_of(*pair(0, "9.10", "2.00"), alone, *pair(4, "5.20", "2.10"))
    first, second = moments(ledger)
    assert (first.text, second.text) == ("9.10 +- 2.00", "5.20 +- 2.10")
    assert baseline_of(ledger, second) == first
    only_later = ledger_of(*pair(4, "5.20", "2.10"))
    assert baseline_of(only_later, moments(only_later)[0]) is None


def test_an_sd_is_never_negative(ledger_of, entry):
    mean, sd = ledger_of(entry("t.a.mean", "mean", "3"), entry("t.a.sd", "sd", "0"))
    assert Moments(mean, sd).sd_interval == (0.0, 0.5)
