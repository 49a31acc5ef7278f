import numpy as np
import pytest
from scipy import stats

from adbayes.errors import DataError
from adbayes.paper.published import load_paper
from adbayes.paper.welch import group_sds, welch_family, welch_p

PRIOR = stats.norm(0, 0.5)
PAPER = load_paper()

# SDs (low, high) for which Welch's test gives the printed p when all patients have the SD of Table 2,
# solved for the print itself by an independent root search; the two rows with p < 0.001 are solved at
# the bound and so end the feasible stretch.
IMPLIED = {
    ("easi", "baseline"): (8.18, 8.31),
    ("easi", "w16"): (7.64, 10.18),
    ("easi", "w52"): (7.87, 10.37),
    ("nrs", "baseline"): (27.65, 18.93),
    ("nrs", "w16"): (22.60, 23.05),
    ("nrs", "w32"): (23.04, 21.52),
    ("nrs", "w52"): (23.01, 11.54),
    ("poem", "baseline"): (37.12, 22.89),
    ("poem", "w16"): (31.23, 23.34),
    ("poem", "w32"): (32.38, 17.72),
    ("dlqi", "baseline"): (36.52, 19.05),
    ("dlqi", "w16"): (28.97, 22.86),
    ("dlqi", "w32"): (28.23, 23.95),
    ("dlqi", "w52"): (27.35, 18.07),
}
AT_THE_BOUND = {("easi", "w32"): (7.22, 9.43), ("poem", "w52"): (28.63, 15.24)}


def family(outcome, visit):
    row = f"table4.{outcome}.ldh_{visit}"
    return welch_family(
        PAPER.number(f"{row}.lo.mean").interval,
        PAPER.number(f"{row}.hi.mean").interval,
        PAPER.number(f"table4.ldh_{visit}.lo.n").n,
        PAPER.number(f"table4.ldh_{visit}.hi.n").n,
        PAPER.number(f"{row}.p").interval,
        PAPER.number(f"table2.{outcome}.w52.pct_change_sd").interval,
        PRIOR,
    )


@pytest.mark.parametrize("cell", IMPLIED)
def test_the_implied_sds_of_table_4(cell):
    found = family(*cell)
    low, high = IMPLIED[cell]
    for sd, expected in ((found.sd_low, low), (found.sd_high, high)):
        # The rounding of p spreads the SDs; the print itself is near the middle of that spread.
        assert sd.min() - 0.01 <= expected <= sd.max() + 0.01
        assert np.median(sd) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("cell", AT_THE_BOUND)
def test_a_bound_on_p_ends_the_feasible_sds(cell):
    found = family(*cell)
    _, high = AT_THE_BOUND[cell]
    assert found.sd_high.max() == pytest.approx(high, abs=0.03)
    assert found.sd_high.min() < 0.7 * high


def test_every_member_agrees_with_the_print():
    found = family("nrs", "w16")
    p = welch_p(found.mean_low, found.mean_high, (found.sd_low, found.sd_high), (66, 22))
    assert p.min() >= 0.0665
    assert p.max() <= 0.0675
    # Squares within and between the groups add to those of all 88.
    squares = 65 * found.sd_low**2 + 21 * found.sd_high**2
    squares += 66 * 22 / 88 * (found.mean_high - found.mean_low) ** 2
    assert np.sqrt(squares / 87) == pytest.approx(23.05, abs=0.005 + 1e-9)


def test_group_sds_and_p_are_those_of_real_data():
    rng = np.random.default_rng(5)
    low, high = rng.normal(90, 8, 30), rng.normal(85, 5, 43)
    sds = group_sds(
        low.mean(),
        high.mean(),
        30,
        43,
        np.r_[low, high].std(ddof=1),
        np.log(high.std(ddof=1) / low.std(ddof=1)),
    )
    assert sds == pytest.approx([low.std(ddof=1), high.std(ddof=1)], rel=1e-10)
    test = stats.ttest_ind(low, high, equal_var=False)
    p = welch_p(low.mean(), high.mean(), sds, (30, 43))
    assert p == pytest.approx(test.pvalue, rel=1e-10)


def test_the_difference_is_a_welch_t_where_the_sds_are_known():
    found = family("easi", "w16")
    theta = np.linspace(-12, 3, 31)
    se = np.sqrt(7.64**2 / 66 + 10.18**2 / 22)
    df = se**4 / (7.64**4 / 66**2 / 65 + 10.18**4 / 22**2 / 21)
    expected = stats.t(df, 84.49 - 89.42, se).logpdf(theta)
    assert found.difference().log(theta) == pytest.approx(expected, abs=0.02)
    low = stats.t(65, 89.42, 7.64 / np.sqrt(66)).logpdf(np.array([88.0, 90.0]))
    assert found.group("low").log(np.array([88.0, 90.0])) == pytest.approx(low, abs=0.02)


def test_a_flat_prior_interval_reproduces_the_printed_p():
    """P(difference on the wrong side of 0) under a flat prior is half the two-sided p."""
    likelihood = family("dlqi", "w52").difference()
    theta = np.linspace(-150, 100, 20_001)
    weight = np.exp(likelihood.log(theta))
    assert 2 * weight[theta > 0].sum() / weight.sum() == pytest.approx(0.013, abs=0.0005)


def test_a_print_no_sds_can_give_is_refused():
    with pytest.raises(DataError, match="No pair of group SDs"):
        welch_family((90, 90.01), (60, 60.01), 30, 43, (0.5, 0.51), (8.5, 8.6), PRIOR)
    with pytest.raises(DataError, match="at least 2 patients"):
        welch_family((90, 90.01), (60, 60.01), 1, 43, (0.5, 0.51), (8.5, 8.6), PRIOR)
