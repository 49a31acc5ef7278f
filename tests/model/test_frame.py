"""The rows a model sees: filtered, counted, typed, and refused with a sentence."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.errors import DataError
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.formula import parse_formula
from adbayes.model.frame import ModelFrame, model_frame
from adbayes.model.spec import Spec, load_spec

Load = Callable[[str], Spec]
NORMAL = '{ distribution = "Normal", mu = 0, sigma = 1, why = "w" }'
HALF = '{ distribution = "HalfNormal", sigma = 1, why = "w" }'


@pytest.fixture
def frame_of(spec_from: Load) -> Callable[..., ModelFrame]:
    """Rows of a Gaussian (or other) regression of `y` on some terms."""

    def make(cohort: Cohort | pd.DataFrame, terms: str = "x", family: str = "gaussian",
             data: str = "", outcome: str = "y", **extra: str) -> ModelFrame:  # fmt: skip
        names = [t.strip() for t in terms.split("+") if "(" not in t and t.strip() != "1"]
        priors = dict.fromkeys(["Intercept", *names], NORMAL) | extra
        if family == "gaussian":
            priors["sigma"] = HALF
        response = f"p({outcome}, n)" if family == "binomial" else outcome
        spec = spec_from(
            f'name = "own"\ntitle = "t"\n[data]\noutcome = "{outcome}"\n{data}\n'
            f'[model]\nformula = "{response} ~ {terms}"\nfamily = "{family}"\n[priors.only]\n'
            + "\n".join(f'"{name}" = {prior}' for name, prior in priors.items())
        )
        if isinstance(cohort, pd.DataFrame):
            cohort = cohort_from_frame(cohort, source="table")
        return model_frame(spec.analyses()[0], cohort)

    return make


Make = Callable[..., ModelFrame]
TABLE = pd.DataFrame(
    {
        "y": [1.0, 2.0, np.nan, 4.0, 5.0, 7.0],
        "x": [0.0, 1.0, 2.0, np.nan, 4.0, 9.0],
        "arm": ["b", "a", "b", "a", "b", "a"],
        "g": [1, 2, 1, 2, 3, 3],
    }
)


def test_a_score_above_the_stated_number_is_refused() -> None:
    (analysis,) = load_spec("nrs_change").analyses("beta_binomial")
    table = pd.DataFrame({"patient": list("aabb"), "visit": [0, 16] * 2, "nrs": [8, 3, 10, 5]})
    cohort = cohort_from_frame(table)
    assert model_frame(analysis, cohort).trials == 10
    narrow = parse_formula("p(nrs, 9) ~ visit + (1|patient)", "beta_binomial")
    changed = dataclasses.replace(analysis, formulas={**analysis.formulas, "mu": narrow})
    with pytest.raises(DataError, match="'nrs' has 10, above the 9 that the formula"):
        model_frame(changed, cohort)


def test_missing_values_are_an_error_unless_asked_otherwise(frame_of: Make) -> None:
    with pytest.raises(
        DataError,
        match=r"table: 2 of 6 rows of own .*y missing in 1, x missing in 1.*missing = \"drop\"",
    ):
        frame_of(TABLE)
    dropped = frame_of(TABLE, data='missing = "drop"')
    assert dropped.dropped == {"y missing": 1, "x missing": 1}
    assert list(dropped.data["y"]) == [1, 2, 5, 7]


def test_only_columns_of_the_model_count_as_missing(frame_of: Make) -> None:
    assert frame_of(TABLE, terms="arm", data='missing = "drop"').dropped == {"y missing": 1}


def test_failure_counts_every_absent_response(patients: Cohort, frame_of: Make) -> None:
    frame = patients.frame
    # Ten patients have no row at week 52 at all.
    gone = frame["patient"].unique()[:10]
    short = frame[~(frame["patient"].isin(gone) & (frame["visit"] == 52))]
    cohort = Cohort(short, "simulated", "a label", "source")
    data = 'visit = 52\nmissing = "failure"'
    found = frame_of(cohort, terms="female", family="bernoulli", data=data, outcome="easi90")
    assert found.n_units == found.n_rows == frame["patient"].nunique()
    by_patient = found.data.set_index("patient")["easi90"]
    assert (by_patient[list(gone)] == 0).all()
    week52 = frame[frame["visit"] == 52].set_index("patient")
    kept = week52.drop(gone)
    pd.testing.assert_series_equal(
        by_patient.sort_index().drop(gone),
        kept["easi90"].fillna(0).sort_index(),
        check_dtype=False, check_index_type=False, check_categorical=False, check_names=False,
    )  # fmt: skip
    drop = frame_of(
        cohort,
        terms="female",
        family="bernoulli",
        data='visit = 52\nmissing = "drop"',
        outcome="easi90",
    )
    assert drop.n_rows == kept["easi90"].notna().sum() < found.n_rows
    # A missing predictor is not a failure: the row is left out and counted.
    lab = frame_of(cohort, terms="ldh_ge_250_w0", family="bernoulli", data=data, outcome="easi90")
    absent = int(kept["ldh_ge_250_w0"].isna().sum())
    assert 0 < absent <= lab.dropped["ldh_ge_250_w0 missing"]
    assert set(lab.dropped) == {"ldh_ge_250_w0 missing"}


def test_standardised_columns(frame_of: Make) -> None:
    found = frame_of(TABLE, data='missing = "drop"\nstandardize = { x = [1, 2] }')
    np.testing.assert_allclose(found.data["x"], [-0.5, 0.0, 1.5, 4.0])
    with pytest.raises(DataError, match="'arm' holds text and cannot be standardised"):
        frame_of(TABLE, terms="arm", data='missing = "drop"\nstandardize = { arm = [1, 2] }')


def test_logarithms_come_before_standardising(frame_of: Make) -> None:
    table = TABLE.assign(x=[1.0, 2.0, 4.0, 8.0, 16.0, 64.0]).dropna()
    found = frame_of(table, data='log2 = ["x"]\nstandardize = { x = [1, 2] }')
    np.testing.assert_allclose(found.data["x"], [-0.5, 0.0, 1.0, 1.5, 2.5])
    with pytest.raises(DataError, match="'x' has 0, which has no logarithm"):
        frame_of(table.assign(x=[0.0, 2, 4, 8, 16]), data='log2 = ["x"]')
    with pytest.raises(DataError, match="'arm' holds text and has no logarithm"):
        frame_of(table, terms="arm", data='log2 = ["arm"]')


def test_where_and_visit(patients: Cohort, frame_of: Make) -> None:
    data = 'visit = 52\nmissing = "drop"\nwhere = "female == 1 and age > 25"'
    found = frame_of(patients, terms="age", data=data, outcome="easi")
    f = patients.frame
    rows = f[(f["visit"] == 52) & (f["female"] == 1) & (f["age"] > 25)].dropna(subset=["easi"])
    assert list(found.data["easi"]) == list(rows["easi"])
    for wrong, match in (
        ("visit = 53", "no rows at visit 53"),
        ('where = "age > 200"', "no rows satisfy where"),
    ):
        with pytest.raises(DataError, match=match):
            frame_of(patients, terms="age", data=wrong, outcome="easi")
    with pytest.raises(DataError, match="no column 'visit'"):
        frame_of(TABLE, data="visit = 52")


def test_categories_keep_the_users_order_and_lose_empty_levels(frame_of: Make) -> None:
    arms = pd.Categorical(TABLE["arm"], categories=["none", "b", "a"])
    table = TABLE.assign(arm=arms, y=np.arange(6.0))
    found = frame_of(table, terms="arm")
    assert list(found.data["arm"].cat.categories) == ["b", "a"]
    plain = frame_of(TABLE.assign(y=np.arange(6.0)), terms="arm")
    assert list(plain.data["arm"].cat.categories) == ["a", "b"]
    # The same values with another reference level are another model.
    assert found.hash() != plain.hash()
    assert found.hash() == frame_of(table, terms="arm").hash()
    assert plain.hash() != frame_of(TABLE.assign(y=np.arange(6.0) + 1e-12), terms="arm").hash()


def test_levels_codes_and_outcome_of_the_rows(frame_of: Make) -> None:
    found = frame_of(TABLE.assign(y=np.arange(6)), terms="arm", arm=NORMAL)
    assert found.levels("arm") == ["a", "b"]
    assert found.codes("arm").tolist() == [1, 0, 1, 0, 1, 0]
    assert found.y.dtype == float
    assert found.y.tolist() == [0, 1, 2, 3, 4, 5]


def test_grouping_numbers_are_levels(frame_of: Make) -> None:
    group = '{ distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 1 }, why = "w" }'
    found = frame_of(TABLE, terms="1 + (1|g)", data='missing = "drop"', **{"1|g": group})
    assert list(found.data["g"].cat.categories) == ["1", "2", "3"]
    assert (found.unit, found.n_units) == ("g", 3)
    with pytest.raises(DataError, match="one level of 'g'"):
        frame_of(TABLE.assign(g=1), terms="1 + (1|g)", data='missing = "drop"', **{"1|g": group})


Y6 = {"y": np.arange(6.0), "x": np.arange(6.0)}


@pytest.mark.parametrize(
    ("table", "options", "match"),
    [
        ({"y": [1.0, 2], "z": [1, 2]}, {}, "no column 'x', which own needs"),
        ({"y": [1.0, 1, 1], "x": [1, 2, 3]}, {}, "outcome 'y' of own does not vary: all 3 rows are 1.0"),
        ({"y": [1.0, 2, 3], "x": [5, 5, 5]}, {}, r"predictor 'x' of own has one level \(5.0\)"),
        ({"y": ["a", "b"], "x": [1, 2]}, {}, "outcome 'y' holds text"),
        ({"y": [0, 1, 2], "x": [1, 2, 3]}, {"family": "bernoulli"}, "'y' has 2; bernoulli needs 0 or 1"),
        ({"y": [0, 1.5, 2], "x": [1, 2, 3]}, {"family": "negativebinomial", "alpha": HALF}, "has 1.5"),
        ({"y": [0, 1, 2.0], "x": [1, 2, 3]}, {"family": "gamma", "alpha": HALF}, "has 0; gamma needs"),
        ({"y": [np.inf, 1, 2], "x": [1, 2, 3]}, {}, "'y' has an infinite value"),
        ({"y": [0.0, 1, 2], "x": [1, 2, -np.inf]}, {}, "'x' has an infinite value"),
        ({"y": [1, 2], "x": [1, 2], "n": [3, 1]}, {"family": "binomial"}, "'y' exceeds the trials in 'n'"),
        ({"y": [1, 2], "x": [1, 2], "n": [3, 2.5]}, {"family": "binomial"}, "trials in 'n' must be whole"),
        ({"y": [1, 2], "x": [1, 2], "n": ["a", "b"]}, {"family": "binomial"}, "trials in 'n' must be whole"),
        ({"y": [np.nan, 1], "x": [1, np.nan]}, {"data": 'missing = "drop"'}, "no complete rows are left"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said(
    table: dict[str, list[object]], options: dict[str, str], match: str, frame_of: Make
) -> None:
    cohort = Cohort(pd.DataFrame(table), "patients", "label", "table", clinical=False)
    with pytest.raises(DataError, match=match) as caught:
        frame_of(cohort, **options)
    assert str(caught.value).startswith("table: ")
    assert "\n" not in str(caught.value)


def test_a_predictor_of_sigma_must_vary_too(spec_from: Load) -> None:
    text = (
        'name = "own"\ntitle = "t"\n[data]\noutcome = "y"\n[model]\n'
        'formula = { mu = "y ~ x", sigma = "z" }\nfamily = "gaussian"\n[priors.only]\n'
        f"Intercept = {NORMAL}\nx = {NORMAL}\nsigma = {{ Intercept = {NORMAL}, z = {NORMAL} }}"
    )
    table = pd.DataFrame({"y": [1.0, 2, 3], "x": [1, 2, 3], "z": [1, 1, 1]})
    with pytest.raises(DataError, match="predictor 'z' of own has one level"):
        model_frame(spec_from(text).analyses()[0], cohort_from_frame(table))


def test_visit_is_a_category_in_patient_files_only(patients: Cohort, frame_of: Make) -> None:
    found = frame_of(patients, terms="visit", outcome="easi", data='missing = "drop"')
    assert list(found.data["visit"].cat.categories) == ["0", "16", "32", "52"]
    plain = pd.DataFrame({"y": np.arange(6.0), "visit": [0, 16, 52, 0, 16, 52]})
    assert frame_of(plain, terms="visit").data["visit"].dtype == float


def test_the_design_matrix_is_what_the_formula_means(
    spec_from: Load, known_patients: Cohort
) -> None:
    text = (
        'name = "own"\ntitle = "t"\n[data]\noutcome = "y"\n[model]\n'
        'formula = "y ~ x + C(week) + offset(w)"\nfamily = "gaussian"\n[priors.only]\n'
        f"Intercept = {NORMAL}\nx = {NORMAL}\n'C(week)' = {NORMAL}\nsigma = {HALF}"
    )
    cohort = cohort_from_frame(known_patients.frame.assign(w=np.arange(29.0)))
    analysis = spec_from(text).analyses()[0]
    design = design_of(bambi_model(analysis, model_frame(analysis, cohort)))
    frame = cohort.frame
    expected = np.column_stack([np.ones(29), frame["x"], frame["week"] == 4, frame["week"] == 8])
    np.testing.assert_allclose(design.X, expected)
    np.testing.assert_allclose(design.offset, frame["w"])
    assert len(design.coefficients) == 4


def test_a_fraction_brings_its_baseline_and_leaves_the_baseline_visit(patients: Cohort) -> None:
    found = model_frame(load_spec("easi_fraction").analyses()[0], patients)
    later = patients.frame[(patients.frame["visit"] > 0) & patients.frame["easi_fraction"].notna()]
    assert found.n_rows == len(later)
    assert list(found.data["visit"].cat.categories) == ["16", "32", "52"]
    # Baseline rows have no fraction by definition, which is nothing missing.
    gaps = patients.frame.query("visit > 0")["easi_fraction"].isna().sum()
    assert found.dropped == {"easi_fraction missing": gaps}
    np.testing.assert_array_equal(found.data["easi_baseline"], later["easi_baseline"])


def test_a_beta_outcome_of_zero_is_refused_in_one_sentence(patients: Cohort) -> None:
    frame = patients.frame.copy()
    frame.loc[frame.index[frame["visit"] == 52][0], "easi_fraction"] = 0.0
    cleared = Cohort(frame, "simulated", "label", "cleared")
    with pytest.raises(DataError, match="has 0; beta needs a number above 0 and below 1") as error:
        model_frame(load_spec("easi_fraction").analyses("beta")[0], cleared)
    assert "\n" not in str(error.value)
    assert model_frame(load_spec("easi_fraction").analyses()[0], cleared).n_rows


@pytest.mark.parametrize("name", ["easi_classes", "easi90_visits"])
def test_a_missing_response_counts_as_none_at_every_visit(name: str, patients: Cohort) -> None:
    spec = load_spec(name)
    outcome = spec.table.data.outcome
    # Somebody's last visit is not even a row.
    absent = patients.frame.index[patients.frame["visit"] == 52][:2]
    fewer = Cohort(patients.frame.drop(absent), "simulated", "label", "fewer")
    found = model_frame(spec.analyses("failure")[0], fewer)
    assert found.n_rows == 3 * patients.n_patients
    assert not found.dropped
    known = fewer.frame.query("visit > 0").set_index(["patient", "visit"])[outcome]
    for row in found.data.itertuples():
        value = known.get((row.patient, int(row.visit)), np.nan)
        assert float(getattr(row, outcome)) == (0.0 if np.isnan(value) else value)


def test_a_missing_column_is_said_with_the_columns_of_the_file(patients: Cohort) -> None:
    (analysis,) = load_spec("easi_change").analyses()
    frame = patients.frame.rename(columns={"easi": "EASI_TOT"})
    with pytest.raises(DataError) as caught:
        model_frame(analysis, dataclasses.replace(patients, frame=frame))
    sentence = str(caught.value)
    assert "no column 'easi', which easi_change needs (did you mean 'EASI_TOT'?)" in sentence
    assert "its columns are patient, visit" in sentence
    assert "easi_percent_change" not in sentence
    assert "--columns easi=ITS_NAME" in sentence
