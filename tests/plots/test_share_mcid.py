"""Shares beyond the MCID, with the difference they are about."""

import pandas as pd
import pytest

from adbayes.errors import DataError
from adbayes.plots.share_mcid import share_mcid

ROWS = pd.DataFrame(
    [
        ("base", "simulated", "nrs", "16", 99, 66.9, 60.0, 73.0, 3.0),
        ("beta_binomial", "simulated", "nrs", "16", 99, 73.8, 66.0, 80.0, 3.0),
        ("base", "simulated", "poem", "52", 99, 96.2, 93.0, 98.0, 3.4),
    ],
    columns=[
        "variant", "evidence", "outcome", "visit", "n", "mean", "ci_low", "ci_high", "mcid",
    ],
)  # fmt: skip


def test_panels_name_the_difference_and_series_the_model() -> None:
    figure = share_mcid(ROWS, label="l")
    titles = [ax.get_title("left") for ax in figure.axes]
    assert titles == ["Peak pruritus NRS: by at least 3 points", "POEM: by at least 3.4 points"]
    points = {x.get_gid(): x.get_xdata()[0] for x in figure.axes[0].lines if x.get_gid()}
    assert points["estimate:Linear mixed model"] == 66.9
    assert points["estimate:Beta-binomial"] == 73.8
    with pytest.raises(DataError, match="mcid"):
        share_mcid(ROWS.drop(columns="mcid"), label="l")
