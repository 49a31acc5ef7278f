"""Pictures: small, true to the figure, the same bytes twice."""

import io
import multiprocessing
import threading
from concurrent.futures import Executor, Future

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from PIL import Image

from adbayes.inference.second_process import second_process
from adbayes.plots import style
from adbayes.report import pictures
from adbayes.report.pictures import DPI, Picture, drawn_beside, png, webp


def drawn() -> Figure:
    figure = Figure(figsize=(3.5, 2.003))
    ax = figure.subplots()
    ax.plot([0, 1, 2], [0, 3, 1], color=style.BLUE, linewidth=4)
    ax.plot([0, 1, 2], [2, 1, 2], color=style.VERMILLION, linewidth=4)
    return figure


def test_a_picture_is_the_figure_pixel_by_pixel_but_for_shades() -> None:
    figure = drawn()
    small, full = io.BytesIO(png(figure)), io.BytesIO()
    with matplotlib.rc_context({"savefig.bbox": "standard"}):  # some styles cut a figure's edges
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


def test_the_page_and_the_folder_show_the_same_pixels() -> None:
    figure = drawn()
    one, other = (Image.open(io.BytesIO(made(figure))).convert("RGB") for made in (png, webp))
    assert one.tobytes() == other.tobytes()


def test_a_second_process_draws_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    here = style.sign(_titled(), pd.DataFrame({"evidence": ["simulated"]}), "none", "test")
    expected = pictures.draw(here)
    there = style.sign(_titled(), pd.DataFrame({"evidence": ["simulated"]}), "none", "test")
    with second_process() as second:
        drawn_beside(second)(there)
        pictures._begun[there].result()
        # What that process has drawn is not drawn here again.
        monkeypatch.setattr(pictures, "draw", None)
        assert png(there) == expected.png
    assert webp(there) == expected.webp
    assert not multiprocessing.active_children()


def test_what_the_second_process_has_not_begun_is_drawn_here() -> None:
    figures = [drawn() for _ in range(12)]
    with second_process() as second:
        begin = drawn_beside(second)
        for figure in figures:
            begin(figure)
        made = {png(figure) for figure in reversed(figures)}
    assert made == {png(drawn())}
    assert not multiprocessing.active_children()


class ByHand(Executor):
    """Begins the first thing it is asked for and no other; finishes it when it is told to."""

    def __init__(self) -> None:
        self.begun: list[Future[Picture]] = []

    def submit(self, function: object, /, *what: object) -> Future[Picture]:
        future: Future[Picture] = Future()
        if not self.begun:
            future.set_running_or_notify_cancel()
        self.begun.append(future)
        return future


def test_while_one_is_drawn_there_those_that_come_last_are_drawn_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second, order, figures = ByHand(), [], [drawn() for _ in range(5)]
    for figure in figures:
        drawn_beside(second)(figure)

    def here(figure: Figure) -> Picture:
        order.append(figures.index(figure))
        if len(order) == 2:
            second.begun[0].set_result(Picture(b"first", b"first"))
        return Picture(b"%d" % order[-1], b"")

    monkeypatch.setattr(pictures, "draw", here)
    assert [png(figure) for figure in figures] == [b"first", b"1", b"2", b"3", b"4"]
    assert order == [4, 3, 1, 2]  # each once


def test_what_a_report_given_up_leaves_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    second, order, figures = ByHand(), [], [drawn() for _ in range(3)]
    left = [drawn(), drawn()]
    for figure in [*figures, *left]:
        drawn_beside(second)(figure)
    for future in second.begun[3:]:
        assert future.cancel()

    def here(figure: Figure) -> Picture:
        order.append(figure)
        return Picture(b"here", b"")

    monkeypatch.setattr(pictures, "draw", here)
    threading.Timer(0.5, second.begun[0].set_result, [Picture(b"there", b"")]).start()
    assert png(figures[0]) == b"there"
    assert order == [figures[2], figures[1]]


def _titled() -> Figure:
    figure = style.blank(style.COLUMN, 2, "A title")
    style.plain(figure.subplots()).set_xlabel("weeks")
    return figure
