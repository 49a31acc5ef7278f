"""What many tests share: a simulated cohort, a few real fits, and a way to write a spec.

A fit costs a compilation, so each is made once in a session, and only when a test asks for it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.read import cohort_from_frame
from adbayes.cohort.simulate import SimulatedCohort, simulate_mixed_model, simulate_patients
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.inference.fitting import fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.frame import model_frame
from adbayes.model.spec import Spec, load_spec

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "reference"


@pytest.fixture(scope="session")
def reference() -> Path:
    """Public data with results of R; skips where the folder is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/reference is not beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def patients() -> SimulatedCohort:
    """Patients of the study's size, some visits and laboratory values missing."""
    return simulate_patients(seed=1, missing=0.05, missing_labs=0.1)


@pytest.fixture(scope="session")
def mixed_fit(patients: Cohort) -> Fit:
    """The EASI model: the random-intercept structure."""
    found = fit("easi_change", patients, cores=2)
    assert isinstance(found, Fit)
    return found


@pytest.fixture(scope="session")
def one_predictor_fits(patients: Cohort) -> Fits:
    """The one-predictor models of EASI-90: the logistic structure, three coefficients."""
    found = fit("easi90_univariable", patients, cores=2)
    assert isinstance(found, Fits)
    return found


@pytest.fixture(scope="session")
def female_fit(one_predictor_fits: Fits) -> Fit:
    """One of them."""
    return one_predictor_fits["female"]


@pytest.fixture(scope="session")
def joint_fit(patients: Cohort) -> Fit:
    """The model of EASI-90 with all predictors."""
    found = fit("easi90_multivariable", patients, cores=2)
    assert isinstance(found, Fit)
    return found


@pytest.fixture(scope="session")
def known_patients() -> Cohort:
    """Twelve patients drawn exactly from the random-intercept model, as a plain table."""
    frame = simulate_mixed_model(seed=3, n_patients=12, means=(20.0, 14.0, 9.0), visits=(0, 4, 8))
    rng = np.random.default_rng(5)
    frame = frame.assign(x=rng.normal(size=len(frame))).rename(
        columns={"patient": "subject", "visit": "week"}
    )
    # Unequal numbers of rows a subject, in no order of subjects.
    keep = rng.permutation(len(frame))[:29]
    return cohort_from_frame(frame.iloc[keep].reset_index(drop=True), evidence="simulated")


@pytest.fixture(scope="session")
def binary_table() -> Cohort:
    """Forty rows from a logistic regression with known coefficients, as a plain table."""
    rng = np.random.default_rng(8)
    x, g = rng.normal(size=40), rng.integers(0, 2, size=40)
    eta = 0.4 + 1.1 * x - 0.7 * g
    frame = pd.DataFrame(
        {"x": x, "g": g, "y": (rng.random(40) < 1 / (1 + np.exp(-eta))).astype(int)}
    )
    return cohort_from_frame(frame, evidence="simulated")


@pytest.fixture
def write_spec(tmp_path: Path) -> Callable[[str], Path]:
    """Write a spec's text to a file of its own."""

    def write(text: str, name: str = "own.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def spec_from(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Spec]:
    """Load a spec from its text."""
    folder = tmp_path_factory.mktemp("specs")

    def load(text: str) -> Spec:
        path = folder / f"spec{len(list(folder.iterdir()))}.toml"
        path.write_text(text, encoding="utf-8")
        return load_spec(path)

    return load


@pytest.fixture(scope="session")
def fit_with() -> Callable[..., Fit]:
    """A fit of a spec whose draws are all the same given values, nothing sampled or compiled."""

    def make(
        spec: str | Spec,
        cohort: Cohort,
        values: Mapping[str, object],
        variant: str = "base",
        draws: int = 2,
    ) -> Fit:
        loaded = spec if isinstance(spec, Spec) else load_spec(spec)
        analysis, frame = plan(loaded, cohort, variant).jobs[0]
        posterior = xr.Dataset(coords={"chain": [0], "draw": np.arange(draws)})
        for name, value in values.items():
            array = np.broadcast_to(np.asarray(value, dtype=float), (1, draws, *np.shape(value)))
            dim = "patient__factor_dim" if name == "1|patient" else f"{name}_dim"
            posterior[name] = (("chain", "draw", *([dim] if np.ndim(value) else [])), array)
        if "1|patient" in posterior:
            posterior = posterior.assign_coords(
                patient__factor_dim=list(frame.data["patient"].cat.categories)
            )
        design = design_of(bambi_model(analysis, frame))
        return Fit(analysis, cohort, frame, design, posterior, xr.Dataset(), 0, "")

    return make


@pytest.fixture(scope="session")
def given_draws(spec_from: Callable[[str], Spec]) -> Callable[..., Fit]:
    """Make a fit of given draws: real rows and design, nothing compiled or sampled."""

    def make(text: str, cohort: Cohort, **draws: np.ndarray) -> Fit:
        (analysis,) = spec_from(text).analyses()
        frame = model_frame(analysis, cohort)
        design = design_of(bambi_model(analysis, frame))
        variables = {}
        for name, values in draws.items():
            dims: tuple[str, ...] = ("chain", "draw")
            coords: dict[str, object] = {}
            for term in design.terms:
                if term.name == name and term.levels:
                    dims, coords = (*dims, term.dim), {term.dim: list(term.levels)}
            if "|" in name and values.ndim == 3:
                group = name.split("|")[1]
                dims = (*dims, f"{group}__factor_dim")
                coords = {dims[2]: frame.data[group].cat.categories.to_list()}
            variables[name] = xr.DataArray(values, dims=dims, coords=coords)
        posterior = xr.Dataset(variables)
        for dim in ("chain", "draw"):
            posterior = posterior.assign_coords({dim: np.arange(posterior.sizes[dim])})
        return Fit(analysis, cohort, frame, design, posterior, xr.Dataset(), 0, "")

    return make
