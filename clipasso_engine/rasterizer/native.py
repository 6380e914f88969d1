"""Our own rasteriser: exact gradients, the same on every run.

Each cubic is cut into straight segments. A pixel at distance d from the nearest segment of a line of width w is covered
by clamp(1/2 + w/2 - d, 0, min(1, w)): the overlap of the pixel and the line, each seen as an interval across the line.
That makes caps round. Strokes lie over each other: ink = 1 - prod(1 - opacity * coverage).

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
from .geometry import collapsed_weights


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
    opacity: torch.Tensor | None = None,
) -> torch.Tensor:
    """See `clipasso_engine.rasterizer.render`."""
    _check(points, width, height)
    leading, (strokes, size) = points.shape[:-3], points.shape[-3:-1]
    batch = leading.numel()
    chains = points.reshape(batch, strokes, size, 2)
    widths = _per_stroke(width_px, points).reshape(batch, strokes)
    opacities = _per_stroke(1.0 if opacity is None else opacity, points).reshape(batch, strokes)
    if points.device.type == "cpu" and points.dtype == torch.float32 and kernels() is not None:
        ink: torch.Tensor = _Compiled.apply(chains, widths, opacities, width, height)
    else:
        ink = pytorch.render(chains, width, height, widths, opacities)
    return ink.reshape(*leading, height, width)


def _check(points: torch.Tensor, width: int, height: int) -> None:
    shape = tuple(points.shape)
    if len(shape) < 3 or shape[-1] != 2 or shape[-2] < 4 or shape[-2] % 3 != 1:
        raise ValueError(f"points has shape {shape}, but must have [..., S, 3k + 1, 2]")
    if not points.is_floating_point():
        raise ValueError(f"points is {points.dtype}, but must be floating point")
    if width < 1 or height < 1:
        raise ValueError(f"the canvas is {width} x {height}, but must be at least 1 x 1")
    if not torch.isfinite(points).all():
        raise ValueError("points has values that are not finite")


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
    """Ink [B, height, width] of chains [B, S, P, 2], widths [B, S] and opacities [B, S], by compiled loops."""

    @staticmethod
    def forward(
        ctx: Any, points: torch.Tensor, widths: torch.Tensor, opacities: torch.Tensor, width: int, height: int
    ) -> torch.Tensor:
        loops = kernels()
        assert loops is not None
        batch, strokes, size, _ = points.shape
        inputs = tuple(tensor.detach().contiguous().numpy() for tensor in (points, widths, opacities))
        segments = np.empty(batch * strokes * (size // 3), np.int32)
        room, most = loops.plan(inputs[0].reshape(-1, size, 2), inputs[1].reshape(-1), height * width, segments)
        vertices = np.empty((room, 2))
        records = (np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most), np.empty(most))
        ends = np.empty((batch, strokes), np.int64)
        paper = np.ones((batch, height * width))
        blocked = np.zeros((batch, height * width), np.int32)
        loops.forward(*inputs, segments, height, width, vertices, *records, ends, paper, blocked)
        ctx.drawing = (*inputs, segments, width, vertices, *records, ends, paper, blocked)
        ink = np.where(blocked > 0, 1.0, 1.0 - paper).astype(np.float32)
        return torch.from_numpy(ink.reshape(batch, height, width))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_ink: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        loops = kernels()
        assert loops is not None
        points, vertices = ctx.drawing[0], ctx.drawing[5]
        batch, strokes, size, _ = points.shape
        flat = grad_ink.contiguous().numpy().reshape(batch, -1)
        grads = (np.empty_like(points), np.empty((batch, strokes), np.float32), np.empty((batch, strokes), np.float32))
        loops.backward(flat, *ctx.drawing, np.array(collapsed_weights(size)), np.zeros_like(vertices), *grads)
        return *(torch.from_numpy(grad) for grad in grads), None, None
