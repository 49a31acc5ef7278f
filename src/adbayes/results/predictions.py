"""Predictions for new patients."""

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.sampler import stream
from adbayes.model.answerable import levels
from adbayes.model.kinds import KINDS
from adbayes.results.estimands import INVERSE_LINKS


def predict(fit: Fit, new: pd.DataFrame | Cohort, seed: int | None = None) -> pd.DataFrame:
    """Predict the outcome of new patients.

    Parameters
    ----------
    fit : Fit
        A fitted model with Gaussian or Bernoulli outcome.
    new : pandas.DataFrame or Cohort
        The formula's predictors on the scale of the file; other columns are carried along.
    seed : int, optional
        Of the predictive draws; the sampler's seed if not given.

    Returns
    -------
    pandas.DataFrame
        `new` with mean, ci_low, ci_high (expected outcome of an average new patient, outcome units;
        a probability for a Bernoulli outcome) and, for a Gaussian outcome, pred_low and pred_high
        (one observation of one new patient).

    Raises
    ------
    DataError
        For an absent or missing predictor or a level that the fit has not seen.
    SpecError
        For a family that this does not predict.
    """
    a = fit.analysis
    if isinstance(new, Cohort):
        new = new.frame
    if a.family.name not in ("gaussian", "bernoulli") or fit.design.offset is not None:
        raise SpecError(
            f"{a.model}: predict answers Gaussian and Bernoulli models without offset; "
            "use fit.bambi_model.predict for others"
        )
    rows = _prepared(fit, new)
    eta = fit.design.coefficient_draws(fit.posterior) @ fit.design.at(rows).T
    expected = INVERSE_LINKS[a.link](eta)
    tails = [(1 - a.sampler.ci_prob) / 2, (1 + a.sampler.ci_prob) / 2]
    low, high = np.quantile(expected, tails, axis=(0, 1))
    result = new.assign(mean=expected.mean(axis=(0, 1)), ci_low=low, ci_high=high)
    if a.family.name == "gaussian" and set(a.formulas) == {"mu"}:
        rng = np.random.default_rng(
            stream(a.sampler.seed if seed is None else seed, "predict", a.key)
        )
        if not all(group.startswith("1|") for group in a.mean.groups):
            return result  # a new patient's slope would need its column; intervals are left out
        # Where time indexes the covariance a row has the SD of its own time.
        names = levels(fit.frame.data[a.options["time"]]) if a.index else [""]
        covariance = KINDS[a.kind].covariance(fit.posterior, a, names)
        variance = np.diagonal(covariance, axis1=-2, axis2=-1)
        own = rows[a.options["time"]].cat.codes.to_numpy() if a.index else np.zeros(len(rows), int)
        noise = np.sqrt(variance)[..., own] * rng.standard_normal(eta.shape)
        result["pred_low"], result["pred_high"] = np.quantile(expected + noise, tails, axis=(0, 1))
    return result


def _prepared(fit: Fit, new: pd.DataFrame) -> pd.DataFrame:
    a = fit.analysis
    if isinstance(new, Cohort):
        new = new.frame
    needed = [
        name
        for name in a.mean.columns
        if name not in (fit.frame.outcome, a.mean.trials, *a.mean.grouping)
    ]
    if a.index and a.options["time"] not in needed:
        needed.append(a.options["time"])
    rows = pd.DataFrame(index=new.index)
    for name in needed:
        if name not in new.columns:
            raise DataError(
                f"the new patients have no column {name!r}, which {a.model} needs; add it"
            )
        if new[name].isna().any():
            raise DataError(
                f"the new patients' {name!r} is missing in {int(new[name].isna().sum())} rows"
            )
        seen = fit.frame.data[name]
        numeric = pd.api.types.is_numeric_dtype(new[name])
        if not numeric and not isinstance(seen.dtype, pd.CategoricalDtype):
            raise DataError(f"the new patients' {name!r} holds text; {a.model} needs numbers")
        if isinstance(seen.dtype, pd.CategoricalDtype):
            known = list(seen.cat.categories)
            unseen = sorted(set(new[name].map(str)) - set(known))
            if unseen:
                raise DataError(
                    f"the new patients' {name!r} has the levels {', '.join(unseen)}, "
                    f"which the fit has not seen (levels: {', '.join(known)})"
                )
            rows[name] = pd.Categorical(new[name].map(str), categories=known)
        else:
            centre, scale = a.data.standardize.get(name, (0.0, 1.0))
            rows[name] = (new[name].astype(float) - centre) / scale
    for name in a.mean.grouping:  # a kind's unit does not enter the design matrix at all
        rows[name] = fit.frame.data[name].iloc[0]  # the design matrix does not use it
    return rows
