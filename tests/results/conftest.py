"""Fits whose draws are given, so that quantities can be compared with closed forms."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import xarray as xr

from adbayes.cohort.cohort import Cohort
from adbayes.inference.fit import Fit
from adbayes.inference.plan import plan
from adbayes.model.bambi_model import bambi_model, design_of
from adbayes.model.spec import Spec, load_spec


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
