"""The live frequentist twin: the paper's models refitted by maximum likelihood on the data in hand.

Every function takes a design matrix, not a formula: the caller builds it by the same rules as the
Bayesian model's, so the two cannot differ in coding. Logistic regressions carry R's profile intervals
(`confint(glm)`), Wald z tests, and Firth's penalised fit, which stays finite where the data separate.
"""

import contextlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

from adbayes.errors import ConvergenceError, DataError
from adbayes.results.profile import (
    Array,
    constrained_fit,
    mass_interval,
    root_interval,
    separation,
)


@dataclass(frozen=True)
class LogisticFit:
    """A logistic regression by maximum likelihood, with Firth's fit beside it.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, log odds: term, estimate, se, z, p_value (Wald, two-sided), ci_low,
        ci_high (profile likelihood), separated (no finite estimate exists), firth_estimate,
        firth_low, firth_high (penalised profile likelihood).
    n : int
        Rows fitted.
    events : int
        Rows with outcome 1.
    deviance : float
        Minus twice the largest log-likelihood; under separation, its limit.
    ci_prob : float
        Coverage of the intervals.
    """

    table: pd.DataFrame
    n: int
    events: int
    deviance: float
    ci_prob: float


@dataclass(frozen=True)
class LinearFit:
    """A linear regression by least squares.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, in outcome units: term, estimate, se, z (the t statistic), p_value
        (two-sided, Student t), ci_low, ci_high.
    n : int
        Rows fitted.
    sigma : float
        Residual standard deviation, outcome units.
    df : int
        Residual degrees of freedom of the tests and intervals.
    ci_prob : float
        Coverage of the intervals.
    """

    table: pd.DataFrame
    n: int
    sigma: float
    df: int
    ci_prob: float


@dataclass(frozen=True)
class MixedFit:
    """A linear mixed model with a random intercept by restricted maximum likelihood.

    Parameters
    ----------
    table : DataFrame
        One row a coefficient, in outcome units: term, estimate, se, z, p_value (Wald, normal,
        two-sided), ci_low, ci_high (Wald).
    n : int
        Rows fitted.
    groups : int
        Number of groups.
    sigma : float
        Residual standard deviation, outcome units.
    tau : float
        Standard deviation of the random intercept, outcome units; 0 on the boundary.
    log_likelihood : float
        Restricted log-likelihood at the maximum, with lme4's constant.
    ci_prob : float
        Coverage of the intervals.
    """

    table: pd.DataFrame
    n: int
    groups: int
    sigma: float
    tau: float
    log_likelihood: float
    ci_prob: float


def logistic(
    X: pd.DataFrame, y: pd.Series | Array, ci_prob: float = 0.95, *, firth: bool = True
) -> LogisticFit:
    """Fit a logistic regression as R's `glm`, `summary` and `confint` print it.

    Where the data separate, the affected coefficients have the estimate plus or minus infinity, an
    infinite standard error and no p value; the limit on the other side solves the profile deviance.
    If the data say nothing about even the sign, the estimate is NaN and the interval the whole line.
    The remaining coefficients keep the finite values that their estimates, errors and profiles tend
    to as the separated direction goes to infinity: the fit to the rows in overlap.

    Parameters
    ----------
    X : DataFrame of shape (n, k)
        Design matrix, the intercept a column like the others; finite numbers, full rank.
    y : Series or ndarray
        Outcomes, 0 or 1, both present.
    ci_prob : float, default 0.95
        Coverage of the intervals, between 0 and 1.
    firth : bool, default True
        Whether Firth's estimates stand beside these in any case, for two thirds of the time; False for where the
        data separate only, elsewhere NaN.

    Returns
    -------
    LogisticFit
        Coefficients on the log-odds scale. A limit is NaN where R prints NA: its profile stops
        after nine half standard errors; a Firth limit is NaN where its iteration (Venzon and
        Moolgavkar 1988, doi:10.2307/2347496) leaves the region in which the information is regular,
        seen only with fewer than four rows a coefficient.

    Raises
    ------
    DataError
        `X` or `y` cannot be used.
    ConvergenceError
        An iteration did not converge.
    """
    terms, full, outcome = _checked(X, y, ci_prob)
    if not np.isin(outcome, (0, 1)).all():
        raise DataError(f"The outcome has values other than 0 and 1: {_first_other(outcome)}.")
    if outcome.min() == outcome.max():
        raise DataError(f"The outcome is {outcome[0]:g} in every row; a regression needs both.")
    # Powers of two make scaling exact: the same digits whatever the unit of a column.
    scale = 2.0 ** np.round(np.log2(np.abs(full).max(axis=0)))
    design = full / scale
    split = separation(design, outcome)
    basis = split.columns(design)
    rows, responses = design[split.overlap][:, basis], outcome[split.overlap]
    beta, error, grid, deviance = _maximum(rows, responses)

    k = len(terms)
    estimate, se, limits = np.full(k, np.nan), np.full(k, np.inf), np.full((k, 2), np.nan)
    for j in range(k):
        if split.finite[j]:
            i = basis.index(j)
            estimate[j], se[j] = beta[i], error[i]
            limits[j] = mass_interval(rows, responses, i, beta, float(grid[i]), ci_prob)
        else:
            estimate[j], *limits[j] = root_interval(design, outcome, j, split, deviance, ci_prob)
    beside, beside_limits = np.full(k, np.nan), np.full((k, 2), np.nan)
    if firth or not split.finite.all():
        beside, beside_limits = _firth(design, outcome, ci_prob)
    z = np.full(k, np.nan)
    z[split.finite] = estimate[split.finite] / se[split.finite]
    table = pd.DataFrame(
        {
            "term": terms,
            "estimate": estimate / scale,
            "se": se / scale,
            "z": z,
            "p_value": 2 * norm.sf(np.abs(z)),
            "ci_low": limits[:, 0] / scale,
            "ci_high": limits[:, 1] / scale,
            "separated": ~split.finite,
            "firth_estimate": beside / scale,
            "firth_low": beside_limits[:, 0] / scale,
            "firth_high": beside_limits[:, 1] / scale,
        }
    )
    return LogisticFit(table, len(outcome), int(outcome.sum()), deviance, ci_prob)


def _maximum(rows: Array, y: Array) -> tuple[Array, Array, Array, float]:
    if rows.shape[1] == 0:
        # Nothing overlaps, or what does is fixed at even odds.
        return np.zeros(0), np.zeros(0), np.zeros(0), 2 * np.log(2) * len(y)
    # R's start, stop and weights give the standard error that spaces R's profile grid; the estimate
    # and the error reported are those at the maximum itself, which R misses by up to 1e-4.
    start = np.log((y + 0.5) / (1.5 - y))
    _, eta, weight = constrained_fit(rows, y, 0 * y, start)
    grid = np.sqrt(np.diag(np.linalg.inv((rows.T * weight) @ rows)))
    near = np.linalg.lstsq(rows, eta, rcond=None)[0]
    fit = sm.Logit(y, rows).fit(start_params=near, method="newton", maxiter=100, tol=1e-10, disp=0)
    if not fit.mle_retvals["converged"]:
        raise ConvergenceError("The logistic regression did not converge in 100 Newton steps.")
    return np.asarray(fit.params), np.asarray(fit.bse), grid, float(-2 * fit.llf)


def _firth(design: Array, y: Array, ci_prob: float) -> tuple[Array, Array]:
    model = FirthLogisticRegression(
        backend="numpy", fit_intercept=False, max_iter=500, gtol=1e-6, xtol=1e-6
    )
    limits = np.full((design.shape[1], 2), np.nan)
    with warnings.catch_warnings():
        # Its warnings say what is checked below, or leave a limit NaN.
        warnings.simplefilter("ignore")
        model.fit(design, y)
        for j in range(design.shape[1]):
            with contextlib.suppress(np.linalg.LinAlgError):
                limits[j] = model.conf_int(
                    1 - ci_prob, method="pl", features=[j], max_iter=500, tol=1e-6
                )[j]
    if not model.converged_:
        raise ConvergenceError("Firth's logistic regression did not converge in 500 steps.")
    return np.asarray(model.coef_), limits


def least_squares(X: pd.DataFrame, y: pd.Series | Array, ci_prob: float = 0.95) -> LinearFit:
    """Fit a linear regression as R's `lm`, `summary` and `confint` print it.

    Parameters
    ----------
    X : DataFrame of shape (n, k)
        Design matrix, the intercept a column like the others; finite numbers, full rank, n > k.
    y : Series or ndarray
        Outcomes, any unit.
    ci_prob : float, default 0.95
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    LinearFit
        Coefficients with Student-t tests and intervals on n - k degrees of freedom.

    Raises
    ------
    DataError
        `X` or `y` cannot be used.
    """
    terms, design, outcome = _checked(X, y, ci_prob)
    n, k = design.shape
    if n <= k:
        raise DataError(f"{n} rows leave no degree of freedom for {k} coefficients.")
    fit = sm.OLS(outcome, design).fit()
    table = _wald_table(terms, fit.params, fit.bse, student(n - k), ci_prob)
    return LinearFit(table, n, float(np.sqrt(fit.scale)), n - k, ci_prob)


def random_intercept_reml(
    X: pd.DataFrame, y: pd.Series | Array, groups: pd.Series | Array, ci_prob: float = 0.95
) -> MixedFit:
    """Fit a linear mixed model with one random intercept by REML, as R's `lmer` does.

    With the residual variance and the coefficients profiled out, the restricted likelihood is a
    function of the variance ratio alone. Its derivative is solved exactly (1e-12 on the ratio's
    share); with several maxima the highest is taken, and a maximum at zero is the boundary.

    Parameters
    ----------
    X : DataFrame of shape (n, k)
        Design matrix, the intercept a column like the others; finite numbers, full rank.
    y : Series or ndarray
        Outcomes, any unit; missing visits are simply absent rows.
    groups : Series or ndarray
        Group of each row, such as the patient; at least two groups, one of them with two rows.
    ci_prob : float, default 0.95
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    MixedFit
        Coefficients with normal Wald tests and intervals, and the two standard deviations.

    Raises
    ------
    DataError
        `X`, `y` or `groups` cannot be used, or leave a variance unidentified.
    """
    terms, design, outcome = _checked(X, y, ci_prob)
    n, k = design.shape
    if len(groups) != n or pd.isna(np.asarray(groups, dtype=object)).any():
        raise DataError(f"Groups need one value without gaps for each of the {n} rows.")
    codes, levels = pd.factorize(np.asarray(groups))
    size = np.bincount(codes).astype(float)
    if len(levels) < 2 or size.max() < 2:
        raise DataError(
            f"{len(levels)} groups of at most {size.max():.0f} rows identify no group variance; "
            "at least two groups, one of them with two rows, are needed."
        )
    if n <= k:
        raise DataError(f"{n} rows leave no degree of freedom for {k} coefficients.")
    # Orthonormal columns and a unit residual keep the sums below well conditioned.
    Q, R = np.linalg.qr(design)
    ols = Q.T @ outcome
    residual = outcome - Q @ ols
    unit = float(np.linalg.norm(residual) / np.sqrt(n - k))
    if unit <= 1e-12 * float(np.abs(outcome).max()):
        raise DataError(
            "The coefficients fit the outcome exactly; no variance is left to estimate."
        )
    e = residual / unit
    A, c = _group_sums(codes, Q), _group_sums(codes, e[:, None])[:, 0]

    def at(share: float) -> tuple[float, float, Array, Array, float]:
        # share = ratio / (1 + ratio) with ratio = tau^2 / sigma^2; V = I + ratio * ZZ' by groups.
        ratio = share / (1 - share)
        shrink = ratio / (1 + size * ratio)
        information = np.eye(k) - (A.T * shrink) @ A
        gamma = np.linalg.solve(information, -(A.T * shrink) @ c)
        left = c - A @ gamma
        rss = float(np.sum((e - Q @ gamma) ** 2) - np.sum(shrink * left**2))
        log_det = np.log1p(size * ratio).sum() + np.linalg.slogdet(information)[1]
        seen = 1 / (1 + size * ratio)
        trace = np.sum((A.T * seen**2) * np.linalg.solve(information, A.T))
        slope = (n - k) * np.sum((seen * left) ** 2) / rss - np.sum(size * seen) + trace
        return -((n - k) * np.log(rss) + log_det) / 2, float(slope), gamma, information, rss

    grid = np.r_[0.0, 1 / (1 + np.logspace(6, -12, 181))]
    slopes = [at(share)[1] for share in grid]
    maxima = [0.0] if slopes[0] <= 0 else []
    maxima += [
        float(brentq(lambda share: at(share)[1], a, b, xtol=1e-14, rtol=1e-13))
        for a, b, up, down in zip(grid[:-1], grid[1:], slopes[:-1], slopes[1:], strict=True)
        if up > 0 >= down
    ]
    if not maxima:
        raise DataError("Nothing varies within the groups; no residual variance can be estimated.")
    share = max(maxima, key=lambda share: at(share)[0])
    _, _, gamma, information, rss = at(share)
    sigma = float(np.sqrt(rss / (n - k)))
    inverse = np.linalg.solve(R, np.linalg.solve(R, np.linalg.inv(information)).T)
    table = _wald_table(
        terms,
        np.linalg.solve(R, ols + unit * gamma),
        unit * sigma * np.sqrt(np.diag(inverse)),
        norm(),
        ci_prob,
    )
    log_likelihood = at(share)[0] - np.log(np.abs(np.diag(R))).sum()
    log_likelihood -= (n - k) / 2 * (1 + np.log(2 * np.pi * unit**2 / (n - k)))
    tau = unit * sigma * float(np.sqrt(share / (1 - share)))
    return MixedFit(table, n, len(levels), unit * sigma, tau, float(log_likelihood), ci_prob)


def _group_sums(codes: np.ndarray, columns: Array) -> Array:
    sums = np.zeros((codes.max() + 1, columns.shape[1]))
    np.add.at(sums, codes, columns)
    return sums


def describe_by(frame: pd.DataFrame, outcome: str, by: str) -> pd.DataFrame:
    """Count, mean and standard deviation of a column by the levels of another, as tables print them.

    Parameters
    ----------
    frame : DataFrame
        Any table; rows without the outcome are not counted.
    outcome : str
        A numeric column, any unit.
    by : str
        The grouping column, such as `visit`; rows without a level are left out.

    Returns
    -------
    DataFrame
        One row a level, in order: the level under its own name, n, mean, sd (divisor n - 1; NaN for
        one row).

    Raises
    ------
    DataError
        A column is absent.
    """
    for name in (outcome, by):
        if name not in frame:
            raise DataError(f"No column '{name}'; the table has {', '.join(map(str, frame))}.")
    table = frame.groupby(by, observed=True)[outcome].agg(["count", "mean", "std"])
    return table.rename(columns={"count": "n", "std": "sd"}).reset_index()


def _checked(
    X: pd.DataFrame, y: pd.Series | Array, ci_prob: float
) -> tuple[list[str], Array, Array]:
    if not 0 < ci_prob < 1:
        raise DataError(f"ci_prob is {ci_prob}; it must lie between 0 and 1, such as 0.95.")
    terms = [str(column) for column in X.columns]
    if len(set(terms)) < len(terms):
        raise DataError(f"The design has a column name twice: {', '.join(terms)}.")
    design, outcome = X.to_numpy(dtype=float), np.asarray(y, dtype=float)
    if outcome.shape != (len(design),) or design.size == 0:
        raise DataError(
            f"The design has {len(design)} rows and {len(terms)} columns, the outcome the shape "
            f"{outcome.shape}; one outcome a row and at least one column are needed."
        )
    bad = [t for t, column in zip(terms, design.T, strict=True) if not np.isfinite(column).all()]
    bad += [] if np.isfinite(outcome).all() else ["the outcome"]
    if bad:
        raise DataError(f"Missing or infinite values in {', '.join(bad)}; drop those rows first.")
    scale = np.abs(design).max(axis=0)
    unit = design / np.where(scale > 0, scale, 1)
    rank = int(np.linalg.matrix_rank(unit))
    if rank < len(terms):
        aliased = [
            terms[j] for j in range(len(terms)) if np.linalg.matrix_rank(unit[:, : j + 1]) <= j
        ]
        raise DataError(
            f"The design has {len(terms)} columns but rank {rank}; remove a constant or a repeated "
            f"column, beginning with {aliased[0]}."
        )
    return terms, design, outcome


def _first_other(outcome: Array) -> str:
    return ", ".join(f"{value:g}" for value in np.unique(outcome[~np.isin(outcome, (0, 1))])[:3])


def _wald_table(
    terms: list[str], estimate: Array, se: Array, reference: Any, ci_prob: float
) -> pd.DataFrame:
    z = estimate / se
    half = reference.ppf((1 + ci_prob) / 2) * se
    return pd.DataFrame(
        {
            "term": terms,
            "estimate": estimate,
            "se": se,
            "z": z,
            "p_value": 2 * reference.sf(np.abs(z)),
            "ci_low": estimate - half,
            "ci_high": estimate + half,
        }
    )
