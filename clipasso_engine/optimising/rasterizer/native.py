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
from typing import Any

import numpy as np
import torch

from . import pytorch
from .geometry import CELLS, COLLAPSED_EXTENT, FLATNESS, MAX_SEGMENTS, SEGMENT_LENGTH, collapsed_weights

_FARTHEST = 1e9  # pixels: no sketch needs more, and sums of squares stay far from overflow in float32 too


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
) -> torch.Tensor:
    """See `clipasso_engine.optimising.rasterizer.render`."""
    _check(points, width, height)
    leading, (strokes, size) = points.shape[:-3], points.shape[-3:-1]
    batch = leading.numel()
    chains = points.reshape(batch, strokes, size, 2) * CELLS
    widths = _per_stroke(width_px, points).reshape(batch, strokes) * CELLS
    if not (widths > 0).all():
        raise ValueError(f"width_px is {width_px}, but must be above 0")
    if points.device.type == "cpu" and points.dtype == torch.float32 and kernels() is not None:
        ink: torch.Tensor = _Compiled.apply(chains, widths, width, height)
    else:
        cells = pytorch.render(chains, width * CELLS, height * CELLS, widths)
        ink = cells.unflatten(1, (height, CELLS)).unflatten(3, (width, CELLS)).mean((2, 4))
    return ink.reshape(*leading, height, width)


def _check(points: torch.Tensor, width: int, height: int) -> None:
    shape = tuple(points.shape)
    if len(shape) < 3 or shape[-1] != 2 or shape[-2] < 4 or shape[-2] % 3 != 1:
        raise ValueError(f"points has shape {shape}, but must have [..., S, 3k + 1, 2]")
    if not points.is_floating_point():
        raise ValueError(f"points is {points.dtype}, but must be floating point")
    if width < 1 or height < 1:
        raise ValueError(f"the canvas is {width} x {height}, but must be at least 1 x 1")
    if not (points.detach().abs() <= _FARTHEST).all():
        raise ValueError(f"points has values that are not numbers or more than {_FARTHEST:g} px from the canvas")


def _per_stroke(value: float | torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """``value`` as one number per stroke: [..., S], of the dtype of ``points``."""
    return torch.as_tensor(value, dtype=points.dtype, device=points.device).expand(points.shape[:-2])


@functools.cache
def kernels() -> ModuleType | None:
    """The compiled loops, or None where Numba cannot be imported (no build of it for this Python, say)."""
    try:
        from . import kernels as compiled
    except ImportError:
        return None
    return compiled


class _Compiled(torch.autograd.Function):
    """Ink [B, height, width] of chains [B, S, P, 2] and widths [B, S]; lengths in cells."""

    @staticmethod
    def forward(ctx: Any, points: torch.Tensor, widths: torch.Tensor, width: int, height: int) -> torch.Tensor:
        loops = kernels()
        assert loops is not None
        batch, strokes, size, _ = points.shape
        inputs = tuple(tensor.detach().contiguous() for tensor in (points, widths))
        segments = np.empty(batch * strokes * (size // 3), np.int32)
        scene = loops.Strokes(*(tensor.numpy() for tensor in inputs), segments)
        cells = height * width * CELLS * CELLS
        room, most = loops.plan(scene, cells, FLATNESS, SEGMENT_LENGTH, MAX_SEGMENTS)
        records = loops.Records(
            *np.empty((2, most), np.int32), *np.empty((5, most)), np.empty((batch, strokes), np.int64)
        )
        slots = loops.Slots(np.empty(most, np.int32), np.empty(most), np.empty(most, np.int32))
        drawing = loops.Drawing(np.empty((room, 2)), records, slots)
        latest = np.zeros((batch, height * CELLS, width * CELLS), np.int32)
        ink = np.zeros((batch, height * width), np.float32)
        loops.forward(scene, drawing, CELLS, latest, ink)
        ctx.save_for_backward(*inputs)
        ctx.segments, ctx.drawing = segments, drawing
        return torch.from_numpy(ink.reshape(batch, height, width))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_ink: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        loops = kernels()
        assert loops is not None
        scene = loops.Strokes(*(tensor.numpy() for tensor in ctx.saved_tensors), ctx.segments)
        grad_chains, grad_widths = np.empty_like(scene.points), np.empty_like(scene.widths)
        flat = grad_ink.contiguous().numpy().reshape(len(grad_ink), -1)
        loops.backward(flat, scene, ctx.drawing, CELLS, grad_chains, grad_widths)
        dots = np.ptp(scene.points, axis=2).max(-1) < COLLAPSED_EXTENT
        if dots.any():
            weights = np.array(collapsed_weights(scene.points.shape[2]), np.float32)[:, None]
            grad_chains[dots] = weights * grad_chains[dots].sum(1, keepdims=True)
        return torch.from_numpy(grad_chains), torch.from_numpy(grad_widths), None, None
