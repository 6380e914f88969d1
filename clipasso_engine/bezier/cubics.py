"""Bézier arithmetic on arrays: evaluate, sample, fit, measure. NumPy, no pixels and no torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]

_PARALLEL = np.cos(np.deg2rad(40.0))


def bernstein(t: Array) -> Array:
    """The four cubic Bernstein polynomials at ``t`` [...]: [..., 4]."""
    s = 1.0 - t
    return np.stack([s**3, 3 * s**2 * t, 3 * s * t**2, t**3], axis=-1)


def evaluate(controls: Array, t: Array) -> Array:
    """Points [..., M, 2] of cubics with control points ``controls`` [..., 4, 2] at parameters ``t`` [..., M]."""
    points: Array = bernstein(t) @ controls
    return points


def sample(controls: Array, count: int) -> Array:
    """``count`` points [..., count, 2] at even parameters of strokes [..., 3 k + 1, 2] of k joined cubics."""
    cubics = (controls.shape[-2] - 1) // 3
    if cubics == 1:
        return evaluate(controls, np.linspace(0.0, 1.0, count))
    t = np.linspace(0.0, cubics, count)
    first = np.minimum(t.astype(np.int_), cubics - 1)
    own = controls[..., 3 * first[:, None] + np.arange(4), :]  # [..., count, 4, 2]
    points: Array = (bernstein(t - first)[:, None] @ own)[..., 0, :]
    return points


def lengths(controls: Array) -> Array:
    """Arc lengths [...] of strokes [..., 3 k + 1, 2], from 33 samples of each cubic."""
    points = sample(controls, 32 * ((controls.shape[-2] - 1) // 3) + 1)
    return np.linalg.norm(np.diff(points, axis=-2), axis=-1).sum(-1)


def chord_parameters(points: Array) -> Array:
    """Parameters [..., M] in 0..1 proportional to arc length along polylines [..., M, 2]; even where all meet."""
    steps = np.linalg.norm(np.diff(points, axis=-2), axis=-1)
    along = np.concatenate([np.zeros_like(steps[..., :1]), np.cumsum(steps, -1)], -1)
    total = along[..., -1:]
    even = np.broadcast_to(np.linspace(0.0, 1.0, points.shape[-2]), along.shape)
    return np.where(total > 0, along / np.where(total > 0, total, 1.0), even)


def resample(points: Array, count: int) -> Array:
    """``count`` points at even arc length along one polyline [M, 2]."""
    along = chord_parameters(points)
    at = np.linspace(0.0, 1.0, count)
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=-1)


def fit(points: Array, rounds: int = 8) -> tuple[Array, Array]:
    """Least-squares cubics through polylines [..., M, 2], end points kept.

    The inner control points solve the 2 x 2 normal equations for given parameters; the parameters are then moved
    to the foot points by one Newton step (Schneider, "An Algorithm for Automatically Fitting Digitized Curves",
    Graphics Gems, 1990), ``rounds`` times. A cubic whose handles grow beyond 1.5 times its polyline's length or point
    backwards at an end, or that is longer than its polyline, is replaced by the one with handles a third along the
    polyline's end tangents.

    Returns the control points [..., 4, 2] and the squared distances [..., M] of the points to their foot points.
    """
    first, last = points[..., :1, :], points[..., -1:, :]
    t = chord_parameters(points)
    for _ in range(rounds):
        controls = _solve_inner(points, first, last, t)
        t = _newton(points, controls, t)
    controls = _tame(points, controls)
    t = _newton(points, controls, _newton(points, controls, t))
    return controls, ((evaluate(controls, t) - points) ** 2).sum(-1)


def _solve_inner(points: Array, first: Array, last: Array, t: Array) -> Array:
    b = bernstein(t)
    rest = points - b[..., :1] * first - b[..., 3:] * last
    b1, b2 = b[..., 1], b[..., 2]
    # A trace of damping keeps the system solvable where all parameters are 0 or 1.
    a11, a12, a22 = (b1 * b1).sum(-1) + 1e-9, (b1 * b2).sum(-1), (b2 * b2).sum(-1) + 1e-9
    r1, r2 = (b1[..., None] * rest).sum(-2), (b2[..., None] * rest).sum(-2)
    determinant = (a11 * a22 - a12 * a12)[..., None]
    p1 = (a22[..., None] * r1 - a12[..., None] * r2) / determinant
    p2 = (a11[..., None] * r2 - a12[..., None] * r1) / determinant
    return np.concatenate([first, p1[..., None, :], p2[..., None, :], last], axis=-2)


def _newton(points: Array, controls: Array, t: Array) -> Array:
    d1 = 3 * np.diff(controls, axis=-2)
    d2 = 2 * np.diff(d1, axis=-2)
    s = 1.0 - t
    velocity = np.stack([s * s, 2 * s * t, t * t], -1) @ d1
    acceleration = np.stack([s, t], -1) @ d2
    away = evaluate(controls, t) - points
    slope = (velocity * velocity).sum(-1) + (away * acceleration).sum(-1)
    step = (away * velocity).sum(-1) / np.where(slope > 1e-9, slope, np.inf)
    moved = np.clip(t - step, 0.0, 1.0)
    moved[..., 0], moved[..., -1] = 0.0, 1.0
    return np.maximum.accumulate(moved, axis=-1)


def _tame(points: Array, controls: Array) -> Array:
    length = np.linalg.norm(np.diff(points, axis=-2), axis=-1).sum(-1)
    out, back = controls[..., 1, :] - controls[..., 0, :], controls[..., 2, :] - controls[..., 3, :]
    reach = min(4, points.shape[-2] - 1)
    ahead, behind = points[..., reach, :] - points[..., 0, :], points[..., -1 - reach, :] - points[..., -1, :]
    wild = np.maximum(np.linalg.norm(out, axis=-1), np.linalg.norm(back, axis=-1)) > 1.5 * length
    wild |= ((out * ahead).sum(-1) < 0) | ((back * behind).sum(-1) < 0)
    wild |= lengths(controls) > 1.05 * length  # it strays from the line between two points, where no distance tells
    third = (length / 3)[..., None]
    plain = controls.copy()
    plain[..., 1, :] = controls[..., 0, :] + third * _unit(ahead)
    plain[..., 2, :] = controls[..., 3, :] + third * _unit(behind)
    return np.where(wild[..., None, None], plain, controls)


def _unit(vectors: Array) -> Array:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > 1e-12, norms, 1.0)


def beside(points: Array, lines: Sequence[Array], apart: float) -> NDArray[np.bool_]:
    """Which points [M] of a polyline [M, 2] run within ``apart`` px of, and parallel to, any of ``lines`` [S, 2]."""
    drawn = Drawn()
    for line in lines:
        drawn.add(line)
    return drawn.beside(points, apart)


class Drawn:
    """Polylines that are drawn one after the other, to ask again and again what runs beside them."""

    def __init__(self) -> None:
        self._points: list[Array] = []
        self._along: list[Array] = []  # tangents
        self._low: list[Array] = []
        self._high: list[Array] = []

    def add(self, line: Array) -> None:
        """One more polyline [S, 2], of 2 points or more."""
        self._points.append(line)
        self._along.append(np.gradient(line, axis=0))
        self._low.append(line.min(axis=0))
        self._high.append(line.max(axis=0))

    def beside(self, points: Array, apart: float) -> NDArray[np.bool_]:
        """Which points [M] of a polyline [M, 2] run within ``apart`` px of, and parallel to, any of them."""
        if not self._points:
            return np.zeros(len(points), dtype=np.bool_)
        low, high = points.min(axis=0) - apart, points.max(axis=0) + apart
        near = np.flatnonzero(((np.array(self._low) <= high) & (np.array(self._high) >= low)).all(axis=1))
        if not len(near):
            return np.zeros(len(points), dtype=np.bool_)
        along = np.concatenate([self._along[index] for index in near])
        tree = cKDTree(np.concatenate([self._points[index] for index in near]))
        distance, nearest = tree.query(points, distance_upper_bound=apart)
        own = np.gradient(points, axis=0)
        there = along[np.minimum(nearest, len(along) - 1)]
        size = np.linalg.norm(own, axis=1) * np.linalg.norm(there, axis=1)
        result: NDArray[np.bool_] = np.isfinite(distance) & (np.abs((own * there).sum(1)) >= _PARALLEL * size)
        return result
