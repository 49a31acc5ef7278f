"""The vocabulary of a patient file: outcomes, patient-level columns, cut-offs and response rules.

Values only. Every range, grid, band and threshold that any other module needs is read from here, with
the source it was taken from.
"""

from dataclasses import dataclass
from typing import Literal

STUDY_VISITS: tuple[int, ...] = (0, 16, 32, 52)
"""Weeks since the first dose at which the paper reports its outcomes; 0 is the baseline."""


@dataclass(frozen=True)
class Threshold:
    """A change on the outcome's own scale that matters to a patient.

    Parameters
    ----------
    value : float
        Absolute change, in units of the outcome.
    source : str
        The study that proposes it, and its anchor.
    """

    value: float
    source: str


@dataclass(frozen=True)
class Band:
    """One severity band of a score, both ends included.

    Parameters
    ----------
    name : str
        What the band is called.
    low, high : float
        First and last value of the band, in units of the outcome.
    source : str
        The study that proposes it.
    """

    name: str
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class Outcome:
    """A quantity measured at visits.

    Parameters
    ----------
    name : str
        Column of a patient file.
    label : str
        For tables and axes.
    unit : str
        Unit of the value.
    low, high : float or None
        Smallest and largest allowed value; for a laboratory value `low` is 0 and excluded, and
        `high` is None.
    step : float or None
        Distance of neighbouring allowed values; None where every value in the range is allowed.
    kind : {"score", "lab"}
        A bounded clinical score, or a laboratory value above 0.
    lower_is_better : bool
        Whether a fall is an improvement.
    bands : tuple of Band
        Severity bands, mildest first; empty where none is used.
    mcid : Threshold or None
        The smallest change that matters to an individual patient.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float | None
    step: float | None
    kind: Literal["score", "lab"]
    lower_is_better: bool
    bands: tuple[Band, ...]
    mcid: Threshold | None


@dataclass(frozen=True)
class PatientColumn:
    """A characteristic of a patient that does not change between visits.

    Parameters
    ----------
    name : str
        Column of a patient file.
    label : str
        For tables and axes.
    kind : {"number", "binary"}
        A number in [`low`, `high`], or 0/1.
    low, high : float
        Smallest and largest allowed value.
    unit : str
        Unit of the value; empty for a binary column.
    """

    name: str
    label: str
    kind: Literal["number", "binary"]
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class Cutoff:
    """A cut of a laboratory value into high (1) and not (0).

    Parameters
    ----------
    outcome : str
        The laboratory value.
    value : float
        The cut, in its unit.
    inclusive : bool
        Whether the value itself counts as high.
    source : str
        Where the cut comes from, and what is unclear about it.
    """

    outcome: str
    value: float
    inclusive: bool
    source: str


@dataclass(frozen=True)
class ResponseRule:
    """A response: a fall from baseline by at least a percentage.

    Parameters
    ----------
    name : str
        Derived column.
    outcome : str
        The score.
    percent : int
        Smallest fall, in percent of baseline, that counts.
    """

    name: str
    outcome: str
    percent: int


def _bands(source: str, *bands: tuple[str, float, float]) -> tuple[Band, ...]:
    return tuple(Band(name, low, high, source) for name, low, high in bands)


_EASI_BANDS = _bands(
    "Leshem 2015, PMID 25580670",
    ("clear", 0, 0),
    ("almost clear", 0.1, 1.0),
    ("mild", 1.1, 7.0),
    ("moderate", 7.1, 21.0),
    ("severe", 21.1, 50.0),
    ("very severe", 50.1, 72.0),
)
_NRS_BANDS = _bands(
    "Vakharia 2018, PMC5906166", ("mild", 0, 3), ("moderate", 4, 6), ("severe", 7, 10)
)
_POEM_BANDS = _bands(
    "Charman 2013, doi:10.1111/bjd.12590",
    ("clear or almost clear", 0, 2),
    ("mild", 3, 7),
    ("moderate", 8, 16),
    ("severe", 17, 24),
    ("very severe", 25, 28),
)
_DLQI_BANDS = _bands(
    "Hongbo 2005, J Invest Dermatol 125:659-664",
    ("no effect", 0, 1),
    ("small effect", 2, 5),
    ("moderate effect", 6, 10),
    ("very large effect", 11, 20),
    ("extremely large effect", 21, 30),
)
_NOT_PRINTED = "unit not printed"

OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        Outcome(
            "easi", "EASI", "points", 0, 72, 0.1, "score", True, _EASI_BANDS,
            Threshold(
                14.0,
                "Silverberg 2021, Br J Dermatol 184:888-895 (anchor: one grade of the Physician's Global "
                "Assessment; larger at higher baseline severity, 50 % of baseline at every severity)",
            ),
        ),
        Outcome(
            "nrs", "Peak pruritus NRS", "points", 0, 10, 1, "score", True, _NRS_BANDS,
            Threshold(4, "Yosipovitch 2019, doi:10.1111/bjd.17744 (upper end of its 2 to 4 points)"),
        ),
        Outcome(
            "poem", "POEM", "points", 0, 28, 1, "score", True, _POEM_BANDS,
            Threshold(4, "Howells 2018, PMID 29355894 (4 or more: very likely important)"),
        ),
        Outcome(
            "dlqi", "DLQI", "points", 0, 30, 1, "score", True, _DLQI_BANDS,
            Threshold(4, "Basra 2015, Dermatology 230:27-33 (measured 3.3, recommended 4)"),
        ),
        Outcome("ige", "Total IgE", _NOT_PRINTED, 0, None, None, "lab", True, (), None),
        Outcome("tec", "Total eosinophil count", _NOT_PRINTED, 0, None, None, "lab", True, (), None),
        Outcome("ldh", "LDH", _NOT_PRINTED, 0, None, None, "lab", True, (), None),
    )
}  # fmt: skip
"""The measured outcomes by column name. The paper prints no units for its laboratory values."""

PATIENT_COLUMNS: dict[str, PatientColumn] = {
    column.name: column
    for column in (
        PatientColumn("age", "Age", "number", 0, 120, "years"),
        PatientColumn("female", "Female sex", "binary", 0, 1),
        PatientColumn("adult_onset", "Adult onset", "binary", 0, 1),
        PatientColumn("concomitant", "Initial concomitant systemic treatment", "binary", 0, 1),
        PatientColumn("prior_cyclosporine", "Previous cyclosporine", "binary", 0, 1),
    )
}
"""The patient-level columns by name."""

SYNTHETIC = "synthetic"
"""Column that is true in every row of invented patients, so that no file of them passes for a study's."""

CUTOFFS: dict[str, Cutoff] = {
    cutoff.outcome: cutoff
    for cutoff in (
        Cutoff("ige", 100, False, "rows of Table 5 of the paper"),
        Cutoff("tec", 500, False, "rows of Table 5 of the paper; Table 6 prints >= 500"),
        Cutoff("ldh", 250, True, "Table 4 and captions of the paper; rows of Table 5 print > 250"),
    )
}
"""The cut-off of each laboratory value."""

AGE_CUTOFF = 30.0
"""Years; `age_over_30` is age > 30 (the paper does not say where 30 itself belongs)."""

RESPONSE_RULES: dict[str, ResponseRule] = {
    rule.name: rule
    for rule in (ResponseRule("easi75", "easi", 75), ResponseRule("easi90", "easi", 90))
}
"""The responder outcomes by derived column."""
