"""The numbers of one sketch. Lengths are in pixels of the photo's file, thresholds in parts of its diagonal.

What lines are held against is the photo's boundary map, thinned: no weight of the engine's own that says which line
is worth more than another, and no outline that it made up, enters. docs/evaluation.md says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..bezier import cubics
from ..bezier.cubics import Array
from ..pipeline import Stages
from ..seeing import boundary
from ..seeing.photo import Photo
from ..seeing.view import CANVAS, View
from ..training.evaluation import thin
from ..weights.opencv_network import Network
from . import ends

THRESHOLD = 0.3
"""Boundary strength from which on a crest of the map is a line that a sketch may have."""

TOLERANCE = 0.02
"""Of the diagonal: a drawn point this near to a boundary is right, a boundary this near to a stroke is drawn."""

FINE = 2
"""How many times as large as the smallest canvas the map is whose boundaries are details."""

FINE_TOLERANCE = 0.0075
"""Of the diagonal of what was looked at: a detail this near to a stroke is drawn."""

RIM = 0.01
"""Of the diagonal: as far as this outside the mask a line still belongs to the object."""

APART = 0.01
"""Of the diagonal: of two parallel lines nearer than this, about the width of a stroke, one is redundant."""

CRUMB = 0.02
"""Of the diagonal: a shorter stroke is a crumb."""

BEND_STEP = 0.01
"""Of the diagonal: the steps between which a stroke's heading is compared."""

_STEP = 0.0025  # of the diagonal, between the points at which strokes are looked at
_PARALLEL = np.cos(np.deg2rad(30.0))


@dataclass(frozen=True)
class Figures:
    """Shares are 0..1. None: there was nothing to measure it on."""

    strokes: int
    precision: float | None  # share of the drawn length that lies on a boundary
    recall: float | None  # share of the boundaries, weighted by strength, that is drawn
    outside: float | None  # share of the drawn length outside the mask; None: no mask
    doubled: float | None  # share of the drawn length that repeats a line
    crumbs: int  # strokes that are
    curvature_change: float | None  # degrees per step of `BEND_STEP`; 0 for circular arcs and straight lines
    detail: float | None = None  # likewise of the boundaries that a look at more pixels shows
    tangles: int = 0  # crossings of strokes near their ends
    open_ends: float | None = None  # ends that touch no other stroke and no frame, per stroke
    missed_ends: float | None = None  # those of them that come near to one, per stroke
    nesting: float | None = None  # mean distance to the drawing of twice as many strokes, in parts of the diagonal


def _placed(pixels: NDArray[np.bool_], view: View, picture: Photo) -> Array:
    """The middles [M, 2] of pixels of a map [h, w] of the view, in pixels of the photo's file."""
    shown = view.box.from_map(np.argwhere(pixels)[:, ::-1].astype(np.float64) + 0.5, pixels.shape[::-1])
    result: Array = shown * [picture.width / picture.rgb.shape[1], picture.height / picture.rgb.shape[0]]
    return result


@dataclass(frozen=True)
class Crests:
    """A boundary map, thinned."""

    points: Array  # [M, 2]
    strength: Array  # [M] 0..1

    @classmethod
    def of(cls, seen: NDArray[np.float32], stages: Stages) -> Crests:
        """Those of a map [h, w] of what was looked at."""
        crest = thin(seen, THRESHOLD)
        return cls(_placed(crest, stages.view, stages.picture), seen[crest].astype(np.float64))

    def near(self, mask: cKDTree | None, rim: float) -> Crests:
        """Those up to ``rim`` px outside the mask, if there is one."""
        if mask is None or not len(self.points):
            return self
        there = mask.query(self.points)[0] <= rim
        return Crests(self.points[there], self.strength[there])


@dataclass(frozen=True)
class Reference:
    """What the strokes over one photo are held against."""

    points: Array  # [M, 2] crests of the boundary map, on the object where there is a mask
    strength: Array  # [M] 0..1
    mask: cKDTree | None  # of the mask's pixels
    diagonal: float
    fine: Crests | None = None  # the crests that a look at more pixels shows, likewise
    reach: float = 0.0  # px: a crest of these this near to a stroke is drawn
    size: tuple[float, float] = (np.inf, np.inf)  # width and height of the photo

    @classmethod
    def of(cls, stages: Stages, judge: Network | None = None) -> Reference:
        """The crests that the engine's boundary network sees in the photo, or another network, the ``judge``."""
        view, picture = stages.view, stages.picture
        size = (picture.width, picture.height)
        diagonal = float(np.hypot(*size))
        network = judge or boundary.load()
        own = judge is None and max(view.size) == CANVAS  # with heads seen from near
        seen = view.boundary if own else boundary.predict(network, view.box.crop(picture.rgb), CANVAS)
        finer = boundary.predict(network, view.box.crop(picture.rgb), FINE * CANVAS)
        mask = None if view.found is None else cKDTree(_placed(view.found.mask, view, picture))
        crests, fine = (Crests.of(strength, stages).near(mask, RIM * diagonal) for strength in (seen, finer))
        looked_at = np.array([view.box.width, view.box.height]) * picture.width / picture.rgb.shape[1]
        reach = FINE_TOLERANCE * float(np.hypot(*looked_at))
        return cls(crests.points, crests.strength, mask, diagonal, fine, reach, size)


def measure(controls: Array, reference: Reference) -> Figures:
    """The figures of strokes [N, 3 k + 1, 2] of k joined cubics, the most important first."""
    diagonal = reference.diagonal
    drawn = _Drawn.of(controls, _STEP * diagonal)
    lengths = cubics.lengths(controls)
    fine, met = reference.fine, ends.measure(controls, diagonal, reference.size)
    return Figures(
        strokes=len(controls),
        precision=_near(drawn.points, drawn.weight, reference.points, TOLERANCE * diagonal),
        recall=_near(reference.points, reference.strength, drawn.points, TOLERANCE * diagonal),
        outside=_outside(drawn, reference.mask, RIM * diagonal),
        doubled=_doubled(drawn, APART * diagonal, _STEP * diagonal),
        crumbs=int((lengths < CRUMB * diagonal).sum()),
        curvature_change=_curvature_change(controls, lengths, BEND_STEP * diagonal),
        detail=None if fine is None else _near(fine.points, fine.strength, drawn.points, reference.reach),
        tangles=met.tangles,
        open_ends=met.open,
        missed_ends=met.missed,
    )


def nesting(controls: Array, richer: Array, diagonal: float) -> float | None:
    """Mean distance of strokes [N, 3 k + 1, 2] from the nearest of ``richer`` [M, ...], in parts of the diagonal."""
    few, many = (_Drawn.of(some, _STEP * diagonal) for some in (controls, richer))
    if not len(few.points) or not len(many.points):
        return None
    distance, _ = cKDTree(many.points).query(few.points)
    return float(np.average(distance, weights=few.weight)) / diagonal


@dataclass(frozen=True)
class _Drawn:
    """Cubics as P points in the middle of about equal pieces of arc, in the order they are drawn."""

    points: Array  # [P, 2]
    tangent: Array  # [P, 2] unit
    weight: Array  # [P] length of the piece
    owner: NDArray[np.int_]  # [P] stroke
    along: Array  # [P] length of the stroke up to here

    @classmethod
    def of(cls, controls: Array, step: float) -> _Drawn:
        curves = cubics.sample(controls, _samples(controls))
        parts = [cls._stroke(index, points, step) for index, points in enumerate(curves)]
        if not parts:
            return cls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, dtype=np.int_), np.zeros(0))
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @staticmethod
    def _stroke(index: int, points: Array, step: float) -> tuple[Array, Array, Array, NDArray[np.int_], Array]:
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        count = max(1, round(length / step))
        halves = cubics.resample(points, 2 * count + 1)
        chord = halves[2::2] - halves[:-2:2]
        tangent = chord / np.maximum(np.linalg.norm(chord, axis=1, keepdims=True), 1e-12)
        along = (np.arange(count) + 0.5) * length / count
        return halves[1::2], tangent, np.full(count, length / count), np.full(count, index), along


def _samples(controls: Array) -> int:
    """How many points of each stroke [N, 3 k + 1, 2] follow it closely enough to measure by."""
    return 256 * (controls.shape[1] // 3) + 1


def _near(points: Array, weight: Array, others: Array, distance: float) -> float | None:
    """The share of the weight of ``points`` that lies within ``distance`` of ``others``."""
    if weight.sum() <= 0:
        return None
    if not len(others):
        return 0.0
    near = cKDTree(others).query(points)[0] <= distance
    return float(weight[near].sum() / weight.sum())


def _outside(drawn: _Drawn, mask: cKDTree | None, rim: float) -> float | None:
    if mask is None or drawn.weight.sum() <= 0:
        return None
    away = mask.query(drawn.points)[0] > rim
    return float(drawn.weight[away].sum() / drawn.weight.sum())


def _doubled(drawn: _Drawn, apart: float, step: float) -> float | None:
    """The share of the length that runs beside an earlier stroke, or an earlier part of its own."""
    if drawn.weight.sum() <= 0:
        return None
    pairs = cKDTree(drawn.points).query_pairs(apart, output_type="ndarray")
    early, late = pairs.min(axis=1), pairs.max(axis=1)
    parallel = np.abs((drawn.tangent[early] * drawn.tangent[late]).sum(1)) >= _PARALLEL
    # Where one stroke continues another, its points lie ahead of the other's, not beside them.
    ahead = ((drawn.points[late] - drawn.points[early]) * drawn.tangent[late]).sum(1)
    beside = np.abs(ahead) <= 0.6 * step
    distinct = (drawn.owner[early] != drawn.owner[late]) | (drawn.along[late] - drawn.along[early] > 2 * apart)
    again = np.zeros(len(drawn.points), dtype=np.bool_)
    again[late[parallel & beside & distinct]] = True
    return float(drawn.weight[again].sum() / drawn.weight.sum())


def _curvature_change(controls: Array, lengths: Array, step: float) -> float | None:
    """Mean change, in degrees, between the turns that follow each other at even steps along the strokes."""
    changes = []
    for points, length in zip(cubics.sample(controls, _samples(controls)), lengths, strict=True):
        count = round(length / step)
        if count >= 3:
            heading = np.unwrap(np.arctan2(*np.diff(cubics.resample(points, count + 1), axis=0).T[::-1]))
            changes.append(np.abs(np.diff(heading, 2)))
    return float(np.rad2deg(np.concatenate(changes).mean())) if changes else None
