import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from adbayes.cohort.outcomes import OUTCOMES, PATIENT_COLUMNS
from adbayes.cohort.schema import allowed, long_schema


def frame(**columns):
    base = {
        "patient": ["a", "a", "b", "b"],
        "visit": [0, 16, 0, 16],
        "easi": [30.0, 3.0, 20.0, np.nan],
    }
    return pd.DataFrame(base | columns)


def faults(found):
    """Names of the checks that fail."""
    try:
        long_schema(found.columns).validate(found, lazy=True)
    except SchemaErrors as error:
        return {getattr(one.check, "name", str(one.check)) for one in error.schema_errors}
    return set()


def test_a_good_table_passes_and_other_columns_are_not_looked_at():
    assert faults(frame(site=["x", None, "y", "y"])) == set()


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_ends_of_every_range(name):
    outcome = OUTCOMES[name]
    step = outcome.step or 1e-9
    good = [outcome.low + (step if outcome.kind == "lab" else 0.0), float(outcome.high or 1e9)]
    assert faults(frame(**{name: [*good, *good]})) == set()
    bad = [outcome.low - (0 if outcome.kind == "lab" else step)]
    bad += [] if outcome.high is None else [outcome.high + step]
    for value in bad:
        assert faults(frame(**{name: [value, *good, np.nan]})) == {"range"}, value


def test_the_grid_forgives_rounding_error_only():
    assert faults(frame(easi=[0.1 + 0.2, 71.9, 20.0, np.nan])) == set()
    assert faults(frame(easi=[0.3 + 1e-5, 71.9, 20.0, np.nan])) == {"grid"}
    assert faults(frame(nrs=[1.5, 2.0, 3.0, np.nan])) == {"grid"}


def test_all_faults_are_found_by_name():
    assert faults(frame(visit=[0, 0, 0, 16])) == {"pairs"}
    assert faults(frame(visit=[4, 16, 4, 16])) == {"baseline"}
    assert faults(frame(patient="a", visit=[0, 1, 2, 3])) == {"patients"}
    assert faults(frame(age=[30.0, 31.0, 40.0, np.nan])) == {"changes age"}
    assert faults(frame(age=[30.0, np.nan, 40.0, 40.0])) == set()
    assert faults(frame(female=[2.0, 2.0, 0.0, 0.0])) == {"range"}


def test_a_column_of_text_is_not_an_outcome():
    with pytest.raises(SchemaError, match="float64"):
        long_schema(["easi"]).validate(frame(easi=["1", "2", "3", "4"]))


def test_what_is_allowed():
    assert allowed("easi") == "EASI is 0 to 72 in steps of 0.1"
    assert allowed("ldh") == "LDH is a number above 0"
    assert allowed("age") == "age is 0 to 120 years"
    assert all(allowed(name) for name in [*OUTCOMES, *PATIENT_COLUMNS])
