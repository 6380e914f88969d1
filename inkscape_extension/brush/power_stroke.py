"""Inkscape's path effect Power Stroke: its outline, and the element that lets Inkscape make that outline again.

Inkscape does not compute path effects when it opens or exports a document, only when a path is edited. So the outline
is computed here, from what the effect is known to do (its source is `src/live_effects/lpe-powerstroke.cpp`): the width
is interpolated over the curve's parameter, and the outline is the curve moved to both sides by that width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Callable, Sequence, Tuple

import inkex

from clipasso_engine.contract.layer_format import format_number
from clipasso_engine.contract.sketch import Point

NAME = "powerstroke"
SMOOTHNESS = 0.3
"""The effect's "interpolator_beta": how far the width stays level on both sides of a width point."""

TAPERED, ROUND, FLAT = "zerowidth", "round", "butt"
"""What the ends of a stroke look like."""

Cubic = Tuple[Point, Point, Point, Point]
WidthPoint = Tuple[float, float]
"""Where on the curve (its segment's number plus the parameter within), and half the width there, in the path's unit."""

_Frame = Tuple[Point, Point]  # a point and the derivative there
_MAX_SPLITS = 6


@dataclass(frozen=True)
class PowerStroke:
    """Width points, in order, all of them within the curve, and the shape of both ends."""

    points: tuple[WidthPoint, ...]
    cap: str

    def write(self, effect: inkex.BaseElement, decimals: int) -> None:
        """Make ``effect``, an element of the document's defs, the one that draws this stroke."""
        offsets = (f"{format_number(t, 6)},{format_number(half, decimals + 2)}" for t, half in self.points)
        for name, value in {
            "effect": NAME,
            "is_visible": "true",
            "lpeversion": "1",
            "offset_points": " | ".join(offsets),
            "not_jump": "true",
            "sort_points": "true",
            "interpolator_type": "CubicBezierJohan",
            "interpolator_beta": format_number(SMOOTHNESS),
            "start_linecap_type": self.cap,
            "end_linecap_type": self.cap,
            "linejoin_type": "round",
            "miter_limit": "4",
            "scale_width": "1",
        }.items():
            effect.set(name, value)

    def outline(self, curve: Sequence[Cubic], decimals: int) -> str:
        """Path data of an open curve drawn with this stroke."""
        first = 0.0 if self.cap == TAPERED else self.points[0][1]
        last = 0.0 if self.cap == TAPERED else self.points[-1][1]
        widths = [(0.0, first), *self.points, (float(len(curve)), last)]
        sides: list[list[list[Point]]] = [[], []]
        for side, sign in zip(sides, (1, -1)):
            for before, after in zip(widths, widths[1:]):
                side.extend(_offset_span(curve, before, after, sign))
        there = sides[0]
        back = [segment[::-1] for segment in reversed(sides[1])]
        return _path_data(there, back, self.cap, decimals)


def read_widths(effect: inkex.BaseElement) -> list[float]:
    """The widths at an effect's width points; none if they cannot be read."""
    try:
        scale = float(effect.get("scale_width") or 1)
        pairs = (pair.split(",") for pair in (effect.get("offset_points") or "").split("|") if pair.strip())
        return [2 * abs(float(half)) * scale for _t, half in pairs]
    except ValueError:
        return []


def _offset_span(curve: Sequence[Cubic], before: WidthPoint, after: WidthPoint, sign: int) -> list[list[Point]]:
    """Cubic segments of one side of the outline between two width points."""
    (t0, w0), (t1, w1) = before, after

    def at(segment: int, s: float) -> _Frame:
        along = t0 + (t1 - t0) * (3 * SMOOTHNESS * s * (1 - s) * (1 - 2 * s) + s * s * (3 - 2 * s))
        speed = (t1 - t0) * (3 * SMOOTHNESS * (1 - 6 * s + 6 * s * s) + 6 * s * (1 - s))
        half = sign * (w0 + (w1 - w0) * s * s * (3 - 2 * s))
        change = sign * (w1 - w0) * 6 * s * (1 - s)
        (x, y), (dx, dy), (tx, ty), turn = point_at(curve[segment], min(max(along - segment, 0.0), 1.0))
        return (
            (x - half * ty, y + half * tx),
            (
                speed * (dx - half * turn * tx) - change * ty,
                speed * (dy - half * turn * ty) + change * tx,
            ),
        )

    segments: list[list[Point]] = []
    for number in range(int(t0), math.ceil(t1)):
        low = 0.0 if number <= t0 else _solve(number, t0, t1)
        high = 1.0 if number + 1 >= t1 else _solve(number + 1, t0, t1)
        tolerance = 0.01 * max(w0, w1)
        segments += _hermite(partial(at, number), low, high, tolerance, _MAX_SPLITS)
    return segments


def _solve(wanted: float, t0: float, t1: float) -> float:
    """The interpolation's parameter at which the curve's is ``wanted``."""
    low, high = 0.0, 1.0
    for _ in range(40):
        s = (low + high) / 2
        along = t0 + (t1 - t0) * (3 * SMOOTHNESS * s * (1 - s) * (1 - 2 * s) + s * s * (3 - 2 * s))
        low, high = (s, high) if along < wanted else (low, s)
    return low


def _hermite(
    frame: Callable[[float], _Frame], low: float, high: float, tolerance: float, splits: int
) -> list[list[Point]]:
    """Cubics through points and derivatives of a curve, split until they follow it."""
    ((x0, y0), (dx0, dy0)), ((x3, y3), (dx3, dy3)) = frame(low), frame(high)
    third = (high - low) / 3
    segment = [
        (x0, y0),
        (x0 + third * dx0, y0 + third * dy0),
        (x3 - third * dx3, y3 - third * dy3),
        (x3, y3),
    ]
    off = 0.0
    for share in (0.3, 0.5, 0.7):
        (mx, my), _ = frame(low + share * (high - low))
        r = 1 - share
        weights = (r**3, 3 * r * r * share, 3 * r * share * share, share**3)
        x, y = (sum(weight * point[axis] for weight, point in zip(weights, segment)) for axis in (0, 1))
        off = max(off, math.hypot(x - mx, y - my))
    if off <= tolerance or splits == 0:
        return [segment]
    middle = (low + high) / 2
    return [
        *_hermite(frame, low, middle, tolerance, splits - 1),
        *_hermite(frame, middle, high, tolerance, splits - 1),
    ]


def point_at(cubic: Cubic, t: float) -> tuple[Point, Point, Point, float]:
    """Of a cubic at ``t``: the point, its derivative, the unit tangent, and how fast that turns."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = cubic
    r = 1 - t
    a, b, c, d = r**3, 3 * r * r * t, 3 * r * t * t, t**3
    point = (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
    a, b, c = 3 * r * r, 6 * r * t, 3 * t * t
    dx = a * (x1 - x0) + b * (x2 - x1) + c * (x3 - x2)
    dy = a * (y1 - y0) + b * (y2 - y1) + c * (y3 - y2)
    a, b = 6 * r, 6 * t
    ddx, ddy = a * (x2 - 2 * x1 + x0) + b * (x3 - 2 * x2 + x1), a * (y2 - 2 * y1 + y0) + b * (y3 - 2 * y2 + y1)
    speed = math.hypot(dx, dy)
    size = max(abs(x3 - x0), abs(y3 - y0), abs(x1 - x0), abs(y1 - y0), abs(x2 - x0), abs(y2 - y0))
    if speed > 1e-6 * size:
        return point, (dx, dy), (dx / speed, dy / speed), (dx * ddy - dy * ddx) / speed**2
    # A handle that lies on its node: the direction is that of the next one.
    sign = 1 if t < 0.5 else -1
    speed = math.hypot(ddx, ddy)
    if speed > 1e-6 * size:
        return point, (0.0, 0.0), (sign * ddx / speed, sign * ddy / speed), 0.0
    length = math.hypot(x3 - x0, y3 - y0) or 1.0
    return point, (0.0, 0.0), ((x3 - x0) / length, (y3 - y0) / length), 0.0


def _path_data(there: list[list[Point]], back: list[list[Point]], cap: str, decimals: int) -> str:
    def pair(point: Point) -> str:
        return f"{format_number(point[0], decimals)},{format_number(point[1], decimals)}"

    def curves(segments: list[list[Point]]) -> str:
        return "C " + " ".join(pair(point) for segment in segments for point in segment[1:])

    def end(start: Point, stop: Point) -> str:
        if cap == TAPERED:
            return ""
        if cap == FLAT:
            return f" L {pair(stop)}"
        radius = format_number(math.hypot(stop[0] - start[0], stop[1] - start[1]) / 2, decimals + 2)
        return f" A {radius},{radius} 0 0 0 {pair(stop)}"

    far_end, near_end = end(there[-1][-1], back[0][0]), end(back[-1][-1], there[0][0])
    return f"M {pair(there[0][0])} {curves(there)}{far_end} {curves(back)}{near_end} Z"
