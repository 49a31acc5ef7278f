"""Every figure of a run: what there is, and the label of its data on each."""

import re
from collections.abc import Mapping
from dataclasses import replace

from matplotlib.figure import Figure
from matplotlib.text import Text

from adbayes.plots.style import WATERMARKS
from adbayes.report.figures import PRINT_LABEL, draw_figures, groups_of
from adbayes.results.run import Run

OF_PRINT = ("other_studies", "tipping", "tornado", "multiverse")


def texts(figure: Figure) -> dict[str, str]:
    return {str(text.get_gid()): text.get_text() for text in figure.texts}


def test_there_is_a_figure_for_everything(figures: Mapping[str, Figure]) -> None:
    assert list(figures) == [
        "published_forest_table5",
        "published_forest_table6",
        "published_shrinkage_table5",
        "published_shrinkage_table4",
        "published_correlations",
        "other_studies",
        "trajectories_easi_change",
        "prior_posterior_easi_change",
        "prior_predictive_easi_change",
        "posterior_predictive_easi_change",
        "forest_easi90_multivariable",
        "prior_posterior_easi90_multivariable",
        "prior_predictive_easi90_multivariable",
        "posterior_predictive_easi90_multivariable",
        "forest_easi90_univariable",
        "prior_posterior_easi90_univariable",
        "prior_predictive_easi90_univariable",
        "posterior_predictive_easi90_univariable",
        "share_mcid",
        "tipping",
        "tornado-odds_ratio",
        "tornado-mean_change",
        "multiverse-table5.ldh_baseline.or",
        "multiverse-fig1.easi90.w52.pct",
    ]


def test_every_figure_carries_the_label_of_its_data(
    run: Run, figures: Mapping[str, Figure]
) -> None:
    for name, figure in figures.items():
        marks = texts(figure)
        if name.startswith("published"):
            assert marks["footer"].startswith(PRINT_LABEL)
            assert "watermark" not in marks
        elif name.startswith(OF_PRINT):
            assert marks["footer"].lower().startswith(("from the printed", "printed numbers alone"))
            assert "watermark" not in marks
        else:
            assert marks["footer"].startswith(run.cohort.label)
            assert marks["watermark"] == WATERMARKS["simulated"]


def test_every_figure_states_its_number_of_patients(figures: Mapping[str, Figure]) -> None:
    without = [
        name
        for name, figure in figures.items()
        if not any(
            re.search(r"n = \d|n not printed|^\d+/\d+$", text.get_text())
            for text in figure.findobj(Text)
            if isinstance(text, Text)
        )
    ]
    assert without == []


def test_the_printed_forests_have_the_papers_numbers(figures: Mapping[str, Figure]) -> None:
    axes = figures["published_forest_table5"].axes[0]
    points = [
        float(x[0])
        for line in axes.lines
        if line.get_gid() == "estimate:Paper"
        for x in [line.get_xdata()]
    ]
    assert len(points) == 17
    assert points[:3] == [0.627, 2.509, 1.004]
    joint = figures["published_forest_table6"].axes[0]
    assert sum(line.get_gid() == "estimate:Posterior from print" for line in joint.lines) == 7


def test_groups_keep_the_order_and_their_own_rows(run: Run) -> None:
    groups = groups_of(run)
    assert [group.name for group in groups] == [
        "easi_change",
        "easi90_multivariable",
        "easi90_univariable",
    ]
    last = groups[-1]
    assert len(last.fits) > 10
    for fit, summary in zip(last.fits, last.summaries, strict=True):
        assert set(summary["x"]) == {fit.analysis.x}
    assert not any(group.failed for group in groups)


def test_a_failed_fit_is_named_on_its_figures_and_on_no_other(failed_run: Run) -> None:
    mixed = replace(
        failed_run, fits=failed_run.fits[:2], diagnostics=failed_run.diagnostics.iloc[:2], more={}
    )
    for name, figure in draw_figures(mixed).items():
        warned = "NOT CONVERGED: easi_change" in texts(figure)["footer"]
        assert warned == (name.endswith("easi_change") or name == "share_mcid"), name


def test_a_run_without_print_draws_no_printed_forest(run: Run) -> None:
    alone = replace(
        run,
        fits=run.fits[:1],
        diagnostics=run.diagnostics.iloc[:1],
        published=run.published.iloc[:0],
        more={},
    )
    assert not any(name.startswith("published") for name in draw_figures(alone))


def test_each_figure_is_handed_over_when_it_is_finished(run: Run) -> None:
    begun: list[Figure] = []
    drawn = draw_figures(run, begun.append)
    assert begun == list(drawn.values())
