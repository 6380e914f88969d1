"""What of a photo is seen through clip paths and masks: its own, and those of groups and clones around it."""

from __future__ import annotations

from typing import Iterator, Sequence, Tuple

import inkex

from clipasso_engine.contract.sketch import Ring, Shape

from . import boxes, drawn_shapes, hrefs, source_photo, viewport, visibility
from .drawn_shapes import SHAPE_TAGS, DrawnShape

Clip = Tuple[Shape, ...]
"""Seen is what lies in one of these, in shares of the photo's width and height."""

_CUTS = ("clip-path", "mask")
_Cuts = Tuple[inkex.BaseElement, ...]
_MOST = 64  # clips that the shapes of one may come to, where each is cut by others; more are not looked through
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


def _of(cut: inkex.BaseElement, element: inkex.BaseElement, space: inkex.Transform, within: _Cuts = ()) -> list[Clip]:
    """What a ``<clipPath>`` or a ``<mask>`` lets through of ``element``, whose coordinates ``space`` leads from.

    As in Inkscape, a ``transform`` or a ``clip-path`` of the clip path itself does nothing; its shapes may be clipped.
    ``within`` are the cuts whose contents this one cuts.
    """
    inside = _inside(cut, element, space)
    shapes = list(_shapes(cut))
    if inside is None or cut in within or any(shape is None or _is_a_line(cut, shape) for shape in shapes):
        return []
    drawn = [shape for shape in shapes if shape is not None and visibility.is_shown(shape.path)]
    if cut.TAG == "mask":
        drawn, dark = _light_and_dark(drawn)
    else:
        dark = []
    found: list[Clip] | None = None
    for shape in drawn:
        areas = shape.areas(inside, "clip-rule" if cut.TAG == "clipPath" else "fill-rule")
        one = [areas, *_of_the_shape(cut, shape, inside, (*within, cut))]
        found = one if found is None else _either(found, one)
    return [*(found or [()]), *(((_EVERYWHERE, *area),) for shape in dark for area in shape.areas(inside))]


def _inside(cut: inkex.BaseElement, element: inkex.BaseElement, space: inkex.Transform) -> inkex.Transform | None:
    """What leads from what a cut holds to where ``space`` leads; None where that cannot be told."""
    box: inkex.Transform | None = inkex.Transform()
    units = "clipPathUnits" if cut.TAG == "clipPath" else "maskContentUnits"
    if cut.get(units) == "objectBoundingBox":
        box = boxes.of(element)
    own = viewport.inverse(viewport.to_root(cut) @ cut.transform)
    return None if box is None or own is None else space @ box @ own


def _of_the_shape(cut: inkex.BaseElement, shape: DrawnShape, inside: inkex.Transform, within: _Cuts) -> list[Clip]:
    """What clip paths and masks leave of a shape in a cut: its own, and those of groups and clones around it."""
    around = [each for each in shape.path[0].iterancestors() if isinstance(each, inkex.BaseElement)]
    way = [*reversed(around[: around.index(cut)]), *shape.path]
    start = viewport.to_root(way[0])
    found: list[Clip] = []
    for position, element in enumerate(way, 1):
        for name in _CUTS:
            inner = _by_id(cut, hrefs.url(visibility.value(element, name)))
            if inner is not None:
                size = viewport.size_around(way[0])
                space = inside @ start @ viewport.down(way[:position], size)[0] @ element.transform
                found += _of(inner, element, space, within)
    return found


def _by_id(element: inkex.BaseElement, identifier: str) -> inkex.BaseElement | None:
    return element.root.getElementById(identifier) if identifier else None


def _either(one: Sequence[Clip], other: Sequence[Clip]) -> list[Clip]:
    """What lies in all of ``one``, or in all of ``other``, as clips that it lies in all of."""
    if len(one) * len(other) > _MOST:
        return [(*one[0], *other[0])]  # the shapes without what cuts them
    return [(*mine, *others) for mine in one for others in other]


def _shapes(cut: inkex.BaseElement) -> Iterator[DrawnShape | None]:
    """Those that a clip path or a mask consists of; None for what is no shape, such as text."""
    for child in cut:
        if not isinstance(child, inkex.BaseElement) or child.TAG in ("title", "desc", "metadata"):
            continue
        paths = source_photo.drawn_in(child.root, child, SHAPE_TAGS)
        if not paths:
            yield None
        yield from (DrawnShape(path) for path in paths)


def _is_a_line(cut: inkex.BaseElement, shape: DrawnShape) -> bool:
    """Whether a shape of a mask is but a line that is painted: what that covers is not told by its outline."""
    return cut.TAG == "mask" and shape.style("fill") == "none" and shape.style("stroke") not in ("", "none")


def _light_and_dark(shapes: Sequence[DrawnShape]) -> tuple[list[DrawnShape], list[DrawnShape]]:
    """Of a mask: light shapes let through, dark ones on top of them do not."""
    light: list[DrawnShape] = []
    dark: list[DrawnShape] = []
    for shape in shapes:
        if _lets_through(shape):
            light.append(shape)
        elif light:
            dark.append(shape)
    return light, dark


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


def misses(found: Sequence[Clip]) -> bool:
    """Whether a clip lets nothing of the photo through."""
    return any(not any(drawn_shapes.touches(ring) for shape in clip for ring in shape) for clip in found)
