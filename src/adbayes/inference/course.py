"""The course of an outcome under a model with one patient intercept: its parameters at each level."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from adbayes.model.analysis import Analysis
from adbayes.model.answerable import baseline, levels
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame


@dataclass(frozen=True)
class Course:
    """Draws of what governs an outcome at each level of ``by``.

    Parameters
    ----------
    levels : tuple of str
        In the order of the data.
    baseline : str
        The level that changes start from.
    centre : dict of str to numpy.ndarray
        Level to the linear predictor of a patient whose effect is 0, ``(chain, draw)``.
    spread : dict of str to numpy.ndarray
        Level to the family's second parameter on its own scale (above 0), ``(chain, draw)``.
    between : numpy.ndarray
        SD of the patients' effects on the scale of the linear predictor, ``(chain, draw)``.
    """

    levels: tuple[str, ...]
    baseline: str
    centre: dict[str, np.ndarray]
    spread: dict[str, np.ndarray]
    between: np.ndarray


def course_of(
    analysis: Analysis, frame: ModelFrame, design: Design, posterior: xr.Dataset
) -> Course:
    """Read the course off the draws of a model.

    Parameters
    ----------
    analysis : Analysis
        A model that `adbayes.model.answerable` takes for a bounded score or a lognormal value: one
        mean a level, one second parameter, one patient intercept.
    frame : ModelFrame
        Its rows.
    design : Design
        The mean's design matrix.
    posterior : xarray.Dataset
        Draws with Bambi's names.

    Returns
    -------
    Course
        Every draw of the posterior.
    """
    by = analysis.estimands.by
    found = tuple(levels(frame.data[by]))
    rows = frame.data.drop_duplicates(by).sort_values(by)
    eta = design.coefficient_draws(posterior) @ design.at(rows).T
    (name,) = analysis.family.auxiliary
    if name in analysis.formulas:
        spread = _of_own_formula(design, posterior, name, rows)
    else:
        spread = np.repeat(posterior[name].to_numpy()[..., None], len(rows), axis=-1)
    return Course(
        levels=found,
        baseline=baseline(analysis, found),
        centre={level: eta[..., k] for k, level in enumerate(found)},
        spread={level: spread[..., k] for k, level in enumerate(found)},
        between=posterior[f"{analysis.mean.groups[0]}_sigma"].to_numpy(),
    )


def _of_own_formula(
    design: Design, posterior: xr.Dataset, name: str, rows: pd.DataFrame
) -> np.ndarray:
    """``(chain, draw, row)``: Bambi works out what the parameter's formula makes of its draws."""
    tree = xr.DataTree.from_dict({"posterior": posterior})
    design.model.predict(tree, data=rows, include_group_specific=False)
    return np.asarray(tree["posterior"][name].transpose("chain", "draw", "__obs__").to_numpy())


def from_means(means: dict[str, np.ndarray], start: str) -> dict[str, dict[str, np.ndarray]]:
    """What follows from the means: changes and percent falls from the baseline.

    Parameters
    ----------
    means : dict of str to numpy.ndarray
        Level to draws of the mean, units of the outcome.
    start : str
        The baseline level.

    Returns
    -------
    dict of str to dict
        Estimand to level to draws: ``mean``, ``mean_change`` (units of the outcome) and
        ``ratio_of_means`` (percent, positive for a fall).
    """
    later = {level: draws for level, draws in means.items() if level != start}
    return {
        "mean": means,
        "mean_change": {level: draws - means[start] for level, draws in later.items()},
        "ratio_of_means": {
            level: 100 * (1 - draws / means[start]) for level, draws in later.items()
        },
    }
