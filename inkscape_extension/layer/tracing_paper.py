"""A sheet of tracing paper between photo and strokes, since black strokes on a dark photo cannot be seen.

It is a layer of its own, one for each photo, with an eye to toggle it. It is locked, so that a click goes through it to
the photo, and selecting all leaves it out. The photo itself is not touched.
"""

from __future__ import annotations

import inkex

from clipasso_engine.contract import layer_format

from ..document.source_photo import SourcePhoto
from ..options import PhotoShown
from ..translation import translated
from . import names

_STYLE = "fill:#ffffff;fill-opacity:0.65;stroke:none"


def show(photo: SourcePhoto, size: tuple[int, int], how: PhotoShown) -> None:
    """Let the photo, of ``size`` px, be seen as the dialog asks: under tracing paper, as it is, or not at all.

    Raises `UserError` if the photo has no extent.
    """
    if how == "hidden":
        photo.element.style["display"] = "none"
    elif how == "paper" and of(photo) is None:
        photo.below.addnext(_sheet(photo, size))


def of(photo: SourcePhoto) -> inkex.Layer | None:
    """The tracing paper over a photo, where there is one beside it; wherever else somebody has put it, it stays."""
    identifier = photo.element.get_id()
    for element in photo.below.itersiblings():
        if isinstance(element, inkex.BaseElement) and element.get(layer_format.PAPER_OF) == identifier:
            return element
    return None


def _sheet(photo: SourcePhoto, size: tuple[int, int]) -> inkex.Layer:
    root = photo.element.root
    place, (left, top, right, bottom) = photo.placement(size)
    layer = names.layer(root, "tracing-paper", translated("Tracing Paper"))
    layer.set(layer_format.PAPER_OF, photo.element.get_id())
    layer.set("sodipodi:insensitive", "true")
    sheet = inkex.Rectangle.new(left, top, right - left, bottom - top)
    sheet.set("id", f"{layer.get_id()}-sheet")
    sheet.set("style", _STYLE)
    sheet.transform = place
    layer.append(sheet)
    return layer
