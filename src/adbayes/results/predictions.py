"""Predictions for new patients."""

import numpy as np
import pandas as pd

from adbayes.cohort.cohort import Cohort
from adbayes.errors import DataError, SpecError
from adbayes.inference.fit import Fit
from adbayes.inference.sampler import stream
from adbayes.model import imputation, imputed_logistic
from adbayes.model.answerable import levels
from adbayes.model.kinds import KINDS
from adbayes.results.marginal import INVERSE_LINKS


def predict(fit: Fit, new: pd.DataFrame | Cohort, seed: int | None = None) -> pd.DataFrame:
    """Predict the outcome of new patients.

    Parameters
    ----------
    fit : Fit
        A fitted model with Gaussian or Bernoulli outcome.
    new : pandas.DataFrame or Cohort
        The formula's predictors on the scale of the file; other columns are carried along. What the
        model imputes may be missing.
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

    Examples
    --------
    A woman over 30 with baseline EASI 28 and LDH of 250 U/L or more, EASI-90 at week 52; and the
    EASI of a new patient at weeks 0 and 52::

        profile = {"easi_baseline": 28.0, "age_over_30": 1, "female": 1, "adult_onset": 0,
                   "concomitant": 0, "prior_cyclosporine": 0, "tec_gt_500_w0": 0, "ldh_ge_250_w0": 1}
        ab.fit("easi90_multivariable", cohort).predict(pd.DataFrame([profile]))
        ab.fit("easi_change", cohort).predict(pd.DataFrame({"visit": [0, 52]}))
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
    rng = np.random.default_rng(stream(a.sampler.seed if seed is None else seed, "predict", a.key))
    if a.kind == imputed_logistic.NAME:
        return _of_imputed(fit, new, rows, rng)
    eta = fit.design.coefficient_draws(fit.posterior) @ fit.design.at(rows).T
    expected = INVERSE_LINKS[a.link](eta)
    tails = [(1 - a.sampler.ci_prob) / 2, (1 + a.sampler.ci_prob) / 2]
    low, high = np.quantile(expected, tails, axis=(0, 1))
    result = new.assign(mean=expected.mean(axis=(0, 1)), ci_low=low, ci_high=high)
    if a.family.name == "gaussian" and set(a.formulas) == {"mu"}:
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


def _of_imputed(
    fit: Fit, new: pd.DataFrame, rows: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Probabilities where a new patient's missing values are drawn, one a posterior draw."""
    own = fit.analysis.imputed
    X = fit.design.at(rows.fillna(dict.fromkeys(own, 0.0)))
    names = fit.design.coefficients
    places = tuple(names.index(name) for name in fit.analysis.options["impute"].split())
    for name in own:
        X[rows[name].isna().to_numpy(), names.index(name)] = np.nan
    patients = imputation.Rows(X, np.zeros(len(rows)), names, places)
    missing = imputation.draw_missing(fit.posterior, patients, rng)
    p = imputation.risk(fit.posterior, patients, missing)
    prob = fit.analysis.sampler.ci_prob
    low, high = np.quantile(p, [(1 - prob) / 2, (1 + prob) / 2], axis=(0, 1))
    return new.assign(mean=p.mean(axis=(0, 1)), ci_low=low, ci_high=high)


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
        if new[name].isna().any() and name not in a.imputed:
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
            values = new[name].astype(float)
            if name in a.data.log2:
                if (values <= 0).any():
                    raise DataError(
                        f"the new patients' {name!r} must be above 0: {a.model} takes its log"
                    )
                values = pd.Series(np.log2(values.to_numpy()), index=values.index)
            rows[name] = (values - centre) / scale
    for name in a.mean.grouping:
        rows[name] = fit.frame.data[name].iloc[0]  # the design matrix does not use it
    return rows
