"""The order in which a person would draw: the outline first, then what tells most, going on nearby where possible.

A layer that is as it was sketched has its most telling strokes first. One that was restacked by hand is drawn in the
order that it was given.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..bezier.cubics import Array
from ..contract.redrawing import Order
from .drawing import Layer, Line

_GRID = 160  # cells on the drawing's longer side; more see narrower gaps
_GAP = 0.03  # of the longer side: gaps in an outline up to twice that do not let the outside in
_NEAR_OUTSIDE = 0.025  # of the longer side, beyond the gaps: how near the outside a point of the outline lies
_ON_OUTLINE = 0.6  # of a stroke's length that must lie there
_NEARBY = 0.25  # of the longer side: as far away, a stroke must tell twice as much to be drawn next


def ordered(layers: Sequence[Layer], order: Order) -> list[Line]:
    """All lines in the order they are drawn, turned so that each begins where the pen is near; the object first."""
    result: list[Line] = []
    for layer in sorted(layers, key=lambda layer: layer.part == "background"):
        if order == "layer" or (order == "auto" and is_restacked(layer.lines)):
            for line in layer.lines:
                result.append(_turned(line, result))
        else:
            result += by_a_person(layer.lines, result[-1] if result else None)
    return result


def is_restacked(lines: Sequence[Line]) -> bool:
    """Whether the lines do not lie in the order in which they were sketched, the most telling at the bottom.

    Lines that were added by hand say nothing of that.
    """
    importance = [line.importance for line in lines if line.sketched]
    return any(one < other for one, other in itertools.pairwise(importance))


def by_a_person(lines: Sequence[Line], before: Line | None = None) -> list[Line]:
    """The lines of one layer: first those of the outline, from the most telling on along it, then the others."""
    if not lines:
        return []
    on_outline = outline(lines)
    size = _longer_side(lines)
    result: list[Line] = [] if before is None else [before]
    for outlining in (True, False):
        waiting = [line for line, on in zip(lines, on_outline, strict=True) if on == outlining]
        while waiting:
            chosen = _next(waiting, result, size * (_NEARBY / 4 if outlining else _NEARBY))
            waiting.remove(chosen)
            result.append(_turned(chosen, result))
    return result if before is None else result[1:]


def outline(lines: Sequence[Line]) -> NDArray[np.bool_]:
    """Which lines [N] run along the outside of what all of them enclose together."""
    paths = [line.walked() for line in lines]
    low = np.min([path.min(axis=0) for path in paths], axis=0)
    cells = _GRID / _longer_side(lines)
    gap, reach = max(1, round(_GAP * _GRID)), _NEAR_OUTSIDE * _GRID
    edge = 2 * gap + 2
    size = np.ceil((np.max([path.max(axis=0) for path in paths], axis=0) - low) * cells).astype(int) + 2 * edge + 1
    drawn = np.zeros(size[::-1], np.uint8)
    inside = [np.rint((path - low) * cells).astype(np.int32) + edge for path in paths]
    cv2.polylines(drawn, inside, False, 1, 2 * gap + 1)
    regions, _count = ndimage.label(drawn == 0)
    away = ndimage.distance_transform_edt(regions != regions[0, 0])
    shares = [(away[path[:, 1], path[:, 0]] <= gap + 1 + reach).mean() for path in inside]
    return np.array(shares) >= _ON_OUTLINE


def _longer_side(lines: Sequence[Line]) -> float:
    points = np.concatenate([line.walked() for line in lines])
    return max(float(np.ptp(points, axis=0).max()), 1e-6)


def _next(waiting: Sequence[Line], drawn: Sequence[Line], nearby: float) -> Line:
    """What tells most for how far it is from the pen."""
    if not drawn:
        return max(waiting, key=lambda line: line.importance)
    pen = drawn[-1].points[-1]
    return max(waiting, key=lambda line: (line.importance + 0.05) / (1 + _away(line, pen) / nearby))


def _away(line: Line, pen: Array) -> float:
    return float(np.linalg.norm(line.points[[0, -1]] - pen, axis=1).min())


def _turned(line: Line, drawn: Sequence[Line]) -> Line:
    """The line, begun at the end that is nearer to the pen; the first from above, as most people begin.

    Dashes are counted from a line's beginning, so a dashed one stays as it is.
    """
    if line.dashes:
        return line
    first, last = line.points[0], line.points[-1]
    if drawn:
        pen = drawn[-1].points[-1]
        backwards = np.linalg.norm(last - pen) < np.linalg.norm(first - pen)
    else:
        backwards = last[1] < first[1]
    return replace(line, points=line.points[::-1].copy()) if backwards else line
