"""The box around what an element draws, in its own coordinates: what ``objectBoundingBox`` means."""

from __future__ import annotations

from typing import Iterator

import inkex

from . import source_photo, viewport
from .drawn_shapes import SHAPE_TAGS, DrawnShape
from .viewport import Size


def of(element: inkex.BaseElement) -> inkex.Transform | None:
    """From shares of the box around an image, a shape, a group or a clone to the coordinates that its ``transform``
    leads from. None where there is nothing, or it has no extent. Text, and strokes' widths, do not count.
    """
    to_element = -(viewport.to_root(element) @ element.transform)
    points: list[tuple[float, float]] = []
    for path in source_photo.drawn_in(element.root, element, ("image", *SHAPE_TAGS)):
        points += _points(path, to_element)
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    return inkex.Transform((width, 0, 0, height, min(xs), min(ys))) if width > 0 and height > 0 else None


def _points(path: source_photo.Path_, transform: inkex.Transform) -> Iterator[tuple[float, float]]:
    if path[-1].TAG != "image":
        for shape in DrawnShape(path).areas(transform):
            for ring in shape:
                yield from ring
        return
    around = viewport.size_around(path[0])
    way, size = viewport.down(path, around)
    transform = transform @ viewport.to_root(path[0]) @ way @ path[-1].transform
    for x, y in _corners(path[-1], size):
        point = transform.apply_to_point((x, y))
        yield float(point[0]), float(point[1])


def _corners(image: inkex.BaseElement, around: Size) -> list[tuple[float, float]]:
    """Of the box that an image is fitted into, whatever its pixels leave of that; none without a size."""
    left, top, width, height = viewport.box(image, around)
    if not (width > 0 and height > 0):
        return []
    return [(x, y) for x in (left, left + width) for y in (top, top + height)]
