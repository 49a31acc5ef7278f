"""Rank plots of a fit, by ArviZ, with the label of its data."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from adbayes.inference.fit import Fit
from adbayes.inference.fits import Fits
from adbayes.plots import style
from adbayes.plots.of_fit import one_of, passed
from adbayes.results.summary import NOT_CONVERGED

_ACROSS = 3


def plot_ranks(fit: Fit | Fits, parameters: Sequence[str] | None = None) -> Figure:
    """Draw whether the chains of a fit explored the same posterior.

    Parameters
    ----------
    fit : Fit or Fits
        One model.
    parameters : sequence of str, optional
        Names in `fit.draws.posterior`; all but the effects of single patients if not given.

    Returns
    -------
    Figure
        ArviZ's rank plot (Vehtari et al. 2021, doi:10.1214/20-BA1221; Säilynoja et al. 2022,
        doi:10.1007/s11222-022-10090-6): a panel a parameter, a line a chain, how far the ranks of its
        draws lie from uniform, and the p value of a test that they are.

    Raises
    ------
    SpecError
        For several fits, or what is no fit.
    """
    import arviz_plots as azp

    fit = one_of(fit, "rank plots")
    posterior = fit.draws["posterior"].to_dataset()
    there = [str(name) for name in posterior.data_vars]
    names = list(parameters or [name for name in there if not name.startswith("1|")]) or there
    count = sum(math.prod(posterior[name].shape[2:]) for name in names)
    across = min(_ACROSS, count)
    size = (style.TWO_COLUMNS, 0.7 + 1.6 * math.ceil(count / across))
    collection = azp.plot_rank(
        fit.draws,
        var_names=names,
        backend="matplotlib",
        col_wrap=across,
        figure_kwargs={"figsize": size, "layout": "constrained"},
    )
    figure: Figure = collection.viz["figure"].item()
    warning = "" if passed(fit) else f"; {NOT_CONVERGED.upper()}: {fit.analysis.model}"
    for ax in figure.axes:
        style.plain(ax)
        ax.title.set_fontsize(style.SMALL)
        ax.xaxis.label.set_fontsize(style.SMALL)
        for line in ax.lines:
            line.set_linewidth(1.0)
        for words in ax.texts:
            words.set_fontsize(style.SMALL)
            words.set_text(words.get_text().split("(")[0].replace("=", " = "))
    figure.suptitle(
        f"{fit.analysis.model}: ranks of the draws less uniform, a line a chain",
        fontsize=style.TEXT + 0.5, x=0.01, ha="left",
    )  # fmt: skip
    engine = figure.get_layout_engine()
    share = 0.3 / size[1]
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, share, 1, 1 - share))
    table = pd.DataFrame({"evidence": [fit.cohort.evidence], "n": [fit.frame.n]})
    return style.sign(figure, table, fit.cohort.label + warning, "plot_ranks")
