"""Figures as files: each drawn once, for the folder of figures and for the page, by two processes."""

import io
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

DPI = 144
"""Dots an inch: sharp on a screen of twice the resolution; for print, save a figure as PDF."""

_COLOURS = 128  # a line drawing has few hues and their blends at the edges


class Picture(NamedTuple):
    """A figure as bytes, the same pixels twice.

    Parameters
    ----------
    png : bytes
        With a palette, for the folder of figures.
    webp : bytes
        Lossless, a fifth smaller, for the page.
    """

    png: bytes
    webp: bytes


_drawn: "WeakKeyDictionary[Figure, Picture]" = WeakKeyDictionary()
_begun: "WeakKeyDictionary[Figure, Future[Picture]]" = WeakKeyDictionary()


def png(figure: Figure) -> bytes:
    """A figure as a PNG file with a palette: a quarter of the bytes of one without.

    Parameters
    ----------
    figure : Figure
        Finished: it is drawn once, and a later change is not seen.

    Returns
    -------
    bytes
        The file, at `DPI`; the same bytes for the same figure.
    """
    return _picture(figure).png


def webp(figure: Figure) -> bytes:
    """A figure as a WebP file without loss, of the pixels of its PNG.

    Parameters
    ----------
    figure : Figure
        Finished: it is drawn once, and a later change is not seen.

    Returns
    -------
    bytes
        The file, at `DPI`; the same bytes for the same figure.
    """
    return _picture(figure).webp


@contextmanager
def drawing_beside(processes: int) -> Iterator[Callable[[Figure], None]]:
    """Let a second process draw figures while this one goes on.

    `png` and `webp` wait for what is begun there, and draw here what is not. A script that calls this with two
    processes must guard its own start by ``if __name__ == "__main__"``, as the second process imports it.

    Parameters
    ----------
    processes : int
        With 1 there is no second process, and figures are drawn here when they are asked for.

    Yields
    ------
    callable
        Give it a finished figure, and it will be drawn.

    Raises
    ------
    Exception
        An error or an interrupt of the caller ends the second process.
    """
    if processes < 2:
        yield lambda figure: None
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_quietly) as pool:

        def begin(figure: Figure) -> None:
            _begun[figure] = pool.submit(draw, figure)

        try:
            yield begin
        finally:
            pool.shutdown(cancel_futures=True)


def draw(figure: Figure) -> Picture:
    """Draw a figure.

    Parameters
    ----------
    figure : Figure
        Finished; laid out here.

    Returns
    -------
    Picture
        At `DPI`; the same bytes in every process.
    """
    # `savefig` would go through every artist twice, and at another resolution every word is measured anew.
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # Matplotlib's
    width, height = canvas.get_width_height()
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # Matplotlib's
    picture = Image.frombytes("RGBA", (width, height), pixels)
    few = picture.convert("RGB").quantize(
        _COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    # The cubes of the octree are even shades apart: what is all but white was white.
    palette = few.getpalette() or []
    shades = [palette[k : k + 3] for k in range(0, len(palette), 3)]
    few.putpalette([v for s in shades for v in ([255] * 3 if min(s) > 251 else s)])
    packed, page = io.BytesIO(), io.BytesIO()
    few.save(packed, format="png", dpi=(DPI, DPI), compress_level=6)
    few.convert("RGB").save(page, format="webp", lossless=True, method=2, quality=50)
    return Picture(packed.getvalue(), page.getvalue())


def _picture(figure: Figure) -> Picture:
    if figure not in _drawn:
        begun = _begun.pop(figure, None)
        # One that can still be cancelled has not been begun there.
        _drawn[figure] = draw(figure) if begun is None or begun.cancel() else begun.result()
    return _drawn[figure]


def _quietly() -> None:
    """An interrupt is the first process's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
