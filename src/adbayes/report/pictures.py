"""Figures as files: each drawn once, for the folder of figures and for the page alike."""

import io
from weakref import WeakKeyDictionary

from matplotlib.figure import Figure
from PIL import Image

DPI = 144
"""Dots an inch: sharp on a screen of twice the resolution; for print, save a figure as PDF."""

_COLOURS = 128  # a line drawing has few hues and their blends at the edges
_drawn: "WeakKeyDictionary[Figure, bytes]" = WeakKeyDictionary()


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
    if figure not in _drawn:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="rgba", dpi=DPI)
        pixels = buffer.getvalue()
        width = int(figure.get_figwidth() * DPI)
        picture = Image.frombytes("RGBA", (width, len(pixels) // (4 * width)), pixels)
        few = picture.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        # The cubes of the octree are even shades apart: what is all but white was white.
        palette = few.getpalette() or []
        shades = [palette[k : k + 3] for k in range(0, len(palette), 3)]
        few.putpalette([v for s in shades for v in ([255] * 3 if min(s) > 251 else s)])
        packed = io.BytesIO()
        few.save(packed, format="png", dpi=(DPI, DPI), compress_level=6)
        _drawn[figure] = packed.getvalue()
    return _drawn[figure]
