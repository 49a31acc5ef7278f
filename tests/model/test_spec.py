"""Every fault of a spec has its sentence, all of them at once; any bytes give a spec or SpecError."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adbayes.errors import SpecError
from adbayes.model.library import model_names
from adbayes.model.priors import Prior
from adbayes.model.spec import Spec, load_spec

GOOD = """
name = "own"
title = "Own {x}"
[data]
outcome = "y"
missing = "drop"
where = "age > 18"
standardize = { age = [30, 10] }
for_each = { x = ["female", "adult"] }
[model]
formula = "y ~ age + {x} + (1|patient)"
family = "gaussian"
[variants.robust]
model = { family = "t" }
[variants.robust.priors.first]
nu = { distribution = "Gamma", alpha = 2, beta = 0.1, why = "w" }
[variants.binary]
title = "Binary {x}"
model = { formula = "y ~ age + {x}", family = "bernoulli" }
[variants.binary.priors.first]
sigma = false
"1|patient" = false
[priors.first]
Intercept = { distribution = "Normal", mu = 0, sigma = 1, why = "w" }
age = { distribution = "Normal", mu = 0, sigma = 2, why = "w" }
"{x}" = { distribution = "Normal", mu = 0, sigma = 3, why = "w" }
sigma = { distribution = "HalfNormal", sigma = 4, why = "w" }
"1|patient" = { distribution = "Normal", mu = 0, sigma = { distribution = "HalfNormal", sigma = 5 }, why = "w" }
[priors.second]
inherits = "first"
age = { distribution = "Normal", mu = 1, sigma = 6, why = "w" }
[priors.third]
inherits = "second"
"{x}" = { distribution = "Normal", mu = 0, sigma = 7, why = "w" }
[estimands]
terms = ["{x}"]
[sampler]
draws = 500
"""
Load = Callable[[str], Spec]


@pytest.fixture(scope="module")
def good(spec_from: Load) -> Spec:
    return spec_from(GOOD)


def test_for_each_fills_formula_title_priors_and_terms(good: Spec) -> None:
    analyses = good.analyses()
    assert [a.x for a in analyses] == ["female", "adult"]
    second = analyses[1]
    assert second.title == "Own adult"
    assert second.mean.text == "y ~ age + adult + (1|patient)"
    assert set(second.priors) == {"Intercept", "age", "adult", "sigma", "1|patient"}
    assert second.estimands.terms == ("adult",)
    assert second.key == "own.adult.base.first"
    assert second.columns == ("y", "age", "adult", "patient")
    assert good.analyses(x="adult") == (second,)


def test_a_set_inherits_what_it_does_not_state(good: Spec) -> None:
    scales = {
        name: {key: prior["sigma"] for key, prior in a.priors.items() if key in ("age", "female")}
        for name in ("first", "second", "third")
        for a in good.analyses(priors=name, x="female")
    }
    assert scales == {
        "first": {"age": 2.0, "female": 3.0},
        "second": {"age": 6.0, "female": 3.0},
        "third": {"age": 6.0, "female": 7.0},
    }


def test_a_variant_changes_the_likelihood_and_its_parameters(good: Spec) -> None:
    assert good.variants == ("base", "robust", "binary")
    (robust,) = good.analyses("robust", "third", x="female")
    assert robust.family.name == "t"
    assert robust.priors["nu"].distribution == "Gamma"
    assert robust.priors["female"]["sigma"] == 7.0
    (binary,) = good.analyses("binary", x="female")
    assert (binary.family.name, binary.link, binary.title) == (
        "bernoulli",
        "logit",
        "Binary female",
    )
    assert set(binary.priors) == {"Intercept", "age", "female"}
    assert binary.key == "own.female.binary.first"


def test_given_priors_are_laid_over_the_reported_set(good: Spec) -> None:
    import bambi as bmb

    (found,) = good.analyses(x="female", priors={"female": bmb.Prior("Normal", mu=0, sigma=0.5)})
    assert re.fullmatch("custom-[0-9a-f]{6}", found.prior_set)
    assert found.priors["female"]["sigma"] == 0.5
    assert found.priors["age"]["sigma"] == 2.0
    with pytest.raises(
        SpecError, match="'femal' is not a parameter of this model; did you mean 'female'"
    ):
        good.analyses(x="female", priors={"femal": Prior.of("Normal", mu=0, sigma=1)})


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"variant": "robst"}, "no variant 'robst'; did you mean 'robust'"),
        ({"priors": "secnd"}, "no prior set 'secnd'; did you mean 'second'"),
        ({"x": "femal"}, "no predictor 'femal'; did you mean 'female'"),
    ],
)
def test_what_is_not_there_is_named(good: Spec, arguments: dict[str, str], match: str) -> None:
    with pytest.raises(SpecError, match=match):
        good.analyses(**arguments)


FAULTS = [
    ('name = "own"', 'name = "o w n"', "name: String should match"),
    ('title = "Own {x}"\n', "", "title is missing; add it"),
    ('outcome = "y"', 'outcom = "y"', r"\[data\].*unknown key 'outcom'; did you mean 'outcome'"),
    ('outcome = "y"', "outcome = 3", r"\[data\] outcome: .*string"),
    ('outcome = "y"', 'outcome = "z"', "outcome is 'z' but the formula's is 'y'"),
    ('missing = "drop"', 'missing = "ignore"', r"\[data\] missing: .*'error', 'drop'"),
    ('missing = "drop"', 'missing = "model"', "needs a kind that imputes"),
    ('missing = "drop"', 'missing = "failure"', "which means nothing for gaussian"),
    ("age > 18", "import os", "where 'import os' cannot be read"),
    ("age = [30, 10]", "age = [30, 0]", "the scale of 'age' must be above 0"),
    ("age = [30, 10]", "age = [30]", r"standardize"),
    ("{ age = [30, 10] }", "{ agee = [30, 10] }", "'agee' is not in a formula; did you mean 'age'"),
    ("for_each = { x =", "for_each = { z =", "for_each"),
    ('family = "gaussian"', 'family = "gausian"', "'gausian' is not one; did you mean 'gaussian'"),
    ('family = "gaussian"', 'family = "gaussian"\nlink = "logit"', "'logit' does not go with gaussian"),
    ('family = "gaussian"', 'family = "gaussian"\nkind = "stan"', r"\[model\] kind"),
    ("y ~ age + {x} + (1|patient)", "y ~ os.system('x')", "is not allowed"),
    ('"y ~ age + {x} + (1|patient)"', '{ sigma = "x" }', "no formula for the mean"),
    ('"y ~ age + {x} + (1|patient)"', '{ mu = "y ~ age", sgma = "age" }', "no parameter 'sgma'"),
    ('sigma = { distribution = "HalfNormal", sigma = 4, why = "w" }\n', "", "no prior for 'sigma'; add"),
    ('age = { distribution =', 'agge = { distribution =', "'agge' is not a parameter"),
    ("sigma = 1, why", "sigma = -1, why", "sigma must be positive"),
    ("sigma = 1, why", "sd = 1, why", "Normal takes mu, sigma, found mu, sd"),
    ('"Normal", mu = 0, sigma = 1', '"Norml", mu = 0, sigma = 1', "distribution 'Norml'; did you mean 'Normal'"),
    ('sigma = 1, why = "w"', "sigma = 1", "Intercept: no reason; add why"),
    ("sigma = 1, why", "sigma = [1, 2], why", None),  # one a level: judged with the data
    ('"HalfNormal", sigma = 4', '"HalfNormal", sigma = [4, 5]', "'sigma' is one number"),
    ("sigma = 1, why", 'sigma = { distribution = "HalfNormal", sigma = 1 }, why', "only group effects such as"),
    ('sigma = { distribution = "HalfNormal", sigma = 5 }', "sigma = 5", "needs a hyper-prior"),
    ("mu = 0, sigma = { dist", "mu = 1, sigma = { dist", "needs a hyper-prior"),
    ('inherits = "first"', 'inherits = "frst"', "inherits 'frst', which is not a set; did you mean 'first'"),
    ('inherits = "first"', 'inherits = "third"', "inherits itself through second -> third -> second"),
    ('inherits = "first"', 'inherits = ["first"]', "which is not a set"),
    ("draws = 500", "draws = 5", r"\[sampler\] draws: .*greater than or equal to 100"),
    ("draws = 500", "chains = 1", r"\[sampler\] chains"),
    ("draws = 500", "dras = 500", "unknown key 'dras'; did you mean 'draws'"),
    ("[variants.robust]", "[variants.base]", "'base' is the name of the unnamed variant"),
    ('model = { family = "t" }', 'model = { famly = "t" }', "unknown key 'famly'"),
    ("[variants.robust.priors.first]\n", "[variants.robust]\npriors = 3\n[variants.robust.z]\n", "variants"),
    ("[estimands]", '[estimands]\nreport = ["odds"]', r"\[estimands"),
    ("[estimands]", '[estimands]\nmcid = { value = 0, source = "s" }', r"greater than 0"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "match"), FAULTS)
def test_each_fault_has_its_sentence(
    old: str, new: str, match: str | None, spec_from: Load
) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if match is None:
        spec_from(text)
        return
    with pytest.raises(SpecError, match=match) as caught:
        spec_from(text)
    for line in str(caught.value).splitlines():
        assert line.startswith("spec"), line  # every line names the file


def test_all_faults_are_told_at_once(spec_from: Load) -> None:
    text = (
        GOOD.replace('missing = "drop"', 'missing = "ignore"')
        .replace("draws = 500", "draws = 5")
        .replace('"Normal", mu = 0, sigma = 1', '"Norml", mu = 0, sigma = 1')
        .replace('inherits = "second"', 'inherits = "zzz"')
    )
    with pytest.raises(SpecError) as caught:
        spec_from(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    for word in ("missing", "draws", "Norml", "zzz"):
        assert sum(word in line for line in lines) == 1


def test_parameters_without_priors_are_told_for_every_set_and_variant(spec_from: Load) -> None:
    text = GOOD.replace("\nnu = {", "\nmu = {").replace("sigma = false\n", "")
    with pytest.raises(SpecError) as caught:
        spec_from(text)
    told = str(caught.value)
    for name in ("first", "second", "third"):
        assert f"[priors.{name}] no prior for 'nu'" in told
        assert f"[priors.{name}] 'sigma' is not a parameter of this model" in told


def test_content_holds_what_changes_a_number_and_nothing_else(spec_from: Load, good: Spec) -> None:
    (first,) = good.analyses(x="female")
    same = GOOD.replace('why = "w"', 'why = "another reason"').replace("Own {x}", "Other")
    assert spec_from(same).analyses(x="female")[0].content() == first.content()
    changes = [
        ("sigma = 2, why", "sigma = 2.1, why"), ("age > 18", "age > 19"), ("[30, 10]", "[30, 11]"),
        ("draws = 500", "draws = 501"), ("draws = 500", "seed = 5"), ("y ~ age +", "y ~ 1 + age +"),
        ('missing = "drop"', 'missing = "error"'),
    ]  # fmt: skip
    seen = {str(first.content())}
    for change in changes:
        seen.add(str(spec_from(GOOD.replace(*change)).analyses(x="female")[0].content()))
    for variant, x in (("robust", "female"), ("binary", "female"), ("base", "adult")):
        seen.add(str(good.analyses(variant, x=x)[0].content()))
    assert len(seen) == 1 + len(changes) + 3


def test_the_sampler_can_be_changed_within_its_ranges(good: Spec) -> None:
    (first,) = good.analyses(x="female")
    assert first.with_sampler(draws=300, tune=None).sampler.draws == 300
    with pytest.raises(SpecError, match="target_accept"):
        first.with_sampler(target_accept=1.5)


def test_files_that_are_no_specs(tmp_path: Path, write_spec: Callable[[str], Path]) -> None:
    with pytest.raises(SpecError, match="no model named 'easi_chang'; did you mean 'easi_change'"):
        load_spec("easi_chang")
    with pytest.raises(SpecError, match="no such file"):
        load_spec(tmp_path / "none.toml")
    with pytest.raises(SpecError, match="not TOML"):
        load_spec(write_spec("name = "))
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"title = '\xe9'")
    with pytest.raises(SpecError, match="not UTF-8"):
        load_spec(latin)


def test_every_shipped_spec_loads_with_all_its_sets() -> None:
    assert len(model_names()) >= 9
    for name in model_names():
        spec = load_spec(name)
        assert spec.name == name
        for variant in spec.variants:
            sets = spec.prior_sets if variant == "base" else spec.variant_sets[variant]
            for set_name in sets:
                for analysis in spec.analyses(variant, set_name):
                    assert all(prior.why for prior in analysis.priors.values())


def test_a_variant_may_have_nothing_to_say_under_a_set() -> None:
    spec = load_spec("nrs_change")
    assert "historical" in spec.prior_sets
    with pytest.raises(SpecError, match="no prior set 'historical'"):
        spec.analyses("unstructured", "historical")


def test_a_variant_reports_what_its_likelihood_has() -> None:
    spec = load_spec("nrs_change")
    (base,), (varied,) = spec.analyses(), spec.analyses("beta_binomial")
    assert "icc" in base.estimands.report
    assert "share_ceiling" not in base.estimands.report
    assert "share_ceiling" in varied.estimands.report
    # What it does not state is the spec's own.
    assert varied.estimands.mcid == base.estimands.mcid
    assert varied.estimands.baseline == 0
    assert "the likelihood is the paper's own" in base.departs
    assert "whole number" in varied.departs
    assert varied.title != base.title


def test_a_variant_without_estimands_keeps_the_specs(good: Spec) -> None:
    for variant in good.variants:
        (analysis,) = good.analyses(variant, x="female")
        assert analysis.estimands == good.analyses(x="female")[0].estimands
        assert analysis.departs == good.table.departs


SHARED_FILE: list[Path] = []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        # One line of a good spec exchanged for another, or for anything.
        st.tuples(st.integers(0, GOOD.count("\n")), st.one_of(
            st.sampled_from(GOOD.splitlines()), st.text(max_size=20),
            st.sampled_from([
                'priors = 3', 'first = 3', 'age = {}', 'age = { distribution = [] }', 'age = [1]',
                'age = { distribution = "Normal", mu = [[1], [2, 3]], sigma = 1, why = "w" }',
                'age = { distribution = "Normal", mu = [], sigma = 1, why = "w" }',
                'age = { distribution = "Normal", mu = 1979-05-27, sigma = nan, why = "w" }',
                'age = { distribution = "Normal", cls = 1, mu = 1, sigma = 1, why = "w" }',
                'inherits = { a = 1 }', 'inherits = 1', 'formula = { mu = { mu = "y ~ x" } }',
                'for_each = { x = [] }', 'for_each = { x = ["{x}"] }', 'draws = 1e400',
            ]),
        )).map(lambda pair: "\n".join(
            [*GOOD.splitlines()[: pair[0]], pair[1], *GOOD.splitlines()[pair[0] + 1 :]]
        ).encode("utf-8", "replace")),
    )
)  # fmt: skip
@example(b"a = " + b"[" * 5000)
@example(b"a = " + b"9" * 5000)
@example(b"")
def test_any_bytes_are_a_spec_or_a_spec_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    if not SHARED_FILE:
        SHARED_FILE.append(tmp_path_factory.mktemp("fuzz") / "fuzz.toml")
    SHARED_FILE[0].write_bytes(content)
    with contextlib.suppress(SpecError):
        assert isinstance(load_spec(SHARED_FILE[0]), Spec)


def test_a_variant_may_be_of_other_rows_and_answer_other_numbers(spec_from: Load) -> None:
    text = GOOD.replace(
        "[variants.binary]",
        '[variants.young]\npublished = ["fig1.*"]\n[variants.young.data]\nwhere = "age < 30"\n'
        "[variants.binary]",
    )
    spec = spec_from(text)
    base, young = spec.analyses()[0], spec.analyses("young")[0]
    assert (base.data.where, young.data.where) == ("age > 18", "age < 30")
    assert young.data.missing == "drop"  # what a variant does not state stays
    assert young.data.standardize == base.data.standardize
    assert (base.published, young.published) == ((), ("fig1.*",))
    assert base.content()["data"] != young.content()["data"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ('outcome = "z"', "outcome"),
        ('where = "age ~ 3"', "where"),
        ('missing = "failure"', "means nothing for gaussian; use it with bernoulli or cumulative"),
        ('missing = "model"', "missing"),
    ],
)
def test_a_variants_rows_are_checked(key: str, message: str, spec_from: Load) -> None:
    text = GOOD.replace("[variants.binary]", f"[variants.young.data]\n{key}\n[variants.binary]")
    with pytest.raises(SpecError, match=message):
        spec_from(text)


def test_a_spec_prints_what_is_fitted() -> None:
    shown = repr(load_spec("easi_change"))
    assert "  easi ~ visit + (1|patient)\n  gaussian, link identity; missing: drop\n" in shown
    assert "    Intercept  Normal(mu=30, sigma=15): registries print" in shown
    assert "  prior sets: weakly_informative, skeptical, enthusiastic, historical, vague\n" in shown
    assert "SpecTable" not in shown
    each = repr(load_spec("easi90_univariable"))
    assert "one fit for each x: age_over_30, female" in each
    assert "visit 52" in each
