"""Our own rasteriser: exact gradients, the same on every run.

Each cubic is cut into straight segments. A pixel at distance d from the nearest segment of a line of width w is covered
by clamp(1/2 + w/2 - d, 0, min(1, w)): the overlap of the pixel and the line, each seen as an interval across the line.
That makes caps round. Strokes lie over each other: ink = 1 - prod(1 - opacity * coverage).

The gradient is that of these formulas, through the nearest point on the nearest segment; nothing is sampled.
"""

from __future__ import annotations

import torch

from . import pytorch


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
    opacity: torch.Tensor | None = None,
) -> torch.Tensor:
    """See `clipasso_engine.rasterizer.render`."""
    _check(points, width, height)
    leading, strokes = points.shape[:-3], points.shape[-3]
    stroke_width = _per_stroke(width_px, points)
    ink_share = _per_stroke(1.0 if opacity is None else opacity, points)
    batch = leading.numel()
    ink = pytorch.render(
        points.reshape(batch, strokes, points.shape[-2], 2),
        width,
        height,
        stroke_width.reshape(batch, strokes),
        ink_share.reshape(batch, strokes),
    )
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
