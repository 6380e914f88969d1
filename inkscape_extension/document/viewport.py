"""Viewports of SVG: lengths and percentages, ``viewBox`` and ``preserveAspectRatio``, as Inkscape applies them."""

from __future__ import annotations

import math
import re
from typing import Sequence, Tuple

import inkex
from inkex.units import CONVERSIONS, parse_unit

Size = Tuple[float, float]  # width, height
Rectangle = Tuple[float, float, float, float]  # left, top, right, bottom

_ALIGNMENT = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
_FONT_SIZES = re.compile(r"\s*[-+.\d]+(?:e[-+]?\d+)?\s*(?:em|ex)\s*$")  # Inkscape shows nothing that is so wide or high


def fit(box: Rectangle, view: Rectangle, preserve_aspect_ratio: str) -> inkex.Transform:
    """The transform that brings ``view`` (a viewBox, or an image's pixels) into ``box``. Both have positive sizes."""
    # As Inkscape, which takes what it does not know, SVG 1.1's "defer" included, for the usual.
    scale_x = (box[2] - box[0]) / (view[2] - view[0])
    scale_y = (box[3] - box[1]) / (view[3] - view[1])
    match = re.match(r"\s*(?:none|x(M\w\w)Y(M\w\w))(?:\s+(meet|slice))?\s*$", preserve_aspect_ratio)
    align_x, align_y, mode = match.groups() if match else ("Mid", "Mid", "meet")
    if align_x is None:
        align_x = align_y = "Min"
    else:
        scale_x = scale_y = (max if mode == "slice" else min)(scale_x, scale_y)
    left = box[0] + _ALIGNMENT.get(align_x, 0.5) * (box[2] - box[0] - scale_x * (view[2] - view[0]))
    top = box[1] + _ALIGNMENT.get(align_y, 0.5) * (box[3] - box[1] - scale_y * (view[3] - view[1]))
    return inkex.Transform((scale_x, 0, 0, scale_y, left - scale_x * view[0], top - scale_y * view[1]))


def box(image: inkex.BaseElement, around: Size, natural: Size = (0.0, 0.0)) -> tuple[float, float, float, float]:
    """Left, top, width and height that an image is given, ``natural`` where it is not; see `fit_image`."""
    left, top = (_length(image.get(name), whole, 0.0) for name, whole in zip("xy", around))
    width, height = (
        _length(image.get(name), whole, own) for name, whole, own in zip(("width", "height"), around, natural)
    )
    return left, top, width, height


def fit_image(image: inkex.BaseElement, around: Size, natural: Size) -> tuple[inkex.Transform, Rectangle]:
    """From an image's pixels to the coordinates its x, y, width and height are in; and the pixels that are seen.

    ``around`` is the size of the viewport the image stands in, ``natural`` the image's own size in pixels, which is
    also its size on the canvas where none is given.
    """
    left, top, width, height = box(image, around, natural)
    if not (width > 0 and height > 0):
        return inkex.Transform((0, 0, 0, 0, left, top)), (0.0, 0.0, 0.0, 0.0)
    transform = fit(
        (left, top, left + width, top + height),
        (0.0, 0.0, *natural),
        image.get("preserveAspectRatio") or "",
    )
    back = inverse(transform)
    if back is None:  # a side of 1e-320, say
        return inkex.Transform((0, 0, 0, 0, left, top)), (0.0, 0.0, 0.0, 0.0)
    # Rounded, so that a photo that just fits is seen whole in spite of floating point.
    seen_left, seen_top = (round(value, 6) for value in back.apply_to_point((left, top)))
    seen_right, seen_bottom = (round(v, 6) for v in back.apply_to_point((left + width, top + height)))
    visible = (max(0.0, seen_left), max(0.0, seen_top), min(natural[0], seen_right), min(natural[1], seen_bottom))
    return transform, visible


def size_around(element: inkex.BaseElement) -> Size:
    """The size, in its own coordinates, of the viewport that ``element`` stands in."""
    for ancestor in element.iterancestors():
        if isinstance(ancestor, inkex.BaseElement) and ancestor.TAG == "svg":
            view = _view_box(ancestor)
            if view is not None:
                return view[2] - view[0], view[3] - view[1]
            outer = size_around(ancestor)
            width, height = (_length(ancestor.get(n), whole, whole) for n, whole in zip(("width", "height"), outer))
            return width, height
    return 100.0, 100.0  # what Inkscape takes for a document without a size


def inner_transform(
    parent: inkex.BaseElement, child: inkex.BaseElement, around: Size, clone: inkex.BaseElement | None = None
) -> tuple[inkex.Transform, Size]:
    """What ``parent`` adds, beside its own ``transform``, on the way down to ``child``; and the size around the child.

    ``around`` is the size of the viewport ``parent`` stands in. ``<use>`` moves by its x and y; ``<svg>`` and
    ``<symbol>`` open a new viewport, of the size that a ``<use>`` gives it that is their ``clone``.
    """
    if parent.TAG not in ("use", "svg", "symbol"):
        return inkex.Transform(), around
    left, top = (_length(parent.get(name), whole, 0.0) for name, whole in zip("xy", around))
    if parent.TAG == "use":
        size = around
        if child.TAG in ("svg", "symbol"):
            width, height = (_length(parent.get(n), whole, whole) for n, whole in zip(("width", "height"), around))
            size = (width, height)
        return inkex.Transform((1, 0, 0, 1, left, top)), size
    own = (None if clone is not None and clone.get(name) else parent.get(name) for name in ("width", "height"))
    width, height = (_length(text, whole, whole) for text, whole in zip(own, around))
    view = _view_box(parent)
    if view is None or not (width > 0 and height > 0):
        return inkex.Transform((1, 0, 0, 1, left, top)), (width, height)
    transform = fit((left, top, left + width, top + height), view, parent.get("preserveAspectRatio") or "")
    return transform, (view[2] - view[0], view[3] - view[1])


def inverse(transform: inkex.Transform) -> inkex.Transform | None:
    """The way back; None from where all is squeezed to a line or a point, or beyond all numbers."""
    try:
        back = -transform
    except ArithmeticError:
        return None
    return back if all(math.isfinite(value) for row in back.matrix for value in row) else None


def to_root(element: inkex.BaseElement) -> inkex.Transform:
    """From the coordinates that ``element`` stands in to those its document's outermost elements stand in."""
    way = [each for each in reversed(list(element.iterancestors())) if isinstance(each, inkex.BaseElement)][1:]
    return down([*way, element], size_around(way[0]) if way else (0.0, 0.0))[0]


def down(way: Sequence[inkex.BaseElement], size: Size) -> tuple[inkex.Transform, Size]:
    """From the coordinates that the last element of a ``way`` stands in to those that the first one stands in.

    Each element is drawn by the one before it, as what it holds or what it clones. ``size`` is that of the viewport
    around the first; returned is also that around the last.
    """
    transform = inkex.Transform()
    clone = None
    for parent, child in zip(way, way[1:]):
        step, size = inner_transform(parent, child, size, clone)
        transform = transform @ parent.transform @ step
        clone = parent if parent.TAG == "use" else None
    return transform, size


def _length(text: str | None, whole: float, default: float) -> float:
    """A length in user units. ``whole`` is what 100 % stands for; ``default`` serves where none is given."""
    if _FONT_SIZES.match(text or ""):
        return 0.0
    value, unit = parse_unit(text or "", default_value=None) or (None, "")
    if value is None:
        return default
    if unit == "%":
        return value / 100 * whole
    return value * CONVERSIONS[unit] / CONVERSIONS["px"] if unit in CONVERSIONS else default


def _view_box(element: inkex.BaseElement) -> Rectangle | None:
    """Left, top, right and bottom of an element's ``viewBox``; None if it has none, or one without extent."""
    try:
        left, top, width, height = (float(word) for word in re.split(r"[\s,]+", (element.get("viewBox") or "").strip()))
    except ValueError:
        return None
    return (left, top, left + width, top + height) if width > 0 and height > 0 else None
