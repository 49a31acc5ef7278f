"""The gate at its thresholds, and diagnostics of draws whose quality is known."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from adbayes.inference.diagnostics import Gate, gate, quality

GOOD = Gate(
    divergences=0,
    max_treedepth_share=0.0,
    min_ess_bulk=1000.0,
    min_ess_tail=1000.0,
    max_r_hat=1.001,
    min_bfmi=0.9,
)


@pytest.mark.parametrize(
    ("changes", "passed"),
    [
        ({}, True),
        ({"divergences": 1}, False),
        ({"max_treedepth_share": 1.0}, True),
        ({"min_ess_bulk": 400.0}, False),
        ({"min_ess_bulk": 400.1}, True),
        ({"min_ess_tail": 400.0}, False),
        ({"min_ess_tail": 400.1}, True),
        ({"max_r_hat": 1.01}, False),
        ({"max_r_hat": 1.0099}, True),
        ({"min_bfmi": 0.3}, False),
        ({"min_bfmi": 0.301}, True),
        ({"min_ess_bulk": float("nan")}, False),
        ({"min_ess_tail": float("nan")}, False),
        ({"max_r_hat": float("nan")}, False),
        ({"min_bfmi": float("nan")}, False),
    ],
)
def test_thresholds(changes: dict[str, float], passed: bool) -> None:
    assert replace(GOOD, **changes).passed is passed


def dataset(**variables: np.ndarray) -> xr.Dataset:
    dims = ("chain", "draw", "k")
    return xr.Dataset({name: (dims[: v.ndim], v) for name, v in variables.items()})


def statistics(shape: tuple[int, int] = (4, 1000), divergences: int = 0) -> xr.Dataset:
    rng = np.random.default_rng(9)
    diverging = np.zeros(shape, dtype=bool)
    diverging.ravel()[:divergences] = True
    return dataset(energy=rng.normal(size=shape), diverging=diverging, maxdepth_reached=diverging)


def test_independent_draws_pass() -> None:
    rng = np.random.default_rng(1)
    draws = dataset(a=rng.normal(size=(4, 1000)), b=rng.normal(size=(4, 1000, 3)))
    found = gate(quality(draws), statistics())
    assert found.passed
    assert found.divergences == 0
    # 4,000 independent draws have about that many effective ones
    assert found.min_ess_bulk > 3000
    assert found.min_bfmi > 0.9
    table = quality(draws)
    assert len(table) == 4
    # MCSE of a mean of independent draws is SD / sqrt(draws)
    np.testing.assert_allclose(table["mcse_mean"], 1 / np.sqrt(4000), rtol=0.15)
    assert not table["constant"].any()


def test_the_worst_scalar_decides() -> None:
    rng = np.random.default_rng(2)
    apart = rng.normal(size=(4, 1000, 3))
    apart[0, :, 1] += 3  # one chain elsewhere, in one entry of one variable
    found = gate(quality(dataset(a=rng.normal(size=(4, 1000)), b=apart)), statistics())
    assert found.max_r_hat > 1.1
    assert not found.passed


def test_sticky_chains_fail_by_their_effective_size() -> None:
    rng = np.random.default_rng(3)
    walk = np.zeros((4, 1000))
    for i in range(1, 1000):
        walk[:, i] = 0.97 * walk[:, i - 1] + rng.normal(size=4)
    found = gate(quality(dataset(a=walk)), statistics())
    # an AR(1) of 0.97 has (1 - 0.97) / (1 + 0.97) = 0.015 of its draws
    assert 20 < found.min_ess_bulk < 150
    assert not found.passed


def test_divergences_are_counted() -> None:
    draws = dataset(a=np.random.default_rng(4).normal(size=(4, 1000)))
    found = gate(quality(draws), statistics(divergences=3))
    assert found.divergences == 3
    assert found.max_treedepth_share == pytest.approx(3 / 4000)
    assert not found.passed


def test_a_stuck_energy_fails() -> None:
    draws = dataset(a=np.random.default_rng(4).normal(size=(4, 1000)))
    stats = statistics()
    stats["energy"] = (("chain", "draw"), np.cumsum(stats["energy"].to_numpy(), axis=1))
    found = gate(quality(draws), stats)
    assert found.min_bfmi < 0.3
    assert not found.passed


def test_a_constant_is_judged_through_what_it_is_made_of() -> None:
    rng = np.random.default_rng(5)
    free = rng.normal(size=(4, 1000))
    draws = dataset(a=free, always=np.full((4, 1000), 100.0))
    table = quality(draws)
    assert table["constant"].to_dict() == {"a": False, "always": True}
    assert gate(quality(draws), statistics()).passed


@pytest.mark.parametrize(
    ("value", "of"), [(np.nan, 1), (np.nan, 4000), (np.inf, 4000), (-np.inf, 4000)]
)
def test_draws_that_are_no_numbers_fail(value: float, of: int) -> None:
    rng = np.random.default_rng(6)
    broken = rng.normal(size=(4, 1000))
    broken.ravel()[-of:] = value
    table = quality(dataset(a=rng.normal(size=(4, 1000)), b=broken))
    assert not table["constant"].any()  # all infinite is no probability at 0 or 1
    assert not gate(table, statistics()).passed


def test_scalars_have_the_names_that_arviz_prints() -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(size=(4, 100, 2, 3)) + np.arange(6).reshape(2, 3)
    draws = xr.Dataset(
        {
            "a": (("chain", "draw"), rng.normal(size=(4, 100))),
            "b": (("chain", "level", "draw", "visit"), values.swapaxes(1, 2)),
        },
        coords={"level": ["p", "q"], "visit": [0, 16, 52]},
    )
    draws["b"][{"level": 1, "visit": 2}] *= 0  # q at 52 is constant
    table = quality(draws)
    assert table.index.tolist() == ["a", *(f"b[{one}, {v}]" for one in "pq" for v in (0, 16, 52))]
    assert table.index[table["constant"]].tolist() == ["b[q, 52]"]
    assert quality(draws[[]]).empty


def test_the_worse_of_two_gates_is_the_worse_of_each() -> None:
    good = Gate(0, 0.0, 900.0, 800.0, 1.001, 0.9)
    for other in (
        Gate(2, 0.0, 900.0, 800.0, 1.001, 0.9),
        Gate(0, 0.0, 100.0, 800.0, 1.001, 0.9),
        Gate(0, 0.0, 900.0, 100.0, 1.001, 0.9),
        Gate(0, 0.0, 900.0, 800.0, 1.02, 0.9),
        Gate(0, 0.0, 900.0, 800.0, 1.001, 0.2),
        Gate(0, 0.0, 900.0, float("nan"), 1.001, 0.9),
    ):
        assert not good.worst_of(other).passed
        assert not other.worst_of(good).passed
    assert good.worst_of(good) == good
