"""Formulas are read, never run; what is not understood is refused."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adbayes.errors import SpecError
from adbayes.model.families import FAMILIES
from adbayes.model.formula import TRANSFORMS, Formula, parse_formula


def test_terms_columns_and_groups_are_bambis() -> None:
    found = parse_formula(
        "y ~ x * z + C(v) + log(w) + I(x**2) + offset(e) + (x|g) + (1|a/b)", "gaussian"
    )
    assert found.response == "y"
    assert found.trials is None
    assert found.common == ("Intercept", "x", "z", "x:z", "C(v)", "log(w)", "I(x ** 2)")
    assert found.groups == ("1|g", "x|g", "1|a", "1|a:b")
    assert found.columns == ("y", "x", "z", "v", "w", "e", "g", "a", "b")
    assert found.grouping == ("g", "a", "b")


@pytest.mark.parametrize(
    ("text", "common"),
    [
        ("y ~ 1", ("Intercept",)),
        ("y ~ 0 + x", ("x",)),
        ("y ~ x - 1", ("x",)),
        ("y ~ x + `a b`", ("Intercept", "x", "a b")),
    ],
)
def test_intercepts_and_quoted_names(text: str, common: tuple[str, ...]) -> None:
    assert parse_formula(text, "gaussian").common == common


def test_successes_and_trials() -> None:
    found = parse_formula("p(k, n) ~ x", "binomial")
    assert (found.response, found.trials, found.columns) == ("k", "n", ("k", "n", "x"))
    found = parse_formula("p(nrs, 10) ~ x", "beta_binomial")
    assert (found.response, found.trials, found.columns) == ("nrs", 10, ("nrs", "x"))


@pytest.mark.parametrize("trials", ["0", "2.5", "-1", "'ten'", "n + 1"])
def test_a_number_of_trials_is_whole_and_above_zero(trials: str) -> None:
    with pytest.raises(SpecError, match="must be a column, or p"):
        parse_formula(f"p(k, {trials}) ~ x", "binomial")


def test_a_distributional_parameter_has_only_a_right_hand_side() -> None:
    found = parse_formula("x + (1|g)", "gaussian", parameter="sigma")
    assert found.response is None
    assert (found.common, found.groups) == (("Intercept", "x"), ("1|g",))
    with pytest.raises(SpecError, match="no left-hand side"):
        parse_formula("sigma ~ x", "gaussian", parameter="sigma")


def test_a_cumulative_model_has_no_intercept() -> None:
    assert parse_formula("y ~ x", "cumulative").common == ("x",)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("y ~ os.system('touch /tmp/x')", r"call os.system\(\) is not allowed"),
        ("y ~ __import__('os')", "cannot be read: Unexpected character: _"),
        ("y ~ eval('1')", r"call eval\(\) is not allowed"),
        ("y ~ I(__import__('os'))", "cannot be read: Unexpected character: _"),
        ("y ~ C(exec('1'))", r"C\(\) takes one column"),
        ("y ~ log(open('f'))", r"call open\(\) is not allowed"),
        ("y ~ (open('f')|g)", r"call open\(\) is not allowed"),
        ("y ~ (1|open('f'))", "is not allowed"),
        ("y ~ np.log(x)", r"call np.log\(\) is not allowed"),
        ("y ~ scale(x)", r"call scale\(\) is not allowed"),
        ("y ~ bs(x, df=4)", r"call bs\(\) is not allowed"),
        ("y ~ hsgp(x, m=10, c=2)", r"call hsgp\(\) is not allowed"),
        ("y ~ log(x=1)", "takes no keyword"),
        ("y ~ C(x, Treatment('a'))", r"C\(\) takes one column"),
        ("y ~ x.real", "x.real is not the plain name"),
        ("y ~ {x + 1}", "braces and @ would run code"),
        ("y ~ @x", "braces and @ would run code"),
        ("y ~ x[0]", "cannot be read|not the plain name"),
        ("y ~ x['a']", "cannot be read|not the plain name"),
        ("y[1] ~ x", "one column|cannot be read"),
        ("log(y) ~ x", "transform it in the data"),
        ("y + z ~ x", "one column"),
        ("y ~ 'text'", "is text; name a column"),
        ("y ~ x; import os", "cannot be read"),
        ("y ~ x z", "cannot be read from 'z'"),
        ("y ~ x )", r"cannot be read from '\)'"),
        ("y ~ x, z", "cannot be read from ','"),
        ("y ~ x == 1", "cannot be read|is not allowed"),
        ("y ~ x % z", "cannot be read|is not allowed"),
        ("y ~ x ~ z", "cannot be read|is not allowed"),
        ("x + z", "has no outcome"),
        ("~ x", "has no outcome|cannot be read"),
        ("y ~", "cannot be read"),
        ("", "cannot be read|has no outcome"),
        ("y ~ (x", "cannot be read"),
        ("y ~ I(x / 2)", "has a / in it"),
        ("y ~ `a/b`", "has a / in it"),
        ("p(k, n) ~ x", "goes with binomial or beta_binomial"),
    ],
)  # fmt: skip
def test_what_could_run_or_be_misread_is_refused(text: str, match: str) -> None:
    with pytest.raises(SpecError, match=match) as caught:
        parse_formula(text, "gaussian")
    assert "\n" not in str(caught.value)


def test_trials_are_needed_where_successes_are_counted() -> None:
    for family in ("binomial", "beta_binomial"):
        with pytest.raises(SpecError, match=r"needs p\(k, trials\)"):
            parse_formula("k ~ x", family)


def test_nothing_in_a_formula_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    ran: list[str] = []
    monkeypatch.setattr(os, "system", ran.append)
    for call in ("os.system('x')", "I(os.system('x'))", "log(os.system('x'))", "{os.system('x')}"):
        for text in (f"y ~ {call}", f"{call} ~ x", f"y ~ ({call}|g)", f"y ~ x:{call}"):
            with pytest.raises(SpecError):
                parse_formula(text, "gaussian")
    assert not ran


@pytest.mark.parametrize("name", TRANSFORMS)
def test_allowed_calls_are_read(name: str) -> None:
    assert parse_formula(f"y ~ x + {name}(z)", "gaussian").columns == ("y", "x", "z")


WORDS = st.sampled_from(
    ["y", "x", "g", "~", "+", "-", "*", "/", ":", "**", "|", "(", ")", "1", "0", "C(", "log(", "p(", ",",
     "I(", "offset(", "`", "'", '"', "[", "]", "=", "==", ".", "%", "{", "}", "@", "!", "2.5", " ", "\n", "é"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=30),
        st.lists(WORDS, max_size=14).map("".join),
        st.lists(WORDS, max_size=12).map(lambda words: "y ~ " + " ".join(words)),
    ),
    family=st.sampled_from(list(FAMILIES)),
    parameter=st.sampled_from([None, "sigma"]),
)
@example("y ~ " + "(" * 3000 + "x" + ")" * 3000, "gaussian", None)
@example("y ~ x" + " + x" * 3000, "gaussian", None)
@example("y ~ x ** 99999999", "gaussian", None)
@example("y ~ x ** 2.5", "gaussian", None)
@example("-2", "gaussian", "sigma")
@example("y ~ (a + b + c + d + e + f + g + h) ** 40", "gaussian", None)
def test_any_text_is_a_formula_or_a_spec_error(
    text: str, family: str, parameter: str | None
) -> None:
    found: Formula | SpecError
    try:
        found = parse_formula(text, family, parameter=parameter)
    except SpecError as error:
        found = error
    assert str(found).strip()
