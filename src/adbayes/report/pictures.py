"""Figures as files: each drawn once, for the folder of figures and for the page, by two processes."""

import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
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


def drawn_beside(second: Executor | None) -> Callable[[Figure], None]:
    """Let a second process draw figures while this one goes on.

    `png` and `webp` wait for what is begun there, and draw here what is not.

    Parameters
    ----------
    second : concurrent.futures.Executor or None
        From `second_process`; without one figures are drawn here when they are asked for.

    Returns
    -------
    callable
        Give it a finished figure, and it will be drawn.
    """

    def begin(figure: Figure) -> None:
        if second is not None:
            _begun[figure] = second.submit(draw, figure)

    return begin


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
    begun = _begun.pop(figure, None)
    # One that can still be cancelled has not been begun there.
    if begun is not None and not begun.cancel():
        _help(begun)
        _drawn[figure] = begun.result()
    elif figure not in _drawn:
        _drawn[figure] = draw(figure)
    return _drawn[figure]


def _help(begun: "Future[Picture]") -> None:
    """Until a figure is drawn there, draw here those that its turn comes to last."""
    for other in reversed(list(_begun)):
        if begun.done():
            return
        given_up = _begun[other].cancelled()  # with the report that it was for
        if not given_up and _begun[other].cancel():
            _drawn[other] = draw(other)
