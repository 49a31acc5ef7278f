"""Everything nutpie would not survive is refused before it, and one compilation serves many fits."""

from collections.abc import Callable

import numpy as np
import nutpie
import pytest
from pytensor.configdefaults import config

from adbayes.cohort.simulate import simulate_patients
from adbayes.inference.fits import Fits
from adbayes.inference.fitting import fit
from adbayes.model import compiled, logistic_regression, random_intercept
from adbayes.model.compiled import check_swap, structure_of, swapped
from adbayes.model.spec import load_spec

Arrays = dict[str, np.ndarray]
MIXED = ("easi", "nrs", "poem", "dlqi", "ige", "tec", "ldh")


def placeholders(structure: object) -> Arrays:
    model = structure.pymc_model(3)
    return {variable.name: variable.get_value() for variable in model.data_vars}


def usable(structure: object) -> Arrays:
    rng = np.random.default_rng(1)
    if structure is logistic_regression:
        return {
            "X": rng.normal(size=(8, 3)),
            "y": rng.integers(0, 2, 8).astype(float),
            "offset": np.zeros(8),
            "prior_mu": np.zeros(3),
            "prior_sigma": np.ones(3),
        }
    return {
        "XtX": np.eye(3),
        "Xty": np.ones(3),
        "yty": np.asarray(9.0),
        "n_rows": np.asarray(8.0),
        "X_sum": rng.normal(size=(4, 3)),
        "y_sum": rng.normal(size=4),
        "n_in_group": np.full(4, 2.0),
        "prior_mu": np.zeros(3),
        "prior_sigma": np.ones(3),
        "group_scale": np.asarray(1.0),
        "residual_scale": np.asarray(1.0),
    }


CASES = [
    (structure, name)
    for structure in (logistic_regression, random_intercept)
    for name in usable(structure)
]
IDS = [f"{structure.NAME}-{name}" for structure, name in CASES]


@pytest.mark.parametrize("structure", [logistic_regression, random_intercept])
def test_usable_arrays_pass_whatever_their_length(structure: object) -> None:
    check_swap(structure, placeholders(structure), usable(structure))


@pytest.mark.parametrize(("structure", "name"), CASES, ids=IDS)
def test_a_missing_array_is_refused(structure: object, name: str) -> None:
    data = usable(structure)
    del data[name]
    with pytest.raises(ValueError, match="the structure holds"):
        check_swap(structure, placeholders(structure), data)


@pytest.mark.parametrize(("structure", "name"), CASES, ids=IDS)
def test_another_rank_is_refused(structure: object, name: str) -> None:
    data = usable(structure)
    for wrong in (data[name][None], data[name][0] if data[name].ndim else None):
        if wrong is not None:
            with pytest.raises(ValueError, match=f"^{name} must have rank"):
                check_swap(structure, placeholders(structure), data | {name: wrong})


@pytest.mark.parametrize(("structure", "name"), CASES, ids=IDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(structure: object, name: str, bad: float) -> None:
    data = usable(structure)
    value = data[name].copy()
    value[(0,) * value.ndim] = bad
    with pytest.raises(ValueError, match=f"^{name} holds a value that is not finite"):
        check_swap(structure, placeholders(structure), data | {name: value})


@pytest.mark.parametrize(("structure", "name"), CASES, ids=IDS)
def test_another_length_or_width_is_refused(structure: object, name: str) -> None:
    data = usable(structure)
    for axis in range(data[name].ndim):
        longer = np.concatenate([data[name], data[name].take([0], axis=axis)], axis=axis)
        with pytest.raises(
            ValueError, match=r"must have width 3|arrays by \w+ must have one length"
        ):
            check_swap(structure, placeholders(structure), data | {name: longer})
        shorter = data[name].take(range(data[name].shape[axis] - 1), axis=axis)
        with pytest.raises(
            ValueError, match=r"must have width 3|arrays by \w+ must have one length"
        ):
            check_swap(structure, placeholders(structure), data | {name: shorter})


@pytest.mark.parametrize("structure", [logistic_regression, random_intercept])
def test_an_extra_array_is_refused(structure: object) -> None:
    with pytest.raises(ValueError, match="the structure holds"):
        check_swap(structure, placeholders(structure), usable(structure) | {"more": np.ones(3)})


@pytest.mark.parametrize("structure", [logistic_regression, random_intercept])
def test_no_rows_are_refused(structure: object) -> None:
    data = usable(structure)
    fixed = ("XtX", "Xty", "prior_mu", "prior_sigma")
    empty = {k: v[:0] if v.ndim and k not in fixed else v for k, v in data.items()}
    with pytest.raises(ValueError, match="one length"):
        check_swap(structure, placeholders(structure), empty)


@pytest.mark.parametrize(
    ("structure", "name"),
    [
        (logistic_regression, "prior_sigma"),
        (random_intercept, "prior_sigma"),
        (random_intercept, "group_scale"),
        (random_intercept, "residual_scale"),
        (random_intercept, "n_rows"),
        (random_intercept, "n_in_group"),
    ],
)
@pytest.mark.parametrize("bad", [0.0, -1.0])
def test_what_must_be_positive_is(structure: object, name: str, bad: float) -> None:
    data = usable(structure)
    value = data[name].copy()
    value[(0,) * value.ndim] = bad
    with pytest.raises(ValueError, match=f"^{name} must be positive"):
        check_swap(structure, placeholders(structure), data | {name: value})


def test_the_check_comes_before_nutpie(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("compiled before the data were checked")

    monkeypatch.setattr(compiled, "compiled", never)
    data = usable(logistic_regression)
    with pytest.raises(ValueError, match="must have width"):
        swapped(logistic_regression, (3,), data | {"prior_mu": np.zeros(2)})


def test_every_shipped_model_has_its_structure() -> None:
    for outcome in MIXED:
        assert structure_of(load_spec(f"{outcome}_change").analyses()[0]) is random_intercept
    for analysis in load_spec("easi90_univariable").analyses():
        assert structure_of(analysis) is logistic_regression


def test_one_compilation_serves_every_model_of_a_shape(
    monkeypatch: pytest.MonkeyPatch, one_predictor_fits: Fits
) -> None:
    calls: list[object] = []
    original: Callable[..., object] = nutpie.compile_pymc_model

    def counted(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        # With it, draws depend on the processor and on what Numba's cache held.
        assert not config.numba__fastmath
        return original(*arguments, **options)

    monkeypatch.setattr(nutpie, "compile_pymc_model", counted)
    compiled.compiled.cache_clear()
    # Other patients than those of the shared fits, so that the numbers of rows differ.
    others = simulate_patients(seed=2, n_patients=71, missing=0.1, missing_labs=0.2)
    rows = set()
    for outcome in MIXED:
        one = fit(f"{outcome}_change", others, draws=100, tune=100, chains=2, cores=1)
        rows.add(one.frame.n_rows)
    assert len(calls) == 1
    many = fit("easi90_univariable", others, draws=100, tune=100, chains=2, cores=1)
    assert isinstance(many, Fits)
    assert len(many) + len(many.skipped) == 17
    assert len(many) > 10
    assert len({one.frame.n_rows for one in many.values()}) > 3
    assert len(rows) > 1
    assert len(calls) == 2
