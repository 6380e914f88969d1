"""Polygons by SVG's usual rule, nonzero, as areas by the other one, even-odd, which is the engine's."""

from __future__ import annotations

from typing import Sequence

from clipasso_engine.contract.sketch import Point, Ring, Shape


def areas(rings: Sequence[Ring]) -> tuple[Shape, ...]:
    """Shapes that together hold what ``rings`` hold by the nonzero rule.

    Exact where no ring crosses itself, and none crosses one that goes round the other way.
    """
    turns = [_turn(ring) for ring in rings]
    if len(set(turns)) < 2:
        return tuple((ring,) for ring in rings)  # what is in any of them is inside
    kept = []
    for number, ring in enumerate(rings):
        around = sum(turns[each] for each, other in enumerate(rings) if each != number and _holds(other, ring[0]))
        if (around == 0) != (around + turns[number] == 0):  # else it lies in the midst of what is inside
            kept.append(ring)
    return (tuple(kept),) if kept else ()


def _turn(ring: Ring) -> int:
    """1 or -1: which way round it goes."""
    return 1 if sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]))) >= 0 else -1


def _holds(ring: Ring, point: Point) -> bool:
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0])):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return inside
