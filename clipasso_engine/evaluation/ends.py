"""How cleanly strokes begin, end and meet: crossings near ends, and ends that meet nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..bezier import cubics
from ..bezier.cubics import Array

TANGLED = 0.03
"""Of the diagonal: strokes that cross this near to an end of one of them are tangled."""

TOUCHING = 0.005
"""Of the diagonal: an end this near to another stroke touches it, and one this little beyond does not cross it."""

MISSED = 0.02
"""Of the diagonal: an open end this near to another stroke has missed it."""

_STEP = 0.0025  # of the diagonal, between the points at which strokes are looked at
_SAMPLES = 257


@dataclass(frozen=True)
class Ends:
    """What ends do, of one sketch."""

    tangles: int  # crossings of strokes, or of one with itself, near an end
    open: float | None  # ends, of two a stroke, that touch no other stroke and no frame, per stroke
    missed: float | None  # those of them that come near to another stroke, per stroke


@dataclass(frozen=True)
class _Pieces:
    """Strokes cut into short straight pieces."""

    first: Array  # [P, 2]
    last: Array  # [P, 2]
    owner: NDArray[np.int_]  # [P] stroke
    along: Array  # [P] length of the stroke up to the piece's middle
    total: Array  # [P] length of the stroke

    @classmethod
    def of(cls, lines: list[Array], step: float) -> _Pieces:
        parts = []
        for index, line in enumerate(lines):
            length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
            count = max(1, round(length / step))
            points = cubics.resample(line, count + 1)
            along = (np.arange(count) + 0.5) * length / count
            parts.append((points[:-1], points[1:], np.full(count, index), along, np.full(count, length)))
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def measure(controls: Array, diagonal: float, size: tuple[float, float]) -> Ends:
    """What the ends of strokes [N, 3 k + 1, 2] do on a photo of ``size`` (width, height)."""
    if not len(controls):
        return Ends(0, None, None)
    lines = list(cubics.sample(controls, _SAMPLES))
    pieces = _Pieces.of(lines, _STEP * diagonal)
    away = np.array([_away(lines, pieces, stroke, side) for stroke in range(len(lines)) for side in (0, -1)])
    ends = np.array([line[side] for line in lines for side in (0, -1)])
    inside = np.minimum(ends, np.array(size) - ends).min(axis=1) > MISSED * diagonal
    opened = inside & (away > TOUCHING * diagonal)
    missed = opened & (away <= MISSED * diagonal)
    return Ends(_tangles(pieces, ends, diagonal), float(opened.sum()) / len(lines), float(missed.sum()) / len(lines))


def _away(lines: list[Array], pieces: _Pieces, stroke: int, side: int) -> float:
    """How far a stroke's end is from the nearest other stroke, or from its own other end."""
    end = lines[stroke][side]
    others = pieces.owner != stroke
    middle = (pieces.first[others] + pieces.last[others]) / 2
    nearest = float(np.linalg.norm(middle - end, axis=1).min()) if len(middle) else np.inf
    return min(nearest, float(np.linalg.norm(lines[stroke][-1 - side] - end)))


def _tangles(pieces: _Pieces, ends: Array, diagonal: float) -> int:
    """How many crossings lie near an end of one of the strokes that cross."""
    middle = (pieces.first + pieces.last) / 2
    length = np.linalg.norm(pieces.last - pieces.first, axis=1).max()
    one, other = cKDTree(middle).query_pairs(float(length), output_type="ndarray").T
    own = pieces.owner[one] == pieces.owner[other]
    distinct = ~own | (np.abs(pieces.along[one] - pieces.along[other]) > 3 * TOUCHING * diagonal)
    one, other = one[distinct], other[distinct]
    share, there = _crossing(pieces, one, other)
    one, other, share = one[there], other[there], share[there]
    where = pieces.first[one] + share[:, None] * (pieces.last[one] - pieces.first[one])
    # What ends at a line, or a trifle beyond it, meets it.
    beyond = np.minimum(*(np.minimum(p, t - p) for p, t in ((pieces.along[i], pieces.total[i]) for i in (one, other))))
    corners = ends.reshape(-1, 2, 2)
    near = np.full(len(where), np.inf)
    for index in (one, other):
        apart = np.linalg.norm(corners[pieces.owner[index]] - where[:, None], axis=2).min(axis=1)
        near = np.minimum(near, apart)
    return int(((beyond > TOUCHING * diagonal) & (near <= TANGLED * diagonal)).sum())


def _crossing(pieces: _Pieces, one: NDArray[np.int_], other: NDArray[np.int_]) -> tuple[Array, NDArray[np.bool_]]:
    """Where on the pieces ``one``, 0..1, they cross the pieces ``other``, and whether they do."""
    a, b = pieces.last[one] - pieces.first[one], pieces.last[other] - pieces.first[other]
    between = pieces.first[other] - pieces.first[one]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    safe = np.where(np.abs(area) > 1e-12, area, np.inf)
    share = (between[:, 0] * b[:, 1] - between[:, 1] * b[:, 0]) / safe
    back = (between[:, 0] * a[:, 1] - between[:, 1] * a[:, 0]) / safe
    hit = (share >= 0) & (share < 1) & (back >= 0) & (back < 1) & np.isfinite(safe)
    return share, hit
