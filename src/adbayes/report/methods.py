"""Methods, ready to paste, written from what the run was set to do."""

import platform
from collections.abc import Iterator, Sequence

import pandas as pd

from adbayes.checks.predictive import DRAWS
from adbayes.checks.priors import prior_table
from adbayes.inference.diagnostics import MAX_R_HAT, MIN_BFMI, MIN_ESS
from adbayes.inference.fit import Fit
from adbayes.inference.printed_priors import prior_sets
from adbayes.inference.store import versions
from adbayes.plots.labels import outcomes_label
from adbayes.report.figures import Group, title_of
from adbayes.report.markup import Section, bullets, heading, paragraph, table
from adbayes.report.numbers import number
from adbayes.results.run import Run

REFERENCES = {
    "pymc": "Abril-Pla O, et al. PyMC: a modern, and comprehensive probabilistic programming framework "
    "in Python. PeerJ Comput Sci 2023;9:e1516. doi:10.7717/peerj-cs.1516",
    "bambi": "Capretto T, et al. Bambi: a simple interface for fitting Bayesian linear models in Python. "
    "J Stat Softw 2022;103(15):1-29. doi:10.18637/jss.v103.i15",
    "arviz": "Kumar R, et al. ArviZ a unified library for exploratory analysis of Bayesian models in "
    "Python. J Open Source Softw 2019;4(33):1143. doi:10.21105/joss.01143",
    "nuts": "Hoffman MD, Gelman A. The No-U-Turn sampler. J Mach Learn Res 2014;15:1593-1623 (as "
    "implemented in nutpie)",
    "rhat": "Vehtari A, et al. Rank-normalization, folding, and localization: an improved R-hat. "
    "Bayesian Anal 2021;16:667-718. doi:10.1214/20-BA1221",
    "power": "Kallioinen N, et al. Detecting and diagnosing prior and likelihood sensitivity with "
    "power-scaling. Stat Comput 2024;34:57. doi:10.1007/s11222-023-10366-5",
    "checks": "Gabry J, et al. Visualization in Bayesian workflow. J R Stat Soc A 2019;182:389-402. "
    "doi:10.1111/rssa.12378",
    "profile": "Venables WN, Ripley BD. Modern Applied Statistics with S. 4th ed. Springer; 2002 (profile "
    "likelihood). doi:10.1007/978-0-387-21706-2",
    "firth": "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27-38. "
    "doi:10.1093/biomet/80.1.27",
    "separation": "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. "
    "Stat Med 2002;21:2409-2419. doi:10.1002/sim.1047",
}


def methods(run: Run, groups: Sequence[Group]) -> Section:
    """The section of methods.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.

    Returns
    -------
    Section
        Text, prior tables and references.
    """
    text = "".join(paragraph(part) for part in sentences(run, groups))
    body = f'<div class="paste">\n{text}</div>\n'
    body += heading("Priors of the fitted models", "methods-priors")
    for group in groups:
        body += table(
            _priors(group),
            f"{title_of(group)}: priors ({group.fits[0].analysis.prior_set.replace('_', ' ')})",
            id=f"priors-{group.name}",
            left=2,
        )
    if len(run.published):
        body += heading("Priors of the posteriors from print", "methods-print-priors")
        body += table(
            _print_priors(str(run.published["priors"].iloc[0])),
            "One prior a kind of quantity",
            id="priors-published",
            left=2,
        )
    used = _used(run, groups)
    body += heading("References", "methods-references")
    body += bullets((REFERENCES[key] for key in used), "small")
    return Section("methods", "Methods, ready to paste", body)


def sentences(run: Run, groups: Sequence[Group]) -> Iterator[str]:
    """The methods, one paragraph a step.

    Parameters
    ----------
    run : Run
        What was found.
    groups : sequence of Group
        Its fits by spec.

    Yields
    ------
    str
        Plain text.
    """
    yield f"Data: {run.cohort.label.rstrip('.')}."
    if run.further:
        yield (
            f"Cohorts. The models were fitted to {len(run.cohorts)} reconstructed cohorts of synthetic "
            "patients and the draws mixed with equal weights; the share of the variance of the mixture "
            "that lies between cohorts is reported. Cohorts are not draws from a posterior of the "
            "data, so this is not multiple imputation."
        )
    if len(run.published):
        yield (
            f"Posteriors from print. The posteriors of {_quantities(run)} "
            "printed quantities were computed by quadrature from the printed numbers alone: counts "
            "through binomial likelihoods, means through their printed SD and n, odds ratios "
            "through a likelihood that passes through both ends of the printed interval and the p "
            "value, Table 4 through its Welch tests. Suspected misprints were not used. Results "
            "with other denominators and with normal likelihoods of the odds ratios are in "
            "summary.csv. The odds ratios of Table 5, and the differences of Table 4, were also taken "
            "as normal about no effect with a common standard deviation (half-normal prior); the signed "
            "roots of the rows' likelihoods as multivariate normal, with correlations of the rows that "
            "are stated because they are not printed, and with three other statements of them; and "
            "integrated by importance sampling. The six correlations of Figure 2 were taken as one "
            "matrix with an LKJ prior, from the exact likelihood of a sample correlation matrix."
        )
    for group in groups:
        yield f"Model {group.name}. {_model(group)}"
    yield _sampling([fit for group in groups for fit in group.fits])
    yield (
        "Summaries. Posterior means of score quantities and medians of ratios are given with 95 % "
        "equal-tailed intervals and the posterior probability of direction. Risk differences and "
        "risk ratios were averaged over patients within each draw. A fit was accepted without "
        f"divergent transitions and with R-hat below {MAX_R_HAT:g}, bulk and tail effective sample "
        f"sizes above {MIN_ESS:g} and E-BFMI above {MIN_BFMI:g} for every sampled parameter and every "
        "reported quantity (Vehtari et al. 2021)."
    )
    if run.refits:
        kinds = sorted({again.method for again in run.refits.values()})
        cited = " (Venables and Ripley 2002; Firth 1993; Heinze and Schemper 2002)"
        yield (
            f"Refits. From the same rows, for comparison: {'; '.join(kinds)}"
            f"{cited if any('profile' in kind for kind in kinds) else ''}."
        )
    yield (
        f"Checks. Prior and posterior predictive checks compared statistics of the data with {DRAWS} "
        "replicated data sets each (Gabry et al. 2019). Sensitivity to prior and likelihood was "
        "assessed by power-scaling (Kallioinen et al. 2024)."
    )
    stated = ", ".join(f"{name} {version}" for name, version in versions().items())
    yield f"Software. Python {platform.python_version()}; {stated}."


def _model(group: Group) -> str:
    fit = group.fits[0]
    a = fit.analysis
    formula = a.mean.text.replace(a.x, "x") if a.x else a.mean.text
    family = a.family.name.replace("_", " ")
    rest = [f"{name}: {f.text}" for name, f in a.formulas.items() if name != "mu"]
    said = [
        f"{outcomes_label(fit.frame.outcome, a.data.stack)} was modelled as {formula} ({family} family, "
        f"{a.link} link{'; ' + '; '.join(rest) if rest else ''})"
    ]
    if len(group.fits) > 1:
        said.append(f"once for each of {len(group.fits)} predictors x")
    elif a.x:
        said.append(f"with x = {a.x}")
    if a.data.visit is not None:
        said.append(f"at week {a.data.visit}")
    if a.data.where:
        said.append(f"in rows with {a.data.where}")
    text = ", ".join(said) + "."
    if a.data.log2:
        text += f" Logarithms to base 2 were taken of {', '.join(a.data.log2)}."
    for column, (centre, scale) in a.data.standardize.items():
        text += f" {column} was centred at {centre:g} and divided by {scale:g}."
    if a.imputed:
        counts = {f"{name} {n}" for one in group.fits for name, n in one.frame.gaps.items() if n}
        text += (
            f" Missing values ({', '.join(sorted(counts)) or 'none'}) were parameters of the model, "
            "normal given the other predictors, and taken to be missing at random."
        )
    rows = {one.frame.n_rows for one in group.fits}
    used = f"{min(rows)} to {max(rows)}" if len(rows) > 1 else f"{min(rows)}"
    text += f" Rows used: {used}."
    gaps = {f"{reason} ({n})" for one in group.fits for reason, n in one.frame.dropped.items() if n}
    if gaps:
        text += f" Rows with missing values were dropped: {', '.join(sorted(gaps))}."
    if a.departs:
        text += f" Departures from the paper: {a.departs}."
    return text


def _sampling(fits: Sequence[Fit]) -> str:
    settings = {
        (s.chains, s.draws, s.tune, s.target_accept, s.seed): s
        for s in (fit.analysis.sampler for fit in fits)
    }
    said = [
        f"{s.chains} chains of {s.draws} draws after {s.tune} warm-up iterations, target acceptance "
        f"{s.target_accept:g}, seed {s.seed}"
        for s in settings.values()
    ]
    again = sum(fit.retries for fit in fits)
    retried = (
        f" {again} fit{'s were' if again > 1 else ' was'} sampled a second time at 0.99."
        if again
        else ""
    )
    return (
        "Sampling. Models were specified with Bambi (Capretto et al. 2022) and PyMC (Abril-Pla et al. "
        "2023), sampled with the No-U-Turn sampler (Hoffman and Gelman 2014) of nutpie, and "
        f"summarised with ArviZ (Kumar et al. 2019): {'; '.join(said)}.{retried} Where exact, patient "
        "effects were integrated out and drawn afterwards."
    )


def _quantities(run: Run) -> int:
    """Quantities with a posterior by themselves."""
    return int(run.published.loc[run.published["variant"] == "base", "published_id"].nunique())


def _priors(group: Group) -> pd.DataFrame:
    rows = []
    for fit in group.fits:
        for _, row in prior_table(fit.analysis, fit.frame).iterrows():
            name = row["parameter"]
            if len(group.fits) > 1 and name == fit.analysis.x:
                name = "each predictor"
            rows.append(
                {
                    "Parameter": name,
                    "Prior": row["prior"],
                    "95 % range": f"{_short(row['low'])} to {_short(row['high'])}",
                    "Scale": row["scale"],
                    "Why": row["why"],
                }
            )
    return pd.DataFrame(rows).drop_duplicates(ignore_index=True)


def _short(value: float) -> str:
    """Three significant digits, and none in powers of ten."""
    return number(value, 0) if abs(value) >= 1000 else f"{value:.3g}".replace("-", "−")


def _print_priors(name: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"Quantity": kind.replace("_", " "), "Prior": str(prior), "Why": prior.why}
            for kind, prior in prior_sets()[name].items()
        ]
    )


def _used(run: Run, groups: Sequence[Group]) -> list[str]:
    """Which references the text needs."""
    logistic = any(g.fits[0].analysis.link == "logit" for g in groups) and bool(run.refits)
    only_logistic = {"profile", "firth", "separation"}
    return [key for key in REFERENCES if logistic or key not in only_logistic]
