"""Our own rasteriser: exact gradients, the same on every run.

Each cubic is cut into straight segments, each pixel into 2 x 2 cells. A cell whose centre has distance d from the
nearest segment is covered as far as it lies between the two lines parallel to that segment at half the stroke's width
on either side (around an end: between two tangents of the round cap). That is the exact area for a straight line at
any angle; the plain ramp clamp(1/2 + w/2 - d) has gradients that are up to 40 % wrong for a line at 45 degrees.
Strokes lie over each other: ink = 1 - prod(1 - coverage) in a cell, and a pixel is the mean of its cells.

The gradient is that of these formulas, through the nearest point on the nearest segment; nothing is sampled.

Compiled loops (`kernels`) serve float32 on the CPU, where they are 10 to 20 times faster; PyTorch operations
(`pytorch`) serve everything else, and the CPU too where Numba cannot be imported.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .geometry import CELLS, COLLAPSED_EXTENT, FLATNESS, MAX_SEGMENTS, SEGMENT_LENGTH, collapsed_weights

if TYPE_CHECKING:
    import torch

_FARTHEST = 1e9  # pixels: no sketch needs more, and sums of squares stay far from overflow in float32 too


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
) -> torch.Tensor:
    """See `clipasso_engine.optimising.rasterizer.render`."""
    from . import by_torch  # brings PyTorch

    return by_torch.render(points, width, height, width_px)


def check(points: Any, width: int, height: int) -> None:
    """Raises `ValueError` where points, an array or a tensor, or the canvas cannot be drawn."""
    shape = tuple(points.shape)
    if len(shape) < 3 or shape[-1] != 2 or shape[-2] < 4 or shape[-2] % 3 != 1:
        raise ValueError(f"points has shape {shape}, but must have [..., S, 3k + 1, 2]")
    if "float" not in str(points.dtype):
        raise ValueError(f"points is {points.dtype}, but must be floating point")
    if width < 1 or height < 1:
        raise ValueError(f"the canvas is {width} x {height}, but must be at least 1 x 1")
    if not (abs(points) <= _FARTHEST).all():
        raise ValueError(f"points has values that are not numbers or more than {_FARTHEST:g} px from the canvas")


def check_widths(widths: Any) -> None:
    """Raises `ValueError` where widths, an array or a tensor, are not all above 0."""
    if not (widths > 0).all():
        raise ValueError(f"width_px is {widths}, but must be above 0")


@functools.cache
def kernels() -> ModuleType | None:
    """The compiled loops, or None where Numba cannot be imported (no build of it for this Python, say)."""
    try:
        from . import kernels as compiled
    except ImportError:
        return None
    return compiled


class Compiled:
    """Ink [K, height, width] of strokes [K, S, P, 2] by the compiled loops, and its gradients; see `Drawn`."""

    def __init__(
        self, points: NDArray[np.float32], size: tuple[int, int], width_px: float | NDArray[np.float32]
    ) -> None:
        """Raises what `check` and `check_widths` raise."""
        width, height = size
        check(points, width, height)
        widths = np.broadcast_to(np.asarray(width_px, np.float32), points.shape[:2])
        check_widths(widths)
        loops = _loops()
        batch, strokes, count, _ = points.shape
        segments = np.empty(batch * strokes * (count // 3), np.int32)
        chains = np.ascontiguousarray(points * np.float32(CELLS), np.float32)
        self._scene = loops.Strokes(chains, np.ascontiguousarray(widths * CELLS, np.float32), segments)
        cells = height * width * CELLS * CELLS
        room, most = loops.plan(self._scene, cells, FLATNESS, SEGMENT_LENGTH, MAX_SEGMENTS)
        records = loops.Records(
            *np.empty((2, most), np.int32), *np.empty((5, most)), np.empty((batch, strokes), np.int64)
        )
        slots = loops.Slots(np.empty(most, np.int32), np.empty(most), np.empty(most, np.int32))
        self._drawing = loops.Drawing(np.empty((room, 2)), records, slots)
        latest = np.zeros((batch, height * CELLS, width * CELLS), np.int32)
        ink = np.zeros((batch, height * width), np.float32)
        loops.forward(self._scene, self._drawing, CELLS, latest, ink)
        self.ink = ink.reshape(batch, height, width)

    def pull(self, gradient: NDArray[np.float32]) -> NDArray[np.float32]:
        """The gradient of the points."""
        return self.pull_all(gradient)[0]

    def pull_all(self, gradient: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The gradients of the points [K, S, P, 2] and of the widths [K, S]."""
        scene = self._scene
        for_chains, for_widths = np.empty_like(scene.points), np.empty_like(scene.widths)
        flat = np.ascontiguousarray(gradient, np.float32).reshape(len(gradient), -1)
        _loops().backward(flat, scene, self._drawing, CELLS, for_chains, for_widths)
        dots = np.ptp(scene.points, axis=2).max(-1) < COLLAPSED_EXTENT
        if dots.any():
            weights = np.array(collapsed_weights(scene.points.shape[2]), np.float32)[:, None]
            for_chains[dots] = weights * for_chains[dots].sum(1, keepdims=True)
        return for_chains * np.float32(CELLS), for_widths * np.float32(CELLS)


def _loops() -> ModuleType:
    loops = kernels()
    assert loops is not None
    return loops
