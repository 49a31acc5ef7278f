"""The response families a spec may name, in Bambi's words, and what their data must look like."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Family:
    """One response family.

    Parameters
    ----------
    name : str
        Bambi's name, as a spec writes it.
    auxiliary : tuple of str
        Parameters beside the mean, each with a prior or a formula of its own.
    links : tuple of str
        Link functions of the mean; the first is the default.
    domain : str
        What the outcome must be, in words.
    accepts : callable
        Takes the outcome's values (float array without missing) and says whether all fit the domain.
    """

    name: str
    auxiliary: tuple[str, ...]
    links: tuple[str, ...]
    domain: str
    accepts: Callable[[np.ndarray], bool]

    def __reduce__(self) -> tuple[Callable[[str], "Family"], tuple[str]]:
        # To another process it goes by its name: a rule for data is not a value to send.
        return _named, (self.name,)


def _named(name: str) -> Family:
    return FAMILIES[name]


def _whole(values: np.ndarray) -> bool:
    return bool((values == np.floor(values)).all())


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("gaussian", ("sigma",), ("identity", "log", "inverse"), "a number", lambda y: True),
        Family("t", ("sigma", "nu"), ("identity", "log", "inverse"), "a number", lambda y: True),
        Family(
            "bernoulli",
            (),
            ("logit", "probit", "cloglog"),
            "0 or 1",
            lambda y: bool(np.isin(y, (0, 1)).all()),
        ),
        Family(
            "binomial",
            (),
            ("logit", "probit", "cloglog"),
            "a count of successes, written p(successes, trials) in the formula",
            lambda y: bool((y >= 0).all()) and _whole(y),
        ),
        Family(
            "beta_binomial",
            ("kappa",),
            ("logit", "probit", "cloglog"),
            "a count of successes, written p(successes, trials) in the formula",
            lambda y: bool((y >= 0).all()) and _whole(y),
        ),
        Family(
            "negativebinomial",
            ("alpha",),
            ("log", "identity"),
            "a whole number, 0 or more",
            lambda y: bool((y >= 0).all()) and _whole(y),
        ),
        Family(
            "gamma",
            ("alpha",),
            ("log", "identity", "inverse"),
            "a number above 0",
            lambda y: bool((y > 0).all()),
        ),
        Family(
            "lognormal",
            ("sigma",),
            ("identity",),  # of the mean of log y
            "a number above 0",
            lambda y: bool((y > 0).all()),
        ),
        Family(
            "hurdle_gamma",
            ("alpha", "psi"),
            ("log", "identity", "inverse"),
            "a number, 0 or more",
            lambda y: bool((y >= 0).all()),
        ),
        Family(
            "beta",
            ("kappa",),
            ("logit", "probit", "cloglog"),
            "a number above 0 and below 1",
            lambda y: bool(((y > 0) & (y < 1)).all()),
        ),
        Family(
            "cumulative", ("threshold",), ("logit", "probit", "cloglog"), "ordered classes", _whole
        ),
    )
}
TRIALS_FAMILIES = ("binomial", "beta_binomial")
