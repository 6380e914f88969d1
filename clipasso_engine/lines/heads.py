"""The outline of a head: the jaw, the hairline, and over the face the crown, be it hair, a hat or bald.

Who has no crown has no hair: a face alone is a mask. Landmarks end at the forehead, and the object's outline runs round
the neighbours too; so the smoothest strong course of the boundary map around the mesh is taken for the crown.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

from ..bezier import cubics
from ..bezier.cubics import Array, resample
from ..seeing import viterbi
from ..seeing.face_traits import Traits
from ..seeing.view import View
from .tracing import Chain, runs

# Points of MediaPipe's mesh.
_OVAL = (234, 127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454)  # ear, forehead, ear
_ROOT_OF_NOSE, _FOREHEAD, _CHIN = 168, 10, 152
_EARS = (234, 454)  # the ends of the jaw
_MESH = 468  # points of the face; those of the irises follow

_RAYS = 64  # on which the crown is looked for
_STEPS = 48  # places on each
_REACH = (0.04, 0.75)  # in sizes of the face: how far beyond the mesh the crown may run
_STIFFNESS = 0.012  # what a change by one step from a ray to the next costs, squared
_USUAL = 0.22  # in sizes of the face: how far hair usually stands out from the mesh
_UNUSUAL = 0.25  # what being a size of the face away from there costs, in units of the boundary's strength
_EDGE = 0.35  # what lying on the object's edge is worth, likewise
_JAW_STRENGTH = 1.0  # of a jaw's line, likewise
_HAIR_STRENGTH = 1.6  # of a clear hairline, likewise
_CROWN_PLAIN = 0.15  # strength from which on a crown is seen
_CLOSED = 0.7  # of a crown that must be seen for it to close a head
_PIECES = 3  # strokes that a crown may take
_LOOSE = 0.05  # of the face's size: how far they may leave it
_MISSED = 0.15  # of the face's size: how far apart the ends of jaw and crown may be to be joined
_HAIR_PLAIN = 0.25  # contrast from which on there is a hairline


@dataclass(frozen=True)
class Head:
    """The outline of a head around the marks of a face."""

    lines: list[Chain]  # the jaw, and the crown where it stands out
    strokes: list[Array]  # polylines that one cubic each can follow: jaw and crown; none where that is not seen


def find(points: Array, view: View) -> Head:
    """The head of landmarks [478, 2] on the view's canvas."""
    chin = jaw(points)
    dense = _dense(chin)
    over = crown(points, view.boundary, view.found.mask if view.found else None)
    lines = [Chain(dense, np.full(len(dense), _JAW_STRENGTH), False), *_plain(over, _CROWN_PLAIN)]
    return Head(lines, _strokes(chin, over, size_of(points)))


def size_of(points: Array) -> float:
    """The size in px of a face of landmarks [478, 2]."""
    return float((points.max(0) - points.min(0)).mean())


def hairline(traits: Traits, view: View) -> list[Chain]:
    """The line between skin and hair, where it stands out."""
    course = np.column_stack([view.from_decoded(traits.hairline[:, :2]), _HAIR_STRENGTH * traits.hairline[:, 2]])
    return _plain(course, _HAIR_STRENGTH * _HAIR_PLAIN)


def _strokes(chin: Array, course: Array, size: float) -> list[Array]:
    seen = course[:, 2] > _CROWN_PLAIN
    if seen.mean() < _CLOSED:
        return []
    first, last = np.flatnonzero(seen)[[0, -1]]
    over = resample(course[first : last + 1, :2], _RAYS)
    for pieces in range(1, _PIECES + 1):
        ends = np.linspace(0, _RAYS - 1, pieces + 1).round().astype(int)
        parts = [over[a : b + 1] for a, b in itertools.pairwise(ends)]
        if max(cubics.fit(part)[1].max() for part in parts) < (_LOOSE * size) ** 2:
            return [_met(chin, over[[0, -1]], _MISSED * size), *parts]
    return []


def _met(line: Array, ends: Array, near: float) -> Array:
    """The line [M, 2], drawn on to those of two ``ends`` [2, 2] that it misses by less than ``near`` px."""
    first, last = np.linalg.norm(line[[0, -1]] - ends, axis=1) < near
    return resample(np.concatenate([ends[:1][: int(first)], line, ends[1:][: int(last)]]), _RAYS)


def silhouette(points: Array) -> Array:
    """The corners [C, 2] of the convex hull of a face's mesh, of landmarks [478, 2]."""
    mesh = points[:_MESH]
    corners: Array = mesh[ConvexHull(mesh).vertices]
    return corners


def jaw(points: Array) -> Array:
    """From ear to ear: the lower silhouette of the mesh, which in a turned head is not the same row of its points."""
    rim = silhouette(points)
    down = points[_CHIN] - points[_FOREHEAD]
    across = np.array([down[1], -down[0]])
    middle = points[list(_EARS)].mean(0)
    lower = rim[(rim - middle) @ down > 0]
    return lower[np.argsort(np.arctan2((lower - middle) @ down, -(lower - middle) @ across))]


def crown(points: Array, boundary: NDArray[np.float32], mask: NDArray[np.bool_] | None) -> Array:
    """The course [64, 3] of the head's outline from ear to ear: x, y, and the boundary's strength there.

    ``points`` [478, 2] are a face's landmarks on the canvas, ``boundary`` and ``mask`` [h, w] its maps.
    """
    oval = resample(points[list(_OVAL)], _RAYS)
    size = size_of(points)
    out = oval - points[_ROOT_OF_NOSE]
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    shifts = np.linspace(*_REACH, _STEPS)
    where = (oval[:, None] + size * shifts[None, :, None] * out[:, None]).transpose(2, 0, 1)[::-1] - 0.5
    strength = ndimage.map_coordinates(ndimage.gaussian_filter(boundary.astype(np.float64), 1.0), where, order=1)
    score = strength - _UNUSUAL * np.abs(shifts - _USUAL)
    if mask is not None:
        edge = ndimage.gaussian_gradient_magnitude(mask.astype(np.float64), 1.5)
        score += _EDGE * ndimage.map_coordinates(edge / max(edge.max(), 1e-9), where, order=1)
    index = np.arange(float(_STEPS))
    best = viterbi.best_course(score, _STIFFNESS * (index[:, None] - index[None]) ** 2)
    shift = ndimage.gaussian_filter1d(shifts[best], 1.0, mode="nearest")
    return np.column_stack([oval + size * shift[:, None] * out, strength[np.arange(_RAYS), best]])


def _plain(course: Array, least: float) -> list[Chain]:
    """The pieces of a course [M, 3] (x, y, strength) that are at least so strong."""
    chains = []
    for run in runs(course[:, 2] > least):
        if len(run) > 2:
            dense = _dense(course[run, :2])
            share = np.linspace(0, len(run) - 1, len(dense))
            chains.append(Chain(dense, np.interp(share, np.arange(len(run)), course[run, 2]), False))
    return chains


def _dense(points: Array) -> Array:
    """The polyline with a point for every pixel."""
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    return resample(points, max(4, round(length)))
