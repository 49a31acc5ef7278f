"""One panel a parameter, both densities the table's."""

import numpy as np
import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.prior_posterior import prior_posterior

X = np.linspace(-2, 2, 9)
DENSITIES = pd.concat(
    pd.DataFrame(
        {
            "term_label": term,
            "x": X[::-1],
            "prior": np.exp(-(X[::-1] ** 2)),
            "posterior": 2 * np.exp(-((X[::-1] - k) ** 2)),
            "evidence": "reconstructed",
            "n": 73,
            "unit": "log odds",
        }
    )
    for k, term in enumerate(["Female", "Age over 30", "LDH", "TEC", "Adult onset"])
)


def test_panels_are_the_table_in_order() -> None:
    figure = prior_posterior(DENSITIES, label="cohort 0")
    assert [ax.get_title() for ax in figure.axes] == list(DENSITIES["term_label"].unique())
    for k, ax in enumerate(figure.axes):
        curves = {line.get_gid(): line for line in ax.lines}
        np.testing.assert_allclose(curves["prior"].get_xdata(), X)
        np.testing.assert_allclose(curves["prior"].get_ydata(), np.exp(-(X**2)))
        np.testing.assert_allclose(curves["posterior"].get_ydata(), 2 * np.exp(-((X - k) ** 2)))
        assert ax.get_xlabel() == "log odds"


def test_legend_footer_and_watermark() -> None:
    figure = prior_posterior(DENSITIES, label="cohort 0", title="EASI-90")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["prior", "posterior"]
    marks = {text.get_gid(): text.get_text() for text in figure.texts}
    assert marks["footer"] == "cohort 0; n = 73"
    assert marks["watermark"] == "RECONSTRUCTED COHORT, NOT PATIENTS"
    assert figure.get_suptitle() == "EASI-90"


def test_a_table_without_the_prior_is_refused() -> None:
    with pytest.raises(DataError, match="prior_posterior: the table has no column prior;"):
        prior_posterior(DENSITIES.drop(columns="prior"), label="")
