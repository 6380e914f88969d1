"""What of a photo is seen through clip paths and masks: its own, and those of groups and clones around it."""

from __future__ import annotations

from typing import Iterator, Sequence, Tuple

import inkex

from clipasso_engine.contract.sketch import Ring, Shape

from . import drawn_shapes, hrefs, source_photo, viewport, visibility
from .drawn_shapes import SHAPE_TAGS, DrawnShape

Clip = Tuple[Shape, ...]
"""Seen is what lies in one of these, in shares of the photo's width and height."""

_CUTS = ("clip-path", "mask")
_EVERYWHERE: Ring = ((-1e4, -1e4), (1e4, -1e4), (1e4, 1e4), (-1e4, 1e4))


def is_cut(path: source_photo.Path_) -> bool:
    """Whether there is a clip path or a mask at all."""
    return any(visibility.value(each, name) not in ("", "none") for each in _way(path) for name in _CUTS)


def clips(svg: inkex.SvgDocumentElement, path: source_photo.Path_, to_shares: inkex.Transform) -> tuple[Clip, ...]:
    """Seen is what lies in every one of them; none if all is seen, or where no shapes tell it (text, pictures).

    ``path`` is that of a `source_photo.SourcePhoto`; ``to_shares`` leads from the coordinates of the document's
    outermost elements to shares of the photo.
    """
    by_id = {each.get("id"): each for each in svg.xpath("//*[@id]")}
    way = _way(path)
    space, size = to_shares, viewport.size_around(way[0])
    found: list[Clip] = []
    for element, inner in zip(way, [*way[1:], None]):
        space = space @ element.transform
        for name in _CUTS:
            cut = by_id.get(hrefs.url(visibility.value(element, name)))
            if cut is not None:
                found += _of(cut, element, space)
        if inner is not None:
            step, size = viewport.inner_transform(element, inner, size)
            space = space @ step
    return tuple(found)


def _way(path: source_photo.Path_) -> list[inkex.BaseElement]:
    """From the outermost element around a photo down to it."""
    around = [each for each in reversed(list(path[0].iterancestors())) if isinstance(each, inkex.BaseElement)][1:]
    return [*around, *path]


def _of(cut: inkex.BaseElement, element: inkex.BaseElement, space: inkex.Transform) -> list[Clip]:
    """What a ``<clipPath>`` or a ``<mask>`` lets through of ``element``, whose coordinates ``space`` leads from.

    As in Inkscape, a ``transform`` or a ``clip-path`` of the clip path itself does nothing.
    """
    box = inkex.Transform()
    units = "clipPathUnits" if cut.TAG == "clipPath" else "maskContentUnits"
    if cut.get(units) == "objectBoundingBox":
        box = _box(element)
        if box is None:
            return []
    shapes = list(_shapes(cut))
    if any(shape is None for shape in shapes):
        return []
    own = viewport.inverse(viewport.to_root(cut) @ cut.transform)
    if own is None:
        return []
    inside = space @ box @ own
    drawn = [shape for shape in shapes if shape is not None and visibility.is_shown(shape.path)]
    rings = _clipped if cut.TAG == "clipPath" else _masked
    return rings(drawn, inside)


def _shapes(cut: inkex.BaseElement) -> Iterator[DrawnShape | None]:
    """Those that a clip path or a mask consists of; None for what is no shape, such as text."""
    for child in cut:
        if not isinstance(child, inkex.BaseElement) or child.TAG in ("title", "desc", "metadata"):
            continue
        paths = source_photo.drawn_in(child.root, child, SHAPE_TAGS)
        if not paths:
            yield None
        yield from (DrawnShape(path) for path in paths)


def _area(shape: DrawnShape, inside: inkex.Transform) -> Shape:
    """Its rings but for lines, which hold no area."""
    return tuple(ring for ring in shape.rings(inside) if len(ring) > 2)


def _clipped(shapes: Sequence[DrawnShape], inside: inkex.Transform) -> list[Clip]:
    return [tuple(filter(None, (_area(shape, inside) for shape in shapes)))]


def _masked(shapes: Sequence[DrawnShape], inside: inkex.Transform) -> list[Clip]:
    """Light shapes let through, dark ones on top of them do not."""
    light: list[Shape] = []
    dark: list[Clip] = []
    for shape in shapes:
        rings = _area(shape, inside)
        if not rings:
            continue
        if _lets_through(shape):
            light.append(rings)
        elif light:
            dark.append(((_EVERYWHERE, *rings),))
    return [tuple(light), *dark]


def _lets_through(shape: DrawnShape) -> bool:
    """Whether a shape of a mask is rather light than dark; gradients and patterns count as light."""
    fill = shape.style("fill") or "black"
    if fill.startswith("url"):
        return True
    if fill == "none":
        return False
    try:
        red, green, blue = inkex.Color(fill).to_rgb()[:3]
    except (ValueError, TypeError, AttributeError, KeyError):
        return True
    opacity = visibility.opacity(shape.style("fill-opacity"))
    for element in shape.path:
        opacity *= visibility.opacity(visibility.value(element, "opacity"))
    return opacity * (0.2125 * red + 0.7154 * green + 0.0721 * blue) / 255 > 0.5  # SVG 1.1, 14.4


def _box(element: inkex.BaseElement) -> inkex.Transform | None:
    """From shares of the box of an image to its coordinates; None for others, and without a size."""
    try:
        left, top = (inkex.units.convert_unit(element.get(name) or "0", "px") for name in ("x", "y"))
        width, height = (inkex.units.convert_unit(element.get(name) or "0", "px") for name in ("width", "height"))
    except (ValueError, TypeError):
        return None
    if element.TAG != "image" or not (width > 0 and height > 0):
        return None
    return inkex.Transform((width, 0, 0, height, left, top))


def misses(found: Sequence[Clip]) -> bool:
    """Whether a clip lets nothing of the photo through."""
    return any(not any(drawn_shapes.touches(ring) for shape in clip for ring in shape) for clip in found)
