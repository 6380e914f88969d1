"""Clean ends: what overshoots another stroke by a little ends at it, what falls short of one by a little meets it.

Lines are found and optimised one by one, so their ends miss each other by a few pixels, or cross and stick out: an eye
sees tangles and gaps. A draughtsman's parts of a thing touch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bezier import cubics
from ..bezier.cubics import Array

_MEETING = 1.5  # px: an end this near to another stroke meets it
_OVERSHOT = 8.0  # px: a longer piece beyond another stroke is meant
_OVERSHOT_SHARE = 0.3  # of a stroke's length, likewise
_MISSED = 5.0  # px: an end this near to another stroke should meet it, if it points there
_BESIDE = 2.5  # px: if it does not point there
_AHEAD = np.cos(np.deg2rad(55.0))  # it points there
_SAMPLES = 24  # points by which each cubic is looked at


def tidy(strokes: Sequence[Array], free: Sequence[bool], size: tuple[int, int]) -> list[Array]:
    """Strokes [3 k + 1, 2] on a canvas of ``size`` (width, height) with clean ends.

    Only those that are ``free`` change, and only they count as what others meet. What lies at the canvas' frame stays.
    """
    sheet = _Sheet(strokes, free)
    ends = [(index, side) for index in np.flatnonzero(free).tolist() for side in (0, -1)]
    inside = [(index, side) for index, side in ends if not _at_frame(sheet.strokes[index][side], size)]
    for change in (_trim, _meet):
        for index, side in inside:
            change(sheet, index, side)
    return sheet.strokes


class _Sheet:
    """Strokes while they change, and which of them lie near to what."""

    def __init__(self, strokes: Sequence[Array], free: Sequence[bool]) -> None:
        self.strokes = [points.copy() for points in strokes]
        self.lines = [_line(points) for points in strokes]
        self._free = np.array(free, dtype=np.bool_)
        self._low = np.array([line.min(axis=0) for line in self.lines]).reshape(-1, 2)
        self._high = np.array([line.max(axis=0) for line in self.lines]).reshape(-1, 2)

    def change(self, index: int, points: Array) -> None:
        """A stroke has become ``points`` [3 k + 1, 2]."""
        self.strokes[index], self.lines[index] = points, _line(points)
        self._low[index], self._high[index] = self.lines[index].min(axis=0), self.lines[index].max(axis=0)

    def near(self, index: int, points: Array) -> list[int]:
        """The strokes other than ``index`` that may change and come near to points [M, 2]."""
        low, high = points.min(axis=0) - _MISSED, points.max(axis=0) + _MISSED
        there = self._free & (self._low <= high).all(axis=1) & (self._high >= low).all(axis=1)
        there[index] = False
        return np.flatnonzero(there).tolist()


def _line(points: Array) -> Array:
    return cubics.sample(points, _SAMPLES * (len(points) // 3) + 1)


def _at_frame(point: Array, size: tuple[int, int]) -> bool:
    return bool(min(point.min(), (np.array(size) - point).min()) < _MISSED)


def _trim(sheet: _Sheet, index: int, side: int) -> None:
    """Cut off what sticks out beyond the last stroke that a stroke crosses near its end ``side`` (0 or -1)."""
    turn = slice(None, None, 1 if side == 0 else -1)
    line = sheet.lines[index][turn]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    reach = min(_OVERSHOT, _OVERSHOT_SHARE * float(along[-1]))
    begin = line[: int(np.searchsorted(along, reach)) + 1]
    others = [sheet.lines[other] for other in sheet.near(index, begin)]
    if not others or min(_distance(line[0], other)[0] for other in others) < _MEETING:
        return
    crossings = [share for other in others for share in _crossings(begin, other)]
    if crossings:
        sheet.change(index, _from(sheet.strokes[index][turn], max(crossings) / _SAMPLES)[turn])


def _crossings(one: Array, other: Array) -> list[float]:
    """At which fractional points of the polyline ``one`` [M, 2] the polyline ``other`` [L, 2] crosses it."""
    a, b = np.diff(one, axis=0)[:, None], np.diff(other, axis=0)[None]
    between = other[None, :-1] - one[:-1, None]
    area = _cross(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        share, back = _cross(between, b) / area, _cross(between, a) / area
    hit = (share >= 0) & (share < 1) & (back >= 0) & (back < 1)
    return [float(row + share[row, column]) for row, column in np.argwhere(hit)]


def _cross(a: Array, b: Array) -> Array:
    result: Array = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return result


def _from(points: Array, at: float) -> Array:
    """The part of a stroke [3 k + 1, 2] from the parameter ``at``, 0..k, on."""
    first = min(int(at), len(points) // 3 - 1)
    t, left = at - first, points[3 * first : 3 * first + 4]
    rows = [left]
    for _ in range(3):
        rows.append((1 - t) * rows[-1][:-1] + t * rows[-1][1:])
    return np.concatenate([np.array([rows[3][0], rows[2][1], rows[1][2], left[3]]), points[3 * first + 4 :]])


def _distance(point: Array, line: Array) -> tuple[float, Array]:
    """How far a point is from a polyline [M, 2], and where on it that is."""
    start, step = line[:-1], np.diff(line, axis=0)
    share = ((point - start) * step).sum(1) / np.maximum((step**2).sum(1), 1e-12)
    foot = start + np.clip(share, 0, 1)[:, None] * step
    away = np.linalg.norm(foot - point, axis=1)
    nearest = int(away.argmin())
    return float(away[nearest]), foot[nearest]


def _meet(sheet: _Sheet, index: int, side: int) -> None:
    """Move a stroke's end ``side`` onto the end, or else the stroke, that it misses by a little."""
    own = sheet.strokes[index]
    end = own[side]
    others = sheet.near(index, end[None])
    feet = [_distance(end, sheet.lines[other]) for other in others]
    is_loop = np.linalg.norm(own[0] - own[-1]) < _MEETING
    if is_loop or not feet or min(away for away, _ in feet) < _MEETING:
        return
    outward = end - own[1 if side == 0 else -2]
    corners = np.array([sheet.strokes[other][corner] for other in others for corner in (0, -1)])
    corner = corners[np.linalg.norm(corners - end, axis=1).argmin()]
    _, foot = min(feet, key=lambda found: found[0])
    for target in (corner, foot):
        if _fits(outward, target - end):
            moved = own.copy()
            moved[side] = target
            moved[1 if side == 0 else -2] += (target - end) / 2  # so that it bends but a little
            sheet.change(index, moved)
            return


def _fits(outward: Array, way: Array) -> bool:
    """Whether an end that points ``outward`` may go that ``way``."""
    away = float(np.linalg.norm(way))
    ahead = float(outward @ way) > _AHEAD * float(np.linalg.norm(outward)) * away
    return away <= (_MISSED if ahead else _BESIDE)
