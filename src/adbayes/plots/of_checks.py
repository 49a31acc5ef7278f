"""Plots of the checks of a fit that leave patients out: tables are made and handed to the drawing."""

from matplotlib.figure import Figure

from adbayes.checks.loo_pit import loo_pit as pit_values
from adbayes.checks.loo_pit import pit_curves
from adbayes.checks.reliability import reliability
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.plots.calibration import calibration
from adbayes.plots.labels import outcome_label, term_label
from adbayes.plots.loo_pit import loo_pit
from adbayes.plots.of_fit import one_of, passed
from adbayes.results.summary import NOT_CONVERGED


def plot_loo_pit(fit: Fit | Fits) -> Figure:
    """Draw where each observation falls in its prediction from the other patients.

    Parameters
    ----------
    fit : Fit or Fits
        One model whose patients can be left out one by one.

    Returns
    -------
    Figure
        One panel a visit, the simultaneous 95 % band of ArviZ.

    Raises
    ------
    SpecError
        Where a patient's likelihood cannot be computed, for several fits, or what is no fit.
    """
    fit = one_of(fit, "LOO-PIT plots")
    curves = pit_curves(pit_values(fit))
    return loo_pit(curves, label=_label(fit), title=f"{_name(fit)}: LOO-PIT, the patient left out")


def plot_calibration(fit: Fit | Fits) -> Figure:
    """Draw the reliability diagram of a model of a 0/1 outcome.

    Parameters
    ----------
    fit : Fit or Fits
        One model.

    Returns
    -------
    Figure
        Predictions from the other patients against the shares that came true.

    Raises
    ------
    SpecError
        For another family, several fits, or what is no fit.
    """
    fit = one_of(fit, "calibration plots")
    return calibration(reliability(fit), label=_label(fit), title=f"{_name(fit)}: calibration")


def _name(fit: Fit) -> str:
    x = f" by {term_label(fit.analysis.x).lower()}" if fit.analysis.x else ""
    return f"{outcome_label(fit.frame.outcome)}{x}"


def _label(fit: Fit) -> str:
    warning = "" if passed(fit) else f"; {NOT_CONVERGED.upper()}: {fit.analysis.model}"
    return fit.cohort.label + warning
