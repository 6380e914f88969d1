"""Strokes to ink: differentiable rasterisers behind one signature.

A back end is a module here with a function ``render`` of `render`'s signature, less ``backend``, and its name in
`contract.choices.RASTERIZERS`.
"""

from __future__ import annotations

import importlib

import torch

from ...contract.choices import RASTERIZERS, RasterizerName

__all__ = ["render"]


def render(
    points: torch.Tensor,
    width: int,
    height: int,
    width_px: float | torch.Tensor,
    *,
    backend: RasterizerName = "native",
) -> torch.Tensor:
    """The ink that strokes leave on a blank canvas, differentiable in ``points`` and ``width_px``.

    Args:
        points: [..., S, P, 2], float: S strokes (0 is allowed), each one open chain of k joined cubic Bézier curves
            with P = 3k + 1 control points (x, y) in canvas pixels; pixel (i, j) is centred at x = j + 0.5, y = i + 0.5.
            They must be finite and may lie outside the canvas. Leading dimensions are candidates, drawn apart.
        width, height: size of the canvas in pixels.
        width_px: width of the painted line in pixels, above 0: one number, or a tensor that broadcasts to [..., S].
        backend: the rasteriser to use.

    Returns:
        [..., height, width], of the dtype of ``points``: 0 is paper, 1 is full ink.

    Raises:
        ValueError: wrong shapes or values, or an unknown back end.
    """
    if backend not in RASTERIZERS:
        raise ValueError(f"unknown rasteriser {backend!r}, known: {', '.join(RASTERIZERS)}")
    # Imported when it is first asked for, since some need much time or optional packages.
    module = importlib.import_module(f".{backend}", __name__)
    ink: torch.Tensor = module.render(points, width, height, width_px)
    return ink
