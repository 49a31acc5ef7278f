import numpy as np
import pytest
from scipy import integrate, stats

from adbayes.errors import ConvergenceError, DataError, SpecError
from adbayes.inference.printed import (
    posterior,
    published_note,
    published_summary,
    unanswered,
)
from adbayes.inference.printed_answer import SUMMARY_COLUMNS
from adbayes.inference.printed_priors import prior_sets
from adbayes.model.priors import Prior
from adbayes.paper.published import load_paper
from adbayes.paper.signed_root import Z95

PAPER = load_paper()
WIDE = Prior.of("Normal", mu=0, sigma=1e4)

# Conjugate re-analysis under a normal likelihood with SE = (ln upper - ln lower) / 3.92: odds ratio,
# 95 % interval and probability of direction under N(0, 0.355) and under N(0, 1), to the digits shown.
REANALYSIS = {
    "table5.sex.or": (("1.43", "0.83", "2.47", ".904"), ("2.16", "0.98", "4.77", ".972")),
    "table6.sex.or": (("1.40", "0.77", "2.52", ".867"), ("2.47", "0.94", "6.53", ".966")),
    "table5.ldh_baseline.or": ((".67", ".37", "1.20", ".912"), (".35", ".14", ".90", ".985")),
    "table6.ldh_baseline.or": ((".74", ".40", "1.37", ".833"), (".39", ".13", "1.15", ".957")),
    "table5.ldh_w32.or": ((".64", ".35", "1.19", ".922"), (".25", ".08", ".74", ".994")),
    "table5.ldh_w52.or": ((".84", ".43", "1.65", ".693"), (".39", ".08", "1.87", ".882")),
    "table5.tec_w32.or": ((".63", ".36", "1.11", ".945"), (".33", ".14", ".79", ".993")),
    "table5.tec_w52.or": ((".64", ".36", "1.14", ".935"), (".31", ".12", ".79", ".993")),
}


@pytest.mark.parametrize("id", REANALYSIS)
@pytest.mark.parametrize(("column", "priors"), [(0, "skeptical"), (1, "weak")])
def test_the_conjugate_reanalysis_to_its_printed_digits(id, column, priors):
    found = posterior(id, priors, likelihood="wald")
    ours = (found.median(), *found.interval(), found.prob_direction())
    for value, shown in zip(ours, REANALYSIS[id][column], strict=True):
        decimals = len(shown.partition(".")[2])
        assert value == pytest.approx(float(shown), abs=0.5 * 10.0**-decimals + 1e-9), shown


def test_normal_likelihood_and_normal_prior_in_closed_form():
    found = posterior("table5.tec_w32.or", "skeptical", likelihood="wald")
    se = np.log(0.641 / 0.090) / (2 * Z95)
    precision = 1 / se**2 + 1 / 0.355**2
    mu, sigma = np.log(0.250) / se**2 / precision, precision**-0.5
    mean, sd = found.grid.moments()
    assert mean == pytest.approx(mu, abs=1e-6)
    assert sd == pytest.approx(sigma, abs=1e-6)
    assert np.log(found.interval()) == pytest.approx(stats.norm(mu, sigma).interval(0.95), abs=1e-6)


@pytest.mark.parametrize("priors", ["weakly_informative", "skeptical", "vague"])
@pytest.mark.parametrize(
    "id", ["fig1.easi90.w52.pct", "text.ae.conjunctivitis_discontinued.count", "text.ae.sle.count"]
)
def test_binomial_likelihood_and_beta_prior_in_closed_form(id, priors):
    found = posterior(id, priors)
    counts = {"fig1": (44, 82), "text.ae.c": (0, 17), "text.ae.s": (1, 99)}
    k, n = next(value for start, value in counts.items() if id.startswith(start))
    truth = stats.beta(k + found.prior["alpha"], n - k + found.prior["beta"])
    assert found.mean() == pytest.approx(truth.mean(), abs=1e-6)
    assert found.sd() == pytest.approx(truth.std(), abs=1e-6)
    assert found.median() == pytest.approx(truth.median(), abs=1e-6)
    assert found.interval() == pytest.approx(truth.interval(0.95), abs=1e-6)


def test_a_flat_prior_gives_the_t_interval_of_the_print():
    found = posterior("table2.easi.w16.mean", WIDE)
    half = stats.t.ppf(0.975, 98) * 4.77 / np.sqrt(99)
    # The rounding of mean and SD adds a part in a thousand at most.
    assert found.interval() == pytest.approx((7.61 - half, 7.61 + half), abs=1e-3 * half)


@pytest.mark.parametrize("id", ["table5.sex.or", "table5.ige_baseline.or", "table6.onset_adult.or"])
def test_the_printed_ends_are_where_the_signed_root_is_196(id):
    found = posterior(id, WIDE)
    row = id.removesuffix("or")
    seen = found.density > 0
    theta, log = found.theta[seen], np.log(found.density[seen])

    def root(value):
        here, top = np.interp(np.log([value, PAPER.number(id).numeric]), theta, log)
        return np.sqrt(2 * (top - here))

    for end in ("ci_low", "ci_high"):
        number = PAPER.number(row + end)
        low, high = (root(value) for value in number.interval)
        slack = 0.01  # the rounding of the odds ratio and of p, and the grid of the curve
        assert min(low, high) - slack <= Z95 <= max(low, high) + slack, end


def test_sceptical_priors_pull_towards_no_effect_and_vague_ones_do_not():
    for id, null in (("table5.ldh_w52.or", 1), ("table2.easi.w52.change", 0)):
        gaps = [
            abs(posterior(id, name).median() - null)
            for name in ("skeptical", "weakly_informative", "vague")
        ]
        assert gaps[0] < gaps[1] < gaps[2]


def test_more_patients_narrow_a_posterior():
    for id in ("table2.easi.w52.mean", "table2.easi.w52.change", "fig2.easi_nrs.r"):
        widths = [np.diff(posterior(id, n=n).interval())[0] for n in (40, 82, 99, 400)]
        assert np.all(np.diff(widths) < 0), id


def test_the_variant_says_what_was_changed():
    assert posterior("table2.easi.w52.mean").variant == "base"
    assert posterior("table2.easi.w52.mean", n=99).variant == "base"
    assert posterior("table2.easi.w52.mean", n=82).variant == "n82"
    assert posterior("table5.sex.or", likelihood="wald").variant == "wald"
    failures = posterior("fig1.easi90.w52.pct", n=99)
    assert failures.mean() == pytest.approx(45 / 101, abs=1e-6)


def test_a_prior_of_ones_own():
    found = posterior("table5.sex.or", Prior.of("Normal", mu=0.77, sigma=0.46))
    assert found.priors == "given"
    assert found.median() > posterior("table5.sex.or", "weak").median()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: posterior("table5.sex.or", n=99), "does not take another n"),
        (lambda: posterior("table4.easi.ldh_w16.p", n=99), "does not take another n"),
        (lambda: posterior("table2.easi.w16.mean", likelihood="wald"), "is no odds ratio"),
        (lambda: posterior("table5.sex.or", likelihood="flat"), "No likelihood 'flat'"),
        (lambda: posterior("fig1.easi90.w52.pct", n=40), "44 of 40 is not a share"),
        (lambda: posterior("table2.nrs.w16.pct_change_mean"), "suspected misprint"),
        (lambda: posterior("table9.sex.or"), "prints no number"),
    ],
)
def test_what_cannot_be_asked(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize("n", [82.5, "82", True, 1, 0])
def test_n_is_a_whole_number_of_patients(n):
    with pytest.raises(DataError, match=r"whole number|at least 2"):
        posterior("table2.easi.w52.mean", n=n)


def test_priors_that_cannot_be_used():
    with pytest.raises(SpecError, match="found dict"):
        posterior("table5.sex.or", {"female": 1})
    with (
        np.errstate(divide="ignore"),
        pytest.raises(DataError, match="excludes the values that the print allows"),
    ):
        posterior("table2.easi.w52.mean", Prior.of("Uniform", lower=500, upper=600))
    with pytest.raises(ConvergenceError, match="whose density is smooth"):
        posterior("table2.easi.w52.change", Prior.of("HalfNormal", sigma=1))


def test_an_unknown_prior_set_names_the_nearest():
    with pytest.raises(SpecError, match="did you mean 'skeptical'"):
        posterior("table5.sex.or", "sceptical")


def test_prior_sets_are_the_named_ones_and_every_prior_has_its_reason():
    sets = prior_sets()
    normal = ["weakly_informative", "weak", "skeptical", "vague"]
    external = ["enthusiastic", "historical", "horseshoe"]
    assert list(sets) == [*normal, *external, "separation", "separation_cauchy"]
    scales = [sets[name]["log_odds_ratio"]["sigma"] for name in normal]
    assert scales == [1.5, 1.0, 0.355, 10.0]
    assert str(sets["separation"]["log_odds_ratio"]) == "LogF(m=1)"
    assert str(sets["separation_cauchy"]["log_odds_ratio"]) == "Cauchy(alpha=0, beta=2.5)"
    for priors in sets.values():
        assert all(prior.why for prior in priors.values())
        assert all(priors[f"change.{o}"]["mu"] == 0 for o in ("easi", "nrs", "poem", "dlqi", "ldh"))


def test_the_summary_has_every_quantity_with_its_alternatives():
    table = published_summary(PAPER, "weak")
    assert tuple(table.columns) == (*SUMMARY_COLUMNS, "published_id")
    assert not table.duplicated(["published_id", "variant"]).any()
    assert set(table["priors"]) == {"weak"}
    counts = table.groupby("variant").size()
    assert counts["wald"] == 24
    alone = table[~table["variant"].str.match("joint|hierarchical")]
    assert counts["base"] == alone["published_id"].nunique()
    assert counts["joint"] == counts["joint_n82"] == 16
    pooled = counts[counts.index.str.startswith("hierarchical")]
    assert pooled.to_list() == [17 + 16 + 2] * 4
    together = table[table["variant"].str.match("joint|hierarchical")]
    sampled = together[together["estimand"] != "parameter"]
    assert (sampled["ess_bulk"] > 10_000).all()
    assert (sampled["ess_tail"] > 10_000).all()
    assert (together["evidence"] == "published").all()
    assert {"n82", "n99", "n73", "n71"} <= set(counts.index)
    assert (table["ci_low"] < table["median"]).all()
    assert (table["median"] < table["ci_high"]).all()
    assert np.isfinite(table[["mean", "sd"]].to_numpy()).all()
    misprinted = {"table2.nrs.w16.pct_change_mean", "table2.dlqi.w32.pct_change_mean"}
    assert not misprinted & set(table["published_id"])


def test_what_is_not_answered_is_listed_with_its_reason():
    table = unanswered(PAPER)
    assert (table["reason"] != "").all()
    assert set(table.loc[table["status"] != "", "published_id"]) == {
        "table2.nrs.w16.pct_change_sd",
        "table2.dlqi.w32.pct_change_mean",
    }
    answered = PAPER.published.loc[PAPER.published["quantity"] != "", "id"]
    assert set(table["published_id"]) | set(answered) == set(PAPER.ids())


def test_notes_in_words():
    assert "both interval ends and p" in published_note("table5.sex.ci_low")
    assert "leaves the standard error open" in published_note("table5.onset_adult.or")
    assert "not printed and has a prior" in published_note("table2.poem.w16.change")
    assert "SDs of the groups are not printed" in published_note("table4.nrs.ldh_w16.difference")
    assert "suspected misprint" in published_note("table2.dlqi.w32.pct_change_mean")


def test_a_skewed_odds_ratio_by_independent_quadrature():
    """The posterior of near-separated LDH at week 52, integrated adaptively from its definition."""
    point, low, high = np.log([0.068, 0.003, 0.600])
    se = abs(point) / stats.norm.isf(0.037 / 2)
    unknowns = np.array([[(e - point) ** 2, (e - point) ** 3] for e in (low, high)])
    targets = [s * Z95 - (e - point) / se for s, e in ((-1, low), (1, high))]
    b, c = np.linalg.solve(unknowns, targets)

    def density(theta):
        d = np.clip(theta, low, high) - point
        value = d / se + b * d**2 + c * d**3
        value += (theta - point - d) * (1 / se + 2 * b * d + 3 * c * d**2)
        return np.exp(-(value**2) / 2) * stats.norm.pdf(theta, 0, 1.5)

    total, above = (
        integrate.quad(density, start, 12, points=[low, high], limit=200)[0] for start in (-25, 0)
    )
    found = posterior("table5.ldh_w52.or")
    # The rounding of the lower end (0.0025 to 0.0035) moves it a little.
    assert found.prob_direction() == pytest.approx(1 - above / total, abs=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("id", ["table5.ldh_w32.or", "table2.easi.w52.mean"])
def test_sampling_agrees_with_quadrature(id):
    import arviz as az
    import pymc as pm

    from adbayes.inference.printed_ids import quantity
    from adbayes.paper.signed_root import SignedRoot

    found = posterior(id)
    with pm.Model():
        if id.endswith(".or"):
            # One root at the print itself; the rounding is narrower than the sampling error.
            middle = np.log([0.136, 0.033, 0.446])
            se = abs(middle[0]) / stats.norm.isf(0.001)
            root = SignedRoot.through(*(np.array([v]) for v in middle), np.array([se]))
            theta = pm.Normal("theta", 0, 1.5)
            inside = pm.math.clip(theta - middle[0], middle[1] - middle[0], middle[2] - middle[0])
            square, cube = (float(value[0]) for value in root.below)
            value = inside * (1 / se + inside * (square + inside * cube))
            end = 1 / se + inside * (2 * square + 3 * inside * cube)
            value = value + (theta - middle[0] - inside) * end
            pm.Potential("print", -0.5 * value**2)
        else:
            theta = pm.Normal("theta", 36, 36)
            pm.StudentT("print", nu=98, mu=theta, sigma=2.88 / np.sqrt(99), observed=3.50)
        draws = pm.sample(
            4000, tune=1000, chains=4, cores=1, random_seed=11, progressbar=False, target_accept=0.9
        )
    sample = draws["posterior"]["theta"]
    mean, sd = found.grid.moments()
    mcse = float(az.mcse(draws, method="mean")["theta"])
    assert quantity(id).id == id
    # 4 MCSE of sampling, and for the odds ratio the rounding of p = 0.002 (SE by 5 %).
    slack = 0.02 * sd if id.endswith(".or") else 1e-3 * sd
    assert float(sample.mean()) == pytest.approx(mean, abs=4 * mcse + slack)
    assert float(sample.std()) == pytest.approx(sd, rel=0.03)
