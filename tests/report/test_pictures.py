"""Pictures: small, true to the figure, the same bytes twice."""

import io

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

from adbayes.plots import style
from adbayes.report.pictures import DPI, png


def drawn() -> Figure:
    figure = Figure(figsize=(3.5, 2.003))
    ax = figure.subplots()
    ax.plot([0, 1, 2], [0, 3, 1], color=style.BLUE, linewidth=4)
    ax.plot([0, 1, 2], [2, 1, 2], color=style.VERMILLION, linewidth=4)
    return figure


def test_a_picture_is_the_figure_pixel_by_pixel_but_for_shades() -> None:
    figure = drawn()
    small, full = io.BytesIO(png(figure)), io.BytesIO()
    figure.savefig(full, format="png", dpi=DPI)
    full.seek(0)
    one, other = imread(small)[..., :3], imread(full)[..., :3]
    assert one.shape == other.shape
    assert one.shape[:2] == (288, 504)
    assert np.abs(one - other).max() < 0.1
    assert np.abs(one - other).mean() < 0.002
    assert len(small.getvalue()) < 0.6 * len(full.getvalue())


def test_the_same_figure_is_the_same_bytes_and_drawn_once() -> None:
    figure = drawn()
    assert png(figure) is png(figure)
    assert png(drawn()) == png(figure)
