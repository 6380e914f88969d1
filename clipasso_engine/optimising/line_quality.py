"""What a guidance does not see: that strokes should meet, not overshoot, not kink. Measured against the start.

A traced stroke is as long and as bent as its line. Without this, strokes grow over their ends to pick up what is left
of other lines, and curl in corners.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..bezier.cubics import bernstein
from .free_points import Points

_MEETING = 1.5  # px: stroke ends this near at the start are one point of the drawing
_OPENED = 0.002  # loss per px^2 that they part
_GROWN = 0.5  # loss for strokes that grow, in units of the drawing's length at the start
_BENT = 0.3  # loss for bending beyond the start's, mean over the strokes
_SAMPLES = 12

# [11, 4] from control points to the steps between samples
_STEPS = np.diff(bernstein(np.linspace(0, 1, _SAMPLES)), axis=0).astype(np.float32)
_SECOND = np.array([[1, -2, 1, 0], [0, 1, -2, 1]], np.float32)  # from control points to their second differences


class LineQuality:
    """Penalties for what optimisation does to the lines of a start [K, S, P, 2], of P = 3 k + 1 control points."""

    def __init__(self, start: Points, pieces: NDArray[np.int64] | None = None) -> None:
        """``pieces`` [K, S] is how many cubics each stroke has, if not k; points after these count for nothing."""
        segments = (start.shape[2] - 1) // 3
        if pieces is None:
            pieces = np.full(start.shape[:2], segments)
        self._last = 3 * pieces[..., None, None]  # [K, S, 1, 1] index of each stroke's last point
        self._there = (np.arange(segments) < pieces[..., None]).astype(np.float32)  # [K, S, k]
        ends = self._ends(start)
        apart = np.linalg.norm(ends[:, :, None] - ends[:, None], axis=-1)
        # A pair counts once: upper triangle of [K, 2 S, 2 S].
        self._joints = np.triu(apart < _MEETING, 1).astype(np.float32)
        cubics = _cubics(start)
        self._sizes = _lengths(_STEPS @ cubics)  # [K, S, k]
        self._lengths = (self._sizes * self._there).sum(2)
        self._whole = np.maximum(self._lengths.sum(1), 1.0)  # [K]
        self._weights = self._there / np.maximum(self._sizes, 1.0) ** 2  # [K, S, k]
        self._bending = self._bent(_SECOND @ cubics)

    def penalty(self, points: Points) -> NDArray[np.float32]:
        """[K] of ``points`` [K, S, P, 2]; 0 at the start."""
        return self.pull(points)[0]

    def pull(self, points: Points) -> tuple[NDArray[np.float32], Points]:
        """The penalty [K] and its gradient [K, S, P, 2]."""
        if not points.shape[1]:
            return np.zeros(len(points), np.float32), np.zeros_like(points)
        cubics = _cubics(points)
        grown, for_grown = self._pull_of_length(cubics)
        bent, for_bent = self._pull_of_bending(cubics)
        opened, gradient = self._pull_of_joints(points)
        for_cubics = _GROWN * for_grown + _BENT * for_bent
        for number in range(cubics.shape[2]):
            gradient[:, :, 3 * number : 3 * number + 4] += for_cubics[:, :, number]
        return (_OPENED * opened + _GROWN * grown + _BENT * bent).astype(np.float32), gradient

    def _pull_of_length(self, cubics: Points) -> tuple[NDArray[np.float32], Points]:
        """How much longer strokes have become, in the drawing's length: [K], and its gradient by the cubics."""
        steps = _STEPS @ cubics
        more = (_lengths(steps) * self._there).sum(2) - self._lengths  # [K, S]
        weight = (more > 0)[..., None] * self._there / self._whole[:, None, None]  # [K, S, k]
        directions = steps / _norms(steps)[..., None]
        gradient = weight[..., None, None] * (_STEPS.T @ directions)
        return np.maximum(more, 0).sum(1) / self._whole, gradient.astype(np.float32)

    def _pull_of_bending(self, cubics: Points) -> tuple[NDArray[np.float32], Points]:
        """How much more strokes bend, their mean: [K], and its gradient by the cubics."""
        second = _SECOND @ cubics
        more = self._bent(second) - self._bending  # [K, S]
        weight = (more > 0)[..., None] * self._weights / more.shape[1]
        gradient = 2 * weight[..., None, None] * (_SECOND.T @ second)
        return np.maximum(more, 0).mean(1), gradient.astype(np.float32)

    def _pull_of_joints(self, points: Points) -> tuple[NDArray[np.float32], Points]:
        """The squared distances of ends that met: [K], and `_OPENED` times the gradient by the points."""
        ends = self._ends(points)
        between = (ends[:, :, None] - ends[:, None]) * self._joints[..., None]  # [K, 2 S, 2 S, 2]
        for_ends = 2 * _OPENED * (between.sum(2) - between.sum(1))
        gradient = np.zeros_like(points)
        strokes = points.shape[1]
        gradient[:, :, 0] = for_ends[:, :strokes]
        np.put_along_axis(
            gradient,
            self._last,
            np.take_along_axis(gradient, self._last, 2) + for_ends[:, strokes:, None],
            axis=2,
        )
        return (between**2).sum((1, 2, 3)), gradient

    def _ends(self, points: Points) -> Points:
        return np.concatenate([points[:, :, 0], np.take_along_axis(points, self._last, 2)[:, :, 0]], axis=1)

    def _bent(self, second: Points) -> NDArray[np.float32]:
        """[K, S]: squared second differences of the control points, in units of each cubic's length at the start."""
        result: NDArray[np.float32] = ((second**2).sum((-1, -2)) * self._weights).sum(2)
        return result


def _cubics(points: Points) -> Points:
    """The cubics [K, S, k, 4, 2] of strokes [K, S, 3 k + 1, 2]."""
    first = np.arange(0, points.shape[2] - 1, 3)
    return points[:, :, first[:, None] + np.arange(4)]


def _norms(steps: Points) -> Points:
    """The lengths of ``steps`` [..., 2]; never 0, where their gradient would not be finite."""
    return np.sqrt((steps**2).sum(-1) + np.float32(1e-6))


def _lengths(steps: Points) -> Points:
    """[K, S, k] px, of the ``steps`` [K, S, k, n, 2] of each cubic."""
    result: Points = _norms(steps).sum(-1)
    return result
