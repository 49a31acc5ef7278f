"""A posterior of weighted draws is summarised like one by quadrature."""

import numpy as np
import pytest

from adbayes.inference.printed import posterior
from adbayes.inference.printed_answer import SUMMARY_COLUMNS
from adbayes.inference.printed_draws import PrintedDraws
from adbayes.inference.weighted import WeightedDraws

LABELS = (
    "id", "place", "scale", "prior", "priors", "variant", "estimand", "outcome", "term", "unit",
    "visit", "n", "null", "note",
)  # fmt: skip


@pytest.mark.parametrize(
    "id", ["table5.sex.or", "fig2.easi_nrs.r", "table4.nrs.ldh_w16.difference"]
)
def test_draws_from_a_grid_give_the_summary_of_the_grid(id: str) -> None:
    exact = posterior(id)
    levels = (np.arange(20_000) + 0.5) / 20_000
    draws = WeightedDraws.of(exact.grid.quantile(levels)[:, None], np.zeros(20_000))
    found = PrintedDraws(**{name: getattr(exact, name) for name in LABELS}, draws=draws)
    assert tuple(found.summary().columns) == SUMMARY_COLUMNS
    ours, theirs = found.row(), exact.row()
    for name in ("mean", "median", "sd", "ci_low", "ci_high", "prob_direction"):
        assert ours[name] == pytest.approx(theirs[name], rel=2e-3), name
    assert {k: v for k, v in ours.items() if isinstance(v, str)} == {
        k: v for k, v in theirs.items() if isinstance(v, str)
    }
    assert ours["mcse_mean"] == pytest.approx(ours["sd"] / np.sqrt(20_000), rel=0.01)
    assert ours["ess_bulk"] == pytest.approx(20_000, rel=0.01)
    assert ours["ess_tail"] == pytest.approx(20_000, rel=0.02)
    assert np.isnan(theirs["mcse_mean"])
    assert repr(found).startswith("PrintedDraws")
    assert found.interval(0.5) == pytest.approx(exact.interval(0.5), rel=2e-3)
