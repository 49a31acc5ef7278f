from itertools import combinations_with_replacement
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbayes.paper.grids import Grid, moments
from adbayes.paper.grim import at_size, grim, grimmer, grims, possible_sizes

NRS = Grid(0, 10)


def box(value: float, decimals: int) -> tuple[float, float]:
    """The values that are printed like one."""
    printed, half = float(f"{value:.{decimals}f}"), 0.5 * 10.0**-decimals
    return printed - half, printed + half


@given(
    scores=st.lists(st.integers(0, 30), min_size=2, max_size=120),
    of_mean=st.integers(0, 3),
    of_sd=st.integers(0, 3),
)
def test_no_integer_data_set_is_impossible_by_its_own_print(scores, of_mean, of_sd):
    low, high = box(stdev(scores), of_sd)
    assert grim(box(mean(scores), of_mean), len(scores), Grid(0, 30))
    assert grimmer(box(mean(scores), of_mean), (max(low, 0), high), len(scores), Grid(0, 30))


@given(st.lists(st.integers(0, 720), min_size=2, max_size=60))
def test_nor_is_one_in_tenths(tenths):
    scores = [one / 10 for one in tenths]
    low, high = box(stdev(scores), 3)
    grid = Grid(0, 72, 0.1)
    assert grimmer(box(mean(scores), 3), (max(low, 0), high), len(scores), grid)


def test_against_every_data_set_of_six():
    """All prints of six scores 0 to 4: what passes is what exists, but for a few near the corners."""
    grid = Grid(0, 4)
    real = {
        (f"{mean(scores):.2f}", f"{stdev(scores):.2f}")
        for scores in combinations_with_replacement(range(5), 6)
    }
    passed = set()
    for a in range(401):
        for b in range(251):
            sd = (max(b / 100 - 0.005, 0), b / 100 + 0.005)
            if grimmer((a / 100 - 0.005, a / 100 + 0.005), sd, 6, grid):
                passed.add((f"{a / 100:.2f}", f"{b / 100:.2f}"))
    assert real <= passed
    # 175 pass where 151 exist; without the parity 325 would.
    assert len(passed) < 1.2 * len(real)


def test_the_example_of_brown_and_heathers():
    assert not grim((5.185, 5.195), 28, Grid(0, 7))
    assert grim((5.175, 5.185), 28, Grid(0, 7))


def test_the_parity_of_the_sum_of_squares():
    """Five scores with sum 10: squares of 24 or 26, never 25, so no SD of 1.12."""
    assert grimmer((1.995, 2.005), (0.995, 1.005), 5, NRS)
    assert grimmer((1.995, 2.005), (1.22, 1.23), 5, NRS)
    assert grim((1.995, 2.005), 5, NRS)
    assert not grimmer((1.995, 2.005), (1.115, 1.125), 5, NRS)


def test_an_sd_beyond_what_the_range_allows():
    assert grimmer((4.995, 5.005), (5.265, 5.275), 10, NRS)  # half 0, half 10
    assert not grimmer((4.995, 5.005), (5.285, 5.295), 10, NRS)
    assert not grimmer((3.295, 3.305), (0.0, 0.3), 10, NRS)  # 3.3 cannot be of equal scores


def printed(entry, value, sd, **more):
    more = {"variable": "nrs", "visit": 4} | more
    return (
        entry("table2.nrs.w4.mean", "mean", value, **more),
        entry("table2.nrs.w4.sd", "sd", sd, **more),
    )


def test_a_printed_n_decides_and_an_unprinted_one_is_listed(ledger_of, entry):
    grids = {"nrs": NRS}
    (found,) = grims(ledger_of(*printed(entry, "3.36", "2.13", n=82), size=99), grids)
    assert found.grade == "impossible"
    assert "275/82 = 3.3537, 276/82 = 3.3659" in found.arithmetic
    (found,) = grims(ledger_of(*printed(entry, "3.36", "2.13", n=83), size=99), grids)
    assert found.grade == "consistent"
    (found,) = grims(ledger_of(*printed(entry, "3.36", "2.13"), size=99), grids)
    assert found.grade == "consistent"
    assert "82" in found.computed.partition(";")[0]
    # A mean beyond the scale is not of any number of patients.
    (found,) = grims(ledger_of(*printed(entry, "13.36", "2.13"), size=99), grids)
    assert found.grade == "impossible"
    assert grims(ledger_of(*printed(entry, "3.36", "2.13"), size=99), {}) == []


def test_several_scores_at_one_visit_are_joined(ledger_of, entry):
    rows = list(printed(entry, "3.36", "2.13"))
    rows += [
        entry("table2.dlqi.w4.mean", "mean", "8.93", variable="dlqi", visit=4),
        entry("table2.dlqi.w4.sd", "sd", "6.59", variable="dlqi", visit=4),
    ]
    ledger = ledger_of(*rows, size=99)
    grids = {"nrs": NRS, "dlqi": Grid(0, 30)}
    joint = grims(ledger, grids)[-1]
    assert joint.check == "grim.table2.w4"
    alone = [set(possible_sizes([(one, grids[one.mean.variable])], 99)) for one in moments(ledger)]
    both = possible_sizes([(one, grids[one.mean.variable]) for one in moments(ledger)], 99)
    assert both == sorted(alone[0] & alone[1])
    assert {82, 93} & set(range(60, 100)) - set(both) == {82, 93}
    assert both[-6:] == [94, 95, 96, 97, 98, 99]


@pytest.mark.parametrize(
    ("n", "fits", "told"), [(82, False, "275/82"), (99, True, "333/99 = 3.3636")]
)
def test_one_mean_at_one_n(n, fits, told, ledger_of, entry):
    number, _ = ledger_of(*printed(entry, "3.36", "2.13"))
    found = at_size(number, NRS, n)
    assert found[0] is fits
    assert told in found[1]
