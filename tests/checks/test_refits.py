"""Where a claim falls, by fits: against a closed form, and where a formula from the draws is wrong."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from adbayes.checks import refits
from adbayes.checks.credibility import normal_credibility
from adbayes.checks.prior_grid import CLAIMED, narrowed
from adbayes.checks.refits import CLOSE, Bracket, Varied, bracket
from adbayes.checks.sensitivity import by_refits
from adbayes.cohort.cohort import Cohort
from adbayes.inference.plan import plan
from adbayes.model.spec import load_spec
from adbayes.results.estimands import Estimand

ESTIMATE, SE = 2.0, 0.1  # z = 20: no draw is near 0


@dataclass
class Gate:
    passed: bool


class Exact:
    """A fit of a normal likelihood under a normal prior, by its closed form."""

    def __init__(self, scale: float, worst: float = 0.0) -> None:
        precision = SE**-2 + scale**-2
        mean = ESTIMATE / SE**2 / precision
        levels = (np.arange(4000) + 0.5) / 4000
        draws = stats.norm(mean, precision**-0.5).ppf(levels)
        self.quantity = Estimand(
            "mean_change", "y", "", "", "", 0.0, xr.DataArray(draws[None], dims=("chain", "draw"))
        )
        self.gate = Gate(scale > worst)


class ExactVaried:
    def __init__(self, worst: float = 0.0) -> None:
        self.worst, self.asked = worst, []

    def fit(self, centre: float, scale: float) -> Exact:
        assert centre == 0.0
        self.asked.append(scale)
        return Exact(scale, self.worst)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(refits, "estimands", lambda fit: [fit.quantity])
    return Exact(1.0).quantity.key


def test_the_bracket_holds_the_closed_form(exact: str) -> None:
    varied = ExactVaried()
    found = bracket(varied, {s: Exact(s) for s in (8.0, 1.0, 0.5)}, exact, 0.0)
    assert found is not None
    tipping = normal_credibility(ESTIMATE, SE, 0.0, 1.0).tipping_scale
    assert found.falls < tipping < found.stands
    assert found.stands / found.falls <= CLOSE
    assert found.converged
    assert len(varied.asked) < 12
    approximate = normal_credibility(1.0, 0.3, 0.0, 1.0)
    better, note, _ = by_refits(approximate, found, 0.0, 1.0)
    assert better.tipping_scale == pytest.approx(tipping, rel=0.05)
    assert better.sceptical_limit == pytest.approx(1.96 * tipping, rel=0.05)
    assert "by refits" in note


def test_the_grid_alone_brackets_what_falls_within_it(exact: str) -> None:
    varied = ExactVaried()
    found = bracket(varied, {s: Exact(s) for s in (8.0, 0.0101, 0.0095)}, exact, 0.0)
    assert found is not None
    # 8 stands, 0.0101 stands, 0.0095 falls: no fit is needed.
    assert (found.falls, found.stands) == (0.0095, 0.0101)
    assert not varied.asked


def test_a_fit_that_does_not_converge_does_not_stand(exact: str) -> None:
    found = bracket(ExactVaried(worst=0.3), {8.0: Exact(8.0)}, exact, 0.0)
    assert isinstance(found, Bracket)
    assert found.falls <= 0.3 < found.stands
    assert not found.converged
    assert "too much for the fit to converge" in by_refits(
        normal_credibility(1.0, 0.3, 0.0, 1.0), found, 0.0, 1.0
    )[1]  # fmt: skip


def test_what_never_stood_has_no_bracket(exact: str) -> None:
    assert bracket(ExactVaried(), {0.005: Exact(0.005)}, exact, 0.0) is None


@pytest.mark.slow
def test_a_score_change_falls_long_before_a_normal_formula_says(patients: Cohort) -> None:
    analysis, frame = plan(load_spec("easi_change"), patients, draws=500, tune=500).jobs[0]
    varied = Varied(narrowed(analysis, CLAIMED), patients, frame, "visit", None)
    assert varied.compiled
    wide = varied.fit(0.0, 36.0)
    key = next(q.key for q in refits.estimands(wide) if q.estimand == "mean_change")
    found = bracket(varied, {36.0: wide}, key, 0.0)
    assert found is not None
    # The residual SD, free to grow, makes noise of the change under priors that a fixed one would
    # overrule: a fall of 22 points with an error near 0.7 would stand down to an SD of 0.05.
    assert 0.5 < found.falls < found.stands < 5
