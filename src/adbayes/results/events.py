"""How many events a model of a 0/1 outcome has for each slope: few make every estimate fragile."""

from dataclasses import dataclass

import numpy as np

from adbayes.model.analysis import Analysis
from adbayes.model.bambi_model import Design
from adbayes.model.frame import ModelFrame

THRESHOLD = 10.0
"""Events of the rarer kind per slope. Peduzzi et al. 1996, doi 10.1016/S0895-4356(96)00236-3, saw biased
estimates and intervals that missed the truth below it; van Smeden et al. 2016, doi
10.1186/s12874-016-0267-3, found no such border: separation and the size of effects matter as much, and
penalised estimates (here: priors) behave better at every ratio. So it warns and decides nothing."""


@dataclass(frozen=True)
class Events:
    """Events and slopes of one model.

    Parameters
    ----------
    events : int
        Rows with the rarer of the two outcomes.
    rows : int
        Rows used.
    slopes : int
        Population-level coefficients without the intercept.
    """

    events: int
    rows: int
    slopes: int

    @property
    def per_slope(self) -> float:
        """Events for each slope; infinite without any."""
        return self.events / self.slopes if self.slopes else float("inf")

    @property
    def few(self) -> bool:
        """Whether there are fewer than `THRESHOLD`."""
        return self.per_slope < THRESHOLD

    @property
    def warning(self) -> str:
        """One sentence where there are few events, otherwise empty."""
        if not self.few:
            return ""
        slopes = f"{self.slopes} slope{'s' if self.slopes > 1 else ''}"
        return (
            f"{self.events} events of the rarer kind in {self.rows} rows for {slopes}: "
            f"{self.per_slope:.1f} per slope, fewer than {THRESHOLD:g} (Peduzzi 1996; a rule of thumb, "
            "van Smeden 2016). Maximum likelihood is unreliable here and the priors carry weight: see "
            "the sensitivity to them"
        )


def events(analysis: Analysis, frame: ModelFrame, design: Design) -> Events | None:
    """Count events and slopes of a model.

    Parameters
    ----------
    analysis : Analysis
        The model.
    frame : ModelFrame
        Its rows.
    design : Design
        Its coefficients.

    Returns
    -------
    Events or None
        None for an outcome that is not one 0/1 value a row.
    """
    if analysis.family.name != "bernoulli":
        return None
    y = frame.y
    ones = int(np.sum(y == 1))
    slopes = sum(len(term.coefficients) for term in design.terms if term.name != "Intercept")
    return Events(min(ones, len(y) - ones), len(y), slopes)


def warned(analysis: Analysis, frame: ModelFrame, design: Design) -> str:
    """The warning of a model with few events, with its name in front.

    Parameters
    ----------
    analysis, frame, design : Analysis, ModelFrame, Design
        The model, its rows and coefficients.

    Returns
    -------
    str
        One sentence, or nothing.
    """
    found = events(analysis, frame, design)
    if found is None or not found.few:
        return ""
    x = f" [{analysis.x}]" if analysis.x else ""
    return f"{analysis.model}{x}: {found.warning}"
