"""The object's outline as chains: the mask's contour pulled onto the ridges of the boundary map.

A ridge follows whatever edge is strongest and ends at every junction; the outline goes all the way round, which is what
makes a drawing of four strokes possible. Where mask and ridge disagree it keeps the mask's course with little weight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

from ..bezier.cubics import Array, resample
from ..seeing import viterbi
from ..seeing.view import CANVAS
from .tracing import Chain

_ROUGHNESS = 2.0  # px of the smallest canvas: Gaussian that takes the pixel stairs and the fringe off the mask
_REACH = 7  # px of the smallest canvas that the contour may move along its normal
_STIFFNESS = 0.06  # cost of one px difference in displacement between neighbours 2 px apart
_FRAME = 3.0  # px: contour this near to the frame is the frame's, not the object's
_SHORTEST = 20  # px
_CORNER = 8  # px before and after a point between which the outline's turn there is measured


def outlines(mask: NDArray[np.bool_], boundary: NDArray[np.float32]) -> list[Chain]:
    """Chains along the outline of ``mask`` [h, w] on the boundary map [h, w], cut where the object leaves the photo."""
    scale = max(1.0, max(boundary.shape) / CANVAS)  # masks are as coarse on a larger canvas as on the smallest
    soft = ndimage.gaussian_filter(mask.astype(np.float64), _ROUGHNESS * scale, mode="nearest")
    chains = []
    for contour in find_contours(np.pad(soft, 1, mode="edge"), 0.5):
        points = contour - 1.0
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        if length < _SHORTEST:
            continue
        closed = bool(np.allclose(points[0], points[-1]))
        points = _snapped(resample(points, max(8, round(length / 2))), boundary, closed, round(_REACH * scale))
        chains += [c for run in _inside(points, closed, boundary.shape) if (c := _chain(run, boundary)) is not None]
    return chains


def _snapped(points: Array, boundary: NDArray[np.float32], closed: bool, reach: int) -> Array:
    """The polyline [M, 2] (row, column) moved along its normals to the strongest smooth course (Viterbi).

    No point is moved by more than ``reach`` px.
    """
    mode = "wrap" if closed else "nearest"
    course = ndimage.gaussian_filter1d(points, 2.0, axis=0, mode=mode)
    tangent = np.gradient(course, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    shifts = np.arange(-reach, reach + 1, dtype=np.float64)
    where = points[:, None] + shifts[None, :, None] * normal[:, None]
    smooth = ndimage.gaussian_filter(boundary.astype(np.float64), 1.0, mode="nearest")
    score = ndimage.map_coordinates(smooth, where.transpose(2, 0, 1), order=1, mode="nearest")
    score -= 0.01 * np.abs(shifts)  # between equal courses the mask's own
    change = _STIFFNESS * (shifts[:, None] - shifts[None]) ** 2
    best = viterbi.best_course(score, change)
    moved = points + ndimage.gaussian_filter1d(shifts[best], 1.5, mode=mode)[:, None] * normal
    return ndimage.gaussian_filter1d(moved, 1.0, axis=0, mode=mode)


def _inside(points: Array, closed: bool, shape: tuple[int, ...]) -> list[Array]:
    """The runs of the contour that do not follow the photo's frame."""
    far = np.array(shape) - 1.0
    free = np.minimum(points, far - points).min(axis=1) > _FRAME
    if free.all():
        return [points]
    if closed:  # start behind a cut, so that no run is broken by the contour's own start
        start = int(np.argmin(free))
        points, free = np.roll(points[:-1], -start, axis=0), np.roll(free[:-1], -start)
    label, count = ndimage.label(free)
    return [points[label == run] for run in range(1, count + 1)]


def _chain(points: Array, boundary: NDArray[np.float32]) -> Chain | None:
    length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if length < _SHORTEST:
        return None
    points = resample(points, round(length))
    strength = ndimage.map_coordinates(boundary, points.T, order=1, mode="nearest").astype(np.float64)
    closed = bool(np.linalg.norm(points[0] - points[-1]) < 2.5)
    if closed:
        start = _beginning(points[:-1], strength[:-1])
        points = np.concatenate([np.roll(points[:-1], -start, axis=0), points[start : start + 1]])
        strength = np.concatenate([np.roll(strength[:-1], -start), strength[start : start + 1]])
    return Chain(points[:, ::-1] + 0.5, strength, closed)


def _beginning(points: Array, strength: Array) -> int:
    """Where to break a closed outline [M, 2] of boundary strength [M]: no stroke goes on across the break, so it is
    best at a corner, where strokes end anyway, or where no boundary is."""
    before, after = points - np.roll(points, _CORNER, axis=0), np.roll(points, -_CORNER, axis=0) - points
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = ndimage.gaussian_filter1d(np.abs(np.arctan2(cross, (before * after).sum(1))), 2.0, mode="wrap")
    return int((turn - ndimage.gaussian_filter1d(strength, 3.0, mode="wrap")).argmax())
