"""The choices that the print does not force, named, with their alternatives.

A reconstruction needs more than was printed: who is behind a percentage, whose laboratory values are
missing, how a patient's visits are related. Every such choice is a field here; `vary_assumptions` draws
another set of them, so that an ensemble shows how much the print leaves open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from adbayes.errors import DataError

Figure1 = Literal["no_concomitant", "any"]
AgeBins = Literal["right_closed", "left_closed"]

EXTRA_MEASURED: Mapping[tuple[str, int], tuple[int, ...]] = MappingProxyType(
    {
        ("ige", 16): (-4, -3, -2),
        ("ige", 32): (-2, 1),
        ("ige", 52): (5, 4, 6),
        ("tec", 0): (5, 8, 9, 11, 15, 19),
        ("tec", 16): (8, 6, 7, 9),
        ("tec", 32): (0, 3, 6, 8),
        ("tec", 52): (13, 7, 12, 11, 15, 16),
    }
)
"""Values measured beside those of LDH, with alternatives; the first is the default.

TEC is part of a blood count, which more patients have than LDH: its rows at weeks 0, 16 and 52 were
found at 76 to 96, 94 to 99 and 76 to 96 patients and at no smaller number tried. Where a number of
patients stands here, the printed mean is one of whole numbers. The number is of the paper's visits and
their 73, 88, 84 and 71 values of LDH.
"""

CLASS_SHARES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {"ige": (0.93, 0.78, 0.81, 0.71), "tec": (0.64, 0.52, 0.46, 0.36)}
)
"""Shares of high values at the paper's visits. Those of TEC are near log-normals with the printed
moments; those of IgE after baseline lie below them (0.88, 0.85 and 0.83), because the printed standard
errors of their odds ratios ask for more patients in the smaller class."""


@dataclass(frozen=True)
class Assumptions:
    """One set of choices.

    Parameters
    ----------
    figure_1 : {"no_concomitant", "any"}
        Who the 82 patients behind EASI-75 and EASI-90 are: those without an initial systemic drug
        (82 of 99 are on topical treatment only, and 44 of 82 responders with 6 of 17 give the row
        of concomitant treatment), or 82 patients unrelated to it, as complete cases would be.
    other_responders : int
        EASI-90 responders at the last visit among the patients outside those 82. With 6 the rows
        of sex, age, concomitant treatment and cyclosporine agree with one baseline gap; with 5 no
        gap served all four in the searches made.
    baseline_gap : float
        Mean baseline EASI of responders minus others, in SDs. The rows that do not depend on
        missing values agree at 0.39. With its mirror image, -0.38, the row of concomitant treatment
        stayed 2.4 windows short or more in all 10 draws of EASI searched, whoever the 82 are, and
        at -0.33, -0.35 and -0.42 the rows of cyclosporine and age did too.
    age_bins : {"right_closed", "left_closed"}
        Whether a patient aged 30 stands in "20-30" or "30-40": 47 patients over 30, or fewer.
    aged_at_cut : int
        Patients aged exactly 30 where the bins are left-closed. The row of age was found with 47
        patients over 30 and with 45, hence 2; with 40 to 44, 46, 48 and 50 it stayed 2 windows
        short or more in both draws of EASI searched.
    extra_measured : mapping
        (laboratory value, visit) to the number of values measured beside (or short of) LDH's.
    fraction_correlation : float
        Between visits next to each other, of the EASI fraction left; 0 to 1.
    score_correlation : float
        Between follow-up visits next to each other, of NRS, POEM and DLQI; 0 to 1.
    baseline_correlation : float
        Between baseline and the follow-up visits of these scores; 0 to 1.
    lab_correlation : float
        Between visits next to each other, of the logarithms of laboratory values; 0 to 1.
    persistence : float
        How much of a predictor's effect at the last visit is there at earlier visits: 1 all, 0 none.
    guesses : mapping of str to float
        Values used for suspected misprints, by published id; empty to leave them free.
    """

    figure_1: Figure1 = "no_concomitant"
    other_responders: int = 6
    baseline_gap: float = 0.39
    age_bins: AgeBins = "right_closed"
    aged_at_cut: int = 2
    extra_measured: Mapping[tuple[str, int], int] = field(
        default_factory=lambda: MappingProxyType({k: v[0] for k, v in EXTRA_MEASURED.items()})
    )
    fraction_correlation: float = 0.55
    score_correlation: float = 0.55
    baseline_correlation: float = 0.2
    lab_correlation: float = 0.8
    persistence: float = 0.9
    guesses: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"table2.nrs.w16.pct_change_sd": 25.42, "table2.dlqi.w32.pct_change_mean": 66.01}
        )
    )

    def __post_init__(self) -> None:
        for name, allowed in (("figure_1", get_args(Figure1)), ("age_bins", get_args(AgeBins))):
            if getattr(self, name) not in allowed:
                raise DataError(
                    f"assumption {name} is {getattr(self, name)!r}, allowed are {', '.join(allowed)}"
                )
        for name in (
            "fraction_correlation", "score_correlation", "baseline_correlation",
            "lab_correlation", "persistence",
        ):  # fmt: skip
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise DataError(f"assumption {name} is {value:g}, allowed is 0 to 1")
        if not -1.5 <= self.baseline_gap <= 1.5:
            raise DataError(
                f"assumption baseline_gap is {self.baseline_gap:g} SDs, allowed is -1.5 to 1.5"
            )

    def __reduce__(self) -> tuple[Callable[..., "Assumptions"], tuple[dict[str, Any]]]:
        # A read-only view of a mapping cannot be sent to another process; what it shows can.
        shown = {
            name: dict(value) if isinstance(value, MappingProxyType) else value
            for name, value in self.__dict__.items()
        }
        return _read_only, (shown,)

    def describe(self) -> dict[str, str]:
        """The choices as text, for a file's header.

        Returns
        -------
        dict of str to str
            Name to value.
        """
        shown = dict(self.__dict__)
        shown["extra_measured"] = {f"{k}_w{v}": n for (k, v), n in self.extra_measured.items()}
        shown["guesses"] = dict(self.guesses)
        return {name: str(value) for name, value in shown.items()}


def _read_only(shown: dict[str, Any]) -> Assumptions:
    given: dict[str, Any] = {
        name: MappingProxyType(value) if isinstance(value, dict) else value
        for name, value in shown.items()
    }
    return Assumptions(**given)


def vary_assumptions(seed: int) -> Assumptions:
    """Another set of choices, for one cohort of an ensemble.

    Parameters
    ----------
    seed : int
        0 gives the defaults; any other number a random set.

    Returns
    -------
    Assumptions
        Each correlation within the bounds that the printed moments prove, each alternative with
        the weight its evidence gives it: 3 of 4 for the 82 as those without concomitant treatment,
        1 of 2 for right-closed age bins, 3 of 4 for the guessed misprints, all numbers of
        `EXTRA_MEASURED` alike. The baseline gap is not varied: see there.

    Raises
    ------
    DataError
        For a negative seed.
    """
    if seed < 0:
        raise DataError(f"seed is {seed}, allowed is 0 or above")
    if seed == 0:
        return Assumptions()
    rng = np.random.default_rng([seed, 20211])
    guesses = dict(Assumptions().guesses) if rng.random() < 0.75 else {}
    return Assumptions(
        figure_1="no_concomitant" if rng.random() < 0.75 else "any",
        age_bins="right_closed" if rng.random() < 0.5 else "left_closed",
        fraction_correlation=round(float(rng.uniform(0.4, 0.7)), 2),
        score_correlation=round(float(rng.uniform(0.35, 0.7)), 2),
        baseline_correlation=round(float(rng.uniform(0.05, 0.3)), 2),
        lab_correlation=round(float(rng.uniform(0.7, 0.9)), 2),
        persistence=round(float(rng.uniform(0.6, 1.0)), 2),
        guesses=MappingProxyType(guesses),
        extra_measured=MappingProxyType(
            {key: int(rng.choice(options)) for key, options in EXTRA_MEASURED.items()}
        ),
    )
