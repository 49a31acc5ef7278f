"""A reconstructed cohort knows what it is without the search that made it."""

import subprocess
import sys

from adbayes.cohort.assumptions import Assumptions
from adbayes.cohort.library import load_cohort
from adbayes.cohort.reconstructed import LABEL


def test_an_embedded_cohort_says_what_it_is() -> None:
    cohort = load_cohort(1)
    assert cohort.evidence == "reconstructed"
    assert cohort.label == LABEL
    assert "not patient data" in cohort.label
    assert cohort.seed == cohort.index == 1
    assert isinstance(cohort.assumptions, Assumptions)


def test_reading_one_does_not_import_the_search() -> None:
    code = "import sys, adbayes.cohort.library; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
