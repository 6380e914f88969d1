"""Our rasteriser for PyTorch's tensors: the compiled loops where they serve, PyTorch operations elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from . import native, pytorch
from .geometry import CELLS


def render(points: torch.Tensor, width: int, height: int, width_px: float | torch.Tensor) -> torch.Tensor:
    """See `clipasso_engine.optimising.rasterizer.render`."""
    native.check(points.detach(), width, height)
    widths = torch.as_tensor(width_px, dtype=points.dtype, device=points.device).expand(points.shape[:-2])
    native.check_widths(widths.detach())
    leading, (strokes, size) = points.shape[:-3], points.shape[-3:-1]
    batch = leading.numel()
    chains, widths = points.reshape(batch, strokes, size, 2), widths.reshape(batch, strokes)
    if points.device.type == "cpu" and points.dtype == torch.float32 and native.kernels() is not None:
        ink: torch.Tensor = _Compiled.apply(chains, widths, width, height)
    else:
        cells = pytorch.render(chains * CELLS, width * CELLS, height * CELLS, widths * CELLS)
        ink = cells.unflatten(1, (height, CELLS)).unflatten(3, (width, CELLS)).mean((2, 4))
    return ink.reshape(*leading, height, width)


class _Compiled(torch.autograd.Function):
    """Ink [B, height, width] of chains [B, S, P, 2] and widths [B, S]."""

    @staticmethod
    def forward(ctx: Any, points: torch.Tensor, widths: torch.Tensor, width: int, height: int) -> torch.Tensor:
        inputs: list[np.ndarray] = [tensor.detach().numpy() for tensor in (points, widths)]
        ctx.drawn = native.Compiled(inputs[0], (width, height), inputs[1])
        return torch.from_numpy(ctx.drawn.ink)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_ink: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        for_points, for_widths = ctx.drawn.pull_all(grad_ink.numpy())
        return torch.from_numpy(for_points), torch.from_numpy(for_widths), None, None
