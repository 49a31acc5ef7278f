"""Simulated patients with known parameters, for tests and for teaching.

Means and SDs are close to those the paper prints, so that a model meets data of the study's size and
shape; the patients are nobody's. Nothing here uses the package's models, so that a recovery test cannot
share a mistake with the model it tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special, stats

from adbayes.cohort.cohort import Cohort
from adbayes.cohort.derive import derive, flag_column
from adbayes.cohort.margins import (
    discrete_beta,
    response_probability,
    shifted_betas,
    truncated_lognormal,
)
from adbayes.cohort.outcomes import CUTOFFS, OUTCOMES, RESPONSE_RULES, STUDY_VISITS
from adbayes.errors import DataError

EASI_BASELINE = (30.02, 10.84, 16.0, 72.0)
"""Mean and SD (Table 2), the entry bound of the study, and the largest EASI."""

RESIDUAL_FRACTION = {16: (0.2510, 0.1157), 32: (0.1551, 0.0905), 52: (0.1186, 0.0856)}
"""Mean and SD of EASI over baseline EASI: 1 minus the percent changes of Table 2."""

SCORES: dict[str, tuple[tuple[float, float], ...]] = {
    "nrs": ((8.37, 1.72), (3.36, 2.13), (3.24, 2.07), (2.80, 1.82)),
    "poem": ((23.73, 4.35), (9.99, 6.33), (9.00, 6.19), (7.34, 5.86)),
    "dlqi": ((22.37, 5.27), (8.93, 6.59), (7.60, 6.86), (6.54, 5.74)),
}
"""Mean and SD at each study visit (Table 2)."""

LABS: dict[str, tuple[tuple[float, float], ...]] = {
    "ige": ((3964.05, 6411.23), (2601.08, 3843.12), (1960.34, 3020.99), (1837.87, 3043.89)),
    "tec": ((931.67, 805.49), (737.54, 846.80), (618.93, 628.58), (514.13, 487.55)),
    "ldh": ((280.81, 85.32), (219.19, 65.02), (212.12, 63.21), (196.14, 43.80)),
}
"""Mean and SD at each study visit (Table 3)."""

SHARES = {
    "female": 41 / 99,
    "adult_onset": 6 / 99,
    "concomitant": 17 / 99,
    "prior_cyclosporine": 53 / 99,
}
"""Shares of the binary characteristics (Table 1)."""

AGE = (30.92, 7.0, 18, 53)
"""Mean, SD, smallest and largest age in years (Table 1, which prints no SD: 7 is chosen to suit its bins)."""

OUTCOME_CORRELATION = (
    (1.00, 0.32, 0.24, 0.18),
    (0.32, 1.00, 0.66, 0.62),
    (0.24, 0.66, 1.00, 0.78),
    (0.18, 0.62, 0.78, 1.00),
)
"""Latent correlation of residual fraction, NRS, POEM and DLQI at one visit (Fig. 2, week 52)."""


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedCohort(Cohort):
    """A cohort whose parameters are known.

    Parameters
    ----------
    truth : mapping of str to float
        The population values, before rounding to the grid and before values go missing:
        `correlation` (latent, between any two visits of a patient); `<o>_mean_w<v>` and
        `<o>_sd_w<v>` for every outcome and visit; `easi_fraction_mean_w<v>`, `easi_fraction_sd_w<v>`;
        `<lab>_log_mean_w<v>`, `<lab>_log_sd_w<v>`; `easi75_w<v>`, `easi90_w<v>` (probability of
        response) and `easi90_w52_female`, `easi90_w52_male`; `sex_log_odds_ratio` (EASI-90 at week
        52, women against men, not adjusted for LDH), `sex_shift` and `ldh_shift` (on the logit of
        the residual fraction, for female sex and per SD of baseline log LDH); `ige_gt_100_w0` and
        so on (probability of a high value); `missing`, `missing_labs`.
    """

    truth: Mapping[str, float] = field(default_factory=dict)


def simulate_patients(
    seed: int = 1,
    n_patients: int = 99,
    *,
    correlation: float = 0.5,
    missing: float = 0.0,
    missing_labs: float = 0.0,
    sex_log_odds_ratio: float = 0.9,
    ldh_shift: float = 0.3,
) -> SimulatedCohort:
    """Simulate patients of the study's design with known parameters.

    Baseline EASI is log-normal, truncated to 16 to 72. EASI at a later visit is baseline times a
    residual fraction, which is independent of baseline, beta on the logit scale shifted by sex and
    by baseline log LDH. NRS, POEM and DLQI are beta variables cut into whole numbers; laboratory
    values are log-normal. One Gaussian copula ties the visits of a patient together.

    Parameters
    ----------
    seed : int, optional
        Seed, 0 or above. Missing values have their own stream: the same seed with another share
        missing gives the same values where they are observed.
    n_patients : int, optional
        At least 2.
    correlation : float, optional
        Latent correlation between any two visits of a patient, for every outcome; 0 to below 1.
    missing : float, optional
        Share of follow-up visits missing completely at random (all outcomes of the visit); 0 to
        below 1.
    missing_labs : float, optional
        Share of laboratory values missing completely at random, baseline included, beside
        `missing`; 0 to below 1.
    sex_log_odds_ratio : float, optional
        Log odds ratio of EASI-90 at week 52, women against men.
    ldh_shift : float, optional
        Shift of the logit of the residual fraction per SD of baseline log LDH; positive is worse.

    Returns
    -------
    SimulatedCohort
        A cohort with evidence "simulated" and its `truth`. The characteristics of patients come in
        fixed numbers, the shares of Table 1 rounded to whole patients.

    Raises
    ------
    DataError
        For a value outside its range, or effects too large for the declared means and SDs.
    """
    _within("n_patients", n_patients, 2, 10_000_000)
    for name, value in (
        ("correlation", correlation),
        ("missing", missing),
        ("missing_labs", missing_labs),
    ):
        _within(name, value, 0, 1 - 1e-9)
    streams = [np.random.default_rng(child) for child in _seeds(seed, 5)]
    of_patients, of_scores, of_labs, of_visits, of_missing_labs = streams
    n_visits = len(STUDY_VISITS)
    visit_root = np.linalg.cholesky(_exchangeable(n_visits, correlation))

    female, patients = _characteristics(of_patients, n_patients)
    labs = {}
    for name, declared in LABS.items():
        latent = of_labs.standard_normal((n_patients, n_visits)) @ visit_root.T
        log_mean, log_sd = np.array([_log_moments(*moments) for moments in declared]).T
        labs[name] = np.maximum(np.round(np.exp(log_mean + log_sd * latent), 1), 0.1)
        if name == "ldh":
            ldh_score = latent[:, 0]

    shapes, sex_shift = shifted_betas(
        tuple(RESIDUAL_FRACTION.values()), sex_log_odds_ratio, ldh_shift, SHARES["female"], 0.1
    )
    shift = sex_shift * (female - SHARES["female"]) + ldh_shift * ldh_score
    mu, sigma = truncated_lognormal(*EASI_BASELINE)
    low, high = special.ndtr((np.log(EASI_BASELINE[2:]) - mu) / sigma)
    baseline = np.exp(mu + sigma * special.ndtri(of_scores.uniform(low, high, n_patients)))
    outcome_root = np.linalg.cholesky(np.array(OUTCOME_CORRELATION))
    noise = of_scores.standard_normal((n_patients, len(OUTCOME_CORRELATION), n_visits))
    level = special.ndtr(outcome_root @ noise @ visit_root.T)
    start = [
        special.logit(stats.beta.ppf(level[:, 0, j], *shapes[j - 1])) for j in range(1, n_visits)
    ]
    fraction = special.expit(np.column_stack(start) + shift[:, None])
    easi = np.round(10 * np.column_stack([baseline, baseline[:, None] * fraction])) / 10
    scores = {"easi": easi}
    for i, (name, declared) in enumerate(SCORES.items(), start=1):
        top = int(OUTCOMES[name].high or 0)
        columns = [
            np.floor((top + 1) * stats.beta.ppf(level[:, i, j], *discrete_beta(*moments, top)))
            for j, moments in enumerate(declared)
        ]
        scores[name] = np.minimum(np.column_stack(columns), top)

    gone = of_visits.uniform(size=(n_patients, n_visits)) < missing
    gone[:, 0] = False
    frame = patients.loc[patients.index.repeat(n_visits)].reset_index(drop=True)
    frame.insert(1, "visit", np.tile(STUDY_VISITS, n_patients))
    for position, (name, values) in enumerate({**scores, **labs}.items(), start=2):
        drop = gone
        if name in LABS:
            drop = gone | (of_missing_labs.uniform(size=gone.shape) < missing_labs)
        frame.insert(position, name, np.where(drop, np.nan, values).ravel())

    truth = _truth(
        correlation, missing, missing_labs, sex_log_odds_ratio, ldh_shift, shapes, sex_shift
    )
    return SimulatedCohort(
        frame=derive(frame),
        evidence="simulated",
        label=f"SIMULATED patients (seed {seed}) with known parameters: not the paper's patients",
        source=f"seed {seed}",
        truth=truth,
    )


def simulate_mixed_model(
    seed: int = 1,
    n_patients: int = 99,
    *,
    means: Sequence[float] = (30.0, 8.0, 5.0, 3.5),
    tau: float = 3.0,
    sigma: float = 4.0,
    visits: Sequence[int] = STUDY_VISITS,
) -> pd.DataFrame:
    """Draw exactly from the Gaussian model with one random intercept a patient.

    y = mean of the visit + a + e, with a normal(0, tau) shared by the visits of a patient and e
    normal(0, sigma) independent: nothing is bounded or rounded.

    Parameters
    ----------
    seed : int, optional
        Seed, 0 or above.
    n_patients : int, optional
        At least 2.
    means : sequence of float, optional
        Mean at each visit.
    tau, sigma : float, optional
        SD between patients and within a patient, 0 or above.
    visits : sequence of int, optional
        Weeks, as many as means.

    Returns
    -------
    pandas.DataFrame
        `patient` (str), `visit` (int, weeks) and `y` (float), patient by patient.

    Raises
    ------
    DataError
        For a value outside its range, or as many visits as means do not match.
    """
    _within("n_patients", n_patients, 2, 10_000_000)
    _within("tau", tau, 0, np.inf)
    _within("sigma", sigma, 0, np.inf)
    if len(means) != len(visits):
        raise DataError(f"{len(means)} means for {len(visits)} visits: give one mean a visit")
    (rng,) = (np.random.default_rng(child) for child in _seeds(seed, 1))
    effect = tau * rng.standard_normal((n_patients, 1))
    y = (
        np.asarray(means, dtype=float)
        + effect
        + sigma * rng.standard_normal((n_patients, len(visits)))
    )
    return pd.DataFrame(
        {
            "patient": np.repeat(_names(n_patients), len(visits)),
            "visit": np.tile(np.asarray(visits, dtype=int), n_patients),
            "y": y.ravel(),
        }
    )


def _characteristics(rng: np.random.Generator, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    mean, sd, low, high = AGE
    shapes = discrete_beta(mean - low, sd, high - low)
    columns: dict[str, np.ndarray] = {"patient": _names(n)}
    columns["age"] = low + np.minimum(np.floor((high - low + 1) * rng.beta(*shapes, n)), high - low)
    for name, share in SHARES.items():
        columns[name] = rng.permutation(np.arange(n) < round(n * share)).astype(float)
    return columns["female"], pd.DataFrame(columns)


def _truth(
    correlation: float,
    missing: float,
    missing_labs: float,
    sex_log_odds_ratio: float,
    ldh_shift: float,
    shapes: tuple[tuple[float, float], ...],
    sex_shift: float,
) -> dict[str, float]:
    mean, sd = EASI_BASELINE[:2]
    truth = {
        "correlation": correlation,
        "missing": missing,
        "missing_labs": missing_labs,
        "sex_log_odds_ratio": sex_log_odds_ratio,
        "sex_shift": sex_shift,
        "ldh_shift": ldh_shift,
        "easi_mean_w0": mean,
        "easi_sd_w0": sd,
    }
    share = SHARES["female"]
    for (visit, (m, s)), pair in zip(RESIDUAL_FRACTION.items(), shapes, strict=True):
        truth |= {f"easi_fraction_mean_w{visit}": m, f"easi_fraction_sd_w{visit}": s}
        # the fraction is independent of baseline, so the moments of the product are exact
        truth[f"easi_mean_w{visit}"] = mean * m
        truth[f"easi_sd_w{visit}"] = float(
            np.sqrt((mean**2 + sd**2) * (m**2 + s**2) - (mean * m) ** 2)
        )
        for rule in RESPONSE_RULES.values():
            men, women = (
                response_probability(
                    pair, sex_shift * (sex - share), ldh_shift, 1 - rule.percent / 100
                )
                for sex in (0, 1)
            )
            truth[f"{rule.name}_w{visit}"] = (1 - share) * men + share * women
            truth[f"{rule.name}_w{visit}_male"] = men
            truth[f"{rule.name}_w{visit}_female"] = women
    for name, declared in {**SCORES, **LABS}.items():
        for visit, (m, s) in zip(STUDY_VISITS, declared, strict=True):
            truth |= {f"{name}_mean_w{visit}": m, f"{name}_sd_w{visit}": s}
    for name, declared in LABS.items():
        for visit, moments in zip(STUDY_VISITS, declared, strict=True):
            log_mean, log_sd = _log_moments(*moments)
            truth |= {f"{name}_log_mean_w{visit}": log_mean, f"{name}_log_sd_w{visit}": log_sd}
            above = special.ndtr((log_mean - np.log(CUTOFFS[name].value)) / log_sd)
            truth[flag_column(name, visit)] = float(above)
    return truth


def _log_moments(mean: float, sd: float) -> tuple[float, float]:
    variance = np.log1p((sd / mean) ** 2)
    return float(np.log(mean) - variance / 2), float(np.sqrt(variance))


def _exchangeable(size: int, correlation: float) -> np.ndarray:
    return np.full((size, size), correlation) + (1 - correlation) * np.eye(size)


def _names(n: int) -> np.ndarray:
    width = max(3, len(str(n)))
    return np.array([f"S{i:0{width}d}" for i in range(1, n + 1)], dtype=object)


def _seeds(seed: int, number: int) -> list[np.random.SeedSequence]:
    _within("seed", seed, 0, np.inf)
    return np.random.SeedSequence(seed).spawn(number)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise DataError(f"{name} is {value:g}, allowed is {low:g} to {high:g}")
