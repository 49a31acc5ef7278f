"""A small study of another shape than the paper's, printed from patients who are known.

Forty patients at weeks 0, 12 and 24; EASI and NRS; LDH at two of the visits, in groups at baseline;
odds ratios of two characteristics and of one class. Its numbers are rounded from simulated patients by
the code that judges fidelity, so that patients with these numbers exist. Groups and odds ratios have a
digit less than the paper's: of forty patients a third digit singles out nearly one vector of labels.
"""

import copy
import math
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

import pandas as pd
import pytest

from adbayes.cohort import reconstruct
from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.derive import derive
from adbayes.cohort.mending import MendingStages
from adbayes.cohort.reconstructed import ReconstructedCohort
from adbayes.cohort.simulate import simulate_patients
from adbayes.cohort.stages import Effort
from adbayes.paper.published import load_published
from adbayes.results.fidelity import fidelity

PATIENTS, WEEKS, LAB_WEEKS, GROUP_WEEK = 40, (0, 12, 24), (0, 24), 0
LOW, HIGH, BOTH = "LDH < 250", "LDH ≥ 250", "LDH < 250 against ≥ 250"

EFFORT = Effort(
    easi=400_000, label=3_000, lab=300_000, attempts=3, trials=2,
    rough=((100_000, 1000.0, 20.0), (200_000, 50.0, 10.0)), few=((50_000, 1000.0, 1.0),) * 2,
    cool=((1_000_000, 10.0, 0.3),) * 8,
    mend=((300_000, 10.0, 1.0),) * 2, finish=((300_000, 1.0, 0.7),) * 2, jumps=6,
)  # fmt: skip
CHOICES = Assumptions(
    guesses={}, extra_measured={}, baseline_gap=0.2, baseline_correlation=0.6, score_correlation=0.5
)
"""The simulated patients' own correlation: a choice that contradicts the print would cost agreement."""


def truth() -> ReconstructedCohort:
    """The known patients; NaN where LDH was not measured."""
    found = simulate_patients(seed=5, n_patients=PATIENTS, ldh_shift=0.3).frame
    found = found[found["visit"] != 16]
    week = found["visit"].map({0: 0, 32: 12, 52: 24})
    found = found.assign(visit=week)
    found["female"] = found["female"].astype(float)
    raw = found[["patient", "visit", "easi", "nrs", "ldh", "female", "prior_cyclosporine"]].copy()
    order = raw["patient"].map({p: k for k, p in enumerate(raw["patient"].unique())})
    unmeasured = (raw["visit"] == 12) | ((raw["visit"] == GROUP_WEEK) & (order % 8 == 0))
    raw["ldh"] = raw["ldh"].round().where(~unmeasured)
    frame = derive(raw.assign(in_figure_1=1.0, synthetic=1.0))
    return ReconstructedCohort(frame, "reconstructed", "known", "truth", assumptions=CHOICES)


def _rows() -> list[tuple[str, str, int | None, str, str, int, str]]:
    """Table, variable, visit, group, statistic, decimals, term of everything that is printed."""
    rows: list[tuple[str, str, int | None, str, str, int, str]] = [
        ("table1", "n", 0, "", "n", 0, ""),
        ("table1", "female", 0, "", "count", 0, ""),
        ("table1", "cyclosporine", 0, "", "count", 0, ""),
    ]
    for name in ("easi", "nrs"):
        for week in WEEKS:
            rows += [("table2", name, week, "", s, 2, "") for s in ("mean", "sd")]
            if week:
                both = ("pct_change_mean", "pct_change_sd")
                rows += [("table2", name, week, "", s, 2, "") for s in both]
    for week in LAB_WEEKS:
        rows += [("table3", "ldh", week, "", s, 2, "") for s in ("mean", "sd")]
    rows += [("table4", "ldh", GROUP_WEEK, g, "n", 0, "") for g in (LOW, HIGH)]
    for name in ("easi", "nrs"):
        rows += [("table4", name, GROUP_WEEK, g, "pct_change_mean", 1, "") for g in (LOW, HIGH)]
        rows.append(("table4", name, GROUP_WEEK, BOTH, "p_value", 2, ""))
    for term in ("female", "prior_cyclosporine", f"ldh_ge_250_w{GROUP_WEEK}"):
        odds = ("odds_ratio", "ci_low", "ci_high", "p_value")
        rows += [("table5", "easi90", 24, "", s, 2, term) for s in odds]
    for name in ("easi75", "easi90"):
        rows += [("fig1", name, week, "", "percent", 2, "") for week in WEEKS[1:]]
    rows.append(("fig2", "easi~nrs", 24, "", "correlation", 2, ""))
    return rows


def _rounded(value: float, decimals: int) -> float:
    """Half up, of twelve digits: a mean of tenths stands on a tie now and then."""
    return float(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def ledger() -> pd.DataFrame:
    """What would have been printed of the known patients."""
    names = ["table", "variable", "visit", "group", "statistic", "decimals", "term"]
    blank = pd.DataFrame(_rows(), columns=names).assign(
        numeric=0.0, bound="", status="", quantity="", n=math.nan, n_inferred=math.nan
    )
    blank["id"] = [
        ".".join(str(x) for x in (row.table, row.variable, row.term, row.visit, row.group, row.statistic))
        for row in blank.itertuples()
    ]  # fmt: skip
    found = fidelity(truth(), blank)["reconstructed"].astype(float)
    assert found.notna().all()
    blank["numeric"] = [_rounded(x, int(d)) for x, d in zip(found, blank["decimals"], strict=True)]
    tiny = (blank["statistic"] == "p_value") & (blank["numeric"] == 0)
    blank.loc[tiny, ["numeric", "bound"]] = [0.01, "upper"]
    assert set(load_published().columns) >= set(blank.columns)
    return blank


@pytest.fixture(scope="session")
def small_ledger() -> pd.DataFrame:
    """The print of the small study."""
    return ledger()


@pytest.fixture(scope="session")
def small_truth() -> ReconstructedCohort:
    """The patients whose numbers it prints."""
    return truth()


class _Watched(MendingStages):
    """Stages that leave a copy of themselves after each."""

    seen: ClassVar[dict[str, MendingStages]] = {}

    def _keep(self, name: str) -> None:
        kept = copy.copy(self)
        for part in ("labels", "values", "missed"):
            setattr(kept, part, dict(getattr(self, part)))
        self.seen[name] = kept

    def people(self) -> None:
        super().people()
        self._keep("people")

    def lab_classes(self) -> None:
        super().lab_classes()
        self._keep("lab_classes")

    def scores(self) -> None:
        super().scores()
        self._keep("scores")

    def lab_values(self) -> None:
        super().lab_values()
        self._keep("lab_values")


@pytest.fixture(scope="session")
def small_cohort(small_ledger: pd.DataFrame) -> ReconstructedCohort:
    """The small study reconstructed, once for the tests of all stages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconstruct, "MendingStages", _Watched)
        return reconstruct.reconstruct_patients(1, CHOICES, ledger=small_ledger, effort=EFFORT)


@pytest.fixture
def people_found(small_cohort: ReconstructedCohort) -> MendingStages:
    """The reconstruction after its first stages: EASI and characteristics."""
    return copy.copy(_Watched.seen["people"])


@pytest.fixture
def classes_found(small_cohort: ReconstructedCohort) -> MendingStages:
    """Classes of LDH found too."""
    return copy.copy(_Watched.seen["lab_classes"])


@pytest.fixture
def scores_found(small_cohort: ReconstructedCohort) -> MendingStages:
    """NRS found too."""
    return copy.copy(_Watched.seen["scores"])


@pytest.fixture
def values_found(small_cohort: ReconstructedCohort) -> MendingStages:
    """Everything found."""
    return copy.copy(_Watched.seen["lab_values"])
