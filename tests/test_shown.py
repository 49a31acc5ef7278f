"""What a notebook shows: the text of the repr, tables below it, nothing that could run."""

from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

import adbayes as ab
from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.shown import as_html


def words(html: str) -> str:
    return unescape(html)


def test_text_is_kept_and_escaped() -> None:
    html = as_html("A <b>title</b>\n  x < 1\n  y & z")
    assert html.startswith("<div>\n<strong>A &lt;b&gt;title&lt;/b&gt;</strong>")
    assert "  x &lt; 1\n  y &amp; z</pre>" in html
    assert "<pre" not in as_html("a title alone")


def test_tables_follow_with_their_captions_and_long_ones_are_cut() -> None:
    short, long = pd.DataFrame({"<a>": [1 / 3, None]}), pd.DataFrame({"k": range(41)})
    html = as_html("t", {"Short": short, "Long": long})
    assert "<em>Short</em>" in html
    assert "0.3333" in html
    assert "NaN" not in html
    assert "&lt;a&gt;" in html
    assert "first 40 of 41 rows" in html
    assert "<td>39</td>" in html
    assert "<td>40</td>" not in html


class Balanced(HTMLParser):
    """Complains of tags closed out of order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def objects(female_fit: Fit, one_predictor_fits: Fits) -> dict[str, object]:
    return {
        "fit": female_fit,
        "fits": one_predictor_fits,
        "spec": ab.load_spec("easi_change"),
        "cohort": ab.load_cohort(0),
        "paper": ab.load_paper(),
        "answer": ab.load_paper().posterior("table5.sex.or"),
        "historical": ab.historical_prior("easi75", 52),
        "check": ab.check("easi90_multivariable", ab.load_cohort(0)),
        "page": ab.describe(ab.load_cohort(0)),
    }


@pytest.mark.parametrize(
    "name",
    ["fit", "fits", "spec", "cohort", "paper", "answer", "historical", "check", "page"],
)
def test_every_object_shows_what_its_text_says(name: str, objects: dict[str, object]) -> None:
    shown = objects[name]
    html = shown._repr_html_()
    Balanced(html)
    first = repr(shown).splitlines()[0]
    assert first in words(html)
    assert "Path(" not in repr(shown)


def test_a_fit_shows_its_gate_and_its_priors(objects: dict[str, object]) -> None:
    html = objects["fit"]._repr_html_()
    assert "convergence gate passed" in html
    assert "<td>female</td>" in html
    assert "Normal" in html


def test_a_spec_says_what_can_be_chosen() -> None:
    text = repr(ab.load_spec("easi_change"))
    assert "variants: base, unstructured" in text
    assert "prior sets: weakly_informative, skeptical, enthusiastic, historical, vague" in text
    assert "easi ~ visit + (1|patient)" in text
    assert "PosixPath" not in text
    html = ab.load_spec("easi90_univariable")._repr_html_()
    assert "{x}" in html
