"""Cubic Bézier curves of the document's paths: read, moved, compared."""

from __future__ import annotations

import math
from typing import Iterable, Sequence, Tuple

import inkex
import numpy as np
from inkex.bezier import bezierpointatt

from clipasso_engine.contract.sketch import Curve, Point

_MATCHING = 0.6  # of a curve that must run beside others for it to draw the same line
_SAMPLES = 16
_ON_A_LINE = 1e-6  # points that are less wide than long, as a share of areas, say nothing of the way across
_PARALLEL = math.cos(math.radians(40))


def of_path(data: str) -> list[Curve]:
    """The cubic segments of path data; lines, arcs and quadratic curves become cubics. Empty if it has none."""
    curves: list[Curve] = []
    for piece in pieces(data):
        nodes = [[(float(x), float(y)) for x, y in node] for node in piece]
        curves += [(one[1], one[2], two[0], two[1]) for one, two in zip(nodes, nodes[1:])]
    return [curve for curve in curves if all(math.isfinite(value) for point in curve for value in point)]


def pieces(data: str) -> inkex.CubicSuperPath:
    """inkex's cubics of path data; none where it cannot be read, as in ``d="z"`` or with coordinates such as nan."""
    try:
        return inkex.Path(data).to_superpath()
    except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError):  # by what is wrong and inkex's version
        return inkex.CubicSuperPath([])


def joined(curves: Sequence[Curve]) -> Curve:
    """Curves that follow each other as one: 3 k + 1 points for k of them."""
    return (*curves[0][:1], *(point for curve in curves for point in curve[1:])) if curves else ()


def cubics(stroke: Sequence[Point]) -> list[Curve]:
    """The curves of 4 points that a stroke of 3 k + 1 points consists of."""
    return [tuple(stroke[first : first + 4]) for first in range(0, len(stroke) - 1, 3)]


def point(curve: Sequence[Point], t: float) -> Point:
    """The point of a curve of 4 points at parameter ``t``."""
    x, y = bezierpointatt(curve, t)
    return x, y


def transformed(curve: Sequence[Point], transform: inkex.Transform) -> Curve:
    points = (transform.apply_to_point(point) for point in curve)
    return tuple((float(x), float(y)) for x, y in points)


def farthest(one: Sequence[Point], other: Sequence[Point]) -> float:
    """The greatest distance between corresponding points, of which both have as many."""
    return max(math.hypot(ax - bx, ay - by) for (ax, ay), (bx, by) in zip(one, other))


def draws_the_same(stroke: Sequence[Point], others: Iterable[Sequence[Point]], apart: float) -> bool:
    """Whether most of ``stroke``, of 3 k + 1 points, runs within ``apart`` of, and parallel to, some of ``others``.

    These are curves of 4 points.
    """
    xs, ys = [x for x, _ in stroke], [y for _, y in stroke]
    drawn = [
        sample
        for other in others
        for sample in _samples(other, 3 * _SAMPLES)
        if min(xs) - apart <= sample[0] <= max(xs) + apart and min(ys) - apart <= sample[1] <= max(ys) + apart
    ]
    own = [sample for curve in cubics(stroke) for sample in _samples(curve, _SAMPLES)]
    near = sum(any(_is_beside(sample, other, apart) for other in drawn) for sample in own)
    return near >= _MATCHING * len(own)


def affine(before: Sequence[Point], after: Sequence[Point]) -> inkex.Transform | None:
    """The affine transform that brings ``before`` closest to ``after`` (least squares); None if they do not tell."""
    middle, middle_after = np.mean(before, axis=0), np.mean(after, axis=0)
    solution, _residuals, _rank, singular = np.linalg.lstsq(before - middle, after - middle_after, rcond=None)
    determinant, trace = np.prod(singular) ** 2, np.sum(singular**2)
    if determinant <= _ON_A_LINE * trace**2:
        return None
    (a, b), (c, d) = solution.tolist()
    e, f = (middle_after - middle @ solution).tolist()
    return inkex.Transform((a, b, c, d, e, f))


_Sample = Tuple[float, float, float, float]  # a point and the direction there


def _samples(curve: Sequence[Point], count: int) -> list[_Sample]:
    points = [point(curve, step / count) for step in range(count + 1)]
    result = []
    for (ax, ay), (bx, by) in zip(points, points[1:]):
        length = math.hypot(bx - ax, by - ay) or 1.0
        result.append(((ax + bx) / 2, (ay + by) / 2, (bx - ax) / length, (by - ay) / length))
    return result


def _is_beside(one: _Sample, other: _Sample, apart: float) -> bool:
    near = (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 <= apart**2
    return near and abs(one[2] * other[2] + one[3] * other[3]) >= _PARALLEL
