"""Closed shapes that are selected together with a photo: they say what of it to draw, and where more finely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

import inkex

from clipasso_engine.contract import layer_format
from clipasso_engine.contract.errors import UserError
from clipasso_engine.contract.sketch import Curve, Point, Ring, Shape

from ..translation import translated
from . import curves, outlines, source_photo, viewport, winding

SHAPE_TAGS = ("path", "rect", "circle", "ellipse", "polygon", "polyline", "line")
_COINCIDE = 1e-4  # of the size of a path: ends this near to each other close it
_FINENESS = 500  # corners for each curve: the square root of this times its length in the photo's sides
_MOST = 64
_DIGITS = 5  # of a share of the photo: a twentieth of a pixel of the largest


@dataclass(frozen=True)
class DrawnShape:
    """A closed shape on the canvas: itself, or the clone that draws it, what that clones, ..., the shape."""

    path: source_photo.Path_

    @property
    def dashed(self) -> bool:
        """Whether its stroke is dashed: it marks a place that deserves more lines. Otherwise it is part of the mask."""
        dashes, stroke = (self.style(name) for name in ("stroke-dasharray", "stroke"))
        return dashes not in ("", "none") and stroke not in ("", "none")

    def areas(self, to_shares: inkex.Transform, rule: str = "fill-rule") -> tuple[Shape, ...]:
        """What lies inside, as polygons; ``to_shares`` leads there from the coordinates of the outermost elements.

        ``rule`` is the property that says what is inside where lines cross, or lie in each other. None for lines.
        """
        first, shape = self.path[0], self.path[-1]
        way, _size = viewport.down(self.path, viewport.size_around(first))
        transform = to_shares @ viewport.to_root(first) @ way @ shape.transform
        rings = tuple(filter(_has_area, (_ring(piece, transform) for piece in _pieces(_seen(shape)))))
        if not rings:
            return ()
        return (rings,) if self.style(rule) == "evenodd" else winding.areas(rings)

    def style(self, name: str) -> str:
        """The shape's own, or what it inherits, from a clone as well."""
        styles = [each.specified_style() for each in reversed(self.path)]
        return next((str(style[name]).strip() for style in styles if name in style), "")


def split(
    svg: inkex.SvgDocumentElement, elements: Sequence[inkex.BaseElement]
) -> tuple[list[DrawnShape], list[inkex.BaseElement]]:
    """Of selected elements the closed shapes that they draw, and what else there is: lines drawn on the photo.

    Strokes of a sketch are lines whatever their form.
    """
    shapes, lines = [], []
    for element in elements:
        paths = source_photo.drawn_in(svg, element, SHAPE_TAGS)
        closed = [path for path in paths if not _is_ours(path[-1]) and _is_closed(path[-1])]
        shapes += [DrawnShape(path) for path in closed]
        lines += [path[0] for path in paths if path not in closed] if closed else [element]
    return shapes, lines


def areas(shapes: Iterable[DrawnShape], to_shares: inkex.Transform) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """The mask and the places that deserve more lines, in shares of the photo; see `DrawnShape.areas`.

    Raises `UserError` if all of the mask lies beside the photo.
    """
    mask: list[Shape] = []
    details: list[Shape] = []
    for shape in shapes:
        (details if shape.dashed else mask).extend(shape.areas(to_shares))
    if mask and not any(touches(ring) for shape in mask for ring in shape):
        raise UserError(
            translated(
                "The closed shapes that are selected lie beside the photo, so there is nothing to draw in them. Move "
                "them over the photo, or select the photo alone."
            )
        )
    return tuple(mask), tuple(details)


def _is_ours(element: inkex.BaseElement) -> bool:
    """Whether it is a stroke of a sketch."""
    layers = (layer_format.LayerMetadata.from_attributes(dict(each.attrib)) for each in element.iterancestors())
    return bool(element.get(layer_format.IMPORTANCE)) or any(layers)


def _is_closed(shape: inkex.BaseElement) -> bool:
    """Whether all lines of a shape end where they begin; of one with path effects, those it was given."""
    pieces = _pieces(outlines.path_data(shape))
    return bool(pieces) and all(_ends_meet(piece) for piece in pieces)


def _seen(shape: inkex.BaseElement) -> str:
    """Path data of what is seen of a shape."""
    return str(shape.get("d") or "") or outlines.path_data(shape)


def _pieces(data: str) -> list[list[Curve]]:
    """The curves of each line of path data."""
    pieces: list[list[Curve]] = []
    for curve in curves.of_path(data):
        if pieces and pieces[-1][-1][3] == curve[0]:
            pieces[-1].append(curve)
        else:
            pieces.append([curve])
    return pieces


def _ends_meet(piece: Sequence[Curve]) -> bool:
    points = {point for curve in piece for point in curve}
    xs, ys = [x for x, _ in points], [y for _, y in points]
    size = math.hypot(max(xs) - min(xs), max(ys) - min(ys))
    return len(points) > 2 and math.dist(piece[0][0], piece[-1][3]) <= _COINCIDE * size


def _ring(piece: Sequence[Curve], transform: inkex.Transform) -> Ring:
    corners: list[Point] = []
    for curve in piece:
        points = curves.transformed(curve, transform)
        length = sum(math.dist(one, other) for one, other in zip(points, points[1:]))
        straight = points[0] == points[1] and points[2] == points[3]
        count = 1 if straight else min(_MOST, 1 + math.ceil(math.sqrt(_FINENESS * length)))
        corners += [curves.point(points, step / count) for step in range(count)]
    return tuple((round(x, _DIGITS), round(y, _DIGITS)) for x, y in corners)


def _has_area(ring: Ring) -> bool:
    return len(ring) > 2


def touches(ring: Ring) -> bool:
    """Whether the box around a ring meets the photo."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return max(xs) > 0 and min(xs) < 1 and max(ys) > 0 and min(ys) < 1
