import numpy as np
import pytest
from scipy import stats

from adbayes.paper.grids import Grid, moments
from adbayes.paper.shapes import needed_correlation, normal_mass, shapes


@pytest.fixture(scope="session")
def visits(entry):
    def make(*pairs, p=None):
        rows = []
        for visit, (mean, sd) in zip((0, 8, 16), pairs, strict=False):
            base = f"table3.lab.w{visit}"
            rows.append(entry(f"{base}.mean", "mean", mean, variable="lab", visit=visit))
            rows.append(entry(f"{base}.sd", "sd", sd, variable="lab", visit=visit))
        if p is not None:
            more = {"variable": "lab", "visit": 8, "group": "against baseline"}
            rows.append(entry("table3.lab.w8.p", "p_value", p, **more))
        return rows

    return make


def test_the_mass_of_a_normal_outside_what_is_possible(visits, ledger_of):
    (one,) = moments(ledger_of(*visits(("3.0", "2.0"))))
    assert normal_mass(one, 0, 10) == pytest.approx((stats.norm.cdf(-1.5), stats.norm.sf(3.5)))
    assert normal_mass(one, 0, None)[1] == 0
    (found,) = shapes(ledger_of(*visits(("3.0", "2.0"))), {"lab": Grid(0, 10)})
    assert found.computed == "normal mass below 0: 0.067, above 10: 0.000"
    assert "implausible" in found.arithmetic
    (found,) = shapes(ledger_of(*visits(("9.0", "2.0"))), {})
    assert "tolerable" in found.arithmetic


def test_the_correlation_that_a_p_needs_is_the_data_s_own():
    """From exact moments and the p of the paired z, the correlation comes back."""
    rng = np.random.default_rng(0)
    x = rng.normal(10, 3, 40)
    y = 0.6 * x + rng.normal(3.2, 2, 40)
    gap, sd = (y - x).mean(), (y - x).std(ddof=1)
    p = 2 * stats.norm.sf(abs(gap) / (sd / np.sqrt(40)))

    class Exact:
        def __init__(self, values):
            self.mean = type("N", (), {"numeric": values.mean()})
            self.sd = type("N", (), {"numeric": values.std(ddof=1)})

    found = needed_correlation(Exact(x), Exact(y), 40, p)
    assert found == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9)


def test_one_sd_for_visits_that_differ(visits, ledger_of):
    found = {
        one.check: one for one in shapes(ledger_of(*visits(("30", "12.0"), ("9", "3.0"))), {})
    }["common_sd.table3.lab"]
    assert found.computed == "largest variance / smallest = 16.0; pooled SD 8.75"
    assert found.grade == "consistent"


@pytest.mark.parametrize(
    ("later", "grade"), [(("150.0", "40.0"), "consistent"), (("199.9", "70.0"), "inconsistent")]
)
def test_a_star_that_no_correlation_gives_is_caught(later, grade, visits, ledger_of):
    ledger = ledger_of(*visits(("200.0", "50.0"), later, p="*"), size=60)
    found = {one.check: one for one in shapes(ledger, {})}["against_baseline.table3.lab.w8"]
    assert found.grade == grade
