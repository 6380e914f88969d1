"""What the optimiser moves: the control points of strokes of several cubics, less what follows from the others.

Where two cubics join smoothly at the start, the point between them divides the line between its two handles as it did
then. So no step can make a kink there. A corner's point is free. How many cubics a stroke has never changes; only for
the rasteriser all are split into equally many.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..bezier import stroke_arrays

Points = NDArray[np.float32]

_SMOOTH = 0.9986  # cosine of 3 degrees, from which on handles lie on one line


class FreePoints:
    """Strokes [K, S, P, 2] with P = 3 k + 1 control points, NaN where a stroke has less (see `stroke_arrays`)."""

    def __init__(self, start: Points) -> None:
        self._unused = np.isnan(start)
        self.start = np.nan_to_num(start)  # [K, S, P, 2]
        self.pieces = ((~self._unused[..., 0]).sum(-1) - 1) // 3  # [K, S] cubics
        self._segments = (start.shape[2] - 1) // 3
        if self._segments > 1:
            self._splits = stroke_arrays.splits(self._segments).astype(np.float32)
            self._joins = np.arange(3, start.shape[2] - 1, 3)
            self._smooth, self._share = self._smooth_joins()

    def _smooth_joins(self) -> tuple[NDArray[np.bool_], Points]:
        """[K, S, k - 1, 1] which joins are smooth, and where between its handles each lies, 0..1."""
        before, at, after = (self.start[:, :, self._joins + step] for step in (-1, 0, 1))
        into, out = (np.linalg.norm(b - a, axis=-1, keepdims=True) for a, b in ((before, at), (at, after)))
        straight = ((at - before) * (after - at)).sum(-1, keepdims=True) > _SMOOTH * into * out
        within = np.arange(1, self._segments) < self.pieces[..., None]
        return straight & within[..., None], into / np.maximum(into + out, np.float32(1e-6))

    def controls(self, free: Points) -> Points:
        """The control points [K, S, P, 2] of all strokes, for what the optimiser has made of `start`; none is NaN."""
        if self._segments == 1:
            return free
        before, at, after = (free[:, :, self._joins + step] for step in (-1, 0, 1))
        result = free.copy()
        result[:, :, self._joins] = np.where(self._smooth, before + self._share * (after - before), at)
        return result

    def to_free(self, gradient: Points) -> Points:
        """The gradient of what `controls` was given, from that of what it gave."""
        if self._segments == 1:
            return gradient
        result = gradient.copy()
        between = np.where(self._smooth, gradient[:, :, self._joins], 0)
        result[:, :, self._joins] -= between
        result[:, :, self._joins - 1] += (1 - self._share) * between
        result[:, :, self._joins + 1] += self._share * between
        return result

    def chains(self, controls: Points) -> Points:
        """The same curves, each of as many cubics as the array has room for, as `rasterizer.draw` needs them."""
        return controls if self._segments == 1 else self._splits[self.pieces] @ controls

    def to_controls(self, gradient: Points) -> Points:
        """The gradient of what `chains` was given, from that of what it gave."""
        return gradient if self._segments == 1 else self._splits[self.pieces].swapaxes(-1, -2) @ gradient

    def finished(self, controls: Points) -> Points:
        """``controls`` with NaN where a stroke has less, as `start` was given."""
        return controls if self._segments == 1 else np.where(self._unused, np.float32(np.nan), controls)
