"""Conditions are read, never run, and missing values satisfy none of them."""

import ast
import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adbayes.errors import SpecError
from adbayes.model.where import columns_of, parse_where, rows_where

FRAME = pd.DataFrame(
    {
        "age": [20.0, 30.0, 40.0, np.nan, 50.0],
        "female": [0.0, 1.0, 1.0, 0.0, np.nan],
        "arm": ["a", "b", None, "a", "b"],
        "kind": pd.Categorical(["u", "v", "u", "v", "u"]),
        "count": pd.array([1, 2, None, 4, 5], dtype="Int64"),
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("age > 30", [2, 4]),
        ("age >= 30", [1, 2, 4]),
        ("30 < age", [2, 4]),
        ("age != 30", [0, 2, 4]),
        ("age == 20 or female == 1", [0, 1, 2]),
        ("age > 20 and female == 1", [1, 2]),
        ("age > 20 and (female == 0 or age <= 40)", [1, 2]),
        ("arm == 'a'", [0, 3]),
        ("arm != 'a'", [1, 4]),
        ("kind == 'u' and age > 20", [2, 4]),
        ("age > -5.5", [0, 1, 2, 4]),
        ("age > age", []),
        ("count >= 2", [1, 3, 4]),
    ],
)
def test_rows(text: str, rows: list[int]) -> None:
    found = rows_where(parse_where(text), FRAME)
    assert found.dtype == bool
    assert list(np.flatnonzero(found)) == rows


def test_columns_are_named_in_order() -> None:
    assert columns_of(parse_where("b > 1 and (a == 0 or b < 3)")) == ("b", "a")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x') == 0", "open('f') == 1", "age.real > 1", "age[0] > 1",
        "not age > 30", "age in (1, 2)", "age is None", "30 < age < 40", "age", "True", "1 == 1",
        "age > None", "age + 1 > 3", "-age > 3", "-'a' == arm", "age == (lambda: 1)()", "age := 3",
        "age > 1j", "age == b'x'", "f'{age}' == '1'", "age > 30 & female == 1", "",
        "age = 3", "age > 30; import os", "age >", "age > 30 and", "\x00",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"^where .*(not allowed|cannot be read)"):
        parse_where(text)


@pytest.mark.parametrize("text", ["arm > 3", "age > 'a'"])
def test_kinds_that_do_not_compare_are_named(text: str) -> None:
    with pytest.raises(SpecError, match="compares text with a number"):
        rows_where(parse_where(text), FRAME)


WORDS = st.sampled_from(
    ["age", "female", "arm", "==", ">", "<=", "and", "or", "not", "(", ")", "1", "-", "'a'", ".", "[", "]",
     "lambda", ":", "True", "None", "1e999", "\n", "\\", "#", "*"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=10).map(" ".join)))
@example("(" * 500 + "age > 1" + ")" * 500)
@example("age > " + "9" * 5000)
@example(" and ".join(["age > 1"] * 3000))
@example("age > " + "-" * 3000 + "1")
def test_any_text_is_a_condition_or_a_spec_error(text: str) -> None:
    try:
        tree = parse_where(text)
    except SpecError:
        return
    assert isinstance(tree, ast.expr)
    if set(columns_of(tree)) <= set(FRAME):
        with contextlib.suppress(SpecError):
            assert rows_where(tree, FRAME).shape == (len(FRAME),)
